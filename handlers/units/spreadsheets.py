"""Sheets from outside, .xlsx and .csv, as lines of plain text cells. Bytes in, text out; nothing touches a disk.

A file is looked at before it is unpacked: what is no sheet, carries macros or would unpack without end is refused
with a named reason. What the columns mean is not known here.
"""

from __future__ import annotations

import csv
import io
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import PurePath
from typing import IO
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from handlers.errors import Refusal

MAX_PACKED = 20_000_000
MAX_UNPACKED = 50_000_000
"""Bytes. 50,000 units with every column take about 25 million."""
MAX_RATIO = 100
MAX_ENTRIES = 200
MAX_LINES = 100_000
MAX_COLUMNS = 40
MAX_CELL = 1_000

ZIP = b"PK\x03\x04"
MACROS = ("vbaproject.bin", "xl/macrosheets/")
# NotImplementedError is zipfile's word for a compression or a version it does not know; openpyxl lets it through.
BROKEN = (
    zipfile.BadZipFile, zlib.error, InvalidFileException, ParseError, EOFError, NotImplementedError, RuntimeError,
    KeyError, IndexError, ValueError, TypeError, AttributeError,
)  # fmt: skip
"""What openpyxl lets out when a file is not what it claims to be."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line that is not empty: its number as a spreadsheet shows it, its cells as text."""

    number: int
    cells: tuple[str, ...]


def read(data: bytes, filename: str) -> list[Line]:
    """The lines of a sheet (of the first one in a workbook). Raises Refusal."""
    kind = PurePath(filename).suffix.casefold()
    if len(data) > MAX_PACKED:
        raise Refusal("units.sheet_too_big", megabytes=MAX_PACKED // 1_000_000)
    if kind == ".xlsx" and data.startswith(ZIP):
        return list(_lines(_workbook(data)))
    if kind == ".csv" and not data.startswith(ZIP):
        return list(_lines(_separated(data)))
    raise Refusal("units.sheet_kind", filename=PurePath(filename).name)


def _lines(rows: Iterable[Iterable[object]]) -> Iterator[Line]:
    for number, row in enumerate(rows, 1):
        if number > MAX_LINES:
            raise Refusal("units.sheet_too_long", lines=MAX_LINES)
        cells = tuple(_text(cell) for cell in row)
        if any(cells):
            yield Line(number, cells)


def _text(cell: object) -> str:
    match cell:
        case None:
            return ""
        case datetime():
            return cell.date().isoformat()
        case date():
            return cell.isoformat()
        case float() if cell.is_integer():
            return str(int(cell))
        case _:
            return " ".join(unicodedata.normalize("NFC", str(cell)).split())[:MAX_CELL]


def _separated(data: bytes) -> Iterator[list[str]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refusal("units.sheet_encoding") from None
    head = "".join(text.splitlines(keepends=True)[:20])
    separator = max(",;\t", key=head.count)
    try:
        yield from (row[:MAX_COLUMNS] for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error:
        raise Refusal("units.sheet_broken") from None


def _workbook(data: bytes) -> list[tuple[object, ...]]:
    try:
        _inspect(data)
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()
        return list(sheet.iter_rows(max_col=MAX_COLUMNS, max_row=MAX_LINES + 1, values_only=True))
    except BROKEN:
        raise Refusal("units.sheet_broken") from None


def _inspect(data: bytes) -> None:
    """Refuse a container that is not to be unpacked; sizes that lie about themselves end in BadZipFile later."""
    with zipfile.ZipFile(io.BytesIO(data)) as container:
        entries = container.infolist()
        unpacked = sum(entry.file_size for entry in entries)
        packed = sum(entry.compress_size for entry in entries)
        if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED or unpacked > MAX_RATIO * max(packed, 1):
            raise Refusal("units.sheet_too_big", megabytes=MAX_UNPACKED // 1_000_000)
        if any(part in entry.filename.casefold() for entry in entries for part in MACROS):
            raise Refusal("units.sheet_macros")
        for entry in entries:
            if entry.filename.endswith((".xml", ".rels")):
                _no_declarations(container.open(entry))


def _no_declarations(stream: IO[bytes]) -> None:
    """Refuse XML that declares a document type: openpyxl's own parser would expand its entities."""
    with stream:
        try:
            next(iter(iterparse(stream, events=("start",), forbid_dtd=True)))
        except DefusedXmlException:
            raise Refusal("units.sheet_broken") from None
