"""The demo, walked in a real browser from the first greeting to the good news, as a first visitor would."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Frame, Page, expect

from bot import app, config
from bot.settings import Settings
from tests.browser import window

TEXT = "Mỗi lớp có một tủ sách nhỏ do học sinh tự quản, thay vì chờ mượn ở thư viện chung."
MORE = "Mười hai lớp đã có tủ sách do học sinh tự quản; số lượt mượn tăng gấp ba sau một học kỳ."
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


@asynccontextmanager
async def demo(folder: Path) -> AsyncIterator[str]:
    """The demo, served; its address."""
    settings = config.for_demo(Settings(), folder)
    async with app.running(settings, demo=True) as running, TestServer(running.site, host="127.0.0.1") as server:
        yield str(server.make_url("/"))


@asynccontextmanager
async def visit(browser: Browser, url: str, size: dict[str, int]) -> AsyncIterator[Page]:
    """A page on which nothing may go wrong unseen."""
    page = await (await window(browser, viewport=size)).new_page()
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    await page.goto(url)
    yield page
    assert trouble == []


def phone_of(page: Page, key: str) -> Frame:
    """One person's chat."""
    return next(frame for frame in page.frames if frame.url.endswith(f"/demo/chat/{key}"))


async def press(chat: Frame, label: str) -> None:
    """The newest chip with this label."""
    chip = chat.locator(f'button.chip[data-label="{label}"]').last
    await chip.click()


async def type_in(chat: Frame, text: str) -> None:
    """Type a line and send it."""
    await chat.fill("textarea", text)
    await chat.press("textarea", "Enter")


async def say(chat: Frame, text: str, answer: str) -> None:
    """Type a line and wait for what it brings."""
    await type_in(chat, text)
    await expect(chat.get_by_text(answer).last).to_be_visible()


async def hand_in(member: Frame) -> None:
    """The member's part: from the notice to the code."""
    await press(member, "Tôi đồng ý")
    await press(member, "Không nhận tin")
    await press(member, "💡 Gửi sáng kiến")
    await say(member, "Nguyễn Văn An", "Bước 2/")
    await say(member, "0912 345 678", "Bước 3/")
    await say(member, "quang ngai", "Bước 4/")
    await say(member, "doi sim", "tìm thấy 1 đơn vị")
    for label in ("Công đoàn Trường THPT Đồi Sim", "Khối cơ quan, sự nghiệp", "Thủ trưởng đơn vị"):
        await press(member, label)
    for label in ("Trong thời gian này", "Chưa", "Không"):
        await press(member, label)
    await expect(member.get_by_text("Mời anh/chị mô tả sáng kiến")).to_be_visible()
    await say(member, TEXT, f"Đã ghi nhận {len(TEXT)}/1.000")
    await press(member, "XONG")
    await press(member, "Gửi đi")
    await expect(member.get_by_text("Mã hồ sơ:")).to_be_visible()


async def test_a_visitor_sees_the_whole_story_happen_on_three_phones(browser: Browser, tmp_path: Path) -> None:
    async with demo(tmp_path) as url, visit(browser, url, DESK) as page:
        await expect(page.frame_locator("iframe").first.locator("textarea")).to_be_visible()
        member, officer = phone_of(page, "member"), phone_of(page, "officer")
        await hand_in(member)
        await press(officer, "Mở hồ sơ")
        await press(officer, "Tiếp nhận")
        await expect(officer.get_by_text("– Đã tiếp nhận")).to_be_visible()
        await press(officer, "Cần bổ sung")
        await expect(officer.get_by_text("cần tác giả bổ sung")).to_be_visible()
        await type_in(officer, "Anh ghi rõ giúp số lớp đã áp dụng.")
        await expect(member.get_by_text("Anh ghi rõ giúp số lớp")).to_be_visible()
        await press(member, "Bổ sung nội dung")
        await say(member, MORE, f"Đã ghi nhận {len(MORE)}/1.000")
        await press(member, "XONG")
        await expect(member.get_by_text("Bổ sung ngày")).to_be_visible()
        await press(member, "Gửi đi")
        await expect(officer.get_by_text("tác giả đã bổ sung")).to_be_visible()
        await press(officer, "Mở hồ sơ")
        await expect(officer.get_by_text(MORE)).to_be_visible()
        await press(officer, "Công nhận")
        await expect(officer.get_by_text("đã đồng ý cho áp dụng chưa")).to_be_visible()
        await press(officer, "Đã đồng ý, công nhận")
        await expect(member.get_by_text("Chúc mừng anh/chị An")).to_be_visible()
        for title in ("Đoàn viên gửi sáng kiến", "Cán bộ tiếp nhận", "Cán bộ công nhận"):
            await expect(page.locator("li.done").filter(has_text=title)).to_be_visible()


async def test_the_clock_jumps_a_day_and_keeps_it_over_a_restart(browser: Browser, tmp_path: Path) -> None:
    async with demo(tmp_path) as url, visit(browser, url, DESK) as page:
        before = await page.locator(".now strong").inner_text()
        await page.get_by_role("button", name="+ 1 ngày").click()
        await expect(page.locator(".now strong")).not_to_have_text(before)
        after = await page.locator(".now strong").inner_text()
    assert before.split()[-1] != after.split()[-1]
    async with demo(tmp_path) as url, visit(browser, url, DESK) as page:
        assert (await page.locator(".now strong").inner_text()).split()[-1] == after.split()[-1]


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
async def test_the_page_fits_desk_and_phone_without_sideways_scrolling(
    browser: Browser, tmp_path: Path, size: dict[str, int]
) -> None:
    async with demo(tmp_path) as url, visit(browser, url, size) as page:
        await expect(page.locator(".now")).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
