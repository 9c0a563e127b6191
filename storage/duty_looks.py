"""Looking for who owes what: duties whose time it is, and their units slice by slice, as far as the clock has come.

Facts only: what a look goes by, and when it is repeated, is decided in handlers/duties/rounds.py.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlmodel import SQLModel, col

from storage.database import Transaction
from storage.lists import among
from storage.tables import DutyLook, Submission, Unit
from storage.units import MAX_DEPTH

_duties, _programmes, _looks, _appointments, _units = (
    SQLModel.metadata.tables[name] for name in ("duty", "programme", "duty_look", "appointment", "unit")
)


@dataclass(frozen=True, slots=True)
class Look:
    """Where the look for one duty stands."""

    duty_id: int
    due_at: datetime
    moved_at: datetime | None
    facts: str | None
    looked_to: int
    done_at: datetime | None


def looks(db: Transaction, *, after: datetime, before: datetime, moved_after: datetime) -> list[Look]:
    """The duties due between two moments, and those whose date was changed lately; the first to fall due first."""
    near = or_(_duties.c.due_at < before, _duties.c.moved_at > moved_after)
    told = select(
        _duties.c.id, _duties.c.due_at, _duties.c.moved_at, _looks.c.facts, _looks.c.looked_to, _looks.c.done_at
    )
    shown = told.join_from(_duties, _programmes, _programmes.c.id == _duties.c.programme_id)
    kept = shown.outerjoin(_looks, _looks.c.duty_id == _duties.c.id)
    chosen = kept.where(_programmes.c.hidden.is_(False), _duties.c.due_at > after, near)
    rows = db.connection().execute(chosen.order_by(_duties.c.due_at, _duties.c.id))
    return [Look(row.id, row.due_at, row.moved_at, row.facts, row.looked_to or 0, row.done_at) for row in rows]


def newest_appointment(db: Transaction) -> int:
    """Grows with every new appointment."""
    return db.connection().execute(select(func.max(_appointments.c.id))).scalar_one() or 0


def keep(db: Transaction, duty_id: int, *, facts: str, looked_to: int, done_at: datetime | None) -> None:
    """Remember how far the look has come."""
    row = {"duty_id": duty_id, "facts": facts, "looked_to": looked_to, "done_at": done_at}
    db.write(DutyLook, row, replaces=("duty_id",))


def above(db: Transaction, unit_ids: Collection[int]) -> dict[int, list[Unit]]:
    """For each of these units itself and all above it, the nearest first."""
    known: dict[int, Unit] = {}
    wanted = set(unit_ids)
    for _ in range(MAX_DEPTH):
        if not wanted:
            break
        found = db.scalars(select(Unit).where(among(db, col(Unit.id), wanted)))
        known |= {unit.id: unit for unit in found if unit.id is not None}
        wanted = {unit.parent_id for unit in known.values() if unit.parent_id is not None} - known.keys()
    return {unit_id: list(_chain(known, unit_id)) for unit_id in unit_ids}


def _chain(known: Mapping[int, Unit], unit_id: int) -> Iterator[Unit]:
    unit = known.get(unit_id)
    for _ in range(MAX_DEPTH):
        if unit is None:
            return
        yield unit
        unit = known.get(unit.parent_id) if unit.parent_id is not None else None


def counts(db: Transaction, programme_id: int, unit_ids: Collection[int]) -> dict[int, dict[str, int]]:
    """For each unit how many submissions of its people and those below, or received there, are in each state."""
    owners = _owners(db, unit_ids)
    by = (col(Submission.unit_id), col(Submission.receiver_id), col(Submission.state))
    inside = or_(*(among(db, column, owners) for column in by[:2]))
    chosen = select(*by, func.count()).where(and_(col(Submission.programme_id) == programme_id, inside))
    found: dict[int, dict[str, int]] = {unit_id: {} for unit_id in unit_ids}
    for unit, receiver, state, number in db.connection().execute(chosen.group_by(*by)):
        for owner in owners.get(unit or 0, set()) | owners.get(receiver or 0, set()):
            found[owner][state] = found[owner].get(state, 0) + number
    return found


def _owners(db: Transaction, unit_ids: Collection[int]) -> dict[int, set[int]]:
    """Each of these units and all below, with those of them it belongs to."""
    owners = {unit_id: {unit_id} for unit_id in unit_ids}
    newest = set(unit_ids)
    for _ in range(MAX_DEPTH):
        below: set[int] = set()
        children = select(_units.c.id, _units.c.parent_id).where(among(db, _units.c.parent_id, newest))
        for child, parent in db.connection().execute(children):
            owners.setdefault(child, set()).update(owners[parent])
            below.add(child)
        if not below:
            break
        newest = below
    return owners
