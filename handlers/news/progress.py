"""How far a broadcast is: sent, failed, left out, still to go. Read from counters, at any size at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers.news.audience import ranked
from storage import broadcasts, outages, tallies
from storage.database import Transaction
from storage.tables import Announcing, Broadcast, Sending

FAILED = ("unreachable",)
"""Reasons of the freezing that count as failures: they were to get it and cannot be reached."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a broadcast is."""

    code: str
    state: str
    """A state of `Announcing`; `scheduled` while its time has not come, `awaiting` while a channel is out of reach."""
    sent: int
    failed: int
    skipped: int
    unknown: int
    waiting: int
    due_at: datetime | None
    minutes: int
    awaits: tuple[str, ...]
    """The accounts that are out of reach and over which some of it waits."""

    @property
    def total(self) -> int:
        """Everybody who was to get it."""
        return self.sent + self.failed + self.unknown + self.waiting


def read(db: Transaction, row: Broadcast, now: datetime) -> Progress:
    """How far it is, read from counters kept with the states of its rows."""
    told = tallies.read(db, row)
    states = told.ended
    unreachable = sum(row.skipped.get(reason, 0) for reason in FAILED)
    awaits = _awaits(db, row) if row.state == Announcing.SENDING else ()
    state = "awaiting" if awaits else row.state
    if row.state == Announcing.SENDING and row.due_at is not None and row.due_at > now:
        state, awaits = "scheduled", ()
    lasted = (row.finished_at or now) - row.due_at if row.due_at else timedelta()
    return Progress(
        code=row.code,
        state=state,
        sent=states.get(Sending.SENT, 0),
        failed=states.get(Sending.FAILED, 0) + unreachable,
        skipped=sum(row.skipped.values()) - unreachable + states.get(Sending.CANCELLED, 0),
        unknown=states.get(Sending.UNKNOWN, 0),
        waiting=told.waiting,
        due_at=row.due_at,
        minutes=max(1, round(lasted.total_seconds() / 60)),
        awaits=awaits,
    )


def _awaits(db: Transaction, row: Broadcast) -> tuple[str, ...]:
    assert row.id is not None
    return tuple(sorted(outages.holding_up(db, row.id)))


def waiting(db: Transaction) -> dict[str, int]:
    """How many rows of each broadcast that is under way still wait, by its code."""
    states = (Announcing.FREEZING, Announcing.SENDING, Announcing.HELD)
    return {row.code: tallies.read(db, row).waiting for state in states for row in broadcasts.in_state(db, state)}


def skipped(db: Transaction, row: Broadcast) -> tuple[tuple[str, int], ...]:
    """Who was left out and why: when the audience was frozen, and at the moment of sending."""
    found = {reason: number for reason, number in row.skipped.items() if reason not in FAILED}
    for reason, number in tallies.read(db, row).withdrawn.items():
        found[reason] = found.get(reason, 0) + number
    return ranked(found)
