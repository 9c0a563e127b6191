"""Numbers in the chat: how one's units and those below stand, who has sent nothing, setting targets (F10)."""

from __future__ import annotations

from handlers.chat.context import Context
from handlers.chat.initiatives import inbox
from handlers.errors import Refusal
from handlers.flows import desk_notes
from handlers.initiatives import purview, quotas, standings
from handlers.initiatives.selection import QUESTION
from messages.types import Choice, Say
from storage import programmes, targets, units
from storage.tables import Kind, Programme, Right, Unit

LISTED = 10
SILENT = 12
"""As many units that sent nothing are named in one message."""


def report(context: Context) -> None:
    """For each of one's units and each programme that runs: its own numbers, the table of the units below."""
    own = [
        unit_id
        for unit_id in inbox.own_units(context)
        if Right.REPORT in purview.desk_rights(context.db, context.actor, unit_id, context.now)
    ]
    if not own:
        context.say("common.no_right", contact=context.office.contact)
        return
    said = len(context.said)
    for unit_id in own:
        unit = units.by_id(context.db, unit_id)
        assert unit is not None
        for programme in quotas.programmes_of(context.db):
            if programme.opens_at <= context.now:
                _report_of(context, unit, programme)
        for programme in programmes.every(context.db):
            if programme.kind != Kind.INITIATIVE and not programme.hidden and programme.opens_at <= context.now:
                _numbers_of(context, unit, programme)
    if len(context.said) == said:
        context.say("standings.nothing")


def _numbers_of(context: Context, unit: Unit, programme: Programme) -> None:
    """How many were proposed for the awards of a campaign, where anything was."""
    numbers = [(row.title, row.count, row.planned) for row in quotas.standings(context.db, programme, unit)]
    if any(count for _, count, _ in numbers):
        context.say("standings.numbers", unit=unit.name, programme=programme.name, numbers=numbers)


def _report_of(context: Context, unit: Unit, programme: Programme) -> None:
    assert unit.id is not None
    assert programme.id is not None
    table = standings.league(context.db, programme, unit, context.now)
    own = standings.of(context.db, programme, unit, targets.of(context.db, programme.id, unit.id))
    numbers = [(row.title, row.count, row.planned) for row in quotas.standings(context.db, programme, unit)]
    if not (own.handed_in or own.target or any(count for _, count, _ in numbers)):
        return
    silent = standings.silent(table)
    values = {
        "unit": unit.name,
        "programme": programme.name,
        "own": (own.handed_in, own.recognised, own.sent, own.target),
        "numbers": numbers,
        "rows": [
            (place.unit.name, place.handed_in, place.target, place.recognised, place.sent)
            for place in table
            if place.handed_in or place.target
        ][:LISTED],
        "silent": [one.name for one in silent[:SILENT]],
        "more": max(0, len(silent) - SILENT),
    }
    rights = purview.desk_rights(context.db, context.actor, unit.id, context.now)
    words = context.office.catalogue.label("targets")
    choices = (Choice("targets", words, words),) if table and Right.SELECT in rights else ()
    question = f"{QUESTION}@{unit.id}.{programme.id}" if choices else ""
    context.said.append(Say("standings.table", values, choices, question))


def ask_targets(context: Context, unit_id: int, programme_id: int) -> None:
    """How many the units below are to hand in."""
    unit, programme = units.by_id(context.db, unit_id), programmes.by_id(context.db, programme_id)
    if unit is None or programme is None:
        context.say("quota.not_yours")
        return
    try:
        below = quotas.below(context.db, context.actor, unit_id, context.now)
    except Refusal as refusal:
        context.refused(refusal)
        return
    answers = {
        "unit_id": unit_id,
        "programme_id": programme_id,
        "unit": unit.name,
        "programme": programme.name,
        "example": below[0].code,
    }
    inbox.begin(context, desk_notes.SET_TARGETS.name, answers)


def set_targets(context: Context, unit_id: int, programme_id: int, typed: str) -> None:
    """Numbers for the units below, as typed; what was not understood is said back."""
    wishes, unread = quotas.read_targets(context.db, unit_id, typed, context.now)
    counts = {wish.unit.id: wish.count for wish in wishes if wish.unit.id is not None}
    try:
        total = quotas.allocate(context.db, context.actor, programme_id, unit_id, counts, now=context.now)
    except Refusal as refusal:
        context.refused(refusal)
        return
    values = {
        "units": len(counts),
        "total": total,
        "rows": [(wish.unit.name, wish.count) for wish in wishes[:LISTED]],
        "more": max(0, len(wishes) - LISTED),
        "unread": unread[:LISTED],
    }
    context.said.append(Say("quota.done", values))
