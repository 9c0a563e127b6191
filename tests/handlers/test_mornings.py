"""What comes at night waits for the morning: one thing as it is, several as one message; replies come at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from handlers import actors, demo, mornings
from handlers.actors import CLOCK
from handlers.duties import openings
from handlers.initiatives import assigning, items
from messages.dates import ZONE
from storage import clock, members, settings, submissions
from storage.tables import NightNotice, Outbox, Programme, State
from tests import voices
from tests.desk import Desk, Visitor
from tests.initiatives import plant
from tests.people import NAME, PHONE, QUESTIONS, TEMPLATE, hand_in, officer

EVENING = datetime(2027, 3, 1, 23, tzinfo=ZONE)
MORNING = datetime(2027, 3, 2, 7, tzinfo=ZONE)
DANGER = "Máy dập không có che chắn, hôm nay một người bị tai nạn lao động ở bàn tay, mong được xem ngay."


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    made = Desk(database_url)
    made.furnish(TEMPLATE)
    yield made
    made.database.close()


def morning(desk: Desk, at: datetime = MORNING) -> None:
    desk.now = at
    with desk.rows() as db:
        assert not mornings.tell(db, desk.office, CLOCK, now=at)


def kept(desk: Desk) -> int:
    with desk.rows() as db:
        return db.scalar(select(func.count()).select_from(NightNotice)) or 0


def hands_in(visitor: Visitor) -> str:
    return hand_in(visitor, "/sangkien", NAME, PHONE, "quang ngai", voices.SCHOOL, "2", *QUESTIONS)


def arrives(desk: Desk, number: int, at: datetime) -> str:
    """An initiative that stands in the tables, and the officers hear of it."""
    with desk.rows() as db:
        (of,) = db.scalars(select(Programme))
        code = plant(db, voices.SCHOOL, of, number, at, state=State.SENT)
        record = submissions.by_code(db, code)
        assert record is not None
        items.tell_officers(db, desk.office, record, "officer.new_initiative", at)
    return code


def test_by_day_an_officer_hears_at_once(desk: Desk) -> None:
    hanh = officer(desk, voices.SCHOOL)
    code = hands_in(desk.member("an"))
    assert f"sáng kiến mới {code}" in hanh.hears()
    assert kept(desk) == 0


def test_at_night_the_author_hears_at_once_and_the_officer_in_the_morning(desk: Desk) -> None:
    hanh, linh = officer(desk, voices.SCHOOL), desk.member("linh")
    desk.now = EVENING
    code = hands_in(linh)
    assert hanh.hears() == ""
    morning(desk, MORNING - timedelta(seconds=1))
    assert hanh.hears() == ""
    morning(desk)
    told = hanh.hears()
    assert f"sáng kiến mới {code}, gửi lúc 23:00" in told
    assert hanh.presses("Mở hồ sơ").startswith(f"Sáng kiến {code}")
    morning(desk)
    assert hanh.hears() == ""


def test_several_of_one_night_come_as_one_message(desk: Desk) -> None:
    hanh = officer(desk, voices.SCHOOL)
    codes = [arrives(desk, number, EVENING + timedelta(minutes=7 - number)) for number in range(7)][::-1]
    morning(desk)
    told = hanh.hears()
    assert told.count("☀️") == 1
    assert "đồng chí có 7 việc mới" in told
    assert f"7 sáng kiến mới: {', '.join(codes[:5])} và 2 mục khác" in told
    assert "Hộp thư của" in hanh.presses("📥 Mở hộp thư")
    assert kept(desk) == 0


def test_what_was_dealt_with_in_the_night_is_not_told(desk: Desk) -> None:
    hanh, mai, linh = officer(desk, voices.SCHOOL), officer(desk, voices.SCHOOL, name="mai"), desk.member("linh")
    desk.now = EVENING
    code = hands_in(linh)
    assert "Đã ghi nhận" in mai.talks(code, "[Tiếp nhận]", code, "[Không công nhận]", "Nội dung chưa rõ cách làm.")
    morning(desk)
    assert hanh.hears() == ""
    assert kept(desk) == 0


def test_whoever_leaves_in_the_night_is_told_nothing(desk: Desk) -> None:
    hanh, linh = officer(desk, voices.SCHOOL), desk.member("linh")
    desk.now = EVENING
    hands_in(linh)
    hanh.talks("/dulieu", "[Rút đồng ý]", "[Rút đồng ý]")
    hanh.hears()
    assert kept(desk) == 0
    morning(desk)
    assert hanh.hears() == ""


def test_what_a_colleague_hands_over_waits_too(desk: Desk) -> None:
    hanh, mai = officer(desk, voices.SCHOOL), officer(desk, voices.SCHOOL, name="mai")
    code = hands_in(desk.member("linh"))
    hanh.hears()
    mai.hears()
    desk.now = EVENING
    with desk.rows() as db:
        known = members.by_addresses(db, [hanh.address, mai.address])
        giver, taker = (known[one.address].member.id or 0 for one in (hanh, mai))
        assigning.assign(db, desk.office, actors.of_member(db, giver, desk.now), code, taker, now=desk.now)
    assert mai.hears() == ""
    morning(desk)
    assert f"giao sáng kiến {code}" in mai.hears()


def test_without_a_name_nothing_is_kept_but_the_day_and_several_things_are_told_together(desk: Desk) -> None:
    hanh, linh = officer(desk, voices.SCHOOL), desk.member("linh")
    desk.now = EVENING
    initiative = arrives(desk, 1, EVENING)
    codes = {voices.write(linh), voices.write_named(desk.member("mai"))}
    morning(desk)
    told = hanh.hears()
    assert "đồng chí có 3 việc mới" in told
    assert f"2 ý kiến mới: {', '.join(sorted(codes))}" in told
    assert f"1 sáng kiến mới: {initiative}" in told
    assert told.index("ý kiến") < told.index("sáng kiến")
    with desk.rows() as db:
        (row,) = db.scalars(select(Outbox).where(col(Outbox.chat) == hanh.address.chat, col(Outbox.due_at) == MORNING))
        assert (row.forget, row.once, row.topic) == (True, None, "care")


def test_where_somebody_may_be_in_danger_the_officer_hears_at_once(desk: Desk) -> None:
    hanh = officer(desk, voices.SCHOOL)
    desk.now = EVENING
    code = voices.write(desk.member("linh"), text=DANGER)
    assert code in hanh.hears()
    morning(desk)
    assert hanh.hears() == ""


def test_what_its_author_takes_back_in_the_night_is_not_told(desk: Desk) -> None:
    hanh, linh = officer(desk, voices.SCHOOL), desk.member("linh")
    desk.now = EVENING
    voices.write_named(linh)
    linh.talks("/dulieu", "[Xóa dữ liệu]", "XÓA DỮ LIỆU")
    morning(desk)
    assert hanh.hears() == ""


def test_who_asked_to_be_told_of_an_opening_is_not_woken_at_midnight(desk: Desk) -> None:
    with desk.rows() as db:
        for row in db.scalars(select(Programme)):
            row.announced_open, row.opens_at = False, EVENING + timedelta(hours=1)
    desk.now = EVENING
    linh = desk.member("linh")
    linh.talks("/sangkien", "[Báo cho tôi]")
    midnight = EVENING + timedelta(hours=1)
    with desk.rows() as db:
        assert openings.announce(db, desk.office, CLOCK, now=midnight) == 1
    with desk.rows() as db:
        mine = col(Outbox.chat) == linh.address.chat, col(Outbox.topic) == "programme"
        assert [row.due_at for row in db.scalars(select(Outbox).where(*mine))] == [MORNING]


@pytest.mark.parametrize(("begun", "stands"), [(EVENING, MORNING), (MORNING, MORNING)])
def test_a_demo_begun_at_night_begins_with_the_morning(desk: Desk, begun: datetime, stands: datetime) -> None:
    with desk.rows() as db:
        settings.write(db, clock.OFFSET, (begun - db.clock()).total_seconds())
        assert demo.wake(db, desk.office, begun) == stands
        assert abs(clock.now(db) - stands) < timedelta(hours=1)
