"""The inbox of an officer: what waits at each of their desks, taking in several at once, finding something (F9).

A card and what is pressed under it stand in handlers/chat/initiatives/officers.py; feedback is listed by its own desk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from handlers.chat.context import Context
from handlers.chat.feedback import desk as feedback_desk
from handlers.errors import Refusal
from handlers.feedback import readers
from handlers.flows import desk_notes
from handlers.flows.form import Draft
from handlers.initiatives import assigning, purview
from handlers.initiatives import life as initiative_life
from handlers.initiatives.life import Act, Moved
from handlers.office import Office, local_day
from handlers.reaching import promises, waiting
from handlers.reaching.reach import What
from handlers.text.readers import fold
from messages.types import Choice, Say
from storage import assignments, desks, programmes, submissions, units, untold
from storage.database import Transaction
from storage.tables import Right, State, Submission, Unit
from storage.untold import Untold

LISTED = 8
BATCH = 50
"""As many as one press takes in: the writer is not held for longer."""
PICKED = 10
"""As many as one can choose from by number."""
PRESSING = timedelta(days=3)
"""This long before its programme closes, an initiative comes first."""
EXCERPT = 40
SEEN_BY = desks.OF_INITIATIVES | {Right.ANSWER}
"""Either of these opens the list of whom nothing has reached."""


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
    waiting = waiting_at(context.db, unit.id, context.my_id, context.now)[:LISTED]
    tools = _tools(context, unit.id)
    voices, number = heard or ((), 0)
    if not waiting and heard is not None:
        context.said[-1] = replace(context.said[-1], choices=(*voices, *tools), question="inbox")
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
        "heard": number,
        "items": rows(context, waiting, unit.id),
    }
    choices = (*(Choice(record.code, record.code) for record in waiting), *voices, *tools)
    context.said.append(Say("officer.inbox", values, choices, "inbox"))


def waiting_at(db: Transaction, unit_id: int, actor_id: int, now: datetime) -> list[Submission]:
    """What waits at a desk: of programmes about to close first, then the oldest. Nothing to whom it is not trusted."""
    if not purview.desk_rights(db, actor_id, unit_id, now) & desks.OF_INITIATIVES:
        return []
    soon = {row.id for row in programmes.all_open(db, now) if row.closes_at <= now + PRESSING}
    found = [*desks.received(db, unit_id, now, BATCH), *desks.sent_up(db, unit_id, now, BATCH)]
    return sorted(found, key=lambda record: (record.programme_id not in soon, record.sent_at, record.id))


def rows(context: Context, records: Sequence[Submission], unit_id: int) -> list[tuple[str, str, str, datetime, str]]:
    """Lines of a list: code, state, unit, when it was sent, who deals with it."""
    given = assignments.among(context.db, [record.id for record in records if record.id is not None])
    people = assigning.colleagues(context.db, unit_id, context.now) if given else {}
    return [
        (
            record.code,
            record.state,
            unit_name(context.db, record),
            record.sent_at,
            people.get(given.get((record.id or 0, unit_id), 0), ""),
        )
        for record in records
    ]


def unit_name(db: Transaction, record: Submission) -> str:
    """The author's unit, as picked or as typed."""
    unit = units.by_id(db, record.unit_id) if record.unit_id else None
    return unit.name if unit else record.other_unit or ""


def _tools(context: Context, unit_id: int) -> tuple[Choice, ...]:
    """What may be done beside opening one: take in all that is new, or some, look for one, the lists, the sentences."""
    label = context.office.catalogue.label
    rights = purview.desk_rights(context.db, context.my_id, unit_id, context.now)
    made = []
    fresh = desks.new(context.db, unit_id, context.now)[:BATCH] if Right.RECEIVE in rights else []
    if len(fresh) > 1:
        stamp = max(record.id or 0 for record in fresh)
        words = context.office.catalogue.text("inbox.receive_all", {"count": len(fresh)})
        made += [Choice(f"receive_all.{unit_id}.{stamp}", words), Choice(f"pick.{unit_id}", label("pick"))]
    if rights & {Right.SELECT, Right.FORWARD}:
        made.append(Choice(f"chosen.{unit_id}", label("chosen")))
    if _untold(context, unit_id, 1):
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
            fresh = [row.code for row in desks.new(context.db, unit_id, context.now) if (row.id or 0) <= stamp]
            receive(context, fresh[:BATCH])
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
    unit = units.by_id(context.db, unit_id)
    if unit is None or not purview.desk_rights(context.db, context.my_id, unit_id, context.now) & SEEN_BY:
        context.say("officer.not_yours")
        return
    found = _untold(context, unit_id, LISTED + 1)
    if not found:
        context.say("inbox.untold_nobody", unit=unit.name)
        return
    rows = [(one.code, one.name, one.phone, one.reason, one.since) for one in found[:LISTED]]
    choices = tuple(Choice(one.code, one.code) for one in found[:LISTED])
    values = {"unit": unit.name, "rows": rows, "more": len(found) > LISTED}
    context.said.append(Say("inbox.untold", values, choices, "inbox"))


def _untold(context: Context, unit_id: int, most: int) -> list[Untold]:
    """What officers may see of it by the rights they hold at this desk; who has waited longest first."""
    rights = purview.desk_rights(context.db, context.my_id, unit_id, context.now)
    found: list[Untold] = []
    if rights & desks.OF_INITIATIVES:
        found += untold.initiatives(context.db, [unit_id], waiting.REASONS_AND_GONE, most)
    if readers.desk_of(context.db, unit_id, context.now) in context.actor.units(Right.ANSWER):
        found += untold.feedback(context.db, [unit_id], waiting.REASONS_AND_GONE, most)
    return sorted(found, key=lambda one: one.since)[:most]


def _pick(context: Context, unit_id: int) -> None:
    if Right.RECEIVE not in purview.desk_rights(context.db, context.my_id, unit_id, context.now):
        context.say("officer.not_yours")
        return
    fresh = desks.new(context.db, unit_id, context.now)[:PICKED]
    if not fresh:
        show(context)
        return
    begin_pick(context, "receive", fresh)


def begin_pick(context: Context, what: str, records: Sequence[Submission]) -> None:
    """Ask which of a list; its numbers are answered by `what`."""
    items = [[record.code, unit_name(context.db, record), excerpt(record)] for record in records]
    answers = {"what": what, "items": items}
    context.talk.begin(Draft(desk_notes.PICK.name, context.office.new_id(), answers))


def excerpt(record: Submission) -> str:
    """The first words of an initiative, on one line."""
    words = " ".join((record.text or "").split())
    return words if len(words) <= EXCERPT else f"{words[:EXCERPT].rstrip()}…"


def receive(context: Context, codes: Sequence[str]) -> None:
    """Take several in; what somebody else took in meanwhile is left alone."""
    done = receive_all(context.db, context.office, codes, actor_id=context.my_id, now=context.now)
    label = context.office.catalogue.label
    choices = (Choice("inbox", label("open_inbox")),)
    told = promises.all_words(context.office, [one.told for one in done if one.told is not None])
    values = {"count": len(done), "left": len(codes) - len(done), "told": told}
    context.said.append(Say("inbox.received", values, choices, "menu"))


def receive_all(db: Transaction, office: Office, codes: Sequence[str], *, actor_id: int, now: datetime) -> list[Moved]:
    """Take in every one of these that is new and on the actor's desk; which were. Each author is told."""
    done = []
    for code in codes:
        try:
            record, place = purview.take(db, code, actor_id, now)
        except Refusal:
            continue
        if Act.RECEIVE not in purview.open_acts(db, record, place):
            continue
        moved = initiative_life.move(db, office, record, Act.RECEIVE, unit_id=place.unit_id, actor_id=actor_id, now=now)
        if moved is not None:
            done.append(moved)
    return done


def search(context: Context, words: str) -> None:
    """Initiatives on one's own desks that have all these words in code, author, unit or text; the newest first."""
    found = find(context.db, own_units(context), words, actor_id=context.my_id, now=context.now)
    if not found:
        context.say("inbox.search_nothing", words=words)
        return
    shown = found[:LISTED]
    items = [(record.code, record.state, unit_name(context.db, record), record.sent_at) for record in shown]
    values = {"words": words, "items": items, "more": len(found) - len(shown)}
    choices = tuple(Choice(record.code, record.code) for record in shown)
    context.said.append(Say("inbox.found", values, choices, "inbox"))


def find(db: Transaction, unit_ids: Sequence[int], words: str, *, actor_id: int, now: datetime) -> list[Submission]:
    """The initiatives on these desks that have all the words, marks and case aside."""
    wanted = fold(words).split()
    found: dict[int, Submission] = {}
    for unit_id in unit_ids:
        if not purview.desk_rights(db, actor_id, unit_id, now) & desks.OF_INITIATIVES:
            continue
        for record in desks.every(db, unit_id, now):
            text = fold(f"{record.code} {record.full_name or ''} {unit_name(db, record)} {record.text or ''}")
            if record.id is not None and all(word in text for word in wanted):
                found[record.id] = record
    return sorted(found.values(), key=lambda record: (record.sent_at, record.id or 0), reverse=True)


def begin(context: Context, form: str, answers: dict[str, object]) -> None:
    """Ask for what is to be typed."""
    context.talk.begin(Draft(form, context.office.new_id(), answers))


def offer_next(context: Context, done: Submission) -> None:
    """Offer what waits next, of all one's desks; what a colleague deals with is left to them."""
    label = context.office.catalogue.label
    choices = (Choice("open", label("open_item")), Choice("inbox", label("open_inbox")))
    for unit_id in own_units(context):
        for record in waiting_at(context.db, unit_id, context.my_id, context.now):
            given = assigning.holder(context.db, record, unit_id, context.now)
            if record.id != done.id and (given is None or given[0] == context.my_id):
                values = {"code": record.code, "unit": unit_name(context.db, record), "done": done.code}
                context.said.append(Say("officer.next", values, choices, f"item@{record.code}"))
                return
    context.said.append(Say("officer.none_next", {"done": done.code}, choices, f"item@{done.code}"))
