"""The outbox: messages promised, not yet sent; how a promise is made, withdrawn, outlived and forgotten.

Which row may start now stands in `storage/claims.py`, what becomes of it in `storage/outcomes.py`. The life of a row:
ready → claimed → sent | failed | unknown, or back to ready; a ready row may also be cancelled or expire.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, bindparam, case, func, literal_column, or_, select, true
from sqlmodel import SQLModel

from messages.types import Address, Outbound
from storage import clock, lists
from storage.database import Transaction
from storage.errors import WrongKey
from storage.offers import Offer
from storage.tables import Outbox, Policy, Priority, Sending

rows = SQLModel.metadata.tables["outbox"]

IS_READY: ColumnElement[bool] = rows.c.state == literal_column(f"'{Sending.READY}'")
"""Written as a literal: the partial indexes are chosen only for what stands in the statement itself."""

IS_ERASED: ColumnElement[bool] = and_(
    rows.c.body.is_(None), or_(rows.c.broadcast_id.is_(None), rows.c.member_id.is_(None))
)
"""A text that is gone for good. A broadcast's row never has one: it is erased when it has lost its member."""


IS_TOMBSTONE: ColumnElement[bool] = rows.c.chat == literal_column("''")
"""Only its `once` key, its state and its moments are left."""
_HAS_CHAT: ColumnElement[bool] = rows.c.chat != literal_column("''")
LONGEST_LEASE = timedelta(minutes=2)
"""Nobody holds a row for longer than that (see `storage.claims.LEASE`)."""
SLICE = 10_000
"""Rows that one step of the clock forgets: the writer is never held for longer."""

_FORGET = rows.delete().where(literal_column("outbox.forget"), rows.c.settled_at.is_not(None))
_STRANGERS = rows.c.member_id.is_(None) & _HAS_CHAT
"""Who is nobody's member yet: their rows are found by an index of their own."""
_MAY_HAVE_ARRIVED = rows.c.state.in_((Sending.SENT, Sending.UNKNOWN, Sending.CLAIMED)) | (
    (rows.c.state == Sending.READY) & (rows.c.attempts > 0)
)


def enqueue(
    db: Transaction,
    address: Address,
    message: Outbound,
    *,
    topic: str,
    member_id: int | None,
    priority: Priority,
    policy: Policy,
    now: datetime,
    due_at: datetime | None = None,
    expires_at: datetime | None = None,
    once: str | None = None,
    forget: bool = False,
    reason: str | None = None,
) -> None:
    """Promise a message; it becomes a row when the transaction ends. A `once` promised before changes nothing.
    `reason`: why it waits, where it does.

    With `forget` the row itself is gone once it is settled: neither its moment nor its place in the order stays.
    """
    row = {
        "account": address.account,
        "chat": address.chat,
        "member_id": member_id,
        "topic": topic,
        "priority": int(priority),
        "policy": policy.value,
        "once": once,
        "body": db.seals.seal(message.to_json()),
        "forget": forget,
        "due_at": due_at or now,
        "expires_at": expires_at,
        "state": Sending.READY.value,
        "reason": reason,
        "fence": 0,
        "attempts": 0,
        "created_at": now,
    }
    db.write(Outbox, row, ignores=("once",))


def cancel(
    db: Transaction,
    *,
    reason: str,
    member_id: int | None = None,
    address: Address | None = None,
    once_prefix: str | None = None,
    topic: str | None = None,
) -> int:
    """Withdraw the waiting rows that meet every condition given (at least one besides the topic); how many.

    What is already claimed may have been sent and is left alone. So are promises made in this very transaction.
    """
    chosen = _chosen(member_id, address, once_prefix)
    if topic is not None:
        chosen = and_(chosen, rows.c.topic == topic)
    ended = {"state": Sending.CANCELLED.value, "reason": reason, "settled_at": clock.now(db)}
    cancelled = db.connection().execute(rows.update().where(IS_READY, chosen).values(ended)).rowcount
    drop_forgotten(db)
    return cancelled


def _chosen(member_id: int | None, address: Address | None, once_prefix: str | None) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = []
    if member_id is not None:
        conditions.append(rows.c.member_id == member_id)
    if address is not None:
        conditions.append(and_(rows.c.account == address.account, rows.c.chat == address.chat))
    if once_prefix is not None:
        conditions.append(rows.c.once.startswith(once_prefix, autoescape=True))
    if not conditions:
        raise ValueError("cancel what?")
    return and_(true(), *conditions)


def erase_member(db: Transaction, member_id: int) -> None:
    """Withdraw what waits for an erased member and forget every text and chat; the `once` keys stay.

    A row in flight keeps its chat until it is settled (see `storage/outcomes.py`), its text goes at once.
    """
    cancel(db, member_id=member_id, reason="erased")
    in_flight = rows.c.state == Sending.CLAIMED.value
    nothing = {
        "body": None,
        "external_id": None,
        "chat": case((in_flight, rows.c.chat), else_=""),
        "member_id": case((rows.c.broadcast_id.is_(None), rows.c.member_id), else_=None),
    }
    db.connection().execute(rows.update().where(rows.c.member_id == member_id).values(nothing))


def forget_mentions(db: Transaction, member_ids: Collection[int], mentions: Callable[[str], bool]) -> int:
    """Forget the texts promised to these members that mention what must go, and withdraw those that wait; how many."""
    said = select(rows.c.id, rows.c.body).where(rows.c.member_id.in_(member_ids), rows.c.body.is_not(None))
    found = [{"row": row.id} for row in db.connection().execute(said) if _mentions(db, row.body, mentions)]
    if found:
        ended = {"state": Sending.CANCELLED.value, "reason": "erased", "settled_at": clock.now(db)}
        one = rows.c.id == bindparam("row")
        db.connection().execute(rows.update().where(one, IS_READY).values(ended), found)
        db.connection().execute(rows.update().where(one).values(body=None), found)
    return len(found)


def _mentions(db: Transaction, body: bytes, mentions: Callable[[str], bool]) -> bool:
    """What is sealed with a key we were not given can be read by nobody and is left alone."""
    message = _read(db, body)
    return message is not None and mentions(message.text)


def expire(db: Transaction, now: datetime) -> int:
    """End the waiting rows that came too late; how many."""
    late = rows.update().where(IS_READY, rows.c.expires_at <= now)
    ended = {"state": Sending.EXPIRED.value, "reason": "expired", "settled_at": now}
    expired = db.connection().execute(late.values(ended)).rowcount
    drop_forgotten(db)
    return expired


def forget_bodies(db: Transaction, *, before: datetime, size: int = SLICE) -> int:
    """Forget texts, chats and names of rows settled before, a slice of them; how many.

    They stay as tombstones of their `once` keys and for a broadcast's numbers. Those that are neither are dropped.
    """
    old = select(rows.c.id).where(rows.c.settled_at < before, _HAS_CHAT).limit(size)
    nothing = {"body": None, "chat": "", "external_id": None, "member_id": None}
    forgotten = db.connection().execute(rows.update().where(rows.c.id.in_(old)).values(nothing)).rowcount
    blank = and_(rows.c.settled_at < before, IS_TOMBSTONE, rows.c.once.is_(None), rows.c.broadcast_id.is_(None))
    if forgotten:
        db.connection().execute(rows.delete().where(blank))
    return forgotten


def drop_tombstones(db: Transaction, *, before: datetime, size: int = SLICE) -> int:
    """Drop the tombstones of rows settled before, a slice of them; how many.

    Whatever a key could promise a second time must be over by then: programmes, duties and slogans go by the year.
    """
    old = select(rows.c.id).where(rows.c.settled_at < before, IS_TOMBSTONE).limit(size)
    return db.connection().execute(rows.delete().where(rows.c.id.in_(old))).rowcount


def drop_forgotten(db: Transaction) -> int:
    """Drop the settled rows that were to be forgotten; how many."""
    return db.connection().execute(_FORGET).rowcount


@dataclass(frozen=True, slots=True)
class Told:
    """A topic on which somebody was written to, and from when on they can have read it, by the database's own clock."""

    topic: str
    since: datetime


def told(db: Transaction, addresses: Collection[Address], topics: Collection[str]) -> dict[Address, list[Told]]:
    """Of these topics, what each of these may have read and is still remembered; the one promised last at the end.

    Counted from its delivery; what is on its way, or may have arrived all the same, from its promise.
    """
    if not addresses:
        return {}
    asked = lists.rows_of(db, addresses)  # joined: as a condition SQLite would go through all that have no member
    there = (rows.c.account == asked.c.account) & (rows.c.chat == asked.c.chat)
    since = func.min(func.coalesce(rows.c.settled_at, rows.c.created_at))
    mine = select(rows.c.account, rows.c.chat, rows.c.topic, since).join(asked, there)
    mine = mine.where(rows.c.topic.in_(topics), _STRANGERS, _MAY_HAVE_ARRIVED)
    last_first = mine.group_by(rows.c.account, rows.c.chat, rows.c.topic).order_by(func.max(rows.c.id))
    arrived = db.connection().execute(last_first).all()
    ahead = clock.offset(db) if arrived else timedelta()
    found: dict[Address, list[Told]] = {}
    for account, chat, topic, instant in arrived:
        found.setdefault(Address(account, chat), []).append(Told(topic, instant - ahead))
    return found


class InFlight:
    """The lists that are being sent to some chats right now: looked up for all of them when the first is asked for."""

    def __init__(self, db: Transaction, addresses: Collection[Address]) -> None:
        self._db, self._addresses = db, addresses
        self._found: dict[Address, Offer] | None = None

    def to(self, address: Address) -> Offer | None:
        """The one on its way to a chat, if there is one that can be read."""
        if self._found is None:
            self._found = dict(_flying(self._db, self._addresses))
        return self._found.get(address)


def _flying(db: Transaction, addresses: Collection[Address]) -> Iterator[tuple[Address, Offer]]:
    asked = lists.rows_of(db, addresses)
    there = (rows.c.account == asked.c.account) & (rows.c.chat == asked.c.chat)
    columns = (rows.c.account, rows.c.chat, rows.c.body, rows.c.priority, rows.c.lease_until)
    query = select(*columns).join(asked, there).where(rows.c.state == literal_column(f"'{Sending.CLAIMED}'"))
    for row in db.connection().execute(query):
        message = _read(db, row.body)
        if message is None or not message.choices:
            continue
        since, asked_for = row.lease_until - LONGEST_LEASE, Priority(row.priority).is_reply
        yield (
            Address(row.account, row.chat),
            Offer(message.question, message.choices, since=since, at=row.lease_until, asked_for=asked_for, sure=False),
        )


def _read(db: Transaction, body: bytes | None) -> Outbound | None:
    """What lies behind a seal we have the key of."""
    try:
        return Outbound.from_json(db.seals.open(body)) if body is not None else None
    except WrongKey:
        return None


def promised(db: Transaction, onces: Collection[str]) -> set[str]:
    """Which of these were promised before, whatever became of them."""
    return set(db.connection().execute(select(rows.c.once).where(rows.c.once.in_(onces))).scalars())


def counts(db: Transaction) -> dict[Sending, int]:
    """How many rows are in each state."""
    found = db.connection().execute(select(rows.c.state, func.count()).group_by(rows.c.state))
    return {Sending(state): number for state, number in found}


def oldest_unsent(db: Transaction) -> datetime | None:
    """When the row that has waited longest should have gone; None when nothing due waits.

    News may wait by right: for the morning, for its turn among thousands, for staff who hold it.
    """
    pressing = rows.c.priority != int(Priority.BROADCAST)
    due = select(func.min(rows.c.due_at)).where(IS_READY, pressing, rows.c.due_at <= clock.now(db))
    oldest: datetime | None = db.connection().execute(due).scalar_one()
    return oldest


def forget_strangers(db: Transaction, *, before: datetime) -> int:
    """Drop what was said to chats that belong to nobody who agreed; how many rows."""
    old = rows.delete().where(rows.c.member_id.is_(None), rows.c.created_at < before, rows.c.once.is_(None))
    settled = rows.c.state.not_in([Sending.READY.value, Sending.CLAIMED.value])
    return db.connection().execute(old.where(settled)).rowcount
