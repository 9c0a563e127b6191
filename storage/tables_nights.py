"""What officers are told in the morning, because it came at night; gone once they are told.

Nothing but columns lives in this room; `storage/tables.py` lists these tables with all others. No moment and no order
is kept: a row may be about feedback without a name.
"""

from __future__ import annotations

from sqlalchemy import text
from sqlmodel import Field, SQLModel


class NightNotice(SQLModel, table=True):
    """One officer, one matter: the first thing that was to be said of it since the evening."""

    __tablename__ = "night_notice"
    __table_args__ = ({"sqlite_with_rowid": False},)

    member_id: int = Field(primary_key=True, foreign_key="member.id", sa_column_kwargs={"autoincrement": False})
    about: str = Field(primary_key=True)
    """The code of what it is about, or a list's number."""
    key: str
    """What happened: the catalogue's key of the message."""
    topic: str
    forget: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    """As in the outbox."""
    body: bytes
    """The sealed Outbound that is sent where it is the only one."""
