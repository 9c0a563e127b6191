"""Four processes on one budget: what arrives at the platform in any second, and what still comes inside a pause.

`congdoan run` four times on a PostgreSQL of its own; the Bot API notes when each message comes in. Run with
`make bench`, or alone:
`.venv/bin/python -m pytest tests/bench/bench_pace.py -o python_files="bench_*.py" -p no:randomly -s`.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from messages.types import Address, Outbound
from storage import clock, outbox
from storage.tables import Policy, Priority
from storage.upgrades import migrate
from tests import own_postgres
from tests.box import KEY
from tests.crash_worker import Worker
from tests.fakes import telegram_rules as rules
from tests.fakes.telegram import TOKEN, FakeTelegram
from tests.fakes.telegram_world import ApiError
from tests.own_postgres import OwnServer
from tests.post_office import ACCOUNT, PostOffice

PROCESSES = 4
SECONDS = 20
REFUSALS = 12
ASKED = (1, 2)
"""Seconds a refusal asks us to wait; Telegram knows whole ones only."""


class Watched(FakeTelegram):
    """Notes when messages come in, and refuses one now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.came: list[float] = []
        self.halts: list[tuple[float, float]] = []
        self.refuses_at: list[float] = []
        self.chance = random.Random(5)

    async def perform(self, method: str, parameters: Mapping[str, Any], files: rules.Files) -> Any:
        if method == "sendMessage":
            now = time.monotonic()
            self.came.append(now)
            if self.refuses_at and now >= self.refuses_at[0]:
                asked = self.chance.choice(ASKED)
                self.halts.append((now, now + asked))
                self.refuses_at = [at for at in self.refuses_at[1:] if at > now + asked + 0.5]
                raise ApiError(429, f"Too Many Requests: retry after {asked}", {"retry_after": asked})
        return await super().perform(method, parameters, files)


@pytest.fixture
def server() -> Iterator[OwnServer]:
    with own_postgres.serve() as server:
        migrate(server.url)
        yield server


def promise(office: PostOffice, fake: FakeTelegram, number: int) -> None:
    with office.database.transaction() as db:
        for chat in range(1, number + 1):
            fake.user(chat)
            outbox.enqueue(
                db,
                Address(ACCOUNT, str(chat)),
                Outbound("Chào"),
                topic="status",
                member_id=None,
                priority=Priority.NOTICE,
                policy=Policy.AT_LEAST_ONCE,
                now=clock.now(db),
            )


def busiest(came: list[float]) -> int:
    """The most in any half-open second, as they came in."""
    first = most = 0
    for last, at in enumerate(came):
        while at - came[first] >= 1:
            first += 1
        most = max(most, last - first + 1)
    return most


@pytest.mark.timeout(300)
@pytest.mark.parametrize("rate", [30, 300])
async def test_four_processes_share_one_pace(server: OwnServer, rate: int, tmp_path: Path) -> None:
    office = PostOffice(server.url, keys=(KEY,))
    async with Watched() as fake:
        promise(office, fake, rate * (SECONDS + 3 * REFUSALS))
        workers = []
        for name in map(str, range(PROCESSES)):
            (tmp_path / name).mkdir()
            own = {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_API": fake.url, "TELEGRAM_RATE": str(rate)}
            workers.append(Worker(tmp_path / name, server.url, **own))
        try:
            await asyncio.gather(*(worker.start() for worker in workers))
            fake.came.clear()
            await asyncio.sleep(SECONDS)
            steady = list(fake.came)
            fake.refuses_at = [time.monotonic() + 0.7 * number for number in range(4 * REFUSALS)]
            await fake.wait_for(lambda: len(fake.halts) >= REFUSALS)
            await asyncio.sleep(ASKED[-1] + 1)
            for worker in workers:
                assert await worker.stop() == 0, worker.printed
        finally:
            for worker in workers:
                await worker.kill()
    office.close()
    report(rate, steady, fake)


def report(rate: int, steady: list[float], fake: Watched) -> None:
    inside = [at - began for began, end in fake.halts for at in fake.came if began < at < end]
    resumed = [min((at for at in fake.came if at >= end), default=end) - end for _, end in fake.halts]
    print(
        f"\n{PROCESSES} processes at {rate}/s: {(len(steady) - 1) / (steady[-1] - steady[0]):.1f}/s came in, "
        f"at most {busiest(steady)} in any second"
        f"\n{len(fake.halts)} pauses of 1 to 2 s: {len(inside)} messages came inside one, the last "
        f"{max(inside, default=0) * 1000:.0f} ms after the refusal; "
        f"it went on at most {max(resumed):.2f} s after its end"
    )
