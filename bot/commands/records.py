"""The commands about records: exports, what is held about a member."""

# ruff: noqa: PLC0415

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands import operator, speech
from bot.commands.organisation import Form

if TYPE_CHECKING:
    from bot.settings import Settings


class Kind(StrEnum):
    """What may be exported."""

    INITIATIVES = "initiatives"
    FEEDBACK = "feedback"
    MEMBERS = "members"


MaybeUnit = Annotated[str | None, typer.Option("--unit", metavar=speech.place("code"), help=speech.hint("below_unit"))]
KindArgument = Annotated[Kind, typer.Argument(metavar=speech.place("kind"), help=speech.hint("kind"))]
FormOption = Annotated[Form, typer.Option("--format", help=speech.hint("format"))]
Out = Annotated[Path, speech.out("out")]
MaybeOut = Annotated[Path | None, speech.out("copy_out")]
Who = Annotated[str, typer.Argument(metavar=speech.place("code"), help=speech.hint("who"))]
Sure = Annotated[bool, typer.Option("--yes", help=speech.hint("yes"))]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the program."""
    speech.command(app, "export", "export")(export)
    privacy = speech.group("privacy")
    speech.command(privacy, "export", "privacy_export")(copy_member)
    speech.command(privacy, "erase", "privacy_erase")(erase_member)
    app.add_typer(privacy, name="privacy")


def export(kind: KindArgument, form: FormOption, out: Out, unit: MaybeUnit = None) -> None:
    """Write records to a file; that it was done is kept in the audit trail."""
    from bot.commands import access
    from bot.commands.orders import NoteExport
    from handlers import exports
    from handlers.papers import sheets
    from storage import clock

    request = exports.Request(exports.ExportKind(kind.value), sheets.Form(form.value), unit)
    settings = access.prepare()
    with speech.progress("export.working"):
        access.carry_out(settings, NoteExport(kind=kind.value, form=form.value, unit=unit))
        with access.looking(settings) as db, access.making(out) as stream:
            count = exports.write(db, operator.actor(), request, stream, now=clock.now(db))
    speech.note(speech.text("export.done", count=count, file=speech.shown(out)))


def copy_member(who: Who, out: MaybeOut = None) -> None:
    """Everything held about a member: on the screen, or in a file."""
    from bot.commands import access
    from bot.commands.orders import NoteCopy
    from bot.premises import make_office
    from handlers.people import data_requests
    from storage import clock

    settings = access.prepare()
    access.carry_out(settings, NoteCopy(who=who))
    with access.looking(settings) as db:
        told = data_requests.copy(db, make_office(settings), operator.actor(), who, now=clock.now(db))
    if out is None:
        speech.say(told)
        return
    with access.making(out) as stream:
        stream.write(told.encode() + b"\n")
    speech.note(speech.text("privacy.copied", file=speech.shown(out)))


def erase_member(who: Who, sure: Sure = False) -> None:
    """Erase a member; asks first, unless told not to."""
    from bot.commands import access
    from bot.commands.orders import EraseMember
    from bot.errors import Unfit

    settings = access.prepare()
    if not sure and typer.prompt(speech.text("privacy.sure", who=who)).strip() != who:
        raise Unfit(speech.text("privacy.not_erased"))
    speech.say(access.carry_out(settings, EraseMember(who=who)))
    _see_that_it_is_listed(settings)


def _see_that_it_is_listed(settings: Settings) -> None:
    """Written by whoever serves within half a minute; that it cannot be is told now."""
    from bot import tombstones

    file = tombstones.place(settings)
    if file is None:
        speech.complain(speech.text("privacy.no_list"))
    elif (trouble := tombstones.trouble(file)) is not None:
        speech.complain(speech.text("privacy.not_listed", file=str(file), reason=trouble))
