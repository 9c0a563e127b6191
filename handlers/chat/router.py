"""Which form, command or button an event belongs to."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import assert_never

from handlers import push_words
from handlers.chat import answers, commands, danger, menu, news, numbers, reception
from handlers.chat import awards as award_desk
from handlers.chat import broadcasts as news_desk
from handlers.chat.context import Context
from handlers.chat.forms import FORMS, OF_OFFICERS
from handlers.feedback import items as feedback
from handlers.flows import choices as matching
from handlers.flows.engine import advance, leave, listens, open_form, respond, understood
from handlers.flows.form import Stand, Turn
from handlers.flows.world import World
from handlers.text.readers import fold, read_code
from messages.types import (
    Arrived,
    Attached,
    Choice,
    Contact,
    Edited,
    Left,
    Overheard,
    Pressed,
    Say,
    TakenOver,
    Text,
    Unreadable,
    is_payload,
    parse_payload,
)
from messages.types import payload as payload_of
from storage import submissions
from storage.offers import Offer

DOUBT = "word"
"""Asks whether a word of the menu was an answer."""
NEVER_DOUBTED = frozenset({"cancel", "back", "finish", "skip", "resume", "stop_news"})
"""Words that a form understands itself, or that say nothing of where one wants to go."""
ALWAYS_MEANT = frozenset({"privacy"})
"""«Dữ liệu của tôi» is a right: it is never an answer."""
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
    if not is_payload(payload):
        return _old_button(context, world, "")
    form_name = question.partition(".")[0]
    draft = context.talk.drafts.get(form_name)
    if form_name in FORMS and draft is not None and question.endswith(f"@{draft.id}"):
        context.talk.active = form_name
        return advance(FORMS[form_name], draft, Pressed(payload), world)
    if question == DOUBT:
        return _undoubted(context, world, key)
    if question == numbers.QUESTION:
        return which(context, world, question, key)
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
    if draft_id and (heard := feedback.of_draft(context.db, context.actor, draft_id)) is not None:
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
    if (answered := _pushed_word(context, text)) is not None:
        return _pressed(context, world, answered)
    match numbers.meant(context, text, stand):
        case Pressed(payload):
            return _pressed(context, world, payload)
        case Say() as asked:
            context.said.append(asked)
            return None
        case numbers.Nothing():
            return _no_such_number(context, world, text)
        case _:
            pass
    free = stand is not None and listens(stand)
    if stand is not None and free and (doubtful := _word_of_menu(context, world, stand, text)) is not None:
        return _doubt(context, world, text, doubtful)
    context.talk.doubted = ""
    return _worded(context, world, text, stand)


def _worded(context: Context, world: World, text: str, stand: Stand | None) -> Turn | None:
    """Words that are no number, no word of a push: a command, an answer, or something loose."""
    command = _command(context, world, text, stand)
    if stand is None:
        if command is None:
            return _loose(context, world, text)
        if command.name == "cancel" and news.means_stop(text, context.office):
            command = matching.Command("stop_news")
        return commands.run(context, world, command.name, command.argument)
    if command is None or command.name in ("back", "finish"):
        return respond(stand, context.inbound.event)
    if command.name != "cancel":
        return commands.run(context, world, command.name, command.argument)
    slashed = text.strip().startswith("/")
    return leave(stand) if slashed or not listens(stand) else respond(stand, context.inbound.event)


def _pushed_word(context: Context, text: str) -> str | None:
    """The button of a push whose word was typed: of one of the last, or by what the word says itself."""
    for offer in reversed(context.offers):
        if offer.asked_for:
            continue
        for choice in offer.choices:
            if matching.is_digits(choice.word) and push_words.same(text, choice.word):
                return payload_of(offer.question, choice.key)
    return push_words.read(text, context.office)


def _no_such_number(context: Context, world: World, text: str) -> Turn | None:
    """A number that no list has: what stands open is put again."""
    context.say("common.number_unknown", number=matching.position(text))
    if context.talk.draft is not None:
        return open_form(FORMS[context.talk.draft.form], context.talk.draft, world)
    menu.show(context)
    return None


def which(context: Context, world: World, _question: str, key: str) -> Turn | None:
    """The answer to which button a number was."""
    if key == numbers.NONE:
        return _arrived(context, world)
    return _pressed(context, world, key)


def _word_of_menu(context: Context, world: World, stand: Stand, text: str) -> str | None:
    """The command whose word was typed where any words are an answer: whoever writes «menu» is hardly called so."""
    command = matching.command(text, context.office.catalogue.vocabulary.commands)
    if command is None or command.name in NEVER_DOUBTED or text.lstrip().startswith("/"):
        return None
    answered = understood(text, stand.offered, world)
    return None if answered is not None else command.name


def _doubt(context: Context, world: World, text: str, command: str) -> Turn | None:
    """Ask once; the same word again is the command."""
    if command in ALWAYS_MEANT or fold(context.talk.doubted) == fold(text):
        context.talk.doubted = ""
        return commands.run(context, world, command)
    name = f"label.{command}"
    label = context.office.catalogue.label(command) if name in context.office.catalogue else text
    choices = (Choice("answer", context.office.catalogue.label("is_answer")), Choice(command, label))
    context.talk.doubted = text
    menu.offer(context, Say("common.word_means", {"typed": text, "second": label}, choices, DOUBT))
    return None


def _undoubted(context: Context, world: World, key: str) -> Turn | None:
    """The answer to whether a word was meant for the step or for the menu."""
    text, context.talk.doubted = context.talk.doubted, ""
    if key != "answer":
        return commands.run(context, world, key)
    draft = context.talk.draft
    if draft is None or not text:
        return _arrived(context, world)
    return respond(Stand(FORMS[draft.form], draft, world), Text(text))


def _command(context: Context, world: World, text: str, stand: Stand | None) -> matching.Command | None:
    """The command that was typed. Slash commands and the words that always act come first, then what stands on the
    screen («Khen thưởng» under a card is the card's), then what a step takes as an answer, and only then other words.
    """
    words = context.office.catalogue.vocabulary.commands
    if (sure := matching.sure_command(text, words)) is not None:
        return sure
    found = matching.command(text, words)
    if found is None or (stand is not None and listens(stand)):
        return None
    return found if understood(text, _on_screen(context, stand), world) is None else None


def _on_screen(context: Context, stand: Stand | None) -> tuple[Choice, ...]:
    """The choices in front of the person: those of the open question, else of the lists shown last."""
    if stand is None:
        return tuple(choice for offer in _lists(context) for choice in offer.choices)
    asked = stand.draft.asked
    return () if asked is None or stand.draft.held else asked.choices


def _lists(context: Context) -> Sequence[Offer]:
    return numbers.latest(context) or numbers.unshown(context)


def _loose(context: Context, world: World, text: str) -> Turn | None:
    """Words outside any form: a choice of the last menu, a code, a thank-you for a second tap, or nothing we know."""
    match _by_word(context, world, text):
        case Pressed(payload):
            return _pressed(context, world, payload)
        case Say() as asked:
            context.said.append(asked)
            return None
        case None:
            pass
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


def _by_word(context: Context, world: World, text: str) -> Pressed | Say | None:
    """What words mean on the lists in front of the person; what two pushes, or two choices, call the same is asked
    back.
    """
    found: dict[str, Choice] = {}
    for offer in _lists(context):
        match understood(text, offer.choices, world):
            case matching.Chosen(key):
                keys: Collection[str] = (key,)
            case matching.Ambiguous(several):
                keys = several
            case _:
                continue
        for choice in offer.choices:
            if choice.key in keys:
                pressed = payload_of(offer.question, choice.key)
                found.setdefault(pressed, Choice(pressed, numbers.named(choice)))
    if len(found) > 1:
        return numbers.ask(text, list(found.values()))
    return Pressed(next(iter(found))) if found else None


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
