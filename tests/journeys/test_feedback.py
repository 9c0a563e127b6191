"""«Lắng nghe – Thấu hiểu – Chia sẻ»: sent with a name or without, read, answered, settled or reopened (F2)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, update

from handlers.actors import COMMAND_LINE
from handlers.errors import Refusal
from handlers.feedback import late as feedback_late
from handlers.feedback import ways as feedback_ways
from handlers.people import data_requests
from messages.types import Pressed
from storage import audit, feedback, settings
from storage.tables import Audit, Draft, Feedback, Role, Submission, Unit
from tests.box import Box
from tests.desk import Desk
from tests.people import NAME, PHONE, QUESTIONS, TEMPLATE, officer
from tests.voices import ABOVE, OTHER_SCHOOL, SCHOOL, SMALL, TEXT, code_in, the, write, write_named

WHERE = ("quang ngai", "gd51-01")
BASIS = "Điều 134 Bộ luật Lao động"
ANSWER = "Người sử dụng lao động phải bảo đảm điều kiện làm việc; nhà trường sẽ sửa mái trong tháng này."


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    desk = Desk(database_url)
    desk.furnish(TEMPLATE)
    yield desk
    desk.database.close()


# --- whole journeys, on every channel ---


async def test_with_a_name_from_the_menu_to_the_answer_and_the_settling(box: Box) -> None:
    box.furnish()
    hanh, an = await box.officer("Hạnh", SCHOOL), box.person("An")
    await an.talks("/start", "[Tôi đồng ý]")
    opened = await an.says("Gửi ý kiến")
    assert "113 (công an), 114 (cứu hỏa, cứu nạn) hoặc 115 (cấp cứu)" in opened
    assert "Bước 1/7" in opened
    assert an.labels[:3] == ["Tâm tư, nguyện vọng", "Vấn đề bức xúc", "Câu chuyện cảm động"]
    await an.presses("Vấn đề bức xúc")
    assert an.labels[:3] == ["Tiền lương", "Bảo hiểm", "An toàn lao động"]
    await an.talks("[Điều kiện làm việc]", *WHERE)
    assert an.labels[:2] == ["Cán bộ đơn vị tôi", "Gửi thẳng cấp trên"]
    assert "gửi kèm tên hay ẩn danh" in await an.presses("Cán bộ đơn vị tôi")
    assert "họ và tên" in await an.presses("Gửi kèm tên")
    await an.talks("Nguyễn Văn An", "0912 345 678", TEXT)
    preview = await an.says("XONG")
    for shown in ("Vấn đề bức xúc", "Điều kiện làm việc", "Đồi Sim", "kèm tên", "0912 345 678", TEXT):
        assert shown in preview
    done = await an.presses("Gửi đi")
    code = code_in(done)
    assert code.startswith("YK-")
    assert "không thay thế việc gửi đơn khiếu nại" in done
    pushed = await hanh.hears()
    assert f"ý kiến mới {code} (Vấn đề bức xúc)" in pushed
    assert TEXT not in pushed
    card = await hanh.presses("Mở hồ sơ")
    for shown in ("Nguyễn Văn An", "0912 345 678", "Đồi Sim", TEXT):
        assert shown in card
    assert "quy định nào" in await hanh.presses("Giải thích")
    assert "lời giải thích" in await hanh.says(BASIS)
    assert f"Ý kiến {code}: Đã giải thích" in await hanh.says(ANSWER)
    answer = await an.hears()
    assert f"Công đoàn trả lời ý kiến {code}" in answer
    assert f"{BASIS}.\n{ANSWER}" in answer
    assert an.labels == ["Đã thỏa đáng", "Chưa thỏa đáng", "Nhắn thêm"]
    assert "đã được giải đáp" in await an.presses("Đã thỏa đáng")
    assert f"ý kiến {code} đã được giải đáp thỏa đáng" in await hanh.hears()
    assert "Trạng thái: Đã kết thúc" in await an.says(code)


async def test_without_a_name_the_answer_still_comes_back_and_can_be_reopened_once(box: Box) -> None:
    box.furnish()
    hanh, an = await box.officer("Hạnh", SCHOOL), box.person("An")
    await an.talks("/start", "[Tôi đồng ý]", "/ykien", "[Vấn đề bức xúc]", "[Tiền lương]", *WHERE)
    assert "tối đa 2.000 ký tự" in await an.talks("[Cán bộ đơn vị tôi]", "[Gửi ẩn danh]")
    preview = await an.talks(TEXT, "XONG")
    assert "Hình thức: ẩn danh" in preview
    assert "Số điện thoại" not in preview
    code = code_in(await an.presses("Gửi đi"))
    card = await hanh.says(code)
    assert "Người gửi: ẩn danh" in card
    assert TEXT in card
    await hanh.talks("[Kiến nghị]", "Hiệu trưởng nhà trường", "31/12")
    petitioned = await an.hears()
    assert "đã kiến nghị với Hiệu trưởng nhà trường" in petitioned
    assert "hẹn trả lời ngày 31/12" in petitioned
    await hanh.talks(code, "[Báo kết quả]", ANSWER)
    assert f"Kết quả xử lý ý kiến {code}: đã xử lý\n{ANSWER}" in await an.hears()
    assert "xem xét lại một lần nữa" in await an.presses("Chưa thỏa đáng")
    assert "Công đoàn đã mở lại" in await an.says("Mái vẫn dột ở góc cổng phụ.")
    assert "đề nghị xem xét lại" in await hanh.hears()
    assert "Mái vẫn dột ở góc cổng phụ." in await hanh.presses("Mở hồ sơ")
    await hanh.talks("[Báo kết quả]", "Đã lợp lại góc cổng phụ.")
    assert "Đã lợp lại góc cổng phụ." in await an.hears()
    assert an.labels == ["Đã thỏa đáng", "Vẫn chưa thỏa đáng", "Nhắn thêm"]
    assert "Cán bộ phụ trách sẽ đọc được" in await an.presses("Nhắn thêm")
    await an.says("Cảm ơn, nay đã khô ráo.")
    assert "vừa nhắn thêm" in await hanh.hears()
    shown = await an.says(code)
    assert "Đã lợp lại góc cổng phụ." in shown
    assert "Cảm ơn, nay đã khô ráo." in shown
    assert code in " ".join([await an.says("/tracuu"), *an.labels])


async def test_a_complaint_written_as_an_initiative_moves_over_whole(box: Box) -> None:
    box.furnish()
    an = box.person("An")
    complaint = "Đơn vị nợ lương ba tháng nay rồi, anh chị em rất khó khăn, mong Công đoàn lên tiếng."
    person = (NAME, PHONE, "quang ngai", "doi sim", "[Công đoàn Trường THPT Đồi Sim]", "2")
    await an.talks("/start", "[Tôi đồng ý]", "/sangkien", *person, *QUESTIONS, complaint)
    assert "giống một ý kiến, phản ánh hơn là sáng kiến" in await an.says("XONG")
    assert "Công đoàn sẵn sàng lắng nghe" in await an.presses("Chuyển sang ý kiến")
    preview = await an.talks("[Vấn đề bức xúc]", "[Tiền lương]", "[Cán bộ đơn vị tôi]", "[Gửi kèm tên]")
    for shown in (complaint, NAME, PHONE, "Đồi Sim"):
        assert shown in preview
    assert "Mã ý kiến: YK-" in await an.presses("Gửi đi")
    with box.database() as db:
        assert db.scalars(select(Submission)).all() == []
        assert db.scalars(select(Draft)).all() == []


# --- rules, at moments of the test's own choosing ---


class TestWhereItGoes:
    def test_own_officers_hear_of_it_and_nobody_else(self, desk: Desk) -> None:
        hanh, binh = officer(desk, SCHOOL), officer(desk, OTHER_SCHOOL, name="binh")
        staff = officer(desk, ABOVE, Role.STAFF, name="staff")
        for each in (hanh, binh, staff):
            each.hears()
        code = write(desk.member("an"))
        assert code in hanh.hears()
        assert binh.hears() == staff.hears() == ""
        assert "không tìm thấy mã" in binh.says(code)
        for forged in (f"desk@{code}:open", f"desk@{code}.1:explain", f"inbox:{code}"):
            assert "không thuộc đơn vị" in binh.sends(Pressed(forged))

    def test_straight_to_the_level_above_passes_the_own_officers_by(self, desk: Desk) -> None:
        hanh, staff = officer(desk, SCHOOL), officer(desk, ABOVE, Role.STAFF, name="staff")
        hanh.hears()
        staff.hears()
        code = write(desk.member("an"), way="Gửi thẳng cấp trên")
        assert hanh.hears() == ""
        assert "không tìm thấy mã" in hanh.says(code)
        assert code not in hanh.says("/hopthu")
        assert code in staff.hears()
        card = staff.says(code)
        assert "gửi thẳng cấp trên" in card
        assert "Đơn vị: Công đoàn Trường THPT Đồi Sim" in card

    def test_without_a_name_a_small_unit_is_neither_shown_nor_asked(self, desk: Desk) -> None:
        hanh, staff = officer(desk, SMALL), officer(desk, ABOVE, Role.STAFF, name="staff")
        hanh.hears()
        staff.hears()
        code = write(desk.member("an"), unit=SMALL)
        assert hanh.hears() == ""
        assert "không tìm thấy mã" in hanh.says(code)
        assert "Đơn vị: Công đoàn ngành Giáo dục tỉnh" in staff.says(code)
        assert "Ong Nâu" not in staff.hears()
        named = write_named(desk.member("binh"), unit=SMALL)
        assert named in hanh.hears()

    def test_how_many_hide_one_is_a_setting_and_where_nowhere_is_large_enough_only_a_name_is_taken(
        self, desk: Desk
    ) -> None:
        with desk.rows() as db:
            settings.write(db, feedback_ways.HIDDEN_AMONG, 90)
        an = desk.member("an")
        an.talks("/ykien", "[Vấn đề bức xúc]", "[Bảo hiểm]", "quang ngai", SCHOOL, "[Cán bộ đơn vị tôi]")
        assert "Gửi ẩn danh" not in an.labels
        assert "chưa thể nhận ý kiến ẩn danh" in an.says("ẩn danh")

    def test_a_unit_that_reports_no_number_is_counted_by_those_registered(self, desk: Desk) -> None:
        with desk.rows() as db:
            db.execute(update(Unit).values(members=None))
            settings.write(db, feedback_ways.HIDDEN_AMONG, 2)
        for name in ("an", "binh"):
            with desk.rows() as db:
                assert feedback_ways.find(db, {"unit": SCHOOL}, above=False, anonymous=True, now=desk.now) is None
            write_named(desk.member(name))
        with desk.rows() as db:
            way = feedback_ways.find(db, {"unit": SCHOOL}, above=False, anonymous=True, now=desk.now)
            assert way is not None
            assert way.unit is not None
            assert way.unit.code == SCHOOL

    def test_a_unit_named_by_hand_is_looked_after_by_the_top_of_its_place(self, desk: Desk) -> None:
        top = officer(desk, "LDLD51")
        an = desk.member("an")
        an.talks("/ykien", "[Vấn đề bức xúc]", "[Bảo hiểm]", "quang ngai", "[Đơn vị khác]")
        asked = an.says("Công ty may Hoa Cau")
        assert "kèm tên hay ẩn danh" in asked
        done = an.talks("[Gửi ẩn danh]", TEXT, "XONG", "[Gửi đi]")
        assert "Nơi tiếp nhận: Liên đoàn Lao động tỉnh Quảng Ngãi" in done
        assert "Hoa Cau" not in top.says(code_in(done))


class TestSending:
    def test_the_unit_is_offered_from_the_profile_and_may_be_another(self, desk: Desk) -> None:
        an = desk.member("an")
        write_named(an)
        asked = an.talks("/ykien", "[Câu chuyện cảm động]", "[Nội dung khác]")
        assert "đơn vị của anh/chị là Công đoàn Trường THPT Đồi Sim" in asked
        assert "gửi đến cán bộ Công đoàn của Công đoàn Trường THPT Đồi Sim" in an.presses("Đúng rồi")
        preview = an.talks("[Cán bộ đơn vị tôi]", "[Gửi kèm tên]", TEXT, "XONG")
        assert NAME in preview
        an.talks("/huy", "/ykien", "[Làm lại từ đầu]", "[Câu chuyện cảm động]", "[Nội dung khác]", "[Sửa lại]")
        assert "Bến Lau" in an.talks("quang ngai", OTHER_SCHOOL)

    def test_an_anonymous_item_leaves_no_profile(self, desk: Desk) -> None:
        an = desk.member("an")
        write(an)
        assert "chưa có" in an.says("/dulieu").partition("Hồ sơ cá nhân: ")[2][:10]
        assert "Ý kiến: 1" in an.says("/dulieu")

    def test_sending_twice_gives_one_item_and_the_same_code(self, desk: Desk) -> None:
        an = desk.member("an")
        code = write(an)
        again = an.sends(Pressed(an.button("Gửi đi")))
        assert f"Mã ý kiến: {code}" in again
        assert f"Mã ý kiến: {code}" in an.says("gửi đi")
        with desk.rows() as db:
            assert len(db.scalars(select(Feedback)).all()) == 1
        stranger = desk.member("binh")
        assert code not in stranger.sends(Pressed(an.button("Gửi đi")))

    def test_changing_to_anonymous_in_the_preview_takes_the_name_back(self, desk: Desk) -> None:
        an = desk.member("an")
        start = ("/ykien", "[Vấn đề bức xúc]", "[Tiền lương]", *WHERE, "[Cán bộ đơn vị tôi]", "[Gửi kèm tên]")
        an.talks(*start, NAME, PHONE, TEXT, "XONG")
        preview = an.talks("[Sửa một mục]", "[Kèm tên hay ẩn danh]", "[Gửi ẩn danh]")
        assert "ẩn danh" in preview
        assert NAME not in preview
        item = the(desk, code_in(an.presses("Gửi đi")))
        assert (item.full_name, item.phone, item.member_id, item.channel) == (None, None, None, None)

    def test_2000_characters_in_parts_are_kept_to_the_letter_and_one_more_is_refused(self, desk: Desk) -> None:
        hanh, an = officer(desk, SCHOOL), desk.member("an")
        start = ("/ykien", "[Vấn đề bức xúc]", "[Tiền lương]", *WHERE, "[Cán bộ đơn vị tôi]", "[Gửi ẩn danh]")
        assert "vượt mức tối đa 2.000 là 1 ký tự" in an.talks(*start, "ế" * 1500, "ế" * 500)
        an.talks("ế" * 1500, "ế" * 499, "XONG")
        item = the(desk, code_in(an.presses("Gửi đi")))
        assert item.text == "ế" * 1500 + "\n" + "ế" * 499
        assert "ế" * 499 in hanh.says(item.code)

    def test_a_first_answer_is_due_after_two_working_days_around_holidays_and_weekends(self, desk: Desk) -> None:
        for at, due in (
            (datetime(2027, 3, 1, 2, tzinfo=UTC), date(2027, 3, 3)),
            (datetime(2027, 3, 5, 16, 59, tzinfo=UTC), date(2027, 3, 9)),
            (datetime(2027, 4, 29, 2, tzinfo=UTC), date(2027, 5, 5)),
        ):
            desk.now = at
            assert the(desk, write(desk.member("an"))).due_on == due

    def test_a_draft_waits_and_is_offered_again(self, desk: Desk) -> None:
        an = desk.member("an")
        an.talks("/ykien", "[Vấn đề bức xúc]", "[Tiền lương]", "/huy")
        assert "còn một bản nháp chưa gửi" in an.says("/ykien")
        assert "tỉnh, thành phố hoặc ngành nào" in an.presses("Tiếp tục")

    def test_words_of_everyday_are_no_danger_and_an_initiative_about_safety_is_left_alone(self, desk: Desk) -> None:
        an = desk.member("an")
        assert "115" not in an.says("cứ từ từ thôi")
        assert "115" in an.says("toi muon tu tu")
        assert "115" in desk.person("binh").says("tôi không muốn sống nữa")
        an.talks("/sangkien", NAME, PHONE, *WHERE, "2", *QUESTIONS)
        assert "115" not in an.says("Đặt rào chắn để giảm tai nạn lao động ở cổng trường khi học sinh tan học.")

    def test_a_complaint_may_stay_an_initiative(self, desk: Desk) -> None:
        an = desk.member("an")
        an.talks("/sangkien", NAME, PHONE, *WHERE, "2", *QUESTIONS)
        an.talks("Phần mềm báo sớm đơn vị chậm lương để Công đoàn vào cuộc từ ngày đầu tiên.", "XONG")
        assert "Anh/chị xem lại trước khi gửi" in an.presses("Vẫn là sáng kiến")
        assert "Mã hồ sơ: SK-" in an.presses("Gửi đi")


class TestAnswering:
    def test_the_inbox_lists_feedback_without_content_and_numbers_open_it(self, desk: Desk) -> None:
        hanh = officer(desk, SCHOOL)
        code = write(desk.member("an"))
        listed = hanh.says("/hopthu")
        assert f"• {code} – Vấn đề bức xúc – Chờ trả lời – trả lời trước ngày 4/3 (hết ngày 3/3)" in listed
        assert TEXT not in listed
        assert TEXT in hanh.says("1")

    def test_initiatives_and_feedback_stand_in_one_list_of_choices(self, desk: Desk) -> None:
        hanh, an = officer(desk, SCHOOL), desk.member("an")
        code = write(an)
        an.talks("/sangkien", NAME, PHONE, *WHERE, "2", *QUESTIONS, "Dùng nước mưa tưới vườn trường.", "XONG")
        sent = an.presses("Gửi đi").partition("Mã hồ sơ: ")[2].split()[0]
        hanh.says("/hopthu")
        assert hanh.labels[:2] == [sent, code]
        assert TEXT in hanh.says("2")

    def test_every_reading_is_audited_and_of_an_anonymous_item_by_the_day_only(self, desk: Desk) -> None:
        hanh = officer(desk, SCHOOL)
        hidden, named = write(desk.member("an")), write_named(desk.member("binh"))
        hanh.talks(hidden, named)
        with desk.rows() as db:
            read = {row.subject: row.at for row in db.scalars(select(Audit)) if row.action == "feedback.read"}
            assert read == {hidden: datetime(2027, 2, 28, 17, tzinfo=UTC), named: desk.now}
            assert not audit.happened(db, "feedback.sent")

    def test_support_names_who_will_help(self, desk: Desk) -> None:
        hanh, an = officer(desk, SCHOOL), desk.member("an")
        code = write(an)
        hanh.talks(code, "[Chung tay hỗ trợ]", "Trần Văn Bình, phòng 3, tầng 2", "Thăm hỏi gia đình", "5/3")
        heard = an.hears()
        assert "Cán bộ phụ trách: Trần Văn Bình, phòng 3, tầng 2." in heard
        assert "Việc hỗ trợ: Thăm hỏi gia đình, chậm nhất ngày 05/03/2027." in heard

    def test_a_note_too_short_or_too_long_is_asked_again(self, desk: Desk) -> None:
        hanh = officer(desk, SCHOOL)
        code = write(desk.member("an"))
        hanh.talks(code, "[Báo kết quả]")
        assert "từ 5 đến 1.000 ký tự" in hanh.says("ok")
        assert "từ 5 đến 1.000 ký tự" in hanh.says("a" * 1001)

    def test_forwarding_takes_it_to_the_level_above_and_tells_the_author(self, desk: Desk) -> None:
        hanh, staff = officer(desk, SCHOOL), officer(desk, ABOVE, Role.STAFF, name="staff")
        an = desk.member("an")
        code = write(an)
        staff.hears()
        note = "Đã báo nhà trường hai lần, chưa có kinh phí."
        hanh.talks(code, "[Chuyển lên cấp trên]", note)
        told = an.hears() + an.says(code)
        assert "đã được chuyển lên Công đoàn ngành Giáo dục tỉnh" in told
        assert note not in told
        pushed = staff.hears()
        assert f"ý kiến mới {code}" in pushed
        assert note not in pushed
        assert "không thuộc đơn vị đồng chí phụ trách, hoặc không tồn tại" in hanh.says(code)
        assert f"chuyển lên cấp trên\nCông đoàn ngành Giáo dục tỉnh. {note}" in staff.says(code)

    def test_a_note_is_not_needed_to_forward(self, desk: Desk) -> None:
        hanh = officer(desk, SCHOOL)
        officer(desk, ABOVE, Role.STAFF, name="staff")
        code = write(desk.member("an"))
        assert "Người gửi nhận được tin này" in hanh.talks(code, "[Chuyển lên cấp trên]", "[Không ghi gì thêm]")

    def test_with_nobody_above_it_stays(self, desk: Desk) -> None:
        hanh = officer(desk, SCHOOL)
        code = write(desk.member("an"))
        assert "Chưa có cán bộ nào ở cấp trên" in hanh.talks(code, "[Chuyển lên cấp trên]")
        assert TEXT in hanh.says(code)

    def test_marked_items_rise_to_the_top(self, desk: Desk) -> None:
        hanh = officer(desk, SCHOOL)
        codes = [write(desk.member(name)) for name in ("an", "binh", "chi")]
        last = max(codes)
        assert "Mức độ: Ảnh hưởng rộng" in hanh.talks(last, "[Đánh dấu mức độ]", "[Ảnh hưởng rộng]")
        hanh.says("/hopthu")
        assert hanh.labels[0] == last
        assert f"• {last} – Vấn đề bức xúc – Chờ trả lời – ảnh hưởng rộng –" in hanh.heard[-1].text
        assert "Mức độ" not in hanh.talks(last, "[Đánh dấu mức độ]", "[Ảnh hưởng rộng]")

    def test_danger_in_the_text_marks_it_urgent(self, desk: Desk) -> None:
        hanh = officer(desk, SCHOOL)
        code = write(desk.member("an"), text="Hôm qua có người bị ngất xỉu vì ngạt khí trong kho.")
        assert "dấu hiệu nguy hiểm đến con người" in hanh.hears()
        assert the(desk, code).urgent

    def test_of_two_officers_the_slower_is_told_and_overwrites_nothing(self, desk: Desk) -> None:
        hanh, binh = officer(desk, SCHOOL), officer(desk, SCHOOL, name="binh")
        an = desk.member("an")
        code = write(an)
        binh.talks(code, "[Báo kết quả]")
        hanh.talks(code, "[Giải thích]", BASIS, ANSWER)
        an.hears()
        assert "đã thay đổi sau khi đồng chí mở" in binh.says("Đã sửa xong.")
        assert an.hears() == ""
        assert the(desk, code).state == feedback.State.EXPLAINED

    def test_an_officer_may_close_what_was_answered_and_the_author_reopen_it_once(self, desk: Desk) -> None:
        hanh, an = officer(desk, SCHOOL), desk.member("an")
        code = write(an)
        hanh.talks(code, "[Báo kết quả]", ANSWER, code, "[Kết thúc]", "[Đồng ý kết thúc]")
        assert "đã xử lý xong" in an.hears()
        assert an.labels == ["Chưa thỏa đáng"]
        ask = an.button("Chưa thỏa đáng")
        an.talks("[Chưa thỏa đáng]", "Mái vẫn dột.")
        hanh.talks(code, "[Báo kết quả]", ANSWER)
        hanh.talks(code, "[Kết thúc]", "[Đồng ý kết thúc]")
        an.hears()
        assert "Trạng thái: Đã kết thúc" in an.sends(Pressed(ask))
        assert the(desk, code).state == feedback.State.SETTLED

    def test_reopening_sets_a_new_day_for_the_answer(self, desk: Desk) -> None:
        hanh, an = officer(desk, SCHOOL), desk.member("an")
        code = write(an)
        hanh.talks(code, "[Báo kết quả]", ANSWER)
        desk.now += timedelta(days=7)
        an.hears()
        an.talks("[Chưa thỏa đáng]", "Mái vẫn dột.")
        assert the(desk, code).due_on == date(2027, 3, 10)

    def test_somebody_elses_code_and_buttons_open_nothing(self, desk: Desk) -> None:
        code = write(desk.member("an"))
        binh = desk.member("binh")
        assert "không tìm thấy mã" in binh.says(code)
        for key in ("settled", "reopened", "added", "open"):
            assert TEXT not in binh.sends(Pressed(f"heard@{code}:{key}"))
        assert the(desk, code).revision == 1


class TestBeingLate:
    def escalate(self, desk: Desk, *moment: int) -> None:
        with desk.rows() as db:
            feedback_late.look(db, desk.office, datetime(2027, 3, *moment, tzinfo=UTC))

    def test_a_working_day_late_is_told_once_here_and_above_in_the_morning(self, desk: Desk) -> None:
        hanh, staff = officer(desk, SCHOOL), officer(desk, ABOVE, Role.STAFF, name="staff")
        code = write(desk.member("an"))
        hanh.hears()
        staff.hears()
        for early in ((3, 8), (3, 16), (4, 0, 59)):
            self.escalate(desk, *early)
            assert hanh.hears() == staff.hears() == ""
        self.escalate(desk, 4, 1)
        own, above = hanh.hears(), staff.hears()
        assert f"• {code} – Vấn đề bức xúc – quá hạn trả lời 1 ngày làm việc" in own
        assert "đã được báo lên Công đoàn ngành Giáo dục tỉnh" in own
        assert "1 ý kiến tại các đơn vị thuộc Công đoàn ngành Giáo dục tỉnh đã quá hạn" in above
        assert "• Công đoàn Trường THPT Đồi Sim: 1" in above
        assert code not in above
        self.escalate(desk, 5, 1)
        assert hanh.hears() == staff.hears() == ""
        assert TEXT in hanh.says(code)

    def test_one_message_however_many_are_late_and_two_days_later_the_next_level_up(self, desk: Desk) -> None:
        hanh, staff = officer(desk, SCHOOL), officer(desk, ABOVE, Role.STAFF, name="staff")
        top = officer(desk, "LDLD51", name="top")
        codes = [write(desk.member(name)) for name in ("an", "binh", "chi")]
        for each in (hanh, staff, top):
            each.hears()
        self.escalate(desk, 4, 2)
        assert all(code in hanh.hears() or code in hanh.heard[-1].text for code in codes)
        assert "3 ý kiến tại các đơn vị" in staff.hears()
        assert top.hears() == ""
        self.escalate(desk, 8, 2)
        assert "3 ý kiến tại các đơn vị thuộc Liên đoàn Lao động tỉnh" in top.hears()
        assert staff.hears() == ""
        for day in (9, 10, 11, 12):
            self.escalate(desk, day, 2)
        assert top.hears() == staff.hears() == ""

    def test_what_was_answered_in_time_is_never_late(self, desk: Desk) -> None:
        hanh = officer(desk, SCHOOL)
        code = write(desk.member("an"))
        hanh.talks(code, "[Kiến nghị]", "Hiệu trưởng nhà trường", "[Chưa có ngày hẹn]")
        self.escalate(desk, 10, 2)
        assert hanh.hears() == ""


class TestErasing:
    def test_what_has_a_name_goes_and_its_officer_is_told_what_has_none_stays_as_it_is(self, desk: Desk) -> None:
        hanh, an = officer(desk, SCHOOL), desk.member("an")
        hidden, named = write(an), write_named(an)
        hanh.talks(hidden, "[Báo kết quả]", ANSWER)
        an.hears()
        an.talks(hidden, "[Nhắn thêm]", "Một lời nhắn thêm.")
        assert TEXT in an.says("/dulieu") + an.presses("Xem bản sao dữ liệu")
        hanh.hears()
        before = hanh.says(hidden)
        an.talks("/dulieu", "[Xóa dữ liệu]", "XÓA DỮ LIỆU")
        told = hanh.hears()
        assert f"Ý kiến {named} đã được người gửi rút lại" in told
        assert hidden not in told
        item = the(desk, named)
        assert (item.text, item.author, item.blind, item.member_id, item.full_name) == (None,) * 5
        assert item.state == feedback.State.WITHDRAWN
        assert "Nội dung đã được xóa" in hanh.says(named)
        assert hanh.says(hidden) == before

    def test_a_copy_on_paper_tells_nobody_what_was_said_without_a_name(self, desk: Desk) -> None:
        an = desk.member("an")
        hidden, named = write(an), write_named(an)
        with desk.rows() as db:
            copy = data_requests.copy(db, desk.office, COMMAND_LINE, named, now=desk.now)
            assert named in copy
            assert hidden not in copy
            with pytest.raises(Refusal):
                data_requests.copy(db, desk.office, COMMAND_LINE, hidden, now=desk.now)
