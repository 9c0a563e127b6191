"""`congdoan qr`: the poster of one unit, as a picture or as a page to be printed."""

# ruff: noqa: PLC0415

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands import speech
from bot.errors import Unfit

if TYPE_CHECKING:
    from bot.settings import Settings

UnitCode = Annotated[str, typer.Option("--unit", metavar=speech.place("code"), help=speech.hint("unit"))]
Out = Annotated[Path, speech.out("poster_out")]
Bot = Annotated[str | None, typer.Option("--bot", metavar=speech.place("name"), help=speech.hint("bot"))]


def add_to(app: typer.Typer) -> None:
    """Add this command to the program."""
    speech.command(app, "qr", "qr")(qr)


class Form(StrEnum):
    """How a poster is written."""

    HTML = "html"
    SVG = "svg"


MaybeForm = Annotated[Form | None, typer.Option("--format", help=speech.hint("format_instead"))]


def qr(unit: UnitCode, out: Out, form: MaybeForm = None, bot: Bot = None) -> None:
    """Write the poster; its links are those of the settings."""
    from bot.commands import access
    from bot.premises import make_office
    from handlers.papers import poster
    from handlers.units import posters

    ending = form.value if form else out.suffix.removeprefix(".").lower()
    draw = {Form.SVG.value: poster.svg, Form.HTML.value: poster.page}.get(ending)
    if draw is None:
        raise Unfit(speech.text("qr.bad_ending"))
    settings = access.prepare()
    office = make_office(settings)
    with access.looking(settings) as db:
        made = posters.of_unit(
            db,
            unit,
            organisation=office.organisation,
            bot_name=office.bot_name,
            telegram_name=_username(settings, bot),
            public_url=settings.public_url,
            on_zalo=settings.zalo_bot_token is not None or settings.zalo_oa_app_id is not None,
        )
    with access.making(out) as stream:
        stream.write(draw(made, office.catalogue))
    speech.note(speech.text("qr.done", file=speech.shown(out)))


def _username(settings: Settings, given: str | None) -> str | None:
    """As it was given; else as Telegram tells it; None where there is no bot."""
    import asyncio

    from bot.commands import telegram

    if given is not None:
        return given.removeprefix("@")
    if not settings.telegram:
        return None
    try:
        return asyncio.run(telegram.username(settings.telegram[0]))
    except telegram.NoAnswer as trouble:
        raise Unfit(speech.text("qr.no_username", reason=str(trouble))) from trouble
