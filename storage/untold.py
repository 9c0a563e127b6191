"""Who has not been told: rows of the outbox that wait for their person, counted, and what they are about."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Table, func, literal, select
from sqlmodel import SQLModel

from storage import lists
from storage.database import Transaction
from storage.outbox import IS_READY, rows

_initiatives = SQLModel.metadata.tables["submission"]
_feedback = SQLModel.metadata.tables["feedback"]
STATUS = "status"
"""The topic of what an author is told of an initiative; the key of such a row begins with it and the code."""
FEEDBACK = "feedback"
"""The same of feedback sent with a name; what has none leaves no key."""


@dataclass(frozen=True, slots=True)
class Pile:
    """Rows of one account that wait for one reason, and for how many days the oldest has."""

    account: str
    reason: str
    number: int
    days: int


@dataclass(frozen=True, slots=True)
class Untold:
    """An initiative or feedback whose author waits to be told."""

    code: str
    name: str | None
    phone: str | None
    reason: str
    since: datetime


def piles(db: Transaction, reasons: Collection[str], now: datetime) -> list[Pile]:
    """What waits for one of these reasons. The age is told in days: of an answer to feedback nothing finer may be."""
    by = (rows.c.account, rows.c.reason)
    query = select(*by, func.count(), func.min(rows.c.created_at)).where(IS_READY, rows.c.reason.in_(reasons))
    found = db.connection().execute(query.group_by(*by).order_by(*by))
    return [Pile(account, reason, number, (now - oldest).days) for account, reason, number, oldest in found]


def initiatives(db: Transaction, unit_ids: Collection[int], reasons: Collection[str], limit: int) -> list[Untold]:
    """Initiatives received by these units whose author waits to be told; who has waited longest first."""
    return _of(db, _initiatives, STATUS, unit_ids, reasons, limit)


def feedback(db: Transaction, unit_ids: Collection[int], reasons: Collection[str], limit: int) -> list[Untold]:
    """The same of feedback sent with a name."""
    return _of(db, _feedback, FEEDBACK, unit_ids, reasons, limit)


def _of(
    db: Transaction, records: Table, topic: str, unit_ids: Collection[int], reasons: Collection[str], limit: int
) -> list[Untold]:
    about = rows.c.once.like(literal(f"{topic}:") + records.c.code + literal(".%"))
    query = (
        select(records.c.code, records.c.full_name, records.c.phone, rows.c.reason, rows.c.created_at)
        .select_from(rows.join(records, (records.c.member_id == rows.c.member_id) & about))
        .where(IS_READY, rows.c.reason.in_(reasons), rows.c.topic == topic)
        .where(lists.among(db, records.c.receiver_id, unit_ids))
        .order_by(rows.c.created_at, rows.c.id)
        .limit(limit)
    )
    return [Untold(*row) for row in db.connection().execute(query)]
