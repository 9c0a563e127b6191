"""Backups: everything a database holds, in one sealed file; and a database made of such a file again.

A file that is damaged, cut short, sealed with another key or made by a newer version is refused before anything is
changed. On SQLite the new database is built beside the old and takes its place when it is whole; on PostgreSQL all of
it is one transaction.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from bot import control
from bot.errors import BotError
from bot.jobs import office_jobs
from bot.settings import Settings
from handlers import restoring
from handlers.actors import Actor
from handlers.office import Office
from handlers.restoring import Restored
from storage import backups, clock, erasures, key_checks, schema, sealed_files
from storage.database import Database, Transaction
from storage.erasures import Gone
from storage.errors import NotMigrated
from storage.seals import Seals

SIDE_FILES = ("-wal", "-shm")


class Unsound(BotError):
    """SQLite finds its file damaged."""


@dataclass(frozen=True, slots=True)
class Source:
    """The file to restore from, who restores it, and who is known to have been erased."""

    stream: BinaryIO
    actor: Actor
    gone: frozenset[Gone] = frozenset()


def make(settings: Settings, database: Database, out: BinaryIO) -> int:
    """Write everything, as it stands at one moment, while others go on serving; how many rows. Raises Unsound."""
    with database.reading() as db:
        backups.keep_still(db)
        if not backups.is_sound(db):
            raise Unsound
        facts = {"made": clock.now(db).isoformat(), "revision": backups.revision(db), "kind": db.dialect}
        sealer = sealed_files.Sealer(out, settings.secret_keys[0], facts)
        rows = backups.dump(db, sealer.write)
        sealer.finish()
    return rows


def known_erasures(settings: Settings) -> frozenset[Gone]:
    """What the database that is to be replaced knows itself; nothing where it cannot be read."""
    database = _opened(settings)
    try:
        schema.check(database)
        with database.reading() as db:
            return frozenset(erasures.listed(db))
    except (NotMigrated, schema.Unreachable):
        return frozenset()
    finally:
        database.close()


def restore(settings: Settings, office: Office, source: Source, *, replace: bool) -> Restored:
    """Make the database what the file holds, fit to be served; the file was checked before (`check`).

    Raises InUse, Served, NotEmpty, Newer, Damaged; then nothing is changed.
    """
    with control.hold(settings.database_url) as held:
        if held.database is None:
            return _within(settings, office, source, replace=replace)
        return _beside(settings, held.database, office, source, replace=replace)


def check(settings: Settings, stream: BinaryIO) -> sealed_files.Facts:
    """What the file says of itself, once it is proven whole and ours. Raises Damaged, WrongKey, Newer."""
    sealed_files.check(stream, settings.secret_keys)
    facts = sealed_files.facts(stream)
    backups.refuse_newer(facts["revision"])
    return facts


def count(settings: Settings, stream: BinaryIO) -> int:
    """How many rows the file holds, each table's added up. Raises Damaged."""
    return backups.tally(sealed_files.lines(stream, settings.secret_keys))


def _within(settings: Settings, office: Office, source: Source, *, replace: bool) -> Restored:
    with _closing(_opened(settings)) as database, database.transaction() as db:
        backups.refuse_company(db)
        if not replace and not backups.is_empty(db):
            raise backups.NotEmpty
        backups.drop_everything(db)
        return _fill(db, settings, office, source)


def _beside(settings: Settings, target: Path, office: Office, source: Source, *, replace: bool) -> Restored:
    if not replace and target.exists() and not _is_empty(settings):
        raise backups.NotEmpty
    aside = target.with_name(f".{target.name}.restoring")
    _remove(aside)
    try:
        made = Database(f"sqlite:///{aside}", Seals(settings.secret_keys))
        with _closing(made) as database, database.transaction() as db:
            restored = _fill(db, settings, office, source)
            if not backups.is_sound(db):
                raise Unsound
        _take_place(aside, target)
    finally:
        _remove(aside)
    return restored


def _fill(db: Transaction, settings: Settings, office: Office, source: Source) -> Restored:
    facts = sealed_files.facts(source.stream)
    backups.migrate_to(db, facts["revision"])
    backups.load(db, sealed_files.lines(source.stream, settings.secret_keys))
    backups.migrate_to(db, backups.newest())
    jobs: Sequence[restoring.Look] = [job.run for job in office_jobs(office)]
    now = clock.now(db)
    restored = restoring.settle(db, office, source.actor, gone=source.gone, jobs=jobs, made=facts["made"], now=now)
    key_checks.adopt(db)
    db.write_out()
    return restored


def _take_place(aside: Path, target: Path) -> None:
    """The new file instead of the old, whose log must not be taken for the new one's."""
    for ending in SIDE_FILES:
        target.with_name(target.name + ending).unlink(missing_ok=True)
    aside.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _remove(aside: Path) -> None:
    for ending in ("", *SIDE_FILES):
        aside.with_name(aside.name + ending).unlink(missing_ok=True)


def _is_empty(settings: Settings) -> bool:
    with _closing(_opened(settings)) as database, database.reading() as db:
        return backups.is_empty(db)


def _opened(settings: Settings) -> Database:
    return Database(settings.database_url, Seals(settings.secret_keys))


@contextmanager
def _closing(database: Database) -> Iterator[Database]:
    try:
        yield database
    finally:
        database.close()
