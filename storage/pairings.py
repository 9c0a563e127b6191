"""The one-time codes that make their bearers officers: only keyed digests of them are ever stored.

Who may hand out or take up a code is decided in handlers.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import aliased
from sqlmodel import col

from storage.database import Transaction
from storage.tables import Member, Pairing

PURPOSE = "pairing"


def add(
    db: Transaction,
    code: str,
    *,
    unit_id: int,
    role: str,
    deputy: bool,
    rights: Sequence[str] | None,
    now: datetime,
    expires: datetime,
    invited_by: int | None,
) -> None:
    """Keep the digest of a new code, and what it makes of its bearer."""
    db.add(
        Pairing(
            digest=db.seals.digest(PURPOSE, code),
            unit_id=unit_id,
            role=role,
            deputy=deputy,
            rights=rights,
            created_at=now,
            expires_at=expires,
            invited_by=invited_by,
        )
    )
    db.flush()


def find(db: Transaction, code: str) -> Pairing | None:
    """The pairing behind a code, under whichever key it was made."""
    return db.scalars(select(Pairing).where(col(Pairing.digest).in_(db.seals.digests(PURPOSE, code)))).one_or_none()


def invitations(db: Transaction, member_ids: Collection[int]) -> dict[tuple[int, int, str], str | None]:
    """Who handed out the codes that these members took up, by name: by member, unit and role. The command line is left
    out.
    """
    giver = aliased(Member)
    taken = (
        select(col(Pairing.used_by), col(Pairing.unit_id), col(Pairing.role), giver.name)  # type: ignore[call-overload]
        .join(giver, giver.id == col(Pairing.invited_by))
        .where(col(Pairing.used_by).in_(member_ids))
        .order_by(col(Pairing.used_at))
    )
    return {(member_id, unit_id, role): name for member_id, unit_id, role, name in db.execute(taken)}


def use(db: Transaction, pairing: Pairing, *, member_id: int, now: datetime) -> bool:
    """Use a pairing up; False when somebody else was quicker."""
    unused = col(Pairing.id) == pairing.id, col(Pairing.used_at).is_(None)
    taken = db.execute(update(Pairing).where(*unused).values(used_at=now, used_by=member_id).returning(col(Pairing.id)))
    return taken.scalar_one_or_none() is not None
