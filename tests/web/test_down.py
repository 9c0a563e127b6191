"""A database that fails, or does not answer at all: what an operator's eyes are shown meanwhile."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientSession

from bot import meters
from bot.meters import Meters
from bot.web import health
from bot.writer import READERS, Writer
from tests import patience
from tests.web.conftest import Pages

BRIEF = 0.05


@asynccontextmanager
async def silent(writer: Writer) -> AsyncIterator[None]:
    """Whoever asks the database waits, as for a server that was cut off."""
    answers, asked = threading.Event(), threading.Barrier(READERS + 2)

    def wait(_db: object) -> None:
        asked.wait(patience.SECONDS)
        answers.wait(patience.SECONDS)

    waiting = [asyncio.create_task(writer.read(wait)) for _ in range(READERS)]
    waiting.append(asyncio.create_task(writer.run(wait)))
    await asyncio.to_thread(asked.wait, patience.SECONDS)
    try:
        yield
    finally:
        answers.set()
        await asyncio.gather(*waiting)


async def test_without_an_answer_of_the_database_it_is_not_ready_and_alive(
    client: ClientSession, pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "PATIENCE", BRIEF)
    async with silent(pages.writer):
        async with client.get(f"{pages.url}/ready", headers={"Accept": "application/json"}) as answer:
            assert (answer.status, await answer.json()) == (503, {"database": "silent"})
        async with client.get(f"{pages.url}/health") as answer:
            assert answer.status == 200


async def test_the_numbers_of_the_process_itself_are_shown_all_the_same(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = Meters()
    mine.turn("web", 0.01)
    async with silent(pages.writer):
        with monkeypatch.context() as hasty:
            hasty.setattr(meters, "PATIENCE", BRIEF)
            silence = (await mine.page(pages.writer)).splitlines()
    monkeypatch.setattr(meters, "PATIENCE", patience.SECONDS)
    assert "congdoan_database_up 1" in await mine.page(pages.writer)
    await pages.writer.run(lambda db: db.connection().exec_driver_sql("DROP TABLE outbox"))
    failure = (await mine.page(pages.writer)).splitlines()
    for lines in (silence, failure):
        assert "congdoan_database_up 0" in lines
        assert 'congdoan_turn_seconds_count{account="web"} 1' in lines
