"""A process under a steady load: 30 updates and 30 answers a second, its memory, files, outbox and loop watched.

`congdoan run` on each kind of database, a Bot API beside. SOAK_SECONDS=300 makes it longer. Run with `make bench`, or
alone: `.venv/bin/python -m pytest tests/bench/bench_soak.py -o python_files="bench_*.py" -p no:randomly -s`.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import ClientSession

from storage import outbox
from storage.database import Database
from storage.seals import Seals
from tests.bench.bench_start import resident
from tests.box import KEY
from tests.crash_worker import Worker
from tests.fakes.telegram import TOKEN, FakeTelegram

SECONDS = int(os.environ.get("SOAK_SECONDS", "45"))
A_SECOND = 30
PEOPLE = 120
"""Each writes every four seconds."""
LOOK = 1.0


@dataclass
class Seen:
    """What was seen of the process, once a second."""

    memory: list[float] = field(default_factory=list)
    files: list[int] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    lags: list[float] = field(default_factory=list)

    async def watch(self, worker: Worker, database: Database) -> None:
        """Until cancelled. How long a page without any work takes tells how late the loop is."""
        assert worker.process
        pid = worker.process.pid
        async with ClientSession() as client:
            while True:
                for _ in range(10):
                    began = time.perf_counter()
                    async with client.get(f"{worker.url}/health") as answer:
                        await answer.read()
                    self.lags.append(time.perf_counter() - began)
                    await asyncio.sleep(LOOK / 10)
                self.memory.append(resident(pid))
                self.files.append(len(os.listdir(f"/proc/{pid}/fd")))  # noqa: PTH208  no disk is asked
                self.rows.append(await asyncio.to_thread(_rows, database))


def _rows(database: Database) -> int:
    with database.reading() as db:
        return sum(outbox.counts(db).values())


async def agree(fake: FakeTelegram) -> None:
    """All of them become members."""
    users = [fake.user(1_000 + number) for number in range(PEOPLE)]
    for user in users:
        user.says("/start")
    await fake.wait_for(lambda: all(any(seen.labels for seen in user.sees) for user in users))
    for user in users:
        user.presses("Tôi đồng ý")
    await fake.wait_for(lambda: all(len(user.sees) > 2 for user in users))


async def write(fake: FakeTelegram, seconds: float) -> int:
    """People write, one after the other; how many lines."""
    began, said = time.monotonic(), 0
    while time.monotonic() - began < seconds:
        fake.user(1_000 + said % PEOPLE).says("/trogiup")
        said += 1
        await asyncio.sleep(max(0.0, began + said / A_SECOND - time.monotonic()))
    return said


@pytest.mark.timeout(SECONDS + 120)
async def test_soak(database_url: str, tmp_path: Path) -> None:
    seen, database = Seen(), Database(database_url, Seals([KEY]))
    async with FakeTelegram() as fake:
        own = {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_API": fake.url, "TELEGRAM_RATE": "100"}
        worker = Worker(tmp_path, database_url, **own)
        try:
            await worker.start()
            await agree(fake)
            before = len(fake.called("sendMessage"))
            watching = asyncio.create_task(seen.watch(worker, database))
            said = await write(fake, SECONDS)
            await fake.wait_for(lambda: len(fake.called("sendMessage")) >= before + said)
            watching.cancel()
            assert await worker.stop() == 0, worker.printed
        finally:
            await worker.kill()
    heard = len(fake.called("sendMessage")) - before
    database.close()
    warm = len(seen.memory) // 3
    print(
        f"\n{database_url.partition(':')[0]}, {SECONDS} s: {said} lines in, {heard} answers out; "
        f"resident {seen.memory[warm]:.0f} MiB after a third, {seen.memory[-1]:.0f} MiB at the end; "
        f"files {min(seen.files[warm:])} to {max(seen.files[warm:])}; outbox at most {max(seen.rows)} rows, "
        f"{seen.rows[-1]} at the end; loop late p99 {statistics.quantiles(seen.lags, n=100)[98] * 1000:.0f} ms"
    )
