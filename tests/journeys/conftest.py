"""A box in each place."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.box import PLACES, Box, opened


@pytest.fixture(params=PLACES)
async def box(request: pytest.FixtureRequest) -> AsyncIterator[Box]:
    """The same dialogue runs on every channel."""
    database, channel = request.param
    async with opened(request.getfixturevalue(f"{database}_database"), channel) as made:
        yield made
