"""Audiences: who belongs to a broadcast's, counted in one look, decided in slices. No text, no channel, no words.

Who may be written to is decided in handlers/reaching/reach.py; `news.refusals` spells the same rules in SQL, since a
slice is decided in one statement. The statements are built once for an audience: that takes as long as the database
needs for half a slice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Insert,
    Integer,
    Select,
    String,
    Subquery,
    and_,
    bindparam,
    cast,
    func,
    or_,
    select,
    text,
)
from sqlalchemy import literal as value
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from storage import news
from storage.allowances import Allowance
from storage.database import Transaction
from storage.outbox import rows
from storage.tables import Broadcast, Policy, Priority, Sending, Unit
from storage.units import below

SLICE = 2_500
"""Members whose place in an audience is decided by one statement."""
COUNTED = 20_000
"""Members looked at by one statement when an audience is only counted."""
PATIENCE = timedelta(milliseconds=40)
"""How long slices follow each other in one transaction: whoever waits to write waits for this and one slice more."""

CHANGES = text("SELECT changes()")

_members = SQLModel.metadata.tables["member"]
_moment = rows.c.due_at.type
_AFTER, _TO = bindparam("after", type_=Integer), bindparam("to", type_=Integer)


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


@dataclass(frozen=True, slots=True)
class _Tree:
    """A unit and all below; `places`: at the top of a place, those who named no unit belong to it by one of these."""

    unit_id: int
    places: tuple[str | None, str] | None


@dataclass(frozen=True, slots=True)
class _Slicing:
    """The statements that decide a slice."""

    count: Select[Any]
    bounds: Select[Any, int]
    promise: Insert
    promise_the_rest: Insert
    """The same where some of them have a row already."""
    left_out: Select[str, int]


def count(db: Transaction, unit: Unit, when: Moment, *, size: int = COUNTED) -> list[Count]:
    """The audience of a unit, by reason and account: all of it is looked at, a part at a time."""
    slicing = _slicing(db.dialect, _tree(unit), when)
    found: Counter[tuple[str, str | None]] = Counter()
    for after in range(0, largest(db), size):
        for reason, account, number in db.connection().execute(slicing.count, {"after": after, "to": after + size}):
            found[reason, account] += number
    return [Count(reason, account, number) for (reason, account), number in sorted(found.items(), key=repr)]


def largest(db: Transaction) -> int:
    """No audience has more members than this; told without counting any."""
    return db.connection().execute(select(func.max(_members.c.id))).scalar_one() or 0


def freeze(
    db: Transaction,
    broadcast: Broadcast,
    unit: Unit,
    when: Moment,
    *,
    now: datetime,
    size: int = SLICE,
    patience: timedelta = PATIENCE,
) -> bool:
    """Decide the next slices of the audience: a row for each who may get it, a count of the others.

    False: that was all of it.
    """
    slicing = _slicing(db.dialect, _tree(unit), when)
    until = db.clock() + patience
    while _decide(db, broadcast, slicing, now, size):
        if db.clock() >= until:
            db.flush()
            return True
    db.flush()
    return False


def _decide(db: Transaction, broadcast: Broadcast, slicing: _Slicing, now: datetime, size: int) -> bool:
    """One slice; whether there may be more behind it."""
    bounds = {"after": broadcast.frozen_to, "size": size}
    last, found = db.connection().execute(slicing.bounds, bounds).one()
    if last is None:
        return False
    values = {
        "after": broadcast.frozen_to,
        "to": last,
        "broadcast": broadcast.id,
        "key": f"broadcast:{broadcast.id}:",
        "due": broadcast.due_at,
        "now": now,
    }
    promised = _promise(db, slicing, values)
    if promised < found:
        skipped = dict(broadcast.skipped)
        for reason, number in db.connection().execute(slicing.left_out, values).all():
            if reason:
                skipped[reason] = skipped.get(reason, 0) + number
        broadcast.skipped = skipped
    broadcast.frozen_to, broadcast.promised = last, broadcast.promised + promised
    return bool(found == size)


def _promise(db: Transaction, slicing: _Slicing, values: Mapping[str, Any]) -> int:
    """How many rows a slice became. PostgreSQL looks for each key once less where none is expected to be there."""
    if db.dialect == "postgresql":
        try:
            with db.savepoint():
                return _rows_of(db, slicing.promise, values)
        except IntegrityError:
            return _rows_of(db, slicing.promise_the_rest, values)
    db.connection().execute(slicing.promise_the_rest, values)
    return int(db.connection().execute(CHANGES).scalar_one())  # Python's sqlite3 counts nothing that begins with WITH


def _rows_of(db: Transaction, promise: Insert, values: Mapping[str, Any]) -> int:
    return db.connection().execute(promise, values, execution_options={"preserve_rowcount": True}).rowcount


def _tree(unit: Unit) -> _Tree:
    assert unit.id is not None
    return _Tree(unit.id, (unit.place, unit.code) if unit.parent_id is None else None)


def _belongs(tree: _Tree) -> ColumnElement[bool]:
    """Who belongs to a unit's tree; those who named none belong to the top of their place."""
    inside = _members.c.unit_id.in_(select(below(tree.unit_id).c.id))
    if tree.places is None:
        return inside
    own_place = or_(_members.c.place.is_(None), *(_members.c.place == place for place in tree.places))
    return or_(inside, and_(_members.c.unit_id.is_(None), _members.c.erased_at.is_(None), own_place))


def _standing(
    dialect: str, whose: ColumnElement[bool], when: Moment, near: ColumnElement[bool] | None = None
) -> Subquery:
    query = news.standing_query(
        whose,
        near,
        at=when.at,
        midnight=when.midnight,
        counted=news.PROMISED,
        allowances=when.allowances,
        ranked=dialect == "postgresql",
    )
    return query.order_by(None).subquery()


@lru_cache(maxsize=16)
def _slicing(dialect: str, tree: _Tree, when: Moment) -> _Slicing:
    belongs = _belongs(tree)
    ahead = select(_members.c.id).where(belongs, _members.c.id > _AFTER).order_by(_members.c.id)
    some = ahead.limit(bindparam("size", type_=Integer)).subquery()
    slice_ = and_(belongs, _members.c.id > _AFTER, _members.c.id <= _TO)
    near = and_(news.owners > _AFTER, news.owners <= _TO)
    told = _standing(dialect, slice_, when, near)
    promise, the_rest = _inserts(dialect, told, when)
    theirs = select(rows.c.id).where(rows.c.once == _once(_members.c.id)).correlate(_members)
    others = _standing(dialect, and_(slice_, ~theirs.exists()), when, near)
    why = news.why_not(others.c, weekly=when.weekly).label("why")
    reason = news.why_not(told.c, weekly=when.weekly).label("why")
    return _Slicing(
        count=select(reason, told.c.account, func.count()).group_by(reason, told.c.account),
        bounds=select(func.max(some.c.id), func.count()).select_from(some),
        promise=promise,
        promise_the_rest=the_rest,
        left_out=select(why, func.count()).group_by(why),
    )


def _inserts(dialect: str, told: Subquery, when: Moment) -> tuple[Insert, Insert]:
    values: dict[str, ColumnElement[Any]] = {
        "account": told.c.account,
        "chat": told.c.chat,
        "member_id": told.c.member_id,
        "broadcast_id": bindparam("broadcast", type_=Integer),
        "topic": value(news.TOPIC),
        "priority": value(int(Priority.BROADCAST)),
        "policy": value(Policy.AT_MOST_ONCE.value),
        "once": _once(told.c.member_id),
        "due_at": bindparam("due", type_=_moment),
        "state": value(Sending.READY.value),
        "fence": value(0),
        "attempts": value(0),
        "forget": value(False),
        "created_at": bindparam("now", type_=_moment),
    }
    chosen = select(*values.values()).where(*news.goes(told.c, weekly=when.weekly)).order_by(told.c.member_id)
    kind = postgresql if dialect == "postgresql" else sqlite
    promise = kind.insert(rows).from_select(list(values), chosen, include_defaults=False).inline()
    return promise, promise.on_conflict_do_nothing(index_elements=["once"])


def _once(member_id: ColumnElement[int]) -> ColumnElement[str]:
    return bindparam("key", type_=String) + cast(member_id, String)
