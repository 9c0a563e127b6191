"""Feedback as its author meets it: sent, followed, added to, settled or reopened once (seed 000 II.2.2; F2).

Answering stands in handlers/feedback_desk.py, where it goes in handlers/feedback_ways.py. Whatever is said about an
item is forgotten once it is sent, and of an anonymous one nothing finer than the day is written anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from handlers import feedback_ways, initiatives, notices, workdays
from handlers.context import Context
from handlers.feedback_ways import Way
from handlers.flows import feedback as form
from handlers.flows.feedback_notes import MORE
from handlers.flows.form import Draft
from handlers.flows.world import World
from handlers.office import Office, local_day
from messages.dates import ZONE
from messages.types import Choice, Say
from storage import feedback, members, programmes, units
from storage.database import Transaction
from storage.errors import WrongKey
from storage.feedback import Act, State
from storage.tables import Feedback, FeedbackEvent, Kind, Role

PREFIX = "YK"
TOPIC = "feedback"
ANSWER_DAYS = 2
"""Working days for the first answer (domain §1.7; the seed sets none)."""
ANSWERED = (State.EXPLAINED, State.PETITIONED, State.SUPPORTED, State.RESOLVED)
OWN = "heard"
"""The first part of a question whose choices are for the author of an item."""
DESK = "desk"
"""The same for its officers."""


# --- sending ---


def submit(context: Context, answers: Mapping[str, Any], draft_id: str, world: World) -> None:
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
    item.urgent = form.is_urgent(answers["text"], world)
    if anonymous:
        item.place = way.unit.place if way.unit else None
    else:
        _name(context, item, answers)
    act = Act("sent", item.day, context.now, by_author=True, unit_id=item.receiver_id)
    feedback.add(context.db, item, author_id=context.my_id, draft_id=draft_id, act=act)
    context.talk.last_code, context.talk.offered = item.code, ()
    values = {"code": item.code, "receiver": receiver_name(context.db, item, context.office)}
    context.say("feedback.done", **values, answer_by=answer_by(item))
    tell_officers(context.db, context.office, item, "officer.new_feedback", context.now)


def _item(context: Context, answers: Mapping[str, Any], way: Way) -> Feedback:
    """What an item holds with a name or without; the place is given by the unit that is shown."""
    campaigns = programmes.open_at(context.db, context.now, Kind.FEEDBACK)
    today = local_day(context.now)
    return Feedback(
        code=_free_code(context),
        mark="",
        kind=answers["kind"],
        topic=answers["topic"],
        anonymous=answers["anonymity"] == "anonymous",
        unit_id=way.unit.id if way.unit else None,
        receiver_id=way.receiver.id if way.receiver else None,
        above=form.is_above(answers),
        programme_id=campaigns[0].id if campaigns else None,
        text=answers["text"],
        state=State.SENT,
        due_on=workdays.after(today, ANSWER_DAYS),
        day=today,
    )


def _name(context: Context, item: Feedback, answers: Mapping[str, Any]) -> None:
    """What only an item with a name holds; the profile is kept for next time."""
    initiatives.keep_profile(context, dict(answers))
    item.full_name, item.phone = answers["name"], answers["phone"]
    item.place, item.other_unit, item.group = answers["place"], answers.get("other_unit"), context.me.group
    item.channel, item.sent_at = context.inbound.address.kind, context.now


def _free_code(context: Context) -> str:
    while True:
        code = context.office.new_code(PREFIX, context.now)
        if feedback.by_code(context.db, code) is None:
            return code


# --- telling ---


def answer_by(item: Feedback) -> datetime:
    """The first moment that is too late for the first answer."""
    return datetime.combine(item.due_on + timedelta(days=1), time(), ZONE)


def receiver_name(db: Transaction, item: Feedback, office: Office) -> str:
    """The unit that answers, or the office's own name where no unit is known."""
    unit = units.by_id(db, item.receiver_id) if item.receiver_id else None
    return unit.name if unit else office.organisation


def state_name(office: Office, item: Feedback) -> str:
    """The state in words."""
    return office.catalogue.label(f"feedback_state.{item.state}")


def tell_officers(db: Transaction, office: Office, item: Feedback, key: str, now: datetime) -> None:
    """Push news of an item to the officers of the unit that answers; never its text."""
    if item.receiver_id is None:
        return
    values = {
        "unit": receiver_name(db, item, office),
        "code": item.code,
        "kind": item.kind,
        "urgent": item.urgent,
        "answer_by": answer_by(item),
    }
    choices = (Choice("open", office.catalogue.label("open_item")),)
    say = Say(key, values, choices, f"{DESK}@{item.code}")
    for member_id in members.holders(db, item.receiver_id, tuple(Role), now):
        notices.push(db, office, member_id, say, topic=TOPIC, once=None, now=now, forget=True)


def tell_author(
    db: Transaction, office: Office, item: Feedback, key: str, values: Mapping[str, Any], now: datetime
) -> None:
    """Bring an answer back to the author's chat, if there is still an author and a key to find them with."""
    try:
        author_id = feedback.author_of(db, item)
    except WrongKey:
        return
    if author_id is None:
        return
    choices = author_choices(office, item)
    say = Say(key, {"code": item.code, **values}, choices, f"{OWN}@{item.code}" if choices else "")
    notices.push(db, office, author_id, say, topic=TOPIC, once=None, now=now, forget=True)


# --- following ---


def own_item(context: Context, code: str) -> Feedback | None:
    """An item the member wrote; any other is as good as not there."""
    item = feedback.by_code(context.db, code)
    return item if item is not None and feedback.is_by(context.db, item, context.my_id) else None


def of_draft(context: Context, draft_id: str) -> Feedback | None:
    """The member's own item that a draft became."""
    item = feedback.by_draft(context.db, draft_id)
    return item if item is not None and feedback.is_by(context.db, item, context.my_id) else None


def author_choices(office: Office, item: Feedback) -> tuple[Choice, ...]:
    """What the author may do now: settle an answer, reopen once, add something."""
    keys: list[str] = []
    if item.state in ANSWERED:
        keys.append("settled")
    if item.state in (*ANSWERED, State.SETTLED) and not item.reopened:
        keys.append("reopened")
    if item.state in feedback.FOLLOWED:
        keys.append("added")
    return tuple(Choice(key, office.catalogue.label(f"heard.{key}")) for key in keys)


def show(context: Context, item: Feedback) -> None:
    """Where one's own item stands, and what was said about it."""
    values = {
        "code": item.code,
        "state": state_name(context.office, item),
        "kind": item.kind,
        "date": item.day,
        "receiver": receiver_name(context.db, item, context.office),
        "answer_by": answer_by(item) if item.state in feedback.WAITING else None,
        "lines": history(context.db, context.office, item),
    }
    choices = author_choices(context.office, item)
    context.said.append(Say("feedback.detail", values, choices, f"{OWN}@{item.code}" if choices else ""))


def history(db: Transaction, office: Office, item: Feedback) -> list[tuple[date, str, bool, str]]:
    """What was done with an item: the day, what, whether by its author, the words."""
    label = office.catalogue.label
    return [
        (event.day, label(f"feedback_act.{event.what}"), event.by_author, _words(event))
        for event in feedback.events(db, item.code)
        if event.what not in ("sent", "escalated", "marked")
    ]


def _words(event: FeedbackEvent) -> str:
    return ". ".join(part for part in (*event.details.values(), event.text) if part)


def press(context: Context, question: str, key: str) -> None:
    """A choice of the author's, `heard@CODE`; one that is no longer open shows the item as it is."""
    item = own_item(context, question.partition("@")[2])
    if item is None:
        context.say("common.old_button")
        return
    if key not in {choice.key for choice in author_choices(context.office, item)}:
        show(context, item)
    elif key == "settled":
        _settle(context, item)
    else:
        context.talk.begin(Draft(MORE.name, context.office.new_id(), {"code": item.code, "what": key}))


def _settle(context: Context, item: Feedback) -> None:
    if feedback.change(context.db, item, _own_act(context, item, "settled"), state=State.SETTLED):
        context.say("feedback.settled", code=item.code)
        tell_officers(context.db, context.office, item, "officer.feedback_settled", context.now)


def add(context: Context, code: str, what: str, text: str, world: World) -> None:
    """The author's further words; `reopened` makes an answer due again."""
    item = own_item(context, code)
    if item is None or what not in {choice.key for choice in author_choices(context.office, item)}:
        context.say("feedback.closed", code=code)
        return
    facts: dict[str, Any] = {"urgent": item.urgent or form.is_urgent(text, world)}
    if what == "reopened":
        due_on = workdays.after(local_day(context.now), ANSWER_DAYS)
        facts |= {"state": State.REOPENED, "reopened": True, "due_on": due_on, "escalated_on": None}
    if not feedback.change(context.db, item, _own_act(context, item, what, text), **facts):
        show(context, item)
        return
    context.say(f"feedback.{what}_done", code=code, answer_by=answer_by(item))
    tell_officers(context.db, context.office, item, f"officer.feedback_{what}", context.now)


def _own_act(context: Context, item: Feedback, what: str, text: str | None = None) -> Act:
    return Act(what, local_day(context.now), context.now, by_author=True, unit_id=item.receiver_id, text=text)


def withdraw_all(db: Transaction, office: Office, member_id: int, now: datetime) -> None:
    """A member is erased: nobody is to answer what they wrote."""
    for item in feedback.of_member(db, member_id, limit=10_000):
        if item.state in feedback.FOLLOWED:
            act = Act("withdrawn", local_day(now), now, by_author=True, unit_id=item.receiver_id)
            feedback.change(db, item, act, state=State.WITHDRAWN)
            tell_officers(db, office, item, "officer.feedback_withdrawn", now)
