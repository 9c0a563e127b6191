"""What a version before has written is read by this one: its databases are brought forward, its backups restored.

The rows of each version lie in tests/fixtures/backups; tests/bygone.py writes them.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import timedelta

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from pydantic import SecretStr
from sqlmodel import col, select

from bot import archives
from bot.archives import Source
from bot.settings import Settings
from handlers.actors import CLOCK, COMMAND_LINE
from handlers.people import resting
from messages.types import Address, Outbound
from storage import backups, sealed_files
from storage.database import Database
from storage.seals import Seals
from storage.tables import Appointment, Line, MemberAddress, Outbox, Submission
from storage.upgrades import alembic_config, migrate, newest, revision
from tests import bygone
from tests.box import KEY, START, office
from tests.desk import Desk, Visitor

BEFORE = sorted(file.stem for file in bygone.FOLDER.glob("*.jsonl"))
SETTLING = {"outbox", "audit", "pairing", "file_link", "oa_grant", "setting", "programme", "duty_look"} | {
    "conversation",
    "night_notice",
}
"""Tables into which a restore writes; the last two because the clock's jobs look once."""


def test_every_version_but_the_newest_has_left_its_rows() -> None:
    history = ScriptDirectory.from_config(alembic_config("sqlite://"))
    known = sorted(one.revision for one in history.walk_revisions())
    assert BEFORE[: len(known) - 1] == known[:-1]


@pytest.mark.parametrize("version", BEFORE)
def test_a_database_of_then_is_brought_forward_with_every_row(version: str, blank_database_url: str) -> None:
    lines = bygone.file_of(version).read_bytes().splitlines()
    command.upgrade(alembic_config(blank_database_url), version)
    with closing(Database(blank_database_url, Seals([KEY]))) as database, database.transaction() as db:
        backups.load(db, lines)
    migrate(blank_database_url)
    assert revision(blank_database_url) == newest()
    command.check(alembic_config(blank_database_url))
    holds(blank_database_url, {name: rows for name, rows in tables(lines).items() if name not in ("setting", "outbox")})
    is_usable(blank_database_url)


@pytest.mark.parametrize("version", BEFORE)
def test_a_backup_of_then_is_restored_by_the_program_of_now(version: str, blank_database_url: str) -> None:
    lines = bygone.file_of(version).read_bytes().splitlines()
    file = io.BytesIO()
    sealer = sealed_files.Sealer(file, KEY, {"made": START.isoformat(), "revision": version, "kind": "sqlite"})
    sealer.write(b"".join(line + b"\n" for line in lines))
    sealer.finish()
    settings = Settings(database_url=blank_database_url, secret_key=SecretStr(KEY))
    archives.check(settings, file)
    archives.restore(settings, office(), Source(file, COMMAND_LINE), replace=False)
    assert revision(blank_database_url) == newest()
    holds(blank_database_url, {name: rows for name, rows in tables(lines).items() if name not in SETTLING})
    is_usable(blank_database_url)


def test_roles_taken_up_in_a_browser_rest_and_what_it_showed_is_gone(blank_database_url: str) -> None:
    """Of 0002: two officers in browsers, one on a telephone, an author in a browser."""
    command.upgrade(alembic_config(blank_database_url), "0002")
    lines = Line.__table__  # type: ignore[attr-defined]
    with closing(Database(blank_database_url, Seals([KEY]))) as database, database.transaction() as db:
        backups.load(db, bygone.file_of("0002").read_bytes().splitlines())
        for chat in ("hanh-1", "trang-26", "an-9", "demo-officer"):
            shown = {"account": "web", "chat": chat, "mine": False, "body": db.seals.seal(Outbound("Thẻ").to_json())}
            db.connection().execute(lines.insert().values(**shown, at=START))
    migrate(blank_database_url)
    desk = Desk(blank_database_url)
    desk.now = START + timedelta(days=1)
    with closing(desk.database):
        with desk.rows() as db:
            ours = db.execute(select(Line.chat).where(~col(Line.mine))).scalars()
            assert sorted(ours) == ["an-9", "demo-officer"]
            assert {row.chat for row in db.scalars(select(Line))} >= {"hanh-1", "trang-26"}, "their own lines stay"
            rows = [(row.chat, row.topic) for row in db.scalars(select(Outbox).where(col(Outbox.state) == "ready"))]
            assert ("thu-5", "officer") in rows
            assert {topic for chat, topic in rows if chat in ("hanh-1", "trang-26")} <= {"notice"}
            held = [(row.member_id, row.until) for row in db.scalars(select(Appointment))]
            assert sorted(held) == [(1, None), (2, None), (4, None)]
            assert resting.tell(db, desk.office, CLOCK, now=desk.now) == 2
        browser = Visitor(desk, Address("web", "hanh-1"))
        assert "không có hiệu lực trong trình duyệt" in browser.hears()
        assert browser.says("/hopthu").startswith("Việc của cán bộ làm trên Zalo hoặc Telegram")
        assert "📥" in Visitor(desk, Address("telegram", "thu-5")).says("/hopthu")


Rows = list[dict[str, object]]


def tables(lines: Iterable[bytes]) -> Mapping[str, Rows]:
    """Every row by table, its columns named."""
    found: dict[str, Rows] = {}
    name, columns = "", list[str]()
    for line in map(json.loads, lines):
        if isinstance(line, list):
            found[name].append(dict(zip(columns, line, strict=True)))
        elif "table" in line:
            name, columns = line["table"], [column for column, _ in line["columns"]]
            found[name] = []
    return found


def holds(url: str, then: Mapping[str, Rows]) -> None:
    """Everything that was there is there; columns may have been added."""
    lines: list[bytes] = []
    with closing(Database(url, Seals([KEY]))) as database, database.reading() as db:
        backups.dump(db, lines.append)
    now = tables(lines)
    for name, rows in then.items():
        kept = [{column: row[column] for column in rows[0]} for row in now[name]] if rows else []
        assert sorted(map(json.dumps, kept)) == sorted(map(json.dumps, rows)), name
    assert sum(map(len, then.values())) > 100


def is_usable(url: str) -> None:
    """The author, at the address of then, is shown what they handed in then."""
    desk = Desk(url)
    with closing(desk.database):
        with desk.rows() as db:
            written = db.scalars(select(Submission)).one()
            address = db.scalars(select(MemberAddress).where(col(MemberAddress.member_id) == written.member_id)).one()
        author = Visitor(desk, Address(address.account, address.chat))
        assert written.code in author.says("/tracuu")
