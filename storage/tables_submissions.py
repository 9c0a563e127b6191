"""Submissions: what members hand in, every change of where it stands, and the texts that were replaced.

Nothing but columns lives in this room; `storage/tables.py` lists these tables with all others.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.types import moment


class Kind(StrEnum):
    """What a member hands in."""

    INITIATIVE = "initiative"
    FEEDBACK = "feedback"


class State(StrEnum):
    """Where a submission stands (seed 000 II.2.1 and Phụ lục 1: received, appraised, introduced higher)."""

    SENT = "sent"
    RECEIVED = "received"
    APPRAISING = "appraising"
    NEEDS_MORE = "needs_more"
    RECOGNISED = "recognised"
    DECLINED = "declined"
    SELECTED = "selected"
    """On a unit's list for the level above."""
    FORWARDED = "forwarded"
    """Sent up, or introduced to a higher level still."""
    AWARDED = "awarded"
    WITHDRAWN = "withdrawn"


class Submission(SQLModel, table=True):
    """What a member handed in, as of that day: name, phone and unit are the record's own."""

    __table_args__ = (
        Index("ix_submission_waiting", "receiver_id", "state", "sent_at"),
        Index("ix_submission_member", "member_id", "sent_at"),
        Index("ix_submission_likeness", "programme_id", "fingerprint"),
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: str
    code: str = Field(unique=True)
    draft_id: str = Field(unique=True)
    """The draft it was made from: a second tap finds this row instead of making another."""
    member_id: int | None = Field(default=None, foreign_key="member.id")
    programme_id: int | None = Field(default=None, foreign_key="programme.id")
    channel: str | None = None
    full_name: str | None = None
    phone: str | None = None
    place: str | None = None
    unit_id: int | None = Field(default=None, foreign_key="unit.id", index=True)
    other_unit: str | None = None
    receiver_id: int | None = Field(default=None, foreign_key="unit.id")
    """The unit whose officers see it first."""
    group: str | None = None
    answers: Any = Field(default_factory=dict, sa_type=JSON)
    text: str | None = None
    fingerprint: str | None = None
    state: str = State.SENT
    request: str | None = None
    """What the officer asked for, or why it was declined."""
    due_at: datetime | None = moment(null=True)
    revision: int = 1
    """Counts every change: two officers cannot overwrite each other."""
    sent_at: datetime = moment(index=True)
    updated_at: datetime = moment()


class Transition(SQLModel, table=True):
    """One change of state, with the instant and the unit of that day: counts can be made for any cut-off."""

    id: int | None = Field(default=None, primary_key=True)
    submission_id: int = Field(foreign_key="submission.id", index=True)
    from_state: str | None = None
    to_state: str
    at: datetime = moment(index=True)
    unit_id: int | None = Field(default=None, foreign_key="unit.id")
    actor_id: int | None = Field(default=None, foreign_key="member.id")
    note: str | None = None


class Version(SQLModel, table=True):
    """A text as it stood before its author added to it, or wrote another in its place."""

    __table_args__ = (UniqueConstraint("submission_id", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    submission_id: int = Field(foreign_key="submission.id")
    number: int
    text: str | None = None
    replaced_at: datetime = moment()
