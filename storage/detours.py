"""Detours: waiting rows that cannot go the way they were promised. They take another of their member's addresses, or
wait with a named reason until that chat is open again. The row stays the same one, and so does its `once`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import and_, case, func, literal, or_, select
from sqlmodel import SQLModel

from messages.types import Address, Outbound
from storage import clock
from storage.database import Transaction
from storage.errors import WrongKey
from storage.outbox import IS_READY, rows
from storage.tables import Priority, Sending

GONE = "gone"
"""The chat refuses us (blocked, no longer followed): what waits there waits until its person is back."""
PATIENCE = timedelta(days=30)
"""How long a notice waits for its person."""

_addresses = SQLModel.metadata.tables["address"]
_members = SQLModel.metadata.tables["member"]


def take(db: Transaction, number: int, address: Address) -> None:
    """Let a waiting row go to another address of the same member."""
    moved = {"account": address.account, "chat": address.chat, "aside_until": None, "retry_at": None, "reason": None}
    here = and_(rows.c.id == number, rows.c.state == Sending.READY.value)
    db.connection().execute(rows.update().where(here).values(moved))


def keep_here(db: Transaction, member_id: int, topic: str) -> None:
    """A member gets further addresses: what waits of a topic goes to the one it was promised to, and to no other."""
    theirs = and_(rows.c.member_id == member_id, rows.c.topic == topic, rows.c.state == Sending.READY.value)
    for number in db.connection().execute(select(rows.c.id).where(theirs, rows.c.body.is_not(None))).scalars().all():
        whole = message(db, number)
        if whole is not None:
            body = db.seals.seal(replace(whole, only_here=True).to_json())
            db.connection().execute(rows.update().where(rows.c.id == number).values(body=body))


def note(db: Transaction, reasons: Mapping[int, str]) -> None:
    """Keep on each waiting row why it waits."""
    for number, reason in reasons.items():
        db.connection().execute(rows.update().where(rows.c.id == number).values(reason=reason))


def message(db: Transaction, number: int) -> Outbound | None:
    """What a row says; None where it carries a reference, or is sealed with a key we were not given."""
    body = db.connection().execute(select(rows.c.body).where(rows.c.id == number)).scalar_one_or_none()
    try:
        return None if body is None else Outbound.from_json(db.seals.open(body))
    except WrongKey:
        return None


def promised_at(db: Transaction, numbers: Collection[int]) -> dict[int, datetime]:
    """When rows were promised."""
    found = db.connection().execute(select(rows.c.id, rows.c.created_at).where(rows.c.id.in_(numbers)))
    return {row.id: row.created_at for row in found}


def reopen(db: Transaction, address: Address, reasons: Collection[str], now: datetime) -> int:
    """A chat is open again: what waits there for one of these reasons may go now; how many."""
    here = and_(rows.c.account == address.account, rows.c.chat == address.chat, rows.c.state == Sending.READY.value)
    again = {"due_at": now, "aside_until": None, "reason": None}
    waiting = and_(here, rows.c.reason.in_(reasons), rows.c.due_at > now)
    return db.connection().execute(rows.update().where(waiting).values(again)).rowcount


def await_return(db: Transaction, address: Address, now: datetime, *, refused: int | None = None) -> None:
    """A chat refuses us. What its member is to know waits there until they are back, though not for ever; answers and
    news are for their day and end, and what is to be forgotten is: nothing of it may lie about with a chat and an
    instant. `refused`: the row by which the refusal was learnt; it waits with the others.
    """
    here = and_(rows.c.account == address.account, rows.c.chat == address.chat)
    whose = or_(IS_READY, rows.c.id == refused) if refused is not None else IS_READY
    known = rows.c.member_id.is_not(None), rows.c.body.is_not(None), rows.c.forget.is_(False)
    lasting = and_(rows.c.priority == int(Priority.NOTICE), *known)
    until = literal(now + PATIENCE, rows.c.expires_at.type)
    ends = case((rows.c.expires_at < until, rows.c.expires_at), else_=until)
    waits = {"state": Sending.READY.value, "reason": GONE, "due_at": ends, "expires_at": ends, "settled_at": None}
    again = {"retry_at": None, "aside_until": None, "attempts": 0}
    in_time = or_(rows.c.expires_at.is_(None), rows.c.expires_at > now)
    db.connection().execute(rows.update().where(here, whose, lasting, in_time).values(waits | again))
    ended = {"state": Sending.CANCELLED.value, "reason": "unreachable", "settled_at": now}
    others = or_(rows.c.reason.is_(None), rows.c.reason != GONE)
    db.connection().execute(rows.update().where(here, IS_READY, others).values(ended))


@dataclass(frozen=True, slots=True)
class Stranded:
    """A row that waits for its member at one address while they can be written to, or were heard, at another."""

    id: int
    member_id: int
    address: Address = field(repr=False)
    topic: str
    is_refused: bool
    """Its own address refuses us."""


def stranded(db: Transaction, reasons: Collection[str], *, size: int) -> list[Stranded]:
    """Rows that wait for one of these reasons, or at an address that refuses us, and whose member has been heard
    elsewhere since; the oldest first.
    """
    elsewhere = and_(
        _addresses.c.member_id == rows.c.member_id,
        _addresses.c.unreachable_at.is_(None),
        or_(_addresses.c.account != rows.c.account, _addresses.c.chat != rows.c.chat),
    )
    agreed = and_(_members.c.id == rows.c.member_id, _members.c.consent_version.is_not(None))
    heard = and_(rows.c.reason.in_(reasons), _addresses.c.seen_at > rows.c.created_at)
    query = (
        select(
            *(rows.c.id, rows.c.member_id, rows.c.account, rows.c.chat, rows.c.topic, rows.c.reason, rows.c.created_at)
        )
        .select_from(rows.join(_addresses, elsewhere).join(_members, agreed))
        .where(IS_READY, rows.c.reason.in_([GONE, *reasons]), or_(rows.c.reason == GONE, heard))
        .distinct()
        .order_by(rows.c.created_at)
        .limit(size)
    )
    return [
        Stranded(row.id, row.member_id, Address(row.account, row.chat), row.topic, row.reason == GONE)
        for row in db.connection().execute(query)
    ]


def go_on(db: Transaction, number: int, address: Address, now: datetime) -> None:
    """Let a row that waits go to another address of the same member at once."""
    take(db, number, address)
    db.connection().execute(rows.update().where(rows.c.id == number, IS_READY).values(due_at=now))


def supersede(db: Transaction, member_id: int, once_prefix: str, reasons: Collection[str]) -> int:
    """End what still waits for a member about a matter of which there is newer news; how many."""
    older = and_(rows.c.member_id == member_id, rows.c.once.startswith(once_prefix, autoescape=True))
    waiting = and_(IS_READY, rows.c.reason.in_([GONE, *reasons]), older)
    ended = {"state": Sending.CANCELLED.value, "reason": "superseded", "settled_at": clock.now(db)}
    return db.connection().execute(rows.update().where(waiting).values(ended)).rowcount


def in_flight(db: Transaction, account: str) -> int:
    """How many messages of an account are on their way, not yet counted by anybody."""
    flying = and_(rows.c.account == account, rows.c.state == Sending.CLAIMED.value)
    return int(db.connection().execute(select(func.count()).select_from(rows).where(flying)).scalar_one())


def waiting(db: Transaction, reasons: Collection[str]) -> dict[str, int]:
    """How many rows wait, by reason."""
    held = and_(rows.c.state == Sending.READY.value, rows.c.reason.in_(reasons))
    found = db.connection().execute(select(rows.c.reason, func.count()).where(held).group_by(rows.c.reason))
    return {reason: number for reason, number in found if reason}
