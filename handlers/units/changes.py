"""Renaming, ending and merging units: what may be changed from which day, and whom it concerns.

The union of 2025 was rebuilt from provinces and districts; a record keeps the unit of its day and counts under the tree
of today.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from handlers import actors, revisions
from handlers.actors import Actor
from handlers.acts import Needs, act
from handlers.errors import Refusal
from handlers.office import Office, local_day
from handlers.people import appointments
from handlers.text.readers import clean, fold
from storage import appointments as roles
from storage import feedback, unit_changes, units
from storage.database import Transaction
from storage.tables import State, Unit

NAME = range(3, 201)
"""Characters of a name."""
ENDED = (State.DECLINED, State.WITHDRAWN, feedback.State.SETTLED, feedback.State.WITHDRAWN)
"""What no officer has to deal with any more stays with the unit that dealt with it."""
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merger moved."""

    unit: Unit
    into: Unit
    members: int
    officers: int


@act(Needs.STAFF, audit="unit.rename", revision=True)
def rename(
    db: Transaction, actor: Actor, code: str, name: str, *, first: date, now: datetime, seen: int | None = None
) -> Unit:
    """A unit has another name from a day on, today at the latest. Raises Refusal."""
    unit = _own(db, code, actor, now, seen)
    wanted = clean(name)
    if len(wanted) not in NAME:
        raise Refusal("units.name_invalid", limit=NAME.stop - 1)
    _not_ahead(first, now)
    if wanted != unit.name:
        unit_changes.rename(db, unit, name=wanted, search=fold(wanted), first=first)
        actors.record(db, actor, "unit.rename", now=now, unit_id=unit.id)
    return unit


@act(Needs.STAFF, audit="unit.close", tells="whose roles end", revision=True)
def close(
    db: Transaction, office: Office, actor: Actor, code: str, *, last: date, now: datetime, seen: int | None = None
) -> Unit:
    """A unit ends with a day, today at the latest; the roles held for it end now. Raises Refusal."""
    unit = _own(db, code, actor, now, seen)
    assert unit.id is not None
    _not_ahead(last, now)
    if units.children(db, unit.id, last + DAY):
        raise Refusal("units.has_children", unit=unit.name)
    unit_changes.end(db, unit, last)
    _dismiss(db, office, unit, now)
    actors.record(db, actor, "unit.close", now=now, unit_id=unit.id)
    return unit


@act(Needs.STAFF, audit="unit.merge", tells="whose roles end", revision=True)
def merge(
    db: Transaction,
    office: Office,
    actor: Actor,
    code: str,
    into: str,
    *,
    first: date,
    now: datetime,
    seen: int | None = None,
) -> Merged:
    """From a day on, today at the latest, a unit goes on within another. Raises Refusal.

    Its members, the units below it and what waits there go along; the roles held for it end now.
    """
    unit, target = _own(db, code, actor, now, seen), _own(db, into, actor, now, None)
    assert unit.id is not None
    assert target.id is not None
    _not_ahead(first, now)
    if target.id in units.subtree_ids(db, unit.id):
        raise Refusal("units.merge_loop", unit=unit.name, into=target.name)
    if not units.is_valid(target, first):
        raise Refusal("units.ended", unit=target.name)
    officers = _dismiss(db, office, unit, now)
    moved = unit_changes.join(db, unit, target, last=first - DAY, ended=ENDED)
    details: dict[str, str | int | None] = {"into": target.code, "members": moved}
    actors.record(db, actor, "unit.merge", now=now, unit_id=unit.id, details=details)
    return Merged(unit, target, moved, officers)


class Names:
    """What units were called on the day of a record."""

    def __init__(self, db: Transaction) -> None:
        self._earlier = unit_changes.every_name(db)

    def on(self, code: str | None, name: str | None, day: date) -> str | None:
        """The name on a day of the unit that is called `name` now."""
        earlier = self._earlier.get(code or "", ())
        return next((once for until, once in earlier if day <= until), name)


def _dismiss(db: Transaction, office: Office, unit: Unit, now: datetime) -> int:
    """Every role for exactly this unit ends; how many people held one."""
    assert unit.id is not None
    held = [one.appointment for one in roles.in_subtree(db, unit.id, now) if one.unit.id == unit.id]
    appointments.revoke(db, office, held, now)
    roles.end_codes(db, unit.id, now)
    return len({row.member_id for row in held})


def _own(db: Transaction, code: str, actor: Actor, now: datetime, seen: int | None) -> Unit:
    unit = _unit(db, code)
    actors.require_running(db, actor, unit.id, now)
    revisions.hold(db, unit, seen, "units.changed", unit=unit.name)
    return unit


def _unit(db: Transaction, code: str) -> Unit:
    unit = units.by_code(db, code)
    if unit is None:
        raise Refusal("planning.no_unit", unit=code)
    return unit


def _not_ahead(day: date, now: datetime) -> None:
    """A change is entered on its day or after it: until then everything still goes to the old unit."""
    if day > local_day(now):
        raise Refusal("units.ahead", date=day)
