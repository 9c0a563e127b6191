"""What members, officers and staff wrote is added to, kept or shown once more: never thrown away unseen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlmodel import col

from handlers.actors import CLOCK
from handlers.duties import rounds as duty_rounds
from handlers.people import appointments
from messages.types import Pressed
from storage import members, submissions
from storage.tables import Draft, Role
from tests.desk import Desk, Visitor
from tests.people import TEMPLATE, TEXT, author, officer
from tests.voices import ABOVE, SCHOOL, write

NOTE = "Xin nêu rõ chi phí của mỗi lớp học."
MORE = "Mỗi lớp hết 200 nghìn đồng, phụ huynh tự đóng góp."
AFRESH = "Tủ sách lưu động đi qua từng lớp, do học sinh tự quản, mỗi tuần đổi sách một lần."


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    """Monday 1/3/2027, 09:00; the first duty ends on Saturday 6/3."""
    desk = Desk(database_url)
    desk.furnish(TEMPLATE, opened=66)
    yield desk
    desk.database.close()


def asked_for_more(desk: Desk) -> tuple[Visitor, Visitor, str]:
    """An officer, an author who is asked for more, and the code."""
    hanh = officer(desk, SCHOOL)
    an, code = author(desk)
    hanh.talks(code, "[Cần bổ sung]", NOTE)
    desk.now += timedelta(days=1)
    an.hears()
    return hanh, an, code


def drafts(desk: Desk, form: str) -> int:
    with desk.rows() as db:
        return len(db.scalars(select(Draft).where(col(Draft.form) == form)).all())


class TestASupplement:
    def test_it_is_added_under_its_day_and_shown_whole_before_it_is_sent(self, desk: Desk) -> None:
        hanh, an, code = asked_for_more(desk)
        whole = f"{TEXT}\n\nBổ sung ngày 02/03/2027:\n{MORE}"
        assert whole in an.talks("[Bổ sung nội dung]", MORE, "XONG")
        an.presses("Gửi đi")
        assert whole in hanh.says(code)
        with desk.rows() as db:
            record = submissions.by_code(db, code)
            assert record is not None
            assert record.text == whole
            assert [row.text for row in submissions.versions(db, record.id or 0)] == [TEXT]
        an.says(code)
        assert an.presses("Xem nội dung đã gửi").count(TEXT) == 1

    def test_the_text_may_be_written_afresh_and_the_one_before_stays_to_be_read(self, desk: Desk) -> None:
        hanh, an, code = asked_for_more(desk)
        shown = an.talks("[Bổ sung nội dung]", AFRESH, "XONG", "[Thay bản cũ]")
        assert "bản cũ vẫn được giữ" in shown
        assert TEXT not in shown
        an.presses("Gửi đi")
        assert "Tác giả đã viết lại" in hanh.says(code)
        read = hanh.talks("[Việc khác]", "[Xem nội dung đã gửi]")
        assert f"Bản gửi ngày 01/03/2027:\n{TEXT}" in read
        assert f"gửi ngày 02/03/2027:\n{AFRESH}" in read
        an.says(code)
        assert f"Bản gửi ngày 01/03/2027:\n{TEXT}" in an.presses("Xem nội dung đã gửi")

    def test_begun_again_it_goes_on_where_it_was_left(self, desk: Desk) -> None:
        _, an, _ = asked_for_more(desk)
        button = Pressed(an.button("Bổ sung nội dung"))
        an.sends(button)
        an.talks(MORE, "/menu")
        an.sends(button)
        assert MORE in an.says("XONG")

    def test_one_that_comes_too_late_is_shown_once_more(self, desk: Desk) -> None:
        hanh, an, code = asked_for_more(desk)
        an.talks("[Bổ sung nội dung]", MORE, "XONG")
        hanh.talks(code, "[Công nhận]", "[Đã đồng ý, công nhận]")
        told = an.presses("Gửi đi")
        assert "không còn chờ bổ sung" in told
        assert f"chưa gửi cho ai:\n{MORE}" in told


class TestABroadcast:
    @pytest.mark.parametrize("way", [("[Hẹn giờ]", "[Hủy bỏ]"), ("[Hẹn giờ]", "/menu"), ("[Hủy tin]",), ("hủy",)])
    def test_every_way_of_leaving_keeps_it(self, desk: Desk, way: tuple[str, ...]) -> None:
        staff = officer(desk, ABOVE, Role.STAFF)
        member = desk.member("binh")
        member.talks("nhận tin", "[Nhận tin]")
        with desk.rows() as db:
            found = members.by_id(db, 2)
            assert found is not None
        staff.talks("/soantin", "Mời dự hội thao.", "[Công đoàn ngành Giáo dục tỉnh]")
        ways = way if "Hẹn giờ" in staff.labels else ("hủy",)
        staff.talks(*ways)
        assert "Mời dự hội thao." in staff.says("tiếp tục")
        staff.says("/menu")
        assert "Mời dự hội thao." in staff.talks("/soantin", "[Làm lại từ đầu]")


class TestAnAnswer:
    def test_it_waits_and_is_gone_on_with(self, desk: Desk) -> None:
        hanh, lan = officer(desk, SCHOOL), desk.member("lan")
        code = write(lan)
        hanh.talks(code, "[Chung tay hỗ trợ]", "Đồng chí Hạnh, Chủ tịch, 0912 345 678", "/menu")
        assert "📝 Viết tiếp bản nháp" in hanh.labels
        assert "Việc hỗ trợ" in hanh.says("tiếp tục") or hanh.labels
        hanh.says("/menu")
        again = hanh.talks(code, "[Chung tay hỗ trợ]")
        assert "vẫn còn nguyên" in again

    def test_of_another_item_what_was_written_is_shown_once(self, desk: Desk) -> None:
        hanh, lan = officer(desk, SCHOOL), desk.member("lan")
        first, second = write(lan), write(lan, text="Quạt ở xưởng hỏng đã hai tuần nay mà chưa thấy ai sửa.")
        hanh.talks(first, "[Giải thích]", "Điều 98 Bộ luật Lao động", "/menu")
        told = hanh.talks(second, "[Giải thích]")
        assert f"Phần đã viết cho {first}, chưa gửi cho ai:\nĐiều 98 Bộ luật Lao động" in told

    def test_what_was_dealt_with_meanwhile_ends_it_with_its_words(self, desk: Desk) -> None:
        hanh, binh, lan = officer(desk, SCHOOL), officer(desk, SCHOOL, name="binh"), desk.member("lan")
        code = write(lan)
        hanh.talks(code, "[Giải thích]", "Điều 98 Bộ luật Lao động", "/menu")
        binh.talks(code, "[Báo kết quả]", "Đã sửa xong mái nhà xe.")
        told = hanh.says("tiếp tục")
        assert "chưa gửi cho ai:\nĐiều 98 Bộ luật Lao động" in told
        assert f"Ý kiến {code}" in told
        assert drafts(desk, "feedback_answer") == 0

    def test_leaving_leads_back_to_the_card(self, desk: Desk) -> None:
        hanh, lan = officer(desk, SCHOOL), desk.member("lan")
        code = write(lan)
        left = hanh.talks(code, "[Kiến nghị]", "[Hủy bỏ]")
        assert "theo yêu cầu của đồng chí" in left
        assert f"Ý kiến {code}" in left

    def test_a_reason_that_came_too_late_is_shown_once(self, desk: Desk) -> None:
        hanh, binh = officer(desk, SCHOOL), officer(desk, SCHOOL, name="binh")
        _, code = author(desk)
        hanh.talks(code, "[Không công nhận]")
        binh.talks(code, "[Công nhận]", "[Đã đồng ý, công nhận]")
        told = hanh.says("Cách làm này đã có trong quy trình từ lâu.")
        assert "chưa gửi cho ai:\nCách làm này đã có trong quy trình từ lâu." in told

    def test_it_ends_with_the_role(self, desk: Desk) -> None:
        hanh, lan = officer(desk, SCHOOL), desk.member("lan")
        hanh.talks(write(lan), "[Giải thích]", "Điều 98 Bộ luật Lao động", "/menu")
        assert drafts(desk, "feedback_answer") == 1
        with desk.rows() as db:
            appointments.lose_all(db, 1, desk.now)
        assert drafts(desk, "feedback_answer") == 0


def test_what_is_in_the_way_of_a_duty_is_heard_kept_and_told_above(desk: Desk) -> None:
    hanh, tuan = officer(desk, SCHOOL), officer(desk, ABOVE, name="tuan")
    desk.now += timedelta(days=6)
    with desk.rows() as db:
        duty_rounds.enqueue_due(db, desk.office, CLOCK, now=desk.now)
    assert "“Báo vướng mắc”" in hanh.hears()
    tuan.hears()
    assert "đang vướng mắc gì" in hanh.presses("Báo vướng mắc")
    words = "Chưa có người phụ trách mảng này, xin lùi hạn một tuần."
    assert "Công đoàn ngành Giáo dục tỉnh được báo để hỗ trợ" in hanh.says(words)
    told = tuan.hears()
    assert words in told
    assert "Công đoàn Trường THPT Đồi Sim báo vướng mắc" in told
    assert words in tuan.says("/nhiemvu")
    assert words in hanh.talks("/nhiemvu", "[Việc 1]")
