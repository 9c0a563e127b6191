"""Pushes, deliveries, delays and numbers in any order: no number does what the newest list in the chat did not offer.

The lists a person has seen are kept apart by the test, from what left the outbox and when; rows are claimed and settled
as by the courier. A step takes `STEP` seconds, so that clocks that differ by a second tell the steps apart.
"""

from __future__ import annotations

import random
import shutil
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlmodel import col

from handlers import notices
from handlers.chat import turn
from handlers.duties import acts as duties
from messages.types import Inbound, Outbound, Text, numbered, payload
from storage import claims, clock, members, outcomes, units
from storage.claims import Claimed
from storage.outcomes import Outcome, Report
from storage.pace import Rate
from storage.tables import DutyDone, Submission
from tests import patience, people
from tests.desk import Desk, Visitor

STEP = 4.0
ACCOUNT = "zalo_bot"
OWNER = "courier"
SCHOOL = "GD51-01"
WORDS = ("menu", "/nhiemvu", "/tieptuc")

OPERATIONS = st.one_of(
    st.tuples(st.just("push"), st.integers(0, 1)),
    st.tuples(st.just("send"), st.just(0)),
    st.tuples(st.just("claim"), st.just(0)),
    st.tuples(st.just("land"), st.just(0)),
    st.tuples(st.just("lose"), st.just(0)),
    st.tuples(st.sampled_from(["say", "ask", "ask"]), st.integers(0, len(WORDS) - 1)),
    st.tuples(st.sampled_from(["type 1", "type 2"]), st.integers(0, 3)),
)


@dataclass
class Chat:
    """One officer's chat on a channel without buttons, with an own initiative about to be sent off."""

    desk: Desk
    person: Visitor
    step: int = 0
    flying: Claimed | None = None
    seen: list[tuple[int, Outbound, bool]] = field(default_factory=list)
    """At which step a list came, and whether it was asked for."""

    def play(self, operations: list[tuple[str, int]]) -> None:
        for name, number in operations:
            self.step += 1
            match name.split():
                case ["push"]:
                    self._push(number)
                case ["send"]:
                    self._claim()
                    self._settle(Outcome.SENT)
                case ["claim"]:
                    self._claim()
                case ["land"]:
                    self._settle(Outcome.SENT)
                case ["lose"]:
                    self._settle(Outcome.UNKNOWN)
                case ["say"]:
                    self._write(WORDS[number], self.step)
                case ["ask"]:
                    self._write(WORDS[number], self.step)
                    for _ in range(3):
                        self._claim()
                        self._settle(Outcome.SENT)
                case ["type", typed]:
                    written = max(0, self.step - number)
                    offered, before = self._offered(int(typed), written), self._acts()
                    self._write(typed, written)
                    done = self._acts() - before
                    assert done <= offered, (done, offered)

    def _offered(self, number: int, written: int) -> set[str]:
        """What this number does on the newest list that had come by then."""
        came = [(message, asked) for step, message, asked in self.seen if step <= written]
        if not came or not came[-1][1]:
            return set()
        message = came[-1][0]
        listed = numbered(message.choices)
        if number > len(listed):
            return set()
        pressed = payload(message.question, listed[number - 1].key).removeprefix("as:")
        question, _, key = pressed.partition(":")
        if key == "duty_done":
            return {f"done {question.removeprefix('duty@').partition('.')[0]}"}
        return {"sent off"} if question.startswith("initiative.review") and key == "submit" else set()

    def _acts(self) -> set[str]:
        with self.desk.rows() as db:
            done = {f"done {duty_id}" for duty_id in db.scalars(select(col(DutyDone.duty_id)))}
            return done | ({"sent off"} if db.scalar(select(func.count()).select_from(Submission)) else set())

    def _push(self, number: int) -> None:
        """A reminder of one duty of the school."""
        with self.desk.rows() as db:
            found = members.by_addresses(db, {self.person.address})[self.person.address]
            school = units.by_code(db, SCHOOL)
            assert school is not None
            assert found.member.id is not None
            matter = duties.current(db, self.desk.now)[number]
            say = duties.reminder(db, self.desk.office, matter, school, found.member.id, moved=False)
            notices.push(
                db, self.desk.office, found.member.id, say, topic="duty", once=None, now=self.desk.now, forget=True
            )

    def _write(self, text: str, written: int) -> None:
        now = self._instant(self.step)
        at = now - (self.step - written) * STEP
        inbound = Inbound(self.person.address, f"s{self.step}", Text(text), at + STEP / 2)
        with self.desk.rows() as db:
            turn.lock(db, [inbound])
            turn.take_turn(db, inbound, turn.gather(db, [inbound], self.desk.now), self.desk.now, self.desk.office)

    def _instant(self, step: int) -> float:
        """Of a step, by the database's clock: the steps to come lie ahead of it, those before behind."""
        with self.desk.rows() as db:
            return db.clock().timestamp() - (LENGTH - step) * STEP

    def _claim(self) -> None:
        if self.flying is not None:
            return
        with self.desk.rows() as db:
            taken = claims.claim(db, [Rate(ACCOUNT)], owner=OWNER, room={ACCOUNT: 1}).claimed
        if taken:
            self.flying = taken[0]
            if self.flying.message.choices:
                self.seen.append((self.step, self.flying.message, int(self.flying.priority) == 0))

    def _settle(self, outcome: Outcome) -> None:
        if self.flying is None:
            return
        with self.desk.rows() as db:
            ago = (LENGTH - self.step) * STEP
            report = Report(self.flying, outcome, ago=ago)
            outcomes.settle(db, [report], owner=OWNER, chance=random.Random(1))
        self.flying = None


LENGTH = 10
"""Steps of one run."""


@pytest.fixture(scope="module")
def begun(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Visitor]:
    """An officer who stands at «Gửi đi» of an own initiative, with what stood in the chat already sent."""
    path = tmp_path_factory.mktemp("numbers") / "begun.db"
    shutil.copy(migrated_file, path)
    desk = Desk(f"sqlite:///{path}")
    desk.furnish(people.TEMPLATE, opened=10)
    visitor = desk.member("hanh", ACCOUNT)
    visitor.says(f"/lienket {people.invite(desk, SCHOOL)}")
    answers = (people.NAME, people.PHONE, "quang ngai", "gd51-01", "2", *people.QUESTIONS, people.TEXT, "XONG")
    assert "Gửi đi" in visitor.talks("/sangkien", *answers) or "Gửi đi" in visitor.labels
    with desk.rows() as db:
        db.connection().exec_driver_sql("DELETE FROM outbox")
        db.connection().exec_driver_sql("DELETE FROM offered")
    desk.database.close()
    return path, visitor


Operations = list[tuple[str, int]]
FOUND: list[Operations] = [
    [("ask", 0), ("ask", 2), ("type 1", 2)],
    [("ask", 2), ("push", 0), ("send", 0), ("type 1", 0)],
    [("ask", 2), ("push", 0), ("claim", 0), ("type 1", 0), ("land", 0), ("type 1", 1)],
    [("push", 0), ("push", 1), ("send", 0), ("send", 0), ("type 1", 0), ("type 1", 2)],
    [("ask", 2), ("push", 0), ("claim", 0), ("lose", 0), ("type 1", 0)],
    [("type 2", 0), ("send", 0), ("type 1", 0)],
]
"""What went wrong once: written before the list on the screen came; below a push; below one on its way, or in doubt; in
answer to which of them was meant.
"""


def _play(begun: tuple[Path, Visitor], operations: Operations) -> int:
    """Play them all; how many lists were seen."""
    path, before = begun
    copy = path.with_name("run.db")
    shutil.copy(path, copy)
    desk = Desk(f"sqlite:///{copy}")
    desk.now = desk.now + timedelta(minutes=1)
    with desk.rows() as db:
        clock.move_to(db, desk.now + timedelta(minutes=1))
    chat = Chat(desk, Visitor(desk, before.address))
    try:
        chat.play(operations)
    finally:
        desk.database.close()
    return len(chat.seen)


@pytest.mark.parametrize("operations", FOUND)
def test_what_went_wrong_once_does_not_again(begun: tuple[Path, Visitor], operations: Operations) -> None:
    assert _play(begun, operations) > 0


@pytest.mark.parametrize(
    "examples", [40, pytest.param(200, marks=[pytest.mark.long, pytest.mark.timeout(patience.LONG_TEST)])]
)
def test_no_number_does_what_the_newest_list_did_not_offer(begun: tuple[Path, Visitor], examples: int) -> None:
    @settings(
        max_examples=examples, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(operations=st.lists(OPERATIONS, min_size=4, max_size=LENGTH))
    def in_any_order(operations: Operations) -> None:
        _play(begun, operations)

    in_any_order()
