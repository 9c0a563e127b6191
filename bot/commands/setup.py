"""The commands init, which writes the first settings, and key, for a key that is lost."""

# ruff: noqa: PLC0415

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.commands import speech

ENVIRONMENT, TOML = ".env", ".toml"
HINTS = {
    "organisation": '"Công đoàn ngành Giáo dục tỉnh …"',
    "telegram_token": '"…"',
    "zalo_bot_token": '"…"',
    "public_url": '"https://congdoan.example.vn"',
    "database_url": '"postgresql://congdoan:PASSWORD@localhost/congdoan"',
}
"""What is set next, as an example each."""

Out = Annotated[Path, speech.out("init_out")]
Sure = Annotated[bool, typer.Option("--yes", help=speech.hint("yes"))]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the program."""
    speech.command(app, "init", "init")(init)
    key = speech.group("key")
    speech.command(key, "adopt", "key_adopt")(adopt)
    app.add_typer(key, name="key")


def init(out: Out = Path("congdoan.toml")) -> None:
    """A file of settings with a new key, for its owner only; one that is there stays as it is."""
    import os
    import secrets

    from bot.commands import access
    from bot.errors import Unfit
    from bot.settings import variable

    if out != speech.STDOUT and out.suffix not in (ENVIRONMENT, TOML):
        raise Unfit(speech.text("init.bad_ending"))
    given = {"secret_key": f'"{secrets.token_urlsafe(32)}"', **HINTS}
    if out.suffix == TOML:
        lines = [f"{name} = {value}" for name, value in given.items()]
    else:
        lines = [f"{variable(name)}={_bare(value)}" for name, value in given.items()]
    content = (speech.text("init.file", first=lines[0], lines=lines[1:]) + "\n").encode()
    if out == speech.STDOUT:
        with access.making(out) as stream:
            stream.write(content)
    else:
        try:
            made = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise Unfit(speech.text("init.exists", file=str(out))) from None
        with os.fdopen(made, "wb") as stream:
            stream.write(content)
    speech.note(speech.text("init.done", file=speech.shown(out)))


def _bare(value: str) -> str:
    """Without quotes where none are needed: not everything that reads such files takes them away."""
    return value if " " in value else value.strip('"')


def adopt(sure: Sure = False) -> None:
    """Work with the key of the settings where the one that sealed is lost for good; asks first."""
    from bot import config, control, log
    from bot.errors import Unfit
    from storage import key_checks, schema
    from storage.database import Database
    from storage.seals import Seals

    settings = config.read()
    log.set_up(secrets=settings.secrets, level=30)
    database = Database(settings.database_url, Seals(settings.secret_keys))
    try:
        schema.check(database)
        with control.hold(settings.database_url), database.transaction() as db:
            if key_checks.fits(db):
                speech.say(speech.text("key.fits"))
                return
            word = speech.text("key.word")
            if not sure and typer.prompt(speech.text("key.sure", word=word)).strip() != word:
                raise Unfit(speech.text("key.not_done"))
            key_checks.adopt(db)
    finally:
        database.close()
    speech.say(speech.text("key.adopted"))
