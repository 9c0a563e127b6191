"""The life of an initiative: one table of what may be done in which state, and the one way to do it (domain §1.4).

sent → received → appraising → needs more | not recognised | recognised → chosen → sent up → chosen again, one level
higher, or rewarded by any unit that has it. Every change is kept with its instant and the unit of that day, audited,
and told to the author.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from handlers.actors import Actor
from handlers.errors import Refusal
from handlers.initiatives import authors
from handlers.office import Office
from handlers.reaching.promises import Promise
from storage import audit, submissions
from storage.database import Transaction
from storage.tables import Right, State, Submission


class Act(StrEnum):
    """What is done with an initiative."""

    RECEIVE = "receive"
    APPRAISE = "appraise"
    """The first points were given."""
    NEED_MORE = "need_more"
    SUPPLEMENT = "supplement"
    RECOGNISE = "recognise"
    DECLINE = "decline"
    SELECT = "select"
    DESELECT = "deselect"
    FORWARD = "forward"
    AWARD = "award"


@dataclass(frozen=True, slots=True)
class Step:
    """One way through the table; `right` None: the author's own."""

    states: frozenset[State]
    to: State | None
    """None: back to where it was before."""
    right: Right | None
    noted: bool = False
    """A reason or a request is due; the author reads it word for word."""
    at_base: bool = False
    """Only where it was received; the others are done by every unit that has it."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What was done."""

    record: Submission
    told: Promise | None
    """What came of telling the author; None: the author did it."""


class Changed(Refusal):
    """Somebody else was quicker, or the state does not allow it any more."""

    def __init__(self, record: Submission) -> None:
        super().__init__("officer.changed", code=record.code, state=record.state)
        self.record = record


def _from(*states: State) -> frozenset[State]:
    return frozenset(states)


FRESH = _from(State.SENT, State.RECEIVED, State.APPRAISING)
UNDECIDED = FRESH | {State.NEEDS_MORE}

TABLE: Mapping[Act, Step] = {
    Act.RECEIVE: Step(_from(State.SENT), State.RECEIVED, Right.RECEIVE, at_base=True),
    Act.APPRAISE: Step(_from(State.SENT, State.RECEIVED), State.APPRAISING, Right.APPRAISE, at_base=True),
    Act.NEED_MORE: Step(FRESH, State.NEEDS_MORE, Right.APPRAISE, noted=True, at_base=True),
    Act.SUPPLEMENT: Step(_from(State.NEEDS_MORE), State.RECEIVED, None),
    Act.RECOGNISE: Step(UNDECIDED, State.RECOGNISED, Right.APPRAISE, at_base=True),
    Act.DECLINE: Step(UNDECIDED, State.DECLINED, Right.APPRAISE, noted=True, at_base=True),
    Act.SELECT: Step(_from(State.RECOGNISED, State.FORWARDED, State.AWARDED), State.SELECTED, Right.SELECT),
    Act.DESELECT: Step(_from(State.SELECTED), None, Right.SELECT),
    Act.FORWARD: Step(_from(State.SELECTED, State.AWARDED), State.FORWARDED, Right.FORWARD),
    Act.AWARD: Step(frozenset(submissions.ACCEPTED), State.AWARDED, Right.SELECT),
}

NAMED = {Act.SUPPLEMENT: "supplemented", Act.DESELECT: Act.DESELECT.value}
"""What the record of what was done calls a step, where not by the state it led to."""


def allows(act: Act, state: State) -> bool:
    """Whether this may be done in a state at all."""
    return state in TABLE[act].states


def move(
    db: Transaction,
    office: Office,
    record: Submission,
    act: Act,
    *,
    unit_id: int | None,
    actor: Actor,
    now: datetime,
    note: str | None = None,
    news: authors.News | None = None,
) -> Moved:
    """Do it for a unit; who may is asked before. Raises Changed: the state does not allow it, or has changed since it
    was read.
    """
    if not allows(act, State(record.state)):
        raise Changed(record)
    state = TABLE[act].to or _before(db, record)
    actor_id = actor.member_id
    if not submissions.move(db, record, state=state, actor_id=actor_id, unit_id=unit_id, note=note, now=now):
        raise Changed(record)
    action = f"initiative.{NAMED.get(act, state.value)}"
    by = None if act is Act.SUPPLEMENT else actor_id  # whose an initiative is, it says itself until they are erased
    audit.record(db, actor_id=by, action=action, unit_id=unit_id, subject=record.code, now=now)
    if act is Act.SUPPLEMENT:
        return Moved(record, None)
    return Moved(record, authors.tell(db, office, record, now, news or authors.News(taken_back=act is Act.DESELECT)))


def _before(db: Transaction, record: Submission) -> State:
    """The state an initiative was chosen in."""
    assert record.id is not None
    chosen = [row for row in submissions.transitions(db, record.id) if row.to_state == State.SELECTED]
    return State(chosen[-1].from_state or State.RECOGNISED) if chosen else State.RECOGNISED
