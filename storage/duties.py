"""What units owe by a date: what of it was said to whom, what is done, what was put off, how far it is.

A duty is owed by every unit of its level below the unit that runs its programme. Who answers for it stands in
storage/addressees.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlmodel import col

from storage.database import Transaction
from storage.submissions import ACCEPTED
from storage.tables import (
    Duty,
    DutyDone,
    DutyNotice,
    DutyObstacle,
    DutySnooze,
    Notice,
    Programme,
    State,
    Submission,
    Unit,
)
from storage.units import below


@dataclass(frozen=True, slots=True)
class Matter:
    """A duty of a programme, looked at on a day, at a moment."""

    duty: Duty
    programme: Programme
    today: date
    now: datetime

    @property
    def duty_id(self) -> int:
        """The duty's id."""
        assert self.duty.id is not None
        return self.duty.id


@dataclass(frozen=True, slots=True, order=True)
class Owed:
    """What one unit owes, and a member who answers for it."""

    unit_id: int
    member_id: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a unit and all below it are in a programme; what was withdrawn does not count."""

    received: int
    appraised: int
    selected: int
    """Chosen for the level above or a reward, here or higher."""


def since(db: Transaction, earliest: datetime, *, today: date, now: datetime) -> list[Matter]:
    """The duties of every programme that is not hidden, the first to fall due first; not those due before."""
    rows = select(Duty, Programme).join(Programme, col(Programme.id) == col(Duty.programme_id))
    shown = rows.where(col(Programme.hidden).is_(False), col(Duty.due_at) > earliest)
    return [
        Matter(duty, programme, today, now)
        for duty, programme in db.execute(shown.order_by(col(Duty.due_at), col(Duty.id)))
    ]


def matter(db: Transaction, duty_id: int, *, today: date, now: datetime) -> Matter | None:
    """One duty."""
    duty = db.get(Duty, duty_id)
    programme = db.get(Programme, duty.programme_id) if duty else None
    return Matter(duty, programme, today, now) if duty and programme else None


def note(db: Transaction, matter: Matter, owed: Owed, *, kind: Notice, once: str) -> None:
    """Somebody was promised something today."""
    row = {"duty_id": matter.duty_id, "unit_id": owed.unit_id, "member_id": owed.member_id, "day": matter.today}
    ignored = tuple(row)
    db.write(DutyNotice, {**row, "kind": kind, "at": matter.now, "once": once}, ignores=ignored)


def notices(db: Transaction, duty_id: int, unit_id: int, day: date) -> Sequence[DutyNotice]:
    """What was promised on a day about one unit's duty."""
    wanted = col(DutyNotice.duty_id) == duty_id, col(DutyNotice.unit_id) == unit_id, col(DutyNotice.day) == day
    return db.scalars(select(DutyNotice).where(*wanted)).all()


def latest_notices(db: Transaction, limit: int) -> list[tuple[DutyNotice, str, str]]:
    """The last notices, newest first, each with the unit's name and the duty's title."""
    named = select(DutyNotice, col(Unit.name), col(Duty.title)).join(Unit, col(Unit.id) == col(DutyNotice.unit_id))
    rows = named.join(Duty, col(Duty.id) == col(DutyNotice.duty_id)).order_by(col(DutyNotice.at).desc()).limit(limit)
    return [(row, unit, title) for row, unit, title in db.execute(rows)]


def snooze(db: Transaction, duty_id: int, owed: Owed, until: date) -> None:
    """Somebody wants to be reminded again on a day."""
    row = {"duty_id": duty_id, "unit_id": owed.unit_id, "member_id": owed.member_id}
    db.write(DutySnooze, {**row, "until": until}, replaces=tuple(row))


def snoozed_until(db: Transaction, duty_id: int) -> list[date]:
    """The days to which somebody put a duty off, the first first."""
    rows = select(col(DutySnooze.until)).where(col(DutySnooze.duty_id) == duty_id)
    return list(db.scalars(rows.distinct().order_by(col(DutySnooze.until))))


def done(db: Transaction, duty_id: int, unit_id: int) -> DutyDone | None:
    """The mark that a unit has done it."""
    return db.get(DutyDone, (duty_id, unit_id))


def mark_done(db: Transaction, duty_id: int, owed: Owed, now: datetime) -> DutyDone:
    """A unit has done it."""
    mark = DutyDone(duty_id=duty_id, unit_id=owed.unit_id, at=now, member_id=owed.member_id)
    db.add(mark)
    db.flush()
    return mark


def forget_done(db: Transaction, mark: DutyDone) -> None:
    """A unit has not done it after all."""
    db.delete(mark)
    db.flush()


def report_obstacle(db: Transaction, duty_id: int, owed: Owed, text: str, now: datetime) -> None:
    """Keep what keeps a unit from doing it."""
    db.add(DutyObstacle(duty_id=duty_id, unit_id=owed.unit_id, member_id=owed.member_id, at=now, text=text))
    db.flush()


def obstacles(db: Transaction, duty_id: int, unit_id: int, limit: int) -> list[DutyObstacle]:
    """What one unit reported of a duty, the newest first."""
    return _obstacles(db, duty_id, col(DutyObstacle.unit_id) == unit_id, limit)


def obstacles_below(db: Transaction, duty_id: int, roots: Sequence[int], limit: int) -> list[DutyObstacle]:
    """What units below these (not they themselves) reported of a duty they have not done yet, the newest first."""
    done = exists().where(col(DutyDone.duty_id) == duty_id, col(DutyDone.unit_id) == col(DutyObstacle.unit_id))
    trees = or_(*(col(DutyObstacle.unit_id).in_(select(below(root).c.id)) for root in roots))
    return _obstacles(db, duty_id, and_(trees, col(DutyObstacle.unit_id).not_in(roots), ~done), limit)


def _obstacles(db: Transaction, duty_id: int, among: ColumnElement[bool], limit: int) -> list[DutyObstacle]:
    rows = select(DutyObstacle).where(col(DutyObstacle.duty_id) == duty_id, among)
    return list(db.scalars(rows.order_by(col(DutyObstacle.id).desc()).limit(limit)))


def is_owed_by(db: Transaction, matter: Matter, unit: Unit) -> bool:
    """Whether a unit owes it."""
    if unit.level != matter.duty.by_level:
        return False
    run_by = matter.programme.unit_id
    return run_by is None or unit.id in set(db.scalars(select(below(run_by).c.id)))


def progress(db: Transaction, programme_id: int, unit_id: int) -> Progress:
    """How far a unit is: what was handed in by its people and those below, or received there."""
    tree = select(below(unit_id).c.id)
    rows = select(col(Submission.state), func.count()).where(
        col(Submission.programme_id) == programme_id,
        or_(col(Submission.unit_id).in_(tree), col(Submission.receiver_id).in_(tree)),
    )
    return summed({row[0]: row[1] for row in db.execute(rows.group_by(col(Submission.state)))})


def summed(count: Mapping[str, int]) -> Progress:
    """What so many submissions in each state mean."""
    return Progress(
        received=sum(number for state, number in count.items() if state != State.WITHDRAWN),
        appraised=sum(count.get(state, 0) for state in (*ACCEPTED, State.DECLINED)),
        selected=sum(count.get(state, 0) for state in ACCEPTED if state != State.RECOGNISED),
    )
