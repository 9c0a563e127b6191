"""How long it takes when a process is killed, frozen or asked to stop, and when PostgreSQL goes away and comes back.

The real thing: `congdoan run` twice on a PostgreSQL of its own, a Bot API beside. Printed is the longest of each; what
was lost, heard twice or is unknown is asserted. PROCESSES_ROUNDS makes it longer. Run with `make bench`, or alone:
`.venv/bin/python -m pytest tests/bench/bench_processes.py -o python_files="bench_*.py" -p no:randomly -s`.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from bot.platforms import RENEWAL
from messages.types import Address, Outbound
from storage import clock, leases, outbox
from storage.tables import Policy, Priority, Sending
from storage.upgrades import migrate
from tests import own_postgres
from tests.box import KEY
from tests.crash_worker import Worker
from tests.fakes.telegram import TOKEN, FakeTelegram
from tests.own_postgres import OwnServer
from tests.post_office import ACCOUNT, PostOffice

ROUNDS = int(os.environ.get("PROCESSES_ROUNDS", "2"))
STOPS = 4 * ROUNDS
LOAD = 600
"""Rows waiting, half of them at most once, whenever something is stopped or brought down."""
LEASES = {"clock", "poller:telegram"}
LOOK = 0.05
OUTAGE = 3.0
LONG_OUTAGE = 40.0
"""Seconds PostgreSQL stays away: long enough for every growing pause to be at its longest."""


class Fleet:
    """Two processes; `active` holds every lease, `other` stands by."""

    def __init__(self, home: Path, server: OwnServer, fake: FakeTelegram) -> None:
        self.server, self.fake = server, fake
        self.office = PostOffice(server.url, keys=(KEY,))
        self.active, self.other = (self._worker(home / name) for name in ("one", "two"))
        self._asked = 0
        self.promised = 0

    def _worker(self, home: Path) -> Worker:
        home.mkdir()
        own = {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_API": self.fake.url, "TELEGRAM_RATE": "200"}
        return Worker(home, self.server.url, **own)

    async def start(self) -> None:
        """The first takes everything before the second comes."""
        await self.active.start()
        await self.until(lambda: set(self.holders()) == LEASES)
        await self.other.start()
        await self.answer()

    async def stop(self) -> None:
        for each in (self.active, self.other):
            await each.kill()
        self.office.close()

    def holders(self) -> dict[str, str]:
        return {name: owner for name, (owner, _) in self.office.do(leases.holders).items() if name in LEASES}

    async def until(self, condition: Callable[[], object]) -> float:
        """Seconds until it holds; asked in a thread, for the database may keep it waiting."""
        began = time.monotonic()
        while not await asyncio.to_thread(condition):  # noqa: ASYNC110  another process does it
            await asyncio.sleep(LOOK)
        return time.monotonic() - began

    async def answer(self) -> float:
        """Seconds until somebody who writes now is answered: fetched, taken, promised, sent."""
        self._asked += 1
        asked, began = self.fake.user(500_000 + self._asked), time.monotonic()
        asked.says("/start")
        await self.fake.wait_for(lambda: asked.sees)
        return time.monotonic() - began

    async def load(self) -> None:
        await asyncio.to_thread(self._load)

    def _load(self) -> None:
        first, self.promised = self.promised, self.promised + LOAD
        with self.office.database.transaction() as db:
            for number in range(first, self.promised):
                self.fake.user(number + 1)
                outbox.enqueue(
                    db,
                    Address(ACCOUNT, str(number + 1)),
                    Outbound(f"tin {number}"),
                    topic="status",
                    member_id=None,
                    priority=Priority.NOTICE,
                    policy=tuple(Policy)[number % 2],
                    now=clock.now(db),
                )

    def sent(self) -> int:
        return sum(self.heard().values())

    async def sends(self, more: int) -> None:
        """Until so many more have arrived."""
        before = self.sent()
        await self.fake.wait_for(lambda: self.sent() >= before + more)

    def heard(self) -> Counter[str]:
        texts = (str(call.get("text", "")) for call in self.fake.called("sendMessage"))
        return Counter(text for text in texts if text.startswith("tin "))

    def is_settled(self) -> bool:
        return not {Sending.READY, Sending.CLAIMED} & set(self.office.states())

    async def swap(self) -> None:
        """Who fell is started again and stands by."""
        self.active, self.other = self.other, self.active
        if self.other.process is None or self.other.process.returncode is not None:
            await self.other.start()


@pytest.fixture
def server() -> Iterator[OwnServer]:
    with own_postgres.serve() as server:
        migrate(server.url)
        yield server


@pytest.fixture
async def fleet(server: OwnServer, tmp_path: Path) -> AsyncIterator[Fleet]:
    async with FakeTelegram() as fake:
        fleet = Fleet(tmp_path, server, fake)
        await fleet.start()
        yield fleet
        await fleet.stop()


async def taken_over(fleet: Fleet) -> tuple[float, float]:
    """From now: until the other one holds every lease; until a stranger is answered by it."""
    before = set((await asyncio.to_thread(fleet.holders)).values())

    def is_elsewhere() -> bool:
        now = fleet.holders()
        return set(now) == LEASES and not before & set(now.values())

    held, answered = await asyncio.gather(fleet.until(is_elsewhere), fleet.answer())
    return held, answered


def told(what: str, seconds: list[float], goal: float) -> None:
    print(f"  {what:58} {max(seconds):6.1f} s  (goal {goal:.0f} s; {', '.join(f'{one:.1f}' for one in seconds)})")


@pytest.mark.timeout(600)
async def test_who_is_killed_or_freezes_is_followed(fleet: Fleet) -> None:
    print("\nfrom the moment one falls")
    for name, fall in (("killed", signal.SIGKILL), ("frozen", signal.SIGSTOP)):
        held, answered = [], []
        for _ in range(ROUNDS):
            await asyncio.sleep(random.uniform(0, RENEWAL))
            assert fleet.active.process
            pid = fleet.active.process.pid
            os.kill(pid, fall)
            if fall == signal.SIGKILL:
                await fleet.active.process.wait()
            moved, reply = await taken_over(fleet)
            held.append(moved)
            answered.append(reply)
            if fall == signal.SIGSTOP:
                os.kill(pid, signal.SIGCONT)
                await fleet.answer()
            await fleet.swap()
        told(f"{name}: every lease with the other", held, 20)
        told(f"{name}: a stranger is answered", answered, 20)


@pytest.mark.timeout(600)
async def test_what_the_killed_one_had_claimed_comes_back(fleet: Fleet) -> None:
    await fleet.load()
    await fleet.fake.wait_for(lambda: fleet.sent() > LOAD // 4)
    await fleet.active.kill()
    seconds = await fleet.until(fleet.is_settled)
    told("killed under load: everything sent or named unknown", [seconds], 65)
    every_one_arrived(fleet)
    await fleet.active.start()


@pytest.mark.timeout(600)
async def test_rolling_stops_under_load(fleet: Fleet) -> None:
    stops = []
    for _ in range(STOPS):
        await fleet.load()
        await fleet.sends(20)
        began = time.monotonic()
        assert await fleet.active.stop() == 0, fleet.active.printed
        stops.append(time.monotonic() - began)
        await fleet.swap()
    await fleet.until(fleet.is_settled)
    told(f"asked to stop under load, {STOPS} times: gone", stops, 30)
    assert set(fleet.office.states()) == {Sending.SENT}
    assert set(fleet.heard().values()) == {1}, "nothing twice"
    assert fleet.sent() == fleet.promised


@pytest.mark.timeout(600)
@pytest.mark.parametrize("away", [0.0, OUTAGE, LONG_OUTAGE])
async def test_postgresql_goes_away_under_load(fleet: Fleet, away: float) -> None:
    sends, replies, ticks = [], [], []
    for _ in range(1 if away == LONG_OUTAGE else ROUNDS):
        await fleet.load()
        await fleet.sends(20)
        fleet.server.crash()
        asked = asyncio.create_task(fleet.answer())
        await asyncio.sleep(away)
        await asyncio.to_thread(fleet.server.start)
        back = time.monotonic()
        await asyncio.gather(
            timed(fleet.sends(1), back, sends),
            timed(asked, back, replies),
            timed(fleet.until(lambda: set(fleet.holders()) == LEASES), back, ticks),
        )
        assert all(one.process and one.process.returncode is None for one in (fleet.active, fleet.other))
        await fleet.until(fleet.is_settled)
    print()
    told(f"PostgreSQL crashed and away for {away:.0f} s: sending again", sends, 10)
    told("  who wrote meanwhile is answered", replies, 10)
    told("  every lease held", ticks, 10)
    every_one_arrived(fleet)


async def timed(work: Awaitable[object], began: float, into: list[float]) -> None:
    await work
    into.append(time.monotonic() - began)


def every_one_arrived(fleet: Fleet) -> None:
    """At least once is sent; at most once is sent once or named unknown."""
    heard = fleet.heard()
    rows = [row for row in fleet.office.rows() if row.chat.isdigit() and int(row.chat) <= fleet.promised]
    assert len(rows) == fleet.promised
    for row in rows:
        times = heard[f"tin {int(row.chat) - 1}"]
        if row.policy == Policy.AT_LEAST_ONCE:
            assert row.state == Sending.SENT
            assert 1 <= times <= max(1, row.attempts)
        else:
            assert row.state in (Sending.SENT, Sending.UNKNOWN)
            assert times == 1 or (row.state == Sending.UNKNOWN and not times)
