"""Rows that wait to be written together: one statement for all rows of a kind, whatever number of turns they are of.

Statements are made once per kind of row and kept. SQLite's driver gets them as they are: SQLAlchemy's parameters cost
several times what the database does. To PostgreSQL columns travel as arrays, so that one round trip brings them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    JSON,
    Column,
    Connection,
    Delete,
    Dialect,
    Insert,
    Table,
    Update,
    bindparam,
    cast,
    func,
    select,
)
from sqlalchemy import delete as sql_delete
from sqlalchemy import update as sql_update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.sqlite import pysqlite

from storage.types import Instant

Row = Mapping[str, Any]
Convert = Callable[[Any], Any]

SQLITE: Dialect = pysqlite.dialect()


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
    """Write these rows: one statement per kind, in the order in which the kinds were first named."""
    kinds: dict[tuple[Way, tuple[str, ...]], list[Row]] = {}
    for way, row in waiting:
        kinds.setdefault((way, tuple(row)), []).append(row)
    for (way, names), rows in kinds.items():
        _insert(connection, way, names, _last(way, rows) if way.replaces else rows)


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
        connection.execute(_in_arrays(way, names), {name: [row[name] for row in rows] for name in names})


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


@cache
def _in_arrays(way: Way, names: tuple[str, ...]) -> Insert:
    arrays = (cast(bindparam(name), ARRAY(way.table.c[name].type)) for name in names)
    rows = func.unnest(*arrays).table_valued(*names).render_derived()
    insert_ = postgresql.insert(way.table).from_select(list(names), select(*rows.c))
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
