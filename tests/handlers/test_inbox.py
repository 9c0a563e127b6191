"""The inbox as its officers use it: in few taps, one after the other, several at once (F9)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from statistics import median

import pytest
from sqlalchemy import update

from messages.types import Pressed
from storage import audit, submissions
from storage.tables import Appointment, Right, Role, State
from tests.desk import Desk, Visitor
from tests.people import NAME, QUESTIONS, TEMPLATE, author, hand_in, officer

SCHOOL, ABOVE = "GD51-01", "GD51"
PUSH_TO_DECISION = {
    "Tiếp nhận": ("[Mở hồ sơ]", "[Tiếp nhận]"),
    "Công nhận": ("[Mở hồ sơ]", "[Công nhận]", "[Đã đồng ý, công nhận]"),
    "Không công nhận": ("[Mở hồ sơ]", "[Không công nhận]", "[Thiếu kết quả]"),
    "Cần bổ sung": ("[Mở hồ sơ]", "[Cần bổ sung]", "[Nêu rõ chi phí]"),
}
"""Every way from the push about something new to a decision, tap by tap; sentences kept before are one tap."""
REACHED = {
    "Tiếp nhận": State.RECEIVED,
    "Công nhận": State.RECOGNISED,
    "Không công nhận": State.DECLINED,
    "Cần bổ sung": State.NEEDS_MORE,
}


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    desk = Desk(database_url)
    desk.furnish(TEMPLATE)
    yield desk
    desk.database.close()


def state(desk: Desk, code: str) -> str:
    with desk.rows() as db:
        record = submissions.by_code(db, code)
        assert record is not None
        return record.state


def several(desk: Desk, count: int) -> list[str]:
    """Initiatives of one author, an hour apart."""
    an, first = author(desk)
    codes = [first]
    for number in range(1, count):
        desk.now += timedelta(hours=1)
        codes.append(hand_in(an, "/sangkien", "[Đúng rồi]", *QUESTIONS, text=TEXTS[number]))
    return codes


TEXTS = (
    "",
    "Dùng nước mưa tưới vườn trường để giảm tiền nước mỗi tháng.",
    "Lịch trực thư viện do học sinh tự xếp lấy hằng tuần cho công bằng.",
    "Bếp ăn ghi thực đơn theo mùa để bớt thức ăn thừa sau mỗi bữa.",
)


def keep_sentence(hanh: Visitor, use: str, title: str, text: str) -> str:
    return hanh.talks("/hopthu", "[Mẫu trả lời]", "[Thêm mẫu]", f"[{use}]", title, text)


class TestTaps:
    def test_the_median_from_the_push_to_a_decision_is_three_at_most(self, desk: Desk) -> None:
        hanh = officer(desk, SCHOOL)
        keep_sentence(hanh, "Không công nhận", "Thiếu kết quả", "Chưa nêu kết quả áp dụng, {{ ten }} ạ.")
        keep_sentence(hanh, "Cần bổ sung", "Nêu rõ chi phí", "Xin {{ ten }} nêu rõ chi phí.")
        taken = []
        for decision, taps in PUSH_TO_DECISION.items():
            an, code = author(desk, text=f"{decision}: {TEXTS[1]}")
            hanh.hears()
            an.hears()
            hanh.talks(*taps)
            assert state(desk, code) == REACHED[decision]
            taken.append(len(taps))
        assert median(taken) <= 3

    def test_a_kept_sentence_reaches_the_author_with_their_name_in_it(self, desk: Desk) -> None:
        hanh = officer(desk, SCHOOL)
        assert "Đã lưu mẫu “Chi phí”" in keep_sentence(hanh, "Cần bổ sung", "Chi phí", "Xin {{ ten }} nêu rõ chi phí.")
        an, code = author(desk)
        an.hears()
        hanh.talks(code, "[Cần bổ sung]", "1")
        assert f"{code} cần bổ sung: Xin An nêu rõ chi phí." in an.hears()

    def test_a_sentence_with_more_than_variables_is_refused_and_one_can_be_dropped(self, desk: Desk) -> None:
        hanh = officer(desk, SCHOOL)
        assert "chỉ dùng: {{ ten }}" in keep_sentence(hanh, "Cần bổ sung", "Lạ", "Xin {{ ten.upper() }} nêu rõ.")
        keep_sentence(hanh, "Cần bổ sung", "Chi phí", "Xin nêu rõ chi phí.")
        assert "Chưa có mẫu nào" in hanh.presses("Bỏ mẫu: Chi phí")

    @pytest.mark.parametrize("act", ["Cần bổ sung", "Không công nhận"])
    def test_whoever_is_asked_to_write_sees_the_way_back_and_nothing_is_sent(self, desk: Desk, act: str) -> None:
        hanh, (an, code) = officer(desk, SCHOOL), author(desk)
        hanh.talks(code, f"[{act}]")
        assert hanh.labels == ["Hủy bỏ"]
        assert "Đã dừng" in hanh.presses("Hủy bỏ")
        assert an.hears() == ""
        assert state(desk, code) == State.SENT

    def test_with_the_last_one_done_the_way_to_it_and_to_the_inbox_stay_open(self, desk: Desk) -> None:
        hanh, (_, code) = officer(desk, SCHOOL), author(desk)
        done = hanh.talks(code, "[Không công nhận]", "Chưa nêu rõ cách làm mới.")
        assert "không còn sáng kiến nào chờ" in done
        assert hanh.labels == ["Mở hồ sơ", "📥 Mở hộp thư"]
        assert f"Sáng kiến {code} – Chưa được công nhận" in hanh.presses("Mở hồ sơ")

    def test_recognising_is_asked_once_more_and_may_be_thought_over(self, desk: Desk) -> None:
        hanh = officer(desk, SCHOOL)
        _, code = author(desk)
        hanh.talks(code, "[Công nhận]", "[Xem lại hồ sơ]")
        assert state(desk, code) == State.SENT
        hanh.talks("[Công nhận]", "[Đã đồng ý, công nhận]")
        assert "Thủ trưởng, người sử dụng lao động đồng ý: 01/03/2027" in hanh.says(code)


class TestSeveralAtOnce:
    def test_all_that_was_shown_as_new_is_taken_in_and_nothing_that_came_after(self, desk: Desk) -> None:
        hanh = officer(desk, SCHOOL)
        codes = several(desk, 3)
        assert "Mới 3" in hanh.says("/hopthu")
        shown = hanh.button("Tiếp nhận cả 3 hồ sơ")
        _, late = author(desk, text=TEXTS[3])
        hanh.hears()
        assert "Đã tiếp nhận 3 sáng kiến" in hanh.sends(Pressed(shown))
        assert [state(desk, code) for code in codes] == [State.RECEIVED] * 3
        assert state(desk, late) == State.SENT

    def test_some_are_picked_by_their_numbers(self, desk: Desk) -> None:
        hanh = officer(desk, SCHOOL)
        codes = several(desk, 4)
        hanh.talks("/hopthu", "[Tiếp nhận từng hồ sơ]")
        assert "từ 1 đến 4" in hanh.says("7")
        assert "Đã tiếp nhận 3 sáng kiến" in hanh.says("1, 3-4")
        assert [state(desk, code) for code in codes] == [
            State.RECEIVED,
            State.SENT,
            State.RECEIVED,
            State.RECEIVED,
        ]

    def test_each_author_is_told_and_each_is_audited(self, desk: Desk) -> None:
        hanh = officer(desk, SCHOOL)
        an, first = author(desk)
        binh, second = author(desk, text=TEXTS[1])
        for each in (an, binh):
            each.hears()
        hanh.talks("/hopthu", "[Tiếp nhận cả 2 hồ sơ]")
        assert first in an.hears()
        assert second in binh.hears()
        with desk.rows() as db:
            assert audit.happened(db, "initiative.received")


class TestFinding:
    @pytest.mark.parametrize("words", ["tu sach", "Tủ sách nhỏ", "nguyen van an", "doi sim"])
    def test_by_words_of_text_author_or_unit_marks_aside(self, desk: Desk, words: str) -> None:
        hanh, binh = officer(desk, SCHOOL), officer(desk, "GD51-02", name="binh")
        _, code = author(desk)
        assert code in hanh.talks("/hopthu", "[🔎 Tìm hồ sơ]", words)
        assert NAME in hanh.says("1")
        assert "Không có sáng kiến nào" in binh.talks("/hopthu", "[🔎 Tìm hồ sơ]", words)

    def test_words_that_nothing_has_find_nothing(self, desk: Desk) -> None:
        hanh = officer(desk, SCHOOL)
        author(desk)
        assert "khớp với “xe đạp”" in hanh.talks("/hopthu", "[🔎 Tìm hồ sơ]", "xe đạp")


class TestSharing:
    def test_what_is_given_to_a_colleague_is_not_offered_next(self, desk: Desk) -> None:
        hanh, binh = officer(desk, SCHOOL), officer(desk, SCHOOL, name="binh")
        first, second, third = several(desk, 3)
        binh.hears()
        given = hanh.talks(first, "[Việc khác]", "[Giao xử lý]", "2")
        assert f"Đã giao sáng kiến {first}" in given
        assert f"Hồ sơ chờ tiếp theo: {second}" in given
        assert f"giao sáng kiến {first}" in binh.hears()
        done = hanh.talks(second, "[Không công nhận]", "Chưa nêu kết quả.")
        assert f"Hồ sơ chờ tiếp theo: {third}" in done

    def test_an_officer_without_the_right_sees_the_card_without_the_button(self, desk: Desk) -> None:
        hanh = officer(desk, SCHOOL)
        with desk.rows() as db:
            db.execute(update(Appointment).values(rights=[Right.RECEIVE]))
        _, code = author(desk)
        hanh.says(code)
        assert hanh.labels == ["Tiếp nhận", "Việc khác"]


class TestTheLevelAbove:
    def test_from_the_list_at_the_school_to_the_reward_above_in_the_chat(self, desk: Desk) -> None:
        desk.office = dataclasses.replace(desk.office, public_url="https://tro-ly.congdoan.example")
        hanh, tuan = officer(desk, SCHOOL), officer(desk, ABOVE, name="tuan")
        first, second = several(desk, 2)
        for code in (first, second):
            hanh.talks(code, "[Công nhận]", "[Đã đồng ý, công nhận]")
        listed = hanh.talks("/hopthu", "[📋 Danh sách chọn]")
        assert "Có thể chọn thêm: 2 sáng kiến." in listed
        chosen = hanh.talks("[Chọn thêm]", "[Tất cả]")
        assert f"{second} và 1 sáng kiến khác vào danh sách" in chosen
        assert "Đã chọn 2/1." in chosen
        tuan.hears()
        assert "Đã gửi 2 sáng kiến lên Công đoàn ngành Giáo dục tỉnh" in hanh.talks(
            "[📋 Danh sách chọn]", "[Gửi cấp trên (2)]", "[Đồng ý gửi lên]"
        )
        offered = hanh.presses("Tải tờ trình")
        assert "/files/" in offered
        assert "Mã mở tệp" in offered
        assert "Công đoàn Trường THPT Đồi Sim vừa gửi lên 2 sáng kiến" in tuan.hears()
        assert "/files/" in tuan.presses("Tải tờ trình")
        taps = ("[📥 Mở hộp thư]", f"[{first}]", "[Khen thưởng]", "[Đồng ý khen thưởng]")
        assert "Đã chọn 1/20." in tuan.talks(*taps)
        assert state(desk, first) == State.AWARDED
        tuan.talks(second, "[Đã xem, chưa chọn]")
        assert "không có hồ sơ nào chờ" in tuan.says("/hopthu")

    def test_one_more_than_planned_asks_for_a_reason_in_the_chat(self, desk: Desk) -> None:
        hanh, tuan = officer(desk, SCHOOL), officer(desk, ABOVE, name="tuan")
        codes = several(desk, 2)
        for code in codes:
            hanh.talks(code, "[Công nhận]", "[Chưa có, vẫn công nhận]", code, "[Chọn gửi cấp trên]")
        hanh.talks("/hopthu", "[📋 Danh sách chọn]", "[Gửi cấp trên (2)]", "[Đồng ý gửi lên]")
        tuan.talks(codes[0], "[Chọn gửi cấp trên]")
        assert "đã chọn 1/1 sáng kiến theo kế hoạch" in tuan.talks(codes[1], "[Chọn gửi cấp trên]")
        assert "Danh sách giữ nguyên" in tuan.presses("Không chọn nữa")
        assert state(desk, codes[1]) == State.FORWARDED
        tuan.talks(codes[1], "[Chọn gửi cấp trên]")
        assert "Đã chọn 2/1." in tuan.says("Cả hai đều áp dụng được ngay trong toàn ngành.")

    def test_points_are_given_in_one_line(self, desk: Desk) -> None:
        hanh = officer(desk, SCHOOL)
        an, code = author(desk)
        an.hears()
        asked = hanh.talks(code, "[Việc khác]", "[Chấm điểm]")
        assert "1. Tính mới: 0–30 điểm" in asked
        assert "mỗi số không quá điểm tối đa" in hanh.says("31 40 20")
        assert "Điểm trung bình: 90,0/100 (1 người chấm" in hanh.says("30 40 20")
        assert f"{code} của anh/chị đang được" in an.hears()
        assert "Điểm: 90,0/100" in hanh.presses("Mở hồ sơ")

    def test_targets_are_set_and_the_table_tells_who_has_sent_nothing(self, desk: Desk) -> None:
        officer(desk, SCHOOL)
        tuan = officer(desk, ABOVE, name="tuan")
        author(desk)
        table = tuan.says("/baocao")
        assert "1. Công đoàn Trường THPT Đồi Sim: chuyển 0, công nhận 0, tổng số 1" in table
        assert "Chưa chuyển sáng kiến nào: " in table
        done = tuan.talks("[Phân bổ chỉ tiêu]", "tất cả 3\nGD51-01 18\nGD51-99 1")
        assert "Đã phân bổ 87 sáng kiến cho 24 đơn vị" in done
        assert "Dòng chưa đọc được: GD51-99 1." in done
        assert "Đồi Sim: chuyển 0, công nhận 0, tổng số 1/18" in tuan.says("báo cáo")

    def test_a_member_has_no_report(self, desk: Desk) -> None:
        assert "dành cho cán bộ Công đoàn" in desk.member("an").says("/baocao")


def test_staff_may_do_what_officers_do(desk: Desk) -> None:
    staff = officer(desk, SCHOOL, Role.STAFF)
    _, code = author(desk)
    staff.talks(code, "[Tiếp nhận]")
    assert state(desk, code) == State.RECEIVED
