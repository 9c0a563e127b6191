"""Claims: which rows may start now, and taking them for one sender. No row is promised or settled here.

Order: first in, first out inside (account, chat, priority); one in flight per chat; a reply may overtake a broadcast.
A retry in the future blocks its lane, a due date in the future does not. Two clocks: pace, leases and retries go by the
database's clock (`at`), due dates and expiry by the clock a person sees (`now`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, assert_never

from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError

from messages.types import Address, Outbound
from storage import clock, lanes, outages, outbox, pace
from storage.database import Transaction
from storage.handovers import Claimed, hand_over
from storage.lanes import Place
from storage.looks import Gate, LastLook, Later, Looked, Refused, Verdict, Waiting
from storage.outages import Probe, Way
from storage.outbox import rows
from storage.tables import Budget, Priority, Sending

__all__ = ["Batch", "Claimed", "Gate", "LastLook", "Later", "Looked", "Refused", "Verdict", "Waiting", "claim"]

LEASE = timedelta(seconds=60)
"""Longer than any send may take; then the row falls to whoever is alive."""
SPARE = 32
"""How many more rows than could start are looked at, since some of them must wait."""
SOONEST = timedelta(seconds=1)
"""However soon a row that has to wait may go, it is not asked about again before this."""
Start = tuple[Row[Any], datetime]
"""A row and the instant at which it may start."""
URGENT = tuple(priority for priority in Priority if priority is not Priority.BROADCAST)


@dataclass(frozen=True, slots=True)
class Batch:
    """What one claim brought."""

    at: datetime
    """The database's clock when it was made."""
    claimed: tuple[Claimed, ...] = ()
    again: float | None = None
    """Seconds until more can be claimed; None when nothing waits but for a wake, a date or a pause."""
    rest: float | None = None
    """Seconds until something that waits for its chat, a retry or the end of a halt may start; None when nothing does.
    """
    calls: tuple[str, ...] = ()
    """Accounts that are out whose platform is to be asked whether it answers; one tells `outages.called`."""
    ways: Mapping[str, Way] = field(default_factory=dict)
    """How it stands with the way to each account that was asked about."""


def claim(
    db: Transaction,
    rates: Sequence[pace.Rate],
    *,
    owner: str,
    room: Mapping[str, int],
    lease: timedelta = LEASE,
    news: LastLook | None = None,
    gate: Gate | None = None,
) -> Batch:
    """Take what can start now from these accounts, at most `room[account]` each.

    `news` is asked about everything of the priority BROADCAST; without it such rows go as they stand, and those that
    carry only a reference stay. `gate` is asked about every row of the accounts it watches.
    Another process may have been quicker on PostgreSQL (`uq_outbox_in_flight` says so): then nothing is taken, and one
    looks again.
    """
    asked = [rate for rate in rates if room.get(rate.account, 0) > 0]
    held = pace.hold(db, asked)
    at = db.clock()
    now = at + clock.offset(db)
    if not asked:
        return Batch(at)
    lanes.bring_back(db, [rate.account for rate in asked], at=at, most=sum(room.values()) + SPARE)
    looks = _Looks(news, gate, tuple(lanes.sending(db)) if news is not None and news.is_open(now) else ())
    claims = [_Claim(db, rate, held.get(rate.account), at, now, looks) for rate in asked]
    try:
        with db.savepoint():
            taken = [one for claim in claims for one in claim.take(room[claim.rate.account])]
            claimed = tuple(hand_over(db, taken, _written(claims), owner=owner, at=at, lease=lease))
    except IntegrityError:
        return Batch(at, again=0.0)
    again = _least(claim.again for claim in claims)
    return Batch(
        at,
        claimed,
        again,
        _rest(db, claims, at) if again is None else None,
        calls=tuple(claim.rate.account for claim in claims if claim.calls),
        ways={claim.rate.account: outages.way_of(claim.budget) for claim in claims},
    )


@dataclass(frozen=True, slots=True)
class _Looks:
    """Who is asked once more, and about which broadcasts."""

    news: LastLook | None
    gate: Gate | None
    broadcasts: tuple[int, ...]

    def priorities(self, now: datetime) -> Sequence[Priority]:
        return tuple(Priority) if self.news is None or self.news.is_open(now) else URGENT


class _Claim:
    """The claim on one account: who waits, who gets the slots, what the budget says afterwards."""

    def __init__(
        self, db: Transaction, rate: pace.Rate, budget: Budget | None, at: datetime, now: datetime, looks: _Looks
    ) -> None:
        self.db, self.rate, self.budget, self.at, self.now, self.looks = db, rate, budget, at, now, looks
        self.share = pace.share_of(budget, at)
        self.halted_for: float | None = None
        self.again: float | None = None
        self.written: dict[int, Outbound] = {}
        self.is_crowded = False
        """Whether so much at the front had to wait that what lies behind it was not seen."""
        self.calls = False
        """Whether the platform is to be asked if it answers."""

    def take(self, room: int) -> list[Start]:
        """The rows that start, each with its instant."""
        if self.budget and self.budget.halted_until and pace.is_halted(self.budget, self.at):
            self.halted_for = (self.budget.halted_until - self.at).total_seconds()
            return []
        if self.budget and self.budget.out_since:
            return self._probe(self.budget)
        pairs, is_all = self._start(room, self.looks.priorities(self.now))
        if not is_all:
            self._look_again()
        return pairs

    def _probe(self, budget: Budget) -> list[Start]:
        """While the platform cannot be reached: one row at most, or the platform's own call."""
        if budget.probe_at and budget.probe_at > self.at:
            self.halted_for = (budget.probe_at - self.at).total_seconds()
            return []
        pairs: list[Start] = []
        is_all = True
        if budget.probe != Probe.CALL:
            pairs, is_all = self._start(1, URGENT)
        if not pairs and is_all and budget.probe == Probe.TRIAL:
            return self._try_once_only(budget)
        if not pairs and not is_all:
            self._look_again()
            return []
        if not pairs:
            self.calls = True
        outages.hold_probe(budget, self.at)
        return pairs

    def _try_once_only(self, budget: Budget) -> list[Start]:
        """The platform answers its own call, and no reply waits: one row of any kind, where one may be spent."""
        if not outages.may_try_once_only(budget, self.at):
            outages.wait_for_a_reply(budget, self.at)
            return []
        pairs, is_all = self._start(1, self.looks.priorities(self.now))
        if pairs:
            outages.spend_trial(budget, self.at)
            outages.hold_probe(budget, self.at)
        elif is_all:
            outages.put_on_probation(budget, self.at)
            self.again = 0.0
        else:
            self._look_again()
        return pairs

    def _start(self, room: int, priorities: Sequence[Priority]) -> tuple[list[Start], bool]:
        """The rows of these priorities that start, each with its instant; and whether they are all that may."""
        next_at = self.budget.next_at if self.budget else self.at
        slots = pace.starts(self.rate, next_at=next_at, at=self.at, most=room, share=self.share)
        chosen = self._choose(len(slots), priorities) if slots else []
        taken = self._look_once_more(chosen)
        pairs = list(zip(taken, slots, strict=False))
        if pairs:
            self._spend(pairs)
        return pairs, not (len(chosen) == len(slots) or len(taken) < len(chosen) or self.is_crowded)

    def _choose(self, slots: int, priorities: Sequence[Priority]) -> list[Row[Any]]:
        """The rows that get the slots, locked."""
        most = slots + SPARE
        broadcasts = self.looks.broadcasts if Priority.BROADCAST in priorities else ()
        seen = lanes.front(self.db, self.rate.account, priorities, broadcasts=broadcasts, now=self.now, most=most)
        urgent = [place for priority in URGENT for place in seen.get(priority, [])]
        patient = seen.get(Priority.BROADCAST, [])
        heads = {place.chat: place for place in reversed([*urgent, *patient]) if self._may_start(place)}
        passed = self.budget.starved if self.budget else 0
        chosen, passed = pace.take_turns(
            [place for place in urgent if heads.get(place.chat) is place],
            [place for place in patient if heads.get(place.chat) is place],
            starved=passed,
            slots=slots,
        )
        if self.budget and passed != self.budget.starved:
            self.budget.starved = passed
        locked, later = self._lock(chosen)
        self._make_way([*urgent, *patient], {place.head: place.chat for place in chosen}, later)
        behind = len(chosen) < slots and any(len(places) >= most for places in seen.values())
        self.is_crowded = behind or len(locked) < len(chosen)
        return locked

    def _may_start(self, place: Place) -> bool:
        rests = place.rests_until is not None and place.rests_until > self.at
        return not (place.is_late or place.is_flying or rests)

    def _lock(self, chosen: Sequence[Place]) -> tuple[list[Row[Any]], dict[int, datetime]]:
        """The rows chosen, in that order; and the lanes whose first row is tried again later, which wait for that."""
        heads = [place.head for place in chosen if place.head is not None]
        found = {row.id: row for row in lanes.lock(self.db, heads)} if heads else {}
        later = {number: row.retry_at for number, row in found.items() if row.retry_at and row.retry_at > self.at}
        return [found[number] for number in heads if number in found and number not in later], later

    def _make_way(
        self, places: Sequence[Place], chosen: Mapping[int | None, str], later: Mapping[int, datetime]
    ) -> None:
        """Set aside what cannot start before something else has, and end what came too late."""
        lanes.expire(self.db, [place.id for place in places if place.is_late], now=self.now)
        flying = {place.chat for place in places if place.is_flying}
        flying = set(chosen.values()) | (lanes.in_flight(self.db, self.rate.account, flying) if flying else set())
        met: Counter[str] = Counter()
        until = dict(later)
        for place in places:
            if place.is_late or (place.id in chosen):
                continue
            nth = met[place.chat]
            met[place.chat] += 1
            if place.head is not None and place.head in later:
                until[place.id] = lanes.waits(nth, until=min(later[place.head], self.at + lanes.RETRY_LOOK))
            elif place.chat in flying:
                until[place.id] = lanes.waits(nth + 1, until=self.at)
            elif place.rests_until is not None and place.rests_until > self.at:
                until[place.id] = lanes.waits(nth, until=place.rests_until)
        lanes.set_aside(self.db, until)

    def _look_once_more(self, chosen: list[Row[Any]]) -> list[Row[Any]]:
        """The rows that may go. Those that may not are ended here with the reason, or wait."""
        going = chosen
        news = [_waiting(row) for row in going if row.priority == Priority.BROADCAST]
        if self.looks.news is not None and news:
            looked = self.looks.news.look(self.db, news, self.now)
            self.written.update(looked.written)
            going = self._turned_away(going, {number: Refused(why) for number, why in looked.refused.items()})
        gate = self.looks.gate
        if gate is not None and going and gate.watches(self.rate.account):
            verdicts = gate.judge(self.db, [_waiting(row) for row in going], self.now)
            going = self._turned_away(going, verdicts)
        return going

    def _turned_away(self, going: list[Row[Any]], verdicts: Mapping[int, Verdict]) -> list[Row[Any]]:
        for number, verdict in verdicts.items():
            match verdict:
                case Refused(reason):
                    fate = {"state": Sending.CANCELLED.value, "reason": reason, "settled_at": self.now}
                case Later(until):
                    fate = {"due_at": max(until, self.now + SOONEST)}
                case _:
                    assert_never(verdict)
            self.db.connection().execute(rows.update().where(rows.c.id == number).values(fate))
        if verdicts:
            lanes.free(self.db, list(verdicts), at=self.at)
            outbox.drop_forgotten(self.db)
        return [row for row in going if row.id not in verdicts]

    def _spend(self, pairs: Sequence[Start]) -> None:
        if self.budget and self.rate.per_second is not None:
            self.budget.next_at = pairs[-1][1] + self.rate.interval(self.share)
        rests = {row.chat: (start, self.rate.rest(row.chat)) for row, start in pairs}
        resting = {chat: start + rest for chat, (start, rest) in rests.items() if rest}
        pace.rest_chats(self.db, self.rate.account, resting)

    def _look_again(self) -> None:
        """Half a horizon before the next slot, so that no slot is lost on the way to the database."""
        ahead = self.budget.next_at - self.at - pace.HORIZON / 2 if self.budget else timedelta()
        self.again = max(0.0, ahead.total_seconds())


def _waiting(row: Row[Any]) -> Waiting:
    address = Address(row.account, row.chat)
    return Waiting(row.id, row.member_id, row.broadcast_id, address, row.topic, Priority(row.priority))


def _written(claims: Iterable[_Claim]) -> dict[int, Outbound]:
    return {row: message for claim in claims for row, message in claim.written.items()}


def _rest(db: Transaction, claims: Sequence[_Claim], at: datetime) -> float | None:
    """Until a halt ends, or a row that was set aside comes back by itself."""
    back = lanes.next_look(db, [claim.rate.account for claim in claims if claim.halted_for is None])
    waits = [claim.halted_for for claim in claims]
    return _least([*waits, None if back is None else max(0.0, (back - at).total_seconds())])


def _least(values: Iterable[float | None]) -> float | None:
    return min((value for value in values if value is not None), default=None)
