"""A reply while a broadcast to 100,000 runs at Telegram's paid rate: from the update to its sendMessage.

The Bot API is in a process of its own (quick_telegram.py). Run with `make bench`, or this file alone as
docs/performance.md says.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from dataclasses import replace

import pytest
from pydantic import SecretStr
from sqlalchemy import select
from sqlmodel import col

from bot import app
from bot.app import App
from bot.clockwork import Clockwork
from bot.jobs import office_jobs
from bot.settings import TelegramBot
from handlers.office import Office
from messages.types import Address, Inbound, Text
from storage import clock
from storage.database import Database
from storage.seals import Seals
from storage.tables import Announcing, Broadcast, Unit
from tests.bench import crowd, quick_telegram
from tests.bench.quick_telegram import Quick
from tests.box import KEY, Box, office

PEOPLE = 100_000
PAID = 1000.0
"""Messages a second (Bot API FAQ, «Paid Broadcasts»)."""
ASKED = 400
EVERY = 0.05
"""Seconds between two strangers."""


def prepare(box: Box, words: Office) -> None:
    """The crowd, and a broadcast to it that is confirmed."""
    box.furnish()
    database = Database(box.settings.database_url, Seals([KEY]))
    with database.transaction() as db:
        now = clock.now(db)
        units = {unit.code: unit.id or 0 for unit in db.scalars(select(Unit).where(col(Unit.code).like("%51%")))}
    version = words.notice_version
    crowd.settle(database, PEOPLE, unit_id=units["GD51-01"], account="telegram", version=version, now=now)
    with database.transaction() as db:
        made = {"text": "Kính mời anh/chị dự hội thao.", "due_at": now, "created_at": now}
        db.add(Broadcast(code="TIN-27-AAAAA", unit_id=units["LDLD51"], state=Announcing.FREEZING, **made))
    database.close()


async def ask(running: App) -> dict[str, float]:
    """Strangers come one after another; when each one's update was here."""
    asked: dict[str, float] = {}
    for number in range(ASKED):
        chat = str(9_000_000 + number)
        asked[chat] = time.monotonic()
        await running.intake.receive(Inbound(Address("telegram", chat), f"u{number}", Text("/start")))
        await asyncio.sleep(EVERY)
    await asyncio.sleep(2)
    return asked


async def measured(box: Box, words: Office, quick: Quick) -> tuple[list[float], float]:
    """What each waited, in order of length; messages a second meanwhile."""
    async with app.running(box.settings, office=words) as running:
        clockwork = Clockwork(running.writer, (), owner="bench", wake=running.courier.wake)
        await clockwork.tick(next(job for job in office_jobs(words) if job.name == "broadcasts"))
        _, before = await quick.report()
        began = time.monotonic()
        asked = await ask(running)
        first, after = await quick.report()
        rate = (after - before) / (time.monotonic() - began)
        courier = running.courier
        await courier.stop()
    return sorted(first[chat] - at for chat, at in asked.items()), rate


@pytest.mark.timeout(300)
async def test_a_reply_while_a_broadcast_runs(database_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    box, words = Box(database_url, "web"), replace(office(), quiet_hours=(0, 0))
    prepare(box, words)
    with quick_telegram.running() as quick:
        bot = TelegramBot(account="telegram", token=SecretStr("1:AA"), api=quick.url, rate=PAID)
        roles = box.settings.roles - {"poller"}
        box.settings = box.settings.model_copy(update={"telegram_bots": (bot,), "roles": roles})
        waits, rate = await measured(box, words, quick)
    assert len(waits) == ASKED
    cuts = statistics.quantiles(waits, n=100)
    with capsys.disabled():
        print(
            f"\n{database_url.partition(':')[0]}: at {rate:.0f} messages/s, {ASKED} replies: "
            f"median {cuts[49] * 1000:.0f} ms, p95 {cuts[94] * 1000:.0f} ms, p99 {cuts[98] * 1000:.0f} ms"
        )
