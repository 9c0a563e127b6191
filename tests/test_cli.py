"""The command line as one types it: real processes, their words, their exit codes, what they leave behind."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.main import get_command

from bot import control
from bot.__main__ import app
from tests import patience, postgres
from tests.machine import SHEET, Machine, say

TOKEN = "123456789:AAHsecretsecretsecretsecretsecretsecr"
HEAVY = ("telegram", "sqlmodel", "sqlalchemy", "matplotlib", "aiohttp", "pydantic", "jinja2", "rich", "asyncio")


@pytest.fixture
def machine(tmp_path: Path, sqlite_database: str) -> Machine:
    (tmp_path / "units.csv").write_text(SHEET, encoding="utf-8")
    return Machine(tmp_path, sqlite_database)


@pytest.fixture
def blank(tmp_path: Path) -> Machine:
    return Machine(tmp_path, f"sqlite:///{tmp_path}/congdoan.db")


def commands(group: Any, *path: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, *path, name)
        yield " ".join((*path, name)), command


COMMANDS = dict(commands(get_command(app)))


def test_help_is_quick_because_it_imports_nothing_heavy(blank: Machine) -> None:
    program = f"import sys\nsys.argv = ['congdoan', '--help']\nfrom bot.__main__ import main\ntry:\n    main()\n\
except SystemExit as stop:\n    print(sorted(set({HEAVY!r}) & set(sys.modules)), stop.code)"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=patience.SECONDS
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert result.stdout.splitlines()[-1] == "[] 0"
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.4


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_in_vietnamese(name: str) -> None:
    command = COMMANDS[name]
    told = command.get_help(typer.Context(command, info_name=name))
    assert told.startswith("Cách dùng: ")
    assert command.help
    for english in ("Usage", "Options", "Show this", "[OPTIONS]", "[required]", "[default", "Arguments", "Commands:"):
        assert english not in told


def test_what_was_mistyped_is_told_in_one_line(blank: Machine) -> None:
    assert "frob" in blank.refused("frob", code=2)
    assert "--prt" in blank.refused("demo", "--prt", "1", code=2)
    assert blank.refused("units", "import", "none.csv", code=2) == "Không tìm thấy tệp none.csv."
    assert "--role" in blank.refused("officers", "invite", "--unit", "QN02", code=2)
    assert "'staff'" in blank.refused("officers", "invite", "--unit", "QN02", "--role", "king", code=2)
    assert "congdoan migrate" in blank.refused("programmes", "load", "75-nghin-sang-kien", "--year", "2027")


def test_bad_settings_are_told_whole_and_without_a_secret(blank: Machine) -> None:
    result = blank.run("run", SECRET_KEY="hunter22", HTTP_PORT="hunter22", TELEGRAM_TOKEN="hunter22", COLOUR="hunter22")
    assert result.returncode == 1
    assert result.stdout == ""
    head, *problems = result.stderr.splitlines()
    assert head == "Cấu hình chưa dùng được:"
    named = {problem.removeprefix("• ").partition(":")[0] for problem in problems}
    assert named == {f"CONGDOAN_{name}" for name in ("SECRET_KEY", "HTTP_PORT", "TELEGRAM_TOKEN", "COLOUR")}
    assert "hunter22" not in result.stderr


def test_a_broken_database_is_told_in_one_line(blank: Machine) -> None:
    (blank.home / "congdoan.db").write_bytes(b"this is no database at all " * 100)
    assert blank.refused("programmes", "list") == (
        "Không mở được cơ sở dữ liệu. Chạy “congdoan doctor” để xem chi tiết."
    )
    assert blank.refused("migrate").startswith("Cơ sở dữ liệu báo lỗi")
    assert blank.refused("migrate", DATABASE_URL="sqlite:///none/congdoan.db").startswith("Hệ thống báo lỗi")


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_database_without_vietnamese_letters_is_refused_with_what_to_do(
    blank: Machine, postgres_server: postgres.Server, encoding: str
) -> None:
    """As PostgreSQL makes it on a server whose locale is not set."""
    name = postgres_server.create(encoding=encoding)
    address = postgres.plain(postgres_server.address(name))
    try:
        for command in (["migrate"], ["run"], ["programmes", "list"]):
            told = blank.refused(*command, DATABASE_URL=address)
            assert encoding in told
            assert "createdb --encoding UTF8 --template template0" in told
        doctor = blank.run("doctor", DATABASE_URL=address)
        assert doctor.returncode == 1
        assert f"bảng mã {encoding}" in doctor.stdout
    finally:
        postgres_server.drop(name)


def test_a_second_serving_process_is_refused(machine: Machine) -> None:
    with control.hold(machine.url):
        for command in ("run", "chat", "migrate"):
            assert machine.refused(command).startswith("Một tiến trình khác đang dùng")


def test_a_writing_command_works_through_the_process_that_serves(machine: Machine) -> None:
    with machine.chat() as process:
        assert "2 đơn vị mới" in machine.done("units", "import", "units.csv")
        assert machine.refused("officers", "invite", "--unit", "ZZ", "--role", "admin").endswith("“ZZ”.")
        assert "QN02" in machine.done("officers", "invite", "--unit", "QN02", "--role", "officer")
        say(process, "1")
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert "2 giữ nguyên" in machine.done("units", "import", "units.csv")


def test_a_chat_ends_with_its_input_after_the_last_answer(machine: Machine) -> None:
    result = subprocess.run(
        machine.command("chat"),
        cwd=machine.home,
        env=machine.environment,
        input="xin chào\n1\n",
        capture_output=True,
        text=True,
        check=True,
        timeout=patience.SECONDS,
    )
    assert result.stdout.count("Anh/chị nhắn số để chọn.") == 2
    assert result.stderr == ""


def test_the_templates_are_listed_under_the_names_they_had(blank: Machine) -> None:
    told = blank.done("programmes", "templates")
    assert "75-nghin-sang-kien: " in told
    assert "{{" not in told


def test_the_doctor_finds_what_is_missing(machine: Machine) -> None:
    assert "✔" in machine.done("doctor", TELEGRAM_TOKEN=TOKEN, PUBLIC_URL="https://union.example.vn")
    silent = machine.run("doctor", "--online", TELEGRAM_TOKEN=TOKEN, TELEGRAM_API="http://127.0.0.1:9")
    assert silent.returncode == 1
    assert "✘ Telegram không xác nhận" in silent.stdout
    assert TOKEN not in silent.stdout + silent.stderr
    machine.file.unlink()
    ill = machine.run("doctor", SECRET_KEY="")
    assert ill.returncode == 1
    assert {line[0] for line in ill.stdout.splitlines()} == {"✔", "!", "✘"}


def test_a_demo_does_not_run_beside_a_real_token(blank: Machine) -> None:
    assert "CONGDOAN_TELEGRAM_TOKEN" in blank.refused("demo", TELEGRAM_TOKEN=TOKEN)
    assert not (blank.home / "demo").exists()
