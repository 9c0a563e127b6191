"""Dates and moments in Vietnamese words.

The only place that knows the members' time zone. Moments come in aware, usually in UTC; nothing here reads a clock.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from messages.errors import NaiveMoment

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")

WEEKDAYS = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ Nhật")

STEMS = ("Canh", "Tân", "Nhâm", "Quý", "Giáp", "Ất", "Bính", "Đinh", "Mậu", "Kỷ")
BRANCHES = ("Thân", "Dậu", "Tuất", "Hợi", "Tý", "Sửu", "Dần", "Mão", "Thìn", "Tỵ", "Ngọ", "Mùi")


def local(moment: datetime) -> datetime:
    """The same moment on the members' wall clock."""
    if moment.tzinfo is None:
        raise NaiveMoment(moment.isoformat())
    return moment.astimezone(ZONE)


def day_of(when: date | datetime) -> date:
    """The local calendar day; a plain date is its own day."""
    return local(when).date() if isinstance(when, datetime) else when


def last_day_of(bound: date | datetime) -> date:
    """The last whole or partial day before an exclusive bound."""
    if isinstance(bound, datetime):
        return (local(bound) - timedelta(microseconds=1)).date()
    return bound - timedelta(days=1)


def date_words(when: date | datetime) -> str:
    """20/04/2027."""
    return f"{day_of(when):%d/%m/%Y}"


def last_day_words(bound: date | datetime) -> str:
    """The last day before an exclusive bound: 20/04/2027 for 21/04/2027 00:00."""
    return date_words(last_day_of(bound))


def span_words(opens: date | datetime, bound: date | datetime) -> str:
    """10/03/2027 – 20/04/2027, both days included; a single day stands alone."""
    first, last = date_words(opens), last_day_words(bound)
    return first if first == last else f"{first} – {last}"


def time_words(moment: datetime) -> str:
    """08:15."""
    return f"{local(moment):%H:%M}"


def weekday_words(when: date | datetime) -> str:
    """Thứ Ba."""
    return WEEKDAYS[day_of(when).weekday()]


def moment_words(moment: datetime) -> str:
    """08:15, Thứ Ba 20/04/2027."""
    return f"{time_words(moment)}, {weekday_words(moment)} {date_words(moment)}"


def bound_words(bound: datetime) -> str:
    """An exclusive end as an office writes it: the last day ends at 24h00 (Civil Code 2015, art. 148)."""
    if _is_midnight(bound):
        last = last_day_of(bound)
        return f"24h00 ngày {last.day}/{last.month}/{last.year} (hết ngày {last.day}/{last.month})"
    day = day_of(bound)
    return f"{_clock(bound)} ngày {day.day}/{day.month}/{day.year}"


def before_words(bound: datetime) -> str:
    """A strict deadline: «trước ngày 14/4» ends with the day before."""
    day = day_of(bound)
    if not _is_midnight(bound):
        return f"trước {_clock(bound)} ngày {day.day}/{day.month}"
    last = last_day_of(bound)
    return f"trước ngày {day.day}/{day.month} (hết ngày {last.day}/{last.month})"


def lunar_year(year: int) -> str:
    """The name of the lunar year that begins in this calendar year: 2027 is Đinh Mùi."""
    return f"{STEMS[year % 10]} {BRANCHES[year % 12]}"


def _is_midnight(moment: datetime) -> bool:
    return local(moment).time() == time()


def _clock(moment: datetime) -> str:
    return f"{local(moment):%Hh%M}"
