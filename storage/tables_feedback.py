"""Feedback and what was done with it.

An anonymous row holds no member, no channel, no name, nothing finer than a day and no number that would tell an order;
only who has the key that is kept outside the database can find its author, to bring back the answer.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, Index
from sqlmodel import Field, SQLModel

from storage.types import Instant, unset_flag


class Feedback(SQLModel, table=True):
    """What somebody wanted the union to hear. The code is random and is the key: rows have no order."""

    __table_args__ = (
        Index("ix_feedback_waiting", "receiver_id", "state", "due_on"),
        {"sqlite_with_rowid": False},
    )

    code: str = Field(primary_key=True)
    mark: str = Field(unique=True)
    """A keyed digest of the draft it was made from: a second tap finds this row."""
    kind: str
    topic: str
    anonymous: bool
    member_id: int | None = Field(default=None, foreign_key="member.id", index=True)
    """None for an anonymous item, always."""
    author: bytes | None = None
    """Of an anonymous item only: the author's pseudonym, sealed. It stays when they are erased, and leads nowhere."""
    blind: str | None = Field(default=None, index=True)
    """Of an anonymous item only: a keyed digest of the pseudonym, by which authors find their own."""
    channel: str | None = None
    full_name: str | None = None
    phone: str | None = None
    group: str | None = None
    place: str | None = None
    unit_id: int | None = Field(default=None, foreign_key="unit.id", index=True)
    """The author's unit; of an anonymous item the nearest one that is large enough to hide in."""
    other_unit: str | None = None
    receiver_id: int | None = Field(default=None, foreign_key="unit.id")
    """The unit whose officers answer."""
    above: bool = False
    """The author asked for the level above, past the officers of the own unit."""
    programme_id: int | None = Field(default=None, foreign_key="programme.id")
    text: str | None = None
    urgent: bool = False
    impact: bool = False
    wide: bool = False
    state: str
    reopened: bool = False
    due_on: date
    """The last day for the first answer."""
    due_at: datetime | None = Field(default=None, sa_column=Column(Instant(), nullable=True))
    """The same to the minute of working time; None for an anonymous item, always: it would tell when it came."""
    answered_on: date | None = None
    escalated_on: date | None = None
    """When a level above was last told that it is late."""
    climbed: int = 0
    """How many levels above were told."""
    climb_announced: bool = unset_flag()
    """Whether its receipt said that the level above is told when nobody answers in time."""
    merged_into: str | None = Field(default=None, foreign_key="feedback.code", index=True)
    """The item of the same matter that is answered for both."""
    satisfied: bool | None = None
    """What the author said of the last answer."""
    public_words: str | None = None
    """What members may be told of it, in an officer's own words."""
    published_on: date | None = None
    revision: int = 1
    """Counts every change: two officers cannot overwrite each other."""
    day: date
    sent_at: datetime | None = Field(default=None, sa_column=Column(Instant(), nullable=True))
    """None for an anonymous item, always."""


class FeedbackEvent(SQLModel, table=True):
    """One thing done with an item, by its author or by an officer."""

    __tablename__ = "feedback_event"
    __table_args__ = ({"sqlite_with_rowid": False},)

    code: str = Field(primary_key=True, foreign_key="feedback.code")
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    """Counts within the item."""
    what: str
    state: str
    """The state it led to."""
    by_author: bool = False
    actor_id: int | None = Field(default=None, foreign_key="member.id")
    """The officer; never the author."""
    unit_id: int | None = Field(default=None, foreign_key="unit.id")
    text: str | None = None
    details: Any = Field(default_factory=dict, sa_type=JSON)
    day: date
    at: datetime | None = Field(default=None, sa_column=Column(Instant(), nullable=True))
    """None where the item is anonymous, always."""


class Pseudonym(SQLModel, table=True):
    """By whom something was said without a name; items have it sealed. See storage/pseudonyms.py."""

    __table_args__ = ({"sqlite_with_rowid": False},)

    name: str = Field(primary_key=True)
    """Random; of members from before there were pseudonyms the number they had."""
    member_id: int = Field(foreign_key="member.id", index=True)
    address_id: int | None = Field(default=None, foreign_key="address.id", ondelete="SET NULL", index=True)
    """Of one that is not current: the only chat in which it was used; None where there were several."""
    current: bool
    """Things are said under it now."""
