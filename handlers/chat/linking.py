"""Linking chats, and becoming an officer by a code, in the chat: what is typed and answered, in words."""

from __future__ import annotations

import re

from handlers.chat import menu
from handlers.chat.context import Context, talk_from
from handlers.errors import Refusal
from handlers.people import linking, pairing
from handlers.people.linking import CalledOff, Linked, NoSuchCode, Question, Waiting
from handlers.reaching import promises
from handlers.reaching.reach import What
from handlers.text.readers import given_name
from handlers.text.terms import LINK_ANSWER_MINUTES, LINK_CODE_MINUTES
from messages.types import Choice, Say
from storage import conversations, members

BARE = re.compile(r"\s*[0-9A-Za-z]{4}[ -]?[0-9A-Za-z]{4}\s*")


def looks_like_code(text: str) -> bool:
    """Whether somebody new may have typed the code without a command."""
    return BARE.fullmatch(text) is not None


def give_code(context: Context) -> None:
    """A code for another chat of theirs."""
    code = linking.give_code(context.db, context.office, context.actor, context.inbound.address, now=context.now)
    context.say("linking.code", code=code, minutes=LINK_CODE_MINUTES)


def arrive(context: Context, typed: str) -> bool:
    """Somebody new typed something that may be a code; whether it was one, so that its owner is asked."""
    try:
        _say(context, _typed(context, typed))
    except NoSuchCode:
        return False
    return True


def redeem(context: Context, code: str, name: str | None) -> None:
    """A member typed a one-time code: another chat's of the same person, or an officer's."""
    try:
        _say(context, _typed(context, code))
    except NoSuchCode:
        _become_officer(context, code, name)
    except Refusal as refusal:
        context.refused(refusal)


def press(context: Context, question: str, key: str) -> None:
    """An answer to whether two chats are linked: `linking@CODE`, of whoever typed the code or of its owner."""
    db, office, code = context.db, context.office, question.partition("@")[2]
    try:
        if key == "yes":
            _say(context, linking.accept(db, office, context.actor, context.inbound.address, code, now=context.now))
        else:
            linking.decline(db, office, context.actor, code, now=context.now)
            context.say("linking.kept_apart")
            menu.show(context)
    except Refusal as refusal:
        context.refused(refusal)


def unlink(context: Context) -> None:
    """This chat is the only one from now on."""
    count = linking.unlink(context.db, context.actor, context.inbound.address, now=context.now)
    context.say("linking.unlinked", count=count)


def _typed(context: Context, typed: str) -> Question | Waiting:
    here = context.inbound.address
    return linking.type_code(context.db, context.office, context.actor, here, typed, now=context.now)


def _say(context: Context, done: Question | Waiting | Linked | CalledOff) -> None:
    match done:
        case Question():
            menu.offer(context, linking.worded(context.office, done))
        case Waiting(other, channel):
            context.say("linking.waiting", other=other, channel=channel, minutes=LINK_ANSWER_MINUTES)
        case CalledOff():
            context.say("linking.called_off")
        case Linked():
            _become_one(context, done)


def _become_one(context: Context, linked: Linked) -> None:
    """From here on both chats speak for the same member, with the drafts of both."""
    context.talk = talk_from(conversations.load(context.db, [context.my_id], context.now)[context.my_id])
    context.talk.last_code, context.talk.offered, context.talk.question = None, (), ""
    context.say("linking.joined", channel=linked.chat.kind)
    menu.show(context)
    linking.greet(context.db, context.office, linked, _linked(context), context.now)


def _linked(context: Context) -> Say:
    """For the chat that was linked: what the menu offers is open there as well, but for what a role brings: whether it
    is in force there is found out by the next turn there.
    """
    values = {"given_name": given_name(context.me.name or "")}
    if context.holds_role:
        return Say("linking.linked", values, (Choice("menu", context.office.catalogue.label("back_to_menu")),), "menu")
    return Say("linking.linked", values, context.talk.offered, context.talk.question)


def _become_officer(context: Context, code: str, name: str | None) -> None:
    db, office, here = context.db, context.office, context.inbound.address
    try:
        taken = pairing.redeem(db, office, context.actor, code, here=here, name=name, now=context.now)
    except Refusal as refusal:
        context.refused(refusal)
        return
    first, last = office.quiet_hours
    context.say(
        "officer.linked",
        given_name=given_name(context.me.name or ""),
        role=office.catalogue.label(f"role.{taken.role}"),
        unit=taken.unit.name,
        hours_from=last,
        hours_to=first,
        span=promises.here(office, here, What.OFFICER),
    )
    context.take_on(members.appointments(db, [context.my_id], context.now).get(context.my_id, ()))
    menu.show(context)
