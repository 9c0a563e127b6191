"""Working days: weekends, holidays of every year, and those of one year."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from handlers import workdays
from messages import holidays


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2027, 3, 5), True),
        (date(2027, 3, 6), False),
        (date(2027, 3, 7), False),
        (date(2027, 4, 30), False),
        (date(2031, 9, 2), False),
        (date(2027, 4, 16), False),
        (date(2028, 4, 17), True),
    ],
)
def test_offices_work_from_monday_to_friday_but_for_the_holidays(day: date, *, works: bool) -> None:
    assert workdays.is_workday(day) is works


def test_the_days_after_a_day_do_not_count_the_day_itself() -> None:
    assert workdays.after(date(2027, 3, 1), 0) == date(2027, 3, 1)
    assert workdays.after(date(2027, 3, 1), 2) == date(2027, 3, 3)
    assert workdays.after(date(2027, 3, 6), 1) == date(2027, 3, 8)
    assert workdays.after(date(2027, 2, 4), 1) == date(2027, 2, 12)


def test_counting_and_adding_agree() -> None:
    start = date(2027, 4, 20)
    for count in range(30):
        assert workdays.between(start, workdays.after(start, count)) == count
    assert workdays.between(start, start - timedelta(days=3)) == 0


def test_a_holiday_listed_for_one_year_is_a_day_offices_would_work() -> None:
    listed = holidays.load()
    assert all(day.weekday() < workdays.SATURDAY for day in listed.days)
    assert not any((day.month, day.day) in listed.every_year for day in listed.days)
