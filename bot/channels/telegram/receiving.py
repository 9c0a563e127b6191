"""How Telegram's updates come in: we poll, or Telegram calls a webhook.

Either way an update is confirmed to Telegram only after `receive` has returned, and delivered again otherwise. Nothing
is stored here: what is confirmed and what is not, Telegram itself remembers.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aiohttp import web

from bot.channels.incoming import (
    Pauses,
    Raw,
    Receive,
    Sleep,
    hand_over,
    insist,
    knows_secret,
    parse,
    read_body,
    turned_away,
)
from bot.channels.telegram.channel import TelegramChannel
from bot.channels.telegram.updates import decode

BREATH = 0.05
"""Seconds between a poll that brought nothing and the next, for servers that do not wait as they are asked to."""
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  the header's name, not a secret


async def poll(
    channel: TelegramChannel, receive: Receive, *, chance: random.Random | None = None, sleep: Sleep = asyncio.sleep
) -> None:
    """Fetch and hand over until cancelled. A webhook that is still set is taken down first: Telegram allows one way.

    The offset moves to the end of the unbroken run of updates handed over; the rest is fetched again after a pause.
    """
    pauses = Pauses(chance=chance, sleep=sleep)
    await insist(channel.account, channel.delete_webhook, pauses, channel.ear)
    await insist(channel.account, channel.introduce, pauses, channel.ear)
    offset = 0
    while True:
        raws = await insist(channel.account, lambda: channel.fetch(offset), pauses, channel.ear)  # noqa: B023  awaited at once
        if not raws:
            offset = 0  # all before it is confirmed now; after a silent week Telegram may count on from a lower number
            pauses.renew()
            await pauses.breathe(BREATH)
            continue
        safe = await _hand_over(channel, receive, raws)
        unbroken = _unbroken(raws, safe)
        offset = unbroken[-1]["update_id"] + 1 if unbroken else offset
        if len(unbroken) < len(raws):
            await pauses.wait()
        else:
            pauses.renew()


def webhook(
    channel: TelegramChannel, receive: Receive, *, secret: str
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """The handler of Telegram's calls. Without the secret one is turned away before a byte of the body is read."""
    if not secret:
        raise ValueError("a webhook needs a secret")

    async def handle(request: web.Request) -> web.Response:
        if not knows_secret(request.headers.get(SECRET_HEADER), secret):
            return turned_away(channel.account, "wrong_secret", status=403, ear=channel.ear)
        body = await read_body(request)
        if body is None:
            return turned_away(channel.account, "too_large", status=413, ear=channel.ear)
        raw = parse(body)
        if raw is None:
            return turned_away(channel.account, "not_json", status=400, ear=channel.ear)
        channel.learn_name()
        safe = await _hand_over(channel, receive, [raw])
        if safe:
            channel.ear.hear()
        return web.Response(status=200 if safe else 503)

    return handle


async def _hand_over(channel: TelegramChannel, receive: Receive, raws: Sequence[Raw]) -> set[int]:
    """Hand updates over; a pressed button stops waiting as soon as its press is safe."""
    updates = [decode(raw, channel.account, username=channel.username) for raw in raws]
    return await hand_over(channel.account, receive, updates, told=lambda place: channel.acknowledge(raws[place]))


def _unbroken(raws: Sequence[dict[str, Any]], safe: set[int]) -> Sequence[dict[str, Any]]:
    """The updates before the first that is not safe."""
    return raws[: next((place for place in range(len(raws)) if place not in safe), len(raws))]
