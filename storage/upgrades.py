"""The version of the tables: which one a database has, which one this program needs, the way from one to the other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from storage import engines
from storage.engines import read_url

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).with_name("migrations")
REVISION = text("SELECT version_num FROM alembic_version")


def alembic_config(url: str) -> Config:
    """Alembic's configuration for one database, without an ini file."""
    from alembic.config import Config  # noqa: PLC0415  slow to load, and needed by whoever migrates only

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = read_url(url)
    return config


def migrate(url: str) -> None:
    """Bring the tables to this version. Safe to run twice, and by two processes at once on PostgreSQL."""
    if revision(url) == newest():  # nearly always; alembic takes long to load and long to find nothing to do
        return
    from alembic import command  # noqa: PLC0415

    command.upgrade(alembic_config(url), "head")


def newest() -> str:
    """The version of the tables this program works with: migrations are one line, and their files are numbered."""
    return max(file.name.partition("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def revision(url: str) -> str | None:
    """The version of a database's tables; None where there is none, or where nobody can look."""
    place = read_url(url)
    if place.get_backend_name() == "sqlite" and not Path(place.database or "").is_file():
        return None
    engine = engines.unkept(place)
    try:
        with engine.connect() as connection:
            found: str | None = connection.execute(REVISION).scalar()
    except SQLAlchemyError:
        return None
    return found
