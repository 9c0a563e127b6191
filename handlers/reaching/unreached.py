"""Officers whom no channel reaches now: listed by name and reason, for the level above and for staff."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from handlers.chat.context import Context
from handlers.office import Office
from handlers.reaching import ways
from handlers.reaching.reach import Reason
from messages.types import Say
from storage import appointments, units
from storage.database import Transaction
from storage.tables import Role

LISTED = 10


@dataclass(frozen=True, slots=True)
class Unreached:
    """One of them."""

    member_id: int
    name: str | None
    unit: str
    reason: Reason


def below(db: Transaction, office: Office, unit_id: int, now: datetime) -> list[Unreached]:
    """Those who hold a role for a unit or one below it; somebody with several roles once, by the first."""
    held = {row.appointment.member_id: row for row in reversed(appointments.in_subtree(db, unit_id, now))}
    lost = ways.out_of_reach(db, office, list(held), now)
    found = (Unreached(number, held[number].member.name, held[number].unit.name, why) for number, why in lost.items())
    return sorted(found, key=lambda one: (one.unit, one.name or "", one.member_id))


def say(db: Transaction, office: Office, unit_id: int, now: datetime) -> Say | None:
    """The same in words; None when everybody can be reached."""
    unit, lost = units.by_id(db, unit_id), below(db, office, unit_id, now)
    if unit is None or not lost:
        return None
    rows = [(one.name, one.unit, one.reason.value) for one in lost[:LISTED]]
    return Say("reach.unreached", {"unit": unit.name, "rows": rows, "more": max(0, len(lost) - LISTED)})


def counted(context: Context) -> list[Say]:
    """For the same, beside the duties: how many officers a reminder reaches now, and why not the others."""
    return [told for unit_id in _desks(context) if (told := _counted(context, unit_id)) is not None]


def for_desks(context: Context) -> list[Say]:
    """What somebody who looks after officers is told: one message for each of their units that has such officers."""
    told = (say(context.db, context.office, unit_id, context.now) for unit_id in _desks(context))
    return [each for each in told if each is not None]


def _desks(context: Context) -> list[int]:
    return sorted({row.unit_id for row in context.appointments if row.role in (Role.STAFF, Role.ADMIN)})


def _counted(context: Context, unit_id: int) -> Say | None:
    unit = units.by_id(context.db, unit_id)
    held = {row.appointment.member_id for row in appointments.in_subtree(context.db, unit_id, context.now)}
    lost = Counter(ways.out_of_reach(context.db, context.office, sorted(held), context.now).values())
    if unit is None or not lost:
        return None
    reasons = [(reason.value, count) for reason, count in sorted(lost.items(), key=lambda one: (-one[1], one[0]))]
    values = {"unit": unit.name, "reached": len(held) - lost.total(), "everybody": len(held), "reasons": reasons}
    return Say("reach.reminders", values)
