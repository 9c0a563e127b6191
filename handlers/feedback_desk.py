"""Feedback as an officer meets it: listed, read (each reading is audited), answered, forwarded, settled (F2, F8).

Explain what is ruled, petition for what is not, help together where it is hard (seed 000 II.2.2, domain §1.7).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from handlers import feedback as items
from handlers import feedback_ways, notices, workdays
from handlers.context import Context
from handlers.flows.feedback_notes import ANSWER
from handlers.flows.form import Draft
from handlers.office import Office, local_day
from messages.dates import ZONE, local
from messages.types import Choice, Say
from storage import audit, feedback, members, units
from storage.database import Transaction
from storage.feedback import Act, State
from storage.tables import Feedback, Role, Unit

PREFIX = items.PREFIX
LISTED = 8
MORNING, EVENING = 8, 21
"""The hours between which an escalation goes out."""
ANSWERS = {"explain": "explained", "petition": "petitioned", "support": "supported", "resolve": "resolved"}
"""The kinds of answer by their button, and the state each leads to."""
ACTIONS: Mapping[State, tuple[str, ...]] = {
    State.SENT: (*ANSWERS, "forward", "mark"),
    State.REOPENED: (*ANSWERS, "forward", "mark"),
    State.PETITIONED: ("resolve", "forward", "mark"),
    State.SUPPORTED: ("resolve", "forward", "mark"),
    State.EXPLAINED: ("resolve", "close"),
    State.RESOLVED: ("close",),
    State.SETTLED: (),
    State.WITHDRAWN: (),
}
"""What may be done with an item in each state."""
FLAGS = ("urgent", "impact", "wide")
"""Cấp bách · tác động lớn · ảnh hưởng rộng (seed 000 II.2.2)."""


def item(context: Context, code: str) -> Feedback | None:
    """An item received inside the member's own subtree; any other is as good as not there."""
    found = feedback.by_code(context.db, code)
    if found is None or found.receiver_id is None:
        return None
    return found if members.may_act(context.db, context.my_id, found.receiver_id, context.now) else None


def list_waiting(context: Context, unit: Unit) -> tuple[Choice, ...]:
    """Say what waits under a unit, without its content; the choices that open each."""
    assert unit.id is not None
    waiting = feedback.waiting(context.db, [unit.id], LISTED)
    if not waiting:
        return ()
    today = local_day(context.now)
    rows = [
        (
            row.code,
            items.state_name(context.office, row),
            row.kind,
            row.urgent or row.impact or row.wide,
            items.answer_by(row),
            row.state in feedback.WAITING and row.due_on < today,
        )
        for row in waiting
    ]
    values = {"unit": unit.name, "waiting": feedback.count_waiting(context.db, [unit.id]), "items": rows}
    context.said.append(Say("officer.feedback_inbox", values))
    return tuple(Choice(row.code, row.code) for row in waiting)


def card(context: Context, code: str) -> None:
    """One item with everything its officer may see, and what may be done; that it was read is kept."""
    found = item(context, code)
    if found is None:
        context.say("officer.not_yours")
        return
    _audit(context, found, "read")
    labels = context.office.catalogue.label
    unit = units.by_id(context.db, found.unit_id) if found.unit_id else None
    values = {
        "code": found.code,
        "state": items.state_name(context.office, found),
        "kind": found.kind,
        "topic": found.topic,
        "unit": unit.name if unit else found.other_unit or "",
        "above": found.above,
        "anonymous": found.anonymous,
        "author": found.full_name,
        "phone": found.phone,
        "flags": [labels(f"flag.{flag}") for flag in FLAGS if getattr(found, flag)],
        "date": found.day,
        "answer_by": items.answer_by(found) if found.state in feedback.WAITING else None,
        "lines": items.history(context.db, context.office, found),
        "text": found.text,
    }
    actions = ACTIONS[State(found.state)] if found.text is not None else ()
    choices = tuple(Choice(action, labels(action)) for action in actions)
    inbox = Choice("inbox", labels("open_inbox"))
    context.said.append(Say("officer.feedback_card", values, (*choices, inbox), _question(found)))


def _question(found: Feedback) -> str:
    return f"{items.DESK}@{found.code}.{found.revision}"


def _audit(context: Context, found: Feedback, what: str) -> None:
    """Of an anonymous item the day only: an instant here could be laid beside an instant elsewhere."""
    now = datetime.combine(local_day(context.now), time(), ZONE) if found.anonymous else context.now
    audit.record(
        context.db,
        actor_id=context.my_id,
        action=f"feedback.{what}",
        unit_id=found.receiver_id,
        subject=found.code,
        now=now,
    )


def press(context: Context, question: str, key: str) -> None:
    """A choice under a card or a push: `desk@CODE` opens it, `desk@CODE.REVISION` acts on what was shown."""
    code, _, revision = question.partition("@")[2].partition(".")
    found = item(context, code)
    if found is None:
        context.say("officer.not_yours")
    elif key == "open":
        card(context, code)
    elif not revision.isdigit() or int(revision) != found.revision:
        _changed(context, found)
    elif key in FLAGS and "mark" in ACTIONS[State(found.state)]:
        _mark(context, found, key)
    elif key in ACTIONS[State(found.state)]:
        _act(context, found, key)
    else:
        _changed(context, found)


def _act(context: Context, found: Feedback, key: str) -> None:
    match key:
        case "forward":
            _forward(context, found)
        case "mark":
            choices = tuple(Choice(flag, context.office.catalogue.label(f"flag.{flag}")) for flag in FLAGS)
            context.said.append(Say("officer.feedback_mark", {"code": found.code}, choices, _question(found)))
        case "close":
            _move(context, found, "closed", State.SETTLED)
            _tell(context, found, "feedback.officer_closed", {})
        case _:
            answers = {"code": found.code, "revision": found.revision, "what": ANSWERS[key]}
            context.talk.begin(Draft(ANSWER.name, context.office.new_id(), answers))


def _changed(context: Context, found: Feedback) -> None:
    context.db.refresh(found)
    context.say("officer.changed", code=found.code, state=items.state_name(context.office, found))
    card(context, found.code)


def _mark(context: Context, found: Feedback, flag: str) -> None:
    """Set a flag, or take it back."""
    act = _act_of(context, found, "marked")
    if feedback.change(context.db, found, act, **{flag: not getattr(found, flag)}):
        card(context, found.code)
    else:
        _changed(context, found)


def answer(context: Context, code: str, revision: int, what: str, told: Mapping[str, str]) -> None:
    """Carry out an answer on what the officer saw; somebody else's change in between is told, not overwritten."""
    found = item(context, code)
    if found is None:
        context.say("officer.not_yours")
        return
    allowed = {ANSWERS[key] for key in ACTIONS[State(found.state)] if key in ANSWERS}
    details = {key: value for key, value in told.items() if key != "text"}
    if found.revision != revision or what not in allowed:
        _changed(context, found)
    elif _move(context, found, what, State(what), text=told.get("text"), details=details):
        key, values = _words(context, found, what, told)
        _tell(context, found, key, values)


def _words(context: Context, found: Feedback, what: str, told: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    """What the author is told of an answer."""
    by = items.receiver_name(context.db, found, context.office)
    match what:
        case "explained":
            return "feedback.explained", {"basis": told["basis"], "answer": told["text"]}
        case "petitioned":
            return "feedback.petitioned", {"by": by, "to": told["to"], "date": local_day(context.now)}
        case "supported":
            return "feedback.supported", {"by": by, "officer": told["officer"]}
        case _:
            return "feedback.result", {
                "result": context.office.catalogue.label("feedback_result"),
                "answer": told["text"],
            }


def _move(
    context: Context,
    found: Feedback,
    what: str,
    state: State,
    *,
    text: str | None = None,
    details: Mapping[str, str] | None = None,
) -> bool:
    today = local_day(context.now)
    act = _act_of(context, found, what, text=text, details=details)
    if not feedback.change(context.db, found, act, state=state, answered_on=found.answered_on or today):
        _changed(context, found)
        return False
    _audit(context, found, what)
    return True


def _act_of(
    context: Context, found: Feedback, what: str, *, text: str | None = None, details: Mapping[str, str] | None = None
) -> Act:
    return Act(
        what,
        local_day(context.now),
        context.now,
        actor_id=context.my_id,
        unit_id=found.receiver_id,
        text=text,
        details=details or {},
    )


def _tell(context: Context, found: Feedback, key: str, values: Mapping[str, Any]) -> None:
    """The answer goes to the author, a receipt to the officer."""
    items.tell_author(context.db, context.office, found, key, values, context.now)
    receipt = {"code": found.code, "state": items.state_name(context.office, found)}
    choices = (Choice("inbox", context.office.catalogue.label("open_inbox")),)
    context.said.append(Say("officer.feedback_done", receipt, choices, "menu"))


def _forward(context: Context, found: Feedback) -> None:
    """Hand an item to the nearest level above that has an officer; the author is told where it is."""
    assert found.receiver_id is not None
    above = feedback_ways.next_above(context.db, found.receiver_id, context.now)
    if above is None:
        context.say("officer.feedback_no_above", code=found.code)
        return
    act = _act_of(context, found, "forwarded", details={"above": above.name})
    _audit(context, found, "forwarded")
    if feedback.change(context.db, found, act, receiver_id=above.id):
        _tell(context, found, "feedback.forwarded", {"above": above.name})
        items.tell_officers(context.db, context.office, found, "officer.new_feedback", context.now)
    else:
        _changed(context, found)


# --- overdue ---


def escalate(db: Transaction, office: Office, now: datetime) -> None:
    """Tell of items still without their first answer a working day after it was due: once, in the morning."""
    today = local_day(now)
    if not (MORNING <= local(now).hour < EVENING and workdays.is_workday(today)):
        return
    for found in feedback.late(db, due_before=today):
        days = workdays.between(found.due_on, today)
        if days and found.receiver_id is not None:
            _escalate(db, office, found, days=days, now=now)


def _escalate(db: Transaction, office: Office, found: Feedback, *, days: int, now: datetime) -> None:
    assert found.receiver_id is not None
    above = feedback_ways.next_above(db, found.receiver_id, now)
    act = Act("escalated", local_day(now), now, unit_id=found.receiver_id)
    if not feedback.change(db, found, act, escalated_on=local_day(now)):
        return
    values = {"code": found.code, "days": days, "unit": items.receiver_name(db, found, office)}
    told = [(found.receiver_id, Say("officer.feedback_overdue", {**values, "above": above.name if above else None}))]
    if above is not None and above.id is not None:
        told.append((above.id, Say("officer.feedback_escalated", values)))
    choices = (Choice("open", office.catalogue.label("open_item")),)
    for unit_id, say in told:
        asking = Say(say.key, say.values, choices, f"{items.DESK}@{found.code}")
        for member_id in members.holders(db, unit_id, tuple(Role), now):
            notices.push(db, office, member_id, asking, topic=items.TOPIC, once=None, now=now, forget=True)
