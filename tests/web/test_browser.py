"""The chat and the demo in a real browser, on a phone and on a desk: it works, fits, and nothing is complained of."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from messages.types import Address, Outbound
from tests.browser import window
from tests.web.conftest import Pages, text_of

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
DESK = {"viewport": {"width": 1440, "height": 900}}
ZOOMED = {"viewport": {"width": 720, "height": 450}}
"""A desk at 200 %."""

VIOLATIONS = "document.addEventListener('securitypolicyviolation', (e) => console.error('CSP ' + e.violatedDirective))"
SMALL_TARGETS = """() => [...document.querySelectorAll('button, textarea, a')]
    .filter((e) => e.checkVisibility() && !e.closest('noscript'))
    .filter((e) => { const r = e.getBoundingClientRect(); return r.width < 44 || r.height < 44 })
    .map((e) => e.outerHTML)"""
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@dataclass
class Visit:
    """A browser's window and what it complained of."""

    page: Page
    context: BrowserContext
    complaints: list[str] = field(default_factory=list)

    async def fits(self) -> None:
        assert await self.page.evaluate(OVERFLOW) == 0
        assert await self.page.evaluate(SMALL_TARGETS) == []


@asynccontextmanager
async def visiting(browser: Browser, screen: dict[str, object], **options: object) -> AsyncIterator[Visit]:
    """A window of a size; at its end nothing may have been complained of."""
    context = await window(browser, **screen, **options)
    page = await context.new_page()
    visit = Visit(page, context)
    page.on("console", lambda said: visit.complaints.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    await page.add_init_script(VIOLATIONS)
    yield visit
    assert visit.complaints == []
    await context.close()


@pytest.mark.parametrize("screen", [PHONE, DESK, ZOOMED], ids=["phone", "desk", "zoomed"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_member_walks_through_the_chat(
    browser: Browser, pages: Pages, screen: dict[str, object], scheme: str
) -> None:
    async with visiting(browser, screen, color_scheme=scheme) as visit:
        page = visit.page
        await page.goto(f"{pages.url}/chat?u=QN01")
        await expect(page.get_by_text("Kính chào anh/chị!")).to_be_visible()
        assert page.url == f"{pages.url}/chat"
        await visit.fits()
        agree = page.get_by_role("button", name="Tôi đồng ý", exact=False).first
        await agree.click()
        await expect(agree).to_have_attribute("aria-pressed", "true")
        await page.get_by_role("button", name=re.compile("Gửi sáng kiến")).click()
        await expect(page.locator("#counter")).to_contain_text("0/1.000")
        await page.fill("#text", "XONG")
        await page.click("#send")
        await expect(page.get_by_role("button", name="Sao chép mã SK-27-4F7K2")).to_be_visible()
        await expect(page.locator(".mine")).to_have_text([re.compile("XONG")])
        await visit.fits()
        await page.reload()
        await expect(page.locator(".mine")).to_have_text([re.compile("XONG")])
        await expect(page.locator("[aria-pressed=true]")).to_have_count(2)
    assert text_of(pages.counterpart.heard[0]) == "/start u_QN01"


async def test_enter_sends_and_shift_enter_breaks_the_line(browser: Browser, pages: Pages) -> None:
    async with visiting(browser, DESK) as visit:
        page = visit.page
        await page.goto(f"{pages.url}/chat")
        await page.locator("#text").press_sequentially("một")
        await page.keyboard.press("Shift+Enter")
        await page.locator("#text").press_sequentially("hai")
        await page.keyboard.press("Enter")
        await expect(page.locator(".mine .text")).to_have_text("một\nhai", use_inner_text=True)
        await expect(page.locator("#text")).to_have_value("")


async def test_the_counter_counts_as_the_server_does(browser: Browser, pages: Pages) -> None:
    async with visiting(browser, DESK) as visit:
        page = visit.page
        await page.goto(f"{pages.url}/chat")
        await page.get_by_role("button", name="Tôi đồng ý").first.click()
        await page.get_by_role("button", name=re.compile("Gửi sáng kiến")).click()
        counter = page.locator("#counter")
        await expect(counter).to_be_visible()
        for text, level, figures in (
            ("e\u0302\u0301" * 899, "fine", "899/1.000"),
            (" \n" + "ê\u0301" * 900 + "\u200b \n", "near", "900/1.000"),
            ("ế" * 1000, "near", "1.000/1.000"),
            ("😀" * 1001, "over", "vượt 1 ký tự"),
            ("a\n\n\n\n\nb", "fine", "4/1.000"),
        ):
            await page.fill("#text", text)
            await expect(counter).to_have_attribute("data-level", level)
            await expect(counter).to_contain_text(figures)


async def test_a_line_that_could_not_be_sent_survives_a_reload_and_goes_once(browser: Browser, pages: Pages) -> None:
    context = await window(browser, **PHONE)
    page = await context.new_page()
    await page.goto(f"{pages.url}/chat")
    await expect(page.get_by_text("Kính chào anh/chị!")).to_be_visible()
    pages.counterpart.down = True
    await page.fill("#text", "giữ giúp tôi")
    await page.click("#send")
    await expect(page.get_by_role("button", name="Gửi lại")).to_be_visible()
    await expect(page.locator("#refusal")).to_contain_text("tạm gián đoạn")
    pages.counterpart.down = False
    await page.reload()
    await page.get_by_role("button", name="Gửi lại").click()
    await expect(page.get_by_text("Công đoàn đã đọc: giữ giúp tôi")).to_be_visible()
    await page.reload()
    await expect(page.locator(".mine")).to_have_count(1)
    await expect(page.get_by_role("button", name="Gửi lại")).to_have_count(0)
    tries = [heard.update_id for heard in pages.counterpart.heard if getattr(heard.event, "text", "") == "giữ giúp tôi"]
    assert len(tries) == 2
    assert len(set(tries)) == 1
    await context.close()


async def test_a_slow_turn_shows_dots_and_the_answer_takes_them_away(browser: Browser, pages: Pages) -> None:
    async with visiting(browser, PHONE) as visit:
        page = visit.page
        await page.goto(f"{pages.url}/chat")
        await expect(page.get_by_text("Kính chào anh/chị!")).to_be_visible()
        pages.counterpart.slow = 1.5
        await page.fill("#text", "chậm")
        await page.click("#send")
        await expect(page.locator(".typing")).to_be_visible()
        await expect(page.get_by_text("Công đoàn đã đọc: chậm")).to_be_visible()
        await expect(page.locator(".typing")).to_have_count(0)


async def test_who_reads_back_stays_there_and_is_told_of_news(browser: Browser, pages: Pages) -> None:
    async with visiting(browser, PHONE) as visit:
        page = visit.page
        address = Address("web", "demo-member")
        for number in range(20):
            await pages.counterpart.say(address, Outbound(f"Tin số {number}\ndòng hai\ndòng ba"))
        await page.goto(f"{pages.url}/demo/chat/member")
        await expect(page.get_by_text("Tin số 19")).to_be_in_viewport()
        await page.evaluate("document.getElementById('log').scrollTop = 0")
        await pages.counterpart.say(address, Outbound("Tin mới nhất"))
        await expect(page.locator("#pill")).to_be_visible()
        assert await page.evaluate("document.getElementById('log').scrollTop") == 0
        await page.click("#pill")
        await expect(page.get_by_text("Tin mới nhất")).to_be_in_viewport()
        await expect(page.locator("#pill")).to_be_hidden()


async def test_lost_connection_is_shown_until_it_is_back(browser: Browser, pages: Pages) -> None:
    context = await window(browser, **PHONE)
    page = await context.new_page()
    await page.goto(f"{pages.url}/chat")
    await expect(page.get_by_text("Kính chào anh/chị!")).to_be_visible()
    await context.set_offline(True)
    await expect(page.locator("#offline")).to_be_visible()
    await context.set_offline(False)
    await expect(page.locator("#offline")).to_be_hidden()
    await context.close()


async def test_without_script_the_chat_works_by_forms(browser: Browser, pages: Pages) -> None:
    async with visiting(browser, PHONE, java_script_enabled=False) as visit:
        page = visit.page
        await page.goto(f"{pages.url}/chat?u=QN01")
        await page.locator(".starter button").click()
        await page.locator(".chip").first.click()
        await expect(page.locator(".chip[aria-pressed=true]")).to_contain_text("Tôi đồng ý")
        await page.fill("#text", "Xin chào")
        await page.click("#send")
        await expect(page.locator(".mine .text")).to_have_text("Xin chào")
        await expect(page.locator(".theirs").last).to_be_in_viewport()


async def test_three_phones_stand_side_by_side_on_a_desk(browser: Browser, pages: Pages) -> None:
    async with visiting(browser, DESK) as visit:
        page = visit.page
        await page.goto(pages.url)
        for key in ("member", "officer", "staff"):
            phone = page.frame_locator(f"#phone-{key} iframe")
            await expect(phone.get_by_text("Kính chào anh/chị!")).to_be_visible()
        await visit.fits()
        await page.get_by_role("button", name="+ 1 ngày").click()
        await expect(page.locator("#clock")).to_contain_text("08:00 Thứ Ba 13/4")
        await expect(page.locator(".steps .done")).to_have_count(1)
        await pages.counterpart.say(Address("web", "demo-staff"), Outbound("Có việc mới."))
        await expect(page.locator("#phone-staff .fresh")).to_be_visible()


async def test_on_a_phone_the_three_are_tabs_and_a_dot_tells_of_news(browser: Browser, pages: Pages) -> None:
    async with visiting(browser, PHONE) as visit:
        page = visit.page
        await page.goto(pages.url)
        await expect(page.locator("#phone-member")).to_be_visible()
        await expect(page.locator("#phone-officer")).to_be_hidden()
        await expect(page.locator("#tab-officer .dot")).to_be_visible()
        await visit.fits()
        await page.locator("#tab-officer").click()
        await expect(page.locator("#phone-officer")).to_be_visible()
        await expect(page.locator("#tab-officer .dot")).to_be_hidden()
