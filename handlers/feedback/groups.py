"""One matter of many members: an officer lets items follow another, and takes them apart before they are answered.

The item that stands open leads. Its followers get the same answer, each on their author's own way; no author learns
that there are others.
"""

from __future__ import annotations

from datetime import datetime

from handlers.actors import Actor
from handlers.acts import act
from handlers.feedback import card
from storage.database import Transaction
from storage.tables import Feedback, Right


@act(Right.ANSWER, audit="feedback.merged", revision=True)
def join(db: Transaction, actor: Actor, code: str, other: str, *, seen: int | None, now: datetime) -> Feedback:
    """Let another item of the same unit follow this one. Raises Refusal, Changed."""
    leader = card.require_open(db, actor, code, "merge", seen, now)
    near = {one.code: one for one in card.candidates(db, actor, leader, now)}
    if other not in near:
        raise card.Changed(leader)
    card.join(db, actor, leader, near[other], now)
    return near[other]


@act(Right.ANSWER, audit="feedback.parted", revision=True)
def part(db: Transaction, actor: Actor, code: str, *, seen: int | None, now: datetime) -> Feedback:
    """Take an item out again: it is answered alone. Raises Refusal, Changed."""
    item = card.require_open(db, actor, code, "part", seen, now)
    card.change(db, actor, item, "parted", now, merged_into=None)
    return item
