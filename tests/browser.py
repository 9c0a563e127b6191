"""A real browser for the tests: the Chromium of this machine, driven by playwright, deaf to every other machine.

A new process for every test (it costs about a second), so that browser and server share the test's own event loop.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Browser, BrowserContext, async_playwright, expect

from tests import patience
from tools.install import find_chromium

SWITCHES = (
    "--no-sandbox",  # the tests run as root, on pages of our own
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)


MILLISECONDS = patience.SECONDS * 1000
expect.set_options(timeout=MILLISECONDS)


@asynccontextmanager
async def launch() -> AsyncIterator[Browser]:
    """A browser without pages; it ends with the block."""
    program = find_chromium()
    assert program, "no Chromium on this machine: `make chromium` installs it"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=list(SWITCHES), timeout=MILLISECONDS)
        try:
            yield browser
        finally:
            await browser.close()


async def window(browser: Browser, **options: Any) -> BrowserContext:
    """What a visitor sees and keeps, no less patient than the test."""
    context = await browser.new_context(**options)
    context.set_default_timeout(MILLISECONDS)
    return context
