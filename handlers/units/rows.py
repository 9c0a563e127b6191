"""One row of the sheet of units, read strictly: every cell that cannot be meant is a named error, none is guessed.

Pure: cells in, a unit or errors out. How units hang together is judged by the plan in handlers/units/tree.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache

from handlers.duties import dates
from handlers.text.readers import fold
from handlers.units.sheet import SheetRow, known_words
from messages import places
from storage.units import UnitRow

CODE = re.compile(r"[A-Z0-9_-]{2,16}")
NUMBER = re.compile(r"\d+|\d{1,3}(?:[., ]\d{3})+")
MAX_NAME = 200
MAX_LEVEL = 60
MAX_MEMBERS = 10_000_000


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong with one cell: the line as the spreadsheet shows it, the column's name, the catalogue's key."""

    line: int
    column: str
    message_key: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(slots=True)
class RowReader:
    """Reads the cells of one row against what is known of the unit so far."""

    row: SheetRow
    known: UnitRow | None
    errors: list[RowError] = field(default_factory=list)

    def read(self) -> UnitRow:
        """The unit as it shall be; only to be used when `errors` stayed empty."""
        name = self._name()
        level_name = self._level()
        since, until = self._day("valid_from"), self._day("valid_until")
        if since and until and until < since:
            self._refuse("valid_until", "dates_reversed")
        return UnitRow(
            code=self._code(),
            name=name,
            search=fold(name),
            level=level_key(level_name),
            level_name=level_name,
            parent_code=self._parent(),
            place=self._place(),
            members=self._members(),
            valid_from=since,
            valid_until=until,
        )

    def _refuse(self, column: str, reason: str, **values: object) -> None:
        self.errors.append(RowError(self.row.line, column, f"units.{reason}", values))

    def _code(self) -> str:
        code = self.row.code.upper()
        if not code:
            self._refuse("code", "code_missing")
        elif not CODE.fullmatch(code):
            self._refuse("code", "code_invalid", code=self.row.code)
        return code

    def _name(self) -> str:
        if not fold(self.row.name):
            self._refuse("name", "name_missing")
        elif len(self.row.name) > MAX_NAME:
            self._refuse("name", "name_too_long", limit=MAX_NAME)
        return self.row.name

    def _level(self) -> str:
        """The label as written; a blank cell keeps what an existing unit has."""
        label = self.row.level or (self.known.level_name if self.known else "")
        if not fold(label) or len(label) > MAX_LEVEL:
            self._refuse("level", "level_missing")
        return label

    def _parent(self) -> str | None:
        if self.row.parent_code is None:
            return self.known.parent_code if self.known else None
        return self.row.parent_code.upper() or None

    def _place(self) -> str | None:
        if self.row.place is None:
            return self.known.place if self.known else None
        code = place_code(self.row.place) if self.row.place else None
        if self.row.place and code is None:
            self._refuse("place", "place_unknown", place=self.row.place)
        return code

    def _members(self) -> int | None:
        if self.row.members is None:
            return self.known.members if self.known else None
        if not self.row.members:
            return None
        digits = re.sub(r"\D", "", self.row.members) if NUMBER.fullmatch(self.row.members) else ""
        if not digits or int(digits) > MAX_MEMBERS:
            self._refuse("members", "members_invalid", members=self.row.members)
            return None
        return int(digits)

    def _day(self, column: str) -> date | None:
        cell: str | None = getattr(self.row, column)
        if cell is None:
            return getattr(self.known, column) if self.known else None
        day = dates.read_day(cell) if cell else None
        if cell and day is None:
            self._refuse(column, "date_invalid", date=cell)
        return day


def level_key(label: str) -> str:
    """The key of a level: the programmes' own where the label is one they know, else made of the label."""
    return known_words("levels").get(fold(label), fold(label).replace(" ", "_"))


def place_code(written: str) -> str | None:
    """The two-digit code of a place written as a code, or by any of its names as a whole."""
    code = written.zfill(2)
    index = _place_index()
    return code if code in index.values() else index.get(fold(written))


@cache
def _place_index() -> Mapping[str, str]:
    index: dict[str, str] = {}
    for place in places.load():
        kind = (place.kind, "".join(word[0] for word in place.kind.split()))
        for name in (*place.legacy, *place.aliases, place.name):
            index |= {fold(written): place.code for written in (name, *(f"{prefix} {name}" for prefix in kind))}
    return index
