"""The ids one person has had: their own, and those of members that became part of theirs."""

from __future__ import annotations

from sqlalchemy import select
from sqlmodel import col

from storage.database import Transaction
from storage.tables import MemberAlias


def of(db: Transaction, member_id: int) -> list[int]:
    """Every id of a member, the one in force first."""
    return [member_id, *db.scalars(select(col(MemberAlias.old_id)).where(col(MemberAlias.member_id) == member_id))]


def today(db: Transaction, member_id: int) -> int:
    """The id in force of whoever once had this one."""
    return db.scalar(select(col(MemberAlias.member_id)).where(col(MemberAlias.old_id) == member_id)) or member_id
