"""The cover list of what a unit sends up, as a sheet of A4 to print and sign. Data in, bytes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from xlsxwriter import Workbook

COLUMNS = ("number", "code", "author", "unit", "group", "text", "score")
WIDTHS = (5, 14, 22, 28, 16, 60, 8)
A4 = 9
"""The number of the paper in the file format."""


@dataclass(frozen=True, slots=True)
class Line:
    """One initiative on the list."""

    code: str
    author: str
    unit: str
    group: str
    text: str
    score: float | None


@dataclass(frozen=True, slots=True)
class Cover:
    """A whole list in words."""

    heading: Sequence[str]
    """Who sends, what it is, to whom, the sentence that leads in."""
    columns: Sequence[str]
    lines: Sequence[Line]
    sign: str


def write(cover: Cover, out: BinaryIO) -> None:
    """Write the list to an open binary stream. What a member wrote stays text, never a formula."""
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(out, options) as book:
        sheet = book.add_worksheet()
        sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.fit_to_pages(1, 0)
        plain = book.add_format({"text_wrap": True, "valign": "top", "border": 1})
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        head = book.add_format({"bold": True, "border": 1, "text_wrap": True, "align": "center"})
        for column, width in enumerate(WIDTHS):
            sheet.set_column(column, column, width)
        for row, words in enumerate(cover.heading):
            sheet.merge_range(row, 0, row, len(COLUMNS) - 1, "", bold)
            sheet.write_string(row, 0, words, bold)
        top = len(cover.heading) + 1
        for column, name in enumerate(cover.columns):
            sheet.write_string(top, column, name, head)
        sheet.repeat_rows(top)
        for number, line in enumerate(cover.lines, 1):
            sheet.write_number(top + number, 0, number, plain)
            cells = (line.code, line.author, line.unit, line.group, line.text)
            for column, cell in enumerate(cells, 1):
                sheet.write_string(top + number, column, cell, plain)
            if line.score is not None:
                sheet.write_number(top + number, len(COLUMNS) - 1, round(line.score, 1), plain)
        sheet.write_string(top + len(cover.lines) + 2, len(COLUMNS) - 2, cover.sign, bold)
