"""Sheets from outside are read apart: whatever they make their reader do, it ends, and a word comes back."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest
from openpyxl import Workbook

from bot import sheets
from bot.sheets import Limits
from handlers.errors import Refusal
from handlers.files.kinds import kind_of
from messages.catalogue import Catalogue
from tests.handlers.test_units import HEAD

FEW = Limits(cpu=3, wall=30.0, memory=400 * 1024 * 1024)


def small() -> bytes:
    """A workbook of openpyxl's own, with every part that one may have."""
    book, out = Workbook(), io.BytesIO()
    for row in (("code", "name"), ("T51", "Công đoàn")):
        book.active.append(row)
    book.save(out)
    return out.getvalue()


SMALL = small()


STRINGS = (
    b'<Override PartName="/xl/sharedStrings.xml" '
    b'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>'
)


def with_part(name: str, content: bytes) -> bytes:
    """The small workbook with one part replaced, or shared strings put in."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(SMALL)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new,
    ):
        for entry in old.namelist():
            part = old.read(entry)
            if entry == "[Content_Types].xml" and name.endswith("sharedStrings.xml"):
                part = part.replace(b"</Types>", STRINGS)
            if entry != name:
                new.writestr(entry, part)
        new.writestr(name, content)
    return out.getvalue()


MAIN = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def styles() -> bytes:
    cells = b"".join(
        b'<xf numFmtId="%d" fontId="0" fillId="0" borderId="0"/>' % (number % 97) for number in range(600_000)
    )
    return with_part("xl/styles.xml", b"<styleSheet %s><cellXfs>%s</cellXfs></styleSheet>" % (MAIN, cells))


def strings() -> bytes:
    words = b"".join(b"<si><t>%d</t></si>" % number for number in range(1_800_000))
    return with_part("xl/sharedStrings.xml", b"<sst %s>%s</sst>" % (MAIN, words))


def rows() -> bytes:
    lines = b"".join(b'<row r="%d"><c t="str"><v>a</v></c></row>' % number for number in range(1, 400_001))
    return with_part("xl/worksheets/sheet1.xml", b"<worksheet %s><sheetData>%s</sheetData></worksheet>" % (MAIN, lines))


def names() -> bytes:
    with zipfile.ZipFile(io.BytesIO(SMALL)) as old:
        book = old.read("xl/workbook.xml")
    defined = b"".join(b'<definedName name="n%d">Sheet!$A$1</definedName>' % number for number in range(400_000))
    head, tail = book.split(b"</sheets>")
    return with_part("xl/workbook.xml", head + b"</sheets><definedNames>" + defined + b"</definedNames>" + tail)


@pytest.mark.parametrize("bomb", [styles, strings, rows, names])
def test_a_bomb_ends_in_a_word(bomb: Callable[[], bytes]) -> None:
    with pytest.raises(Refusal) as refusal:
        sheets.read(bomb(), "units.xlsx", FEW)
    assert refusal.value.key in ("units.sheet_too_heavy", "units.sheet_too_big", "units.sheet_too_long")
    assert "Tệp" in Catalogue.load().text(refusal.value.key, refusal.value.values)


def test_a_sound_sheet_comes_back_whole_and_a_refusal_keeps_its_values() -> None:
    [row] = sheets.read(f"{HEAD}T51,Công đoàn tỉnh,,Cấp tỉnh,51,12,,\n".encode(), "units.csv", FEW)
    assert (row.line, row.code, row.name, row.members) == (2, "T51", "Công đoàn tỉnh", "12")
    with pytest.raises(Refusal) as refusal:
        sheets.read(b"a", "ảnh.png", FEW)
    assert (refusal.value.key, refusal.value.values) == ("units.sheet_kind", {"filename": "ảnh.png"})


def test_a_reader_that_waits_too_long_is_ended() -> None:
    with pytest.raises(Refusal, match="too_heavy"):
        sheets.read(SMALL, "units.xlsx", Limits(wall=0.01))


def test_a_zip_with_a_table_of_contents_without_end_is_no_document() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("xl/workbook.xml", "x")
        for number in range(2_001):
            archive.writestr(f"{number}", "")
    assert kind_of(out.getvalue()) is None
