"""A broadcast at Telegram's paid rate is held and let go several times, then cancelled: when does its last send start?

The Bot API is in a process of its own (quick_telegram.py) and notes each start. Run with `make bench`, or this file
alone as docs/performance.md says.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest
from pydantic import SecretStr

from bot import app
from bot.app import App
from bot.clockwork import Clockwork
from bot.jobs import office_jobs
from bot.settings import TelegramBot
from handlers.actors import COMMAND_LINE
from handlers.news import broadcasts, progress
from storage import broadcasts as stored
from storage import clock
from storage.database import Transaction
from storage.tables import Announcing
from tests.bench import bench_latency, quick_telegram
from tests.bench.bench_latency import PAID, PEOPLE
from tests.bench.quick_telegram import Quick
from tests.box import Box, office

HOLDS = 8
RUNS = 1.0
"""Seconds it runs between two holds, and is watched after each."""


async def stopped(running: App, quick: Quick, step: str) -> float:
    """Seconds from the committed flag to the last start; below zero: the last one had started before."""
    code = await running.writer.read(lambda db: stored.latest(db, 1)[0].code)
    await running.writer.run(act, code, step)
    committed = time.monotonic()
    await asyncio.sleep(RUNS)
    first, _ = await quick.report()
    return max(first.values()) - committed


def act(db: Transaction, code: str, step: str) -> None:
    getattr(broadcasts, step)(db, COMMAND_LINE, code, now=clock.now(db))


async def measured(box: Box, quick: Quick) -> tuple[list[float], progress.Progress]:
    """What each hold and the cancellation took, and how the broadcast stands in the end."""
    async with app.running(box.settings, office=replace(office(), quiet_hours=(0, 0))) as running:
        clockwork = Clockwork(running.writer, (), owner="bench", wake=running.courier.wake)
        (job,) = (job for job in office_jobs(box.office) if job.name == "broadcasts")
        await clockwork.tick(job)
        late = []
        for _ in range(HOLDS):
            await asyncio.sleep(RUNS)
            late.append(await stopped(running, quick, "hold"))
            await running.writer.run(act, await running.writer.read(lambda db: stored.latest(db, 1)[0].code), "resume")
            running.courier.wake()
        await asyncio.sleep(RUNS)
        late.append(await stopped(running, quick, "cancel"))
        await clockwork.tick(job)
        told = await running.writer.read(lambda db: progress.read(db, stored.latest(db, 1)[0], clock.now(db)))
    return late, told


@pytest.mark.timeout(300)
async def test_nothing_starts_after_a_hold(database_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    box = Box(database_url, "web")
    bench_latency.prepare(box, office())
    with quick_telegram.running() as quick:
        bot = TelegramBot(account="telegram", token=SecretStr("1:AA"), api=quick.url, rate=PAID)
        roles = box.settings.roles - {"poller"}
        box.settings = box.settings.model_copy(update={"telegram_bots": (bot,), "roles": roles})
        late, told = await measured(box, quick)
        first, _ = await quick.report()
    assert told.state == Announcing.CANCELLED
    assert told.sent == len(first)
    assert told.sent + told.failed + told.unknown + told.skipped == PEOPLE
    with capsys.disabled():
        print(
            f"\n{database_url.partition(':')[0]}: {HOLDS} holds and a cancellation at {PAID:.0f}/s, the last start "
            f"after the committed flag: {max(late) * 1000:.0f} ms at most; {told.sent:,} sent, "
            f"{told.skipped:,} cancelled, together the audience of {PEOPLE:,}"
        )
