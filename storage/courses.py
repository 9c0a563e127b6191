"""What officers have done with many items, read for a slice of an export at once. Read only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from storage.database import Transaction
from storage.tables import (
    Agreement,
    FeedbackTask,
    Forwarding,
    Purpose,
    Score,
    Selection,
    State,
    Submission,
    Transition,
    Unit,
)


@dataclass(frozen=True, slots=True)
class Step:
    """Something was done: what, when, and the name of the unit it was done by or came to."""

    what: str
    at: datetime
    unit: str | None


@dataclass(slots=True)
class Course:
    """The way of one initiative so far; lists by the time of what is in them."""

    received: Step | None = None
    decided: Step | None = None
    """Recognised or declined; the last word counts."""
    agreed_at: datetime | None = None
    score: float | None = None
    selected: list[Step] = field(default_factory=list)
    sent: list[Step] = field(default_factory=list)
    awarded: list[Step] = field(default_factory=list)


def of(db: Transaction, ids: Collection[int]) -> dict[int, Course]:
    """The ways of these initiatives."""
    found: dict[int, Course] = defaultdict(Course)
    _read_states(db, ids, found)
    _read_choices(db, ids, found)
    agreed = select(col(Agreement.submission_id), col(Agreement.at)).where(col(Agreement.submission_id).in_(ids))
    for number, at in db.execute(agreed):
        found[number].agreed_at = at
    scored = (
        select(col(Score.submission_id), func.avg(col(Score.total)))
        .join(Submission, col(Submission.id) == col(Score.submission_id))
        .where(col(Score.submission_id).in_(ids), col(Score.unit_id) == col(Submission.receiver_id))
        .group_by(col(Score.submission_id))
    )
    for number, average in db.execute(scored):
        found[number].score = float(average)
    return found


def _read_states(db: Transaction, ids: Collection[int], found: dict[int, Course]) -> None:
    states = (State.RECEIVED, State.RECOGNISED, State.DECLINED)
    query = (
        select(col(Transition.submission_id), col(Transition.to_state), col(Transition.at), col(Unit.name))
        .join(Unit, col(Unit.id) == col(Transition.unit_id), isouter=True)
        .where(col(Transition.submission_id).in_(ids), col(Transition.to_state).in_(states))
        .order_by(col(Transition.id))
    )
    for number, state, at, unit in db.execute(query):
        course, step = found[number], Step(state, at, unit)
        if state != State.RECEIVED:
            course.decided = step
        elif course.received is None:
            course.received = step


def _read_choices(db: Transaction, ids: Collection[int], found: dict[int, Course]) -> None:
    above = aliased(Unit)
    chosen = col(Selection.submission_id), col(Selection.purpose), col(Selection.at), col(Unit.name)
    query = (
        select(*chosen, col(Forwarding.at), col(above.name))
        .join(Unit, col(Unit.id) == col(Selection.unit_id))
        .join(Forwarding, col(Forwarding.id) == col(Selection.forwarding_id), isouter=True)
        .join(above, col(above.id) == col(Forwarding.to_unit_id), isouter=True)
        .where(col(Selection.submission_id).in_(ids))
        .order_by(col(Selection.at), col(Selection.unit_id))
    )
    for number, purpose, at, unit, sent_at, to in db.execute(query):
        course = found[number]
        (course.awarded if purpose == Purpose.AWARD else course.selected).append(Step(purpose, at, unit))
        if sent_at is not None:
            course.sent.append(Step("sent", sent_at, to))


def tasks(db: Transaction, codes: Collection[str]) -> dict[str, Sequence[FeedbackTask]]:
    """What was asked of whom about these items of feedback, in order."""
    found: dict[str, list[FeedbackTask]] = defaultdict(list)
    query = select(FeedbackTask).where(col(FeedbackTask.code).in_(codes))
    for task in db.scalars(query.order_by(col(FeedbackTask.code), col(FeedbackTask.number))):
        found[task.code].append(task)
    return {**found}
