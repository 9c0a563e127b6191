"""Pace: when the next send of an account, and of a chat in it, may start. Measured by the database's clock alone.

One budget row per account is shared by every process: GCRA without burst, so that over any sliding second no more
sends are reserved than the rate says. What is sent, and in which order, is not known here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any, TypeVar

from sqlmodel import SQLModel, col, select

from storage.database import Transaction
from storage.tables import Budget, Lane

HORIZON = timedelta(milliseconds=50)
"""How far ahead starts are reserved: claimed must mean possibly sent."""
HALT_MARGIN = timedelta(milliseconds=100)
"""Added to a pause the platform asks for: its clock and ours do not tick together."""
URGENT_IN_A_ROW = 4
"""Slots given to others while broadcasts wait, before one goes to a broadcast: at least 20 % stay for them."""

T = TypeVar("T")

_lanes = SQLModel.metadata.tables["lane"]


@dataclass(frozen=True, slots=True)
class Rate:
    """How fast one account may send. `per_second` None: it has no budget, it goes as fast as it goes."""

    account: str
    per_second: float | None = None
    chat_interval: float = 0.0
    """Seconds between two messages to one chat."""

    @property
    def interval(self) -> timedelta:
        """From one start to the next, rounded up to the microsecond so that the rate is never exceeded."""
        return timedelta(microseconds=ceil(1_000_000 / self.per_second)) if self.per_second else timedelta()


def starts(rate: Rate, *, next_at: datetime, at: datetime, most: int) -> list[datetime]:
    """The instants, at most `most` and none beyond the horizon, at which sends may start."""
    if rate.per_second is None:
        return [at] * most
    first = max(next_at, at)
    instants = (first + rate.interval * step for step in range(most))
    return [instant for instant in instants if instant < at + HORIZON]


def take_turns(urgent: Sequence[T], patient: Sequence[T], *, starved: int, slots: int) -> tuple[list[T], int]:
    """Who gets the slots: the urgent first, yet every fifth slot to the patient while both wait.

    Returns them in order and how many slots in a row the patient have now been passed over.
    """
    queue, backlog = list(reversed(urgent)), list(reversed(patient))
    taken: list[T] = []
    while len(taken) < slots and (queue or backlog):
        if backlog and (not queue or starved >= URGENT_IN_A_ROW):
            taken.append(backlog.pop())
            starved = 0
        else:
            taken.append(queue.pop())
            starved = starved + 1 if backlog else 0
    return taken, starved


def hold(db: Transaction, rates: Iterable[Rate]) -> dict[str, Budget]:
    """The budgets of these accounts, locked in sorted order to the end of the transaction; missing ones are made.

    Read the clock after this: waiting for a lock takes time.
    """
    known = {rate.account: rate for rate in rates}
    held = _locked(db, known)
    missing = [account for account, rate in known.items() if rate.per_second is not None and account not in held]
    if missing:
        _ensure(db, missing)
        held = _locked(db, known)
    return held


def halt(db: Transaction, account: str, *, until: datetime) -> None:
    """Nothing of this account starts before `until`, on any machine; a later halt stays."""
    _ensure(db, [account])
    budget = _locked(db, [account])[account]
    budget.halted_until = max(budget.halted_until or until, until)


def rest_chats(db: Transaction, account: str, until: Mapping[str, datetime]) -> None:
    """Nothing goes to these chats of the account before the instant named for each."""
    for chat, instant in until.items():
        db.write(Lane, {"account": account, "chat": chat, "next_at": instant}, replaces=("account", "chat"))


def forget_lanes(db: Transaction) -> int:
    """Drop the chats that may be written to again anyway; how many."""
    return db.connection().execute(_lanes.delete().where(_lanes.c.next_at <= db.clock())).rowcount


def _locked(db: Transaction, accounts: Iterable[str]) -> dict[str, Budget]:
    chosen = select(Budget).where(col(Budget.account).in_(list(accounts))).order_by(col(Budget.account))
    found = db.exec(chosen.with_for_update().execution_options(populate_existing=True))
    return {budget.account: budget for budget in found}


def _ensure(db: Transaction, accounts: Iterable[str]) -> None:
    at = db.clock()
    for account in accounts:
        fresh: dict[str, Any] = {"account": account, "next_at": at, "halted_until": None, "starved": 0}
        db.write(Budget, fresh, ignores=("account",))
    db.write_out()
