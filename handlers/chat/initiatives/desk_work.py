"""What comes of what an officer typed in the inbox and over lists (handlers/flows/desk_notes.py), verb by verb."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from handlers.chat import duties as duty_desk
from handlers.chat.context import Context
from handlers.chat.initiatives import card as initiative_card
from handlers.chat.initiatives import inbox, selection_desk, standings_desk
from handlers.errors import Refusal
from handlers.flows import desk_notes
from handlers.flows.outcomes import DeskWork
from handlers.initiatives import canned, scoring
from messages.types import Choice, Say
from storage import units
from storage.tables import Purpose

Told = Mapping[str, Any]


def perform(context: Context, work: DeskWork) -> None:
    """Do what was typed."""
    VERBS[work.verb](context, work.told)


def _over(context: Context, told: Told) -> None:
    selection_desk.choose(context, told["code"], Purpose(told["purpose"]), seen=told["revision"], reason=told["reason"])


def _search(context: Context, told: Told) -> None:
    inbox.search(context, told["words"])


def _pick(context: Context, told: Told) -> None:
    if told["what"] == "receive":
        inbox.receive(context, told["codes"])
    else:
        selection_desk.choose_many(context, told["codes"])


def _score(context: Context, told: Told) -> None:
    db, office, code = context.db, context.office, told["code"]
    try:
        record, points = scoring.give(db, office, context.actor, code, told["points"], now=context.now)
    except Refusal as refusal:
        initiative_card.refused(context, refusal)
        return
    values = {
        "code": record.code,
        "total": sum(told["points"]),
        "points": (points.average, points.most, points.lowest, points.highest, points.appraisers),
    }
    label = context.office.catalogue.label
    choices = (Choice("open", label("open_item")), Choice("inbox", label("open_inbox")))
    context.said.append(Say("scoring.done", values, choices, f"item@{record.code}"))


def _targets(context: Context, told: Told) -> None:
    standings_desk.set_targets(context, told["unit_id"], told["programme_id"], told["lines"])


def _obstacle(context: Context, told: Told) -> None:
    duty_desk.report_obstacle(context, told["where"], told["text"])


# --- sentences that are used again ---


def show_canned(context: Context, unit_id: int) -> None:
    """The sentences a unit may use; its own may be dropped, new ones kept."""
    try:
        kept = canned.shown(context.db, context.actor, unit_id, context.now)
    except Refusal as refusal:
        context.refused(refusal)
        return
    unit = units.by_id(context.db, unit_id)
    label = context.office.catalogue.label
    values = {
        "unit": unit.name if unit else "",
        "rows": [(label(row.use), row.title, row.text[:120]) for row in kept],
    }
    own = (row for row in kept if row.unit_id == unit_id)
    words = context.office.catalogue.text
    dropping = (Choice(f"drop.{row.id}", words("canned.drop", {"title": row.title})[:40]) for row in own)
    choices = (Choice(f"add.{unit_id}", label("canned_add")), *dropping, Choice("inbox", label("open_inbox")))
    context.said.append(Say("canned.list", values, choices, "canned"))


def press_canned(context: Context, key: str) -> None:
    """Under the sentences: `add.UNIT`, `drop.NUMBER`."""
    verb, _, number = key.partition(".")
    if verb not in ("add", "drop") or not number.isdecimal():
        inbox.show(context)
        return
    if verb == "add":
        inbox.begin(context, desk_notes.CANNED.name, {"unit_id": int(number), "fields": canned.fields()})
        return
    try:
        row = canned.drop(context.db, context.actor, int(number), now=context.now)
    except Refusal as refusal:
        context.refused(refusal)
        return
    context.say("canned.dropped", title=row.title, text=row.text)
    show_canned(context, row.unit_id)


def _canned(context: Context, told: Told) -> None:
    unit_id, use, title, text = told["unit_id"], told["use"], told["title"], told["text"]
    try:
        row = canned.add(context.db, context.actor, unit_id, use, title, text, now=context.now)
    except Refusal as refusal:
        context.refused(refusal)
        context.give_back(None, title, text)
        return
    context.say("canned.kept", title=row.title)
    show_canned(context, row.unit_id)


VERBS: Mapping[str, Callable[[Context, Told], None]] = {
    desk_notes.OVER.name: _over,
    desk_notes.SEARCH.name: _search,
    desk_notes.PICK.name: _pick,
    desk_notes.SCORE.name: _score,
    desk_notes.SET_TARGETS.name: _targets,
    desk_notes.OBSTACLE.name: _obstacle,
    desk_notes.CANNED.name: _canned,
}
