"""Who is reminded of a duty, when, and how often: the rules of the clock, on both databases (F4)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest

from handlers import programmes
from handlers.actors import COMMAND_LINE
from handlers.duties import acts as duties
from handlers.duties import rounds as duty_rounds
from handlers.errors import Refusal
from messages.dates import ZONE
from messages.types import Address
from storage import duties as stored
from storage import members, outbox
from storage.tables import Role, Sending, State, Submission
from tests.union import OFFICE, Union, at

DAY = timedelta(days=1)
BOUND = datetime(2021, 4, 14, tzinfo=ZONE)
"""D1: «trước ngày 14/4»: T is Tuesday 13/4."""


def april(*days: int) -> list[date]:
    return [date(2021, 4, day) for day in days]


def furnished(database_url: str) -> Union:
    """Two schools and one more, Monday 5/4; an officer in the first."""
    union = Union(database_url, datetime(2021, 4, 5, 9, tzinfo=ZONE))
    union.found("P", "P.1", "P.1.1", "P.1.2", "P.2", "P.2.1")
    union.programme("s", closes=datetime(2021, 4, 21, tzinfo=ZONE))
    union.owe("s", "select", "base", BOUND, to_level="upper", quota=1, consequence="Chậm thì không được xét.")
    union.appoint("Hạnh", "P.1.1")
    return union


@pytest.fixture
def union(database_url: str) -> Iterator[Union]:
    union = furnished(database_url)
    yield union
    union.database.close()


def finish(union: Union, name: str, unit: str, duty: str = "select") -> None:
    with union.rows() as db:
        duties.finish(db, OFFICE, union.actor(db, name), union.duties[duty], union.unit(db, unit), now=union.now)


def put_off(union: Union, name: str, unit: str, duty: str = "select") -> date:
    with union.rows() as db:
        return duties.put_off(db, union.actor(db, name), union.duties[duty], union.unit(db, unit), now=union.now)


def move(union: Union, due: datetime, key: str = "select", code: str = "s") -> None:
    with union.rows() as db:
        duties.move(db, COMMAND_LINE, code, key, due, now=union.now)


class TestWhen:
    def test_each_offset_the_friday_before_a_weekend_the_last_day_and_the_day_after(self, union: Union) -> None:
        union.live(at(date(2021, 4, 24)))
        assert union.days("Hạnh") == april(6, 9, 10, 12, 13, 14)
        assert all(one.due_at.astimezone(ZONE).hour == 8 for one in union.heard("Hạnh"))

    def test_a_duty_that_ends_on_a_sunday_brings_an_extra_push_on_friday(self, union: Union) -> None:
        union.owe("s", "introduce", "upper", datetime(2021, 4, 19, tzinfo=ZONE))
        union.appoint("Bình", "P.1")
        union.live(at(date(2021, 4, 24)))
        assert union.days("Bình") == april(9, 11, 15, 16, 17, 18, 19)

    def test_the_friday_merges_with_the_offset_that_falls_on_it(self, union: Union) -> None:
        union.owe("s", "introduce", "upper", datetime(2021, 4, 18, tzinfo=ZONE))
        union.appoint("Bình", "P.1")
        union.live(at(date(2021, 4, 24)))
        assert union.days("Bình") == april(9, 10, 14, 16, 17, 18)
        assert union.doubled() == []

    def test_nothing_before_eight_and_nothing_in_quiet_hours(self, union: Union) -> None:
        for hour, minute in ((0, 0), (6, 59), (7, 59), (21, 0), (23, 59)):
            assert union.tick(at(date(2021, 4, 6), hour, minute)) == 0
        assert union.tick(at(date(2021, 4, 7), 7, 59)) == 0
        assert union.tick(at(date(2021, 4, 7), 8)) == 1

    def test_a_strict_bound_is_overdue_at_its_own_midnight(self, union: Union) -> None:
        union.tick(at(date(2021, 4, 13)))
        union.tick(at(date(2021, 4, 14)))
        last, late = (one.text for one in union.heard("Hạnh"))
        assert "hạn cuối hôm nay" in last
        assert "đã quá hạn 1 ngày" in late

    def test_old_programmes_say_nothing(self, union: Union) -> None:
        assert union.tick(at(date(2021, 6, 1))) == 0


class TestOnce:
    def test_two_restarts_in_the_minute_of_an_offset_bring_one_message(self, union: Union) -> None:
        for minute in (0, 0, 0, 1):
            union.tick(at(date(2021, 4, 10), 8, minute))
        assert union.days("Hạnh") == april(10)

    def test_a_clock_that_is_set_back_repeats_nothing(self, union: Union) -> None:
        for day in (10, 9, 10, 12, 10, 12):
            union.tick(at(date(2021, 4, day), 9))
        assert union.days("Hạnh") == april(10, 12)

    def test_after_days_of_silence_only_the_latest_comes_and_as_of_today(self, union: Union) -> None:
        union.tick(at(date(2021, 4, 6)))
        union.tick(at(date(2021, 4, 11), 15, 30))
        union.tick(at(date(2021, 4, 11), 16))
        assert union.days("Hạnh") == april(6, 11)
        assert "còn 2 ngày" in union.heard("Hạnh")[-1].text
        assert union.tick(at(date(2021, 4, 12))) == 1

    def test_what_comes_late_waits_for_the_days_own_reminder(self, union: Union) -> None:
        assert union.tick(at(date(2021, 4, 12), 7, 30)) == 0
        union.live(at(date(2021, 4, 12), 20))
        assert union.days("Hạnh") == april(12)

    def test_what_was_not_sent_by_the_evening_expires_and_comes_again_the_next_day(self, union: Union) -> None:
        union.tick(at(date(2021, 4, 6)))
        with union.rows() as db:
            assert outbox.expire(db, at(date(2021, 4, 6), 20, 59)) == 0
            assert outbox.expire(db, at(date(2021, 4, 6), 21)) == 1
        union.tick(at(date(2021, 4, 7)))
        union.tick(at(date(2021, 4, 8)))
        assert union.days("Hạnh") == april(6, 7)

    def test_more_officers_than_one_look_carries_are_reached_by_the_next(
        self, union: Union, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(duty_rounds, "SLICE", 2)
        union.appoint("Bình", "P.1.2")
        union.appoint("Chi", "P.2.1")
        moment = at(date(2021, 4, 6))
        assert [union.tick(moment) for _ in range(3)] == [2, 1, 0]


class TestWho:
    def test_units_of_the_level_below_the_unit_that_runs_it(self, union: Union) -> None:
        for name, unit in (("An", "P"), ("Bình", "P.1"), ("Chi", "P.2.1")):
            union.appoint(name, unit)
        union.programme("g", closes=datetime(2021, 4, 21, tzinfo=ZONE), run_by="P.1")
        union.owe("g", "own", "base", BOUND)
        union.tick(at(date(2021, 4, 6)))
        assert {one.officer for one in union.heard(duty="select")} == {"Hạnh", "Chi"}
        assert {one.officer for one in union.heard(duty="own")} == {"Hạnh"}

    def test_a_unit_without_an_officer_is_answered_for_by_its_staff(self, union: Union) -> None:
        union.appoint("Bình", "P.1.1", Role.STAFF)
        union.appoint("Chi", "P.1.2", Role.ADMIN)
        union.tick(at(date(2021, 4, 6)))
        assert {one.officer for one in union.heard()} == {"Hạnh", "Chi"}

    def test_whoever_holds_two_roles_in_a_unit_is_told_once(self, union: Union) -> None:
        union.appoint("Hạnh", "P.1.1", Role.STAFF)
        union.appoint("Bình", "P.1.2", Role.STAFF)
        union.appoint("Bình", "P.1.2", Role.ADMIN)
        assert union.tick(at(date(2021, 4, 6))) == 2
        assert {one.officer for one in union.heard()} == {"Hạnh", "Bình"}

    def test_a_unit_that_runs_a_programme_itself_owes_what_its_own_level_owes(self, union: Union) -> None:
        union.appoint("Bình", "P.1.2")
        union.programme("g", closes=datetime(2021, 4, 21, tzinfo=ZONE), run_by="P.1.2")
        union.owe("g", "own", "base", BOUND)
        union.tick(at(date(2021, 4, 6)))
        assert [one.officer for one in union.heard(duty="own")] == ["Bình"]

    def test_an_officer_of_another_level_owes_nothing(self, union: Union) -> None:
        union.appoint("Bình", "P.1")
        union.live(at(date(2021, 4, 20)))
        assert union.days("Bình") == []

    def test_the_new_officer_is_told_and_the_old_one_no_more(self, union: Union) -> None:
        union.live(at(date(2021, 4, 8)))
        union.dismiss("Hạnh")
        union.appoint("Bình", "P.1.1")
        union.live(at(date(2021, 4, 20)))
        assert union.days("Hạnh") == april(6)
        assert union.days("Bình") == april(9, 10, 12, 13, 14)

    def test_what_nobody_was_told_falls_to_whoever_came_in_between(self, union: Union) -> None:
        union.dismiss("Hạnh")
        union.now = at(date(2021, 4, 8))
        union.appoint("Bình", "P.1.1")
        union.tick(at(date(2021, 4, 8), 9))
        assert union.days("Bình") == april(8)

    def test_a_second_officer_is_told_what_falls_due_from_then_on(self, union: Union) -> None:
        union.tick(at(date(2021, 4, 6)))
        union.now = at(date(2021, 4, 7))
        union.appoint("Bình", "P.1.1")
        union.live(at(date(2021, 4, 9), 20))
        assert (union.days("Hạnh"), union.days("Bình")) == (april(6, 9), april(9))

    def test_staff_are_not_told_again_what_an_officer_was_told_who_left(self, union: Union) -> None:
        union.appoint("Bình", "P.1.1", Role.STAFF)
        union.tick(at(date(2021, 4, 6)))
        union.now = at(date(2021, 4, 6), 10)
        union.dismiss("Hạnh")
        union.live(at(date(2021, 4, 9), 20))
        assert union.days("Bình") == april(9)

    def test_whoever_withdrew_consent_or_blocked_the_bot_is_left_alone_and_told_once_back(self, union: Union) -> None:
        address = None
        with union.rows() as db:
            (home,) = members.addresses(db, union.people["Hạnh"])
            address = Address(home.account, home.chat)
            members.unreachable(db, address, union.now)
        assert union.tick(at(date(2021, 4, 6))) == 0
        with union.rows() as db:
            members.seen(db, [address], union.now)
        assert union.tick(at(date(2021, 4, 6), 12)) == 1


class TestDone:
    def test_nothing_more_once_it_is_done(self, union: Union) -> None:
        union.live(at(date(2021, 4, 8)))
        finish(union, "Hạnh", "P.1.1")
        union.live(at(date(2021, 4, 20)))
        assert union.days("Hạnh") == april(6)

    def test_what_still_waits_at_that_moment_is_withdrawn(self, union: Union) -> None:
        union.appoint("Bình", "P.1.1")
        union.appoint("Chi", "P.1.2")
        union.tick(at(date(2021, 4, 6)))
        finish(union, "Hạnh", "P.1.1")
        with union.rows() as db:
            assert outbox.counts(db) == {Sending.CANCELLED: 2, Sending.READY: 1}

    def test_the_first_mark_stays(self, union: Union) -> None:
        finish(union, "Hạnh", "P.1.1")
        first = union.now
        union.now += DAY
        finish(union, "Hạnh", "P.1.1")
        with union.rows() as db:
            mark = stored.done(db, union.duties["select"], union.unit(db, "P.1.1"))
            assert mark is not None
            assert mark.at == first

    def test_one_units_mark_is_not_anothers(self, union: Union) -> None:
        union.appoint("Chi", "P.1.2")
        finish(union, "Hạnh", "P.1.1")
        union.tick(at(date(2021, 4, 6)))
        assert {one.officer for one in union.heard()} == {"Chi"}


class TestPuttingOff:
    def test_it_comes_again_the_next_day_at_eight(self, union: Union) -> None:
        union.tick(at(date(2021, 4, 6)))
        assert put_off(union, "Hạnh", "P.1.1") == date(2021, 4, 7)
        union.live(at(date(2021, 4, 8), 20))
        assert union.days("Hạnh") == april(6, 7)

    def test_it_merges_with_the_reminder_of_that_day(self, union: Union) -> None:
        union.tick(at(date(2021, 4, 9)))
        put_off(union, "Hạnh", "P.1.1")
        union.live(at(date(2021, 4, 11), 20))
        assert union.days("Hạnh") == april(9, 10)

    def test_an_overdue_duty_may_be_put_off_too(self, union: Union) -> None:
        union.tick(at(date(2021, 4, 14)))
        put_off(union, "Hạnh", "P.1.1")
        union.live(at(date(2021, 4, 20)))
        assert union.days("Hạnh") == april(14, 15)
        assert "đã quá hạn 2 ngày" in union.heard("Hạnh")[-1].text


class TestMoving:
    def test_those_concerned_are_told_and_reminded_by_the_new_date_only(self, union: Union) -> None:
        union.live(at(date(2021, 4, 8), 9))
        move(union, datetime(2021, 4, 22, tzinfo=ZONE))
        union.live(at(date(2021, 4, 24)))
        assert union.days("Hạnh") == april(6, 8, 14, 16, 18, 20, 21, 22)
        assert "đã đổi thành: trước ngày 22/4 (hết ngày 21/4)" in union.heard("Hạnh")[1].text
        assert union.doubled() == []

    def test_not_two_on_one_day_the_news_waits_for_the_morning(self, union: Union) -> None:
        union.live(at(date(2021, 4, 6), 9))
        move(union, datetime(2021, 4, 22, tzinfo=ZONE))
        union.live(at(date(2021, 4, 7), 20))
        assert union.days("Hạnh") == april(6, 7)
        assert union.heard("Hạnh")[1].due_at.astimezone(ZONE).hour == 7

    def test_news_on_a_day_with_a_reminder_of_its_own_is_told_by_that(self, union: Union) -> None:
        union.live(at(date(2021, 4, 7), 6))
        move(union, datetime(2021, 4, 15, tzinfo=ZONE))
        union.live(at(date(2021, 4, 7), 20))
        assert union.days("Hạnh") == april(6, 7)
        assert "còn 7 ngày" in union.heard("Hạnh")[1].text
        assert "Hạn mới: trước ngày 15/4" in union.heard("Hạnh")[1].text

    def test_news_keeps_out_of_quiet_hours(self, union: Union) -> None:
        union.live(at(date(2021, 4, 7), 22))
        move(union, datetime(2021, 4, 30, tzinfo=ZONE))
        union.live(at(date(2021, 4, 8), 12))
        assert [one.due_at.astimezone(ZONE).hour for one in union.heard("Hạnh")] == [8, 7]

    def test_an_earlier_date_brings_no_burst(self, union: Union) -> None:
        move(union, datetime(2021, 4, 7, tzinfo=ZONE))
        union.live(at(date(2021, 4, 12)))
        assert union.days("Hạnh") == april(5, 6, 7)

    def test_moved_twice_told_once_with_the_latest(self, union: Union) -> None:
        union.live(at(date(2021, 4, 7), 22))
        move(union, datetime(2021, 4, 29, tzinfo=ZONE))
        union.now += timedelta(minutes=5)
        move(union, datetime(2021, 4, 30, tzinfo=ZONE))
        union.live(at(date(2021, 4, 8), 20))
        assert len(union.heard("Hạnh")) == 2
        assert "trước ngày 30/4" in union.heard("Hạnh")[1].text

    def test_who_has_done_it_is_not_told(self, union: Union) -> None:
        finish(union, "Hạnh", "P.1.1")
        move(union, datetime(2021, 4, 22, tzinfo=ZONE))
        union.live(at(date(2021, 4, 24)))
        assert union.heard() == []

    def test_a_programme_extended_after_its_close_is_replanned_without_duplicates(self, union: Union) -> None:
        union.owe("s", "enter", "base", datetime(2021, 4, 21, tzinfo=ZONE))
        finish(union, "Hạnh", "P.1.1")
        union.live(at(date(2021, 4, 21), 10))
        assert union.days("Hạnh") == april(13, 16, 17, 19, 20, 21)
        with union.rows() as db:
            programmes.extend(db, OFFICE, COMMAND_LINE, "s", datetime(2021, 5, 1, tzinfo=ZONE), now=union.now)
        union.live(at(date(2021, 5, 5)))
        after = [*april(22, 23, 27, 29, 30), date(2021, 5, 1)]
        assert union.days("Hạnh") == [*april(13, 16, 17, 19, 20, 21), *after]
        assert "đã đổi thành" in union.heard("Hạnh")[6].text

    @pytest.mark.parametrize(
        ("code", "key", "days"), [("s", "select", -12), ("s", "select", 0), ("s", "nothing", 1), ("x", "select", 1)]
    )
    def test_a_date_that_is_past_or_the_same_and_a_duty_that_is_not_there_are_refused(
        self, union: Union, code: str, key: str, days: int
    ) -> None:
        union.now = at(date(2021, 4, 5))
        with pytest.raises(Refusal) as refused:
            move(union, BOUND + days * DAY, key, code)
        assert OFFICE.catalogue.text(refused.value.key, refused.value.values)


class TestWords:
    def test_everything_an_officer_needs_in_one_message(self, union: Union) -> None:
        union.tick(at(date(2021, 4, 6)))
        assert union.heard("Hạnh")[0].text == (
            "⏰ Nhắc hạn: còn 7 ngày\n\n"
            "Đồng chí Hạnh thân mến,\n"
            "Việc: select\n"
            "Đơn vị: Công đoàn P.1.1\n"
            "Gửi về: Công đoàn P.1\n"
            "Hạn: trước ngày 14/4 (hết ngày 13/4)\n"
            "Tiến độ: đã nhận 0, đã thẩm định 0, đã chọn 0/1.\n"
            "Lưu ý: Chậm thì không được xét."
        )
        assert [choice.label for choice in union.heard("Hạnh")[0].message.choices] == ["Đã hoàn thành", "Nhắc lại sau"]

    def test_progress_is_counted_at_that_moment_in_the_units_own_subtree(self, union: Union) -> None:
        union.appoint("Bình", "P.1")
        union.owe("s", "introduce", "upper", BOUND, quota=1)
        states = {"P.1.1": ("sent", "recognised", "selected", "withdrawn"), "P.1.2": ("declined",), "P.2.1": ("sent",)}
        for unit, found in states.items():
            for number, state in enumerate(found):
                _hand_in(union, unit, State(state), f"{unit}-{number}")
        union.tick(at(date(2021, 4, 6)))
        assert "đã nhận 3, đã thẩm định 2, đã chọn 1/1." in union.heard("Hạnh")[0].text
        assert "đã nhận 4, đã thẩm định 3, đã chọn 1/1." in union.heard("Bình")[0].text

    def test_a_campaign_has_no_progress_to_count(self, union: Union) -> None:
        union.programme("c", closes=BOUND, kind="campaign")
        union.owe("c", "report", "base", BOUND)
        union.tick(at(date(2021, 4, 6)))
        assert "Tiến độ" not in union.heard("Hạnh", duty="report")[0].text

    def test_a_last_day_on_a_weekend_is_said_so(self, union: Union) -> None:
        union.owe("s", "introduce", "base", datetime(2021, 4, 19, tzinfo=ZONE))
        union.tick(at(date(2021, 4, 16)))
        assert "Ngày cuối 18/04/2021 là Chủ Nhật" in union.heard("Hạnh", duty="introduce")[0].text


def _hand_in(union: Union, unit: str, state: State, code: str) -> None:
    with union.rows() as db:
        unit_id = union.unit(db, unit)
        programme = stored.matter(db, union.duties["select"], today=union.now.date(), now=union.now)
        assert programme is not None
        db.add(
            Submission(
                kind="initiative",
                code=code,
                draft_id=code,
                programme_id=programme.programme.id,
                unit_id=unit_id,
                receiver_id=unit_id,
                state=state,
                sent_at=union.now,
                updated_at=union.now,
            )
        )
