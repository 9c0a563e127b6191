"""Feedback as an officer meets it: what waits, and the button that was pressed (F2, F8, F11)."""

from __future__ import annotations

from handlers.chat.context import Context
from handlers.chat.feedback import answering as answer_screen
from handlers.chat.feedback import card as card_screen
from handlers.chat.feedback.card import changed, question, receipt
from handlers.errors import Refusal
from handlers.feedback import answering, card, groups, news, readers
from handlers.feedback.card import ANSWERS, FLAGS, Changed
from handlers.flows.feedback_answers import ANSWER
from handlers.flows.feedback_care import PUBLISH
from handlers.flows.form import Draft
from messages.types import Choice, Say
from storage.tables import Feedback, Unit

LISTED = 8
TYPED = {**ANSWERS, "forward": "forwarded", "helped": "helped", "promise": "promised"}
"""The buttons after which something is typed, and what it is for."""
CLOSE = "close_sure"
"""The answer to what closing leads to."""
DONE_BY = {**TYPED, "close": "closed", CLOSE: "closed", "part": "parted", "publish": "published"}
"""What each button leaves in the history: by it a second press is answered with what the first one did."""
DONE = "done."
"""Before the number of a task that is done."""
WITH = "with."
"""Before the code of the item that is to follow."""
EXCERPT = 160
"""Characters by which an officer tells whether it is the same matter."""


def list_waiting(context: Context, unit: Unit) -> tuple[tuple[Choice, ...], int] | None:
    """Say what waits at a unit, without its content: the choices that open each, and how many there are; None: nothing.

    Of what the units below are still to answer only the number is told.
    """
    assert unit.id is not None
    inbox = readers.inbox(context.db, context.actor, unit.id, LISTED, context.now)
    if not inbox.own.all and not inbox.below.all:
        return None
    rows = [
        (
            row.code,
            news.state_name(context.office, row),
            row.kind,
            [context.office.catalogue.label(f"flag.{flag}") for flag in FLAGS if getattr(row, flag)],
            news.answer_by(row),
            news.is_late(row, context.now),
        )
        for row in inbox.items
    ]
    values = {
        "unit": unit.name,
        "waiting": inbox.own.all,
        "late": inbox.own.late,
        "items": rows,
        "below": inbox.below.all,
        "below_late": inbox.below.late,
    }
    context.said.append(Say("officer.feedback_inbox", values))
    return tuple(Choice(row.code, row.code) for row in inbox.items), inbox.own.all


def press(context: Context, asked: str, key: str) -> None:
    """A choice under a card or a push: `desk@CODE` opens it, `desk@CODE.REVISION` acts on what was shown."""
    code, _, revision = asked.partition("@")[2].partition(".")
    item = readers.find(context.db, context.actor, code or key, context.now)
    if item is None:
        context.say("officer.not_yours")
        return
    if key == "open" or not code:
        card_screen.show(context, item.code)
        return
    try:
        if not revision.isdigit():
            raise Changed(item)
        _act(context, item, int(revision), key)
    except Changed:
        changed(context, code, DONE_BY.get(key, ""))
    except Refusal as refusal:
        context.refused(refusal)


def revision_for(context: Context, code: str, what: str) -> int | None:
    """The revision of an item about which an answer was begun; None where that answer is open no more."""
    item = readers.find(context.db, context.actor, code, context.now)
    if item is None:
        return None
    buttons = {done: button for button, done in DONE_BY.items() if button != CLOSE}
    return item.revision if buttons.get(what) in card.actions(context.db, item) else None


def _act(context: Context, item: Feedback, seen: int, key: str) -> None:
    db, actor, code, now = context.db, context.actor, item.code, context.now
    if key in FLAGS:
        answering.mark(db, actor, code, key, seen=seen, now=now)
        card_screen.show(context, code)
    elif key.startswith(WITH):
        other = groups.join(db, actor, code, key.removeprefix(WITH), seen=seen, now=now)
        context.say("care.merged", code=other.code, leader=code)
        card_screen.show(context, code)
    elif key == "part":
        groups.part(db, actor, code, seen=seen, now=now)
        context.say("care.parted", code=code)
        card_screen.show(context, code)
    elif key.startswith(DONE) and key.removeprefix(DONE).isdigit():
        number = int(key.removeprefix(DONE))
        receipt(context, answering.finish_help(db, actor, code, number, seen=seen, now=now), "care.noted")
    elif key == CLOSE:
        answer_screen.tell(context, answering.close(db, context.office, actor, code, seen=seen, now=now))
    else:
        _begin(context, card.require_open(db, actor, code, key, seen, now), key)


def _begin(context: Context, item: Feedback, key: str) -> None:
    label = context.office.catalogue.label
    match key:
        case "mark":
            choices = tuple(Choice(flag, label(f"flag.{flag}")) for flag in FLAGS)
            context.said.append(Say("officer.feedback_mark", {"code": item.code}, choices, question(item)))
        case "close":
            choices = (Choice(CLOSE, label(CLOSE)), Choice("open", label("look_again")))
            context.said.append(Say("care.close_confirm", {"code": item.code}, choices, question(item)))
        case "merge":
            _offer(context, item)
        case "lead":
            card_screen.show(context, item.merged_into or item.code)
        case "help_done":
            tasks = card.open_tasks(context.db, item)
            choices = tuple(Choice(f"{DONE}{number}", who[:40]) for number, who in tasks)
            context.said.append(Say("care.help_done", {"code": item.code}, choices, question(item)))
        case "publish":
            _type(context, PUBLISH.name, {"code": item.code, "revision": item.revision})
        case "forward" if answering.next_above(context.db, item, context.now) is None:
            context.say("officer.feedback_no_above", code=item.code)
        case _:
            _type(context, ANSWER.name, {"code": item.code, "revision": item.revision, "what": TYPED[key]})


def _type(context: Context, form: str, answers: dict[str, object]) -> None:
    context.talk.begin(Draft(form, context.office.new_id(), answers))


def _offer(context: Context, item: Feedback) -> None:
    """The items that may be about the same, with their first words."""
    near = card.compare(context.db, context.actor, item.code, now=context.now)
    rows = [(other.code, score, excerpt(other.text or "")) for other, score in near]
    choices = (
        *(Choice(f"{WITH}{other.code}", other.code) for other, _ in near),
        Choice("open", context.office.catalogue.label("open_item")),
    )
    context.said.append(Say("care.merge", {"code": item.code, "rows": rows}, choices, question(item)))


def excerpt(text: str) -> str:
    """The first words of a text on one line."""
    line = " ".join(text.split())
    return line if len(line) <= EXCERPT else f"{line[:EXCERPT].rsplit(' ', 1)[0]} …"
