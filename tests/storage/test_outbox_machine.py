"""The outbox against a small model, on both databases: whatever is done in whatever order, its promises hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import text

from storage import deliveries, doubts, leases, outbox, outcomes
from storage.claims import Claimed
from storage.outcomes import FATES, Outcome
from storage.tables import Outbox, Policy, Priority, Sending
from tests.post_office import PostOffice, opened

CHATS = st.sampled_from(["an", "binh"])
PRIORITIES = st.sampled_from(list(Priority))
POLICIES = st.sampled_from(list(Policy))
OUTCOMES = st.sampled_from([one for one in Outcome if one not in {Outcome.GONE, Outcome.MOVED, Outcome.LOST}])
ENDED = {Sending.SENT, Sending.FAILED, Sending.UNKNOWN, Sending.CANCELLED, Sending.EXPIRED}
LONG = 4000.0
"""Seconds after which every retry, rest and look has come."""


@dataclass
class Flight:
    """A row somebody holds; `is_over`: the lease was taken away meanwhile."""

    claimed: Claimed
    owner: str
    is_over: bool = False


class Machine(RuleBasedStateMachine):
    """What the model knows: who holds which row, and what became of each row whose end it decided."""

    def __init__(self, office: PostOffice) -> None:
        super().__init__()
        self.office = office
        self.flights: list[Flight] = []
        self.ends: dict[int, Sending] = {}
        self.starts: dict[int, int] = {}
        with office.database.transaction() as db:
            for table in ("outbox", "lane", "budget", "setting", "audit"):
                db.connection().execute(text(f"DELETE FROM {table}"))

    @rule(
        chat=CHATS,
        priority=PRIORITIES,
        policy=POLICIES,
        due_in=st.sampled_from([0, 0, 0, 30]),
        expires_in=st.sampled_from([None, None, 100]),
        once=st.sampled_from([None, None, "a", "b"]),
    )
    def promise(self, once: str | None, chat: str, priority: Priority, **details: Any) -> None:
        before = {row.once for row in self.office.rows()}
        known = len(self.office.rows())
        self.office.promise("hello", chat=chat, priority=priority, once=once, **details)
        assert len(self.office.rows()) == known + (once is None or once not in before)

    @rule(chats=st.lists(CHATS, min_size=2, max_size=6), priority=PRIORITIES, policy=POLICIES)
    def promise_several(self, chats: list[str], **details: Any) -> None:
        for chat in chats:
            self.office.promise("hello", chat=chat, **details)

    @rule(owner=st.sampled_from(["one", "two"]), outcome=OUTCOMES, wait=st.sampled_from([0.0, 0.0, 6.0]))
    def work(self, owner: str, outcome: Outcome, wait: float) -> None:
        """Claim, settle one of them, let time pass, claim again."""
        self.claim(owner, 5)
        if self.flights:
            self._settle(self.flights.pop(), outcome)
        self.office.time_passes(wait)
        self.claim(owner, 5)

    @rule(owner=st.sampled_from(["one", "two"]), room=st.integers(1, 5))
    def claim(self, owner: str, room: int) -> None:
        rows = {row.id: row for row in self.office.rows()}
        for claimed in self.office.claim(owner=owner, room=room).claimed:
            self._may_start(rows, rows[claimed.id], claimed.starts_at)
            assert claimed.fence == rows[claimed.id].fence + 1
            self.starts[claimed.id] = self.starts.get(claimed.id, 0) + 1
            self.flights.append(Flight(claimed, owner))

    @staticmethod
    def _may_start(rows: dict[int | None, Outbox], row: Outbox, at: datetime) -> None:
        assert row.state == Sending.READY
        assert row.retry_at is None or row.retry_at <= at
        lane = [one for one in rows.values() if (one.chat, one.priority) == (row.chat, row.priority)]
        older = [one for one in lane if (one.id or 0) < (row.id or 0) and one.state == Sending.READY]
        assert not [one for one in older if one.due_at <= row.due_at and one.expires_at is None], "first in, first out"

    @precondition(lambda self: self.flights)
    @rule(data=st.data(), outcome=OUTCOMES)
    def settle(self, data: Any, outcome: Outcome) -> None:
        self._settle(self.flights.pop(data.draw(st.integers(0, len(self.flights) - 1))), outcome)

    def _settle(self, flight: Flight, outcome: Outcome) -> None:
        settled = self.office.settle(flight.claimed, outcome, owner=flight.owner, reason="because", after=5.0)
        assert settled == (0 if flight.is_over else 1), "a stale fence settles nothing, a good one does"
        fate = FATES[outcome][flight.claimed.policy]
        if settled and fate.most is None:
            state = {row.id: Sending(row.state) for row in self.office.rows()}[flight.claimed.id]
            assert state == fate.state
            if state in ENDED:
                self.ends[flight.claimed.id] = state

    @rule(owner=st.sampled_from(["one", "two"]))
    def dies(self, owner: str) -> None:
        """All leases run out; who held them may wake up again."""
        self.office.time_passes(61)
        assert self.office.do(outcomes.requeue_expired_leases) == len([one for one in self.flights if not one.is_over])
        for flight in self.flights:
            if not flight.is_over and flight.claimed.policy is Policy.AT_MOST_ONCE:
                self.ends[flight.claimed.id] = Sending.UNKNOWN
            flight.is_over = True
        self.flights = [flight for flight in self.flights if flight.owner != owner]

    @rule(seconds=st.sampled_from([1.0, 6.0, 40.0]))
    def time_passes(self, seconds: float) -> None:
        self.office.time_passes(seconds)

    @rule(seconds=st.sampled_from([31.0, 101.0]))
    def people_wait(self, seconds: float) -> None:
        self.office.people_wait(seconds)

    @rule(hours=st.sampled_from([-6, -1, 6]))
    def the_clock_leaps(self, hours: int) -> None:
        """And somebody who looks at a lease notices."""
        self.office.do(leases.take, "clock", owner="somebody")
        self.office.time_passes(hours * 3600.0)
        self.office.do(leases.take, "clock", owner="somebody")

    @rule(prefix=st.sampled_from(["a", "b"]))
    def withdraw(self, prefix: str) -> None:
        self._ends(lambda: self.office.do(outbox.cancel, once_prefix=prefix, reason="done"), Sending.CANCELLED)

    @rule()
    def expire(self) -> None:
        self._ends(lambda: self.office.do(outbox.expire, self.office.now()), Sending.EXPIRED)

    @rule(topic=st.sampled_from(["reply", "status"]))
    def hold_and_release(self, topic: str) -> None:
        waiting = sum(state is Sending.READY for state in self.office.states())
        held = sum(state is Sending.HELD for state in self.office.states())
        assert self.office.do(deliveries.hold_all) == waiting
        assert self.office.do(deliveries.release, topic) == (waiting + held if topic == "reply" else 0)

    @rule()
    def send_again(self) -> None:
        in_doubt = {row.id for row in self.office.rows() if row.state == Sending.UNKNOWN}
        again = self.office.do(doubts.send_again, None, now=self.office.now())
        assert again <= len(in_doubt)
        for row in self.office.rows():
            if row.id in in_doubt and row.state == Sending.READY and row.id is not None:
                del self.ends[row.id]

    def _ends(self, work: Callable[[], int], state: Sending) -> None:
        before = {row.id: row.state for row in self.office.rows()}
        number = work()
        changed = [row for row in self.office.rows() if row.state != before[row.id]]
        assert len(changed) == number
        assert all(before[row.id] == Sending.READY and row.state == state for row in changed)
        self.ends |= {row.id: state for row in changed if row.id is not None}

    @invariant()
    def one_in_flight_per_chat_and_no_end_undone(self) -> None:
        rows = self.office.rows()
        flying = [row.chat for row in rows if row.state == Sending.CLAIMED]
        assert len(flying) == len(set(flying))
        assert {row.id: row.state for row in rows if row.id in self.ends} == self.ends
        held = {flight.claimed.id for flight in self.flights if not flight.is_over}
        assert {row.id for row in rows if row.state == Sending.CLAIMED} >= held

    def teardown(self) -> None:
        """Whatever still waits goes in the end, and nothing at most once started twice without a word."""
        self.office.do(outcomes.requeue_all)
        self.office.do(deliveries.release, None)
        for _ in range(60 + len(self.office.states())):  # a lane gives one at a time
            batch = self.office.claim()
            for claimed in batch.claimed:
                self.office.settle(claimed, Outcome.SENT)
            if not batch.claimed:
                self.office.time_passes(LONG)
                self.office.people_wait(100)
            if all(state in ENDED for state in self.office.states()):
                break
        assert all(state in ENDED for state in self.office.states())


@pytest.mark.parametrize("share", [4, pytest.param(1, marks=pytest.mark.long)])
def test_the_outbox_keeps_its_promises(database_url: str, share: int) -> None:
    examples = (60 if database_url.startswith("sqlite") else 16) // share
    with opened(database_url) as office:
        run_state_machine_as_test(
            lambda: Machine(office),
            settings=settings(
                max_examples=examples,
                stateful_step_count=30,
                deadline=None,
                derandomize=True,
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
