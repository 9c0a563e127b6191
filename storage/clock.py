"""The clock a person sees: the database's clock plus the demo's offset, which survives a restart.

Leases, pace and retries use `Transaction.clock` alone, never this one.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlmodel import col

from storage import settings
from storage.database import Transaction
from storage.tables import Setting

OFFSET = "clock.offset"
_AHEAD = select(col(Setting.value)).where(col(Setting.key) == OFFSET).scalar_subquery()


def offset(db: Transaction) -> timedelta:
    """How far the demo's clock runs ahead; zero in earnest."""
    return timedelta(seconds=settings.read(db, OFFSET, 0.0))


def now(db: Transaction) -> datetime:
    """The moment everything a person sees is judged by: due dates, expiry, quiet hours."""
    moment, ahead = db.clock_and(_AHEAD)
    return moment + timedelta(seconds=ahead or 0.0)


def move_to(db: Transaction, moment: datetime) -> None:
    """Let the clock stand at `moment` now. It only ever moves forward; an earlier moment changes nothing."""
    ahead = (moment - db.clock()).total_seconds()
    if ahead > offset(db).total_seconds():
        settings.write(db, OFFSET, ahead)
