"""Which updates have been dealt with: the UNIQUE mark that makes redelivery harmless."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import bindparam, delete, select, tuple_
from sqlmodel import col

from messages.types import Inbound
from storage.database import Transaction
from storage.tables import Seen

_mark = col(Seen.account), col(Seen.update_id)
_KNOWN = select(*_mark).where(tuple_(*_mark).in_(bindparam("wanted", expanding=True)))


def known(db: Transaction, inbounds: Collection[Inbound]) -> set[tuple[str, str]]:
    """The (account, update id) pairs among these that were dealt with before."""
    wanted = [(inbound.address.account, inbound.update_id) for inbound in inbounds]
    return {(account, update_id) for account, update_id in db.connection().execute(_KNOWN, {"wanted": wanted})}


def mark(db: Transaction, inbound: Inbound, now: datetime) -> None:
    """This update is dealt with."""
    db.write(Seen, {"account": inbound.address.account, "update_id": inbound.update_id, "at": now})


def forget(db: Transaction, before: datetime) -> int:
    """Drop marks older than any platform's redelivery; how many."""
    return int(db.execute(delete(Seen).where(col(Seen.at) < before)).rowcount)  # type: ignore[attr-defined]
