"""The numbers of a programme's plan, shown as «18/20»: floors, planned caps that ask for a reason, caps that hold.

The numbers are data of the programme (seed 000 II.2.1, II.2.4, II.2.5); what counts against them are the choices of
units, or the award files that a unit and all below it sent. A level sets targets for the units below it («phân bổ số
lượng sáng kiến»).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from handlers.actors import Actor
from handlers.acts import act
from handlers.errors import Refusal
from handlers.initiatives import purview
from handlers.office import local_day
from handlers.text.readers import compact
from messages import phrases
from storage import audit, programmes, selections, targets, units
from storage.database import Transaction
from storage.tables import Kind, Programme, Purpose, Right, Unit

MOST = 100_000
"""A target above this is a slip of the finger."""


class Room(Enum):
    """Whether one more may be chosen."""

    FREE = "free"
    WARNED = "warned"
    """The planned number is reached: one more needs a reason."""
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Standing:
    """How one unit stands against one number of the plan."""

    title: str
    count: int
    planned: int
    soft: bool
    cap: bool
    purpose: Purpose
    on: date | None = None
    """The day of the award."""

    @property
    def room(self) -> Room:
        """Whether one more may be chosen: a planned number warns, a cap holds, a floor does neither."""
        if self.count < self.planned or not (self.soft or self.cap):
            return Room.FREE
        return Room.WARNED if self.soft else Room.FULL


def standings(db: Transaction, programme: Programme, unit: Unit) -> list[Standing]:
    """How a unit stands against every number that the plan sets for each unit of its level."""
    assert unit.id is not None
    found = []
    for row in programmes.quotas(programme):
        if row["by"] != unit.level or row["per"] != "unit":
            continue
        purpose = Purpose.SELECT if row["to"] else Purpose.AWARD
        if files := row.get("files"):
            count = selections.files_sent(db, programme.id, unit.id, files)
        else:
            count = selections.count(db, programme.id, unit.id, purpose)
        on = date.fromisoformat(row["on"]) if row["on"] else None
        cap = row["limit"] == "cap"
        found.append(Standing(row["title"], count, row["count"], row["soft"], cap, purpose, on))
    return found


def standing(db: Transaction, programme_id: int | None, unit_id: int, purpose: Purpose) -> Standing | None:
    """How a unit stands against the number for one purpose; None where the plan sets none."""
    programme = programmes.by_id(db, programme_id) if programme_id else None
    unit = units.by_id(db, unit_id)
    if programme is None or unit is None:
        return None
    return next((row for row in standings(db, programme, unit) if row.purpose is purpose), None)


def hold(db: Transaction, programme_id: int | None, unit_id: int) -> None:
    """Nobody else chooses for this unit and programme until the transaction ends: numbers are counted once."""
    db.lock([f"quota:{programme_id}:{unit_id}"])


def programmes_of(db: Transaction) -> list[Programme]:
    """The programmes that take initiatives and are not hidden, the latest first."""
    return [row for row in programmes.every(db) if row.kind == Kind.INITIATIVE and not row.hidden]


# --- targets ---


@dataclass(frozen=True, slots=True)
class Wish:
    """One unit's number as it was typed."""

    unit: Unit
    count: int


def read_targets(db: Transaction, unit_id: int, typed: str, now: datetime) -> tuple[list[Wish], list[str]]:
    """Numbers for the units directly below, one a line («GD51-01 5», «tất cả 3»); what was not understood.

    A later line holds against an earlier one, so that «tất cả 3» may be followed by exceptions.
    """
    known = {unit.code: unit for unit in units.children(db, unit_id, local_day(now))}
    wishes: dict[str, Wish] = {}
    unread = []
    for line in filter(None, (part.strip() for part in re.split(r"[\n;,]", typed))):
        found = re.fullmatch(r"(.+?)\s*[:=]?\s*(\d{1,6})", line)
        code, count = (found[1].strip().upper(), int(found[2])) if found else ("", 0)
        if code in known:
            wishes[code] = Wish(known[code], count)
        elif found and compact(found[1]) in map(compact, phrases.load("everyone")):
            wishes |= {each: Wish(unit, count) for each, unit in known.items()}
        else:
            unread.append(line)
    return list(wishes.values()), unread


def below(db: Transaction, actor: Actor, unit_id: int, now: datetime) -> list[Unit]:
    """The units directly below one, whose numbers the actor may set. Raises Refusal: not theirs, or there are none."""
    found = units.children(db, unit_id, local_day(now))
    if not found or Right.SELECT not in purview.desk_rights(db, actor, unit_id, now):
        raise Refusal("quota.not_yours")
    return found


@act(Right.SELECT, audit="target.set")
def allocate(
    db: Transaction, actor: Actor, programme_id: int, unit_id: int, wishes: Mapping[int, int], *, now: datetime
) -> int:
    """A level sets the numbers of units directly below it; their sum. Raises Refusal: not theirs, or no such number."""
    if not set(wishes) <= {unit.id for unit in below(db, actor, unit_id, now)}:
        raise Refusal("quota.not_yours")
    if any(not 0 <= count <= MOST for count in wishes.values()):
        raise Refusal("quota.too_many", limit=MOST)
    targets.put(db, programme_id, wishes, set_by_unit_id=unit_id, by_id=actor.member_id, now=now)
    total = sum(wishes.values())
    details = {"programme": programme_id, "units": len(wishes), "total": total}
    audit.record(db, actor_id=actor.member_id, action="target.set", unit_id=unit_id, now=now, details=details)
    return total
