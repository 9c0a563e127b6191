"""Handing over: rows that may start become a sender's for as long as its lease lasts, their texts unsealed.

Which rows, and when they start, is decided in `storage/claims.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam

from messages.types import Address, Outbound
from storage.database import Transaction
from storage.errors import WrongKey
from storage.outbox import rows
from storage.tables import Policy, Priority, Sending

UNREADABLE_REST = timedelta(minutes=10)
"""A body sealed with a key we were not given waits for the operator, this long at a time."""

_HOLD = (
    rows.update()
    .where(rows.c.id.in_(bindparam("ids", expanding=True)))
    .values(
        state=Sending.CLAIMED.value,
        owner=bindparam("by"),
        lease_until=bindparam("until"),
        fence=rows.c.fence + 1,
    )
)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A row taken for sending: nobody else sends it while its lease lasts; only this fence settles it."""

    id: int
    fence: int
    address: Address
    message: Outbound = field(repr=False)
    sealed: bytes = field(repr=False)
    """The message as it is stored."""
    member_id: int | None
    topic: str
    priority: Priority
    policy: Policy
    attempts: int
    """Those before this one."""
    starts_at: datetime
    """When it may start, by the database's clock."""

    @property
    def is_once_only(self) -> bool:
        """Whether it stays as it is when nobody knows whether it arrived."""
        return self.policy is Policy.AT_MOST_ONCE


def hand_over(
    db: Transaction,
    taken: Iterable[tuple[Row[Any], datetime]],
    written: Mapping[int, Outbound],
    *,
    owner: str,
    at: datetime,
    lease: timedelta,
) -> list[Claimed]:
    claimed = []
    for row, starts_at in taken:
        message = written.get(row.id) or _read(db, row)
        if message is None:
            _set_aside(db, row, at)
        else:
            sealed = row.body or db.seals.seal(message.to_json())
            claimed.append(_claimed(row, message, sealed, starts_at))
    if claimed:
        held = {"ids": [one.id for one in claimed], "by": owner, "until": at + lease}
        db.connection().execute(_HOLD, held)
    return claimed


def _claimed(row: Row[Any], message: Outbound, sealed: bytes, starts_at: datetime) -> Claimed:
    return Claimed(
        id=row.id,
        fence=row.fence + 1,
        address=Address(row.account, row.chat),
        message=message,
        sealed=sealed,
        member_id=row.member_id,
        topic=row.topic,
        priority=Priority(row.priority),
        policy=Policy(row.policy),
        attempts=row.attempts,
        starts_at=starts_at,
    )


def _read(db: Transaction, row: Row[Any]) -> Outbound | None:
    if row.body is None:
        return None
    try:
        return Outbound.from_json(db.seals.open(row.body))
    except WrongKey:
        return None


def _set_aside(db: Transaction, row: Row[Any], at: datetime) -> None:
    """A text erased while it was in flight ends here; one we have no key for waits, and blocks nobody else."""
    fate: dict[str, Any] = {"reason": "wrong_key", "retry_at": at + UNREADABLE_REST}
    if row.body is None:
        fate = {"reason": "erased", "state": Sending.CANCELLED.value, "chat": "", "settled_at": at}
    db.connection().execute(rows.update().where(rows.c.id == row.id).values(fate))
