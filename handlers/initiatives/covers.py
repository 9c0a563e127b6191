"""The cover list of what was sent up (tờ trình): for the unit that sent it, for the one it came to."""

from __future__ import annotations

import io
from datetime import datetime

from handlers import actors
from handlers.actors import Actor
from handlers.acts import Needs, act
from handlers.errors import Refusal
from handlers.initiatives import authors, purview, selection
from handlers.office import Office
from handlers.papers import cover_list
from storage import programmes, scores, selections, units
from storage.database import Transaction
from storage.tables import Forwarding


@act(Needs.ROLE, audit="list.cover")
def note(db: Transaction, actor: Actor, number: int, *, now: datetime) -> Forwarding:
    """Keep who takes a cover list, before it is drawn. Raises Refusal: no such list, or not theirs."""
    row = _find(db, actor, number, now)
    details = {"list": number}
    actors.record(db, actor, "list.cover", unit_id=row.unit_id, now=now, details=details)
    return row


def draw(db: Transaction, office: Office, actor: Actor, number: int, *, now: datetime) -> bytes:
    """The cover list itself, to print, once it is noted who takes it. Raises Refusal: no such list, or not theirs."""
    row = _find(db, actor, number, now)
    label = office.catalogue.label
    listed = selections.on_list(db, number)
    averages = scores.averages(db, [record.id for record in listed if record.id], row.unit_id)
    lines = [
        cover_list.Line(
            code=record.code,
            author=record.full_name or "",
            unit=authors.unit_name(db, record),
            group=label(f"group.{record.group}") if record.group else "",
            text=record.text or "",
            score=averages.get(record.id or 0),
        )
        for record in listed
    ]
    programme = programmes.by_id(db, row.programme_id) if row.programme_id else None
    words = office.catalogue.text
    values = {
        "unit": _name(db, row.unit_id),
        "above": selection.above_name(db, office, row.unit_id),
        "programme": programme.name if programme else "",
        "number": number,
        "date": row.at,
        "count": len(lines),
    }
    heading = tuple(words(f"selection.cover_{part}", values) for part in ("from", "title", "to", "lead"))
    columns = tuple(words(f"selection.column_{name}", {}) for name in cover_list.COLUMNS)
    out = io.BytesIO()
    cover_list.write(cover_list.Cover(heading, columns, tuple(lines), words("selection.cover_sign", values)), out)
    return out.getvalue()


def _find(db: Transaction, actor: Actor, number: int, now: datetime) -> Forwarding:
    """A list, for whoever serves the unit that sent it or the one it was sent to."""
    row = selections.forwarding(db, number)
    if row is not None:
        ends = [unit_id for unit_id in (row.unit_id, row.to_unit_id) if unit_id is not None]
        if any(purview.desk_rights(db, actor, unit_id, now) for unit_id in ends):
            return row
    raise Refusal("selection.no_list", number=number)


def _name(db: Transaction, unit_id: int) -> str:
    unit = units.by_id(db, unit_id)
    return unit.name if unit else ""
