"""Dates, moments, numbers and phones in Vietnamese words."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from messages import dates
from messages.dates import ZONE
from messages.errors import NaiveMoment
from messages.filters import hour_words, number_words, phone_words

MIDNIGHT = datetime(2027, 4, 21, tzinfo=ZONE)


def test_a_moment_is_told_on_the_local_clock() -> None:
    moment = datetime(2027, 4, 19, 17, 30, tzinfo=UTC)
    assert dates.date_words(moment) == "20/04/2027"
    assert dates.time_words(moment) == "00:30"
    assert dates.weekday_words(moment) == "Thứ Ba"
    assert dates.moment_words(datetime(2027, 4, 20, 1, 15, tzinfo=UTC)) == "08:15, Thứ Ba 20/04/2027"


def test_an_exclusive_midnight_is_the_end_of_the_day_before() -> None:
    assert dates.bound_words(MIDNIGHT) == "24h00 ngày 20/4/2027 (hết ngày 20/4)"
    assert dates.bound_words(MIDNIGHT.astimezone(UTC)) == "24h00 ngày 20/4/2027 (hết ngày 20/4)"
    assert dates.last_day_words(MIDNIGHT) == "20/04/2027"


def test_an_exclusive_midnight_on_the_first_of_a_month_or_year_goes_back_to_the_last_day() -> None:
    assert dates.bound_words(datetime(2027, 6, 1, tzinfo=ZONE)) == "24h00 ngày 31/5/2027 (hết ngày 31/5)"
    assert dates.bound_words(datetime(2028, 1, 1, tzinfo=ZONE)) == "24h00 ngày 31/12/2027 (hết ngày 31/12)"


def test_another_end_is_told_by_its_clock() -> None:
    end = datetime(2027, 4, 20, 17, 30, tzinfo=ZONE)
    assert dates.bound_words(end) == "17h30 ngày 20/4/2027"
    assert dates.last_day_words(end) == "20/04/2027"


def test_before_a_day_excludes_that_day() -> None:
    assert dates.before_words(datetime(2027, 4, 14, tzinfo=ZONE)) == "trước ngày 14/4 (hết ngày 13/4)"
    assert dates.before_words(datetime(2027, 4, 14, 9, 0, tzinfo=ZONE)) == "trước 09h00 ngày 14/4"


def test_a_span_names_both_its_days_and_a_single_day_once() -> None:
    assert dates.span_words(date(2027, 3, 10), date(2027, 4, 21)) == "10/03/2027 – 20/04/2027"
    assert dates.span_words(date(2027, 5, 1), date(2027, 5, 2)) == "01/05/2027"


def test_sunday_is_chu_nhat() -> None:
    assert dates.weekday_words(date(2021, 4, 18)) == "Chủ Nhật"


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(NaiveMoment):
        dates.date_words(datetime(2027, 4, 20))  # noqa: DTZ001 - it is what must be refused


def test_lunar_years_are_named() -> None:
    assert [dates.lunar_year(year) for year in (2021, 2022, 2027)] == ["Tân Sửu", "Nhâm Dần", "Đinh Mùi"]


def test_numbers_have_a_dot_for_thousands_and_a_comma_for_decimals() -> None:
    assert [number_words(value) for value in (0, 999, 1000, 1000000, 1234.5)] == [
        "0",
        "999",
        "1.000",
        "1.000.000",
        "1.234,5",
    ]


def test_phones_are_grouped_as_people_write_them() -> None:
    assert phone_words("+84912345678") == "0912 345 678"
    assert phone_words("+842553824163") == "0255 382 4163"
    assert phone_words("+842438251234") == "024 3825 1234"
    assert phone_words("+12025550123") == "+12025550123"


def test_an_hour_is_a_number_or_already_in_words() -> None:
    assert (hour_words(7), hour_words("7h30")) == ("07:00", "7h30")
