"""How rows end on both databases: in doubt and sent again, failed with a reason, held, forgotten, dropped."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlmodel import select

from handlers.actors import COMMAND_LINE
from handlers.reaching import doubts
from storage import deliveries, outbox, outcomes
from storage.outcomes import Outcome
from storage.tables import Audit, Policy, Priority, Sending
from tests.post_office import PostOffice, opened

LATER = timedelta(days=1)


@pytest.fixture
def office(database_url: str) -> Iterator[PostOffice]:
    with opened(database_url) as office:
        yield office


def in_doubt(office: PostOffice, text: str, chat: str, **options: float) -> None:
    """A slogan whose process died while it was sent."""
    office.promise(text, chat=chat, priority=Priority.BROADCAST, policy=Policy.AT_MOST_ONCE, **options)
    office.claim_one(lease=-1)
    office.do(outcomes.requeue_expired_leases)


class TestDoubt:
    def test_nothing_in_doubt_starts_again_by_itself(self, office: PostOffice) -> None:
        in_doubt(office, "slogan", "an")
        office.time_passes(86_400)
        office.people_wait(86_400)
        assert office.claim_texts() == []

    def test_on_somebodys_word_it_is_sent_again_once_and_the_audit_says_so(self, office: PostOffice) -> None:
        in_doubt(office, "slogan", "an")
        assert office.do(doubts.send_again, COMMAND_LINE, "reply", now=office.now()) == 1
        assert office.do(doubts.send_again, COMMAND_LINE, None, now=office.now()) == 0
        (claimed,) = office.claim().claimed
        assert (claimed.message.text, claimed.attempts, office.row().reason) == ("slogan", 1, "sent_again")
        with office.database.reading() as db:
            told = [(line.action, line.details) for line in db.exec(select(Audit).order_by(Audit.id))]
        assert told == [
            ("deliveries.send_again", {"topic": "reply", "rows": 1}),
            ("deliveries.send_again", {"topic": None, "rows": 0}),
        ]

    def test_another_topic_what_was_erased_and_what_came_too_late_stay(self, office: PostOffice) -> None:
        in_doubt(office, "slogan", "an")
        in_doubt(office, "of its day", "binh", expires_in=60)
        office.people_wait(61)
        assert office.do(doubts.send_again, COMMAND_LINE, "status", now=office.now()) == 0
        assert office.do(doubts.send_again, COMMAND_LINE, "reply", now=office.now()) == 1
        assert office.states() == [Sending.READY, Sending.UNKNOWN]
        office.do(outbox.forget_bodies, before=office.now() + LATER)
        assert office.do(doubts.send_again, COMMAND_LINE, None, now=office.now()) == 0

    def test_sent_again_it_may_come_into_doubt_again(self, office: PostOffice) -> None:
        in_doubt(office, "slogan", "an")
        office.do(doubts.send_again, COMMAND_LINE, None, now=office.now())
        office.settle(office.claim_one(), Outcome.UNKNOWN, reason="timeout")
        assert (office.row().state, office.row().attempts) == (Sending.UNKNOWN, 2)


class TestDeadLetters:
    def test_each_stands_under_its_reason(self, office: PostOffice) -> None:
        for chat, reason in (("an", "too_long"), ("binh", "too_long"), ("chi", "bad_request")):
            office.promise("hello", chat=chat)
            office.settle(office.claim_one(), Outcome.REFUSED, reason=reason)
        office.promise("too late", expires_in=60)
        office.people_wait(61)
        office.do(outbox.expire, office.now())
        failed = office.do(doubts.failed, office.now())
        assert [(one.reason, one.count) for one in failed] == [("bad_request", 1), ("too_long", 2)]
        unsent = office.do(doubts.unsent, office.now())
        assert [(one.state, one.reason, one.number) for one in unsent] == [(Sending.EXPIRED, "expired", 1)]

    def test_old_ones_are_not_shown(self, office: PostOffice) -> None:
        office.promise("hello")
        office.settle(office.claim_one(), Outcome.REFUSED, reason="too_long")
        assert office.do(doubts.failed, office.now() + doubts.SHOWN + LATER) == []


class TestHeld:
    def test_what_is_held_does_not_start_until_it_is_let_go_in_its_old_order(self, office: PostOffice) -> None:
        office.promise("in flight")
        flying = office.claim_one()
        office.promise("one")
        office.promise("two")
        assert office.claim_texts() == []
        assert office.do(deliveries.hold_all) == 2
        office.settle(flying, Outcome.SENT)
        office.time_passes(3600)
        assert office.claim_texts() == []
        assert office.do(deliveries.release, None) == 2
        assert office.claim_texts() == ["one"]

    def test_what_is_cancelled_while_held_never_goes(self, office: PostOffice) -> None:
        office.promise("one")
        office.do(deliveries.hold_all)
        assert office.do(deliveries.cancel, "reply") == 1
        assert office.do(deliveries.release, None) == 0
        assert office.states() == [Sending.CANCELLED]


class TestTombstones:
    def test_a_row_without_a_key_leaves_nothing_behind(self, office: PostOffice) -> None:
        office.promise("hello")
        office.settle(office.claim_one(), Outcome.SENT)
        office.do(outbox.forget_bodies, before=office.now() + LATER)
        assert office.rows() == []

    def test_forgetting_goes_by_slices(self, office: PostOffice) -> None:
        for number in range(5):
            office.promise("hello", chat=str(number), once=f"key:{number}")
        assert len(office.claim().claimed) == 5
        office.settle_all()
        slices = [office.do(outbox.forget_bodies, before=office.now() + LATER, size=2) for _ in range(4)]
        assert slices == [2, 2, 1, 0]
        assert {(row.body, row.chat) for row in office.rows()} == {(None, "")}

    def test_a_tombstone_keeps_its_promise_from_being_made_again_until_it_is_dropped(self, office: PostOffice) -> None:
        office.promise("reminder", once="duty:1")
        office.settle(office.claim_one(), Outcome.SENT)
        assert office.do(outbox.drop_tombstones, before=office.now() + LATER) == 0, "it still has its text"
        office.do(outbox.forget_bodies, before=office.now() + LATER)
        office.promise("reminder", once="duty:1")
        assert len(office.rows()) == 1
        assert office.do(outbox.drop_tombstones, before=office.now() - LATER) == 0
        assert office.do(outbox.drop_tombstones, before=office.now() + LATER) == 1
        assert office.rows() == []
