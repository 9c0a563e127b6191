"""A box on each channel and each database."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.box import CHANNELS, Box
from tests.fakes.telegram import FakeTelegram


@pytest.fixture(params=CHANNELS)
async def box(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[Box]:
    """The same dialogue runs on every channel."""
    if request.param != "telegram":
        yield Box(database_url, request.param)
        return
    async with FakeTelegram() as fake:
        yield Box(database_url, request.param, fake)
