"""Backup and restore of 100,000 members: from each kind of database into each, every row counted and summed up.

Run with `make bench`, or alone:
`.venv/bin/python -m pytest tests/bench/bench_restore.py -o python_files="bench_*.py" -p no:randomly -s`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot import archives
from bot.archives import Source
from bot.settings import Settings
from handlers.actors import COMMAND_LINE
from messages.types import Outbound
from storage import backups, outbox
from storage.database import Database, Transaction
from storage.seals import Seals
from storage.tables import Policy, Priority, Sending
from tests import people, postgres
from tests.bench import crowd
from tests.box import KEY, office
from tests.desk import Desk

PEOPLE = 100_000
SENT, WAITING = 200_000, 20_000
WAYS = [("sqlite", "sqlite"), ("sqlite", "postgresql"), ("postgresql", "sqlite"), ("postgresql", "postgresql")]
SETTLING = {"outbox", "audit", "setting", "programme", "duty_look"}
"""Tables into which a restore writes."""


@contextmanager
def crowded(url: str) -> Iterator[Database]:
    """A union with its members, what was sent to them and what waits."""
    desk = Desk(url)
    desk.furnish(people.TEMPLATE)
    people.author(desk)
    with closing(desk.database) as database:
        crowd.settle(database, PEOPLE, unit_id=1, account="telegram", version=office().notice_version, now=desk.now)
        with database.transaction() as db:
            send(db, desk.now)
        yield database


def send(db: Transaction, now: datetime) -> None:
    """Rows of the outbox with their texts, most of them sent."""
    sealed = db.seals.seal(Outbound("Kính mời anh/chị dự hội thao của Công đoàn.").to_json())
    db.changing(outbox.rows.name)
    db.connection().execute(
        outbox.rows.insert(),
        [
            {
                "account": "telegram", "chat": str(1_000 + number), "member_id": 1_001 + number % PEOPLE,
                "topic": "news", "priority": int(Priority.NOTICE), "policy": Policy.AT_LEAST_ONCE.value,
                "once": f"news:{number}", "body": sealed, "forget": False, "due_at": now, "fence": 1, "attempts": 1,
                "state": (Sending.READY if number < WAITING else Sending.SENT).value, "created_at": now,
                "settled_at": None if number < WAITING else now,
            }
            for number in range(WAITING + SENT)
        ],
    )  # fmt: skip


def sums(url: str) -> Mapping[str, tuple[int, str]]:
    """How many rows each table has, and what they add up to, in whatever order."""
    found: dict[str, tuple[int, str]] = {}
    name = ""

    def read(line: bytes) -> None:
        nonlocal name
        if line.startswith(b"{"):
            told = json.loads(line)
            if "table" in told:
                name = told["table"]
            else:
                found[name] = told["rows"], told["sum"]

    with closing(Database(url, Seals([KEY]))) as database, database.reading() as db:
        backups.dump(db, read)
    return found


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("here", "there"), WAYS)
def test_backup_and_restore(here: str, there: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    source = request.getfixturevalue(f"{here}_database")
    target = request.getfixturevalue(f"other_{there}")
    file = tmp_path / "backup"
    with crowded(source) as database, file.open("wb") as out:
        began = time.perf_counter()
        rows = archives.make(settings(source), database, out)
        made = time.perf_counter() - began
    with file.open("rb") as stream:
        began = time.perf_counter()
        archives.check(settings(target), stream)
        restored = archives.restore(settings(target), office(), Source(stream, COMMAND_LINE), replace=True)
        lasted = time.perf_counter() - began
    before, after = sums(source), sums(target)
    assert {name: told for name, told in before.items() if name not in SETTLING} == {
        name: told for name, told in after.items() if name not in SETTLING
    }
    assert before["outbox"][0] <= after["outbox"][0]
    with closing(Database(target, Seals([KEY]))) as database, database.reading() as db:
        states = outbox.counts(db)
    assert (states[Sending.SENT], set(states)) == (SENT, {Sending.SENT, Sending.HELD})
    print(
        f"\n{here} into {there}: {rows:,} rows, {file.stat().st_size / 2**20:.0f} MiB; "
        f"backup {made:.1f} s, check and restore {lasted:.1f} s; {restored.held:,} held"
    )


@pytest.fixture
def other_sqlite(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'other.db'}"


@pytest.fixture
def other_postgresql(postgres_server: postgres.Server) -> Iterator[str]:
    name = postgres_server.create()
    yield postgres_server.address(name)
    postgres_server.drop(name)


def settings(url: str) -> Settings:
    return Settings(database_url=url, secret_key=SecretStr(KEY))
