"""Members: who agreed, where they are reached, what they are in the middle of, who was erased.

Nothing but columns lives in this room; `storage/tables.py` lists these tables with all others.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.types import change_count, moment


class Member(SQLModel, table=True):
    """A person who agreed to the notice. Erasing empties the row but keeps it, so that counts stay true."""

    id: int | None = Field(default=None, primary_key=True)
    name: str | None = None
    phone: str | None = None
    place: str | None = None
    unit_id: int | None = Field(default=None, foreign_key="unit.id", index=True)
    other_unit: str | None = None
    group: str | None = None
    consent_version: str | None = None
    """The version of the notice agreed to; None once withdrawn."""
    news: bool = False
    revision: int = change_count()
    """What somebody decides about their data counts; what is kept from a form for the next one does not."""
    created_at: datetime = moment()
    erased_at: datetime | None = moment(null=True)


class MemberAddress(SQLModel, table=True):
    """Where a member can be written to; identity is the member, never the chat."""

    __tablename__ = "address"
    __table_args__ = (UniqueConstraint("account", "chat"),)

    id: int | None = Field(default=None, primary_key=True)
    account: str
    chat: str
    member_id: int = Field(foreign_key="member.id", index=True)
    linked_at: datetime = moment()
    seen_at: datetime = moment()
    """When the member last wrote from here: a push goes to the address seen last."""
    unreachable_at: datetime | None = moment(null=True)
    """Since when the platform refuses us (blocked); cleared when the member writes."""


class Consent(SQLModel, table=True):
    """Proof of an agreement: who, when, to which text, by which message (Law 91/2025/QH15, art. 9)."""

    id: int | None = Field(default=None, primary_key=True)
    member_id: int = Field(foreign_key="member.id", index=True)
    version: str
    text_hash: str
    purpose: str
    given_at: datetime = moment()
    account: str | None = None
    update_id: str | None = None
    withdrawn_at: datetime | None = moment(null=True)


class Conversation(SQLModel, table=True):
    """Which form a member is in, and what the last menu offered."""

    member_id: int = Field(primary_key=True, foreign_key="member.id", sa_column_kwargs={"autoincrement": False})
    active: str | None = None
    kept: bytes | None = None
    """Sealed: the choices offered last, and the code given last; either may name an anonymous item."""
    updated_at: datetime = moment()


class Offered(SQLModel, table=True):
    """The lists a member was shown last, of each chat: what a typed number is understood by (storage/offers.py)."""

    member_id: int = Field(primary_key=True, foreign_key="member.id", sa_column_kwargs={"autoincrement": False})
    kept: bytes
    """Sealed, instants and all: one may be that of an item without a name."""


class Draft(SQLModel, table=True):
    """An unfinished form. Its id is random: row ids are used again and would tell an order."""

    __table_args__ = (UniqueConstraint("member_id", "form"), {"sqlite_with_rowid": False})

    id: str = Field(primary_key=True)
    member_id: int = Field(foreign_key="member.id")
    form: str
    kept: bytes
    """Sealed: the answers, the parts of a long text, the question put last. What is sent without a name begins here."""
    updated_at: datetime = moment()
    expires_at: datetime = moment(index=True)


class Erasure(SQLModel, table=True):
    """A member who was erased, as a keyed digest of their addresses: replayed after a restore."""

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True)
    digest: str = Field(index=True)
    at: datetime = moment()
