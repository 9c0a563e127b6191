"""From a duty's bound to the days on which somebody is reminded of it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from handlers.duties import dates
from handlers.duties import days as duty_dates
from messages.dates import ZONE

NOW = datetime(2021, 4, 1, 9, tzinfo=ZONE)


def bound(text: str) -> datetime:
    read = dates.read_bound(text, NOW)
    assert read is not None
    return read


def april(*days: int) -> tuple[date, ...]:
    return tuple(date(2021, 4, day) for day in days)


@pytest.mark.parametrize("said", ["trước ngày 14/4/2021", "hết ngày 13/4/2021", "24h ngày 13/4/2021"])
def test_strict_and_inclusive_words_for_one_bound_give_the_same_days(said: str) -> None:
    assert duty_dates.last_day(bound(said)) == date(2021, 4, 13)
    assert duty_dates.days(bound(said)) == april(6, 9, 10, 12, 13, 14)


def test_a_last_day_on_a_sunday_is_told_on_the_friday_too() -> None:
    assert duty_dates.days(bound("hết ngày 18/4/2021")) == (*april(9, 11, 15, 16, 17, 18), date(2021, 4, 19))


def test_the_friday_before_coincides_with_an_offset() -> None:
    """D3: before Sunday 18/4, so that T is a Saturday and T-1 the Friday."""
    assert duty_dates.days(bound("trước ngày 18/4/2021")) == april(9, 10, 14, 16, 17, 18)


@pytest.mark.parametrize(("said", "last"), [("17h30 20/4/2021", 20), ("8h01 20/4/2021", 20), ("8h 20/4/2021", 19)])
def test_a_bound_by_the_hour_counts_its_day_only_if_there_is_time_left_after_the_reminder(said: str, last: int) -> None:
    assert duty_dates.last_day(bound(said)) == date(2021, 4, last)


def test_every_day_of_the_year_has_its_reminders_in_order_and_none_twice() -> None:
    for number in range(366):
        due = datetime(2021, 1, 1, tzinfo=ZONE) + timedelta(days=number)
        days = duty_dates.days(due)
        last = due.date() - timedelta(days=1)
        assert list(days) == sorted(set(days))
        assert {last - timedelta(days=offset) for offset in (7, 3, 1, 0, -1)} <= set(days)
        assert all(day.weekday() == 4 for day in set(days) - {last - timedelta(days=n) for n in (7, 3, 1, 0, -1)})


def test_of_several_missed_days_only_the_latest_is_due_and_not_for_ever() -> None:
    due = bound("trước ngày 14/4/2021")
    latest = {day: duty_dates.latest(due, date(2021, 4, day)) for day in range(5, 23)}
    assert latest[5] is None
    assert latest[8] == date(2021, 4, 6)
    assert latest[11] == date(2021, 4, 10)
    assert latest[21] == date(2021, 4, 14)
    assert latest[22] is None
