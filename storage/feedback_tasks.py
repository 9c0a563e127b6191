"""What was asked of whom about an item of feedback, by when, and whether it is done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, or_, select, update
from sqlmodel import col

from storage.database import Transaction
from storage.feedback import OPEN
from storage.tables import Feedback, FeedbackTask


def add(
    db: Transaction, code: str, *, kind: str, who: str, what: str | None, made_on: date, due_on: date | None
) -> None:
    """Keep one more."""
    last = db.scalar(select(func.max(col(FeedbackTask.number))).where(col(FeedbackTask.code) == code)) or 0
    db.add(FeedbackTask(code=code, number=last + 1, kind=kind, who=who, what=what, made_on=made_on, due_on=due_on))
    db.flush()


def of_item(db: Transaction, code: str) -> Sequence[FeedbackTask]:
    """All of an item, in the order in which they were made."""
    rows = select(FeedbackTask).where(col(FeedbackTask.code) == code).order_by(col(FeedbackTask.number))
    return db.scalars(rows.execution_options(populate_existing=True)).all()


def finish(db: Transaction, code: str, day: date, number: int | None = None) -> bool:
    """One of an item is done, or all that are open; whether any was open."""
    mine = col(FeedbackTask.code) == code, col(FeedbackTask.done_on).is_(None)
    done = update(FeedbackTask).where(*mine).values(done_on=day)
    if number is not None:
        done = done.where(col(FeedbackTask.number) == number)
    return bool(db.execute(done).rowcount)  # type: ignore[attr-defined]


def due(db: Transaction, *, before: date, reminded_until: date) -> list[tuple[FeedbackTask, Feedback]]:
    """Open ones that were promised before a day, unless officers were reminded after another, with their items."""
    asked = or_(col(FeedbackTask.reminded_on).is_(None), col(FeedbackTask.reminded_on) <= reminded_until)
    rows = (
        select(FeedbackTask, Feedback)
        .join(Feedback, col(Feedback.code) == col(FeedbackTask.code))
        .where(col(FeedbackTask.done_on).is_(None), col(FeedbackTask.due_on) < before, asked)
        .where(col(Feedback.state).in_(OPEN), col(Feedback.receiver_id).is_not(None))
        .order_by(col(FeedbackTask.due_on), col(FeedbackTask.code), col(FeedbackTask.number))
    )
    return [(task, item) for task, item in db.execute(rows)]


def claim(db: Transaction, task: FeedbackTask, day: date, *, reminded_until: date) -> bool:
    """Officers are reminded of it today; False when somebody else has just done so."""
    this = col(FeedbackTask.code) == task.code, col(FeedbackTask.number) == task.number
    asked = or_(col(FeedbackTask.reminded_on).is_(None), col(FeedbackTask.reminded_on) <= reminded_until)
    claimed = db.execute(update(FeedbackTask).where(*this, asked).values(reminded_on=day))
    return bool(claimed.rowcount)  # type: ignore[attr-defined]
