"""The author's new text for a submission that needed more (seed 000 II.2.1: appraised together with the unit)."""

from __future__ import annotations

from handlers.flows.form import Accepted, Again, Answers, Ask, Edit, Form, Given, Leave, Long, Reading, Step
from handlers.flows.initiative import LIMIT, MINIMUM
from handlers.flows.outcomes import Effect, Menu, Supplement
from handlers.flows.world import World
from messages.types import Choice


def steps(_answers: Answers, _world: World) -> tuple[Step, ...]:
    """The text, then a last look."""
    return (
        Step("code", _ask_text, _no_reading, holds=_still_asked),
        Step("text", _ask_text, _no_reading, long=Long(MINIMUM, LIMIT, "initiative"), free=True, counted=True),
        Step("review", _ask_review, _read_review, lasting=False),
    )


def complete(answers: Answers, _world: World) -> tuple[Effect, ...]:
    """The preview was confirmed."""
    return (Supplement(answers["code"], answers["text"]),)


FORM = Form("supplement", steps, complete)


def _still_asked(value: str, _answers: Answers, world: World) -> bool:
    item = world.own_item(value)
    return item is not None and item.state == "needs_more"


def _ask_text(answers: Answers, world: World) -> Ask:
    item = world.own_item(answers["code"])
    if item is None or item.state != "needs_more":
        return Ask("supplement.closed", {"code": answers["code"]}, (Choice("menu", world.words.label("menu")),))
    return Ask("supplement.ask", {"code": item.code, "request": item.request, "limit": LIMIT})


def _no_reading(_given: Given, _answers: Answers, _world: World) -> Reading:
    return Leave((Menu(),))


def _ask_review(answers: Answers, world: World) -> Ask:
    values = {"code": answers["code"], "text": answers["text"], "count": len(answers["text"]), "limit": LIMIT}
    choices = (Choice("submit", world.words.label("submit")), Choice("edit", world.words.label("edit")))
    return Ask("supplement.review", values, choices)


def _read_review(given: Given, answers: Answers, world: World) -> Reading:
    if given.key == "submit":
        return Accepted("submit")
    if given.key == "edit":
        return Edit("text")
    return Again(_ask_review(answers, world))
