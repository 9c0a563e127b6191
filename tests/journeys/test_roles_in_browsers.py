"""A browser is known by a cookie alone: no role is in force there, whoever its member is, however they came by one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from handlers.actors import CLOCK
from handlers.chat import answers, commands, forms
from handlers.people import resting
from handlers.reaching import unreached
from messages.types import Address, Pressed, payload
from storage import appointments, members, submissions, transcript, units
from storage.tables import Role
from tests import voices
from tests.desk import Desk, Visitor
from tests.people import PHONE, TEMPLATE, author, invite, link_code, officer

SCHOOL = "GD51-01"
INBOX = "📥 Hộp thư"
RESTS = "Việc của cán bộ làm trên Zalo hoặc Telegram"


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    desk = Desk(database_url)
    desk.furnish(TEMPLATE)
    yield desk
    desk.database.close()


def in_browser(desk: Desk, telegram: Visitor) -> Visitor:
    """A browser of the same person, by a link code."""
    code = link_code(telegram)
    browser = desk.person("hanh", "web")
    browser.says(f"/lienket {code}")
    telegram.hears()
    telegram.presses("Đồng ý nối")
    browser.hears()
    return browser


def of_old(desk: Desk, unit: str = SCHOOL, role: Role = Role.ADMIN) -> Visitor:
    """Somebody who took up a role in a browser when that was possible."""
    browser = desk.member("cũ", "web")
    with desk.rows() as db:
        known, found = members.by_addresses(db, [browser.address]), units.by_code(db, unit)
        assert found is not None
        member_id, unit_id = known[browser.address].member.id or 0, found.id or 0
        appointments.appoint(db, member_id=member_id, unit_id=unit_id, role=role, now=desk.now)
    return browser


@pytest.fixture(params=["linked", "of old"])
def browser(request: pytest.FixtureRequest, desk: Desk) -> Visitor:
    return of_old(desk) if request.param == "of old" else in_browser(desk, officer(desk, SCHOOL, Role.ADMIN))


def test_every_question_is_a_members_or_an_officers() -> None:
    assert not answers.OF_MEMBERS.keys() & answers.OF_OFFICERS.keys()
    assert answers.ANSWERS == answers.OF_MEMBERS | answers.OF_OFFICERS


def test_nothing_of_an_officers_is_done_or_shown(desk: Desk, browser: Visitor) -> None:
    _, code = author(desk)
    heard = voices.write(desk.member("binh"))
    assert INBOX not in browser.labels
    for name in sorted(commands.OF_OFFICERS):
        assert browser.sends(Pressed(payload("menu", name))).startswith(RESTS), name
    for question in answers.OF_OFFICERS:
        for asked, key in ((f"{question}@{code}.1", "open"), (f"{question}@{heard}.1", "explain"), (question, code)):
            assert browser.sends(Pressed(payload(asked, key))).startswith(RESTS), (asked, key)
    for form in forms.OF_OFFICERS:
        assert browser.sends(Pressed(payload(f"{form}.note@draft", "yes"))).startswith(RESTS), form
    for typed in ("/hopthu", "/canbo", "/baocao", "hộp thư", code, heard, "TIN-27-4F7K2"):
        answer = browser.says(typed)
        assert PHONE not in answer
        assert "Tác giả" not in answer
    with desk.rows() as db:
        record = submissions.by_code(db, code)
        assert record is not None
        assert record.state == "sent"


def test_nothing_of_an_officers_is_sent_there(desk: Desk, browser: Visitor) -> None:
    author(desk)
    assert browser.hears() == ""


def test_a_role_is_in_force_on_the_other_chat_of_the_same_person(desk: Desk) -> None:
    telegram = officer(desk, SCHOOL)
    browser = in_browser(desk, telegram)
    _, code = author(desk)
    browser.says("/menu")
    assert code in telegram.hears()
    assert f"Sáng kiến {code}" in telegram.presses("Mở hồ sơ")
    telegram.says("/menu")
    assert INBOX in telegram.labels


class TestPairing:
    def test_a_code_typed_in_a_browser_is_not_used_up_nor_kept_there(self, desk: Desk) -> None:
        code = invite(desk, SCHOOL)
        browser = desk.member("hanh", "web")
        assert "chỉ nhập được trên Zalo hoặc Telegram" in browser.says(f"/lienket {code}")
        with desk.rows() as db:
            assert not any(code in line.message.text for line in transcript.latest(db, browser.address))
        telegram = desk.member("hanh", "telegram")
        assert "Vai trò: Cán bộ phụ trách" in telegram.talks(f"/lienket {code}", "Trần Thị Hạnh")

    def test_whoever_is_found_only_there_is_told_once_how_to_go_on(self, desk: Desk) -> None:
        browser, school = of_old(desk), unit_id(desk)
        for _ in range(2):
            with desk.rows() as db:
                assert resting.tell(db, desk.office, CLOCK, now=desk.now) == 1
                (told,) = unreached.below(db, desk.office, school, desk.now)
                assert told.reason.value == "only_browser"
        assert browser.hears().count("không có hiệu lực trong trình duyệt") == 1
        code = link_code(browser)
        telegram = desk.person("hanh", "telegram")
        telegram.says(f"/lienket {code}")
        browser.hears()
        browser.presses("Đồng ý nối")
        telegram.hears()
        telegram.presses("Về trang chính")
        assert INBOX in telegram.labels
        with desk.rows() as db:
            assert resting.tell(db, desk.office, CLOCK, now=desk.now) == 0
            assert unreached.below(db, desk.office, school, desk.now) == []


def unit_id(desk: Desk, code: str = SCHOOL) -> int:
    with desk.rows() as db:
        found = units.by_code(db, code)
        assert found is not None
        return found.id or 0


def test_a_form_begun_on_another_channel_waits_there(desk: Desk) -> None:
    telegram = officer(desk, SCHOOL)
    browser = in_browser(desk, telegram)
    _, code = author(desk)
    telegram.hears()
    telegram.talks("[Mở hồ sơ]", "[Cần bổ sung]")
    answer = browser.says("Xin nêu rõ chi phí.")
    assert code not in answer
    with desk.rows() as db:
        record = submissions.by_code(db, code)
        assert record is not None
        assert record.state == "sent"
    assert f"{code}: Cần bổ sung" in telegram.says("Xin nêu rõ chi phí.")


def test_choices_pushed_to_another_channel_wait_there(desk: Desk) -> None:
    zalo = desk.member("hanh", "zalo_bot")
    zalo.talks(f"/lienket {invite(desk, SCHOOL)}", "Trần Thị Hạnh")
    browser = in_browser(desk, zalo)
    _, code = author(desk)
    assert code in zalo.hears()
    assert code not in browser.says("mở hồ sơ")


def test_an_officer_at_the_page_of_the_demo_works_there(desk: Desk) -> None:
    demo = Visitor(desk, Address("web", "demo-officer"))
    demo.talks("/start", "[Tôi đồng ý]", f"/lienket {invite(desk, SCHOOL)}", "Trần Văn Hạnh")
    _, code = author(desk)
    assert code in demo.hears()
    assert f"Sáng kiến {code}" in demo.presses("Mở hồ sơ")
