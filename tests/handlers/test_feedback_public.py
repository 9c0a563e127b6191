"""Results told to a unit's members: officers' words only, where an author can hide, to who takes news, once (F11)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import pytest
from sqlalchemy import select

from handlers.actors import CLOCK
from handlers.news import broadcasts
from messages.types import Pressed
from storage import members
from storage.tables import Broadcast, Outbox, Role
from tests.desk import Desk, Visitor
from tests.people import NAME, officer
from tests.voices import ABOVE, OTHER_SCHOOL, SCHOOL, SMALL, TEXT, the, write, write_named

ANSWER = "Nhà trường đã lợp lại mái nhà xe, xin mời anh chị em để xe như cũ."
WORDS = "Chỗ để xe của một trường bị hỏng mái; Công đoàn đã làm việc và mái đã được thay mới."
MORE = "Bếp ăn tập thể đã có thêm quạt thông gió sau kiến nghị của Công đoàn."


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    desk = Desk(database_url)
    desk.furnish()
    yield desk
    desk.database.close()


@dataclass
class School:
    """An officer, an author with an answered item, a colleague who takes news, one who does not."""

    hanh: Visitor
    an: Visitor
    code: str
    reader: Visitor
    silent: Visitor


def school(desk: Desk) -> School:
    hanh, an = officer(desk, SCHOOL), desk.member("an")
    code = write(an)
    reader, silent = colleague(desk, "binh", news=True), colleague(desk, "chi", news=False)
    hanh.talks(code, "[Báo kết quả]", ANSWER)
    an.hears()
    return School(hanh, an, code, reader, silent)


def colleague(desk: Desk, name: str, *, news: bool, unit: str = SCHOOL) -> Visitor:
    """Somebody of a unit."""
    visitor = desk.member(name)
    with desk.rows() as db:
        (known,) = members.by_addresses(db, [visitor.address]).values()
        found = broadcasts.units.by_code(db, unit)
        assert found is not None
        known.member.unit_id = found.id
    if news:
        visitor.talks("/nhantin", "[Nhận tin]")
    return visitor


def sent(desk: Desk) -> list[Broadcast]:
    """Every broadcast, and the clock has looked."""
    with desk.rows() as db:
        broadcasts.tick(db, desk.office, CLOCK, now=desk.now)
        return list(db.scalars(select(Broadcast).order_by(Broadcast.id)))  # type: ignore[arg-type]


def recipients(desk: Desk) -> list[str]:
    with desk.rows() as db:
        return list(db.scalars(select(Outbox.chat).where(Outbox.topic == "news").order_by(Outbox.chat)))


def test_members_who_take_news_are_told_once_in_an_officers_words(desk: Desk) -> None:
    there = school(desk)
    assert "bằng lời của Công đoàn" in there.hanh.talks(there.code, "[Công bố kết quả]")
    preview = there.hanh.says(WORDS)
    assert f"• {WORDS}" in preview
    assert "Đối tượng: đoàn viên thuộc Công đoàn Trường THPT Đồi Sim đã đăng ký nhận tin, 1 người." in preview
    button = there.hanh.button("Công bố ngay")
    assert "đến 1 đoàn viên" in there.hanh.presses("Công bố ngay")
    (row,) = sent(desk)
    assert "tháng 3/2027" in row.text
    for kept_back in (there.code, TEXT, ANSWER, NAME, "01/03"):
        assert kept_back not in row.text
    assert recipients(desk) == [there.reader.address.chat]
    assert the(desk, there.code).published_on == date(2027, 3, 1)
    there.hanh.sends(Pressed(button))
    assert len(sent(desk)) == 1
    there.hanh.says(there.code)
    assert "Công bố kết quả" not in there.hanh.labels


def test_nothing_is_told_that_leads_to_who_wrote_it(desk: Desk) -> None:
    there = school(desk)
    there.an.talks(there.code, "[Nhắn thêm]", "Cô văn thư phòng hành chính cũng bị ướt hết hồ sơ.")
    there.hanh.talks(there.code, "[Công bố kết quả]")
    for words, why in (
        ("Có người nêu nhà xe của trường dột từ đầu mùa mưa, nay đã sửa xong.", "giống lời người gửi"),
        ("Đã hỗ trợ cô văn thư phòng hành chính cũng bị ướt hồ sơ.", "giống lời người gửi"),
        (f"Ý kiến {there.code} về chỗ để xe đã được giải quyết xong.", "không ghi mã ý kiến"),
        ("Chỗ để xe đã được sửa xong lúc 14h30 sau khi Công đoàn kiến nghị.", "không ghi ngày hay giờ"),
        ("Chỗ để xe đã được sửa xong ngày 12 sau khi Công đoàn kiến nghị.", "không ghi ngày hay giờ"),
        ("Chỗ để xe đã được {{ lam }} sau khi Công đoàn kiến nghị.", "ngoặc nhọn"),
        ("Đã xong.", "từ 20 đến 300 ký tự"),
    ):
        assert why in there.hanh.says(words), words
    assert sent(desk) == []


def test_the_name_of_who_signed_is_not_told(desk: Desk) -> None:
    hanh, an = officer(desk, SCHOOL), desk.member("an")
    code = write_named(an)
    hanh.talks(code, "[Báo kết quả]", ANSWER, code, "[Công bố kết quả]")
    assert "có tên của người gửi" in hanh.says(f"Theo đề nghị của anh {NAME}, mái nhà xe đã được thay mới.")


def test_a_variable_of_broadcasts_is_no_way_to_a_name_either(desk: Desk) -> None:
    there = school(desk)
    there.hanh.talks(there.code, "[Công bố kết quả]")
    assert "ngoặc nhọn" in there.hanh.says("Chỗ để xe đã được sửa, xin cảm ơn anh {{ ten }} đã góp ý.")


def test_what_is_kept_for_later_goes_with_the_next(desk: Desk) -> None:
    there = school(desk)
    binh = desk.member("binh")
    second = write(binh, text="Bếp ăn của trường nóng quá, mong có thêm quạt thông gió cho các cô nấu bếp.")
    there.hanh.talks(second, "[Báo kết quả]", "Đã lắp thêm hai quạt.")
    there.hanh.talks(second, "[Công bố kết quả]", MORE)
    assert "đi cùng lần công bố tới" in there.hanh.presses("Để lần sau")
    assert sent(desk) == []
    preview = there.hanh.talks(there.code, "[Công bố kết quả]", WORDS)
    assert "Số việc trong tin: 2" in preview
    there.hanh.presses("Công bố ngay")
    (row,) = sent(desk)
    assert WORDS in row.text
    assert MORE in row.text
    assert the(desk, second).published_on is not None


def test_a_small_unit_is_not_told_of_one_of_its_few_but_the_level_above_may_tell_all(desk: Desk) -> None:
    hanh, staff = officer(desk, SMALL), officer(desk, ABOVE, Role.STAFF, name="staff")
    code = write_named(desk.member("an"), unit=SMALL)
    reader = colleague(desk, "binh", news=True, unit=OTHER_SCHOOL)
    hanh.talks(code, "[Báo kết quả]", ANSWER)
    refused = hanh.talks(code, "[Công bố kết quả]", WORDS)
    assert "chưa đủ đông để giữ kín người gửi" in refused
    assert hanh.labels == ["Để lần sau", "Nhập lại", "Hủy bỏ"]
    hanh.presses("Để lần sau")
    assert "không tìm thấy mã" in staff.says(code)
    own = write(desk.member("chi"), way="Gửi thẳng cấp trên")
    staff.talks(own, "[Báo kết quả]", ANSWER)
    preview = staff.talks(own, "[Công bố kết quả]", MORE)
    assert "đoàn viên thuộc Công đoàn ngành Giáo dục tỉnh đã đăng ký nhận tin, 1 người" in preview
    assert "Số việc trong tin: 2" in preview
    staff.presses("Công bố ngay")
    (row,) = sent(desk)
    assert MORE in row.text
    assert WORDS in row.text
    assert the(desk, code).published_on is not None
    assert recipients(desk) == [reader.address.chat]


def test_where_nobody_takes_news_the_words_are_kept(desk: Desk) -> None:
    hanh, an = officer(desk, SCHOOL), desk.member("an")
    code = write(an)
    hanh.talks(code, "[Báo kết quả]", ANSWER)
    assert "chưa có đoàn viên nào" in hanh.talks(code, "[Công bố kết quả]", WORDS)
    assert "Công bố ngay" not in hanh.labels


def test_of_two_officers_who_tell_the_same_the_slower_tells_nothing(desk: Desk) -> None:
    there = school(desk)
    binh = officer(desk, SCHOOL, name="binh")
    for each in (there.hanh, binh):
        each.talks(there.code, "[Công bố kết quả]", WORDS)
    there.hanh.presses("Công bố ngay")
    assert "đã thay đổi sau khi đồng chí mở" in binh.presses("Công bố ngay")
    assert len(sent(desk)) == 1
