"""A broadcast from its confirmation to its result: who gets it, once, and what stops it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlmodel import col

from handlers.actors import CLOCK, COMMAND_LINE
from handlers.chat.broadcasts import status_values
from handlers.errors import Refusal
from handlers.news import audience, broadcasts, progress
from handlers.people import privacy
from storage import appointments, audiences, members, news, outages, pace, units
from storage import broadcasts as stored
from storage.database import Transaction
from storage.outcomes import Outcome
from storage.tables import Announcing, Broadcast, Outbox, Policy, Priority, Role, Sending
from tests.desk import Desk
from tests.mailroom import ACCOUNT, Mailroom

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
TEXT = "Kính mời anh/chị {{ ten }} dự hội thao của {{ don_vi }}."


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    desk = Desk(database_url)
    desk.furnish()
    yield desk
    desk.database.close()


@pytest.fixture
def room(desk: Desk) -> Mailroom:
    return Mailroom(desk)


def row_of(db: Transaction) -> Broadcast:
    return stored.latest(db, 1)[0]


def send(desk: Desk, *, unit: str = "GD51", recipients: int, at: datetime | None = None, text: str = TEXT) -> str:
    """Draft and confirm; the code."""
    with desk.rows() as db:
        row = broadcasts.create(db, desk.office, COMMAND_LINE, text, unit, now=desk.now)
        broadcasts.confirm(db, desk.office, COMMAND_LINE, row.code, recipients, at=at, now=desk.now)
        return row.code


def told(desk: Desk, code: str) -> progress.Progress:
    with desk.rows() as db:
        broadcasts.tick(db, desk.office, CLOCK, now=desk.now)
        return progress.read(db, broadcasts.find(db, COMMAND_LINE, code, desk.now), desk.now)


def act(desk: Desk, code: str, step: str) -> None:
    with desk.rows() as db:
        getattr(broadcasts, step)(db, COMMAND_LINE, code, now=desk.now)


class TestWhoGetsIt:
    def test_of_ten_three_opted_out_and_one_blocked_us_and_a_second_confirmation_sends_nothing(
        self, desk: Desk, room: Mailroom
    ) -> None:
        for number in range(10):
            room.subscribe(f"m{number}", news_too=number >= 3)
        code = send(desk, recipients=7)
        assert len(room.deliver({"m9": Outcome.GONE})) == 6
        done = told(desk, code)
        assert (done.state, done.sent, done.skipped, done.failed, done.waiting) == ("done", 6, 3, 1, 0)
        with desk.rows() as db:
            row = broadcasts.find(db, COMMAND_LINE, code, desk.now)
            with pytest.raises(Refusal, match="confirmed_before"):
                broadcasts.confirm(db, desk.office, COMMAND_LINE, row.code, 7, at=None, now=desk.now)
        assert room.deliver() == {}

    def test_one_known_to_have_blocked_us_counts_as_failed_too(self, desk: Desk, room: Mailroom) -> None:
        room.subscribe("a")
        room.subscribe("b")
        with desk.rows() as db:
            members.unreachable(db, _address("b"), desk.now)
        code = send(desk, recipients=1)
        room.deliver()
        assert (told(desk, code).sent, told(desk, code).failed, told(desk, code).skipped) == (1, 1, 0)

    def test_each_gets_their_own_words(self, desk: Desk, room: Mailroom) -> None:
        room.subscribe("a", name="Nguyễn Văn An")
        room.subscribe("b", "GD51-02")
        send(desk, recipients=2)
        assert room.deliver() == {
            "a": "Kính mời anh/chị An dự hội thao của Công đoàn Trường THPT Đồi Sim.",
            "b": "Kính mời anh/chị dự hội thao của Công đoàn Trường THPT Bến Lau.",
        }

    def test_one_school_is_a_whole_audience(self, desk: Desk, room: Mailroom) -> None:
        room.subscribe("a", "GD51-01")
        room.subscribe("b", "GD51-02")
        send(desk, unit="GD51-02", recipients=1)
        assert list(room.deliver()) == ["b"]

    def test_who_named_no_unit_hears_from_the_top_only(self, desk: Desk, room: Mailroom) -> None:
        room.subscribe("a", None)
        room.subscribe("b")
        send(desk, unit="GD51", recipients=1)
        assert list(room.deliver()) == ["b"]
        send(desk, unit="LDLD51", recipients=2)
        assert sorted(room.deliver()) == ["a", "b"]

    def test_a_fourth_piece_of_news_in_a_week_is_not_sent(self, desk: Desk, room: Mailroom) -> None:
        room.subscribe("a")
        for _ in range(3):
            send(desk, recipients=1)
            room.deliver()
            desk.now += timedelta(hours=1)
        with pytest.raises(Refusal, match="nobody"):
            send(desk, recipients=1)
        desk.now += timedelta(days=8)
        send(desk, recipients=1)
        assert list(room.deliver()) == ["a"]

    def test_a_wrong_number_sends_nothing(self, desk: Desk, room: Mailroom) -> None:
        room.subscribe("a")
        with pytest.raises(Refusal, match="wrong_number"):
            send(desk, recipients=2)
        assert room.deliver() == {}

    def test_the_count_tells_channels_and_reasons(self, desk: Desk, room: Mailroom) -> None:
        for chat in ("a", "b"):
            room.subscribe(chat)
        room.subscribe("c", news_too=False)
        with desk.rows() as db:
            unit = units.by_code(db, "GD51")
            assert unit is not None
            counted = audience.count(db, desk.office, unit, desk.now)
        assert counted == audience.Counts(2, (("web", 2),), (("opted_out", 1),))


def _address(chat: str) -> object:
    from messages.types import Address  # noqa: PLC0415

    return Address("web", chat)


class TestUpToTheMomentOfSending:
    def test_rows_carry_a_reference_and_no_text(self, desk: Desk, room: Mailroom) -> None:
        room.subscribe("a")
        send(desk, recipients=1)
        with desk.rows() as db:
            (row,) = db.scalars(select(Outbox).where(col(Outbox.topic) == news.TOPIC))
            assert (row.body, row.broadcast_id) == (None, row_of(db).id)
            assert (row.policy, row.priority) == (Policy.AT_MOST_ONCE, Priority.BROADCAST)
            assert row.once == f"broadcast:{row.broadcast_id}:{row.member_id}"

    def test_who_stops_after_the_freezing_gets_nothing(self, desk: Desk, room: Mailroom) -> None:
        stays, leaves = room.subscribe("stays"), room.subscribe("leaves")
        code = send(desk, recipients=2)
        with desk.rows() as db:
            member = members.by_id(db, leaves)
            assert member is not None
            news.opt_out(db, member, desk.now)  # the promise itself is left to the last look
        assert list(room.deliver()) == ["stays"]
        assert (told(desk, code).sent, told(desk, code).skipped) == (1, 1)
        with desk.rows() as db:
            assert progress.skipped(db, broadcasts.find(db, COMMAND_LINE, code, desk.now)) == (("opted_out", 1),)
            assert db.scalars(select(Outbox).where(col(Outbox.member_id) == stays)).one().state == Sending.SENT

    def test_who_is_erased_after_the_freezing_gets_nothing_and_leaves_no_chat(self, desk: Desk, room: Mailroom) -> None:
        gone = room.subscribe("gone")
        code = send(desk, recipients=1)
        with desk.rows() as db:
            member = members.by_id(db, gone)
            assert member is not None
            privacy.erase_member(db, desk.office, member, code="XD-1", now=desk.now)
        assert room.deliver() == {}
        assert told(desk, code).sent == 0
        with desk.rows() as db:
            (row,) = db.scalars(select(Outbox).where(col(Outbox.broadcast_id).is_not(None)))
            assert (row.chat, row.member_id, row.state) == ("", None, Sending.CANCELLED)

    def test_erased_while_in_flight_the_chat_goes_when_it_lands(self, desk: Desk, room: Mailroom) -> None:
        gone = room.subscribe("gone")
        send(desk, recipients=1)
        flying = room.claim()
        with desk.rows() as db:
            member = members.by_id(db, gone)
            assert member is not None
            privacy.erase_member(db, desk.office, member, code="XD-1", now=desk.now)
        room.settle(flying)
        with desk.rows() as db:
            (row,) = db.scalars(select(Outbox).where(col(Outbox.broadcast_id).is_not(None)))
            assert (row.chat, row.state) == ("", Sending.SENT)

    def test_confirmed_at_night_it_goes_at_seven(self, desk: Desk, room: Mailroom) -> None:
        room.subscribe("a")
        desk.now = datetime(2027, 3, 1, 22, 30, tzinfo=VIETNAM)
        code = send(desk, recipients=1)
        assert told(desk, code).state == "scheduled"
        assert room.deliver() == {}
        desk.now = datetime(2027, 3, 2, 6, 59, 58, tzinfo=VIETNAM)
        assert room.deliver() == {}
        desk.now = datetime(2027, 3, 2, 7, tzinfo=VIETNAM)
        assert list(room.deliver()) == ["a"]
        assert told(desk, code).state == "done"

    def test_what_is_left_at_nine_in_the_evening_waits_for_the_morning(self, desk: Desk, room: Mailroom) -> None:
        room.subscribe("a")
        code = send(desk, recipients=1)
        desk.now = datetime(2027, 3, 1, 21, tzinfo=VIETNAM)
        assert room.deliver() == {}
        assert told(desk, code).state == "sending"
        desk.now = datetime(2027, 3, 2, 7, tzinfo=VIETNAM)
        assert list(room.deliver()) == ["a"]

    def test_a_later_time_is_waited_for(self, desk: Desk, room: Mailroom) -> None:
        room.subscribe("a")
        at = desk.now + timedelta(hours=3)
        code = send(desk, recipients=1, at=at)
        assert room.deliver() == {}
        assert told(desk, code).state == "scheduled"
        desk.now = at
        assert list(room.deliver()) == ["a"]


class TestStopping:
    def test_a_hold_stops_with_the_next_claim_and_a_resume_goes_on(self, desk: Desk, room: Mailroom) -> None:
        for chat in "ab":
            room.subscribe(chat)
        code = send(desk, recipients=2)
        act(desk, code, "hold")
        assert room.deliver() == {}
        assert told(desk, code).state == "held"
        act(desk, code, "resume")
        assert sorted(room.deliver()) == ["a", "b"]

    def test_what_is_held_blocks_nobody_elses_news(self, desk: Desk, room: Mailroom) -> None:
        room.subscribe("a")
        act(desk, send(desk, recipients=1, text="Tin thứ nhất"), "hold")
        send(desk, recipients=1, text="Tin thứ hai")
        assert room.deliver() == {"a": "Tin thứ hai"}

    def test_a_cancelled_one_is_swept_up_and_never_goes(self, desk: Desk, room: Mailroom) -> None:
        room.subscribe("a")
        code = send(desk, recipients=1)
        act(desk, code, "cancel")
        assert room.deliver() == {}
        assert (told(desk, code).state, told(desk, code).skipped) == ("cancelled", 1)
        for step in ("hold", "resume", "cancel", "send_again"):
            with pytest.raises(Refusal, match="not_now"):
                act(desk, code, step)

    def test_an_unknown_outcome_is_told_and_sent_again_only_on_demand(self, desk: Desk, room: Mailroom) -> None:
        room.subscribe("a", name="Nguyễn Văn An")
        room.subscribe("b")
        code = send(desk, recipients=2)
        assert list(room.deliver({"a": Outcome.UNKNOWN})) == ["b"]
        assert (told(desk, code).state, told(desk, code).sent, told(desk, code).unknown) == ("done", 1, 1)
        assert room.deliver() == {}
        with desk.rows() as db:
            row = broadcasts.find(db, COMMAND_LINE, code, desk.now)
            assert row.id is not None
            assert [member.name for member in stored.unknown(db, row.id, 8)] == ["Nguyễn Văn An"]
        act(desk, code, "send_again")
        assert list(room.deliver()) == ["a"]
        assert (told(desk, code).sent, told(desk, code).unknown) == (2, 0)


class TestFreezing:
    def test_the_audience_is_frozen_in_slices_and_a_crash_between_two_doubles_nobody(
        self, desk: Desk, room: Mailroom
    ) -> None:
        for number in range(7):
            room.subscribe(f"m{number}", news_too=number != 4)
        with desk.rows() as db:
            row = broadcasts.create(db, desk.office, COMMAND_LINE, TEXT, "GD51", now=desk.now)
            row.state, row.due_at = Announcing.FREEZING, desk.now
            unit = broadcasts.unit_of(db, row)
            when = audiences.Moment(desk.now, desk.now, 3)
            assert audiences.freeze(db, row, unit, when, now=desk.now, size=3, patience=timedelta())
            row.frozen_to -= 2  # as if that slice were begun once more
            assert audiences.freeze(db, row, unit, when, now=desk.now, size=3, patience=timedelta())
            assert row.id is not None
            assert room_count(db, row.id) == 4
        assert room.deliver() == {}, "nothing goes before everybody is decided"
        with desk.rows() as db:
            broadcasts.tick(db, desk.office, CLOCK, now=desk.now)
            assert row_of(db).state == Announcing.SENDING
        assert len(room.deliver()) == 6

    def test_its_author_is_told_the_result_once(self, desk: Desk, room: Mailroom) -> None:
        staff = desk.member("tuan", "telegram")
        room.subscribe("a")
        with desk.rows() as db:
            known = members.by_addresses(db, [staff.address])[staff.address]
            unit = units.by_code(db, "GD51")
            assert known.member.id
            assert unit
            assert unit.id
            appointments.appoint(db, member_id=known.member.id, unit_id=unit.id, role=Role.STAFF, now=desk.now)
        staff.talks("/soantin", "Tin", "[Công đoàn ngành Giáo dục tỉnh]", "[Gửi ngay]", "gửi 1")
        room.deliver()
        for _ in range(2):
            with desk.rows() as db:
                broadcasts.tick(db, desk.office, CLOCK, now=desk.now)
        assert staff.hears().count("Đã gửi xong tin TIN-27-") == 1


def room_count(db: Transaction, broadcast_id: int) -> int:
    return len(db.scalars(select(col(Outbox.id)).where(col(Outbox.broadcast_id) == broadcast_id)).all())


class TestAChannelOutOfReach:
    def test_staff_read_that_it_waits_and_it_goes_on_by_itself(self, desk: Desk, room: Mailroom) -> None:
        for number in range(6):
            room.subscribe(f"m{number}")
        code = send(desk, recipients=6)
        with desk.rows() as db:
            outages.begin(pace.make(db, [ACCOUNT])[ACCOUNT], db.clock())
        assert room.claim() == []
        waits = told(desk, code)
        assert (waits.state, waits.awaits, waits.waiting, waits.sent) == ("awaiting", (ACCOUNT,), 6, 0)
        with desk.rows() as db:
            values = status_values(db, broadcasts.find(db, COMMAND_LINE, code, desk.now), desk.now)
        words = desk.office.catalogue.text("broadcast.status", values)
        assert "đang chờ kênh" in words
        assert "tự gửi tiếp" in words
        with desk.rows() as db:
            outages.put_on_probation(pace.make(db, [ACCOUNT])[ACCOUNT], db.clock())
        assert len(room.deliver()) == 6
        assert told(desk, code).state == "done"

    def test_what_is_held_or_planned_is_told_as_that(self, desk: Desk, room: Mailroom) -> None:
        room.subscribe("a")
        code = send(desk, recipients=1)
        planned = send(desk, recipients=1, at=desk.now + timedelta(hours=2))
        with desk.rows() as db:
            outages.begin(pace.make(db, [ACCOUNT])[ACCOUNT], db.clock())
        act(desk, code, "hold")
        assert (told(desk, code).state, told(desk, planned).state) == ("held", "scheduled")
