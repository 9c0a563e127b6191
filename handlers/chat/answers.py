"""What answers a choice outside any form: under a menu, a card, a push, a list."""

from __future__ import annotations

from collections.abc import Callable

from handlers.chat import appointments as appointment_desk
from handlers.chat import awards as award_desk
from handlers.chat import broadcasts as news_desk
from handlers.chat import callbacks as callback_desk
from handlers.chat import commands, forms, menu, news
from handlers.chat import duties as duty_desk
from handlers.chat import linking as linking_desk
from handlers.chat.context import Context
from handlers.chat.feedback import desk as feedback_desk
from handlers.chat.feedback import library as feedback_library
from handlers.chat.feedback import own as feedback
from handlers.chat.initiatives import desk_work, inbox, officers, own, selection_desk
from handlers.danger import callbacks
from handlers.feedback import news as feedback_news
from handlers.flows import awards as award_forms
from handlers.flows import feedback_care, supplement
from handlers.flows.form import Turn
from handlers.flows.world import World
from handlers.initiatives import items as initiatives
from handlers.initiatives import selection
from handlers.people import linking

Answer = Callable[[Context, World, str, str], Turn | None]
"""Given the question and the key that was chosen."""


def find(question: str) -> Answer | None:
    """What answers a question outside any form."""
    return ANSWERS.get(question.partition("@")[0])


def choose(context: Context, world: World, _question: str, key: str) -> Turn | None:
    """A choice that is a command."""
    return commands.run(context, world, key)


def _inbox(context: Context, world: World, _question: str, key: str) -> Turn | None:
    """A code opens its card; what has no dash is a tool under the list."""
    forms.step_aside(context)
    tool, _, number = key.partition(".")
    if "-" in key:
        officers.card(context, key)
    elif tool == "inbox":
        inbox.show(context)
    elif tool in ("chosen", "canned") and number.isdecimal():
        show = selection_desk.show_list if tool == "chosen" else desk_work.show_canned
        show(context, int(number))
    else:
        inbox.press(context, key)
    return forms.opened(context, world)


def _chosen(context: Context, world: World, question: str, key: str) -> Turn | None:
    forms.step_aside(context)
    selection_desk.press(context, question, key)
    return forms.opened(context, world)


def _canned(context: Context, world: World, _question: str, key: str) -> Turn | None:
    forms.step_aside(context)
    desk_work.press_canned(context, key)
    return forms.opened(context, world)


def _item(context: Context, world: World, question: str, key: str) -> Turn | None:
    forms.step_aside(context)
    officers.press(context, question, key)
    return forms.opened(context, world)


def _duty(context: Context, world: World, question: str, key: str) -> Turn | None:
    """Under a reminder the duty is in the question, in the list of duties it is the choice."""
    forms.step_aside(context)
    _, _, where = question.partition("@")
    duty_desk.press(context, where or key, key)
    return forms.opened(context, world)


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
    record = initiatives.own(context.db, context.actor, code) if key == "versions" else None
    if record is None:
        menu.look_up(context, code)
    else:
        own.show_texts(context, record)
    return None


def _heard(context: Context, world: World, question: str, key: str) -> Turn | None:
    forms.step_aside(context)
    feedback.press(context, question, key)
    return forms.opened(context, world)


def _desk(context: Context, world: World, question: str, key: str) -> Turn | None:
    forms.step_aside(context)
    if key == "inbox":
        inbox.show(context)
        return None
    feedback_desk.press(context, question, key)
    return forms.opened(context, world)


def _calling(context: Context, _world: World, question: str, key: str) -> None:
    callback_desk.press(context, question, key)


def _people(context: Context, world: World, _question: str, key: str) -> Turn | None:
    if key in ("back_to_menu", "menu"):
        return commands.run(context, world, "menu")
    forms.step_aside(context)
    appointment_desk.press(context, key)
    return forms.opened(context, world)


def _library(context: Context, world: World, _question: str, key: str) -> Turn | None:
    forms.step_aside(context)
    return forms.begin(context, world, feedback_care.LIBRARY.name) if feedback_library.press(context, key) else None


def _linking(context: Context, _world: World, question: str, key: str) -> None:
    linking_desk.press(context, question, key)


def _award(context: Context, world: World, question: str, key: str) -> Turn | None:
    forms.step_aside(context)
    if key == "new":
        return forms.begin(context, world, award_forms.NEW.name, award_desk.start(context))
    award_desk.press(context, question, key)
    return forms.opened(context, world)


OF_MEMBERS: dict[str, Answer] = {
    linking.QUESTION: _linking,
    "menu": choose,
    "privacy": choose,
    "own": _own,
    news.ASK: _news,
    news.STOP: _news,
    feedback_news.OWN: _heard,
}
"""By the first part of the question."""
OF_OFFICERS: dict[str, Answer] = {
    "inbox": _inbox,
    "item": _item,
    selection.QUESTION: _chosen,
    "canned": _canned,
    "broadcast": _broadcast,
    "duty": _duty,
    "duties": _duty,
    appointment_desk.QUESTION: _people,
    callbacks.QUESTION: _calling,
    feedback_news.DESK: _desk,
    "library": _library,
    award_desk.QUESTION: _award,
    award_desk.LIST: _award,
}
"""The same for what only a role brings: never answered where no role is in force."""
ANSWERS = OF_MEMBERS | OF_OFFICERS
