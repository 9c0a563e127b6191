"""How Telegram's updates come in: we poll, or Telegram calls a webhook.

Either way an update is confirmed to Telegram only after `receive` has returned, and delivered again otherwise. Nothing
is stored here: what is confirmed and what is not, Telegram itself remembers.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

import structlog
from aiohttp import web

from bot.channels import Later, Trouble
from bot.channels.telegram.channel import TelegramChannel
from bot.channels.telegram.updates import Ignored, decode
from messages.types import Inbound

SHORTEST, LONGEST = 0.5, 30.0
"""Seconds between two attempts after trouble, growing."""
BREATH = 0.05
"""Seconds between a poll that brought nothing and the next, for servers that do not wait as they are asked to."""
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  the header's name, not a secret
LARGEST_BODY = 1024 * 1024

Receive = Callable[[Inbound], Awaitable[object]]
"""Returns once the update is safe; whatever it raises means that it is not."""
Sleep = Callable[[float], Awaitable[object]]
Raw = Mapping[str, Any]
Result = TypeVar("Result")

log = structlog.get_logger(__name__)


async def poll(
    channel: TelegramChannel, receive: Receive, *, chance: random.Random | None = None, sleep: Sleep = asyncio.sleep
) -> None:
    """Fetch and hand over until cancelled. A webhook that is still set is taken down first: Telegram allows one way.

    The offset moves to the end of the unbroken run of updates handed over; the rest is fetched again after a pause.
    """
    patience = _Patience(chance or random.SystemRandom(), sleep)
    await _insist(channel, channel.delete_webhook, patience)
    await _insist(channel, channel.introduce, patience)
    offset = 0
    while True:
        raws = await _insist(channel, lambda: channel.fetch(offset), patience)  # noqa: B023  awaited at once
        if not raws:
            offset = 0  # all before it is confirmed now; after a silent week Telegram may count on from a lower number
            patience.renew()
            await sleep(BREATH)
            continue
        safe = await _hand_over(channel, receive, raws)
        unbroken = _unbroken(raws, safe)
        offset = unbroken[-1]["update_id"] + 1 if unbroken else offset
        if len(unbroken) < len(raws):
            await patience.wait()
        else:
            patience.renew()


def webhook(
    channel: TelegramChannel, receive: Receive, *, secret: str
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """The handler of Telegram's calls. Without the secret one is turned away before a byte of the body is read."""
    if not secret:
        raise ValueError("a webhook needs a secret")
    expected = secret.encode()

    async def handle(request: web.Request) -> web.Response:
        given = request.headers.get(SECRET_HEADER, "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, expected):
            return _turned_away(channel, "wrong_secret", status=403)
        body = await _read(request)
        if body is None:
            return _turned_away(channel, "too_large", status=413)
        raw = _parse(body)
        if raw is None:
            return _turned_away(channel, "not_json", status=400)
        channel.learn_name()
        safe = await _hand_over(channel, receive, [raw])
        return web.Response(status=200 if safe else 503)

    return handle


async def _hand_over(channel: TelegramChannel, receive: Receive, raws: Sequence[Raw]) -> set[int]:
    """Hand updates over, those of one chat one after the other, and return the places of those that are safe.

    After a failure the rest of that chat waits for the next delivery, so that no line overtakes an earlier one.
    """
    safe: set[int] = set()
    lanes: dict[str, list[tuple[int, Inbound]]] = {}
    for place, raw in enumerate(raws):
        match decode(raw, channel.account, username=channel.username):
            case Ignored(reason):
                log.debug("telegram.ignored", account=channel.account, reason=reason)
                channel.acknowledge(raw)
                safe.add(place)
            case Inbound() as inbound:
                lanes.setdefault(inbound.address.chat, []).append((place, inbound))

    async def walk(lane: Sequence[tuple[int, Inbound]]) -> None:
        for place, inbound in lane:
            await receive(inbound)
            safe.add(place)
            channel.acknowledge(raws[place])

    for ended in await asyncio.gather(*map(walk, lanes.values()), return_exceptions=True):
        if ended is not None:
            log.warning("telegram.receive_failed", account=channel.account, error=type(ended).__name__)
    return safe


def _unbroken(raws: Sequence[dict[str, Any]], safe: set[int]) -> Sequence[dict[str, Any]]:
    """The updates before the first that is not safe."""
    return raws[: next((place for place in range(len(raws)) if place not in safe), len(raws))]


async def _insist(channel: TelegramChannel, attempt: Callable[[], Awaitable[Result]], patience: _Patience) -> Result:
    """Try until it works."""
    while True:
        try:
            return await attempt()
        except Trouble as trouble:
            log.warning("telegram.poll_failed", account=channel.account, reason=trouble.reason)
            asked = trouble.after if isinstance(trouble, Later) else None
        await patience.wait(at_least=asked or 0.0)


class _Patience:
    """Pauses that double while trouble lasts, each shortened by chance so that many processes do not march in step."""

    def __init__(self, chance: random.Random, sleep: Sleep) -> None:
        self._chance = chance
        self._sleep = sleep
        self._next = SHORTEST

    async def wait(self, *, at_least: float = 0.0) -> None:
        pause = max(at_least, self._next * self._chance.uniform(0.5, 1.0))
        self._next = min(LONGEST, self._next * 2)
        await self._sleep(pause)

    def renew(self) -> None:
        """All is well again."""
        self._next = SHORTEST


async def _read(request: web.Request) -> bytes | None:
    """The body, or None as soon as it is larger than an update can be."""
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > LARGEST_BODY:
            return None
    return bytes(body)


def _parse(body: bytes) -> dict[str, Any] | None:
    try:
        raw = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return raw if isinstance(raw, dict) else None


def _turned_away(channel: TelegramChannel, reason: str, *, status: int) -> web.Response:
    log.warning("telegram.webhook_refused", account=channel.account, reason=reason)
    return web.Response(status=status)
