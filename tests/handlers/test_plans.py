"""A plan that carries only so much: counted in both directions, and those who answer for it told once at each step."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlmodel import col

from handlers.actors import COMMAND_LINE
from handlers.chat.danger import ALONE_A_DAY
from handlers.people import pairing
from handlers.reaching import plans, reach, ways
from handlers.reaching.reach import Terms, What
from messages.types import Address, Overheard, Text
from storage import windows
from storage.tables import Outbox, Priority, Role
from storage.windows import Way
from tests.desk import Desk, Visitor

BOT = "zalo_bot"


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    desk = Desk(database_url)
    desk.furnish()
    desk.office = dataclasses.replace(desk.office, terms={BOT: Terms(month=20, users=10)})
    yield desk
    desk.database.close()


def appointed(desk: Desk, name: str, role: Role) -> Visitor:
    """Somebody with a role at the top."""
    person = desk.member(name, "telegram")
    with desk.rows() as db:
        code = pairing.invite(db, desk.office, COMMAND_LINE, "GD51", role, now=desk.now).code
    person.talks(f"/lienket {code}", f"Trần {name}")
    return person


def count(desk: Desk, messages: int) -> None:
    with desk.rows() as db:
        plans.count(db, desk.office, BOT, messages, desk.now)


def test_each_step_of_a_month_is_told_once_to_each_who_answers_for_it(desk: Desk) -> None:
    first, second = appointed(desk, "Sơn", Role.ADMIN), appointed(desk, "Hà", Role.ADMIN)
    staff = appointed(desk, "Minh", Role.STAFF)
    told = []
    for messages in (13, 1, 1, 2, 1, 1, 9):
        count(desk, messages)
        told.append(first.hears())
        assert second.hears() == told[-1]
    assert [("14/20" in text, "17/20" in text, "19/20" in text) for text in told if text] == [
        (True, False, False),
        (False, True, False),
        (False, False, True),
    ]
    assert [bool(text) for text in told] == [False, True, False, True, False, True, False]
    assert staff.hears() == ""


def test_a_new_month_counts_and_warns_anew(desk: Desk) -> None:
    staff = appointed(desk, "Minh", Role.STAFF)
    count(desk, 19)
    assert "19/20" in staff.hears()
    desk.now += timedelta(days=31)
    count(desk, 1)
    assert staff.hears() == ""
    count(desk, 13)
    assert "14/20" in staff.hears()
    with desk.rows() as db:
        assert windows.used(db, BOT, windows.MESSAGES, reach.month_of(desk.now)) == 14


def test_people_are_counted_once_each_and_warned_of_before_the_last_one_comes(desk: Desk) -> None:
    staff = appointed(desk, "Minh", Role.STAFF)
    for number in range(7):
        with desk.rows() as db:
            windows.note_interaction(db, Address(BOT, f"chat-{number}"), desk.now)
            windows.note_interaction(db, Address(BOT, f"chat-{number}"), desk.now)
            plans.count(db, desk.office, BOT, 1, desk.now)
        assert staff.hears() == ("" if number < 6 else staff.heard[-1].text)
    assert "7 người nhắn tin, trên tổng số 10 người" in staff.heard[-1].text


def test_before_anybody_is_appointed_and_without_a_plan_nothing_is_said(desk: Desk) -> None:
    member = desk.member("Lan")
    count(desk, 20)
    with desk.rows() as db:
        plans.count(db, desk.office, "telegram", 1000, desk.now)
        assert windows.used(db, "telegram", windows.MESSAGES, reach.month_of(desk.now)) == 1000
    assert member.hears() == ""


def test_somebody_too_many_is_told_where_to_go_and_lines_are_answered_only_so_often(desk: Desk) -> None:
    desk.office = dataclasses.replace(
        desk.office, public_url="https://tro-ly.congdoan.example", terms={BOT: Terms(month=1000, users=2)}
    )
    an, binh = desk.member("An", BOT), desk.member("Bình", BOT)
    late = desk.person("Lan", BOT)
    assert "https://tro-ly.congdoan.example/chat" in late.says("/start")
    assert late.heard[-1].choices == ()
    assert "Hướng dẫn nhanh" in an.says("trợ giúp")
    told = [late.says(f"alo {number}") for number in range(plans.TOLD_A_DAY)]
    assert [bool(text) for text in told] == [True] * (plans.TOLD_A_DAY - 1) + [False]
    desk.now += timedelta(days=1)
    assert late.says("alo")
    assert desk.person("nhóm", BOT).sends(Overheard()) == ""
    desk.office = dataclasses.replace(desk.office, terms={BOT: Terms(month=1000, users=3)})
    assert "Thông báo về dữ liệu cá nhân" in late.says("/start"), "a larger plan lets them in"
    assert "Hướng dẫn nhanh" in binh.says("trợ giúp")


def test_somebody_too_many_who_may_be_in_danger_is_answered_all_the_same(desk: Desk) -> None:
    desk.office = dataclasses.replace(desk.office, terms={BOT: Terms(month=1000, users=1)})
    desk.member("An", BOT)
    late = desk.person("Lan", BOT)
    for _ in range(plans.TOLD_A_DAY + 1):
        late.says("alo")
    said = late.says("tôi muốn chết")
    assert "gọi 115" in said
    assert "không lưu, không chuyển tin vừa rồi cho ai" in said
    assert late.heard[-1].choices == ()
    told = [late.says("tôi muốn chết") for _ in range(ALONE_A_DAY)]
    assert [bool(text) for text in told] == [True] * (ALONE_A_DAY - 1) + [False]


def test_pages_of_one_machine_are_no_way_for_somebody_elsewhere(desk: Desk) -> None:
    desk.office = dataclasses.replace(
        desk.office, public_url="http://127.0.0.1:8600", terms={BOT: Terms(month=1000, users=0)}
    )
    told = desk.person("Lan", BOT).says("/start")
    assert "đã đủ số người" in told
    assert "127.0.0.1" not in told


def test_the_last_warning_may_still_be_sent_when_officers_are_cut_off(desk: Desk) -> None:
    terms = Terms(month=20, users=10, shares={What.OFFICER: 0.5, What.NOTICE: 0.5})
    desk.office = dataclasses.replace(desk.office, terms={BOT: terms})
    way = Way(Address(BOT, "chat"))
    with desk.rows() as db:
        windows.count(db, BOT, windows.MESSAGES, reach.month_of(desk.now), 19)
        budget = ways.Budget(db, desk.office, desk.now)
        assert budget.ask(ways.what_of(ways.PLAN, Priority.NOTICE), way) == reach.Send()
        assert budget.ask(What.OFFICER, way) == reach.Refuse(reach.Reason.MONTH_SPENT)


def test_each_who_writes_when_the_month_is_all_but_used_gets_one_last_word_and_answers(desk: Desk) -> None:
    an, binh = desk.member("An", BOT), desk.member("Bình", BOT)
    count(desk, 18)
    assert "sắp hết lượt" not in an.says("trợ giúp")
    count(desk, 3)
    for somebody in (an, binh):
        told = somebody.says("trợ giúp")
        assert "Hướng dẫn nhanh" in told
        assert "Kênh này trong tháng sắp hết lượt tin" in told
        told = somebody.says("trợ giúp")
        assert "Hướng dẫn nhanh" in told
        assert "sắp hết lượt" not in told
    desk.now += timedelta(days=31)
    assert "sắp hết lượt" not in an.says("trợ giúp")


def test_what_is_said_to_strangers_up_to_their_welcome_has_a_place_behind_what_members_are_told(desk: Desk) -> None:
    an = desk.person("An")
    found = []
    for line in ("/start", "đồng ý", "trợ giúp"):
        desk.take(an.address, Text(line))
        with desk.rows() as db:
            found.append(db.scalars(select(col(Outbox.priority)).order_by(col(Outbox.id).desc())).first())
    assert found == [Priority.STRANGER, Priority.STRANGER, Priority.REPLY]
