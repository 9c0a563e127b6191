"""100,000 officers to be reminded at one instant, by two clocks; and what a look costs when there is nothing to do.

Run with `make bench`, or this file alone as docs/performance.md says.
"""

from __future__ import annotations

import gc
import statistics
import threading
import time
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from handlers.actors import CLOCK
from handlers.duties import rounds as duty_rounds
from handlers.office import Office
from messages.dates import ZONE
from storage.database import Database
from storage.seals import Seals
from storage.tables import Duty, DutyNotice, Outbox, Programme, Unit
from tests.bench import crowd
from tests.box import KEY, Box

OFFICERS = 100_000
DAYS = 9
"""On which they were reminded before: with today's a million notices."""
NOW = datetime(2027, 4, 6, 8, tzinfo=ZONE)


def prepare(box: Box) -> Database:
    """A unit and an officer for each, and one duty that falls due in seven days."""
    box.furnish()
    database = Database(box.settings.database_url, Seals([KEY]))
    with database.transaction() as db:
        parent = db.scalars(select(Unit).where(col(Unit.code) == "GD51")).one()
        school = db.scalars(select(Unit).where(col(Unit.code) == "GD51-01")).one()
        programme = Programme(
            code="p", template="p", name="p", kind="initiative", opens_at=NOW, closes_at=NOW + timedelta(days=30)
        )
        db.add(programme)
        db.flush()
        due = datetime(2027, 4, 14, tzinfo=ZONE)
        duty = Duty(programme_id=programme.id or 0, key="k", title="Chọn sáng kiến", by_level=school.level, due_at=due)
        db.add(duty)
        db.flush()
        numbers = duty.id or 0, parent.id or 0, school.id or 0, school.level
    version = box.office.notice_version
    crowd.settle(database, OFFICERS, unit_id=numbers[2], account="telegram", version=version, now=NOW)
    crowd.appoint(database, OFFICERS, level=numbers[3], parent=numbers[1], now=NOW)
    crowd.remember(database, OFFICERS, duty=numbers[0], days=DAYS, now=NOW - timedelta(days=30))
    return database


def work(database: Database, office: Office, slices: list[float]) -> None:
    """A clock: look until there is nothing more."""
    more = True
    while more:
        began = time.perf_counter()
        with database.transaction() as db:
            more = duty_rounds.enqueue_due(db, office, CLOCK, now=NOW).more
        slices.append(time.perf_counter() - began)


@pytest.mark.timeout(600)
def test_a_hundred_thousand_at_eight(database_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    box = Box(database_url, "web")
    database = prepare(box)
    slices: list[float] = []
    clocks = 2 if database_url.startswith("postgresql") else 1
    gc.collect()
    gc.freeze()  # as the serving process does once it has started
    threads = [threading.Thread(target=work, args=(database, box.office, slices)) for _ in range(clocks)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    with database.reading() as db:
        promised = db.scalar(select(func.count()).select_from(Outbox).where(col(Outbox.topic) == "duty"))
        noted = db.scalar(select(func.count()).select_from(DutyNotice))
    idle = []
    for _ in range(51):
        with database.transaction() as db:
            at = time.perf_counter()
            assert duty_rounds.enqueue_due(db, box.office, CLOCK, now=NOW + timedelta(minutes=1)).promised == 0
            idle.append(time.perf_counter() - at)
    database.close()
    gc.unfreeze()
    assert (promised, noted) == (OFFICERS, OFFICERS * (DAYS + 1))
    with capsys.disabled():
        print(
            f"\n{database_url.partition(':')[0]}: {OFFICERS:,} promised once in {seconds:.1f} s by {clocks} clock(s), "
            f"a slice {statistics.median(slices) * 1000:.0f} ms (longest {max(slices) * 1000:.0f}); "
            f"idle look at {noted:,} notices {statistics.median(idle) * 1000:.2f} ms"
        )
