"""Who acts, and which roles go with it: decided here for every turn and every act.

A browser is known by a cookie alone, so a turn from one carries no role, whoever its member is: the role rests there
and is in force on the member's other channels. The demo's persons are the exception: no cookie can have their chats,
and they answer on their own machine only.

What belongs to no unit (a programme for everybody, the tree itself) belongs to staff at the only top of the tree; where
there are several tops or none, to the command line.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from handlers.errors import Refusal
from messages.dates import day_of
from messages.demo import CHATS
from messages.types import Address
from storage import appointments, audit, members, units
from storage.audit import Detail
from storage.database import Transaction
from storage.tables import Appointment, Right, Role

DEMO_CHATS = frozenset(CHATS.values())


def carries_roles(address: Address) -> bool:
    """Whether the roles of its member are in force in a chat, and officers' work may be sent there."""
    return address.kind != "web" or address.chat in DEMO_CHATS


class NoRight(Refusal):
    """Something was asked by somebody whose it is not to ask."""


class By(StrEnum):
    """Who acts: a member, or a part of the program that has every right."""

    MEMBER = "member"
    COMMAND_LINE = "command line"
    CLOCK = "clock"
    DEMO = "demo"


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who acts; a member with the roles that are in force in this turn."""

    by: By
    member_id: int | None = None
    roles: tuple[Appointment, ...] = ()
    operator: str = ""
    """Who gave the command, as the machine names them; never a member's name."""

    @property
    def me(self) -> int:
        """The member. Raises NoRight where the program itself acts: what is a member's own is not the program's."""
        if self.member_id is None:
            raise NoRight("rights.none")
        return self.member_id

    @property
    def has_every_right(self) -> bool:
        """Whether it is the program itself, or whoever runs it."""
        return self.by is not By.MEMBER

    def may(self, db: Transaction, right: Right, unit_id: int) -> bool:
        """Whether a role covers a unit and allows this."""
        if self.has_every_right:
            return True
        return any(right in appointments.rights_of(row) for row in self.covering(db, unit_id))

    def runs(self, db: Transaction, unit_id: int | None, now: datetime) -> bool:
        """Whether they are staff or administrator of a unit or above it; None: of what belongs to no unit."""
        if self.has_every_right:
            return True
        if unit_id is None:
            unit_id = only_top(db, now)
        covering = self.covering(db, unit_id) if unit_id is not None else []
        return any(row.role in (Role.STAFF, Role.ADMIN) for row in covering)

    def units(self, right: Right) -> list[int]:
        """The units for which their roles allow this, without those below; nothing for the program itself."""
        return sorted({row.unit_id for row in self.roles if right in appointments.rights_of(row)})

    def serves(self, right: Right, unit_ids: Collection[int]) -> bool:
        """Whether a role at one of just these units allows this; what is above them does not count."""
        return self.has_every_right or any(unit_id in unit_ids for unit_id in self.units(right))

    def desks(self) -> list[int]:
        """The units whose staff or administrators they are, without those below; nothing for the program itself."""
        return sorted({row.unit_id for row in self.roles if row.role in (Role.STAFF, Role.ADMIN)})

    def covering(self, db: Transaction, unit_id: int) -> list[Appointment]:
        """The roles held for a unit or above it."""
        above = {unit_id, *(unit.id for unit in units.ancestors(db, unit_id))}
        return [row for row in self.roles if row.unit_id in above]


COMMAND_LINE, CLOCK, DEMO = Actor(By.COMMAND_LINE), Actor(By.CLOCK), Actor(By.DEMO)
NEWCOMER = Actor(By.MEMBER)
"""Somebody who is nobody's member yet: nothing is theirs, and whatever takes a member is refused."""


def of_member(db: Transaction, member_id: int, now: datetime) -> Actor:
    """A member with every role they hold, outside a turn."""
    return Actor(By.MEMBER, member_id, tuple(members.appointments(db, [member_id], now).get(member_id, ())))


def only_top(db: Transaction, now: datetime) -> int | None:
    """The unit above all others; None where there are several, or none."""
    tops = units.tops(db, day_of(now))
    return tops[0].id if len(tops) == 1 else None


def require_running(db: Transaction, actor: Actor, unit_id: int | None, now: datetime) -> None:
    """Raises NoRight unless `Actor.runs` what belongs to a unit, or to none."""
    if not actor.runs(db, unit_id, now):
        raise NoRight("rights.none")


def require(db: Transaction, actor: Actor, right: Right, unit_id: int) -> None:
    """Raises NoRight unless a role covers a unit and allows this."""
    if not actor.may(db, right, unit_id):
        raise NoRight("rights.none")


def require_program(actor: Actor) -> None:
    """Raises NoRight for a member: this is done by the program itself, or by whoever runs it."""
    if not actor.has_every_right:
        raise NoRight("rights.none")


def record(
    db: Transaction,
    actor: Actor,
    action: str,
    *,
    now: datetime,
    unit_id: int | None = None,
    subject: str | None = None,
    details: Mapping[str, Detail] | None = None,
) -> None:
    """Add to the record of what was done: by which member, or on the command line by which operator."""
    facts = dict(details or {})
    if actor.operator:
        facts["operator"] = actor.operator
    audit.record(db, action=action, actor_id=actor.member_id, now=now, unit_id=unit_id, subject=subject, details=facts)
