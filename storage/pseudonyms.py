"""By whom something was said without a name: a random pseudonym, sealed in the item, that leads to a member only here.

It ends with the member's erasure, and then nothing leads from the item to anybody, though the item itself is untouched.
One that is not current is of a time in which fewer people read the member's chats: what was said under it is listed
nowhere, opened by its code, and answered only in the chat in which it was said.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select, update
from sqlmodel import col

from messages.types import Address
from storage.database import Transaction
from storage.tables import MemberAddress, Pseudonym


@dataclass(frozen=True, slots=True)
class Author:
    """Whom a pseudonym stands for."""

    member_id: int
    current: bool
    address: Address | None
    """Of one that is not current: the chat in which it was used, while the member has it."""


def row(member_id: int) -> Mapping[str, Any]:
    """A new one, as a row: every member has one from the start, so that having one tells nothing."""
    return {"name": secrets.token_hex(16), "member_id": member_id, "address_id": None, "current": True}


def of(db: Transaction, member_id: int, *, current: bool = False) -> list[str]:
    """Every one of a member, also from before their chats were linked; or the current one only."""
    mine = select(col(Pseudonym.name)).where(col(Pseudonym.member_id) == member_id)
    return list(db.scalars(mine.where(col(Pseudonym.current).is_(True)) if current else mine))


def to_use(db: Transaction, member_id: int) -> str:
    """What a member says something under now."""
    for name in of(db, member_id, current=True):
        return name
    made = Pseudonym(**row(member_id))
    db.add(made)
    db.flush()
    return made.name


def author(db: Transaction, name: str) -> Author | None:
    """Whom one stands for; None once they were erased."""
    rows = select(Pseudonym, MemberAddress).outerjoin(MemberAddress, col(MemberAddress.id) == col(Pseudonym.address_id))
    found = db.execute(rows.where(col(Pseudonym.name) == name)).first()
    if found is None:
        return None
    kept, where = found
    return Author(kept.member_id, kept.current, Address(where.account, where.chat) if where is not None else None)


def begin_anew(db: Transaction, member_id: int) -> None:
    """Others will read the member's chats, or no longer: from now on things are said under a new one."""
    close(db, member_id)
    db.add(Pseudonym(**row(member_id)))
    db.flush()


def close(db: Transaction, member_id: int) -> None:
    """Nothing is said any more under the current one; what was is answered in the one chat the member had, if so."""
    mine = select(col(MemberAddress.id)).where(col(MemberAddress.member_id) == member_id)
    chats = db.scalars(mine).all()
    here = chats[0] if len(chats) == 1 else None
    open_ = col(Pseudonym.member_id) == member_id, col(Pseudonym.current).is_(True)
    db.execute(update(Pseudonym).where(*open_).values(current=False, address_id=here))


def forget(db: Transaction, member_id: int) -> None:
    """The member is erased: their pseudonyms lead to nobody any more."""
    db.execute(delete(Pseudonym).where(col(Pseudonym.member_id) == member_id))
