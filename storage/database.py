"""Engines, transactions and the database's clock; the only room that knows how SQLite and PostgreSQL differ.

One writer at a time per process: SQLite begins IMMEDIATE on its single writing connection, PostgreSQL serialises
what must be serial through locks taken in sorted order. Nothing here knows a table by name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import StaticPool
from sqlmodel import Session, select

from storage.errors import BadUrl
from storage.seals import Seals

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).with_name("migrations")
SQLITE_CONNECTION = {"check_same_thread": False, "isolation_level": None}
"""Threads are the writer's business, transactions ours."""
POSTGRES_SESSION = "-c lock_timeout=5s -c idle_in_transaction_session_timeout=15s -c timezone=UTC"
"""A frozen process must not hold a lock for long; a machine that only stalled for a breath keeps its transaction."""


@dataclass(frozen=True, slots=True)
class Way:
    """How rows of one table are inserted: the columns of a conflict that replaces, or of one that is ignored."""

    table: Table
    replaces: tuple[str, ...]
    ignores: tuple[str, ...]


Fault = DBAPIError
"""What is raised when the database, not our code, failed."""


class Transaction(Session):
    """One open transaction: an ORM session, set-wise rows that wait for its end, the seals and the clock."""

    def __init__(self, bind: Engine, seals: Seals) -> None:
        super().__init__(bind, expire_on_commit=False, autoflush=True)
        self.seals = seals
        self.dialect = bind.dialect.name
        self._waiting: list[tuple[Way, dict[str, Any]]] = []

    def write(
        self, table: Any, row: Mapping[str, Any], *, replaces: Sequence[str] = (), ignores: Sequence[str] = ()
    ) -> None:
        """Insert a row together with all others of its kind when the transaction ends.

        `replaces` names the unique columns on which an existing row is overwritten instead, `ignores` those on which
        an existing row stays and this one is dropped.
        """
        self._waiting.append((Way(table.__table__, tuple(replaces), tuple(ignores)), dict(row)))

    def write_out(self) -> None:
        """Write the waiting rows: one statement per table, in the order in which the tables were first named."""
        self.flush()
        groups: dict[tuple[Way, tuple[str, ...]], list[dict[str, Any]]] = {}
        for way, row in self._waiting:
            groups.setdefault((way, tuple(sorted(row))), []).append(row)
        self._waiting.clear()
        for (way, _), rows in groups.items():
            self._insert(way, rows)

    def _insert(self, way: Way, rows: list[dict[str, Any]]) -> None:
        kind = postgresql if self.dialect == "postgresql" else sqlite
        statement = kind.insert(way.table)
        if way.replaces:
            last = {tuple(row[name] for name in way.replaces): row for row in rows}
            rows = list(last.values())
            changed = {name: statement.excluded[name] for name in rows[0] if name not in way.replaces}
            statement = statement.on_conflict_do_update(index_elements=list(way.replaces), set_=changed)
        elif way.ignores:
            statement = statement.on_conflict_do_nothing(index_elements=list(way.ignores))
        self.connection().execute(statement, rows)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What happens inside is undone by an exception, waiting rows included; the transaction goes on."""
        mark = len(self._waiting)
        nested = self.begin_nested()
        try:
            yield
            self.flush()
        except BaseException:
            nested.rollback()
            del self._waiting[mark:]
            raise
        nested.commit()

    def clock(self) -> datetime:
        """The database's own clock, to the millisecond, aware UTC: what leases, pace and retries are measured by."""
        if self.dialect == "postgresql":
            return self.connection().execute(select(text("clock_timestamp()"))).scalar_one().astimezone(UTC)  # type: ignore[no-any-return]
        told = self.connection().execute(text("SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')")).scalar_one()
        return datetime.fromisoformat(told).replace(tzinfo=UTC)

    def lock(self, names: Iterable[str]) -> None:
        """Hold each name to the end of the transaction, in sorted order. SQLite has but one writer: nothing to do."""
        if self.dialect == "postgresql":
            for key in sorted({_lock_key(name) for name in names}):
                self.connection().execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


def _lock_key(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)


class Database:
    """One database, opened for reading and writing by this process."""

    def __init__(self, url: str, seals: Seals, *, pool_size: int = 4) -> None:
        self.url = read_url(url)
        self.seals = seals
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._writer = _sqlite_engine(self.url) if self.is_sqlite else _postgres_engine(self.url, pool_size)
        self._reader = _sqlite_reader(self.url) if self.is_sqlite else self._writer

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """A writing transaction: committed at the end of the block, rolled back by an exception."""
        with Transaction(self._writer, self.seals) as db, db.begin():
            yield db
            db.write_out()

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """A transaction that sees one state of the database and changes nothing."""
        with Transaction(self._reader, self.seals) as db, db.begin():
            yield db
            db.rollback()

    def close(self) -> None:
        """Give every connection back."""
        self._writer.dispose()
        self._reader.dispose()

    @staticmethod
    def is_fault(trouble: BaseException) -> bool:
        """Whether the database (not our code) failed: worth a replay, never an apology."""
        return isinstance(trouble, Fault) and not isinstance(trouble.orig, (TypeError, ValueError))


def read_url(url: str) -> URL:
    """The SQLAlchemy address of `sqlite:///…` or `postgresql://…`. Raises BadUrl."""
    try:
        parsed = make_url(url)
    except ArgumentError as trouble:
        raise BadUrl from trouble
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if backend == "sqlite":
        return parsed
    raise BadUrl(backend)


def _sqlite_engine(url: URL) -> Engine:
    engine = create_engine(url, poolclass=StaticPool, connect_args=SQLITE_CONNECTION, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def _sqlite_reader(url: URL) -> Engine:
    engine = create_engine(url, connect_args=SQLITE_CONNECTION, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite_reader)
    event.listen(engine, "begin", _begin_deferred)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "busy_timeout=5000",
        "foreign_keys=ON",
        "secure_delete=ON",  # what is erased must not linger in a free page
    ):
        connection.execute(f"PRAGMA {pragma}")


def _prepare_sqlite_reader(connection: Any, _record: object) -> None:
    for pragma in ("busy_timeout=5000", "query_only=ON", "wal_autocheckpoint=0"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_deferred(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _postgres_engine(url: URL, pool_size: int) -> Engine:
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_pre_ping=True,
        connect_args={"options": POSTGRES_SESSION},
        hide_parameters=True,  # an error must not quote what a member wrote
    )


def alembic_config(url: str) -> Config:
    """Alembic's configuration for one database, without an ini file."""
    from alembic.config import Config  # noqa: PLC0415  slow to load, and needed by whoever migrates only

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = read_url(url)
    return config


def migrate(url: str) -> None:
    """Bring the tables to this version. Safe to run twice, and by two processes at once on PostgreSQL."""
    from alembic import command  # noqa: PLC0415

    command.upgrade(alembic_config(url), "head")
