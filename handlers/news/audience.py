"""The audience of a broadcast before anything is sent: how many would get it over which channel, who not and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from handlers import beside
from handlers.office import Office
from handlers.reaching import last_look, reach, ways
from handlers.reaching.reach import What
from storage import audiences, units
from storage.audiences import Moment
from storage.database import Transaction
from storage.tables import Unit

PER_MINUTE = 1200
"""Sent in a minute, a little below Telegram's usual pace (25/s): replies go first."""
FEW = 20_000
"""Members that can be looked at while others wait to write."""


@dataclass(frozen=True, slots=True)
class Counts:
    """An audience before anything is sent."""

    recipients: int
    by_channel: tuple[tuple[str, int], ...]
    skipped: tuple[tuple[str, int], ...]
    """By reason, the most frequent first."""

    @property
    def everybody(self) -> int:
        """All whom it is meant for."""
        return self.recipients + sum(number for _, number in self.skipped)

    @property
    def minutes(self) -> int:
        """About how long it takes, at least one."""
        return -(-self.recipients // PER_MINUTE) or 1


@dataclass(frozen=True, slots=True)
class Question:
    """`handlers.beside.Question`: how many would get it. A turn taken again asks within the same minute."""

    unit_id: int
    minute: datetime
    at: datetime = field(compare=False)
    now: datetime = field(compare=False)

    def answer(self, db: Transaction, office: Office) -> Counts:
        """Everybody is looked at."""
        unit = units.by_id(db, self.unit_id)
        assert unit is not None
        return _count(db, office, unit, self.at, self.now)


def count(db: Transaction, office: Office, unit: Unit, at: datetime, now: datetime | None = None) -> Counts:
    """Who of a unit and all below would get a broadcast at a moment, and who not and why; `now`: as far as is known.

    Exact. Where there are many members it may raise `handlers.beside.Beside`.
    """
    now = now or at
    if audiences.largest(db) <= FEW:
        return _count(db, office, unit, at, now)
    assert unit.id is not None
    return beside.ask(db, office, Question(unit.id, at.replace(second=0, microsecond=0), at, now))


def _count(db: Transaction, office: Office, unit: Unit, at: datetime, now: datetime) -> Counts:
    budget = ways.Budget(db, office, now)
    channels: dict[str, int] = {}
    skipped: dict[str, int] = {}
    for found in audiences.count(db, unit, when(db, office, at, now)):
        if found.reason:
            skipped[found.reason] = skipped.get(found.reason, 0) + found.number
        elif found.account is not None:
            kind = found.account.partition(":")[0]
            going = budget.room(What.NEWS, found.account, found.number)
            channels[kind] = channels.get(kind, 0) + going
            if going < found.number:
                reason = reach.Reason.MONTH_SPENT.value
                skipped[reason] = skipped.get(reason, 0) + found.number - going
    return Counts(sum(channels.values()), ranked(channels), ranked(skipped))


def start(office: Office, at: datetime | None, now: datetime) -> datetime:
    """When a broadcast meant for a moment (None: now) may start: never in the quiet hours."""
    return reach.opening(max(at or now, now), office.quiet_hours)


def when(db: Transaction, office: Office, at: datetime, now: datetime) -> Moment:
    """What `storage/audiences.py` needs to know of the moment at which a broadcast goes, as seen now."""
    allowed = ways.allowances(db, office, What.NEWS, at, now)
    return Moment(at, reach.midnight(at), last_look.rules_of(office).weekly, allowed)


def ranked(counts: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """The most frequent first."""
    return tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
