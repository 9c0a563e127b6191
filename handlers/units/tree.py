"""Importing and exporting the union tree: a plan first, told row by row, then all of it or nothing.

A unit that a new sheet no longer has stays as it is; it ends by a date, never by being left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import BinaryIO

from handlers import actors
from handlers.actors import Actor
from handlers.acts import Needs, act
from handlers.errors import Refusal
from handlers.papers import sheets
from handlers.papers.sheets import Cell, Form
from handlers.units.rows import RowError, RowReader
from handlers.units.sheet import SheetRow, read_sheet
from storage import units as storage
from storage.database import Transaction
from storage.tables import Level
from storage.units import UnitRow

__all__ = ["Change", "ImportPlan", "NewLevel", "RowError", "SheetRow", "apply", "export", "plan", "read_sheet"]

COLUMNS = ("code", "name", "parent_code", "level", "place", "members", "valid_from", "valid_until")


@dataclass(frozen=True, slots=True)
class Change:
    """An existing unit as it shall be, and which of its facts are new."""

    unit: UnitRow
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewLevel:
    """A level that no unit had before; `rank` is the depth of the first unit that has it."""

    code: str
    name: str
    rank: int


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import would do. With errors it does nothing: the other fields are empty then."""

    created: tuple[UnitRow, ...] = ()
    changed: tuple[Change, ...] = ()
    unchanged: int = 0
    closed: tuple[str, ...] = ()
    """The codes of existing units that are given an end."""
    levels: tuple[NewLevel, ...] = ()
    errors: tuple[RowError, ...] = ()
    """In the order of the lines."""


def plan(db: Transaction, rows: Sequence[SheetRow]) -> ImportPlan:
    """What importing these rows would change. Nothing is written."""
    known = {unit.code: unit for unit in storage.every(db)}
    wanted, errors = _read(rows, known)
    errors += _misplaced(rows, wanted, known)
    if errors:
        return ImportPlan(errors=tuple(sorted(errors, key=lambda error: error.line)))
    merged = {**known, **wanted}
    levels = _levels(wanted, merged, storage.levels(db))
    return _compare(_with_places(wanted, merged), known, levels)


@act(Needs.STAFF, audit="units.import")
def apply(db: Transaction, actor: Actor, planned: ImportPlan, *, now: datetime) -> None:
    """Write what a plan of this transaction says. Raises Refusal when it has errors."""
    actors.require_running(db, actor, None, now)
    if planned.errors:
        raise Refusal("units.import_refused", count=len(planned.errors))
    for level in planned.levels:
        storage.add_level(db, code=level.code, name=level.name, rank=level.rank)
    storage.write(db, created=planned.created, changed=[change.unit for change in planned.changed])
    counts = {
        "created": len(planned.created),
        "changed": len(planned.changed),
        "unchanged": planned.unchanged,
        "closed": len(planned.closed),
    }
    actors.record(db, actor, "units.import", now=now, details=counts)


@act(Needs.STAFF, unaudited="units only, of which every poster and every form tells")
def export(db: Transaction, actor: Actor, form: Form, out: BinaryIO, *, now: datetime) -> int:
    """Write every unit in the form in which it can be imported again; returns how many."""
    actors.require_running(db, actor, None, now)
    return sheets.write(form, COLUMNS, _cells(db), out)


def _cells(db: Transaction) -> Iterator[tuple[Cell, ...]]:
    for unit in storage.every(db):
        head = (unit.code, unit.name, unit.parent_code, unit.level_name, unit.place, unit.members)
        yield (*head, _day_cell(unit.valid_from), _day_cell(unit.valid_until))


def _day_cell(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _read(rows: Sequence[SheetRow], known: Mapping[str, UnitRow]) -> tuple[dict[str, UnitRow], list[RowError]]:
    wanted: dict[str, UnitRow] = {}
    errors: list[RowError] = []
    first: dict[str, int] = {}
    for row in rows:
        reader = RowReader(row, known.get(row.code.upper()))
        unit = reader.read()
        errors += reader.errors
        if unit.code in first:
            twice = {"code": unit.code, "first": first[unit.code]}
            errors.append(RowError(row.line, "code", "units.code_twice", twice))
        elif unit.code:
            first[unit.code] = row.line
            wanted[unit.code] = unit
    return wanted, errors


def _misplaced(
    rows: Sequence[SheetRow], wanted: Mapping[str, UnitRow], known: Mapping[str, UnitRow]
) -> Iterator[RowError]:
    """Rows whose superior does not exist, or which would be their own superior."""
    parents = {code: unit.parent_code for code, unit in {**known, **wanted}.items()}
    looping = _loops(parents)
    for row in rows:
        code = row.code.upper()
        superior = parents.get(code)
        if superior is not None and superior not in parents:
            yield RowError(row.line, "parent_code", "units.parent_unknown", {"code": superior})
        elif code in looping:
            yield RowError(row.line, "parent_code", "units.parent_loop", {"code": superior})


def _loops(parents: Mapping[str, str | None]) -> set[str]:
    """The codes that come back to themselves on the way up."""
    cleared: set[str] = set()
    looping: set[str] = set()
    for start in parents:
        path: dict[str, None] = {}
        code: str | None = start
        while code is not None and code not in cleared and code not in path:
            path[code] = None
            code = parents.get(code)
        if code in path:
            walked = list(path)
            looping.update(walked[walked.index(code) :])
        cleared.update(path)
    return looping


def _levels(
    wanted: Mapping[str, UnitRow], merged: Mapping[str, UnitRow], existing: Mapping[str, Level]
) -> tuple[NewLevel, ...]:
    new: dict[str, NewLevel] = {}
    for unit in wanted.values():
        if unit.level not in existing and unit.level not in new:
            new[unit.level] = NewLevel(unit.level, unit.level_name, len(list(_above(unit, merged))))
    return tuple(new.values())


def _above(unit: UnitRow, merged: Mapping[str, UnitRow]) -> Iterator[UnitRow]:
    while unit.parent_code is not None:
        unit = merged[unit.parent_code]
        yield unit


def _with_places(wanted: Mapping[str, UnitRow], merged: Mapping[str, UnitRow]) -> Iterator[UnitRow]:
    """The units, each with its own place, or else that of the nearest unit above that has one."""
    for unit in wanted.values():
        places = (nearest.place for nearest in (unit, *_above(unit, merged)) if nearest.place)
        yield replace(unit, place=next(places, None))


def _compare(wanted: Iterator[UnitRow], known: Mapping[str, UnitRow], levels: tuple[NewLevel, ...]) -> ImportPlan:
    created: list[UnitRow] = []
    changed: list[Change] = []
    unchanged = 0
    for unit in wanted:
        before = known.get(unit.code)
        if before is None:
            created.append(unit)
        elif columns := _differences(before, unit):
            changed.append(Change(unit, columns))
        else:
            unchanged += 1
    closed = tuple(change.unit.code for change in changed if _ends(change, known))
    return ImportPlan(tuple(created), tuple(changed), unchanged, closed, levels)


def _differences(before: UnitRow, after: UnitRow) -> tuple[str, ...]:
    names = (column.name for column in fields(UnitRow) if column.compare)
    return tuple(name for name in names if getattr(before, name) != getattr(after, name))


def _ends(change: Change, known: Mapping[str, UnitRow]) -> bool:
    return change.unit.valid_until is not None and known[change.unit.code].valid_until is None
