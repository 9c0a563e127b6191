"""The sheet of units: which column is which, in Vietnamese or English, and its rows as they were written.

Nothing is judged here but the headings; whether a row makes sense is decided by the import's plan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from handlers.errors import Refusal
from handlers.text.readers import fold
from handlers.units import spreadsheets
from handlers.units.spreadsheets import Line
from messages import sheet_words

REQUIRED = ("code", "name")
TITLE_LINES = 20
"""Offices write titles above a table: the headings are looked for in this many lines."""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One unit as it was written. None: the sheet has no such column; "": the cell is empty."""

    line: int
    code: str
    name: str
    parent_code: str | None = None
    level: str | None = None
    place: str | None = None
    members: str | None = None
    valid_from: str | None = None
    valid_until: str | None = None


def read_sheet(data: bytes, filename: str) -> tuple[SheetRow, ...]:
    """The units of an .xlsx or .csv file, in its order. Raises Refusal."""
    lines = spreadsheets.read(data, filename)
    for index, line in enumerate(lines[:TITLE_LINES]):
        columns = _columns(line)
        if all(name in columns for name in REQUIRED):
            return tuple(_row(below, columns) for below in lines[index + 1 :])
    raise Refusal("units.sheet_headings")


@cache
def known_words(table: str) -> Mapping[str, str]:
    """The key of a column or a level by each of its accepted words, folded."""
    return {fold(word): key for key, words in sheet_words.load(table).items() for word in words}


def _columns(line: Line) -> Mapping[str, int]:
    """Where each known column stands; a column that stands there twice is refused."""
    known = known_words("columns")
    found: dict[str, int] = {}
    for index, cell in enumerate(line.cells):
        name = known.get(fold(cell))
        if name in found:
            raise Refusal("units.sheet_heading_twice", heading=cell)
        if name is not None:
            found[name] = index
    return found


def _row(line: Line, columns: Mapping[str, int]) -> SheetRow:
    return SheetRow(line=line.number, **{name: _cell(line.cells, index) for name, index in columns.items()})


def _cell(cells: Sequence[str], index: int) -> str:
    return cells[index] if index < len(cells) else ""
