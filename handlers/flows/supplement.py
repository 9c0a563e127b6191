"""What an author adds to a submission that needed more (seed 000 II.2.1: appraised together with the unit).

What is written is added to the text, which stays; that it takes the text's place must be chosen at the last look.
"""

from __future__ import annotations

from handlers.flows import initiative
from handlers.flows.form import Accepted, Again, Answers, Ask, Edit, Form, Given, Leave, Long, Reading, Step
from handlers.flows.outcomes import Effect, Menu, Supplement
from handlers.flows.world import World
from messages.types import Choice

LIMIT = 1000
"""Characters of one supplement. It has its own limit: an initiative may have used up all that it may have."""
MINIMUM = 3
"""«12 tiết» may be all that was missing."""


def steps(_answers: Answers, _world: World) -> tuple[Step, ...]:
    """The text, then a last look."""
    return (
        Step("code", _ask_text, _no_reading, holds=_still_asked),
        Step("text", _ask_text, _no_reading, long=Long(MINIMUM, LIMIT, "initiative"), free=True, counted=True),
        Step("review", _ask_review, _read_review, lasting=False),
    )


def complete(answers: Answers, _world: World) -> tuple[Effect, ...]:
    """The preview was confirmed."""
    return (Supplement(answers["code"], answers["text"], answers.get("whole", False)),)


FORM = Form("supplement", steps, complete, written=("text",))


def _still_asked(value: str, _answers: Answers, world: World) -> bool:
    item = world.own_item(value)
    return item is not None and item.state == "needs_more"


def _ask_text(answers: Answers, world: World) -> Ask:
    item = world.own_item(answers["code"])
    if item is None or item.state != "needs_more":
        values = {"code": answers["code"], "text": answers.get("text")}
        return Ask("supplement.closed", values, (Choice("menu", world.words.label("menu")),))
    return Ask("supplement.ask", {"code": item.code, "request": item.request, "limit": LIMIT})


def _no_reading(_given: Given, _answers: Answers, _world: World) -> Reading:
    return Leave((Menu(),))


def _ask_review(answers: Answers, world: World) -> Ask:
    code, text, whole = answers["code"], answers["text"], answers.get("whole", False)
    shown = text if whole else world.supplemented(code, text)
    keys = ["submit", "edit"]
    if whole:
        keys.append("add_to_old")
    elif len(text) >= initiative.MINIMUM:
        keys.append("replace_old")
    values = {"code": code, "text": shown, "count": len(text), "limit": LIMIT, "whole": whole}
    return Ask("supplement.review", values, tuple(Choice(key, world.words.label(key)) for key in keys))


def _read_review(given: Given, answers: Answers, world: World) -> Reading:
    if given.key == "submit":
        return Accepted("submit")
    if given.key == "edit":
        return Edit("text")
    if given.key in ("replace_old", "add_to_old"):
        return Edit("review", {"whole": given.key == "replace_old"})
    return Again(_ask_review(answers, world))
