"""A list of units from an office's spreadsheet: every fault told by its line, everything written or nothing."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime

import pytest
from openpyxl import Workbook
from sqlmodel import select

from handlers.actors import COMMAND_LINE
from handlers.errors import Refusal
from handlers.papers.sheets import Form
from handlers.units import tree as units
from handlers.units.tree import ImportPlan
from messages.catalogue import Catalogue
from messages.dates import ZONE
from messages.demo import UNITS as DEMO
from storage import units as stored
from storage.database import Transaction
from storage.tables import Audit

NOW = datetime(2027, 3, 1, 9, 0, tzinfo=ZONE)
TODAY = NOW.date()
HEAD = "mã,tên,mã cấp trên,cấp,tỉnh,số đoàn viên,từ ngày,đến ngày\n"


def planned(db: Transaction, body: str, head: str = HEAD) -> ImportPlan:
    return units.plan(db, units.read_sheet((head + body).encode(), "units.csv"))


def imported(db: Transaction, body: str, head: str = HEAD) -> ImportPlan:
    plan = planned(db, body, head)
    units.apply(db, COMMAND_LINE, plan, now=NOW)
    return plan


def workbook(*rows: tuple[object, ...], filename: str = "units.xlsx") -> tuple[bytes, str]:
    book = Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue(), filename


def repacked(data: bytes, **added: bytes) -> bytes:
    """The same workbook with entries added or replaced; `__` stands for a slash, `_dot_` for a point."""
    entries = {name.replace("__", "/").replace("_dot_", "."): content for name, content in added.items()}
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.namelist():
            if entry not in entries:
                new.writestr(entry, old.read(entry))
        for name, content in entries.items():
            new.writestr(name, content)
    return out.getvalue()


def refused(data: bytes, filename: str = "units.xlsx") -> str:
    with pytest.raises(Refusal) as refusal:
        units.read_sheet(data, filename)
    Catalogue.load().text(refusal.value.key, refusal.value.values)
    return refusal.value.key.removeprefix("units.sheet_")


SMALL = workbook(("code", "name"), ("T51", "Công đoàn"))[0]


def test_the_demo_tree_is_imported_whole_and_once(db: Transaction) -> None:
    rows = units.read_sheet(DEMO.read_bytes(), DEMO.name)
    units.apply(db, COMMAND_LINE, units.plan(db, rows), now=NOW)
    again = units.plan(db, rows)
    assert (len(rows), again.unchanged, again.created, again.changed) == (46, 46, (), ())
    assert [unit.code for unit in stored.sectors(db, TODAY)] == ["NHD", "NKT", "NMX"]
    assert stored.in_place_count(db, "51", TODAY) == 36
    assert {code: level.rank for code, level in stored.levels(db).items()} == {"province": 0, "upper": 1, "base": 2}


def test_a_sheet_of_excel_means_the_same_as_its_csv(db: Transaction) -> None:
    head = ("MÃ ĐƠN VỊ", "Tên đơn vị", "Trực thuộc", "Cấp", "Tỉnh", "Số đoàn viên", "Từ ngày", "Đến ngày")
    rows = (("t51", "Công đoàn  tỉnh", None, "Cấp tỉnh", 51.0, 12, datetime(2025, 7, 1), date(2027, 1, 1)),)  # noqa: DTZ001
    data, name = workbook(("DANH SÁCH ĐƠN VỊ",), (), head, *rows)
    sheet = units.read_sheet(data, name)
    assert sheet[0].line == 4
    text = HEAD + "t51,Công đoàn tỉnh,,Cấp tỉnh,51,12,2025-07-01,1/1/2027\n"
    by_comma = units.read_sheet(text.encode(), "a.csv")
    by_semicolon = units.read_sheet(text.replace(",", ";").encode("utf-8-sig"), "b.CSV")
    plans = [units.plan(db, sheet), units.plan(db, by_comma), units.plan(db, by_semicolon)]
    assert plans[0].created[0] == plans[1].created[0] == plans[2].created[0]
    assert plans[0].created[0].valid_until == date(2027, 1, 1)


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        (",Tên,,Cơ sở,51,,,", "code", "code_missing"),
        ("A B,Tên,,Cơ sở,51,,,", "code", "code_invalid"),
        ("ĐV1,Tên,,Cơ sở,51,,,", "code", "code_invalid"),
        ("X,Tên,,Cơ sở,51,,,", "code", "code_invalid"),
        ("ok-1,Tên,,Cơ sở,51,,,", "code", "code_twice"),
        ("T2,,,Cơ sở,51,,,", "name", "name_missing"),
        ("T2,--,,Cơ sở,51,,,", "name", "name_missing"),
        (f"T2,{'a' * 201},,Cơ sở,51,,,", "name", "name_too_long"),
        ("T2,Tên,,,51,,,", "level", "level_missing"),
        ("T2,Tên,T9,Cơ sở,51,,,", "parent_code", "parent_unknown"),
        ("T2,Tên,T2,Cơ sở,51,,,", "parent_code", "parent_loop"),
        ("T2,Tên,,Cơ sở,Quảng,,,", "place", "place_unknown"),
        ("T2,Tên,,Cơ sở,99,,,", "place", "place_unknown"),
        ("T2,Tên,,Cơ sở,51,vài,,", "members", "members_invalid"),
        ("T2,Tên,,Cơ sở,51,-3,,", "members", "members_invalid"),
        ('T2,Tên,,Cơ sở,51,"1,5",,', "members", "members_invalid"),
        ("T2,Tên,,Cơ sở,51,,31/2/2027,", "valid_from", "date_invalid"),
        ("T2,Tên,,Cơ sở,51,,,hôm qua", "valid_until", "date_invalid"),
        ("T2,Tên,,Cơ sở,51,,2/1/2027,1/1/2027", "valid_until", "dates_reversed"),
    ],
)
def test_every_fault_is_told_by_line_and_column(db: Transaction, row: str, column: str, reason: str) -> None:
    plan = planned(db, f"OK-1,Đúng,,Cơ sở,51,,,\n{row}\n")
    assert [(error.line, error.column, error.message_key) for error in plan.errors] == [(3, column, f"units.{reason}")]
    assert Catalogue.load().text(plan.errors[0].message_key, plan.errors[0].values)
    assert plan.created == ()


def test_all_faults_are_told_at_once_in_the_order_of_the_lines(db: Transaction) -> None:
    plan = planned(db, "A1,Một,A2,Cơ sở,51,x,,\nA2,Hai,A3,Cơ sở,99,,,\nA3,Ba,A1,Cơ sở,51,,,\nA4,Bốn,A3,Cơ sở,51,,,\n")
    told = [(error.line, error.message_key.removeprefix("units.")) for error in plan.errors]
    assert sorted(told) == [
        (2, "members_invalid"), (2, "parent_loop"), (3, "parent_loop"), (3, "place_unknown"), (4, "parent_loop"),
    ]  # fmt: skip
    assert [line for line, _ in told] == sorted(line for line, _ in told)


def test_a_plan_with_faults_writes_nothing(db: Transaction) -> None:
    with pytest.raises(Refusal, match="import_refused"):
        imported(db, "A1,Một,,Cơ sở,51,,,\nA2,Hai,A9,Cơ sở,51,,,\n")
    assert list(stored.every(db)) == []


def test_a_plan_alone_writes_nothing(db: Transaction) -> None:
    assert len(planned(db, "A1,Một,,Cơ sở,51,,,\n").created) == 1
    assert (list(stored.every(db)), stored.levels(db)) == ([], {})


@pytest.mark.parametrize(
    ("written", "code"),
    [("51", "51"), ("1", "01"), ("Quảng Ngãi", "51"), ("tỉnh Quảng Ngãi", "51"), ("kon tum", "51"), ("TP. Huế", "46")],
)
def test_a_place_may_be_written_by_code_or_by_any_of_its_names(db: Transaction, written: str, code: str) -> None:
    assert planned(db, f"A1,Một,,Cơ sở,{written},,,\n").created[0].place == code


def test_a_place_left_empty_is_that_of_the_unit_above(db: Transaction) -> None:
    plan = planned(db, "A3,Ba,A2,Cơ sở,,,,\nA2,Hai,A1,Cấp trên,,,,\nA1,Một,,Cấp tỉnh,51,,,\nB1,Ngành,,Cấp tỉnh,,,,\n")
    assert {unit.code: unit.place for unit in plan.created} == {"A1": "51", "A2": "51", "A3": "51", "B1": None}


def test_a_superior_may_stand_further_down_or_be_known_already(db: Transaction) -> None:
    imported(db, "A2,Hai,A1,Cấp trên,,,,\nA1,Một,,Cấp tỉnh,51,,,\n")
    imported(db, "A3,Ba,a2,Cơ sở,,1.234,,\n")
    unit = stored.by_code(db, "A3")
    assert unit is not None
    assert unit.id is not None
    assert [above.code for above in stored.ancestors(db, unit.id)] == ["A2", "A1"]
    assert (unit.place, unit.members) == ("51", 1234)


def test_a_loop_through_units_known_already_is_found(db: Transaction) -> None:
    imported(db, "A1,Một,,Cấp tỉnh,51,,,\nA2,Hai,A1,Cơ sở,51,,,\n")
    plan = planned(db, "A1,Một,A2,Cấp tỉnh,51,,,\n")
    assert [error.message_key for error in plan.errors] == ["units.parent_loop"]


def test_a_unit_that_is_left_out_stays(db: Transaction) -> None:
    imported(db, "A1,Một,,Cơ sở,51,,,\nA2,Hai,,Cơ sở,51,,,\n")
    imported(db, "A1,Một mới,,Cơ sở,51,,,\n")
    assert [(unit.code, unit.name) for unit in stored.every(db)] == [("A1", "Một mới"), ("A2", "Hai")]


def test_a_column_that_is_left_out_keeps_what_is_known_and_an_empty_cell_clears_it(db: Transaction) -> None:
    imported(db, "A1,Một,,Cơ sở,51,12,1/1/2027,\n")
    assert imported(db, "A1,Một\n", "code,name\n").unchanged == 1
    plan = imported(db, "A1,Một,\n", "code,name,members\n")
    assert [change.columns for change in plan.changed] == [("members",)]
    unit = stored.by_code(db, "A1")
    assert unit is not None
    assert (unit.members, unit.valid_from, unit.place) == (None, date(2027, 1, 1), "51")


def test_a_unit_that_is_given_an_end_is_told_as_closed(db: Transaction) -> None:
    imported(db, "A1,Một,,Cơ sở,51,,,\n")
    plan = imported(db, "A1,Một,,Cơ sở,51,,,28/2/2027\n")
    assert plan.closed == ("A1",)
    assert stored.tops(db, TODAY) == []


def test_levels_are_data_and_the_programmes_own_are_known_by_their_usual_names(db: Transaction) -> None:
    plan = imported(db, "A1,Một,,LĐLĐ tỉnh,51,,,\nA2,Hai,A1,CĐCS,,,,\nA3,Ba,A2,Tổ công đoàn,,,,\n")
    assert [(level.code, level.name, level.rank) for level in plan.levels] == [
        ("province", "LĐLĐ tỉnh", 0), ("base", "CĐCS", 1), ("to_cong_doan", "Tổ công đoàn", 2),
    ]  # fmt: skip
    assert imported(db, "A2,Hai,A1,Công đoàn cơ sở,,,,\n").unchanged == 1


def test_an_import_leaves_a_trace(db: Transaction) -> None:
    imported(db, "A1,Một,,Cơ sở,51,,,\n")
    db.flush()
    row = db.scalars(select(Audit)).one()
    assert (row.action, row.details) == ("units.import", {"created": 1, "changed": 0, "unchanged": 0, "closed": 0})


@pytest.mark.parametrize("form", [Form.CSV, Form.XLSX])
def test_what_is_exported_can_be_imported_again(db: Transaction, form: Form) -> None:
    rows = units.read_sheet(DEMO.read_bytes(), DEMO.name)
    units.apply(db, COMMAND_LINE, units.plan(db, rows), now=NOW)
    out = io.BytesIO()
    assert units.export(db, COMMAND_LINE, form, out, now=NOW) == 46
    again = units.plan(db, units.read_sheet(out.getvalue(), f"units.{form}"))
    assert (again.unchanged, again.errors) == (46, ())


def test_files_that_are_no_sheets_are_refused() -> None:
    assert refused(b"%PDF-1.7") == "kind"
    assert refused(SMALL, "units.xlsm") == "kind"
    assert refused(SMALL, "units.csv") == "kind"
    assert refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "units.xls") == "kind"
    assert refused("mã,tên\n".encode("utf-16"), "units.csv") == "encoding"
    assert refused("mã,tên\n".encode("cp1258", "replace") + b"\xc3", "units.csv") == "encoding"
    assert refused(b"PK\x03\x04 no container") == "broken"
    assert refused(SMALL[: len(SMALL) // 2]) == "broken"


def test_a_sheet_needs_its_headings() -> None:
    assert refused(b"", "units.csv") == "headings"
    assert refused("mã,địa chỉ\nA1,Hà Nội\n".encode(), "units.csv") == "headings"
    assert refused("mã,tên,code\n".encode(), "units.csv") == "heading_twice"


def test_macros_are_refused() -> None:
    assert refused(repacked(SMALL, xl__vbaProject_dot_bin=b"x")) == "macros"


def test_a_file_that_unpacks_without_end_is_refused_before_it_is_unpacked() -> None:
    assert refused(repacked(SMALL, xl__media__a_dot_bin=bytes(60_000_000))) == "too_big"
    assert refused(repacked(SMALL, xl__media__a_dot_bin=bytes(9_000_000))) == "too_big"
    assert refused(repacked(SMALL, **{f"xl__media__{number}": b"x" for number in range(200)})) == "too_big"
    assert refused(SMALL + bytes(20_000_000)) == "too_big"


def test_entities_are_refused_before_they_are_expanded() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><sst><si><t>&b;</t></si></sst>'
    assert refused(repacked(SMALL, xl__sharedStrings_dot_xml=bomb)) == "broken"
    assert refused(repacked(SMALL, xl__worksheets__sheet1_dot_xml=bomb)) == "broken"
