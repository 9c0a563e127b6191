"""Somebody may be in danger: answered before all else in whatever place they say it, and nothing of theirs is lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from handlers.chat.forms import FORMS, OF_OFFICERS
from messages.types import Attached, Medium, Pressed, Text, Unreadable
from storage import conversations, members
from storage.tables import Consent, Member, Outbox, Priority, Role
from tests.desk import Desk, Visitor
from tests.people import NAME, PHONE, QUESTIONS, TEMPLATE, author, officer
from tests.voices import SCHOOL, code_in, write

DESPAIR = "Em muốn chết"
TOLD = "Anh/chị không phải chịu điều này một mình"
REPROACHES = ("chưa hiểu", "chưa khớp", "cần Công đoàn hỗ trợ việc gì", "chưa nhận ra", "không tìm thấy", "chưa đúng")
INITIATIVE = ("/sangkien", NAME, PHONE, "quang ngai", SCHOOL, "2", *QUESTIONS, "Tủ sách nhỏ trong mỗi lớp học.", "XONG")
FEEDBACK = ("/ykien", "[Vấn đề bức xúc]", "[Tiền lương]", "quang ngai", SCHOOL, "[Cán bộ đơn vị tôi]")
NAMED = (*FEEDBACK, "[Gửi kèm tên]", NAME, PHONE, "Nhà xe dột từ đầu mùa mưa.", "XONG")
ELSEWHERE = ("/sangkien", NAME, PHONE, "quang ngai", "[Đơn vị khác]", "Hợp tác xã Mây Tre")
SCRIPTS = {
    "initiative": INITIATIVE,
    "a unit outside the list": ELSEWHERE,
    "feedback": NAMED,
    "a code": ("/tracuu",),
    "a link": ("/lienket",),
    "a correction": ("/dulieu", "[Sửa thông tin]"),
    "a withdrawal": ("/dulieu", "[Rút đồng ý]"),
    "an erasure": ("/dulieu", "[Xóa dữ liệu]"),
}
"""Dialogues that lead through the forms of members; words of danger are said after each of their lines."""


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    desk = Desk(database_url)
    desk.furnish(TEMPLATE)
    yield desk
    desk.database.close()


def step_of(desk: Desk, visitor: Visitor) -> tuple[str, str] | None:
    """The form somebody is in, and the step whose question waits."""
    with desk.rows() as db:
        (known,) = members.by_addresses(db, [visitor.address]).values()
        assert known.member.id is not None
        standing = conversations.load(db, [known.member.id], desk.now)[known.member.id]
    draft = standing.drafts.get(standing.active or "")
    return (draft.form, draft.asked["step"]) if draft and draft.asked else None


@pytest.mark.sqlite_first
@pytest.mark.parametrize("name", SCRIPTS)
def test_wherever_in_a_form_it_is_said_nothing_else_is_and_the_question_waits(name: str, desk: Desk) -> None:
    for length in range(1, len(SCRIPTS[name]) + 1):
        an = desk.member(f"an{length}")
        an.talks(*SCRIPTS[name][:length])
        before = step_of(desk, an)
        said = an.says(DESPAIR)
        assert said.startswith("Công đoàn rất lo cho anh/chị"), (before, said)
        assert said.count("\n\n") <= 4, (before, said)
        assert not any(reproach in said for reproach in REPROACHES), (before, said)
        if before is None:
            continue
        assert an.labels == ["Viết tiếp", "Về trang chính"], before
        assert TOLD in an.says(f"{DESPAIR} thật mà"), before
        put = an.presses("Viết tiếp")
        assert put, before
        assert TOLD not in put


def test_every_form_of_members_is_walked() -> None:
    """A new form without a script is not tested: it fails here."""
    walked = {"initiative", "feedback", "lookup", "link", "correct", "withdraw", "erase"}
    alone = {"welcome", "supplement", "feedback_more", "callback"}
    """Tested by themselves below and in test_callbacks.py."""
    assert walked | alone == FORMS.keys() - OF_OFFICERS


class TestInAForm:
    def test_words_that_are_an_answer_stay_one_and_the_next_question_waits_for_the_next_word(self, desk: Desk) -> None:
        an = desk.member("an")
        an.talks("/sangkien", NAME, PHONE, "quang ngai", "[Đơn vị khác]")
        assert "vẫn còn trong nháp" in an.says("Xưởng may, em muốn chết vì mệt")
        put = an.says("vâng")
        assert "nhóm" in put.lower() or "khối" in put.lower()
        assert "Doanh nghiệp" in an.labels

    def test_words_that_are_no_answer_are_kept_nowhere_and_the_question_is_put_again(self, desk: Desk) -> None:
        an = desk.member("an")
        an.talks("/sangkien", NAME)
        assert "chưa đến cán bộ nào" in an.says(DESPAIR)
        assert "số điện thoại" in an.says(PHONE).lower()
        assert "tỉnh" in an.says(PHONE)

    def test_a_long_text_just_goes_on(self, desk: Desk) -> None:
        an = desk.member("an")
        an.talks(*FEEDBACK, "[Gửi ẩn danh]", "Tổ trưởng ép tăng ca.")
        assert TOLD in an.says(DESPAIR)
        assert "Công đoàn đã nhận phần này" in an.says("Đã ba tháng rồi.")
        preview = an.says("XONG")
        for part in ("Tổ trưởng ép tăng ca.", DESPAIR, "Đã ba tháng rồi."):
            assert part in preview
        assert "Mã ý kiến" in an.presses("Gửi đi")

    def test_a_number_means_the_choices_under_the_text_and_a_command_leads_away(self, desk: Desk) -> None:
        an = desk.member("an")
        an.talks(*FEEDBACK, "[Gửi ẩn danh]", "Tổ trưởng ép tăng ca.", DESPAIR)
        assert "Công đoàn đã nhận phần này" in an.says("1")
        an.says(DESPAIR)
        assert "hỗ trợ việc gì" in an.says("2")
        assert DESPAIR in an.talks("Tiếp tục", "XONG")

    def test_words_that_end_a_form_do_what_they_do(self, desk: Desk) -> None:
        hanh = officer(desk, SCHOOL)
        an = desk.member("an")
        code = write(an)
        hanh.hears()
        an.talks(code, "[Nhắn thêm]")
        said = an.says(DESPAIR)
        assert said.index(TOLD) < said.index("Công đoàn đã chuyển lời nhắn thêm")
        assert code in hanh.hears()

    def test_what_officers_write_of_others_is_left_alone(self, desk: Desk) -> None:
        hanh = officer(desk, SCHOOL)
        code = write(desk.member("an"))
        hanh.talks(code, "[Giải thích]")
        assert TOLD not in hanh.says("Quy định khi có người muốn chết")

    def test_an_urgent_item_asks_its_officer_to_look_now(self, desk: Desk) -> None:
        hanh = officer(desk, SCHOOL)
        hanh.hears()
        desk.now += timedelta(hours=14)
        an = desk.member("an")
        an.talks(*FEEDBACK, "[Gửi ẩn danh]", "Chị tổ trưởng nói với tôi là chị ấy muốn chết.")
        code = code_in(an.talks("XONG", "[Gửi đi]"))
        told = hanh.hears()
        assert f"ý kiến mới {code}" in told
        assert "nguy hiểm đến con người" in told

    def test_in_a_supplement_the_words_stay_in_the_text_and_the_request_waits(self, desk: Desk) -> None:
        hanh = officer(desk, SCHOOL)
        an, code = author(desk)
        hanh.talks(code, "[Cần bổ sung]", "Xin nêu rõ chi phí mỗi lớp.")
        an.talks(f"bo sung {code}")
        for words in (DESPAIR, "Mỗi lớp cần hai triệu đồng để đóng kệ.", f"{DESPAIR} thật mà"):
            said = an.says(words)
            assert (TOLD in said) == (DESPAIR in words)
            assert not any(reproach in said for reproach in REPROACHES)
            assert step_of(desk, an) == ("supplement", "text")
        preview = an.says("XONG")
        assert all(words in preview for words in (DESPAIR, "hai triệu đồng", f"{DESPAIR} thật mà"))
        assert an.says("em không muốn sống nữa").startswith("Công đoàn rất lo cho anh/chị")
        assert an.labels == ["Nhờ gọi lại", "Viết tiếp", "Về trang chính"]
        assert "hai triệu đồng" in an.presses("Viết tiếp")
        hanh.hears()
        an.presses("Gửi đi")
        assert code in hanh.hears()


class TestOutsideAnyForm:
    def test_no_menu_and_no_reproach_also_for_the_words_that_follow(self, desk: Desk) -> None:
        an = desk.member("an")
        for words in (DESPAIR, "mệt lắm rồi ạ", "không ai nghe cả"):
            said = an.says(words)
            assert "115" in said
            assert not any(reproach in said for reproach in REPROACHES[1:])
            assert "Xin lỗi" not in said
            assert an.labels == ["Gửi ý kiến", "Về trang chính"]
        assert "Công đoàn sẵn sàng lắng nghe" in an.says("1")

    @pytest.mark.parametrize(
        "event",
        [
            Text(DESPAIR, forwarded=True),
            Unreadable(Medium.VOICE, caption=DESPAIR),
            Attached(Medium.PHOTO, key="k", caption=DESPAIR),
        ],
    )
    def test_forwarded_words_and_those_under_a_picture_count(self, event: Text | Unreadable, desk: Desk) -> None:
        assert TOLD in desk.member("an").sends(event)
        assert TOLD in desk.person("la").sends(event)

    def test_a_forged_choice_leads_nowhere_new(self, desk: Desk) -> None:
        an = desk.member("an")
        assert an.sends(Pressed("danger:nonsense"))


class TestWithoutAnAgreement:
    def test_a_stranger_is_told_that_nothing_was_kept_and_nobody_reads(self, desk: Desk) -> None:
        la = desk.person("la", "zalo_bot")
        said = la.says(DESPAIR)
        assert "chưa lưu tin vừa rồi và chưa có ai đọc" in said
        assert "Tôi đồng ý”, rồi" in said
        with desk.rows() as db:
            assert db.scalars(select(Member)).all() == []

    def test_a_number_typed_after_it_agrees_to_nothing(self, desk: Desk) -> None:
        la = desk.person("la", "zalo_bot")
        la.says("/start")
        la.says(DESPAIR)
        assert "Anh/chị có đồng ý không?" in la.says("1")
        with desk.rows() as db:
            assert db.scalars(select(Consent)).all() == []
        assert "đồng ý" not in la.says("1").lower()

    def test_after_a_refusal_and_after_a_withdrawal(self, desk: Desk) -> None:
        la = desk.person("la")
        la.talks("/start", "[Không đồng ý]")
        assert "chưa lưu tin vừa rồi" in la.says(DESPAIR)
        an = desk.member("an", "zalo_bot")
        an.talks("/dulieu", "[Rút đồng ý]", "[Rút đồng ý]")
        assert "chưa lưu tin vừa rồi" in an.says(DESPAIR)
        assert "Anh/chị có đồng ý không?" in an.says("1")

    def test_while_a_changed_notice_waits(self, desk: Desk) -> None:
        an = desk.member("an", "zalo_bot")
        with desk.rows() as db:
            db.execute(update(Member).values(consent_version="older"))
        an.says("chào")
        assert "Tin vừa rồi chưa đến cán bộ nào" in an.says(DESPAIR)
        assert "Anh/chị có đồng ý không?" in an.says("1")
        with desk.rows() as db:
            assert {row.version for row in db.scalars(select(Consent))} == {desk.office.notice_version}
            assert db.scalars(select(Member)).one().consent_version == "older"


def test_it_is_promised_before_whatever_else_waits(desk: Desk) -> None:
    an = desk.member("an")
    an.says(DESPAIR)
    with desk.rows() as db:
        newest = db.scalars(select(Outbox).order_by(col(Outbox.id).desc())).first()
        assert newest is not None
        assert newest.priority == Priority.DANGER < Priority.REPLY


def test_every_kind_has_its_own_text_and_only_confirmed_numbers(desk: Desk) -> None:
    an = desk.member("an")
    assert "không phải lỗi của người bị hại" in an.says("Tôi bị hành hung")
    assert "115: bị thương, ngất, ngộ độc" in an.says("Vừa có tai nạn ở xưởng")
    said = an.says(DESPAIR)
    assert "Cần người lắng nghe" not in said
    assert desk.office.contact in said


def test_staff_of_no_form_are_members_too(desk: Desk) -> None:
    assert TOLD in officer(desk, SCHOOL, Role.STAFF).says(DESPAIR)
