"""How each kind of database is connected to: its pragmas, its limits, how it begins. Nothing is read or written here.

Every connection knows the transaction it serves (`TRANSACTION` in its `info`) and tells it before each change.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, create_engine, event, literal_column
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool, StaticPool

from storage.errors import BadUrl, NotUnicode

SQLITE_CONNECTION = {"check_same_thread": False, "isolation_level": None}
"""Threads are the writer's business, transactions ours."""
POSTGRES_SESSION = "-c lock_timeout=5s -c idle_in_transaction_session_timeout=15s -c timezone=UTC"
"""A frozen process must not hold a lock for long; a machine that only stalled for a breath keeps its transaction."""
SILENCE = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""A server that vanished without a word (its machine died, the network is cut) is given up after ten seconds: libpq's
terms, in seconds but for the last, which is in milliseconds. Without them the kernel waits for a quarter of an hour."""
LETTERS = {"client_encoding": "utf8"}
"""Asked for by name: a database without letters of its own (SQL_ASCII) would have us speak in bytes."""
TRANSACTION = "transaction"
"""Under this name a connection knows whose it is."""
CLOCKS: Mapping[str, ColumnElement[Any]] = {
    "sqlite": literal_column("strftime('%Y-%m-%dT%H:%M:%f', 'now')"),
    "postgresql": literal_column("clock_timestamp()"),
}
"""The database's own clock, to the millisecond; what it tells is read by `moment`."""


def moment(told: datetime | str) -> datetime:
    """SQLite tells the moment as text, without its zone."""
    if isinstance(told, str):
        return datetime.fromisoformat(told).replace(tzinfo=UTC)
    return told.astimezone(UTC)


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


def sqlite_writer(url: URL) -> Engine:
    """The one connection that writes."""
    engine = create_engine(url, poolclass=StaticPool, connect_args=SQLITE_CONNECTION, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_immediate)
    event.listen(engine, "before_execute", _before_statement)
    return engine


def sqlite_reader(url: URL) -> Engine:
    """Connections that see one state and change nothing."""
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


def unkept(url: URL) -> Engine:
    """Connections for whoever looks once, or migrates: each is closed at once."""
    if url.get_backend_name() == "sqlite":
        return create_engine(url, poolclass=NullPool)
    engine = create_engine(url, poolclass=NullPool, connect_args=LETTERS)
    event.listen(engine, "connect", _need_unicode)
    return engine


def postgres(url: URL, pool_size: int) -> Engine:
    """Options that the address itself names come last, and so hold against ours."""
    asked = url.query.get("options", "")
    named = asked if isinstance(asked, str) else " ".join(asked)
    engine = create_engine(
        url.difference_update_query(["options"]),
        pool_size=pool_size,
        max_overflow=0,
        pool_pre_ping=True,
        connect_args={**SILENCE, **LETTERS, "options": f"{POSTGRES_SESSION} {named}".strip()},
        hide_parameters=True,  # an error must not quote what a member wrote
    )
    event.listen(engine, "connect", _need_unicode)
    event.listen(engine, "before_execute", _before_statement)
    return engine


def _need_unicode(connection: Any, _record: object) -> None:
    """What a database that keeps other letters cannot store would be found out with a member's line."""
    letters = connection.info.parameter_status("server_encoding")
    if letters not in {"UTF8", None}:
        raise NotUnicode(letters)


def _before_statement(connection: Connection, statement: Any, *_: object) -> None:
    """Tell the transaction of every change, whether the ORM makes it or a plain statement."""
    if getattr(statement, "is_dml", False):
        connection.info[TRANSACTION].changing(statement.table.name)
