"""Databases, transactions and the clock. How SQLite and PostgreSQL differ is known here, in `engines.py`, `sets.py`,
`lists.py` and `ids.py`.

One writer at a time per process: SQLite begins IMMEDIATE on its single writing connection, PostgreSQL serialises
what must be serial through locks taken in sorted order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, ScalarSelect, Table, event, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import SessionTransaction, make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session, SQLModel

from storage import engines, facts, sets
from storage.ids import Ids
from storage.seals import Seals
from storage.waiting import START, Mark, Waiting

LOCK = text("SELECT count(pg_advisory_xact_lock(key)) FROM unnest(CAST(:keys AS bigint[])) AS key")
TRY_LOCK = text("SELECT pg_try_advisory_xact_lock(:key)")
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
        self._waiting = Waiting()
        self._begun = START
        """What waits from there on is the running attempt's own."""
        self._put: list[SQLModel] = []
        """Records of the running attempt that the ORM knows."""
        self._unwritten = False
        """Whether rows of such records wait."""
        self._ids = Ids()
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
        self,
        table: Any,
        row: Mapping[str, Any],
        *,
        replaces: tuple[str, ...] = (),
        ignores: tuple[str, ...] = (),
        asked: bool = False,
    ) -> None:
        """Insert a row together with all others of its kind when the transaction ends.

        `replaces` names the unique columns on which an existing row is overwritten instead, `ignores` those on which
        an existing row stays and this one is dropped. `asked`: it is written before the ORM next asks, as by `put`.
        """
        self._waiting.written.append((sets.way(table.__table__, replaces, ignores), row))
        self._unwritten = self._unwritten or asked

    def put(self, record: SQLModel) -> None:
        """A new record. It has its id from now on; its row is written as by `write`, or before the ORM next asks and
        before another statement changes anything.
        """
        table: Table = record.__table__  # type: ignore[attr-defined]
        set_committed_value(record, "id", self._ids.next(self.connection(), table))
        self.write(record, {column.name: getattr(record, column.name) for column in table.columns})
        make_transient_to_detached(record)
        self.add(record)
        self._put.append(record)
        self._unwritten = True

    def change(self, record: SQLModel, values: Mapping[str, Any]) -> None:
        """Change a record that is held; its row is changed together with all others, or when that of `put` would be."""
        table: Table = record.__table__  # type: ignore[attr-defined]
        for name, value in values.items():
            set_committed_value(record, name, value)
        self._waiting.changed.append((table, {"id": record.id, **values}))  # type: ignore[attr-defined]
        self._put.append(record)
        self._unwritten = True

    def remove(self, table: Any, key: Any) -> None:
        """Delete the row of a key together with all others that go, before anything that waits is written."""
        self._waiting.leaving.append((table.__table__, key))

    def write_out(self) -> None:
        """Write the waiting rows: one statement per table and kind."""
        self.flush()
        self._send(START)

    def _send(self, mark: Mark) -> None:
        """Write what waits from a mark on."""
        self._unwritten = False
        rows = self._waiting.cut(mark)
        for table in rows.tables():
            self.changing(table)
        rows.write_to(self.connection())

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
        self.flush()
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
        if not self._is_clean():
            self.flush()
        undo, before = self._mark(), self._unwritten
        self._attempting, self._unwritten, self._begun = True, False, self._waiting.mark()
        try:
            yield
            if not self._is_clean():
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
            self._attempting, self._nested, self._begun = False, None, START
            self._unwritten = self._unwritten or before

    def _mark(self) -> Callable[[], None]:
        """What takes back the waiting rows and the records that came after this moment."""
        waiting, put = self._waiting.mark(), len(self._put)

        def undo() -> None:
            self._waiting.cut(waiting)
            for record in self._put[put:]:
                self._forget(record)
            del self._put[put:]

        return undo

    def _forget(self, record: SQLModel) -> None:
        """A record whose row was taken back; one that stood in the database before is read again when it is needed."""
        if record in self:
            self.expunge(record)

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        """Write what the ORM holds, after the rows of the records it has been told of."""
        if self._opening:
            return
        if self._unwritten:
            self._send(self._begun)
        if self._is_clean():
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
        if self._unwritten and not self._opening:
            self._send(self._begun)
        self._secure()
        if table in facts.TABLES:
            self._recall.changed = True

    def _token(self) -> Any:
        return self.connection().execute(TOKEN, {"key": facts.KEY}).scalar()

    def clock(self) -> datetime:
        """The database's own clock, to the millisecond, aware UTC: what leases, pace and retries are measured by."""
        return engines.moment(self.connection().execute(select(engines.CLOCKS[self.dialect])).scalar_one())

    def clock_and(self, value: ScalarSelect[Any]) -> tuple[datetime, Any]:
        """The clock and one value more, in one question."""
        if not self._is_clean():
            self.flush()
        told, found = self.connection().execute(select(engines.CLOCKS[self.dialect], value)).one()
        return engines.moment(told), found

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

    def __init__(self, url: str, seals: Seals, *, pool_size: int = 5) -> None:
        self.url = engines.read_url(url)
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
