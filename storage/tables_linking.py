"""One person on several channels: the codes by which a chat is linked.

Nothing but columns lives in this room; `storage/tables.py` lists this table with all others.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column
from sqlmodel import Field, SQLModel

from storage.types import Instant


class LinkCode(SQLModel, table=True):
    """A one-time code that opens its member's record on another channel. Only its keyed digest is kept.

    Once it was typed somewhere, its row is the request that both chats are asked about.
    """

    __tablename__ = "link_code"

    digest: str = Field(primary_key=True)
    member_id: int = Field(foreign_key="member.id", unique=True)
    """One at a time: a new code ends the old one."""
    expires_at: datetime = Field(sa_column=Column(Instant(), nullable=False, index=True))
    home: bytes | None = None
    """The chat in which it was given out, sealed: there its owner is asked."""
    guest: bytes | None = None
    """The chat in which it was typed, sealed."""
    guest_id: int | None = Field(default=None, foreign_key="member.id", index=True)
    """The member of that chat; None where it belongs to nobody yet."""
    agreed_at: datetime | None = Field(default=None, sa_column=Column(Instant(), nullable=True))
    """When the guest said yes; from then on the owner is asked."""
