"""Duties that come again each working day or month: laid down ahead, reminded on their day, never chased afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlmodel import col

from handlers import programmes
from handlers.actors import CLOCK, COMMAND_LINE
from handlers.duties import climbing, recurring
from messages.dates import ZONE
from storage.tables import Duty, Programme
from tests.union import OFFICE, Union, at


@pytest.fixture
def union(database_url: str) -> Iterator[Union]:
    """The campaign of April and May 2022 in Trà Vinh's plan, run a Monday in its first days."""
    union = Union(database_url, at(date(2022, 4, 4)))
    union.found("P", "P.1", "P.1.1")
    union.appoint("Dung", "P")
    with union.rows() as db:
        programmes.load(db, COMMAND_LINE, "cong-nhan-tien-phong", 2022, now=union.now)
    yield union
    union.database.close()


def laid(union: Union, key: str) -> list[date]:
    """The last days of what was laid down."""
    with union.rows() as db:
        rows = db.scalars(select(Duty).where(col(Duty.key).startswith(f"{key}-")).order_by(col(Duty.due_at)))
        return [(row.due_at - timedelta(hours=1)).astimezone(ZONE).date() for row in rows]


def lay_down(union: Union, moment: datetime) -> int:
    union.now = moment
    with union.rows() as db:
        return recurring.lay_down(db, CLOCK, now=moment)


def test_each_working_day_of_the_next_days_and_no_weekend(union: Union) -> None:
    lay_down(union, union.now)
    assert laid(union, "post") == [date(2022, 4, day) for day in (4, 5, 6, 7, 8, 11, 12, 13, 14, 15)]


def test_looking_again_lays_down_only_what_is_new(union: Union) -> None:
    first = lay_down(union, union.now)
    assert lay_down(union, union.now) == 0
    assert lay_down(union, union.now + timedelta(days=1)) == 0
    assert lay_down(union, union.now + timedelta(days=7)) == 5
    assert first == 10


def test_the_end_of_each_month_and_of_the_programme(union: Union) -> None:
    for week in range(9):
        lay_down(union, union.now + timedelta(days=7) if week else union.now)
    assert laid(union, "results") == [date(2022, 4, 30), date(2022, 5, 31)]
    assert max(laid(union, "post")) == date(2022, 5, 31)


def test_the_day_brings_one_reminder_in_the_morning_and_no_chase(union: Union) -> None:
    lay_down(union, union.now)
    union.live(at(date(2022, 4, 6), 20))
    posts = [one for one in union.heard("Dung") if "1–2 tin" in one.text]
    assert [one.day for one in posts] == [date(2022, 4, day) for day in (4, 5, 6)]
    assert not any("quá hạn" in one.text for one in posts)
    with union.rows() as db:
        assert climbing.enqueue_due(db, OFFICE, CLOCK, now=at(date(2022, 4, 12))) == 0


def test_a_hidden_programme_lays_down_nothing(union: Union) -> None:
    with union.rows() as db:
        db.scalars(select(Programme)).one().hidden = True
    assert lay_down(union, union.now) == 0
