"""Callbacks that were asked for: found by whoever asked, climbing level by level, gone once somebody called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlmodel import col

from messages.types import Address
from storage.database import Transaction
from storage.errors import WrongKey
from storage.tables import Callback, Consent

PURPOSE = "callback"
"""What a member agrees to: that one number is used for one call."""
BLIND = "callback-asker"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is sealed of one: whom to call, who was told, the proof that it was agreed to."""

    phone: str
    name: str | None
    account: str
    chat: str
    member_id: int | None
    """None for somebody who has not agreed to the notice."""
    told: tuple[int, ...]
    """The officers who were asked to call, the last at the end."""
    text_hash: str
    """Of the terms as they were shown."""
    day: str

    @property
    def address(self) -> Address:
        """Where they asked, and are told."""
        return Address(self.account, self.chat)

    def told_also(self, member_id: int) -> Asked:
        """One more officer was asked."""
        return replace(self, told=(*self.told, member_id))


def add(
    db: Transaction,
    asked: Asked,
    *,
    callback_id: str,
    unit_id: int,
    due_at: datetime,
    expires_at: datetime,
) -> Callback:
    """Keep a new one."""
    row = Callback(
        id=callback_id,
        blind=db.seals.digest(BLIND, _name(asked.member_id, asked.address)),
        kept=db.seals.seal(asdict(asked)),
        unit_id=unit_id,
        due_at=due_at,
        expires_at=expires_at,
    )
    db.add(row)
    db.flush()
    return row


def agree(db: Transaction, member_id: int, *, version: str, text_hash: str, at: datetime) -> None:
    """The proof that stays with a member. `at` is a day's beginning: neither the moment nor the message is kept."""
    proof = {"member_id": member_id, "version": version, "text_hash": text_hash, "purpose": PURPOSE}
    db.write(Consent, {**proof, "given_at": at})


def read(db: Transaction, row: Callback) -> Asked | None:
    """What is sealed in it; None where the key is gone."""
    try:
        held = db.seals.open(row.kept)
    except WrongKey:
        return None
    return Asked(**{**held, "told": tuple(held["told"])})


def by_id(db: Transaction, callback_id: str) -> Callback | None:
    """One of them."""
    return db.get(Callback, callback_id)


def of(db: Transaction, member_id: int | None, addresses: Sequence[Address]) -> Sequence[Callback]:
    """What a member asked for, or somebody at these chats."""
    names = [_name(member_id, None)] if member_id is not None else []
    names += [_name(None, address) for address in addresses]
    digests = [digest for name in names for digest in db.seals.digests(BLIND, name)]
    return db.scalars(select(Callback).where(col(Callback.blind).in_(digests)).order_by(col(Callback.id))).all()


def re_own(db: Transaction, source_id: int, target_id: int) -> None:
    """Two members have become one."""
    for row in of(db, source_id, ()):
        asked = read(db, row)
        if asked is not None:
            row.blind = db.seals.digest(BLIND, _name(target_id, None))
            row.kept = db.seals.seal(asdict(replace(asked, member_id=target_id)))
    db.flush()


def due(db: Transaction, now: datetime, limit: int) -> Sequence[Callback]:
    """Those by whose time nobody has called."""
    late = select(Callback).where(col(Callback.due_at) <= now)
    return db.scalars(late.order_by(col(Callback.due_at)).limit(limit)).all()


def climb(db: Transaction, row: Callback, asked: Asked, *, unit_id: int, level: int, due_at: datetime | None) -> bool:
    """Somebody else is to call; False when another process was quicker."""
    facts = {"kept": db.seals.seal(asdict(asked)), "unit_id": unit_id, "level": level, "due_at": due_at}
    moved = db.execute(
        update(Callback)
        .where(col(Callback.id) == row.id, col(Callback.level) == row.level, col(Callback.due_at).is_not(None))
        .values(**facts),
        execution_options={"synchronize_session": False},
    )
    db.refresh(row)
    return bool(moved.rowcount)  # type: ignore[attr-defined]


def drop(db: Transaction, callback_id: str) -> bool:
    """It is over; False when it was before."""
    gone = delete(Callback).where(col(Callback.id) == callback_id)
    return bool(db.execute(gone).rowcount)  # type: ignore[attr-defined]


def expire(db: Transaction, now: datetime) -> None:
    """Drop those past their days."""
    db.execute(delete(Callback).where(col(Callback.expires_at) <= now))


def _name(member_id: int | None, address: Address | None) -> str:
    if member_id is not None:
        return f"member:{member_id}"
    assert address is not None
    return f"chat:{address.account}:{address.chat}"
