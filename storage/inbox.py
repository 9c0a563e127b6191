"""Which updates have been dealt with: the UNIQUE mark that makes redelivery harmless."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Table, delete
from sqlmodel import col

from messages.types import Inbound
from storage import sets
from storage.database import Transaction
from storage.tables import Seen

_seen: Table = Seen.__table__  # type: ignore[attr-defined]


def mark_new(db: Transaction, inbounds: Collection[Inbound], now: datetime) -> set[tuple[str, str]]:
    """These updates are dealt with; the (account, update id) pairs of those that were not before."""
    marks = [{"account": inbound.address.account, "update_id": inbound.update_id} for inbound in inbounds]
    return {(account, update_id) for account, update_id in sets.insert_new(db.connection(), _seen, marks, {"at": now})}


def mark(db: Transaction, inbound: Inbound, now: datetime) -> None:
    """This update is dealt with, whether or not that was known."""
    row = {"account": inbound.address.account, "update_id": inbound.update_id, "at": now}
    db.write(Seen, row, ignores=("account", "update_id"))


def forget(db: Transaction, before: datetime) -> int:
    """Drop marks older than any platform's redelivery; how many."""
    return int(db.execute(delete(Seen).where(col(Seen.at) < before)).rowcount)  # type: ignore[attr-defined]


def unmark(db: Transaction, inbound: Inbound) -> None:
    """This update is not dealt with yet after all."""
    mine = (col(Seen.account) == inbound.address.account, col(Seen.update_id) == inbound.update_id)
    db.execute(delete(Seen).where(*mine))
