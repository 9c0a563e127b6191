"""The office these settings describe, for whoever runs handlers: the serving process, or a command."""

from __future__ import annotations

import secrets

from bot.settings import Settings
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
        chance=secrets.SystemRandom(),
        weekly_news=settings.weekly_news,
    )
