"""What a channel or a restart could break: a text in parts, literal signs, links, second taps, a programme's end."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from handlers import programmes
from handlers.actors import COMMAND_LINE
from messages.types import LIMITS
from storage import units
from storage.tables import Member, Submission
from tests.box import Box, Person
from tests.union import OFFICE

QUESTIONS = ("[Thủ trưởng đơn vị]", "[Trong thời gian này]", "[Chưa]", "[Không]")
LITERAL = '<b>&" *_[`] =1+1 {{ 7*7 }}'
HALF = "Mỗi lớp có một tủ sách nhỏ do học sinh tự quản,"


async def known(box: Box, name: str) -> Person:
    """Somebody who handed something in before: the profile is there."""
    person = box.person(name)
    await person.talks("/start", "[Tôi đồng ý]")
    with box.database() as db:
        member, unit = db.scalars(select(Member)).one(), units.by_code(db, "GD51-01")
        assert unit is not None
        member.name, member.phone, member.place, member.group = "Nguyễn Văn An", "+84912345678", "51", "office"
        member.unit_id = unit.id
    return person


async def test_a_text_in_parts_survives_restarts_and_arrives_to_the_letter(box: Box) -> None:
    box.furnish()
    an = await known(box, "An")
    await an.talks("/sangkien", "[Đúng rồi]", *QUESTIONS, HALF)
    assert "chưa gửi hồ sơ nào" in await an.says("/tracuu")
    assert "Đã ghi nhận 47/1.000" in await an.says("Tiếp tục")
    assert "vượt mức tối đa 1.000 là 48 ký tự" in await an.says("ế" * 1000)
    assert "vẫn được giữ cho đến khi nội dung mới được nhận" in await an.says("Viết lại từ đầu")
    assert "Đã ghi nhận 1.000/1.000" in await an.says("ê\u0301" * 973 + LITERAL.ljust(27, "x"))
    assert LITERAL in await an.says("XONG")
    assert "“Gửi đi” hay “Hủy bỏ”" in await an.says("dung")
    done = await an.says("đúng")
    code = done.partition("Mã hồ sơ: ")[2][:11]
    assert code in await an.says("gửi đi")
    with box.database() as db:
        assert [row.text for row in db.scalars(select(Submission))] == ["ế" * 973 + LITERAL.ljust(27, "x")]


async def test_a_preview_left_open_past_the_end_is_sent_after_the_extension(box: Box) -> None:
    programme = box.furnish()
    an = await known(box, "An")
    await an.says("/start")
    box.move_clock(programme.closes_at - timedelta(minutes=10))
    await an.talks("/sangkien", "[Đúng rồi]", *QUESTIONS, HALF, "XONG")
    box.move_clock(programme.closes_at)
    refused = await an.presses("Gửi đi")
    assert "đã kết thúc nhận sáng kiến lúc 24h00" in refused
    assert "Bản nháp của anh/chị vẫn được giữ" in refused
    with box.database() as db:
        later = programme.closes_at + timedelta(days=10)
        programmes.extend(db, OFFICE, COMMAND_LINE, programme.code, later, now=programme.closes_at)
    assert HALF in await an.says("Tiếp tục")
    assert "Mã hồ sơ: SK-" in await an.presses("Gửi đi")


async def test_the_unit_of_a_poster_is_carried_by_the_button(box: Box) -> None:
    box.furnish()
    an = box.person("An")
    await an.says("/start u_GD51-01")
    agreed = await an.presses("Tôi đồng ý")
    if not LIMITS[box.channel].buttons:  # what is typed carries nothing
        assert "Công đoàn Trường THPT Đồi Sim" not in agreed
        return
    assert "Công đoàn Trường THPT Đồi Sim" in agreed
    assert "Sáng kiến thuộc nhóm nào" in await an.talks("/sangkien", "Nguyễn Văn An", "0912 345 678")
