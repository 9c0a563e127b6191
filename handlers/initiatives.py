"""Initiatives: handed in, moved from state to state, their authors told of each step (seed 000 II.2.1; F1, F7, F9)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from handlers import notices
from handlers.context import Context
from handlers.flows.likeness import fingerprint
from handlers.flows.readers import given_name
from handlers.office import Office
from messages.types import Choice, Say
from storage import audit, members, programmes, submissions, units
from storage.database import Transaction
from storage.tables import Kind, Member, Role, State, Submission

PREFIX = "SK"
FOLLOWED = frozenset({State.SENT, State.RECEIVED, State.NEEDS_MORE})
"""States from which an officer may still move a submission."""
PROFILE = ("name", "phone", "place", "other_unit", "group")


def submit(context: Context, answers: dict[str, Any], draft_id: str) -> None:
    """Make the record, keep the profile for next time, thank the author, tell the officers."""
    earlier = submissions.by_draft(context.db, draft_id)
    if earlier is not None:
        context.say("initiative.already", code=earlier.code)
        return
    keep_profile(context, answers)
    record = _record(context, answers, draft_id)
    submissions.add(context.db, record, actor_id=context.my_id)
    context.talk.last_code = record.code
    context.talk.offered = ()
    receiver = receiver_name(context.db, record, context.office)
    context.say(
        "initiative.done",
        given_name=given_name(record.full_name or ""),
        code=record.code,
        at=context.now,
        receiver=receiver,
    )
    tell_officers(context.db, context.office, record, "officer.new_initiative", context.now)


def keep_profile(context: Context, answers: dict[str, Any]) -> None:
    """Remember who somebody is and where they work."""
    member = context.me
    for key in PROFILE:
        if key in answers or key == "other_unit":
            setattr(member, key, answers.get(key))
    if "unit" in answers:
        unit = units.by_code(context.db, answers["unit"]) if answers["unit"] not in (None, "other") else None
        member.unit_id = unit.id if unit else None


def _record(context: Context, answers: dict[str, Any], draft_id: str) -> Submission:
    member = context.me
    return Submission(
        kind=Kind.INITIATIVE,
        code=_free_code(context),
        draft_id=draft_id,
        member_id=member.id,
        programme_id=answers["programme"],
        channel=context.inbound.address.kind,
        full_name=answers["name"],
        phone=answers["phone"],
        place=answers["place"],
        unit_id=member.unit_id,
        other_unit=answers.get("other_unit"),
        receiver_id=receiver_of(context.db, member, context.now),
        group=answers["group"],
        answers={key.removeprefix("q_"): value for key, value in answers.items() if key.startswith("q_")},
        text=answers["text"],
        fingerprint=fingerprint(answers["text"]),
        state=State.SENT,
        sent_at=context.now,
        updated_at=context.now,
    )


def _free_code(context: Context) -> str:
    while True:
        code = context.office.new_code(PREFIX, context.now)
        if not submissions.code_taken(context.db, code):
            return code


def receiver_of(db: Transaction, member: Member, now: datetime) -> int | None:
    """The unit that receives: the nearest one from the member's own upwards that has an officer.

    Without an officer anywhere it is the member's own unit, where one appointed later will find it.
    """
    if member.unit_id is None:
        return _top_of_place(db, member.place, now)
    chain = [member.unit_id, *(unit.id for unit in units.ancestors(db, member.unit_id) if unit.id)]
    served = (unit_id for unit_id in chain if members.holders(db, unit_id, tuple(Role), now))
    return next(served, member.unit_id)


def _top_of_place(db: Transaction, place: str | None, now: datetime) -> int | None:
    """For a unit named by hand: the top of its place, or its sector."""
    if place is None:
        return None
    if not place.isdigit():
        sector = units.by_code(db, place)
        return sector.id if sector else None
    tops = units.tops(db, now.date())
    return next((unit.id for unit in tops if unit.place == place), None)


def receiver_name(db: Transaction, record: Submission, office: Office) -> str:
    """The receiving unit's name, or the office's own where no unit is known."""
    unit = units.by_id(db, record.receiver_id) if record.receiver_id else None
    return unit.name if unit else office.organisation


def tell_officers(db: Transaction, office: Office, record: Submission, key: str, now: datetime) -> None:
    """Push news of a submission to the officers of the unit that received it."""
    if record.receiver_id is None:
        return
    unit = units.by_id(db, record.receiver_id)
    assert unit is not None
    values = {
        "unit": unit.name,
        "code": record.code,
        "at": record.updated_at,
        "waiting": submissions.count_waiting(db, [record.receiver_id]),
    }
    open_it = (Choice("open", office.catalogue.label("open_item")),)
    say = Say(key, values, open_it, f"item@{record.code}")
    for member_id in members.holders(db, record.receiver_id, tuple(Role), now):
        once = f"{key}:{record.code}.{record.revision}:{member_id}"
        notices.push(db, office, member_id, say, topic="officer", once=once, now=now)


def move(context: Context, record: Submission, state: State, note: str | None) -> bool:
    """An officer moves a submission on; its author is told. False when somebody else was quicker."""
    moved = submissions.move(
        context.db,
        record,
        state=state,
        actor_id=context.my_id,
        unit_id=record.receiver_id,
        note=note,
        now=context.now,
    )
    if not moved:
        return False
    audit.record(
        context.db,
        actor_id=context.my_id,
        action=f"initiative.{state}",
        unit_id=record.receiver_id,
        subject=record.code,
        now=context.now,
    )
    tell_author(context.db, context.office, record, context.now)
    return True


def tell_author(db: Transaction, office: Office, record: Submission, now: datetime) -> None:
    """Tell the author where the submission stands now."""
    if record.member_id is None:
        return
    say = _status(db, office, record)
    once = f"status:{record.code}.{record.revision}"
    notices.push(db, office, record.member_id, say, topic="status", once=once, now=now)


def _status(db: Transaction, office: Office, record: Submission) -> Say:
    name = given_name(record.full_name or "")
    where = receiver_name(db, record, office)
    match State(record.state):
        case State.NEEDS_MORE:
            supplement = (Choice("supplement", office.catalogue.label("supplement")),)
            values = {"code": record.code, "request": record.request, "due": record.due_at}
            return Say("status.needs_more", values, supplement, f"own@{record.code}")
        case State.RECOGNISED:
            return Say("status.recognised", {"given_name": name, "code": record.code, "where": where})
        case State.DECLINED:
            return Say("status.declined", {"code": record.code, "reason": record.request})
        case _:
            return Say("status.received", {"given_name": name, "code": record.code, "where": where})


def supplement(context: Context, code: str, text: str) -> None:
    """The author's new text: it waits for the officer again."""
    record = submissions.by_code(context.db, code)
    if record is None or record.member_id != context.my_id or record.state != State.NEEDS_MORE:
        context.say("supplement.closed", code=code)
        return
    moved = submissions.move(
        context.db,
        record,
        state=State.RECEIVED,
        actor_id=context.my_id,
        unit_id=record.receiver_id,
        note=None,
        now=context.now,
    )
    if not moved:  # an officer decided in this very moment
        context.say("supplement.closed", code=code)
        return
    submissions.replace_text(context.db, record, text=text, fingerprint=fingerprint(text), now=context.now)
    context.say("supplement.done", code=code)
    tell_officers(context.db, context.office, record, "officer.resubmitted", context.now)


def show(context: Context, record: Submission) -> None:
    """Where one's own submission stands."""
    values = {
        "code": record.code,
        "state": context.office.catalogue.label(f"state.{record.state}"),
        "updated": record.updated_at,
        "where": receiver_name(context.db, record, context.office),
        "note": record.request,
    }
    choices: tuple[Choice, ...] = ()
    if record.state == State.NEEDS_MORE:
        choices = (Choice("supplement", context.office.catalogue.label("supplement")),)
    context.said.append(Say("lookup.detail", values, choices, f"own@{record.code}" if choices else ""))


def programme_name(db: Transaction, record: Submission) -> str:
    """The programme's name; empty for what belongs to none."""
    row = programmes.by_id(db, record.programme_id) if record.programme_id else None
    return row.name if row else ""
