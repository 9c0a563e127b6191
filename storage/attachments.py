"""What is to be fetched from a channel: promised in a turn, claimed by whoever carries the account, gone when done."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlmodel import col

from storage.database import Transaction
from storage.tables import Attachment

LEASE = timedelta(minutes=2)
"""How long one fetch may take before somebody else tries."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One fetch. `key` is the channel's own."""

    id: str
    account: str
    member_id: int
    purpose: str
    subject: str
    title: str
    key: str
    name: str
    attempts: int


def want(
    db: Transaction,
    *,
    number: str,
    account: str,
    member_id: int,
    purpose: str,
    subject: str,
    title: str,
    key: str,
    name: str,
    now: datetime,
) -> None:
    """Promise to fetch something."""
    row = Attachment(
        id=number,
        account=account,
        member_id=member_id,
        purpose=purpose,
        subject=subject,
        title=title,
        body=db.seals.seal([key, name]),
        retry_at=db.clock(),
        created_at=now,
    )
    db.add(row)
    db.flush()


def claim(db: Transaction, accounts: Collection[str], limit: int) -> list[Wanted]:
    """What these accounts' channels may fetch now; nobody else does so for the time of a lease."""
    at = db.clock()
    due = col(Attachment.account).in_(accounts), col(Attachment.retry_at) <= at
    some = db.scalars(select(Attachment).where(*due).order_by(col(Attachment.retry_at)).limit(limit)).all()
    return [wanted for row in some if (wanted := _claimed(db, row, at + LEASE)) is not None]


def _claimed(db: Transaction, row: Attachment, until: datetime) -> Wanted | None:
    mine = col(Attachment.id) == row.id, col(Attachment.attempts) == row.attempts
    count = db.execute(
        update(Attachment).where(*mine).values(attempts=row.attempts + 1, retry_at=until),
        execution_options={"synchronize_session": False},
    ).rowcount  # type: ignore[attr-defined]
    if not count:
        return None
    key, name = db.seals.open(row.body)
    facts = (row.id, row.account, row.member_id, row.purpose, row.subject, row.title)
    return Wanted(*facts, key=key, name=name, attempts=row.attempts + 1)


def later(db: Transaction, number: str, after: timedelta) -> None:
    """Try again after a while."""
    row = db.get(Attachment, number)
    if row is not None:
        row.retry_at = db.clock() + after


def forget(db: Transaction, before: datetime) -> int:
    """Drop what has waited since before a moment: nobody carries its account any more; how many."""
    gone = db.execute(delete(Attachment).where(col(Attachment.created_at) < before))
    return int(gone.rowcount)  # type: ignore[attr-defined]


def drop(db: Transaction, number: str) -> bool:
    """It is fetched, or given up; False when somebody else was quicker."""
    row = db.get(Attachment, number)
    if row is None:
        return False
    db.delete(row)
    db.flush()
    return True
