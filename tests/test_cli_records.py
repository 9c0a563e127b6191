"""The commands about records: units, officers, programmes, exports, posters, what is held about a member."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlmodel import select

from handlers import actors
from handlers.people import pairing
from messages.dates import ZONE
from messages.types import Address
from storage import clock, members, selections, submissions, units
from storage.tables import Audit, Forwarding, Programme, Purpose, Selection, Unit
from tests.initiatives import plant
from tests.machine import SHEET, Machine, say
from tests.union import OFFICE


@pytest.fixture
def machine(tmp_path: Path, sqlite_database: str) -> Machine:
    (tmp_path / "units.csv").write_text(SHEET, encoding="utf-8")
    return Machine(tmp_path, sqlite_database)


def test_a_dry_run_tells_and_changes_nothing(machine: Machine) -> None:
    assert "2 đơn vị mới" in machine.done("units", "import", "units.csv", "--dry-run")
    assert machine.stored(Unit.code) == []
    assert "2 đơn vị mới" in machine.done("units", "import", "units.csv")
    assert sorted(machine.stored(Unit.code)) == ["QN01", "QN02"]


def test_an_import_with_a_bad_row_names_it_and_writes_nothing(machine: Machine) -> None:
    (machine.home / "units.csv").write_text(SHEET + "QN03,Trường B,QN99,Cơ sở\nQN02,Trường C,QN01,Cơ sở\n")
    result = machine.run("units", "import", "units.csv")
    assert result.returncode == 1
    assert [line.partition(":")[0] for line in result.stderr.splitlines()[1:]] == ["Dòng 4", "Dòng 5"]
    assert machine.stored(Unit.code) == []


def test_units_go_out_as_they_came_in(machine: Machine) -> None:
    machine.done("units", "import", "units.csv")
    machine.done("units", "export", "--out", "again.xlsx")
    assert "2 giữ nguyên" in machine.done("units", "import", "again.xlsx")
    assert machine.refused("units", "export", "--out", "again.pdf").startswith(
        "Tên tệp phải có đuôi .xlsx, .csv hoặc .json;"
    )


def test_an_invitation_is_shown_once_and_only_its_digest_is_kept(machine: Machine) -> None:
    machine.done("units", "import", "units.csv")
    told = machine.done("officers", "invite", "--unit", "qn02", "--role", "officer", "--days", "3")
    code = told.splitlines()[0].rpartition(" ")[2]
    assert "QN02" in told
    on_disk = b"".join(file.read_bytes() for file in machine.file.parent.glob("congdoan.db*"))
    assert b"SQLite format" in on_disk
    assert code.encode() not in on_disk
    assert code.replace("-", "").encode() not in on_disk
    with machine.database() as database, database.transaction() as db:
        now = clock.now(db)
        member = members.join(db, Address("telegram", "1"), now).member
        actor = actors.of_member(db, member.id or 0, now)
        assert pairing.redeem(db, OFFICE, actor, code, here=Address("telegram", "1"), now=now).role == "officer"
    assert machine.refused("officers", "invite", "--unit", "ZZ", "--role", "admin").endswith("“ZZ”.")


def test_who_serves_a_unit_is_listed_and_ended(machine: Machine) -> None:
    machine.done("units", "import", "units.csv")
    assert machine.done("officers", "list").strip() == "Chưa có cán bộ nào."
    told = machine.done("officers", "invite", "--unit", "qn02", "--role", "officer", "--deputy", "--right", "answer")
    with machine.database() as database, database.transaction() as db:
        now = clock.now(db)
        member = members.join(db, Address("telegram", "1"), now).member
        code = told.splitlines()[0].rpartition(" ")[2]
        actor = actors.of_member(db, member.id or 0, now)
        pairing.redeem(db, OFFICE, actor, code, here=Address("telegram", "1"), now=now)
    (line,) = machine.done("officers", "list", "--unit", "QN01").splitlines()
    assert "QN02" in line
    assert "cấp phó" in line
    assert "answer" in line
    assert "· từ " in line
    assert "Đã kết thúc" in machine.done("officers", "end", line.partition(" ")[0])
    assert machine.done("officers", "list").strip() == "Chưa có cán bộ nào."
    assert "đã kết thúc trước đó" in machine.refused("officers", "end", "1")


def test_units_are_renamed_merged_and_closed(machine: Machine) -> None:
    machine.done("units", "import", "units.csv")
    assert "Trường mới" in machine.done("units", "rename", "QN02", "Trường mới", "--from", "01/07/2025")
    assert "sáp nhập" in machine.done("units", "merge", "QN02", "QN01", "--from", "2025-07-01")
    assert "kết thúc" in machine.done("units", "close", "QN01", "--on", "2025-08-01")
    assert "chưa đến" in machine.refused("units", "close", "QN01", "--on", "2099-08-01")
    assert machine.refused("units", "merge", "ZZ", "QN01", "--from", "2025-07-01").endswith("“ZZ”.")


def test_a_programme_is_loaded_listed_extended_and_closed(machine: Machine) -> None:
    assert "2099" in machine.done("programmes", "load", "75-nghin-sang-kien", "--year", "2099", "--code", "sk99")
    assert "chưa mở" in machine.done("programmes", "list")
    assert "24h00 ngày 31/12/2099" in machine.done("programmes", "extend", "sk99", "--until", "24h 31/12/2099")
    assert "đang mở" in machine.done("programmes", "open", "sk99")
    assert "đã đóng" in machine.done("programmes", "close", "sk99")
    assert "“24h 30/4/2027”" in machine.refused("programmes", "extend", "sk99", "--until", "sớm thôi")


def test_an_earlier_end_and_a_year_that_was_guessed_are_asked_about_first(machine: Machine) -> None:
    machine.done("programmes", "load", "75-nghin-sang-kien", "--year", "2099", "--code", "sk99")
    earlier = ("programmes", "extend", "sk99", "--until", "24h 1/4/2099")
    told = machine.refused(*earlier)
    assert all(part in told for part in ("sớm hơn", "24h00 ngày 1/4/2099", "--yes")), told
    assert machine.refused(*earlier) == told, "nothing was changed"
    assert "24h00 ngày 1/4/2099" in machine.done(*earlier, "--yes")
    today = datetime.now(ZONE).date()
    machine.done("programmes", "load", "75-nghin-sang-kien", "--opens", f"{today:%d/%m/%Y}", "--code", "sknay")
    day = f"{today - timedelta(days=1):%d/%m}"
    for command in (("extend", "sknay", "--until"), ("duty", "sknay", "select")):
        told = machine.refused("programmes", *command, day)
        assert all(part in told for part in ("năm sau", str(today.year + 1), "--yes")), told
        assert "Đã đổi hạn" in (done := machine.done("programmes", *command, day, "--yes")) or "đang mở" in done


def test_an_export_is_audited_and_private_to_its_owner(machine: Machine) -> None:
    machine.done("export", "initiatives", "--format", "json", "--out", "items.json")
    assert json.loads((machine.home / "items.json").read_text()) == []
    assert (machine.home / "items.json").stat().st_mode & 0o077 == 0
    assert machine.stored(Audit.action) == ["export"]
    machine.refused("export", "members", "--format", "csv", "--out", "m.csv", "--unit", "ZZ")
    assert not (machine.home / "m.csv").exists()


def test_what_a_command_did_names_whoever_gave_it(machine: Machine) -> None:
    machine.environment |= {"LOGNAME": "root", "SUDO_USER": "tran.binh"}
    machine.done("programmes", "load", "lang-nghe", "--year", "2097")
    with machine.chat():  # the process that serves is told too
        machine.done("--by", " nguyen.an ", "programmes", "load", "lang-nghe", "--year", "2098")
    operators = [details["operator"] for details in machine.stored(Audit.details)]
    assert operators == ["tran.binh", "nguyen.an"]
    assert "--by" in machine.refused("--by", "a" * 61, "programmes", "list", code=2)


def test_a_members_data_is_copied_and_erased_on_request(machine: Machine) -> None:
    with machine.chat() as process:
        say(process, "1")
    machine.done("privacy", "export", "1", "--out", "copy.txt")
    assert "Bản sao dữ liệu" in (machine.home / "copy.txt").read_text()
    assert machine.run("privacy", "erase", "1").returncode == 1  # nobody is there to be asked
    assert "XD-" in machine.done("privacy", "erase", "1", "--yes")
    assert "đã được xóa" in machine.refused("privacy", "erase", "1", "--yes")
    assert machine.stored(Audit.action)[-2:] == ["privacy.copy", "privacy.erase"]


def test_the_cover_of_a_list_is_taken_without_a_website_and_audited(machine: Machine) -> None:
    machine.done("units", "import", "units.csv")
    machine.done("programmes", "load", "75-nghin-sang-kien", "--year", "2027")
    with machine.database() as database, database.transaction() as db:
        (of,) = db.scalars(select(Programme))
        code = plant(db, "QN02", of, 1, clock.now(db))
        record, unit = submissions.by_code(db, code), units.by_code(db, "QN02")
        assert record is not None
        assert unit is not None
        chosen = Selection(
            submission_id=record.id, unit_id=unit.id, purpose=Purpose.SELECT, by_id=None, at=clock.now(db)
        )
        db.add(chosen)
        row = Forwarding(programme_id=of.id, unit_id=unit.id, to_unit_id=unit.parent_id, at=clock.now(db), by_id=None)
        number = selections.forward(db, row, [record.id or 0])
    machine.done("report", "cover", str(number), "--out", "cover.xlsx")
    sheet = load_workbook(machine.home / "cover.xlsx").active
    assert sheet is not None
    assert code in [cell.value for row in sheet.iter_rows() for cell in row]
    assert (machine.home / "cover.xlsx").stat().st_mode & 0o077 == 0
    assert "số 99" in machine.refused("report", "cover", "99", "--out", "none.xlsx")
    assert ".xlsx" in machine.refused("report", "cover", str(number), "--out", "cover.pdf")
    assert machine.stored(Audit.action).count("list.cover") == 1
    assert not (machine.home / "none.xlsx").exists()


def test_a_poster_needs_somewhere_to_lead(machine: Machine) -> None:
    machine.done("units", "import", "units.csv")
    machine.done("qr", "--unit", "QN02", "--out", "poster.svg", PUBLIC_URL="https://union.example.vn")
    assert "Trường A" in (machine.home / "poster.svg").read_text()
    assert "CONGDOAN_PUBLIC_URL" in machine.refused("qr", "--unit", "QN02", "--out", "poster.svg")
    assert ".svg" in machine.refused("qr", "--unit", "QN02", "--out", "poster.png")
