"""A number means what the person saw: lists count from delivery, a push is answered by words, doubt is asked back."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, update
from sqlmodel import col

from handlers import notices
from handlers.chat import turn
from handlers.chat.reception import NOTICE
from handlers.duties import acts as duties
from messages.types import Choice, Inbound, Pressed, Say, Text
from storage import members, units
from storage.tables import DutyDone, Offered, Outbox, Role, Sending, Submission
from tests import people
from tests.desk import Desk, Visitor

SCHOOL = "GD51-01"
WORDS = Path(__file__).parents[2] / "messages" / "vi"


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    desk = Desk(database_url)
    desk.furnish(people.TEMPLATE)
    yield desk
    desk.database.close()


def push(desk: Desk, to: Visitor, say: Say) -> None:
    with desk.rows() as db:
        found = members.by_addresses(db, {to.address})[to.address]
        assert found.member.id is not None
        notices.push(db, desk.office, found.member.id, say, topic="officer", once=None, now=desk.now)


def remind(desk: Desk, to: Visitor, number: int = 0) -> str:
    """Push the reminder of one duty of the school; what its words name."""
    with desk.rows() as db:
        school = units.by_code(db, SCHOOL)
        found = members.by_addresses(db, {to.address})[to.address]
        assert school is not None
        assert found.member.id is not None
        matter = duties.current(db, desk.now)[number]
        say = duties.reminder(db, desk.office, matter, school, found.member.id, moved=False)
    push(desk, to, say)
    return say.question.removeprefix("duty@").rpartition(".")[0]


def news_of(code: str) -> Say:
    return Say("inbox.assigned_to_you", {"code": code, "by": ""}, (Choice("open", "Mở hồ sơ"),), f"item@{code}")


def count(desk: Desk, table: type[DutyDone] | type[Submission]) -> int:
    with desk.rows() as db:
        return db.scalar(select(func.count()).select_from(table)) or 0


def at_review(desk: Desk) -> Visitor:
    """An officer about to send off an initiative of their own."""
    hanh = people.officer(desk, SCHOOL)
    answers = (people.NAME, people.PHONE, "quang ngai", "gd51-01", "2", *people.QUESTIONS, people.TEXT, "XONG")
    hanh.talks("/sangkien", *answers)
    assert hanh.labels[0] == "Gửi đi"
    return hanh


class TestDelivery:
    def test_a_push_that_has_not_arrived_changes_no_number(self, desk: Desk) -> None:
        hanh = people.officer(desk, SCHOOL)
        hanh.says("menu")
        remind(desk, hanh)
        inbound = Inbound(hanh.address, "early", Text("1"))
        with desk.rows() as db:
            turn.lock(db, [inbound])
            turn.take_turn(db, inbound, turn.gather(db, [inbound], desk.now), desk.now, desk.office)
        assert "Hộp thư của" in hanh.hears()
        assert count(desk, DutyDone) == 0

    def test_a_number_means_the_newest_list_that_was_there_when_it_was_written(self, desk: Desk) -> None:
        hanh, now = two_lists(desk)
        assert "Nhắc hạn" in written(desk, hanh, "1", now + 30)

    def test_written_before_a_list_came_it_means_the_one_before(self, desk: Desk) -> None:
        hanh, now = two_lists(desk)
        assert "Hộp thư của" in written(desk, hanh, "1", now - 30)

    def test_written_before_any_list_came_it_means_nothing(self, desk: Desk) -> None:
        hanh, now = two_lists(desk)
        assert "không có mục số 1" in written(desk, hanh, "1", now - 3600)

    @pytest.mark.parametrize("apart", [-1.5, 0.0, 0.5])
    def test_as_close_as_clocks_can_tell_it_is_asked_back(self, desk: Desk, apart: float) -> None:
        hanh, now = two_lists(desk)
        assert "“1” là “📥 Hộp thư” hay “Việc 1” ạ?" in written(desk, hanh, "1", now + apart)
        assert "Nhắc hạn" in hanh.says("2")

    def test_an_answer_to_a_message_is_about_that_message(self, desk: Desk) -> None:
        hanh, now = two_lists(desk)
        assert "Hộp thư của" in written(desk, hanh, "1", now + 30, quotes="m60")


class TestStrangers:
    """Of those who have agreed to nothing only their rows in the outbox are kept: a number answers what arrived."""

    def test_a_notice_that_has_not_arrived_is_agreed_to_by_no_number(self, desk: Desk) -> None:
        la = desk.person("la", "zalo_bot")
        la.says("chào")
        undelivered(desk, la, "1")
        assert la.labels[:1] == ["Tôi đồng ý"]
        assert is_stranger(desk, la)
        la.says("1")
        assert not is_stranger(desk, la)

    def test_nor_one_that_came_after_it_was_written(self, desk: Desk) -> None:
        la = desk.person("la", "zalo_bot")
        la.says("chào")
        desk.deliver(la.address, ago=10)
        with desk.rows() as db:
            now = db.clock().timestamp()
        assert "Tôi đồng ý" in str(written(desk, la, "1", now - 30)) + str(la.labels)
        assert is_stranger(desk, la)
        written(desk, la, "1", now - 5)
        assert not is_stranger(desk, la)

    def test_what_is_on_its_way_may_have_been_read(self, desk: Desk) -> None:
        la = desk.person("la", "zalo_bot")
        la.says("chào")
        with desk.rows() as db:
            db.connection().execute(update(Outbox).where(col(Outbox.topic) == NOTICE).values(state=Sending.CLAIMED))
        undelivered(desk, la, "1")
        assert not is_stranger(desk, la)

    def test_a_number_for_a_call_back_is_read_once_it_was_asked_for(self, desk: Desk) -> None:
        people.officer(desk, SCHOOL)
        la = desk.person("la", "zalo_bot")
        la.talks("tôi muốn chết", "1")
        undelivered(desk, la, "1")
        assert is_stranger(desk, la)
        assert "0912" not in la.hears()


def undelivered(desk: Desk, who: Visitor, text: str) -> None:
    """A line that comes while nothing promised to its chat has been delivered."""
    inbound = Inbound(who.address, f"u{next(desk.numbers)}", Text(text))
    with desk.rows() as db:
        turn.lock(db, [inbound])
        turn.take_turn(db, inbound, turn.gather(db, [inbound], desk.now), desk.now, desk.office)
    who.hears()


def is_stranger(desk: Desk, who: Visitor) -> bool:
    with desk.rows() as db:
        return not members.by_addresses(db, {who.address})


def two_lists(desk: Desk) -> tuple[Visitor, float]:
    """The menu came a minute ago, the list of duties just now, at this instant."""
    hanh = desk.member("hanh", "zalo_bot")
    hanh.talks(f"/lienket {people.invite(desk, SCHOOL)}", "Lê Thị Hạnh", "menu")
    desk.deliver(hanh.address, ago=60)
    hanh.says("/nhiemvu")
    desk.deliver(hanh.address)
    with desk.rows() as db:
        return hanh, db.clock().timestamp()


def written(desk: Desk, who: Visitor, text: str, at: float, *, quotes: str = "") -> str:
    """A line with the instant at which it was written, on a channel that tells it."""
    inbound = Inbound(who.address, f"w{next(desk.numbers)}", Text(text), at, quotes)
    with desk.rows() as db:
        turn.lock(db, [inbound])
        turn.take_turn(db, inbound, turn.gather(db, [inbound], desk.now), desk.now, desk.office)
    return who.hears()


class TestAskingBack:
    def test_below_a_push_nothing_irreversible_happens_by_a_number(self, desk: Desk) -> None:
        hanh = at_review(desk)
        push(desk, hanh, news_of("SK-27-AAAAA"))
        asked = hanh.says("1")
        assert "“1” là “Gửi đi” hay “Mở hồ sơ (SK-27-AAAAA)” ạ?" in asked
        assert count(desk, Submission) == 0
        assert "Mã hồ sơ" in hanh.says("1")
        assert count(desk, Submission) == 1

    def test_the_other_meaning_is_the_second_number(self, desk: Desk) -> None:
        hanh = at_review(desk)
        _, code = people.author(desk)
        assert "hay “Mở hồ sơ" in hanh.says("1")
        assert f"Sáng kiến {code}" in hanh.says("2")
        assert "Bản nháp của anh/chị vẫn còn nguyên" in hanh.says("/tieptuc")

    def test_two_pushes_are_told_apart(self, desk: Desk) -> None:
        hanh = people.officer(desk, SCHOOL)
        hanh.says("trợ giúp")
        where = remind(desk, hanh, 0)
        remind(desk, hanh, 1)
        asked = hanh.says("1")
        assert asked.count("Đã hoàn thành (XONG") == 2
        assert count(desk, DutyDone) == 0
        number = next(n for n, label in enumerate(hanh.labels, 1) if where in label)
        assert "Đã ghi nhận" in hanh.says(str(number))
        assert count(desk, DutyDone) == 1

    def test_a_push_between_the_question_and_its_answer_asks_again(self, desk: Desk) -> None:
        hanh = at_review(desk)
        push(desk, hanh, news_of("SK-27-AAAAA"))
        hanh.says("1")
        remind(desk, hanh)
        assert "ạ?" in hanh.says("1")
        assert (count(desk, Submission), count(desk, DutyDone)) == (0, 0)

    def test_a_number_no_list_has_is_told_so_and_the_question_put_again(self, desk: Desk) -> None:
        hanh = people.officer(desk, SCHOOL)
        hanh.says("/nhiemvu")
        assert "không có mục số 9" in hanh.says("9")
        assert hanh.labels[0] == "📥 Hộp thư"

    def test_what_was_asked_before_lists_were_kept_is_asked_back(self, desk: Desk) -> None:
        hanh = people.officer(desk, SCHOOL)
        hanh.says("menu")
        desk.deliver(hanh.address)
        with desk.rows() as db:
            db.connection().exec_driver_sql("DELETE FROM offered")
        assert "“1” là “📥 Hộp thư”, phải không ạ?" in hanh.says("1")
        assert "Hộp thư của" in hanh.says("1")


class TestWords:
    @pytest.mark.parametrize("spelt", ["XONG {}", "xong {}", "“Xong {}.”"])
    def test_a_reminder_is_answered_by_its_word_whatever_came_since(self, desk: Desk, spelt: str) -> None:
        hanh = people.officer(desk, SCHOOL)
        where = remind(desk, hanh, 0)
        for number in range(6):
            push(desk, hanh, news_of(f"SK-27-AAAA{number}"))
        hanh.talks("menu", "/nhiemvu", "trợ giúp")
        assert "Đã ghi nhận" in hanh.says(spelt.format(where))
        assert count(desk, DutyDone) == 1

    def test_in_the_middle_of_a_form_the_word_acts_and_the_draft_waits(self, desk: Desk) -> None:
        hanh = people.officer(desk, SCHOOL)
        hanh.talks("/sangkien", people.NAME)
        where = remind(desk, hanh)
        assert "Đã ghi nhận" in hanh.says(f"XONG {where}")
        assert "Bản nháp" in hanh.says("/tieptuc")

    def test_a_word_for_another_unit_does_nothing(self, desk: Desk) -> None:
        hanh = people.officer(desk, SCHOOL)
        where = remind(desk, hanh)
        other = people.officer(desk, "GD51-02", name="binh")
        assert "không thuộc đơn vị" in other.says(f"xong {where}")
        assert count(desk, DutyDone) == 0

    def test_a_code_under_a_push_opens_it_even_in_a_form(self, desk: Desk) -> None:
        hanh = people.officer(desk, SCHOOL)
        hanh.says("/sangkien")
        _, code = people.author(desk)
        assert f"Sáng kiến {code}" in hanh.says(code.lower().replace("-", " "))


class TestTheMenusWords:
    @pytest.mark.parametrize(
        "typed", ["menu", "Menu", "trợ giúp", "gửi ý kiến", "hộp thư", "tra cứu", "chương trình", "bắt đầu", "help"]
    )
    def test_where_any_words_are_an_answer_they_are_asked_about_once(self, desk: Desk, typed: str) -> None:
        an = desk.member("an")
        an.says("/sangkien")
        assert f"“{typed}” là câu trả lời" in an.says(typed)
        assert "Bước 2" not in an.says(typed)
        step = "Bước 1/7" if typed == "gửi ý kiến" else "Bước 1/10"  # what was begun last goes on
        assert step in an.says("/tieptuc")

    def test_it_may_be_the_answer_after_all(self, desk: Desk) -> None:
        an = desk.member("an")
        an.talks("/sangkien", "Hi")
        assert "Bước 2/10" in an.says("1")

    def test_the_menu_is_the_other_choice_and_nothing_is_lost(self, desk: Desk) -> None:
        an = desk.member("an")
        an.talks("/sangkien", people.NAME, people.PHONE, "quang ngai", "gd51-01", "2", *people.QUESTIONS, people.TEXT)
        an.says("trợ giúp")
        assert "Hướng dẫn nhanh" in an.says("2")
        assert people.TEXT in an.talks("XONG")

    def test_ones_own_data_is_a_right_and_never_an_answer(self, desk: Desk) -> None:
        an = desk.member("an")
        an.says("/sangkien")
        an.says("dữ liệu của tôi")
        assert "Nhận bản sao" in an.labels or "Xem bản sao dữ liệu" in an.labels or "Sửa thông tin" in an.labels


class TestScreens:
    """No choice shares a number with something listed above it: a desk looks at every message it hears."""

    def test_every_text_that_numbers_things_is_visited_here(self) -> None:
        numbering = {
            f"{path.stem}.{key}"
            for path in WORDS.glob("*.toml")
            for key, text in _texts(tomllib.loads(path.read_text()))
            if "loop.index }}." in text
        }
        points = {"scoring.ask", "scoring.invalid"}  # nothing can be chosen there
        assert numbering - points == {
            *("care.library", "inbox.pick_ask", "officer.duties", "people.list", "standings.table"),
        }

    def test_all_of_a_list_is_a_word_and_one_is_the_first(self, desk: Desk) -> None:
        hanh = people.officer(desk, SCHOOL)
        _, first = people.author(desk)
        people.author(desk, text="Dùng nước mưa tưới vườn trường để giảm tiền nước.")
        hanh.talks("/hopthu", "[Tiếp nhận từng hồ sơ]")
        assert "Đã tiếp nhận 1 sáng kiến" in hanh.says("1")
        assert "Đã tiếp nhận" in hanh.says(first)

    def test_the_word_takes_all(self, desk: Desk) -> None:
        hanh = people.officer(desk, SCHOOL)
        people.author(desk)
        people.author(desk, text="Dùng nước mưa tưới vườn trường để giảm tiền nước.")
        hanh.talks("/hopthu", "[Tiếp nhận từng hồ sơ]")
        assert "Đã tiếp nhận 2 sáng kiến" in hanh.says("tat ca")

    def test_lists_of_staff(self, desk: Desk) -> None:
        people.officer(desk, SCHOOL)
        staff = people.officer(desk, "GD51", Role.STAFF, name="son")
        people.author(desk)
        for screen in ("/nhiemvu", "/canbo", "/thuvien", "/baocao", "/hopthu"):
            staff.says(screen)

    def test_an_answer_of_the_library_is_never_dropped_by_a_number(self, desk: Desk) -> None:
        staff = people.officer(desk, "GD51", Role.STAFF, name="son")
        staff.says("/thuvien")
        assert "không có mục số 1" in staff.says("1")


def _texts(table: dict[str, object]) -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from ((f"{key}.{inner}", text) for inner, text in _texts(value))
        else:
            yield key, str(value)


def test_time_of_the_desk_is_not_needed(desk: Desk) -> None:
    """However long a list has stood, its numbers hold while nothing came after it."""
    hanh = people.officer(desk, SCHOOL)
    hanh.says("menu")
    desk.now += timedelta(days=3)
    assert "Hộp thư của" in hanh.says("1")


@pytest.mark.parametrize("way", ["by number", "by button"])
def test_what_a_question_back_is_answered_with_does_what_it_says(desk: Desk, way: str) -> None:
    an = desk.member("an", "zalo_bot")
    answers = (people.NAME, people.PHONE, "quang ngai", "gd51-01", "2", *people.QUESTIONS, people.TEXT, "XONG")
    an.talks("/sangkien", *answers)
    edit = an.button("Sửa một mục")
    if way == "by number":
        with desk.rows() as db:
            db.execute(delete(Outbox))
            db.execute(delete(Offered))
        assert "“2” là “Sửa một mục”, phải không" in an.says("2")
        said = an.says("1")
    else:
        said = an.sends(Pressed(f"as:{edit}"))
    assert "mục nào" in said
    with desk.rows() as db:
        assert db.scalars(select(Submission)).all() == []
