"""Records for exports, read in slices of one after another so that their number costs no memory.

Read only. What may be told of a record, and in which form, is decided in handlers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ScalarSelect, Select, func, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from storage.database import Transaction
from storage.tables import Feedback, Kind, Member, MemberAddress, Programme, Submission, Unit
from storage.units import below

SLICE = 1_000


@dataclass(frozen=True, slots=True)
class SubmissionRow:
    """A submission with the names of what it belongs to."""

    id: int
    code: str
    state: str
    sent_at: datetime
    updated_at: datetime
    channel: str | None
    programme_code: str | None
    programme: str | None
    unit_code: str | None
    unit: str | None
    other_unit: str | None
    receiver_code: str | None
    place: str | None
    group: str | None
    answers: dict[str, str]
    text: str | None
    note: str | None
    full_name: str | None
    phone: str | None
    receiver: str | None


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member who agrees to the notice today."""

    id: int
    created_at: datetime
    unit_code: str | None
    unit: str | None
    other_unit: str | None
    place: str | None
    group: str | None
    news: bool
    full_name: str | None
    phone: str | None
    accounts: str | None
    """With commas between them."""


@dataclass(frozen=True, slots=True)
class FeedbackRow:
    """An item of feedback with the names of what it belongs to; `sent_at` only where it has a name."""

    code: str
    state: str
    day: date
    sent_at: datetime | None
    anonymous: bool
    kind: str
    topic: str
    urgent: bool
    impact: bool
    wide: bool
    above: bool
    reopened: bool
    due_on: date
    answered_on: date | None
    satisfied: bool | None
    merged_into: str | None
    published_on: date | None
    channel: str | None
    programme_code: str | None
    programme: str | None
    unit_code: str | None
    unit: str | None
    other_unit: str | None
    receiver_code: str | None
    place: str | None
    group: str | None
    text: str | None
    full_name: str | None
    phone: str | None
    receiver: str | None
    escalated_on: date | None


def submissions(db: Transaction, kind: Kind, *, below_unit: int | None) -> Iterator[SubmissionRow]:
    """What was handed in, oldest first; `below_unit`: only from a unit and everything under it.

    A submission whose unit was named by hand counts as its receiver's.
    """
    receiver = aliased(Unit)
    query = (
        select(*_submission_columns(receiver))
        .join(Programme, col(Programme.id) == col(Submission.programme_id), isouter=True)
        .join(Unit, col(Unit.id) == col(Submission.unit_id), isouter=True)
        .join(receiver, col(receiver.id) == col(Submission.receiver_id), isouter=True)
        .where(col(Submission.kind) == kind)
    )
    if below_unit is not None:
        belongs_to = func.coalesce(col(Submission.unit_id), col(Submission.receiver_id))
        query = query.where(belongs_to.in_(select(below(below_unit).c.id)))
    for row in _sliced(db, query, col(Submission.id), start=0):
        yield SubmissionRow(*row)


def feedback(db: Transaction, *, below_unit: int | None) -> Iterator[FeedbackRow]:
    """Feedback in the order of its codes, which is none; `below_unit` as for submissions."""
    receiver = aliased(Unit)
    query = (
        select(*_feedback_columns(receiver))
        .join(Programme, col(Programme.id) == col(Feedback.programme_id), isouter=True)
        .join(Unit, col(Unit.id) == col(Feedback.unit_id), isouter=True)
        .join(receiver, col(receiver.id) == col(Feedback.receiver_id), isouter=True)
    )
    if below_unit is not None:
        belongs_to = func.coalesce(col(Feedback.unit_id), col(Feedback.receiver_id))
        query = query.where(belongs_to.in_(select(below(below_unit).c.id)))
    for row in _sliced(db, query, col(Feedback.code), start=""):
        yield FeedbackRow(*row)


def _feedback_columns(receiver: type[Unit]) -> list[Any]:
    head = (Feedback.code, Feedback.state, Feedback.day, Feedback.sent_at, Feedback.anonymous, Feedback.kind)
    flags = (Feedback.topic, Feedback.urgent, Feedback.impact, Feedback.wide, Feedback.above, Feedback.reopened)
    course = (Feedback.due_on, Feedback.answered_on, Feedback.satisfied, Feedback.merged_into, Feedback.published_on)
    origin = (Feedback.channel, Programme.code, Programme.name)
    where = (Unit.code, Unit.name, Feedback.other_unit, receiver.code, Feedback.place, Feedback.group)
    who = (Feedback.text, Feedback.full_name, Feedback.phone, receiver.name, Feedback.escalated_on)
    return [*head, *flags, *course, *origin, *where, *who]


def members(db: Transaction, *, below_unit: int | None) -> Iterator[MemberRow]:
    """Those who agree to the notice and are not erased, in the order of their coming."""
    head = (Member.id, Member.created_at, Unit.code, Unit.name, Member.other_unit, Member.place)
    rest = (Member.group, Member.news, Member.name, Member.phone)
    columns: list[Any] = [*head, *rest, _accounts()]
    query = select(*columns).join(Unit, col(Unit.id) == col(Member.unit_id), isouter=True)
    query = query.where(col(Member.erased_at).is_(None), col(Member.consent_version).is_not(None))
    if below_unit is not None:
        query = query.where(col(Member.unit_id).in_(select(below(below_unit).c.id)))
    for row in _sliced(db, query, col(Member.id), start=0):
        yield MemberRow(*row)


def _submission_columns(receiver: type[Unit]) -> list[Any]:
    head = (Submission.id, Submission.code, Submission.state, Submission.sent_at, Submission.updated_at)
    where = (Submission.channel, Programme.code, Programme.name, Unit.code, Unit.name, Submission.other_unit)
    what = (receiver.code, Submission.place, Submission.group, Submission.answers, Submission.text)
    return [*head, *where, *what, Submission.request, Submission.full_name, Submission.phone, receiver.name]


def _sliced(db: Transaction, query: Select[Any], key: Any, *, start: int | str) -> Iterator[Any]:
    """The rows in the order of a key that begins after `start`; each slice is a statement of its own."""
    last = start
    while True:
        rows = db.execute(query.where(key > last).order_by(key).limit(SLICE)).all()
        yield from rows
        if len(rows) < SLICE:
            return
        last = rows[-1][0]


def _accounts() -> ScalarSelect[Any]:
    """A member's accounts with commas between them."""
    names = func.aggregate_strings(col(MemberAddress.account), ",")
    return select(names).where(col(MemberAddress.member_id) == col(Member.id)).scalar_subquery()
