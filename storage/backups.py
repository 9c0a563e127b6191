"""Everything a database holds, table by table, as lines of JSON that either kind of database can take in again.

A table's first line names it and its columns, one line a row follows, the last has their number and a checksum that
asks for no order. What must be different after a restore is decided in handlers/restoring.py.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from alembic import command
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import JSON, Boolean, Column, Date, LargeBinary, MetaData, Table, inspect, select, text
from sqlalchemy.types import NullType, TypeEngine
from sqlmodel import SQLModel

from storage.database import Transaction
from storage.errors import StorageError
from storage.sealed_files import Damaged
from storage.types import Instant
from storage.upgrades import alembic_config

if TYPE_CHECKING:
    import psycopg

LEFT_OUT = frozenset({"lease", "budget", "lane"})
"""What the running processes agree on among themselves; it means nothing later."""
BATCH = 2000
WRAP = 1 << 128

KINDS: Mapping[str, TypeEngine[Any]] = {
    "moment": Instant(),
    "day": Date(),
    "bytes": LargeBinary(),
    "json": JSON(),
    "flag": Boolean(),
    "plain": NullType(),
}


class Newer(StorageError):
    """The backup was made by a newer version of the product."""


class NotEmpty(StorageError):
    """The database holds something already."""


class Served(StorageError):
    """Somebody else is connected to the database."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A table as a backup knows it. `counts`: the column that counts by itself, if one does."""

    name: str
    columns: Mapping[str, str]
    """The kind of each, by name."""
    counts: str | None = None


@dataclass(slots=True)
class Sum:
    """How many lines, and what they add up to in whatever order."""

    lines: int = 0
    total: int = 0

    def add(self, line: bytes) -> None:
        """One more."""
        self.lines += 1
        self.total = (self.total + int.from_bytes(hashlib.blake2b(line, digest_size=16).digest(), "big")) % WRAP


def revision(db: Transaction) -> str:
    """The version of the tables."""
    return MigrationContext.configure(db.connection()).get_current_revision() or ""


def keep_still(db: Transaction) -> None:
    """From here on the transaction sees one state, however long it reads; the first thing to be called in it."""
    if db.dialect == "postgresql":
        for setting in (
            "TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
            "idle_in_transaction_session_timeout = 0",
        ):
            db.connection().exec_driver_sql(f"SET {'LOCAL ' if '=' in setting else ''}{setting}")


def is_sound(db: Transaction) -> bool:
    """Whether SQLite finds its file in order; PostgreSQL sees to that itself."""
    return db.dialect == "postgresql" or db.scalar(text("PRAGMA integrity_check")) == "ok"


def dump(db: Transaction, out: Callable[[bytes], object]) -> int:
    """Hand every row to `out`, as lines; how many rows."""
    number = 0
    for table in SQLModel.metadata.sorted_tables:
        if table.name not in LEFT_OUT:
            shape = _shape(table)
            out(_line({"table": shape.name, "columns": list(shape.columns.items()), "counts": shape.counts}))
            added = Sum()
            for line in _rows(db, shape):
                added.add(line)
                out(line)
            out(_line({"rows": added.lines, "sum": f"{added.total:032x}", "last": _last(db, shape)}))
            number += added.lines
    return number


def load(db: Transaction, lines: Iterable[bytes]) -> int:
    """Fill empty tables from the lines of `dump` and read them back; how many rows. Raises Damaged."""
    if db.dialect == "sqlite":
        db.connection().exec_driver_sql("PRAGMA defer_foreign_keys = ON")  # a unit may come before the one above it
    number, waiting = 0, iter(lines)
    for line in waiting:
        head = json.loads(line)
        shape = Shape(head["table"], dict(head["columns"]), head["counts"])
        incoming = Incoming(waiting)
        _fill(db, shape, incoming)
        stored = Sum()
        for row in _rows(db, shape):
            stored.add(row)
        if not stored.lines == incoming.end["rows"] or f"{stored.total:032x}" != incoming.end["sum"]:
            raise Damaged(shape.name)
        _count_on(db, shape, incoming.end["last"])
        number += stored.lines
    return number


def tally(lines: Iterable[bytes]) -> int:
    """How many rows the lines of `dump` hold, once each table's number and checksum are found right. Raises Damaged."""
    number, waiting = 0, iter(lines)
    for line in waiting:
        shape = json.loads(line)["table"]
        stored = Sum()
        for row in waiting:
            end = json.loads(row)
            if isinstance(end, dict):
                break
            stored.add(row + b"\n")
        else:
            raise Damaged(shape)
        if not stored.lines == end["rows"] or f"{stored.total:032x}" != end["sum"]:
            raise Damaged(shape)
        number += stored.lines
    return number


class Incoming:
    """The rows of one table, up to the line that ends it."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines
        self.end: dict[str, Any] = {}

    def __iter__(self) -> Iterator[list[Any]]:
        for line in self._lines:
            told = json.loads(line)
            if isinstance(told, dict):
                self.end = told
                return
            yield told
        raise Damaged


def migrate_to(db: Transaction, revision: str) -> None:
    """Make or change the tables up to a version, within this transaction. Raises Newer."""
    refuse_newer(revision)
    config = alembic_config("sqlite://")
    config.attributes["connection"] = db.connection()
    command.upgrade(config, revision)


def refuse_newer(revision: str) -> None:
    """Return when this program knows tables of this version. Raises Newer."""
    history = ScriptDirectory.from_config(alembic_config("sqlite://"))
    if revision not in {known.revision for known in history.walk_revisions()}:
        raise Newer(revision)


def newest() -> str:
    """The version of the tables this program works with."""
    return ScriptDirectory.from_config(alembic_config("sqlite://")).get_current_head() or ""


def is_empty(db: Transaction) -> bool:
    """Whether there is not a single row of ours."""
    present = set(inspect(db.connection()).get_table_names())
    ours = (table for table in SQLModel.metadata.sorted_tables if table.name in present - LEFT_OUT)
    return all(db.execute(select(text("1")).select_from(table).limit(1)).first() is None for table in ours)


def drop_everything(db: Transaction) -> None:
    """Drop all tables of ours (PostgreSQL)."""
    names = [table.name for table in SQLModel.metadata.sorted_tables]
    for name in (*names, "alembic_version"):
        db.connection().exec_driver_sql(f'DROP TABLE IF EXISTS "{name}" CASCADE')


def refuse_company(db: Transaction) -> None:
    """Return when nobody else is connected (PostgreSQL; SQLite has the lock file). Raises Served."""
    others = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    if db.dialect == "postgresql" and db.scalar(others):
        raise Served


def _shape(table: Table) -> Shape:
    columns = {column.name: _kind(column.type) for column in table.columns}
    counting = table.autoincrement_column
    return Shape(table.name, columns, counting.name if counting is not None else None)


def _kind(of: TypeEngine[Any]) -> str:
    return next((kind for kind, known in KINDS.items() if kind != "plain" and isinstance(of, type(known))), "plain")


def _sheet(shape: Shape) -> Table:
    return Table(shape.name, MetaData(), *(Column(name, KINDS[kind]) for name, kind in shape.columns.items()))


def _rows(db: Transaction, shape: Shape) -> Iterator[bytes]:
    """Every row as a line; the same on both kinds of database."""
    query = select(_sheet(shape))
    for row in db.connection().execute(query, execution_options={"yield_per": BATCH}):
        yield _line(list(row))


def _line(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=_plain).encode() + b"\n"


def _plain(value: Any) -> str:
    match value:
        case date():  # and datetime, which is one
            return value.isoformat()
        case bytes() | memoryview():
            return base64.b64encode(value).decode()
        case _:
            raise TypeError(type(value).__name__)


READERS: Mapping[str, Callable[[Any], Any]] = {
    "moment": datetime.fromisoformat,
    "day": date.fromisoformat,
    "bytes": base64.b64decode,
}


def _fill(db: Transaction, shape: Shape, incoming: Iterable[list[Any]]) -> None:
    readers = [(place, READERS[kind]) for place, kind in enumerate(shape.columns.values()) if kind in READERS]

    def rows() -> Iterator[list[Any]]:
        for row in incoming:
            for place, read in readers:
                if row[place] is not None:
                    row[place] = read(row[place])
            yield row

    sheet = _sheet(shape)
    if db.dialect == "postgresql":
        _copy(db, sheet, rows())
        return
    names, waiting = list(shape.columns), rows()
    while batch := list(islice(waiting, BATCH)):
        db.connection().execute(sheet.insert(), [dict(zip(names, row, strict=True)) for row in batch])


def _copy(db: Transaction, sheet: Table, rows: Iterable[list[Any]]) -> None:
    """One COPY a table: foreign keys into the same table are looked at when it is whole."""
    quoted = db.connection().dialect.identifier_preparer
    columns = ", ".join(quoted.format_column(column) for column in sheet.columns)
    documents = [place for place, column in enumerate(sheet.columns) if isinstance(column.type, JSON)]
    into = f"COPY {quoted.format_table(sheet)} ({columns}) FROM STDIN"
    raw = cast("psycopg.Connection[Any]", db.connection().connection.driver_connection)
    with raw.cursor() as cursor, cursor.copy(into.encode()) as copy:
        for row in rows:
            for place in documents:
                row[place] = json.dumps(row[place])
            copy.write_row(row)


def _last(db: Transaction, shape: Shape) -> int | None:
    """The last number its counter gave out: none is used again, also after a restore."""
    if shape.counts is None:
        return None
    if db.dialect == "postgresql":
        asked = text("SELECT pg_sequence_last_value(pg_get_serial_sequence(:table, :column)::regclass)")
        return db.scalar(asked, {"table": f'"{shape.name}"', "column": shape.counts})  # type: ignore[no-any-return]
    counters = text("SELECT seq FROM sqlite_sequence WHERE name = :table")
    return db.scalar(counters, {"table": shape.name})  # type: ignore[no-any-return]


def _count_on(db: Transaction, shape: Shape, last: int | None) -> None:
    if shape.counts is None:
        return
    highest = db.scalar(text(f'SELECT max("{shape.counts}") FROM "{shape.name}"'))  # noqa: S608 (checked names)
    last = max(last or 0, highest or 0)
    if not last:
        return
    if db.dialect == "postgresql":
        moved = text("SELECT setval(pg_get_serial_sequence(:table, :column), :last)")
        db.execute(moved, {"table": f'"{shape.name}"', "column": shape.counts, "last": last})
        return
    values = {"table": shape.name, "last": last}
    db.execute(text("DELETE FROM sqlite_sequence WHERE name = :table"), values)
    db.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:table, :last)"), values)
