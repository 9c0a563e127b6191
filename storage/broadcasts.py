"""Broadcasts: which there are, and what becomes of their rows. Who gets one is decided in `storage/audiences.py`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, and_, func, select
from sqlmodel import col

from storage import clock
from storage.database import Transaction
from storage.outbox import rows
from storage.tables import Announcing, Broadcast, Member, Sending, Unit

SLICE = 2_500
"""Rows that one step withdraws: the writer is never held for longer."""
UNDER_WAY = (Sending.READY, Sending.CLAIMED, Sending.HELD)


def add(db: Transaction, broadcast: Broadcast) -> None:
    """Keep a new one."""
    db.add(broadcast)
    db.flush()


def by_code(db: Transaction, code: str) -> Broadcast | None:
    """The broadcast of a code, however it was typed."""
    return db.scalars(select(Broadcast).where(col(Broadcast.code) == code.strip().upper())).one_or_none()


def by_ids(db: Transaction, broadcast_ids: set[int]) -> dict[int, Broadcast]:
    """Several at once."""
    found = db.scalars(select(Broadcast).where(col(Broadcast.id).in_(broadcast_ids)))
    return {row.id: row for row in found if row.id is not None}


def in_state(db: Transaction, state: Announcing) -> list[Broadcast]:
    """Those that stand there, the oldest first."""
    return list(db.scalars(_in_state(state)))


def locked_in_state(db: Transaction, state: Announcing) -> list[Broadcast]:
    """The same, and nobody else holds, resumes or cancels one before this transaction ends."""
    return list(db.scalars(_in_state(state).with_for_update().execution_options(populate_existing=True)))


def lock(db: Transaction, broadcast: Broadcast) -> None:
    """See how it stands now, and nobody else changes that before this transaction ends."""
    db.refresh(broadcast, with_for_update=True)


def _in_state(state: Announcing) -> Select[Broadcast]:
    return select(Broadcast).where(col(Broadcast.state) == state.value).order_by(col(Broadcast.id))


def unswept(db: Transaction) -> list[Broadcast]:
    """Cancelled ones of which rows may still wait; locked."""
    left = (col(Broadcast.state) == Announcing.CANCELLED.value, col(Broadcast.finished_at).is_(None))
    found = select(Broadcast).where(*left).order_by(col(Broadcast.id))
    return list(db.scalars(found.with_for_update().execution_options(populate_existing=True)))


def latest(db: Transaction, limit: int) -> list[Broadcast]:
    """The newest first."""
    return list(db.scalars(select(Broadcast).order_by(col(Broadcast.id).desc()).limit(limit)))


def next_due(db: Transaction, after: datetime) -> Broadcast | None:
    """The first that is planned for later."""
    coming = (col(Broadcast.due_at) > after, col(Broadcast.state).in_([Announcing.FREEZING, Announcing.SENDING]))
    return db.scalars(select(Broadcast).where(*coming).order_by(col(Broadcast.due_at)).limit(1)).first()


def is_under_way(db: Transaction, broadcast_id: int) -> bool:
    """Whether a single row still waits or flies."""
    states = rows.c.state.in_([state.value for state in UNDER_WAY])
    found = db.connection().execute(select(rows.c.id).where(rows.c.broadcast_id == broadcast_id, states).limit(1))
    return found.first() is not None


def withdraw(db: Transaction, broadcast_id: int, *, size: int = SLICE) -> int:
    """End waiting rows of a cancelled broadcast, a slice of them; how many."""
    waits = rows.c.state.in_([Sending.READY.value, Sending.HELD.value])
    some = select(rows.c.id).where(waits, rows.c.broadcast_id == broadcast_id).limit(size)
    ended = {"state": Sending.CANCELLED.value, "reason": "broadcast_cancelled", "settled_at": clock.now(db)}
    return db.connection().execute(rows.update().where(waits, rows.c.id.in_(some)).values(ended)).rowcount


def unknown(db: Transaction, broadcast_id: int, limit: int) -> list[Member]:
    """The members of whom nobody can say whether they got it."""
    theirs = and_(rows.c.broadcast_id == broadcast_id, rows.c.state == Sending.UNKNOWN.value)
    query = select(Member).join(rows, rows.c.member_id == col(Member.id)).where(theirs)
    return list(db.scalars(query.order_by(col(Member.id)).limit(limit)))


def send_unknown_again(db: Transaction, broadcast_id: int) -> int:
    """Let those rows start once more, on somebody's word; how many. One whose member was erased stays."""
    lost = and_(rows.c.broadcast_id == broadcast_id, rows.c.state == Sending.UNKNOWN.value)
    known = and_(rows.c.member_id.is_not(None), rows.c.chat != "")
    again = {"state": Sending.READY.value, "reason": "sent_again", "settled_at": None, "retry_at": None}
    return db.connection().execute(rows.update().where(lost, known).values(again)).rowcount


def facts(db: Transaction, member_ids: Sequence[int]) -> dict[int, tuple[str | None, str | None]]:
    """What a text may say of each: the full name, and the unit's name however it is known."""
    unit = func.coalesce(col(Unit.name), col(Member.other_unit))
    query = select(col(Member.id), col(Member.name), unit).join(Unit, col(Unit.id) == col(Member.unit_id), isouter=True)
    return {number: (name, where) for number, name, where in db.execute(query.where(col(Member.id).in_(member_ids)))}
