"""Who of a unit's officers deals with which initiative; the employer's agreement; the sentences they use again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlmodel import col

from storage.database import Transaction
from storage.tables import Agreement, Assignment, CannedAnswer


def assign(
    db: Transaction, submission_id: int, unit_id: int, member_id: int, *, by_id: int | None, now: datetime
) -> None:
    """An officer of the unit deals with it from now on, and nobody else of that unit."""
    row = db.get(Assignment, (submission_id, unit_id))
    if row is None:
        row = Assignment(submission_id=submission_id, unit_id=unit_id, member_id=member_id, at=now)
        db.add(row)
    row.member_id, row.by_id, row.at = member_id, by_id, now
    db.flush()


def assigned(db: Transaction, submission_id: int, unit_id: int) -> int | None:
    """Who deals with it at a unit; None: whoever comes first."""
    row = db.get(Assignment, (submission_id, unit_id))
    return row.member_id if row else None


def of_member(db: Transaction, member_id: int) -> list[int]:
    """The units at which a member deals with initiatives of their own."""
    units = select(col(Assignment.unit_id)).where(col(Assignment.member_id) == member_id).distinct()
    return sorted(db.scalars(units))


def free(db: Transaction, member_id: int, unit_id: int) -> int:
    """What a member dealt with at a unit is anybody's again; how many initiatives."""
    theirs = col(Assignment.member_id) == member_id, col(Assignment.unit_id) == unit_id
    return int(db.execute(delete(Assignment).where(*theirs)).rowcount)  # type: ignore[attr-defined]


def among(db: Transaction, submission_ids: Collection[int]) -> dict[tuple[int, int], int]:
    """Who deals with these, by initiative and unit."""
    rows = select(Assignment).where(col(Assignment.submission_id).in_(submission_ids))
    return {(row.submission_id, row.unit_id): row.member_id for row in db.scalars(rows)}


def agree(db: Transaction, submission_id: int, unit_id: int, *, by_id: int | None, now: datetime) -> None:
    """Note the employer's agreement; the first note stays."""
    if db.get(Agreement, submission_id) is None:
        db.add(Agreement(submission_id=submission_id, unit_id=unit_id, by_id=by_id, at=now))
        db.flush()


def agreed_at(db: Transaction, submission_id: int) -> datetime | None:
    """When the employer's agreement was noted."""
    row = db.get(Agreement, submission_id)
    return row.at if row else None


def add_answer(db: Transaction, answer: CannedAnswer) -> int:
    """Keep a sentence for later; its number."""
    db.add(answer)
    db.flush()
    assert answer.id is not None
    return answer.id


def answers(db: Transaction, unit_ids: Collection[int], use: str | None = None) -> Sequence[CannedAnswer]:
    """The sentences of these units, by title."""
    rows = select(CannedAnswer).where(col(CannedAnswer.unit_id).in_(unit_ids), col(CannedAnswer.dropped_at).is_(None))
    if use is not None:
        rows = rows.where(col(CannedAnswer.use) == use)
    return db.scalars(rows.order_by(col(CannedAnswer.title), col(CannedAnswer.id))).all()


def answer(db: Transaction, number: int) -> CannedAnswer | None:
    """One sentence that is still offered."""
    row = db.get(CannedAnswer, number)
    return row if row is not None and row.dropped_at is None else None
