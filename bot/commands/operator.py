"""Who gives a command: the record of what was done names them (`handlers.actors.record`)."""

# ruff: noqa: PLC0415

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from handlers.actors import Actor

LONGEST = 60
GIVEN: ContextVar[str] = ContextVar("operator", default="")


def give(name: str) -> None:
    """What stands after `--by`; empty: nothing does."""
    told = " ".join(name.split())
    if len(told) > LONGEST or not told.isprintable():
        raise typer.BadParameter(told, param_hint="--by")
    GIVEN.set(told)


def name() -> str:
    """As `--by` says; else as the machine knows whoever runs the command."""
    from bot import config

    return GIVEN.get() or config.login()[:LONGEST]


def actor() -> Actor:
    """The command line with that name, where the command itself acts."""
    from handlers.actors import COMMAND_LINE

    return replace(COMMAND_LINE, operator=name())
