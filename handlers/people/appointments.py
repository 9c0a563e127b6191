"""Who serves a unit: ending a role, being away. How a role is handed on stands in handlers/people/pairing.py.

A role ends at once: whatever was waiting for its holder is withdrawn, and nothing more may be opened (F8).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from handlers import actors, notices
from handlers.actors import Actor, NoRight
from handlers.acts import Needs, act
from handlers.errors import Refusal
from handlers.initiatives import purview
from handlers.office import Office, local_day
from handlers.people import resting
from handlers.people.pairing import may_grant
from handlers.reaching import reach
from handlers.text.terms import FORMS_OF_OFFICERS
from messages.types import Say
from storage import (
    appointments,
    assignments,
    audit,
    conversations,
    files,
    members,
    nights,
    outbox,
    pairings,
    units,
)
from storage.appointments import Held
from storage.audit import Detail
from storage.database import Transaction
from storage.tables import Appointment, Right, Role

LONGEST_ABSENCE = timedelta(days=180)
"""A longer one is a role that should end."""
OFFICER_TOPICS = ("officer", "duty", "climb", "care", "callback", "staff", "plan")
"""What is written to somebody because of a role."""


@dataclass(frozen=True, slots=True)
class Away:
    """An absence as it was noted."""

    last: date
    alone: bool
    """Nobody else hears of what is new meanwhile."""


@act(Needs.ROLE, audit="officer.end", tells="whoever held it")
def end(db: Transaction, office: Office, actor: Actor, appointment_id: int, *, now: datetime) -> Held:
    """A role ends now, and who held it is told. Raises Refusal: not held, not theirs to end, the last admin."""
    found = find(db, actor, appointment_id, now)
    if found is None:
        raise Refusal("people.ended_before")
    row = found.appointment
    if row.member_id != actor.member_id and not may_grant(db, actor, found.unit, Role(row.role)):
        raise Refusal("people.not_yours")
    if row.role == Role.ADMIN and not actor.has_every_right and _last_admin(db, found, now):
        raise Refusal("people.last_admin", unit=found.unit.name)
    revoke(db, office, [row], now)
    whose: dict[str, Detail] = {"role": row.role, "member": row.member_id}
    actors.record(db, actor, "officer.end", now=now, unit_id=row.unit_id, details=whose)
    return found


def find(db: Transaction, actor: Actor, appointment_id: int, now: datetime) -> Held | None:
    """A role that is somebody's own, or held for one of their units or below; any other is as good as not there."""
    found = appointments.held(db, appointment_id, now)
    if found is None or actor.has_every_right or found.appointment.member_id == actor.member_id:
        return found
    return found if actor.covering(db, found.appointment.unit_id) else None


def seen_by(db: Transaction, actor: Actor, now: datetime) -> list[Held]:
    """Who serves somebody's units and those below, the own ones first."""
    own = {row.unit_id for row in actor.roles}
    found = {one.appointment.id: one for unit_id in sorted(own) for one in appointments.in_subtree(db, unit_id, now)}
    return sorted(found.values(), key=lambda one: (one.unit.id not in own, one.unit.code, one.appointment.id))


def list_(db: Transaction, actor: Actor, unit_code: str | None, *, now: datetime) -> list[dict[str, object]]:
    """Every role held for a unit and those below it (None: everywhere), in words, for whoever runs it. Raises Refusal:
    no such unit, or not theirs.
    """
    roots = units.tops(db, local_day(now))
    if unit_code is not None:
        unit = units.by_code(db, unit_code)
        if unit is None:
            raise Refusal("cli.officers.no_unit", unit=unit_code)
        roots = [unit]
    actors.require_running(db, actor, None if unit_code is None else roots[0].id, now)
    found = [one for root in roots for one in appointments.in_subtree(db, root.id or 0, now)]
    people = [one.appointment.member_id for one in found]
    absent = appointments.absent_on(db, people, local_day(now))
    given = pairings.invitations(db, people)
    rest = {one.appointment.id for one in resting.held(db, now)}
    return [
        {
            "number": one.appointment.id,
            "name": one.member.name or "",
            "role": one.appointment.role,
            "deputy": one.appointment.deputy,
            "unit": one.unit.name,
            "code": one.unit.code,
            "rights": one.appointment.rights,
            "away": one.appointment.member_id in absent,
            "resting": one.appointment.id in rest,
            "at": one.appointment.since,
            "inviter": given.get((one.appointment.member_id, one.appointment.unit_id, one.appointment.role)),
        }
        for one in found
    ]


def revoke(db: Transaction, office: Office, rows: Collection[Appointment], now: datetime) -> None:
    """These roles end now: what waits for their holders is withdrawn, and they are told."""
    _end(db, rows, now)
    for row in rows:
        unit = units.by_id(db, row.unit_id)
        values = {"role": row.role, "unit": unit.name if unit else ""}
        say = Say("people.told_of_end", values)
        morning = reach.opening(now, office.quiet_hours)
        once = f"role:{row.id}:ended"
        notices.push(db, office, row.member_id, say, topic="role", once=once, now=now, due_at=morning)


def lose_all(db: Transaction, member_id: int, now: datetime) -> bool:
    """Somebody takes back their agreement or is erased: no role is left to them; whether they had any."""
    rows = members.appointments(db, [member_id], now).get(member_id, [])
    _end(db, rows, now)
    return bool(rows)


def _end(db: Transaction, rows: Collection[Appointment], now: datetime) -> None:
    appointments.end(db, [row.id for row in rows if row.id is not None], now)
    for member_id in sorted({row.member_id for row in rows}):
        _let_go(db, member_id, now)


def _let_go(db: Transaction, member_id: int, now: datetime) -> None:
    """What a member may deal with no longer is anybody's again; open addresses of files close."""
    files.close_links(db, member_id, now)
    for unit_id in assignments.of_member(db, member_id):
        if Right.RECEIVE not in purview.desk_rights(db, actors.of_member(db, member_id, now), unit_id, now):
            assignments.free(db, member_id, unit_id)
    if members.appointments(db, [member_id], now):
        return
    for topic in OFFICER_TOPICS:
        outbox.cancel(db, reason="left", member_id=member_id, topic=topic)
    nights.forget(db, member_id)
    conversations.drop_forms(db, member_id, FORMS_OF_OFFICERS)
    appointments.end_absence(db, member_id, last=local_day(now) - timedelta(days=1))


def _last_admin(db: Transaction, found: Held, now: datetime) -> bool:
    """Whether nobody else could hand out roles there."""
    assert found.unit.id is not None
    chain = [found.unit.id, *(unit.id for unit in units.ancestors(db, found.unit.id) if unit.id is not None)]
    admins = {holder for unit_id in chain for holder in members.holders(db, unit_id, (Role.ADMIN,), now)}
    return admins == {found.appointment.member_id}


@act(Needs.ROLE, audit="officer.away")
def go_away(db: Transaction, actor: Actor, *, last: date, now: datetime) -> Away:
    """An officer is away from today to the end of a day. Raises NoRight without a role in force, and Refusal when the
    day is past, or too far off.
    """
    _require_role(actor)
    today = local_day(now)
    if not today <= last <= today + LONGEST_ABSENCE:
        raise Refusal("people.absence_invalid", days=LONGEST_ABSENCE.days)
    appointments.note_absence(db, actor.me, first=today, last=last, now=now)
    details = {"last": last.isoformat()}
    audit.record(db, action="officer.away", actor_id=actor.me, now=now, details=details)
    own = {row.unit_id for row in actor.roles}
    return Away(last, alone=not any(_others_serve(db, actor, unit_id, now) for unit_id in own))


@act(Needs.ROLE, audit="officer.back")
def come_back(db: Transaction, actor: Actor, *, now: datetime) -> None:
    """An officer is back from today on. Raises NoRight without a role in force, and Refusal when they were not away."""
    _require_role(actor)
    if not appointments.end_absence(db, actor.me, last=local_day(now) - timedelta(days=1)):
        raise Refusal("people.not_away")
    audit.record(db, action="officer.back", actor_id=actor.me, now=now)


def _require_role(actor: Actor) -> None:
    if not actor.roles:
        raise NoRight("rights.none")


def _others_serve(db: Transaction, actor: Actor, unit_id: int, now: datetime) -> bool:
    """Whether anybody but this member hears of what is new at a unit while they are away."""
    return appointments.serving(db, unit_id, Right.RECEIVE, now=now, day=local_day(now)) != [actor.me]
