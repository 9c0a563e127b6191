"""How Zalo Bot's updates come in: we poll, or Zalo calls a webhook.

Zalo keeps no list of what was fetched: an update comes once, or again and again, and is never asked for by number. So
nothing is fetched before what came last is safe (committed with all that follows from it), and what is seen twice is
dropped: here from memory, and by the database for good. A process killed between Zalo's answer and that commit can lose
the line; a webhook cannot, for it is told 200 only afterwards. Zalo itself recommends the webhook for real use.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from aiohttp import web

from bot.channels.incoming import (
    Ignored,
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
from bot.channels.zalo_bot.channel import ZaloBotChannel
from bot.channels.zalo_bot.updates import decode, mark, unpacked
from messages.types import Inbound

BREATH = 0.05
"""Seconds between a poll that brought nothing and the next, for servers that do not wait as they are asked to."""
FLOOR = 1.0
"""Seconds between two polls when the first brought something seen before: Zalo then answers at once, each time."""
GRACE = 5.0
"""Seconds a stop waits for what was fetched to be safe."""
REMEMBERED = 1000
"""Updates known again without asking the database."""
SECRET_HEADER = "X-Bot-Api-Secret-Token"  # noqa: S105  the header's name, not a secret


async def poll(
    channel: ZaloBotChannel, receive: Receive, *, chance: random.Random | None = None, sleep: Sleep = asyncio.sleep
) -> None:
    """Fetch and hand over until cancelled. A webhook that is still set is taken down first: Zalo allows one way."""
    pauses = Pauses(chance=chance, sleep=sleep)
    await insist(channel.account, channel.delete_webhook, pauses, channel.ear)
    await insist(channel.account, channel.introduce, pauses, channel.ear)
    seen: deque[str] = deque(maxlen=REMEMBERED)
    while True:
        raws = await insist(channel.account, channel.fetch, pauses, channel.ear)
        fresh = [raw for raw in raws if mark(raw) not in seen]
        await _see_through(_insist_on(channel, receive, fresh, pauses))
        seen.extend(mark(raw) for raw in fresh)
        pauses.renew()
        if len(fresh) < len(raws):
            await pauses.breathe(FLOOR)
        elif not raws:
            await pauses.breathe(BREATH)


async def _insist_on(channel: ZaloBotChannel, receive: Receive, raws: Sequence[Raw], pauses: Pauses) -> None:
    """Hand over until all are safe: nobody would give them to us again."""
    left = [_decoded(channel, raw) for raw in raws]
    while left:
        safe = await _hand_over(channel, receive, left)
        left = [update for place, update in enumerate(left) if place not in safe]
        if left:
            await pauses.wait()


async def _see_through(work: Coroutine[Any, Any, None]) -> None:
    """Finish even if cancelled meanwhile, within `GRACE`: what was fetched is in no other hands."""
    task = asyncio.create_task(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task], timeout=GRACE)
        task.cancel()
        raise


def webhook(
    channel: ZaloBotChannel, receive: Receive, *, secret: str
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """The handler of Zalo's calls. Nothing is taken in without the secret; Zalo's trial call, which has neither secret
    nor update, is answered 200 and forgotten.
    """
    if not secret:
        raise ValueError("a webhook needs a secret")

    async def handle(request: web.Request) -> web.Response:
        given = request.headers.get(SECRET_HEADER)
        if given is not None and not knows_secret(given, secret):
            return turned_away(channel.account, "wrong_secret", status=403, ear=channel.ear)
        body = await read_body(request)
        if body is None:
            return turned_away(channel.account, "too_large", status=413, ear=channel.ear)
        raw = parse(body) if body.strip() else {}
        if raw is None:
            return turned_away(channel.account, "not_json", status=400, ear=channel.ear)
        if "message" not in unpacked(raw):
            return web.Response(status=200)
        if given is None:
            return turned_away(channel.account, "wrong_secret", status=403, ear=channel.ear)
        safe = await _hand_over(channel, receive, [_decoded(channel, raw)])
        if safe:
            channel.ear.hear()
        return web.Response(status=200 if safe else 503)

    return handle


def _decoded(channel: ZaloBotChannel, raw: Raw) -> Inbound | Ignored:
    bot = channel.profile.id if channel.profile else ""
    return decode(raw, channel.account, bot=bot, fetchable=channel.can_download)


async def _hand_over(channel: ZaloBotChannel, receive: Receive, updates: Sequence[Inbound | Ignored]) -> set[int]:
    """Hand over; whose turn is slow sees that we write."""

    async def received(inbound: Inbound) -> None:
        async with channel.writing(inbound.address.chat):
            await receive(inbound)

    return await hand_over(channel.account, received, updates)
