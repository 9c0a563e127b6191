"""Who was erased, as keyed digests: the list that is kept outside the database too, and who of it is back.

A digest is of an address or of a member's number; without the key it leads to nobody.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import col

from storage.database import Transaction
from storage.tables import Erasure, Member, MemberAddress

MEMBER = "member"
"""What the digest of a member's number is made of, beside the number."""


@dataclass(frozen=True, slots=True, order=True)
class Gone:
    """One digest and the moment of its erasure."""

    at: datetime
    digest: str


def count(db: Transaction) -> int:
    """How many digests there are."""
    return db.scalar(select(func.count()).select_from(Erasure)) or 0


def listed(db: Transaction) -> list[Gone]:
    """Every one of them, oldest first."""
    query = select(col(Erasure.at), col(Erasure.digest)).order_by(col(Erasure.at), col(Erasure.id))
    return [Gone(at, digest) for at, digest in db.execute(query)]


def add(db: Transaction, member_id: int, *, code: str, now: datetime) -> None:
    """Note that a member is erased, whichever addresses they had before and have now."""
    db.add(Erasure(code=f"{code}-{MEMBER}", digest=db.seals.digest(MEMBER, str(member_id)), at=now))


def returned(db: Transaction, gone: Collection[Gone]) -> list[Member]:
    """The members of this database who were erased after they came: an older copy has brought them back.

    Somebody who came again after an erasure is another member, and stays.
    """
    last: dict[str, datetime] = {}
    for one in gone:
        last[one.digest] = max(one.at, last.get(one.digest, one.at))
    if not last:
        return []
    found = _by_number(db, last) | _by_address(db, last)
    return [member for number in sorted(found) if (member := db.get(Member, number)) and member.erased_at is None]


def _by_number(db: Transaction, last: dict[str, datetime]) -> set[int]:
    query = select(col(Member.id), col(Member.created_at)).where(col(Member.erased_at).is_(None))
    return {number for number, since in db.execute(query) if _is_gone(db, last, since, MEMBER, str(number))}


def _by_address(db: Transaction, last: dict[str, datetime]) -> set[int]:
    query = select(
        col(MemberAddress.member_id), col(MemberAddress.linked_at), col(MemberAddress.account), col(MemberAddress.chat)
    )
    return {number for number, since, *where in db.execute(query) if _is_gone(db, last, since, "address", *where)}


def _is_gone(db: Transaction, last: dict[str, datetime], since: datetime, *what: str) -> bool:
    moments = (last.get(digest) for digest in db.seals.digests(*what))
    return any(moment is not None and moment >= since for moment in moments)
