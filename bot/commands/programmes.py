"""The commands about programmes: templates, list, load, open, close, extend."""

# ruff: noqa: PLC0415

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from bot.commands import speech

if TYPE_CHECKING:
    from bot.commands.programme_orders import MoveDuty, MoveProgramme
    from bot.settings import Settings
    from handlers.programmes import Listed

    Move = TypeVar("Move", MoveProgramme, MoveDuty)

DAYS = ["%Y-%m-%d", "%d/%m/%Y"]

Template = Annotated[str, typer.Argument(metavar=speech.place("template"), help=speech.hint("template"))]
Code = Annotated[str, typer.Argument(metavar=speech.place("code"), help=speech.hint("programme"))]
Year = Annotated[
    int | None, typer.Option("--year", min=2000, max=2999, metavar=speech.place("year"), help=speech.hint("year"))
]
Opens = Annotated[
    datetime | None,
    typer.Option("--opens", formats=["%Y-%m-%d", "%d/%m/%Y"], metavar=speech.place("day"), help=speech.hint("opens")),
]
OwnCode = Annotated[str | None, typer.Option("--code", metavar=speech.place("code"), help=speech.hint("own_code"))]
RunBy = Annotated[str | None, typer.Option("--unit", metavar=speech.place("code"), help=speech.hint("run_by"))]
DutyKey = Annotated[str, typer.Argument(metavar=speech.place("duty"), help=speech.hint("duty"))]
DutyDate = Annotated[str, typer.Argument(metavar=speech.place("day"), help=speech.hint("until"))]
Sure = Annotated[bool, typer.Option("--yes", help=speech.hint("yes"))]
Until = Annotated[str, typer.Option("--until", metavar=speech.place("day"), help=speech.hint("until"))]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the program."""
    group = speech.group("programmes")
    speech.command(group, "templates", "programmes_templates")(templates)
    speech.command(group, "list", "programmes_list")(list_)
    speech.command(group, "load", "programmes_load")(load)
    speech.command(group, "open", "programmes_open")(open_)
    speech.command(group, "close", "programmes_close")(close)
    speech.command(group, "extend", "programmes_extend")(extend)
    speech.command(group, "duty", "programmes_duty")(duty)
    app.add_typer(group, name="programmes")


def templates() -> None:
    """The ready-made programmes."""
    from messages import programmes

    ready = [programmes.clone(template, template.window.opens) for template in programmes.load_all()]
    for one in ready:
        speech.say(speech.text("programmes.template", code=one.code, name=one.name))


def list_() -> None:
    """The programmes there are, the latest to open first."""
    from bot.commands import access
    from handlers import programmes
    from storage import clock

    with access.looking(access.prepare()) as db:
        listed = programmes.list_(db, clock.now(db))
    for one in listed:
        speech.say(_line(one))
    if not listed:
        speech.say(speech.text("programmes.none"))


def _line(one: Listed) -> str:
    state = speech.text(f"status.{one.status}")
    return speech.text(
        "programmes.line", code=one.code, state=state, opens=one.opens_at, closes=one.closes_at, name=one.name
    )


def load(template: Template, year: Year = None, opens: Opens = None, code: OwnCode = None, unit: RunBy = None) -> None:
    """Make a programme of a template: in another year, or from another day."""
    from bot.commands import access
    from bot.commands.programme_orders import LoadProgramme
    from bot.errors import Unfit

    if (year is None) == (opens is None):
        raise Unfit(speech.text("programmes.year_or_day"))
    when = str(year) if opens is None else opens.date().isoformat()
    speech.say(access.carry_out(access.prepare(), LoadProgramme(template=template, opens=when, code=code, unit=unit)))


def open_(code: Code) -> None:
    """Let a programme take entries from now on."""
    _move(code, "open")


def close(code: Code) -> None:
    """End a programme now."""
    _move(code, "close")


def extend(code: Code, until: Until, sure: Sure = False) -> None:
    """Move a programme's end to a later moment; those concerned are told. Asks where that may not be meant."""
    _move(code, "extend", until, sure=sure)


def duty(code: Code, key: DutyKey, date: DutyDate, sure: Sure = False) -> None:
    """Set another date for a duty; those who owe it are told. Asks where that may not be meant."""
    from bot.commands import access
    from bot.commands.programme_orders import MoveDuty

    settings = access.prepare()
    order = MoveDuty(code=code, duty=key, until=date, sure=sure)
    speech.say(access.carry_out(settings, _asked(settings, order)))


def _move(code: str, move: str, until: str = "", *, sure: bool = False) -> None:
    from bot.commands import access
    from bot.commands.programme_orders import MoveProgramme

    settings = access.prepare()
    order = MoveProgramme(code=code, move=move, until=until, sure=sure)
    speech.say(access.carry_out(settings, _asked(settings, order)))


def _asked(settings: Settings, order: Move) -> Move:
    """The order, agreed to where it is better asked first and somebody sits there; else it is refused by itself."""
    from bot.commands import access
    from bot.errors import Unfit

    if order.sure or not sys.stdin.isatty():
        return order
    with access.looking(settings) as db:
        question = order.question(db)
    if question is None:
        return order
    if not typer.confirm(speech.catalogue().text(question.key, question.values)):
        raise Unfit(speech.text("programmes.unchanged"))
    return replace(order, sure=True)
