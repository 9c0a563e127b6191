"""What an operator watches, in numbers: how long rows wait, what is halted, who holds which lease. No chat, no member.

Each question is answered from an index: it may be asked every few seconds, at any size.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, literal_column, select
from sqlmodel import SQLModel

from storage import clock, leases, pace
from storage.database import Transaction
from storage.outbox import IS_READY, rows
from storage.tables import Priority, Sending, Setting

PROBE = 64 * 1024
"""Characters that need room of their own."""
MOST = 10_000
"""As far as rows are counted: from there on it is «many»."""

_budgets = SQLModel.metadata.tables["budget"]


@dataclass(frozen=True, slots=True)
class Signals:
    """At one moment; seconds by account, but for the leases."""

    oldest: dict[str, float]
    """How long the row that has waited longest, news apart, should have gone."""
    halted: dict[str, float]
    """How long the platform's pause still lasts."""
    out: dict[str, float]
    """How long the platform has been out of reach."""
    flying: dict[str, int]
    held: int
    unknown: int
    leases: dict[str, str]
    """Who holds what."""


def read(db: Transaction) -> Signals:
    """All of them."""
    at, now = db.clock(), clock.now(db)
    return Signals(
        oldest={account: max(0.0, (now - since).total_seconds()) for account, since in _oldest(db, now)},
        halted={account: (until - at).total_seconds() for account, until in _halts(db) if until > at},
        out={account: (at - since).total_seconds() for account, since in pace.out(db).items()},
        flying=dict(_pairs(db, _flying())),
        held=count(db, Sending.HELD),
        unknown=count(db, Sending.UNKNOWN),
        leases={name: owner for name, (owner, _) in leases.holders(db).items()},
    )


def try_to_write(db: Transaction, size: int) -> None:
    """Keep so many characters, instead of those of the last time. What the database raises says that it cannot."""
    db.write(Setting, {"key": "probe", "value": "0" * size}, replaces=("key",))


def count(db: Transaction, state: Sending) -> int:
    """How many rows are in a rare state, at most `MOST`."""
    found = select(rows.c.id).where(rows.c.state == literal_column(f"'{state.value}'")).limit(MOST)
    return db.connection().execute(select(func.count()).select_from(found.subquery())).scalar_one()


def _oldest(db: Transaction, now: datetime) -> list[tuple[str, datetime]]:
    pressing = rows.c.priority != int(Priority.BROADCAST)
    due = select(rows.c.account, func.min(rows.c.due_at)).where(IS_READY, pressing, rows.c.due_at <= now)
    return _pairs(db, due.group_by(rows.c.account))


def _halts(db: Transaction) -> list[tuple[str, datetime]]:
    return _pairs(db, select(_budgets.c.account, _budgets.c.halted_until).where(_budgets.c.halted_until.is_not(None)))


def _flying() -> Select[Any]:
    claimed = rows.c.state == literal_column(f"'{Sending.CLAIMED.value}'")
    return select(rows.c.account, func.count()).where(claimed).group_by(rows.c.account)


def _pairs(db: Transaction, query: Select[Any]) -> list[tuple[str, Any]]:
    return [(row[0], row[1]) for row in db.connection().execute(query)]
