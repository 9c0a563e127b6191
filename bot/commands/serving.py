"""The commands that serve: demo, run, chat; and migrate, which prepares the database for them."""

# ruff: noqa: PLC0415

from __future__ import annotations

from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.commands import speech
from bot.errors import Unfit

if TYPE_CHECKING:
    from bot.channels.terminal import Terminal
    from bot.settings import Settings

QUIET = 30
"""logging.WARNING: where a person reads along, the log tells trouble only."""

Port = Annotated[
    int | None, typer.Option("--port", min=1, max=65535, metavar=speech.place("number"), help=speech.hint("port"))
]
Data = Annotated[
    Path, typer.Option("--data", file_okay=False, metavar=speech.place("directory"), help=speech.hint("data"))
]
Name = Annotated[str, typer.Option("--as", metavar=speech.place("name"), help=speech.hint("as"))]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the program."""
    speech.command(app, "demo", "demo")(demo)
    speech.command(app, "run", "run")(run)
    speech.command(app, "chat", "chat")(chat)
    speech.command(app, "migrate", "migrate")(migrate)


def run_async(work: Coroutine[Any, Any, None]) -> None:
    """Typer does not await."""
    import asyncio

    asyncio.run(work)


def demo(port: Port = None, data: Data = Path("demo")) -> None:
    """On this machine, without a token, without a network."""
    from bot import config, log

    settings = config.read(keyed=False)
    if settings.real_tokens:
        raise Unfit(speech.text("demo.real_token", names=", ".join(settings.real_tokens)))
    settings = config.for_demo(settings, data, port=port)
    log.set_up(secrets=settings.secrets, level=QUIET)
    from bot import app

    told = speech.text("demo.serving", host=settings.http_host, port=settings.http_port, data=str(data))
    run_async(app.serve(settings, demo=True, ready=lambda _: speech.say(told)))


def run() -> None:
    """Serve in earnest."""
    from bot import config, log

    settings = config.read()
    log.set_up(secrets=settings.secrets)
    from bot import app

    run_async(app.serve(settings))


def chat(name: Name = "") -> None:
    """A chat in this terminal; nothing else is served meanwhile."""
    from bot import config, log
    from bot.settings import Part

    if name and not (name.isascii() and name.isalnum()):
        raise Unfit(speech.text("chat.bad_name"))
    settings = config.read()
    log.set_up(secrets=settings.secrets, level=QUIET)
    nobody_else = {"telegram_token": None, "telegram_bots": (), "zalo_bot_token": None, "zalo_bots": ()}
    nobody_else |= {"zalo_oa_app_id": None, "zalo_oas": ()}
    only = {**nobody_else, "metrics_port": None, "roles": frozenset({Part.COURIER, Part.CLOCK})}
    run_async(_converse(settings.model_copy(update=only), _terminal(name)))


def _terminal(name: str) -> Terminal:
    import secrets
    import sys
    from io import FileIO

    from bot.channels.terminal import Terminal

    source = FileIO(sys.stdin.fileno(), closefd=False)
    session = secrets.token_hex(8)
    return Terminal(name=name, session=session, source=source, sink=sys.stdout, catalogue=speech.catalogue())


async def _converse(settings: Settings, terminal: Terminal) -> None:
    from bot import app

    async with app.running(settings, more=(terminal,)) as parts:
        await terminal.converse(parts.intake.receive, parts.courier.drain)


def migrate() -> None:
    """Bring the tables to this version."""
    from bot import config, control, log
    from storage import upgrades

    settings = config.read(keyed=False)
    log.set_up(secrets=settings.secrets, level=QUIET)
    with control.hold(settings.database_url), speech.progress("migrate.working"):
        upgrades.migrate(settings.database_url)
        if settings.secret_keys:
            _use_key(settings)
    speech.say(speech.text("migrate.done"))
    if not settings.secret_keys:
        speech.complain(speech.text("migrate.no_key"))


def _use_key(settings: Settings) -> None:
    """Tell a wrong key now, and keep the right one in mind. Raises WrongKey."""
    from storage import key_checks
    from storage.database import Database
    from storage.seals import Seals

    database = Database(settings.database_url, Seals(settings.secret_keys))
    try:
        with database.transaction() as db:
            key_checks.use(db)
    finally:
        database.close()
