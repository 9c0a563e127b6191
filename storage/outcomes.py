"""Outcomes: what becomes of a row once it was tried. The decision is one table, `FATES`; the rest writes it down.

Neither Telegram nor Zalo takes an idempotency key, so that "exactly once" is impossible: broadcasts and slogans are at
most once (what may have been sent becomes `unknown`), everything else at least once.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, case, literal_column, select

from messages.types import Address, Outbound
from storage import clock, detours, failures, lanes, members, moves, offers, outbox, pace, sets, transcript
from storage.database import Transaction
from storage.errors import WrongKey
from storage.handovers import Claimed
from storage.offers import Delivery, Offer
from storage.outbox import rows
from storage.tables import Policy, Priority, Sending

LONGEST_BACKOFF = 600.0
"""Seconds. An outage is tried again for as long as the message has not expired."""

_OURS = (
    select(rows.c.id, rows.c.fence, outbox.IS_ERASED.label("erased"))
    .where(rows.c.id.in_(bindparam("ids", expanding=True)), rows.c.owner == bindparam("by"))
    .where(rows.c.state == Sending.CLAIMED.value)
    .order_by(rows.c.id)
    .with_for_update()
)


class Outcome(StrEnum):
    """What came of one claimed row."""

    SENT = "sent"
    LATER = "later"
    """Certainly not sent: nothing was listening, the name did not resolve."""
    PAUSED = "paused"
    """Certainly not sent: the platform asks us to wait."""
    UNKNOWN = "unknown"
    """It may have been sent: no answer came, or one that does not say."""
    FAULT = "fault"
    """Our own code failed on the way; it may have been sent."""
    GONE = "gone"
    """The chat cannot be reached until its member writes."""
    MOVED = "moved"
    """Certainly not sent: the chat goes on under another id (a Telegram group that became a supergroup)."""
    REFUSED = "refused"
    """The platform will never take this message."""
    RELEASED = "released"
    """Claimed, yet never started: a graceful stop, a halted account."""
    LOST = "lost"
    """The lease ran out: whoever held it died or froze; it may have been sent."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What a row becomes. `counts`: the attempt is counted; `most`: after so many counted attempts it fails instead,
    unless nothing reaches the platform anyway."""

    state: Sending
    counts: bool = True
    most: int | None = None


_AGAIN = Fate(Sending.READY)
_NOT_TRIED = Fate(Sending.READY, counts=False)
_MAYBE = Fate(Sending.UNKNOWN)
_DEAD = Fate(Sending.FAILED)
_SENT = Fate(Sending.SENT)
_ELSEWHERE = Fate(Sending.READY, most=5)

SHOWN = frozenset({Outcome.SENT, Outcome.UNKNOWN, Outcome.FAULT, Outcome.LOST})
"""After these a message stands in its chat, or may stand there."""

FATES: Mapping[Outcome, Mapping[Policy, Fate]] = {
    Outcome.SENT: {Policy.AT_LEAST_ONCE: _SENT, Policy.AT_MOST_ONCE: _SENT},
    Outcome.LATER: {Policy.AT_LEAST_ONCE: _AGAIN, Policy.AT_MOST_ONCE: _AGAIN},
    Outcome.PAUSED: {Policy.AT_LEAST_ONCE: _NOT_TRIED, Policy.AT_MOST_ONCE: _NOT_TRIED},
    Outcome.UNKNOWN: {Policy.AT_LEAST_ONCE: _AGAIN, Policy.AT_MOST_ONCE: _MAYBE},
    Outcome.FAULT: {Policy.AT_LEAST_ONCE: Fate(Sending.READY, most=5), Policy.AT_MOST_ONCE: _MAYBE},
    Outcome.GONE: {Policy.AT_LEAST_ONCE: _DEAD, Policy.AT_MOST_ONCE: _DEAD},
    Outcome.MOVED: {Policy.AT_LEAST_ONCE: _ELSEWHERE, Policy.AT_MOST_ONCE: _ELSEWHERE},
    Outcome.REFUSED: {Policy.AT_LEAST_ONCE: _DEAD, Policy.AT_MOST_ONCE: _DEAD},
    Outcome.RELEASED: {Policy.AT_LEAST_ONCE: _NOT_TRIED, Policy.AT_MOST_ONCE: _NOT_TRIED},
    Outcome.LOST: {Policy.AT_LEAST_ONCE: _AGAIN, Policy.AT_MOST_ONCE: _MAYBE},
}


@dataclass(frozen=True, slots=True)
class Report:
    """How it went with one claimed row."""

    claimed: Claimed
    outcome: Outcome
    reason: str | None = None
    """A short ASCII name."""
    after: float | None = None
    """Seconds the platform asks us to wait (PAUSED)."""
    halts_account: bool = False
    """The pause is for the whole account, not only for this chat."""
    chat: str = ""
    """Where the chat went (MOVED)."""
    external_id: str = ""
    ago: float = 0.0
    """Seconds since it came out."""
    kept: bool = False
    """Delivered means written into the browser chat's transcript, here."""


def settle(db: Transaction, reports: Sequence[Report], *, owner: str, chance: random.Random) -> int:
    """Write down what became of rows this owner claimed; how many. A stale fence settles nothing."""
    ours = _still_held(db, reports, owner) if reports else []
    if not ours:
        return 0
    at = db.clock()
    now = at + clock.offset(db)
    limited = any(FATES[report.outcome][report.claimed.policy].most for report, _ in ours)
    out = frozenset(pace.out(db)) if limited else frozenset()
    settled = [_settled(report, at=at, now=now, chance=chance, erased=erased, out=out) for report, erased in ours]
    failed = {row["id"] for row in settled if row["state"] == Sending.FAILED}
    lanes.free(db, [report.claimed.id for report, _ in ours], at=at)
    db.changing(rows.name)
    sets.update(db.connection(), rows, settled)
    for report, _ in ours:
        _follow_up(db, report, at=at, now=now)
    offers.note(db, [_delivery(report, at=at, now=now) for report, erased in ours if not erased and _shows(report)])
    db.write_out()
    lost = [report for report, _ in ours if report.claimed.id in failed]
    failures.count(db, [(one.claimed.address.account, one.claimed.priority, one.reason) for one in lost], now)
    outbox.drop_forgotten(db)
    return len(ours)


def requeue_expired_leases(db: Transaction) -> int:
    """Take back what dead or frozen processes hold, each row by its policy; how many."""
    return _take_back(db, rows.c.lease_until <= db.clock())


def requeue_all(db: Transaction) -> int:
    """Take back everything claimed: only where no other process can be alive (SQLite, at the start)."""
    return _take_back(db, rows.c.lease_until.is_not(None))


def _still_held(db: Transaction, reports: Sequence[Report], owner: str) -> list[tuple[Report, bool]]:
    """The reports whose fence is good, each with whether its text was erased meanwhile; locked in order of id."""
    by_id = {report.claimed.id: report for report in reports}
    found = db.connection().execute(_OURS, {"ids": list(by_id), "by": owner})
    return [(by_id[row.id], row.erased) for row in found if by_id[row.id].claimed.fence == row.fence]


def _settled(
    report: Report, *, at: datetime, now: datetime, chance: random.Random, erased: bool, out: Collection[str]
) -> dict[str, Any]:
    claimed, fate = report.claimed, FATES[report.outcome][report.claimed.policy]
    attempts = claimed.attempts + fate.counts
    spent = fate.most is not None and attempts >= fate.most and claimed.address.account not in out
    state = Sending.FAILED if spent else fate.state
    waits = state is Sending.READY
    retry_at = at + _wait(report, chance) if waits else None
    return {
        "id": claimed.id,
        "state": state.value,
        "attempts": attempts,
        "reason": report.reason,
        "external_id": None if erased else report.external_id or None,
        "chat": "" if erased and not waits else report.chat or claimed.address.chat,
        "owner": None,
        "lease_until": None,
        "retry_at": retry_at,
        "aside_until": retry_at,
        "settled_at": None if waits else now,
    }


def _wait(report: Report, chance: random.Random) -> timedelta:
    """How long the row rests before it is tried again."""
    match report.outcome:
        case Outcome.RELEASED | Outcome.MOVED:
            return timedelta()
        case Outcome.PAUSED:
            return timedelta(seconds=report.after or 0.0) + pace.HALT_MARGIN
        case _:
            longest = min(LONGEST_BACKOFF, 2.0 ** min(report.claimed.attempts, 10))
            return timedelta(seconds=longest * chance.uniform(0.5, 1.0))


def _follow_up(db: Transaction, report: Report, *, at: datetime, now: datetime) -> None:
    """What else a report says: about the account, the chat, the address, the browser's history."""
    address = report.claimed.address
    if report.outcome is Outcome.PAUSED:
        until = at + timedelta(seconds=report.after or 0.0) + pace.HALT_MARGIN
        if report.halts_account:
            pace.halt(db, address.account, until=until)
        else:
            pace.rest_chats(db, address.account, {address.chat: until})
    elif report.outcome is Outcome.GONE:
        members.unreachable(db, address, now)
        detours.await_return(db, address, now, refused=report.claimed.id)
    elif report.outcome is Outcome.MOVED:
        moves.follow(db, address, report.chat)
    elif report.outcome is Outcome.SENT and report.kept:
        transcript.write_theirs(db, address, report.claimed.sealed, outbox_id=report.claimed.id, now=now)


def _shows(report: Report) -> bool:
    """Whether a list was shown to a member, or may have been."""
    claimed = report.claimed
    return report.outcome in SHOWN and claimed.member_id is not None and bool(claimed.message.choices)


def _delivery(report: Report, *, at: datetime, now: datetime) -> Delivery:
    claimed = report.claimed
    assert claimed.member_id is not None
    landed = now if report.kept else at - timedelta(seconds=report.ago)
    offer = Offer(
        claimed.message.question,
        claimed.message.choices,
        since=landed if report.kept else min(claimed.starts_at, landed),
        at=landed,
        asked_for=claimed.priority.is_reply,
        sure=report.outcome is Outcome.SENT,
        external_id=report.external_id,
    )
    return Delivery(claimed.member_id, claimed.address, offer)


def _take_back(db: Transaction, whose: ColumnElement[bool]) -> int:
    in_flight = and_(rows.c.state == literal_column(f"'{Sending.CLAIMED}'"), whose)
    in_order = rows.c.id + 0  # not the bare column: SQLite would go through the whole table in that order
    names = ("id", "account", "chat", "member_id", "priority", "body", "lease_until")
    held = select(*(rows.c[name] for name in names)).where(in_flight).order_by(in_order).with_for_update()
    found = db.connection().execute(held).all()
    if not found:
        return 0
    lost, at = [row.id for row in found], db.clock()
    lanes.free(db, lost, at=at)
    offers.note(db, [each for row in found if (each := _perhaps_delivered(db, row, at)) is not None])
    db.write_out()
    theirs = rows.c.id.in_(lost)
    return sum(_take_back_class(db, and_(theirs, rows.c.policy == policy.value), policy) for policy in Policy)


def _perhaps_delivered(db: Transaction, row: Row[Any], at: datetime) -> Delivery | None:
    """The list of a message whose sender is gone: it may stand in its chat since it was taken."""
    if row.member_id is None or row.body is None:
        return None
    try:
        message = Outbound.from_json(db.seals.open(row.body))
    except WrongKey:
        return None
    if not message.choices:
        return None
    since = min(row.lease_until or at, at) - outbox.LONGEST_LEASE
    asked_for = Priority(row.priority).is_reply
    offer = Offer(message.question, message.choices, since=since, at=at, asked_for=asked_for, sure=False)
    return Delivery(row.member_id, Address(row.account, row.chat), offer)


def _take_back_class(db: Transaction, lost: ColumnElement[bool], policy: Policy) -> int:
    fate = FATES[Outcome.LOST][policy]
    waits = fate.state is Sending.READY
    values: dict[str, Any] = {
        "state": fate.state.value,
        "attempts": rows.c.attempts + int(fate.counts),
        "reason": "lease_expired",
        "owner": None,
        "lease_until": None,
        "settled_at": None if waits else clock.now(db),
    }
    if not waits:
        values["chat"] = case((outbox.IS_ERASED, ""), else_=rows.c.chat)
    return db.connection().execute(rows.update().where(lost).values(values)).rowcount
