"""Working days: Monday to Friday without the public holidays (messages/holidays.toml). Pure."""

from __future__ import annotations

from datetime import date, timedelta

from messages import holidays

SATURDAY = 5
ONE_DAY = timedelta(days=1)


def is_workday(day: date) -> bool:
    """Whether offices work on a day."""
    return day.weekday() < SATURDAY and day not in holidays.load()


def after(day: date, count: int) -> date:
    """The working day that is this many after a day; the day itself does not count."""
    while count:
        day += ONE_DAY
        count -= is_workday(day)
    return day


def between(earlier: date, later: date) -> int:
    """How many working days lie after one day, up to and with another; 0 when it is not later."""
    days = range(1, (later - earlier).days + 1)
    return sum(is_workday(earlier + timedelta(days=number)) for number in days)
