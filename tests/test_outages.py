"""An outage costs nobody: whatever way a platform fails and for how long, a few are in doubt and the rest arrives.

The couriers are the real ones; the clocks are moved by the test. «In doubt»: rows that may be sent once, `unknown`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass

import pytest

from bot.channels import Gone, Later, Refused, Unknown
from bot.channels.telegram.transport import PATIENCE
from bot.courier import Courier
from bot.writer import Writer
from messages.types import Outbound
from storage import outages, pace, signals
from storage.database import Database
from storage.outcomes import Outcome
from storage.seals import Seals
from storage.tables import Policy, Priority, Sending
from tests.fake_channel import FakeChannel
from tests.fakes.telegram import FakeTelegram
from tests.fault_proxy import BREAKS, FaultProxy
from tests.post_office import ACCOUNT, KEY, PostOffice, opened
from tests.test_delivery_faults import SILENT, SOON, channel_to

NEWS, REPLIES = 24, 3
MOST_IN_DOUBT = 5
"""More than were in flight."""
SEEN_LATE = 31.0
"""Seconds after which the end of an outage has been noticed."""

FAILURES: dict[str, Callable[[], Exception]] = {
    "5xx": lambda: Unknown("server_error"),
    "garbage": lambda: Unknown("garbage"),
    "timeout": TimeoutError,
    "fault": lambda: KeyError("a page of a proxy"),
    "unreachable": lambda: Later("unreachable"),
}
LASTING = [("5xx", 1), ("5xx", 3600), ("timeout", 3600), ("unreachable", 3600)]
MORE = [("5xx", 14), ("5xx", 300), ("garbage", 3600), ("fault", 3600)]


class Platform(FakeChannel):
    """One that can be away, altogether or for sends alone."""

    def __init__(self) -> None:
        super().__init__()
        self.away: Callable[[], Exception] | None = None
        self.answers_calls = False
        self.heard_of: list[str] = []
        """Every send and call, as it came."""

    async def send(self, chat: str, message: Outbound) -> str:
        self.heard_of.append("send")
        if self.away is not None:
            self.fail_next(self.away())
        return await super().send(chat, message)

    async def ping(self) -> None:
        await super().ping()
        self.heard_of.append("call")
        if self.away is not None and not self.answers_calls:
            raise self.away()


@dataclass
class Drill:
    """An outbox, processes that send from it, and a platform. Time passes when the test says so."""

    office: PostOffice
    platform: Platform
    writers: Sequence[Writer]
    in_flight: int = 1

    def __post_init__(self) -> None:
        self.starts = 0
        self.couriers = [self.courier(writer) for writer in self.writers]

    def courier(self, writer: Writer) -> Courier:
        self.starts += 1
        return Courier(writer, [self.platform], owner=f"{self.starts}", in_flight=self.in_flight)

    def restart(self) -> None:
        """Every process is another one from now on; nothing was in flight."""
        self.couriers = [self.courier(writer) for writer in self.writers]

    def promise(self, *, news: int = NEWS, replies: int = REPLIES) -> None:
        for number in range(news):
            self.office.promise("news", chat=f"n{number}", priority=Priority.BROADCAST, policy=Policy.AT_MOST_ONCE)
        for number in range(replies):
            self.office.promise("reply", chat=f"r{number}")

    async def go_on(self, seconds: float, *, steps: int = 12, restarts: bool = False) -> None:
        """Let so much time pass, in steps; all send what they can after each."""
        for _ in range(steps):
            for courier in self.couriers:
                await courier.drain()
            if restarts:
                self.restart()
            await asyncio.to_thread(self.office.time_passes, seconds / steps)
            await asyncio.to_thread(self.office.people_wait, seconds / steps)

    def states(self, policy: Policy) -> list[Sending]:
        return [Sending(row.state) for row in self.office.rows() if row.policy == policy]

    @property
    def in_doubt(self) -> int:
        return self.states(Policy.AT_MOST_ONCE).count(Sending.UNKNOWN)

    @property
    def is_out(self) -> bool:
        return bool(self.office.do(pace.out))

    def rest_arrived(self) -> bool:
        """Whoever is not in doubt has heard it, and who was answered has heard the answer."""
        heard = {chat for chat, _ in self.platform.sent}
        states = self.states(Policy.AT_MOST_ONCE)
        replies = set(self.states(Policy.AT_LEAST_ONCE))
        assert replies <= {Sending.SENT}, replies
        assert set(states) <= {Sending.SENT, Sending.UNKNOWN}, states
        return len(heard) == len(self.office.rows()) - self.in_doubt


@pytest.fixture
def office(database_url: str) -> Iterator[PostOffice]:
    with opened(database_url) as office:
        yield office


@pytest.fixture
async def drill(office: PostOffice, database_url: str) -> AsyncIterator[Drill]:
    """Two processes where the database carries two."""
    databases = [Database(database_url, Seals([KEY])) for _ in range(2 if "postgresql" in database_url else 1)]
    writers = [Writer(database) for database in databases]
    for writer in writers:
        writer.open()
    yield Drill(office, Platform(), writers)
    for writer, database in zip(writers, databases, strict=True):
        await writer.close()
        database.close()


@pytest.mark.parametrize(
    ("failure", "seconds"), [*LASTING, *(pytest.param(*one, marks=pytest.mark.long) for one in MORE)]
)
async def test_a_few_are_in_doubt_however_it_fails_and_for_how_long(drill: Drill, failure: str, seconds: int) -> None:
    drill.promise()
    drill.platform.away = FAILURES[failure]
    await drill.go_on(seconds, steps=8)
    assert drill.in_doubt <= MOST_IN_DOUBT + drill.in_flight * len(drill.couriers)
    if failure == "unreachable":
        assert drill.in_doubt == 0, "not a byte went out"
    drill.platform.away = None
    await drill.go_on(SEEN_LATE, steps=6)
    await drill.go_on(60, steps=2)
    assert drill.rest_arrived()
    assert not drill.is_out


async def test_what_was_in_flight_is_in_doubt_and_a_few_more(drill: Drill) -> None:
    drill.in_flight = 8
    drill.restart()
    drill.promise()
    drill.platform.away = FAILURES["5xx"]
    await drill.go_on(600)
    assert drill.in_doubt <= MOST_IN_DOUBT + 8
    drill.platform.away = None
    await drill.go_on(SEEN_LATE, steps=4)
    assert drill.rest_arrived()


async def test_it_begins_in_the_middle_of_a_batch_and_every_process_starts_anew(drill: Drill) -> None:
    drill.promise(news=6, replies=0)
    await drill.go_on(1, steps=1)
    assert len(drill.platform.sent) == 6
    drill.promise(news=0)
    for number in range(NEWS):
        drill.office.promise("more", chat=f"m{number}", priority=Priority.BROADCAST, policy=Policy.AT_MOST_ONCE)
    drill.platform.away = FAILURES["timeout"]
    await drill.go_on(900, restarts=True)
    assert drill.in_doubt <= MOST_IN_DOUBT + len(drill.couriers)
    drill.platform.away = None
    await drill.go_on(SEEN_LATE, steps=4, restarts=True)
    assert drill.rest_arrived()


async def test_each_outage_of_a_platform_that_comes_and_goes_costs_a_few(drill: Drill) -> None:
    for round_ in range(3):
        for number in range(NEWS):
            drill.office.promise(
                "news", chat=f"{round_}-{number}", priority=Priority.BROADCAST, policy=Policy.AT_MOST_ONCE
            )
        drill.platform.away = FAILURES["5xx"]
        await drill.go_on(20, steps=6)
        assert drill.in_doubt <= (round_ + 1) * (MOST_IN_DOUBT + len(drill.couriers))
        drill.platform.away = None
        await drill.go_on(SEEN_LATE, steps=4)
        assert drill.rest_arrived()


class TestProbes:
    async def test_one_reply_at_a_time_then_the_call_and_where_no_reply_waits_the_call_alone(
        self, drill: Drill
    ) -> None:
        drill.promise(replies=0)
        drill.platform.away = FAILURES["5xx"]
        await drill.go_on(30)
        tried, pinged = drill.platform.tried, drill.platform.pinged
        assert (drill.is_out, tried <= outages.TOLERATED + 2) == (True, True)
        assert pinged >= 1
        drill.promise(news=0, replies=5)
        drill.platform.heard_of.clear()
        await drill.go_on(35 * 6, steps=6)
        assert "".join(drill.platform.heard_of).replace("sendcall", "").removeprefix("call").removesuffix("send") == ""
        assert 4 <= len(drill.platform.heard_of) <= 6, "a reply, then the call, one at each time"

    async def test_without_a_reply_the_call_opens_the_way_by_one_row_first(self, drill: Drill) -> None:
        drill.promise(replies=0)
        drill.platform.away = FAILURES["5xx"]
        await drill.go_on(30)
        drill.platform.away = None
        await drill.go_on(SEEN_LATE, steps=4)
        assert drill.platform.most_at_once
        assert drill.rest_arrived()

    async def test_calls_that_are_answered_while_sends_fail_cost_no_more(self, drill: Drill) -> None:
        drill.promise(replies=0)
        drill.platform.away, drill.platform.answers_calls = FAILURES["5xx"], True
        await drill.go_on(3600, steps=40)
        assert drill.in_doubt <= MOST_IN_DOUBT
        drill.platform.away = None
        await drill.go_on(3700, steps=6)
        assert drill.rest_arrived()

    async def test_where_nothing_waits_the_call_is_enough_and_the_next_doubt_is_one_too_many(
        self, drill: Drill
    ) -> None:
        drill.promise(news=3, replies=0)
        drill.platform.away = FAILURES["5xx"]
        await drill.go_on(10)
        assert drill.is_out
        drill.platform.answers_calls = True
        await drill.go_on(SEEN_LATE, steps=4)
        assert not drill.is_out
        drill.office.promise("news", chat="late", priority=Priority.BROADCAST, policy=Policy.AT_MOST_ONCE)
        await drill.go_on(1, steps=1)
        assert drill.is_out

    async def test_what_was_tried_meanwhile_does_not_wait_for_its_own_turn_afterwards(self, drill: Drill) -> None:
        drill.promise(news=0, replies=1)
        drill.platform.away = FAILURES["5xx"]
        await drill.go_on(900, steps=30)
        drill.platform.away = None
        drill.office.promise("another", chat="another")
        await drill.go_on(SEEN_LATE, steps=4)
        assert drill.rest_arrived()


class TestWhatSaysNothingOfTheWay:
    @pytest.mark.parametrize("trouble", [Gone("forbidden"), Refused("bad_request")])
    async def test_a_refusal_of_one_person_leaves_it_open(self, drill: Drill, trouble: Exception) -> None:
        drill.promise(news=0, replies=12)
        drill.platform.away = lambda: trouble
        await drill.go_on(1, steps=1)
        assert drill.platform.tried == 12
        assert not drill.is_out

    async def test_and_so_does_a_pause(self, drill: Drill) -> None:
        drill.promise()
        drill.platform.away = lambda: Later("flooded", after=2, halts_account=True)
        await drill.go_on(60, steps=3)
        assert not drill.is_out
        assert drill.in_doubt == 0

    def test_what_flew_when_it_began_neither_ends_nor_prolongs_it(self, office: PostOffice) -> None:
        for number in range(6):
            office.promise("news", chat=f"{number}", policy=Policy.AT_MOST_ONCE)
        claimed = office.claim().claimed
        for one, outcome in zip(claimed, [*[Outcome.UNKNOWN] * 3, Outcome.SENT, Outcome.UNKNOWN], strict=False):
            office.settle_noting(one, outcome)
        budget = office.budget()
        assert (budget.doubts, budget.probes, budget.out_since is not None) == (3, 0, True)

    def test_a_doubt_of_the_last_outage_does_not_begin_another(self, office: PostOffice) -> None:
        for number in range(8):
            office.promise("news", chat=f"{number}", policy=Policy.AT_MOST_ONCE)
        claimed = office.claim().claimed
        for one in claimed[:3]:
            office.settle_noting(one, Outcome.UNKNOWN)
        office.time_passes(2)
        office.promise("reply", chat="an")
        office.settle_noting(office.claim_one(), Outcome.SENT)
        for one in claimed[3:]:
            office.settle_noting(one, Outcome.UNKNOWN)
        assert (office.budget().doubts, office.budget().out_since) == (0, None)

    def test_a_delivery_in_between_begins_the_count_anew(self, office: PostOffice) -> None:
        for number in range(5):
            office.promise("news", chat=f"{number}", policy=Policy.AT_MOST_ONCE)
        unknown, sent = Outcome.UNKNOWN, Outcome.SENT
        for one, outcome in zip(office.claim().claimed, [unknown, unknown, sent, unknown, unknown], strict=True):
            office.settle_noting(one, outcome)
        assert (office.budget().doubts, office.budget().out_since) == (2, None)


def test_an_operator_sees_since_when(office: PostOffice) -> None:
    for number in range(3):
        office.promise("news", chat=f"{number}", policy=Policy.AT_MOST_ONCE)
    for one in office.claim().claimed:
        office.settle_noting(one, Outcome.UNKNOWN)
    office.time_passes(90)
    told = office.do(signals.read)
    assert 89 < told.out[ACCOUNT] < 3600


@pytest.mark.parametrize("how", [*BREAKS, "502"])
async def test_each_break_of_the_connection_is_an_outage(sqlite_database: str, how: str) -> None:
    """With Telegram's own channel, through a proxy; the program starts anew when the network is mended."""
    database = Database(sqlite_database, Seals([KEY]))
    writer = Writer(database)
    writer.open()
    with opened(sqlite_database) as office:
        async with FakeTelegram() as fake, FaultProxy(fake.url) as proxy:
            for user in [fake.user(1000 + number) for number in range(8)]:
                office.promise("Tin", chat=user.chat, priority=Priority.BROADCAST, policy=Policy.AT_MOST_ONCE)
            if how == "502":
                fake.fail_next(502, times=3)
                fake.fail_next(502, times=1, method="getMe")
            else:
                proxy.fail(how)
            async with channel_to(proxy.url, SOON if how in SILENT else PATIENCE) as channel:
                courier = Courier(writer, [channel], owner="one", in_flight=1)
                await courier.drain()
                assert office.states().count(Sending.UNKNOWN) == outages.TOLERATED
                await asyncio.to_thread(office.time_passes, 2)
                await courier.drain()
                assert office.states().count(Sending.READY) == 8 - outages.TOLERATED, "the call found it still broken"
            proxy.mend()
            async with channel_to(proxy.url) as channel:
                courier = Courier(writer, [channel], owner="two", in_flight=1)
                for _ in range(3):
                    await asyncio.to_thread(office.time_passes, 40)
                    await courier.drain()
            assert office.states().count(Sending.SENT) == 8 - outages.TOLERATED
    await writer.close()
    database.close()
