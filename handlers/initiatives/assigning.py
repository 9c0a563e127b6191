"""Sharing the work of a unit: who deals with an initiative, handing it over (F9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from handlers import actors, notices
from handlers.actors import Actor
from handlers.acts import act
from handlers.errors import Refusal
from handlers.initiatives import purview
from handlers.initiatives.life import Changed
from handlers.office import Office
from handlers.reaching.promises import Promise
from messages.types import Choice, Say
from storage import assignments, audit, desks, members
from storage.database import Transaction
from storage.tables import Right, Role, Submission


@dataclass(frozen=True, slots=True)
class Assigned:
    """An initiative that was just given to somebody."""

    record: Submission
    name: str
    told: Promise | None
    """What came of telling them; None: they took it themselves."""


def colleagues(db: Transaction, unit_id: int, now: datetime) -> dict[int, str]:
    """Who serves a unit's desk now and may take something in, by name."""
    desk = desks.of_unit(db, unit_id, now)
    serving = members.holders(db, desk, tuple(Role), now) if desk is not None else []
    able = (each for each in serving if _may_receive(db, each, unit_id, now))
    people = ((each, members.by_id(db, each)) for each in able)
    return {each: member.name or f"#{each}" for each, member in people if member is not None}


def _may_receive(db: Transaction, member_id: int, unit_id: int, now: datetime) -> bool:
    return Right.RECEIVE in purview.desk_rights(db, actors.of_member(db, member_id, now), unit_id, now)


def holder(db: Transaction, record: Submission, unit_id: int, now: datetime) -> tuple[int, str] | None:
    """Who deals with an initiative at a unit; nobody once they have left."""
    assert record.id is not None
    given = assignments.assigned(db, record.id, unit_id)
    if given is None:
        return None
    name = colleagues(db, unit_id, now).get(given)
    return (given, name) if name is not None else None


@act(Right.RECEIVE, audit="initiative.assign", tells="the colleague", revision=True)
def assign(
    db: Transaction,
    office: Office,
    actor: Actor,
    code: str,
    member_id: int,
    *,
    now: datetime,
    seen: int | None = None,
) -> Assigned:
    """Give an initiative to a colleague, or take it. Raises Refusal: not theirs, or no colleague; Changed."""
    record, place = purview.take(db, code, actor, now, seen=seen)
    if not purview.may_assign(db, record, place):
        raise Changed(record)
    name = colleagues(db, place.unit_id, now).get(member_id)
    if name is None:
        raise Refusal("inbox.no_colleague", code=record.code)
    assert record.id is not None
    assignments.assign(db, record.id, place.unit_id, member_id, by_id=actor.member_id, now=now)
    audit.record(
        db,
        actor_id=actor.member_id,
        action="initiative.assign",
        unit_id=place.unit_id,
        subject=record.code,
        now=now,
        details={"to": member_id},
    )
    told = _tell(db, office, record, member_id, actor, now) if member_id != actor.member_id else None
    return Assigned(record, name, told)


def _tell(db: Transaction, office: Office, record: Submission, member_id: int, actor: Actor, now: datetime) -> Promise:
    by = members.by_id(db, actor.member_id) if actor.member_id is not None else None
    open_it = (Choice("open", office.catalogue.label("open_item")),)
    values = {"code": record.code, "by": by.name if by and by.name else ""}
    say = Say("inbox.assigned_to_you", values, open_it, f"item@{record.code}")
    return notices.to_officer(db, office, member_id, say, about=record.code, topic="officer", once=None, now=now)
