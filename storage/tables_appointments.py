"""Who serves a unit, with which rights, and who is away; the names a unit had before.

Nothing but columns lives in this room; `storage/tables.py` lists these tables with all others.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Column, Index
from sqlmodel import Field, SQLModel

from storage.types import Instant


class Role(StrEnum):
    """What a member may do for a unit and all below it."""

    OFFICER = "officer"
    STAFF = "staff"
    ADMIN = "admin"


class Right(StrEnum):
    """What an officer of a unit may be trusted with (seed 000 II.2.1, II.2.2; Phụ lục 3)."""

    RECEIVE = "receive"
    """Take in what members send."""
    APPRAISE = "appraise"
    """Ask for more, score, recognise or not."""
    SELECT = "select"
    """Choose the outstanding ones of the unit."""
    FORWARD = "forward"
    """Send what was chosen to the level above."""
    ANSWER = "answer"
    """Read and answer feedback."""
    REPORT = "report"
    """Mark duties as done, see the tables of the units below."""


class Appointment(SQLModel, table=True):
    """A member's role for a unit and its subtree, from one day to another."""

    id: int | None = Field(default=None, primary_key=True)
    member_id: int = Field(foreign_key="member.id", index=True)
    unit_id: int = Field(foreign_key="unit.id", index=True)
    role: str
    deputy: bool = False
    """Stands in: is written to when nobody else of the unit can be, or when something is late."""
    rights: Any = Field(default=None, sa_type=JSON)
    """The names of `Right`s; None: all of them. Staff and administrators always have all."""
    since: datetime = Field(sa_column=Column(Instant(), nullable=False))
    until: datetime | None = Field(default=None, sa_column=Column(Instant(), nullable=True))


class Pairing(SQLModel, table=True):
    """A one-time code that makes its bearer an officer. Only its keyed digest is kept."""

    id: int | None = Field(default=None, primary_key=True)
    digest: str = Field(unique=True)
    unit_id: int = Field(foreign_key="unit.id")
    role: str
    deputy: bool = False
    rights: Any = Field(default=None, sa_type=JSON)
    created_at: datetime = Field(sa_column=Column(Instant(), nullable=False))
    expires_at: datetime = Field(sa_column=Column(Instant(), nullable=False))
    used_at: datetime | None = Field(default=None, sa_column=Column(Instant(), nullable=True))
    used_by: int | None = Field(default=None, foreign_key="member.id")
    invited_by: int | None = Field(default=None, foreign_key="member.id")
    """Who handed it out; None: the command line, or a version that did not say."""


class Absence(SQLModel, table=True):
    """An officer is away: whoever stands in is written to instead."""

    __table_args__ = (Index("ix_absence_member", "member_id", "last"),)

    id: int | None = Field(default=None, primary_key=True)
    member_id: int = Field(foreign_key="member.id")
    first: date
    last: date
    """The last day away."""
    noted_at: datetime = Field(sa_column=Column(Instant(), nullable=False))


class UnitName(SQLModel, table=True):
    """A name that a unit had to the end of a day: a record keeps the name of its own day."""

    __tablename__ = "unit_name"

    unit_id: int = Field(primary_key=True, foreign_key="unit.id")
    until: date = Field(primary_key=True)
    """The last day of the name."""
    name: str
