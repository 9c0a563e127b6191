"""What came at night and is told to officers in the morning."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlmodel import col

from messages.types import Outbound
from storage.database import Transaction
from storage.tables import NightNotice


def keep(db: Transaction, member_id: int, about: str, message: Outbound, *, key: str, topic: str, forget: bool) -> None:
    """Keep a message for the morning; of one matter the first alone."""
    row = {
        "member_id": member_id,
        "about": about,
        "key": key,
        "topic": topic,
        "forget": forget,
        "body": db.seals.seal(message.to_json()),
    }
    db.write(NightNotice, row, ignores=("member_id", "about"))


def read(db: Transaction, row: NightNotice) -> Outbound:
    """The message itself. Raises WrongKey."""
    return Outbound.from_json(db.seals.open(row.body))


def waiting(db: Transaction, limit: int) -> Sequence[int]:
    """The members for whom something is kept, as many as that."""
    return db.scalars(
        select(col(NightNotice.member_id)).distinct().order_by(col(NightNotice.member_id)).limit(limit)
    ).all()


def of_member(db: Transaction, member_id: int) -> Sequence[NightNotice]:
    """Everything that is kept for a member."""
    mine = select(NightNotice).where(col(NightNotice.member_id) == member_id)
    return db.scalars(mine.order_by(col(NightNotice.about))).all()


def forget(db: Transaction, member_id: int) -> None:
    """Nothing is kept for a member any more."""
    db.execute(delete(NightNotice).where(col(NightNotice.member_id) == member_id))
