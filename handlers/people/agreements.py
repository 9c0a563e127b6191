"""Agreeing to the notice: only with that somebody becomes a member (Law 91/2025/QH15, art. 9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from handlers.actors import Actor
from handlers.acts import Needs, act
from handlers.errors import Refusal
from handlers.office import Office, channel_name
from messages.types import Address
from storage import members
from storage.database import Transaction
from storage.members import Known

PURPOSE = "submissions"


@dataclass(frozen=True, slots=True)
class Agreed:
    """Somebody who has agreed."""

    known: Known
    new: bool
    """They were nobody's member before."""


@act(Needs.ANYBODY, revision=True, unaudited="the agreement itself is kept: who, when, to which text, by which message")
def agree(
    db: Transaction, office: Office, actor: Actor, here: Address, *, version: str, update_id: str, now: datetime
) -> Agreed:
    """Somebody agrees to the notice as it was shown to them in a chat. Raises Refusal where it was changed since."""
    if version != office.notice_version:
        raise Refusal("consent.changed")
    member = members.by_id(db, actor.member_id) if actor.member_id is not None else None
    known = Known(member) if member is not None else members.join(db, here, now, agreed=version)
    members.agree(
        db,
        known.member,
        version=version,
        text_hash=office.notice_hash(channel_name(office, here)),
        purpose=PURPOSE,
        address=here,
        update_id=update_id,
        now=now,
    )
    return Agreed(known, new=member is None)
