"""The slogans of the 2021 season on a clock of the test's own: inside their hours, never twice, never in a burst (F3).

The national programme ran from 1/2 to 20/4/2021 with its peak from 10/3; two clocks look, three days are silent, and
the end is moved to 30/4 on the day before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest

from handlers import programmes
from handlers.actors import CLOCK, COMMAND_LINE
from handlers.news import campaigns
from messages.dates import ZONE
from tests.desk import Desk
from tests.mailroom import Mailroom

CODE = "75-nghin-sang-kien"
STOCK = 3
"""The seed's identity kit has three messages for this programme."""
HOURS = (0, 6, 9, 10, 12, 20, 22)
SILENCE = (datetime(2021, 3, 12, 20, tzinfo=ZONE), datetime(2021, 3, 15, 20, tzinfo=ZONE))
EXTENDED = datetime(2021, 4, 19, 10, tzinfo=ZONE)
END = datetime(2021, 5, 1, tzinfo=ZONE)
WEEK = timedelta(days=7)

Heard = list[tuple[datetime, str]]


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    desk = Desk(database_url)
    desk.now = datetime(2021, 1, 31, 12, tzinfo=ZONE)
    desk.furnish()
    yield desk
    desk.database.close()


def moments() -> Iterator[datetime]:
    """When somebody looks, from the day before it opens to a week past its end."""
    day = date(2021, 1, 31)
    while day < date(2021, 5, 8):
        yield from (datetime(day.year, day.month, day.day, hour, tzinfo=ZONE) for hour in HOURS)
        day += timedelta(days=1)


def season(desk: Desk, room: Mailroom) -> tuple[Heard, Heard]:
    """What the member who takes news heard, and the one who does not."""
    taking: Heard = []
    silent: Heard = []
    for moment in moments():
        if SILENCE[0] <= moment < SILENCE[1]:
            continue
        desk.now = moment
        with desk.rows() as db:
            if moment == EXTENDED:
                programmes.extend(db, desk.office, COMMAND_LINE, f"{CODE}-2021", END, now=moment)
        for _ in ("one clock", "another"):
            with desk.rows() as db:
                campaigns.enqueue_due(db, desk.office, CLOCK, now=moment)
        heard = room.deliver()
        taking += [(moment, heard["takes"])] if "takes" in heard else []
        silent += [(moment, heard["refuses"])] if "refuses" in heard else []
    return taking, silent


def test_each_slogan_comes_inside_its_hours_once_and_by_turns(desk: Desk) -> None:
    room = Mailroom(desk)
    room.subscribe("takes")
    room.subscribe("refuses", news_too=False)
    with desk.rows() as db:
        programmes.load(db, COMMAND_LINE, CODE, date(2021, 2, 1), now=desk.now)
    heard, unasked = season(desk, room)
    assert unasked == []
    assert all(7 <= moment.hour < 21 for moment, _ in heard)
    assert all(date(2021, 2, 1) <= moment.date() <= date(2021, 4, 30) for moment, _ in heard)
    assert all(earlier.date() < later.date() for (earlier, _), (later, _) in pairwise(heard)), "one a day at most"
    for position in range(len(heard) - STOCK + 1):
        assert len({text for _, text in heard[position : position + STOCK]}) == STOCK, "none again before all have come"
    for moment, _ in heard:
        week = [other for other, _ in heard if moment <= other < moment + WEEK]
        assert len(week) <= desk.office.weekly_news - 1
    before = [moment.date() for moment, _ in heard if moment.date() < date(2021, 3, 10)]
    assert before == [date(2021, 2, day) for day in (1, 8, 15, 22)] + [date(2021, 3, day) for day in (1, 8)]
    in_peak = [moment for moment, _ in heard if date(2021, 3, 10) <= moment.date() <= date(2021, 4, 20)]
    assert len(in_peak) > 6, "denser than weekly"
    assert any(moment.date() > date(2021, 4, 20) for moment, _ in heard), "the moved end is heard of too"
