"""How many initiatives each unit is asked for by the level above, and how many its people have handed in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import CTE, and_, case, func, select
from sqlmodel import col

from storage.database import Transaction
from storage.submissions import ACCEPTED
from storage.tables import Selection, State, Submission, Target, Unit
from storage.units import below

_VALID = col(Submission.state).not_in((State.WITHDRAWN, State.DECLINED))
_RECOGNISED = func.sum(case((col(Submission.state).in_(ACCEPTED), 1), else_=0))


def put(
    db: Transaction,
    programme_id: int,
    counts: Mapping[int, int],
    *,
    set_by_unit_id: int,
    by_id: int | None,
    now: datetime,
) -> None:
    """Set the numbers of several units; the newest number of a unit holds."""
    for unit_id, count in sorted(counts.items()):
        row = db.get(Target, (programme_id, unit_id))
        if row is None:
            row = Target(programme_id=programme_id, unit_id=unit_id, count=0, set_by_unit_id=set_by_unit_id, at=now)
            db.add(row)
        row.count, row.set_by_unit_id, row.by_id, row.at = count, set_by_unit_id, by_id, now
    db.flush()


def of(db: Transaction, programme_id: int, unit_id: int) -> int | None:
    """The number one unit is asked for."""
    row = db.get(Target, (programme_id, unit_id))
    return row.count if row else None


def every(db: Transaction, programme_id: int) -> dict[int, int]:
    """The number of each unit that has one."""
    rows = select(col(Target.unit_id), col(Target.count)).where(col(Target.programme_id) == programme_id)
    return {row[0]: row[1] for row in db.execute(rows)}


def below_each(parent_id: int) -> CTE:
    """The units directly below one, each as `root` of the ids of itself and of everything under it."""
    unit = Unit.__table__.c  # type: ignore[attr-defined]
    start = select(unit.id.label("root"), unit.id.label("id")).where(unit.parent_id == parent_id)
    each: CTE = start.cte("each_below", recursive=True)
    return each.union(select(each.c.root, unit.id).join(each, unit.parent_id == each.c.id))


def handed_in_each(db: Transaction, programme_id: int, parent_id: int) -> dict[int, tuple[int, int]]:
    """The same as `handed_in` for every unit directly below one from which something came."""
    each = below_each(parent_id)
    own = func.coalesce(col(Submission.unit_id), col(Submission.receiver_id))
    rows = select(each.c.root, func.count(), _RECOGNISED).join(Submission, own == each.c.id)
    rows = rows.where(col(Submission.programme_id) == programme_id, _VALID).group_by(each.c.root)
    return {row[0]: (row[1], int(row[2] or 0)) for row in db.execute(rows)}


def sent_each(db: Transaction, programme_id: int, parent_id: int) -> dict[int, int]:
    """How many initiatives every unit directly below one, or a unit below it, sent up; each counted once."""
    each = below_each(parent_id)
    rows = select(each.c.root, func.count(func.distinct(col(Selection.submission_id))))
    rows = rows.join(Selection, col(Selection.unit_id) == each.c.id)
    sent = col(Selection.forwarding_id).is_not(None), col(Selection.programme_id) == programme_id
    return {row[0]: row[1] for row in db.execute(rows.where(*sent).group_by(each.c.root))}


def handed_in(db: Transaction, programme_id: int, unit_id: int) -> tuple[int, int]:
    """How many a unit and all below it handed in, and how many of these were recognised.

    What was withdrawn or not recognised does not count.
    """
    tree = select(below(unit_id).c.id)
    own = func.coalesce(col(Submission.unit_id), col(Submission.receiver_id)).in_(tree)
    rows = select(func.count(), _RECOGNISED).where(and_(col(Submission.programme_id) == programme_id, own, _VALID))
    total, good = db.execute(rows).one()
    return total, int(good or 0)
