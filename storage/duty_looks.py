"""Looking for who owes what: duties whose time it is, and their units slice by slice, as far as the clock has come.

Facts only: what a look goes by, and when it is repeated, is decided in handlers/duties/rounds.py.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy import and_, func, or_, select
from sqlmodel import SQLModel, col

from storage.database import Transaction
from storage.duties import Matter
from storage.tables import DutyLook, Member, Submission, Unit
from storage.units import MAX_DEPTH, valid_on

_duties, _programmes, _looks, _appointments = (
    SQLModel.metadata.tables[name] for name in ("duty", "programme", "duty_look", "appointment")
)
CHUNK = 5000
"""Values in one list of a statement; SQLite takes 32,766."""


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


def owing(db: Transaction, matter: Matter, after: int, size: int) -> tuple[list[int], int | None]:
    """Of the next units of the duty's level those that owe it, and the last one looked at; None: that was all."""
    level = col(Unit.level) == matter.duty.by_level, valid_on(matter.today), col(Unit.id) > after
    ahead = db.scalars(select(col(Unit.id)).where(*level).order_by(col(Unit.id)).limit(size))
    found = [unit_id for unit_id in ahead if unit_id is not None]
    last = found[-1] if len(found) == size else None
    run_by = matter.programme.unit_id
    if run_by is None:
        return found, last
    known = lineage(db, found)
    return [unit_id for unit_id in found if any(unit.id == run_by for unit in above(known, unit_id))], last


def lineage(db: Transaction, unit_ids: Collection[int]) -> dict[int, Unit]:
    """These units and all above them, by id."""
    known: dict[int, Unit] = {}
    wanted = set(unit_ids)
    for _ in range(MAX_DEPTH):
        if not wanted:
            break
        for some in _chunks(wanted):
            known |= {unit.id: unit for unit in db.scalars(select(Unit).where(col(Unit.id).in_(some))) if unit.id}
        wanted = {unit.parent_id for unit in known.values() if unit.parent_id is not None} - known.keys()
    return known


def above(known: dict[int, Unit], unit_id: int) -> list[Unit]:
    """A unit and all above it, the nearest first, of what `lineage` found."""
    chain: list[Unit] = []
    unit = known.get(unit_id)
    while unit is not None and len(chain) < MAX_DEPTH:
        chain.append(unit)
        unit = known.get(unit.parent_id) if unit.parent_id is not None else None
    return chain


def names(db: Transaction, member_ids: Collection[int]) -> dict[int, str]:
    """How members are called; who said no name is left out."""
    named = select(col(Member.id), col(Member.name)).where(
        col(Member.id).in_(member_ids), col(Member.name).is_not(None)
    )
    return {row[0]: row[1] for row in db.execute(named)}


def counts(db: Transaction, programme_id: int, unit_ids: Collection[int]) -> dict[int, dict[str, int]]:
    """For each unit how many submissions of its people and those below, or received there, are in each state."""
    owners = _owners(db, unit_ids)
    groups: dict[tuple[int | None, int | None, str], int] = {}
    by = (col(Submission.unit_id), col(Submission.receiver_id), col(Submission.state))
    for some in _chunks(owners):
        inside = or_(col(Submission.unit_id).in_(some), col(Submission.receiver_id).in_(some))
        chosen = select(*by, func.count()).where(and_(col(Submission.programme_id) == programme_id, inside))
        groups |= {
            (unit, receiver, state): number for unit, receiver, state, number in db.execute(chosen.group_by(*by))
        }
    found: dict[int, dict[str, int]] = {unit_id: {} for unit_id in unit_ids}
    for (unit, receiver, state), number in groups.items():
        for owner in owners.get(unit or 0, set()) | owners.get(receiver or 0, set()):
            found[owner][state] = found[owner].get(state, 0) + number
    return found


def _owners(db: Transaction, unit_ids: Collection[int]) -> dict[int, set[int]]:
    """Each of these units and all below, with those of them it belongs to."""
    owners = {unit_id: {unit_id} for unit_id in unit_ids}
    newest = set(unit_ids)
    for _ in range(MAX_DEPTH):
        below: set[int] = set()
        for some in _chunks(newest):
            children = select(col(Unit.id), col(Unit.parent_id)).where(col(Unit.parent_id).in_(some))
            for child, parent in db.execute(children):
                owners.setdefault(child, set()).update(owners[parent])
                below.add(child)
        if not below:
            break
        newest = below
    return owners


def _chunks(values: Iterable[int]) -> Iterator[list[int]]:
    waiting = iter(sorted(values))
    while some := list(islice(waiting, CHUNK)):
        yield some
