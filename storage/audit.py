"""The record of what was done, by whom, to what: rows are added here and never changed nor removed.

Never a name, a phone number or a member's text: `subject` is a code, `details` are counts, codes and dates.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlmodel import col

from storage.database import Transaction
from storage.tables import Audit

Detail = str | int | None


def record(
    db: Transaction,
    *,
    action: str,
    actor_id: int | None,
    now: datetime,
    unit_id: int | None = None,
    subject: str | None = None,
    details: Mapping[str, Detail] | None = None,
) -> None:
    """Add one entry. `actor_id` None is the command line or the product itself."""
    row = {
        "at": now,
        "actor_id": actor_id,
        "action": action,
        "unit_id": unit_id,
        "subject": subject,
        "details": dict(details or {}),
    }
    db.write(Audit, row, asked=True)


def happened(db: Transaction, action: str) -> bool:
    """Whether this was ever done."""
    return db.scalar(select(col(Audit.id)).where(col(Audit.action) == action).limit(1)) is not None


def latest(db: Transaction, action: str) -> datetime | None:
    """When this was done last."""
    query = select(col(Audit.at)).where(col(Audit.action) == action).order_by(col(Audit.at).desc())
    return db.scalar(query.limit(1))
