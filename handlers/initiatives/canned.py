"""Sentences that the officers of a unit and of all below it use again and again, with a few variables (F9).

A sentence is words and the variables of messages/staff_text.py, nothing else of a template: that is looked at when it
is kept and again when it is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from handlers.actors import Actor
from handlers.acts import act
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


@act(Right.APPRAISE, audit="canned.add")
def add(db: Transaction, actor: Actor, unit_id: int, use: str, title: str, text: str, *, now: datetime) -> CannedAnswer:
    """Keep a sentence for a unit and all below it. Raises Refusal: not theirs, or a fault in title or text."""
    purview.require(db, actor, unit_id, now, Right.APPRAISE)
    if use not in USES or len(title) not in TITLE:
        raise Refusal("canned.title_invalid", limit=TITLE.stop - 1)
    fault = staff_text.fault(text)
    if fault is not None or len(text) not in NOTE_LENGTH:
        raise Refusal("canned.text_invalid", fields=fields(), limit=NOTE_LENGTH.stop - 1)
    row = CannedAnswer(unit_id=unit_id, use=use, title=title, text=text, by_id=actor.member_id, at=now)
    number = assignments.add_answer(db, row)
    details: dict[str, audit.Detail] = {"number": number, "use": use}
    audit.record(db, actor_id=actor.member_id, action="canned.add", unit_id=unit_id, now=now, details=details)
    return row


@act(Right.APPRAISE, audit="canned.drop")
def drop(db: Transaction, actor: Actor, number: int, *, now: datetime) -> CannedAnswer:
    """Offer a sentence no more. Raises Refusal: not theirs, or gone."""
    row = assignments.answer(db, number)
    if row is None:
        raise Refusal("officer.not_yours")
    purview.require(db, actor, row.unit_id, now, Right.APPRAISE)
    row.dropped_at = now
    details = {"number": number}
    audit.record(db, actor_id=actor.member_id, action="canned.drop", unit_id=row.unit_id, now=now, details=details)
    return row


def shown(db: Transaction, actor: Actor, unit_id: int, now: datetime) -> Sequence[CannedAnswer]:
    """The sentences a unit may use, for those who use them. Raises Refusal: not theirs."""
    purview.require(db, actor, unit_id, now, Right.APPRAISE)
    return _of_unit(db, unit_id)


def _of_unit(db: Transaction, unit_id: int, use: str | None = None) -> Sequence[CannedAnswer]:
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
    made = ((row.title, staff_text.fill(row.text, values)) for row in _of_unit(db, unit_id, use))
    return [(title, text) for title, text in made if len(text) in NOTE_LENGTH][:OFFERED]
