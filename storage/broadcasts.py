"""Broadcasts: their audience, counted and frozen in slices, and what becomes of their rows.

A row carries a reference and no text. Who may be written to is decided in handlers/reaching/reach.py; `news.why_not`
spells the same rules in SQL, since an audience is decided in one statement per slice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, String, Subquery, and_, cast, func, literal, or_, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel, col

from storage import clock, news
from storage.allowances import Allowance
from storage.database import Transaction
from storage.outbox import rows
from storage.tables import Announcing, Broadcast, Member, Policy, Priority, Sending, Unit
from storage.units import below

SLICE = 5_000
"""Members whose place in an audience is decided in one transaction: the writer is never held for longer."""
UNDER_WAY = (Sending.READY, Sending.CLAIMED, Sending.HELD)

_members = SQLModel.metadata.tables["member"]


@dataclass(frozen=True, slots=True)
class Count:
    """So many members of an audience: whom a message would go to over one account, or why none would."""

    reason: str
    """Empty: it would go."""
    account: str | None
    number: int


@dataclass(frozen=True, slots=True)
class Moment:
    """When a broadcast goes, and how much news a member may get in a week."""

    at: datetime
    midnight: datetime
    """The beginning of that local day."""
    weekly: int
    allowances: tuple[Allowance, ...] = ()
    """What accounts with limits may send then."""


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
    return list(db.scalars(select(Broadcast).where(col(Broadcast.state) == state.value).order_by(col(Broadcast.id))))


def unswept(db: Transaction) -> list[Broadcast]:
    """Cancelled ones of which rows may still wait."""
    left = (col(Broadcast.state) == Announcing.CANCELLED.value, col(Broadcast.finished_at).is_(None))
    return list(db.scalars(select(Broadcast).where(*left).order_by(col(Broadcast.id))))


def latest(db: Transaction, limit: int) -> list[Broadcast]:
    """The newest first."""
    return list(db.scalars(select(Broadcast).order_by(col(Broadcast.id).desc()).limit(limit)))


def next_due(db: Transaction, after: datetime) -> Broadcast | None:
    """The first that is planned for later."""
    coming = (col(Broadcast.due_at) > after, col(Broadcast.state).in_([Announcing.FREEZING, Announcing.SENDING]))
    return db.scalars(select(Broadcast).where(*coming).order_by(col(Broadcast.due_at)).limit(1)).first()


def count(db: Transaction, unit: Unit, when: Moment) -> list[Count]:
    """The audience of a unit, by reason and account."""
    told = _standing(_audience(unit), when)
    why = news.why_not(told.c, weekly=when.weekly).label("why")
    grouped = select(why, told.c.account, func.count()).group_by(why, told.c.account)
    return [Count(reason, account, number) for reason, account, number in db.connection().execute(grouped)]


def freeze(
    db: Transaction, broadcast: Broadcast, unit: Unit, when: Moment, *, now: datetime, size: int = SLICE
) -> bool:
    """Decide the next slice of the audience: a row for each who may get it, a count of the others.

    False: that was all of it.
    """
    audience = and_(_audience(unit), _members.c.id > broadcast.frozen_to)
    ahead = select(_members.c.id).where(audience).order_by(_members.c.id).limit(size).subquery()
    last, found = db.connection().execute(select(func.max(ahead.c.id), func.count())).one()
    if last is None:
        return False
    slice_, near = and_(audience, _members.c.id <= last), and_(news.owners > broadcast.frozen_to, news.owners <= last)
    promised = _promise(db, broadcast, _standing(slice_, when, near), when, now)
    if promised < found:
        broadcast.skipped = _left_out(db, broadcast, slice_, when, near)
    broadcast.frozen_to, broadcast.promised = last, broadcast.promised + promised
    db.flush()
    return bool(found == size)


def _left_out(
    db: Transaction, broadcast: Broadcast, slice_: ColumnElement[bool], when: Moment, near: ColumnElement[bool]
) -> dict[str, int]:
    """Why the others of a slice got no row, added to what was so before."""
    theirs = select(rows.c.id).where(rows.c.once == _once(broadcast, _members.c.id)).correlate(_members)
    told = _standing(and_(slice_, ~theirs.exists()), when, near)
    why = news.why_not(told.c, weekly=when.weekly).label("why")
    skipped = dict(broadcast.skipped)
    for reason, number in db.connection().execute(select(why, func.count()).group_by(why)).all():
        if reason:
            skipped[reason] = skipped.get(reason, 0) + number
    return skipped


def _audience(unit: Unit) -> ColumnElement[bool]:
    """Who belongs to a unit's tree; those who named none belong to the top of their place."""
    assert unit.id is not None
    inside = _members.c.unit_id.in_(select(below(unit.id).c.id))
    if unit.parent_id is not None:
        return inside
    own_place = or_(_members.c.place.is_(None), _members.c.place == unit.place, _members.c.place == unit.code)
    return or_(inside, and_(_members.c.unit_id.is_(None), _members.c.erased_at.is_(None), own_place))


def _standing(whose: ColumnElement[bool], when: Moment, near: ColumnElement[bool] | None = None) -> Subquery:
    query = news.standing_query(
        whose, near, at=when.at, midnight=when.midnight, counted=news.PROMISED, allowances=when.allowances
    )
    return query.order_by(None).subquery()


def _promise(db: Transaction, broadcast: Broadcast, told: Subquery, when: Moment, now: datetime) -> int:
    why = news.why_not(told.c, weekly=when.weekly)
    moment = rows.c.due_at.type
    values = {
        "account": told.c.account,
        "chat": told.c.chat,
        "member_id": told.c.member_id,
        "broadcast_id": literal(broadcast.id),
        "topic": literal(news.TOPIC),
        "priority": literal(int(Priority.BROADCAST)),
        "policy": literal(Policy.AT_MOST_ONCE.value),
        "once": _once(broadcast, told.c.member_id),
        "due_at": literal(broadcast.due_at, moment),
        "state": literal(Sending.READY.value),
        "fence": literal(0),
        "attempts": literal(0),
        "forget": literal(False),
        "created_at": literal(now, moment),
    }
    chosen = select(*values.values()).where(why == "").order_by(told.c.member_id)
    kind = postgresql if db.dialect == "postgresql" else sqlite
    promise = kind.insert(rows).from_select(list(values), chosen, include_defaults=False).inline()
    once = promise.on_conflict_do_nothing(index_elements=["once"])
    told_of = db.connection().execute(once, execution_options={"preserve_rowcount": True}).rowcount
    if db.dialect == "postgresql":
        return told_of
    return db.scalar(text("SELECT changes()")) or 0  # Python's sqlite3 counts nothing that begins with WITH


def _once(broadcast: Broadcast, member_id: ColumnElement[int]) -> ColumnElement[str]:
    return literal(f"broadcast:{broadcast.id}:") + cast(member_id, String)


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
