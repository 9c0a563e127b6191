"""A clock that was hours ahead is set right: what waited by it does not wait for hours, and nothing goes twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from storage import leases, outcomes, pace
from storage.outcomes import Outcome
from storage.pace import Rate
from storage.tables import Policy, Priority, Sending
from tests.post_office import ACCOUNT, PostOffice, opened

HOURS = 6 * 3600.0
RATE = Rate(ACCOUNT, 25, chat_interval=1.0)


@pytest.fixture
def office(database_url: str) -> Iterator[PostOffice]:
    with opened(database_url) as office:
        yield office


def is_set_back(office: PostOffice, *, holder: str = "one") -> None:
    """The database's clock goes back by hours, and the next look at a lease notices."""
    office.do(leases.take, "clock", owner="one")
    office.time_passes(-HOURS)
    office.do(leases.take, "clock", owner=holder)


@pytest.mark.parametrize("holder", ["one", "another, after a restart"])
def test_whoever_looks_first_brings_pace_retries_and_claims_back(office: PostOffice, holder: str) -> None:
    for chat in ("flies", "was tried", "waits"):
        office.promise(chat, chat=chat)
    _flies, tried = office.claim(RATE, room=2).claimed
    office.settle(tried, Outcome.LATER, reason="unreachable")
    is_set_back(office, holder=holder)
    office.time_passes(16)
    assert office.do(leases.take, "clock", owner=holder) is not None
    office.time_passes(60)
    office.do(outcomes.requeue_expired_leases)
    office.time_passes(5)
    assert sorted(office.claim_texts(Rate(ACCOUNT))) == ["flies", "waits", "was tried"]


def test_a_pause_lasts_as_long_as_the_platform_asked_and_not_longer(office: PostOffice) -> None:
    office.promise("hello")
    office.do(pace.halt, ACCOUNT, until=office.now() + timedelta(seconds=90))
    is_set_back(office)
    assert 80 < office.do(pace.stops)[0][ACCOUNT] <= 91
    assert office.claim(RATE).claimed == ()
    office.time_passes(92)
    assert len(office.claim(RATE).claimed) == 1


def test_a_slower_pace_stays_above_its_floor_while_nobody_has_noticed(office: PostOffice) -> None:
    office.do(pace.halt, ACCOUNT, until=office.now())
    office.time_passes(-HOURS)
    assert pace.share_of(office.budget(), office.now()) == pace.SLOWEST


def test_an_answer_that_was_due_is_due_and_a_date_keeps_to_the_calendar(office: PostOffice) -> None:
    office.do(leases.take, "clock", owner="one")
    office.promise("an answer", chat="an", due_in=3600)
    office.promise("news", chat="binh", due_in=3600, priority=Priority.BROADCAST, policy=Policy.AT_MOST_ONCE)
    office.time_passes(-HOURS)
    office.do(leases.take, "clock", owner="one")
    assert office.claim_texts() == ["an answer"]


def test_a_clock_that_leaps_ahead_sends_nothing_at_most_once_twice(office: PostOffice) -> None:
    office.promise("a reply", chat="an")
    office.promise("news", chat="binh", policy=Policy.AT_MOST_ONCE)
    claimed = office.claim(RATE).claimed
    office.time_passes(HOURS)
    office.do(outcomes.requeue_expired_leases)
    assert [office.settle(one, Outcome.SENT) for one in claimed] == [0, 0]
    assert office.claim_texts() == ["a reply"]
    assert office.states() == [Sending.CLAIMED, Sending.UNKNOWN]
