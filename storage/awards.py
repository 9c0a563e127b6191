"""Files of those proposed for an award: kept, found by unit, moved on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import or_, select, update
from sqlmodel import col

from storage.database import Transaction
from storage.tables import AwardFile, Programme
from storage.units import ancestors, below


class State(StrEnum):
    """Where a file stands."""

    OPEN = "open"
    """Papers are being gathered."""
    SENT = "sent"
    WITHDRAWN = "withdrawn"


def add(db: Transaction, file: AwardFile) -> None:
    """Keep a new one."""
    db.add(file)
    db.flush()


def by_code(db: Transaction, code: str) -> AwardFile | None:
    """The file of a code."""
    return db.get(AwardFile, code)


def of_units(db: Transaction, unit_ids: Collection[int], limit: int) -> Sequence[AwardFile]:
    """Those of these subtrees that are not withdrawn, unsent ones first, then by unit and code."""
    trees = (select(below(unit_id).c.id) for unit_id in unit_ids)
    here = or_(False, *(col(AwardFile.unit_id).in_(tree) for tree in trees))
    rows = select(AwardFile).where(here, col(AwardFile.state) != State.WITHDRAWN)
    order = (col(AwardFile.state), col(AwardFile.unit_id), col(AwardFile.made_at), col(AwardFile.code))
    return db.scalars(rows.order_by(*order).limit(limit)).all()


def handed_in(db: Transaction, unit_id: int, kind: str, programme_id: int | None) -> list[datetime]:
    """When a unit handed in those files of a kind that lie with the level above."""
    here = col(AwardFile.unit_id) == unit_id, col(AwardFile.kind) == kind, col(AwardFile.programme_id) == programme_id
    sent = select(col(AwardFile.sent_at)).where(*here, col(AwardFile.state) == State.SENT)
    return [at for at in db.scalars(sent) if at is not None]


def change(db: Transaction, file: AwardFile, **facts: Any) -> bool:
    """Move a file on, if nobody changed it since it was read; whether it was changed."""
    changed = db.execute(
        update(AwardFile)
        .where(col(AwardFile.code) == file.code, col(AwardFile.revision) == file.revision)
        .values(**facts, revision=file.revision + 1),
        execution_options={"synchronize_session": False},
    )
    if changed.rowcount == 0:  # type: ignore[attr-defined]
        return False
    db.refresh(file)
    return True


def programme(db: Transaction, template: str, unit_id: int, now: datetime) -> Programme | None:
    """The programme of a template that runs for a unit: the latest that has opened, else the next to open."""
    line = [unit_id, *(unit.id for unit in ancestors(db, unit_id))]
    runs = or_(col(Programme.unit_id).is_(None), col(Programme.unit_id).in_(line))
    rows = select(Programme).where(col(Programme.template) == template, col(Programme.hidden).is_(False), runs)
    found = list(db.scalars(rows.order_by(col(Programme.opens_at))))
    opened = [row for row in found if row.opens_at <= now]
    return opened[-1] if opened else next(iter(found), None)
