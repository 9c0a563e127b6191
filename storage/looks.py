"""Last looks: who is asked about a row once more, at the moment it would start. Shapes only; the rules are handlers'.

Both are asked once per account and claim, about all its rows at once, inside the claim's transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeAlias

from messages.types import Address, Outbound
from storage.database import Transaction
from storage.tables import Priority


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row about to be claimed."""

    id: int
    member_id: int | None
    broadcast_id: int | None
    address: Address = field(repr=False)
    topic: str
    priority: Priority


@dataclass(frozen=True, slots=True)
class Looked:
    """What a last look found: rows that must not go, with the reason; the words of those that carry a reference."""

    refused: Mapping[int, str]
    written: Mapping[int, Outbound]


class LastLook(Protocol):
    """Who is asked about news: does it still go, and in what words?"""

    def is_open(self, now: datetime) -> bool:
        """Whether news may go to anybody now."""
        ...

    def look(self, db: Transaction, waiting: Sequence[Waiting], now: datetime) -> Looked:
        """Which of these may still go, and in what words."""
        ...


@dataclass(frozen=True, slots=True)
class Refused:
    """The row must not go: it is cancelled with this reason, a short ASCII name."""

    reason: str


@dataclass(frozen=True, slots=True)
class Later:
    """The row may not go before `until`, by the clock a person sees; it does not hold up what comes after it."""

    until: datetime


Verdict: TypeAlias = Refused | Later


class Gate(Protocol):
    """Who is asked about every row, replies too, of accounts whose platform limits whom we may write to, and when.

    It is asked after `LastLook`, about the rows that would start now, in the order in which they would: what must be
    kept in reserve for replies can be seen from `Waiting.priority`. What it writes (a quota used up by the rows it lets
    pass) is written in the claim's own transaction and undone with it; a row that is tried again is asked about again.
    """

    def watches(self, account: str) -> bool:
        """Whether it wants to be asked about this account."""
        ...

    def judge(self, db: Transaction, waiting: Sequence[Waiting], now: datetime) -> Mapping[int, Verdict]:
        """What must not go, or not yet, by row id. Whatever is missing here goes."""
        ...
