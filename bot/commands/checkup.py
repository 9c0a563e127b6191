"""What `congdoan doctor` finds in a database that can be used, and on the machine it runs on. Changes nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from bot import control, tombstones
from bot.settings import LOOPBACK, Settings
from handlers import restoring
from handlers.people import resting
from handlers.reaching import doubts
from storage import clock, signals
from storage.database import Database

MOST_SKEW = timedelta(seconds=5)
"""Between this machine's clock and the database's."""
OLD_BACKUP = timedelta(days=2)
LITTLE_ROOM = 1 << 30
"""Bytes on the disk."""
LONG_WAIT = 600.0
"""Seconds that a message should have gone."""

Told = Iterator[tuple[bool, str, str]]
"""Whether all is well, the key of the words, a detail."""


def of_database(database: Database) -> Told:
    """Clocks, backups, and what waits for somebody."""
    with database.reading() as db:
        skew = abs(db.clock() - datetime.now(UTC))
        now, made, told = clock.now(db), restoring.last_backup(db), signals.read(db)
        lost = doubts.number_failed(db, now)
        rest = [f"{one.member.name or '?'} ({one.unit.code})" for one in resting.held(db, now)]
    if skew > MOST_SKEW:
        yield False, "skew", f"{skew.total_seconds():.0f}"
    if made is None:
        yield False, "no_backup", ""
    else:
        yield now - made < OLD_BACKUP, "backup", f"{(now - made).days}"
    if rest:
        yield False, "resting", ", ".join(rest)
    if told.held:
        yield False, "held", f"{told.held}"
    if told.unknown:
        yield False, "unknown", f"{told.unknown}"
    if lost:
        yield False, "failed", f"{lost}"
    if told.out:
        yield (
            False,
            "out",
            ", ".join(f"{account} ({seconds / 60:.0f} phút)" for account, seconds in sorted(told.out.items())),
        )
    late = sorted(account for account, seconds in told.oldest.items() if seconds > LONG_WAIT)
    if late:
        yield False, "late", ", ".join(late)


def of_machine(settings: Settings) -> Told:
    """Room on the disk, the list of erasures, where the numbers are shown."""
    database = control.database_file(settings.database_url)
    if database is not None and database.parent.is_dir():
        free = shutil.disk_usage(database.parent).free
        yield free > LITTLE_ROOM, "disk", f"{free / LITTLE_ROOM:.1f}"
    listed = tombstones.place(settings)
    if listed is None:
        yield False, "no_erasures_file", ""
    elif (trouble := tombstones.trouble(listed)) is not None:
        yield False, "erasures_not_listed", f"{listed}: {trouble}"
    if settings.metrics_port is not None:
        address = f"{settings.metrics_host}:{settings.metrics_port}"
        yield settings.metrics_host == LOOPBACK, "metrics", address
