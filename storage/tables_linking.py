"""One person on several channels: the codes by which a chat is linked.

Nothing but columns lives in this room; `storage/tables.py` lists this table with all others.
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
