"""The outbox as tests speak of it: promise, claim, settle, let time pass. One database; no courier, no channel."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import col, select

from messages.types import Address, Outbound
from storage import claims, clock, outages, outbox, outcomes
from storage.claims import Batch, Claimed
from storage.database import Database
from storage.outcomes import Outcome, Report
from storage.pace import Rate
from storage.seals import Seals
from storage.tables import Budget, Lane, Lease, Outbox, Policy, Priority, Sending

ACCOUNT = "telegram"
UNPACED = Rate(ACCOUNT)
KEY = "a key for tests"
TICKING = {
    Outbox: ("retry_at", "aside_until", "lease_until"),
    Budget: ("next_at", "halted_until", "slowed_at", "out_since", "probe_at", "trial_at", "back_at"),
    Lane: ("next_at",),
    Lease: ("until",),
}


class PostOffice:
    """Every call is a transaction of its own."""

    def __init__(self, url: str, *, keys: tuple[str, ...] = (KEY,)) -> None:
        self.database = Database(url, Seals(keys))
        self.chance = random.Random(7)

    def close(self) -> None:
        self.database.close()

    def promise(
        self,
        text: str,
        *,
        chat: str = "an",
        account: str = ACCOUNT,
        priority: Priority = Priority.REPLY,
        policy: Policy = Policy.AT_LEAST_ONCE,
        member_id: int | None = None,
        due_in: float = 0.0,
        expires_in: float | None = None,
        once: str | None = None,
        forget: bool = False,
    ) -> None:
        with self.database.transaction() as db:
            now = clock.now(db)
            outbox.enqueue(
                db,
                Address(account, chat),
                Outbound(text),
                topic="reply",
                member_id=member_id,
                priority=priority,
                policy=policy,
                now=now,
                due_at=now + timedelta(seconds=due_in),
                expires_at=None if expires_in is None else now + timedelta(seconds=expires_in),
                once=once,
                forget=forget,
            )

    def claim(self, *rates: Rate, owner: str = "one", room: int = 100, lease: float = 60.0) -> Batch:
        chosen = rates or (UNPACED,)
        with self.database.transaction() as db:
            places = {rate.account: room for rate in chosen}
            return claims.claim(db, chosen, owner=owner, room=places, lease=timedelta(seconds=lease))

    def claim_texts(self, *rates: Rate, owner: str = "one", room: int = 100) -> list[str]:
        return [one.message.text for one in self.claim(*rates, owner=owner, room=room).claimed]

    def claim_one(self, *, owner: str = "one", lease: float = 60.0) -> Claimed:
        (claimed,) = self.claim(owner=owner, lease=lease).claimed
        return claimed

    def settle(self, claimed: Claimed, outcome: Outcome, *, owner: str = "one", **details: Any) -> int:
        with self.database.transaction() as db:
            report = Report(claimed, outcome, **details)
            return outcomes.settle(db, [report], owner=owner, chance=self.chance)

    def settle_noting(self, claimed: Claimed, outcome: Outcome) -> None:
        """As the courier settles: the account learns from it too."""
        with self.database.transaction() as db:
            report = Report(claimed, outcome)
            outcomes.settle(db, [report], owner="one", chance=self.chance)
            outages.note(db, [Rate(claimed.address.account)], [report])

    def settle_all(self) -> None:
        """Whatever is in flight arrived."""
        with self.database.transaction() as db:
            for row in db.exec(select(Outbox).where(col(Outbox.state) == Sending.CLAIMED)):
                row.state, row.settled_at, row.owner = Sending.SENT, clock.now(db), None

    def do(self, work: Any, *arguments: Any, **options: Any) -> Any:
        """Run a storage function in a transaction."""
        with self.database.transaction() as db:
            return work(db, *arguments, **options)

    def now(self) -> datetime:
        with self.database.reading() as db:
            return clock.now(db)

    def rows(self) -> list[Outbox]:
        with self.database.reading() as db:
            rows = list(db.exec(select(Outbox).order_by(col(Outbox.id))))
            db.expunge_all()
        return rows

    def row(self) -> Outbox:
        (row,) = self.rows()
        return row

    def states(self) -> list[Sending]:
        return [Sending(row.state) for row in self.rows()]

    def budget(self) -> Budget:
        with self.database.reading() as db:
            budget = db.exec(select(Budget)).one()
            db.expunge_all()
        return budget

    def time_passes(self, seconds: float) -> None:
        """As if the database's clock had moved on: whatever it measures is that much nearer."""
        with self.database.transaction() as db:
            for table, columns in TICKING.items():
                for row in db.exec(select(table)):
                    _bring_nearer(row, columns, timedelta(seconds=seconds))

    def people_wait(self, seconds: float) -> None:
        """The clock a person sees jumps ahead, as in the demo."""
        with self.database.transaction() as db:
            clock.move_to(db, clock.now(db) + timedelta(seconds=seconds))


def _bring_nearer(row: Any, columns: tuple[str, ...], by: timedelta) -> None:
    for column in columns:
        if getattr(row, column) is not None:
            setattr(row, column, getattr(row, column) - by)


@contextmanager
def opened(url: str) -> Iterator[PostOffice]:
    office = PostOffice(url)
    try:
        yield office
    finally:
        office.close()
