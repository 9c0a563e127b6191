"""What an officer sees and does in the chat: the inbox of the own subtree, a card per item, four decisions (F8, F9)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from handlers import feedback_desk, initiatives
from handlers.context import Context
from handlers.flows.form import Draft
from handlers.office import local_day
from messages import programmes as templates
from messages.types import Choice, Say
from storage import members, programmes, submissions, units
from storage.database import Transaction
from storage.tables import Programme, Role, State, Submission, Unit

LISTED = 8
NEXT: dict[State, tuple[str, ...]] = {
    State.SENT: ("receive", "need_more", "recognise", "decline"),
    State.RECEIVED: ("need_more", "recognise", "decline"),
    State.NEEDS_MORE: ("recognise", "decline"),
    State.RECOGNISED: (),
    State.DECLINED: (),
    State.WITHDRAWN: (),
}
"""What may be done with a submission in each state."""


def serves(context: Context) -> bool:
    """Whether the member holds any role."""
    return bool(context.appointments)


def own_units(context: Context) -> list[int]:
    """The units the member's roles are for; each stands for its whole subtree."""
    return sorted({row.unit_id for row in context.appointments})


def item(context: Context, code: str) -> Submission | None:
    """A submission inside the member's own subtree; any other is as good as not there."""
    record = submissions.by_code(context.db, code)
    if record is None or record.receiver_id is None:
        return None
    return record if members.may_act(context.db, context.my_id, record.receiver_id, context.now) else None


def inbox(context: Context) -> None:
    """What waits, oldest first; the level above also sees how its units stand."""
    if not serves(context):
        context.say("common.no_right", contact=context.office.contact)
        return
    for unit_id in own_units(context):
        unit = units.by_id(context.db, unit_id)
        assert unit is not None
        below = units.children(context.db, unit_id, local_day(context.now))
        if below:
            _overview(context, unit, below)
        _waiting(context, unit)


def _overview(context: Context, unit: Unit, below: list[Unit]) -> None:
    rows = []
    for child in below:
        assert child.id is not None
        tally = submissions.tally(context.db, child.id)
        waiting = sum(tally.get(state, 0) for state in submissions.WAITING)
        if tally:
            rows.append((child.name, waiting, tally.get(State.RECOGNISED, 0), sum(tally.values())))
    rows.sort(key=lambda row: (-row[1], -row[3], row[0]))
    if rows:
        context.say("officer.inbox_overview", unit=unit.name, rows=rows[:LISTED], more=max(0, len(rows) - LISTED))


def _waiting(context: Context, unit: Unit) -> None:
    assert unit.id is not None
    heard = feedback_desk.list_waiting(context, unit)
    waiting = submissions.waiting(context.db, [unit.id], LISTED)
    if not waiting and heard:
        context.said[-1] = replace(context.said[-1], choices=heard, question="inbox")
        return
    if not waiting:
        context.say("officer.inbox_empty", unit=unit.name)
        return
    items = [(record.code, record.state, _unit_name(context, record), record.sent_at) for record in waiting]
    choices = (*(Choice(record.code, record.code) for record in waiting), *heard)
    count = submissions.count_waiting(context.db, [unit.id])
    values = {"unit": unit.name, "waiting": count, "items": items}
    context.said.append(Say("officer.inbox", values, choices, "inbox"))


def _unit_name(context: Context, record: Submission) -> str:
    unit = units.by_id(context.db, record.unit_id) if record.unit_id else None
    return unit.name if unit else record.other_unit or ""


def card(context: Context, code: str) -> None:
    """One submission with everything needed to decide, and the decisions open now."""
    if code.startswith(feedback_desk.PREFIX):
        feedback_desk.card(context, code)
        return
    record = item(context, code)
    if record is None:
        context.say("officer.not_yours")
        return
    labels = context.office.catalogue.label
    values = {
        "code": record.code,
        "state": labels(f"state.{record.state}"),
        "programme": initiatives.programme_name(context.db, record),
        "unit": _unit_name(context, record),
        "group": labels(f"group.{record.group}") if record.group else "",
        "author": record.full_name,
        "phone": record.phone,
        "answers": _answers(context, record),
        "text": record.text,
        "count": len(record.text or ""),
        "sent_at": record.sent_at,
        "duplicates": _duplicates(context, record),
    }
    actions = NEXT[State(record.state)] if record.text is not None else ()
    choices = tuple(Choice(action, labels(action)) for action in actions)
    question = f"item@{record.code}.{record.revision}"
    context.said.append(Say("officer.card", values, (*choices, Choice("inbox", labels("open_inbox"))), question))


def _answers(context: Context, record: Submission) -> list[tuple[str, str]]:
    programme = programmes.by_id(context.db, record.programme_id) if record.programme_id else None
    if programme is None:
        return []
    return templates.answers_shown(programmes.questions(programme), record.answers)


def _duplicates(context: Context, record: Submission) -> list[str]:
    if record.programme_id is None or record.fingerprint is None:
        return []
    alike = submissions.alike(context.db, record.programme_id, record.fingerprint)
    return [other.code for other in alike if other.id != record.id and item(context, other.code)]


def press(context: Context, question: str, key: str) -> None:
    """A button under a card or a push: `item@CODE` opens it, `item@CODE.REVISION` decides on what was shown."""
    code, _, revision = question.removeprefix("item@").partition(".")
    if key == "inbox":
        inbox(context)
        return
    record = item(context, code)
    if record is None:
        context.say("officer.not_yours")
    elif key == "open":
        card(context, code)
    elif not revision.isdigit() or int(revision) != record.revision:
        _changed(context, record)
    elif key in NEXT[State(record.state)]:
        _act(context, record, key)
    else:
        _changed(context, record)


def _act(context: Context, record: Submission, key: str) -> None:
    match key:
        case "receive":
            decide(context, record.code, record.revision, State.RECEIVED, None)
        case "recognise":
            decide(context, record.code, record.revision, State.RECOGNISED, None)
        case _:
            answers = {"code": record.code, "revision": record.revision}
            context.talk.begin(Draft({"decline": "decline"}.get(key, "need_more"), context.office.new_id(), answers))


def decide(context: Context, code: str, revision: int, state: State, note: str | None) -> None:
    """Carry out a decision on what the officer saw; somebody else's change in between is told, not overwritten."""
    record = item(context, code)
    if record is None:
        context.say("officer.not_yours")
        return
    if record.revision != revision or not initiatives.move(context, record, state, note):
        _changed(context, record)
        return
    context.say("officer.done", code=code, state=context.office.catalogue.label(f"state.{state}"))
    match state:
        case State.RECEIVED:
            card(context, code)
        case State.NEEDS_MORE | State.RECOGNISED | State.DECLINED:
            _next(context, record)
        case State.SENT | State.WITHDRAWN:
            raise ValueError(state)
        case _:
            assert_never(state)


def _next(context: Context, done: Submission) -> None:
    """Offer what waits next in the same place."""
    waiting = submissions.waiting(context.db, own_units(context), 1)
    if not waiting:
        return
    record = waiting[0]
    label = context.office.catalogue.label
    values = {"code": record.code, "unit": _unit_name(context, record), "done": done.code}
    choices = (Choice("open", label("open_item")), Choice("inbox", label("open_inbox")))
    context.said.append(Say("officer.next", values, choices, f"item@{record.code}"))


def _changed(context: Context, record: Submission) -> None:
    context.db.refresh(record)
    context.say("officer.changed", code=record.code, state=context.office.catalogue.label(f"state.{record.state}"))
    card(context, record.code)


def is_staff(context: Context) -> bool:
    """Whether the member runs programmes: staff or admin of some unit."""
    return any(row.role in (Role.STAFF, Role.ADMIN) for row in context.appointments)


def runs(context: Context, programme: Programme) -> bool:
    """Whether the member is staff of the unit that runs a programme, or above it; one of no unit is everybody's."""
    if not is_staff(context) or programme.unit_id is None:
        return is_staff(context)
    return members.may_act(context.db, context.my_id, programme.unit_id, context.now)


def chats(db: Transaction, account: str, now: datetime) -> list[str]:
    """The chats of one account whose members hold a role now: their menus show more."""
    return members.officer_chats(db, account, now)
