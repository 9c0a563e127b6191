"""How a member becomes an officer: a one-time code, handed out for a unit and a role, typed once in the chat.

The code itself is told to the person who asked for it and to nobody else; it is never stored nor logged.
"""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from handlers import errors
from handlers.office import CODE_ALPHABET
from storage import appointments, audit, pairings, units
from storage.database import Transaction
from storage.tables import Right, Role, Unit

CODE_LENGTH = 8
"""34 to the eighth are 1.8 million million codes."""
GROUP = 4
LOOKALIKES = str.maketrans("OI", "01")


class Refusal(Enum):
    """Why a code makes nobody an officer."""

    UNKNOWN = "unknown"
    """No such code was ever handed out."""
    USED = "used"
    """It has made somebody an officer already."""
    EXPIRED = "expired"
    """It was not used in time."""


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What the bearer of a code now is, and for which unit."""

    unit: Unit
    role: Role
    deputy: bool
    invited_by: int | None
    """Who handed it out; None: the command line."""
    number: int
    """Of the code."""


def invite(
    db: Transaction,
    *,
    unit_code: str,
    role: str,
    expires: datetime,
    chance: random.Random,
    actor_id: int | None,
    now: datetime,
    deputy: bool = False,
    rights: Collection[Right] | None = None,
) -> str:
    """A new code such as `7K2M-4XPA`. `role` is one of Role, `chance` not predictable. Raises errors.Refusal.

    `rights` None: all that the role allows. Who may hand it out is decided in handlers/people/appointments.py.
    """
    unit = units.by_code(db, unit_code)
    if unit is None or unit.id is None:
        raise errors.Refusal("cli.officers.no_unit", unit=unit_code)
    code = "".join(chance.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
    listed = None if rights is None else sorted(rights)
    pairings.add(
        db,
        code,
        unit_id=unit.id,
        role=Role(role),
        deputy=deputy,
        rights=listed,
        now=now,
        expires=expires,
        invited_by=actor_id,
    )
    details: dict[str, str | int | None] = {"role": role, "deputy": int(deputy), "expires": expires.isoformat()}
    audit.record(db, action="officer.invite", actor_id=actor_id, now=now, unit_id=unit.id, details=details)
    return f"{code[:GROUP]}-{code[GROUP:]}"


def redeem(db: Transaction, *, typed: str, member_id: int, now: datetime) -> Redeemed | Refusal:
    """Make a member what the code says, from now on."""
    pairing = pairings.find(db, read_code(typed))
    if pairing is None:
        return Refusal.UNKNOWN
    if pairing.used_at is not None:
        return Refusal.USED
    if pairing.expires_at <= now:
        return Refusal.EXPIRED
    if not pairings.use(db, pairing, member_id=member_id, now=now):
        return Refusal.USED
    role = Role(pairing.role)
    rights = None if pairing.rights is None else [Right(name) for name in pairing.rights]
    appointments.appoint(
        db,
        member_id=member_id,
        unit_id=pairing.unit_id,
        role=role,
        deputy=pairing.deputy,
        rights=rights,
        now=now,
    )
    details = {"role": role.value}
    audit.record(db, action="officer.pair", actor_id=member_id, now=now, unit_id=pairing.unit_id, details=details)
    unit = units.by_id(db, pairing.unit_id)
    assert unit is not None  # a unit ends, it is never deleted
    return Redeemed(unit, role, pairing.deputy, pairing.invited_by, pairing.id or 0)


def is_good(db: Transaction, typed: str, now: datetime) -> bool:
    """Whether a code would make its bearer an officer now."""
    pairing = pairings.find(db, read_code(typed))
    return pairing is not None and pairing.used_at is None and pairing.expires_at > now


def read_code(typed: str) -> str:
    """The code as it was made, however it was typed: in small letters, with spaces, O for 0, I for 1."""
    return "".join(character for character in typed.upper() if character.isalnum()).translate(LOOKALIKES)
