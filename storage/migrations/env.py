"""Runs the migrations, on SQLite and PostgreSQL, without an ini file."""

from __future__ import annotations

from alembic import context
from sqlalchemy import create_engine, pool, text
from sqlmodel import SQLModel

from storage import tables

LOCK = 4_021_929
"""The key of the advisory lock that lets one process migrate at a time."""

assert tables  # the metadata is filled by importing the tables


def run() -> None:
    """Open a connection of our own and upgrade inside one transaction."""
    engine = create_engine(context.config.attributes["url"], poolclass=pool.NullPool)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
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
    engine.dispose()


run()
