"""Whether the program lives, and whether it can do its work."""

from __future__ import annotations

from aiohttp import web

from bot.web.keys import ACCOUNTS, RECORDS
from storage import clock, outbox
from storage.database import Transaction


async def alive(request: web.Request) -> web.Response:
    """The process answers."""
    return web.Response(text="ok")


async def ready(request: web.Request) -> web.Response:
    """The database answers; how long the oldest unsent row has waited. A database that fails makes this a 503."""
    waiting = await request.app[RECORDS].read(_oldest)
    accounts = request.app[ACCOUNTS]
    return web.json_response({"database": "ok", "channels": accounts, "oldest_unsent_seconds": waiting})


def _oldest(db: Transaction) -> float | None:
    """Seconds since the oldest waiting row was due; None when nothing waits."""
    since = outbox.oldest_unsent(db)
    return None if since is None else round((clock.now(db) - since).total_seconds(), 1)
