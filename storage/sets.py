"""Rows that wait to be written together: one statement for all rows of a kind, whatever number of turns they are of.

Statements are made once per kind of row and kept. SQLite's driver gets them as they are: SQLAlchemy's parameters cost
several times what the database does. To PostgreSQL columns travel as arrays, so that one round trip brings them all.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    JSON,
    Column,
    ColumnElement,
    Connection,
    Delete,
    Dialect,
    Insert,
    Table,
    Update,
    bindparam,
    cast,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy import delete as sql_delete
from sqlalchemy import update as sql_update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.sqlite import pysqlite
from sqlalchemy.sql.dml import ReturningInsert
from sqlmodel import SQLModel

from storage.types import Instant

Row = Mapping[str, Any]
Convert = Callable[[Any], Any]

SQLITE: Dialect = pysqlite.dialect()
MANY = 200
"""Rows of one kind from which on it pays to find out what they have in common."""


@dataclass(frozen=True, slots=True)
class Way:
    """How rows of one table are inserted: the columns of a conflict that replaces, or of one that is ignored."""

    table: Table
    replaces: tuple[str, ...]
    ignores: tuple[str, ...]


@cache
def way(table: Table, replaces: tuple[str, ...] = (), ignores: tuple[str, ...] = ()) -> Way:
    """The one `Way` of its kind."""
    return Way(table, replaces, ignores)


def insert(connection: Connection, waiting: Iterable[tuple[Way, Row]]) -> None:
    """Write these rows: one statement per kind, those that others refer to first."""
    kinds: dict[tuple[Way, tuple[str, ...]], list[Row]] = {}
    for way, row in waiting:
        kinds.setdefault((way, tuple(row)), []).append(row)
    for way, names in sorted(kinds, key=lambda kind: _ranks()[kind[0].table.name]):
        rows = kinds[way, names]
        _insert(connection, way, names, _last(way, rows) if way.replaces else rows)


@cache
def _ranks() -> Mapping[str, int]:
    """Each table's place in an order in which none refers to a later one."""
    return {table.name: place for place, table in enumerate(SQLModel.metadata.sorted_tables)}


def _last(way: Way, rows: Iterable[Row]) -> list[Row]:
    """Of the rows that would replace each other only the last."""
    return list({tuple(row[name] for name in way.replaces): row for row in rows}.values())


def _insert(connection: Connection, way: Way, names: tuple[str, ...], rows: list[Row]) -> None:
    if connection.dialect.name == "sqlite":
        sql, columns = _in_rows(way, names)
        values = [tuple([make(row[name]) if make else row[name] for name, make in columns]) for row in rows]
        connection.exec_driver_sql(sql, values)
    elif any(isinstance(way.table.c[name].type, JSON) for name in names):  # which knows no arrays
        connection.execute(_plain(way, names), rows)
    else:
        alike = _alike(names, rows)
        sent = {name: rows[0][name] if name in alike else [row[name] for row in rows] for name in names}
        connection.execute(_in_arrays(way, names, alike), sent)


def insert_new(connection: Connection, table: Table, keys: Sequence[Row], same: Row) -> list[tuple[Any, ...]]:
    """Insert a row for each of these keys (texts) that has none yet, with `same` in all of them; the new keys."""
    names = tuple(keys[0])
    if connection.dialect.name == "sqlite":
        listed = json.dumps([[key[name] for name in names] for key in keys])
        found = connection.execute(_new_in_json(table, names, tuple(same)), {"keys": listed, **same})
    else:
        arrays = {name: [key[name] for key in keys] for name in names}
        found = connection.execute(_new_in_arrays(table, names, tuple(same)), {**arrays, **same})
    return [tuple(row) for row in found]


@cache
def _new_in_json(table: Table, names: tuple[str, ...], same: tuple[str, ...]) -> ReturningInsert[Any]:
    listed = func.json_each(bindparam("keys")).table_valued("value")
    keys = (func.json_extract(listed.c.value, literal_column(f"'$[{place}]'")) for place, _ in enumerate(names))
    rows = select(*keys, *_same(table, same)).where(true())  # without a WHERE SQLite takes ON for the SELECT's own
    insert_ = sqlite.insert(table).from_select([*names, *same], rows).inline()
    return insert_.on_conflict_do_nothing(index_elements=list(names)).returning(*(table.c[name] for name in names))


@cache
def _new_in_arrays(table: Table, names: tuple[str, ...], same: tuple[str, ...]) -> ReturningInsert[Any]:
    arrays = (cast(bindparam(name), ARRAY(table.c[name].type)) for name in names)
    rows = select(*func.unnest(*arrays).table_valued(*names).render_derived().c, *_same(table, same))
    insert_ = postgresql.insert(table).from_select([*names, *same], rows).inline()
    return insert_.on_conflict_do_nothing(index_elements=list(names)).returning(*(table.c[name] for name in names))


def _same(table: Table, names: tuple[str, ...]) -> list[ColumnElement[Any]]:
    return [bindparam(name, type_=table.c[name].type) for name in names]


def update(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Change these rows, each named by its `id`, to the other values it brings; all bring the same columns."""
    names = tuple(rows[0])
    if connection.dialect.name == "sqlite":
        sql, columns = _changes_in_rows(table, names)
        values = [tuple([make(row[name]) if make else row[name] for name, make in columns]) for row in rows]
        connection.exec_driver_sql(sql, values)
    else:
        arrays = {_bound(name): [row[name] for row in rows] for name in names}
        connection.execute(_changes_in_arrays(table, names), arrays)


def change(connection: Connection, changes: Iterable[tuple[Table, Row]]) -> None:
    """As `update`, for rows of several tables and kinds."""
    kinds: dict[tuple[Table, tuple[str, ...]], list[Row]] = {}
    for table, row in changes:
        kinds.setdefault((table, tuple(row)), []).append(row)
    for (table, _), rows in kinds.items():
        update(connection, table, rows)


def _bound(name: str) -> str:
    """SQLAlchemy keeps the bare names of the columns to itself in an UPDATE."""
    return f"to_{name}"


@cache
def _changes_in_rows(table: Table, names: tuple[str, ...]) -> tuple[str, list[tuple[str, Convert | None]]]:
    """As `_in_rows`; the id comes last."""
    changed = [name for name in names if name != "id"]
    setting = ", ".join(f'"{name}" = ?' for name in changed)
    return f'UPDATE "{table.name}" SET {setting} WHERE id = ?', [  # noqa: S608  names of our own tables
        (name, _convert(table.c[name])) for name in (*changed, "id")
    ]


@cache
def _changes_in_arrays(table: Table, names: tuple[str, ...]) -> Update:
    arrays = (cast(bindparam(_bound(name)), ARRAY(table.c[name].type)) for name in names)
    rows = func.unnest(*arrays).table_valued(*names).render_derived(name="changed")
    return sql_update(table).where(table.c.id == rows.c.id).values({n: rows.c[n] for n in names if n != "id"})


def delete(connection: Connection, leaving: Iterable[tuple[Table, Any]]) -> None:
    """Delete the rows of these keys: one statement per table."""
    keys: dict[Table, list[Any]] = {}
    for table, key in leaving:
        keys.setdefault(table, []).append(key)
    for table, gone in keys.items():
        connection.execute(_deletion(table), {"gone": gone})


@cache
def _deletion(table: Table) -> Delete:
    (key,) = table.primary_key
    return sql_delete(table).where(key.in_(bindparam("gone", expanding=True)))


@cache
def _plain(way: Way, names: tuple[str, ...]) -> Insert:
    return _with_conflict(postgresql.insert(way.table), way, names)


def _alike(names: tuple[str, ...], rows: Sequence[Row]) -> frozenset[str]:
    """Of many rows the columns, but for the first, in which all say the same: these travel once.

    Of few rows none, so that there are not too many statements to prepare.
    """
    if len(rows) < MANY:
        return frozenset()
    return frozenset(name for name in names[1:] if all(row[name] == rows[0][name] for row in rows))


@cache
def _in_arrays(way: Way, names: tuple[str, ...], alike: frozenset[str]) -> Insert:
    types = {name: way.table.c[name].type for name in names}
    differing = [name for name in names if name not in alike]
    arrays = (cast(bindparam(name), ARRAY(types[name])) for name in differing)
    rows = func.unnest(*arrays).table_valued(*differing).render_derived()
    values = [rows.c[name] if name in differing else cast(bindparam(name), types[name]) for name in names]
    insert_ = postgresql.insert(way.table).from_select(list(names), select(*values))
    return _with_conflict(insert_, way, names).inline()


@cache
def _in_rows(way: Way, names: tuple[str, ...]) -> tuple[str, list[tuple[str, Convert | None]]]:
    """The statement in SQLite's words, and its columns in order, each with what makes its values SQLite's."""
    insert_ = sqlite.insert(way.table).values({name: bindparam(name) for name in names})
    compiled = _with_conflict(insert_, way, names).compile(dialect=SQLITE)
    order: list[str] = compiled.positiontup or []
    return str(compiled), [(name, _convert(way.table.c[name])) for name in order]


def _with_conflict(statement: Any, way: Way, names: Iterable[str]) -> Insert:
    if way.replaces:
        changed = {name: statement.excluded[name] for name in names if name not in way.replaces}
        statement = statement.on_conflict_do_update(index_elements=list(way.replaces), set_=changed)
    elif way.ignores:
        statement = statement.on_conflict_do_nothing(index_elements=list(way.ignores))
    made: Insert = statement
    return made


def _convert(column: Column[Any]) -> Convert | None:
    """What turns a value of this column into the driver's; None where it is taken as it is."""
    convert = column.type.dialect_impl(SQLITE).bind_processor(SQLITE)
    if convert is not None and isinstance(column.type, Instant):
        return lru_cache(maxsize=256)(convert)  # the rows of one turn name the same moment again and again
    return convert
