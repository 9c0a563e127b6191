"""Column types that behave alike on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, Dialect, Integer, text
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field

BIG_ID = BigInteger().with_variant(Integer, "sqlite")
"""A counting key: SQLite counts only in a plain INTEGER PRIMARY KEY."""


class Instant(TypeDecorator[datetime]):
    """A moment, aware and in UTC on both databases; a naive datetime is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database: UTC, without a zone where the database knows none."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database: always aware."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def change_count() -> Any:
    """A column that counts every change: of two who saw the same, the second does not overwrite the first."""
    return Field(default=1, sa_column_kwargs={"server_default": text("1")})


def unset_flag() -> Any:
    """A column that is false until something happens."""
    return Field(default=False, sa_column_kwargs={"server_default": text("false")})


def moment(*, null: bool = False, index: bool = False) -> Any:
    """A column of `Instant`."""
    return Field(default=None if null else ..., sa_column=Column(Instant(), nullable=null, index=index))
