"""How members are called on Zalo, sealed; and of whom that was asked already."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlmodel import col

from messages.types import Address
from storage.database import Transaction
from storage.errors import WrongKey
from storage.tables import Member, MemberAddress, OaProfile


def unasked(db: Transaction, account: str, *, limit: int) -> Sequence[str]:
    """Chats of members who agree and have no name with us, of whom Zalo was not asked yet."""
    asked = select(OaProfile).where(
        col(OaProfile.account) == col(MemberAddress.account), col(OaProfile.chat) == col(MemberAddress.chat)
    )
    query = (
        select(col(MemberAddress.chat))
        .join(Member, col(Member.id) == col(MemberAddress.member_id))
        .where(col(MemberAddress.account) == account, col(Member.consent_version).is_not(None))
        .where(col(Member.name).is_(None), ~asked.exists())
    )
    return db.scalars(query.order_by(col(MemberAddress.id)).limit(limit)).all()


def keep(db: Transaction, address: Address, name: str, now: datetime) -> None:
    """What Zalo said, if it said anything; of a chat whose member is gone meanwhile nothing is kept."""
    here = col(MemberAddress.account) == address.account, col(MemberAddress.chat) == address.chat
    agreed = select(col(Member.id)).join(MemberAddress, col(MemberAddress.member_id) == col(Member.id))
    if db.scalar(agreed.where(*here, col(Member.consent_version).is_not(None))) is None:
        return
    sealed = db.seals.seal(name) if name else None
    row = {"account": address.account, "chat": address.chat, "name": sealed, "asked_at": now}
    db.write(OaProfile, row, replaces=("account", "chat"))
    db.write_out()


def name_of(db: Transaction, address: Address) -> str | None:
    """How somebody is called there, if that is known."""
    row = db.get(OaProfile, (address.account, address.chat))
    try:
        return None if row is None or row.name is None else str(db.seals.open(row.name))
    except WrongKey:
        return None


def forget_strangers(db: Transaction) -> int:
    """Drop what is kept of chats whose member is erased, has moved or no longer agrees; how many."""
    agreed = (
        select(MemberAddress)
        .join(Member, col(Member.id) == col(MemberAddress.member_id))
        .where(col(MemberAddress.account) == col(OaProfile.account), col(MemberAddress.chat) == col(OaProfile.chat))
        .where(col(Member.consent_version).is_not(None))
    )
    return int(db.execute(delete(OaProfile).where(~agreed.exists())).rowcount)  # type: ignore[attr-defined]


def forget(db: Transaction, addresses: Sequence[Address]) -> None:
    """Their member is erased."""
    for address in addresses:
        here = col(OaProfile.account) == address.account, col(OaProfile.chat) == address.chat
        db.execute(delete(OaProfile).where(*here))
