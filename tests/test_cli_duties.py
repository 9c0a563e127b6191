"""The commands about duties: another date for one, a programme run by one unit."""

from __future__ import annotations

from pathlib import Path

from storage.tables import Duty, Programme
from tests.machine import SHEET, Machine


def test_a_duty_gets_another_date_and_every_refusal_is_one_line(tmp_path: Path, sqlite_database: str) -> None:
    machine = Machine(tmp_path, sqlite_database)
    machine.done("programmes", "load", "75-nghin-sang-kien", "--year", "2099", "--code", "sk99")
    told = machine.done("programmes", "duty", "sk99", "select", "trước 20/4/2099")
    assert "trước ngày 20/4 (hết ngày 19/4)" in told
    assert sum(moment is not None for moment in machine.stored(Duty.moved_at)) == 1
    assert "introduce, select, enter" in machine.refused("programmes", "duty", "sk99", "chon", "20/4/2099")
    assert "đang có đúng hạn đó" in machine.refused("programmes", "duty", "sk99", "select", "19/4/2099")
    assert "đã qua" in machine.refused("programmes", "duty", "sk99", "select", "1/4/2021")
    assert "Chưa đọc được hạn" in machine.refused("programmes", "duty", "sk99", "select", "sớm thôi")


def test_a_programme_may_be_one_units_own(tmp_path: Path, sqlite_database: str) -> None:
    machine = Machine(tmp_path, sqlite_database)
    (tmp_path / "units.csv").write_text(SHEET, encoding="utf-8")
    machine.done("units", "import", "units.csv")
    machine.done("programmes", "load", "75-nghin-sang-kien", "--year", "2099", "--unit", "qn01")
    assert machine.stored(Programme.unit_id) == [1]
    assert "“ZZ”" in machine.refused("programmes", "load", "75-nghin-sang-kien", "--year", "2099", "--unit", "ZZ")
