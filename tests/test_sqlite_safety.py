"""One SQLite file: killed in the midst of writing, or with no room left on its disk, it keeps what it said it kept.

SQLITE_KILLS makes it longer than the suite can wait for.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from storage import backups
from tests.test_intake import SORRY, Bench, line

ROOT = Path(__file__).parents[1]
KILLS = int(os.environ.get("SQLITE_KILLS", "25"))


def test_killed_while_it_writes_the_file_is_sound_and_nothing_committed_is_missing(sqlite_database: str) -> None:
    command = [sys.executable, "-m", "tests.sqlite_kills", sqlite_database, str(KILLS), "7"]
    told = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    assert int(told.stdout) >= KILLS


@pytest.fixture
async def bench(sqlite_database: str) -> AsyncIterator[Bench]:
    bench = Bench(sqlite_database)
    bench.writer.open()
    yield bench
    await bench.writer.close()
    bench.database.close()


async def test_on_a_full_disk_nothing_is_acknowledged_and_with_room_again_all_of_it_works(bench: Bench) -> None:
    chats = [f"chat{number}" for number in range(20)]
    await bench.agrees(*chats)
    before = bench.count("outbox")
    lines = [line(chat, f"/trogiup {'x' * 1000}", f"{chat}+{number}") for chat in chats for number in range(10)]
    with full(bench):
        answers = await bench.take(*lines)
    refused = [one for one, answer in zip(lines, answers, strict=True) if answer is not None]
    assert refused
    assert all(isinstance(answer, OperationalError) for answer in answers if answer is not None)
    kept = bench.count("outbox") - before
    assert kept == len(lines) - len(refused), "what was acknowledged is there, and nothing of the rest"
    assert await bench.take(*lines) == [None] * len(lines)
    assert bench.count("outbox") - before == len(lines)
    assert not any(SORRY in bench.texts(chat) for chat in chats)
    with bench.database.reading() as db:
        assert backups.is_sound(db)


@contextmanager
def full(bench: Bench) -> Iterator[None]:
    """The file may hardly grow: SQLite says the same as on a disk without room."""
    with bench.database._writer.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
        yield
        connection.exec_driver_sql("PRAGMA max_page_count = 1073741823")
