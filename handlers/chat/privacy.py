"""«Dữ liệu của tôi» in the chat: what we hold, and what may be done about it (Law 91/2025/QH15, art. 4; F6)."""

from __future__ import annotations

from handlers.chat import menu
from handlers.chat.context import Aside, Context
from handlers.flows.outcomes import Correct
from handlers.flows.world import World
from handlers.people import privacy
from messages.types import Choice, Say

ACTIONS = ("see_copy", "correct", "link", "withdraw", "erase")
WITHDRAWN = ("see_copy", "erase")
"""What is left to do for somebody who has withdrawn the agreement."""


def show(context: Context) -> None:
    """A summary, and what may be done about it."""
    held, label = privacy.summary(context.db, context.actor), context.office.catalogue.label
    values = {
        "organisation": context.office.organisation,
        "profile": held.profile or label("not_given"),
        "initiatives": held.initiatives,
        "feedback": held.feedback,
        "consented_at": held.agreed_at,
        "news": held.news,
    }
    actions = ACTIONS if context.me.consent_version is not None else WITHDRAWN
    choices = tuple(Choice(key, label(key)) for key in actions)
    menu.offer(context, Say("privacy.menu", values, choices, "privacy"))


def copy(context: Context) -> None:
    """Everything we hold about the member, as text in the chat: readable on every channel."""
    held = privacy.copy(context.db, context.office, context.actor, now=context.now)
    context.said.append(Say("privacy.copy", held))


def correct(context: Context, effect: Correct, world: World) -> None:
    """Carry out `Correct`."""
    privacy.correct(context.db, context.actor, effect.field, effect.answers, now=context.now)
    shown = effect.answers.get("other_unit") or effect.answers.get(effect.field)
    label = context.office.catalogue.label
    match effect.field:
        case "group":
            shown = label(f"group.{shown}")
        case "place":
            place = world.place(str(shown))
            shown = place.name if place else shown
        case "unit" if not effect.answers.get("other_unit"):
            unit = world.unit(str(shown))
            shown = unit.name if unit else shown
        case _:
            pass
    context.say("privacy.corrected", field=label(f"field.{effect.field}"), value=shown)


def withdraw(context: Context) -> None:
    """The agreement is taken back, and what it ended is told."""
    done = privacy.withdraw(context.db, context.office, context.actor, now=context.now)
    _forget_talk(context)
    context.say("privacy.withdrawn", at=context.now)
    if done.served:
        context.say("people.ended_with_agreement")


def erase(context: Context) -> None:
    """Erase the member, then say so in a message that is itself forgotten once it is sent."""
    code = privacy.erase(context.db, context.office, context.actor, now=context.now)
    _forget_talk(context)
    context.known = None
    context.say("privacy.erased", at=context.now, code=code)


def _forget_talk(context: Context) -> None:
    talk = context.talk
    talk.drafts.clear()
    talk.changed.clear()
    talk.active, talk.offered, talk.question, talk.last_code, talk.aside = None, (), "", None, Aside()
