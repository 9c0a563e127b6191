"""A day of an Official Account against the fake's own rules and clock: nothing is sent that could have been foreseen to
be refused, whatever the window, the cap, the paid part and the people do.
"""

from __future__ import annotations

import dataclasses
import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlmodel import col

from handlers import notices
from handlers.reaching import oa_desk, reach
from handlers.reaching.gate import Gate
from handlers.reaching.last_look import LastLook
from handlers.reaching.oa_desk import Told
from messages.types import Address, Left, Outbound, Say, TakenOver, Text
from storage import claims, clock, members, news, outbox, outcomes, settings
from storage.claims import Claimed
from storage.outcomes import Outcome, Report
from storage.pace import Rate
from storage.tables import Outbox, Policy, Priority, Sending
from tests.desk import Desk
from tests.fakes.zalo_oa_people import FakePerson
from tests.fakes.zalo_oa_rules import VIETNAM, Refusal
from tests.fakes.zalo_oa_world import World

ACCOUNT = "zalo_oa"
PEOPLE = 18
STEP = timedelta(minutes=40)
DAY = timedelta(days=1)


class Street(World):
    """The fake's people and rules, at the test's moment."""

    moment = datetime(2027, 3, 1, tzinfo=UTC)

    def now(self) -> float:
        return self.moment.timestamp()


class OaDay:
    """The office and the street, moved on together; what was sent, and what Zalo refused."""

    def __init__(self, desk: Desk, *, cap: int | None, paid: int, gated: bool = True) -> None:
        self.desk, self.street, self.chance = desk, Street(), random.Random(11)
        self.street.switches.free_cap, self.street.paid_left = cap, paid
        terms = reach.Terms(
            window=7 * DAY, free=2 * DAY, free_cap=cap, free_kept=1, paid=paid > 0, paid_month=paid, night=(22, 6)
        )
        desk.office = dataclasses.replace(desk.office, terms={ACCOUNT: terms} if gated else {}, weekly_news=21)
        self.sent: Counter[str] = Counter()
        self.refused: list[tuple[int, str, str]] = []
        self.numbers = iter(range(1, 100_000))

    def at(self, moment: datetime) -> None:
        self.desk.now = self.street.moment = moment

    def address(self, person: FakePerson) -> Address:
        return Address(ACCOUNT, person.user)

    def says(self, number: int, *lines: str) -> None:
        person = self.street.person(number)
        for line in lines:
            person.says(line)
            self.desk.take(self.address(person), Text(line))
            self.deliver()

    def joins(self, number: int) -> None:
        self.says(number, "/start", "Tôi đồng ý")
        with self.desk.rows() as db:
            address = self.address(self.street.person(number))
            member = members.by_addresses(db, [address])[address].member
            news.opt_in(db, member, text_hash="h", address=address, update_id="t", now=self.desk.now)

    def pushes(self, number: int, topic: str) -> None:
        address = self.address(self.street.person(number))
        with self.desk.rows() as db:
            member = members.by_addresses(db, [address])[address].member
            assert member.id is not None
            once = f"{topic}:{next(self.numbers)}"
            if topic != news.TOPIC:
                say = Say("common.old_button", {})
                notices.push(db, self.desk.office, member.id, say, topic=topic, once=once, now=self.desk.now)
                return
            outbox.enqueue(
                db,
                address,
                Outbound("Tin của Công đoàn"),
                topic=topic,
                member_id=member.id,
                priority=Priority.BROADCAST,
                policy=Policy.AT_MOST_ONCE,
                now=self.desk.now,
                once=once,
            )

    def deliver(self) -> None:
        """As the courier does, until nothing may start."""
        while claimed := self._claim():
            reports = [Report(one, self._send(one)) for one in claimed]
            with self.desk.rows() as db:
                outcomes.settle(db, reports, owner="test", chance=self.chance)

    def _claim(self) -> tuple[Claimed, ...]:
        office = self.desk.office
        with self.desk.rows() as db:
            settings.write(db, clock.OFFSET, (self.desk.now - db.clock()).total_seconds())
        with self.desk.rows() as db:
            look, gate = LastLook(office), Gate(office)
            batch = claims.claim(db, [Rate(ACCOUNT)], owner="test", room={ACCOUNT: 1000}, news=look, gate=gate)
            return batch.claimed

    def _send(self, one: Claimed) -> Outcome:
        try:
            answer = self.street.consult({"recipient": {"user_id": one.address.chat}, "message": {"text": "x"}})
        except Refusal as refusal:
            self.refused.append((refusal.code, one.topic, f"{self.desk.now:%d %H:%M}"))
            return Outcome.GONE if refusal.code == -217 else Outcome.REFUSED
        self.sent[one.topic] += 1
        if quota := answer.get("quota"):
            until = datetime.strptime(quota["expired_date"], "%d/%m/%Y").replace(tzinfo=VIETNAM) + DAY
            told = Told(one.address, quota["quota_type"], int(quota["remain"]), int(quota["total"]), until)
            with self.desk.rows() as db:
                oa_desk.note(db, [told], {}, self.desk.now)
        return Outcome.SENT

    def something_happens(self) -> None:
        """What people, officers, programmes and staff do in such a while."""
        for number in range(PEOPLE):
            person = self.street.person(number)
            if self.chance.random() < 0.02:
                self.says(number, self.chance.choice(["alo", "/trogiup", "/chuongtrinh"]))
            if self.chance.random() < 0.004 and not person.blocked:
                person.blocked = True
                self.desk.take(self.address(person), Left())
            if self.chance.random() < 0.006:
                person.is_answered_by_hand("Công đoàn đây")
                self.desk.take(self.address(person), TakenOver())
            for topic, often in (("status", 0.06), ("officer", 0.05), (news.TOPIC, 0.04)):
                if self.chance.random() < often:
                    self.pushes(number, topic)


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    desk = Desk(database_url)
    desk.furnish()
    yield desk
    desk.database.close()


def a_day(day: OaDay) -> OaDay:
    """People who joined up to eight days ago and wrote last at any time since; then a day and a half of traffic."""
    start = datetime(2027, 3, 10, 0, tzinfo=UTC)
    for number in range(PEOPLE):
        day.at(start - timedelta(hours=8 * 24 - number * 10))
        day.joins(number)
    for tick in range(int(1.5 * DAY / STEP)):
        day.at(start + tick * STEP)
        day.something_happens()
        day.deliver()
    return day


@pytest.mark.parametrize(
    ("cap", "paid"),
    [(None, 0), (8, 0), (3, 0), (None, 40), (3, 25)],
    ids=["no-cap", "cap", "small-cap", "paid", "both"],
)
def test_no_send_of_a_day_is_refused_that_could_have_been_foreseen(desk: Desk, cap: int | None, paid: int) -> None:
    day = a_day(OaDay(desk, cap=cap, paid=paid))
    assert day.refused == []
    assert set(day.sent) >= {"reply", "status", "officer"} | ({"news"} if cap != 3 else set())
    with desk.rows() as db:
        held = select(col(Outbox.reason)).where(col(Outbox.state) == Sending.READY.value)
        ended = select(col(Outbox.reason)).where(col(Outbox.state) == Sending.CANCELLED.value)
        assert {"window_closed"} <= set(db.scalars(held)), "somebody's result waits for them to write again"
        assert set(db.scalars(ended)) >= {"window_closed"}, "news does not wait"


def test_without_the_gate_zalo_refuses_much_of_it(desk: Desk) -> None:
    codes = Counter(code for code, _, _ in a_day(OaDay(desk, cap=3, paid=0, gated=False)).refused)
    assert codes[-230] > 0
    assert codes[-211] > 0


def test_what_waited_comes_when_its_person_writes_again(desk: Desk) -> None:
    day = OaDay(desk, cap=None, paid=0)
    start = datetime(2027, 3, 1, 2, tzinfo=UTC)
    day.at(start)
    day.joins(0)
    day.at(start + 8 * DAY)
    before = sum(day.sent.values())
    day.pushes(0, "status")
    day.deliver()
    assert sum(day.sent.values()) == before
    day.at(start + 9 * DAY)
    day.says(0, "alo")
    day.deliver()
    assert day.sent["status"] == 1
    assert day.refused == []
