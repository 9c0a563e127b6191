"""One gentle reminder of an initiative left unfinished, within the last 48 hours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from handlers import programmes
from handlers.actors import CLOCK, COMMAND_LINE
from handlers.duties import closings
from messages.dates import ZONE
from storage import members
from tests.desk import Desk, Visitor
from tests.people import NAME, PHONE, TEMPLATE

CLOSES = datetime(2027, 3, 5, tzinfo=ZONE)


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    """Monday 1/3/2027, 09:00; the programme ends with Thursday 4/3."""
    desk = Desk(database_url)
    desk.furnish(TEMPLATE, opened=75)
    yield desk
    desk.database.close()


def tick(desk: Desk, moment: datetime | None = None) -> int:
    desk.now = moment or desk.now
    with desk.rows() as db:
        return closings.remind(db, desk.office, CLOCK, now=desk.now)


def writing(desk: Desk) -> Visitor:
    """Somebody who stopped in the middle."""
    visitor = desk.member("an")
    visitor.talks("/sangkien", NAME, PHONE)
    return visitor


def test_once_within_the_last_48_hours_with_the_way_back(desk: Desk) -> None:
    an = writing(desk)
    assert tick(desk, CLOSES - timedelta(hours=50)) == 0
    assert [tick(desk, datetime(2027, 3, 3, 9 + hour, tzinfo=ZONE)) for hour in range(3)] == [1, 0, 0]
    told = an.hears()
    assert "còn một bản nháp sáng kiến chưa gửi" in told
    assert "24h00 ngày 4/3/2027" in told
    assert "Bước 3" in an.presses("📝 Viết tiếp bản nháp")


def test_not_in_quiet_hours_and_not_while_somebody_writes(desk: Desk) -> None:
    an = desk.member("an")
    desk.now = datetime(2027, 3, 3, 20, 30, tzinfo=ZONE)
    an.talks("/sangkien", NAME)
    assert tick(desk, datetime(2027, 3, 3, 20, 59, tzinfo=ZONE)) == 0
    assert tick(desk, datetime(2027, 3, 3, 22, tzinfo=ZONE)) == 0
    assert tick(desk, datetime(2027, 3, 4, 6, 59, tzinfo=ZONE)) == 0
    assert tick(desk, datetime(2027, 3, 4, 7, tzinfo=ZONE)) == 1


def test_only_to_those_who_agree_and_have_something_unfinished(desk: Desk) -> None:
    an = writing(desk)
    desk.member("binh").says("/start")
    with desk.rows() as db:
        known = members.by_addresses(db, [an.address])[an.address]
        members.withdraw(db, known.member, desk.now)
    assert tick(desk, datetime(2027, 3, 3, 9, tzinfo=ZONE)) == 0


def test_a_later_end_does_not_bring_it_again_nor_does_a_closed_programme(desk: Desk) -> None:
    writing(desk)
    assert tick(desk, datetime(2027, 3, 4, 9, tzinfo=ZONE)) == 1
    with desk.rows() as db:
        code = programmes.list_(db, desk.now)[0].code
        programmes.extend(db, desk.office, COMMAND_LINE, code, CLOSES + timedelta(days=1), now=desk.now)
    assert tick(desk, datetime(2027, 3, 5, 9, tzinfo=ZONE)) == 0
    assert tick(desk, datetime(2027, 3, 6, 9, tzinfo=ZONE)) == 0
