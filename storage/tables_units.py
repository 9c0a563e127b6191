"""Units: the union's organisations and their levels.

Nothing but columns lives in this room; `storage/tables.py` lists these tables with all others.
"""

from __future__ import annotations

from datetime import date

from sqlmodel import Field, SQLModel

from storage.types import change_count


class Level(SQLModel, table=True):
    """A level of the union, as the import names it; `rank` 0 is the top."""

    code: str = Field(primary_key=True)
    name: str
    rank: int


class Unit(SQLModel, table=True):
    """A union organisation. `place` is the two-digit code of its province or city; None for a central sector."""

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True)
    name: str
    search: str = Field(index=True)
    """The folded name, for finding."""
    level: str = Field(foreign_key="level.code")
    parent_id: int | None = Field(default=None, foreign_key="unit.id", index=True)
    place: str | None = Field(default=None, index=True)
    members: int | None = None
    """Members the unit reports; decides where anonymous feedback is large enough to hide in."""
    valid_from: date | None = None
    valid_until: date | None = None
    """The last day of its existence."""
    revision: int = change_count()
