"""Deep lanes and crowded fronts on both databases: order holds, nobody is forgotten aside or waits behind a crowd."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlmodel import col

from storage import claims, clock, lanes, outbox, outcomes
from storage.claims import Gate, Later, Refused, Verdict, Waiting
from storage.database import Transaction
from storage.outcomes import Outcome
from storage.pace import Rate
from storage.tables import Announcing, Broadcast, Level, Outbox, Policy, Priority, Sending, Unit
from tests.post_office import ACCOUNT, PostOffice, opened

DEEP = 3 * claims.SPARE


@pytest.fixture
def office(database_url: str) -> Iterator[PostOffice]:
    with opened(database_url) as office:
        yield office


def at_the_front(office: PostOffice) -> list[int | None]:
    with office.database.reading() as db:
        here = col(Outbox.state) == Sending.READY, col(Outbox.aside_until).is_(None)
        return list(db.scalars(select(Outbox.id).where(*here).order_by(col(Outbox.id))))


def deliver(office: PostOffice, *rates: Rate, most: int = 100, room: int = 100) -> list[str]:
    """Claim and settle until nothing more can start now."""
    texts = []
    for _ in range(most):
        batch = office.claim(*rates, room=room)
        texts += [one.message.text for one in batch.claimed]
        for one in batch.claimed:
            office.settle(one, Outcome.SENT)
        if not batch.claimed and batch.again is None:
            break
    return texts


class TestDeepLanes:
    def test_a_deep_lane_drains_in_order_and_leaves_the_front_to_others(self, office: PostOffice) -> None:
        for number in range(DEEP):
            office.promise(f"{number:03}")
        office.promise("to Binh", chat="binh")
        (first,) = office.claim(room=1).claimed
        heard = [text for _ in range(4) for text in office.claim_texts(room=1)]
        assert heard == ["to Binh"], "a crowd before it keeps nobody waiting for more than a look or two"
        assert at_the_front(office) == []
        office.settle(first, Outcome.SENT)
        assert len(at_the_front(office)) == 1
        assert deliver(office, most=DEEP + 5) == [f"{number:03}" for number in range(1, DEEP)]

    def test_a_reply_set_aside_goes_before_the_news_set_aside(self, office: PostOffice) -> None:
        office.promise("in flight")
        flying = office.claim_one()
        office.promise("news", priority=Priority.BROADCAST)
        office.promise("notice", priority=Priority.NOTICE)
        office.promise("reply")
        assert office.claim_texts() == []
        office.settle(flying, Outcome.SENT)
        assert deliver(office) == ["reply", "notice", "news"]

    def test_an_older_row_that_fell_due_later_still_goes_first(self, office: PostOffice) -> None:
        office.promise("promised first", due_in=60)
        office.promise("promised second", due_in=30)
        office.people_wait(61)
        assert deliver(office) == ["promised first", "promised second"]

    def test_whoever_was_set_aside_comes_back_by_itself(self, office: PostOffice) -> None:
        office.promise("in flight")
        office.claim_one()
        office.promise("behind it")
        assert office.claim_texts() == []
        assert at_the_front(office) == []
        office.do(outcomes.requeue_all)
        assert deliver(office) == ["in flight", "behind it"]

    def test_behind_a_lost_message_that_is_not_repeated_the_next_one_goes(self, office: PostOffice) -> None:
        office.promise("may have arrived", policy=Policy.AT_MOST_ONCE)
        office.claim_one(lease=-1)
        office.promise("behind it")
        assert office.claim_texts() == []
        office.do(outcomes.requeue_expired_leases)
        assert deliver(office) == ["behind it"]

    def test_behind_a_retry_that_was_withdrawn_the_next_one_goes_soon(self, office: PostOffice) -> None:
        office.promise("tried", once="tried")
        office.settle(office.claim_one(), Outcome.PAUSED, after=500)
        office.do(_rest_no_chat)
        office.promise("behind it")
        assert office.claim_texts() == []
        office.do(outbox.cancel, once_prefix="tried", reason="done")
        assert office.claim_texts() == []
        office.time_passes(lanes.RETRY_LOOK.total_seconds() + 1)
        assert office.claim_texts() == ["behind it"]

    def test_what_comes_too_late_is_ended_when_it_is_met(self, office: PostOffice) -> None:
        office.promise("too late", expires_in=60)
        office.promise("still good")
        office.people_wait(61)
        assert office.claim_texts() == ["still good"]
        assert office.states() == [Sending.EXPIRED, Sending.CLAIMED]

    def test_a_batch_says_when_the_first_of_those_set_aside_comes_back(self, office: PostOffice) -> None:
        office.promise("tried")
        office.settle(office.claim_one(), Outcome.PAUSED, after=40)
        rest = office.claim().rest
        assert rest
        assert 39 < rest <= 40.2


def _rest_no_chat(db: Transaction) -> None:
    """A pause of one chat rests the chat too; here only the row's own retry is meant."""
    db.connection().exec_driver_sql("DELETE FROM lane")


class TestNewsOnHold:
    def test_rows_of_a_broadcast_on_hold_stand_in_nobodys_way(self, office: PostOffice) -> None:
        held, going = office.do(_two_broadcasts)
        for number, broadcast in [*enumerate([held] * DEEP), (DEEP, going)]:
            office.promise("news", chat=f"chat {number}", priority=Priority.BROADCAST)
            office.do(_belongs, broadcast)
        claimed = office.do(_claim_news).claimed
        assert [one.address.chat for one in claimed] == [f"chat {DEEP}"]


def _two_broadcasts(db: Transaction) -> list[int | None]:
    db.add(Level(code="top", name="Cấp trên", rank=0))
    db.flush()
    unit = Unit(code="T", name="Tổng", search="tong", level="top")
    db.add(unit)
    db.flush()
    assert unit.id is not None
    made = [
        Broadcast(code=code, text="Tin", unit_id=unit.id, state=state, created_at=clock.now(db))
        for code, state in (("A", Announcing.HELD), ("B", Announcing.SENDING))
    ]
    db.add_all(made)
    db.flush()
    return [one.id for one in made]


def _belongs(db: Transaction, broadcast: int) -> None:
    newest = select(col(Outbox.id)).order_by(col(Outbox.id).desc()).limit(1)
    db.scalars(select(Outbox).where(col(Outbox.id).in_(newest))).one().broadcast_id = broadcast


class Everybody:
    """A last look that lets everything go."""

    def is_open(self, _now: datetime) -> bool:
        return True

    def look(self, _db: Transaction, _waiting: Sequence[Waiting], _now: datetime) -> claims.Looked:
        return claims.Looked({}, {})


def _claim_news(db: Transaction) -> claims.Batch:
    return claims.claim(db, [Rate(ACCOUNT)], owner="one", room={ACCOUNT: 10}, news=Everybody())


class TestGate:
    def test_every_row_of_a_watched_account_is_asked_about_and_no_other(self, office: PostOffice) -> None:
        office.promise("to Zalo", account="zalo_oa", chat="an")
        office.promise("to Telegram")
        gate = Verdicts({})
        assert pass_gate(office, gate) == ["to Zalo", "to Telegram"]
        assert [(one.address.account, one.priority, one.topic) for one in gate.asked] == [
            ("zalo_oa", Priority.REPLY, "reply")
        ]

    def test_a_refused_row_ends_with_the_reason_and_one_for_later_waits_in_nobodys_way(
        self, office: PostOffice
    ) -> None:
        for text, chat in (("refused", "an"), ("for later", "binh"), ("next", "binh"), ("goes", "chi")):
            office.promise(text, account="zalo_oa", chat=chat)
        refused, later, *_ = [row.id for row in office.rows() if row.id]
        gate = Verdicts({refused: Refused("window_closed"), later: Later(office.now() + timedelta(hours=1))})
        assert pass_gate(office, gate) == ["goes"]
        assert pass_gate(office, gate) == ["next"]
        assert next((row.state, row.reason) for row in office.rows()) == (Sending.CANCELLED, "window_closed")
        office.people_wait(3601)
        office.settle_all()
        assert pass_gate(office, Verdicts({})) == ["for later"]


class Verdicts:
    """A gate before Zalo that says what it was told to say."""

    def __init__(self, verdicts: Mapping[int, Verdict]) -> None:
        self.verdicts = verdicts
        self.asked: list[Waiting] = []

    def watches(self, account: str) -> bool:
        return account == "zalo_oa"

    def judge(self, _db: Transaction, waiting: Sequence[Waiting], _now: datetime) -> Mapping[int, Verdict]:
        self.asked += waiting
        return {one.id: self.verdicts[one.id] for one in waiting if one.id in self.verdicts}


def pass_gate(office: PostOffice, gate: Gate) -> list[str]:
    rates = [Rate("zalo_oa"), Rate(ACCOUNT)]
    room = {rate.account: 10 for rate in rates}
    with office.database.transaction() as db:
        return [one.message.text for one in claims.claim(db, rates, owner="one", room=room, gate=gate).claimed]
