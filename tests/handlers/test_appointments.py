"""Who serves a unit: roles handed on and ended in the chat, and whom a push goes to when somebody is away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlmodel import col, select

from handlers import actors
from handlers.actors import COMMAND_LINE
from handlers.errors import Refusal
from handlers.office import local_day
from handlers.people import appointments as roles
from handlers.people import pairing
from messages.types import Pressed
from storage import appointments, members, units
from storage.database import Transaction
from storage.tables import Audit, Right, Role
from tests.desk import Desk, Visitor

PROVINCE, SECTOR, SCHOOL = "LDLD51", "GD51", "GD51-02"


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    desk = Desk(database_url)
    desk.furnish("75-nghin-sang-kien")
    yield desk
    desk.database.close()


def serving(desk: Desk, name: str, unit: str, role: Role = Role.OFFICER, **more: object) -> Visitor:
    """Somebody with a role, by a code of the command line."""
    visitor = desk.member(name, "telegram")
    with desk.rows() as db:
        made = pairing.invite(db, desk.office, COMMAND_LINE, unit, role, now=desk.now, **more)  # type: ignore[arg-type]
    visitor.talks(f"/lienket {made.code}", f"Trần Thị {name.capitalize()}")
    return visitor


def unit_id(db: Transaction, code: str) -> int:
    unit = units.by_code(db, code)
    assert unit is not None
    assert unit.id is not None
    return unit.id


def member_id(db: Transaction, visitor: Visitor) -> int:
    known = members.by_addresses(db, [visitor.address])[visitor.address].member.id
    assert known is not None
    return known


def told(desk: Desk, unit: str, right: Right = Right.RECEIVE) -> list[int]:
    with desk.rows() as db:
        return appointments.serving(db, unit_id(db, unit), right, now=desk.now, day=local_day(desk.now))


def ids(desk: Desk, *visitors: Visitor) -> list[int]:
    with desk.rows() as db:
        return sorted(member_id(db, visitor) for visitor in visitors)


class TestWhoIsTold:
    def test_the_officers_of_the_unit_and_nobody_else(self, desk: Desk) -> None:
        one, two = serving(desk, "an", SCHOOL), serving(desk, "binh", SCHOOL)
        serving(desk, "chi", SCHOOL, deputy=True)
        serving(desk, "dung", SCHOOL, Role.ADMIN)
        serving(desk, "em", SECTOR)
        assert told(desk, SCHOOL) == ids(desk, one, two)

    def test_an_officer_who_is_away_is_stood_in_for_and_comes_back(self, desk: Desk) -> None:
        head, deputy = serving(desk, "an", SCHOOL), serving(desk, "binh", SCHOOL, deputy=True)
        last = local_day(desk.now) + timedelta(days=3)
        assert f"đến hết ngày {last:%d/%m/%Y}" in head.talks("/vangmat", f"{last:%-d/%-m}")
        assert told(desk, SCHOOL) == ids(desk, deputy)
        desk.now += timedelta(days=4)
        assert told(desk, SCHOOL) == ids(desk, head)

    def test_whoever_is_back_early_says_so(self, desk: Desk) -> None:
        head = serving(desk, "an", SCHOOL)
        serving(desk, "binh", SCHOOL, deputy=True)
        head.talks("/vangmat", "30/3", "/canbo", "[Tôi đã trở lại]")
        assert told(desk, SCHOOL) == ids(desk, head)

    def test_lest_nobody_hears_of_it_even_those_away_are_told(self, desk: Desk) -> None:
        head = serving(desk, "an", SCHOOL)
        head.talks("/vangmat", "30/3")
        assert told(desk, SCHOOL) == ids(desk, head)

    def test_an_officer_with_listed_rights_is_told_of_these_only(self, desk: Desk) -> None:
        reader = serving(desk, "an", SCHOOL, rights=[Right.ANSWER])
        other = serving(desk, "binh", SCHOOL, rights=[Right.RECEIVE, Right.APPRAISE])
        assert told(desk, SCHOOL, Right.ANSWER) == ids(desk, reader)
        assert told(desk, SCHOOL, Right.RECEIVE) == ids(desk, other)
        assert told(desk, SCHOOL, Right.FORWARD) == []

    @pytest.mark.parametrize("said", ["hôm qua", "1/1/2020", "30/3/2029", "mấy hôm nữa"])
    def test_a_day_that_cannot_be_meant_is_asked_for_again(self, desk: Desk, said: str) -> None:
        head = serving(desk, "an", SCHOOL)
        assert "từ hôm nay" in head.talks("/vangmat", said)
        assert told(desk, SCHOOL) == ids(desk, head)


class TestHandingOn:
    @pytest.mark.parametrize(
        ("role", "offered"),
        [
            (Role.OFFICER, ["Cán bộ", "Cấp phó"]),
            (Role.STAFF, ["Cán bộ", "Cấp phó"]),
            (Role.ADMIN, ["Cán bộ", "Cấp phó", "Ban Tuyên giáo – Nữ công", "Quản trị"]),
        ],
    )
    def test_each_role_hands_on_what_it_may(self, desk: Desk, role: Role, offered: list[str]) -> None:
        head = serving(desk, "an", SECTOR, role)
        head.talks("/canbo", "[Cấp mã cán bộ]", SCHOOL.lower())
        assert head.labels == offered

    def test_the_code_works_once_for_whoever_types_it(self, desk: Desk) -> None:
        head, new = serving(desk, "an", SECTOR), desk.member("moi", "telegram")
        shown = head.talks("/canbo", "[Cấp mã cán bộ]", SCHOOL, "[Cấp phó]")
        code = re.search(r"/lienket (\S+)", shown)
        assert code is not None, shown
        assert "cho biết họ và tên" in new.says(f"/lienket {code[1]}")
        assert "ghi giúp họ và tên" in new.says("0912 345 678")
        assert "đã được liên kết với Công đoàn" in new.says("Lê Văn Mới")
        told = head.hears()
        assert "Lê Văn Mới vừa nhận vai trò Cán bộ phụ trách (cấp phó)" in told
        assert "tại Công đoàn Trường THPT Bến Lau" in told
        assert "đã được dùng" in desk.member("khac").says(f"/lienket {code[1]}")
        with desk.rows() as db:
            assert appointments.deputies(db, unit_id(db, SCHOOL), desk.now) == [member_id(db, new)]

    @pytest.mark.parametrize("unit", ["LDLD51", "GD51", "GD51-01", "khong-co"])
    def test_nobody_hands_on_what_lies_outside_their_own_subtree(self, desk: Desk, unit: str) -> None:
        head = serving(desk, "an", SCHOOL, Role.ADMIN)
        assert "chưa thấy đơn vị" in head.talks("/canbo", "[Cấp mã cán bộ]", unit)


class TestEnding:
    def test_it_ends_at_once_and_the_one_who_held_it_is_told(self, desk: Desk) -> None:
        head, officer = serving(desk, "an", SECTOR, Role.ADMIN), serving(desk, "binh", SCHOOL)
        head.says("/canbo")
        shown = head.talks("[Vai trò 2]", "[Kết thúc vai trò]")
        assert "Đã kết thúc" in shown
        assert "đã kết thúc" in officer.hears()
        assert "dành cho cán bộ Công đoàn được phân công" in officer.says("/hopthu")
        assert told(desk, SCHOOL) == []
        with desk.rows() as db:
            (row,) = db.scalars(select(Audit).where(col(Audit.action) == "officer.end"))
            assert (row.actor_id, row.details["member"]) == (member_id(db, head), member_id(db, officer))

    def test_the_same_button_twice_ends_nothing_else(self, desk: Desk) -> None:
        head = serving(desk, "an", SECTOR, Role.ADMIN)
        serving(desk, "binh", SCHOOL)
        head.says("/canbo")
        again = head.button("Vai trò 2")
        head.talks("[Vai trò 2]", "[Kết thúc vai trò]")
        assert "đã kết thúc trước đó" in head.sends(Pressed(again))

    def test_an_officer_may_not_end_the_role_of_an_administrator(self, desk: Desk) -> None:
        officer, chief = serving(desk, "an", SCHOOL), serving(desk, "binh", SCHOOL, Role.ADMIN)
        with desk.rows() as db:
            row = members.appointments(db, [member_id(db, chief)], desk.now)[member_id(db, chief)][0]
            assert row.id is not None
            with pytest.raises(Refusal) as refused:
                roles.end(db, desk.office, actors.of_member(db, member_id(db, officer), desk.now), row.id, now=desk.now)
        assert refused.value.key == "people.not_yours"

    def test_the_last_administrator_stays_until_there_is_another(self, desk: Desk) -> None:
        chief = serving(desk, "an", SECTOR, Role.ADMIN)
        chief.says("/canbo")
        assert "quản trị cuối cùng" in chief.talks("[Vai trò 1]", "[Kết thúc vai trò]")
        serving(desk, "binh", PROVINCE, Role.ADMIN)
        chief.says("/canbo")
        assert "Đã kết thúc" in chief.talks("[Vai trò 1]", "[Kết thúc vai trò]")
