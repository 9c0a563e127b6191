"""Staff move a programme's end from the chat: deadlines do move (in 2021 the portal's did)."""

from __future__ import annotations

from typing import Any

from handlers.flows.form import Accepted, Again, Answers, Ask, Edit, Form, Given, Leave, Reading, Step
from handlers.flows.outcomes import Effect, Extend, Menu
from handlers.flows.world import World
from messages.types import Choice


def steps(_answers: Answers, _world: World) -> tuple[Step, ...]:
    """Which programme, until when, sure?"""
    return (
        Step("programme", _ask_programme, _read_programme),
        Step("closes", _ask_date, _read_date, holds=_moves_the_end, free=True),
        Step("sure", _ask_sure, _read_sure, lasting=False),
    )


def complete(answers: Answers, world: World) -> tuple[Effect, ...]:
    """Confirmed."""
    return (Extend(answers["programme"], world.read_bound(answers["closes"])),)


FORM = Form("extend", steps, complete, kept=False)


def _ask_programme(_answers: Answers, world: World) -> Ask:
    choices = tuple(Choice(f"p{programme.id}", programme.name) for programme in world.extendable())
    key = "staff.extend_programme" if choices else "staff.extend_none"
    return Ask(key, {}, (*choices, Choice("back_to_menu", world.words.label("back_to_menu"))))


def _read_programme(given: Given, answers: Answers, world: World) -> Reading:
    if given.key == "back_to_menu":
        return Leave((Menu(),))
    for programme in world.extendable():
        if given.key == f"p{programme.id}":
            return Accepted(programme.id)
    return Again(_ask_programme(answers, world))


def _values(answers: Answers, world: World) -> dict[str, Any]:
    programme = world.programme(answers["programme"])
    assert programme is not None
    return {"programme": programme.name, "closes": programme.closes}


def _ask_date(answers: Answers, world: World) -> Ask:
    return Ask("staff.extend_date", _values(answers, world))


def _read_date(given: Given, answers: Answers, world: World) -> Reading:
    typed = (given.text or "")[:40]
    if not _moves_the_end(typed, answers, world):
        return Again(Ask("staff.extend_invalid", {"typed": typed}))
    return Accepted(typed)


def _moves_the_end(typed: str, answers: Answers, world: World) -> bool:
    """Whether it is a date, ahead of us, and later than the end there is."""
    programme = world.programme(answers["programme"])
    bound: Any = world.read_bound(typed)
    return programme is not None and bound is not None and bound > programme.closes


def _ask_sure(answers: Answers, world: World) -> Ask:
    values = {**_values(answers, world), "closes": world.read_bound(answers["closes"])}
    choices = (Choice("yes", world.words.label("yes")), Choice("fix", world.words.label("fix")))
    return Ask("staff.extend_confirm", values, choices)


def _read_sure(given: Given, answers: Answers, world: World) -> Reading:
    if given.key == "yes":
        return Accepted("yes")
    if given.key == "fix":
        return Edit("closes")
    return Again(_ask_sure(answers, world))
