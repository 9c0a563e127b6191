"""Runs the migrations, on SQLite and PostgreSQL, without an ini file."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, text
from sqlmodel import SQLModel

from storage import engines, tables

LOCK = 4_021_929
"""The key of the advisory lock that lets one process migrate at a time."""

assert tables  # the metadata is filled by importing the tables


def run() -> None:
    """Upgrade inside one transaction: that of a connection we were given, else of one of our own."""
    given: Connection | None = context.config.attributes.get("connection")
    if given is not None:
        upgrade(given)
        return
    engine = engines.unkept(context.config.attributes["url"])
    with engine.begin() as connection:
        upgrade(connection)
    engine.dispose()


def upgrade(connection: Connection) -> None:
    """Run what is asked for on an open transaction."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_as_batch=True,
        compare_type=True,
        compare_server_default=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
