"""Which initiatives an officer may see, and what they may do with one: decided here for every act and screen (F8).

An initiative is dealt with at the unit that received it; the level above sees it once it was sent up, and sees what
lies with a unit that nobody serves. Whatever is on no desk of one's own is as good as not there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from handlers.actors import Actor
from handlers.errors import Refusal
from handlers.initiatives.life import TABLE, Act, Changed, allows
from storage import appointments, desks, programmes, selections, submissions
from storage.database import Transaction
from storage.tables import Purpose, Right, Selection, State, Submission


@dataclass(frozen=True, slots=True)
class Seat:
    """Where somebody deals with an initiative, and what their role there allows."""

    unit_id: int
    rights: frozenset[Right]
    first: bool
    """The unit that received it from its author."""


OFFERED = (Act.RECEIVE, Act.NEED_MORE, Act.RECOGNISE, Act.DECLINE, Act.SELECT, Act.DESELECT, Act.AWARD)
"""What a card offers, in this order; points and keeping stand beside it."""


def desk_rights(db: Transaction, actor: Actor, unit_id: int, now: datetime) -> frozenset[Right]:
    """What somebody may do at a unit's desk; nothing where it is not theirs."""
    if actor.has_every_right:
        return frozenset(Right)
    desk = desks.of_unit(db, unit_id, now)
    return frozenset().union(*(appointments.rights_of(row) for row in actor.roles if row.unit_id == desk))


def require(db: Transaction, actor: Actor, unit_id: int, now: datetime, *wanted: Right) -> frozenset[Right]:
    """What somebody may do at a unit's desk. Raises Refusal unless one of these is among it."""
    rights = desk_rights(db, actor, unit_id, now)
    if not rights.intersection(wanted):
        raise Refusal("officer.not_yours")
    return rights


def seat(db: Transaction, record: Submission, actor: Actor, now: datetime) -> Seat | None:
    """Where somebody deals with an initiative: the highest of their own units that has it."""
    if record.receiver_id is None or record.id is None:
        return None
    for unit_id in reversed([record.receiver_id, *selections.receivers(db, record.id)]):
        rights = desk_rights(db, actor, unit_id, now)
        if rights & desks.OF_INITIATIVES:
            return Seat(unit_id, rights, first=unit_id == record.receiver_id)
    return None


def find(db: Transaction, code: str, actor: Actor, now: datetime) -> tuple[Submission, Seat] | None:
    """An initiative on somebody's own desk, by its code."""
    record = submissions.by_code(db, code)
    place = seat(db, record, actor, now) if record is not None else None
    return (record, place) if record is not None and place is not None else None


def take(
    db: Transaction, code: str, actor: Actor, now: datetime, *, seen: int | None = None
) -> tuple[Submission, Seat]:
    """The same, to do something with. Raises Refusal: not theirs; Changed since revision `seen`."""
    found = find(db, code, actor, now)
    if found is None:
        raise Refusal("officer.not_yours")
    if seen is not None and found[0].revision != seen:
        raise Changed(found[0])
    return found


def choices(db: Transaction, record: Submission, place: Seat) -> dict[str, Selection]:
    """What this unit chose the initiative for."""
    assert record.id is not None
    return {row.purpose: row for row in selections.of(db, record.id) if row.unit_id == place.unit_id}


def open_acts(db: Transaction, record: Submission, place: Seat) -> tuple[Act, ...]:
    """What may be done with it now, at this desk, by this person."""
    if record.text is None:
        return ()
    chosen = choices(db, record, place)
    state = State(record.state)
    return tuple(act for act in OFFERED if _is_open(act, state, place, chosen))


def _is_open(act: Act, state: State, place: Seat, chosen: dict[str, Selection]) -> bool:
    step = TABLE[act]
    if not allows(act, state) or step.right not in place.rights or (step.at_base and not place.first):
        return False
    selected = chosen.get(Purpose.SELECT)
    match act:
        case Act.SELECT:
            return selected is None
        case Act.DESELECT:
            return selected is not None and selected.forwarding_id is None
        case Act.AWARD:
            return Purpose.AWARD not in chosen
        case _:
            return True


def may_keep(db: Transaction, record: Submission, place: Seat) -> bool:
    """Whether what was sent up still waits to be looked at here."""
    return not place.first and Right.SELECT in place.rights and not choices(db, record, place)


def may_score(db: Transaction, record: Submission, place: Seat) -> bool:
    """Whether points may be given: while it is appraised where it was received, or once it was sent up."""
    if Right.APPRAISE not in place.rights or record.text is None or not criteria(db, record):
        return False
    return State(record.state) in (submissions.WAITING if place.first else submissions.ACCEPTED)


def may_assign(db: Transaction, record: Submission, place: Seat) -> bool:
    """Whether it is still to be dealt with here, so that somebody may be asked to."""
    if Right.RECEIVE not in place.rights or record.text is None:
        return False
    if place.first:
        return State(record.state) in (*submissions.WAITING, State.NEEDS_MORE)
    return not choices(db, record, place)


def criteria(db: Transaction, record: Submission) -> list[tuple[str, str, int]]:
    """By what it is scored: key, label, most points; nothing where its programme has no scoring sheet."""
    programme = programmes.by_id(db, record.programme_id) if record.programme_id else None
    return programmes.criteria(programme) if programme else []
