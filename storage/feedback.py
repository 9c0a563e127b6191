"""Feedback: kept, found by its officers and by its author, moved on, forgotten.

Who wrote an anonymous item is known behind the key only: `author_of` opens the seal, `of_member` asks the blind index;
both lead to a pseudonym (storage/pseudonyms.py), and from there to the author until they are erased.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select, update
from sqlmodel import col

from storage import desks, pseudonyms
from storage.database import Transaction
from storage.pseudonyms import Author
from storage.tables import Feedback, FeedbackEvent, FeedbackTask, Member
from storage.units import below

BLIND = "feedback-author"
"""What the keyed digest of an author's pseudonym is made of, beside the pseudonym."""


class State(StrEnum):
    """Where an item stands (seed 000 II.2.2: explain what is ruled, petition for what is not, help together)."""

    SENT = "sent"
    EXPLAINED = "explained"
    PETITIONED = "petitioned"
    SUPPORTED = "supported"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    SETTLED = "settled"
    WITHDRAWN = "withdrawn"


WAITING = (State.SENT, State.REOPENED)
"""An answer is due."""
OPEN = (*WAITING, State.PETITIONED, State.SUPPORTED)
"""Officers still have something to do."""
FOLLOWED = (*OPEN, State.EXPLAINED, State.RESOLVED)
"""Not settled yet."""
ANSWERED = (State.EXPLAINED, State.PETITIONED, State.SUPPORTED, State.RESOLVED)
"""The author has heard from us."""


@dataclass(frozen=True, slots=True)
class Act:
    """One thing done with an item; `at` None where it is anonymous."""

    what: str
    day: date
    at: datetime | None
    by_author: bool = False
    actor_id: int | None = None
    unit_id: int | None = None
    text: str | None = None
    details: Mapping[str, str] = field(default_factory=dict)


def add(db: Transaction, item: Feedback, *, author_id: int, draft_id: str, act: Act) -> None:
    """Keep a new item. Of an anonymous one the author is sealed here, and nowhere named."""
    item.mark = db.seals.digest("feedback-draft", draft_id)
    if item.anonymous:
        name = pseudonyms.to_use(db, author_id)
        item.author, item.blind = db.seals.seal(name), db.seals.digest(BLIND, name)
    else:
        item.member_id = author_id
    db.add(item)
    db.flush()
    _note(db, item, act)


def by_code(db: Transaction, code: str) -> Feedback | None:
    """The item of a public code."""
    return db.get(Feedback, code)


def by_draft(db: Transaction, draft_id: str) -> Feedback | None:
    """The item a draft became."""
    marks = db.seals.digests("feedback-draft", draft_id)
    return db.scalars(select(Feedback).where(col(Feedback.mark).in_(marks))).one_or_none()


def of_member(db: Transaction, member_id: int, limit: int = 100) -> Sequence[Feedback]:
    """What a member wrote, newest day first; of what has no name only what was said under the current pseudonym."""
    blind = col(Feedback.blind).in_(_blinds(db, pseudonyms.of(db, member_id, current=True)))
    newest = select(Feedback).where(or_(col(Feedback.member_id) == member_id, blind))
    return db.scalars(newest.order_by(col(Feedback.day).desc(), col(Feedback.code)).limit(limit)).all()


def named_by(db: Transaction, member_id: int) -> Sequence[Feedback]:
    """What a member wrote under their name, in the order of the codes, which is none."""
    return db.scalars(select(Feedback).where(col(Feedback.member_id) == member_id).order_by(col(Feedback.code))).all()


def is_by(db: Transaction, item: Feedback, member_id: int) -> bool:
    """Whether a member wrote an item, under whatever pseudonym."""
    if not item.anonymous:
        return item.member_id == member_id
    return item.blind in _blinds(db, pseudonyms.of(db, member_id))


def author_of(db: Transaction, item: Feedback) -> Author | None:
    """Whom an answer goes to; None once they were erased. Raises WrongKey."""
    if not item.anonymous:
        return None if item.member_id is None else Author(item.member_id, current=True, address=None)
    return None if item.author is None else pseudonyms.author(db, str(db.seals.open(item.author)))


def change(db: Transaction, item: Feedback, act: Act, **facts: Any) -> bool:
    """Move an item on, if nobody changed it since it was read; whether it was changed."""
    changed = db.execute(
        update(Feedback)
        .where(col(Feedback.code) == item.code, col(Feedback.revision) == item.revision)
        .values(**facts, revision=item.revision + 1),
        execution_options={"synchronize_session": False},
    )
    if changed.rowcount == 0:  # type: ignore[attr-defined]
        return False
    db.refresh(item)
    _note(db, item, act)
    return True


def events(db: Transaction, code: str) -> Sequence[FeedbackEvent]:
    """What was done with an item, oldest first."""
    rows = select(FeedbackEvent).where(col(FeedbackEvent.code) == code)
    return db.scalars(rows.order_by(col(FeedbackEvent.number))).all()


def waiting(
    db: Transaction, unit_ids: Collection[int], codes: Collection[str], limit: int, now: datetime
) -> Sequence[Feedback]:
    """What officers still have to do at the desks of these units, and of these codes: flagged first, then what is due
    first.

    What is answered together with another item is not listed beside it.
    """
    flags = (col(Feedback.urgent), col(Feedback.impact), col(Feedback.wide))
    weight = sum((case((flag, 1), else_=0) for flag in flags[1:]), case((flags[0], 2), else_=0))
    answered = case((col(Feedback.state).in_(WAITING), 0), else_=1)
    rows = select(Feedback).where(_at_desks(unit_ids, codes, now), *_TO_DO)
    order = (answered, weight.desc(), col(Feedback.due_on), col(Feedback.code))
    return db.scalars(rows.order_by(*order).limit(limit)).all()


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much officers still have to do; a matter of many members counts once."""

    all: int = 0
    unanswered: int = 0
    flagged: int = 0
    late: int = 0
    """Without the first answer that was due before today."""


def climbed(db: Transaction, unit_ids: Collection[int]) -> Sequence[Feedback]:
    """What waits below these units, has a name, and may be read further up as it is late: its receipt said so."""
    late = col(Feedback.climbed) > 0, col(Feedback.climb_announced), ~col(Feedback.anonymous)
    rows = select(Feedback).where(_received_below(unit_ids), *late, *_TO_DO)
    return db.scalars(rows.order_by(col(Feedback.code))).all()


def count_waiting_at(
    db: Transaction, unit_ids: Collection[int], codes: Collection[str], now: datetime, today: date
) -> Waiting:
    """How much officers still have to do at the desks of these units, and of these codes."""
    return _count(db, _at_desks(unit_ids, codes, now), today)


def count_waiting(db: Transaction, unit_ids: Collection[int], today: date) -> Waiting:
    """How much officers still have to do in these subtrees."""
    return _count(db, _received_below(unit_ids), today)


def _count(db: Transaction, where: ColumnElement[bool], today: date) -> Waiting:
    unanswered = col(Feedback.state).in_(WAITING)
    flagged = or_(col(Feedback.urgent), col(Feedback.impact), col(Feedback.wide))
    late = and_(unanswered, col(Feedback.due_on) < today)
    sums = (func.coalesce(func.sum(case((which, 1), else_=0)), 0) for which in (unanswered, flagged, late))
    row = db.execute(select(func.count(), *sums).select_from(Feedback).where(where, *_TO_DO)).one()
    return Waiting(*map(int, row))


def late(db: Transaction, *, due_before: date) -> Sequence[Feedback]:
    """Items whose first answer was due before a day, in the order of their codes, which is none."""
    rows = select(Feedback).where(col(Feedback.state).in_(WAITING), col(Feedback.due_on) < due_before)
    return db.scalars(rows.where(col(Feedback.merged_into).is_(None)).order_by(col(Feedback.code))).all()


def to_publish(db: Transaction, unit_id: int) -> Sequence[Feedback]:
    """What members may be told of what was received in a subtree, in the order of the codes, which is none."""
    here = _received_below([unit_id]), col(Feedback.published_on).is_(None)
    worded = col(Feedback.public_words).is_not(None), col(Feedback.state) != State.WITHDRAWN
    return db.scalars(select(Feedback).where(*here, *worded).order_by(col(Feedback.code))).all()


def registered(db: Transaction, unit_id: int) -> int:
    """How many members who agree to the notice named a unit or one below it as theirs."""
    rows = select(func.count()).select_from(Member).where(col(Member.unit_id).in_(select(below(unit_id).c.id)))
    return db.scalar(rows.where(col(Member.consent_version).is_not(None))) or 0


def erase_member(db: Transaction, member_id: int) -> None:
    """Take every text and name out of what a member wrote under their name and was answered; code, state, days remain.

    What they wrote without a name stays as it is, to the byte: a change there would show whose it was. Nothing leads
    from it to anybody any more.
    """
    mine = col(Feedback.member_id) == member_id
    codes = select(col(Feedback.code)).where(mine)
    silent: dict[str, Any] = {"text": None, "details": {}}
    db.execute(update(FeedbackEvent).where(col(FeedbackEvent.code).in_(codes)).values(**silent))
    db.execute(update(FeedbackEvent).where(col(FeedbackEvent.actor_id) == member_id).values(actor_id=None))
    told: dict[str, Any] = {"who": None, "what": None}
    db.execute(update(FeedbackTask).where(col(FeedbackTask.code).in_(codes)).values(**told))
    own = ("full_name", "phone", "other_unit", "text", "public_words")
    emptied: dict[str, Any] = dict.fromkeys((*own, "channel", "group", "member_id"))
    db.execute(update(Feedback).where(mine).values(**emptied))
    pseudonyms.forget(db, member_id)
    db.expire_all()


def _blinds(db: Transaction, names: Collection[str]) -> list[str]:
    """The blind indexes of pseudonyms: an anonymous item keeps the one it was written with."""
    return [digest for name in names for digest in db.seals.digests(BLIND, name)]


_TO_DO = (col(Feedback.state).in_(OPEN), col(Feedback.merged_into).is_(None))


def _received_below(unit_ids: Collection[int]) -> ColumnElement[bool]:
    trees = (select(below(unit_id).c.id) for unit_id in unit_ids)
    return or_(False, *(col(Feedback.receiver_id).in_(tree) for tree in trees))


def _at_desks(unit_ids: Collection[int], codes: Collection[str], now: datetime) -> ColumnElement[bool]:
    trees = (select(desks.tree(unit_id, now, desks.OF_FEEDBACK).c.id) for unit_id in unit_ids)
    return or_(col(Feedback.code).in_(codes), *(col(Feedback.receiver_id).in_(tree) for tree in trees))


def _note(db: Transaction, item: Feedback, act: Act) -> None:
    so_far = select(func.count()).select_from(FeedbackEvent).where(col(FeedbackEvent.code) == item.code)
    db.add(
        FeedbackEvent(
            code=item.code,
            number=(db.scalar(so_far) or 0) + 1,
            what=act.what,
            state=item.state,
            by_author=act.by_author,
            actor_id=None if act.by_author else act.actor_id,
            unit_id=act.unit_id,
            text=act.text,
            details=dict(act.details),
            day=act.day,
            at=None if item.anonymous else act.at,
        )
    )
    db.flush()
