"""Tables as .json, .csv and .xlsx, written line by line so that their length costs no memory.

What a member wrote is data in every program that opens the file: it is never read as a formula or a link.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import BinaryIO

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

Cell = str | int | None
Rows = Iterable[Sequence[Cell]]

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet reads a cell that begins so as a formula (OWASP, CSV injection)."""
PHONE = re.compile(r"\+\d{6,15}")
"""An international number begins with a plus and can do no harm: it stays as other programs expect it."""
LAST_LINE = 1_048_575
"""Lines under the headings that one sheet of a workbook can hold; more go to a further sheet."""
WIDTHS = {"text": 80, "name": 44, "unit": 44, "full_name": 28, "programme": 36, "created_at": 26}
USUAL_WIDTH = 16


class Form(StrEnum):
    """How a table is written."""

    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"


def write(form: Form, columns: Sequence[str], rows: Rows, out: BinaryIO) -> int:
    """Write a table with these column names to an open binary stream; returns the number of rows."""
    writers: dict[Form, Callable[[Sequence[str], Rows, BinaryIO], int]] = {
        Form.JSON: _json,
        Form.CSV: _csv,
        Form.XLSX: _xlsx,
    }
    return writers[form](columns, rows, out)


def _json(columns: Sequence[str], rows: Rows, out: BinaryIO) -> int:
    """An array with one object a line."""
    count = 0
    out.write(b"[")
    for count, row in enumerate(rows, 1):
        record = json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False)
        out.write((",\n" if count > 1 else "\n").encode() + record.encode())
    out.write(b"\n]\n")
    return count


def _csv(columns: Sequence[str], rows: Rows, out: BinaryIO) -> int:
    """UTF-8 with the mark by which Excel knows it."""
    text = io.TextIOWrapper(out, encoding="utf-8-sig", newline="")
    lines = csv.writer(text)
    lines.writerow(columns)
    count = 0
    for row in rows:
        lines.writerow([_harmless(cell) for cell in row])
        count += 1
    text.detach()
    return count


def _harmless(cell: Cell) -> Cell:
    if isinstance(cell, str) and cell.startswith(FORMULA_STARTS) and not PHONE.fullmatch(cell):
        return f"'{cell}"
    return cell


def _xlsx(columns: Sequence[str], rows: Rows, out: BinaryIO) -> int:
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    count = 0
    with Workbook(out, options) as book:
        sheet = _sheet(book, columns)
        for count, row in enumerate(rows, 1):
            line = (count - 1) % LAST_LINE + 1
            if line == 1 and count > 1:
                sheet = _sheet(book, columns)
            for column, cell in enumerate(row):
                _put(sheet, line, column, cell)
    return count


def _sheet(book: Workbook, columns: Sequence[str]) -> Worksheet:
    sheet = book.add_worksheet()
    bold = book.add_format({"bold": True, "bottom": 1})
    for number, column in enumerate(columns):
        sheet.set_column(number, number, WIDTHS.get(column, USUAL_WIDTH))
        sheet.write_string(0, number, column, bold)
    sheet.freeze_panes(1, 0)
    return sheet


def _put(sheet: Worksheet, line: int, column: int, cell: Cell) -> None:
    if isinstance(cell, str):
        sheet.write_string(line, column, cell)
    elif cell is not None:
        sheet.write_number(line, column, cell)
