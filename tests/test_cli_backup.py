"""The commands backup, restore and deliveries, as an operator types them."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from sqlmodel import col

from storage.tables import Audit, Unit
from tests.machine import SHEET, Machine


@pytest.fixture
def machine(tmp_path: Path, sqlite_database: str) -> Machine:
    (tmp_path / "units.csv").write_text(SHEET, encoding="utf-8")
    machine = Machine(tmp_path, sqlite_database)
    machine.done("units", "import", "units.csv")
    return machine


def test_a_backup_while_it_serves_and_a_restore_once_it_does_not(machine: Machine) -> None:
    with machine.chat() as process:
        assert "vào kept.backup" in machine.done("backup", "--out", "kept.backup")
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
