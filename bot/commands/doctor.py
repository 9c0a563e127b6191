"""`congdoan doctor`: what stands in the way of serving, and what might one day."""

# ruff: noqa: PLC0415

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands import speech
from bot.commands.findings import Finding, Verdict
from bot.errors import Unfit

if TYPE_CHECKING:
    from bot.settings import Settings, TelegramBot
    from storage.database import Database

Online = Annotated[bool, typer.Option("--online", help=speech.hint("online"))]


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
    if settings.zalo_oa:
        from bot.commands import zalo_oa_check

        found += zalo_oa_check.findings(settings, online=online)
    if online:
        from bot.commands import zalo_bot_check

        found += [asyncio.run(_answers(bot)) for bot in settings.telegram]
        for bot in settings.zalo_bot:
            found += asyncio.run(zalo_bot_check.findings(bot, settings.public_url))
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
    from bot.commands import checkup
    from storage import schema
    from storage.database import Database
    from storage.errors import NotMigrated, NotUnicode
    from storage.seals import Seals

    database = Database(settings.database_url, Seals(settings.secret_keys or ("",)))
    try:
        schema.check(database)
        yield Finding(Verdict.GOOD, "database", database.url.get_backend_name())
        if settings.secret_keys:
            yield _key(database)
        yield from (_found(*told) for told in checkup.of_database(database))
    except NotMigrated:
        yield Finding(Verdict.BAD, "not_migrated")
    except NotUnicode as trouble:
        yield Finding(Verdict.BAD, "not_unicode", *trouble.args)
    except schema.Unreachable:
        yield Finding(Verdict.BAD, "unreachable", database.url.render_as_string(hide_password=True))
    finally:
        database.close()
    if database.is_sqlite and not schema.is_sqlite_safe():
        yield Finding(Verdict.DOUBTFUL, "old_sqlite", schema.sqlite_version())
    yield from (_found(*told) for told in checkup.of_machine(settings))


def _key(database: Database) -> Finding:
    from storage import key_checks

    with database.reading() as db:
        fits = key_checks.fits(db)
    return Finding(Verdict.GOOD, "key_fits") if fits else Finding(Verdict.BAD, "wrong_key")


def _found(well: bool, key: str, detail: str) -> Finding:
    return Finding(Verdict.GOOD if well else Verdict.DOUBTFUL, key, detail)


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
