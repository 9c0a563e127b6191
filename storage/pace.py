"""Pace: when the next send of an account, and of a chat in it, may start. Measured by the database's clock alone.

One budget row per account is shared by every process: GCRA without burst, so that over any sliding second no more
sends are reserved than the rate says. A platform that asks for a pause is also written to more slowly afterwards: at
half the rate, which grows back evenly. What is sent, and in which order, is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any, TypeVar

from sqlalchemy import bindparam, or_
from sqlmodel import SQLModel, col, select

from storage.database import Transaction
from storage.tables import Budget, Lane

HORIZON = timedelta(milliseconds=50)
"""How far ahead starts are reserved: claimed must mean possibly sent."""
HALT_MARGIN = timedelta(milliseconds=100)
"""Added to a pause the platform asks for: its clock and ours do not tick together."""
URGENT_IN_A_ROW = 4
"""Slots given to others while broadcasts wait, before one goes to a broadcast: at least 20 % stay for them."""

SLOWEST = 1 / 16
"""Of the configured rate: however often the platform asks for a pause, it is not written to more slowly than this."""
RECOVERY = timedelta(minutes=5)
"""How long it takes from nothing to the full rate again."""

T = TypeVar("T")

_lanes = SQLModel.metadata.tables["lane"]
_BUDGETS = (
    select(Budget)
    .where(col(Budget.account).in_(bindparam("accounts", expanding=True)))
    .order_by(col(Budget.account))
    .with_for_update()
    .execution_options(populate_existing=True)
)


_FRESH: Mapping[str, Any] = {
    **{"halted_until": None, "starved": 0, "share": 1.0, "slowed_at": None},
    **{"doubts": 0, "out_since": None, "probe": "send", "probe_at": None, "probes": 0, "trial_at": None},
    "back_at": None,
}


def _nowhere(_chat: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Rate:
    """How fast one account may send. `per_second` None: it has no budget, it goes as fast as it goes."""

    account: str
    per_second: float | None = None
    chat_interval: float = 0.0
    """Seconds between two messages to one private chat."""
    group_interval: float = 0.0
    """Seconds between two messages to one group."""
    is_group: Callable[[str], bool] = _nowhere

    def interval(self, share: float = 1.0) -> timedelta:
        """From one start to the next at a share of the rate; rounded up, so that the rate is never exceeded."""
        return timedelta(microseconds=ceil(1_000_000 / (self.per_second * share))) if self.per_second else timedelta()

    def rest(self, chat: str) -> timedelta:
        """From one start to the next in one chat."""
        return timedelta(seconds=self.group_interval if self.is_group(chat) else self.chat_interval)


def starts(rate: Rate, *, next_at: datetime, at: datetime, most: int, share: float = 1.0) -> list[datetime]:
    """The instants, at most `most` and none beyond the horizon, at which sends may start."""
    if rate.per_second is None:
        return [at] * most
    first, interval = max(next_at, at), rate.interval(share)
    instants = (first + interval * step for step in range(most))
    return [instant for instant in instants if instant < at + HORIZON]


def share_of(budget: Budget | None, at: datetime) -> float:
    """The share of its rate that an account may use now."""
    if budget is None or budget.slowed_at is None:
        return 1.0
    return max(SLOWEST, min(1.0, budget.share + (at - budget.slowed_at) / RECOVERY))


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


def make(db: Transaction, accounts: Collection[str]) -> dict[str, Budget]:
    """The same for accounts that have no pace of their own, and no budget so far."""
    _ensure(db, accounts)
    return _locked(db, accounts)


def halt(db: Transaction, account: str, *, until: datetime) -> None:
    """Nothing of this account starts before `until`, on any machine; a later halt stays.

    Afterwards it goes at half the rate; what else was in flight and met the same halt does not halve it again.
    """
    _ensure(db, [account])
    budget = _locked(db, [account])[account]
    at = db.clock()
    if not is_halted(budget, at):
        slow_down(budget, at)
    budget.halted_until = max(budget.halted_until or until, until)


def slow_down(budget: Budget, at: datetime) -> None:
    """From now on at half the rate, which then grows back."""
    budget.share, budget.slowed_at = max(SLOWEST, share_of(budget, at) / 2), at


def is_halted(budget: Budget, at: datetime) -> bool:
    """Whether the account must not send."""
    return budget.halted_until is not None and budget.halted_until > at


def stops(db: Transaction) -> tuple[dict[str, float], dict[str, datetime]]:
    """The accounts that must not send now, and for how many seconds, and those that are `out`; locks nothing."""
    at = db.clock()
    stopped = or_(col(Budget.halted_until) > at, col(Budget.out_since).is_not(None))
    found = db.exec(select(Budget.account, Budget.halted_until, Budget.out_since).where(stopped)).all()
    halts = {account: (until - at).total_seconds() for account, until, _ in found if until is not None and until > at}
    return halts, {account: since for account, _, since in found if since is not None}


def out(db: Transaction) -> dict[str, datetime]:
    """The accounts whose platform cannot be reached (storage/outages.py), and since when: a look that locks nothing."""
    found = db.exec(select(Budget.account, Budget.out_since).where(col(Budget.out_since).is_not(None)))
    return {account: since for account, since in found if since is not None}


def rest_chats(db: Transaction, account: str, until: Mapping[str, datetime]) -> None:
    """Nothing goes to these chats of the account before the instant named for each."""
    for chat, instant in until.items():
        db.write(Lane, {"account": account, "chat": chat, "next_at": instant}, replaces=("account", "chat"))


def forget_lanes(db: Transaction) -> int:
    """Drop the chats that may be written to again anyway; how many."""
    return db.connection().execute(_lanes.delete().where(_lanes.c.next_at <= db.clock())).rowcount


def _locked(db: Transaction, accounts: Iterable[str]) -> dict[str, Budget]:
    found = db.exec(_BUDGETS, params={"accounts": list(accounts)})
    return {budget.account: budget for budget in found}


def _ensure(db: Transaction, accounts: Iterable[str]) -> None:
    at = db.clock()
    for account in accounts:
        db.write(Budget, {**_FRESH, "account": account, "next_at": at}, ignores=("account",))
    db.write_out()
