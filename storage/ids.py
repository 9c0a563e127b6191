"""Ids for rows that are written later, together with others: known at once, so that other rows may refer to them."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import Connection, Table, text

_NEXT = text("SELECT nextval(pg_get_serial_sequence(quote_ident(:table), 'id')) FROM generate_series(1, :count)")


class Ids:
    """Those given out in one transaction. Some may never be used: a row can be taken back."""

    def __init__(self) -> None:
        self._last: defaultdict[Table, int] = defaultdict(int)
        self._ready: defaultdict[Table, list[int]] = defaultdict(list)
        self._asked: defaultdict[Table, int] = defaultdict(int)

    def next(self, connection: Connection, table: Table) -> int:
        """An id that no row of this table has, nor will get from anybody else."""
        if connection.dialect.name == "sqlite":
            return self._after_the_last(connection, table)
        return self._of_the_sequence(connection, table)

    def _after_the_last(self, connection: Connection, table: Table) -> int:
        """Nobody else writes to SQLite meanwhile; what was given out before may not be written yet."""
        last = connection.exec_driver_sql(f'SELECT max(id) FROM "{table.name}"').scalar() or 0  # noqa: S608
        self._last[table] = max(last, self._last[table]) + 1
        return self._last[table]

    def _of_the_sequence(self, connection: Connection, table: Table) -> int:
        """Asked for one, then for as many again as were given: a single record wastes none, many are few questions."""
        ready = self._ready[table]
        if not ready:
            count = self._asked[table] or 1
            found = connection.execute(_NEXT, {"table": table.name, "count": count}).scalars()
            ready.extend(sorted(found, reverse=True))
            self._asked[table] += count
        return ready.pop()
