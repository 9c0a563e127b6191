"""What becomes of a duty: who was written to on which day, what is done, who wants to be asked later.

Nothing but columns lives in this room; `storage/tables.py` lists these tables with all others.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Column, Index
from sqlmodel import Field, SQLModel

from storage.types import Instant


class Notice(StrEnum):
    """What somebody is told of a duty."""

    REMINDER = "reminder"
    OVERDUE = "overdue"
    MOVED = "moved"
    """Its date was changed, and there is nothing else to say today."""


class DutyDone(SQLModel, table=True):
    """A unit has done its duty. The mark outlasts a moved date."""

    __tablename__ = "duty_done"

    duty_id: int = Field(primary_key=True, foreign_key="duty.id")
    unit_id: int = Field(primary_key=True, foreign_key="unit.id")
    at: datetime = Field(sa_column=Column(Instant(), nullable=False))
    member_id: int | None = Field(default=None, foreign_key="member.id")
    """Who said so."""


class DutyObstacle(SQLModel, table=True):
    """What keeps a unit from doing its duty, in the words of whoever reported it to the level above."""

    __tablename__ = "duty_obstacle"
    __table_args__ = (Index("ix_duty_obstacle_of", "duty_id", "unit_id"),)

    id: int | None = Field(default=None, primary_key=True)
    duty_id: int = Field(foreign_key="duty.id")
    unit_id: int = Field(foreign_key="unit.id")
    member_id: int | None = Field(default=None, foreign_key="member.id")
    at: datetime = Field(sa_column=Column(Instant(), nullable=False))
    text: str


class DutyNotice(SQLModel, table=True):
    """What was promised to somebody about one unit's duty: at most once on a local day, says the key."""

    __tablename__ = "duty_notice"

    duty_id: int = Field(primary_key=True, foreign_key="duty.id")
    unit_id: int = Field(primary_key=True, foreign_key="unit.id")
    member_id: int = Field(primary_key=True, foreign_key="member.id")
    day: date = Field(primary_key=True)
    kind: str
    at: datetime = Field(sa_column=Column(Instant(), nullable=False, index=True))
    once: str
    """The key of the outbox row, which tells what became of it."""


class DutySnooze(SQLModel, table=True):
    """Somebody asked to be reminded again on a day."""

    __tablename__ = "duty_snooze"

    duty_id: int = Field(primary_key=True, foreign_key="duty.id")
    unit_id: int = Field(primary_key=True, foreign_key="unit.id")
    member_id: int = Field(primary_key=True, foreign_key="member.id")
    until: date = Field(index=True)


class DutyLook(SQLModel, table=True):
    """How far the clock looked whom to write to about a duty, and what was so then: an idle look costs nothing."""

    __tablename__ = "duty_look"

    duty_id: int = Field(primary_key=True, foreign_key="duty.id", sa_column_kwargs={"autoincrement": False})
    facts: str
    """What the look goes by; where it is no longer so, the look begins anew."""
    looked_to: int = 0
    """The last unit that was looked at."""
    done_at: datetime | None = Field(default=None, sa_column=Column(Instant(), nullable=True))
    """When every unit had been looked at."""
