"""Programmes: what is asked for and when, their slogans and duties, who waits for the next.

Nothing but columns lives in this room; `storage/tables.py` lists these tables with all others.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.types import change_count, moment


class Programme(SQLModel, table=True):
    """A programme with real dates, made from a template. Open while opens_at <= now < closes_at and not hidden."""

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True)
    template: str
    name: str
    theme: str | None = None
    kind: str
    level: str | None = None
    unit_id: int | None = Field(default=None, foreign_key="unit.id")
    """The unit that runs it, for itself and all below; None: for everybody."""
    source: str | None = None
    opens_at: datetime = moment(index=True)
    closes_at: datetime = moment(index=True)
    """The first moment that is too late."""
    hidden: bool = False
    details: Any = Field(default_factory=dict, sa_type=JSON)
    """Peaks, phases, quotas and questions as the template has them, moved to these dates."""
    revision: int = change_count()
    announced_open: bool = False
    """Whether those who asked to be told have been told."""


class Slogan(SQLModel, table=True):
    """One of a programme's slogans; `text` may compute an anniversary."""

    id: int | None = Field(default=None, primary_key=True)
    programme_id: int = Field(foreign_key="programme.id", index=True)
    position: int
    text: str
    invitation: str | None = None


class Duty(SQLModel, table=True):
    """What one level owes another by a date."""

    __table_args__ = (UniqueConstraint("programme_id", "key"),)

    id: int | None = Field(default=None, primary_key=True)
    programme_id: int = Field(foreign_key="programme.id", index=True)
    key: str
    title: str
    by_level: str
    to_level: str | None = None
    due_at: datetime = moment(index=True)
    """The first moment that is too late: «trước ngày 14/4» and «đến hết ngày 13/4» are the same instant."""
    quota: int | None = None
    consequence: str | None = None
    every: str | None = None
    """It is one of many that recur each `day` or `month`; see handlers/duties/recurring.py."""
    moved_at: datetime | None = moment(null=True)
    """When its date was last changed: those concerned are told."""
    revision: int = change_count()


class Watch(SQLModel, table=True):
    """A member who asked to be told when a programme of this kind opens."""

    member_id: int = Field(primary_key=True, foreign_key="member.id", sa_column_kwargs={"autoincrement": False})
    kind: str = Field(primary_key=True)
    since: datetime = moment()
