"""Members, where they can be written to, what they agreed to, and the roles they hold.

Whether something may be said to a member is decided in handlers; here stands only who they are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, tuple_, update
from sqlmodel import col

from messages.types import Address
from storage.database import Transaction
from storage.tables import Appointment, Consent, Erasure, Member, MemberAddress, SloganTurn, Watch
from storage.units import below


@dataclass(frozen=True, slots=True)
class Known:
    """A member as found by one of their addresses."""

    member: Member
    address: MemberAddress


def by_addresses(db: Transaction, addresses: Collection[Address]) -> dict[Address, Known]:
    """The members behind addresses, in one statement; unknown addresses are left out."""
    wanted = [(address.account, address.chat) for address in addresses]
    found = db.execute(
        select(MemberAddress, Member)
        .join(Member, col(Member.id) == col(MemberAddress.member_id))
        .where(tuple_(col(MemberAddress.account), col(MemberAddress.chat)).in_(wanted))
    )
    return {Address(row.account, row.chat): Known(member, row) for row, member in found}


def by_id(db: Transaction, member_id: int) -> Member | None:
    """One member."""
    return db.get(Member, member_id)


def join(db: Transaction, address: Address, now: datetime) -> Known:
    """A new member at an address nobody had."""
    member = Member(created_at=now)
    db.add(member)
    db.flush()
    assert member.id is not None
    row = MemberAddress(account=address.account, chat=address.chat, member_id=member.id, linked_at=now, seen_at=now)
    db.add(row)
    db.flush()
    return Known(member, row)


def agree(
    db: Transaction,
    member: Member,
    *,
    version: str,
    text_hash: str,
    purpose: str,
    address: Address,
    update_id: str,
    now: datetime,
) -> None:
    """Keep the proof of an agreement: who, when, to which text, by which message."""
    assert member.id is not None
    member.consent_version = version
    proof = Consent(
        member_id=member.id,
        version=version,
        text_hash=text_hash,
        purpose=purpose,
        given_at=now,
        account=address.account,
        update_id=update_id,
    )
    db.add(proof)


def withdraw(db: Transaction, member: Member, now: datetime) -> None:
    """The member takes the agreement back; the proof keeps both dates."""
    member.consent_version = None
    member.news = False
    given = col(Consent.member_id) == member.id, col(Consent.withdrawn_at).is_(None)
    db.execute(update(Consent).where(*given).values(withdrawn_at=now))


def consents(db: Transaction, member_id: int) -> Sequence[Consent]:
    """Every agreement of a member, oldest first."""
    return db.scalars(select(Consent).where(col(Consent.member_id) == member_id).order_by(col(Consent.id))).all()


def addresses(db: Transaction, member_id: int) -> Sequence[MemberAddress]:
    """Where a member can be written to, the one seen last first."""
    return db.scalars(
        select(MemberAddress)
        .where(col(MemberAddress.member_id) == member_id)
        .order_by(col(MemberAddress.seen_at).desc(), col(MemberAddress.id))
    ).all()


def reachable(db: Transaction, member_ids: Collection[int]) -> dict[int, Address]:
    """For each member who agrees to be written to, the reachable address seen last; who has none is left out."""
    rows = db.scalars(
        select(MemberAddress)
        .join(Member, col(Member.id) == col(MemberAddress.member_id))
        .where(
            col(MemberAddress.member_id).in_(member_ids),
            col(MemberAddress.unreachable_at).is_(None),
            col(Member.consent_version).is_not(None),
        )
        .order_by(col(MemberAddress.seen_at), col(MemberAddress.id).desc())
    )
    return {row.member_id: Address(row.account, row.chat) for row in rows}


def seen(db: Transaction, address: MemberAddress, now: datetime) -> None:
    """The member wrote from here: a push goes here from now on, and it can be reached again."""
    address.seen_at = now
    address.unreachable_at = None


def unreachable(db: Transaction, address: Address, now: datetime) -> None:
    """The platform refuses to deliver to this chat until its member writes again."""
    db.execute(
        update(MemberAddress)
        .where(
            col(MemberAddress.account) == address.account,
            col(MemberAddress.chat) == address.chat,
            col(MemberAddress.unreachable_at).is_(None),
        )
        .values(unreachable_at=now)
    )


def watch(db: Transaction, member_id: int, kind: str, now: datetime) -> None:
    """The member wants to be told when a programme of this kind opens."""
    db.write(Watch, {"member_id": member_id, "kind": kind, "since": now}, replaces=("member_id", "kind"))


def watching(db: Transaction, kind: str) -> list[int]:
    """Who wants to be told."""
    return list(db.scalars(select(col(Watch.member_id)).where(col(Watch.kind) == kind)))


def unwatch(db: Transaction, member_ids: Iterable[int], kind: str) -> None:
    """They have been told."""
    db.execute(delete(Watch).where(col(Watch.kind) == kind, col(Watch.member_id).in_(list(member_ids))))


def appointments(db: Transaction, member_ids: Collection[int], now: datetime) -> dict[int, list[Appointment]]:
    """The roles members hold now."""
    rows = db.scalars(
        select(Appointment).where(col(Appointment.member_id).in_(member_ids), _holds(now)).order_by(col(Appointment.id))
    )
    held: dict[int, list[Appointment]] = {}
    for row in rows:
        held.setdefault(row.member_id, []).append(row)
    return held


def appoint(db: Transaction, *, member_id: int, unit_id: int, role: str, now: datetime) -> None:
    """Give a member a role for a unit; the same role twice changes nothing."""
    held = appointments(db, [member_id], now).get(member_id, [])
    if not any(row.unit_id == unit_id and row.role == role for row in held):
        db.add(Appointment(member_id=member_id, unit_id=unit_id, role=role, since=now))
        db.flush()


def holders(db: Transaction, unit_id: int, roles: Collection[str], now: datetime) -> list[int]:
    """The members who hold one of these roles for exactly this unit."""
    rows = select(col(Appointment.member_id)).where(
        col(Appointment.unit_id) == unit_id, col(Appointment.role).in_(roles), _holds(now)
    )
    return list(db.scalars(rows.distinct().order_by(col(Appointment.member_id))))


def ever_appointed(db: Transaction, unit_ids: Collection[int]) -> list[int]:
    """The members who hold or once held a role for one of these units."""
    rows = select(col(Appointment.member_id)).where(col(Appointment.unit_id).in_(unit_ids))
    return list(db.scalars(rows.distinct().order_by(col(Appointment.member_id))))


def may_act(db: Transaction, member_id: int, unit_id: int, now: datetime) -> bool:
    """Whether a unit lies in the subtree of one of the member's roles."""
    for row in appointments(db, [member_id], now).get(member_id, []):
        tree = below(row.unit_id)
        if db.scalar(select(tree.c.id).where(tree.c.id == unit_id)) is not None:
            return True
    return False


def _holds(now: datetime) -> Any:
    return (col(Appointment.since) <= now) & (col(Appointment.until).is_(None) | (col(Appointment.until) > now))


def erase(db: Transaction, member: Member, *, code: str, now: datetime) -> None:
    """Empty a member's row and forget their addresses; keyed digests of these stay, to be replayed after a restore."""
    assert member.id is not None
    for row in addresses(db, member.id):
        db.add(Erasure(code=f"{code}-{row.id}", digest=db.seals.digest("address", row.account, row.chat), at=now))
        db.delete(row)
    db.execute(update(Appointment).where(col(Appointment.member_id) == member.id).values(until=now))
    db.execute(delete(Watch).where(col(Watch.member_id) == member.id))
    db.execute(delete(SloganTurn).where(col(SloganTurn.member_id) == member.id))
    db.execute(update(Consent).where(col(Consent.member_id) == member.id).values(account=None, update_id=None))
    member.name = member.phone = member.other_unit = member.consent_version = None
    member.place = member.group = member.unit_id = None
    member.news, member.erased_at = False, now
    db.flush()


def officer_chats(db: Transaction, account: str, now: datetime) -> list[str]:
    """The chats of one account whose members hold a role now."""
    rows = (
        select(col(MemberAddress.chat))
        .join(Appointment, col(Appointment.member_id) == col(MemberAddress.member_id))
        .where(col(MemberAddress.account) == account, _holds(now))
    )
    return list(db.scalars(rows.distinct()))
