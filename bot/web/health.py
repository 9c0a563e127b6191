"""Whether the program lives, and whether it can do its work."""

from __future__ import annotations

import asyncio

from aiohttp import web

from bot.web.keys import ACCOUNTS, RECORDS
from storage import signals
from storage.signals import Signals

PATIENCE = 5.0
"""Seconds within which a database that works has answered."""


async def alive(request: web.Request) -> web.Response:
    """The process answers."""
    return web.Response(text="ok")


async def ready(request: web.Request) -> web.Response:
    """Whether the work can be done: 503 while the database does not answer. What waits, and since when, by account."""
    try:
        async with asyncio.timeout(PATIENCE):
            told = await request.app[RECORDS].read(signals.read)
    except TimeoutError:
        raise web.HTTPServiceUnavailable from None
    accounts = request.app[ACCOUNTS]
    oldest = max(told.oldest.values(), default=None)
    facts = {
        "database": "ok",
        "channels": accounts,
        "accounts": {account: _state(told, account) for account in accounts},
        "oldest_unsent_seconds": None if oldest is None else round(oldest, 1),
        "held": told.held,
    }
    return web.json_response(facts)


def _state(told: Signals, account: str) -> dict[str, object]:
    """One account: whether its platform can be reached and asked it to pause; seconds its oldest row has waited."""
    waited = told.oldest.get(account)
    out = told.out.get(account)
    return {
        "state": "out" if out is not None else "paused" if account in told.halted else "ok",
        "out_seconds": None if out is None else round(out, 1),
        "oldest_unsent_seconds": None if waited is None else round(waited, 1),
    }
