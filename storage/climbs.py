"""Late duties on their way up: what is late, on which rung, which units have not done it, who stands above them.

When a rung is due and what is said on it is decided in handlers/duties/climbing.py.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import exists, func, or_, select
from sqlmodel import col

from storage.database import Transaction
from storage.duties import Matter
from storage.tables import Duty, DutyClimb, DutyDone, Programme, Rung, Unit
from storage.units import below, valid_on


@dataclass(frozen=True, slots=True)
class Late:
    """A unit that has not done it."""

    unit_id: int
    name: str
    parent_id: int | None


def overdue(db: Transaction, earliest: datetime, *, today: date, now: datetime) -> list[Matter]:
    """The duties that are late, not those due before `earliest`, of every programme that is not hidden."""
    rows = select(Duty, Programme).join(Programme, col(Programme.id) == col(Duty.programme_id))
    wanted = (
        col(Programme.hidden).is_(False),
        or_(col(Duty.every).is_(None), col(Duty.every) != "day"),
        col(Duty.due_at) > earliest,
        col(Duty.due_at) <= now,
    )
    found = db.execute(rows.where(*wanted).order_by(col(Duty.due_at), col(Duty.id)))
    return [Matter(duty, programme, today, now) for duty, programme in found]


def upcoming(db: Transaction, *, before: datetime, today: date, now: datetime) -> list[Matter]:
    """The duties due until a moment, of every programme that is not hidden; none that recurs each day."""
    rows = select(Duty, Programme).join(Programme, col(Programme.id) == col(Duty.programme_id))
    wanted = (
        col(Programme.hidden).is_(False),
        or_(col(Duty.every).is_(None), col(Duty.every) != "day"),
        col(Duty.due_at) > now,
        col(Duty.due_at) < before,
    )
    found = db.execute(rows.where(*wanted).order_by(col(Duty.due_at), col(Duty.id)))
    return [Matter(duty, programme, today, now) for duty, programme in found]


def climb(db: Transaction, matter: Matter, rung: Rung) -> DutyClimb | None:
    """How far a rung was climbed for the date as it stands."""
    return db.get(DutyClimb, (matter.duty_id, rung.value, matter.duty.due_at))


def keep(db: Transaction, matter: Matter, rung: Rung, *, reached: int, done: bool) -> None:
    """A rung was climbed up to a unit, or to its end."""
    row = climb(db, matter, rung)
    if row is None:
        row = DutyClimb(duty_id=matter.duty_id, rung=rung, due_at=matter.duty.due_at, at=matter.now)
        db.add(row)
    row.reached, row.done, row.at = reached, done, matter.now
    db.flush()


def climbed(db: Transaction, due_after: datetime) -> set[tuple[int, str, datetime]]:
    """Duty, rung and date of everything that was climbed to its end, of duties due after a moment."""
    rows = select(col(DutyClimb.duty_id), col(DutyClimb.rung), col(DutyClimb.due_at))
    kept = rows.where(col(DutyClimb.done).is_(True), col(DutyClimb.due_at) > due_after)
    return {(duty_id, rung, due_at) for duty_id, rung, due_at in db.execute(kept)}


def late(
    db: Transaction, matter: Matter, *, under: int | None = None, after: int = 0, limit: int | None = None
) -> list[Late]:
    """The units that have not done it, by id; `under`: only below this unit."""
    owing = [col(Unit.level) == matter.duty.by_level, valid_on(matter.today), col(Unit.id) > after]
    for root in (matter.programme.unit_id, under):
        if root is not None:
            owing.append(col(Unit.id).in_(select(below(root).c.id)))
    done = exists().where(col(DutyDone.duty_id) == matter.duty_id, col(DutyDone.unit_id) == col(Unit.id))
    rows = select(col(Unit.id), col(Unit.name), col(Unit.parent_id)).where(*owing, ~done)
    return [Late(*row) for row in db.execute(rows.order_by(col(Unit.id)).limit(limit))]


def count(db: Transaction, matter: Matter, above: Collection[int]) -> tuple[int, int]:
    """Of the units that owe it below these (not they themselves), how many have not done it, and how many there are."""
    trees = [select(below(root).c.id) for root in above]
    if not trees:
        return 0, 0
    owing = [col(Unit.level) == matter.duty.by_level, valid_on(matter.today), col(Unit.id).not_in(above)]
    owing.append(or_(*(col(Unit.id).in_(tree) for tree in trees)))
    if matter.programme.unit_id is not None:
        owing.append(col(Unit.id).in_(select(below(matter.programme.unit_id).c.id)))
    done = exists().where(col(DutyDone.duty_id) == matter.duty_id, col(DutyDone.unit_id) == col(Unit.id))
    rows = select(func.count(), func.count().filter(~done)).select_from(Unit).where(*owing)
    every, late = db.execute(rows).one()
    return late, every
