"""Rows that wait for somebody's word: held after a restore, looked at, let go or ended. The courier never sees them.

A held row keeps its place, its text and its `once`; nothing else is decided here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select, true

from storage import clock, outbox
from storage.database import Transaction
from storage.outbox import IS_READY, rows
from storage.tables import Sending

AFTER_RESTORE = "restored"
"""The reason of a row held by a restore."""
SHOWN = (Sending.HELD, Sending.UNKNOWN)
"""What somebody should look at."""


@dataclass(frozen=True, slots=True)
class Pile:
    """Rows of one account and topic in one state, and when the oldest should have gone."""

    account: str
    topic: str
    state: str
    number: int
    oldest: datetime


def hold_all(db: Transaction) -> int:
    """Hold every waiting row; how many."""
    held = {"state": Sending.HELD.value, "reason": AFTER_RESTORE, "retry_at": None, "aside_until": None}
    return db.connection().execute(rows.update().where(IS_READY).values(held)).rowcount


def piles(db: Transaction) -> list[Pile]:
    """What is held and what nobody knows the outcome of, without a word of what it says."""
    by = (rows.c.account, rows.c.topic, rows.c.state)
    query = select(*by, func.count(), func.min(rows.c.due_at)).where(rows.c.state.in_([one.value for one in SHOWN]))
    return [Pile(*row) for row in db.connection().execute(query.group_by(*by).order_by(*by))]


def release(db: Transaction, topic: str | None) -> int:
    """Let held rows go, in their old order; how many. What came too late meanwhile expires by itself."""
    return _end_hold(db, topic, {"state": Sending.READY.value, "reason": "released"})


def cancel(db: Transaction, topic: str | None) -> int:
    """End held rows for good; how many."""
    ended = _end_hold(
        db, topic, {"state": Sending.CANCELLED.value, "reason": AFTER_RESTORE, "settled_at": clock.now(db)}
    )
    outbox.drop_forgotten(db)
    return ended


def newest(db: Transaction) -> int:
    """The id of the newest row, 0 when there is none."""
    return db.connection().execute(select(func.max(rows.c.id))).scalar_one() or 0


def _end_hold(db: Transaction, topic: str | None, values: dict[str, object]) -> int:
    chosen = and_(rows.c.state == Sending.HELD.value, _about(topic))
    return db.connection().execute(rows.update().where(chosen).values(values)).rowcount


def _about(topic: str | None) -> ColumnElement[bool]:
    return true() if topic is None else rows.c.topic == topic
