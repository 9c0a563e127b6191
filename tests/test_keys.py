"""A secret key that is not the database's is told by whatever meets it; keys are changed while two processes serve."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from aiohttp import ClientSession
from sqlmodel import col, select

from storage import key_checks, settings
from storage.database import Database, Transaction
from storage.errors import WrongKey
from storage.seals import Seals
from storage.tables import Setting
from tests.box import KEY
from tests.crash_worker import Hire, Worker, free_port
from tests.machine import SHEET, Machine
from tests.post_office import PostOffice, opened

OLD, NEW, WRONG = KEY, "n" * 40, "w" * 40
COMMANDS = [
    ("run",),
    ("chat",),
    ("migrate",),
    ("backup", "--out", "kept.backup"),
    ("export", "members", "--format", "csv", "--out", "members.csv"),
    ("privacy", "export", "1"),
    ("privacy", "erase", "1", "--yes"),
    ("officers", "invite", "--unit", "QN02", "--role", "officer"),
    ("officers", "list"),
    ("units", "import", "units.csv"),
    ("programmes", "list"),
    ("deliveries", "list"),
]


@pytest.fixture
def office(database_url: str) -> Iterator[PostOffice]:
    with opened(database_url) as office:
        yield office


def with_keys(office: PostOffice, *keys: str) -> Database:
    office.database.seals = Seals(keys)
    return office.database


def fits(office: PostOffice, *keys: str) -> bool:
    with with_keys(office, *keys).reading() as db:
        return key_checks.fits(db)


def use(office: PostOffice, *keys: str) -> None:
    with with_keys(office, *keys).transaction() as db:
        key_checks.use(db)


def later(db: Transaction) -> None:
    """Whoever used a key said so last longer ago than counts."""
    for row in db.scalars(select(Setting).where(col(Setting.key).startswith(key_checks.PREFIX))):
        row.value = (datetime.fromisoformat(row.value) - 2 * key_checks.IN_USE).isoformat()


def test_a_new_database_takes_the_key_it_is_given_and_then_no_other(office: PostOffice) -> None:
    assert fits(office, WRONG)
    use(office, OLD)
    assert fits(office, OLD)
    assert fits(office, NEW, OLD)
    assert not fits(office, WRONG)
    with pytest.raises(WrongKey):
        use(office, WRONG)


def test_a_database_of_before_takes_the_key_that_opens_what_is_there(office: PostOffice) -> None:
    with_keys(office, OLD)
    office.promise("sealed")
    assert not fits(office, WRONG)
    assert fits(office, NEW, OLD)
    use(office, OLD)
    assert not fits(office, WRONG)


def test_a_key_that_another_process_uses_must_be_known(office: PostOffice) -> None:
    use(office, OLD)
    use(office, NEW, OLD)
    assert not fits(office, OLD), "what the other one seals now would not open"
    assert not fits(office, NEW), "nor what this one still seals"
    assert fits(office, OLD, NEW)


def test_an_old_key_may_go_once_nobody_uses_it(office: PostOffice) -> None:
    use(office, OLD)
    office.do(later)
    use(office, NEW, OLD)
    assert fits(office, NEW)
    assert not fits(office, OLD)


def test_a_lost_key_is_given_up_only_when_told(office: PostOffice) -> None:
    use(office, OLD)
    with with_keys(office, NEW).transaction() as db:
        key_checks.adopt(db)
    assert fits(office, NEW)
    assert not fits(office, OLD)


@pytest.fixture
def machine(tmp_path: Path, sqlite_database: str) -> Machine:
    (tmp_path / "units.csv").write_text(SHEET, encoding="utf-8")
    machine = Machine(tmp_path, sqlite_database)
    machine.done("migrate")
    return machine


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_tells_a_wrong_key_and_a_missing_one(machine: Machine, command: tuple[str, ...]) -> None:
    before = machine.stored(Setting.key)
    assert "CONGDOAN_SECRET_KEY" in machine.refused(*command, SECRET_KEY=WRONG)
    missing = machine.run(*command, SECRET_KEY="")
    assert "CONGDOAN_SECRET_KEY" in missing.stderr
    assert missing.returncode == (0 if command == ("migrate",) else 1)
    assert machine.stored(Setting.key) == before
    assert sorted(file.name for file in machine.home.iterdir()) == ["units.csv"]


def test_the_doctor_names_a_wrong_key_and_a_lost_one_can_be_replaced(machine: Machine) -> None:
    assert "✔ Khóa bí mật đúng" in machine.run("doctor").stdout
    ill = machine.run("doctor", SECRET_KEY=WRONG)
    assert ill.returncode == 1
    assert "✘ Khóa bí mật không đúng" in ill.stdout
    assert "Chưa thay đổi" not in machine.done("key", "adopt", "--yes", SECRET_KEY=WRONG)
    assert "✔ Khóa bí mật đúng" in machine.run("doctor", SECRET_KEY=WRONG).stdout
    assert machine.run("doctor").returncode == 1


def test_init_writes_settings_once_that_the_program_reads(machine: Machine) -> None:
    told = machine.noted("init", SECRET_KEY="")
    file = machine.home / "congdoan.toml"
    assert file.stat().st_mode & 0o777 == 0o600
    assert "congdoan.toml" in told
    content = file.read_bytes()
    assert machine.refused("init").endswith("không ghi đè.")
    assert file.read_bytes() == content
    machine.environment["CONGDOAN_DATABASE_URL"] = f"sqlite:///{machine.home}/another.db"
    machine.done("migrate", SECRET_KEY="")
    assert "✔ Khóa bí mật đúng" in machine.done("doctor", SECRET_KEY="")
    assert f'"{secrets.token_urlsafe(0)}' not in told
    assert "bad" not in machine.refused("init", "--out", "congdoan.yaml")
    machine.noted("init", "--out", "congdoan.env", SECRET_KEY="")
    (line,) = [line for line in (machine.home / "congdoan.env").read_text().splitlines() if line[:1] not in {"#", ""}]
    assert re.fullmatch(r"CONGDOAN_SECRET_KEY=[\w-]{43}", line)


async def state_of(worker: Worker, client: ClientSession) -> tuple[int, dict[str, object]]:
    async with client.get(f"{worker.url}/ready") as response:
        return response.status, json.loads(await response.text())


@pytest.mark.long
async def test_keys_change_on_two_servers_in_the_documented_order(
    postgresql_database: str, tmp_path: Path, hire: Hire
) -> None:
    workers = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        workers.append(hire(tmp_path / name, postgresql_database, SECRET_KEY=OLD))
    for each in workers:
        await each.start()
    secret = secrets.token_urlsafe(32)
    async with ClientSession() as client:
        for keys in (f"{OLD},{NEW}", f"{NEW},{OLD}"):
            for each in workers:
                assert await each.stop() == 0, each.printed
                each.environment["CONGDOAN_SECRET_KEY"] = keys
                await each.start()
                for one in workers:
                    assert (await state_of(one, client))[0] == 200, one.printed
                    assert await one.posts(client, secret, uuid.uuid4(), "/trogiup")
    for each in workers:
        assert await each.stop() == 0
        assert "row.unopened" not in each.printed
        assert "key.wrong" not in each.printed
    database = Database(postgresql_database, Seals([NEW]))
    with database.transaction() as db:
        later(db)
        settings.write(db, f"{key_checks.PREFIX}{db.seals.digest(key_checks.PURPOSE)[:32]}", db.clock().isoformat())
    for each in workers:
        each.environment["CONGDOAN_SECRET_KEY"] = NEW
        await each.start()
    for each in workers:
        assert await each.stop() == 0
    database.close()


@pytest.mark.long
async def test_a_process_that_was_not_given_the_new_key_stops_work_and_says_so(
    postgresql_database: str, tmp_path: Path, hire: Hire
) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    metrics = free_port()
    late = hire(tmp_path / "one", postgresql_database, SECRET_KEY=OLD, METRICS_PORT=str(metrics))
    ahead = hire(tmp_path / "two", postgresql_database, SECRET_KEY=f"{NEW},{OLD}")
    await late.start()
    await ahead.start()
    async with ClientSession() as client:
        while (await state_of(late, client))[0] == 200:  # noqa: ASYNC110  the process is another one
            await asyncio.sleep(0.1)
        assert await state_of(late, client) == (503, {"key": "wrong"})
        assert (await state_of(ahead, client))[0] == 200
        async with client.get(f"http://127.0.0.1:{metrics}/metrics") as response:
            assert "congdoan_key_fits 0\n" in await response.text()
        assert not await late.posts(client, secrets.token_urlsafe(32), uuid.uuid4(), "/start")
        assert await ahead.posts(client, secrets.token_urlsafe(32), uuid.uuid4(), "/start")
    assert "key.wrong" in late.printed
    assert await late.stop() == 0, late.printed
    assert await ahead.stop() == 0, ahead.printed


async def test_a_second_process_with_another_key_does_not_start(
    postgresql_database: str, tmp_path: Path, hire: Hire
) -> None:
    (tmp_path / "one").mkdir()
    first = hire(tmp_path / "one", postgresql_database)
    await first.start()
    second = Machine(tmp_path, postgresql_database)
    assert "CONGDOAN_SECRET_KEY" in await asyncio.to_thread(second.refused, "run", SECRET_KEY=WRONG)
    assert await first.stop() == 0
