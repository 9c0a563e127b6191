"""What officers keep about feedback: what was asked of whom by when, and the answers they use again.

Nothing but columns lives in this room; `storage/tables.py` lists these tables with all others. No member, no text of a
member and no moment finer than the day stands in a task, since it may belong to an item without a name.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Column, Index
from sqlmodel import Field, SQLModel

from storage.types import Instant


class FeedbackTask(SQLModel, table=True):
    """A petition to somebody, or a part of helping together: who does what by when (seed 000 II.2.2)."""

    __tablename__ = "feedback_task"
    __table_args__ = (Index("ix_feedback_task_due", "due_on", "done_on"), {"sqlite_with_rowid": False})

    code: str = Field(primary_key=True, foreign_key="feedback.code")
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    """Counts within the item."""
    kind: str
    """`petition` or `help`."""
    who: str | None = None
    """The addressee of a petition, or who helps; in the officer's words."""
    what: str | None = None
    made_on: date
    due_on: date | None = None
    """The last day by which it was promised; None: nothing was promised."""
    reminded_on: date | None = None
    """When officers were last reminded of it."""
    done_on: date | None = None


class LibraryAnswer(SQLModel, table=True):
    """An answer of a unit and all below it that is given again and again, with the rule it rests on."""

    __tablename__ = "library_answer"

    id: int | None = Field(default=None, primary_key=True)
    unit_id: int = Field(foreign_key="unit.id", index=True)
    topic: str
    title: str
    basis: str
    """The law, the rule, the agreement and its article."""
    text: str
    """May hold the variables of messages/library.py."""
    search: str
    """Folded title, basis and text, for finding."""
    author_id: int | None = Field(default=None, foreign_key="member.id")
    added_at: datetime = Field(sa_column=Column(Instant(), nullable=False))
    dropped_at: datetime | None = Field(default=None, sa_column=Column(Instant(), nullable=True))
