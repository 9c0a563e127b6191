"""The days on which somebody is reminded of a duty: from its exclusive bound to local days. Pure; no rows, no clock.

T is the last day on which it can still be done: «trước ngày 14/4» and «đến hết ngày 13/4» both end with 13/4.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from handlers.office import local_day
from messages.dates import ZONE

OFFSETS = (7, 3, 1, 0)
"""Days before T on which somebody is reminded; once more on the day after it."""
HOUR = 8
"""The local hour of every reminder."""
LATE = timedelta(days=7)
"""How long a reminder that could not be sent on its day is worth sending."""
DAY = timedelta(days=1)
FRIDAY, SATURDAY = 4, 5
KEPT = timedelta(days=30)
"""How long an overdue duty stays on the list of those who owe it."""


def last_day(bound: datetime) -> date:
    """T: the last day on which whoever is reminded at 08:00 can still meet the bound."""
    return local_day(bound - timedelta(hours=HOUR, microseconds=1))


def days(bound: datetime, every: str | None = None) -> tuple[date, ...]:
    """Every day with a reminder, in order: each offset, the Friday before one on a weekend, the day after T.

    Of what recurs each day only T: whoever missed it is not chased for yesterday.
    """
    last = last_day(bound)
    if every == "day":
        return (last,)
    before = [last - offset * DAY for offset in OFFSETS]
    fridays = [day - (day.weekday() - FRIDAY) * DAY for day in before if day.weekday() >= SATURDAY]
    return tuple(sorted({*before, *fridays, last + DAY}))


def latest(bound: datetime, today: date, every: str | None = None) -> date | None:
    """The planned day whose reminder is due: the latest that is not ahead; None when it is too long past."""
    if every == "day":
        return today if last_day(bound) == today else None
    return max((day for day in days(bound, every) if today - LATE <= day <= today), default=None)


def instant(day: date) -> datetime:
    """The moment at which the reminder of a day falls due."""
    return datetime.combine(day, time(HOUR), ZONE)


def days_left(bound: datetime, today: date) -> int:
    """Days until T; negative once it is overdue."""
    return (last_day(bound) - today).days
