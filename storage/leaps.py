"""Leaps: when the database's clock is set back, whatever it measures is set back with it.

A machine whose clock ran hours ahead, and is corrected, would otherwise keep every message, pause and lease waiting for
those hours. Forward leaps need nothing: what falls due earlier is harmless.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Table, bindparam, select
from sqlmodel import SQLModel

from storage import clock
from storage.database import Transaction
from storage.outbox import IS_READY, rows
from storage.tables import Priority

_tables = SQLModel.metadata.tables
MEASURED = {
    rows: ("retry_at", "aside_until", "lease_until"),
    _tables["budget"]: ("next_at", "halted_until", "slowed_at", "out_since", "probe_at", "trial_at", "back_at"),
    _tables["lane"]: ("next_at",),
    _tables["lease"]: ("until",),
}
"""What goes by the database's clock."""


SAID = [int(priority) for priority in Priority if priority.is_reply or priority is Priority.DANGER]
"""What is due when it is said, not on a day of the calendar."""


def follow(db: Transaction, *, at: datetime, by: timedelta) -> None:
    """The clock, which tells `at` now, was set back by so much.

    A reply that was due before is due now; what else is due goes by the calendar, and waits for it.
    """
    for table, columns in MEASURED.items():
        db.changing(table.name)
        for column in columns:
            _bring_nearer(db, table, column, at, by)
    now = at + clock.offset(db)
    was_due = (rows.c.due_at > now) & (rows.c.due_at <= now + by) & rows.c.priority.in_(SAID)
    db.connection().execute(rows.update().where(IS_READY, was_due).values(due_at=now))


def _bring_nearer(db: Transaction, table: Table, column: str, at: datetime, by: timedelta) -> None:
    keys = list(table.primary_key.columns)
    ahead = select(*keys, table.c[column]).where(table.c[column] > at)
    found = [tuple(row) for row in db.connection().execute(ahead)]
    if found:
        ours = [key == bindparam(f"key_{key.name}") for key in keys]
        names = [f"key_{key.name}" for key in keys]
        nearer = [{**dict(zip(names, row, strict=False)), "nearer": max(at, row[-1] - by)} for row in found]
        change = table.update().where(*ours).values({column: bindparam("nearer")})
        db.connection().execute(change, nearer)
