"""Which officer could call somebody back, and by when: named, with a role there, within reach, and not away."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from handlers.duties import workdays
from handlers.feedback import ways as feedback_ways
from handlers.office import Office, local_day
from handlers.reaching import reach, ways
from handlers.reaching.reach import What
from storage import appointments, members, units
from storage.database import Transaction
from storage.tables import Right, Role, Unit

PROMISED = timedelta(hours=1)
"""Of working time: within it somebody is to have called, and after it the call climbs."""


@dataclass(frozen=True, slots=True)
class Caller:
    """An officer who could call."""

    member_id: int
    name: str
    unit: Unit
    key: str = ""
    """`own` or `above`, where somebody may choose."""


def by_when(now: datetime) -> datetime:
    """The moment that is promised."""
    return workdays.after_work(now, PROMISED)


def offered(db: Transaction, office: Office, line: Iterable[Unit], now: datetime, *, but: int | None) -> list[Caller]:
    """Who could call somebody of a unit: one of its own officers, and one of the nearest level above that has any.

    `line`: the unit and all above it. `but`: whoever asks.
    """
    told = () if but is None else (but,)
    levels = list(line)
    found = {
        "own": nearest(db, office, levels[:1], now, but=told),
        "above": nearest(db, office, levels[1:], now, but=told),
    }
    return [replace(caller, key=key) for key, caller in found.items() if caller is not None]


def line_of(db: Transaction, unit_code: str | None, place: str | None, now: datetime) -> list[Unit]:
    """The unit and all above it; of an unknown one the top of its place, else the only top there is."""
    return feedback_ways.line(db, feedback_ways.own_unit(db, {"unit": unit_code}), {"place": place}, now)


def at(db: Transaction, office: Office, unit: Unit, now: datetime, *, but: Collection[int]) -> Caller | None:
    """An officer of exactly this unit."""
    assert unit.id is not None
    serving = appointments.serving(db, unit.id, Right.ANSWER, now=now, day=local_day(now))
    return _first(db, office, [*serving, *appointments.deputies(db, unit.id, now)], unit, now, but)


def nearest(
    db: Transaction, office: Office, line: Iterable[Unit], now: datetime, *, but: Collection[int]
) -> Caller | None:
    """An officer of the first of these units that has any."""
    found = (at(db, office, unit, now, but=but) for unit in line)
    return next((caller for caller in found if caller is not None), None)


def of_staff(db: Transaction, office: Office, unit_id: int, now: datetime, *, but: Collection[int]) -> Caller | None:
    """Somebody who runs the whole, the nearest first."""
    own = units.by_id(db, unit_id)
    for unit in [*([own] if own else []), *units.ancestors(db, unit_id)]:
        assert unit.id is not None
        running = members.holders(db, unit.id, (Role.STAFF, Role.ADMIN), now)
        if (caller := _first(db, office, running, unit, now, but)) is not None:
            return caller
    return None


def _first(
    db: Transaction, office: Office, member_ids: Collection[int], unit: Unit, now: datetime, but: Collection[int]
) -> Caller | None:
    absent = appointments.absent_on(db, member_ids, local_day(now))
    possible = [number for number in dict.fromkeys(member_ids) if number not in absent and number not in but]
    chosen = ways.choose(db, office, possible, What.OFFICER, now) if possible else {}
    for number in possible:
        way = chosen.get(number)
        member = members.by_id(db, number)
        if way is not None and isinstance(way[1], reach.Send) and member is not None and member.name:
            return Caller(number, member.name, unit)
    return None
