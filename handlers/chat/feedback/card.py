"""One item of feedback on an officer's screen, and what is said after something was done with it."""

from __future__ import annotations

from typing import Any

from handlers.chat.context import Context
from handlers.errors import Refusal
from handlers.feedback import card as cards
from handlers.feedback import news, readers
from handlers.feedback.card import FLAGS, Card
from messages.types import Choice, Say
from storage import feedback
from storage.tables import Feedback


def show(context: Context, code: str) -> None:
    """One item with everything its officer may see, and what may be done."""
    try:
        card = cards.read(context.db, context.actor, code, now=context.now)
    except Refusal as refusal:
        context.refused(refusal)
        return
    labels = context.office.catalogue.label
    choices = tuple(Choice(action, labels(action)) for action in card.actions)
    inbox = Choice("inbox", labels("open_inbox"))
    say = Say("officer.feedback_card", _shown(context, card), (*choices, inbox), question(card.item))
    context.said.append(say)


def _shown(context: Context, card: Card) -> dict[str, Any]:
    labels, item = context.office.catalogue.label, card.item
    return {
        "code": item.code,
        "state": news.state_name(context.office, item),
        "kind": item.kind,
        "topic": item.topic,
        "unit": card.unit.name if card.unit else item.other_unit or "",
        "above": item.above,
        "anonymous": item.anonymous,
        "author": item.full_name,
        "phone": item.phone,
        "flags": [labels(f"flag.{flag}") for flag in FLAGS if getattr(item, flag)],
        "date": item.day,
        "answer_by": news.answer_by(item) if item.state in feedback.WAITING else None,
        "late": news.is_late(item, context.now),
        "satisfied": item.satisfied,
        "leader": item.merged_into,
        "together": list(card.together),
        "alike": list(card.alike),
        "tasks": [(task.kind, task.who or "", task.what or "", task.due_on, task.done_on) for task in card.tasks],
        "public": item.published_on,
        "lines": news.history(context.db, context.office, item, for_author=False),
        "text": item.text,
    }


def question(item: Feedback) -> str:
    """What a choice under a card answers: this item, as it was shown."""
    return f"{news.DESK}@{item.code}.{item.revision}"


def changed(context: Context, code: str, wanted: str = "") -> None:
    """Somebody was quicker, or the button is an old one: nothing is done, the item is shown as it is. What had been
    done already (`wanted`, as its event is called) is told with its day.
    """
    item = readers.find(context.db, context.actor, code, context.now)
    if item is None:
        context.say("officer.not_yours")
        return
    context.db.refresh(item)
    done = [event for event in feedback.events(context.db, code) if wanted and event.what == wanted]
    if done:
        what = context.office.catalogue.label(f"feedback_act.{wanted}")
        context.say("officer.feedback_already", code=code, what=what, date=done[-1].day)
    else:
        context.say("officer.changed", code=code, state=news.state_name(context.office, item))
    show(context, code)


def receipt(context: Context, item: Feedback, key: str = "officer.feedback_done", *, told: str = "") -> None:
    """Tell the officer that it is done and whether its author knows, and offer what waits next."""
    office = context.office
    values = {"code": item.code, "state": news.state_name(office, item), "told": told}
    inbox = Choice("inbox", office.catalogue.label("open_inbox"))
    waiting = readers.waiting(context.db, context.actor, 2, context.now)
    following = next((one for one in waiting if one.code != item.code), None)
    if following is None:
        context.said.append(Say(key, values, (inbox,), "menu"))
        return
    choices = (Choice("open", office.catalogue.label("caring.next")), inbox)
    context.said.append(Say(key, values, choices, f"{news.DESK}@{following.code}"))
