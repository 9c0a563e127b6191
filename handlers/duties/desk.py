"""What an officer sees of duties in the chat: the list of one's own, one with its progress, done, remind me again."""

from __future__ import annotations

from datetime import datetime

from handlers.context import Context
from handlers.duties import acts as duties
from handlers.duties import days as duty_dates
from handlers.office import local_day
from handlers.reaching import unreached
from messages.types import Choice, Say
from storage import appointments, climbs, units
from storage import duties as stored
from storage.duties import Matter, Owed
from storage.tables import Right, Unit

LISTED = 8


def show_mine(context: Context) -> None:
    """What the units one holds a role for still owe, the most urgent first."""
    if not context.appointments:
        context.say("common.no_right", contact=context.office.contact)
        return
    owing = _mine(context)
    shown = owing[:LISTED]
    today = local_day(context.now)
    rows = [
        (matter.duty.title, unit.name, matter.duty.due_at, duty_dates.days_left(matter.duty.due_at, today))
        for matter, unit in shown
    ]
    words = context.office.catalogue.text
    choices = tuple(
        Choice(f"{matter.duty_id}.{unit.id}", words("officer.duty_choice", {"number": number}))
        for number, (matter, unit) in enumerate(shown, 1)
    )
    context.said += unreached.counted(context)
    if below := _late_below(context):
        context.say("officer.duties_below", rows=below)
    if rows or not below:
        key = "officer.duties" if rows else "officer.duties_none"
        values = {"rows": rows, "more": len(owing) - len(shown)} if rows else {}
        context.said.append(Say(key, values, choices, "duties" if choices else ""))


def _mine(context: Context) -> list[tuple[Matter, Unit]]:
    known = (units.by_id(context.db, unit_id) for unit_id in _reporting(context))
    own = [unit for unit in known if unit is not None]
    return [
        (matter, unit)
        for matter in duties.current(context.db, context.now)
        for unit in own
        if stored.is_owed_by(context.db, matter, unit) and not stored.done(context.db, matter.duty_id, unit.id or 0)
    ]


def _reporting(context: Context) -> list[int]:
    """The units one holds a role for that has to do with duties."""
    return sorted({row.unit_id for row in context.appointments if Right.REPORT in appointments.rights_of(row)})


def _late_below(context: Context) -> list[tuple[str, datetime, int, int]]:
    """What units below one's own have not done in time: what, by when, how many of how many."""
    own, found = _reporting(context), []
    for matter in climbs.overdue(
        context.db, context.now - duty_dates.KEPT, today=local_day(context.now), now=context.now
    ):
        late, all_ = climbs.count(context.db, matter, own)
        if late:
            found.append((matter.duty.title, matter.duty.due_at, late, all_))
    return found[-LISTED:]


def press(context: Context, where: str, key: str) -> None:
    """A button: `where` is `DUTY.UNIT`, of a reminder or of the list; any other unit's duty is as good as not there."""
    found = _found(context, where)
    if found is None:
        context.say("officer.duty_not_yours")
        return
    matter, unit = found
    assert unit.id is not None
    if stored.done(context.db, matter.duty_id, unit.id) is not None or key == "duty_done":
        _finish(context, matter, unit)
    elif key == "snooze":
        owed = Owed(unit.id, context.my_id)
        until = duties.put_off(context.db, matter.duty_id, owed, actor=context.actor, now=context.now)
        context.say("officer.duty_snoozed", duty=matter.duty.title, at=duty_dates.instant(until))
    else:
        context.said.append(
            duties.reminder(context.db, context.office, matter, unit, context.my_id, moved=False),
        )


def _found(context: Context, where: str) -> tuple[Matter, Unit] | None:
    duty_id, _, unit_id = where.partition(".")
    if not (duty_id.isdecimal() and unit_id.isdecimal()):
        return None
    if not context.actor.may(context.db, Right.REPORT, int(unit_id)):
        return None
    today = local_day(context.now)
    matter = stored.matter(context.db, int(duty_id), today=today, now=context.now)
    unit = units.by_id(context.db, int(unit_id))
    if matter is None or unit is None or not stored.is_owed_by(context.db, matter, unit):
        return None
    return matter, unit


def _finish(context: Context, matter: Matter, unit: Unit) -> None:
    """The first mark stays: whoever presses again is told when it was made."""
    assert unit.id is not None
    owed = Owed(unit.id, context.my_id)
    kept = duties.finish(context.db, context.office, matter.duty_id, owed, actor=context.actor, now=context.now)
    context.say("officer.duty_done", unit=unit.name, duty=matter.duty.title, at=kept.at)
