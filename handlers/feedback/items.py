"""Feedback as its author meets it: sent, followed, added to, settled or reopened once (seed 000 II.2.2; F2).

Answering stands in handlers/chat/feedback/desk.py and its neighbours, where an item goes in
handlers/feedback/ways.py, what is told of it in handlers/feedback/news.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from handlers.chat.context import Context
from handlers.danger.recognition import recognise
from handlers.feedback import ways as feedback_ways
from handlers.feedback.news import (
    OWN,
    answer_by,
    author_choices,
    due,
    history,
    receiver_name,
    state_name,
    tell_officers,
)
from handlers.feedback.ways import Way
from handlers.flows import feedback as form
from handlers.flows.feedback_notes import MORE
from handlers.flows.form import Draft
from handlers.office import Office, local_day
from handlers.people import profile
from handlers.reaching import promises
from messages.types import Say
from storage import feedback, feedback_groups, programmes
from storage.database import Transaction
from storage.feedback import Act, State
from storage.tables import Feedback, Kind

PREFIX = "YK"


# --- sending ---


def submit(context: Context, answers: Mapping[str, Any], draft_id: str) -> None:
    """Make the record, thank the author, tell the officers. Sending the same draft twice gives the same record."""
    earlier = of_draft(context, draft_id)
    if earlier is not None:
        context.say("feedback.already", code=earlier.code)
        return
    anonymous = answers["anonymity"] == "anonymous"
    above = form.is_above(answers)
    way = feedback_ways.find(context.db, answers, above=above, anonymous=anonymous, now=context.now)
    assert way is not None, "the flow asks again while an anonymous item has nowhere to go"
    item = _item(context, answers, way)
    item.urgent = recognise(answers["text"]) is not None
    if anonymous:
        item.place = way.unit.place if way.unit else None
    else:
        _name(context, item, answers)
    act = Act("sent", item.day, context.now, by_author=True, unit_id=item.receiver_id)
    feedback.add(context.db, item, author_id=context.my_id, draft_id=draft_id, act=act)
    context.talk.last_code, context.talk.offered = item.code, ()
    values = {"code": item.code, "receiver": receiver_name(context.db, item, context.office)}
    span = promises.here(context.office, context.inbound.address)
    context.say("feedback.done", **values, answer_by=answer_by(item), span=span)
    tell_officers(context.db, context.office, item, "officer.new_feedback", context.now)


def _item(context: Context, answers: Mapping[str, Any], way: Way) -> Feedback:
    """What an item holds with a name or without; the place is given by the unit that is shown."""
    campaigns = programmes.open_at(context.db, context.now, Kind.FEEDBACK)
    anonymous = answers["anonymity"] == "anonymous"
    due_on, due_at = due(context.now, anonymous=anonymous)
    return Feedback(
        code=_free_code(context),
        mark="",
        kind=answers["kind"],
        topic=answers["topic"],
        anonymous=anonymous,
        unit_id=way.unit.id if way.unit else None,
        receiver_id=way.receiver.id if way.receiver else None,
        above=form.is_above(answers),
        programme_id=campaigns[0].id if campaigns else None,
        text=answers["text"],
        state=State.SENT,
        due_on=due_on,
        due_at=due_at,
        day=local_day(context.now),
    )


def _name(context: Context, item: Feedback, answers: Mapping[str, Any]) -> None:
    """What only an item with a name holds; the profile is kept for next time."""
    profile.keep(context.db, context.me, answers)
    item.full_name, item.phone = answers["name"], answers["phone"]
    item.place, item.other_unit, item.group = answers["place"], answers.get("other_unit"), context.me.group
    item.channel, item.sent_at = context.inbound.address.kind, context.now


def _free_code(context: Context) -> str:
    while True:
        code = context.office.new_code(PREFIX, context.now)
        if feedback.by_code(context.db, code) is None:
            return code


# --- following ---


def own_item(context: Context, code: str) -> Feedback | None:
    """An item the member wrote; any other is as good as not there."""
    item = feedback.by_code(context.db, code)
    return item if item is not None and feedback.is_by(context.db, item, context.my_id) else None


def of_draft(context: Context, draft_id: str) -> Feedback | None:
    """The member's own item that a draft became."""
    item = feedback.by_draft(context.db, draft_id)
    return item if item is not None and feedback.is_by(context.db, item, context.my_id) else None


def show(context: Context, item: Feedback) -> None:
    """Where one's own item stands, and what was said about it."""
    values = {
        "code": item.code,
        "state": state_name(context.office, item),
        "kind": item.kind,
        "date": item.day,
        "receiver": receiver_name(context.db, item, context.office),
        "answer_by": answer_by(item) if item.state in feedback.WAITING else None,
        "lines": history(context.db, context.office, item, for_author=True),
    }
    choices = author_choices(context.office, item)
    context.said.append(Say("feedback.detail", values, choices, f"{OWN}@{item.code}" if choices else ""))


def press(context: Context, question: str, key: str) -> None:
    """A choice of the author's, `heard@CODE`; one that is no longer open shows the item as it is."""
    item = own_item(context, question.partition("@")[2])
    if item is None:
        context.say("common.old_button")
        return
    if key not in {choice.key for choice in author_choices(context.office, item)}:
        show(context, item)
    elif key in ("settled", "unsettled"):
        _rate(context, item, key)
    else:
        context.talk.begin(Draft(MORE.name, context.office.new_id(), {"code": item.code, "what": key}))


def _rate(context: Context, item: Feedback, key: str) -> None:
    """The author's word on the answer ends the matter, for them."""
    facts = {"state": State.SETTLED, "satisfied": key == "settled"}
    if feedback.change(context.db, item, _own_act(context, item, key), **facts):
        feedback_groups.hand_on(context.db, item)
        context.say(f"feedback.{key}", code=item.code)
        tell_officers(context.db, context.office, item, f"officer.feedback_{key}", context.now)


def add(context: Context, code: str, what: str, text: str) -> None:
    """The author's further words; `reopened` makes an answer due again, to this author alone."""
    item = own_item(context, code)
    if item is None or what not in {choice.key for choice in author_choices(context.office, item)}:
        context.say("feedback.closed", code=code)
        context.give_back(code, text)
        return
    facts: dict[str, Any] = {"urgent": item.urgent or recognise(text) is not None}
    if what == "reopened":
        facts |= _reopening(context, item)
    if not feedback.change(context.db, item, _own_act(context, item, what, text), **facts):
        show(context, item)
        context.give_back(code, text)
        return
    if what == "reopened":
        feedback_groups.hand_on(context.db, item)
    context.say(f"feedback.{what}_done", code=code, answer_by=answer_by(item))
    tell_officers(context.db, context.office, item, f"officer.feedback_{what}", context.now)


def _reopening(context: Context, item: Feedback) -> dict[str, Any]:
    due_on, due_at = due(context.now, anonymous=item.anonymous)
    again = {"state": State.REOPENED, "reopened": True, "satisfied": False, "merged_into": None}
    return again | {"due_on": due_on, "due_at": due_at, "climbed": 0, "escalated_on": None}


def _own_act(context: Context, item: Feedback, what: str, text: str | None = None) -> Act:
    return Act(what, local_day(context.now), context.now, by_author=True, unit_id=item.receiver_id, text=text)


def withdraw_named(db: Transaction, office: Office, member_id: int, now: datetime) -> None:
    """A member is erased: nobody is to answer what they wrote under their name.

    What they wrote without one goes on as if nothing had happened, else its state and its day would name them.
    """
    for item in feedback.named_by(db, member_id):
        if item.state in feedback.FOLLOWED:
            act = Act("withdrawn", local_day(now), now, by_author=True, unit_id=item.receiver_id)
            feedback.change(db, item, act, state=State.WITHDRAWN, merged_into=None)
            feedback_groups.hand_on(db, item)
            tell_officers(db, office, item, "officer.feedback_withdrawn", now)
