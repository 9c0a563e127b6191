"""The commands about the union's own order: the tree of units, and who serves them."""

# ruff: noqa: PLC0415

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bot.commands import operator, speech

DAYS = ["%Y-%m-%d", "%d/%m/%Y"]


class Form(StrEnum):
    """How a table is written."""

    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"


class Role(StrEnum):
    """Whom a code may make of its bearer."""

    OFFICER = "officer"
    STAFF = "staff"
    ADMIN = "admin"


class Right(StrEnum):
    """What an officer may be trusted with."""

    RECEIVE = "receive"
    APPRAISE = "appraise"
    SELECT = "select"
    FORWARD = "forward"
    ANSWER = "answer"
    REPORT = "report"


Sheet = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, metavar=speech.place("file"), help=speech.hint("sheet"))
]
DryRun = Annotated[bool, typer.Option("--dry-run", help=speech.hint("dry_run"))]
SheetOut = Annotated[Path, speech.out("units_out")]
MaybeForm = Annotated[Form | None, typer.Option("--format", help=speech.hint("format_instead"))]
UnitCode = Annotated[str, typer.Option("--unit", metavar=speech.place("code"), help=speech.hint("unit"))]
MaybeUnit = Annotated[str | None, typer.Option("--unit", metavar=speech.place("code"), help=speech.hint("below_unit"))]
RoleOption = Annotated[Role, typer.Option("--role", help=speech.hint("role"))]
Days = Annotated[int, typer.Option("--days", min=1, max=90, metavar=speech.place("number"), help=speech.hint("days"))]
Deputy = Annotated[bool, typer.Option("--deputy", help=speech.hint("deputy"))]
Rights = Annotated[list[Right] | None, typer.Option("--right", help=speech.hint("rights"))]
Number = Annotated[int, typer.Argument(metavar=speech.place("number"), help=speech.hint("appointment"))]
UnitArgument = Annotated[str, typer.Argument(metavar=speech.place("code"), help=speech.hint("unit"))]
Into = Annotated[str, typer.Argument(metavar=speech.place("code"), help=speech.hint("into"))]
NewName = Annotated[str, typer.Argument(metavar=speech.place("name"), help=speech.hint("new_name"))]
First = Annotated[
    datetime, typer.Option("--from", formats=DAYS, metavar=speech.place("day"), help=speech.hint("first_day"))
]
Last = Annotated[
    datetime, typer.Option("--on", formats=DAYS, metavar=speech.place("day"), help=speech.hint("last_day"))
]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the program."""
    units = speech.group("units")
    speech.command(units, "import", "units_import")(import_units)
    speech.command(units, "export", "units_export")(export_units)
    speech.command(units, "rename", "units_rename")(rename)
    speech.command(units, "close", "units_close")(close)
    speech.command(units, "merge", "units_merge")(merge)
    app.add_typer(units, name="units")
    officers = speech.group("officers")
    speech.command(officers, "invite", "officers_invite")(invite)
    speech.command(officers, "list", "officers_list")(list_)
    speech.command(officers, "end", "officers_end")(end)
    app.add_typer(officers, name="officers")


def import_units(file: Sheet, dry_run: DryRun = False) -> None:
    """Read the tree of units from a sheet."""
    import json

    from bot import sheets
    from bot.commands import access
    from bot.commands.organisation_orders import ImportUnits
    from bot.errors import Unfit
    from handlers.errors import Refusal

    settings = access.prepare()
    with speech.progress("units.working"):
        try:
            rows = sheets.read(file.read_bytes(), file.name)
        except Refusal as refusal:
            raise Unfit(speech.catalogue().text(refusal.key, refusal.values)) from refusal
        order = ImportUnits(dry_run=dry_run, body=json.dumps(sheets.pack(rows)).encode())
        told = access.carry_out(settings, order)
    speech.say(told)


def export_units(out: SheetOut, form: MaybeForm = None) -> None:
    """Write the tree of units as a sheet; unless it is told, the file's ending says which kind."""
    from bot.commands import access
    from bot.errors import Unfit
    from handlers.papers import sheets
    from handlers.units import tree as units
    from storage import clock

    ending = form.value if form else out.suffix.removeprefix(".").lower()
    if ending not in list(Form):
        raise Unfit(speech.text("units.bad_ending"))
    with speech.progress("export.working"), access.looking(access.prepare()) as db, access.making(out) as stream:
        count = units.export(db, operator.actor(), sheets.Form(ending), stream, now=clock.now(db))
    speech.note(speech.text("export.done", count=count, file=speech.shown(out)))


def rename(code: UnitArgument, name: NewName, first: First) -> None:
    """Another name from a day on; records keep the name of their day."""
    _change(code, "rename", first, name)


def close(code: UnitArgument, last: Last) -> None:
    """A unit's last day."""
    _change(code, "close", last)


def merge(code: UnitArgument, into: Into, first: First) -> None:
    """A unit goes on within another from a day on."""
    _change(code, "merge", first, into)


def _change(code: str, change: str, day: datetime, to: str = "") -> None:
    from bot.commands import access
    from bot.commands.organisation_orders import ChangeUnit

    order = ChangeUnit(code=code, change=change, day=day.date().isoformat(), to=to)
    speech.say(access.carry_out(access.prepare(), order))


def invite(unit: UnitCode, role: RoleOption, days: Days = 7, deputy: Deputy = False, rights: Rights = None) -> None:
    """Show a one-time code, once."""
    from bot.commands import access
    from bot.commands.organisation_orders import InviteOfficer

    listed = tuple(right.value for right in rights) if rights else None
    order = InviteOfficer(unit=unit, role=role.value, days=days, deputy=deputy, rights=listed)
    speech.say(access.carry_out(access.prepare(), order))


def list_(unit: MaybeUnit = None) -> None:
    """Who serves which unit."""
    from bot.commands import access
    from handlers.people import appointments
    from storage import clock

    with access.looking(access.prepare()) as db:
        listed = appointments.list_(db, operator.actor(), unit, now=clock.now(db))
    for one in listed:
        speech.say(speech.text("officers.line", **one))
    if not listed:
        speech.say(speech.text("officers.none"))


def end(number: Number) -> None:
    """End a role at once."""
    from bot.commands import access
    from bot.commands.organisation_orders import EndOfficer

    speech.say(access.carry_out(access.prepare(), EndOfficer(appointment_id=number)))
