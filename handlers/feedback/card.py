"""One item of feedback as its officers see it: who may, what it shows, what may be done; every reading is audited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any

from rapidfuzz import fuzz, process, utils

from handlers.chat.context import Context
from handlers.feedback import news
from handlers.office import Office, local_day
from handlers.text.readers import fold
from messages.dates import ZONE
from messages.types import Choice, Say
from storage import appointments, audit, feedback, feedback_groups, feedback_tasks, units
from storage.database import Transaction
from storage.feedback import Act, State
from storage.tables import Feedback, Right

ANSWERS = {"explain": "explained", "petition": "petitioned", "support": "supported", "resolve": "resolved"}
"""The kinds of answer by their button, and the state each leads to."""
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


def item(context: Context, code: str) -> Feedback | None:
    """An item the member may answer; any other is as good as not there."""
    return find(context.db, code, context.my_id, context.now) if context.appointments else None


def find(db: Transaction, code: str, member_id: int, now: datetime) -> Feedback | None:
    """An item received inside a member's own subtree."""
    found = feedback.by_code(db, code)
    if found is None or found.receiver_id is None:
        return None
    return found if appointments.may(db, member_id, found.receiver_id, Right.ANSWER, now) else None


def actions(context: Context, found: Feedback) -> tuple[str, ...]:
    """What may be done with an item as it is now."""
    if found.text is None:
        return ()
    if found.merged_into is not None:
        return ("lead", "part") if found.state in feedback.WAITING else ("lead",)
    allowed = list(ACTIONS[State(found.state)])
    if "merge" in allowed and not feedback_groups.candidates(context.db, found, 1):
        allowed.remove("merge")
    if "publish" in allowed and found.published_on is not None:
        allowed.remove("publish")
    if "help_done" in allowed and not open_tasks(context.db, found):
        allowed.remove("help_done")
    return tuple(allowed)


def open_tasks(db: Transaction, found: Feedback) -> list[tuple[int, str]]:
    """What is still to be done by others: its number and who does it."""
    tasks = feedback_tasks.of_item(db, found.code)
    return [(task.number, task.who or "") for task in tasks if task.done_on is None]


def alike(db: Transaction, found: Feedback) -> list[tuple[Feedback, int]]:
    """Open items of the same unit, those most like this one first, each with its likeness from 0 to 100."""
    others = {other.code: other for other in feedback_groups.candidates(db, found, COMPARED)}
    texts = {code: fold(other.text or "") for code, other in others.items()}
    ranked = process.extract(
        fold(found.text or ""), texts, scorer=fuzz.token_set_ratio, processor=utils.default_process, limit=OFFERED
    )
    return [(others[code], round(score)) for _, score, code in ranked]


def card(context: Context, code: str) -> None:
    """One item with everything its officer may see, and what may be done; that it was read is kept."""
    found = item(context, code)
    if found is None:
        context.say("officer.not_yours")
        return
    audit_act(context, found, "read")
    labels = context.office.catalogue.label
    choices = tuple(Choice(action, labels(action)) for action in actions(context, found))
    inbox = Choice("inbox", labels("open_inbox"))
    context.said.append(Say("officer.feedback_card", _shown(context, found), (*choices, inbox), question(found)))


def _shown(context: Context, found: Feedback) -> dict[str, Any]:
    labels, db = context.office.catalogue.label, context.db
    unit = units.by_id(db, found.unit_id) if found.unit_id else None
    waiting = found.state in feedback.WAITING
    return {
        "code": found.code,
        "state": news.state_name(context.office, found),
        "kind": found.kind,
        "topic": found.topic,
        "unit": unit.name if unit else found.other_unit or "",
        "above": found.above,
        "anonymous": found.anonymous,
        "author": found.full_name,
        "phone": found.phone,
        "flags": [labels(f"flag.{flag}") for flag in FLAGS if getattr(found, flag)],
        "date": found.day,
        "answer_by": news.answer_by(found) if waiting else None,
        "late": news.is_late(found, context.now),
        "satisfied": found.satisfied,
        "leader": found.merged_into,
        "together": [other.code for other in feedback_groups.followers(db, found.code)],
        "alike": [other.code for other, score in alike(db, found) if score >= ALIKE] if _is_free(found) else [],
        "tasks": [
            (task.kind, task.who or "", task.what or "", task.due_on, task.done_on)
            for task in feedback_tasks.of_item(db, found.code)
        ],
        "public": found.published_on,
        "lines": news.history(db, context.office, found, for_author=False),
        "text": found.text,
    }


def _is_free(found: Feedback) -> bool:
    return found.state in feedback.WAITING and found.merged_into is None and found.text is not None


def question(found: Feedback) -> str:
    """What a choice under a card answers: this item, as it was shown."""
    return f"{news.DESK}@{found.code}.{found.revision}"


def changed(context: Context, found: Feedback, wanted: str = "") -> None:
    """Somebody was quicker, or the button is an old one: nothing is done, the item is shown as it is. What had been
    done already (`wanted`, as its event is called) is told with its day.
    """
    context.db.refresh(found)
    done = [event for event in feedback.events(context.db, found.code) if wanted and event.what == wanted]
    if done:
        what = context.office.catalogue.label(f"feedback_act.{wanted}")
        context.say("officer.feedback_already", code=found.code, what=what, date=done[-1].day)
        card(context, found.code)
        return
    context.say("officer.changed", code=found.code, state=news.state_name(context.office, found))
    card(context, found.code)


def audit_act(context: Context, found: Feedback, what: str, *, hidden: bool | None = None) -> None:
    """Of an anonymous item, and of one beside it, the day only: an instant could be laid beside an instant elsewhere.

    `hidden` None: it is looked up.
    """
    hidden = is_hidden(context.db, found) if hidden is None else hidden
    now = datetime.combine(local_day(context.now), time(), ZONE) if hidden else context.now
    audit.record(
        context.db,
        actor_id=context.my_id,
        action=f"feedback.{what}",
        unit_id=found.receiver_id,
        subject=found.code,
        now=now,
    )


def is_hidden(db: Transaction, found: Feedback) -> bool:
    """Whether an item has no name, or is answered together with one that has none."""
    leader = feedback.by_code(db, found.merged_into) if found.merged_into else None
    others = feedback_groups.followers(db, leader.code if leader else found.code)
    return any(one.anonymous for one in (found, *([leader] if leader else []), *others))


def act_of(
    context: Context,
    found: Feedback,
    what: str,
    *,
    text: str | None = None,
    details: Mapping[str, str] | None = None,
    hidden: bool | None = None,
) -> Act:
    """Something the officer does; together with an item without a name no instant is kept (`hidden` as above)."""
    hidden = is_hidden(context.db, found) if hidden is None else hidden
    return Act(
        what,
        local_day(context.now),
        None if hidden else context.now,
        actor_id=context.my_id,
        unit_id=found.receiver_id,
        text=text,
        details=details or {},
    )


def group_of(db: Transaction, found: Feedback) -> Sequence[Feedback]:
    """The item and all that are answered with it and not settled yet."""
    return [
        found,
        *(other for other in feedback_groups.followers(db, found.code) if other.state in feedback.FOLLOWED),
    ]


def receipt(
    context: Context, found: Feedback, office: Office, key: str = "officer.feedback_done", *, told: str = ""
) -> None:
    """Tell the officer that it is done and whether its author knows, and offer what waits next."""
    values = {"code": found.code, "state": news.state_name(office, found), "told": told}
    inbox = Choice("inbox", office.catalogue.label("open_inbox"))
    own = {row.unit_id for row in context.appointments if Right.ANSWER in appointments.rights_of(row)}
    waiting = [one for one in feedback.waiting(context.db, own, 2) if one.code != found.code]
    if not waiting:
        context.said.append(Say(key, values, (inbox,), "menu"))
        return
    following = Choice("open", office.catalogue.label("caring.next"))
    context.said.append(Say(key, values, (following, inbox), f"{news.DESK}@{waiting[0].code}"))
