"""Sentences that the officers of a unit and of all below it use again and again, with a few variables (F9).

A sentence is words and the variables of messages/staff_text.py, nothing else of a template: that is looked at when it
is kept and again when it is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from handlers.errors import Refusal
from handlers.initiatives import purview
from handlers.office import Office
from handlers.text.readers import NOTE_LENGTH, given_name
from messages import staff_text
from storage import assignments, audit, units
from storage.database import Transaction
from storage.tables import CannedAnswer, Right, Submission

USES = ("need_more", "decline")
TITLE = range(2, 25)
"""Characters of a title: it stands on a button."""
OFFERED = 4


def fields() -> list[str]:
    """The variables as officers write them."""
    return [f"{{{{ {field} }}}}" for field in staff_text.FIELDS]


def add(db: Transaction, unit_id: int, use: str, title: str, text: str, *, actor_id: int, now: datetime) -> int:
    """Keep a sentence for a unit and all below it. Raises Refusal: not theirs, or a fault in title or text."""
    if Right.APPRAISE not in purview.desk_rights(db, actor_id, unit_id, now):
        raise Refusal("officer.not_yours")
    if use not in USES or len(title) not in TITLE:
        raise Refusal("canned.title_invalid", limit=TITLE.stop - 1)
    fault = staff_text.fault(text)
    if fault is not None or len(text) not in NOTE_LENGTH:
        raise Refusal("canned.text_invalid", fields=fields(), limit=NOTE_LENGTH.stop - 1)
    row = CannedAnswer(unit_id=unit_id, use=use, title=title, text=text, by_id=actor_id, at=now)
    number = assignments.add_answer(db, row)
    details: dict[str, audit.Detail] = {"number": number, "use": use}
    audit.record(db, actor_id=actor_id, action="canned.add", unit_id=unit_id, now=now, details=details)
    return number


def drop(db: Transaction, number: int, *, actor_id: int, now: datetime) -> CannedAnswer:
    """Offer a sentence no more. Raises Refusal: not theirs, or gone."""
    row = assignments.answer(db, number)
    if row is None or Right.APPRAISE not in purview.desk_rights(db, actor_id, row.unit_id, now):
        raise Refusal("officer.not_yours")
    row.dropped_at = now
    audit.record(db, actor_id=actor_id, action="canned.drop", unit_id=row.unit_id, now=now, details={"number": number})
    return row


def of_unit(db: Transaction, unit_id: int, use: str | None = None) -> Sequence[CannedAnswer]:
    """The sentences of a unit and of those above it."""
    above = [unit.id for unit in units.ancestors(db, unit_id) if unit.id is not None]
    return assignments.answers(db, [unit_id, *above], use)


def filled(db: Transaction, office: Office, record: Submission, unit_id: int, use: str) -> list[tuple[str, str]]:
    """The first few sentences for an initiative: each with its title, and as its author would read it."""
    unit = units.by_id(db, record.unit_id) if record.unit_id else None
    values = {
        "ten": given_name(record.full_name or ""),
        "don_vi": unit.name if unit else record.other_unit or "",
        "to_chuc": office.organisation,
    }
    made = ((row.title, staff_text.fill(row.text, values)) for row in of_unit(db, unit_id, use))
    return [(title, text) for title, text in made if len(text) in NOTE_LENGTH][:OFFERED]
