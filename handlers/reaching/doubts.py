"""What was in doubt or failed: looked at, and sent again on an administrator's word, with a line in the audit."""

from __future__ import annotations

from datetime import datetime, timedelta

from handlers import actors
from handlers.actors import Actor
from handlers.acts import Needs, act
from storage import doubts, failures
from storage.database import Transaction
from storage.doubts import Failures
from storage.failures import Failed

SHOWN = timedelta(days=7)
"""How far back failures are shown."""


@act(Needs.PROGRAM, audit="deliveries.send_again")
def send_again(db: Transaction, actor: Actor, topic: str | None, *, now: datetime) -> int:
    """Send once more what may or may not have arrived: of one topic, or all; how many."""
    actors.require_program(actor)
    number = doubts.send_again(db, topic, now=now)
    actors.record(db, actor, "deliveries.send_again", now=now, details={"topic": topic, "rows": number})
    return number


def failed(db: Transaction, now: datetime) -> list[Failed]:
    """Sends that failed in the last days, by account, class, reason and day, also where the row is forgotten."""
    return failures.since(db, failures.day_of(now - SHOWN))


def number_failed(db: Transaction, now: datetime) -> int:
    """How many those are."""
    return failures.number_since(db, failures.day_of(now - SHOWN))


def unsent(db: Transaction, now: datetime) -> list[Failures]:
    """What ended without being sent in the last days, by reason."""
    return doubts.failures(db, since=now - SHOWN)
