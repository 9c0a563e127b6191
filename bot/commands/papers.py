"""`congdoan report`: papers to be printed and signed."""

# ruff: noqa: PLC0415

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.commands import operator, speech
from bot.errors import Unfit

ENDING = ".xlsx"
Number = Annotated[int, typer.Argument(min=1, metavar=speech.place("number"), help=speech.hint("cover_number"))]
Out = Annotated[Path, speech.out("cover_out")]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the program."""
    report = speech.group("report")
    speech.command(report, "cover", "report_cover")(cover)
    app.add_typer(report, name="report")


def cover(number: Number, out: Out) -> None:
    """Write the cover list of what a unit sent up; that it was taken is kept in the audit trail."""
    from bot.commands import access
    from bot.commands.cover_orders import NoteCover
    from bot.premises import make_office
    from handlers.initiatives import covers
    from storage import clock

    if out != speech.STDOUT and out.suffix.lower() != ENDING:
        raise Unfit(speech.text("report.bad_ending"))
    settings = access.prepare()
    access.carry_out(settings, NoteCover(number=number))
    with access.looking(settings) as db:
        content = covers.draw(db, make_office(settings), operator.actor(), number, now=clock.now(db))
    with access.making(out) as stream:
        stream.write(content)
    speech.note(speech.text("report.covered", number=number, file=speech.shown(out)))
