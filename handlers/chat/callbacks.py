"""«Nhờ gọi lại» in the chat: what is asked of whoever wants a call, and what the officer says came of it."""

from __future__ import annotations

from handlers.chat.context import Context
from handlers.chat.forms import RESUMED, begin
from handlers.danger import callbacks
from handlers.errors import Refusal
from handlers.flows.callback import AT, FORM, HIDDEN
from handlers.flows.engine import advance, open_form
from handlers.flows.form import Draft, Turn
from handlers.flows.outcomes import AskCallback, Menu
from handlers.flows.world import World
from messages.types import Choice, Say

WAYS = "danger"
"""What the ways on from such a moment answer (handlers/chat/danger.py)."""
TERMS, PHONE = callbacks.TERMS, "callback.phone"
"""What a stranger may answer: the words are also the topics under which they were promised."""
NEWCOMER = "new"


def start(context: Context, world: World, *, hidden: bool, at: str | None) -> Turn | None:
    """Ask for what is needed, or say for when a call is promised already."""
    waiting = callbacks.waiting(context.db, context.actor, context.inbound.address)
    if waiting is not None:
        context.say("callback.already", at=waiting.due_at, contact=context.office.contact)
        return None
    if context.known is None:
        return open_form(FORM, Draft(FORM.name, NEWCOMER), world)
    return begin(context, world, FORM.name, {HIDDEN: hidden, AT: at})


def go_on(context: Context, world: World) -> Turn:
    """An answer of somebody without an agreement in force; of a stranger nothing is kept before the number."""
    draft = context.talk.draft
    if draft is None:
        answers = {} if context.asked == TERMS else {"terms": "yes"}
        draft = open_form(FORM, Draft(FORM.name, NEWCOMER, answers), world).draft
        assert draft is not None
    turn = advance(FORM, draft, context.inbound.event, world)
    return Turn(turn.draft, tuple(effect for effect in turn.effects if not isinstance(effect, Menu)), turn.left)


def ask(context: Context, wanted: AskCallback) -> None:
    """The number was given: say who calls and by when."""
    try:
        promised = callbacks.ask(
            context.db,
            context.office,
            context.actor,
            context.inbound.address,
            phone=wanted.phone,
            caller=wanted.caller,
            at=wanted.at,
            hidden=wanted.hidden,
            now=context.now,
        )
    except Refusal as refusal:
        context.refused(refusal)
        return
    values = {"officer": promised.officer, "unit": promised.unit, "at": promised.due, "phone": wanted.phone}
    context.said.append(Say("callback.done", values, _on_from_here(context), WAYS if context.known else ""))


def press(context: Context, question: str, key: str) -> None:
    """An officer has called, or could not."""
    done = callbacks.called if key == "called" else callbacks.not_called
    try:
        done(context.db, context.office, context.actor, question.partition("@")[2], now=context.now)
    except Refusal as refusal:
        context.refused(refusal)
    else:
        context.say("callback.thanks" if key == "called" else "callback.noted")


def _on_from_here(context: Context) -> tuple[Choice, ...]:
    """Back to what was being written, where there is such; a stranger has nothing to go back to."""
    if context.known is None:
        return ()
    keys = ("write_on", "menu") if context.talk.drafts.keys() & set(RESUMED) else ("menu",)
    return tuple(Choice(key, context.office.catalogue.label(f"danger.{key}")) for key in keys)
