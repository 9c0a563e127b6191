"""What lies on an officer's desk: what waits, what is found by words, whom no notice has reached (F8, F9)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from handlers.actors import Actor
from handlers.initiatives import authors, purview
from handlers.reaching import waiting as still_waiting
from handlers.text.readers import fold
from storage import desks, programmes, untold
from storage.database import Transaction
from storage.tables import Right, Submission
from storage.untold import Untold

BATCH = 50
"""As many as one press takes in: the writer is not held for longer."""
PRESSING = timedelta(days=3)
"""This long before its programme closes, an initiative comes first."""
SEES_UNREACHED = desks.OF_INITIATIVES | {Right.ANSWER}
"""Either of these opens the list of whom nothing has reached."""


def waiting(db: Transaction, actor: Actor, unit_id: int, now: datetime) -> list[Submission]:
    """What waits at a desk: of programmes about to close first, then the oldest. Nothing to whom it is not trusted."""
    if not purview.desk_rights(db, actor, unit_id, now) & desks.OF_INITIATIVES:
        return []
    soon = {row.id for row in programmes.all_open(db, now) if row.closes_at <= now + PRESSING}
    found = [*desks.received(db, unit_id, now, BATCH), *desks.sent_up(db, unit_id, now, BATCH)]
    return sorted(found, key=lambda record: (record.programme_id not in soon, record.sent_at, record.id))


def fresh(db: Transaction, actor: Actor, unit_id: int, now: datetime) -> Sequence[Submission]:
    """What nobody has taken in yet, for those who may; oldest first."""
    if Right.RECEIVE not in purview.desk_rights(db, actor, unit_id, now):
        return []
    return desks.new(db, unit_id, now)


def find(db: Transaction, actor: Actor, unit_ids: Sequence[int], words: str, now: datetime) -> list[Submission]:
    """The initiatives on these desks that have all the words, marks and case aside; the newest first."""
    wanted = fold(words).split()
    found: dict[int, Submission] = {}
    for unit_id in unit_ids:
        if not purview.desk_rights(db, actor, unit_id, now) & desks.OF_INITIATIVES:
            continue
        for record in desks.every(db, unit_id, now):
            unit = authors.unit_name(db, record)
            text = fold(f"{record.code} {record.full_name or ''} {unit} {record.text or ''}")
            if record.id is not None and all(word in text for word in wanted):
                found[record.id] = record
    return sorted(found.values(), key=lambda record: (record.sent_at, record.id or 0), reverse=True)


def unreached(db: Transaction, actor: Actor, unit_id: int, now: datetime, most: int) -> list[Untold]:
    """Authors who have not been told of a decision or an answer yet, as far as the actor's rights at the desk go; who
    has waited longest first. Raises Refusal: not theirs.
    """
    rights = purview.require(db, actor, unit_id, now, *SEES_UNREACHED)
    found: list[Untold] = []
    if rights & desks.OF_INITIATIVES:
        found += untold.initiatives(db, [unit_id], still_waiting.REASONS_AND_GONE, most)
    if Right.ANSWER in rights:
        found += untold.feedback(db, [unit_id], still_waiting.REASONS_AND_GONE, most)
    return sorted(found, key=lambda one: one.since)[:most]
