"""The commands about broadcasts: create, confirm, status, pause, resume, cancel, resend."""

# ruff: noqa: PLC0415

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.commands import operator, speech

Code = Annotated[str, typer.Argument(metavar=speech.place("code"), help=speech.hint("broadcast_code"))]
Unit = Annotated[str, typer.Option("--unit", metavar=speech.place("code"), help=speech.hint("broadcast_unit"))]
Words = Annotated[str | None, typer.Option("--text", metavar=speech.place("text"), help=speech.hint("broadcast_text"))]
File = Annotated[
    Path | None,
    typer.Option(
        "--file", exists=True, dir_okay=False, metavar=speech.place("file"), help=speech.hint("broadcast_file")
    ),
]
Recipients = Annotated[
    int,
    typer.Option("--recipients", min=1, metavar=speech.place("number"), help=speech.hint("broadcast_recipients")),
]
At = Annotated[str, typer.Option("--at", metavar=speech.place("day"), help=speech.hint("broadcast_at"))]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the program."""
    group = speech.group("broadcast")
    speech.command(group, "create", "broadcast_create")(create)
    speech.command(group, "confirm", "broadcast_confirm")(confirm)
    speech.command(group, "status", "broadcast_status")(status)
    speech.command(group, "pause", "broadcast_pause")(pause)
    speech.command(group, "resume", "broadcast_resume")(resume)
    speech.command(group, "cancel", "broadcast_cancel")(cancel)
    speech.command(group, "resend", "broadcast_resend")(resend)
    app.add_typer(group, name="broadcast")


def create(unit: Unit, text: Words = None, file: File = None) -> None:
    """Keep a text as a draft; nobody gets it yet."""
    from bot.commands import access
    from bot.commands.broadcast_orders import CreateBroadcast
    from bot.errors import Unfit

    if (text is None) == (file is None):
        raise Unfit(speech.text("broadcasts.text_or_file"))
    words = text if file is None else _read(file)
    speech.say(access.carry_out(access.prepare(), CreateBroadcast(text=(words or "").strip(), unit=unit)))


def _read(file: Path) -> str:
    from bot.errors import Unfit

    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as trouble:
        raise Unfit(speech.text("broadcasts.not_text")) from trouble


def confirm(code: Code, recipients: Recipients, at: At = "") -> None:
    """Send a draft to so many recipients."""
    from bot.commands import access
    from bot.commands.broadcast_orders import ConfirmBroadcast

    speech.say(access.carry_out(access.prepare(), ConfirmBroadcast(code=code, recipients=recipients, at=at)))


def status(code: Code) -> None:
    """How far it is, and who was left out and why."""
    from bot.commands import access
    from handlers.chat import broadcasts as news_desk
    from handlers.news import broadcasts
    from storage import clock

    with access.looking(access.prepare()) as db:
        now = clock.now(db)
        values = news_desk.status_values(db, broadcasts.find(db, operator.actor(), code, now), now)
    speech.say(speech.catalogue().text("broadcast.status", values))


def pause(code: Code) -> None:
    """Stop for now."""
    _move(code, "pause")


def resume(code: Code) -> None:
    """Go on."""
    _move(code, "resume")


def cancel(code: Code) -> None:
    """Send no more of it."""
    _move(code, "cancel")


def resend(code: Code) -> None:
    """Send once more where the outcome is unknown."""
    _move(code, "send_again")


def _move(code: str, step: str) -> None:
    from bot.commands import access
    from bot.commands.broadcast_orders import MoveBroadcast

    speech.say(access.carry_out(access.prepare(), MoveBroadcast(code=code, step=step)))
