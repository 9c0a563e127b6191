"""The part of bench_freeze.py that is measured: a process of its own that serves, freezes and counts, and nothing else.

Run as `python -m tests.bench.freezing URL KEY`; prints one line of JSON. Nothing of the tests is loaded, so that the
memory is the product's own. The office knows all channels, whose rules are asked about each member.
"""

from __future__ import annotations

import asyncio
import gc
import json
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from pydantic import SecretStr

from bot import app, premises
from bot.app import App
from bot.clockwork import Clockwork
from bot.jobs import office_jobs
from bot.settings import OaAccount, Part, Settings, ZaloBotAccount
from handlers.news import audience, broadcasts, progress
from handlers.office import Office
from messages.types import Address, Inbound, Text
from storage import broadcasts as stored
from storage import clock
from storage.database import Transaction
from storage.tables import Broadcast

LOOKS = 9
EVERY = 0.02
"""Seconds between an answer and the next stranger: on PostgreSQL turns have a connection of their own and would else
take half of the machine.
"""
UNUSED = SecretStr("1:unused")
ACCOUNTS = {
    "zalo_bots": (ZaloBotAccount(account="zalo_bot", token=UNUSED),),
    "zalo_oas": (OaAccount(account="zalo_oa", app_id="1", app_secret=UNUSED, secret=UNUSED),),
}
"""Of the channels that limit whom we may write to."""


def most_resident() -> float:
    """MiB this process ever had in memory."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


@asynccontextmanager
async def turns(running: App, waits: list[float]) -> AsyncIterator[None]:
    """One stranger after another says something while the block runs; what each waited."""
    over = asyncio.Event()

    async def speak() -> None:
        while not over.is_set():
            began = time.perf_counter()
            inbound = Inbound(Address("web", f"s{began}"), f"u{began}", Text("xin chào"))
            await running.intake.receive(inbound)
            waits.append(time.perf_counter() - began)
            await asyncio.sleep(EVERY)

    speaking = asyncio.create_task(speak())
    try:
        yield
    finally:
        over.set()
        await speaking


async def meanwhile(running: App, work: Callable[[], Awaitable[object]]) -> tuple[float, list[float]]:
    """Seconds some work takes, and what turns waited meanwhile."""
    waits: list[float] = []
    async with turns(running, waits):
        began = time.perf_counter()
        await work()
        seconds = time.perf_counter() - began
    return seconds, waits


async def measure(url: str, key: str) -> dict[str, object]:
    """Freeze what stands ready to be frozen, look how far it is, count such an audience once more."""
    known = {"database_url": url, "secret_key": SecretStr(key), "http_host": "127.0.0.1"}
    settings = Settings(**known, roles=frozenset(Part) - {Part.CLOCK})
    office = premises.make_office(settings.model_copy(update=ACCOUNTS))
    async with app.running(settings, office=office) as running:
        clockwork = Clockwork(running.writer, (), owner="bench")
        (job,) = (job for job in office_jobs(office) if job.name == "broadcasts")
        gc.collect()
        gc.freeze()  # as the serving process does once it has started
        _, idle = await meanwhile(running, lambda: asyncio.sleep(1))
        seconds, waits = await meanwhile(running, lambda: clockwork.tick(job))
        looks = []
        for _ in range(LOOKS):
            at = time.perf_counter()
            told = await running.writer.read(lambda db: progress.read(db, stored.latest(db, 1)[0], clock.now(db)))
            looks.append(time.perf_counter() - at)
        counting, beside = await meanwhile(running, lambda: running.writer.read(count, office))
    return {
        "seconds": seconds,
        "idle": statistics.median(idle),
        "turns": len(waits),
        "median": statistics.median(waits),
        "longest": max(waits),
        "progress": statistics.median(looks),
        "state": told.state,
        "waiting": told.waiting,
        "counting": counting,
        "longest_beside": max(beside),
        "resident": most_resident(),
    }


def count(db: Transaction, office: Office) -> audience.Counts:
    """As a preview does."""
    row: Broadcast = stored.latest(db, 1)[0]
    now = clock.now(db)
    return audience.count(db, office, broadcasts.unit_of(db, row), now, now)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure(*sys.argv[1:]))))
