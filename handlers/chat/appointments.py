"""Who serves one's units, in the chat: the list, one role with what may be done about it, a code, an absence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import Any

from handlers import actors
from handlers.chat import menu, reached
from handlers.chat.context import Context
from handlers.duties import dates
from handlers.errors import Refusal
from handlers.flows import appointments as forms
from handlers.flows.form import Draft
from handlers.office import local_day
from handlers.people import appointments, pairing
from messages.dates import last_day_of
from messages.types import Choice, Say
from storage import appointments as stored
from storage import units
from storage.appointments import Held
from storage.tables import Right, Role, Unit

LISTED = 20
"""As many roles as one message lists; who wants more names a unit."""
OFFERED = 6
QUESTION = "people"


class TurnPeopleDesk:
    """`handlers.flows.people_world.PeopleDesk` for one turn."""

    longest_absence = appointments.LONGEST_ABSENCE.days

    def __init__(self, context: Context) -> None:
        self._context = context

    @cached_property
    def _own(self) -> list[Unit]:
        own = (units.by_id(self._context.db, row.unit_id) for row in self._context.appointments)
        return sorted({unit.id: unit for unit in own if unit is not None}.values(), key=lambda unit: unit.code)

    def units(self) -> tuple[Choice, ...]:
        """The member's own units, by code."""
        return tuple(Choice(unit.code, unit.name) for unit in self._own[:OFFERED])

    def roles(self, code: str) -> tuple[str, ...]:
        """What the member may make of somebody at a unit; nothing: not theirs, or there is no such unit."""
        unit = self._unit(code)
        if unit is None:
            return ()
        context = self._context
        wanted = (Role.OFFICER, Role.STAFF, Role.ADMIN)
        given = (role for role in wanted if appointments.may_grant(context.db, context.actor, unit, role))
        return tuple(role.value for role in given)

    def unit_name(self, code: str) -> str:
        """A unit's name."""
        unit = self._unit(code)
        return unit.name if unit else code

    def held(self, appointment_id: int) -> Mapping[str, Any]:
        """One role in words."""
        found = stored.held(self._context.db, appointment_id, self._context.now)
        return _told(found) if found else {"name": "", "role": "officer", "unit": "", "deputy": False}

    def is_unnamed(self, code: str) -> bool:
        """Whether a code would make an officer, here and now, of a member whose name we do not know."""
        context = self._context
        here = context.me.name is None and actors.carries_roles(context.inbound.address)
        return here and pairing.is_good(context.db, code, context.now)

    def last_day(self, typed: str) -> date | None:
        """The last day of an absence, as typed, if it may be one."""
        bound = dates.read_bound(typed, self._context.now)
        if bound is None:
            return None
        day = last_day_of(bound)
        today = local_day(self._context.now)
        return day if today <= day <= today + appointments.LONGEST_ABSENCE else None

    def _unit(self, code: str) -> Unit | None:
        unit = units.by_code(self._context.db, code)
        return unit if unit and units.is_valid(unit, local_day(self._context.now)) else None


def show(context: Context) -> None:
    """Who serves one's units and those below, the own ones first."""
    if not context.appointments:
        context.say("common.no_right", contact=context.office.contact)
        return
    found = _visible(context)
    today = local_day(context.now)
    absent = stored.absent_on(context.db, [one.appointment.member_id for one in found], today)
    rows = [(*_told(one).values(), one.appointment.member_id in absent) for one in found[:LISTED]]
    words = context.office.catalogue
    mine = stored.absence(context.db, context.my_id, today) is not None
    choices = [
        *(
            Choice(f"r{one.appointment.id}", words.text("people.choice", {"number": number}))
            for number, one in enumerate(found[:OFFERED], 1)
        ),
        Choice("invite", words.label("invite")),
        Choice("back_at_work" if mine else "away", words.label("back_at_work" if mine else "away")),
    ]
    values = {"rows": rows, "more": max(0, len(found) - LISTED)}
    reached.name(context)
    menu.offer(context, Say("people.list", values, tuple(choices), QUESTION))


def press(context: Context, key: str) -> None:
    """A button under the list or under one role; a form that it opens is put by the caller."""
    if not context.appointments:
        context.say("common.no_right", contact=context.office.contact)
    elif key == "invite":
        context.talk.begin(Draft(forms.INVITE.name, context.office.new_id()))
    elif key == "away":
        context.talk.begin(Draft(forms.AWAY.name, context.office.new_id()))
    elif key == "back_at_work":
        back = appointments.come_back(context.db, context.my_id, context.now)
        context.say("people.back" if back else "people.not_away")
    elif (found := _pressed(context, key)) is not None:
        context.talk.begin(Draft(forms.END.name, context.office.new_id(), {"appointment": found.appointment.id}))
    else:
        context.say("people.ended_before")


def invite(context: Context, code: str, role: str, *, deputy: bool) -> None:
    """A one-time code, shown once to who asked for it."""
    try:
        shown, expires = appointments.invite(
            context.db,
            unit_code=code,
            role=role,
            deputy=deputy,
            rights=None,
            chance=context.office.chance,
            actor=context.actor,
            now=context.now,
        )
    except Refusal as refusal:
        context.say(refusal.key, **refusal.values)
        return
    name = TurnPeopleDesk(context).unit_name(code)
    context.say("people.code", code=shown, unit=name, role=role, deputy=deputy, due=expires)


def end(context: Context, appointment_id: int) -> None:
    """A role ends now."""
    try:
        found = appointments.end(context.db, context.office, appointment_id, actor=context.actor, now=context.now)
    except Refusal as refusal:
        context.say(refusal.key, **refusal.values)
        return
    context.say("people.ended", **_told(found))


def go_away(context: Context, last: date) -> None:
    """Away to the end of a day."""
    if not context.appointments:
        context.say("common.no_right", contact=context.office.contact)
        return
    appointments.go_away(context.db, context.my_id, last=last, now=context.now)
    own = {row.unit_id for row in context.appointments}
    alone = not any(_others_serve(context, unit_id) for unit_id in own)
    context.say("people.away", last=last, alone=alone)


def _others_serve(context: Context, unit_id: int) -> bool:
    """Whether anybody but this member hears of what is new at a unit while they are away."""
    today = local_day(context.now)
    hearing = stored.serving(context.db, unit_id, Right.RECEIVE, now=context.now, day=today)
    return hearing != [context.my_id]


def _visible(context: Context) -> list[Held]:
    own = {row.unit_id for row in context.appointments}
    found = {
        one.appointment.id: one
        for unit_id in sorted(own)
        for one in stored.in_subtree(context.db, unit_id, context.now)
    }
    return sorted(found.values(), key=lambda one: (one.unit.id not in own, one.unit.code, one.appointment.id))


def _pressed(context: Context, key: str) -> Held | None:
    wanted = key.removeprefix("r")
    if not wanted.isdecimal():
        return None
    return next((one for one in _visible(context) if one.appointment.id == int(wanted)), None)


def _told(one: Held) -> dict[str, Any]:
    return {
        "name": one.member.name or "",
        "role": one.appointment.role,
        "unit": one.unit.name,
        "deputy": one.appointment.deputy,
    }
