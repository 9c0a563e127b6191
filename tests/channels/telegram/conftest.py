"""The fake Telegram, a channel that talks to it over HTTP, and an office that takes in what comes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from pydantic import SecretStr

from bot.channels import telegram
from bot.channels.telegram import TelegramChannel
from tests.channels.office import Office
from tests.fakes.telegram import FakeTelegram

SHARE = "Chia sẻ số của tôi"


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
    return Office(telegram.poll)
