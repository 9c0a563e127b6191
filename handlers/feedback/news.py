"""What is told of feedback, to its officers and to its author; whatever is said is forgotten once it is sent.

Of an anonymous item nothing finer than the day is written anywhere; nobody is told of the items answered with theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from handlers import notices
from handlers.duties import workdays
from handlers.office import Office, local_day
from handlers.reaching import promises
from handlers.reaching.promises import Promise
from handlers.reaching.reach import Reason
from messages.dates import ZONE
from messages.types import Choice, Say
from storage import appointments, desks, feedback, units, untold
from storage.database import Transaction
from storage.errors import WrongKey
from storage.feedback import ANSWERED, State
from storage.tables import Feedback, FeedbackEvent, Right

TOPIC = untold.FEEDBACK
DESK_TOPIC = "care"
"""The same for officers: what waits for them ends with their role, what waits for an author does not."""
ANSWER_HALVES = 4
"""Half-days of work for the first answer: two working days (domain §1.7; the seed sets none)."""
OWN = "heard"
"""The first part of a question whose choices are for the author of an item."""
DESK = "desk"
"""The same for its officers; alone it asks which item."""
OF_OFFICERS = frozenset({"sent", "escalated", "marked"})
"""What is done with an item and not worth a line."""
INTERNAL = OF_OFFICERS | {"merged", "parted", "helped", "promised", "published"}
"""What is no business of its author's."""


def due(now: datetime, *, anonymous: bool) -> tuple[date, datetime | None]:
    """The last day and the moment for an answer; without a name the day alone, counted from the end of today."""
    if anonymous:
        return workdays.after_halves(local_day(now), ANSWER_HALVES), None
    moment = workdays.after_halves_from(now, ANSWER_HALVES)
    return local_day(moment), moment


def answer_by(item: Feedback) -> datetime:
    """The first moment that is too late for the first answer."""
    return item.due_at or datetime.combine(item.due_on + timedelta(days=1), time(), ZONE)


def is_late(item: Feedback, now: datetime) -> bool:
    """Whether an answer is due and was not given in time."""
    return item.state in feedback.WAITING and answer_by(item) <= now


def receiver_name(db: Transaction, item: Feedback, office: Office) -> str:
    """The unit that answers, or the office's own name where no unit is known."""
    unit = units.by_id(db, item.receiver_id) if item.receiver_id else None
    return unit.name if unit else office.organisation


def state_name(office: Office, item: Feedback) -> str:
    """The state in words."""
    return office.catalogue.label(f"feedback_state.{item.state}")


def officers_of(db: Transaction, unit_id: int, now: datetime) -> list[int]:
    """Whom news of a unit's feedback goes to."""
    return appointments.serving(db, unit_id, Right.ANSWER, now=now, day=local_day(now))


def tell_officers(db: Transaction, office: Office, item: Feedback, key: str, now: datetime) -> None:
    """Push news of an item to the officers who answer it; never its text."""
    desk = desks.of_unit(db, item.receiver_id, now, desks.OF_FEEDBACK) if item.receiver_id else None
    if desk is None:
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
    for member_id in officers_of(db, desk, now):
        notices.to_officer(
            db,
            office,
            member_id,
            say,
            about=item.code,
            topic=DESK_TOPIC,
            once=None,
            now=now,
            forget=True,
            urgent=item.urgent,
        )


def tell_author(
    db: Transaction,
    office: Office,
    item: Feedback,
    key: str,
    values: Mapping[str, Any],
    now: datetime,
    *,
    listed: bool,
) -> Promise:
    """Bring an answer back to the author's chat, if there is still an author and a key to find them with; what came
    of it, which nobody may be told where the item has no name. `listed`: officers may see while it waits.

    What was said without a name before others could read the author's chats is answered in the chat it was said in,
    with nothing to choose: a choice would be open in the other chats as well.
    """
    try:
        author = feedback.author_of(db, item)
    except WrongKey:
        return promises.NoWay(Reason.ERASED)
    if author is None:
        return promises.NoWay(Reason.ERASED)
    say = Say(key, {"code": item.code, **values})
    if author.current:
        choices = author_choices(office, item)
        say = replace(say, choices=choices, question=f"{OWN}@{item.code}" if choices else "")
        return notices.push(
            db,
            office,
            author.member_id,
            say,
            topic=TOPIC,
            once=f"{TOPIC}:{item.code}.{item.revision}.{key}" if listed else None,
            now=now,
            forget=True,
            waits_for_return=not item.anonymous,
        )
    if author.address is None:
        return promises.NoWay(Reason.UNREACHABLE)
    return notices.to_chat(db, office, author.member_id, author.address, say, topic=TOPIC, now=now)


def open_to_author(item: Feedback) -> tuple[str, ...]:
    """What the author may do now: say whether an answer will do, reopen once, add something."""
    keys: list[str] = []
    if item.state in ANSWERED:
        keys.append("settled")
    if item.state in (*ANSWERED, State.SETTLED) and not item.reopened:
        keys.append("reopened")
    elif item.state in ANSWERED:
        keys.append("unsettled")
    if item.state in feedback.FOLLOWED:
        keys.append("added")
    return tuple(keys)


def author_choices(office: Office, item: Feedback) -> tuple[Choice, ...]:
    """The same as choices."""
    return tuple(Choice(key, office.catalogue.label(f"heard.{key}")) for key in open_to_author(item))


def history(db: Transaction, office: Office, item: Feedback, *, for_author: bool) -> list[tuple[date, str, bool, str]]:
    """What was done with an item: the day, what, whether by its author, the words."""
    label = office.catalogue.label
    hidden = INTERNAL if for_author else OF_OFFICERS
    return [
        (event.day, label(f"feedback_act.{event.what}"), event.by_author, _words(event, for_author=for_author))
        for event in feedback.events(db, item.code)
        if event.what not in hidden
    ]


def _words(event: FeedbackEvent, *, for_author: bool) -> str:
    """A note that goes up with an item is for those who read it there."""
    text = None if for_author and event.what == "forwarded" else event.text
    return ". ".join(part for part in (*event.details.values(), text) if part)
