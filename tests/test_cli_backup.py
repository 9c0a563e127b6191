"""The commands backup, restore and deliveries, as an operator types them."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest
from sqlmodel import col

from storage.tables import Audit, Unit
from tests.machine import SHEET, Machine
from tests.test_cli import COMMANDS


@pytest.fixture
def machine(tmp_path: Path, sqlite_database: str) -> Machine:
    (tmp_path / "units.csv").write_text(SHEET, encoding="utf-8")
    machine = Machine(tmp_path, sqlite_database)
    machine.done("units", "import", "units.csv")
    return machine


def test_a_backup_while_it_serves_and_a_restore_once_it_does_not(machine: Machine) -> None:
    with machine.chat() as process:
        assert "vào kept.backup" in machine.noted("backup", "--out", "kept.backup")
        assert (machine.home / "kept.backup").stat().st_mode & 0o077 == 0
        again = ("restore", "kept.backup", "--replace", "--yes", "--without-erasures")
        assert machine.refused(*again).startswith("Một tiến trình khác đang dùng")
        process.send_signal(signal.SIGTERM)
        process.wait()
    (machine.home / "units.csv").write_text(f"{SHEET}QN03,Trường B,QN01,Cơ sở\n", encoding="utf-8")
    machine.done("units", "import", "units.csv")
    assert "Đã khôi phục từ kept.backup" in machine.done(*again)
    assert sorted(machine.stored(Unit.code)) == ["QN01", "QN02"]
    assert "backup.restore" in machine.stored(col(Audit.action))
    assert "Lần sao lưu gần nhất" not in machine.run("doctor").stdout, "the copy was made before it was noted"


def test_without_a_list_of_erasures_or_over_what_is_there_it_asks_first(machine: Machine) -> None:
    machine.done("backup", "--out", "kept.backup")
    assert "--without-erasures" in machine.refused("restore", "kept.backup", "--replace", "--yes")
    assert "--replace" in machine.refused("restore", "kept.backup", "--without-erasures")
    assert machine.run("restore", "kept.backup", "--replace", "--without-erasures").returncode == 1
    (machine.home / "units.csv").rename(machine.home / "kept.sheet")
    assert machine.refused("restore", "kept.sheet", "--replace", "--yes").startswith("Tệp này không phải bản sao lưu")
    key = "another-key-that-is-long-enough-to-be-one"
    assert "CONGDOAN_SECRET_KEY" in machine.refused("restore", "kept.backup", "--replace", "--yes", SECRET_KEY=key)
    assert sorted(machine.stored(Unit.code)) == ["QN01", "QN02"]


def test_the_list_beside_the_database_is_found(machine: Machine) -> None:
    machine.done("backup", "--out", "kept.backup")
    Path(f"{machine.file}.erasures").write_text('["2027-01-01T00:00:00+00:00", "00"]\n')
    assert "Đã xóa lại dữ liệu của 0 người" in machine.done("restore", "kept.backup", "--replace", "--yes")


def test_what_is_held_is_listed_let_go_or_ended(machine: Machine) -> None:
    assert "Không có tin nào đang giữ" in machine.done("deliveries", "list")
    assert "Đã cho gửi 0 tin" in machine.done("deliveries", "release")
    assert "Đã hủy 0 tin" in machine.done("deliveries", "cancel", "--topic", "duty")


@pytest.mark.parametrize("lines", [1, 2])
def test_a_file_with_words_at_its_head_is_met_with_the_way_to_save_it(machine: Machine, lines: int) -> None:
    machine.noted("backup", "--out", "kept.backup")
    kept = (machine.home / "kept.backup").read_bytes()
    (machine.home / "headed.backup").write_bytes("Đã sao lưu 5 dòng vào b.\n".encode() * lines + kept)
    for met in (("backup", "--verify"), ("restore", "--replace", "--yes", "--without-erasures")):
        told = machine.refused(met[0], *met[1:], "headed.backup")
        assert f"tail -n +{lines + 1} TỆP > TỆP-MỚI" in told
    mended = subprocess.run(
        ["tail", "-n", f"+{lines + 1}", "headed.backup"], cwd=machine.home, check=True, capture_output=True
    )
    assert mended.stdout == kept


def test_a_backup_is_verified_without_a_database(machine: Machine) -> None:
    machine.noted("backup", "--out", "kept.backup")
    machine.file.unlink()
    assert "còn nguyên vẹn" in machine.done("backup", "--verify", "kept.backup")
    (machine.home / "short.backup").write_bytes((machine.home / "kept.backup").read_bytes()[:-7])
    assert "thiếu phần cuối" in machine.refused("backup", "--verify", "short.backup")
    assert "CONGDOAN_SECRET_KEY" in machine.refused("backup", "--verify", "kept.backup", SECRET_KEY="k" * 32)
    assert machine.refused("backup", "--verify", "none.backup", code=2) == "Không tìm thấy tệp none.backup."
    assert "--verify" in machine.refused("backup")


WRITERS = {
    "backup": ("backup",),
    "export": ("export", "members", "--format", "csv"),
    "units export": ("units", "export", "--format", "csv"),
    "qr": ("qr", "--unit", "QN02", "--format", "svg"),
    "privacy export": ("privacy", "export", "1"),
    "report cover": ("report", "cover", "1"),
}
"""Every command that writes a file where it is told to."""


def test_what_writes_a_file_is_known_to_these_tests() -> None:
    told = {name for name, command in COMMANDS.items() if any("--out" in one.opts for one in command.params)}
    assert told - {"init"} == {*WRITERS}, "a file of settings is no answer, and never goes to stdout"


@pytest.mark.parametrize("name", [name for name in WRITERS if name not in {"privacy export", "report cover"}])
def test_stdout_is_the_file_and_nothing_else(machine: Machine, name: str) -> None:
    environment = {**machine.environment, "CONGDOAN_PUBLIC_URL": "https://union.example.vn"}
    with (machine.home / "piped").open("wb") as out:
        command = machine.command(*WRITERS[name], "--out", "-")
        piped = subprocess.run(
            command, cwd=machine.home, env=environment, check=True, stdout=out, stderr=subprocess.PIPE
        )
    assert piped.stderr.decode().count("\n") == 1, "one sentence for whoever types"
    machine.noted(*WRITERS[name], "--out", "written", PUBLIC_URL="https://union.example.vn")
    if name == "backup":
        assert "còn nguyên vẹn" in machine.done("backup", "--verify", "piped")
    else:
        assert (machine.home / "piped").read_bytes() == (machine.home / "written").read_bytes()
