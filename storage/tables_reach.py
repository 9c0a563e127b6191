"""What limits whom we may write to: the window of each chat, and how much of an account's allowance is used.

Nothing but columns lives in this room; `storage/tables.py` lists these tables with all others.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column
from sqlmodel import Field, SQLModel

from storage.types import Instant


class Window(SQLModel, table=True):
    """One chat of a channel that limits whom we may write to; what a platform told us of it, never what we may do."""

    __tablename__ = "chat_window"

    account: str = Field(primary_key=True)
    chat: str = Field(primary_key=True)
    interacted_at: datetime | None = Field(default=None, sa_column=Column(Instant(), nullable=True))
    """The last thing its person did that opens the window (a message, a follow)."""
    follows: bool | None = None
    """None: never told."""
    free_left: int | None = None
    """Free replies left in this window, as the platform said after the last send; None: it has not said."""
    free_until: datetime | None = Field(default=None, sa_column=Column(Instant(), nullable=True))
    """When those end."""
    paused_until: datetime | None = Field(default=None, sa_column=Column(Instant(), nullable=True))
    """A person of ours talks there by hand: until then nothing automatic is said."""


class Quota(SQLModel, table=True):
    """How much of one allowance an account has used in a period."""

    account: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    """What is counted: `messages`, `users`, `paid`, `template`."""
    period: str = Field(primary_key=True)
    """`2026-11` or `2026-11-21`, in Vietnam's time; `all` for what never begins anew."""
    used: int = 0
    limit: int | None = None
    """As the platform said; None: it has not said, and a setting decides."""
