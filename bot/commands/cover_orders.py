"""The order that notes who takes a cover list."""

from __future__ import annotations

from dataclasses import dataclass

from bot.commands.reply import Reply
from handlers.actors import Actor
from handlers.initiatives import covers
from handlers.office import Office
from storage import clock
from storage.database import Transaction


@dataclass(frozen=True, slots=True)
class NoteCover:
    """Note that a cover list is taken, before the command draws it."""

    number: int

    def run(self, db: Transaction, office: Office, actor: Actor) -> Reply:
        """Nothing is said of it."""
        covers.note(db, actor, self.number, now=clock.now(db))
        return Reply("")
