"""What an officer sees of duties in the chat: the list of one's own, one with its progress, done, what hinders."""

from __future__ import annotations

from datetime import datetime

from handlers.actors import NoRight
from handlers.chat import reached
from handlers.chat.context import Context
from handlers.duties import acts as duties
from handlers.duties import days as duty_dates
from handlers.duties import desk
from handlers.duties.desk import Hindered, Owing
from handlers.errors import Refusal
from handlers.flows import desk_notes
from handlers.flows.form import Draft
from handlers.office import local_day
from handlers.reaching import promises
from handlers.reaching.reach import What
from handlers.revisions import Changed
from messages.types import Choice, Say


def show_mine(context: Context) -> None:
    """What the units one holds a role for still owe, the most urgent first."""
    if not context.appointments:
        context.say("common.no_right", contact=context.office.contact)
        return
    owing = desk.owing(context.db, context.actor, context.now)
    shown = owing[: desk.LISTED]
    today = local_day(context.now)
    rows = [(_title(one), one.unit.name, _due(one), duty_dates.days_left(_due(one), today)) for one in shown]
    words = context.office.catalogue.text
    choices = tuple(
        Choice(f"{one.matter.duty_id}.{one.unit_id}", words("officer.duty_choice", {"number": number}))
        for number, one in enumerate(shown, 1)
    )
    reached.count(context)
    below = desk.late_below(context.db, context.actor, context.now)
    if below:
        context.say("officer.duties_below", rows=[(one.title, one.due_at, one.late, one.units) for one in below])
        for hindered in desk.hindered_below(context.db, context.actor, context.now):
            _show_obstacles(context, hindered)
    if rows or not below:
        key = "officer.duties" if rows else "officer.duties_none"
        values = {"rows": rows, "more": len(owing) - len(shown)} if rows else {"span": _span(context)}
        context.said.append(Say(key, values, choices, "duties" if choices else ""))


def press(context: Context, where: str, key: str) -> None:
    """A button: `where` is `DUTY.UNIT.REVISION` of a reminder, `DUTY.UNIT` of the list or of a typed word; any other
    unit's duty is as good as not there.
    """
    try:
        duty_id, unit_id, seen = _ids(where)
        found = desk.find(context.db, context.actor, duty_id, unit_id, context.now)
    except Refusal as refusal:
        context.refused(refusal)
        return
    try:
        if found.done is not None or key == "duty_done":
            _finish(context, found, seen if found.done is None else None)
        elif key == "snooze":
            _put_off(context, found, seen)
        elif key == "obstacle":
            answers = {"where": f"{duty_id}.{unit_id}", "duty": _title(found), "unit": found.unit.name}
            context.talk.begin(Draft(desk_notes.OBSTACLE.name, context.office.new_id(), answers))
        else:
            _show(context, found, moved=False)
    except Changed as refusal:
        context.refused(refusal)
        _show(context, found, moved=True)


def report_obstacle(context: Context, where: str, text: str) -> None:
    """What keeps a unit from doing its duty."""
    try:
        duty_id, unit_id, _ = _ids(where)
        done = duties.report_obstacle(
            context.db, context.office, context.actor, duty_id, unit_id, text, now=context.now
        )
    except Refusal as refusal:
        context.refused(refusal)
        context.give_back(None, text)
        return
    contact = context.office.contact
    context.say("officer.obstacle_done", duty=_title(done.owing), above=done.above, contact=contact)


def _show(context: Context, owing: Owing, *, moved: bool) -> None:
    reminder = duties.reminder(context.db, context.office, owing.matter, owing.unit, context.my_id, moved=moved)
    context.said.append(reminder)
    _show_obstacles(context, desk.hindered(context.db, owing))


def _show_obstacles(context: Context, found: Hindered) -> None:
    """What units reported that keeps them from one duty."""
    rows = [(one.at, unit, one.text) for one, unit in found.obstacles]
    if rows:
        context.say("officer.obstacles", duty=found.title, rows=rows)


def _finish(context: Context, owing: Owing, seen: int | None) -> None:
    """The first mark stays: whoever presses again is told when it was made."""
    kept = duties.finish(
        context.db,
        context.office,
        context.actor,
        owing.matter.duty_id,
        owing.unit_id,
        now=context.now,
        seen=seen,
    )
    context.say("officer.duty_done", unit=owing.unit.name, duty=_title(owing), at=kept.at)


def _put_off(context: Context, owing: Owing, seen: int | None) -> None:
    until = duties.put_off(context.db, context.actor, owing.matter.duty_id, owing.unit_id, now=context.now, seen=seen)
    context.say("officer.duty_snoozed", duty=_title(owing), at=duty_dates.instant(until), span=_span(context))


def _ids(where: str) -> tuple[int, int, int | None]:
    """The duty, the unit, and the revision that was shown where one was."""
    duty_id, _, rest = where.partition(".")
    unit_id, _, revision = rest.partition(".")
    if not (duty_id.isdecimal() and unit_id.isdecimal()):
        raise NoRight("officer.duty_not_yours")
    return int(duty_id), int(unit_id), int(revision) if revision.isdecimal() else None


def _title(owing: Owing) -> str:
    return owing.matter.duty.title


def _due(owing: Owing) -> datetime:
    return owing.matter.duty.due_at


def _span(context: Context) -> str:
    return promises.here(context.office, context.inbound.address, What.OFFICER)
