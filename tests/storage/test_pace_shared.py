"""Pace that many share, by a clock of the test's own: the rate and its use, groups, the slower pace after a pause."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage import pace
from storage.outcomes import Outcome
from storage.pace import Rate
from storage.tables import Budget, Priority
from tests.post_office import ACCOUNT, PostOffice, opened

START = datetime(2027, 4, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LIMITS = [25, 30, 1000]


@pytest.fixture
def office(database_url: str) -> Iterator[PostOffice]:
    with opened(database_url) as office:
        yield office


def busiest(instants: Sequence[datetime], window: timedelta) -> int:
    """The most starts in any half-open sliding window."""
    most = first = 0
    for last, instant in enumerate(instants):
        while instant - instants[first] >= window:
            first += 1
        most = max(most, last - first + 1)
    return most


class Processes:
    """Several that reserve from one budget, each at moments of its own, and the platform's pauses between."""

    def __init__(self, per_second: float) -> None:
        self.rate = Rate(ACCOUNT, per_second)
        self.budget = Budget(account=ACCOUNT, next_at=START, share=1.0)
        self.starts: list[datetime] = []

    def reserve(self, at: datetime, most: int) -> None:
        share = pace.share_of(self.budget, at)
        reserved = pace.starts(self.rate, next_at=self.budget.next_at, at=at, most=most, share=share)
        if reserved:
            self.budget.next_at = reserved[-1] + self.rate.interval(share)
        self.starts += reserved

    def is_paused(self, at: datetime) -> None:
        pace.slow_down(self.budget, at)


class TestTheRate:
    @pytest.mark.parametrize("per_second", LIMITS)
    @settings(max_examples=30, deadline=None, derandomize=True, database=None)
    @given(seed=st.integers(0, 2**32), pauses=st.integers(0, 3))
    def test_no_sliding_second_holds_more_whoever_asks_whenever(self, per_second: int, seed: int, pauses: int) -> None:
        chance, shared, at = random.Random(seed), Processes(per_second), START
        for step in range(150):
            shared.reserve(at, most=chance.choice([1, 3, 64, 500]))
            if pauses and step % (150 // pauses) == 7:
                shared.is_paused(at)
            at += timedelta(milliseconds=chance.choice([0, 0, 1, 3, 25, 60, 900]))
        assert shared.starts == sorted(shared.starts)
        assert busiest(shared.starts, SECOND) <= per_second

    @pytest.mark.parametrize("per_second", LIMITS)
    def test_nearly_all_of_it_is_used_while_work_waits(self, per_second: int) -> None:
        shared, at = Processes(per_second), START
        while at < START + 10 * SECOND:
            shared.reserve(at, most=64)
            at = max(at, shared.budget.next_at - pace.HORIZON / 2) + timedelta(milliseconds=3)
        assert len([start for start in shared.starts if start < START + 10 * SECOND]) >= 0.95 * 10 * per_second


class TestAfterAPause:
    def test_the_rate_halves_and_grows_back_within_minutes(self) -> None:
        shared = Processes(1000)
        shared.is_paused(START)
        shares = [pace.share_of(shared.budget, START + pace.RECOVERY * part / 8) for part in range(6)]
        assert shares == [0.5, 0.625, 0.75, 0.875, 1.0, 1.0]

    def test_it_never_falls_below_a_floor(self) -> None:
        shared = Processes(1000)
        for _ in range(20):
            shared.is_paused(START)
        assert pace.share_of(shared.budget, START) == pace.SLOWEST

    def test_the_floor_keeps_the_account_alive(self) -> None:
        assert Rate(ACCOUNT, 25).interval(pace.SLOWEST) == SECOND * 16 / 25

    def test_several_refusals_of_one_halt_halve_it_once_and_the_next_halt_again(self, office: PostOffice) -> None:
        for number in range(3):
            office.promise("too fast", chat=str(number))
        for claimed in office.claim().claimed:
            office.settle(claimed, Outcome.PAUSED, after=5, halts_account=True)
        assert office.budget().share == 0.5
        office.time_passes(6)
        office.settle(office.claim(room=1).claimed[0], Outcome.PAUSED, after=5, halts_account=True)
        assert 0.25 < office.budget().share < 0.3

    def test_every_process_goes_slower(self, office: PostOffice) -> None:
        office.do(pace.halt, ACCOUNT, until=office.now() + SECOND)
        office.time_passes(2)
        for number in range(60):
            office.promise("hello", chat=str(number))
        starts = [one.starts_at for one in office.claim(Rate(ACCOUNT, 100), owner="two").claimed]
        assert len(starts) == 3, "a horizon of 50 ms holds five at the full rate"

    def test_a_look_at_the_halts_sees_those_of_others(self, office: PostOffice) -> None:
        assert office.do(pace.stops)[0] == {}
        office.do(pace.halt, ACCOUNT, until=office.now() + 900 * SECOND)
        assert 800 < office.do(pace.stops)[0][ACCOUNT] <= 900
        office.time_passes(901)
        assert office.do(pace.stops)[0] == {}


class TestGroups:
    def test_a_group_hears_at_most_twenty_in_a_minute_and_nearly_that(self, office: PostOffice) -> None:
        rate = Rate(ACCOUNT, chat_interval=1.0, group_interval=3.0, is_group=lambda chat: chat.startswith("-"))
        for number in range(30):
            office.promise(str(number), chat="-100")
        heard = []
        for second in range(75):
            for claimed in office.claim(rate).claimed:
                heard.append(claimed.starts_at + second * SECOND)
                office.settle(claimed, Outcome.SENT)
            office.time_passes(1)
        assert busiest(heard, 60 * SECOND) <= 20
        assert len(heard) >= 24

    def test_a_private_chat_beside_it_keeps_its_own_interval(self, office: PostOffice) -> None:
        rate = Rate(ACCOUNT, chat_interval=1.0, group_interval=300.0, is_group=lambda chat: chat.startswith("-"))
        for chat in ("-100", "an"):
            office.promise("one", chat=chat)
            office.promise("two", chat=chat)
        for claimed in office.claim(rate).claimed:
            office.settle(claimed, Outcome.SENT)
        office.time_passes(1.2)
        assert [one.address.chat for one in office.claim(rate).claimed] == ["an"]


class TestAStormOfReplies:
    def test_a_fifth_of_the_slots_stays_for_broadcasts(self, office: PostOffice) -> None:
        for number in range(60):
            office.promise("reply", chat=f"r{number}")
        for number in range(20):
            office.promise("news", chat=f"b{number}", priority=Priority.BROADCAST)
        order = []
        while len(order) < 40:
            owner = f"process {len(order) % 4}"
            batch = office.claim(Rate(ACCOUNT, 200), room=7, owner=owner)
            order += [one.message.text for one in batch.claimed]
            for claimed in batch.claimed:
                office.settle(claimed, Outcome.SENT, owner=owner)
            office.time_passes(batch.again or 0.0)
        assert all("news" in order[start : start + 5] for start in range(0, 36))
