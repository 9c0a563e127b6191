"""Before a duty falls due the level above hears of units whose officers nobody can remind (F4)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from handlers.actors import CLOCK, COMMAND_LINE
from handlers.duties import acts as duties
from handlers.duties import forewarning
from messages.dates import ZONE
from messages.types import Outbound
from storage import appointments, members
from storage.tables import Outbox, Right, Sending
from tests.union import OFFICE, Union, at

BOUND = datetime(2021, 4, 14, tzinfo=ZONE)
"""The last day is 13/4."""
THREE_BEFORE = at(date(2021, 4, 10))


@pytest.fixture
def union(database_url: str) -> Iterator[Union]:
    union = Union(database_url, datetime(2021, 4, 5, 9, tzinfo=ZONE))
    union.found("P", "P.1", "P.1.1", "P.1.2", "P.1.3", "P.2", "P.2.1")
    union.programme("s", closes=datetime(2021, 4, 21, tzinfo=ZONE), run_by="P")
    union.owe("s", "select", "base", BOUND)
    for name, unit in (("Hạnh", "P.1.1"), ("Bình", "P.1.2"), ("Chi", "P.1"), ("Dung", "P"), ("Em", "P.2.1")):
        union.appoint(name, unit)
    yield union
    union.database.close()


def lose(union: Union, name: str) -> None:
    """No chat of theirs takes messages any more."""
    with union.rows() as db:
        (address,) = members.addresses(db, union.people[name])
        address.unreachable_at = union.now


def look(union: Union, moment: datetime = THREE_BEFORE) -> int:
    union.now = moment
    with union.rows() as db:
        return forewarning.enqueue_due(db, OFFICE, CLOCK, now=moment)


def heard(union: Union, name: str) -> list[str]:
    with union.rows() as db:
        mine = col(Outbox.member_id) == union.people[name], col(Outbox.state) == Sending.READY
        rows = db.scalars(select(Outbox).where(*mine).order_by(col(Outbox.id)))
        return [Outbound.from_json(db.seals.open(row.body or b"")).text for row in rows]


def test_the_level_above_hears_once_who_cannot_be_reminded_three_days_before(union: Union) -> None:
    lose(union, "Bình")
    assert look(union, THREE_BEFORE - timedelta(hours=1)) == 0
    assert [look(union, THREE_BEFORE + timedelta(hours=hour)) for hour in range(3)] == [1, 0, 0]
    (said,) = heard(union, "Chi")
    assert "2 đơn vị" in said
    assert "• Công đoàn P.1.2: Trần Thị Bình" in said
    assert "• Công đoàn P.1.3: chưa có cán bộ" in said
    assert "P.1.1" not in said
    assert heard(union, "Dung") == []


def test_where_nobody_serves_the_level_above_the_next_one_hears(union: Union) -> None:
    lose(union, "Em")
    look(union)
    (said,) = heard(union, "Dung")
    assert "• Công đoàn P.2.1: Trần Thị Em" in said
    assert "P.1" not in said.replace("P.2.1", "")


def test_a_unit_that_has_done_it_is_not_named(union: Union) -> None:
    lose(union, "Em")
    with union.rows() as db:
        duties.finish(
            db, OFFICE, union.actor(db, "Dung"), union.duties["select"], union.unit(db, "P.2.1"), now=union.now
        )
    look(union)
    assert heard(union, "Dung") == []


def test_whoever_may_not_report_is_neither_reminded_nor_counted(union: Union) -> None:
    with union.rows() as db:
        unit = union.unit(db, "P.1.1")
        rights = [Right.ANSWER, Right.RECEIVE]
        member = union.people["Hạnh"]
        appointments.appoint(db, member_id=member, unit_id=unit, role="officer", rights=rights, now=union.now)
    union.live(at(date(2021, 4, 9), 20))
    assert union.days("Hạnh") == []
    assert union.days("Bình") == [date(2021, 4, 6), date(2021, 4, 9)]
    look(union)
    assert "• Công đoàn P.1.1: chưa có cán bộ" in heard(union, "Chi")[0]


def test_a_moved_date_begins_anew(union: Union) -> None:
    look(union)
    assert len(heard(union, "Chi")) == 1
    with union.rows() as db:
        later = datetime(2021, 4, 21, tzinfo=ZONE)
        duties.move(db, COMMAND_LINE, "s", "select", later, now=union.now)
    assert heard(union, "Chi") == []
    assert look(union, at(date(2021, 4, 16))) == 0
    assert look(union, at(date(2021, 4, 17))) == 1


def finish(union: Union, unit: str, by: str) -> None:
    with union.rows() as db:
        duties.finish(db, OFFICE, union.actor(db, by), union.duties["select"], union.unit(db, unit), now=union.now)


def test_a_list_that_waits_no_longer_names_a_unit_that_has_done_it_meanwhile(union: Union) -> None:
    lose(union, "Bình")
    look(union)
    finish(union, "P.1.2", "Bình")
    (said,) = heard(union, "Chi")
    assert "1 đơn vị" in said
    assert "• Công đoàn P.1.3: chưa có cán bộ" in said
    assert "P.1.2" not in said
    finish(union, "P.1.3", "Chi")
    assert heard(union, "Chi") == []


def test_a_list_told_anew_may_count_as_many_units_as_before(union: Union) -> None:
    lose(union, "Bình")
    look(union)
    lose(union, "Hạnh")
    finish(union, "P.1.3", "Chi")
    (said,) = heard(union, "Chi")
    assert "2 đơn vị" in said
    assert ("P.1.1" in said, "P.1.2" in said, "P.1.3" in said) == (True, True, False)


def test_a_list_that_was_sent_is_not_told_anew(union: Union) -> None:
    look(union)
    with union.rows() as db:
        db.execute(update(Outbox).values(state=Sending.SENT))
    finish(union, "P.1.3", "Chi")
    assert heard(union, "Chi") == []


def test_a_list_that_waits_is_withdrawn_when_all_is_done_in_a_programme_run_by_a_unit(union: Union) -> None:
    with union.rows() as db:
        for code in ("P.1.1", "P.1.2", "P.1.3"):
            duties.finish(
                db, OFFICE, union.actor(db, "Chi"), union.duties["select"], union.unit(db, code), now=union.now
            )
    assert look(union) == 0
