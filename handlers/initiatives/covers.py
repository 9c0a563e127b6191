"""The cover list of what was sent up (tờ trình): for the unit that sent it, for the one it came to."""

from __future__ import annotations

import io
from datetime import datetime

from handlers import actors
from handlers.actors import Actor
from handlers.errors import Refusal
from handlers.initiatives import purview, selection
from handlers.office import Office
from handlers.papers import cover_list
from storage import audit, programmes, scores, selections, units
from storage.database import Transaction
from storage.tables import Forwarding, Submission


def sheet(db: Transaction, office: Office, number: int, *, actor: Actor, now: datetime) -> bytes:
    """The cover list of what was sent up (tờ trình), to print; it is audited. Raises Refusal as `note` does."""
    note(db, number, actor=actor, now=now)
    return draw(db, office, number)


def note(db: Transaction, number: int, *, actor: Actor, now: datetime) -> None:
    """Audit who takes a cover list, before it is drawn. Raises Refusal: no such list, or not theirs."""
    actors.named(actor)
    row = selections.forwarding(db, number)
    if row is None or not _may_read(db, row, actor, now):
        raise Refusal("selection.no_list", number=number)
    details = {"list": number}
    audit.record(db, actor_id=actor.member_id, action="list.cover", unit_id=row.unit_id, now=now, details=details)


def draw(db: Transaction, office: Office, number: int) -> bytes:
    """The cover list itself. Raises Refusal: no such list."""
    row = selections.forwarding(db, number)
    if row is None:
        raise Refusal("selection.no_list", number=number)
    label = office.catalogue.label
    listed = selections.on_list(db, number)
    averages = scores.averages(db, [record.id for record in listed if record.id], row.unit_id)
    lines = [
        cover_list.Line(
            code=record.code,
            author=record.full_name or "",
            unit=_unit_name(db, record),
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


def _may_read(db: Transaction, row: Forwarding, actor: Actor, now: datetime) -> bool:
    """The unit that sent it, and the one it was sent to; the command line may."""
    if actor.member_id is None:
        return actor.has_every_right
    ends = [unit_id for unit_id in (row.unit_id, row.to_unit_id) if unit_id is not None]
    return any(purview.desk_rights(db, actor.member_id, unit_id, now) for unit_id in ends)


def _unit_name(db: Transaction, record: Submission) -> str:
    unit = units.by_id(db, record.unit_id) if record.unit_id else None
    return unit.name if unit else record.other_unit or ""


def _name(db: Transaction, unit_id: int) -> str:
    unit = units.by_id(db, unit_id)
    return unit.name if unit else ""
