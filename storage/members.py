"""Members, where they can be written to, what they agreed to, and the roles they hold.

Whether something may be said to a member is decided in handlers; here stands only who they are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, delete, select, update
from sqlmodel import col

from messages.types import Address
from storage import erasures, lists, pseudonyms
from storage.database import Transaction
from storage.tables import Appointment, Consent, Erasure, Member, MemberAddress, Pseudonym, SloganTurn, Watch

_IDS_AT = select(col(MemberAddress.account), col(MemberAddress.chat), col(MemberAddress.member_id))
_KNOWN_AT = select(
    col(MemberAddress.account), col(MemberAddress.chat), Member, col(MemberAddress.unreachable_at).is_not(None)
).join(Member, col(Member.id) == col(MemberAddress.member_id))
_SEEN = (
    update(MemberAddress.__table__)  # type: ignore[attr-defined]
    .where(col(MemberAddress.account) == bindparam("from_account"), col(MemberAddress.chat) == bindparam("from_chat"))
    .values(seen_at=bindparam("at"), unreachable_at=None)
)
_offices = Appointment.__table__.c  # type: ignore[attr-defined]
_OFFICES = select(_offices.member_id, _offices.role, _offices.since, _offices.until).where(
    _offices.unit_id == bindparam("unit")
)


@dataclass(frozen=True, slots=True)
class Known:
    """A member as found by one of their addresses."""

    member: Member
    was_cut_off: bool = False
    """The platform refused us there when this was read."""


def ids_at(db: Transaction, addresses: Collection[Address]) -> dict[Address, int]:
    """The ids of the members behind addresses; unknown addresses are left out."""
    found = db.connection().execute(_IDS_AT.where(_at(db, addresses)))
    return {Address(account, chat): member_id for account, chat, member_id in found}


def by_addresses(db: Transaction, addresses: Collection[Address]) -> dict[Address, Known]:
    """The members behind addresses, in one statement; unknown addresses are left out."""
    found = db.execute(_KNOWN_AT.where(_at(db, addresses)))
    return {Address(account, chat): Known(member, was_cut_off) for account, chat, member, was_cut_off in found}


def _at(db: Transaction, addresses: Collection[Address]) -> ColumnElement[bool]:
    return lists.at(db, col(MemberAddress.account), col(MemberAddress.chat), addresses)


def by_id(db: Transaction, member_id: int) -> Member | None:
    """One member."""
    return db.get(Member, member_id)


def join(db: Transaction, address: Address, now: datetime, *, agreed: str | None = None) -> Known:
    """A new member at an address nobody had; `agreed` is the version of the notice they are about to agree to."""
    member = Member(created_at=now, consent_version=agreed)
    db.put(member)
    row = {"account": address.account, "chat": address.chat, "member_id": member.id, "linked_at": now, "seen_at": now}
    db.write(MemberAddress, row)
    assert member.id is not None
    db.write(Pseudonym, pseudonyms.row(member.id))
    return Known(member)


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
    if member.consent_version != version:
        member.consent_version = version
    proof = {
        "member_id": member.id,
        "version": version,
        "text_hash": text_hash,
        "purpose": purpose,
        "given_at": now,
        "account": address.account,
        "update_id": update_id,
    }
    db.write(Consent, proof)


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


def is_reached(db: Transaction, member_id: int, address: Address) -> bool:
    """Whether a member agrees to be written to and can be at this address."""
    here = col(MemberAddress.account) == address.account, col(MemberAddress.chat) == address.chat
    mine = select(col(MemberAddress.id)).join(Member, col(Member.id) == col(MemberAddress.member_id))
    reached = col(MemberAddress.unreachable_at).is_(None), col(Member.consent_version).is_not(None)
    return db.scalar(mine.where(col(MemberAddress.member_id) == member_id, *here, *reached)) is not None


def seen(db: Transaction, addresses: Collection[Address], now: datetime) -> None:
    """Members wrote from here: a push goes here from now on, and they can be reached again."""
    if addresses:
        rows = [{"from_account": address.account, "from_chat": address.chat, "at": now} for address in addresses]
        db.connection().execute(_SEEN, rows)


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


def holders(db: Transaction, unit_id: int, roles: Collection[str], now: datetime) -> list[int]:
    """The members who hold one of these roles for exactly this unit."""

    def look_up() -> tuple[tuple[int, str, datetime, datetime | None], ...]:
        return tuple(map(tuple, db.connection().execute(_OFFICES, {"unit": unit_id})))

    held = db.remembered(("offices", unit_id), look_up)
    serving = (row for row in held if row[1] in roles and row[2] <= now and (row[3] is None or row[3] > now))
    return sorted({member_id for member_id, *_ in serving})


def ever_appointed(db: Transaction, unit_ids: Collection[int]) -> list[int]:
    """The members who hold or once held a role for one of these units."""
    rows = select(col(Appointment.member_id)).where(col(Appointment.unit_id).in_(unit_ids))
    return list(db.scalars(rows.distinct().order_by(col(Appointment.member_id))))


def _holds(now: datetime) -> Any:
    return (col(Appointment.since) <= now) & (col(Appointment.until).is_(None) | (col(Appointment.until) > now))


def erase(db: Transaction, member: Member, *, code: str, now: datetime) -> None:
    """Empty a member's row and forget their addresses; keyed digests of these stay, to be replayed after a restore."""
    assert member.id is not None
    erasures.add(db, member.id, code=code, now=now)
    for row in addresses(db, member.id):
        db.add(Erasure(code=f"{code}-{row.id}", digest=db.seals.digest("address", row.account, row.chat), at=now))
        db.delete(row)
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
