"""What staff type for a deadline, and the exact end it means."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from handlers.duties import dates
from messages.dates import ZONE, bound_words

NOW = datetime(2027, 3, 1, 9, 0, tzinfo=ZONE)

INCLUSIVE = ("20/4", "20-4-2027", "20.4.27", "24h 20/4", "24h00 ngày 20/4", "hết ngày 20/4", "20 tháng 4", "2027-04-20")
ALSO_INCLUSIVE = ("đến hết ngày 20/4", "Đến 20/4/2027", "sau 24h ngày 20/4/2027", "ngày 20 tháng 4 năm 2027")
AT_A_TIME = ("17h30 ngày 20/4", "17:30 20/4", "20/4/2027 17h30", "20/4 lúc 17 giờ 30 phút", "trước 17g30 20/4")
NO_DATES = ("", "mai", "20", "31/4", "4/20/2027", "20/4/9999", "20/4 nhé", "đến")
NO_TIMES = ("25h 20/4", "24h30 20/4", "17h60 20/4", "17h 20/4 18h")


def bound(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZONE)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize("typed", [*INCLUSIVE, *ALSO_INCLUSIVE])
def test_the_last_day_ends_at_twenty_four_hours(typed: str) -> None:
    assert dates.read_bound(typed, NOW) == bound(2027, 4, 21)


@pytest.mark.parametrize("typed", ["trước 14/4", "trước ngày 14/4", "Trước ngày 14/4/2027", "truoc 14-4"])
def test_before_a_day_does_not_include_it(typed: str) -> None:
    assert dates.read_bound(typed, NOW) == bound(2027, 4, 14)


@pytest.mark.parametrize("typed", AT_A_TIME)
def test_a_clock_time_is_the_end_itself(typed: str) -> None:
    assert dates.read_bound(typed, NOW) == bound(2027, 4, 20, 17, 30)


def test_midnight_at_either_end_of_a_day() -> None:
    assert dates.read_bound("0h ngày 21/4", NOW) == dates.read_bound("24h ngày 20/4", NOW) == bound(2027, 4, 21)
    assert dates.read_bound("trước 24h ngày 20/4", NOW) == bound(2027, 4, 21)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("28/2", (2028, 2, 29)), ("1/3", (2027, 3, 2)), ("29/2", (2028, 3, 1)), ("8h 1/3", (2028, 3, 1, 8))],
)
def test_without_a_year_it_is_the_next_such_end(typed: str, meant: tuple[int, ...]) -> None:
    assert dates.read_bound(typed, NOW) == bound(*meant)


def test_a_day_that_neither_this_year_nor_the_next_has_is_no_date() -> None:
    assert dates.read_bound("29/2", datetime(2025, 3, 1, tzinfo=UTC)) is None
    assert dates.read_bound("trước 29/2", datetime(2025, 3, 1, tzinfo=UTC)) is None
    assert dates.read_bound("29/2/2028", datetime(2025, 3, 1, tzinfo=UTC)) == bound(2028, 3, 1)


@pytest.mark.parametrize(
    ("typed", "named"), [("29/2", False), ("24h 30/4", False), ("30/4/27", True), ("2027-04-30", True), ("mai", False)]
)
def test_whether_the_year_was_said(typed: str, named: bool) -> None:
    assert dates.names_year(typed) is named


def test_with_a_year_it_may_lie_in_the_past() -> None:
    assert dates.read_bound("20/4/2021", NOW) == bound(2021, 4, 21)


def test_the_members_day_counts_not_that_of_greenwich() -> None:
    new_year = datetime(2026, 12, 31, 17, 0, tzinfo=UTC)
    assert dates.read_bound("31/12", new_year) == bound(2028, 1, 1)


@pytest.mark.parametrize("typed", [*NO_DATES, *NO_TIMES])
def test_what_is_no_date_is_not_guessed(typed: str) -> None:
    assert dates.read_bound(typed, NOW) is None


def test_marks_may_be_missing_or_apart() -> None:
    assert dates.read_bound("truoc ngay 14 thang 4", NOW) == bound(2027, 4, 14)
    assert dates.read_bound("tru\u031bo\u031b\u0301c nga\u0300y 14/4", NOW) == bound(2027, 4, 14)


@pytest.mark.parametrize("typed", ["24h 20/4", "17h30 ngày 20/4"])
def test_what_is_said_back_reads_as_the_same_end(typed: str) -> None:
    end = dates.read_bound(typed, NOW)
    assert end is not None
    assert dates.read_bound(bound_words(end).split(" (")[0], NOW) == end


@pytest.mark.parametrize(
    ("typed", "day"),
    [("01/07/2025", date(2025, 7, 1)), ("2025-07-01", date(2025, 7, 1)), ("1/7", None), ("31/2/2025", None)],
)
def test_a_day_of_a_sheet_needs_its_year(typed: str, day: date | None) -> None:
    assert dates.read_day(typed) == day
