"""A broadcast to 1,000,000: how long its audience takes to freeze, and what a turn waits meanwhile.

Run with `make bench`, or this file alone as docs/performance.md says.
"""

from __future__ import annotations

import asyncio
import gc
import resource
import statistics
import time

import pytest
from sqlalchemy import select
from sqlmodel import col

from bot import app
from bot.app import App
from bot.clockwork import Clockwork
from bot.jobs import office_jobs
from handlers.news import broadcasts
from messages.types import Address, Inbound, Text
from storage import clock
from storage.database import Database
from storage.seals import Seals
from storage.tables import Announcing, Broadcast, Unit
from tests.bench import crowd
from tests.box import KEY, Box

PEOPLE = 1_000_000
MIB = 1024


def prepare(box: Box) -> int:
    """The crowd, and a broadcast to it that is confirmed but not frozen; its id."""
    box.furnish()
    database = Database(box.settings.database_url, Seals([KEY]))
    with database.transaction() as db:
        now = clock.now(db)
        school, top = (
            db.scalars(select(col(Unit.id)).where(col(Unit.code) == code)).one() for code in ("GD51-01", "LDLD51")
        )
    assert school
    crowd.settle(database, PEOPLE, unit_id=school, account="telegram", version=box.office.notice_version, now=now)
    with database.transaction() as db:
        row = Broadcast(
            code="TIN-27-AAAAA", text="x", unit_id=top or 0, state=Announcing.FREEZING, due_at=now, created_at=now
        )
        db.add(row)
        db.flush()
        number = row.id or 0
    database.close()
    return number


async def turns(running: App, waits: list[float], over: asyncio.Event) -> None:
    """One stranger after another says something."""
    while not over.is_set():
        began = time.perf_counter()
        await running.intake.receive(Inbound(Address("web", f"s{len(waits)}"), f"u{len(waits)}", Text("xin chào")))
        waits.append(time.perf_counter() - began)


@pytest.mark.timeout(600)
async def test_a_million_recipients(database_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    box = Box(database_url, "web")
    number = prepare(box)
    waits: list[float] = []
    async with app.running(box.settings, office=box.office) as running:
        clockwork = Clockwork(running.writer, (), owner="bench")
        (job,) = (job for job in office_jobs(box.office) if job.name == "broadcasts")
        over = asyncio.Event()
        gc.collect()
        gc.freeze()  # as the serving process does once it has started
        speaking = asyncio.create_task(turns(running, waits, over))
        await asyncio.sleep(1)
        quiet, waits[:] = statistics.median(waits), []
        began = time.perf_counter()
        await clockwork.tick(job)
        seconds = time.perf_counter() - began
        over.set()
        await speaking
        looks = []
        for _ in range(9):
            at = time.perf_counter()
            told = await running.writer.read(
                lambda db: broadcasts.progress(db, db.get_one(Broadcast, number), clock.now(db))
            )
            looks.append(time.perf_counter() - at)
    gc.unfreeze()
    assert (told.state, told.waiting) == (Announcing.SENDING, PEOPLE)
    kind = database_url.partition(":")[0]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MIB
    with capsys.disabled():
        print(
            f"\n{kind}: {PEOPLE:,} frozen in {seconds:.1f} s, {PEOPLE / seconds:,.0f}/s; "
            f"{len(waits)} turns meanwhile, median {statistics.median(waits) * 1000:.0f} ms (idle {quiet * 1000:.0f}), "
            f"longest {max(waits) * 1000:.0f} ms; "
            f"progress {statistics.median(looks) * 1000:.1f} ms; resident at most {memory:.0f} MiB, pytest included"
        )
