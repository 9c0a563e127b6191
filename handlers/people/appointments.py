"""Who serves a unit: handing a role on, ending it, being away; the chat's side is in `appointment_desk`.

A role ends at once: whatever was waiting for its holder is withdrawn, and nothing more may be opened (F8).
"""

from __future__ import annotations

import random
from collections.abc import Collection
from datetime import date, datetime, timedelta

from handlers import actors, notices
from handlers.actors import Actor
from handlers.chat import forms
from handlers.errors import Refusal
from handlers.initiatives import purview
from handlers.office import Office, local_day
from handlers.people import pairing, resting
from handlers.reaching import reach
from messages.types import Say
from storage import (
    appointments,
    assignments,
    audit,
    clock,
    conversations,
    files,
    members,
    nights,
    outbox,
    pairings,
    units,
)
from storage.appointments import Held
from storage.database import Transaction
from storage.tables import Appointment, Member, Right, Role, Unit

GRANTS: dict[Role, tuple[Role, ...]] = {
    Role.ADMIN: (Role.OFFICER, Role.STAFF, Role.ADMIN),
    Role.STAFF: (Role.OFFICER,),
    Role.OFFICER: (Role.OFFICER,),
}
"""Which roles somebody may hand out or end, for their own unit and all below it."""
CODE_DAYS = 7
LONGEST_ABSENCE = timedelta(days=180)
"""A longer one is a role that should end."""
OFFICER_TOPICS = ("officer", "duty", "climb", "care", "callback", "staff", "plan")
"""What is written to somebody because of a role."""


def may_grant(db: Transaction, actor: Actor, unit: Unit, role: Role) -> bool:
    """Whether somebody may hand out or end this role there; the command line may."""
    if actor.has_every_right:
        return True
    assert unit.id is not None
    return any(role in GRANTS[Role(row.role)] for row in actor.covering(db, unit.id))


def invite(
    db: Transaction,
    *,
    unit_code: str,
    role: str,
    deputy: bool,
    rights: Collection[str] | None,
    chance: random.Random,
    actor: Actor,
    now: datetime,
    days: int = CODE_DAYS,
) -> tuple[str, datetime]:
    """A one-time code and when it stops working. Raises Refusal: no such unit, or not theirs to give.

    `role` is one of Role, `rights` are names of Right; None: all. Nobody hands on more than they have themselves.
    """
    unit = units.by_code(db, unit_code)
    if unit is None or not units.is_valid(unit, local_day(now)):
        raise Refusal("cli.officers.no_unit", unit=unit_code)
    if not may_grant(db, actors.named(actor), unit, Role(role)):
        raise Refusal("people.not_yours")
    expires = now + timedelta(days=days)
    code = pairing.invite(
        db,
        unit_code=unit.code,
        role=role,
        deputy=deputy,
        rights=_granted(db, actor, unit, rights),
        expires=expires,
        chance=chance,
        actor_id=actor.member_id,
        now=now,
    )
    return code, expires


def tell_inviter(db: Transaction, office: Office, taken: pairing.Redeemed, member: Member, now: datetime) -> None:
    """Whoever handed out a code hears who took it up, while they hold a role themselves."""
    giver = taken.invited_by
    if giver is None or giver == member.id or not members.appointments(db, [giver], now):
        return
    values = {"name": member.name or "", "role": taken.role, "deputy": taken.deputy, "unit": taken.unit.name, "at": now}
    once, morning = f"role:code:{taken.number}", reach.opening(now, office.quiet_hours)
    notices.push(db, office, giver, Say("officer.code_taken", values), topic="role", once=once, now=now, due_at=morning)


def _granted(db: Transaction, actor: Actor, unit: Unit, wanted: Collection[str] | None) -> list[Right] | None:
    """Of the rights wanted those the giver has; None: all of them."""
    asked = frozenset(Right) if wanted is None else frozenset(Right(name) for name in wanted)
    assert unit.id is not None
    asked = frozenset(right for right in asked if actor.may(db, right, unit.id))
    return None if asked == frozenset(Right) else sorted(asked)


def end(db: Transaction, office: Office, appointment_id: int, *, actor: Actor, now: datetime) -> Held:
    """A role ends now, and who held it is told. Raises Refusal: not held, not theirs to end, the last admin."""
    found = appointments.held(db, appointment_id, now)
    if found is None:
        raise Refusal("people.ended_before")
    row = found.appointment
    if row.member_id != actors.named(actor).member_id and not may_grant(db, actor, found.unit, Role(row.role)):
        raise Refusal("people.not_yours")
    if row.role == Role.ADMIN and not actor.has_every_right and _last_admin(db, found, now):
        raise Refusal("people.last_admin", unit=found.unit.name)
    revoke(db, office, [row], now)
    whose: dict[str, str | int | None] = {"role": row.role, "member": row.member_id}
    audit.record(db, action="officer.end", actor_id=actor.member_id, now=now, unit_id=row.unit_id, details=whose)
    return found


def list_(db: Transaction, unit_code: str | None) -> list[dict[str, object]]:
    """Every role held for a unit and those below it (None: everywhere), in words. Raises Refusal: no such unit."""
    now = clock.now(db)
    roots = units.tops(db, local_day(now))
    if unit_code is not None:
        unit = units.by_code(db, unit_code)
        if unit is None:
            raise Refusal("cli.officers.no_unit", unit=unit_code)
        roots = [unit]
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
    conversations.drop_forms(db, member_id, forms.OF_OFFICERS)
    appointments.end_absence(db, member_id, last=local_day(now) - timedelta(days=1))


def _last_admin(db: Transaction, found: Held, now: datetime) -> bool:
    """Whether nobody else could hand out roles there."""
    assert found.unit.id is not None
    chain = [found.unit.id, *(unit.id for unit in units.ancestors(db, found.unit.id) if unit.id is not None)]
    admins = {holder for unit_id in chain for holder in members.holders(db, unit_id, (Role.ADMIN,), now)}
    return admins == {found.appointment.member_id}


def go_away(db: Transaction, member_id: int, *, last: date, now: datetime) -> None:
    """An officer is away from today to the end of a day. Raises Refusal when the day is past, or too far off."""
    today = local_day(now)
    if not today <= last <= today + LONGEST_ABSENCE:
        raise Refusal("people.absence_invalid", days=LONGEST_ABSENCE.days)
    appointments.note_absence(db, member_id, first=today, last=last, now=now)
    details = {"last": last.isoformat()}
    audit.record(db, action="officer.away", actor_id=member_id, now=now, details=details)


def come_back(db: Transaction, member_id: int, now: datetime) -> bool:
    """An officer is back from today on; False when they were not away."""
    back = appointments.end_absence(db, member_id, last=local_day(now) - timedelta(days=1))
    if back:
        audit.record(db, action="officer.back", actor_id=member_id, now=now)
    return back
