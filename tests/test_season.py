"""The season of 2021 on a clock of the test's own: every reminder promised exactly once, to the right person (F4).

Seven duties of the plans, twelve units on three levels, two clocks that look every hour, three days of silence, a
programme extended, two officers replaced, one duty done early. What must come of it is worked out beside the product,
by a table of days read off a calendar of 2021.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest

from handlers import programmes
from handlers.actors import COMMAND_LINE
from handlers.duties import acts as duties
from messages.dates import ZONE
from tests.union import OFFICE, Union, at

Promise = tuple[str, str, date]
"""Who, which duty, on which day."""

UPPER = ("P.1", "P.2", "P.3")
BASE = ("P.1.1", "P.1.2", "P.1.3", "P.2.1", "P.2.2", "P.2.3", "P.3.1", "P.3.2")
UNITS = {"province": ("P",), "upper": UPPER, "base": BASE}


def days(*named: str) -> list[date]:
    """Days of 2021 as the office writes them: 6/4."""
    parts = [name.split("/") for name in named]
    return [date(2021, int(month), int(day)) for day, month in parts]


DUE = {
    "select": ("base", date(2021, 4, 14)),
    "file": ("base", date(2021, 4, 15)),
    "introduce": ("upper", date(2021, 4, 18)),
    "enter": ("base", date(2021, 4, 21)),
    "report": ("base", date(2021, 5, 31)),
    "report-upper": ("upper", date(2021, 8, 5)),
    "report-province": ("province", date(2021, 8, 10)),
}
"""The plans' dates, each the first day that is too late."""

PLANNED = {
    "select": days("6/4", "9/4", "10/4", "12/4", "13/4", "14/4"),
    "file": days("7/4", "9/4", "11/4", "13/4", "14/4", "15/4"),
    "introduce": days("9/4", "10/4", "14/4", "16/4", "17/4", "18/4"),
    # Extended on Monday 19/4 after that morning's reminder: told the next morning, then by the new date, Friday 30/4.
    "enter": days("13/4", "16/4", "17/4", "19/4", "20/4", "23/4", "27/4", "29/4", "30/4", "1/5"),
    "report": days("21/5", "23/5", "27/5", "28/5", "29/5", "30/5", "31/5"),
    "report-upper": days("28/7", "30/7", "1/8", "3/8", "4/8", "5/8"),
    "report-province": days("2/8", "6/8", "8/8", "9/8", "10/8"),
}
"""On which days each must be spoken of."""

SILENCE = (at(date(2021, 4, 8), 20), at(date(2021, 4, 11), 20))
SILENT_DAYS = days("9/4", "10/4")
"""Days on which nothing could be sent; on 11/4 there was an hour left."""
REPLACED = {"P.2.1": (at(date(2021, 4, 10), 12), "Thay P.2.1"), "P.1.1": (at(date(2021, 4, 13), 12), "Thay P.1.1")}
EXTENDED = at(date(2021, 4, 19), 10)
FINISHED = at(date(2021, 4, 12), 10)
FINISHED_BY = "P.1.2"
STRETCHES = [
    (at(date(2021, 4, 1), 0), at(date(2021, 5, 3), 0)),
    (at(date(2021, 5, 20), 0), at(date(2021, 6, 2), 0)),
    (at(date(2021, 7, 27), 0), at(date(2021, 8, 12), 0)),
]
"""When the clock runs; in between nothing is due."""


def expected() -> list[Promise]:
    """Day by day, by hand: what was missed is made up on the first day after, the latest only."""
    promised = []
    for duty, (level, _) in DUE.items():
        for unit in UNITS[level]:
            owed = False
            for day in every_day():
                owed = owed or day in PLANNED[duty]
                done = (duty, unit) == ("select", FINISHED_BY) and at(day) > FINISHED
                if owed and not done and day not in SILENT_DAYS:
                    promised.append((officer_of(unit, day), duty, day))
                    owed = False
    return sorted(promised)


def every_day() -> Iterator[date]:
    day = date(2021, 4, 1)
    while day < date(2021, 8, 12):
        yield day
        day += timedelta(days=1)


def officer_of(unit: str, day: date) -> str:
    """Who holds the office at 08:00."""
    since, successor = REPLACED.get(unit, (None, ""))
    return successor if since is not None and at(day) > since else unit


@pytest.fixture
def union(database_url: str) -> Iterator[Union]:
    union = Union(database_url, STRETCHES[0][0])
    union.found("P", *UPPER, *BASE)
    union.programme("s", closes=datetime(2021, 4, 21, tzinfo=ZONE))
    for key, (level, due) in DUE.items():
        union.owe("s", key, level, datetime(due.year, due.month, due.day, tzinfo=ZONE))
    for units in UNITS.values():
        for unit in units:
            union.appoint(unit, unit)
    yield union
    union.database.close()


def happen(union: Union, moment: datetime) -> None:
    """What people do at that hour."""
    union.now = moment
    for unit, (since, successor) in REPLACED.items():
        if moment == since:
            union.dismiss(unit)
            union.appoint(successor, unit)
    with union.rows() as db:
        if moment == FINISHED:
            own = union.unit(db, FINISHED_BY)
            duties.finish(db, OFFICE, union.actor(db, FINISHED_BY), union.duties["select"], own, now=moment)
        if moment == EXTENDED:
            programmes.extend(db, OFFICE, COMMAND_LINE, "s", datetime(2021, 5, 1, tzinfo=ZONE), now=moment)


@pytest.mark.long
def test_each_reminder_is_promised_exactly_once_to_the_right_person(union: Union) -> None:
    for begin, end in STRETCHES:
        moment = begin
        while moment < end:
            happen(union, moment)
            if not SILENCE[0] <= moment < SILENCE[1]:
                union.tick(moment)
                union.tick(moment)
            moment += timedelta(hours=1)
    found = [(one.officer, duty, one.day) for duty in DUE for one in union.heard(duty=duty)]
    assert sorted(found) == expected()
    assert all(7 <= one.due_at.astimezone(ZONE).hour < 21 for one in union.heard())
