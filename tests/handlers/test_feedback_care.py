"""What officers do about feedback: answers from the library, promises kept in mind, one matter of many (F11)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from handlers.feedback import late as feedback_late
from messages import library
from messages.dates import ZONE
from storage import feedback, feedback_tasks
from storage.feedback import State
from storage.tables import Audit, FeedbackTask, Role
from tests.desk import Desk, Visitor
from tests.people import officer
from tests.voices import ABOVE, OTHER_SCHOOL, SCHOOL, TOP, the, write, write_named

ANSWER = "Nhà trường đã lợp lại mái nhà xe, xin mời anh chị em để xe như cũ."
LIKE = "Nhà xe trường mình dột từ đầu mùa mưa đến nay, hơn 30 giáo viên phải để xe ngoài sân, mong sửa giúp."
OTHER = "Lương tháng hai chưa có, nhiều anh chị em phải vay mượn để trả tiền nhà."


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    desk = Desk(database_url)
    desk.furnish()
    yield desk
    desk.database.close()


def look(desk: Desk, *moment: int) -> None:
    """The clock looks, at a moment of March 2027 in UTC."""
    with desk.rows() as db:
        feedback_late.look(db, desk.office, datetime(2027, 3, *moment, tzinfo=UTC))


def tasks(desk: Desk, code: str) -> list[FeedbackTask]:
    with desk.rows() as db:
        return list(feedback_tasks.of_item(db, code))


class TestTheLibrary:
    def test_answers_of_the_items_topic_are_offered_and_one_is_sent_after_a_look_at_it(self, desk: Desk) -> None:
        hanh, an = officer(desk, SCHOOL), desk.member("an")
        code = write(an, topic="Tiền lương", text="Làm thêm giờ buổi tối cả tháng mà không thấy tiền làm thêm.")
        asked = hanh.talks(code, "[Giải thích]")
        assert "• Lương làm thêm giờ, làm đêm – Điều 98 Bộ luật Lao động 2019" in asked
        shown = hanh.presses("Lương làm thêm giờ, làm đêm")
        assert "Căn cứ: Điều 98 Bộ luật Lao động 2019." in shown
        assert "xin nhắn thêm cho Công đoàn Trường THPT Đồi Sim." in shown
        assert an.hears() == ""
        hanh.presses("Gửi đi")
        assert "Vấn đề anh/chị nêu đã có quy định: Điều 98 Bộ luật Lao động 2019." in an.hears()
        assert the(desk, code).state == State.EXPLAINED

    def test_an_answer_may_be_looked_for_and_its_words_changed(self, desk: Desk) -> None:
        hanh, an = officer(desk, SCHOOL), desk.member("an")
        code = write(an)
        hanh.talks(code, "[Giải thích]", "[🔎 Tìm câu trả lời]")
        assert "chưa có câu trả lời nào có “máy bay”" in hanh.says("máy bay")
        assert "• Nghỉ hằng năm – Điều 113" in hanh.talks("[🔎 Tìm câu trả lời]", "nghi hang nam")
        hanh.talks("[Nghỉ hằng năm]", "[Nhập lại]", "Anh/chị còn bốn ngày phép của năm nay.")
        hanh.presses("Gửi đi")
        assert "Điều 113, Điều 114 Bộ luật Lao động 2019.\nAnh/chị còn bốn ngày phép của năm nay." in an.hears()

    def test_staff_add_an_answer_for_their_unit_and_all_below_and_take_it_out(self, desk: Desk) -> None:
        staff, hanh = officer(desk, ABOVE, Role.STAFF, name="staff"), officer(desk, SCHOOL)
        code = write(desk.member("an"))
        staff.talks("/thuvien", "[Thêm câu trả lời]", "[Công đoàn ngành Giáo dục tỉnh]", "[Điều kiện làm việc]")
        staff.talks("Nhà để xe", "Thỏa ước lao động tập thể ngành, Điều 12")
        assert "biến Công đoàn không biết" in staff.says("Xin chào {{ ten }}, trường phải có nhà để xe.")
        staff.says("Trường phải có nhà để xe có mái. {{ don_vi }} theo dõi ý kiến {{ ma }}.")
        assert "Đã lưu “Nhà để xe”" in staff.presses("Xác nhận")
        shown = hanh.talks(code, "[Giải thích]", "[Nhà để xe]")
        assert f"Công đoàn Trường THPT Đồi Sim theo dõi ý kiến {code}." in shown
        other = officer(desk, TOP, name="top")
        write(desk.member("binh"), unit=SCHOOL, way="Gửi thẳng cấp trên")
        assert "Nhà để xe" not in other.talks("/hopthu")
        assert "Đã bỏ “Nhà để xe”" in staff.talks("/thuvien", "[Bỏ câu 1]")
        hanh.says("/huy")
        assert "Nhà để xe" not in hanh.talks(code, "[Giải thích]")

    def test_an_officer_who_is_no_staff_changes_nothing(self, desk: Desk) -> None:
        assert "Mục này dành cho cán bộ" in officer(desk, SCHOOL).says("/thuvien")

    def test_what_ships_is_sound_complete_and_short_enough(self) -> None:
        for ready in library.load():
            assert library.is_sound(ready.text), ready.key
            assert len(ready.title) <= 40
            assert 5 <= len(ready.text) <= 1000
        assert not library.is_sound("{% if ma %}")
        assert not library.is_sound("{{ ten }}")


class TestPromises:
    def test_a_petition_is_reminded_of_on_its_day_and_again_while_nothing_came_of_it(self, desk: Desk) -> None:
        hanh = officer(desk, SCHOOL)
        code = write(desk.member("an"))
        hanh.talks(code, "[Kiến nghị]", "Hiệu trưởng nhà trường", "7/3")
        hanh.hears()
        assert [(task.kind, task.who, task.due_on) for task in tasks(desk, code)] == [
            ("petition", "Hiệu trưởng nhà trường", date(2027, 3, 7))
        ]
        look(desk, 4, 2)
        assert hanh.hears() == ""
        look(desk, 5, 2)
        assert f"• {code} – kiến nghị với: Hiệu trưởng nhà trường – hẹn 07/03/2027" in hanh.hears()
        for day in (5, 8, 9, 10, 11):
            look(desk, day, 3)
        assert hanh.hears() == ""
        look(desk, 12, 2)
        assert "đã quá hẹn" in hanh.hears()
        hanh.talks(code, "[Báo kết quả]", ANSWER)
        hanh.hears()
        look(desk, 22, 2)
        assert hanh.hears() == ""
        assert [task.done_on for task in tasks(desk, code)] == [date(2027, 3, 1)]

    def test_another_day_may_be_promised_and_a_day_that_is_over_may_not(self, desk: Desk) -> None:
        hanh = officer(desk, SCHOOL)
        code = write(desk.member("an"))
        assert "ngày này đã qua" in hanh.talks(code, "[Kiến nghị]", "Hiệu trưởng", "1/2/2027")
        hanh.talks("4/3", code, "[Đổi ngày hẹn]", "9/3")
        look(desk, 4, 2)
        hanh.hears()
        assert [task.due_on for task in tasks(desk, code) if task.done_on is None] == [date(2027, 3, 9)]

    def test_several_help_each_with_a_day_and_each_is_done_by_itself(self, desk: Desk) -> None:
        hanh, an = officer(desk, SCHOOL), desk.member("an")
        code = write(an)
        hanh.talks(code, "[Chung tay hỗ trợ]", "Chị Bình", "Thăm hỏi gia đình", "5/3")
        hanh.talks(code, "[Thêm người hỗ trợ]", "Anh Dũng", "Sửa lại mái nhà", "[Chưa có ngày hẹn]")
        an.hears()
        card = hanh.says(code)
        assert "• hỗ trợ Chị Bình: Thăm hỏi gia đình, hẹn 05/03/2027\n• hỗ trợ Anh Dũng: Sửa lại mái nhà" in card
        hanh.talks("[Một việc đã xong]", "[Chị Bình]")
        assert [task.done_on is None for task in tasks(desk, code)] == [False, True]
        assert "hẹn 05/03/2027, xong 01/03/2027" in hanh.says(code)
        assert an.hears() == ""
        hanh.talks("[Báo kết quả]", ANSWER)
        assert all(task.done_on for task in tasks(desk, code))


class TestWhenAnAnswerIsDue:
    def test_with_a_name_to_the_minute_of_working_time_without_one_to_the_day(self, desk: Desk) -> None:
        desk.now = datetime(2027, 3, 1, 8, 30, tzinfo=UTC)
        named, hidden = write_named(desk.member("an")), write(desk.member("binh"))
        assert the(desk, named).due_at == datetime(2027, 3, 3, 15, 30, tzinfo=ZONE)
        assert (the(desk, hidden).due_at, the(desk, hidden).due_on) == (None, date(2027, 3, 3))
        hanh = officer(desk, SCHOOL)
        assert f"• {named} – Tâm tư, nguyện vọng – Chờ trả lời – trả lời trước 15h30 ngày 3/3" in hanh.says("/hopthu")
        desk.now = datetime(2027, 3, 3, 8, 31, tzinfo=UTC)
        listed = hanh.says("/hopthu")
        assert f"• {named} – Tâm tư, nguyện vọng – Chờ trả lời – quá hạn trả lời" in listed
        assert f"• {hidden} – Vấn đề bức xúc – Chờ trả lời – trả lời trước" in listed


class TestGoingOn:
    def test_after_an_answer_the_next_item_is_one_tap_away(self, desk: Desk) -> None:
        hanh = officer(desk, SCHOOL)
        first, second = write(desk.member("an")), write(desk.member("binh"), text=OTHER)
        hanh.talks(first, "[Báo kết quả]", ANSWER)
        assert hanh.labels == ["Ý kiến tiếp theo", "📥 Mở hộp thư"]
        assert f"Ý kiến {second} – Chờ trả lời" in hanh.presses("Ý kiến tiếp theo")
        hanh.talks("[Báo kết quả]", ANSWER)
        assert hanh.labels == ["📥 Mở hộp thư"]


class TestRating:
    def test_after_the_second_answer_the_author_may_still_say_that_it_will_not_do(self, desk: Desk) -> None:
        hanh, an = officer(desk, SCHOOL), desk.member("an")
        code = write(an)
        hanh.talks(code, "[Báo kết quả]", ANSWER)
        an.hears()
        an.talks("[Chưa thỏa đáng]", "Mái vẫn dột ở góc cổng phụ.")
        assert the(desk, code).satisfied is False
        hanh.talks(code, "[Báo kết quả]", ANSWER)
        an.hears()
        assert "vẫn có quyền gửi đơn" in an.presses("Vẫn chưa thỏa đáng")
        assert "vẫn chưa thỏa đáng" in hanh.hears()
        item = the(desk, code)
        assert (item.state, item.satisfied) == (State.SETTLED, False)
        assert "Người gửi đánh giá: chưa thỏa đáng" in hanh.says(code)


class TestOneMatterOfMany:
    def test_what_is_alike_is_pointed_out_and_one_answer_reaches_every_author(self, desk: Desk) -> None:
        hanh = officer(desk, SCHOOL)
        an, binh, chi = (desk.member(name) for name in ("an", "binh", "chi"))
        first, second, third = write(an), write_named(binh, text=LIKE), write(chi, text=OTHER)
        card = hanh.says(first)
        assert f"Có thể cùng một việc: {second}." in card
        offered = hanh.presses("Gộp ý kiến cùng việc")
        assert offered.index(second) < offered.index(third)
        assert f"Gộp cùng việc: {second}. Câu trả lời gửi đến tất cả." in hanh.presses(second)
        listed = hanh.says("/hopthu")
        assert "Ý kiến chờ xử lý tại Công đoàn Trường THPT Đồi Sim: 2" in listed
        assert second not in listed
        hanh.talks(first, "[Báo kết quả]", ANSWER)
        for each, own, others in ((an, first, second), (binh, second, first)):
            heard = each.hears() + each.says(own)
            assert heard.count(ANSWER) == 2
            assert f"Kết quả xử lý ý kiến {own}" in heard
            assert others not in heard
        assert ANSWER not in chi.hears()
        assert the(desk, second).state == State.RESOLVED

    def test_nobody_is_told_of_the_items_their_own_was_merged_with(self, desk: Desk) -> None:
        hanh, an, binh = officer(desk, SCHOOL), desk.member("an"), desk.member("binh")
        first, second = write(an), write(binh, text=LIKE)
        hanh.talks(first, "[Gộp ý kiến cùng việc]", f"[{second}]")
        assert an.hears() == binh.hears() == ""
        assert "gộp" not in an.says(first) + binh.says(second)

    def test_an_item_is_taken_out_again_until_it_is_answered(self, desk: Desk) -> None:
        hanh, an, binh = officer(desk, SCHOOL), desk.member("an"), desk.member("binh")
        first, second = write(an), write(binh, text=LIKE)
        hanh.talks(first, "[Gộp ý kiến cùng việc]", f"[{second}]")
        card = hanh.says(second)
        assert f"Được trả lời cùng ý kiến {first}." in card
        assert hanh.labels == ["Mở ý kiến được gộp", "Tách ra trả lời riêng", "📥 Mở hộp thư"]
        assert "được trả lời riêng" in hanh.presses("Tách ra trả lời riêng")
        hanh.talks(first, "[Báo kết quả]", ANSWER)
        assert binh.hears() == ""
        assert the(desk, second).state == State.SENT

    def test_once_answered_it_stays_and_what_comes_of_a_petition_is_told_to_all(self, desk: Desk) -> None:
        hanh, an, binh = officer(desk, SCHOOL), desk.member("an"), desk.member("binh")
        first, second = write(an), write(binh, text=LIKE)
        hanh.talks(first, "[Gộp ý kiến cùng việc]", f"[{second}]")
        hanh.talks(first, "[Kiến nghị]", "Hiệu trưởng", "[Chưa có ngày hẹn]")
        hanh.says(second)
        assert hanh.labels == ["Mở ý kiến được gộp", "📥 Mở hộp thư"]
        binh.hears()
        hanh.talks(first, "[Báo kết quả]", ANSWER)
        assert ANSWER in binh.hears()

    def test_whoever_reopens_stands_alone_again(self, desk: Desk) -> None:
        hanh, an, binh = officer(desk, SCHOOL), desk.member("an"), desk.member("binh")
        first, second = write(an), write(binh, text=LIKE)
        hanh.talks(first, "[Gộp ý kiến cùng việc]", f"[{second}]", first, "[Báo kết quả]", ANSWER)
        binh.hears()
        binh.talks("[Chưa thỏa đáng]", "Góc cổng phụ vẫn dột.")
        assert (the(desk, second).state, the(desk, second).merged_into) == (State.REOPENED, None)
        assert the(desk, first).state == State.RESOLVED
        an.hears()
        hanh.talks(second, "[Báo kết quả]", "Đã lợp cả góc cổng phụ.")
        assert "góc cổng phụ" in binh.hears()
        assert an.hears() == ""

    def merged(self, desk: Desk) -> tuple[Visitor, list[Visitor], list[str]]:
        """An officer, three authors, and their items of one matter, the first leading."""
        hanh = officer(desk, SCHOOL)
        an, binh, chi = (desk.member(name) for name in ("an", "binh", "chi"))
        first, second, third = write(an), write(binh, text=LIKE), write(chi, text=LIKE + " Xin cảm ơn.")
        hanh.talks(first, "[Gộp ý kiến cùng việc]", f"[{second}]", "[Gộp ý kiến cùng việc]", f"[{third}]")
        hanh.talks(first, "[Kiến nghị]", "Hiệu trưởng", "9/3")
        for each in (an, binh, chi):
            each.hears()
        return hanh, [an, binh, chi], [first, second, third]

    def test_when_the_leading_author_goes_their_own_way_another_item_leads(self, desk: Desk) -> None:
        hanh, (an, binh, chi), (_, second, third) = self.merged(desk)
        an.talks("[Chưa thỏa đáng]", "Chờ lâu quá rồi.")
        heir, other = sorted((second, third))
        assert (the(desk, heir).merged_into, the(desk, other).merged_into) == (None, heir)
        assert [task.who for task in tasks(desk, heir)] == ["Hiệu trưởng"]
        assert heir in hanh.says("/hopthu")
        hanh.talks(heir, "[Báo kết quả]", ANSWER)
        assert ANSWER in binh.hears()
        assert ANSWER in chi.hears()
        assert ANSWER not in an.hears()

    def test_when_the_leading_author_is_erased_the_item_leads_on_and_the_others_are_answered(self, desk: Desk) -> None:
        hanh, (an, binh, chi), (first, second, third) = self.merged(desk)
        an.talks("/dulieu", "[Xóa dữ liệu]", "XÓA DỮ LIỆU")
        assert [the(desk, code).merged_into for code in (first, second, third)] == [None, first, first]
        hanh.talks(first, "[Báo kết quả]", ANSWER)
        assert ANSWER in binh.hears()
        assert ANSWER in chi.hears()
        assert ANSWER not in an.hears()

    def test_all_go_up_together_and_another_unit_s_items_are_not_offered(self, desk: Desk) -> None:
        hanh, staff = officer(desk, SCHOOL), officer(desk, ABOVE, Role.STAFF, name="staff")
        officer(desk, OTHER_SCHOOL, name="dung")
        first, second = write(desk.member("an")), write(desk.member("binh"), text=LIKE)
        elsewhere = write(desk.member("chi"), unit=OTHER_SCHOOL, text=LIKE)
        assert elsewhere not in hanh.talks(first, "[Gộp ý kiến cùng việc]")
        hanh.presses(second)
        hanh.talks(first, "[Chuyển lên cấp trên]", "[Không ghi gì thêm]")
        assert the(desk, second).receiver_id == the(desk, first).receiver_id != the(desk, elsewhere).receiver_id
        assert f"Gộp cùng việc: {second}." in staff.says(first)
        assert "không tìm thấy mã" in hanh.says(second)

    def test_beside_an_item_without_a_name_nothing_keeps_an_instant(self, desk: Desk) -> None:
        hanh = officer(desk, SCHOOL)
        hidden, named = write(desk.member("an")), write_named(desk.member("binh"), text=LIKE)
        desk.now += timedelta(hours=1)
        hanh.talks(hidden, "[Gộp ý kiến cùng việc]", f"[{named}]", hidden, "[Báo kết quả]", ANSWER)
        with desk.rows() as db:
            acts = [event for event in feedback.events(db, named) if not event.by_author]
            assert [event.what for event in acts] == ["merged", "resolved"]
            assert [event.at for event in acts] == [None, None]
            moments = {row.at for row in db.scalars(select(Audit)) if row.subject in (hidden, named)}
            assert moments == {datetime(2027, 2, 28, 17, tzinfo=UTC)}
