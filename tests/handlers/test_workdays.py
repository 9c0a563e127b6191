"""Working days and working time: weekends, holidays, swap days, half-days, lunch."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from handlers.duties import workdays
from messages import holidays
from messages.dates import ZONE


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
        (date(2026, 8, 31), False),
        (date(2026, 8, 22), True),
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
    assert all(listed.week[day.weekday()] for day in listed.days)
    assert not any((day.month, day.day) in listed.every_year for day in listed.days)
    assert not any(listed.week[day.weekday()] for day in listed.worked)


SATURDAY_MORNINGS = holidays.read(
    holidays.FILE.read_text(encoding="utf-8")
    .replace("mornings_only = []", "mornings_only = [2027-03-03]")
    .replace("[week]", '[week]\nsaturday = ["morning"]')
)


@pytest.mark.parametrize(
    ("day", "halves", "over"),
    [
        (date(2027, 3, 4), 4, date(2027, 3, 8)),
        (date(2027, 3, 4), 3, date(2027, 3, 6)),
        (date(2027, 3, 1), 4, date(2027, 3, 4)),
        (date(2027, 3, 7), 4, date(2027, 3, 9)),
    ],
)
def test_half_days_count_as_halves(day: date, halves: int, over: date) -> None:
    assert workdays.after_halves(day, halves, SATURDAY_MORNINGS) == over


def test_without_half_days_halves_and_days_agree() -> None:
    start = date(2027, 4, 20)
    for count in range(30):
        assert workdays.after_halves(start, 2 * count) == workdays.after(start, count)


@pytest.mark.parametrize(
    ("sent", "due"),
    [
        ((2027, 3, 1, 9, 0), (2027, 3, 3, 9, 0)),
        ((2027, 3, 1, 12, 15), (2027, 3, 3, 11, 30)),
        ((2027, 3, 1, 3, 0), (2027, 3, 2, 17, 0)),
        ((2027, 3, 5, 16, 0), (2027, 3, 9, 16, 0)),
        ((2027, 3, 6, 20, 0), (2027, 3, 9, 17, 0)),
        ((2027, 4, 29, 14, 30), (2027, 5, 5, 14, 30)),
        ((2026, 8, 21, 11, 0), (2026, 8, 24, 11, 0)),
    ],
)
def test_working_time_leaves_out_nights_lunch_weekends_and_holidays(
    sent: tuple[int, ...], due: tuple[int, ...]
) -> None:
    moment = datetime(*sent, tzinfo=ZONE)  # type: ignore[arg-type]
    assert workdays.after_halves_from(moment, 4) == datetime(*due, tzinfo=ZONE)  # type: ignore[arg-type]


def test_a_swapped_saturday_is_worked_and_the_day_it_stands_for_is_not() -> None:
    friday = datetime(2026, 8, 21, 16, 0, tzinfo=ZONE)
    assert workdays.after_halves_from(friday, 2) == datetime(2026, 8, 22, 16, 0, tzinfo=ZONE)
    assert workdays.after(date(2026, 8, 28), 1) == date(2026, 9, 3)
