"""Lanes: the first row of each chat and priority, found without passing by whatever must wait.

A claim looks at the front of an account's queue only. What it meets there and cannot start, because its chat is in
flight or resting or its lane is tried again later, it sets aside with an instant; the settling of the chat's message
brings the next one back, the instant is the net below. So a claim costs the same however much waits, and each row is
met a few times at most. Which rows are then taken is not known here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Row,
    Select,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlmodel import SQLModel

from storage.database import Transaction
from storage.outbox import IS_READY, rows
from storage.tables import Announcing, Priority, Sending

LONGEST_ASIDE = timedelta(minutes=5)
"""However deep in its lane a row lies, it is looked at again after this long."""
RETRY_LOOK = timedelta(seconds=30)
"""What waits behind a retry is looked at again after this long: the retry may have been withdrawn."""

_lanes = SQLModel.metadata.tables["lane"]
_broadcasts = SQLModel.metadata.tables["broadcast"]
_ahead = rows.alias("ahead")
_flying = rows.alias("flying")
_settled = rows.alias("settled")


@dataclass(frozen=True, slots=True)
class Place:
    """A row at the front of the queue."""

    id: int
    chat: str
    priority: Priority
    head: int | None
    """The first row of its lane that is due and has not come too late: it, or an older one."""
    is_late: bool
    """It came too late itself, and only has to be ended."""
    is_flying: bool
    """A message to its chat is in flight."""
    rests_until: datetime | None
    """When its chat may be written to again, where chats are paced."""


def sending(db: Transaction) -> list[int]:
    """The broadcasts whose rows may start."""
    return list(db.connection().execute(_SENDING).scalars())


def front(
    db: Transaction,
    account: str,
    priorities: Sequence[Priority],
    *,
    broadcasts: Sequence[int],
    now: datetime,
    most: int,
) -> dict[Priority, list[Place]]:
    """The rows that have waited longest: at most `most` of each priority, and of each of these broadcasts."""
    values = {"account": account, "now": now, "most": most}
    values |= {f"broadcast_{number}": one for number, one in enumerate(broadcasts)}
    found: dict[Priority, list[Place]] = {}
    for row in db.connection().execute(_front(tuple(priorities), len(broadcasts)), values):
        is_late = row.expires_at is not None and row.expires_at <= now
        place = Place(row.id, row.chat, Priority(row.priority), row.head, is_late, bool(row.flying), row.rests_until)
        found.setdefault(place.priority, []).append(place)
    return found


def lock(db: Transaction, row_ids: Collection[int]) -> list[Row[Any]]:
    """These rows, if they still wait and nobody else has a hand on them; locked to the end of the transaction."""
    return [row for row in db.connection().execute(_LOCK, {"ids": list(row_ids)}) if row.state == Sending.READY]


def set_aside(db: Transaction, until: Mapping[int, datetime]) -> None:
    """Take rows away from the front until an instant each."""
    values = [{"row": number, "until": until[number]} for number in sorted(until)]
    if values:
        db.connection().execute(_SET_ASIDE, values)


def bring_back(db: Transaction, accounts: Collection[str], *, at: datetime, most: int) -> None:
    """Put rows whose instant has come to the front again."""
    db.connection().execute(_BRING_BACK, {"accounts": list(accounts), "at": at, "most": most})


def free(db: Transaction, settled: Sequence[int], *, at: datetime) -> None:
    """The chats of these rows have nothing in flight any more: bring what comes next in each to the front."""
    db.connection().execute(_FREE, {"ids": list(settled), "at": at})


def in_flight(db: Transaction, account: str, chats: Collection[str]) -> set[str]:
    """Which of these chats have a message in flight that cannot be settled before this transaction ends.

    Only behind such a one may a row be set aside: its settling will find the row and bring it back.
    """
    return set(db.connection().execute(_IN_FLIGHT, {"account": account, "chats": list(chats)}).scalars())


def next_look(db: Transaction, accounts: Iterable[str]) -> datetime | None:
    """When the first of the rows set aside comes back by its instant."""
    found = [db.connection().execute(_NEXT_LOOK, {"account": account}).scalar_one() for account in accounts]
    return min((instant for instant in found if instant is not None), default=None)


def expire(db: Transaction, row_ids: Collection[int], *, now: datetime) -> None:
    """End rows that came too late."""
    if row_ids:
        ended = {"state": Sending.EXPIRED.value, "reason": "expired", "settled_at": now}
        db.connection().execute(rows.update().where(rows.c.id.in_(row_ids), IS_READY).values(ended))


def waits(nth: int, *, until: datetime) -> datetime:
    """Until when the nth (from 0) of a chat's rows that were met together is set aside, behind what ends at `until`."""
    return until + min(LONGEST_ASIDE, timedelta(seconds=nth**2))


# The statements are built once: that takes longer than the database needs to answer them.


def _waits(columns: Any) -> ColumnElement[bool]:
    """Literals, since partial indexes are chosen only for what stands in the statement itself."""
    return columns.state == literal_column(f"'{Sending.READY}'")  # type: ignore[no-any-return]


def _claimed(columns: Any) -> ColumnElement[bool]:
    return columns.state == literal_column(f"'{Sending.CLAIMED}'")  # type: ignore[no-any-return]


def _started(columns: Any) -> ColumnElement[bool]:
    """Whether a row's broadcast, if it has one, is being sent: a draft, one on hold or cancelled stops here."""
    started = exists().where(_broadcasts.c.id == columns.broadcast_id, _broadcasts.c.state == Announcing.SENDING.value)
    return or_(columns.broadcast_id.is_(None), started)


@cache
def _front(priorities: tuple[Priority, ...], broadcasts: int) -> Select[Any]:
    windows = [_window(priority, rows.c.broadcast_id.is_(None)) for priority in priorities]
    carrying = [rows.c.broadcast_id == bindparam(f"broadcast_{number}") for number in range(broadcasts)]
    windows += [_window(Priority.BROADCAST, whose) for whose in carrying]
    seen = union_all(*(select(window.subquery()) for window in windows)).subquery("seen")
    return _places(seen.c).order_by(seen.c.due_at, seen.c.id)


def _window(priority: Priority, whose: ColumnElement[bool]) -> Select[Any]:
    columns = (rows.c.id, rows.c.account, rows.c.chat, rows.c.priority, rows.c.due_at, rows.c.expires_at)
    mine = and_(rows.c.account == bindparam("account"), rows.c.priority == int(priority), whose)
    chosen = select(*columns).where(IS_READY, rows.c.aside_until.is_(None), mine, rows.c.due_at <= bindparam("now"))
    # the index's own order, spelled out: PostgreSQL does not see that a column that IS NULL is constant
    return chosen.order_by(rows.c.broadcast_id, rows.c.due_at, rows.c.id).limit(bindparam("most", type_=Integer))


def _places(seen: Any) -> Select[Any]:
    here = and_(_ahead.c.account == seen.account, _ahead.c.chat == seen.chat, _ahead.c.priority == seen.priority)
    alive = or_(_ahead.c.expires_at.is_(None), _ahead.c.expires_at > bindparam("now"))
    due = _ahead.c.due_at <= bindparam("now")
    head = select(_ahead.c.id).where(here, _waits(_ahead.c), due, alive, _started(_ahead.c)).order_by(_ahead.c.id)
    flying = exists().where(_claimed(_flying.c), _flying.c.account == seen.account, _flying.c.chat == seen.chat)
    rests = select(_lanes.c.next_at).where(_lanes.c.account == seen.account, _lanes.c.chat == seen.chat)
    return select(
        seen.id,
        seen.chat,
        seen.priority,
        seen.expires_at,
        head.limit(1).scalar_subquery().label("head"),
        flying.label("flying"),
        rests.scalar_subquery().label("rests_until"),
    )


_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_SENDING = select(_broadcasts.c.id).where(_broadcasts.c.state == Announcing.SENDING.value).order_by(_broadcasts.c.id)
_TAKEN = (
    *("id", "account", "chat", "member_id", "broadcast_id", "topic", "priority", "policy", "body"),
    *("retry_at", "state", "fence", "attempts"),
)
"""What a claim needs to know of a row."""
_LOCK = (
    select(*(rows.c[name] for name in _TAKEN))
    .where(rows.c.id.in_(_IDS))
    .order_by(rows.c.id)
    .with_for_update(skip_locked=True)
)
_SET_ASIDE = rows.update().where(rows.c.id == bindparam("row")).values(aside_until=bindparam("until"))
_OVER = (
    select(rows.c.id)
    .where(IS_READY, rows.c.account.in_(bindparam("accounts", expanding=True)), rows.c.aside_until <= bindparam("at"))
    .limit(bindparam("most", type_=Integer))
    .with_for_update(skip_locked=True)
)
_BRING_BACK = rows.update().where(rows.c.id.in_(_OVER)).values(aside_until=None)
_FOLLOWING = (
    select(_ahead.c.id)
    .where(_ahead.c.account == _settled.c.account, _ahead.c.chat == _settled.c.chat, _waits(_ahead.c))
    .where(_ahead.c.aside_until.is_not(None), or_(_ahead.c.retry_at.is_(None), _ahead.c.retry_at <= bindparam("at")))
    .order_by(_ahead.c.priority, _ahead.c.id)
    .limit(1)
    .correlate(_settled)
    .scalar_subquery()
)
_FREE = rows.update().where(rows.c.id.in_(select(_FOLLOWING).where(_settled.c.id.in_(_IDS)))).values(aside_until=None)
_IN_FLIGHT = (
    select(rows.c.chat)
    .where(_claimed(rows.c), rows.c.account == bindparam("account"))
    .where(rows.c.chat.in_(bindparam("chats", expanding=True)))
    .with_for_update(read=True, skip_locked=True)
)
_NEXT_LOOK = select(func.min(rows.c.aside_until)).where(
    IS_READY, rows.c.account == bindparam("account"), rows.c.aside_until.is_not(None)
)
