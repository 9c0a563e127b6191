"""An office that takes in what a channel hands over."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from messages.types import Event, Inbound


class DatabaseDown(Exception):
    """What an intake may meet."""


@dataclass
class Office:
    """Takes in updates; while `refuses` says so of one, it raises instead. `poll`: the platform's loop."""

    poll: Callable[..., Coroutine[Any, Any, None]]
    taken: list[Inbound] = field(default_factory=list)
    tried: list[Inbound] = field(default_factory=list)
    refuses: Callable[[Inbound], bool] = lambda _inbound: False
    pauses: list[float] = field(default_factory=list)

    @property
    def events(self) -> list[Event]:
        return [inbound.event for inbound in self.taken]

    @property
    def waits(self) -> list[float]:
        """The pauses after trouble, without the breath between two polls."""
        return [pause for pause in self.pauses if pause > 0.1]

    async def receive(self, inbound: Inbound) -> None:
        self.tried.append(inbound)
        await asyncio.sleep(0)
        if self.refuses(inbound):
            raise DatabaseDown
        self.taken.append(inbound)

    async def sleep(self, seconds: float) -> None:
        """Keep the length of a pause and let the others run, but do not wait."""
        self.pauses.append(seconds)
        await asyncio.sleep(0)

    @asynccontextmanager
    async def polling(self, channel: object) -> AsyncIterator[None]:
        """Poll in the background for as long as the block lasts."""
        loop = self.poll(channel, self.receive, chance=random.Random(7), sleep=self.sleep)
        task = asyncio.create_task(loop)
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
