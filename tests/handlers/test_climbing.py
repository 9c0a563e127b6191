"""A late duty climbs level by level: who hears of it, on which day, how often, and when nobody does any more (F4)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from handlers.actors import CLOCK, COMMAND_LINE
from handlers.duties import acts as duties
from handlers.duties import climbing
from messages.dates import ZONE
from messages.types import Outbound
from storage import appointments, members
from storage.tables import Appointment, Outbox, Role, Sending
from tests.union import OFFICE, Union, at

BOUND = datetime(2021, 4, 14, tzinfo=ZONE)
"""The last day is Tuesday 13/4."""
TWO, THREE, FIVE = (at(date(2021, 4, day)) for day in (14, 15, 19))
"""The first, the second and the fourth working day after it; a weekend lies between."""


@pytest.fixture
def union(database_url: str) -> Iterator[Union]:
    """Three schools below one sector, two of them served, a province above; nobody serves the second sector."""
    union = Union(database_url, datetime(2021, 4, 5, 9, tzinfo=ZONE))
    union.found("P", "P.1", "P.1.1", "P.1.2", "P.1.3", "P.2", "P.2.1")
    union.programme("s", closes=datetime(2021, 4, 21, tzinfo=ZONE))
    union.owe("s", "select", "base", BOUND)
    for name, unit in (("Hạnh", "P.1.1"), ("Bình", "P.1.2"), ("Chi", "P.1"), ("Dung", "P")):
        union.appoint(name, unit)
    union.appoint("Em", "P", Role.STAFF)
    yield union
    union.database.close()


def stand_in(union: Union, name: str, unit: str) -> None:
    union.appoint(name, unit)
    with union.rows() as db:
        mine = col(Appointment.member_id) == union.people[name]
        db.execute(update(Appointment).where(mine).values(deputy=True))


def climb(union: Union, moment: datetime) -> int:
    union.now = moment
    with union.rows() as db:
        return climbing.enqueue_due(db, OFFICE, CLOCK, now=moment)


def finish(union: Union, name: str, unit: str) -> None:
    with union.rows() as db:
        duties.finish(db, OFFICE, union.actor(db, name), union.duties["select"], union.unit(db, unit), now=union.now)


def heard(union: Union, name: str) -> list[str]:
    """What climbed to somebody and may still be sent."""
    with union.rows() as db:
        mine = col(Outbox.member_id) == union.people[name], col(Outbox.topic) == climbing.TOPIC
        rows = db.scalars(select(Outbox).where(*mine, col(Outbox.state) == Sending.READY).order_by(col(Outbox.id)))
        return [Outbound.from_json(db.seals.open(row.body or b"")).text for row in rows]


class TestTheLadder:
    def test_those_who_stand_in_then_the_level_above_then_those_who_run_it(self, union: Union) -> None:
        stand_in(union, "Giang", "P.1.1")
        assert climb(union, at(date(2021, 4, 13))) == 0
        assert climb(union, TWO) == 1
        (said,) = heard(union, "Giang")
        assert "quá hạn 1 ngày" in said
        climb(union, THREE)
        assert len(heard(union, "Chi")) == 1
        assert heard(union, "Em") == []
        climb(union, FIVE)
        assert len(heard(union, "Em")) == 1

    def test_the_level_above_hears_once_of_all_its_units(self, union: Union) -> None:
        climb(union, THREE)
        (digest,) = heard(union, "Chi")
        assert "3 đơn vị" in digest
        assert [name for name in ("P.1.1", "P.1.2", "P.1.3", "P.2.1") if f"Công đoàn {name}" in digest] == [
            "P.1.1",
            "P.1.2",
            "P.1.3",
        ]

    def test_where_nobody_serves_the_level_above_the_next_one_hears(self, union: Union) -> None:
        climb(union, THREE)
        (digest,) = heard(union, "Dung")
        assert "P.2.1" in digest
        assert "P.1.1" not in digest

    def test_a_unit_of_which_nobody_can_be_reached_is_named_so(self, union: Union) -> None:
        with union.rows() as db:
            member = members.by_id(db, union.people["Bình"])
            assert member is not None
            (address,) = members.addresses(db, union.people["Bình"])
            address.unreachable_at = union.now
        climb(union, THREE)
        (digest,) = heard(union, "Chi")
        marked = [line.split()[3] for line in digest.splitlines() if "chưa liên lạc được" in line]
        assert marked == ["P.1.2", "P.1.3"]

    def test_each_rung_once_however_often_the_clock_looks(self, union: Union) -> None:
        first = [climb(union, moment) for moment in (TWO, THREE, FIVE)]
        assert [climb(union, FIVE + timedelta(hours=hour)) for hour in range(3)] == [0, 0, 0]
        assert first == [0, 2, 1]

    def test_nothing_in_the_night(self, union: Union) -> None:
        assert climb(union, at(date(2021, 4, 15), 7)) == 0
        assert climb(union, at(date(2021, 4, 15), 21)) == 0
        assert climb(union, at(date(2021, 4, 15), 9)) == 2


class TestWhoIsReminded:
    def test_whoever_stands_in_only_while_the_other_is_away(self, union: Union) -> None:
        stand_in(union, "Giang", "P.1.1")
        with union.rows() as db:
            first, last = date(2021, 4, 9), date(2021, 4, 11)
            appointments.note_absence(db, union.people["Hạnh"], first=first, last=last, now=union.now)
        union.live(at(date(2021, 4, 13), 20))
        assert union.days("Giang") == [date(2021, 4, day) for day in (9, 10)]
        assert union.days("Hạnh") == [date(2021, 4, day) for day in (6, 12, 13)]


class TestDoneMeanwhile:
    def test_a_digest_that_waits_is_told_anew_without_what_is_done(self, union: Union) -> None:
        climb(union, THREE)
        finish(union, "Hạnh", "P.1.1")
        (digest,) = heard(union, "Chi")
        assert "2 đơn vị" in digest
        assert "P.1.1" not in digest

    def test_when_the_last_one_is_done_nobody_hears_anything(self, union: Union) -> None:
        for name, unit in (("Hạnh", "P.1.1"), ("Bình", "P.1.2")):
            finish(union, name, unit)
        climb(union, THREE)
        with union.rows() as db:
            third = union.unit(db, "P.1.3")
            duties.finish(db, OFFICE, union.actor(db, "Chi"), union.duties["select"], third, now=union.now)
        assert heard(union, "Chi") == []

    def test_whoever_stands_in_is_not_told_of_what_is_done(self, union: Union) -> None:
        stand_in(union, "Giang", "P.1.1")
        climb(union, TWO)
        finish(union, "Hạnh", "P.1.1")
        assert heard(union, "Giang") == []

    def test_a_moved_date_begins_anew(self, union: Union) -> None:
        climb(union, THREE)
        with union.rows() as db:
            later = datetime(2021, 4, 21, tzinfo=ZONE)
            duties.move(db, COMMAND_LINE, "s", "select", later, now=union.now)
        assert heard(union, "Chi") == []
        assert climb(union, FIVE) == 0
        assert climb(union, at(date(2021, 4, 21))) == 0
        assert climb(union, at(date(2021, 4, 22))) == 2
