"""Rows of the outbox that are to be forgotten: kept while they wait, gone without a trace once they are settled."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from messages.types import Address, Outbound
from storage import outbox
from storage.outcomes import Outcome
from storage.tables import Policy, Priority, Sending
from tests import post_office
from tests.post_office import PostOffice

HERE = Address("telegram", "7")


@pytest.fixture
def office(database_url: str) -> Iterator[PostOffice]:
    with post_office.opened(database_url) as office:
        yield office


def promise(office: PostOffice, *, forget: bool, **more: object) -> None:
    office.do(
        outbox.enqueue,
        HERE,
        Outbound("Xin chào"),
        topic="feedback",
        member_id=1,
        priority=Priority.NOTICE,
        policy=Policy.AT_LEAST_ONCE,
        now=office.now(),
        forget=forget,
        **more,
    )


@pytest.mark.parametrize("outcome", [Outcome.SENT, Outcome.REFUSED, Outcome.GONE])
def test_what_is_settled_is_gone(office: PostOffice, outcome: Outcome) -> None:
    promise(office, forget=True)
    office.settle(office.claim_one(), outcome)
    assert office.rows() == []


@pytest.mark.parametrize("outcome", [Outcome.LATER, Outcome.UNKNOWN, Outcome.RELEASED])
def test_what_goes_again_is_kept_until_then(office: PostOffice, outcome: Outcome) -> None:
    promise(office, forget=True)
    office.settle(office.claim_one(), outcome)
    assert office.states() == [Sending.READY]


def test_what_is_withdrawn_or_came_too_late_is_gone_and_counted(office: PostOffice) -> None:
    promise(office, forget=True)
    assert office.do(outbox.cancel, member_id=1, reason="withdrawn") == 1
    promise(office, forget=True, expires_at=office.now() + timedelta(seconds=5))
    assert office.do(outbox.expire, office.now() + timedelta(seconds=6)) == 1
    assert office.rows() == []


def test_every_other_row_stays_as_a_tombstone(office: PostOffice) -> None:
    promise(office, forget=False, once="reminder:1")
    office.settle(office.claim_one(), Outcome.SENT)
    assert office.states() == [Sending.SENT]
