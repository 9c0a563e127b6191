"""Failed sends, counted by day: what is left of them once the rows are forgotten. No person, no topic, no text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel

from storage.database import Transaction
from storage.tables import Priority

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
"""A day here is the office's."""
NAMELESS = "unknown"
"""The reason where a platform gave none."""

counted = SQLModel.metadata.tables["delivery_failure"]


@dataclass(frozen=True, slots=True)
class Failed:
    """Sends of one account and class of message that failed on one day for one reason."""

    account: str
    kind: str
    reason: str
    day: date
    count: int


def day_of(now: datetime) -> date:
    """The day a failure is counted under."""
    return now.astimezone(VIETNAM).date()


def count(db: Transaction, failed: Iterable[tuple[str, Priority, str | None]], now: datetime) -> None:
    """Count sends that failed for good: account, class, reason. In one order, lest two processes block each other."""
    numbers = Counter((account, kind.name.lower(), reason or NAMELESS) for account, kind, reason in failed)
    if not numbers:
        return
    day = day_of(now)
    made = [
        {"account": account, "kind": kind, "reason": reason, "day": day, "count": number}
        for (account, kind, reason), number in sorted(numbers.items())
    ]
    dialect = postgresql if db.dialect == "postgresql" else sqlite
    insert = dialect.insert(counted).values(made)
    more = {"count": counted.c.count + insert.excluded["count"]}
    keys = ["account", "kind", "reason", "day"]
    db.connection().execute(insert.on_conflict_do_update(index_elements=keys, set_=more))


def since(db: Transaction, day: date) -> list[Failed]:
    """Every count from a day on, the newest first."""
    columns = (counted.c.account, counted.c.kind, counted.c.reason, counted.c.day, counted.c["count"])
    order = (counted.c.day.desc(), counted.c.account, counted.c.kind, counted.c.reason)
    found = db.connection().execute(select(*columns).where(counted.c.day >= day).order_by(*order))
    return [Failed(*row) for row in found]


def number_since(db: Transaction, day: date) -> int:
    """How many sends failed from a day on."""
    found = select(func.coalesce(func.sum(counted.c["count"]), 0)).where(counted.c.day >= day)
    return int(db.connection().execute(found).scalar_one())


def forget(db: Transaction, *, before: date) -> int:
    """Drop the counts of days before; how many."""
    return db.connection().execute(counted.delete().where(counted.c.day < before)).rowcount
