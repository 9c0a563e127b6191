"""Who serves a unit: whom a push goes to now, who may do what, who is away, who has left.

A role holds for a unit and everything below it. What is asked of an officer, and when, is decided in handlers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Text, and_, cast, delete, exists, or_, select, update
from sqlmodel import SQLModel, col

from storage.database import Transaction
from storage.tables import Absence, Appointment, Member, MemberAddress, Pairing, Right, Role, Unit
from storage.units import ancestors, below

OFFICE = SQLModel.metadata.tables["appointment"]


@dataclass(frozen=True, slots=True)
class Held:
    """One role somebody holds, with whose and where it is."""

    appointment: Appointment
    member: Member
    unit: Unit

    @property
    def rights(self) -> frozenset[Right]:
        """What it allows."""
        return rights_of(self.appointment)


def rights_of(appointment: Appointment) -> frozenset[Right]:
    """What a role allows; without a list, and to staff and administrators, everything."""
    if appointment.rights is None or appointment.role != Role.OFFICER:
        return frozenset(Right)
    return frozenset(Right(name) for name in appointment.rights)


def holds(now: datetime, office: FromClause = OFFICE) -> ColumnElement[bool]:
    """The condition that a role is held at a moment."""
    return and_(office.c.since <= now, or_(office.c.until.is_(None), office.c.until > now))


def allows(right: Right, office: FromClause = OFFICE) -> ColumnElement[bool]:
    """The condition that a role allows this: as `rights_of`, where the list is stored as JSON."""
    listed = cast(office.c.rights, Text)
    unlisted = or_(office.c.role != Role.OFFICER, office.c.rights.is_(None), listed == "null")
    return or_(unlisted, listed.contains(f'"{right.value}"'))


def away(day: date, member: ColumnElement[Any]) -> ColumnElement[bool]:
    """The condition that a member is away on a day."""
    of_member = col(Absence.member_id) == member
    return exists().where(of_member, col(Absence.first) <= day, col(Absence.last) >= day)


def may(db: Transaction, member_id: int, unit_id: int, right: Right, now: datetime) -> bool:
    """Whether one of a member's roles covers a unit and allows this."""
    above = {unit_id, *(unit.id for unit in ancestors(db, unit_id))}
    rows = db.scalars(select(Appointment).where(col(Appointment.member_id) == member_id, holds(now)))
    return any(row.unit_id in above and right in rights_of(row) for row in rows)


def serving(db: Transaction, unit_id: int, right: Right, *, now: datetime, day: date) -> list[int]:
    """Whom something new at exactly this unit is told: its officers with the right who are not away.

    Where there are none, their deputies; then its staff and administrators; then, lest nobody hears of it, those away.
    """
    held = [row for row in _of_units(db, [unit_id], now) if right in rights_of(row)]
    absent = absent_on(db, [row.member_id for row in held], day)
    present = [row for row in held if row.member_id not in absent]
    ranks = (
        [row for row in present if row.role == Role.OFFICER and not row.deputy],
        [row for row in present if row.role == Role.OFFICER],
        present,
        held,
    )
    chosen = next((rank for rank in ranks if rank), [])
    return sorted({row.member_id for row in chosen})


def deputies(db: Transaction, unit_id: int, now: datetime) -> list[int]:
    """Who stands in at exactly this unit."""
    return sorted({row.member_id for row in _of_units(db, [unit_id], now) if row.deputy})


def absent_on(db: Transaction, member_ids: Collection[int], day: date) -> set[int]:
    """Which of these members are away on a day."""
    rows = select(col(Absence.member_id)).where(
        col(Absence.member_id).in_(member_ids), col(Absence.first) <= day, col(Absence.last) >= day
    )
    return set(db.scalars(rows))


def note_absence(db: Transaction, member_id: int, *, first: date, last: date, now: datetime) -> None:
    """A member is away; what was noted before and touches these days is replaced."""
    db.execute(
        delete(Absence).where(
            col(Absence.member_id) == member_id, col(Absence.first) <= last, col(Absence.last) >= first
        )
    )
    db.add(Absence(member_id=member_id, first=first, last=last, noted_at=now))
    db.flush()


def end_absence(db: Transaction, member_id: int, *, last: date) -> bool:
    """A member is back: nothing noted reaches beyond a day any more; False when nothing was noted."""
    mine = col(Absence.member_id) == member_id
    cut = db.execute(
        update(Absence).where(mine, col(Absence.last) > last, col(Absence.first) <= last).values(last=last)
    )
    gone = db.execute(delete(Absence).where(mine, col(Absence.first) > last))
    return bool(cut.rowcount or gone.rowcount)  # type: ignore[attr-defined]


def absence(db: Transaction, member_id: int, day: date) -> Absence | None:
    """What is noted for a member and is not over."""
    rows = select(Absence).where(col(Absence.member_id) == member_id, col(Absence.last) >= day)
    return db.scalars(rows.order_by(col(Absence.first)).limit(1)).first()


def in_subtree(db: Transaction, unit_id: int, now: datetime) -> list[Held]:
    """Every role held for a unit or one below it, by unit and member."""
    tree = select(below(unit_id).c.id)
    rows = (
        select(Appointment, Member, Unit)
        .join(Member, col(Member.id) == col(Appointment.member_id))
        .join(Unit, col(Unit.id) == col(Appointment.unit_id))
        .where(col(Appointment.unit_id).in_(tree), holds(now))
        .order_by(col(Unit.code), col(Appointment.id))
    )
    return [Held(*row) for row in db.execute(rows)]


def in_browsers_only(db: Transaction, now: datetime, *, but: Collection[str]) -> list[Held]:
    """The roles of members who have a browser's chat (not one of `but`) and no other, by unit and member."""
    mine = col(MemberAddress.member_id) == col(Appointment.member_id)
    in_browser = col(MemberAddress.account) == "web"
    rows = (
        select(Appointment, Member, Unit)
        .join(Member, col(Member.id) == col(Appointment.member_id))
        .join(Unit, col(Unit.id) == col(Appointment.unit_id))
        .where(
            holds(now),
            exists().where(mine, in_browser, col(MemberAddress.chat).not_in(but)),
            ~exists().where(mine, ~in_browser),
        )
        .order_by(col(Unit.code), col(Appointment.id))
    )
    return [Held(*row) for row in db.execute(rows)]


def held(db: Transaction, appointment_id: int, now: datetime) -> Held | None:
    """One role, while it is held."""
    rows = (
        select(Appointment, Member, Unit)
        .join(Member, col(Member.id) == col(Appointment.member_id))
        .join(Unit, col(Unit.id) == col(Appointment.unit_id))
        .where(col(Appointment.id) == appointment_id, holds(now))
    )
    row = db.execute(rows).one_or_none()
    return Held(*row) if row else None


def appoint(
    db: Transaction,
    *,
    member_id: int,
    unit_id: int,
    role: str,
    now: datetime,
    deputy: bool = False,
    rights: Collection[Right] | None = None,
) -> None:
    """Give a member a role for a unit; the same role once more only changes its rights."""
    listed = None if rights is None else sorted(rights)
    for row in _of_units(db, [unit_id], now):
        if row.member_id == member_id and row.role == role:
            row.deputy, row.rights = deputy, listed
            db.flush()
            return
    office = Appointment(member_id=member_id, unit_id=unit_id, role=role, deputy=deputy, rights=listed, since=now)
    db.add(office)
    db.flush()


def end(db: Transaction, appointments: Collection[int], now: datetime) -> None:
    """These roles end now."""
    db.execute(update(Appointment).where(col(Appointment.id).in_(appointments), holds(now)).values(until=now))


def end_codes(db: Transaction, unit_id: int, now: datetime) -> None:
    """No code that was handed out for exactly this unit works any more."""
    unused = col(Pairing.unit_id) == unit_id, col(Pairing.used_at).is_(None), col(Pairing.expires_at) > now
    db.execute(update(Pairing).where(*unused).values(expires_at=now))


def _of_units(db: Transaction, unit_ids: Sequence[int], now: datetime) -> Iterator[Appointment]:
    rows = select(Appointment).where(col(Appointment.unit_id).in_(unit_ids), holds(now))
    yield from db.scalars(rows.order_by(col(Appointment.id)))
