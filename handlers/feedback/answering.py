"""An officer answers feedback, and all that goes with it: each author hears it on their own way (F11).

Explain what is ruled, petition for what is not, help together where it is hard (seed 000 II.2.2, domain §1.7).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from handlers.actors import Actor
from handlers.acts import act
from handlers.errors import Refusal
from handlers.feedback import card, news, readers
from handlers.feedback import ways as feedback_ways
from handlers.office import Office
from handlers.reaching.promises import Promise
from messages.dates import day_of
from storage import feedback_tasks
from storage.database import Transaction
from storage.feedback import State
from storage.tables import Feedback, Right, Unit


@dataclass(frozen=True, slots=True)
class Explained:
    """It is ruled already: where, and what that means here."""

    basis: str
    text: str


@dataclass(frozen=True, slots=True)
class Petitioned:
    """It is not: who was asked to decide, and by when they promised to."""

    to: str
    due: date | None = None


@dataclass(frozen=True, slots=True)
class Supported:
    """Somebody helps: who, with what, by when."""

    officer: str
    deed: str
    due: date | None = None


@dataclass(frozen=True, slots=True)
class Resolved:
    """What came of it."""

    text: str


Answer = Explained | Petitioned | Supported | Resolved
Moved = tuple[Sequence[Feedback], bool]
"""What was moved, the item first, and whether one of them has no name."""


@dataclass(frozen=True, slots=True)
class Told:
    """An item after its authors were told."""

    item: Feedback
    promises: Sequence[Promise]
    """What came of telling each author, that of the item first."""
    hidden: bool
    """One of them has no name: whether anybody could be told is for nobody to know."""


@act(
    Right.ANSWER,
    audit=("feedback.explained", "feedback.petitioned", "feedback.supported", "feedback.resolved"),
    tells="authors",
    revision=True,
)
def answer(
    db: Transaction, office: Office, actor: Actor, code: str, given: Answer, *, seen: int | None, now: datetime
) -> Told:
    """Answer an item and all that go with it. Raises Refusal, Changed."""
    today = day_of(now)
    match given:
        case Explained(basis, text):
            moved = card.answer_all(db, actor, code, "explain", seen, now, text=text, details={"basis": basis})
            return _tell(db, office, moved, "feedback.explained", {"basis": basis, "answer": text}, now)
        case Petitioned(to, due):
            moved = card.answer_all(db, actor, code, "petition", seen, now, details={"to": to})
            feedback_tasks.add(db, code, kind="petition", who=to, what=None, made_on=today, due_on=due)
            values = {"by": news.receiver_name(db, moved[0][0], office), "to": to, "date": today, "due": due}
            return _tell(db, office, moved, "feedback.petitioned", values, now)
        case Supported(officer, deed, due):
            details = {"officer": officer, "deed": deed}
            moved = card.answer_all(db, actor, code, "support", seen, now, details=details)
            feedback_tasks.add(db, code, kind="help", who=officer, what=deed, made_on=today, due_on=due)
            values = {"by": news.receiver_name(db, moved[0][0], office), **details, "due": due}
            return _tell(db, office, moved, "feedback.supported", values, now)
        case Resolved(text):
            moved = card.answer_all(db, actor, code, "resolve", seen, now, text=text)
            feedback_tasks.finish(db, code, today)
            values = {"result": office.catalogue.label("feedback_result"), "answer": text}
            return _tell(db, office, moved, "feedback.result", values, now)


@act(Right.ANSWER, audit="feedback.helped", revision=True)
def add_help(
    db: Transaction, actor: Actor, code: str, given: Supported, *, seen: int | None, now: datetime
) -> Feedback:
    """One more who helps: kept, and no news to the author. Raises Refusal, Changed."""
    item = card.require_open(db, actor, code, "helped", seen, now)
    details = {"officer": given.officer, "deed": given.deed} | _until(given.due)
    card.change(db, actor, item, "helped", now, details=details)
    feedback_tasks.add(db, code, kind="help", who=given.officer, what=given.deed, made_on=day_of(now), due_on=given.due)
    return item


@act(Right.ANSWER, audit="feedback.promised", revision=True)
def put_off(db: Transaction, actor: Actor, code: str, due: date | None, *, seen: int | None, now: datetime) -> Feedback:
    """Another day for what was promised: kept, and no news to the author. Raises Refusal, Changed."""
    item = card.require_open(db, actor, code, "promise", seen, now)
    card.change(db, actor, item, "promised", now, details=_until(due))
    last = [task.who or "" for task in feedback_tasks.of_item(db, code) if task.done_on is None][-1:]
    feedback_tasks.finish(db, code, day_of(now))
    who = last[0] if last else ""
    feedback_tasks.add(db, code, kind="petition", who=who, what=None, made_on=day_of(now), due_on=due)
    return item


@act(Right.ANSWER, audit="feedback.done", revision=True)
def finish_help(db: Transaction, actor: Actor, code: str, number: int, *, seen: int | None, now: datetime) -> Feedback:
    """One who was to help has done so. Raises Refusal, Changed."""
    item = card.require_open(db, actor, code, "help_done", seen, now)
    if number not in dict(card.open_tasks(db, item)):
        raise card.Changed(item)
    card.change(db, actor, item, "done", now)
    feedback_tasks.finish(db, code, day_of(now), number)
    return item


@act(Right.ANSWER, audit="feedback.closed", tells="authors", revision=True)
def close(db: Transaction, office: Office, actor: Actor, code: str, *, seen: int | None, now: datetime) -> Told:
    """What was answered is over; the author may still reopen it. Raises Refusal, Changed."""
    item = card.require_open(db, actor, code, "close", seen, now)
    moved = card.change_all(db, actor, item, "closed", now, state=State.SETTLED)
    feedback_tasks.finish(db, code, day_of(now))
    return _tell(db, office, moved, "feedback.officer_closed", {}, now)


@act(Right.ANSWER, audit="feedback.forwarded", tells=("authors", "officers above"), revision=True)
def forward(
    db: Transaction, office: Office, actor: Actor, code: str, note: str | None, *, seen: int | None, now: datetime
) -> Told:
    """Hand an item to the nearest level above that has an officer; its authors are told where it is, not the note.

    Raises Refusal where nobody is above, Changed.
    """
    item = card.require_open(db, actor, code, "forward", seen, now)
    above = next_above(db, item, now)
    if above is None:
        raise Refusal("officer.feedback_no_above", code=code)
    details = {"above": above.name}
    moved = card.change_all(db, actor, item, "forwarded", now, note=note, details=details, receiver=above)
    told = _tell(db, office, moved, "feedback.forwarded", {"above": above.name}, now)
    news.tell_officers(db, office, item, "officer.new_feedback", now)
    return told


@act(Right.ANSWER, audit="feedback.marked", revision=True)
def mark(db: Transaction, actor: Actor, code: str, flag: str, *, seen: int | None, now: datetime) -> Feedback:
    """Set one of `card.FLAGS`, or take it back. Raises Refusal, Changed."""
    assert flag in card.FLAGS, flag
    item = card.require_open(db, actor, code, "mark", seen, now)
    marks: dict[str, Any] = {flag: not getattr(item, flag)}
    card.change(db, actor, item, "marked", now, **marks)
    return item


def next_above(db: Transaction, item: Feedback, now: datetime) -> Unit | None:
    """The unit an item would be handed to."""
    if item.receiver_id is None:
        return None
    desk = readers.desk_of(db, item.receiver_id, now)
    return feedback_ways.next_above(db, desk or item.receiver_id, now)


def _until(due: date | None) -> dict[str, str]:
    return {"due": f"{due:%d/%m/%Y}"} if due else {}


def _tell(db: Transaction, office: Office, moved: Moved, key: str, values: Mapping[str, Any], now: datetime) -> Told:
    items, hidden = moved
    told = [news.tell_author(db, office, one, key, values, now, listed=not hidden) for one in items]
    return Told(items[0], told, hidden)
