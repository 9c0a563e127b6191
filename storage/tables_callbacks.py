"""Who asked to be called, until they are.

Nothing but columns lives in this room; `storage/tables.py` lists these tables with all others. A row names nobody and
has no place in an order: whoever asked may be about to write without a name.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from storage.types import moment


class Callback(SQLModel, table=True):
    """Somebody asked an officer to call."""

    __table_args__ = ({"sqlite_with_rowid": False},)

    id: str = Field(primary_key=True)
    """Random; the officer's buttons carry it."""
    blind: str = Field(index=True)
    """A keyed digest of who asked: a member, or the chat of somebody who has not agreed to the notice."""
    kept: bytes
    """Sealed: the number, the chat, who was told, and what was agreed to."""
    unit_id: int = Field(foreign_key="unit.id")
    """The unit whose officer is to call now."""
    level: int = 0
    """How often it has climbed."""
    due_at: datetime | None = moment(null=True, index=True)
    """By when somebody is to have called; None where nobody is left to climb to."""
    expires_at: datetime = moment(index=True)
