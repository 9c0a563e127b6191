"""What lies on a unit's desk: initiatives received there, and those that units below sent up to it; whose desk
feedback is read at, by the right to answer it (handlers/feedback/readers.py).

A desk also covers the units below that nobody serves now, so that nothing lies where nobody looks; what lies with a
unit that has its own officers is not on the desk above until it is sent up. Who may do what is decided in handlers.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, and_, bindparam, exists, func, or_, select
from sqlmodel import col

from storage.appointments import OFFICE, allows, holds
from storage.database import Transaction
from storage.submissions import WAITING
from storage.tables import Forwarding, Right, Selection, State, Submission, Unit
from storage.units import ancestors

OF_INITIATIVES = frozenset({Right.RECEIVE, Right.APPRAISE, Right.SELECT, Right.FORWARD})
"""Whoever is trusted with none of these serves no desk: somebody who may only answer feedback sees no initiative."""
OF_FEEDBACK = frozenset({Right.ANSWER})


def _trusted(rights: frozenset[Right]) -> ColumnElement[bool]:
    return or_(*(allows(right) for right in sorted(rights)))


_TERMS = {
    rights: select(OFFICE.c.since, OFFICE.c.until).where(OFFICE.c.unit_id == bindparam("unit"), _trusted(rights))
    for rights in (OF_INITIATIVES, OF_FEEDBACK)
}
SEARCHED = 600
"""As many of a desk's initiatives, the newest first, a search goes through."""


def tree(unit_id: int, now: datetime, rights: frozenset[Right] = OF_INITIATIVES) -> CTE:
    """The ids of a unit and of everything under it down to units that have somebody of their own: one column `id`."""
    desk = select(col(Unit.id).label("id")).where(col(Unit.id) == unit_id).cte("desk", recursive=True)
    served = exists().where(OFFICE.c.unit_id == col(Unit.id), holds(now), _trusted(rights))
    return desk.union(select(col(Unit.id)).join(desk, col(Unit.parent_id) == desk.c.id).where(~served))


def of_unit(db: Transaction, unit_id: int, now: datetime, rights: frozenset[Right] = OF_INITIATIVES) -> int | None:
    """The unit at whose desk a unit's initiatives lie: itself or the nearest above that somebody serves."""
    chain = [unit_id, *(unit.id for unit in ancestors(db, unit_id) if unit.id is not None)]
    return next((unit for unit in chain if _is_served(db, unit, now, rights)), None)


def _is_served(db: Transaction, unit_id: int, now: datetime, rights: frozenset[Right]) -> bool:
    """As in `tree`, for one unit."""

    def look_up() -> tuple[tuple[datetime, datetime | None], ...]:
        return tuple((since, until) for since, until in db.connection().execute(_TERMS[rights], {"unit": unit_id}))

    terms = db.remembered(("desk", unit_id, rights), look_up)
    return any(since <= now and (until is None or until > now) for since, until in terms)


def received(db: Transaction, unit_id: int, now: datetime, limit: int) -> Sequence[Submission]:
    """What was handed in and waits for this desk, oldest first."""
    return db.scalars(_received(unit_id, now).order_by(col(Submission.sent_at), col(Submission.id)).limit(limit)).all()


def sent_up(db: Transaction, unit_id: int, now: datetime, limit: int) -> Sequence[Submission]:
    """What units below sent up and this desk has not looked at yet, what came first first."""
    order = (col(Forwarding.at), col(Submission.id))
    return db.scalars(_sent_up(_own(unit_id, now)).order_by(*order).limit(limit)).all()


def count(db: Transaction, unit_id: int, now: datetime) -> dict[str, int]:
    """How much waits, by state; what was sent up under `forwarded`."""
    waiting = _received(unit_id, now).with_only_columns(col(Submission.state), func.count())
    counts: dict[str, int] = {row[0]: row[1] for row in db.execute(waiting.group_by(col(Submission.state)))}
    above = db.scalar(_sent_up(_own(unit_id, now)).with_only_columns(func.count()))
    return {**counts, State.FORWARDED: above} if above else counts


def new(db: Transaction, unit_id: int, now: datetime) -> Sequence[Submission]:
    """What nobody has taken in yet, oldest first."""
    rows = _received(unit_id, now).where(col(Submission.state) == State.SENT)
    return db.scalars(rows.order_by(col(Submission.sent_at), col(Submission.id))).all()


def choosable(db: Transaction, unit_id: int, now: datetime, limit: int) -> Sequence[Submission]:
    """What this desk could send up: recognised here, or sent up to it, and not chosen yet; oldest first."""
    own = _own(unit_id, now)
    recognised = and_(
        col(Submission.receiver_id).in_(own), col(Submission.state).in_((State.RECOGNISED, State.AWARDED))
    )
    mine = exists().where(
        col(Selection.submission_id) == col(Submission.id),
        col(Selection.unit_id).in_(own),
        col(Selection.purpose) == "select",
    )
    from_below = col(Submission.id).in_(_sent_up(own).with_only_columns(col(Submission.id)))
    rows = select(Submission).where(or_(recognised, from_below), ~mine, col(Submission.text).is_not(None))
    return db.scalars(rows.order_by(col(Submission.sent_at), col(Submission.id)).limit(limit)).all()


def every(db: Transaction, unit_id: int, now: datetime, limit: int = SEARCHED) -> Sequence[Submission]:
    """Whatever was handed in to this desk or sent up to it, newest first."""
    own = _own(unit_id, now)
    arrived = (
        select(col(Selection.submission_id))
        .join(Forwarding, col(Forwarding.id) == col(Selection.forwarding_id))
        .where(col(Forwarding.to_unit_id).in_(own))
    )
    mine = or_(col(Submission.receiver_id).in_(own), col(Submission.id).in_(arrived))
    rows = select(Submission).where(mine, col(Submission.text).is_not(None))
    return db.scalars(rows.order_by(col(Submission.sent_at).desc(), col(Submission.id).desc()).limit(limit)).all()


def _received(unit_id: int, now: datetime) -> Select[Any]:
    on_desk = col(Submission.receiver_id).in_(_own(unit_id, now))
    return select(Submission).where(on_desk, col(Submission.state).in_(WAITING))


def _own(unit_id: int, now: datetime) -> Select[Any]:
    return select(tree(unit_id, now).c.id)


def _sent_up(own: Select[Any]) -> Select[Any]:
    return (
        select(Submission)
        .join(Selection, col(Selection.submission_id) == col(Submission.id))
        .join(Forwarding, col(Forwarding.id) == col(Selection.forwarding_id))
        .where(
            col(Forwarding.to_unit_id).in_(own),
            col(Submission.text).is_not(None),
            ~_looked_at(),
        )
    )


def _looked_at() -> ColumnElement[bool]:
    """Whether the unit it was sent to has chosen anything about it."""
    theirs = Selection.__table__.alias("theirs")  # type: ignore[attr-defined]
    choice: ColumnElement[bool] = exists().where(
        theirs.c.submission_id == col(Submission.id), theirs.c.unit_id == col(Forwarding.to_unit_id)
    )
    return choice
