"""The office these settings describe, for whoever runs handlers: the serving process, or a command."""

from __future__ import annotations

import secrets

from bot.settings import LOOPBACK, Settings
from handlers.office import Office
from messages.catalogue import Catalogue


def make_office(settings: Settings, *, demo: bool = False) -> Office:
    """The office of these settings; what is not set has words of its own."""
    catalogue = Catalogue.load()

    def default(key: str, room: str = "office") -> str:
        return catalogue.text(f"{room}.{key}", {})

    return Office(
        catalogue=catalogue,
        organisation=settings.organisation or default("organisation", "demo" if demo else "office"),
        bot_name=default("bot_name"),
        contact=settings.contact or default("contact"),
        retention=settings.retention or default("retention"),
        helpline=settings.helpline or "",
        refuge=settings.refuge or "",
        chance=secrets.SystemRandom(),
        weekly_news=settings.weekly_news,
        terms=settings.reach.terms(
            official_accounts={oa.account: tuple(oa.templates) for oa in settings.zalo_oa},
            bots=[(bot.account, bot.monthly, bot.users) for bot in settings.zalo_bot],
        ),
        public_url=settings.public_url or _here(settings),
    )


def _here(settings: Settings) -> str:
    """The pages' address where nobody else is to come: the demo, somebody's own machine. Elsewhere it must be told."""
    local = settings.http_host in (LOOPBACK, "localhost")
    return f"http://{settings.http_host}:{settings.http_port}" if local else ""
