"""The order that keeps a pair of tokens an administrator of an Official Account has granted."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from bot.commands.reply import Reply
from handlers.actors import Actor
from handlers.office import Office
from handlers.reaching import oa_desk
from storage import clock
from storage.database import Transaction


@dataclass(frozen=True, slots=True)
class KeepPair:
    """Keep a pair, whatever there was before."""

    account: str
    access: str = field(repr=False)
    refresh: str = field(repr=False)
    seconds: int
    """How long the access token lives."""

    def run(self, db: Transaction, office: Office, actor: Actor) -> Reply:
        """From now on every process uses it."""
        lives = timedelta(seconds=self.seconds)
        granted = {"access": self.access, "refresh": self.refresh}
        oa_desk.authorise(db, actor, self.account, **granted, lives=lives, now=clock.now(db))
        return Reply(office.catalogue.text("cli.zalo.authorised", {"account": self.account}))
