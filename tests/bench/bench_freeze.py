"""A broadcast to 1,000,000: how long its audience takes to freeze and to count, and what a turn waits meanwhile.

The work is done by a process of its own (freezing.py), whose memory is its own. Run with `make bench`, or this file
alone as docs/performance.md says.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlmodel import col

from storage import clock
from storage.database import Database
from storage.seals import Seals
from storage.tables import Announcing, Broadcast, Unit
from tests.bench import crowd
from tests.box import KEY, Box

PEOPLE = 1_000_000


def prepare(box: Box) -> int:
    """The crowd, and a broadcast to it that is confirmed but not frozen; its id."""
    box.furnish()
    database = Database(box.settings.database_url, Seals([KEY]))
    with database.transaction() as db:
        now = clock.now(db)
        school, top = (
            db.scalars(select(col(Unit.id)).where(col(Unit.code) == code)).one() for code in ("GD51-01", "LDLD51")
        )
    assert school
    crowd.settle(database, PEOPLE, unit_id=school, account="telegram", version=box.office.notice_version, now=now)
    with database.transaction() as db:
        row = Broadcast(
            code="TIN-27-AAAAA", text="x", unit_id=top or 0, state=Announcing.FREEZING, due_at=now, created_at=now
        )
        db.add(row)
        db.flush()
        number = row.id or 0
    database.close()
    return number


@pytest.mark.timeout(600)
def test_a_million_recipients(database_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    prepare(Box(database_url, "web"))
    command = [sys.executable, "-m", "tests.bench.freezing", database_url, KEY]
    told = json.loads(subprocess.run(command, cwd=Path.cwd(), check=True, capture_output=True, text=True).stdout)
    assert (told["state"], told["waiting"]) == (Announcing.SENDING, PEOPLE)
    with capsys.disabled():
        print(
            f"\n{database_url.partition(':')[0]}: {PEOPLE:,} frozen in {told['seconds']:.1f} s; "
            f"{told['turns']} turns meanwhile, median {told['median'] * 1000:.0f} ms (idle {told['idle'] * 1000:.0f}), "
            f"longest {told['longest'] * 1000:.0f} ms; progress {told['progress'] * 1000:.1f} ms; "
            f"counted in {told['counting']:.1f} s, a turn beside waited {told['longest_beside'] * 1000:.0f} ms; "
            f"resident at most {told['resident']:.0f} MiB"
        )
