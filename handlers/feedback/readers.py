"""Who may read an item of feedback: decided here for every list, card, likeness and act.

It is read at the unit its receipt names, and above only once it was handed up, or has climbed there for want of an
answer: then with a name, and only where the receipt had said so. What lies with a unit that nobody serves is read at
the nearest above that somebody does, else it would be lost. Whoever else is above sees how many there are.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from handlers.actors import Actor
from handlers.errors import Refusal
from handlers.feedback import ways
from messages.dates import day_of
from storage import desks, feedback
from storage.database import Transaction
from storage.feedback import Waiting
from storage.tables import Feedback, Right


def readers(db: Transaction, item: Feedback, now: datetime) -> frozenset[int]:
    """The units whose officers may read an item, and deal with it."""
    if item.receiver_id is None:
        return frozenset()
    reading = {desk_of(db, item.receiver_id, now)}
    if item.climbed and item.climb_announced and not item.anonymous:
        reading |= {unit.id for unit in ways.served_above(db, item.receiver_id, now)[: item.climbed]}
    return frozenset(unit_id for unit_id in reading if unit_id is not None)


def desk_of(db: Transaction, unit_id: int, now: datetime) -> int | None:
    """The unit at which a unit's feedback is dealt with: itself, or the nearest above that somebody serves."""
    return desks.of_unit(db, unit_id, now, desks.OF_FEEDBACK)


def may_read(db: Transaction, actor: Actor, item: Feedback, now: datetime) -> bool:
    """Whether an actor may read an item, and deal with it."""
    return actor.serves(Right.ANSWER, readers(db, item, now))


def find(db: Transaction, actor: Actor, code: str, now: datetime) -> Feedback | None:
    """An item this actor may read; any other is as good as not there."""
    item = feedback.by_code(db, code)
    return item if item is not None and may_read(db, actor, item, now) else None


def require(db: Transaction, actor: Actor, code: str, now: datetime) -> Feedback:
    """The same. Raises Refusal."""
    item = find(db, actor, code, now)
    if item is None:
        raise Refusal("officer.not_yours")
    return item


def waiting(db: Transaction, actor: Actor, limit: int, now: datetime) -> Sequence[Feedback]:
    """What the actor still has to do, the most pressing first."""
    own = actor.units(Right.ANSWER)
    return feedback.waiting(db, own, _climbed_to(db, own, now), limit, now)


@dataclass(frozen=True, slots=True)
class Inbox:
    """What waits for the officers of a unit."""

    items: Sequence[Feedback]
    own: Waiting
    """How much of it is theirs to read."""
    below: Waiting
    """How much the units below are still to answer: only its number is known here."""


def inbox(db: Transaction, actor: Actor, unit_id: int, limit: int, now: datetime) -> Inbox:
    """What waits at one of the actor's own units; nothing where they do not answer."""
    if unit_id not in actor.units(Right.ANSWER):
        return Inbox((), Waiting(), Waiting())
    codes, today = _climbed_to(db, [unit_id], now), day_of(now)
    own = feedback.count_waiting_at(db, [unit_id], codes, now, today)
    every = feedback.count_waiting(db, [unit_id], today)
    below = Waiting(
        every.all - own.all, every.unanswered - own.unanswered, every.flagged - own.flagged, every.late - own.late
    )
    return Inbox(feedback.waiting(db, [unit_id], codes, limit, now), own, below)


def _climbed_to(db: Transaction, unit_ids: Collection[int], now: datetime) -> list[str]:
    return [row.code for row in feedback.climbed(db, unit_ids) if not readers(db, row, now).isdisjoint(unit_ids)]
