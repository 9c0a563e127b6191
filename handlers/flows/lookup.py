"""Following what was handed in, by its code or from the list of one's own (F7)."""

from __future__ import annotations

from handlers.flows.form import Accepted, Answers, Ask, Form, Given, Reading, Step
from handlers.flows.outcomes import Effect, LookUp
from handlers.flows.world import World


def steps(_answers: Answers, _world: World) -> tuple[Step, ...]:
    """One question only."""
    return (Step("code", _ask, _read),)


def complete(answers: Answers, _world: World) -> tuple[Effect, ...]:
    """A code was typed or chosen."""
    return (LookUp(answers["code"]),)


FORM = Form("lookup", steps, complete, kept=False)


def _ask(_answers: Answers, world: World) -> Ask:
    items = world.own_items()
    return Ask("lookup.ask" if items else "lookup.empty", {}, items)


def _read(given: Given, _answers: Answers, _world: World) -> Reading:
    return Accepted(given.key or (given.text or "")[:40])
