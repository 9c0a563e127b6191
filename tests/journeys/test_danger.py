"""Somebody in despair writes: heard on every channel, a call asked for and made, and what was begun goes on."""

from __future__ import annotations

from sqlalchemy import select

from storage.tables import Callback, Member
from tests.box import Box
from tests.voices import SCHOOL, code_in

DESPAIR = "Em không muốn sống nữa, tổ trưởng ép quá."
WHERE = ("quang ngai", "gd51-01")
REPROACHES = ("chưa hiểu", "hỗ trợ việc gì", "Bước")


async def test_a_call_is_asked_for_in_the_middle_of_a_draft_and_the_draft_is_sent(box: Box) -> None:
    box.furnish()
    hanh, an = await box.officer("Hạnh", SCHOOL), box.person("An")
    with box.database() as db:
        db.scalars(select(Member)).one().name = "Lê Thị Hạnh"
    await an.talks("/start", "[Tôi đồng ý]", "/ykien", "[Vấn đề bức xúc]", "[Tiền lương]", *WHERE)
    await an.talks("[Cán bộ đơn vị tôi]", "[Gửi ẩn danh]")
    said = await an.says(DESPAIR)
    assert "Anh/chị không phải chịu điều này một mình" in said
    assert not any(reproach in said for reproach in REPROACHES)
    assert "Lê Thị Hạnh (Công đoàn Trường THPT Đồi Sim)" in said
    assert an.labels[:3] == ["Nhờ gọi lại", "Viết tiếp", "Về trang chính"]
    await an.presses("Nhờ gọi lại")
    assert "số điện thoại" in await an.presses("Đồng ý, nhờ gọi lại")
    assert "trước 10h00 ngày 1/3" in await an.says("0912 345 678")
    pushed = await hanh.hears()
    assert "0912 345 678" in pushed
    assert DESPAIR not in pushed
    assert "Công đoàn đã nhận phần này" in await an.presses("Viết tiếp")
    preview = await an.talks("Chuyện đã ba tháng nay.", "XONG")
    assert f"{DESPAIR}\nChuyện đã ba tháng nay." in preview
    assert code_in(await an.presses("Gửi đi"))
    assert "nguy hiểm đến con người" in await hanh.hears()
    await hanh.presses("Mở hồ sơ")


async def test_the_officer_says_that_they_called_and_the_caller_hears_it(box: Box) -> None:
    box.furnish()
    hanh, an = await box.officer("Hạnh", SCHOOL), box.person("An")
    with box.database() as db:
        db.scalars(select(Member)).one().name = "Lê Thị Hạnh"
    await an.talks("/start", "[Tôi đồng ý]", "/ykien", "[Vấn đề bức xúc]", "[Tiền lương]", *WHERE, DESPAIR)
    await an.talks("[Nhờ gọi lại]", "[Đồng ý, nhờ gọi lại]", "0912 345 678")
    await hanh.hears()
    assert "báo cho người nhờ gọi" in await hanh.presses("Đã gọi")
    assert "Lê Thị Hạnh báo đã gọi" in await an.hears()
    with box.database() as db:
        assert db.scalars(select(Callback)).all() == []


async def test_a_stranger_is_told_the_truth_and_the_number_they_type_agrees_to_nothing(box: Box) -> None:
    box.furnish()
    an = box.person("An")
    await an.says("/start")
    said = await an.says(DESPAIR)
    assert "chưa lưu tin vừa rồi và chưa có ai đọc" in said
    assert an.labels == ["Bắt đầu"]
    assert "Anh/chị có đồng ý không?" in await an.presses("Bắt đầu")
    with box.database() as db:
        assert db.scalars(select(Member)).all() == []
