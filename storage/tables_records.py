"""The house's own records: updates dealt with, what was done by whom, settings.

Nothing but columns lives in this room; `storage/tables.py` lists these tables with all others.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel

from storage.types import BIG_ID, moment


class Seen(SQLModel, table=True):
    """An update that has been dealt with: redelivery changes nothing."""

    account: str = Field(primary_key=True)
    update_id: str = Field(primary_key=True)
    at: datetime = moment(index=True)


class Audit(SQLModel, table=True):
    """What was done, by whom, to what. Only ever added to; never a name, a phone or a text."""

    id: int | None = Field(default=None, sa_column=Column(BIG_ID, primary_key=True, autoincrement=True))
    at: datetime = moment(index=True)
    actor_id: int | None = None
    """None: the command line or the product itself."""
    action: str
    unit_id: int | None = None
    subject: str | None = None
    details: Any = Field(default_factory=dict, sa_type=JSON)


class Setting(SQLModel, table=True):
    """A named value of the installation itself."""

    key: str = Field(primary_key=True)
    value: Any = Field(default=None, sa_type=JSON)
