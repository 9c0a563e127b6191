"""Feedback as its author deals with it: sent, added to, settled or reopened once (seed 000 II.2.2; F2).

Where an item goes stands in ways.py, what is told of it in news.py, what officers do with it in card.py and beside it.

What an author does to an anonymous item is recorded without them, by the day, and in no order.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from handlers.actors import Actor, NoRight
from handlers.acts import Needs, act
from handlers.danger.recognition import recognise
from handlers.errors import Refusal
from handlers.feedback import ways as feedback_ways
from handlers.feedback.card import Changed
from handlers.feedback.news import due, open_to_author, tell_officers
from handlers.office import Office
from messages.dates import ZONE, day_of
from storage import audit, feedback, feedback_groups, programmes, units
from storage.database import Transaction
from storage.feedback import Act, State
from storage.tables import Feedback, Kind, Unit

PREFIX = "YK"


@dataclass(frozen=True, slots=True)
class Voice:
    """What somebody wants the union to hear."""

    kind: str
    topic: str
    text: str
    anonymous: bool
    above: bool
    """Past the officers of the own unit."""
    place: str | None
    unit: str | None
    """The code of the author's unit; None or "other": named by hand."""
    other_unit: str | None = None
    name: str | None = None
    phone: str | None = None
    group: str | None = None
    channel: str | None = None
    """Of these four nothing is kept without a name."""


@act(
    Needs.SELF,
    tells="officers",
    unaudited="the item is the record: it says by whom, where they gave a name, and when; where they did not, the day",
)
def submit(
    db: Transaction, office: Office, actor: Actor, voice: Voice, draft_id: str, *, now: datetime
) -> tuple[Feedback, bool]:
    """Make the record, and tell the officers; whether it is new: sending the same draft twice gives the same record."""
    earlier = of_draft(db, actor, draft_id)
    if earlier is not None:
        return earlier, False
    where = {"place": voice.place, "unit": voice.unit}
    way = feedback_ways.find(db, where, above=voice.above, anonymous=voice.anonymous, now=now)
    assert way is not None, "the flow asks again while an anonymous item has nowhere to go"
    campaigns = programmes.open_at(db, now, Kind.FEEDBACK)
    due_on, due_at = due(now, anonymous=voice.anonymous)
    item = Feedback(
        code=_free_code(db, office, now),
        mark="",
        kind=voice.kind,
        topic=voice.topic,
        anonymous=voice.anonymous,
        unit_id=way.unit.id if way.unit else None,
        receiver_id=way.receiver.id if way.receiver else None,
        above=voice.above,
        programme_id=campaigns[0].id if campaigns else None,
        text=voice.text,
        urgent=recognise(voice.text) is not None,
        state=State.SENT,
        due_on=due_on,
        due_at=due_at,
        climb_announced=_has_above(db, way.receiver),
        day=day_of(now),
    )
    if voice.anonymous:
        item.place = way.unit.place if way.unit else None
    else:
        item.full_name, item.phone, item.group, item.channel = voice.name, voice.phone, voice.group, voice.channel
        item.place, item.other_unit, item.sent_at = voice.place, voice.other_unit, now
    feedback.add(db, item, author_id=actor.me, draft_id=draft_id, act=_done(item, "sent", now))
    tell_officers(db, office, item, "officer.new_feedback", now)
    return item, True


def _has_above(db: Transaction, receiver: Unit | None) -> bool:
    """Whether there is anybody to tell when no answer comes: only then the receipt speaks of it."""
    return receiver is not None and receiver.id is not None and bool(units.ancestors(db, receiver.id))


def _free_code(db: Transaction, office: Office, now: datetime) -> str:
    while True:
        code = office.new_code(PREFIX, now)
        if feedback.by_code(db, code) is None:
            return code


def own(db: Transaction, actor: Actor, code: str) -> Feedback | None:
    """An item the actor wrote; any other is as good as not there."""
    item = feedback.by_code(db, code)
    return item if item is not None and feedback.is_by(db, item, actor.me) else None


def of_draft(db: Transaction, actor: Actor, draft_id: str) -> Feedback | None:
    """The actor's own item that a draft became."""
    item = feedback.by_draft(db, draft_id)
    return item if item is not None and feedback.is_by(db, item, actor.me) else None


@act(Needs.AUTHOR, audit=("feedback.settled", "feedback.unsettled"), tells="officers", revision=True)
def rate(
    db: Transaction, office: Office, actor: Actor, code: str, *, settled: bool, seen: int | None = None, now: datetime
) -> Feedback:
    """The author's word on the answer ends the matter, for them. Raises Refusal, Changed."""
    what = "settled" if settled else "unsettled"
    item = _open(db, actor, code, what, seen)
    _change(db, item, what, now, state=State.SETTLED, satisfied=settled)
    feedback_groups.hand_on(db, item)
    tell_officers(db, office, item, f"officer.feedback_{what}", now)
    return item


@act(Needs.AUTHOR, audit="feedback.added", tells="officers", revision=True)
def add(
    db: Transaction, office: Office, actor: Actor, code: str, text: str, *, seen: int | None = None, now: datetime
) -> Feedback:
    """The author's further words. Raises Refusal, Changed."""
    item = _open(db, actor, code, "added", seen)
    _change(db, item, "added", now, text, urgent=item.urgent or recognise(text) is not None)
    tell_officers(db, office, item, "officer.feedback_added", now)
    return item


@act(Needs.AUTHOR, audit="feedback.reopened", tells="officers", revision=True)
def reopen(
    db: Transaction, office: Office, actor: Actor, code: str, text: str, *, seen: int | None = None, now: datetime
) -> Feedback:
    """The author's further words make an answer due again, to this author alone. Raises Refusal, Changed."""
    item = _open(db, actor, code, "reopened", seen)
    due_on, due_at = due(now, anonymous=item.anonymous)
    again: dict[str, Any] = {"state": State.REOPENED, "reopened": True, "satisfied": False, "merged_into": None}
    again |= {"due_on": due_on, "due_at": due_at, "climbed": 0, "escalated_on": None}
    _change(db, item, "reopened", now, text, urgent=item.urgent or recognise(text) is not None, **again)
    feedback_groups.hand_on(db, item)
    tell_officers(db, office, item, "officer.feedback_reopened", now)
    return item


@act(
    Needs.PROGRAM,
    tells="officers",
    unaudited="a part of the erasure, which has its row; the history of the item says that it was withdrawn",
)
def withdraw_named(db: Transaction, office: Office, actor: Actor, member_id: int, *, now: datetime) -> None:
    """A member is erased: nobody is to answer what they wrote under their name.

    What they wrote without one goes on as if nothing had happened, else its state and its day would name them.
    """
    if not actor.has_every_right and actor.member_id != member_id:
        raise NoRight("rights.none")
    for item in feedback.named_by(db, member_id):
        if item.state in feedback.FOLLOWED:
            feedback.change(db, item, _done(item, "withdrawn", now), state=State.WITHDRAWN, merged_into=None)
            feedback_groups.hand_on(db, item)
            tell_officers(db, office, item, "officer.feedback_withdrawn", now)


def _open(db: Transaction, actor: Actor, code: str, what: str, seen: int | None) -> Feedback:
    """One's own item with which just this may be done. Raises Refusal, Changed."""
    item = own(db, actor, code)
    if item is None:
        raise Refusal("feedback.closed", code=code)
    if seen not in (None, item.revision) or what not in open_to_author(item):
        raise Changed(item)
    return item


def _change(db: Transaction, item: Feedback, what: str, now: datetime, text: str | None = None, **facts: Any) -> None:
    if not feedback.change(db, item, _done(item, what, now, text), **facts):
        raise Changed(item)
    _record(db, item, what, now)


def _done(item: Feedback, what: str, now: datetime, text: str | None = None) -> Act:
    return Act(what, day_of(now), now, by_author=True, unit_id=item.receiver_id, text=text)


def _record(db: Transaction, item: Feedback, what: str, now: datetime) -> None:
    """Without who: an item with a name says whose it is, until they are erased."""
    audit.record(
        db,
        actor_id=None,
        action=f"feedback.{what}",
        unit_id=item.receiver_id,
        subject=item.code,
        now=datetime.combine(day_of(now), time(), ZONE),
        ordered=not item.anonymous,
    )
