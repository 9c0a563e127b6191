"""Whether the program lives, and whether it can do its work."""

from __future__ import annotations

import asyncio

from aiohttp import web

from bot.version import VERSION
from bot.web.keys import ACCOUNTS, RECORDS, VITALS, Vitals
from storage import signals
from storage.database import Fault
from storage.errors import StorageError
from storage.signals import Signals

PATIENCE = 5.0
"""Seconds within which a database that works has answered."""


async def alive(request: web.Request) -> web.Response:
    """The process answers, and which version of it."""
    return web.Response(text=f"ok {VERSION}")


async def ready(request: web.Request) -> web.Response:
    """Whether the work can be done: 503 while the database does not answer or takes no writing, or our keys are not
    its. By account: what waits since when, when it last heard anybody, what stands in the way.
    """
    vitals, records = request.app[VITALS], request.app[RECORDS]
    if vitals is not None and not vitals.key_fits:
        return _not_ready(key="wrong")
    found = "silent"
    try:
        async with asyncio.timeout(PATIENCE):
            told = await records.read(signals.read)
            found = "takes no writing"
            for size in (signals.PROBE, 0):
                await records.run(signals.try_to_write, size)
    except (TimeoutError, Fault, StorageError):
        return _not_ready(database=found)
    accounts = request.app[ACCOUNTS]
    oldest = max(told.oldest.values(), default=None)
    facts = {
        "database": "ok",
        "key": "ok",
        "channels": accounts,
        "accounts": {account: _state(told, account, vitals) for account in accounts},
        "oldest_unsent_seconds": None if oldest is None else round(oldest, 1),
        "held": told.held,
    }
    return web.json_response(facts)


def _not_ready(**facts: str) -> web.Response:
    return web.json_response(facts, status=503)


def _state(told: Signals, account: str, vitals: Vitals | None) -> dict[str, object]:
    """One account: whether its platform can be reached, asked it to pause, or lets it hear nobody; else seconds."""
    waited, ear = told.oldest.get(account), vitals.ears.get(account) if vitals else None
    out, deaf = told.out.get(account), ear is not None and ear.deaf_seconds is not None
    state: dict[str, object] = {
        "state": _worst(out=out is not None, deaf=deaf, paused=account in told.halted),
        "out_seconds": _rounded(out),
        "oldest_unsent_seconds": _rounded(waited),
    }
    if ear is not None:
        state |= {
            "heard_seconds": _rounded(ear.heard_seconds),
            "deaf_seconds": _rounded(ear.deaf_seconds),
            "trouble": ear.reason,
            "refused": ear.refused.total(),
        }
    return state


def _worst(**troubles: bool) -> str:
    return next((name for name, is_so in troubles.items() if is_so), "ok")


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)
