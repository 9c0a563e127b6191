"""What answers a choice outside any form: under a menu, a card, a push, a list."""

from __future__ import annotations

from collections.abc import Callable

from handlers import commands, duty_desk, feedback, feedback_desk, forms, menu, news, news_desk, officers
from handlers.context import Context
from handlers.flows import supplement
from handlers.flows.form import Turn
from handlers.flows.world import World

Answer = Callable[[Context, World, str, str], Turn | None]
"""Given the question and the key that was chosen."""


def find(question: str) -> Answer | None:
    """What answers a question outside any form."""
    return ANSWERS.get(question.partition("@")[0])


def choose(context: Context, world: World, _question: str, key: str) -> Turn | None:
    """A choice that is a command."""
    return commands.run(context, world, key)


def _inbox(context: Context, _world: World, _question: str, key: str) -> None:
    forms.step_aside(context)
    officers.card(context, key)


def _item(context: Context, world: World, question: str, key: str) -> Turn | None:
    forms.step_aside(context)
    officers.press(context, question, key)
    return forms.opened(context, world)


def _duty(context: Context, _world: World, question: str, key: str) -> None:
    """Under a reminder the duty is in the question, in the list of duties it is the choice."""
    forms.step_aside(context)
    _, _, where = question.partition("@")
    duty_desk.press(context, where or key, key)


def _news(context: Context, _world: World, question: str, key: str) -> None:
    news.answer(context, question, key)


def _broadcast(context: Context, _world: World, question: str, key: str) -> None:
    forms.step_aside(context)
    news_desk.press(context, question, key)


def _own(context: Context, world: World, question: str, key: str) -> Turn | None:
    forms.step_aside(context)
    code = question.removeprefix("own@")
    if key == "supplement":
        return forms.begin(context, world, supplement.FORM.name, {"code": code})
    menu.look_up(context, code)
    return None


def _heard(context: Context, world: World, question: str, key: str) -> Turn | None:
    forms.step_aside(context)
    feedback.press(context, question, key)
    return forms.opened(context, world)


def _desk(context: Context, world: World, question: str, key: str) -> Turn | None:
    forms.step_aside(context)
    if key == "inbox":
        officers.inbox(context)
        return None
    feedback_desk.press(context, question, key)
    return forms.opened(context, world)


ANSWERS: dict[str, Answer] = {
    "menu": choose,
    "privacy": choose,
    "inbox": _inbox,
    "item": _item,
    "own": _own,
    news.ASK: _news,
    news.STOP: _news,
    "broadcast": _broadcast,
    "duty": _duty,
    "duties": _duty,
    feedback.OWN: _heard,
    feedback.DESK: _desk,
}
"""By the first part of the question."""
