"""What happens to a union organisation: it is renamed, it ends, it joins another. The rows of a change, not its rules.

A record keeps the unit of its day. A unit that joined another stands below it from then on, so that everything it
ever received counts there too.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from sqlalchemy import select, update
from sqlmodel import col

from storage.database import Transaction
from storage.tables import Feedback, Member, Programme, Submission, Unit, UnitName

DAY = timedelta(days=1)


def rename(db: Transaction, unit: Unit, *, name: str, search: str, first: date) -> None:
    """A unit has another name from a day on."""
    assert unit.id is not None
    db.write(UnitName, {"unit_id": unit.id, "until": first - DAY, "name": unit.name}, replaces=("unit_id", "until"))
    unit.name, unit.search = name, search
    unit.revision += 1
    db.flush()


def every_name(db: Transaction) -> dict[str, list[tuple[date, str]]]:
    """For each unit that changed its name, by code: each earlier name with its last day, oldest first."""
    rows = select(col(Unit.code), col(UnitName.until), col(UnitName.name)).join(
        Unit, col(Unit.id) == col(UnitName.unit_id)
    )
    found: dict[str, list[tuple[date, str]]] = {}
    for code, until, name in db.execute(rows.order_by(col(UnitName.until))):
        found.setdefault(code, []).append((until, name))
    return found


def end(db: Transaction, unit: Unit, last: date) -> None:
    """A unit ends with a day."""
    unit.valid_until = last
    unit.revision += 1
    db.flush()


def join(db: Transaction, unit: Unit, into: Unit, *, last: date, ended: Collection[str]) -> int:
    """A unit ends with a day and goes on within another; how many members moved.

    With it go its members, the units below it, the programmes it runs and what waits there: whatever is in none of the
    states `ended`.
    """
    assert unit.id is not None
    unit.valid_until, unit.parent_id = last, into.id
    unit.revision += 1
    db.execute(update(Unit).where(col(Unit.parent_id) == unit.id).values(parent_id=into.id, revision=Unit.revision + 1))
    run = update(Programme).where(col(Programme.unit_id) == unit.id)
    db.execute(run.values(unit_id=into.id, revision=Programme.revision + 1))
    open_items = col(Submission.receiver_id) == unit.id, col(Submission.state).not_in(ended)
    db.execute(update(Submission).where(*open_items).values(receiver_id=into.id, revision=Submission.revision + 1))
    open_words = col(Feedback.receiver_id) == unit.id, col(Feedback.state).not_in(ended)
    db.execute(update(Feedback).where(*open_words).values(receiver_id=into.id, revision=Feedback.revision + 1))
    moved = list(db.scalars(select(col(Member.id)).where(col(Member.unit_id) == unit.id)))
    db.execute(update(Member).where(col(Member.unit_id) == unit.id).values(unit_id=into.id))
    db.expire_all()
    return len(moved)
