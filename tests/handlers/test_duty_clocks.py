"""Two clocks at the round of the duties at once, each in a process of its own: nothing twice, and nothing lost.

On PostgreSQL only: SQLite has one process, and one writer in it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date, datetime

import pytest

from handlers.actors import CLOCK
from handlers.duties import rounds as duty_rounds
from handlers.duties.rounds import Round
from messages.dates import ZONE
from storage.database import Database
from storage.seals import Seals
from tests.box import KEY
from tests.union import OFFICE, Union, at

MOMENT = at(date(2021, 4, 10))
PEOPLE = ["An", "Bình", "Chi", "Dung", "Hạnh"]


@pytest.fixture
def union(postgresql_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Union]:
    monkeypatch.setattr(duty_rounds, "SLICE", 2)
    union = Union(postgresql_database, datetime(2021, 4, 5, 9, tzinfo=ZONE))
    union.found("P", "P.1", "P.1.1", "P.1.2", "P.1.3", "P.1.4", "P.1.5")
    union.programme("s", closes=datetime(2021, 4, 21, tzinfo=ZONE))
    union.owe("s", "select", "base", datetime(2021, 4, 14, tzinfo=ZONE))
    for number, name in enumerate(PEOPLE, 1):
        union.appoint(name, f"P.1.{number}")
    yield union
    union.database.close()


@pytest.fixture
def other(postgresql_database: str) -> Iterator[Database]:
    """The same database, opened by another process."""
    database = Database(postgresql_database, Seals([KEY]))
    yield database
    database.close()


def test_clocks_that_look_at_the_same_moment_promise_each_one_once(union: Union, other: Database) -> None:
    start = threading.Barrier(2)

    def look(database: Database) -> None:
        start.wait()
        for _ in range(40):  # a look that finds the round taken does nothing
            with database.transaction() as db:
                duty_rounds.enqueue_due(db, OFFICE, CLOCK, now=MOMENT)

    clocks = [threading.Thread(target=look, args=[database]) for database in (union.database, other)]
    for clock in clocks:
        clock.start()
    for clock in clocks:
        clock.join()
    assert sorted(one.officer for one in union.heard()) == PEOPLE


def test_one_that_finds_the_round_taken_leaves_it_and_goes_on_later(union: Union, other: Database) -> None:
    with union.rows() as first:
        assert duty_rounds.enqueue_due(first, OFFICE, CLOCK, now=MOMENT) == Round(2, more=True)
        with other.transaction() as second:
            assert duty_rounds.enqueue_due(second, OFFICE, CLOCK, now=MOMENT) == Round(0, more=False)
    assert len(union.heard()) == 2
    for expected in (Round(2, more=True), Round(1, more=False), Round(0, more=False)):
        with other.transaction() as second:
            assert duty_rounds.enqueue_due(second, OFFICE, CLOCK, now=MOMENT) == expected
    assert sorted(one.officer for one in union.heard()) == PEOPLE


def test_what_one_takes_back_the_other_promises(union: Union, other: Database) -> None:
    def look_and_fail() -> None:
        with union.rows() as first:
            assert duty_rounds.enqueue_due(first, OFFICE, CLOCK, now=MOMENT).promised == 2
            raise InterruptedError

    with pytest.raises(InterruptedError):
        look_and_fail()
    assert union.heard() == []
    for _ in range(3):
        with other.transaction() as second:
            duty_rounds.enqueue_due(second, OFFICE, CLOCK, now=MOMENT)
    assert sorted(one.officer for one in union.heard()) == PEOPLE
