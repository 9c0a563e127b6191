"""Feedback as an officer meets it: what waits, one item, the button that was pressed (F2, F8, F11).

The way in for everybody else: cards stand in feedback_card.py, answers in feedback_answering.py, items of one matter in
feedback_groups.py, results for all in feedback_public.py, what the clock does in feedback_late.py.
"""

from __future__ import annotations

from handlers.chat.context import Context
from handlers.feedback import answering as feedback_answering
from handlers.feedback import card as feedback_card
from handlers.feedback import groups as feedback_groups
from handlers.feedback import items, news
from handlers.feedback import ways as feedback_ways
from handlers.feedback.card import ANSWERS, FLAGS, act_of, actions, changed, open_tasks, question
from handlers.flows.feedback_answers import ANSWER
from handlers.flows.feedback_care import PUBLISH
from handlers.flows.form import Draft
from handlers.office import local_day
from messages.types import Choice, Say
from storage import feedback
from storage.feedback import Waiting
from storage.tables import Feedback, Unit

PREFIX = items.PREFIX
card, item = feedback_card.card, feedback_card.item

LISTED = 8
TYPED = {**ANSWERS, "forward": "forwarded", "helped": "helped", "promise": "promised"}
"""The buttons after which something is typed, and what it is for."""
CLOSE = "close_sure"
"""The answer to what closing leads to."""
DONE_BY = {**TYPED, "close": "closed", CLOSE: "closed", "part": "parted", "publish": "published"}
"""What each button leaves in the history: by it a second press is answered with what the first one did."""
DONE = "done."
"""Before the number of a task that is done."""


def counts(context: Context, unit_ids: list[int]) -> Waiting:
    """How much waits in these subtrees."""
    return feedback.count_waiting(context.db, unit_ids, local_day(context.now))


def list_waiting(context: Context, unit: Unit) -> tuple[Choice, ...]:
    """Say what waits under a unit, without its content; the choices that open each."""
    assert unit.id is not None
    waiting = feedback.waiting(context.db, [unit.id], LISTED)
    if not waiting:
        return ()
    rows = [
        (
            row.code,
            news.state_name(context.office, row),
            row.kind,
            [context.office.catalogue.label(f"flag.{flag}") for flag in FLAGS if getattr(row, flag)],
            news.answer_by(row),
            news.is_late(row, context.now),
        )
        for row in waiting
    ]
    told = counts(context, [unit.id])
    values = {"unit": unit.name, "waiting": told.all, "late": told.late, "items": rows}
    context.said.append(Say("officer.feedback_inbox", values))
    return tuple(Choice(row.code, row.code) for row in waiting)


def press(context: Context, asked: str, key: str) -> None:
    """A choice under a card or a push: `desk@CODE` opens it, `desk@CODE.REVISION` acts on what was shown."""
    code, _, revision = asked.partition("@")[2].partition(".")
    found = item(context, code or key)
    if found is None:
        context.say("officer.not_yours")
    elif key == "open" or not code:
        card(context, found.code)
    elif not revision.isdigit() or int(revision) != found.revision:
        changed(context, found, DONE_BY.get(key, ""))
    else:
        _act(context, found, key)


def revision_for(context: Context, code: str, what: str) -> int | None:
    """The revision of an item about which an answer was begun; None where that answer is open no more."""
    found = item(context, code)
    if found is None:
        return None
    buttons = {done: button for button, done in DONE_BY.items() if button != CLOSE}
    return found.revision if buttons.get(what) in actions(context, found) else None


def _act(context: Context, found: Feedback, key: str) -> None:
    allowed = actions(context, found)
    if key in FLAGS and "mark" in allowed:
        _mark(context, found, key)
    elif key.startswith(feedback_groups.WITH) and "merge" in allowed:
        feedback_groups.join(context, found, key.removeprefix(feedback_groups.WITH))
    elif key.startswith(DONE) and "help_done" in allowed and key.removeprefix(DONE).isdigit():
        feedback_answering.help_done(context, found, int(key.removeprefix(DONE)))
    elif key in allowed:
        _begin(context, found, key)
    elif key == CLOSE and "close" in allowed:
        feedback_answering.close(context, found)
    else:
        changed(context, found, DONE_BY.get(key, ""))


def _begin(context: Context, found: Feedback, key: str) -> None:
    label = context.office.catalogue.label
    match key:
        case "mark":
            choices = tuple(Choice(flag, label(f"flag.{flag}")) for flag in FLAGS)
            context.said.append(Say("officer.feedback_mark", {"code": found.code}, choices, question(found)))
        case "close":
            choices = (Choice(CLOSE, label(CLOSE)), Choice("open", label("look_again")))
            context.said.append(Say("care.close_confirm", {"code": found.code}, choices, question(found)))
        case "merge":
            feedback_groups.offer(context, found)
        case "part":
            feedback_groups.part(context, found)
        case "lead":
            card(context, found.merged_into or found.code)
        case "help_done":
            choices = tuple(Choice(f"{DONE}{number}", who[:40]) for number, who in open_tasks(context.db, found))
            context.said.append(Say("care.help_done", {"code": found.code}, choices, question(found)))
        case "publish":
            _type(context, PUBLISH.name, {"code": found.code, "revision": found.revision})
        case "forward" if not _has_above(context, found):
            context.say("officer.feedback_no_above", code=found.code)
        case _:
            _type(context, ANSWER.name, {"code": found.code, "revision": found.revision, "what": TYPED[key]})


def _type(context: Context, form: str, answers: dict[str, object]) -> None:
    context.talk.begin(Draft(form, context.office.new_id(), answers))


def _has_above(context: Context, found: Feedback) -> bool:
    assert found.receiver_id is not None
    return feedback_ways.next_above(context.db, found.receiver_id, context.now) is not None


def _mark(context: Context, found: Feedback, flag: str) -> None:
    """Set a flag, or take it back."""
    act = act_of(context, found, "marked")
    if feedback.change(context.db, found, act, **{flag: not getattr(found, flag)}):
        card(context, found.code)
    else:
        changed(context, found)
