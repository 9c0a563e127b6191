"""Feedback as its author meets it: sent, looked up, settled, added to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handlers.chat.context import Context
from handlers.errors import Refusal
from handlers.feedback import items, news
from handlers.feedback.card import Changed
from handlers.feedback.items import Voice
from handlers.flows.feedback import is_above
from handlers.flows.feedback_notes import MORE
from handlers.flows.form import Draft
from handlers.people import profile
from handlers.reaching import promises
from messages.types import Say
from storage import feedback
from storage.tables import Feedback


def submit(context: Context, answers: Mapping[str, Any], draft_id: str) -> None:
    """Send it, and thank the author; what a named one tells of them is kept for next time."""
    anonymous = answers["anonymity"] == "anonymous"
    voice = Voice(
        kind=answers["kind"],
        topic=answers["topic"],
        text=answers["text"],
        anonymous=anonymous,
        above=is_above(answers),
        place=answers.get("place"),
        unit=answers.get("unit"),
        other_unit=answers.get("other_unit"),
        name=answers.get("name"),
        phone=answers.get("phone"),
        group=context.me.group,
        channel=context.inbound.address.kind,
    )
    db, office = context.db, context.office
    item, is_new = items.submit(db, office, context.actor, voice, draft_id, now=context.now)
    if not is_new:
        context.say("feedback.already", code=item.code)
        return
    if not anonymous:
        profile.keep(db, context.me, answers)
    context.talk.last_code, context.talk.offered = item.code, ()
    receiver = news.receiver_name(db, item, office)
    span = promises.here(office, context.inbound.address)
    values = {"code": item.code, "receiver": receiver, "anonymous": item.anonymous, "climbs": item.climb_announced}
    context.say("feedback.done", **values, answer_by=news.answer_by(item), span=span)


def show(context: Context, item: Feedback) -> None:
    """Where one's own item stands, and what was said about it."""
    values = {
        "code": item.code,
        "state": news.state_name(context.office, item),
        "kind": item.kind,
        "date": item.day,
        "receiver": news.receiver_name(context.db, item, context.office),
        "answer_by": news.answer_by(item) if item.state in feedback.WAITING else None,
        "lines": news.history(context.db, context.office, item, for_author=True),
    }
    choices = news.author_choices(context.office, item)
    context.said.append(Say("feedback.detail", values, choices, f"{news.OWN}@{item.code}" if choices else ""))


def press(context: Context, question: str, key: str) -> None:
    """A choice of the author's, `heard@CODE`; one that is no longer open shows the item as it is."""
    item = items.own(context.db, context.actor, question.partition("@")[2])
    if item is None:
        context.say("common.old_button")
    elif key not in news.open_to_author(item):
        show(context, item)
    elif key in ("settled", "unsettled"):
        _rate(context, item, key)
    else:
        context.talk.begin(Draft(MORE.name, context.office.new_id(), {"code": item.code, "what": key}))


def _rate(context: Context, item: Feedback, key: str) -> None:
    try:
        items.rate(
            context.db, context.office, context.actor, item.code, settled=key == "settled", seen=None, now=context.now
        )
    except Changed:
        show(context, item)
        return
    context.say(f"feedback.{key}", code=item.code)


def add(context: Context, code: str, what: str, text: str) -> None:
    """The author's further words; what cannot be taken any more is given back."""
    act = items.reopen if what == "reopened" else items.add
    try:
        item = act(context.db, context.office, context.actor, code, text, now=context.now)
    except Refusal:
        context.say("feedback.closed", code=code)
        context.give_back(code, text)
        return
    context.say(f"feedback.{what}_done", code=code, answer_by=news.answer_by(item))
