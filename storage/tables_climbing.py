"""How far a duty that is late has climbed: which rung of the ladder was told, up to which unit.

Nothing but columns lives in this room; `storage/tables.py` lists these tables with all others.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Column
from sqlmodel import Field, SQLModel

from storage.types import Instant


class Rung(StrEnum):
    """Who hears of a duty besides its own officers, who are told the day after (`Notice.OVERDUE`)."""

    DEPUTY = "deputy"
    """Those who stand in at the unit."""
    ABOVE = "above"
    """The level above: one digest of all units below it."""
    STAFF = "staff"
    """Those who run the programme."""
    UNREACHED = "unreached"
    """The level above, before the last day: those who cannot be reminded."""


class DutyClimb(SQLModel, table=True):
    """One rung for one date of a duty: a moved date begins anew."""

    __tablename__ = "duty_climb"

    duty_id: int = Field(primary_key=True, foreign_key="duty.id")
    rung: str = Field(primary_key=True)
    due_at: datetime = Field(sa_column=Column(Instant(), primary_key=True))
    reached: int = 0
    """The last unit that was dealt with; rungs are climbed in slices."""
    done: bool = False
    at: datetime = Field(sa_column=Column(Instant(), nullable=False))
