"""An officer takes up a code, is told of what arrives, and decides; its author hears of each step (F8, F9)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlmodel import col

from messages.types import Pressed
from storage import submissions
from storage.tables import Appointment, Role, State
from tests import people
from tests.box import Box
from tests.desk import Desk
from tests.journeys.test_initiative import TEXT, hand_in
from tests.people import TEMPLATE, author, invite, officer

SCHOOL, OTHER_SCHOOL, ABOVE = "GD51-01", "GD51-02", "GD51"
BETTER = f"{TEXT} Chi phí 200.000 đồng mỗi lớp, mua một lần."
TOO_LONG = "a" * 501


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    desk = Desk(database_url)
    desk.furnish(TEMPLATE)
    yield desk
    desk.database.close()


def code_in(text: str) -> str:
    return text.partition("Mã hồ sơ: ")[2].split()[0]


async def test_from_the_push_to_the_recognition(box: Box) -> None:
    box.furnish()
    hanh, an = await box.officer("Hạnh", SCHOOL), box.person("An")
    code = code_in(await hand_in(an))
    assert f"sáng kiến mới {code}" in await hanh.hears()
    card = await hanh.presses("Mở hồ sơ")
    for shown in ("Nguyễn Văn An", "0912 345 678", "Đồi Sim", TEXT):
        assert shown in card
    assert hanh.labels == ["Tiếp nhận", "Cần bổ sung", "Công nhận", "Không công nhận", "Việc khác"]
    assert f"{code}: Đã tiếp nhận" in await hanh.presses("Tiếp nhận")
    assert f"{code} đã được Công đoàn Trường THPT Đồi Sim tiếp nhận" in await an.hears()
    assert "ghi nội dung cần tác giả bổ sung" in await hanh.presses("Cần bổ sung")
    assert f"{code}: Cần bổ sung" in await hanh.says("Xin nêu rõ chi phí mỗi lớp.")
    assert f"{code} cần bổ sung: Xin nêu rõ chi phí mỗi lớp." in await an.hears()
    assert "được thêm vào sau nội dung đã gửi" in await an.presses("Bổ sung nội dung")
    assert f"nội dung bổ sung của sáng kiến {code}" in await an.talks(BETTER, "XONG", "[Gửi đi]")
    assert f"tác giả đã bổ sung sáng kiến {code}" in await hanh.hears()
    assert BETTER in await hanh.presses("Mở hồ sơ")
    assert "đã đồng ý cho áp dụng chưa" in await hanh.presses("Công nhận")
    assert f"{code}: Được công nhận" in await hanh.presses("Đã đồng ý, công nhận")
    assert "Chúc mừng anh/chị An" in await an.hears()
    assert "Trạng thái: Được công nhận" in await an.says(code)


class TestPairing:
    def test_a_code_is_typed_with_the_command_or_after_it_in_any_spelling(self, desk: Desk) -> None:
        code = invite(desk, SCHOOL)
        typed = code.lower().replace("-", " ").replace("0", "o").replace("1", "i")
        hanh = desk.member("hanh", "telegram")
        assert "nhập mã liên kết" in hanh.says("/lienket")
        assert "họ và tên" in hanh.says(typed)
        answer = hanh.says("Trần Thị Hạnh")
        assert "Đơn vị: Công đoàn Trường THPT Đồi Sim" in answer
        assert "Vai trò: Cán bộ phụ trách" in answer
        assert hanh.labels[0] == "📥 Hộp thư"

    def test_a_used_an_unknown_and_an_old_code_open_nothing(self, desk: Desk) -> None:
        used, old = invite(desk, SCHOOL), invite(desk, SCHOOL, days=1)
        desk.member("hanh", "telegram").talks(f"/lienket {used}", "Trần Thị Hạnh")
        binh = desk.member("binh", "telegram")
        assert "đã được dùng" in binh.says(f"/lienket {used}")
        assert "chưa đúng hoặc đã hết hạn" in binh.says("/lienket AAAA-AAAA")
        desk.now += timedelta(days=1)
        assert "chưa đúng hoặc đã hết hạn" in binh.says(f"/lienket {old}")
        assert "dành cho cán bộ Công đoàn" in binh.says("/hopthu")

    def test_a_member_without_a_role_has_no_inbox(self, desk: Desk) -> None:
        assert "dành cho cán bộ Công đoàn" in desk.member("an").says("hộp thư")


class TestWhoSees:
    def test_only_the_officer_of_the_authors_unit_is_pushed(self, desk: Desk) -> None:
        hanh, binh, staff = officer(desk, SCHOOL), officer(desk, OTHER_SCHOOL), officer(desk, ABOVE, Role.STAFF)
        for each in (hanh, binh, staff):
            each.hears()
        _, code = author(desk)
        assert code in hanh.hears()
        assert binh.hears() == ""
        assert staff.hears() == ""

    def test_a_school_without_an_officer_is_served_by_the_nearest_unit_above_that_has_one(self, desk: Desk) -> None:
        top, above = officer(desk, "LDLD51"), officer(desk, ABOVE, Role.STAFF)
        top.hears()
        _, code = author(desk)
        assert f"Công đoàn ngành Giáo dục tỉnh có sáng kiến mới {code}" in above.hears()
        assert top.hears() == ""
        assert code in above.says("/hopthu")
        assert code not in top.says("/hopthu")

    def test_an_item_of_another_school_does_not_exist_for_an_officer(self, desk: Desk) -> None:
        hanh, binh = officer(desk, SCHOOL), officer(desk, OTHER_SCHOOL)
        _, code = author(desk)
        hanh.talks("/hopthu", f"[{code}]")
        before = binh.hears()
        for forged in (f"item@{code}:open", f"item@{code}.1:recognise", f"inbox:{code}"):
            assert "không thuộc đơn vị" in binh.sends(Pressed(forged)), before
        assert people.NAME not in binh.says(code)
        assert "không có hồ sơ nào" in binh.says("/hopthu")

    def test_the_level_above_sees_how_its_units_stand_but_opens_only_what_was_sent_up(self, desk: Desk) -> None:
        officer(desk, SCHOOL)
        staff = officer(desk, ABOVE, Role.STAFF)
        _, code = author(desk)
        overview = staff.says("/hopthu")
        assert "Tình hình sáng kiến của các đơn vị thuộc Công đoàn ngành Giáo dục tỉnh" in overview
        assert "Công đoàn Trường THPT Đồi Sim: chờ xử lý 1, công nhận 0, tổng số 1" in overview
        assert "Công đoàn Trường THPT Bến Lau" not in overview
        assert code not in overview
        assert people.NAME not in staff.says(code)

    def test_what_lies_with_a_unit_whose_officer_left_lies_on_the_desk_above(self, desk: Desk) -> None:
        hanh, staff = officer(desk, SCHOOL), officer(desk, ABOVE, Role.STAFF)
        _, code = author(desk)
        with desk.rows() as db:
            db.execute(update(Appointment).where(col(Appointment.role) == Role.OFFICER).values(until=desk.now))
        assert "dành cho cán bộ" in hanh.says("/hopthu")
        assert code in staff.says("/hopthu")
        assert people.NAME in staff.presses(code)


class TestDeciding:
    def test_a_refusal_needs_a_reason_of_some_length_and_the_author_is_told_it(self, desk: Desk) -> None:
        hanh = officer(desk, SCHOOL)
        an, code = author(desk)
        assert "ghi lý do không công nhận" in hanh.talks(f"{code}", "[Không công nhận]")
        for poor in ("ok", TOO_LONG):
            assert "từ 5 đến 500 ký tự" in hanh.says(poor)
        an.hears()
        assert f"{code}: Chưa được công nhận" in hanh.says("Chưa nêu được kết quả áp dụng.")
        assert "Lý do: Chưa nêu được kết quả áp dụng." in an.hears()
        assert "Ghi chú: Chưa nêu được kết quả áp dụng." in an.says(code)

    def test_a_reason_may_be_given_up_and_nothing_happens(self, desk: Desk) -> None:
        hanh = officer(desk, SCHOOL)
        an, code = author(desk)
        an.hears()
        hanh.talks(code, "[Không công nhận]", "/huy")
        assert an.hears() == ""
        assert "Trạng thái: Đã gửi" in an.says(code)

    def test_of_two_officers_the_slower_is_told_and_overwrites_nothing(self, desk: Desk) -> None:
        hanh, binh = officer(desk, SCHOOL), officer(desk, SCHOOL, name="binh")
        an, code = author(desk)
        hanh.says(code)
        binh.says(code)
        hanh.talks("[Công nhận]", "[Đã đồng ý, công nhận]")
        an.hears()
        answer = binh.presses("Tiếp nhận")
        assert f"Hồ sơ {code} đã thay đổi sau khi đồng chí mở, hiện ở trạng thái: Được công nhận" in answer
        assert an.hears() == ""
        assert "Trạng thái: Được công nhận" in an.says(code)

    def test_a_decision_made_while_the_reason_was_typed_is_not_overwritten(self, desk: Desk) -> None:
        hanh, binh = officer(desk, SCHOOL), officer(desk, SCHOOL, name="binh")
        _, code = author(desk)
        binh.talks(code, "[Không công nhận]")
        hanh.talks(code, "[Công nhận]", "[Đã đồng ý, công nhận]")
        assert "đã thay đổi sau khi đồng chí mở" in binh.says("Chưa nêu được kết quả.")
        with desk.rows() as db:
            record = submissions.by_code(db, code)
            assert record is not None
            assert record.state == State.RECOGNISED

    def test_the_buttons_of_an_old_card_are_answered_with_the_card_as_it_is_now(self, desk: Desk) -> None:
        hanh = officer(desk, SCHOOL)
        _, code = author(desk)
        hanh.says(code)
        old = hanh.button("Tiếp nhận")
        hanh.presses("Tiếp nhận")
        again = hanh.sends(Pressed(old))
        assert f"{code} đã chuyển sang “Đã tiếp nhận” lúc 09:00" in again
        assert "không thay đổi gì" in again
        assert people.TEXT in again
        assert "Tiếp nhận" not in hanh.labels

    def test_a_decision_can_be_made_by_number_and_by_word(self, desk: Desk) -> None:
        hanh = officer(desk, SCHOOL)
        _, code = author(desk)
        hanh.hears()
        assert people.TEXT in hanh.says(code)
        assert f"{code}: Đã tiếp nhận" in hanh.says("tiep nhan")
        assert f"{code}: Được công nhận" in hanh.talks("công nhận", "da dong y")

    def test_the_inbox_goes_from_one_item_to_the_next_oldest_first(self, desk: Desk) -> None:
        hanh = officer(desk, SCHOOL)
        _, first = author(desk)
        desk.now += timedelta(hours=1)
        _, second = author(desk, text="Dùng nước mưa tưới vườn trường để giảm tiền nước.")
        listed = hanh.says("/hopthu")
        assert listed.index(first) < listed.index(second)
        done = hanh.talks("1", "[Công nhận]", "[Chưa có, vẫn công nhận]")
        assert f"Hồ sơ chờ tiếp theo: {second}" in done
        assert "nước mưa" in hanh.presses("Mở hồ sơ")

    def test_something_else_begun_takes_the_place_of_a_reason_half_given(self, desk: Desk) -> None:
        hanh = officer(desk, SCHOOL)
        first, code = author(desk)
        hanh.talks(code, "[Không công nhận]")
        assert "Hộp thư của" in hanh.says("/hopthu")
        first.hears()
        assert people.TEXT in hanh.says("1")
        assert first.hears() == ""


class TestTheAuthor:
    def test_a_supplement_arrives_once_and_only_while_it_is_asked_for(self, desk: Desk) -> None:
        hanh = officer(desk, SCHOOL)
        an, code = author(desk)
        hanh.talks(code, "[Cần bổ sung]", "Xin nêu rõ chi phí mỗi lớp.")
        an.hears()
        ask = an.button("Bổ sung nội dung")
        an.talks("[Bổ sung nội dung]", BETTER, "XONG", "[Gửi đi]")
        hanh.hears()
        assert "không còn chờ bổ sung" in an.sends(Pressed(ask))
        assert hanh.hears() == ""

    def test_an_officer_who_decides_before_the_supplement_comes_settles_it(self, desk: Desk) -> None:
        hanh = officer(desk, SCHOOL)
        an, code = author(desk)
        hanh.talks(code, "[Cần bổ sung]", "Xin nêu rõ chi phí mỗi lớp.")
        an.talks(f"bo sung {code}", BETTER, "XONG")
        hanh.talks(code, "[Công nhận]", "[Đã đồng ý, công nhận]")
        assert "không còn chờ bổ sung" in an.presses("Gửi đi")
        with desk.rows() as db:
            record = submissions.by_code(db, code)
            assert record is not None
            assert (record.state, record.text) == (State.RECOGNISED, people.TEXT)

    def test_the_authors_own_number_still_answers_the_question_they_are_at(self, desk: Desk) -> None:
        hanh = officer(desk, SCHOOL)
        an, code = author(desk)
        an.talks("/tracuu")
        hanh.talks(code, "[Tiếp nhận]")
        assert f"Hồ sơ {code}" in an.says("1")
