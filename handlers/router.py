"""Which form, command or button an event belongs to."""

from __future__ import annotations

from typing import assert_never

from handlers import answers, commands, menu
from handlers.awards import desk as award_desk
from handlers.context import Context
from handlers.danger import replies as danger
from handlers.feedback import items as feedback
from handlers.flows import choices as matching
from handlers.flows.engine import advance, leave, listens, open_form, respond, understood
from handlers.flows.form import Asked, Draft, Stand, Turn
from handlers.flows.readers import read_code
from handlers.flows.world import World
from handlers.forms import FORMS, OF_OFFICERS
from handlers.news import desk as news_desk
from handlers.news import wishes as news
from handlers.people import reception
from messages.types import (
    Arrived,
    Attached,
    Choice,
    Contact,
    Edited,
    Left,
    Overheard,
    Pressed,
    TakenOver,
    Text,
    Unreadable,
    parse_payload,
)
from storage import submissions

LONGEST_CODE = 24
"""A longer message is no code, whatever five characters stand in it."""


def route(context: Context, world: World) -> Turn | None:
    """Handle one event: what is said goes to `context`, what a form decided is returned."""
    event = context.inbound.event
    if danger.is_concerned(context, world):
        return danger.take(context, world)
    match event:
        case Left() | TakenOver():
            return None
        case Overheard():
            context.say("common.group")
            return None
        case _ if world.agreed_version != world.notice_version and not reception.about_own_data(context, world):
            return reception.receive(context, world)
        case Edited():
            context.say("common.edited")
            return None
        case Arrived():
            return _arrived(context, world)
        case Pressed(payload):
            return _pressed(context, world, payload)
        case Text(text):
            return _typed(context, world, text)
        case Contact() | Unreadable() | Attached():
            return _other(context, world)
        case _:
            assert_never(event)


def _arrived(context: Context, world: World) -> Turn | None:
    """Whoever comes back finds their question where they left it, or the menu."""
    if context.talk.draft is not None:
        return open_form(FORMS[context.talk.draft.form], context.talk.draft, world)
    menu.show(context)
    return None


def _pressed(context: Context, world: World, payload: str) -> Turn | None:
    question, key = parse_payload(payload)
    form_name = question.partition(".")[0]
    draft = context.talk.drafts.get(form_name)
    if form_name in FORMS and draft is not None and question.endswith(f"@{draft.id}"):
        context.talk.active = form_name
        return advance(FORMS[form_name], draft, context.inbound.event, world)
    if context.resting and (form_name in OF_OFFICERS or question.partition("@")[0] in answers.OF_OFFICERS):
        context.say("officer.rests")
        return None
    if (answer := answers.find(question)) is not None:
        return answer(context, world, question, key)
    return _old_button(context, world, question)


def _old_button(context: Context, world: World, question: str) -> Turn | None:
    draft_id = question.partition("@")[2]
    submitted = submissions.by_draft(context.db, draft_id) if draft_id else None
    if submitted is not None and submitted.member_id == context.my_id:
        context.say("initiative.already", code=submitted.code)
        return None
    if draft_id and (heard := feedback.of_draft(context, draft_id)) is not None:
        context.say("feedback.already", code=heard.code)
        return None
    context.say("common.old_button")
    if context.talk.draft is not None:
        return open_form(FORMS[context.talk.draft.form], context.talk.draft, world)
    menu.show(context)
    return None


def _typed(context: Context, world: World, text: str) -> Turn | None:
    draft = context.talk.draft
    stand = Stand(FORMS[draft.form], draft, world) if draft else None
    free = stand is not None and listens(stand)
    command = matching.command(text, context.office.catalogue.vocabulary.commands, slash_only=free)
    if stand is None and command is not None and command.name == "cancel" and news.means_stop(text, context.office):
        command = matching.Command("stop_news")
    if command is not None and not (draft and command.name in ("back", "finish")):
        if stand and command.name == "cancel":
            return leave(stand)
        if not (draft and _answers_question(text, draft, world)):
            return commands.run(context, world, command.name, command.argument)
    if stand is not None:
        return respond(stand, context.inbound.event)
    return _loose(context, world, text)


def _answers_question(text: str, draft: Draft, world: World) -> bool:
    """A word that is both a command and an answer to the question put («2», «có») is the answer."""
    asked: Asked | None = draft.asked
    if asked is None or draft.held:
        return False
    found = understood(text, asked.choices, world)
    return isinstance(found, matching.Chosen) and not text.strip().startswith("/")


def _loose(context: Context, world: World, text: str) -> Turn | None:
    """Words outside any form: a choice of the last menu, a code, a thank-you for a second tap, or nothing we know."""
    found = understood(text, context.talk.offered, world)
    if isinstance(found, matching.Chosen):
        answer = answers.find(context.talk.question) or answers.choose
        return answer(context, world, context.talk.question, found.key)
    if len(text) <= LONGEST_CODE and (news_desk.look_up(context, text) or award_desk.look_up(context, text)):
        return None
    if len(text) <= LONGEST_CODE and read_code(text):
        menu.look_up(context, text)
        return None
    if context.talk.last_code and _says(text, "submit", world):
        heard = context.talk.last_code.startswith(feedback.PREFIX)
        context.say("feedback.already" if heard else "initiative.already", code=context.talk.last_code)
        return None
    if context.talk.question == danger.QUESTION:
        danger.stay(context)
    else:
        menu.not_understood(context)
    return None


def _says(text: str, key: str, world: World) -> bool:
    choice = (Choice(key, world.words.label(key)),)
    return isinstance(matching.match(text, choice, world.words.choices, {}, numbers=False), matching.Chosen)


def _other(context: Context, world: World) -> Turn | None:
    if context.talk.draft is not None:
        return advance(FORMS[context.talk.draft.form], context.talk.draft, context.inbound.event, world)
    event = context.inbound.event
    if isinstance(event, Unreadable | Attached):
        context.say("common.text_only", medium=world.words.label(f"medium.{event.medium.value}"))
    menu.show(context)
    return None
