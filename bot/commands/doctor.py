"""`congdoan doctor`: what stands in the way of serving, and what might one day."""

# ruff: noqa: PLC0415

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands import speech
from bot.errors import Unfit

if TYPE_CHECKING:
    from bot.settings import Settings, TelegramBot

Online = Annotated[bool, typer.Option("--online", help=speech.hint("online"))]


class Verdict(StrEnum):
    """How a check came out."""

    GOOD = "✔"
    DOUBTFUL = "!"
    BAD = "✘"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: the words are the text of `cli.doctor.<key>`."""

    verdict: Verdict
    key: str
    detail: str = ""


def add_to(app: typer.Typer) -> None:
    """Add this command to the program."""
    speech.command(app, "doctor", "doctor")(doctor)


def doctor(online: Online = False) -> None:
    """Look at everything, change nothing."""
    import asyncio

    from bot import config, log

    settings = config.read(keyed=False)
    log.set_up(secrets=settings.secrets, level=30)
    found = [*_settings(settings), *_database(settings), *_channels(settings)]
    if online:
        found += [asyncio.run(_answers(bot)) for bot in settings.telegram]
    for finding in found:
        speech.say(f"{finding.verdict} {speech.text(f'doctor.{finding.key}', detail=finding.detail)}")
    if any(finding.verdict is Verdict.BAD for finding in found):
        raise Unfit(speech.text("doctor.unfit"))


def _settings(settings: Settings) -> Iterator[Finding]:
    from bot.config import FILE

    yield Finding(Verdict.GOOD, "settings")
    if settings.secret_keys:
        yield Finding(Verdict.GOOD, "key")
    else:
        yield Finding(Verdict.BAD, "no_key")
    if settings.organisation is None:
        yield Finding(Verdict.DOUBTFUL, "no_organisation")
    if FILE.exists() and FILE.stat().st_mode & 0o077:
        yield Finding(Verdict.DOUBTFUL, "open_file", FILE.name)


def _database(settings: Settings) -> Iterator[Finding]:
    from storage import schema
    from storage.database import Database
    from storage.errors import NotMigrated
    from storage.seals import Seals

    database = Database(settings.database_url, Seals(settings.secret_keys or ("",)))
    try:
        schema.check(database)
        yield Finding(Verdict.GOOD, "database", database.url.get_backend_name())
    except NotMigrated:
        yield Finding(Verdict.BAD, "not_migrated")
    except schema.Unreachable:
        yield Finding(Verdict.BAD, "unreachable", database.url.render_as_string(hide_password=True))
    finally:
        database.close()
    if database.is_sqlite and not schema.is_sqlite_safe():
        yield Finding(Verdict.DOUBTFUL, "old_sqlite", schema.sqlite_version())


def _channels(settings: Settings) -> Iterator[Finding]:
    if settings.real_tokens:
        yield Finding(Verdict.GOOD, "tokens", ", ".join(settings.real_tokens))
    else:
        yield Finding(Verdict.DOUBTFUL, "no_token")
    if settings.public_url is None:
        yield Finding(Verdict.DOUBTFUL, "no_public_url")


async def _answers(bot: TelegramBot) -> Finding:
    from bot.commands import telegram

    try:
        return Finding(Verdict.GOOD, "answers", f"{bot.account}: @{await telegram.username(bot)}")
    except telegram.NoAnswer as trouble:
        return Finding(Verdict.BAD, "no_answer", f"{bot.account}: {trouble}")
