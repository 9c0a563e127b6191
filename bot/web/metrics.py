"""/metrics, on a port of its own: for the machine's own network, never for members."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from bot.meters import CONTENT_TYPE

Page = Callable[[], Awaitable[str]]


def application(page: Page) -> web.Application:
    """One address, one page."""

    async def show(request: web.Request) -> web.Response:
        return web.Response(body=(await page()).encode(), headers={"Content-Type": CONTENT_TYPE})

    app = web.Application()
    app.router.add_get("/metrics", show)
    return app


@asynccontextmanager
async def listening(page: Page, host: str, port: int | None) -> AsyncIterator[None]:
    """Answer while the block runs; without a port not at all."""
    if port is None:
        yield
        return
    runner = web.AppRunner(application(page), access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield
    finally:
        await runner.cleanup()
