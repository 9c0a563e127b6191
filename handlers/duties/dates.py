"""The dates and deadlines that staff type, read as the exact end they mean (Civil Code 2015, art. 148).

Pure: text and a moment in, a moment out. How a moment is put into words stands in messages/dates.py.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, timedelta

from messages.dates import ZONE, day_of

YEARS_AHEAD = 1
"""A day without a year is this year's or the next one's: 29/2 is not put off for years."""

LAST_YEAR = 2999
"""A later year is a slip of the finger."""

CLOCK = r"(?P<hour{0}>\d{{1,2}})\s*(?:h|g|gio|:)\s*(?P<minute{0}>\d{{2}})?\s*(?:phut)?"
DAY = r"""
    (?: (?P<day>\d{1,2}) \s* (?: [/.\-] | thang ) \s* (?P<month>\d{1,2})
        (?: \s* (?: [/.\-] | nam ) \s* (?P<year>\d{4}|\d{2}) )?
      | (?P<iso_year>\d{4}) - (?P<iso_month>\d{2}) - (?P<iso_day>\d{2}) )
"""
BOUND = re.compile(
    rf"""
    (?: (?P<before>truoc) | (?: den | sau | luc | vao )? \s* (?: het )? ) \s*
    (?: {CLOCK.format(1)} )? [\s,]*
    (?: het \s* )? (?: ngay \s* )?
    {DAY}
    [\s,]* (?: luc \s* )? (?: {CLOCK.format(2)} )?
    """,
    re.VERBOSE,
)


def read_bound(text: str, now: datetime) -> datetime | None:
    """The first moment that is too late, aware, in the members' zone; None when no such date can be read.

    «20/4», «hết ngày 20/4», «24h 20/4»: the day itself still counts. «trước 14/4»: it does not. A clock time is the
    end itself. Without a year it is the next such end after `now`; with one it may lie in the past.
    """
    found = BOUND.fullmatch(_plain(text))
    if found is None:
        return None
    day, month, year = (int(part) if part else None for part in _date_parts(found))
    if day is None or month is None:
        return None
    first = day_of(now).year
    years = range(first, first + YEARS_AHEAD + 1) if year is None else (_century(year),)
    ends = (_end(found, year=candidate, month=month, day=day) for candidate in years)
    return next((end for end in ends if end is not None and (year is not None or end > now)), None)


def names_year(text: str) -> bool:
    """Whether a date that can be read says its year, so that nothing was guessed."""
    found = BOUND.fullmatch(_plain(text))
    return found is not None and _date_parts(found)[2] is not None


def read_day(text: str) -> date | None:
    """A calendar day of a sheet, 01/07/2025 or 2025-07-01, with its year."""
    found = re.fullmatch(DAY, _plain(text), re.VERBOSE)
    if found is None:
        return None
    day, month, year = (int(part) if part else None for part in _date_parts(found))
    if day is None or month is None or year is None:
        return None
    return _day(_century(year), month, day)


def _plain(text: str) -> str:
    """Lower case without marks, single spaces, punctuation kept."""
    apart = unicodedata.normalize("NFD", text.casefold()).replace("đ", "d")
    return " ".join("".join(mark for mark in apart if not unicodedata.combining(mark)).split())


def _date_parts(found: re.Match[str]) -> tuple[str | None, str | None, str | None]:
    if found["iso_year"]:
        return found["iso_day"], found["iso_month"], found["iso_year"]
    return found["day"], found["month"], found["year"]


def _century(year: int) -> int:
    return year + 2000 if year < 100 else year


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if year <= LAST_YEAR else None
    except ValueError:
        return None


def _end(found: re.Match[str], *, year: int, month: int, day: int) -> datetime | None:
    said = _day(year, month, day)
    if said is None or (found["hour1"] and found["hour2"]):
        return None
    midnight = datetime.combine(said, time(), ZONE)
    hour = found["hour1"] or found["hour2"]
    if hour is None:
        return midnight if found["before"] else midnight + timedelta(days=1)
    minute = int(found["minute1"] or found["minute2"] or 0)
    end = timedelta(hours=int(hour), minutes=minute)
    return midnight + end if minute < 60 and end <= timedelta(days=1) else None
