"""Who serves one's units, in the chat: the list, one role with what may be done about it, a code, an absence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import Any

from handlers import actors
from handlers.actors import NoRight
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
from storage.tables import Role, Unit

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
        given = (role for role in wanted if pairing.may_grant(context.db, context.actor, unit, role))
        return tuple(role.value for role in given)

    def unit_name(self, code: str) -> str:
        """A unit's name."""
        unit = self._unit(code)
        return unit.name if unit else code

    def held(self, appointment_id: int) -> Mapping[str, Any]:
        """One role in words."""
        found = appointments.find(self._context.db, self._context.actor, appointment_id, self._context.now)
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
    found = appointments.seen_by(context.db, context.actor, context.now)
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
        _come_back(context)
    elif (found := _pressed(context, key)) is not None:
        context.talk.begin(Draft(forms.END.name, context.office.new_id(), {"appointment": found.appointment.id}))
    else:
        context.say("people.ended_before")


def invite(context: Context, code: str, role: str, *, deputy: bool) -> None:
    """A one-time code, shown once to who asked for it."""
    try:
        made = pairing.invite(context.db, context.office, context.actor, code, role, deputy=deputy, now=context.now)
    except Refusal as refusal:
        context.refused(refusal)
    else:
        context.say("people.code", code=made.code, unit=made.unit.name, role=role, deputy=deputy, due=made.expires)


def end(context: Context, appointment_id: int) -> None:
    """A role ends now."""
    try:
        found = appointments.end(context.db, context.office, context.actor, appointment_id, now=context.now)
    except Refusal as refusal:
        context.refused(refusal)
    else:
        context.say("people.ended", **_told(found))


def go_away(context: Context, last: date) -> None:
    """Away to the end of a day."""
    try:
        away = appointments.go_away(context.db, context.actor, last=last, now=context.now)
    except NoRight:
        context.say("common.no_right", contact=context.office.contact)
    else:
        context.say("people.away", last=last, alone=away.alone)


def _come_back(context: Context) -> None:
    try:
        appointments.come_back(context.db, context.actor, now=context.now)
    except Refusal as refusal:
        context.refused(refusal)
    else:
        context.say("people.back")


def _pressed(context: Context, key: str) -> Held | None:
    wanted = key.removeprefix("r")
    if not wanted.isdecimal():
        return None
    seen = appointments.seen_by(context.db, context.actor, context.now)
    return next((one for one in seen if one.appointment.id == int(wanted)), None)


def _told(one: Held) -> dict[str, Any]:
    return {
        "name": one.member.name or "",
        "role": one.appointment.role,
        "unit": one.unit.name,
        "deputy": one.appointment.deputy,
    }
