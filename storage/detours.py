"""Detours: waiting rows that cannot go the way they were promised. They take another of their member's addresses, or
wait with a named reason until that chat is open again. The row stays the same one, and so does its `once`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import and_, func, select
from sqlmodel import SQLModel

from messages.types import Address, Outbound
from storage.database import Transaction
from storage.errors import WrongKey
from storage.tables import Sending

rows = SQLModel.metadata.tables["outbox"]


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


def in_flight(db: Transaction, account: str) -> int:
    """How many messages of an account are on their way, not yet counted by anybody."""
    flying = and_(rows.c.account == account, rows.c.state == Sending.CLAIMED.value)
    return int(db.connection().execute(select(func.count()).select_from(rows).where(flying)).scalar_one())


def waiting(db: Transaction, reasons: Collection[str]) -> dict[str, int]:
    """How many rows wait, by reason."""
    held = and_(rows.c.state == Sending.READY.value, rows.c.reason.in_(reasons))
    found = db.connection().execute(select(rows.c.reason, func.count()).where(held).group_by(rows.c.reason))
    return {reason: number for reason, number in found if reason}
