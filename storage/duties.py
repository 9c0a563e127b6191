"""What units owe by a date: who answers for it, what they were told, what is done, how far it is.

A duty is owed by every unit of its level below the unit that runs its programme. When somebody is written to is
decided in handlers/duties/acts.py; here stands only to whom, and what happened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, exists, func, or_, select
from sqlmodel import SQLModel, col

from storage import appointments
from storage.database import Transaction
from storage.submissions import ACCEPTED
from storage.tables import (
    Duty,
    DutyDone,
    DutyNotice,
    DutySnooze,
    Member,
    MemberAddress,
    Notice,
    Outbox,
    Programme,
    Right,
    Role,
    Sending,
    State,
    Submission,
    Unit,
)
from storage.units import below, valid_on

RANKS = 4
UNKEPT = (Sending.EXPIRED, Sending.FAILED, Sending.CANCELLED)
"""What became of promises that reached nobody: they do not count as told."""


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


_office = SQLModel.metadata.tables["appointment"]
_officer = _office.alias("officer")
_holder = _office.alias("holder")
_told = SQLModel.metadata.tables["duty_notice"].alias("told")
_unit, _member = _office.c.unit_id, _office.c.member_id


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


def addressees(db: Transaction, matter: Matter, limit: int | None = None) -> list[Owed]:
    """Who answers now for the units that have not done it, whether or not they were told."""
    owing = [col(Unit.level) == matter.duty.by_level, valid_on(matter.today)]
    if matter.programme.unit_id is not None:
        owing.append(_unit.in_(select(below(matter.programme.unit_id).c.id)))
    return _people(db, matter, *owing, limit=limit)


def unreminded(db: Transaction, matter: Matter, unit_ids: Sequence[int], day: date, at: datetime) -> list[Owed]:
    """Who was not told of the reminder of a planned day, which fell due at that moment.

    Somebody appointed since is told only if nobody of the unit was; nobody is where the one who was told has left.
    """
    gone = ~exists().where(
        appointments.holds(matter.now, _holder),
        _holder.c.member_id == _told.c.member_id,
        _holder.c.unit_id == _told.c.unit_id,
    )
    told = exists().where(
        _kept_since(matter, unit_ids, day), or_(_told.c.member_id == _member, _office.c.since > at, gone)
    )
    return _people(db, matter, _unit.in_(unit_ids), _nothing_today(matter, unit_ids), ~told)


def asking_again(db: Transaction, matter: Matter, unit_ids: Sequence[int], since: date) -> list[Owed]:
    """Who asked to be reminded again on a day that has come, not before `since`, and was not."""
    come = col(DutySnooze.duty_id) == matter.duty_id, col(DutySnooze.until).between(since, matter.today)
    if db.scalar(select(col(DutySnooze.unit_id)).where(*come).limit(1)) is None:
        return []
    put_off = exists().where(
        *come,
        col(DutySnooze.unit_id) == _unit,
        col(DutySnooze.member_id) == _member,
        ~exists().where(_kept_since(matter, unit_ids, col(DutySnooze.until)), _told.c.member_id == _member),
    )
    return _people(db, matter, _unit.in_(unit_ids), _nothing_today(matter, unit_ids), put_off)


def untold_of_move(db: Transaction, matter: Matter, unit_ids: Sequence[int]) -> list[Owed]:
    """Who answered for it already when its date was changed, and has heard nothing of it since."""
    moved = matter.duty.moved_at
    if moved is None:
        return []
    told = exists().where(_kept(matter, unit_ids), _told.c.member_id == _member, _told.c.at >= moved)
    return _people(db, matter, _unit.in_(unit_ids), _nothing_today(matter, unit_ids), _office.c.since <= moved, ~told)


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


def _people(db: Transaction, matter: Matter, *conditions: ColumnElement[bool], limit: int | None = None) -> list[Owed]:
    """Whoever holds the office of a unit that has not done it, and can be written to."""
    done = exists().where(col(DutyDone.duty_id) == matter.duty_id, col(DutyDone.unit_id) == _unit)
    rows = select(_unit, _member).join(Unit, col(Unit.id) == _unit).where(~done, *_answers(matter), *conditions)
    return [Owed(*row) for row in db.execute(rows.distinct().order_by(_unit, _member).limit(limit))]


def _answers(matter: Matter) -> tuple[ColumnElement[bool], ...]:
    """The unit's officers; who else where there are none is ranked as by `appointments.serving`.

    They agree to be written to, and can be.
    """
    ranks = [_rank(rank, matter, _office) for rank in range(RANKS)]
    held = appointments.holds(matter.now, _officer), _officer.c.unit_id == _unit
    filled = [exists().where(*held, _rank(rank, matter, _officer)) for rank in range(RANKS)]
    reachable = exists().where(
        col(MemberAddress.member_id) == _member,
        col(MemberAddress.unreachable_at).is_(None),
        col(Member.id) == _member,
        col(Member.consent_version).is_not(None),
    )
    chosen = or_(*(and_(ranks[rank], *(~better for better in filled[:rank])) for rank in range(RANKS)))
    return appointments.holds(matter.now, _office), chosen, reachable


def _rank(rank: int, matter: Matter, office: FromClause) -> ColumnElement[bool]:
    """Who belongs to a rank, the better ones before it left out by whoever asks."""
    is_officer, present = office.c.role == Role.OFFICER, ~appointments.away(matter.today, office.c.member_id)
    reports = appointments.allows(Right.REPORT, office)
    match rank:
        case 0:
            return and_(is_officer, reports, present, office.c.deputy.is_(False))
        case 1:
            return and_(is_officer, reports, present)
        case 2:
            return and_(reports, present)
        case _:
            return reports


def _nothing_today(matter: Matter, unit_ids: Sequence[int]) -> ColumnElement[bool]:
    """Not two on one day, whatever became of the first."""
    return ~exists().where(_of(matter, unit_ids), _told.c.member_id == _member, _told.c.day == matter.today)


def _kept_since(matter: Matter, unit_ids: Sequence[int], day: Any) -> ColumnElement[bool]:
    return and_(_kept(matter, unit_ids), _told.c.day >= day)


def _kept(matter: Matter, unit_ids: Sequence[int]) -> ColumnElement[bool]:
    """A notice about this unit's duty that was sent or still may be."""
    unkept = exists().where(col(Outbox.once) == _told.c.once, col(Outbox.state).in_(UNKEPT))
    return and_(_of(matter, unit_ids), ~unkept)


def _of(matter: Matter, unit_ids: Sequence[int]) -> ColumnElement[bool]:
    """The bounds say nothing new; without them PostgreSQL reads every notice of the duty for each slice of units."""
    bounds = _told.c.unit_id.between(min(unit_ids), max(unit_ids))
    return and_(_told.c.duty_id == matter.duty_id, bounds, _told.c.unit_id == _unit)
