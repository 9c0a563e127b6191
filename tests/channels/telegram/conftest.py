"""The fake Telegram, a channel that talks to it over HTTP, and an office that takes in what comes."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest
from pydantic import SecretStr

from bot.channels import telegram
from bot.channels.telegram import TelegramChannel
from messages.types import Event, Inbound
from tests.fakes.telegram import FakeTelegram

SHARE = "Chia sẻ số của tôi"


class DatabaseDown(Exception):
    """What an intake may meet."""


@dataclass
class Office:
    """Takes in updates; while `refuses` says so of one, it raises instead."""

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
    async def polling(self, channel: TelegramChannel) -> AsyncIterator[None]:
        """Poll in the background for as long as the block lasts."""
        loop = telegram.poll(channel, self.receive, chance=random.Random(7), sleep=self.sleep)
        task = asyncio.create_task(loop)
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


@asynccontextmanager
async def opened(
    fake: FakeTelegram, *, token: str = "", api: str = "", long_poll: int = 2
) -> AsyncIterator[TelegramChannel]:
    """A channel of the fake's bot, ready to call."""
    channel = TelegramChannel(
        "telegram", SecretStr(token or fake.token), contact_label=SHARE, api=api or fake.url, long_poll=long_poll
    )
    await channel.open()
    try:
        yield channel
    finally:
        await channel.close()


@pytest.fixture
async def fake() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as server:
        yield server


@pytest.fixture
async def channel(fake: FakeTelegram) -> AsyncIterator[TelegramChannel]:
    async with opened(fake) as made:
        yield made


@pytest.fixture
def office() -> Office:
    return Office()
