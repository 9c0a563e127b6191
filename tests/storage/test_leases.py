"""Leases on both databases: one holder, a growing fence, the database's clock."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from storage import leases
from tests.post_office import PostOffice, opened


@pytest.fixture
def office(database_url: str) -> Iterator[PostOffice]:
    with opened(database_url) as office:
        yield office


def test_only_one_holds_a_lease(office: PostOffice) -> None:
    assert office.do(leases.take, "clock", owner="one") == 1
    assert office.do(leases.take, "clock", owner="two") is None
    assert office.do(leases.take, "poller:telegram", owner="two") == 1


def test_the_holder_renews_under_the_same_fence(office: PostOffice) -> None:
    office.do(leases.take, "clock", owner="one")
    office.time_passes(10)
    assert office.do(leases.take, "clock", owner="one") == 1
    office.time_passes(10)
    assert office.do(leases.take, "clock", owner="two") is None


def test_a_lease_that_is_not_renewed_falls_to_the_next_with_a_higher_fence(office: PostOffice) -> None:
    office.do(leases.take, "clock", owner="one")
    office.time_passes(16)
    assert office.do(leases.take, "clock", owner="two") == 2
    assert not office.do(leases.holds, "clock", owner="one", fence=1)
    assert office.do(leases.holds, "clock", owner="two", fence=2)


def test_who_slept_through_its_lease_gets_a_new_fence(office: PostOffice) -> None:
    office.do(leases.take, "clock", owner="one")
    office.time_passes(16)
    assert not office.do(leases.holds, "clock", owner="one", fence=1)
    assert office.do(leases.take, "clock", owner="one") == 2


def test_a_lease_given_back_is_free_at_once_and_only_its_holder_gives_it_back(office: PostOffice) -> None:
    office.do(leases.take, "clock", owner="one")
    office.do(leases.release, "clock", owner="two")
    assert office.do(leases.take, "clock", owner="two") is None
    office.do(leases.release, "clock", owner="one")
    assert office.do(leases.take, "clock", owner="two") == 2


def test_the_holders_can_be_told(office: PostOffice) -> None:
    office.do(leases.take, "clock", owner="one")
    office.do(leases.take, "poller:telegram", owner="two")
    office.do(leases.release, "poller:telegram", owner="two")
    assert {name: owner for name, (owner, _) in office.do(leases.holders).items()} == {"clock": "one"}


def test_the_demos_clock_does_not_end_a_lease(office: PostOffice) -> None:
    office.do(leases.take, "clock", owner="one")
    office.people_wait(86_400)
    assert office.do(leases.take, "clock", owner="two") is None


def test_of_many_who_ask_at_once_one_gets_it(postgresql_database: str) -> None:
    def ask(owner: str) -> int | None:
        with opened(postgresql_database) as mine:
            return mine.do(leases.take, "clock", owner=owner)  # type: ignore[no-any-return]

    with ThreadPoolExecutor(6) as pool:
        fences = list(pool.map(ask, [f"process {number}" for number in range(6)]))
    assert sorted(fence for fence in fences if fence is not None) == [1]
