"""The clockwork on both databases: who ticks, what a tick does, what happens when a job fails."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from bot import clockwork as module
from bot.clockwork import JOBS, Clockwork, Job
from bot.writer import Writer
from messages.types import Address
from storage import leases, transcript
from storage.database import Database, Transaction
from storage.outcomes import Outcome
from storage.seals import Seals
from storage.tables import Sending
from tests import patience
from tests.post_office import KEY, PostOffice, opened

WEB = Address("web", "an")
MINUTE = timedelta(minutes=1)
MOMENT = datetime(2027, 4, 10, 7, tzinfo=UTC)


@pytest.fixture
def office(database_url: str) -> Iterator[PostOffice]:
    with opened(database_url) as office:
        yield office


@pytest.fixture
async def writer(database_url: str) -> AsyncIterator[Writer]:
    database = Database(database_url, Seals([KEY]))
    writer = Writer(database)
    writer.open()
    yield writer
    await writer.close()
    database.close()


class Looks:
    """A job that remembers when it looked, and fails when told to."""

    def __init__(self, name: str = "look", *, fails: bool = False) -> None:
        self.times: list[datetime] = []
        self.looked = asyncio.Event()
        self.job = Job(name, MINUTE, self.look)
        self._fails = fails
        self._loop = asyncio.get_running_loop()

    def look(self, db: Transaction, now: datetime) -> None:
        self.times.append(now)
        leases.take(db, f"mark of {self.job.name}", owner="a job")
        self._loop.call_soon_threadsafe(self.looked.set)
        if self._fails:
            raise ValueError("a secret text")


async def test_only_the_process_that_holds_the_lease_looks(office: PostOffice, writer: Writer) -> None:
    here, there = Looks(), Looks()
    await Clockwork(writer, [here.job], owner="one").tick(here.job)
    await Clockwork(writer, [there.job], owner="two").tick(there.job)
    assert (len(here.times), len(there.times)) == (1, 0)
    office.time_passes(16)
    await Clockwork(writer, [there.job], owner="two").tick(there.job)
    assert len(there.times) == 1


async def test_a_job_judges_by_the_clock_a_person_sees(office: PostOffice, writer: Writer) -> None:
    office.people_wait(86_400)
    looks = Looks()
    await Clockwork(writer, [looks.job], owner="one").tick(looks.job)
    assert looks.times[0] - datetime.now(UTC) > timedelta(hours=23)


async def test_a_job_that_fails_is_undone_and_logged_without_its_text(office: PostOffice, writer: Writer) -> None:
    fails, works = Looks("fails", fails=True), Looks("works")
    with capture_logs() as logs:
        await Clockwork(writer, [fails.job, works.job], owner="one").tick_all(MOMENT)
    assert list(office.do(leases.holders)) == ["mark of works"]
    assert logs == [
        {"event": "clockwork.job_failed", "job": "fails", "error": "ValueError", "log_level": "error"},
    ]


async def test_a_jump_of_the_clock_runs_every_job_once_in_order(office: PostOffice, writer: Writer) -> None:
    order: list[tuple[str, datetime]] = []
    jobs = [Job(name, MINUTE, lambda _db, now, name=name: order.append((name, now))) for name in ("a", "b", "c")]  # type: ignore[misc]
    woken: list[None] = []
    clockwork = Clockwork(writer, jobs, owner="one", wake=lambda: woken.append(None))
    await clockwork.tick_all(MOMENT)
    assert order == [("a", MOMENT), ("b", MOMENT), ("c", MOMENT)]
    assert woken


async def test_started_it_looks_at_once_and_stopped_it_gives_the_lease_back(office: PostOffice, writer: Writer) -> None:
    looks = Looks()
    clockwork = Clockwork(writer, [looks.job], owner="one")
    clockwork.start()
    await looks.looked.wait()
    assert office.do(leases.take, "clock", owner="two") is None
    await clockwork.stop()
    assert office.do(leases.take, "clock", owner="two") is not None


async def test_a_job_that_goes_by_slices_goes_on_until_there_is_no_more(writer: Writer) -> None:
    left = [3, 2, 1, 0]
    sliced = Job("sliced", MINUTE, lambda _db, _now: left.pop(0), by_slices=True)
    once: list[int] = []
    whole = Job("whole", MINUTE, lambda _db, _now: not once.append(1))
    clockwork = Clockwork(writer, [sliced, whole], owner="one")
    await clockwork.tick(sliced)
    await clockwork.tick(whole)
    assert (left, once) == ([], [1])
    left[:] = [1, 0]
    await clockwork.tick_all(MOMENT)
    assert (left, once) == ([], [1, 1])


async def test_a_stop_lets_the_job_that_runs_end(office: PostOffice, writer: Writer) -> None:
    begun, may_end, loop = asyncio.Event(), threading.Event(), asyncio.get_running_loop()

    def work(db: Transaction, _now: datetime) -> bool:
        loop.call_soon_threadsafe(begun.set)
        may_end.wait(patience.SECONDS)
        leases.take(db, "mark of work", owner="a job")
        return True

    clockwork = Clockwork(writer, [Job("long", MINUTE, work, by_slices=True)], owner="one")
    clockwork.start()
    await begun.wait()
    stopping = asyncio.create_task(clockwork.stop())
    await asyncio.sleep(0)
    may_end.set()
    with capture_logs() as logs:
        await stopping
    assert logs == []
    assert "mark of work" in office.do(leases.holders)
    assert office.do(leases.take, "clock", owner="two") is not None


async def test_a_machine_whose_clock_was_set_back_does_not_wait_for_it(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WATCH", 0.01)
    looks = Looks()
    clockwork = Clockwork(writer, [looks.job], owner="one")
    clockwork.start()
    await looks.looked.wait()
    if clockwork._ticking:  # who still looks would not look again
        await asyncio.wait(clockwork._ticking)
    looks.looked.clear()
    assert clockwork._scheduler is not None
    clockwork._scheduler.modify_job("look", next_run_time=datetime.now(UTC) + timedelta(hours=6))
    await looks.looked.wait()
    await clockwork.stop()


async def test_stopping_what_never_started_is_harmless(writer: Writer) -> None:
    await Clockwork(writer, owner="one").stop()


async def test_the_products_jobs_take_back_end_and_forget_what_is_due(office: PostOffice, writer: Writer) -> None:
    office.promise("sent long ago", chat="an", once="key")
    office.settle(office.claim_one(), Outcome.SENT)
    office.promise("held by a dead process", chat="binh")
    office.claim(lease=-1)
    office.promise("too late", chat="chi", expires_in=60)
    office.do(transcript.write_mine, WEB, "said long ago", office.now())
    office.people_wait(200 * 86_400)
    await Clockwork(writer, JOBS, owner="one").tick_all(office.now())
    assert office.states() == [Sending.SENT, Sending.READY, Sending.EXPIRED]
    assert [row.body is None for row in office.rows()] == [True, False, False]
    assert office.do(transcript.latest, WEB) == []


def test_jobs_have_names_of_their_own_and_look_regularly() -> None:
    assert len({job.name for job in JOBS}) == len(JOBS)
    assert all(timedelta(seconds=1) <= job.every <= timedelta(days=1) for job in JOBS)
