"""What looks healthy and is not: a token that is refused, a full disk, a list that cannot be written."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
from pathlib import Path

import pytest
from aiohttp import ClientSession

from bot import tombstones
from messages.types import Address
from storage import clock, members, signals
from storage.database import Fault
from tests.crash_worker import Hire, free_port
from tests.machine import SHEET, Machine
from tests.post_office import opened

TOKEN = "123456789:AAHsecretsecretsecretsecretsecretsecr"


@pytest.mark.long
async def test_a_refused_token_shows_in_readiness_numbers_and_log(
    sqlite_database: str, tmp_path: Path, hire: Hire
) -> None:
    metrics = free_port()
    worker = hire(
        tmp_path, sqlite_database, TELEGRAM_TOKEN=TOKEN, TELEGRAM_API="http://127.0.0.1:9", DEAF_AFTER="1",
        METRICS_PORT=str(metrics),
    )  # fmt: skip
    await worker.start()
    async with ClientSession() as client:
        while "account.deaf" not in worker.printed:  # noqa: ASYNC110  the process is another one
            await asyncio.sleep(0.1)
        async with client.get(f"{worker.url}/ready") as answer:
            told = (await answer.json())["accounts"]["telegram"]
        assert told["state"] == "deaf"
        assert told["refused"] > 0
        assert told["heard_seconds"] is None
        async with client.get(f"http://127.0.0.1:{metrics}/metrics") as answer:
            assert 'congdoan_refused_total{account="telegram",' in await answer.text()
    assert await worker.stop() == 0, worker.printed


def test_a_full_database_takes_no_probe(sqlite_database: str) -> None:
    with opened(sqlite_database) as office:
        office.do(signals.try_to_write, 0)
        with office.database.transaction() as db:
            pages = db.connection().exec_driver_sql("PRAGMA page_count").scalar_one()
            db.connection().exec_driver_sql(f"PRAGMA max_page_count = {pages + 4}")
        with pytest.raises(Fault):
            office.do(signals.try_to_write, signals.PROBE)


def test_a_list_of_erasures_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    assert tombstones.trouble(tmp_path / "list") is None
    assert list(tmp_path.iterdir()) == []
    assert tombstones.trouble(tmp_path / "none" / "list") == "No such file or directory"
    (tmp_path / "bad").write_text("no list", encoding="ascii")
    assert tombstones.trouble(tmp_path / "bad") == "BadList"
    assert tombstones.trouble(Path("/proc/congdoan.erasures")) is not None


@pytest.fixture
def machine(tmp_path: Path, sqlite_database: str) -> Machine:
    (tmp_path / "units.csv").write_text(SHEET, encoding="utf-8")
    return Machine(tmp_path, sqlite_database)


def test_the_doctor_and_the_command_that_erases_tell_it(machine: Machine) -> None:
    nowhere = str(machine.home / "none" / "list")
    assert nowhere in machine.run("doctor", ERASURES_FILE=nowhere).stdout
    with machine.database() as database, database.transaction() as db:
        members.join(db, Address("web", "an"), clock.now(db))
    erased = machine.run("privacy", "erase", "1", "--yes", ERASURES_FILE=nowhere)
    assert erased.returncode == 0, erased.stderr
    assert nowhere in erased.stderr


def test_what_root_leaves_belongs_to_whoever_keeps_the_database(tmp_path: Path) -> None:
    root = os.geteuid() == 0
    keeper = pwd.getpwnam("nobody").pw_uid if root else os.geteuid()
    home = tmp_path / "kept"
    home.mkdir()
    os.chown(home, keeper, -1)
    machine = Machine(home, f"sqlite:///{home}/congdoan.db")
    machine.done("migrate")
    machine.noted("backup", "--out", "kept.backup")
    shutil.move(home / "kept.backup", tmp_path)
    machine.done("restore", str(tmp_path / "kept.backup"), "--replace", "--yes", "--without-erasures")
    owners = {file.name: file.stat().st_uid for file in home.iterdir()}
    assert set(owners.values()) == {keeper}, owners
    assert "congdoan.db" in owners
