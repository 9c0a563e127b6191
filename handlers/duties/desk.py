"""What somebody who answers for units sees of their duties: what these owe, what is late below them, what hinders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from handlers.actors import Actor, NoRight
from handlers.duties import days as duty_dates
from handlers.office import local_day
from storage import climbs, duties, units
from storage.database import Transaction
from storage.duties import Matter
from storage.tables import DutyDone, DutyObstacle, Right, Unit

LISTED = 8


@dataclass(frozen=True, slots=True)
class Owing:
    """A duty, and a unit that owes it."""

    matter: Matter
    unit: Unit
    done: DutyDone | None
    """The mark that the unit has done it."""

    @property
    def unit_id(self) -> int:
        """The unit's id."""
        assert self.unit.id is not None
        return self.unit.id


@dataclass(frozen=True, slots=True)
class Late:
    """A duty that units below have not done in time: how many of how many."""

    title: str
    due_at: datetime
    late: int
    units: int


@dataclass(frozen=True, slots=True)
class Hindered:
    """What keeps units from one duty, each with the unit's name, the newest first."""

    title: str
    obstacles: tuple[tuple[DutyObstacle, str], ...]


def current(db: Transaction, now: datetime) -> list[Matter]:
    """Every duty that is due, ahead or not long past, the first to fall due first."""
    return duties.since(db, now - duty_dates.KEPT, today=local_day(now), now=now)


def find(db: Transaction, actor: Actor, duty_id: int, unit_id: int, now: datetime) -> Owing:
    """A unit's duty. Raises NoRight where there is none, and in the same words where it is not theirs to see."""
    matter = duties.matter(db, duty_id, today=local_day(now), now=now)
    unit = units.by_id(db, unit_id)
    is_theirs = actor.may(db, Right.REPORT, unit_id)
    if not is_theirs or matter is None or unit is None or not duties.is_owed_by(db, matter, unit):
        raise NoRight("officer.duty_not_yours")
    return Owing(matter, unit, duties.done(db, duty_id, unit_id))


def owing(db: Transaction, actor: Actor, now: datetime) -> list[Owing]:
    """What the units they answer for have not done yet, the most urgent first."""
    known = (units.by_id(db, unit_id) for unit_id in actor.units(Right.REPORT))
    own = [unit for unit in known if unit is not None]
    return [
        Owing(matter, unit, None)
        for matter in current(db, now)
        for unit in own
        if duties.is_owed_by(db, matter, unit) and duties.done(db, matter.duty_id, unit.id or 0) is None
    ]


def late_below(db: Transaction, actor: Actor, now: datetime) -> list[Late]:
    """What units below theirs have not done in time, the last to fall due."""
    own = actor.units(Right.REPORT)
    counted = ((matter, *climbs.count(db, matter, own)) for matter in _overdue(db, now))
    return [Late(matter.duty.title, matter.duty.due_at, late, all_) for matter, late, all_ in counted if late][-LISTED:]


def hindered_below(db: Transaction, actor: Actor, now: datetime) -> Iterator[Hindered]:
    """What units below theirs reported of the duties that are late."""
    own = actor.units(Right.REPORT)
    for matter in _overdue(db, now):
        yield _named(db, matter, duties.obstacles_below(db, matter.duty_id, own, LISTED))


def hindered(db: Transaction, about: Owing) -> Hindered:
    """What one unit reported of its duty."""
    return _named(db, about.matter, duties.obstacles(db, about.matter.duty_id, about.unit_id, LISTED))


def _overdue(db: Transaction, now: datetime) -> Sequence[Matter]:
    return climbs.overdue(db, now - duty_dates.KEPT, today=local_day(now), now=now)


def _named(db: Transaction, matter: Matter, found: Sequence[DutyObstacle]) -> Hindered:
    return Hindered(matter.duty.title, tuple((one, _unit_name(db, one.unit_id)) for one in found))


def _unit_name(db: Transaction, unit_id: int) -> str:
    unit = units.by_id(db, unit_id)
    return unit.name if unit else ""
