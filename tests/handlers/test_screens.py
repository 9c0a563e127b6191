"""Every screen's choices, typed and pressed: what stands on the screen comes before the words of commands, and what was
done already is not done again, however old the button.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlmodel import SQLModel

from handlers.actors import CLOCK
from handlers.chat import turn
from handlers.duties import rounds as duty_rounds
from messages.types import NAVIGATION, Event, Inbound, Outbound, Pressed, Text, payload
from storage.database import Transaction
from storage.tables import Outbox, Role
from tests import patience
from tests.desk import Desk, Visitor
from tests.people import TEMPLATE, author, officer
from tests.voices import ABOVE, SCHOOL, write

SECRETS = re.compile(r"\b[A-Z]{2}-\d{2}-[0-9A-Z]{5}\b|\b[0-9A-Z]{4,5}-[0-9A-Z]{4,5}\b|\d{2}:\d{2}|/files/\w+|\b\d{6}\b")
FACTS = (
    "transition",
    "selection",
    "forwarding",
    "feedback_event",
    "feedback_task",
    "duty_done",
    "appointment",
    "version",
)
"""What somebody did; a look leaves none of these."""
NOTE = "Xin nêu rõ chi phí của mỗi lớp học."


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    desk = Desk(database_url)
    desk.furnish(TEMPLATE, opened=66)
    yield desk
    desk.database.close()


class _NotKept(Exception):
    """What was tried is rolled back."""


def tried(visitor: Visitor, event: Event) -> list[str]:
    """What an event would bring to whoever it reaches, if it came now; nothing of it stays."""
    desk, told = visitor.desk, list[str]()
    desk.deliver(visitor.address)
    inbound = Inbound(visitor.address, "tried", event)
    with suppress(_NotKept), desk.rows() as db:
        before = db.scalar(select(func.max(Outbox.id))) or 0
        turn.take_turn(db, inbound, turn.gather(db, [inbound], desk.now), desk.now, desk.office)
        db.write_out()
        rows = db.scalars(select(Outbox).where(Outbox.id > before).order_by(Outbox.id))  # type: ignore[operator, arg-type]
        told = [SECRETS.sub("…", Outbound.from_json(db.seals.open(row.body)).text) for row in rows if row.body]
        raise _NotKept
    return told


def facts(db: Transaction) -> dict[str, int]:
    tables = SQLModel.metadata.tables
    return {name: db.scalar(select(func.count()).select_from(tables[name])) or 0 for name in FACTS}


def screen(visitor: Visitor) -> Outbound:
    """The newest message with choices."""
    return next(message for message in reversed(visitor.heard) if message.choices)


class Union:
    """A school, the level above, and a member, with one of everything."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.hanh = officer(desk, SCHOOL)
        self.tuan = officer(desk, ABOVE, Role.STAFF, name="tuan")
        self.an, self.fresh = author(desk)
        _, self.recognised = author(desk, text="Dùng nước mưa tưới vườn trường để giảm tiền nước hằng tháng.")
        _, self.sent = author(desk, text="Lịch trực thư viện do học sinh tự xếp lấy hằng tuần trong năm học.")
        self.lan = desk.member("lan")
        self.heard = write(self.lan)
        self.answered = write(self.lan, text="Quạt ở xưởng hỏng đã hai tuần nay mà chưa thấy ai đến sửa giúp cả.")
        for code in (self.recognised, self.sent):
            self.hanh.talks(code, "[Công nhận]", "[Đã đồng ý, công nhận]")
        self.hanh.talks(
            self.sent, "[Chọn gửi cấp trên]", "[📋 Danh sách chọn]", "[Gửi cấp trên (1)]", "[Đồng ý gửi lên]"
        )
        self.hanh.talks(self.answered, "[Báo kết quả]", "Đã thay quạt mới ở cả hai xưởng.")
        for visitor in (self.hanh, self.tuan, self.an, self.lan):
            visitor.hears()

    def at(self, name: str) -> Visitor:
        """Somebody with this screen before them."""
        who, *lines = SCREENS[name]
        visitor: Visitor = getattr(self, who)
        visitor.talks("/menu", *(getattr(self, line[1:]) if line.startswith("@") else line for line in lines))
        return visitor


SCREENS = {
    "the member's menu": ("an",),
    "programmes": ("an", "/chuongtrinh"),
    "news": ("an", "/nhantin"),
    "own data": ("an", "/dulieu"),
    "looking up": ("an", "/tracuu"),
    "own feedback, waiting": ("lan", "@heard"),
    "a new initiative": ("an", "/sangkien"),
    "feedback begun": ("an", "/ykien"),
    "the officer's menu": ("hanh",),
    "the inbox": ("hanh", "/hopthu"),
    "a new card": ("hanh", "@fresh"),
    "more about a card": ("hanh", "@fresh", "[Việc khác]"),
    "recognising": ("hanh", "@fresh", "[Công nhận]"),
    "a recognised card": ("hanh", "@recognised"),
    "the list": ("hanh", "/hopthu", "[📋 Danh sách chọn]"),
    "feedback's card": ("hanh", "@heard"),
    "feedback's card, answered": ("hanh", "@answered"),
    "closing feedback": ("hanh", "@answered", "[Kết thúc]"),
    "explaining": ("hanh", "@heard", "[Giải thích]"),
    "duties": ("hanh", "/nhiemvu"),
    "a duty": ("hanh", "/nhiemvu", "[Việc 1]"),
    "people": ("hanh", "/canbo"),
    "award files": ("hanh", "/khenthuong"),
    "sentences": ("hanh", "/hopthu", "[Mẫu trả lời]"),
    "a card that was sent up": ("tuan", "@sent"),
    "awarding": ("tuan", "@sent", "[Khen thưởng]"),
    "the library": ("tuan", "/thuvien"),
    "extending": ("tuan", "/giahan"),
    "the inbox above": ("tuan", "/hopthu"),
    "own feedback, answered": ("lan", "@answered"),
}


@pytest.mark.timeout(patience.LONG_TEST)
@pytest.mark.parametrize("who", ["an", "lan", "hanh", "tuan"])
def test_a_label_that_is_typed_does_what_its_button_does(desk: Desk, who: str) -> None:
    union, unlike = Union(desk), []
    for name in (name for name, (whose, *_) in SCREENS.items() if whose == who):
        visitor = union.at(name)
        shown = screen(visitor)
        labels = [choice.label for choice in shown.choices]
        for choice in shown.choices:
            if labels.count(choice.label) == 1:
                pressed = tried(visitor, Pressed(payload(shown.question, choice.key)))
                if tried(visitor, Text(choice.label.lower())) != pressed:
                    unlike.append((name, choice.label))
    assert not unlike


@pytest.mark.timeout(patience.LONG_TEST)
@pytest.mark.parametrize("word", ["hủy bỏ", "/huy", "/menu", "dữ liệu của tôi", "/dulieu", "/hopthu"])
def test_some_words_act_on_every_screen(desk: Desk, word: str) -> None:
    union = Union(desk)
    own = tried(union.at("the officer's menu"), Text("/dulieu"))[-1:]
    for name in SCREENS:
        visitor = union.at(name)
        told = tried(visitor, Text(word))
        if "liệu" in word or "dulieu" in word:
            assert any("Dữ liệu của anh/chị" in text for text in told), name
        else:
            assert told, name
            assert told[-1:] != own, name


@pytest.mark.timeout(patience.LONG_TEST)
def test_no_button_does_its_act_twice_and_none_is_left_without_an_answer(desk: Desk) -> None:
    union, wrong = Union(desk), []
    for name in SCREENS:
        visitor = union.at(name)
        shown = screen(visitor)
        for choice in shown.choices:
            if choice.key in NAVIGATION:
                continue
            button = Pressed(payload(shown.question, choice.key))
            visitor.sends(button)
            with desk.rows() as db:
                before = facts(db)
            answer = visitor.sends(button)
            with desk.rows() as db:
                after = facts(db)
            if after != before or not answer.strip() or "trục trặc" in answer:
                wrong.append((name, choice.label, answer[:80]))
    assert not wrong


def test_an_act_that_was_done_is_answered_with_what_was_done_and_when(desk: Desk) -> None:
    union = Union(desk)
    union.at("a new card")
    receive, decline = (Pressed(union.hanh.button(label)) for label in ("Tiếp nhận", "Không công nhận"))
    union.hanh.sends(receive)
    desk.now += timedelta(hours=3)
    again = union.hanh.sends(receive)
    assert "đã chuyển sang “Đã tiếp nhận” lúc 09:00" in again
    assert "không thay đổi gì" in again
    assert "chưa được thực hiện" in union.hanh.sends(decline)
    union.at("feedback's card, answered")
    close = Pressed(union.hanh.button("Kết thúc"))
    union.hanh.talks("[Kết thúc]", "[Đồng ý kết thúc]")
    assert "(kết thúc) đã làm ngày 01/03/2027" in union.hanh.sends(close)


def test_ways_about_never_grow_old(desk: Desk) -> None:
    union = Union(desk)
    old = [(name, union.at(name), screen(union.at(name))) for name in ("a new card", "the list", "a recognised card")]
    union.hanh.talks(union.fresh, "[Công nhận]", "[Đã đồng ý, công nhận]")
    union.hanh.talks(union.recognised, "[Chọn gửi cấp trên]")
    desk.now += timedelta(days=20)
    for name, visitor, shown in old:
        for choice in shown.choices:
            if choice.key == "inbox":
                assert "Ý kiến chờ xử lý tại" in visitor.sends(Pressed(payload(shown.question, choice.key))), name
    union.hanh.says("/menu")
    assert "📥 Hộp thư" in union.hanh.labels


def test_an_award_is_asked_about_once_and_told_on_its_day(desk: Desk) -> None:
    union = Union(desk)
    union.an.hears()
    visitor = union.at("a card that was sent up")
    asked = visitor.presses("Khen thưởng")
    assert "không rút lại được" in asked
    assert "Tính cả sáng kiến này: 1/20" in asked
    assert "Đã lưu khen thưởng" in visitor.presses("Đồng ý khen thưởng")


def test_what_is_sent_up_is_what_was_confirmed(desk: Desk) -> None:
    union = Union(desk)
    hanh = union.hanh
    hanh.talks(union.recognised, "[Chọn gửi cấp trên]", "[📋 Danh sách chọn]")
    asked = hanh.presses("Gửi cấp trên (1)")
    assert union.recognised in asked
    assert "không rút lại được" in asked
    sure = Pressed(hanh.button("Đồng ý gửi lên"))
    hanh.talks(union.fresh, "[Công nhận]", "[Đã đồng ý, công nhận]", union.fresh, "[Chọn gửi cấp trên]")
    assert union.fresh in hanh.sends(sure), "the list has grown: it is shown once more"
    assert "Đã gửi 2 sáng kiến" in hanh.presses("Đồng ý gửi lên")
    assert "đã được gửi lúc" in hanh.sends(sure)


def test_a_duty_done_twice_was_done_when_it_was_done_first(desk: Desk) -> None:
    hanh = officer(desk, SCHOOL)
    with desk.rows() as db:
        duty_rounds.enqueue_due(db, desk.office, CLOCK, now=desk.now)
    assert "Nhắc hạn" in hanh.hears()
    done = Pressed(hanh.button("Đã hoàn thành"))
    first = hanh.sends(done)
    desk.now += timedelta(days=1)
    assert hanh.sends(done) == first
