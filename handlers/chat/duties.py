"""What an officer sees of duties in the chat: the list of one's own, one with its progress, done, what hinders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from handlers import notices
from handlers.chat.context import Context
from handlers.duties import acts as duties
from handlers.duties import days as duty_dates
from handlers.flows import desk_notes
from handlers.flows.form import Draft
from handlers.office import local_day
from handlers.reaching import promises, reach, unreached
from handlers.reaching.reach import What
from messages.types import Choice, Say
from storage import appointments, climbs, units
from storage import duties as stored
from storage.duties import Matter, Owed
from storage.tables import DutyObstacle, Right, Unit

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
        _show_obstacles_below(context)
    if rows or not below:
        key = "officer.duties" if rows else "officer.duties_none"
        values = {"rows": rows, "more": len(owing) - len(shown)} if rows else {"span": _span(context)}
        context.said.append(Say(key, values, choices, "duties" if choices else ""))


def _span(context: Context) -> str:
    return promises.here(context.office, context.inbound.address, What.OFFICER)


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


def _show_obstacles_below(context: Context) -> None:
    """What units below reported of the duties that are late."""
    own, since = _reporting(context), context.now - duty_dates.KEPT
    for matter in climbs.overdue(context.db, since, today=local_day(context.now), now=context.now):
        _show_obstacles(context, matter, stored.obstacles_below(context.db, matter.duty_id, own, LISTED))


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
        at = duty_dates.instant(until)
        context.say("officer.duty_snoozed", duty=matter.duty.title, at=at, span=_span(context))
    elif key == "obstacle":
        answers = {"where": where, "duty": matter.duty.title, "unit": unit.name}
        context.talk.begin(Draft(desk_notes.OBSTACLE.name, context.office.new_id(), answers))
    else:
        context.said.append(
            duties.reminder(context.db, context.office, matter, unit, context.my_id, moved=False),
        )
        _show_obstacles(context, matter, stored.obstacles(context.db, matter.duty_id, unit.id, LISTED))


def report_obstacle(context: Context, where: str, text: str) -> None:
    """Keep what keeps a unit from doing its duty, and tell the nearest level above that has an officer."""
    found = _found(context, where)
    if found is None:
        context.say("officer.duty_not_yours")
        context.give_back(None, text)
        return
    matter, unit = found
    assert unit.id is not None
    stored.report_obstacle(context.db, matter.duty_id, Owed(unit.id, context.my_id), text, context.now)
    values = {"unit": unit.name, "duty": matter.duty.title, "due": matter.duty.due_at, "words": text}
    say = Say("officer.obstacle", {**values, "name": context.me.name or "", "phone": context.me.phone})
    above = _tell_above(context, unit, say)
    context.say("officer.obstacle_done", duty=matter.duty.title, above=above, contact=context.office.contact)


def _tell_above(context: Context, unit: Unit, say: Say) -> str:
    """Tell who serves the nearest unit above; its name, empty where nobody could be told."""
    day = local_day(context.now)
    for above in units.ancestors(context.db, unit.id or 0):
        serving = appointments.serving(context.db, above.id or 0, Right.REPORT, now=context.now, day=day)
        morning = reach.opening(context.now, context.office.quiet_hours)
        told = [
            notices.push(
                context.db,
                context.office,
                member_id,
                say,
                topic="officer",
                once=None,
                now=context.now,
                due_at=morning,
            )
            for member_id in serving
            if member_id != context.my_id
        ]
        if any(told):
            return above.name
    return ""


def _show_obstacles(context: Context, matter: Matter, found: Sequence[DutyObstacle]) -> None:
    """What units reported that keeps them from one duty."""
    rows = [(one.at, _unit_name(context, one.unit_id), one.text) for one in found]
    if rows:
        context.say("officer.obstacles", duty=matter.duty.title, rows=rows)


def _unit_name(context: Context, unit_id: int) -> str:
    unit = units.by_id(context.db, unit_id)
    return unit.name if unit else ""


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
