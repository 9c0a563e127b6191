"""A channel that records what it is told to send, and fails or hangs when told to. No platform, no network."""

from __future__ import annotations

import asyncio
from collections import Counter, deque

from bot.channels import Pace
from messages.types import Outbound

AS_FAST_AS_IT_GOES = Pace(per_second=None)


class FakeChannel:
    """`sent` holds what was delivered, in order, as (chat, message)."""

    def __init__(self, account: str = "telegram", *, pace: Pace = AS_FAST_AS_IT_GOES, kept: bool = False) -> None:
        self.account = account
        self.pace = pace
        self.kept = kept
        self.sent: list[tuple[str, Outbound]] = []
        self.tried = 0
        self.most_at_once: Counter[str] = Counter()
        """The most requests in flight at once, by chat."""
        self._now: Counter[str] = Counter()
        self.pinged = 0
        self._troubles: deque[Exception] = deque()
        self._begun = asyncio.Event()
        self._open = asyncio.Event()
        self._open.set()

    @property
    def texts(self) -> list[str]:
        return [message.text for _, message in self.sent]

    def fail_next(self, *troubles: Exception) -> None:
        """The next sends raise these, one each; what raises is not recorded as sent."""
        self._troubles.extend(troubles)

    def hang(self) -> None:
        """No send ends until `let_go`."""
        self._open.clear()

    def let_go(self) -> None:
        self._open.set()

    async def wait_until_tried(self, times: int) -> None:
        """Until so many sends have begun."""
        while self.tried < times:
            self._begun.clear()
            await self._begun.wait()

    async def send(self, chat: str, message: Outbound) -> str:
        self.tried += 1
        self._begun.set()
        self._now[chat] += 1
        self.most_at_once[chat] = max(self.most_at_once[chat], self._now[chat])
        try:
            await self._open.wait()
            if self._troubles:
                raise self._troubles.popleft()
            self.sent.append((chat, message))
            return str(len(self.sent))
        finally:
            self._now[chat] -= 1

    async def ping(self) -> None:
        self.pinged += 1
