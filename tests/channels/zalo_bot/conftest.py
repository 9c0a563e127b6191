"""The fake Zalo Bot, a channel that talks to it over HTTP, and an office that takes in what comes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pydantic import SecretStr

from bot.channels import zalo_bot
from bot.channels.zalo_bot import ZaloBotChannel
from messages.catalogue import Catalogue
from tests.channels.office import Office
from tests.fakes.zalo_bot import FakeZaloBot

CATALOGUE = Catalogue.load()


@asynccontextmanager
async def opened(
    fake: FakeZaloBot, *, token: str = "", api: str = "", long_poll: int = 1, **more: Any
) -> AsyncIterator[ZaloBotChannel]:
    """A channel of the fake's bot, ready to call."""
    channel = ZaloBotChannel(
        "zalo_bot",
        SecretStr(token or fake.token),
        catalogue=CATALOGUE,
        api=api or fake.url,
        long_poll=long_poll,
        **more,
    )
    await channel.open()
    try:
        yield channel
    finally:
        await channel.close()


@pytest.fixture
async def fake() -> AsyncIterator[FakeZaloBot]:
    async with FakeZaloBot() as server:
        yield server


@pytest.fixture
async def channel(fake: FakeZaloBot) -> AsyncIterator[ZaloBotChannel]:
    async with opened(fake) as made:
        yield made


@pytest.fixture
def office() -> Office:
    return Office(zalo_bot.poll)
