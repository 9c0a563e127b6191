"""What `python -m tests.fakes` prints is what the product reads."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot import config
from tests.fakes.__main__ import Fakes, described
from tests.fakes.telegram import FakeTelegram
from tests.fakes.zalo_bot import FakeZaloBot
from tests.fakes.zalo_oa import FakeZaloOa


@pytest.fixture
async def fakes() -> AsyncIterator[Fakes]:
    async with AsyncExitStack() as stack:
        yield Fakes(*[await stack.enter_async_context(kind()) for kind in (FakeTelegram, FakeZaloBot, FakeZaloOa)])


async def test_the_product_takes_the_environment_it_prints(
    fakes: Fakes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("CONGDOAN_")]:
        monkeypatch.delenv(name)
    lines = described(fakes)
    for name, value in (line.removeprefix("export ").split("=", 1) for line in lines if line.startswith("export ")):
        monkeypatch.setenv(name, value)
    settings = config.read(keyed=False)
    accounts = (*settings.telegram, *settings.zalo_bot, *settings.zalo_oa)
    assert [account.account for account in accounts] == ["telegram", "zalo_bot", "zalo_oa"]
    assert all(fake.url in "\n".join(lines) for fake in fakes.all)
