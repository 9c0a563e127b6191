"""The order to send once more what may or may not have arrived."""

from __future__ import annotations

from dataclasses import dataclass

from bot.commands.reply import Reply
from handlers.actors import Actor
from handlers.office import Office
from handlers.reaching import doubts
from storage import clock
from storage.database import Transaction


@dataclass(frozen=True, slots=True)
class SendAgain:
    """All of it, or one topic."""

    topic: str | None

    def run(self, db: Transaction, office: Office, actor: Actor) -> Reply:
        """How many."""
        number = doubts.send_again(db, actor, self.topic, now=clock.now(db))
        return Reply(office.catalogue.text("cli.deliveries.resent", {"count": number}))
