"""What somebody is answered whose words speak of danger: before anything else, and with nothing after it.

Their words stay the answer of the step they were said in; the question that would come next waits for their next word
(`Draft.held`). What is said of who reads them is true: nobody watches this channel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from handlers import notices
from handlers.chat import callbacks as callback_desk
from handlers.chat import commands, forms, menu, reception
from handlers.chat.context import Context
from handlers.chat.forms import FORMS, OF_OFFICERS
from handlers.danger import callbacks
from handlers.danger.callers import Caller, by_when
from handlers.danger.recognition import Danger, recognise
from handlers.flows import callback, feedback, feedback_notes, linking, lookup
from handlers.flows import choices as matching
from handlers.flows.engine import put_held, take_in
from handlers.flows.form import Draft, Stand, Turn
from handlers.flows.world import World
from handlers.office import Office
from handlers.reaching import reach
from messages.types import Attached, Choice, Contact, Event, Inbound, Pressed, Say, Text, Unreadable, parse_payload
from storage import windows
from storage.database import Transaction
from storage.tables import Priority

QUESTION = callback_desk.WAYS
"""What the choices under these texts answer; also the topic under which they are promised."""
ANSWERABLE = (QUESTION, callback_desk.TERMS, callback_desk.PHONE)
"""What strangers may answer though nothing of them is kept."""
OF_CODES = frozenset({lookup.FORM.name, linking.FORM.name})
"""Forms that take a code: other words are no answer there."""
WITHOUT_NAME = frozenset({feedback.FORM.name, feedback_notes.MORE.name})
"""Forms whose author may be about to stay unknown."""
ALONE_A_DAY = 50
"""How often a day and account the text is said where nothing else is: each costs those whom the account carries."""


class Standing(StrEnum):
    """What became of the words, as their author is told."""

    NEW = "new"
    """Nothing is kept of somebody who has not agreed to the notice."""
    PENDING = "pending"
    """The notice was changed and not yet answered."""
    LOOSE = "loose"
    """Said outside any form, or no answer to what was asked."""
    KEPT = "kept"
    """They stand in a draft."""
    SENT = "sent"
    """They ended a form: what came of it is said after this."""
    FULL = "full"
    """The account carries no more people."""
    BY_HAND = "by_hand"
    """One of ours talks in this chat by hand."""


def is_concerned(context: Context, world: World) -> bool:
    """Whether an event speaks of danger, or is a choice under such a text. With any other words these are past."""
    if _heard(context) is not None or _chosen(context) is not None or _asks_to_be_called(context, world):
        return True
    elsewhere = context.talk.draft is not None or not _agreed(world)
    if elsewhere and isinstance(context.inbound.event, Text):
        _forget_choices(context)
    return False


def take(context: Context, world: World) -> Turn | None:
    """Answer it."""
    if (found := _heard(context)) is not None:
        return _answer(context, world, found)
    if (key := _chosen(context)) is not None:
        return _press(context, world, key)
    return callback_desk.go_on(context, world)


def _press(context: Context, world: World, key: str) -> Turn | None:
    """A choice under such a text. Without an agreement all lead to the notice; a number typed is no answer to that."""
    draft = context.talk.draft
    _forget_choices(context)
    if key == "write_on" and draft is not None:
        return put_held(Stand(FORMS[draft.form], draft, world))
    if key == "call_back":
        hidden, at = _written(draft)
        forms.step_aside(context)
        return callback_desk.start(context, world, hidden=hidden, at=at)
    if not _agreed(world):
        return reception.begin(context, world)
    return commands.run(context, world, "resume" if key == "write_on" else key)


def _heard(context: Context) -> Danger | None:
    """The danger that an event speaks of; officers who write of somebody else's trouble are left alone."""
    return None if context.talk.active in OF_OFFICERS else recognise(_words(context.inbound.event))


def _asks_to_be_called(context: Context, world: World) -> bool:
    """Whether somebody without an agreement in force answers what a call needs; commands lead out of that."""
    draft, event = context.talk.draft, context.inbound.event
    if _agreed(world) or not isinstance(event, Text | Pressed | Contact):
        return False
    if isinstance(event, Text):
        command = matching.command(event.text, context.office.catalogue.vocabulary.commands)
        if command is not None and command.name not in ("cancel", "back", "finish"):
            return False
    if isinstance(event, Pressed) and parse_payload(event.payload)[0].partition(".")[0] != callback.FORM.name:
        return False
    if context.known is None:
        return context.asked in (callback_desk.TERMS, callback_desk.PHONE)
    return draft is not None and draft.form == callback.FORM.name


def _written(draft: Draft | None) -> tuple[bool, str | None]:
    """Whether somebody may be writing without a name, and the unit they have named: nothing else goes along."""
    if draft is None:
        return False, None
    if draft.form == callback.FORM.name:
        return bool(draft.answers.get(callback.HIDDEN)), draft.answers.get(callback.AT)
    hidden = draft.form in WITHOUT_NAME and draft.answers.get("anonymity") != "named"
    unit = draft.answers.get("unit")
    return hidden, unit if unit != "other" else None


def _agreed(world: World) -> bool:
    return world.agreed_version == world.notice_version


def _forget_choices(context: Context) -> None:
    if context.talk.question == QUESTION:
        context.talk.offered, context.talk.question = (), ""


def _answer(context: Context, world: World, found: Danger) -> Turn | None:
    """Say it, take the words as the answer they are, and put no question now."""
    draft, agreed = context.talk.draft, _agreed(world)
    if draft is None or not (agreed or draft.form in reception.RIGHTS):
        known = Standing.PENDING if world.agreed_version else Standing.NEW
        _say(context, found, Standing.LOOSE if agreed else known)
        return None
    turn = _taken(context, Stand(FORMS[draft.form], draft, world))
    if turn.draft is None:
        _say(context, found, Standing.SENT)
    else:
        kept = (turn.draft.answers, turn.draft.parts) != (draft.answers, draft.parts)
        _say(context, found, Standing.KEPT if kept else Standing.LOOSE, within=turn.draft)
    return turn


def stay(context: Context) -> None:
    """More words outside any form after such a text, which nobody understands here: no reproach, and the same ways."""
    choices = context.talk.offered
    menu.offer(context, Say("danger.again", {"contact": context.office.contact}, choices, QUESTION))


def _chosen(context: Context) -> str | None:
    """Which of the choices under such a text an event means."""
    event = context.inbound.event
    if isinstance(event, Pressed):
        question, key = parse_payload(event.payload)
        return key if question == QUESTION else None
    if not isinstance(event, Text):
        return None
    found = matching.match(event.text, _offered(context), {}, {})
    return found.key if isinstance(found, matching.Chosen) else None


def speaks(inbound: Inbound) -> bool:
    """Whether an event speaks of danger, whoever brought it and however fast."""
    return recognise(_words(inbound.event)) is not None


def alone(db: Transaction, office: Office, inbound: Inbound, standing: Standing, now: datetime) -> bool:
    """The text by itself, where the bot keeps silent otherwise; whether it was said."""
    found, account = recognise(_words(inbound.event)), inbound.address.account
    if found is None or windows.count(db, account, QUESTION, reach.day_of(now)) > ALONE_A_DAY:
        return False
    notices.enqueue(
        db,
        office,
        inbound.address,
        _worded(office, found, standing, now),
        member_id=None,
        topic=QUESTION,
        priority=Priority.DANGER,
        now=now,
    )
    return True


def topic_of(say: Say) -> str:
    """The topic by which what a stranger was asked is found again; empty for anything else."""
    if is_one(say):
        return QUESTION
    return say.key if say.key in ANSWERABLE else callback_desk.PHONE if say.key == "callback.phone_invalid" else ""


def is_one(say: Say) -> bool:
    """Whether it is one of these texts: promised before whatever else waits for the chat."""
    return say.key.partition(".")[0] == QUESTION


def _words(event: Event) -> str:
    match event:
        case Text(text):
            return text
        case Unreadable(caption=caption) | Attached(caption=caption):
            return caption
        case _:
            return ""


def _taken(context: Context, stand: Stand) -> Turn:
    """What becomes of the words in the form they were said in; a question nobody has seen is answered by none."""
    event, draft = context.inbound.event, stand.draft
    if isinstance(event, Text) and not draft.held and draft.form not in OF_CODES:
        return take_in(stand, event)
    return Turn(replace(draft, held=True), ())


def _offered(context: Context) -> tuple[Choice, ...]:
    """The choices as they were shown; a stranger's are not kept, but always the same."""
    if context.known is None:
        if context.asked != QUESTION:
            return ()
        return _choices(context, Standing.NEW, called=bool(_possible(context, None)))
    return context.talk.offered if context.talk.question == QUESTION else ()


def _possible(context: Context, at: str | None) -> list[Caller]:
    return callbacks.possible(context.db, context.office, context.actor, at, context.now)


def _choices(context: Context, standing: Standing, *, called: bool, within: bool = False) -> tuple[Choice, ...]:
    if standing in (Standing.NEW, Standing.PENDING):
        keys: tuple[str, ...] = ("start",)
    else:
        keys = ("write_on" if within else "feedback", "menu")
    keys = ("call_back", *keys) if called else keys
    return tuple(Choice(key, context.office.catalogue.label(f"danger.{key}")) for key in keys)


def _say(context: Context, found: Danger, standing: Standing, within: Draft | None = None) -> None:
    hidden, at = _written(within)
    called = [(one.name, one.unit.name) for one in _possible(context, at)]
    say = _worded(context.office, found, standing, context.now, called, hidden=hidden)
    choices = _choices(context, standing, called=bool(called), within=within is not None)
    menu.offer(context, replace(say, choices=choices, question=QUESTION))


def _worded(
    office: Office,
    found: Danger,
    standing: Standing,
    now: datetime,
    called: Sequence[tuple[str, str]] = (),
    *,
    hidden: bool = False,
) -> Say:
    """`called`: the names and units of those who could call."""
    values: Mapping[str, Any] = {
        "standing": standing,
        "contact": office.contact,
        "callers": called,
        "due": by_when(now) if called else None,
        "hidden": hidden,
    }
    reader = office.catalogue.text("danger.reader", values)
    match found:
        case Danger.DESPAIR:
            return Say("danger.despair", {"helpline": office.helpline, "reader": reader})
        case Danger.VIOLENCE:
            return Say("danger.violence", {"refuge": office.refuge, "reader": reader})
        case Danger.ACCIDENT:
            return Say("danger.accident", {"reader": reader})
