"""How a member becomes an officer: a one-time code, handed out for a unit and a role, typed once in the chat.

The code itself is told to the person who asked for it and to nobody else; it is never stored nor logged.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers import actors, notices
from handlers.actors import Actor
from handlers.acts import Needs, act
from handlers.errors import Refusal
from handlers.office import CODE_ALPHABET, Office, local_day
from handlers.reaching import reach
from messages.types import Address, Say
from storage import appointments, audit, members, pairings, units
from storage.audit import Detail
from storage.database import Transaction
from storage.tables import Member, Pairing, Right, Role, Unit

GRANTS: dict[Role, tuple[Role, ...]] = {
    Role.ADMIN: (Role.OFFICER, Role.STAFF, Role.ADMIN),
    Role.STAFF: (Role.OFFICER,),
    Role.OFFICER: (Role.OFFICER,),
}
"""Which roles somebody may hand out or end, for their own unit and all below it."""
CODE_DAYS = 7
CODE_LENGTH = 8
"""34 to the eighth are 1.8 million million codes."""
GROUP = 4
LOOKALIKES = str.maketrans("OI", "01")


@dataclass(frozen=True, slots=True)
class Invited:
    """A code that was made, and what it makes of its bearer."""

    code: str
    """Such as `7K2M-4XPA`."""
    unit: Unit
    expires: datetime


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What the bearer of a code now is, and for which unit."""

    unit: Unit
    role: Role


def may_grant(db: Transaction, actor: Actor, unit: Unit, role: Role) -> bool:
    """Whether somebody may hand out or end this role there; the command line may."""
    if actor.has_every_right:
        return True
    assert unit.id is not None
    return any(role in GRANTS[Role(row.role)] for row in actor.covering(db, unit.id))


@act(Needs.ROLE, audit="officer.invite")
def invite(
    db: Transaction,
    office: Office,
    actor: Actor,
    unit_code: str,
    role: str,
    *,
    deputy: bool = False,
    rights: Collection[str] | None = None,
    days: int = CODE_DAYS,
    now: datetime,
) -> Invited:
    """A one-time code for whoever is to serve a unit. Raises Refusal: no such unit, or not theirs to give.

    `role` is one of Role, `rights` are names of Right; None: all. Nobody hands on more than they have themselves.
    """
    unit = units.by_code(db, unit_code)
    if unit is None or unit.id is None or not units.is_valid(unit, local_day(now)):
        raise Refusal("cli.officers.no_unit", unit=unit_code)
    if not may_grant(db, actor, unit, Role(role)):
        raise Refusal("people.not_yours")
    code = "".join(office.chance.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
    expires = now + timedelta(days=days)
    pairings.add(
        db,
        code,
        unit_id=unit.id,
        role=Role(role),
        deputy=deputy,
        rights=_granted(db, actor, unit.id, rights),
        now=now,
        expires=expires,
        invited_by=actor.member_id,
    )
    details: dict[str, Detail] = {"role": role, "deputy": int(deputy), "expires": expires.isoformat()}
    actors.record(db, actor, "officer.invite", now=now, unit_id=unit.id, details=details)
    return Invited(f"{code[:GROUP]}-{code[GROUP:]}", unit, expires)


@act(Needs.CODE, audit="officer.pair", tells="whoever handed the code out")
def redeem(
    db: Transaction,
    office: Office,
    actor: Actor,
    typed: str,
    *,
    here: Address,
    name: str | None = None,
    now: datetime,
) -> Redeemed:
    """Make a member what the code says, from now on. `name` is theirs, where we knew none. Raises Refusal: no such
    code, used, out of date, or typed in a chat where no role is in force; there it is not used up.
    """
    pairing = pairings.find(db, read_code(typed))
    if pairing is None:
        raise Refusal("officer.link_invalid")
    if _is_good(pairing, now) and not actors.carries_roles(here):
        raise Refusal("officer.link_elsewhere")
    if pairing.used_at is None and pairing.expires_at <= now:
        raise Refusal("officer.link_invalid")
    if pairing.used_at is not None or not pairings.use(db, pairing, member_id=actor.me, now=now):
        raise Refusal("officer.link_used")
    role = Role(pairing.role)
    rights = None if pairing.rights is None else [Right(each) for each in pairing.rights]
    appointments.appoint(
        db,
        member_id=actor.me,
        unit_id=pairing.unit_id,
        role=role,
        deputy=pairing.deputy,
        rights=rights,
        now=now,
    )
    details = {"role": role.value}
    audit.record(db, action="officer.pair", actor_id=actor.me, now=now, unit_id=pairing.unit_id, details=details)
    member, unit = members.by_id(db, actor.me), units.by_id(db, pairing.unit_id)
    assert member is not None
    assert unit is not None  # a unit ends, it is never deleted
    member.name = member.name or name
    _tell_inviter(db, office, pairing, unit, member, now)
    return Redeemed(unit, role)


def is_good(db: Transaction, typed: str, now: datetime) -> bool:
    """Whether a code would make its bearer an officer now."""
    pairing = pairings.find(db, read_code(typed))
    return pairing is not None and _is_good(pairing, now)


def read_code(typed: str) -> str:
    """The code as it was made, however it was typed: in small letters, with spaces, O for 0, I for 1."""
    return "".join(character for character in typed.upper() if character.isalnum()).translate(LOOKALIKES)


def _is_good(pairing: Pairing, now: datetime) -> bool:
    return pairing.used_at is None and pairing.expires_at > now


def _granted(db: Transaction, actor: Actor, unit_id: int, wanted: Collection[str] | None) -> list[Right] | None:
    """Of the rights wanted those the giver has; None: all of them."""
    asked = frozenset(Right) if wanted is None else frozenset(Right(name) for name in wanted)
    asked = frozenset(right for right in asked if actor.may(db, right, unit_id))
    return None if asked == frozenset(Right) else sorted(asked)


def _tell_inviter(db: Transaction, office: Office, pairing: Pairing, unit: Unit, member: Member, now: datetime) -> None:
    """Whoever handed out a code hears who took it up, while they hold a role themselves."""
    giver = pairing.invited_by
    if giver is None or giver == member.id or not members.appointments(db, [giver], now):
        return
    values = {
        "name": member.name or "",
        "role": Role(pairing.role),
        "deputy": pairing.deputy,
        "unit": unit.name,
        "at": now,
    }
    once, morning = f"role:code:{pairing.id or 0}", reach.opening(now, office.quiet_hours)
    notices.push(db, office, giver, Say("officer.code_taken", values), topic="role", once=once, now=now, due_at=morning)
