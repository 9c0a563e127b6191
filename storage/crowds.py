"""Many members at once, for a rehearsal: rows as they would stand had each of them come and agreed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select
from sqlmodel import col

from messages.types import Address
from storage import news
from storage.database import Transaction
from storage.tables import Consent, Member, MemberAddress


@dataclass(frozen=True, slots=True)
class Face:
    """One of the crowd."""

    name: str
    address: Address
    unit_id: int
    place: str | None


def enrol(db: Transaction, faces: Sequence[Face], *, notice: tuple[str, str], news_hash: str, now: datetime) -> None:
    """Add them in a few statements, agreed to the notice (its version and hash) and to news."""
    last = db.scalar(select(col(Member.id)).order_by(col(Member.id).desc()).limit(1)) or 0
    people = [
        {
            "name": face.name,
            "unit_id": face.unit_id,
            "place": face.place,
            "consent_version": notice[0],
            "news": True,
            "created_at": now,
        }
        for face in faces
    ]
    db.execute(insert(Member), people)
    ids = list(db.scalars(select(col(Member.id)).where(col(Member.id) > last).order_by(col(Member.id))))
    pairs = list(zip(ids, faces, strict=True))
    db.execute(
        insert(MemberAddress),
        [
            {
                "account": face.address.account,
                "chat": face.address.chat,
                "member_id": number,
                "linked_at": now,
                "seen_at": now,
            }
            for number, face in pairs
        ],
    )
    proofs = (("submissions", *notice), (news.PURPOSE, news_hash[:12], news_hash))
    db.execute(
        insert(Consent),
        [
            {
                "member_id": number,
                "version": version,
                "text_hash": text_hash,
                "purpose": purpose,
                "given_at": now,
                "account": face.address.account,
            }
            for number, face in pairs
            for purpose, version, text_hash in proofs
        ],
    )
