"""From a link in the chat to a file handed in, on a phone: what is shown fits and loads."""

from __future__ import annotations

from playwright.async_api import Browser, expect

from bot.web import cookies
from handlers.files import files
from messages.types import Address, Outbound
from storage import clock, transcript
from storage.database import Transaction
from tests.box import SEALS
from tests.web.test_browser import OVERFLOW, PHONE, SMALL_TARGETS, visiting
from tests.web.test_files import HOME, SCAN, Counter, counter

__all__ = ["counter"]


async def test_a_link_in_the_chat_leads_to_the_page_that_takes_the_file(counter: Counter, browser: Browser) -> None:
    offer = await counter.offer()
    secret = cookies.new_secret()
    chat = Address("web", cookies.chat_of(secret))
    picture = f"{HOME}/pictures/GD51-01.png"
    await counter.writer.run(
        keep, chat, 1, Outbound(f"Gửi tệp ở đây:\n{offer.link}\nhttps://elsewhere.example/files/x")
    )
    await counter.writer.run(keep, chat, 2, Outbound("Mã QR", picture=picture))
    here = str(counter.client.make_url("/")).rstrip("/")
    async with visiting(browser, PHONE) as visit:
        cookie = {"name": cookies.name_of(secure=False), "value": cookies.signed(secret, SEALS), "url": here}
        await visit.context.add_cookies([cookie])
        page = visit.page
        await page.goto(f"{here}/chat")
        await visit.fits()
        await expect(page.locator(".bubble a")).to_have_count(1)
        shown = page.get_by_alt_text("Mã QR")
        await shown.scroll_into_view_if_needed()
        await page.wait_for_function("() => document.querySelector('.picture').naturalWidth > 0")
        async with visit.context.expect_page() as opened:
            await page.locator(".bubble a").click()
        form = await opened.value
        await expect(form.get_by_role("heading", name="Hồ sơ khen thưởng")).to_be_visible()
        assert await form.evaluate(OVERFLOW) == 0
        assert await form.evaluate(SMALL_TARGETS) == []
        await form.fill("#code", offer.code)
        scan = {"name": "Tờ trình.pdf", "mimeType": "application/pdf", "buffer": SCAN}
        await form.set_input_files("#file", [scan])  # type: ignore[list-item]
        await form.get_by_role("button", name="Gửi tệp").click()
        await expect(form.get_by_text("Tờ trình.pdf")).to_be_visible()
    (kept,) = await counter.writer.read(files.of_subject, "award", "KT-1")
    assert kept.name == "Tờ trình.pdf"


def keep(db: Transaction, chat: Address, number: int, message: Outbound) -> None:
    transcript.write_theirs(db, chat, db.seals.seal(message.to_json()), outbox_id=number, now=clock.now(db))
