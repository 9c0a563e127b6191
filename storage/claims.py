"""Claims: which rows may start now, and taking them for one sender. No row is promised or settled here.

Order: first in, first out inside (account, chat, priority); one in flight per chat; a reply may overtake a broadcast.
A retry in the future blocks its lane, a due date in the future does not. Two clocks: pace, leases and retries go by the
database's clock (`at`), due dates and expiry by the clock a person sees (`now`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, literal_column, or_, select, true
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from messages.types import Address, Outbound
from storage import clock, pace
from storage.database import Transaction
from storage.errors import WrongKey
from storage.outbox import IS_READY, rows
from storage.tables import Announcing, Budget, Policy, Priority, Sending

LEASE = timedelta(seconds=60)
"""Longer than any send may take; then the row falls to whoever is alive."""
UNREADABLE_REST = timedelta(minutes=10)
"""A body sealed with a key we were not given waits for the operator, this long at a time."""
URGENT = tuple(priority for priority in Priority if priority is not Priority.BROADCAST)

_lanes = SQLModel.metadata.tables["lane"]
_broadcasts = SQLModel.metadata.tables["broadcast"]
_ahead = rows.alias("ahead")
_flying = rows.alias("flying")


@dataclass(frozen=True, slots=True)
class Claimed:
    """A row taken for sending: nobody else sends it while its lease lasts; only this fence settles it."""

    id: int
    fence: int
    address: Address
    message: Outbound = field(repr=False)
    sealed: bytes = field(repr=False)
    """The message as it is stored."""
    topic: str
    policy: Policy
    attempts: int
    """Those before this one."""
    starts_at: datetime
    """When it may start, by the database's clock."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """News about to be claimed."""

    id: int
    member_id: int | None
    broadcast_id: int | None


@dataclass(frozen=True, slots=True)
class Looked:
    """What a last look found: rows that must not go, with the reason; the words of those that carry a reference."""

    refused: Mapping[int, str]
    written: Mapping[int, Outbound]


class LastLook(Protocol):
    """Who is asked about news once more, at the moment it would start."""

    def is_open(self, now: datetime) -> bool:
        """Whether news may go to anybody now."""
        ...

    def look(self, db: Transaction, waiting: Sequence[Waiting], now: datetime) -> Looked:
        """Which of these may still go, and in what words."""
        ...


@dataclass(frozen=True, slots=True)
class Batch:
    """What one claim brought."""

    at: datetime
    """The database's clock when it was made."""
    claimed: tuple[Claimed, ...] = ()
    again: float | None = None
    """Seconds until more can be claimed; None when nothing waits but for a wake, a date or a pause."""
    rest: float | None = None
    """Seconds until a chat that waits for its interval may be written to again; None when none does."""


def claim(
    db: Transaction,
    rates: Sequence[pace.Rate],
    *,
    owner: str,
    room: Mapping[str, int],
    lease: timedelta = LEASE,
    news: LastLook | None = None,
) -> Batch:
    """Take what can start now from these accounts, at most `room[account]` each.

    `news` is asked about everything of the priority BROADCAST; without it such rows go as they stand, and those that
    carry only a reference stay.
    Another process may have been quicker on PostgreSQL (`uq_outbox_in_flight` says so): then nothing is taken, and one
    looks again.
    """
    held = pace.hold(db, rates)
    at = db.clock()
    now = at + clock.offset(db)
    try:
        with db.savepoint():
            claims = [_Claim(db, rate, held.get(rate.account), at, now, news) for rate in rates]
            taken = [one for claim in claims for one in claim.take(room.get(claim.rate.account, 0))]
            written = {row: message for claim in claims for row, message in claim.written.items()}
            claimed = tuple(_hand_over(db, taken, written, owner=owner, at=at, lease=lease))
    except IntegrityError:
        return Batch(at, again=0.0)
    return Batch(at, claimed, _least(claim.again for claim in claims), _least(claim.rest for claim in claims))


class _Claim:
    """The claim on one account: who waits, who gets the slots, what the budget says afterwards."""

    def __init__(
        self,
        db: Transaction,
        rate: pace.Rate,
        budget: Budget | None,
        at: datetime,
        now: datetime,
        news: LastLook | None,
    ) -> None:
        self.db, self.rate, self.budget, self.at, self.now, self.news = db, rate, budget, at, now, news
        self.again: float | None = None
        self.rest: float | None = None
        self.written: dict[int, Outbound] = {}

    def take(self, room: int) -> list[tuple[Row[Any], datetime]]:
        """The rows that start, each with its instant."""
        if room <= 0 or self._halted():
            return []
        next_at = self.budget.next_at if self.budget else self.at
        slots = pace.starts(self.rate, next_at=next_at, at=self.at, most=room)
        chosen = self._choose(len(slots)) if slots else []
        taken = self._look_once_more(chosen)
        pairs = list(zip(taken, slots, strict=False))
        if pairs:
            self._spend(pairs)
        if not slots or len(chosen) == len(slots) or len(taken) < len(chosen):
            self._look_again()
        elif not taken:
            self.rest = self._chat_rest()
        return pairs

    def _halted(self) -> bool:
        until = self.budget.halted_until if self.budget else None
        if until is None or until <= self.at:
            return False
        self.rest = (until - self.at).total_seconds()
        return True

    def _choose(self, slots: int) -> list[Row[Any]]:
        urgent: list[Row[Any]] = []
        for priority in URGENT:
            if len(urgent) < slots:
                urgent += self._heads(priority, slots, but=urgent)
        patient = [] if self.news and not self.news.is_open(self.now) else self._patient(slots, urgent)
        passed = self.budget.starved if self.budget else 0
        taken, passed = pace.take_turns(urgent, patient, starved=passed, slots=slots)
        if self.budget and passed != self.budget.starved:
            self.budget.starved = passed
        return taken

    def _patient(self, slots: int, urgent: Sequence[Row[Any]]) -> list[Row[Any]]:
        heads = self._heads(Priority.BROADCAST, slots, but=urgent)
        return heads if self.news else [row for row in heads if row.broadcast_id is None]

    def _look_once_more(self, chosen: list[Row[Any]]) -> list[Row[Any]]:
        """The rows that may go. News that may not is ended here, with its reason."""
        news = [row for row in chosen if row.priority == Priority.BROADCAST]
        if self.news is None or not news:
            return chosen
        waiting = [Waiting(row.id, row.member_id, row.broadcast_id) for row in news]
        looked = self.news.look(self.db, waiting, self.now)
        self.written.update(looked.written)
        for number, reason in looked.refused.items():
            ended = {"state": Sending.CANCELLED.value, "reason": reason, "settled_at": self.now}
            self.db.connection().execute(rows.update().where(rows.c.id == number).values(ended))
        return [row for row in chosen if row.id not in looked.refused]

    def _heads(self, priority: Priority, most: int, *, but: Sequence[Row[Any]]) -> list[Row[Any]]:
        """The first row of each lane of this priority; `but`: chats that have a row already."""
        taken = {row.chat for row in but}
        query = _heads(self.rate.account, priority, self.at, self.now).limit(most + len(taken))
        found = self.db.connection().execute(query.with_for_update(skip_locked=True, of=rows))
        return [row for row in found if row.chat not in taken][:most]

    def _spend(self, pairs: Sequence[tuple[Row[Any], datetime]]) -> None:
        if self.budget and self.rate.per_second is not None:
            self.budget.next_at = pairs[-1][1] + self.rate.interval
        if self.rate.chat_interval:
            rest = timedelta(seconds=self.rate.chat_interval)
            pace.rest_chats(self.db, self.rate.account, {row.chat: start + rest for row, start in pairs})

    def _look_again(self) -> None:
        """Half a horizon before the next slot, so that no slot is lost on the way to the database."""
        ahead = self.budget.next_at - self.at - pace.HORIZON / 2 if self.budget else timedelta()
        self.again = max(0.0, ahead.total_seconds())

    def _chat_rest(self) -> float | None:
        waiting = exists().where(IS_READY, rows.c.account == _lanes.c.account, rows.c.chat == _lanes.c.chat)
        resting = and_(_lanes.c.account == self.rate.account, _lanes.c.next_at > self.at, waiting)
        first = self.db.connection().execute(select(func.min(_lanes.c.next_at)).where(resting)).scalar_one()
        return None if first is None else float((first - self.at).total_seconds())


def _heads(account: str, priority: Priority, at: datetime, now: datetime) -> Select[Any]:
    same_chat = and_(_flying.c.account == rows.c.account, _flying.c.chat == rows.c.chat)
    in_flight = exists().where(_flying.c.state == literal_column(f"'{Sending.CLAIMED}'"), same_chat)
    resting = exists().where(_lanes.c.account == rows.c.account, _lanes.c.chat == rows.c.chat, _lanes.c.next_at > at)
    started = _started(rows.c) if priority is Priority.BROADCAST else true()
    return (
        select(rows)
        .where(started, IS_READY, rows.c.account == account, rows.c.priority == int(priority), rows.c.due_at <= now)
        .where(or_(rows.c.retry_at.is_(None), rows.c.retry_at <= at), _alive(rows.c, now))
        .where(~_before_it(now, priority), ~in_flight, ~resting)
        .order_by(rows.c.due_at, rows.c.id)
    )


def _started(columns: Any) -> ColumnElement[bool]:
    """Whether a row's broadcast, if it has one, is being sent: a draft, one on hold or cancelled stops here."""
    sending = exists().where(_broadcasts.c.id == columns.broadcast_id, _broadcasts.c.state == Announcing.SENDING.value)
    return or_(columns.broadcast_id.is_(None), sending)


def _before_it(now: datetime, priority: Priority) -> ColumnElement[bool]:
    """Whether an older row of the same lane is due: it goes first, even when it waits for its retry."""
    same_lane = and_(
        _ahead.c.account == rows.c.account,
        _ahead.c.chat == rows.c.chat,
        _ahead.c.priority == rows.c.priority,
        _ahead.c.id < rows.c.id,
        _ahead.c.state == literal_column(f"'{Sending.READY}'"),
    )
    started = _started(_ahead.c) if priority is Priority.BROADCAST else true()
    return exists().where(same_lane, _ahead.c.due_at <= now, _alive(_ahead.c, now), started)


def _alive(columns: Any, now: datetime) -> ColumnElement[bool]:
    return or_(columns.expires_at.is_(None), columns.expires_at > now)


def _hand_over(
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
        held = {"state": Sending.CLAIMED.value, "owner": owner, "lease_until": at + lease, "fence": rows.c.fence + 1}
        db.connection().execute(rows.update().where(rows.c.id.in_([one.id for one in claimed])).values(held))
    return claimed


def _claimed(row: Row[Any], message: Outbound, sealed: bytes, starts_at: datetime) -> Claimed:
    return Claimed(
        id=row.id,
        fence=row.fence + 1,
        address=Address(row.account, row.chat),
        message=message,
        sealed=sealed,
        topic=row.topic,
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


def _least(values: Iterable[float | None]) -> float | None:
    return min((value for value in values if value is not None), default=None)
