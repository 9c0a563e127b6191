"""What Zalo handed us for our Official Accounts: the right to call in their name, and how people there are called.

Nothing but columns lives in this room; `storage/tables.py` lists these tables with all others.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column
from sqlmodel import Field, SQLModel

from storage.types import Instant


class Grant(SQLModel, table=True):
    """The pair of tokens of one Official Account. The refresh token can be used once; what it brings replaces it."""

    __tablename__ = "oa_grant"

    account: str = Field(primary_key=True)
    pair: bytes | None = None
    """Sealed; None once the pair was taken back: then an administrator of the account must grant anew."""
    previous: bytes | None = None
    """The pair before, sealed: to see after a mishap which of two was the last."""
    granted_at: datetime = Field(sa_column=Column(Instant(), nullable=False))
    """When the pair was handed out, by the database's clock, as the next."""
    expires_at: datetime = Field(sa_column=Column(Instant(), nullable=False))
    """When the access token ends."""
    trouble: str | None = None
    """Why the pair could not be renewed, in a short ASCII name; None: all is well."""


class OaProfile(SQLModel, table=True):
    """How a person who has agreed is called on Zalo: asked for once, never before."""

    __tablename__ = "oa_profile"

    account: str = Field(primary_key=True)
    chat: str = Field(primary_key=True)
    name: bytes | None = None
    """Sealed; None: Zalo tells none, and is not asked again."""
    asked_at: datetime = Field(sa_column=Column(Instant(), nullable=False))
