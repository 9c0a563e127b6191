"""The outbox on both databases: order, classes, fences, keys, expiry, withdrawal, forgetting."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlmodel import col, select

from messages.types import Address, Outbound
from storage import members, outbox, outcomes, transcript
from storage.outcomes import FATES, Outcome
from storage.pace import Rate
from storage.tables import MemberAddress, Outbox, Policy, Priority, Sending
from tests.post_office import ACCOUNT, PostOffice, opened

AN = Address(ACCOUNT, "an")
WEB = Address("web", "an")


@pytest.fixture
def office(database_url: str) -> Iterator[PostOffice]:
    with opened(database_url) as office:
        yield office


class TestOrder:
    def test_first_promised_goes_first_and_one_at_a_time_to_a_chat(self, office: PostOffice) -> None:
        for text in ("one", "two", "three"):
            office.promise(text)
        for text in ("one", "two", "three"):
            claimed = office.claim_one()
            assert claimed.message.text == text
            assert office.claim_texts() == []
            office.settle(claimed, Outcome.SENT)
        assert office.claim_texts() == []

    def test_chats_do_not_wait_for_each_other(self, office: PostOffice) -> None:
        office.promise("to An", chat="an")
        office.promise("to Binh", chat="binh")
        assert office.claim_texts() == ["to An", "to Binh"]

    def test_a_reply_overtakes_a_broadcast_to_the_same_chat(self, office: PostOffice) -> None:
        office.promise("news", priority=Priority.BROADCAST)
        office.promise("answer", priority=Priority.REPLY)
        claimed = office.claim_one()
        assert claimed.message.text == "answer"
        office.settle(claimed, Outcome.SENT)
        assert office.claim_texts() == ["news"]

    def test_what_is_said_to_somebody_in_danger_overtakes_every_reply(self, office: PostOffice) -> None:
        for number in range(3):
            office.promise(f"answer {number}")
        office.promise("call 115", priority=Priority.DANGER)
        claimed = office.claim_one()
        assert claimed.message.text == "call 115"
        office.settle(claimed, Outcome.SENT)
        assert office.claim_texts() == ["answer 0"]

    def test_a_crowd_of_strangers_keeps_no_member_waiting(self, office: PostOffice) -> None:
        for number in range(200):
            office.promise("the notice", chat=f"stranger {number}", priority=Priority.STRANGER)
        office.promise("your initiative", chat="an", priority=Priority.REPLY)
        office.promise("a deadline", chat="hanh", priority=Priority.NOTICE)
        office.promise("a slogan", chat="binh", priority=Priority.BROADCAST)
        assert office.claim_texts()[:3] == ["your initiative", "a deadline", "the notice"]

    def test_no_second_message_starts_while_a_broadcast_is_in_flight(self, office: PostOffice) -> None:
        office.promise("news", priority=Priority.BROADCAST)
        office.claim_one()
        office.promise("answer")
        assert office.claim_texts() == []

    def test_a_retry_to_come_blocks_its_lane_but_not_a_reply(self, office: PostOffice) -> None:
        office.promise("first notice", priority=Priority.NOTICE)
        office.settle(office.claim_one(), Outcome.LATER, reason="connect")
        office.promise("second notice", priority=Priority.NOTICE)
        assert office.claim_texts() == []
        office.promise("answer")
        claimed = office.claim_one()
        assert claimed.message.text == "answer"
        office.settle(claimed, Outcome.SENT)
        office.time_passes(2)
        assert office.claim_texts() == ["first notice"]

    def test_a_date_to_come_does_not_block_its_lane(self, office: PostOffice) -> None:
        office.promise("tomorrow", due_in=86_400)
        office.promise("today")
        claimed = office.claim_one()
        assert claimed.message.text == "today"
        office.settle(claimed, Outcome.SENT)
        office.people_wait(86_401)
        assert office.claim_texts() == ["tomorrow"]

    def test_an_expired_message_blocks_nobody(self, office: PostOffice) -> None:
        office.promise("too late", expires_in=60)
        office.promise("still good")
        office.people_wait(61)
        assert office.claim_texts() == ["still good"]

    def test_only_the_accounts_asked_for_are_claimed(self, office: PostOffice) -> None:
        office.promise("on another platform", account="zalo_bot")
        assert office.claim_texts(Rate("telegram"), Rate("web")) == []

    def test_no_more_are_claimed_than_there_is_room_for(self, office: PostOffice) -> None:
        for chat in ("an", "binh", "chi"):
            office.promise("hello", chat=chat)
        assert len(office.claim(room=2).claimed) == 2
        assert office.claim(room=0).claimed == ()
        assert len(office.claim(room=2).claimed) == 1


class TestFences:
    def test_who_lost_the_lease_settles_nothing(self, office: PostOffice) -> None:
        office.promise("hello")
        asleep = office.claim_one(owner="one", lease=-1)
        office.do(outcomes.requeue_expired_leases)
        awake = office.claim_one(owner="two")
        assert office.settle(asleep, Outcome.REFUSED, owner="one", reason="bad") == 0
        assert office.states() == [Sending.CLAIMED]
        assert office.settle(awake, Outcome.SENT, owner="two", external_id="77") == 1
        assert office.row().external_id == "77"

    def test_the_same_owner_with_an_old_fence_settles_nothing(self, office: PostOffice) -> None:
        office.promise("hello")
        before = office.claim_one(lease=-1)
        office.do(outcomes.requeue_expired_leases)
        after = office.claim_one()
        assert office.settle(before, Outcome.SENT) == 0
        assert office.settle(after, Outcome.SENT) == 1

    def test_settling_twice_changes_nothing(self, office: PostOffice) -> None:
        office.promise("hello")
        claimed = office.claim_one()
        assert office.settle(claimed, Outcome.SENT) == 1
        assert office.settle(claimed, Outcome.REFUSED) == 0
        assert office.states() == [Sending.SENT]

    def test_a_lease_that_lasts_is_left_alone(self, office: PostOffice) -> None:
        office.promise("hello")
        office.claim_one()
        assert office.do(outcomes.requeue_expired_leases) == 0
        office.time_passes(61)
        assert office.do(outcomes.requeue_expired_leases) == 1

    def test_alone_at_the_start_everything_claimed_was_left_by_a_dead_process(self, office: PostOffice) -> None:
        office.promise("hello")
        office.claim_one()
        assert office.do(outcomes.requeue_all) == 1
        assert office.claim_one(owner="two").attempts == 1


class TestClasses:
    def test_after_a_crash_an_answer_is_sent_again_and_says_so(self, office: PostOffice) -> None:
        office.promise("answer")
        office.claim_one(lease=-1)
        office.do(outcomes.requeue_expired_leases)
        office.settle(office.claim_one(), Outcome.SENT)
        assert (office.row().state, office.row().attempts) == (Sending.SENT, 2)

    def test_after_a_crash_a_broadcast_is_unknown_and_never_sent_again(self, office: PostOffice) -> None:
        office.promise("news", policy=Policy.AT_MOST_ONCE)
        office.claim_one(lease=-1)
        office.do(outcomes.requeue_expired_leases)
        assert (office.row().state, office.row().reason) == (Sending.UNKNOWN, "lease_expired")
        assert office.claim_texts() == []

    def test_every_outcome_of_every_class_does_what_the_table_says(self, office: PostOffice) -> None:
        cells = [(outcome, policy) for outcome in Outcome for policy in Policy]
        for outcome, policy in cells:
            office.promise("hello", chat=f"{outcome} {policy}", policy=policy)
        for claimed, (outcome, _) in zip(office.claim().claimed, cells, strict=True):
            office.settle(claimed, outcome, reason="because", after=5)
        for row, (outcome, policy) in zip(office.rows(), cells, strict=True):
            fate = FATES[outcome][policy]
            assert (row.state, row.attempts, row.reason) == (fate.state, int(fate.counts), "because")
            assert (row.owner, row.lease_until) == (None, None)
            assert (row.settled_at is None) == (fate.state is Sending.READY)

    def test_what_may_have_been_sent_is_never_sent_again_at_most_once(self) -> None:
        doubtful = {Outcome.UNKNOWN, Outcome.FAULT, Outcome.LOST}
        assert {
            outcome for outcome in Outcome if FATES[outcome][Policy.AT_MOST_ONCE].state is Sending.UNKNOWN
        } == doubtful
        assert all(FATES[outcome][Policy.AT_LEAST_ONCE].state is Sending.READY for outcome in doubtful)

    def test_an_outage_is_tried_again_for_ever_ever_more_slowly(self, office: PostOffice) -> None:
        office.promise("hello")
        waits = []
        for attempt in range(12):
            claimed = office.claim_one()
            assert claimed.attempts == attempt
            before = claimed.starts_at
            office.settle(claimed, Outcome.LATER, reason="connect")
            retry_at = office.row().retry_at
            assert retry_at
            waits.append((retry_at - before).total_seconds())
            office.time_passes(601)
        assert 0.5 <= waits[0] <= 2
        assert 8 <= waits[4] <= 17
        assert all(300 <= wait <= 601 for wait in waits[-2:])

    def test_a_fault_of_our_own_is_given_up_after_five_attempts(self, office: PostOffice) -> None:
        office.promise("poison")
        for _ in range(5):
            office.settle(office.claim_one(), Outcome.FAULT, reason="fault_TypeError")
            office.time_passes(601)
        assert (office.row().state, office.row().reason) == (Sending.FAILED, "fault_TypeError")

    def test_a_graceful_stop_gives_back_what_never_started(self, office: PostOffice) -> None:
        office.promise("news", policy=Policy.AT_MOST_ONCE)
        office.settle(office.claim_one(owner="one"), Outcome.RELEASED, owner="one")
        claimed = office.claim_one(owner="two")
        assert claimed.attempts == 0


class TestUnreachable:
    def test_one_who_blocked_the_bot_is_not_tried_again_until_they_write(self, office: PostOffice) -> None:
        with office.database.transaction() as db:
            members.join(db, AN, office.now())
        office.promise("hello")
        claimed = office.claim_one()
        office.promise("and another thing")
        office.promise("to Binh", chat="binh")
        office.settle(claimed, Outcome.GONE, reason="blocked")
        assert office.states() == [Sending.FAILED, Sending.CANCELLED, Sending.READY]
        assert [row.reason for row in office.rows()] == ["blocked", "unreachable", None]
        with office.database.reading() as db:
            assert db.exec(select(MemberAddress)).one().unreachable_at is not None


class TestOnce:
    def test_a_key_promised_before_changes_nothing(self, office: PostOffice) -> None:
        office.promise("reminder", once="duty:1:7:2027-04-10")
        office.promise("reminder again", once="duty:1:7:2027-04-10")
        office.promise("another", chat="binh", once="duty:1:8:2027-04-10")
        assert office.claim_texts() == ["reminder", "another"]

    def test_a_key_twice_in_one_transaction_is_one_message(self, office: PostOffice) -> None:
        with office.database.transaction() as db:
            for _ in range(2):
                outbox.enqueue(
                    db,
                    AN,
                    Outbound("reminder"),
                    topic="reply",
                    member_id=None,
                    priority=Priority.REPLY,
                    policy=Policy.AT_LEAST_ONCE,
                    now=office.now(),
                    once="same",
                )
        assert len(office.rows()) == 1

    def test_a_key_outlives_its_text(self, office: PostOffice) -> None:
        office.promise("reminder", once="duty:1", member_id=None)
        office.settle(office.claim_one(), Outcome.SENT, external_id="5")
        assert office.do(outbox.forget_bodies, before=office.now() + timedelta(days=1)) == 1
        row = office.row()
        assert (row.body, row.chat, row.external_id, row.once) == (None, "", None, "duty:1")
        office.promise("reminder", once="duty:1")
        assert office.claim_texts() == []

    def test_what_still_waits_is_not_forgotten(self, office: PostOffice) -> None:
        office.promise("hello")
        assert office.do(outbox.forget_bodies, before=office.now() + timedelta(days=1)) == 0
        assert office.claim_texts() == ["hello"]


class TestWithdrawal:
    def test_what_expired_is_ended_with_its_reason(self, office: PostOffice) -> None:
        office.promise("too late", expires_in=60)
        office.promise("still good", expires_in=3600)
        office.people_wait(61)
        assert office.do(outbox.expire, office.now()) == 1
        assert office.states() == [Sending.EXPIRED, Sending.READY]

    def test_what_waits_can_be_withdrawn_by_key_and_what_flies_cannot(self, office: PostOffice) -> None:
        office.promise("in flight", once="notice_1:a")
        office.claim_one()
        office.promise("waiting", once="notice_1:b", chat="binh")
        office.promise("another notice", once="noticeX1:c", chat="chi")
        assert office.do(outbox.cancel, once_prefix="notice_1:", reason="moved") == 1
        assert office.states() == [Sending.CLAIMED, Sending.CANCELLED, Sending.READY]

    def test_withdrawing_needs_a_condition(self, office: PostOffice) -> None:
        with pytest.raises(ValueError):
            office.do(outbox.cancel, reason="everything")

    def test_erasing_a_member_leaves_no_text_and_no_chat(self, office: PostOffice) -> None:
        member_id = join(office)
        office.promise("sent", member_id=member_id)
        office.settle(office.claim_one(), Outcome.SENT, external_id="9")
        office.promise("in flight", member_id=member_id)
        flying = office.claim_one()
        office.promise("waiting", member_id=member_id)
        office.promise("somebody else's", chat="binh")
        office.do(outbox.erase_member, member_id)
        assert [row.body is None for row in office.rows()] == [True, True, True, False]
        assert office.settle(flying, Outcome.SENT, external_id="10") == 1
        assert [row.chat for row in office.rows()] == ["", "", "", "binh"]
        assert [row.external_id for row in office.rows()] == [None] * 4
        assert office.states() == [Sending.SENT, Sending.SENT, Sending.CANCELLED, Sending.READY]

    def test_a_text_erased_in_flight_is_not_tried_again(self, office: PostOffice) -> None:
        member_id = join(office)
        office.promise("in flight", member_id=member_id)
        flying = office.claim_one()
        office.do(outbox.erase_member, member_id)
        office.settle(flying, Outcome.UNKNOWN, reason="reset")
        office.time_passes(10)
        assert office.claim_texts() == []
        row = office.row()
        assert (row.state, row.reason, row.chat) == (Sending.CANCELLED, "erased", "")


class TestBodies:
    def test_no_text_stands_open_in_the_database(self, office: PostOffice) -> None:
        office.promise("a secret")
        assert b"secret" not in (office.row().body or b"")

    def test_a_key_we_were_not_given_blocks_only_its_own_chat(self, office: PostOffice, database_url: str) -> None:
        office.promise("sealed with another key")
        stranger = PostOffice(database_url, keys=("a new key",))
        stranger.promise("readable", chat="binh")
        assert stranger.claim_texts() == ["readable"]
        assert [row.reason for row in office.rows()] == ["wrong_key", None]
        stranger.close()
        office.time_passes(601)
        assert office.claim_texts() == ["sealed with another key"]


class TestBrowserChat:
    def test_delivered_means_written_into_the_transcript_once(self, office: PostOffice) -> None:
        office.do(transcript.write_mine, WEB, "xin chào", office.now())
        office.promise("chào bạn", account="web")
        (claimed,) = office.claim(Rate("web")).claimed
        office.settle(claimed, Outcome.SENT, kept=True)
        office.settle(claimed, Outcome.SENT, kept=True)
        office.do(transcript.write_theirs, WEB, claimed.sealed, outbox_id=claimed.id, now=office.now())
        lines = office.do(transcript.latest, WEB)
        assert [(line.mine, line.message.text) for line in lines] == [(True, "xin chào"), (False, "chào bạn")]
        assert office.do(transcript.since, WEB, lines[0].id) == lines[1:]

    def test_history_is_dropped_by_age_and_by_chat(self, office: PostOffice) -> None:
        office.do(transcript.write_mine, WEB, "old", office.now() - timedelta(days=200))
        office.do(transcript.write_mine, WEB, "new", office.now())
        office.do(transcript.write_mine, Address("web", "binh"), "hers", office.now())
        assert office.do(transcript.purge, before=office.now() - timedelta(days=180)) == 1
        assert office.do(transcript.erase, WEB) == 1
        assert [line.message.text for line in office.do(transcript.latest, Address("web", "binh"))] == ["hers"]


class TestCounts:
    def test_states_are_counted_and_the_longest_wait_is_known(self, office: PostOffice) -> None:
        assert office.do(outbox.counts) == {}
        assert office.do(outbox.oldest_unsent) is None
        office.promise("sent", chat="binh")
        office.settle(office.claim_one(), Outcome.SENT)
        office.promise("waits")
        office.promise("later", due_in=3600)
        assert office.do(outbox.counts) == {Sending.SENT: 1, Sending.READY: 2}
        with office.database.reading() as db:
            due = db.exec(select(Outbox.due_at).order_by(col(Outbox.id)).offset(1)).first()
        assert office.do(outbox.oldest_unsent) == due


def join(office: PostOffice) -> int:
    with office.database.transaction() as db:
        known = members.join(db, AN, office.now())
        assert known.member.id is not None
        return known.member.id
