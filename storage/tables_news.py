"""What the union tells its members unasked: what staff wrote, and whose turn it is to hear which slogan.

Nothing but columns lives in this room; `storage/tables.py` lists these tables with all others.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel

from storage.types import Instant, change_count


class Announcing(StrEnum):
    """Where a broadcast stands. A hold or a cancellation is this one flag, seen by the next claim."""

    DRAFT = "draft"
    FREEZING = "freezing"
    """Confirmed; who gets it is being written down, slice by slice."""
    SENDING = "sending"
    """Its rows may start, each at its due date."""
    HELD = "held"
    DONE = "done"
    CANCELLED = "cancelled"


class Broadcast(SQLModel, table=True):
    """What staff tell everybody of a unit and below who takes news. Once confirmed, its text never changes."""

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True)
    text: str
    """May hold the variables of messages/staff_text.py."""
    unit_id: int = Field(foreign_key="unit.id")
    author_id: int | None = Field(default=None, foreign_key="member.id")
    """None: the command line."""
    state: str = Field(default=Announcing.DRAFT, index=True)
    due_at: datetime | None = Field(default=None, sa_column=Column(Instant(), nullable=True))
    """When its first row may start; None until it is confirmed."""
    expected: int = 0
    """The number of recipients that was typed to confirm."""
    frozen_to: int = 0
    """The last member whose place in the audience is decided."""
    frozen_at: datetime | None = Field(default=None, sa_column=Column(Instant(), nullable=True))
    """When the whole audience was decided."""
    skipped: Any = Field(default_factory=dict, sa_type=JSON)
    """How many of the audience got no row, by reason."""
    promised: int = 0
    """How many got one."""
    counted: Any = Field(default_factory=dict, sa_type=JSON)
    """What became of the rows so far: see storage/tallies.py."""
    resent: int = 0
    """How often its unknown rows were sent again."""
    revision: int = change_count()
    """What staff do counts; that it goes on does not."""
    created_at: datetime = Field(sa_column=Column(Instant(), nullable=False))
    confirmed_at: datetime | None = Field(default=None, sa_column=Column(Instant(), nullable=True))
    finished_at: datetime | None = Field(default=None, sa_column=Column(Instant(), nullable=True))


class SloganTurn(SQLModel, table=True):
    """Which of a programme's slogans is a member's next, so that none comes again before all have come."""

    member_id: int = Field(primary_key=True, foreign_key="member.id", sa_column_kwargs={"autoincrement": False})
    programme_id: int = Field(primary_key=True, foreign_key="programme.id", sa_column_kwargs={"autoincrement": False})
    given: int = 0
    """How many were promised so far."""
    day: date
    """The planned day that was decided last, whether or not one was promised."""
