"""Databases, transactions and the clock; here, in `engines.py` and `sets.py` is known how SQLite and PostgreSQL differ.

One writer at a time per process: SQLite begins IMMEDIATE on its single writing connection, PostgreSQL serialises
what must be serial through locks taken in sorted order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Connection, Engine, Table, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.orm import SessionTransaction
from sqlalchemy.pool import NullPool
from sqlmodel import Session

from storage import engines, facts, sets
from storage.errors import BadUrl
from storage.seals import Seals

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).with_name("migrations")
SQLITE_CLOCK = text("SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')")
POSTGRES_CLOCK = text("SELECT clock_timestamp()")
LOCK = text("SELECT count(pg_advisory_xact_lock(key)) FROM unnest(CAST(:keys AS bigint[])) AS key")
TRY_LOCK = text("SELECT pg_try_advisory_xact_lock(:key)")
REVISION = text("SELECT version_num FROM alembic_version")
TOKEN = text("SELECT value FROM setting WHERE key = :key")

T = TypeVar("T")

Fault = DBAPIError
"""What is raised when the database, not our code, failed."""


class Transaction(Session):
    """One open transaction: an ORM session, set-wise rows that wait for its end, memory, the seals and the clock."""

    def __init__(self, bind: Engine, seals: Seals, memory: facts.Memory | None = None) -> None:
        super().__init__(bind, expire_on_commit=False, autoflush=True)
        self.seals = seals
        self.dialect = bind.dialect.name
        self._waiting: list[tuple[sets.Way, Mapping[str, Any]]] = []
        self._leaving: list[tuple[Table, Any]] = []
        self._recall = facts.Recall(memory or facts.Memory(), self._token)
        self._attempting = False
        self._opening = False
        self._nested: SessionTransaction | None = None
        event.listen(self, "after_begin", _introduce)

    @property
    def alone(self) -> bool:
        """Whether nobody else can write meanwhile (SQLite): then there is nothing to lock."""
        return self.dialect == "sqlite"

    def write(
        self, table: Any, row: Mapping[str, Any], *, replaces: tuple[str, ...] = (), ignores: tuple[str, ...] = ()
    ) -> None:
        """Insert a row together with all others of its kind when the transaction ends.

        `replaces` names the unique columns on which an existing row is overwritten instead, `ignores` those on which
        an existing row stays and this one is dropped.
        """
        self._waiting.append((sets.way(table.__table__, replaces, ignores), row))

    def remove(self, table: Any, key: Any) -> None:
        """Delete the row of a key together with all others that go, before anything that waits is written."""
        self._leaving.append((table.__table__, key))

    def write_out(self) -> None:
        """Write the waiting rows: one statement per table, in the order in which the tables were first named."""
        self.flush()
        leaving, self._leaving = self._leaving, []
        waiting, self._waiting = self._waiting, []
        for table in {*(table.name for table, _ in leaving), *(way.table.name for way, _ in waiting)}:
            self.changing(table)
        if leaving:
            sets.delete(self.connection(), leaving)
        if waiting:
            sets.insert(self.connection(), waiting)

    def remembered(self, question: Hashable, look_up: Callable[[], T]) -> T:
        """The answer to a question about units, programmes or roles, from memory while nobody has changed these.

        The question names who asks and what was asked; the answer is shared by threads and must never be changed.
        """
        if not self._is_clean() and self._holds_facts():
            self.flush()
        return self._recall.take(question, look_up)

    def _holds_facts(self) -> bool:
        return any(one.__tablename__ in facts.TABLES for one in (*self.new, *self.dirty, *self.deleted))

    def end(self) -> None:
        """Write what waits and, where facts were changed, tell every process so: the last thing before the commit."""
        self.write_out()
        if self._recall.changed:
            facts.renew(self.connection())

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What happens inside is undone by an exception, waiting rows included; the transaction goes on."""
        self._secure()
        undo = self._mark()
        nested = self.begin_nested()
        try:
            yield
            self.flush()
        except BaseException:
            nested.rollback()
            undo()
            raise
        nested.commit()

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """As `savepoint`, but the database hears of it only with the first change inside: most turns make none.

        Not one inside another.
        """
        self.flush()
        undo = self._mark()
        self._attempting = True
        try:
            yield
            self.flush()
        except BaseException:
            if not self._is_clean():  # changes that were never flushed are taken back with the savepoint, too
                self._secure()
            if self._nested is not None:
                self._nested.rollback()
            undo()
            raise
        else:
            if self._nested is not None:
                self._nested.commit()
        finally:
            self._attempting, self._nested = False, None

    def _mark(self) -> Callable[[], None]:
        """What takes back the waiting rows that came after this moment."""
        waiting, leaving = len(self._waiting), len(self._leaving)

        def undo() -> None:
            del self._waiting[waiting:], self._leaving[leaving:]

        return undo

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        """Write what the ORM holds."""
        if self._opening or self._is_clean():
            return
        self._secure()
        super().flush(objects)

    def _secure(self) -> None:
        """Open the savepoint of an attempt, before the first change. Nothing that waits is flushed outside of it."""
        if not self._attempting or self._nested is not None:
            return
        self._opening = True
        try:
            self._nested = self.begin_nested()
            self.connection()  # only this sends it
        finally:
            self._opening = False

    def changing(self, table: str) -> None:
        """Rows of this table are about to be changed: before every statement that does so, whoever issues it."""
        self._secure()
        if table in facts.TABLES:
            self._recall.changed = True

    def _token(self) -> Any:
        return self.connection().execute(TOKEN, {"key": facts.KEY}).scalar()

    def clock(self) -> datetime:
        """The database's own clock, to the millisecond, aware UTC: what leases, pace and retries are measured by."""
        if self.dialect == "postgresql":
            moment: datetime = self.connection().execute(POSTGRES_CLOCK).scalar_one()
            return moment.astimezone(UTC)
        told = self.connection().execute(SQLITE_CLOCK).scalar_one()
        return datetime.fromisoformat(told).replace(tzinfo=UTC)

    def lock(self, names: Iterable[str]) -> None:
        """Hold each name to the end of the transaction, in sorted order. SQLite has but one writer: nothing to do."""
        keys = sorted({_lock_key(name) for name in names})
        if keys and not self.alone:
            self.connection().execute(LOCK, {"keys": keys})

    def lock_if_free(self, name: str) -> bool:
        """As `lock`, but where somebody else holds it: False, at once. Then what it stands for is being done."""
        return self.alone or bool(self.connection().execute(TRY_LOCK, {"key": _lock_key(name)}).scalar_one())


def _introduce(db: Transaction, _: SessionTransaction, connection: Connection) -> None:
    connection.info[engines.TRANSACTION] = db


def _lock_key(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)


class Database:
    """One database, opened for reading and writing by this process."""

    def __init__(self, url: str, seals: Seals, *, pool_size: int = 4) -> None:
        self.url = read_url(url)
        self.seals = seals
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._writer = engines.sqlite_writer(self.url) if self.is_sqlite else engines.postgres(self.url, pool_size)
        self._reader = engines.sqlite_reader(self.url) if self.is_sqlite else self._writer
        self._memory = facts.Memory()

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """A writing transaction: committed at the end of the block, rolled back by an exception."""
        with Transaction(self._writer, self.seals, self._memory) as db, db.begin():
            yield db
            db.end()

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """A transaction that sees one state of the database and changes nothing."""
        with Transaction(self._reader, self.seals, self._memory) as db, db.begin():
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


def alembic_config(url: str) -> Config:
    """Alembic's configuration for one database, without an ini file."""
    from alembic.config import Config  # noqa: PLC0415  slow to load, and needed by whoever migrates only

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = read_url(url)
    return config


def migrate(url: str) -> None:
    """Bring the tables to this version. Safe to run twice, and by two processes at once on PostgreSQL."""
    if revision(url) == newest():  # nearly always; alembic takes long to load and long to find nothing to do
        return
    from alembic import command  # noqa: PLC0415

    command.upgrade(alembic_config(url), "head")


def newest() -> str:
    """The version of the tables this program works with: migrations are one line, and their files are numbered."""
    return max(file.name.partition("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def revision(url: str) -> str | None:
    """The version of a database's tables; None where there is none, or where nobody can look."""
    place = read_url(url)
    if place.get_backend_name() == "sqlite" and not Path(place.database or "").is_file():
        return None
    engine = create_engine(place, poolclass=NullPool)
    try:
        with engine.connect() as connection:
            found: str | None = connection.execute(REVISION).scalar()
    except SQLAlchemyError:
        return None
    return found
