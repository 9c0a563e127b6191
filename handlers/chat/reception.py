"""Who has not agreed to the notice in force: somebody new, somebody who withdrew, somebody who knows an older one.

What they say is not kept; the notice is put, and its answer handled. What a member may do stands in
handlers/chat/router.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from handlers.chat import linking, menu, numbers
from handlers.chat.context import Context
from handlers.flows import choices as matching
from handlers.flows import privacy, welcome
from handlers.flows.engine import advance, open_form, understood
from handlers.flows.form import Draft, Stand, Turn
from handlers.flows.world import World
from messages.types import Pressed, Say, Text, parse_payload

NEWCOMER = "new"
"""The draft id of somebody who has not agreed yet: nothing is stored, so the button carries what is needed."""
NOTICE = "notice"
"""The topic of the personal-data notice in the outbox."""
CARRIED = re.compile(r"u_([A-Za-z0-9_-]{1,32})")
"""A deep link's unit: the signs Telegram lets a link carry, as many as a button's payload has room for."""
RIGHTS = frozenset({privacy.CORRECT.name, privacy.WITHDRAW.name, privacy.ERASE.name})
"""Forms that need no agreement: they are what the law gives a person over their own data (91/2025/QH15, art. 4)."""
PUBLIC: Mapping[str, Callable[[Context], None]] = {
    "programmes": menu.list_programmes_publicly,
    "help": menu.help_,
}
"""What is told to everybody."""
ALWAYS = RIGHTS | {"privacy", "see_copy", "stop_news"}
"""Commands that need none."""


def receive(context: Context, world: World) -> Turn | None:
    """Handle an event of somebody who must answer the notice first."""
    if world.agreed_version is None:
        return _newcomer(context, world)
    return _renewal(context, world)


def begin(context: Context, world: World) -> Turn:
    """Put the notice, whatever was said: a number that was meant for something else answers nothing."""
    if world.agreed_version is None:
        return _greet(context, world, NEWCOMER)
    return _put_again(context, world)


def carried_unit(argument: str) -> str | None:
    """The unit of a deep link, `u_<code>` (house surface: Telegram `?start=`, web `?u=`)."""
    found = CARRIED.fullmatch(argument)
    return found[1] if found else None


def topic_of(say: Say) -> str:
    """The topic of a reply in the outbox, by which the notice is found again."""
    return NOTICE if say.key == welcome.NOTICE else "reply"


def about_own_data(context: Context, world: World) -> bool:
    """Whether a known person asks for their own data, or is in one of the forms about it."""
    if context.known is None:
        return False
    talk, event = context.talk, context.inbound.event
    inside = talk.draft is not None and talk.draft.form in RIGHTS
    if isinstance(event, Pressed):
        question, _ = parse_payload(event.payload)
        return question in ("privacy", "news_stop") or question.partition(".")[0] in RIGHTS
    if inside or not isinstance(event, Text):
        return inside
    command = matching.command(event.text, context.office.catalogue.vocabulary.commands)
    if command is not None:
        return command.name in ("privacy", "stop_news")
    chosen = understood(event.text, talk.offered, world)
    return talk.question in ("privacy", "news_stop") and isinstance(chosen, matching.Chosen)


def _newcomer(context: Context, world: World) -> Turn | None:
    event = context.inbound.event
    if isinstance(event, Pressed):
        question, _ = parse_payload(event.payload)
        name, _, carried = question.partition("@")
        if name == f"{welcome.FORM.name}.notice":
            return _notice(context, world, carried)
        return _greet(context, world, NEWCOMER)
    if not isinstance(event, Text):
        return _greet(context, world, NEWCOMER)
    command = matching.command(event.text, context.office.catalogue.vocabulary.commands)
    if command and command.name in PUBLIC:
        PUBLIC[command.name](context)
        return None
    if linking.arrive(context, _link_code(event.text, command)):
        return None
    if command and command.name == "link" and command.argument:
        context.say("linking.invalid")
    if command and command.name == "start":
        return _greet(context, world, carried_unit(command.argument) or NEWCOMER)
    if context.noticed:
        return _notice(context, world, NEWCOMER)
    return _greet(context, world, NEWCOMER)


def _link_code(text: str, command: matching.Command | None) -> str:
    """What may be a code that links this chat: with its command, or by itself where it looks like one; else nothing."""
    if command is None:
        return text if linking.looks_like_code(text) else ""
    return command.argument if command.name == "link" else ""


def _notice(context: Context, world: World, carried: str) -> Turn:
    draft = Draft(welcome.FORM.name, carried)
    opened = open_form(welcome.FORM, draft, world)
    assert opened.draft is not None
    return advance(welcome.FORM, opened.draft, context.inbound.event, world)


def _greet(context: Context, world: World, carried: str) -> Turn:
    context.say("welcome.hello", bot_name=world.bot_name, organisation=world.organisation)
    return open_form(welcome.FORM, Draft(welcome.FORM.name, carried), world)


def _renewal(context: Context, world: World) -> Turn:
    """The notice has changed: everything else waits until it is answered, and drafts stay as they are."""
    talk = context.talk
    draft = talk.drafts.get(welcome.FORM.name)
    if draft is not None:
        talk.active = draft.form
        if isinstance(context.inbound.event, Text) and not numbers.is_answer(
            context, context.inbound.event.text, Stand(welcome.FORM, draft, world)
        ):
            return open_form(welcome.FORM, draft, world)
        return advance(welcome.FORM, draft, context.inbound.event, world)
    return _put_again(context, world)


def _put_again(context: Context, world: World) -> Turn:
    context.say("consent.changed")
    draft = Draft(welcome.FORM.name, context.office.new_id())
    context.talk.begin(draft)
    return open_form(welcome.FORM, draft, world)
