"""Officers whom no channel reaches now: listed by name and reason, for the level above and for staff."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from handlers.actors import Actor
from handlers.office import Office
from handlers.reaching import ways
from handlers.reaching.reach import Reason
from storage import appointments, units
from storage.database import Transaction
from storage.tables import Unit


@dataclass(frozen=True, slots=True)
class Unreached:
    """One of them."""

    member_id: int
    name: str | None
    unit: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Lost:
    """Of a unit and those below it, the officers out of reach; there are some."""

    unit: str
    officers: tuple[Unreached, ...]


@dataclass(frozen=True, slots=True)
class Counted:
    """Of the officers of a unit and those below it: how many can be reached, and how often each reason why not."""

    unit: str
    reached: int
    everybody: int
    reasons: tuple[tuple[Reason, int], ...]
    """The most frequent first."""


def below(db: Transaction, office: Office, unit_id: int, now: datetime) -> list[Unreached]:
    """Those who hold a role for a unit or one below it; somebody with several roles once, by the first."""
    held = {row.appointment.member_id: row for row in reversed(appointments.in_subtree(db, unit_id, now))}
    lost = ways.out_of_reach(db, office, list(held), now)
    found = (Unreached(number, held[number].member.name, held[number].unit.name, why) for number, why in lost.items())
    return sorted(found, key=lambda one: (one.unit, one.name or "", one.member_id))


def lost_of_desks(db: Transaction, office: Office, actor: Actor, now: datetime) -> list[Lost]:
    """For somebody who looks after officers: those out of reach, by each of their units that has any."""
    found = ((unit, below(db, office, unit_id, now)) for unit_id, unit in _desks(db, actor))
    return [Lost(unit.name, tuple(lost)) for unit, lost in found if lost]


def counted_of_desks(db: Transaction, office: Office, actor: Actor, now: datetime) -> list[Counted]:
    """For the same: how many officers a reminder reaches now, and why not the others, where there are others."""
    found = (_counted(db, office, unit_id, unit, now) for unit_id, unit in _desks(db, actor))
    return [one for one in found if one.reasons]


def _desks(db: Transaction, actor: Actor) -> Iterator[tuple[int, Unit]]:
    for unit_id in actor.desks():
        if (unit := units.by_id(db, unit_id)) is not None:
            yield unit_id, unit


def _counted(db: Transaction, office: Office, unit_id: int, unit: Unit, now: datetime) -> Counted:
    held = {row.appointment.member_id for row in appointments.in_subtree(db, unit_id, now)}
    lost = Counter(ways.out_of_reach(db, office, sorted(held), now).values())
    reasons = sorted(lost.items(), key=lambda one: (-one[1], one[0]))
    return Counted(unit.name, len(held) - lost.total(), len(held), tuple(reasons))
