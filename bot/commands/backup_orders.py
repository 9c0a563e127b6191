"""Orders about backups and what is held after a restore."""

from __future__ import annotations

from dataclasses import dataclass

from bot.commands.reply import Reply
from handlers import restoring
from handlers.actors import Actor
from handlers.office import Office
from storage import clock
from storage.database import Transaction


@dataclass(frozen=True, slots=True)
class NoteBackup:
    """Keep that everything was written to a file."""

    rows: int

    def run(self, db: Transaction, office: Office, actor: Actor) -> Reply:
        """Nothing is said of it."""
        restoring.note_backup(db, actor, self.rows, now=clock.now(db))
        return Reply("")


@dataclass(frozen=True, slots=True)
class ReleaseHeld:
    """Let what is held go: all of it, or one topic."""

    topic: str | None

    def run(self, db: Transaction, office: Office, actor: Actor) -> Reply:
        """How many."""
        number = restoring.release(db, actor, self.topic, now=clock.now(db))
        return Reply(office.catalogue.text("cli.deliveries.released", {"count": number}))


@dataclass(frozen=True, slots=True)
class CancelHeld:
    """End what is held: all of it, or one topic."""

    topic: str | None

    def run(self, db: Transaction, office: Office, actor: Actor) -> Reply:
        """How many."""
        number = restoring.cancel(db, actor, self.topic, now=clock.now(db))
        return Reply(office.catalogue.text("cli.deliveries.cancelled", {"count": number}))
