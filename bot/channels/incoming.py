"""What the ways in of all platforms share: pauses after trouble, one lane for each chat, the body of a webhook's call.

Nothing here knows a platform, and nothing is stored: an update is confirmed only after `receive` has returned.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from aiohttp import web

from bot.channels import Later, Trouble
from messages.types import Inbound

SHORTEST, LONGEST = 0.5, 30.0
"""Seconds between two attempts after trouble, growing."""
LARGEST_BODY = 1024 * 1024

Receive = Callable[[Inbound], Awaitable[object]]
"""Returns once the update is safe; whatever it raises means that it is not."""
Sleep = Callable[[float], Awaitable[object]]
Raw = Mapping[str, Any]
Result = TypeVar("Result")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Ignored:
    """An update that asks nothing of us; `reason` is a short ASCII name."""

    reason: str


class Ear:
    """How one account hears: when it last did, what stands in its way since when, how often calls were refused.

    Times are of this process. `clock` counts seconds.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._heard: float | None = None
        self._since: float | None = None
        self.reason = ""
        """Of the trouble that lasts."""
        self.refused: Counter[str] = Counter()
        """Polls and calls that failed or were turned away, by reason."""

    def hear(self) -> None:
        """A poll was answered, or an event came in and was taken."""
        self._heard, self._since, self.reason = self._clock(), None, ""

    def fail(self, reason: str) -> None:
        """A poll failed, a call was turned away, there is no permission to ask."""
        self.refused[reason] += 1
        self._since = self._clock() if self._since is None else self._since
        self.reason = reason

    def forgive(self, reason: str) -> None:
        """What stood in the way for this reason is out of it, though nobody has spoken yet."""
        if self.reason == reason:
            self._since, self.reason = None, ""

    @property
    def has_heard(self) -> bool:
        """Whether it ever did."""
        return self._heard is not None

    @property
    def heard_seconds(self) -> float | None:
        """Since it last heard; None: never yet, or another process does the hearing."""
        return None if self._heard is None else self._clock() - self._heard

    @property
    def deaf_seconds(self) -> float | None:
        """For how long there has been trouble without a good answer in between; None: there is none."""
        return None if self._since is None else self._clock() - self._since


class Pauses:
    """Pauses that double while trouble lasts, each shortened by chance so that many processes do not march in step."""

    def __init__(self, *, chance: random.Random | None = None, sleep: Sleep = asyncio.sleep) -> None:
        self._chance = chance or random.SystemRandom()
        self._sleep = sleep
        self._next = SHORTEST

    async def wait(self, *, at_least: float = 0.0) -> None:
        """The next pause."""
        pause = max(at_least, self._next * self._chance.uniform(0.5, 1.0))
        self._next = min(LONGEST, self._next * 2)
        await self._sleep(pause)

    async def breathe(self, seconds: float) -> None:
        """A pause without trouble."""
        await self._sleep(seconds)

    def renew(self) -> None:
        """All is well again."""
        self._next = SHORTEST


async def insist(
    account: str, attempt: Callable[[], Awaitable[Result]], pauses: Pauses, ear: Ear | None = None
) -> Result:
    """Try until it works; the account's ear is told how it went."""
    while True:
        try:
            result = await attempt()
            if ear is not None:
                ear.hear()
            return result
        except Trouble as trouble:
            if ear is not None:
                ear.fail(trouble.reason)
            log.warning("poll.failed", account=account, reason=trouble.reason)
            asked = trouble.after if isinstance(trouble, Later) else None
        await pauses.wait(at_least=asked or 0.0)


async def hand_over(
    account: str, receive: Receive, updates: Sequence[Inbound | Ignored], *, told: Callable[[int], object] | None = None
) -> set[int]:
    """Hand updates over, those of one chat one after the other, and return the places of those that are safe.

    After a failure the rest of that chat waits for the next delivery, so that no line overtakes an earlier one.
    `told` hears of each place as soon as it is safe.
    """
    safe: set[int] = set()

    def settle(place: int) -> None:
        safe.add(place)
        if told is not None:
            told(place)

    lanes: dict[str, list[tuple[int, Inbound]]] = {}
    for place, update in enumerate(updates):
        match update:
            case Ignored(reason):
                log.debug("update.ignored", account=account, reason=reason)
                settle(place)
            case Inbound():
                lanes.setdefault(update.address.chat, []).append((place, update))

    async def walk(lane: Sequence[tuple[int, Inbound]]) -> None:
        for place, inbound in lane:
            await receive(inbound)
            settle(place)

    for ended in await asyncio.gather(*map(walk, lanes.values()), return_exceptions=True):
        if ended is not None:
            log.warning("update.receive_failed", account=account, error=type(ended).__name__)
    return safe


def knows_secret(given: str | None, expected: str) -> bool:
    """Whether a header holds the secret, in the same time however much of it is right."""
    return hmac.compare_digest((given or "").encode("utf-8", "surrogateescape"), expected.encode())


async def read_body(request: web.Request, largest: int = LARGEST_BODY) -> bytes | None:
    """The body as it came, or None as soon as it is larger than an update can be."""
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > largest:
            return None
    return bytes(body)


def parse(body: bytes) -> dict[str, Any] | None:
    """A body as a mapping, or None."""
    try:
        raw = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return raw if isinstance(raw, dict) else None


def turned_away(account: str, reason: str, *, status: int, ear: Ear | None = None) -> web.Response:
    """The answer to a call that is not taken in."""
    if ear is not None:
        ear.fail(reason)
    log.warning("webhook.refused", account=account, reason=reason)
    return web.Response(status=status)
