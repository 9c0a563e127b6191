"""One item as its officers meet it: who may read it, what may be done with it, how what is done is kept.

Of an anonymous item, and of one that is answered with one, whatever is done is kept by its day only: an instant could
be laid beside an instant elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from rapidfuzz import fuzz, process, utils

from handlers.actors import Actor
from handlers.acts import act
from handlers.errors import Refusal
from handlers.feedback import readers, ways
from handlers.text.readers import fold
from messages.dates import ZONE, day_of
from storage import audit, feedback, feedback_groups, feedback_tasks, units
from storage.database import Transaction
from storage.feedback import Act, State
from storage.tables import Feedback, FeedbackTask, Right, Unit

ANSWERS = {
    "explain": State.EXPLAINED,
    "petition": State.PETITIONED,
    "support": State.SUPPORTED,
    "resolve": State.RESOLVED,
}
"""The kinds of answer, and the state each leads to."""
ACTIONS: Mapping[State, tuple[str, ...]] = {
    State.SENT: (*ANSWERS, "forward", "mark", "merge"),
    State.REOPENED: (*ANSWERS, "forward", "mark", "merge"),
    State.PETITIONED: ("resolve", "promise", "forward", "mark"),
    State.SUPPORTED: ("resolve", "helped", "help_done", "forward", "mark"),
    State.EXPLAINED: ("resolve", "close", "publish"),
    State.RESOLVED: ("close", "publish"),
    State.SETTLED: ("publish",),
    State.WITHDRAWN: (),
}
"""What may be done with an item in each state."""
FLAGS = ("urgent", "impact", "wide")
"""Cấp bách · tác động lớn · ảnh hưởng rộng (seed 000 II.2.2)."""
COMPARED, OFFERED = 300, 5
ALIKE = 72
"""From this likeness on (0 to 100) two texts may be about the same matter."""


class Changed(Refusal):
    """Somebody was quicker, or what was asked for is not open any more: nothing was done."""

    def __init__(self, item: Feedback) -> None:
        super().__init__("officer.changed", code=item.code, state=item.state)


# --- reading ---


def require_open(db: Transaction, actor: Actor, code: str, action: str, seen: int | None, now: datetime) -> Feedback:
    """An item with which just this may be done, as it was seen. Raises Refusal, Changed."""
    found = readers.require(db, actor, code, now)
    if seen not in (None, found.revision) or action not in actions(db, found):
        raise Changed(found)
    return found


def actions(db: Transaction, item: Feedback) -> tuple[str, ...]:
    """What may be done with an item as it is now."""
    if item.text is None:
        return ()
    if item.merged_into is not None:
        return ("lead", "part") if item.state in feedback.WAITING else ("lead",)
    allowed = list(ACTIONS[State(item.state)])
    if "merge" in allowed and not feedback_groups.candidates(db, item, 1):
        allowed.remove("merge")
    if "publish" in allowed and item.published_on is not None:
        allowed.remove("publish")
    if "help_done" in allowed and not open_tasks(db, item):
        allowed.remove("help_done")
    return tuple(allowed)


def open_tasks(db: Transaction, item: Feedback) -> list[tuple[int, str]]:
    """What is still to be done by others: its number and who does it."""
    tasks = feedback_tasks.of_item(db, item.code)
    return [(task.number, task.who or "") for task in tasks if task.done_on is None]


@dataclass(frozen=True, slots=True)
class Card:
    """One item with everything its officers may see."""

    item: Feedback
    unit: Unit | None
    actions: tuple[str, ...]
    together: tuple[str, ...]
    """The codes of those that are answered with it."""
    alike: tuple[str, ...]
    """The codes of those that may be about the same."""
    tasks: Sequence[FeedbackTask]


@act(Right.ANSWER, audit="feedback.read")
def read(db: Transaction, actor: Actor, code: str, *, now: datetime) -> Card:
    """Look at one item: that it was read is kept. Raises Refusal."""
    item = readers.require(db, actor, code, now)
    _record(db, actor, item, "read", now, hidden=is_hidden(db, item), unit_id=item.receiver_id)
    free = item.state in feedback.WAITING and item.merged_into is None and item.text is not None
    return Card(
        item,
        units.by_id(db, item.unit_id) if item.unit_id else None,
        actions(db, item),
        tuple(one.code for one in feedback_groups.followers(db, item.code) if readers.may_read(db, actor, one, now)),
        tuple(other.code for other, score in alike(db, actor, item, now) if score >= ALIKE) if free else (),
        feedback_tasks.of_item(db, item.code),
    )


@act(Right.ANSWER, audit="feedback.read")
def compare(db: Transaction, actor: Actor, code: str, *, now: datetime) -> list[tuple[Feedback, int]]:
    """Read what may be about the same as an item, each with its likeness (see `alike`). Raises Refusal."""
    item = readers.require(db, actor, code, now)
    near = alike(db, actor, item, now)
    for other, _ in near:
        hidden = item.anonymous or is_hidden(db, other)
        _record(db, actor, other, "read", now, hidden=hidden, unit_id=other.receiver_id)
    return near


def alike(db: Transaction, actor: Actor, item: Feedback, now: datetime) -> list[tuple[Feedback, int]]:
    """Open items of the same unit, as far as the actor may read them, those most like this one first, each with its
    likeness from 0 to 100.
    """
    others = {other.code: other for other in candidates(db, actor, item, now)}
    texts = {code: fold(other.text or "") for code, other in others.items()}
    ranked = process.extract(
        fold(item.text or ""), texts, scorer=fuzz.token_set_ratio, processor=utils.default_process, limit=OFFERED
    )
    return [(others[code], round(score)) for _, score, code in ranked]


def candidates(db: Transaction, actor: Actor, item: Feedback, now: datetime) -> list[Feedback]:
    """Other items of the same unit that may follow this one."""
    others = feedback_groups.candidates(db, item, COMPARED)
    return [other for other in others if readers.may_read(db, actor, other, now)]


def is_hidden(db: Transaction, item: Feedback) -> bool:
    """Whether an item has no name, or is answered together with one that has none."""
    leader = feedback.by_code(db, item.merged_into) if item.merged_into else None
    others = feedback_groups.followers(db, leader.code if leader else item.code)
    return any(one.anonymous for one in (item, *([leader] if leader else []), *others))


def group_of(db: Transaction, item: Feedback) -> Sequence[Feedback]:
    """The item and all that are answered with it and not settled yet."""
    return [item, *(other for other in feedback_groups.followers(db, item.code) if other.state in feedback.FOLLOWED)]


# --- keeping ---


def change(
    db: Transaction,
    actor: Actor,
    item: Feedback,
    what: str,
    now: datetime,
    *,
    details: Mapping[str, str] | None = None,
    **facts: Any,
) -> None:
    """Do something with one item, and keep who did it. Raises Changed when somebody was quicker."""
    hidden, unit_id = is_hidden(db, item), item.receiver_id
    if not feedback.change(db, item, _done(actor, item, what, now, hidden=hidden, details=details), **facts):
        raise Changed(item)
    _record(db, actor, item, what, now, hidden=hidden, unit_id=unit_id)


def answer_all(
    db: Transaction,
    actor: Actor,
    code: str,
    action: str,
    seen: int | None,
    now: datetime,
    *,
    text: str | None = None,
    details: Mapping[str, str] | None = None,
) -> tuple[Sequence[Feedback], bool]:
    """Give one of `ANSWERS` to an item as it was seen, as `change_all` does. Raises Refusal, Changed."""
    item, state = require_open(db, actor, code, action, seen, now), ANSWERS[action]
    return change_all(db, actor, item, state, now, state=state, text=text, details=details)


def change_all(
    db: Transaction,
    actor: Actor,
    item: Feedback,
    what: str,
    now: datetime,
    *,
    state: State | None = None,
    receiver: Unit | None = None,
    text: str | None = None,
    note: str | None = None,
    details: Mapping[str, str] | None = None,
) -> tuple[Sequence[Feedback], bool]:
    """Do something with an item and with all that are answered with it: those that were changed, the item first, and
    whether one of them hides who wrote it. A new `state` is an answer, a new `receiver` stands above; `note` is kept
    with the item alone. Raises Changed when somebody was quicker with the item itself.
    """
    hidden, unit_id, changed = is_hidden(db, item), item.receiver_id, []
    passed = ways.levels_to(db, item, receiver, now) if receiver else 0
    for one in group_of(db, item):
        words = (note if one is item else None) or text
        done = _done(actor, one, what, now, hidden=hidden, text=words, details=details)
        facts: dict[str, Any] = {}
        if state is not None:
            facts = {"state": state, "answered_on": one.answered_on or day_of(now), "satisfied": None}
        if receiver is not None:
            facts |= {"receiver_id": receiver.id, "climbed": max(0, one.climbed - passed)}
        if feedback.change(db, one, done, **facts):
            _record(db, actor, one, what, now, hidden=hidden, unit_id=unit_id)
            changed.append(one)
        elif one is item:
            raise Changed(item)
    return changed, hidden


def join(db: Transaction, actor: Actor, leader: Feedback, item: Feedback, now: datetime) -> None:
    """Let an item follow another. Raises Changed when somebody was quicker."""
    hidden = is_hidden(db, leader) or is_hidden(db, item)
    if not feedback_groups.join(db, leader, item, _done(actor, item, "merged", now, hidden=hidden)):
        raise Changed(leader)
    feedback.change(db, leader, _done(actor, leader, "merged", now, hidden=hidden))
    _record(db, actor, item, "merged", now, hidden=hidden, unit_id=item.receiver_id)


def _done(
    actor: Actor,
    item: Feedback,
    what: str,
    now: datetime,
    *,
    hidden: bool,
    text: str | None = None,
    details: Mapping[str, str] | None = None,
) -> Act:
    return Act(
        what,
        day_of(now),
        None if hidden else now,
        actor_id=actor.member_id,
        unit_id=item.receiver_id,
        text=text,
        details=details or {},
    )


def _record(
    db: Transaction, actor: Actor, item: Feedback, what: str, now: datetime, *, hidden: bool, unit_id: int | None
) -> None:
    audit.record(
        db,
        actor_id=actor.member_id,
        action=f"feedback.{what}",
        unit_id=unit_id,
        subject=item.code,
        now=datetime.combine(day_of(now), time(), ZONE) if hidden else now,
    )
