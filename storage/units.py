"""The union tree: finding a unit, walking up and down, and writing an import.

A unit is never deleted; it ends on the day `valid_until`. What a sheet means is decided in handlers, not here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    func,
    insert,
    literal,
    or_,
    select,
    true,
    type_coerce,
    update,
)
from sqlalchemy.orm import aliased
from sqlmodel import col

from storage.database import Transaction
from storage.tables import Level, Unit

_columns = select(Unit.__table__)  # type: ignore[attr-defined]
_OF_CODE = _columns.where(col(Unit.code) == bindparam("named"))
_OF_ID = _columns.where(col(Unit.id) == bindparam("named"))
_BY_NAME = col(Unit.search), col(Unit.code)

CODE = re.compile(r"[0-9A-Z._-]{1,32}")
"""What a public code looks like, whoever made it; whatever else members type is none and is not looked up."""
MAX_DEPTH = 50
"""A walk up stops here whatever the rows say; no union has a tenth of it."""


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit as an import writes it and an export reads it: the superior by its code, the level by key and label."""

    code: str
    name: str
    search: str
    """The folded name."""
    level: str
    level_name: str = field(compare=False)
    """The label of a new level; an existing one keeps its own."""
    parent_code: str | None = None
    place: str | None = None
    members: int | None = None
    valid_from: date | None = None
    valid_until: date | None = None


def by_id(db: Transaction, unit_id: int) -> Unit | None:
    """The unit of an id."""
    return db.get(Unit, unit_id)


def by_code(db: Transaction, code: str) -> Unit | None:
    """The unit of a public code, however it was typed."""
    return db.scalars(select(Unit).where(col(Unit.code) == code.strip().upper())).one_or_none()


def known(db: Transaction, code: str) -> Unit | None:
    """The unit of a public code, however it was typed: a remembered copy, to be read only."""
    wanted = code.strip().upper()
    if not CODE.fullmatch(wanted):
        return None
    return db.remembered(("unit", wanted), lambda: _copy(db, _OF_CODE, wanted))


def known_by_id(db: Transaction, unit_id: int) -> Unit | None:
    """The unit of an id: a remembered copy, to be read only."""
    return db.remembered(("unit of id", unit_id), lambda: _copy(db, _OF_ID, unit_id))


def _copy(db: Transaction, one: Select[Any], named: str | int) -> Unit | None:
    row = db.connection().execute(one, {"named": named}).mappings().one_or_none()
    return Unit(**row) if row else None


def is_valid(unit: Unit, day: date) -> bool:
    """Whether a unit exists on a day."""
    return (unit.valid_from is None or unit.valid_from <= day) and (unit.valid_until is None or unit.valid_until >= day)


def valid_on(day: date) -> ColumnElement[bool]:
    """The condition that a unit exists on a day."""
    begins, ends = col(Unit.valid_from), col(Unit.valid_until)
    return and_(or_(begins.is_(None), begins <= day), or_(ends.is_(None), ends >= day))


def below(unit_id: int) -> CTE:
    """The ids of a unit and of everything under it, as a table with one column `id`."""
    tree = select(col(Unit.id).label("id")).where(col(Unit.id) == unit_id).cte(recursive=True)
    return tree.union(select(col(Unit.id)).join(tree, col(Unit.parent_id) == tree.c.id))


def subtree_ids(db: Transaction, unit_id: int) -> set[int]:
    """The ids of a unit and of everything under it; empty when there is no such unit."""
    return set(db.scalars(select(below(unit_id).c.id)))


def ancestors(db: Transaction, unit_id: int) -> list[Unit]:
    """The units above a unit, nearest first: remembered copies, to be read only."""
    return list(db.remembered(("above", unit_id), lambda: _copies(db, _above(unit_id))))


def _above(unit_id: int) -> Select[Any]:
    start = select(type_coerce(col(Unit.parent_id), Integer).label("id"), literal(1).label("step"))
    path = start.where(col(Unit.id) == unit_id).cte("path", recursive=True)
    climb = select(col(Unit.parent_id), path.c.step + 1).join(path, col(Unit.id) == path.c.id)
    path = path.union_all(climb.where(path.c.step < MAX_DEPTH))
    return _columns.join(path, col(Unit.id) == path.c.id).order_by(path.c.step)


def children(db: Transaction, unit_id: int, on: date) -> list[Unit]:
    """The units directly below one that exist on a day, by name."""
    return _listed(db, col(Unit.parent_id) == unit_id, on)


def tops(db: Transaction, on: date) -> list[Unit]:
    """The units without a superior that exist on a day, by name: remembered copies, to be read only."""

    def look_up() -> tuple[Unit, ...]:
        return _copies(db, _columns.where(col(Unit.parent_id).is_(None), valid_on(on)).order_by(*_BY_NAME))

    return list(db.remembered(("tops", on), look_up))


def sectors(db: Transaction, on: date) -> list[Unit]:
    """The central sectors that exist on a day: units without a superior that belong to no province, by name."""
    return [unit for unit in tops(db, on) if unit.place is None]


def search(
    db: Transaction, *, folded: str, on: date, limit: int, place: str | None = None, sector_id: int | None = None
) -> list[Unit]:
    """Units whose folded name has all the words, in a place or below a sector (neither: anywhere), best first.

    Best is the name itself, then names that begin so, then names in which each word begins a word, then the rest.
    Copies, to be read only; what is found without words is remembered.
    """
    if folded:
        return list(_search(db, folded, on, limit, place, sector_id))
    question = ("search", on, limit, place, sector_id)
    return list(db.remembered(question, lambda: _search(db, folded, on, limit, place, sector_id)))


def _search(
    db: Transaction, folded: str, on: date, limit: int, place: str | None, sector_id: int | None
) -> tuple[Unit, ...]:
    within = [valid_on(on), *(col(Unit.search).contains(word, autoescape=True) for word in folded.split())]
    if place is not None:
        within.append(col(Unit.place) == place)
    if sector_id is not None:
        within += [col(Unit.id).in_(select(below(sector_id).c.id)), col(Unit.id) != sector_id]
    order = (_closeness(folded), col(Unit.search), col(Unit.code))
    return _copies(db, _columns.where(*within).order_by(*order).limit(limit))


def in_place_count(db: Transaction, place: str, on: date) -> int:
    """How many units of a place exist on a day."""
    return db.scalar(select(func.count()).select_from(Unit).where(col(Unit.place) == place, valid_on(on))) or 0


def levels(db: Transaction) -> dict[str, Level]:
    """Every level by its key."""
    return {level.code: level for level in db.scalars(select(Level))}


def add_level(db: Transaction, *, code: str, name: str, rank: int) -> None:
    """Keep a new level; its rank is the depth at which it was first seen."""
    db.add(Level(code=code, name=name, rank=rank))
    db.flush()


def every(db: Transaction) -> Iterator[UnitRow]:
    """All units there ever were, by code."""
    superior = aliased(Unit)
    head = (Unit.code, Unit.name, Unit.search, Unit.level, Level.name, superior.code)
    facts = (Unit.place, Unit.members, Unit.valid_from, Unit.valid_until)
    rows = select(*(col(column) for column in (*head, *facts))).join(Level, col(Unit.level) == col(Level.code))
    rows = rows.join(superior, col(Unit.parent_id) == col(superior.id), isouter=True)
    for row in db.execute(rows.order_by(col(Unit.code))):
        yield UnitRow(*row)


def write(db: Transaction, *, created: Sequence[UnitRow], changed: Sequence[UnitRow]) -> None:
    """Write an import whose parents all exist, in the database or in `created`; the order does not matter."""
    if created:
        db.execute(insert(Unit), [{"code": row.code, **_facts(row)} for row in created])
    known = db.execute(select(col(Unit.code), col(Unit.id), col(Unit.revision))).all()
    ids = {code: number for code, number, _ in known}
    placed = [{"id": ids[row.code], "parent_id": ids[row.parent_code]} for row in created if row.parent_code]
    if placed:
        db.execute(update(Unit), placed)
    if changed:
        counts = {code: revision for code, _, revision in known}
        rows = [
            {
                "id": ids[row.code],
                "parent_id": ids.get(row.parent_code or ""),
                "revision": counts[row.code] + 1,
                **_facts(row),
            }
            for row in changed
        ]
        db.execute(update(Unit), rows)
    db.expire_all()


def _facts(row: UnitRow) -> dict[str, str | int | date | None]:
    """The columns that a new sheet may change, the parent aside."""
    return {
        "name": row.name,
        "search": row.search,
        "level": row.level,
        "place": row.place,
        "members": row.members,
        "valid_from": row.valid_from,
        "valid_until": row.valid_until,
    }


def _copies(db: Transaction, rows: Select[Any]) -> tuple[Unit, ...]:
    return tuple(Unit(**row) for row in db.connection().execute(rows).mappings())


def _listed(db: Transaction, condition: ColumnElement[bool], on: date) -> list[Unit]:
    rows = select(Unit).where(condition, valid_on(on)).order_by(*_BY_NAME)
    return list(db.scalars(rows))


def _closeness(folded: str) -> ColumnElement[int]:
    """0 for the name itself, 1 for its beginning, 2 when every word begins a word, 3 for the rest."""
    name = col(Unit.search)
    each = (or_(name.startswith(word), name.contains(f" {word}")) for word in folded.split())
    return case((name == folded, 0), (name.startswith(folded), 1), (and_(true(), *each), 2), else_=3)
