"""Files of those proposed for an award, and what is being fetched from a channel for one.

Nothing but columns lives in this room; `storage/tables.py` lists these tables with all others. The papers themselves
are files (tables_files.py), found by the purpose `award` and the subject `CODE.paper`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Index
from sqlmodel import Field, SQLModel

from storage.types import Instant


class AwardFile(SQLModel, table=True):
    """A unit proposes somebody, or a model, for an award (domain F14)."""

    __tablename__ = "award_file"
    __table_args__ = (Index("ix_award_file_unit", "unit_id", "kind"),)

    code: str = Field(primary_key=True)
    kind: str
    """A key of messages/awards.toml."""
    programme_id: int | None = Field(default=None, foreign_key="programme.id", index=True)
    unit_id: int = Field(foreign_key="unit.id")
    """The unit that proposes."""
    nominee: str
    """Who, or what model."""
    state: str
    made_by: int | None = Field(default=None, foreign_key="member.id")
    made_at: datetime = Field(sa_column=Column(Instant(), nullable=False))
    sent_at: datetime | None = Field(default=None, sa_column=Column(Instant(), nullable=True))
    revision: int = 1


class Attachment(SQLModel, table=True):
    """What somebody sent in a chat and is to be fetched from its platform. Gone once it is fetched or given up."""

    __table_args__ = (Index("ix_attachment_account", "account", "retry_at"),)

    id: str = Field(primary_key=True)
    account: str
    """The account whose channel can fetch it."""
    member_id: int = Field(foreign_key="member.id", index=True)
    purpose: str
    subject: str
    title: str
    """What it is for, in words that name nobody."""
    body: bytes
    """Sealed: the channel's key to it, its name there."""
    attempts: int = 0
    retry_at: datetime = Field(sa_column=Column(Instant(), nullable=False))
    """By the database's clock: nobody else tries before."""
    created_at: datetime = Field(sa_column=Column(Instant(), nullable=False))
