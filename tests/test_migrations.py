"""Migrations and tables agree, on both kinds of database."""

from __future__ import annotations

from alembic import command
from alembic.script import ScriptDirectory

from storage.upgrades import alembic_config, migrate, newest, revision


def test_the_migrations_build_exactly_the_tables_of_the_code(blank_database_url: str) -> None:
    migrate(blank_database_url)
    command.check(alembic_config(blank_database_url))


def test_migrating_twice_changes_nothing(database_url: str) -> None:
    migrate(database_url)
    command.check(alembic_config(database_url))


def test_the_history_is_one_line() -> None:
    history = ScriptDirectory.from_config(alembic_config("sqlite://"))
    assert len(history.get_heads()) == 1
    assert not any(revision.is_branch_point for revision in history.walk_revisions())


def test_the_newest_version_is_known_without_loading_the_history() -> None:
    assert newest() == ScriptDirectory.from_config(alembic_config("sqlite://")).get_current_head()


def test_the_version_of_a_database_is_read_from_it(blank_database_url: str) -> None:
    assert revision(blank_database_url) is None
    migrate(blank_database_url)
    assert revision(blank_database_url) == newest()
