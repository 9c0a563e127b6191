"""Who answers for what units owe: the roles held there now, what these people were told of it, what they put off.

Facts only, read for many units at once: who of them is told something is decided in handlers/duties/audience.py.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from operator import attrgetter

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, exists, func, select
from sqlmodel import SQLModel, col

from storage import appointments, outbox
from storage.database import Transaction
from storage.duties import Matter
from storage.lists import among
from storage.tables import DutyDone, DutySnooze, Member, Right, Role, Sending, Unit
from storage.units import below, valid_on

UNKEPT = (Sending.EXPIRED, Sending.FAILED, Sending.CANCELLED)
"""What became of promises that reached nobody: they do not count as told."""

_office = SQLModel.metadata.tables["appointment"]


@dataclass(frozen=True, slots=True)
class Span:
    """Units in a row: those whose ids lie after one, up to another."""

    after: int
    to: int


@dataclass(frozen=True, slots=True)
class Holding:
    """A role that somebody holds now for a unit which has not done what it owes."""

    unit_id: int
    unit: str
    parent_id: int | None
    member_id: int
    name: str | None
    since: datetime
    is_officer: bool
    deputy: bool
    reports: bool
    """Whether it has to do with duties."""
    away: bool

    @property
    def rank(self) -> int:
        """Who comes first, as in `appointments.serving`: officers, those who stand in, staff, whoever is away."""
        if self.away:
            return 3
        if not self.is_officer:
            return 2
        return 1 if self.deputy else 0


@dataclass(frozen=True, slots=True)
class Heard:
    """Something that was promised to a member about a unit's duty."""

    member_id: int
    day: date
    at: datetime
    kept: bool
    """Whether it was sent or still may be."""


def next_span(db: Transaction, matter: Matter, after: int, size: int) -> tuple[Span, int]:
    """The next units of the duty's level, at most `size`; how many there are."""
    ahead = select(col(Unit.id)).where(*_of_level(matter), col(Unit.id) > after).order_by(col(Unit.id)).limit(size)
    found = ahead.subquery()
    last, number = db.connection().execute(select(func.max(found.c.id), func.count()).select_from(found)).one()
    return Span(after, last or after), number


def holdings(db: Transaction, matter: Matter, span: Span) -> list[Holding]:
    """Every role held for these units of the duty's level that have not done it, by unit and member."""
    return list(_holdings(db, matter, _within(_office.c.unit_id, span)))


def answering_of(db: Transaction, matter: Matter, unit_ids: Collection[int]) -> list[Holding]:
    """Who answers for these units, of those that have not done it."""
    return list(answering(_holdings(db, matter, among(db, _office.c.unit_id, unit_ids))))


def everybody(db: Transaction, matter: Matter) -> Iterator[Holding]:
    """Who answers now for the units that owe it and have not done it, whether or not they were told."""
    run_by = matter.programme.unit_id
    inside = [_office.c.unit_id.in_(select(below(run_by).c.id))] if run_by is not None else []
    return answering(_holdings(db, matter, *inside))


def answering(held: Iterable[Holding]) -> Iterator[Holding]:
    """Of roles sorted by unit those whose holders answer for it: of the best rank that somebody holds."""
    for _, of_unit in groupby((one for one in held if one.reports), attrgetter("unit_id")):
        ranked = list(of_unit)
        best = min(one.rank for one in ranked)
        yield from (one for one in ranked if one.rank == best)


def _holdings(db: Transaction, matter: Matter, *which: ColumnElement[bool]) -> Iterator[Holding]:
    done = exists().where(col(DutyDone.duty_id) == matter.duty_id, col(DutyDone.unit_id) == _office.c.unit_id)
    told = (
        select(
            _office.c.unit_id,
            col(Unit.name),
            col(Unit.parent_id),
            _office.c.member_id,
            col(Member.name),
            _office.c.since,
            _office.c.role == Role.OFFICER,
            _office.c.deputy,
            appointments.allows(Right.REPORT),
            appointments.away(matter.today, _office.c.member_id),
        )
        .join_from(_office, Unit, col(Unit.id) == _office.c.unit_id)
        .join(Member, col(Member.id) == _office.c.member_id)
        .where(*which, *_of_level(matter), appointments.holds(matter.now), ~done)
    )
    for row in db.execute(told.order_by(_office.c.unit_id, _office.c.member_id)):
        yield Holding(*row)


def heard(db: Transaction, matter: Matter, span: Span, since: date) -> dict[int, list[Heard]]:
    """What was promised about these units' duty on a day or later, by unit."""
    notices, rows = SQLModel.metadata.tables["duty_notice"], outbox.rows
    told = (
        select(notices.c.unit_id, notices.c.member_id, notices.c.day, notices.c.at, rows.c.state)
        .outerjoin_from(notices, rows, rows.c.once == notices.c.once)
        .where(notices.c.duty_id == matter.duty_id, _within(notices.c.unit_id, span), notices.c.day >= since)
    )
    found: dict[int, list[Heard]] = {}
    for unit_id, member_id, day, at, state in db.connection().execute(told):
        found.setdefault(unit_id, []).append(Heard(member_id, day, at, state not in UNKEPT))
    return found


def put_off(db: Transaction, matter: Matter, span: Span, since: date) -> dict[tuple[int, int], date]:
    """Who asked to be reminded again on a day that has come, not before `since`: by unit and member the day."""
    asked = select(col(DutySnooze.unit_id), col(DutySnooze.member_id), col(DutySnooze.until)).where(
        col(DutySnooze.duty_id) == matter.duty_id,
        _within(col(DutySnooze.unit_id), span),
        col(DutySnooze.until).between(since, matter.today),
    )
    return {(unit_id, member_id): until for unit_id, member_id, until in db.execute(asked)}


def _of_level(matter: Matter) -> tuple[ColumnElement[bool], ...]:
    return col(Unit.level) == matter.duty.by_level, valid_on(matter.today)


def _within(column: SQLColumnExpression[int], span: Span) -> ColumnElement[bool]:
    return and_(column > span.after, column <= span.to)
