"""Several processes on one PostgreSQL: who polls and is the clock, who dies, freezes, stops; a server that crashes."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.channels import Pace
from bot.courier import Courier
from bot.writer import Writer
from messages.types import Outbound
from storage import leases, outcomes
from storage.database import Database
from storage.seals import Seals
from storage.tables import Policy, Sending
from storage.upgrades import migrate
from tests import own_postgres
from tests.box import KEY
from tests.crash_worker import Hire, Worker
from tests.fake_channel import FakeChannel
from tests.fakes.telegram import TOKEN, FakeTelegram
from tests.fault_proxy import FaultProxy
from tests.post_office import PostOffice

ROWS = 120
LEASES = {"clock", "poller:telegram"}


@pytest.fixture
async def fake() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as fake:
        yield fake


def worker(hire: Hire, home: Path, name: str, url: str, api: str, **settings: str) -> Worker:
    (home / name).mkdir()
    own = {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_API": api, "TELEGRAM_RATE": "1000", **settings}
    return hire(home / name, url, **own)


async def until(condition: Callable[[], object]) -> None:
    """The test's timeout is the only limit; the database is another process's."""
    while not await asyncio.to_thread(condition):  # noqa: ASYNC110
        await asyncio.sleep(0.05)


def holders(office: PostOffice) -> dict[str, str]:
    return {name: owner for name, (owner, _) in office.do(leases.holders).items() if name in LEASES}


async def test_one_polls_and_is_the_clock_and_when_it_is_killed_another_takes_over(
    postgresql_database: str, fake: FakeTelegram, tmp_path: Path, hire: Hire
) -> None:
    office = PostOffice(postgresql_database, keys=(KEY,))
    first, second = (worker(hire, tmp_path, name, postgresql_database, fake.url) for name in ("one", "two"))
    await first.start()
    await until(lambda: set(holders(office)) == LEASES)
    elected = await asyncio.to_thread(holders, office)
    await second.start()
    lan = fake.user(1001)
    lan.says("/start")
    await fake.wait_for(lambda: lan.sees)
    assert await asyncio.to_thread(holders, office) == elected, "the second one finds everything taken"
    await first.kill()
    heard = {seen.text for seen in lan.sees}
    lan.says("/trogiup")
    await asyncio.to_thread(office.time_passes, 61)  # the leases, and what the dead one held of the outbox
    await until(lambda: set(holders(office)) == LEASES)
    await fake.wait_for(lambda: {seen.text for seen in lan.sees} > heard)
    assert len(set(holders(office).values()) | set(elected.values())) == 2
    assert await second.stop() == 0, second.printed
    assert await asyncio.to_thread(holders, office) == {}, "who stops gives its leases back"
    office.close()


async def test_a_frozen_process_that_wakes_up_settles_nothing(
    postgresql_database: str, fake: FakeTelegram, tmp_path: Path, hire: Hire
) -> None:
    office = PostOffice(postgresql_database, keys=(KEY,))
    lan = fake.user(1001)
    async with FaultProxy(fake.url) as proxy:
        frozen = worker(hire, tmp_path, "frozen", postgresql_database, proxy.url, ROLES="web,courier")
        awake = worker(hire, tmp_path, "awake", postgresql_database, fake.url, ROLES="web,courier,clock")
        await frozen.start()
        proxy.fail("silence")
        office.promise("Chào", chat="1001")
        await fake.wait_for(lambda: proxy.broken)
        assert frozen.process
        os.kill(frozen.process.pid, signal.SIGSTOP)
        await awake.start()
        await asyncio.to_thread(office.time_passes, 61)
        await fake.wait_for(lambda: len(lan.sees) == 2)
        await until(lambda: office.states() == [Sending.SENT])
        settled = office.row()
        proxy.mend()
        os.kill(frozen.process.pid, signal.SIGCONT)
        assert await frozen.stop() == 0, frozen.printed
        assert await awake.stop() == 0, awake.printed
    assert (office.row().fence, office.row().external_id, office.row().attempts) == (2, settled.external_id, 2)
    office.close()


async def test_whoever_is_asked_to_stop_leaves_nothing_in_doubt(
    database_url: str, fake: FakeTelegram, tmp_path: Path, hire: Hire
) -> None:
    office = PostOffice(database_url, keys=(KEY,))
    users = [fake.user(1000 + number) for number in range(ROWS)]
    for user in users:
        office.promise("Tin", chat=user.chat, policy=Policy.AT_MOST_ONCE)
    stopped = worker(hire, tmp_path, "stopped", database_url, fake.url, TELEGRAM_RATE="200")
    await stopped.start()
    await fake.wait_for(lambda: sum(len(user.sees) for user in users) > 10)
    assert await stopped.stop() == 0, stopped.printed
    heard = {user.chat: len(user.sees) for user in users}
    assert {row.chat: int(row.state == Sending.SENT) for row in office.rows()} == heard
    assert set(office.states()) <= {Sending.SENT, Sending.READY}
    assert {row.attempts for row in office.rows() if row.state == Sending.READY} <= {0}
    office.close()


class Slow(FakeChannel):
    """A platform that takes a moment, so that something is always in flight."""

    def __init__(self) -> None:
        super().__init__(pace=Pace(per_second=400))
        self.chance = random.Random(3)

    async def send(self, chat: str, message: Outbound) -> str:
        await asyncio.sleep(self.chance.uniform(0, 0.02))
        return await super().send(chat, message)


async def test_a_database_that_crashes_under_load_loses_nothing_and_work_goes_on() -> None:
    with own_postgres.serve() as server:
        migrate(server.url)
        office = PostOffice(server.url, keys=(KEY,))
        for number in range(3 * ROWS):
            office.promise(f"{number}", chat=str(number // 3), policy=tuple(Policy)[number % 2])
        database = Database(server.url, Seals([KEY]))
        writer = Writer(database)
        writer.open()
        channel = Slow()
        courier = Courier(writer, [channel], owner="one")
        running = asyncio.create_task(courier.run())
        await channel.wait_until_tried(ROWS)
        server.crash()
        await asyncio.sleep(0.2)
        await asyncio.to_thread(server.start)
        while Sending.READY in await asyncio.to_thread(office.states):
            courier.wake()
            await asyncio.sleep(0.1)
        await courier.stop()
        await running
        await asyncio.to_thread(_leases_end, office)
        await Courier(writer, [channel], owner="two").drain()
        times = Counter(message.text for _, message in channel.sent)
        for number, row in enumerate(office.rows()):
            heard = times[str(number)]
            assert row.state == (Sending.SENT if heard or row.policy == Policy.AT_LEAST_ONCE else Sending.UNKNOWN)
            assert heard <= (1 if row.policy == Policy.AT_MOST_ONCE else max(1, row.attempts))
            assert heard >= (row.policy == Policy.AT_LEAST_ONCE)
        await writer.close()
        database.close()
        office.close()


def _leases_end(office: PostOffice) -> None:
    """Rows whose claim was committed, and its answer lost, are nobody's until then."""
    office.time_passes(61)
    office.do(outcomes.requeue_expired_leases)
