"""Databases of one PostgreSQL server, lent to a test and emptied after it: a new copy of a template is far dearer.

Only rows are taken out. Whoever changed anything else, or is still connected, has the database removed behind them.
Nothing here knows the product: what the template holds is what a lent database holds.
"""

from __future__ import annotations

import time
from typing import Any

import psycopg
from psycopg import sql

from tests import postgres

LARGE = 32 * 8192
"""Bytes of a table from which it is truncated instead: deleted rows keep their place, and their price."""
LEAVING_SECONDS = 0.5
"""A connection that was closed is gone a moment later."""
OTHERS = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)
TABLES = (
    "SELECT relname, pg_relation_size(oid) FROM pg_class"
    " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname"
)
CATALOGUES = (
    *("pg_attribute", "pg_attrdef", "pg_constraint", "pg_sequence", "pg_trigger", "pg_proc", "pg_namespace"),
    *("pg_rewrite", "pg_type"),
)
"""Where a change of the schema shows: by a row more or fewer, or by a younger one."""
SHAPE = " UNION ALL ".join(f"SELECT count(*), max(xmin::text::bigint) FROM {name}" for name in CATALOGUES)
ANEW = "SELECT setval(seqrelid::regclass, seqstart, false) FROM pg_sequence"
UNUSED = "SELECT bool_and(pg_sequence_last_value(seqrelid::regclass) IS NULL) FROM pg_sequence"
CONTENT = "SELECT string_agg(one::text, ';' ORDER BY one::text) FROM {} AS one"

Connection = psycopg.Connection[tuple[Any, ...]]


class Library:
    """Copies of one template, which nobody may be connected to."""

    def __init__(self, server: postgres.Server, template: str) -> None:
        self.server = server
        self.template = template
        self._waiting: list[str] = []
        with self._connected(template) as connection:
            names = [name for name, _ in connection.execute(TABLES)]
            self._kept = tuple(name for name in names if _content(connection, name) is not None)
            self._state = self._describe(connection)
            assert _one(connection, UNUSED), "a sequence of the template is in use: it cannot simply begin anew"

    def lend(self) -> str:
        """The name of a database just like the template."""
        return self._waiting.pop() if self._waiting else self.server.create(self.template)

    def take_back(self, name: str) -> None:
        """Make it like the template again, or remove it."""
        if self._emptied(name):
            self._waiting.append(name)
        else:
            self.server.drop(name)

    def close(self) -> None:
        """Remove what was not lent."""
        while self._waiting:
            self.server.drop(self._waiting.pop())

    def _emptied(self, name: str) -> bool:
        try:
            with self._connected(name) as connection:
                if not _alone(connection):
                    return False
                self._empty(connection)
                return self._describe(connection) == self._state
        except psycopg.Error:
            return False

    def _empty(self, connection: Connection) -> None:
        filled = [(name, size) for name, size in connection.execute(TABLES) if size and name not in self._kept]
        if large := [sql.Identifier(name) for name, size in filled if size > LARGE]:
            connection.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(", ").join(large)))
        small = [sql.Identifier(name) for name, size in filled if size <= LARGE]
        if small:  # in one statement, so that no row misses another on the way
            each = [sql.SQL("d{} AS (DELETE FROM {})").format(sql.SQL(str(i)), name) for i, name in enumerate(small)]
            connection.execute(sql.SQL("WITH {} SELECT").format(sql.SQL(", ").join(each)))
        connection.execute(ANEW)

    def _describe(self, connection: Connection) -> tuple[object, ...]:
        """What must be as in the template: the schema, and the rows that came with it."""
        return (*connection.execute(SHAPE), *(_content(connection, name) for name in self._kept))

    def _connected(self, name: str) -> Connection:
        return psycopg.connect(postgres.plain(self.server.address(name)), autocommit=True)


def _alone(connection: Connection) -> bool:
    deadline = time.monotonic() + LEAVING_SECONDS
    while _one(connection, OTHERS):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.002)
    return True


def _content(connection: Connection, table: str) -> str | None:
    """All rows of a table as one text; None where there is none."""
    found: str | None = connection.execute(sql.SQL(CONTENT).format(sql.Identifier(table))).fetchall()[0][0]
    return found


def _one(connection: Connection, question: str) -> Any:
    return connection.execute(question).fetchall()[0][0]
