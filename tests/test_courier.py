"""The courier on both databases, with a channel that obeys the test: what is sent, settled, given back, how often."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy.exc import OperationalError

from bot.channels import Gone, Later, Pace, Refused, Unknown
from bot.courier import Courier
from bot.writer import Writer
from messages.types import Address
from storage import outcomes, transcript
from storage.database import Database, Transaction
from storage.outcomes import Outcome
from storage.seals import Seals
from storage.tables import Policy, Priority, Sending
from tests.fake_channel import FakeChannel
from tests.post_office import KEY, PostOffice, opened

WEB = Address("web", "an")


@pytest.fixture
def office(database_url: str) -> Iterator[PostOffice]:
    with opened(database_url) as office:
        yield office


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The courier's own, so that the test may look and promise while the courier works."""
    database = Database(database_url, Seals([KEY]))
    yield database
    database.close()


@pytest.fixture
async def writer(database: Database) -> AsyncIterator[Writer]:
    writer = Writer(database)
    writer.open()
    yield writer
    await writer.close()


@asynccontextmanager
async def running(courier: Courier) -> AsyncIterator[Courier]:
    task = asyncio.create_task(courier.run())
    yield courier
    await courier.stop()
    await task


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what the courier does in its own time; the test's timeout is the only limit."""
    while not condition():  # noqa: ASYNC110  the channel knows no event of the test's
        await asyncio.sleep(0.005)


class TestSending:
    async def test_everything_promised_is_sent_in_order_one_at_a_time_to_a_chat(
        self, office: PostOffice, writer: Writer
    ) -> None:
        for number in range(12):
            office.promise(str(number), chat="an" if number % 2 else "binh")
        channel = FakeChannel()
        await Courier(writer, [channel], owner="one").drain()
        for chat, numbers in (("binh", range(0, 12, 2)), ("an", range(1, 12, 2))):
            assert [message.text for where, message in channel.sent if where == chat] == [str(n) for n in numbers]
        assert channel.most_at_once == {"an": 1, "binh": 1}
        assert set(office.states()) == {Sending.SENT}

    async def test_the_platforms_id_is_kept(self, office: PostOffice, writer: Writer) -> None:
        office.promise("hello")
        await Courier(writer, [FakeChannel()], owner="one").drain()
        assert (office.row().external_id, office.row().attempts) == ("1", 1)

    async def test_a_paced_account_sends_everything_too(self, office: PostOffice, writer: Writer) -> None:
        for number in range(20):
            office.promise("hello", chat=str(number))
        channel = FakeChannel(pace=Pace(per_second=200))
        await Courier(writer, [channel], owner="one").drain()
        assert len(channel.sent) == 20

    async def test_a_date_to_come_is_not_waited_for(self, office: PostOffice, writer: Writer) -> None:
        office.promise("tomorrow", due_in=86_400)
        channel = FakeChannel()
        courier = Courier(writer, [channel], owner="one")
        await courier.drain()
        assert channel.texts == []
        office.people_wait(86_401)
        await courier.drain()
        assert channel.texts == ["tomorrow"]

    async def test_an_account_whose_channel_it_does_not_carry_is_left_to_others(
        self, office: PostOffice, writer: Writer
    ) -> None:
        office.promise("for another process", account="zalo_bot")
        await Courier(writer, [FakeChannel()], owner="one").drain()
        assert office.states() == [Sending.READY]

    async def test_woken_it_sends_what_was_promised_while_it_ran(self, office: PostOffice, writer: Writer) -> None:
        channel = FakeChannel()
        async with running(Courier(writer, [channel], owner="one")) as courier:
            for text in ("one", "two"):
                await asyncio.to_thread(office.promise, text)
                courier.wake()
            await until(lambda: len(channel.sent) == 2)
        assert channel.texts == ["one", "two"]
        assert set(office.states()) == {Sending.SENT}

    async def test_no_more_are_in_flight_than_allowed_and_the_rest_follow(
        self, office: PostOffice, writer: Writer
    ) -> None:
        for number in range(9):
            office.promise("hello", chat=str(number))
        channel = FakeChannel()
        channel.hang()
        async with running(Courier(writer, [channel], owner="one", in_flight=4)) as courier:
            await channel.wait_until_tried(4)
            courier.wake()
            await writer.read(lambda db: None)
            assert channel.tried == 4
            channel.let_go()
            await until(lambda: len(channel.sent) == 9)


class TestTrouble:
    @pytest.mark.parametrize(
        ("trouble", "policy", "state", "reason"),
        [
            (Later("connect"), Policy.AT_LEAST_ONCE, Sending.READY, "connect"),
            (Later("connect"), Policy.AT_MOST_ONCE, Sending.READY, "connect"),
            (Unknown("read_timeout"), Policy.AT_LEAST_ONCE, Sending.READY, "read_timeout"),
            (Unknown("read_timeout"), Policy.AT_MOST_ONCE, Sending.UNKNOWN, "read_timeout"),
            (Refused("too_long"), Policy.AT_LEAST_ONCE, Sending.FAILED, "too_long"),
            (Gone("blocked"), Policy.AT_LEAST_ONCE, Sending.FAILED, "blocked"),
            (KeyError("ours"), Policy.AT_LEAST_ONCE, Sending.READY, "fault_KeyError"),
            (KeyError("ours"), Policy.AT_MOST_ONCE, Sending.UNKNOWN, "fault_KeyError"),
        ],
    )
    async def test_each_trouble_has_its_fate(
        self, office: PostOffice, writer: Writer, trouble: Exception, policy: Policy, state: Sending, reason: str
    ) -> None:
        office.promise("hello", policy=policy)
        channel = FakeChannel()
        channel.fail_next(trouble)
        await Courier(writer, [channel], owner="one").drain()
        row = office.row()
        assert (row.state, row.reason, row.attempts) == (state, reason, 1)

    async def test_an_outage_ends_and_the_message_arrives(self, office: PostOffice, writer: Writer) -> None:
        office.promise("hello")
        channel = FakeChannel()
        channel.fail_next(*[Later("connect")] * 3)
        courier = Courier(writer, [channel], owner="one")
        for _ in range(4):
            await courier.drain()
            office.time_passes(600)
        assert channel.texts == ["hello"]
        assert office.row().attempts == 4

    async def test_a_retry_after_halts_the_account_and_what_has_not_started_goes_back(
        self, office: PostOffice, writer: Writer
    ) -> None:
        for number in range(30):
            office.promise("hello", chat=str(number))
        channel = FakeChannel(pace=Pace(per_second=1000))
        channel.fail_next(Later("too_many_requests", after=9, halts_account=True))
        courier = Courier(writer, [channel], owner="one")
        await courier.drain()
        tried = channel.tried
        assert tried < 30
        assert {row.state for row in office.rows()} <= {Sending.READY, Sending.SENT}
        await courier.drain()
        assert channel.tried == tried
        assert office.rows()[0].attempts == 0

    async def test_a_channel_that_fails_does_not_hold_up_another(self, office: PostOffice, writer: Writer) -> None:
        office.promise("stuck", account="zalo_bot")
        office.promise("through")
        stuck, through = FakeChannel("zalo_bot"), FakeChannel()
        stuck.hang()
        async with running(Courier(writer, [stuck, through], owner="one")):
            await until(lambda: through.texts == ["through"])
            assert stuck.sent == []
            stuck.let_go()

    async def test_a_database_that_fails_for_a_while_loses_no_report(
        self, office: PostOffice, database: Database, writer: Writer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        office.promise("hello")
        channel = FakeChannel()
        channel.hang()
        courier = Courier(writer, [channel], owner="one")
        task = asyncio.create_task(courier.drain())
        await channel.wait_until_tried(1)
        with monkeypatch.context() as outage:
            outage.setattr(database, "transaction", failing)
            channel.let_go()
            with pytest.raises(OperationalError):
                await task
        assert office.states() == [Sending.CLAIMED]
        await courier.drain()
        assert office.states() == [Sending.SENT]
        assert channel.texts == ["hello"]


class TestCrash:
    async def test_between_claim_and_settle_each_class_keeps_its_promise(
        self, office: PostOffice, writer: Writer
    ) -> None:
        office.promise("answer", chat="an")
        office.promise("news", chat="binh", priority=Priority.BROADCAST, policy=Policy.AT_MOST_ONCE)
        assert len(office.claim(owner="killed").claimed) == 2
        channel = FakeChannel()
        courier = Courier(writer, [channel], owner="next")
        await courier.drain()
        assert channel.texts == []
        office.time_passes(61)
        office.do(outcomes.requeue_expired_leases)
        await courier.drain()
        assert channel.texts == ["answer"]
        assert office.states() == [Sending.SENT, Sending.UNKNOWN]

    async def test_alone_it_takes_over_at_once_what_a_dead_process_left(
        self, office: PostOffice, writer: Writer
    ) -> None:
        office.promise("answer")
        office.claim(owner="killed")
        channel = FakeChannel()
        await Courier(writer, [channel], owner="next", alone=True).drain()
        assert channel.texts == ["answer"]

    async def test_a_zombie_settles_nothing(self, office: PostOffice, writer: Writer) -> None:
        office.promise("answer")
        frozen = FakeChannel()
        frozen.hang()
        frozen.fail_next(Refused("stale"))
        zombie = Courier(writer, [frozen], owner="zombie")
        task = asyncio.create_task(zombie.drain())
        await frozen.wait_until_tried(1)
        await asyncio.to_thread(office.time_passes, 61)
        await asyncio.to_thread(office.do, outcomes.requeue_expired_leases)
        awake = FakeChannel()
        await Courier(writer, [awake], owner="awake").drain()
        frozen.let_go()
        await task
        assert awake.texts == ["answer"]
        assert office.states() == [Sending.SENT]


class TestStopping:
    async def test_what_is_in_flight_is_finished_and_settled(self, office: PostOffice, writer: Writer) -> None:
        office.promise("one")
        office.promise("two")
        channel = FakeChannel()
        channel.hang()
        courier = Courier(writer, [channel], owner="one")
        running_task = asyncio.create_task(courier.run())
        await channel.wait_until_tried(1)
        stopping = asyncio.create_task(courier.stop())
        await asyncio.sleep(0)
        channel.let_go()
        await stopping
        await running_task
        assert channel.texts == ["one"]
        assert office.states() == [Sending.SENT, Sending.READY]

    async def test_what_has_not_started_is_given_back_uncounted(self, office: PostOffice, writer: Writer) -> None:
        for number in range(3):
            office.promise("news", chat=str(number), policy=Policy.AT_MOST_ONCE)
        channel = FakeChannel(pace=Pace(per_second=25))
        courier = Courier(writer, [channel], owner="one")
        running_task = asyncio.create_task(courier.run())
        await channel.wait_until_tried(1)
        await courier.stop()
        await running_task
        waiting = [row for row in office.rows() if row.state == Sending.READY]
        assert len(waiting) + len(channel.sent) == 3
        assert all((row.attempts, row.owner) == (0, None) for row in waiting)

    async def test_a_send_that_outlasts_the_grace_is_unknown(self, office: PostOffice, writer: Writer) -> None:
        office.promise("news", policy=Policy.AT_MOST_ONCE)
        channel = FakeChannel()
        channel.hang()
        courier = Courier(writer, [channel], owner="one")
        running_task = asyncio.create_task(courier.run())
        await channel.wait_until_tried(1)
        await courier.stop(grace=0.01)
        await running_task
        assert (office.row().state, office.row().reason) == (Sending.UNKNOWN, "stopped")


class TestKeptChannels:
    async def test_the_transcript_holds_each_message_once_and_open_pages_are_nudged(
        self, office: PostOffice, writer: Writer
    ) -> None:
        for text in ("one", "two"):
            office.promise(text, account="web")
        channel = FakeChannel("web", kept=True)
        courier = Courier(writer, [channel], owner="one")
        await courier.drain()
        await courier.drain()
        assert [line.message.text for line in office.do(transcript.latest, WEB)] == ["one", "two"]
        assert channel.texts == ["one", "two"]
        assert set(office.states()) == {Sending.SENT}

    async def test_draining_goes_on_when_room_was_made_while_it_looked(
        self, office: PostOffice, writer: Writer
    ) -> None:
        for chat in ("an", "binh"):
            office.promise("hello", account="web", chat=chat)
        channel = FakeChannel("web", kept=True)
        channel.hang()
        courier = Courier(writer, [channel], owner="one", in_flight=1)
        draining = asyncio.create_task(courier.drain())
        await channel.wait_until_tried(1)
        free = threading.Event()
        busy = asyncio.create_task(writer.run(lambda db: free.wait()))
        courier.wake()
        for _ in range(10):  # until its look, with no room, stands behind what keeps the writer busy
            await asyncio.sleep(0)
        channel.let_go()
        await until(lambda: len(channel.sent) == 1)
        free.set()
        await busy
        await draining
        assert len(channel.sent) == 2

    async def test_a_page_that_cannot_be_nudged_is_no_failure_of_delivery(
        self, office: PostOffice, writer: Writer
    ) -> None:
        office.promise("hello", account="web")
        channel = FakeChannel("web", kept=True)
        channel.fail_next(OSError("gone"))
        await Courier(writer, [channel], owner="one").drain()
        assert office.states() == [Sending.SENT]
        assert [line.message.text for line in office.do(transcript.latest, WEB)] == ["hello"]


class TestWriter:
    async def test_work_is_done_in_the_order_asked_and_close_waits_for_it(self, database: Database) -> None:
        writer, done = Writer(database), []
        writer.open()
        asked = [asyncio.create_task(writer.run(lambda _db, n: done.append(n), number)) for number in range(5)]
        await asyncio.sleep(0)
        await writer.close()
        await asyncio.gather(*asked)
        assert done == list(range(5))

    async def test_work_that_raises_is_rolled_back_and_the_next_goes_on(
        self, office: PostOffice, writer: Writer
    ) -> None:
        office.promise("hello")

        def settle_then_fail(db: Transaction) -> None:
            outcomes.requeue_all(db)
            raise ValueError("ours")

        claimed = office.claim_one()
        with pytest.raises(ValueError, match="ours"):
            await writer.run(settle_then_fail)
        assert office.states() == [Sending.CLAIMED]
        assert await writer.run(lambda db: db.dialect) in {"sqlite", "postgresql"}
        assert office.settle(claimed, Outcome.SENT) == 1

    async def test_a_closed_writer_says_so(self, database: Database) -> None:
        with pytest.raises(RuntimeError, match="not open"):
            await Writer(database).run(lambda db: None)


def failing() -> object:
    raise OperationalError("connect", None, OSError("the database is gone"))
