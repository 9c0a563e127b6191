"""The answers that units keep for themselves and all below, to be given again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlmodel import col

from storage.database import Transaction
from storage.tables import LibraryAnswer


def add(db: Transaction, answer: LibraryAnswer) -> None:
    """Keep a new one."""
    db.add(answer)
    db.flush()


def of_units(db: Transaction, unit_ids: Collection[int]) -> Sequence[LibraryAnswer]:
    """What these units keep, the newest first."""
    kept = col(LibraryAnswer.unit_id).in_(unit_ids), col(LibraryAnswer.dropped_at).is_(None)
    return db.scalars(select(LibraryAnswer).where(*kept).order_by(col(LibraryAnswer.id).desc())).all()


def by_id(db: Transaction, number: int) -> LibraryAnswer | None:
    """One of them, while it is kept."""
    found = db.get(LibraryAnswer, number)
    return found if found is not None and found.dropped_at is None else None


def drop(answer: LibraryAnswer, now: datetime) -> None:
    """It is given no more; what was answered with it stays as it was said."""
    answer.dropped_at = now
