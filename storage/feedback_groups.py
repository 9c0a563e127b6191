"""The same matter from many members: one item leads and is answered, the others follow it.

An item that follows another has no followers of its own. Whoever wrote one never learns of the others.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select, update
from sqlmodel import col

from storage import feedback
from storage.database import Transaction
from storage.feedback import WAITING, Act
from storage.tables import Feedback, FeedbackTask


def followers(db: Transaction, code: str) -> Sequence[Feedback]:
    """The items that are answered with one."""
    return db.scalars(select(Feedback).where(col(Feedback.merged_into) == code).order_by(col(Feedback.code))).all()


def candidates(db: Transaction, item: Feedback, limit: int) -> Sequence[Feedback]:
    """Other items that wait for their answer at the same unit and follow none, in the order of their codes."""
    here = (
        col(Feedback.receiver_id) == item.receiver_id,
        col(Feedback.state).in_(WAITING),
        col(Feedback.merged_into).is_(None),
        col(Feedback.code) != item.code,
        col(Feedback.text).is_not(None),
    )
    return db.scalars(select(Feedback).where(*here).order_by(col(Feedback.code)).limit(limit)).all()


def join(db: Transaction, leader: Feedback, item: Feedback, act: Act) -> bool:
    """Let an item, and what followed it, follow another; False when somebody changed it since it was read."""
    if not feedback.change(db, item, act, merged_into=leader.code):
        return False
    _follow(db, item.code, leader.code)
    return True


def hand_on(db: Transaction, leader: Feedback) -> Feedback | None:
    """Another item leads from now on, with all that was asked of others; None when nothing followed."""
    behind = followers(db, leader.code)
    if not behind:
        return None
    heir = behind[0]
    heir.merged_into = None
    db.flush()
    _follow(db, leader.code, heir.code)
    taken = db.scalar(select(func.max(col(FeedbackTask.number))).where(col(FeedbackTask.code) == heir.code)) or 0
    theirs = update(FeedbackTask).where(col(FeedbackTask.code) == leader.code)
    db.execute(theirs.values(code=heir.code, number=col(FeedbackTask.number) + taken))
    db.expire_all()
    return heir


def _follow(db: Transaction, before: str, now: str) -> None:
    """Whatever followed one item follows another."""
    moved = update(Feedback).where(col(Feedback.merged_into) == before).values(merged_into=now)
    db.execute(moved, execution_options={"synchronize_session": False})
    db.expire_all()
