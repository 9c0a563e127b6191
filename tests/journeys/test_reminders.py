"""An officer is reminded of a duty, puts it off, looks at the list, reports it done (F4)."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from messages.dates import ZONE
from storage import clock, programmes
from tests.box import Box
from tests.journeys.test_initiative import hand_in

SCHOOL = "GD51-01"
TITLE = "Chọn sáng kiến xuất sắc, tiêu biểu gửi Công đoàn cấp trên"


def last_day(box: Box) -> datetime:
    """08:00 on the last day on which an initiative can still be chosen: the bound is the midnight after it."""
    with box.database() as db:
        programme = programmes.all_open(db, clock.now(db))[0]
        bound = programmes.duties(db, programme.id or 0)[0].due_at.astimezone(ZONE)
    return datetime.combine((bound - timedelta(days=1)).date(), time(8), ZONE)


async def passes(box: Box, moment: datetime) -> None:
    """The office's clock comes to a moment and looks."""
    box.move_clock(moment)
    async with box.bot() as running:
        await running.clockwork.tick_all(moment)


async def test_from_the_first_reminder_to_the_report(box: Box) -> None:
    box.furnish(opened=60)
    last = last_day(box)
    hanh, an = await box.officer("Hạnh", SCHOOL), box.person("An")
    await hand_in(an)
    await hanh.hears()
    await passes(box, last - timedelta(days=7))
    reminder = await hanh.hears()
    for shown in ("còn 7 ngày", TITLE, "Đồi Sim", "Gửi về: Công đoàn ngành Giáo dục tỉnh", "đã nhận 1", "đã chọn 0/1"):
        assert shown in reminder
    assert hanh.labels == ["Đã hoàn thành", "Nhắc lại sau"]
    assert "nhắc lại đồng chí" in await hanh.presses("Nhắc lại sau")
    await passes(box, last - timedelta(days=6))
    assert "còn 6 ngày" in await hanh.hears()
    await passes(box, last - timedelta(days=6) + timedelta(hours=2))
    assert await hanh.hears() == ""
    assert f"1. {TITLE}" in await hanh.says("/nhiemvu")
    assert "còn 6 ngày" in await hanh.presses("Việc 1")
    assert f"hoàn thành “{TITLE}”" in await hanh.presses("Đã hoàn thành")
    assert TITLE not in await hanh.says("nhiệm vụ")
    await passes(box, last - timedelta(days=3))
    assert await hanh.hears() == ""


async def test_duties_are_for_officers(box: Box) -> None:
    box.furnish()
    an = box.person("An")
    assert "dành cho cán bộ Công đoàn" in await an.talks("/start", "[Tôi đồng ý]", "/nhiemvu")
