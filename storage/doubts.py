"""Doubts: rows of which nobody can say whether they arrived, and rows that failed for good. Counts, never texts.

What a broadcast left in doubt is its own affair (`storage/broadcasts.py`); here are slogans and whatever else is
promised at most once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, or_, select

from storage.database import Transaction
from storage.outbox import IS_ERASED, rows
from storage.tables import Sending


@dataclass(frozen=True, slots=True)
class Failures:
    """Rows of one account and topic that ended undelivered for one reason, and when the last of them did."""

    account: str
    topic: str
    state: str
    reason: str
    number: int
    last: datetime


def send_again(db: Transaction, topic: str | None, *, now: datetime) -> int:
    """Let rows in doubt start once more, on somebody's word; how many.

    What was erased or has come too late stays as it is. Each goes through the last looks like any other.
    """
    in_doubt = and_(rows.c.state == Sending.UNKNOWN.value, rows.c.broadcast_id.is_(None), ~IS_ERASED, rows.c.chat != "")
    in_time = or_(rows.c.expires_at.is_(None), rows.c.expires_at > now)
    about = rows.c.topic == topic if topic is not None else in_doubt
    again = {"state": Sending.READY.value, "reason": "sent_again", "settled_at": None, "retry_at": None}
    return db.connection().execute(rows.update().where(in_doubt, in_time, about).values(again)).rowcount


def failures(db: Transaction, *, since: datetime) -> list[Failures]:
    """What ended unsent since a moment, by reason: expired, withdrawn. What failed is in `storage/failures.py`."""
    by = (rows.c.account, rows.c.topic, rows.c.state, func.coalesce(rows.c.reason, ""))
    ended = rows.c.state.in_([Sending.EXPIRED.value, Sending.CANCELLED.value])
    query = select(*by, func.count(), func.max(rows.c.settled_at)).where(ended, rows.c.settled_at >= since)
    return [Failures(*row) for row in db.connection().execute(query.group_by(*by).order_by(*by))]
