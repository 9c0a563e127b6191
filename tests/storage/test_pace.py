"""Pace on both databases: reservations, not wall time, are what is checked."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from storage import pace
from storage.outcomes import Outcome
from storage.pace import Rate
from storage.tables import Policy, Priority, Sending
from tests.post_office import ACCOUNT, UNPACED, PostOffice, opened

START = datetime(2027, 4, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def office(database_url: str) -> Iterator[PostOffice]:
    with opened(database_url) as office:
        yield office


def busiest_second(instants: Sequence[datetime]) -> int:
    """The most starts in any half-open sliding second."""
    most = first = 0
    for last, instant in enumerate(instants):
        while instant - instants[first] >= SECOND:
            first += 1
        most = max(most, last - first + 1)
    return most


class TestReservations:
    @pytest.mark.parametrize("per_second", [1, 3, 25, 30, 1000])
    def test_no_sliding_second_holds_more_starts_than_the_rate_however_one_asks(self, per_second: int) -> None:
        chance, rate = random.Random(per_second), Rate(ACCOUNT, per_second)
        at = next_at = START
        taken: list[datetime] = []
        while at < START + timedelta(seconds=5):
            reserved = pace.starts(rate, next_at=next_at, at=at, most=chance.randint(0, 60))
            taken += reserved
            next_at = reserved[-1] + rate.interval() if reserved else next_at
            at += timedelta(milliseconds=chance.choice([0, 1, 5, 40, 700]))
        assert taken == sorted(taken)
        assert busiest_second(taken) <= per_second

    @pytest.mark.parametrize("per_second", [25, 30, 1000])
    def test_asked_half_a_horizon_early_no_slot_is_lost(self, per_second: int) -> None:
        rate = Rate(ACCOUNT, per_second)
        at = next_at = START
        taken = 0
        while at < START + timedelta(seconds=10):
            reserved = pace.starts(rate, next_at=next_at, at=at, most=1000)
            taken += len(reserved)
            next_at = max([next_at, *(start + rate.interval() for start in reserved)])
            at = max(at, next_at - pace.HORIZON / 2) + timedelta(milliseconds=5)
        assert taken >= 0.95 * 10 * per_second

    def test_nothing_is_reserved_beyond_the_horizon(self) -> None:
        reserved = pace.starts(Rate(ACCOUNT, 1000), next_at=START, at=START, most=500)
        assert len(reserved) == 50
        assert pace.starts(Rate(ACCOUNT, 1), next_at=START + SECOND, at=START, most=500) == []

    def test_an_account_without_a_pace_is_limited_by_room_alone(self) -> None:
        assert pace.starts(UNPACED, next_at=START, at=START, most=3) == [START] * 3


class TestTurns:
    def test_every_fifth_slot_is_for_broadcasts_while_both_wait(self) -> None:
        taken, starved = pace.take_turns(["r"] * 50, ["b"] * 50, starved=0, slots=25)
        assert "".join(taken) == "rrrrb" * 5
        assert starved == 0

    def test_the_count_goes_on_from_one_claim_to_the_next(self) -> None:
        starved, order = 0, ""
        for _ in range(20):
            taken, starved = pace.take_turns(["r"], ["b"], starved=starved, slots=1)
            order += taken[0]
        assert order == "rrrrb" * 4

    def test_who_waits_alone_gets_every_slot(self) -> None:
        assert pace.take_turns(["r"] * 9, [], starved=4, slots=6) == (["r"] * 6, 0)
        assert pace.take_turns([], ["b"] * 9, starved=0, slots=6) == (["b"] * 6, 0)
        assert pace.take_turns(["r"], ["b"], starved=0, slots=6) == (["r", "b"], 0)


class TestBudget:
    def test_claims_share_one_budget(self, office: PostOffice, database_url: str) -> None:
        rate = Rate(ACCOUNT, 100)
        for number in range(40):
            office.promise("hello", chat=str(number))
        taken: list[datetime] = []
        while len(taken) < 40:
            for owner in ("one", "two"):
                taken += [one.starts_at for one in office.claim(rate, owner=owner, room=3).claimed]
        assert all(later - earlier >= rate.interval() for earlier, later in pairwise(taken))

    def test_a_batch_says_when_to_ask_again(self, office: PostOffice) -> None:
        for number in range(4):
            office.promise("hello", chat=str(number))
        first = office.claim(Rate(ACCOUNT, 25))
        assert len(first.claimed) == 2
        assert first.again is not None
        assert 0 < first.again <= 0.08

    def test_when_nothing_waits_one_need_not_ask(self, office: PostOffice) -> None:
        office.promise("hello")
        assert office.claim(Rate(ACCOUNT, 25)).again is None

    def test_broadcasts_keep_a_fifth_of_the_slots_under_a_storm_of_replies(self, office: PostOffice) -> None:
        for number in range(30):
            office.promise("reply", chat=f"r{number}")
            office.promise("news", chat=f"b{number}", priority=Priority.BROADCAST)
        sent: Counter[str] = Counter()
        while sent.total() < 25:
            sent.update(one.message.text for one in office.claim(Rate(ACCOUNT, 1000), room=1).claimed)
        assert sent == {"reply": 20, "news": 5}

    def test_a_retry_after_halts_the_account_for_everybody_and_is_not_counted(self, office: PostOffice) -> None:
        rate = Rate(ACCOUNT, 1000)
        office.promise("too fast")
        office.promise("to Binh", chat="binh")
        first, _ = office.claim(rate).claimed
        office.promise("to Chi", chat="chi")
        office.settle(first, Outcome.PAUSED, reason="too_many_requests", after=7, halts_account=True)
        halted = office.claim(rate, owner="two")
        assert (halted.claimed, halted.again) == ((), None)
        assert halted.rest
        assert 6 < halted.rest <= 7.2
        office.time_passes(7.2)
        again = office.claim(rate, owner="two").claimed
        assert [(one.message.text, one.attempts) for one in again] == [("too fast", 0), ("to Chi", 0)]

    def test_the_longer_halt_stays(self, office: PostOffice) -> None:
        at = office.now()
        office.do(pace.halt, ACCOUNT, until=at + timedelta(seconds=60))
        office.do(pace.halt, ACCOUNT, until=at + timedelta(seconds=5))
        assert office.budget().halted_until == at + timedelta(seconds=60)

    def test_an_account_without_a_pace_can_be_halted_too(self, office: PostOffice) -> None:
        office.promise("hello")
        office.do(pace.halt, ACCOUNT, until=office.now() + timedelta(seconds=60))
        assert office.claim_texts() == []
        office.time_passes(61)
        assert office.claim_texts() == ["hello"]

    def test_a_halt_of_one_account_leaves_the_other_alone(self, office: PostOffice) -> None:
        office.promise("halted")
        office.promise("free", account="telegram:2")
        office.do(pace.halt, ACCOUNT, until=office.now() + timedelta(seconds=60))
        assert office.claim_texts(Rate(ACCOUNT, 25), Rate("telegram:2", 25)) == ["free"]


class TestChats:
    def test_a_chat_is_written_to_once_in_its_interval(self, office: PostOffice) -> None:
        rate = Rate(ACCOUNT, chat_interval=1.0)
        office.promise("one")
        office.promise("two")
        (first,) = office.claim(rate).claimed
        office.settle(first, Outcome.SENT)
        waiting = office.claim(rate)
        assert waiting.claimed == ()
        assert waiting.rest
        assert 0 < waiting.rest <= 1
        office.time_passes(1)
        assert office.claim_texts(rate) == ["two"]

    def test_a_pause_of_one_chat_holds_all_its_lanes_and_no_other_chat(self, office: PostOffice) -> None:
        office.promise("notice", priority=Priority.NOTICE)
        (first,) = office.claim().claimed
        office.settle(first, Outcome.PAUSED, reason="group_limit", after=30)
        office.promise("reply")
        office.promise("to Binh", chat="binh")
        assert office.claim_texts() == ["to Binh"]
        office.time_passes(31)
        assert office.claim_texts() == ["reply"]

    def test_chats_that_rested_enough_are_forgotten(self, office: PostOffice) -> None:
        office.promise("hello")
        office.claim(Rate(ACCOUNT, chat_interval=1.0))
        assert office.do(pace.forget_lanes) == 0
        office.time_passes(2)
        assert office.do(pace.forget_lanes) == 1


@pytest.mark.parametrize("per_second", [None, 1000])
def test_two_processes_never_send_to_one_chat_at_once_nor_out_of_order(
    postgresql_database: str, per_second: int | None
) -> None:
    with opened(postgresql_database) as office:
        for number in range(120):
            office.promise(f"{number:03}", chat=str(number % 8), policy=Policy(["alo", "amo"][number % 2]))
        order: list[tuple[str, str]] = []
        with ThreadPoolExecutor(2) as pool:
            work = [pool.submit(_send_all, postgresql_database, owner, per_second, order) for owner in ("one", "two")]
            assert sum(one.result() for one in work) == 120
        assert set(office.states()) == {Sending.SENT}
        for chat in range(8):
            texts = [text for where, text in order if where == str(chat)]
            assert texts == sorted(texts)


def _send_all(url: str, owner: str, per_second: int | None, order: list[tuple[str, str]]) -> int:
    """Claim and settle until the outbox is empty; `order` takes what was claimed before it is settled."""
    sent = 0
    with opened(url) as mine:
        while any(state in {Sending.READY, Sending.CLAIMED} for state in mine.states()):
            for claimed in mine.claim(Rate(ACCOUNT, per_second), owner=owner, room=4).claimed:
                order.append((claimed.address.chat, claimed.message.text))
                sent += mine.settle(claimed, Outcome.SENT, owner=owner)
    return sent
