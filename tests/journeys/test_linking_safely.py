"""Two chats become one only when both have been told what follows and have said yes; nobody wins by luring somebody."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from copy import copy
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlmodel import col

from handlers.actors import CLOCK
from handlers.people import linking
from messages.types import Pressed
from storage import members
from storage.database import Database, Transaction
from storage.seals import Seals
from storage.tables import Audit, LinkCode, Member, Outbox, Role
from tests.box import KEY
from tests.desk import Desk, Visitor
from tests.people import NAME, PHONE, QUESTIONS, TEMPLATE, hand_in, invite, link_code, officer
from tests.voices import SCHOOL, code_in, write

CHANNELS = ("web", "telegram", "zalo_bot", "zalo_oa")
HIDDEN = "Tổ trưởng bắt chúng tôi ký khống bảng chấm công suốt từ đầu học kỳ, ai không ký thì bị phân lại lịch dạy."
NAMED = "Đề nghị nhà trường lắp thêm quạt ở nhà đa năng vì mùa hè rất nóng."
PERSON = (NAME, PHONE, "quang ngai", "gd51-01", "2")


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    desk = Desk(database_url)
    desk.furnish(TEMPLATE)
    yield desk
    desk.database.close()


def member_of(db: Transaction, person: Visitor) -> Member:
    return members.by_addresses(db, [person.address])[person.address].member


def are_one(desk: Desk, one: Visitor, other: Visitor) -> bool:
    with desk.rows() as db:
        found = members.by_addresses(db, [one.address, other.address])
        return len(found) == 2 and len({known.member.id for known in found.values()}) == 1


def everything_open_to(person: Visitor) -> str:
    """All that somebody gets to read who opens everything that has a name or a button, but knows no code."""
    begin = len(person.heard)
    person.hears()
    for line in ("/lienket", "/huy", "/start", "/dulieu", "[Xem bản sao dữ liệu]", "/tracuu", "gửi đi", "1", "/start"):
        person.talks(line)
    person.says("tiếp tục")
    person.says("/ykien")
    person.says("/huy")
    shown = person.heard[begin:]
    return "\n".join(" ".join([one.text, one.question, *(choice.label for choice in one.choices)]) for one in shown)


@pytest.mark.parametrize("theirs", CHANNELS)
@pytest.mark.parametrize("victims", CHANNELS)
def test_whoever_lures_somebody_reads_no_anonymous_word(desk: Desk, victims: str, theirs: str) -> None:
    hanh = officer(desk, SCHOOL)
    attacker, victim = desk.member("kẻ", theirs), desk.member("an", victims)
    hidden = write(victim, text=HIDDEN)
    victim.talks("/ykien", "[Vấn đề bức xúc]", "[Tiền lương]", "quang ngai", SCHOOL, "[Cán bộ đơn vị tôi]")
    victim.talks("[Gửi ẩn danh]", f"Bản nháp: {HIDDEN}", "/lienket")
    asked = victim.says(f"/lienket {link_code(attacker)}")
    assert "0 sáng kiến, 0 ý kiến kèm tên" in asked
    assert "mỗi bên đọc được tất cả của bên kia" in asked
    assert "Nếu có người khác nhờ, xin chọn “Giữ riêng”" in asked
    assert hidden not in asked
    assert attacker.hears() == "", "nothing is asked or told before the one who typed it has said yes"
    victim.presses("Đồng ý nối")
    assert not are_one(desk, attacker, victim)
    assert hidden not in attacker.hears()
    attacker.presses("Đồng ý nối")
    assert are_one(desk, attacker, victim)
    begin = len(attacker.heard)
    victim.hears()
    hanh.talks(hidden, "[Giải thích]", "Điều 10 Quy chế nội bộ", "Công đoàn đã làm việc với nhà trường về việc này.")
    assert "đã làm việc với nhà trường" in victim.hears(), "the answer comes to the chat it was said in"
    assert hidden not in "".join(victim.labels)
    everything_open_to(attacker)
    shown = "\n".join(
        " ".join([one.text, one.question, *(choice.label for choice in one.choices)]) for one in attacker.heard[begin:]
    )
    for secret in (hidden, HIDDEN, "ký khống", "đã làm việc với nhà trường"):
        assert secret not in shown
    assert hidden in victim.says(hidden), "its code opens it"


@pytest.mark.parametrize("channel", CHANNELS)
def test_both_are_told_whom_and_how_much_by_name_and_nothing_else(desk: Desk, channel: str) -> None:
    zalo, other = desk.member("an", "zalo_bot"), desk.member("binh", channel)
    hand_in(zalo, "/sangkien", *PERSON, *QUESTIONS)
    other.talks("/ykien", "[Tâm tư, nguyện vọng]", "[Tiền lương]", "quang ngai", SCHOOL, "[Cán bộ đơn vị tôi]")
    code_in(other.talks("[Gửi kèm tên]", "Trần Thị Lan", PHONE, NAMED, "XONG", "[Gửi đi]"))
    write_again(other)
    asked = other.says(f"/lienket {link_code(zalo)}")
    assert "N•••• V•• A• trên Zalo: 1 sáng kiến, 0 ý kiến kèm tên" in asked
    assert "Kênh này có hồ sơ riêng: 0 sáng kiến, 1 ý kiến kèm tên" in asked
    other.presses("Đồng ý nối")
    told = zalo.hears()
    assert "(T••• T•• L••)" in told
    assert "Kênh ấy có hồ sơ riêng: 0 sáng kiến, 1 ý kiến kèm tên" in told
    assert "Hồ sơ của anh/chị: 1 sáng kiến, 0 ý kiến kèm tên" in told
    for full in (NAME, "Trần Thị Lan", PHONE, NAMED, HIDDEN):
        assert full not in asked + told


def write_again(person: Visitor) -> str:
    person.talks("/ykien", "[Vấn đề bức xúc]", "[Điều kiện làm việc]", "[Đúng rồi]", "[Cán bộ đơn vị tôi]")
    return code_in(person.talks("[Gửi ẩn danh]", HIDDEN, "XONG", "[Gửi đi]"))


class TestAChatOfNobodys:
    """A code joins a chat without a record: that chat will read everything, so its owner is asked."""

    def test_reads_nothing_before_the_owner_has_said_yes(self, desk: Desk) -> None:
        an, stranger = desk.member("an", "telegram"), desk.person("la", "zalo_bot")
        found, hidden = hand_in(an, "/sangkien", *PERSON, *QUESTIONS), write_again(an)
        answer = stranger.says(f"/lienket {link_code(an)}")
        assert "đang hỏi lại trên Telegram (N•••• V•• A•)" in answer
        assert found not in stranger.says(found)
        asked = an.hears()
        assert "cả hai kênh cùng đọc được hồ sơ ấy" in asked
        assert "Kênh ấy chưa có hồ sơ riêng" in asked
        an.presses("Đồng ý nối")
        assert "Đã nối kênh này" in stranger.hears()
        assert "Trạng thái" in stranger.says(found)
        shown = everything_open_to(stranger)
        assert hidden not in shown
        assert HIDDEN not in shown
        assert hidden in stranger.says(hidden)

    def test_may_be_refused(self, desk: Desk) -> None:
        an, stranger = desk.member("an"), desk.person("la", "telegram")
        stranger.says(f"/lienket {link_code(an)}")
        an.hears()
        assert "Hai kênh không được nối" in an.presses("Giữ riêng")
        assert "Hai kênh không được nối" in stranger.hears()
        assert not are_one(desk, an, stranger)

    def test_that_became_somebody_s_meanwhile_is_not_linked(self, desk: Desk) -> None:
        an, other = desk.member("an"), desk.person("binh", "telegram")
        other.says(f"/lienket {link_code(an)}")
        an.hears()
        other.talks("/start", "[Tôi đồng ý]")
        assert "Việc nối kênh đã dừng" in an.presses("Đồng ý nối")
        assert "Việc nối kênh đã dừng" in other.hears()
        assert not are_one(desk, an, other)

    def test_leaves_no_trace_when_nobody_answers(self, desk: Desk) -> None:
        an, stranger = desk.member("an"), desk.person("la", "telegram")
        stranger.says(f"/lienket {link_code(an)}")
        an.hears()
        pass_time(desk, 10)
        for person in (an, stranger):
            assert "Đã quá giờ trả lời" in person.hears()
        with desk.rows() as db:
            assert db.scalars(select(LinkCode)).all() == []
        assert "chưa đúng hoặc đã hết hạn" in an.presses("Đồng ý nối")
        assert not are_one(desk, an, stranger)


def pass_time(desk: Desk, minutes: int) -> None:
    desk.now += timedelta(minutes=minutes)
    with desk.rows() as db:
        linking.expire(db, desk.office, CLOCK, now=desk.now)


class TestWhatComesBetween:
    @pytest.fixture
    def both(self, desk: Desk) -> tuple[Visitor, Visitor]:
        """The owner of a code, and somebody with a record who typed it and has not answered yet."""
        an, binh = desk.member("an", "zalo_bot"), desk.member("binh", "telegram")
        hand_in(binh, "/sangkien", *PERSON, *QUESTIONS)
        binh.says(f"/lienket {link_code(an)}")
        return an, binh

    def test_silence_of_either_ends_it_and_both_are_told(self, desk: Desk, both: tuple[Visitor, Visitor]) -> None:
        an, binh = both
        pass_time(desk, 9)
        assert an.hears() + binh.hears() == ""
        binh.presses("Đồng ý nối")
        an.hears()
        pass_time(desk, 9)
        assert an.hears() + binh.hears() == "", "the second answer has its own ten minutes"
        pass_time(desk, 1)
        assert "Đã quá giờ trả lời" in an.hears()
        assert "Đã quá giờ trả lời" in binh.hears()
        assert "hết hạn" in an.presses("Đồng ý nối")
        assert not are_one(desk, an, binh)

    def test_the_guest_thinks_better_of_it_after_yes(self, desk: Desk, both: tuple[Visitor, Visitor]) -> None:
        an, binh = both
        refuse = binh.button("Giữ riêng")
        binh.presses("Đồng ý nối")
        an.hears()
        binh.sends(Pressed(refuse))
        assert "Hai kênh không được nối" in an.hears()
        assert "hết hạn" in an.presses("Đồng ý nối")
        assert not are_one(desk, an, binh)

    def test_a_second_press_changes_nothing(self, desk: Desk, both: tuple[Visitor, Visitor]) -> None:
        an, binh = both
        for _ in range(2):
            assert "đang hỏi lại" in binh.presses("Đồng ý nối")
        assert an.hears().count("vừa nhập mã nối kênh") == 1
        yes = an.button("Đồng ý nối")
        an.sends(Pressed(yes))
        assert "hết hạn" in an.sends(Pressed(yes))
        assert are_one(desk, an, binh)
        with desk.rows() as db:
            assert list(db.scalars(select(col(Audit.action)))).count("member.merge") == 1

    def test_the_owner_cannot_say_yes_for_the_guest(self, desk: Desk, both: tuple[Visitor, Visitor]) -> None:
        an, binh = both
        payload = binh.button("Đồng ý nối")
        assert "hết hạn" in an.sends(Pressed(payload))
        third = desk.member("cuong")
        assert "hết hạn" in third.sends(Pressed(payload))
        assert not are_one(desk, an, binh)

    @pytest.mark.parametrize("who", ["owner", "guest"])
    @pytest.mark.parametrize("how", ["erases", "withdraws"])
    @pytest.mark.parametrize("after_yes", [False, True])
    def test_whoever_leaves_is_linked_with_nobody(
        self, desk: Desk, both: tuple[Visitor, Visitor], who: str, how: str, *, after_yes: bool
    ) -> None:
        an, binh = both
        if after_yes:
            binh.presses("Đồng ý nối")
        an.hears()
        leaving, staying = (an, binh) if who == "owner" else (binh, an)
        payload = binh.button("Đồng ý nối")
        lines = ("[Xóa dữ liệu]", "XÓA DỮ LIỆU") if how == "erases" else ("[Rút đồng ý]", "[Rút đồng ý]")
        leaving.talks("/dulieu", *lines)
        assert "Việc nối kênh đã dừng" in staying.hears()
        assert "hết hạn" in staying.sends(Pressed(payload))
        assert not are_one(desk, an, binh)
        with desk.rows() as db:
            assert db.scalars(select(LinkCode)).all() == []

    def test_whoever_became_an_officer_is_nobody_s_prey(self, desk: Desk, both: tuple[Visitor, Visitor]) -> None:
        an, binh = both
        binh.presses("Đồng ý nối")
        an.hears()

        binh.says(f"/lienket {invite(desk, SCHOOL, Role.OFFICER)}")
        assert "Việc nối kênh đã dừng" in an.presses("Đồng ý nối")
        assert "Việc nối kênh đã dừng" in binh.hears()
        assert not are_one(desk, an, binh)

    def test_a_new_code_ends_what_was_asked_about_the_old_one(self, desk: Desk, both: tuple[Visitor, Visitor]) -> None:
        an, binh = both
        newer = link_code(an)
        assert "Việc nối kênh đã dừng" in binh.hears()
        assert "hết hạn" in binh.presses("Đồng ý nối")
        assert "Mã này thuộc hồ sơ" in binh.says(f"/lienket {newer}")

    def test_a_code_that_is_being_asked_about_is_nobody_else_s(self, desk: Desk) -> None:
        an, binh, cuong = desk.member("an"), desk.member("binh", "telegram"), desk.member("cuong", "zalo_bot")
        code = link_code(an)
        binh.says(f"/lienket {code}")
        assert "hết hạn" in cuong.says(f"/lienket {code}")
        assert "hết hạn" in desk.person("la", "telegram").says(f"/lienket {code}")
        assert "Mã này thuộc hồ sơ" in binh.says(f"/lienket {code}"), "asked again by whoever typed it first"

    def test_each_with_the_other_s_code_become_one_once(self, desk: Desk) -> None:
        an, binh = desk.member("an"), desk.member("binh", "telegram")
        first, second = link_code(an), link_code(binh)
        binh.talks(f"/lienket {first}", "[Đồng ý nối]")
        an.talks(f"/lienket {second}", "[Đồng ý nối]")
        binh.hears()
        owner_yes = next(one for one in reversed(an.heard) if "vừa nhập mã" in one.text)
        an.sends(Pressed(f"{owner_yes.question}:yes"))
        assert are_one(desk, an, binh)
        other_yes = next(one for one in reversed(binh.heard) if "vừa nhập mã" in one.text)
        assert "hết hạn" in binh.sends(Pressed(f"{other_yes.question}:yes"))
        assert are_one(desk, an, binh)

    def test_a_button_of_before_asks_anew(self, desk: Desk) -> None:
        an, binh = desk.member("an"), desk.member("binh", "telegram")
        code = link_code(an).replace("-", "")
        assert "Mã này thuộc hồ sơ" in binh.sends(Pressed(f"linking@{code}:yes"))
        assert not are_one(desk, an, binh)


def test_both_answers_at_once_end_in_one_of_the_two_ways(desk: Desk, database_url: str) -> None:
    """The owner says yes while the guest takes it back, each in a transaction of its own."""
    an, binh = desk.member("an"), desk.member("binh", "telegram")
    hand_in(binh, "/sangkien", *PERSON, *QUESTIONS)
    binh.says(f"/lienket {link_code(an)}")
    refuse = binh.button("Giữ riêng")
    binh.presses("Đồng ý nối")
    an.hears()
    agree = an.button("Đồng ý nối")

    def press(person: Visitor, payload: str) -> None:
        own = copy(desk)
        with closing(Database(database_url, Seals([KEY]))) as own.database:
            own.take(person.address, Pressed(payload), payload)

    with ThreadPoolExecutor(2) as racing:
        for done in [racing.submit(press, *pair) for pair in ((an, agree), (binh, refuse))]:
            done.result(60)
    told = an.hears() + binh.hears()
    assert ("Đã nối kênh này" in told) == are_one(desk, an, binh)
    with desk.rows() as db:
        assert db.scalars(select(LinkCode)).all() == []


def test_what_waits_for_the_author_goes_to_no_chat_that_was_linked_since(desk: Desk) -> None:
    hanh = officer(desk, SCHOOL)
    victim, attacker = desk.member("an", "telegram"), desk.member("ke")
    hidden = write(victim, text=HIDDEN)
    hanh.talks(hidden, "[Báo kết quả]", "Công đoàn đã làm việc với nhà trường về việc này.")
    victim.talks(f"/lienket {link_code(attacker)}", "[Đồng ý nối]")
    attacker.hears()
    attacker.presses("Đồng ý nối")
    with desk.rows() as db:
        waiting = [
            db.seals.open(row.body) for row in db.scalars(select(Outbox)) if row.topic == "feedback" and row.body
        ]
        rows = [row for row in db.scalars(select(Outbox)) if row.topic == "feedback" and row.body]
        waiting = [db.seals.open(row.body) for row in rows]
    assert all(body["only_here"] for body in waiting)


def test_unlinking_ends_what_the_other_chat_could_list(desk: Desk) -> None:
    an, other = desk.member("an", "telegram"), desk.person("an", "web")
    other.says(f"/lienket {link_code(an)}")
    an.hears()
    an.presses("Đồng ý nối")
    hidden = write(an, text=HIDDEN)
    other.talks("/lienket", "[Gỡ các kênh khác]")
    shown = everything_open_to(other)
    assert hidden not in shown
    assert HIDDEN not in shown
