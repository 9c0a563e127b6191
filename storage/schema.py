"""Whether a database can be used: reachable, and with the tables of this version. Nothing is changed here."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import SQLAlchemyError

from storage.database import Database
from storage.errors import NotMigrated, StorageError
from storage.upgrades import alembic_config

SAFE_SQLITE = (3, 51, 3)
"""Older versions, from 3.7.0 on, can lose committed pages when two connections write and the log starts anew."""


class Unreachable(StorageError):
    """The database cannot be opened."""


def check(database: Database) -> None:
    """Return when the database can be used. Raises Unreachable, NotMigrated, NotUnicode."""
    if database.is_sqlite and not Path(database.url.database or "").is_file():
        raise NotMigrated
    try:
        with database.reading() as db:
            found = MigrationContext.configure(db.connection()).get_current_revision()
    except SQLAlchemyError as trouble:
        raise Unreachable(type(trouble).__name__) from trouble
    url = database.url.render_as_string(hide_password=False)
    if found != ScriptDirectory.from_config(alembic_config(url)).get_current_head():
        raise NotMigrated


def sqlite_version() -> str:
    """The version of SQLite in this Python."""
    return sqlite3.sqlite_version


def is_sqlite_safe() -> bool:
    """Whether two processes could write to one file; with an older version the lock alone protects it."""
    return sqlite3.sqlite_version_info >= SAFE_SQLITE
