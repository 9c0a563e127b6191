"""What only one process may do for an account: one at a time, taken over at its end, begun anew when it failed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from functools import partial

import pytest
from structlog.testing import capture_logs

from bot import platforms
from bot.channels import Later
from bot.writer import Writer
from storage.database import Database
from storage.seals import Seals
from tests import patience

BRIEF = 0.01


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url, Seals(["a key of the tests"]))
    yield opened
    opened.close()


@pytest.fixture
async def writer(database: Database) -> AsyncIterator[Writer]:
    made = Writer(database)
    made.open()
    yield made
    await made.close()


class Site:
    """Where processes work."""

    def __init__(self) -> None:
        self.began: list[str] = []
        self.working: set[str] = set()
        self.most = 0
        self.changed = asyncio.Event()

    async def work(self, owner: str) -> None:
        self.began.append(owner)
        self.working.add(owner)
        self.most = max(self.most, len(self.working))
        self.changed.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.working.discard(owner)

    async def until(self, begun: int) -> None:
        async with asyncio.timeout(patience.SECONDS):
            while len(self.began) < begun:
                self.changed.clear()
                await self.changed.wait()


@asynccontextmanager
async def process(writer: Writer, owner: str, site: Site) -> AsyncIterator[asyncio.Task[None]]:
    """A process that works while it may."""
    loop = platforms.while_ours(writer, "zalo_bot", owner, partial(site.work, owner), renewal=BRIEF)
    task = asyncio.create_task(loop)
    try:
        yield task
    finally:
        await ended(task)


async def ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_one_works_at_a_time_and_the_next_takes_over_at_once(writer: Writer) -> None:
    site = Site()
    async with process(writer, "a", site) as first, process(writer, "b", site) as second:
        await site.until(1)
        await ended({"a": first, "b": second}[site.began[0]])
        await site.until(2)
        assert site.working == {site.began[1]}
    assert sorted(site.began) == ["a", "b"]
    assert (site.most, site.working) == (1, set())


async def test_work_that_failed_is_begun_anew_and_said_to_have_failed(writer: Writer) -> None:
    site = Site()

    async def fail_first(owner: str) -> None:
        if len(site.began) < 2:
            site.began.append(owner)
            raise Later("unreachable")
        await site.work(owner)

    with capture_logs() as events:
        loop = platforms.while_ours(writer, "zalo_bot", "a", partial(fail_first, "a"), renewal=BRIEF)
        task = asyncio.create_task(loop)
        await site.until(3)
        await ended(task)
    stopped = [event["reason"] for event in events if event["event"] == "platform.stopped"]
    assert stopped == ["unreachable"] * 2


async def test_a_database_that_fails_at_the_end_is_no_reason_to_end_badly(writer: Writer) -> None:
    site = Site()
    async with process(writer, "a", site):
        await site.until(1)
        await writer.run(lambda db: db.connection().exec_driver_sql("DROP TABLE lease"))
    assert site.working == set()
