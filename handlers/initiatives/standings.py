"""How the units below one stand in a programme: handed in, recognised, sent up, against their targets (F10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from handlers.office import local_day
from storage import selections, targets, units
from storage.database import Transaction
from storage.tables import Programme, Unit


@dataclass(frozen=True, slots=True)
class Place:
    """One line of the table; counts are of the unit and all below it."""

    unit: Unit
    handed_in: int
    recognised: int
    sent: int
    target: int | None

    @property
    def share(self) -> float:
        """How much of the target was handed in; without a target, of one."""
        return self.handed_in / max(1, self.target or 1)


def league(db: Transaction, programme: Programme, unit: Unit, now: datetime) -> list[Place]:
    """The units directly below, those that sent most up first, then those nearest to their target."""
    assert unit.id is not None
    assert programme.id is not None
    wanted = targets.every(db, programme.id)
    handed_in = targets.handed_in_each(db, programme.id, unit.id)
    sent = targets.sent_each(db, programme.id, unit.id)
    places = [
        Place(child, *handed_in.get(child.id, (0, 0)), sent.get(child.id, 0), wanted.get(child.id))
        for child in units.children(db, unit.id, local_day(now))
        if child.id is not None
    ]
    return sorted(places, key=lambda place: (-place.sent, -place.share, -place.handed_in, place.unit.code))


def of(db: Transaction, programme: Programme, unit: Unit, target: int | None) -> Place:
    """One unit's line."""
    assert unit.id is not None
    assert programme.id is not None
    handed_in, recognised = targets.handed_in(db, programme.id, unit.id)
    return Place(unit, handed_in, recognised, selections.sent_by(db, programme.id, unit.id), target)


def silent(places: list[Place]) -> list[Unit]:
    """Who has sent nothing up."""
    return [place.unit for place in places if not place.sent]
