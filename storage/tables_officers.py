"""What officers do with initiatives: choose, send up, reward, score, share the work; the numbers set to units.

Nothing but columns lives in this room; `storage/tables.py` lists these tables with all others.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Index
from sqlmodel import Field, SQLModel

from storage.types import moment


class Purpose(StrEnum):
    """What a unit chose an initiative for (seed 000 II.2.1: chosen at the base, introduced, rewarded)."""

    SELECT = "select"
    """To be sent to the level above."""
    AWARD = "award"
    """To be rewarded by this unit."""
    KEEP = "keep"
    """Looked at and left as it is: it waits no more."""


class Selection(SQLModel, table=True):
    """One unit's choice of one initiative. Counting is done over these rows, for any unit and programme."""

    __table_args__ = (
        Index("ix_selection_unit", "unit_id", "programme_id", "purpose"),
        Index("ix_selection_forwarding", "forwarding_id"),
    )

    submission_id: int = Field(primary_key=True, foreign_key="submission.id")
    unit_id: int = Field(primary_key=True, foreign_key="unit.id")
    purpose: str = Field(primary_key=True)
    programme_id: int | None = Field(default=None, foreign_key="programme.id")
    at: datetime = moment()
    by_id: int | None = Field(default=None, foreign_key="member.id")
    reason: str | None = None
    """Why it was chosen although the planned number was reached."""
    forwarding_id: int | None = Field(default=None, foreign_key="forwarding.id")
    """The list with which it was sent up; None until then."""


class Forwarding(SQLModel, table=True):
    """One list of initiatives that a unit sent to the level above, all at once."""

    __table_args__ = (Index("ix_forwarding_to", "to_unit_id", "programme_id"),)

    id: int | None = Field(default=None, primary_key=True)
    programme_id: int | None = Field(default=None, foreign_key="programme.id")
    unit_id: int = Field(foreign_key="unit.id", index=True)
    to_unit_id: int | None = Field(default=None, foreign_key="unit.id")
    """None: to the level above all units of this installation."""
    at: datetime = moment()
    by_id: int | None = Field(default=None, foreign_key="member.id")


class Score(SQLModel, table=True):
    """One appraiser's points for one initiative, given for a unit; given again, they replace the earlier ones."""

    submission_id: int = Field(primary_key=True, foreign_key="submission.id")
    unit_id: int = Field(primary_key=True, foreign_key="unit.id")
    member_id: int = Field(primary_key=True, foreign_key="member.id")
    points: Any = Field(default_factory=dict, sa_type=JSON)
    """By the programme's criteria."""
    total: int
    at: datetime = moment()


class Target(SQLModel, table=True):
    """How many initiatives a unit is asked for by the level above («phân bổ số lượng sáng kiến», seed 000 II.2.1)."""

    programme_id: int = Field(primary_key=True, foreign_key="programme.id")
    unit_id: int = Field(primary_key=True, foreign_key="unit.id")
    count: int
    set_by_unit_id: int = Field(foreign_key="unit.id")
    by_id: int | None = Field(default=None, foreign_key="member.id")
    at: datetime = moment()


class Assignment(SQLModel, table=True):
    """Which officer of a unit deals with an initiative."""

    submission_id: int = Field(primary_key=True, foreign_key="submission.id")
    unit_id: int = Field(primary_key=True, foreign_key="unit.id")
    member_id: int = Field(foreign_key="member.id", index=True)
    by_id: int | None = Field(default=None, foreign_key="member.id")
    at: datetime = moment()


class Agreement(SQLModel, table=True):
    """The employer or head of the unit agreed that an initiative is put into practice (seed 000 II.2.1)."""

    submission_id: int = Field(primary_key=True, foreign_key="submission.id")
    unit_id: int = Field(foreign_key="unit.id")
    by_id: int | None = Field(default=None, foreign_key="member.id")
    """The officer who noted it."""
    at: datetime = moment()


class CannedAnswer(SQLModel, table=True):
    """A sentence that the officers of a unit and of all below it use again and again."""

    __tablename__ = "canned_answer"

    id: int | None = Field(default=None, primary_key=True)
    unit_id: int = Field(foreign_key="unit.id", index=True)
    use: str
    """`need_more` or `decline`."""
    title: str
    text: str
    """May hold the variables of messages/staff_text.py."""
    by_id: int | None = Field(default=None, foreign_key="member.id")
    at: datetime = moment()
    dropped_at: datetime | None = moment(null=True)
