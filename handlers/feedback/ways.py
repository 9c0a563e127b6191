"""Where feedback goes: to the officers of the unit or of the level above, and, without a name, never to a small unit.

A unit with fewer than k members would itself be an answer to «who wrote this?», so that neither its name nor its
officers appear; the nearest unit above that is large enough takes its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from handlers.office import local_day
from storage import appointments, feedback, settings, units
from storage.database import Transaction
from storage.tables import Feedback, Right, Unit

HIDDEN_AMONG = "feedback.hidden_among"
"""The setting k: how many members a unit must have to hide one of them."""
DEFAULT_K = 10


@dataclass(frozen=True, slots=True)
class Way:
    """The unit that readers see (None: named by hand, outside the tree) and the one whose officers answer."""

    unit: Unit | None
    receiver: Unit | None


def find(db: Transaction, answers: Mapping[str, Any], *, above: bool, anonymous: bool, now: datetime) -> Way | None:
    """The way of feedback from the place and unit in `answers`; None: it would show who wrote it."""
    own = own_unit(db, answers)
    levels = line(db, own, answers, now)
    if anonymous:
        levels = _from_the_first_large_one(db, levels)
        if not levels:
            return None
    shown = levels[0] if anonymous else own
    beyond = [unit for unit in levels if own is None or unit.id != own.id]
    asked = beyond if above and beyond else levels
    return Way(shown, _served(db, asked, now))


def own_unit(db: Transaction, answers: Mapping[str, Any]) -> Unit | None:
    """The unit in `answers`; None when it was named by hand."""
    code = answers.get("unit")
    return units.by_code(db, code) if code and code != "other" else None


def has_above(db: Transaction, answers: Mapping[str, Any]) -> bool:
    """Whether there is a level above the unit; one named by hand is looked after from above anyway."""
    own = own_unit(db, answers)
    return own is not None and own.parent_id is not None


def next_above(db: Transaction, unit_id: int, now: datetime) -> Unit | None:
    """The nearest unit above one that has an officer."""
    return next(iter(served_above(db, unit_id, now)), None)


def served_above(db: Transaction, unit_id: int, now: datetime) -> list[Unit]:
    """The units above one that have an officer for feedback, nearest first."""
    return [unit for unit in units.ancestors(db, unit_id) if _has_officer(db, unit, now)]


def levels_to(db: Transaction, item: Feedback, above: Unit, now: datetime) -> int:
    """How many levels an item passes that is handed to a unit above: so many fewer are left that it had climbed."""
    assert item.receiver_id is not None
    return 1 + [unit.id for unit in served_above(db, item.receiver_id, now)].index(above.id)


def hides(db: Transaction, unit: Unit) -> bool:
    """Whether a unit is large enough for one of its members to hide in."""
    return _size(db, unit) >= int(settings.read(db, HIDDEN_AMONG, DEFAULT_K))


def line(db: Transaction, own: Unit | None, answers: Mapping[str, Any], now: datetime) -> list[Unit]:
    """The unit and all above it; of one named by hand the top of its place, else the only top there is."""
    if own is not None:
        assert own.id is not None
        return [own, *units.ancestors(db, own.id)]
    tops = units.tops(db, local_day(now))
    place = answers.get("place")
    here = [unit for unit in tops if place in (unit.place, unit.code)]
    return here[:1] or (tops if len(tops) == 1 else [])


def _from_the_first_large_one(db: Transaction, levels: list[Unit]) -> list[Unit]:
    first = next((place for place, unit in enumerate(levels) if hides(db, unit)), len(levels))
    return levels[first:]


def _size(db: Transaction, unit: Unit) -> int:
    """The members a unit reports, else those registered here."""
    assert unit.id is not None
    return unit.members if unit.members is not None else feedback.registered(db, unit.id)


def _served(db: Transaction, levels: list[Unit], now: datetime) -> Unit | None:
    """The first with an officer; without any the first, where one appointed later will find it."""
    return next((unit for unit in levels if _has_officer(db, unit, now)), levels[0] if levels else None)


def _has_officer(db: Transaction, unit: Unit, now: datetime) -> bool:
    assert unit.id is not None
    return bool(appointments.serving(db, unit.id, Right.ANSWER, now=now, day=local_day(now)))
