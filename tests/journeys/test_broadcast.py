"""Staff write to their members: composed, previewed, tried, confirmed by the number, followed, held, sent (F5)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from handlers.actors import CLOCK
from handlers.news import broadcasts
from messages.types import Pressed
from storage import clock
from storage.outcomes import Outcome
from storage.tables import Role
from tests import people
from tests.box import Box
from tests.desk import Desk, Visitor
from tests.mailroom import Mailroom

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
WHOLE = "Công đoàn ngành Giáo dục tỉnh"
TEXT = "Kính mời anh/chị {{ ten }} dự hội thao của {{ to_chuc }}."


def daytime(box: Box) -> None:
    """Let the clock stand at ten in the morning of tomorrow."""
    with box.database() as db:
        tomorrow = clock.now(db).astimezone(VIETNAM).date() + timedelta(days=1)
        clock.move_to(db, datetime.combine(tomorrow, time(10), VIETNAM))


async def test_from_the_text_to_the_members_and_the_result(box: Box) -> None:
    box.furnish()
    daytime(box)
    staff = await box.officer("Tuấn", "LDLD51", Role.STAFF)
    an, binh = box.person("An"), box.person("Bình")
    for member in (an, binh):
        await member.talks("/start", "[Tôi đồng ý]")
    await an.talks("nhận tin", "[Nhận tin]")
    assert "Soạn tin truyền thông" in await staff.says("/soantin")
    assert "đoàn viên của đơn vị nào" in await staff.says(TEXT)
    preview = await staff.presses("Liên đoàn Lao động tỉnh Quảng Ngãi")
    assert "Kính mời anh/chị Tuấn dự hội thao của Công đoàn ngành Giáo dục tỉnh." in preview
    assert "Số người nhận: 1 (" in preview
    # Bình, and the staff member who writes
    assert "Tới được ngay 1/3 người. Chưa tới được:\n• 2 người: không đăng ký nhận tin" in preview
    assert "Kính mời anh/chị Tuấn dự hội thao" in (await staff.presses("Gửi thử cho tôi")).partition("Xem trước tin")[0]
    assert "kèm đúng số người nhận: GỬI 1" in await staff.presses("Gửi ngay")
    assert "nhắn “GỬI 1”" in await staff.says("gửi 2")
    assert "nhắn “GỬI 1”" in await staff.says("1")
    assert "hội thao" not in await an.hears()
    assert "Tin TIN-" in await staff.says("GUI 1 ")
    assert "Kính mời anh/chị dự hội thao của Công đoàn ngành Giáo dục tỉnh." in await an.hears()
    assert "hội thao" not in await binh.hears()
    async with box.bot() as running:
        await running.clockwork.tick_all(await running.writer.read(clock.now))
    assert "thành công 1, không gửi được 0" in await staff.hears()
    assert "hội thao" not in await an.hears()


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    desk = Desk(database_url)
    desk.furnish()
    yield desk
    desk.database.close()


@pytest.fixture
def room(desk: Desk) -> Mailroom:
    return Mailroom(desk)


@pytest.fixture
def staff(desk: Desk) -> Visitor:
    return people.officer(desk, "GD51", Role.STAFF, name="tuan")


def composed(staff: Visitor, *more: str, text: str = TEXT) -> str:
    staff.says("/soantin")
    if "Làm lại từ đầu" in staff.labels:
        staff.presses("Làm lại từ đầu")
    return staff.talks(text, f"[{WHOLE}]", *more)


class TestWho:
    def test_only_staff_compose(self, desk: Desk) -> None:
        assert "dành cho cán bộ Công đoàn" in desk.member("an").says("/soantin")
        hanh = people.officer(desk, "GD51-01", name="hanh")
        assert "dành cho cán bộ Công đoàn" in hanh.says("soạn tin")
        assert "📣 Soạn tin" not in hanh.labels

    def test_staff_find_it_in_their_menu(self, staff: Visitor) -> None:
        staff.says("menu")
        assert "📣 Soạn tin" in staff.labels

    def test_a_unit_of_others_is_no_audience(self, staff: Visitor, room: Mailroom) -> None:
        assert "thuộc phạm vi đồng chí phụ trách" in staff.talks("/soantin", TEXT, "LDLD51")
        room.subscribe("a", "GD51-02")
        assert "Công đoàn Trường THPT Bến Lau" in staff.says("gd51-02")

    def test_the_broadcasts_of_others_do_not_exist(self, desk: Desk, room: Mailroom, staff: Visitor) -> None:
        room.subscribe("a")
        code = composed(staff, "[Gửi ngay]", "gửi 1").split()[1].rstrip(":")
        other = people.officer(desk, "GD51-02", Role.STAFF, name="khac")
        assert "dành cho cán bộ Công đoàn" in other.sends(Pressed(f"broadcast@{code}:cancel_message"))
        assert code not in other.says(code)
        assert room.deliver() != {}


class TestTheText:
    @pytest.mark.parametrize(
        ("text", "answer"),
        [
            ("{{ phone }}", "chỉ được dùng: {{ ten }}, {{ don_vi }}, {{ to_chuc }}"),
            ("{% for a in range(9) %}a{% endfor %}", "chỉ được dùng"),
            ("{{ ten", "dấu ngoặc nhọn chưa khớp"),
            ("x" * 1001, "dài quá 1.000 ký tự"),
        ],
    )
    def test_what_cannot_be_sent_is_said_kindly_and_may_be_put_right(
        self, staff: Visitor, text: str, answer: str
    ) -> None:
        assert answer in staff.talks("/soantin", text)
        assert "đoàn viên của đơn vị nào" in staff.says("Tin đã sửa")

    def test_it_may_be_changed_after_the_preview_and_so_may_the_audience(self, staff: Visitor, room: Mailroom) -> None:
        room.subscribe("a", "GD51-01")
        composed(staff, "[Sửa lại]")
        assert "Tin khác" in staff.says("Tin khác")
        assert "Bến Lau" in staff.talks("[Đổi đối tượng]", "GD51-02")
        assert "Gửi ngay" not in staff.labels, "nobody there takes news"

    def test_a_word_of_the_menu_is_asked_about_and_may_be_the_text(self, staff: Visitor) -> None:
        assert "là câu trả lời" in staff.talks("/soantin", "Gửi sáng kiến")
        assert "đoàn viên của đơn vị nào" in staff.says("1")

    def test_a_draft_that_was_left_reaches_nobody_and_waits(self, staff: Visitor, room: Mailroom) -> None:
        room.subscribe("a")
        assert "chưa gửi cho ai. Bản nháp được giữ" in composed(staff, "[Hủy tin]")
        assert room.deliver().get("a") is None


class TestTheNumber:
    def test_it_is_compared_with_the_audience_of_that_moment(self, staff: Visitor, room: Mailroom) -> None:
        room.subscribe("a")
        composed(staff, "[Gửi ngay]")
        room.subscribe("b")
        assert "nhắn “GỬI 2”" in staff.says("gửi 1")
        assert "Tin TIN-" in staff.says("gửi 2")
        assert sorted(chat for chat in room.deliver() if len(chat) == 1) == ["a", "b"]

    def test_huy_leaves_and_nothing_is_sent(self, staff: Visitor, room: Mailroom) -> None:
        room.subscribe("a")
        composed(staff, "[Gửi ngay]", "hủy")
        staff.says("gửi 1")
        assert "a" not in room.deliver()

    def test_typing_it_twice_sends_once(self, staff: Visitor, room: Mailroom) -> None:
        room.subscribe("a")
        composed(staff, "[Gửi ngay]", "gửi 1")
        staff.says("gửi 1")
        assert room.deliver()["a"].count("hội thao") == 1
        assert "a" not in room.deliver()


class TestTheTime:
    def test_a_day_and_an_hour(self, desk: Desk, staff: Visitor, room: Mailroom) -> None:
        room.subscribe("a")
        answer = composed(staff, "[Hẹn giờ]", "8h ngày 5/3")
        assert "bắt đầu lúc 08:00, Thứ Sáu 05/03/2027" in answer
        assert "đã hẹn giờ lúc 08:00, Thứ Sáu 05/03/2027" in staff.says("gửi 1")
        assert "a" not in room.deliver()
        desk.now = datetime(2027, 3, 5, 8, tzinfo=VIETNAM)
        assert "hội thao" in room.deliver()["a"]

    def test_a_day_alone_means_the_morning_and_an_hour_alone_the_next_one(self, staff: Visitor, room: Mailroom) -> None:
        room.subscribe("a")
        assert "08:00, Thứ Sáu 05/03/2027" in composed(staff, "[Hẹn giờ]", "5/3")
        assert "17:30, Thứ Hai 01/03/2027" in composed(staff, "[Hẹn giờ]", "17h30")
        assert "08:15, Thứ Ba 02/03/2027" in composed(staff, "[Hẹn giờ]", "8:15")

    @pytest.mark.parametrize("typed", ["mai", "1/1/2020", "25h", "9h ngày 1/3/2027"])
    def test_what_is_past_or_unread_is_asked_again(self, staff: Visitor, room: Mailroom, typed: str) -> None:
        room.subscribe("a")
        assert "chưa đọc được thời điểm" in composed(staff, "[Hẹn giờ]", typed)

    def test_at_night_it_says_when_it_will_go(self, desk: Desk, staff: Visitor, room: Mailroom) -> None:
        room.subscribe("a")
        assert "ngoài khung gửi tin (07:00–21:00)" in composed(staff, "[Hẹn giờ]", "22h ngày 5/3")
        desk.now = datetime(2027, 3, 1, 22, tzinfo=VIETNAM)
        answer = composed(staff, "[Gửi ngay]")
        assert "Tin sẽ được gửi lúc 07:00, Thứ Ba 02/03/2027" in answer


class TestOnItsWay:
    def test_progress_hold_and_going_on(self, staff: Visitor, room: Mailroom) -> None:
        room.subscribe("a")
        assert "đang gửi" in composed(staff, "[Gửi ngay]", "gửi 1")
        assert "Đã gửi 0/1 người, đang chờ 1" in staff.presses("Xem tiến độ")
        assert "đang tạm dừng" in staff.presses("Tạm dừng gửi")
        assert "a" not in room.deliver()
        assert "đang gửi" in staff.presses("Gửi tiếp")
        assert "a" in room.deliver()
        assert "Đã gửi 1/1 người" in staff.presses("Xem tiến độ")

    def test_cancelled_it_reaches_nobody_and_old_buttons_do_nothing(self, staff: Visitor, room: Mailroom) -> None:
        room.subscribe("a")
        composed(staff, "[Gửi ngay]", "gửi 1")
        go_on = staff.button("Tạm dừng gửi")
        assert "1 người đang chờ sẽ không nhận được" in staff.presses("Hủy tin")
        assert "đã hủy" in staff.presses("Đồng ý hủy tin")
        assert "đã hủy" in staff.sends(Pressed(go_on))
        assert "a" not in room.deliver()

    def test_its_code_shows_it_again(self, staff: Visitor, room: Mailroom) -> None:
        room.subscribe("a")
        code = composed(staff, "[Gửi ngay]", "gửi 1").split()[1].rstrip(":")
        assert f"Tin {code}: đang gửi" in staff.says(code.lower().replace("-", " "))

    def test_who_may_have_got_it_is_listed_and_sent_to_again_by_a_button(
        self, desk: Desk, staff: Visitor, room: Mailroom
    ) -> None:
        room.subscribe("a", name="Nguyễn Văn An")
        composed(staff, "[Gửi ngay]", "gửi 1")
        room.deliver({"a": Outcome.UNKNOWN})
        with desk.rows() as db:
            broadcasts.tick(db, desk.office, CLOCK, now=desk.now)
        assert "Chưa rõ kết quả: 1 người" in staff.hears()
        assert "Nguyễn Văn An" not in staff.presses("Gửi lại người chưa rõ")
        assert "hội thao" in room.deliver()["a"]
