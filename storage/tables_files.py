"""Files that no chat carries, and the links by which they come and go.

Nothing but columns lives in this room; `storage/tables.py` lists these tables with all others.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Index, LargeBinary
from sqlmodel import Field, SQLModel

from storage.types import Instant


class StoredFile(SQLModel, table=True):
    """One file: handed in by a member, or made for one. Name and content are sealed."""

    __tablename__ = "file"
    __table_args__ = (Index("ix_file_subject", "purpose", "subject"),)

    id: str = Field(primary_key=True)
    """Random: it stands in addresses."""
    purpose: str
    """What it is for, in one word: `award`, `report`."""
    subject: str
    """What it belongs to: a public code, a number."""
    member_id: int | None = Field(default=None, foreign_key="member.id", index=True)
    """Who handed it in, or whom it was made for; None: nobody in particular, or erased."""
    kind: str
    """One of `storage.files.Kind`."""
    size: int
    """Bytes before sealing."""
    name: bytes
    body: bytes = Field(sa_column=Column(LargeBinary(), nullable=False))
    at: datetime = Field(sa_column=Column(Instant(), nullable=False))
    expires_at: datetime | None = Field(default=None, sa_column=Column(Instant(), nullable=True, index=True))
    """When it goes by itself; None: with what it belongs to."""


class FileLink(SQLModel, table=True):
    """An address by which one file is fetched, or some are handed in. It alone opens nothing: it asks for a code."""

    __tablename__ = "file_link"

    digest: str = Field(primary_key=True)
    """Keyed, of what stands in the address."""
    code: str
    """Keyed digest of the code that was said in the chat."""
    purpose: str
    subject: str
    title: str
    """What the page says it is for, before it knows who asks: nothing personal."""
    member_id: int = Field(foreign_key="member.id", index=True)
    file_id: str | None = Field(default=None, foreign_key="file.id")
    """To fetch; None: files are handed in."""
    most: int = 1
    """How many files may be handed in."""
    wrong: int = 0
    """Wrong codes typed so far."""
    ticket: str | None = Field(default=None, index=True)
    """Keyed digest of what the right code opened, for a few minutes."""
    ticket_until: datetime | None = Field(default=None, sa_column=Column(Instant(), nullable=True))
    created_at: datetime = Field(sa_column=Column(Instant(), nullable=False))
    expires_at: datetime = Field(sa_column=Column(Instant(), nullable=False, index=True))
    used_at: datetime | None = Field(default=None, sa_column=Column(Instant(), nullable=True))
