"""One person on several channels: the codes by which a chat is linked, and who two members turned out to be.

Nothing but columns lives in this room; `storage/tables.py` lists these tables with all others.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column
from sqlmodel import Field, SQLModel

from storage.types import Instant


class LinkCode(SQLModel, table=True):
    """A one-time code that opens its member's record on another channel. Only its keyed digest is kept."""

    __tablename__ = "link_code"

    digest: str = Field(primary_key=True)
    member_id: int = Field(foreign_key="member.id", unique=True)
    """One at a time: a new code ends the old one."""
    expires_at: datetime = Field(sa_column=Column(Instant(), nullable=False, index=True))


class MemberAlias(SQLModel, table=True):
    """A member who became part of another one. Nothing sealed is opened for it: what such a member said without a name
    keeps its seal and its blind index, else two states of the database side by side would show who wrote it.
    """

    __tablename__ = "member_alias"

    old_id: int = Field(primary_key=True, foreign_key="member.id", sa_column_kwargs={"autoincrement": False})
    member_id: int = Field(foreign_key="member.id", index=True)
