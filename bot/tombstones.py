"""The list of erasures outside the database: an older backup that is restored learns from it who was erased since.

Lines are only added. A line is a moment and a keyed digest: without the key it leads to nobody. Beside a SQLite file
by default; with PostgreSQL where CONGDOAN_ERASURES_FILE says.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from bot import control
from bot.clockwork import Job
from bot.errors import BotError
from bot.settings import Settings
from storage import erasures
from storage.database import Transaction
from storage.erasures import Gone

log = structlog.get_logger(__name__)


class BadList(BotError):
    """A list of erasures cannot be read."""


def place(settings: Settings) -> Path | None:
    """Where this installation keeps its list; None: nowhere."""
    if settings.erasures_file is not None:
        return settings.erasures_file
    database = control.database_file(settings.database_url)
    return None if database is None else database.with_name(f"{database.name}.erasures")


def read(file: Path) -> set[Gone]:
    """What a list says; nothing where there is no file. Raises BadList."""
    if not file.exists():
        return set()
    try:
        told = [json.loads(line) for line in file.read_text(encoding="ascii").splitlines() if line]
        return {Gone(datetime.fromisoformat(at), str(digest)) for at, digest in told}
    except (ValueError, TypeError) as trouble:
        raise BadList(file.name) from trouble


def add(file: Path, gone: Iterable[Gone]) -> None:
    """Add what is not in the list yet, and wait until it is on the disk."""
    new = sorted(set(gone) - read(file))
    if new:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "a", encoding="ascii") as stream:
            stream.writelines(json.dumps([one.at.isoformat(), one.digest]) + "\n" for one in new)
            stream.flush()
            os.fsync(stream.fileno())


def trouble(file: Path) -> str | None:
    """Why nothing can be added to a list, in the system's words or the name of our error; None: it can."""
    try:
        read(file)
        if file.exists():
            os.close(os.open(file, os.O_WRONLY | os.O_APPEND))
        else:
            tempfile.TemporaryFile(dir=file.parent).close()
    except OSError as trouble:
        return trouble.strerror or type(trouble).__name__
    except BadList:
        return BadList.__name__
    return None


def tell(file: Path, trouble: object) -> None:
    """Say in the log that erasures are not listed: a restore would bring back who was erased."""
    reason = (trouble.strerror or "") if isinstance(trouble, OSError) else str(trouble)
    log.error("erasures.not_listed", file=str(file), reason=reason)


class Tombstones:
    """Keeps the file abreast of the database; looks closer only when there are more erasures than before."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._count = 0

    def look(self, db: Transaction, _now: datetime) -> None:
        """What the clock does. A list that cannot be written is told each time."""
        count = erasures.count(db)
        try:
            if count != self._count or not self._file.exists():
                add(self._file, erasures.listed(db))
                self._count = count
        except (OSError, BadList) as trouble:
            tell(self._file, trouble)


def jobs(settings: Settings) -> tuple[Job, ...]:
    """The clock's part, where a list is kept."""
    file = place(settings)
    return () if file is None else (Job("tombstones-file", timedelta(seconds=30), Tombstones(file).look),)
