"""An officer answers feedback, and all that goes with it: each author hears it on their own way (F11).

Explain what is ruled, petition for what is not, help together where it is hard (seed 000 II.2.2, domain §1.7).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from handlers.chat.context import Context
from handlers.duties import dates
from handlers.feedback import news
from handlers.feedback import ways as feedback_ways
from handlers.feedback.card import ANSWERS, act_of, actions, audit_act, changed, group_of, is_hidden, item, receipt
from handlers.office import local_day
from handlers.reaching import promises
from handlers.reaching.promises import Promise, Who
from messages.dates import last_day_of
from storage import feedback, feedback_tasks
from storage.feedback import State
from storage.tables import Feedback

MORE = {"helped": "helped", "promised": "promise", "forwarded": "forward"}
"""What is typed about an item besides an answer, and the button it comes from."""


def answer(context: Context, code: str, revision: int, what: str, told: Mapping[str, str]) -> None:
    """Carry out what was typed about what the officer saw; somebody else's change in between is not overwritten."""
    found = item(context, code)
    if found is None:
        context.say("officer.not_yours")
        return
    buttons = {**{state: key for key, state in ANSWERS.items()}, **MORE}
    if found.revision != revision or buttons[what] not in actions(context, found):
        changed(context, found)
        context.give_back(code, *(told.get(key) for key in ("basis", "to", "officer", "deed", "text", "note")))
    elif what == "forwarded":
        forward(context, found, told.get("note") or None)
    elif what in MORE:
        _note(context, found, what, told)
    else:
        _answer(context, found, what, told)


def _answer(context: Context, found: Feedback, what: str, told: Mapping[str, str]) -> None:
    due = _day(context, told)
    moved = move(context, found, what, State(what), text=told.get("text"), details=_details(told))
    if not moved:
        return
    today = local_day(context.now)
    match what:
        case "petitioned":
            feedback_tasks.add(
                context.db, found.code, kind="petition", who=told["to"], what=None, made_on=today, due_on=due
            )
        case "supported":
            _help(context, found, told, due)
        case "resolved":
            feedback_tasks.finish(context.db, found.code, today)
        case _:
            pass
    key, values = _words(context, found, what, told, due)
    tell(context, moved, key, values)


def _help(context: Context, found: Feedback, told: Mapping[str, str], due: date | None) -> None:
    today = local_day(context.now)
    who, deed = told["officer"], told["deed"]
    feedback_tasks.add(context.db, found.code, kind="help", who=who, what=deed, made_on=today, due_on=due)


def _details(told: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in told.items() if key in ("basis", "to", "officer", "deed")}


def _day(context: Context, told: Mapping[str, str]) -> date | None:
    """The last day that was promised."""
    bound = dates.read_bound(told["due"], context.now) if told.get("due") else None
    return last_day_of(bound) if bound else None


def _words(
    context: Context, found: Feedback, what: str, told: Mapping[str, str], due: date | None
) -> tuple[str, dict[str, Any]]:
    """What the author is told of an answer."""
    by = news.receiver_name(context.db, found, context.office)
    match what:
        case "explained":
            return "feedback.explained", {"basis": told["basis"], "answer": told["text"]}
        case "petitioned":
            values = {"by": by, "to": told["to"], "date": local_day(context.now), "due": due}
            return "feedback.petitioned", values
        case "supported":
            return "feedback.supported", {"by": by, "officer": told["officer"], "deed": told["deed"], "due": due}
        case _:
            label = context.office.catalogue.label("feedback_result")
            return "feedback.result", {"result": label, "answer": told["text"]}


def _note(context: Context, found: Feedback, what: str, told: Mapping[str, str]) -> None:
    """One more who helps, or another day for what was promised: kept, and no news to the author."""
    due, today = _day(context, told), local_day(context.now)
    details = _details(told) | ({"due": f"{due:%d/%m/%Y}"} if due else {})
    if not feedback.change(context.db, found, act_of(context, found, what, details=details)):
        changed(context, found)
        return
    audit_act(context, found, what)
    if what == "helped":
        _help(context, found, told, due)
    else:
        petition = [task for task in feedback_tasks.of_item(context.db, found.code) if task.done_on is None][-1:]
        feedback_tasks.finish(context.db, found.code, today)
        who = petition[0].who if petition else ""
        feedback_tasks.add(context.db, found.code, kind="petition", who=who or "", what=None, made_on=today, due_on=due)
    receipt(context, found, context.office, "care.noted")


def help_done(context: Context, found: Feedback, number: int) -> None:
    """One who was to help has done so."""
    today = local_day(context.now)
    act = act_of(context, found, "done")
    if not feedback.change(context.db, found, act):
        changed(context, found)
    elif feedback_tasks.finish(context.db, found.code, today, number):
        audit_act(context, found, "done")
        receipt(context, found, context.office, "care.noted")


def close(context: Context, found: Feedback) -> None:
    """What was answered is over; the author may still reopen it."""
    if moved := move(context, found, "closed", State.SETTLED):
        feedback_tasks.finish(context.db, found.code, local_day(context.now))
        tell(context, moved, "feedback.officer_closed", {})


def move(
    context: Context,
    found: Feedback,
    what: str,
    state: State,
    *,
    text: str | None = None,
    details: Mapping[str, str] | None = None,
) -> list[Feedback]:
    """Move an item and what goes with it on: all that moved; none, and the officer told, when somebody was quicker."""
    today, group = local_day(context.now), group_of(context.db, found)
    hidden = is_hidden(context.db, found)
    moved = []
    for one in group:
        act = act_of(context, one, what, text=text, details=details, hidden=hidden)
        facts = {"state": state, "answered_on": one.answered_on or today, "satisfied": None}
        if feedback.change(context.db, one, act, **facts):
            audit_act(context, one, what, hidden=hidden)
            moved.append(one)
        elif one is found:
            changed(context, found)
            return []
    return moved


def tell(context: Context, moved: Sequence[Feedback], key: str, values: Mapping[str, Any]) -> None:
    """The answer goes to every author, a receipt to the officer."""
    listed = not is_hidden(context.db, moved[0])
    told = [news.tell_author(context.db, context.office, one, key, values, context.now, listed=listed) for one in moved]
    receipt(context, moved[0], context.office, told=_told(context, moved, told))


def _told(context: Context, moved: Sequence[Feedback], told: Sequence[Promise]) -> str:
    """Whether the authors know; beside an item without a name always the same words, whoever can be reached."""
    office = context.office
    if is_hidden(context.db, moved[0]):
        return office.catalogue.text("told.unnamed", {})
    if len(moved) == 1:
        return promises.words(office, told[0], Who.SENDER, phone=moved[0].phone)
    return promises.all_words(office, told, Who.SENDER)


def forward(context: Context, found: Feedback, note: str | None) -> None:
    """Hand an item to the nearest level above that has an officer; its authors are told where it is, not the note."""
    assert found.receiver_id is not None
    above = feedback_ways.next_above(context.db, found.receiver_id, context.now)
    if above is None:
        context.say("officer.feedback_no_above", code=found.code)
        return
    group, hidden = group_of(context.db, found), is_hidden(context.db, found)
    moved = []
    for one in group:
        mine = note if one is found else None
        act = act_of(context, one, "forwarded", text=mine, details={"above": above.name}, hidden=hidden)
        audit_act(context, one, "forwarded", hidden=hidden)
        if feedback.change(context.db, one, act, receiver_id=above.id):
            moved.append(one)
        elif one is found:
            changed(context, found)
            return
    tell(context, moved, "feedback.forwarded", {"above": above.name})
    news.tell_officers(context.db, context.office, found, "officer.new_feedback", context.now)
