"""Working days and working time, by the calendar that ships as data (messages/holidays.toml). Pure.

Days are whole numbers of days with any work; time counts only inside the halves of a day, lunch left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from messages import holidays
from messages.dates import ZONE, local
from messages.holidays import Half, Holidays

ONE_DAY = timedelta(days=1)
WHOLE = tuple(Half)


def halves(day: date, calendar: Holidays | None = None) -> tuple[Half, ...]:
    """The halves of a day that are worked, morning first."""
    known = calendar or holidays.load()
    if day in known.worked:
        return WHOLE
    if day in known:
        return ()
    usual = known.week[day.weekday()]
    return (known.short[day],) if day in known.short else usual


def is_workday(day: date) -> bool:
    """Whether offices work on a day, be it half of it."""
    return bool(halves(day))


def after(day: date, count: int) -> date:
    """The working day that is this many after a day; the day itself does not count."""
    while count:
        day += ONE_DAY
        count -= is_workday(day)
    return day


def after_halves(day: date, count: int, calendar: Holidays | None = None) -> date:
    """The day on which so many half-days of work are over, counted from the end of a day."""
    while count > 0:
        day += ONE_DAY
        count -= len(halves(day, calendar))
    return day


def after_halves_from(moment: datetime, count: int, calendar: Holidays | None = None) -> datetime:
    """The moment at which so many half-days' working time has passed since another."""
    known = calendar or holidays.load()
    return after_work(moment, _length(known) * count / len(Half), known)


def after_work(moment: datetime, left: timedelta, calendar: Holidays | None = None) -> datetime:
    """The moment at which so much working time has passed since another."""
    known = calendar or holidays.load()
    for begins, ends in _spans(local(moment).date(), known):
        start = max(begins, local(moment))
        if start < ends:
            if start + left <= ends:
                return start + left
            left -= ends - start
    raise ValueError("the calendar has no working time")


def between(earlier: date, later: date) -> int:
    """How many working days lie after one day, up to and with another; 0 when it is not later."""
    days = range(1, (later - earlier).days + 1)
    return sum(is_workday(earlier + timedelta(days=number)) for number in days)


def _length(calendar: Holidays) -> timedelta:
    """The working time of a whole day."""
    today = date.min
    bounds = (
        (datetime.combine(today, begins), datetime.combine(today, ends)) for begins, ends in calendar.hours.values()
    )
    return sum((ends - begins for begins, ends in bounds), timedelta())


def _spans(day: date, calendar: Holidays) -> Iterator[tuple[datetime, datetime]]:
    """Every worked half from a day on, at most a year of them."""
    for number in range(366):
        here = day + timedelta(days=number)
        for half in halves(here, calendar):
            begins, ends = calendar.hours[half]
            yield datetime.combine(here, begins, ZONE), datetime.combine(here, ends, ZONE)
