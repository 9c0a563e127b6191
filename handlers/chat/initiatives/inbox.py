"""The inbox of an officer: what waits at each of their desks, taking in several at once, finding something (F9).

A card and what is pressed under it stand in handlers/chat/initiatives/officers.py; feedback is listed by its own desk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from handlers.chat.context import Context
from handlers.chat.feedback import desk as feedback_desk
from handlers.errors import Refusal
from handlers.flows import desk_notes
from handlers.flows.form import Draft
from handlers.initiatives import assigning, authors, deciding, desk, purview
from handlers.office import local_day
from handlers.reaching import promises
from handlers.reaching.reach import What
from messages.types import Choice, Say
from storage import assignments, desks, submissions, units
from storage.tables import Right, State, Submission, Unit

LISTED = 8
PICKED = 10
"""As many as one can choose from by number."""
EXCERPT = 40


def show(context: Context) -> None:
    """What waits, the most urgent and the oldest first; the level above also sees how its units stand."""
    own = own_units(context)
    if not own:
        context.say("common.no_right", contact=context.office.contact)
        return
    for unit_id in own:
        unit = units.by_id(context.db, unit_id)
        assert unit is not None
        below = units.children(context.db, unit_id, local_day(context.now))
        if below:
            _overview(context, unit, below)
        _waiting(context, unit)


def own_units(context: Context) -> list[int]:
    """The units the member's roles are for."""
    return sorted({row.unit_id for row in context.appointments})


def _overview(context: Context, unit: Unit, below: list[Unit]) -> None:
    rows = []
    for child in below:
        assert child.id is not None
        tally = submissions.tally(context.db, child.id)
        waiting = sum(tally.get(state, 0) for state in submissions.WAITING)
        recognised = sum(tally.get(state, 0) for state in submissions.ACCEPTED)
        if tally:
            rows.append((child.name, waiting, recognised, sum(tally.values())))
    rows.sort(key=lambda row: (-row[1], -row[3], row[0]))
    if rows:
        context.say("officer.inbox_overview", unit=unit.name, rows=rows[:LISTED], more=max(0, len(rows) - LISTED))


def _waiting(context: Context, unit: Unit) -> None:
    assert unit.id is not None
    heard = feedback_desk.list_waiting(context, unit)
    waiting = desk.waiting(context.db, context.actor, unit.id, context.now)[:LISTED]
    tools = _tools(context, unit.id)
    if not waiting and heard:
        context.said[-1] = replace(context.said[-1], choices=(*heard, *tools), question="inbox")
        return
    if not waiting:
        span = promises.here(context.office, context.inbound.address, What.OFFICER)
        context.said.append(Say("officer.inbox_empty", {"unit": unit.name, "span": span}, tools, "inbox"))
        return
    counts = desks.count(context.db, unit.id, context.now)
    values = {
        "unit": unit.name,
        "waiting": sum(counts.values()),
        "new": counts.get(State.SENT, 0),
        "sent_up": counts.get(State.FORWARDED, 0),
        "heard": feedback_desk.counts(context, [unit.id]).all if heard else 0,
        "items": rows(context, waiting, unit.id),
    }
    choices = (*(Choice(record.code, record.code) for record in waiting), *heard, *tools)
    context.said.append(Say("officer.inbox", values, choices, "inbox"))


def rows(context: Context, records: Sequence[Submission], unit_id: int) -> list[tuple[str, str, str, datetime, str]]:
    """Lines of a list: code, state, unit, when it was sent, who deals with it."""
    given = assignments.among(context.db, [record.id for record in records if record.id is not None])
    people = assigning.colleagues(context.db, unit_id, context.now) if given else {}
    return [
        (
            record.code,
            record.state,
            authors.unit_name(context.db, record),
            record.sent_at,
            people.get(given.get((record.id or 0, unit_id), 0), ""),
        )
        for record in records
    ]


def _tools(context: Context, unit_id: int) -> tuple[Choice, ...]:
    """What may be done beside opening one: take in all that is new, or some, look for one, the lists, the sentences."""
    label = context.office.catalogue.label
    rights = purview.desk_rights(context.db, context.actor, unit_id, context.now)
    made = []
    fresh = desk.fresh(context.db, context.actor, unit_id, context.now)[: desk.BATCH]
    if len(fresh) > 1:
        stamp = max(record.id or 0 for record in fresh)
        words = context.office.catalogue.text("inbox.receive_all", {"count": len(fresh)})
        made += [Choice(f"receive_all.{unit_id}.{stamp}", words), Choice(f"pick.{unit_id}", label("pick"))]
    if rights & {Right.SELECT, Right.FORWARD}:
        made.append(Choice(f"chosen.{unit_id}", label("chosen")))
    if rights & desk.SEES_UNREACHED and desk.unreached(context.db, context.actor, unit_id, context.now, 1):
        made.append(Choice(f"untold.{unit_id}", label("untold")))
    made.append(Choice("search", label("search")))
    if Right.APPRAISE in rights:
        made.append(Choice(f"canned.{unit_id}", label("canned")))
    return tuple(made)


def press(context: Context, key: str) -> None:
    """A tool under the list: `receive_all.UNIT.STAMP`, `pick.UNIT`, `search`."""
    verb, *numbers = key.split(".")
    if not all(number.isdecimal() for number in numbers):
        context.say("common.old_button")
        return
    match verb, [int(number) for number in numbers]:
        case "receive_all", [unit_id, stamp]:
            fresh = desk.fresh(context.db, context.actor, unit_id, context.now)
            receive(context, [row.code for row in fresh if (row.id or 0) <= stamp][: desk.BATCH])
        case "pick", [unit_id]:
            _pick(context, unit_id)
        case "untold", [unit_id]:
            show_untold(context, unit_id)
        case "search", []:
            context.talk.begin(Draft(desk_notes.SEARCH.name, context.office.new_id()))
        case _:
            context.say("common.old_button")


def show_untold(context: Context, unit_id: int) -> None:
    """Authors who have not been told of a decision or an answer yet: why, since when, the number to call."""
    try:
        found = desk.unreached(context.db, context.actor, unit_id, context.now, LISTED + 1)
    except Refusal as refusal:
        context.refused(refusal)
        return
    unit = units.by_id(context.db, unit_id)
    assert unit is not None
    if not found:
        context.say("inbox.untold_nobody", unit=unit.name)
        return
    rows = [(one.code, one.name, one.phone, one.reason, one.since) for one in found[:LISTED]]
    choices = tuple(Choice(one.code, one.code) for one in found[:LISTED])
    values = {"unit": unit.name, "rows": rows, "more": len(found) > LISTED}
    context.said.append(Say("inbox.untold", values, choices, "inbox"))


def _pick(context: Context, unit_id: int) -> None:
    if Right.RECEIVE not in purview.desk_rights(context.db, context.actor, unit_id, context.now):
        context.say("officer.not_yours")
        return
    fresh = desk.fresh(context.db, context.actor, unit_id, context.now)[:PICKED]
    if not fresh:
        show(context)
        return
    begin_pick(context, "receive", fresh)


def begin_pick(context: Context, what: str, records: Sequence[Submission]) -> None:
    """Ask which of a list; its numbers are answered by `what`."""
    items = [[record.code, authors.unit_name(context.db, record), excerpt(record)] for record in records]
    answers = {"what": what, "items": items}
    context.talk.begin(Draft(desk_notes.PICK.name, context.office.new_id(), answers))


def excerpt(record: Submission) -> str:
    """The first words of an initiative, on one line."""
    words = " ".join((record.text or "").split())
    return words if len(words) <= EXCERPT else f"{words[:EXCERPT].rstrip()}…"


def receive(context: Context, codes: Sequence[str]) -> None:
    """Take several in; what somebody else took in meanwhile is left alone."""
    done = deciding.receive_many(context.db, context.office, context.actor, codes, now=context.now)
    label = context.office.catalogue.label
    choices = (Choice("inbox", label("open_inbox")),)
    told = promises.all_words(context.office, [one.told for one in done if one.told is not None])
    values = {"count": len(done), "left": len(codes) - len(done), "told": told}
    context.said.append(Say("inbox.received", values, choices, "menu"))


def search(context: Context, words: str) -> None:
    """Initiatives on one's own desks that have all these words in code, author, unit or text; the newest first."""
    found = desk.find(context.db, context.actor, own_units(context), words, context.now)
    if not found:
        context.say("inbox.search_nothing", words=words)
        return
    shown = found[:LISTED]
    items = [(record.code, record.state, authors.unit_name(context.db, record), record.sent_at) for record in shown]
    values = {"words": words, "items": items, "more": len(found) - len(shown)}
    choices = tuple(Choice(record.code, record.code) for record in shown)
    context.said.append(Say("inbox.found", values, choices, "inbox"))


def begin(context: Context, form: str, answers: dict[str, object]) -> None:
    """Ask for what is to be typed."""
    context.talk.begin(Draft(form, context.office.new_id(), answers))


def offer_next(context: Context, done: Submission) -> None:
    """Offer what waits next, of all one's desks; what a colleague deals with is left to them."""
    label = context.office.catalogue.label
    choices = (Choice("open", label("open_item")), Choice("inbox", label("open_inbox")))
    for unit_id in own_units(context):
        for record in desk.waiting(context.db, context.actor, unit_id, context.now):
            given = assigning.holder(context.db, record, unit_id, context.now)
            if record.id != done.id and (given is None or given[0] == context.my_id):
                values = {"code": record.code, "unit": authors.unit_name(context.db, record), "done": done.code}
                context.said.append(Say("officer.next", values, choices, f"item@{record.code}"))
                return
    context.said.append(Say("officer.none_next", {"done": done.code}, choices, f"item@{done.code}"))
