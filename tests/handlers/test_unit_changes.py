"""Units are renamed, end, and join others; what they did stays with them and counts under today's tree."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sqlmodel import col, select

from handlers import exports
from handlers.actors import COMMAND_LINE
from handlers.errors import Refusal
from handlers.office import local_day
from handlers.papers import sheets
from handlers.revisions import Changed
from handlers.units import changes as unit_changes
from storage import duties, members, units
from storage.database import Transaction
from storage.tables import Submission, Unit
from tests.desk import Desk
from tests.handlers.test_appointments import member_id, serving, told, unit_id
from tests.people import author

SECTOR, SCHOOL, NEIGHBOUR = "GD51", "GD51-01", "GD51-02"


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    desk = Desk(database_url)
    desk.furnish("75-nghin-sang-kien")
    yield desk
    desk.database.close()


def unit(db: Transaction, code: str) -> Unit:
    found = units.by_code(db, code)
    assert found is not None
    return found


def today(desk: Desk) -> date:
    return local_day(desk.now)


class TestRenaming:
    def test_each_day_has_the_name_of_its_day(self, desk: Desk) -> None:
        with desk.rows() as db:
            before = unit(db, SCHOOL).name
            unit_changes.rename(db, COMMAND_LINE, SCHOOL, "Công đoàn Trường mới", first=today(desk), now=desk.now)
        with desk.rows() as db:
            names = unit_changes.Names(db)
            days = [today(desk) - timedelta(days=1), today(desk)]
            called = [names.on(SCHOOL, unit(db, SCHOOL).name, day) for day in days]
            assert called == [before, "Công đoàn Trường mới"]
            found = units.search(db, folded="truong moi", on=today(desk), limit=5)
            assert [one.code for one in found] == [SCHOOL]

    def test_a_record_is_handed_out_with_the_name_of_its_day(self, desk: Desk) -> None:
        author(desk)
        with desk.rows() as db:
            before = unit(db, SCHOOL).name
        desk.now += timedelta(days=1)
        with desk.rows() as db:
            unit_changes.rename(db, COMMAND_LINE, SCHOOL, "Công đoàn Trường mới", first=today(desk), now=desk.now)
        with desk.rows() as db:
            out = io.BytesIO()
            request = exports.Request(exports.ExportKind.INITIATIVES, sheets.Form.JSON)
            exports.write(db, COMMAND_LINE, request, out, now=desk.now)
        assert [record["unit"] for record in json.loads(out.getvalue())] == [before]

    def test_whoever_saw_it_before_another_changed_it_looks_again(self, desk: Desk) -> None:
        with desk.rows() as db:
            unit_changes.rename(db, COMMAND_LINE, SCHOOL, "Tên mới", first=today(desk), now=desk.now, seen=1)
        with desk.rows() as db, pytest.raises(Changed, match="changed"):
            unit_changes.close(db, desk.office, COMMAND_LINE, SCHOOL, last=today(desk), now=desk.now, seen=1)

    def test_it_is_entered_on_its_day_or_later(self, desk: Desk) -> None:
        first = today(desk) + timedelta(days=1)
        with desk.rows() as db, pytest.raises(Refusal) as refused:
            unit_changes.rename(db, COMMAND_LINE, SCHOOL, "Công đoàn Trường mới", first=first, now=desk.now)
        assert refused.value.key == "units.ahead"


class TestMerging:
    def test_members_and_what_waits_go_along_and_the_record_keeps_its_unit(self, desk: Desk) -> None:
        sender, _ = author(desk)
        with desk.rows() as db:
            done = unit_changes.merge(db, desk.office, COMMAND_LINE, SCHOOL, NEIGHBOUR, first=today(desk), now=desk.now)
            assert done.members == 1
        with desk.rows() as db:
            record = db.scalars(select(Submission)).one()
            assert record.unit_id == unit_id(db, SCHOOL)
            member = members.by_id(db, member_id(db, sender))
            assert member is not None
            assert member.unit_id == unit_id(db, NEIGHBOUR)
            assert not units.is_valid(unit(db, SCHOOL), today(desk))

    def test_it_counts_where_the_unit_now_belongs(self, desk: Desk) -> None:
        author(desk)
        with desk.rows() as db:
            programme = db.scalars(select(Submission.programme_id)).one()
            assert duties.progress(db, programme, unit_id(db, NEIGHBOUR)).received == 0
            unit_changes.merge(db, desk.office, COMMAND_LINE, SCHOOL, NEIGHBOUR, first=today(desk), now=desk.now)
        with desk.rows() as db:
            assert duties.progress(db, programme, unit_id(db, NEIGHBOUR)).received == 1
            assert duties.progress(db, programme, unit_id(db, SECTOR)).received == 1

    def test_its_officers_stop_serving_at_once_and_are_told(self, desk: Desk) -> None:
        officer = serving(desk, "an", SCHOOL)
        author(desk)
        officer.hears()
        with desk.rows() as db:
            done = unit_changes.merge(db, desk.office, COMMAND_LINE, SCHOOL, NEIGHBOUR, first=today(desk), now=desk.now)
            assert done.officers == 1
        assert told(desk, SCHOOL) == []
        assert "đã kết thúc" in officer.hears()
        assert "dành cho cán bộ Công đoàn được phân công" in officer.says("/hopthu")

    def test_what_waits_is_dealt_with_by_the_officers_of_the_unit_it_joined(self, desk: Desk) -> None:
        other = serving(desk, "binh", NEIGHBOUR)
        author(desk)
        with desk.rows() as db:
            code = db.scalars(select(col(Submission.code))).one()
            unit_changes.merge(db, desk.office, COMMAND_LINE, SCHOOL, NEIGHBOUR, first=today(desk), now=desk.now)
        assert code in other.says("/hopthu")

    @pytest.mark.parametrize(
        ("code", "into", "key"), [(SECTOR, SCHOOL, "units.merge_loop"), (SCHOOL, "XX", "planning.no_unit")]
    )
    def test_what_cannot_be_is_refused_by_name(self, desk: Desk, code: str, into: str, key: str) -> None:
        with desk.rows() as db, pytest.raises(Refusal) as refused:
            unit_changes.merge(db, desk.office, COMMAND_LINE, code, into, first=today(desk), now=desk.now)
        assert refused.value.key == key


class TestClosing:
    def test_a_unit_with_units_below_it_stays_open(self, desk: Desk) -> None:
        with desk.rows() as db, pytest.raises(Refusal) as refused:
            unit_changes.close(db, desk.office, COMMAND_LINE, SECTOR, last=today(desk), now=desk.now)
        assert refused.value.key == "units.has_children"

    def test_after_its_last_day_nobody_can_pick_it(self, desk: Desk) -> None:
        with desk.rows() as db:
            unit_changes.close(db, desk.office, COMMAND_LINE, SCHOOL, last=today(desk), now=desk.now)
        with desk.rows() as db:
            assert units.is_valid(unit(db, SCHOOL), today(desk))
            assert not units.is_valid(unit(db, SCHOOL), today(desk) + timedelta(days=1))
