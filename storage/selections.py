"""Which initiatives units chose, for what, and with which lists they sent them up. Facts; deciding is in handlers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update
from sqlmodel import col

from storage.database import Transaction
from storage.tables import AwardFile, Forwarding, Purpose, Selection, Submission
from storage.units import below


def of(db: Transaction, submission_id: int) -> Sequence[Selection]:
    """Every choice made about one initiative, the first first."""
    rows = select(Selection).where(col(Selection.submission_id) == submission_id)
    return db.scalars(rows.order_by(col(Selection.at), col(Selection.unit_id), col(Selection.purpose))).all()


def of_unit(db: Transaction, submission_id: int, unit_id: int, purpose: Purpose) -> Selection | None:
    """One unit's choice for one purpose."""
    return db.get(Selection, (submission_id, unit_id, purpose.value))


def add(
    db: Transaction,
    submission: Submission,
    unit_id: int,
    purpose: Purpose,
    *,
    by_id: int | None,
    reason: str | None,
    now: datetime,
) -> None:
    """A unit chooses; what it kept before is chosen now."""
    assert submission.id is not None
    kept = of_unit(db, submission.id, unit_id, Purpose.KEEP)
    if kept is not None:
        db.delete(kept)
    row = Selection(
        submission_id=submission.id,
        unit_id=unit_id,
        purpose=purpose.value,
        programme_id=submission.programme_id,
        at=now,
        by_id=by_id,
        reason=reason,
    )
    db.add(row)
    db.flush()


def drop(db: Transaction, submission_id: int, unit_id: int, purpose: Purpose) -> None:
    """A unit takes a choice back."""
    row = of_unit(db, submission_id, unit_id, purpose)
    if row is not None:
        db.delete(row)
        db.flush()


def count(db: Transaction, programme_id: int | None, unit_id: int, purpose: Purpose) -> int:
    """How many a unit chose for a purpose in a programme, sent up or not."""
    rows = select(func.count()).select_from(Selection).where(_in(programme_id), col(Selection.unit_id) == unit_id)
    return db.scalar(rows.where(col(Selection.purpose) == purpose)) or 0


def unsent(db: Transaction, unit_id: int) -> Sequence[Submission]:
    """What a unit chose to send up and has not sent, the first chosen first."""
    rows = (
        select(Submission)
        .join(Selection, col(Selection.submission_id) == col(Submission.id))
        .where(
            col(Selection.unit_id) == unit_id,
            col(Selection.purpose) == Purpose.SELECT,
            col(Selection.forwarding_id).is_(None),
        )
        .order_by(col(Selection.at), col(Submission.id))
    )
    return db.scalars(rows).all()


def forward(db: Transaction, forwarding: Forwarding, submission_ids: Collection[int]) -> int:
    """Send a unit's list up; the list's number."""
    db.add(forwarding)
    db.flush()
    assert forwarding.id is not None
    db.execute(
        update(Selection)
        .where(
            col(Selection.submission_id).in_(submission_ids),
            col(Selection.unit_id) == forwarding.unit_id,
            col(Selection.purpose) == Purpose.SELECT,
        )
        .values(forwarding_id=forwarding.id)
    )
    return forwarding.id


def forwarding(db: Transaction, number: int) -> Forwarding | None:
    """One list that was sent up."""
    return db.get(Forwarding, number)


def on_list(db: Transaction, number: int) -> Sequence[Submission]:
    """What stands on a list that was sent up, in the order of its codes."""
    rows = select(Submission).join(Selection, col(Selection.submission_id) == col(Submission.id))
    return db.scalars(rows.where(col(Selection.forwarding_id) == number).order_by(col(Submission.code))).all()


def lists_of(db: Transaction, unit_id: int, limit: int) -> Sequence[Forwarding]:
    """The lists a unit sent up, the newest first."""
    rows = select(Forwarding).where(col(Forwarding.unit_id) == unit_id)
    return db.scalars(rows.order_by(col(Forwarding.at).desc(), col(Forwarding.id).desc()).limit(limit)).all()


def receivers(db: Transaction, submission_id: int) -> list[int]:
    """The units to which an initiative was sent up, in that order."""
    rows = (
        select(col(Forwarding.to_unit_id))
        .join(Selection, col(Selection.forwarding_id) == col(Forwarding.id))
        .where(col(Selection.submission_id) == submission_id, col(Forwarding.to_unit_id).is_not(None))
        .order_by(col(Forwarding.at), col(Forwarding.id))
    )
    return [unit_id for unit_id in db.scalars(rows) if unit_id is not None]


def sent_from(db: Transaction, programme_id: int | None, unit_id: int) -> int:
    """How many initiatives exactly this unit sent up in a programme."""
    rows = select(func.count()).select_from(Selection)
    gone = col(Selection.forwarding_id).is_not(None), col(Selection.unit_id) == unit_id
    return db.scalar(rows.where(_in(programme_id), *gone)) or 0


def sent_by(db: Transaction, programme_id: int | None, unit_id: int) -> int:
    """How many different initiatives a unit and all below it sent up in a programme, each counted once."""
    rows = select(func.count(func.distinct(col(Selection.submission_id)))).where(
        _in(programme_id),
        col(Selection.forwarding_id).is_not(None),
        col(Selection.unit_id).in_(select(below(unit_id).c.id)),
    )
    return db.scalar(rows) or 0


def files_sent(db: Transaction, programme_id: int | None, unit_id: int, kind: str) -> int:
    """How many award files of a kind a unit and all below it sent in a programme."""
    rows = select(func.count()).select_from(AwardFile)
    mine = col(AwardFile.programme_id) == programme_id, col(AwardFile.unit_id).in_(select(below(unit_id).c.id))
    return db.scalar(rows.where(*mine, col(AwardFile.kind) == kind, col(AwardFile.state) == "sent")) or 0


def _in(programme_id: int | None) -> ColumnElement[bool]:
    column = col(Selection.programme_id)
    return column.is_(None) if programme_id is None else column == programme_id
