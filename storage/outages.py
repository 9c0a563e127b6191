"""Outages: a platform that cannot be reached, told from the outcomes of sends alone, whatever the failure looks like.

Refused connections, silence, 5xx, a proxy's page: one message in doubt tells nothing, several in a row with none
delivered tell that the way fails and not the message. Then the account is out, in every process, since it stands in
its budget row: nothing that may be sent once only starts, and one probe at a time finds out when it is over. A refusal
of the platform's own (blocked, no such chat, a bad request, a pause) concerns one message and is never counted.

Probes take turns: the reply that has waited longest, then the platform's own cheap call, which costs nobody anything.
A call alone does not end an outage (the call may be answered while sends fail): the next reply does, or, where none
waits, a single row that may be sent once. Measured by the database's clock alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import and_, select

from storage import pace
from storage.database import Transaction
from storage.outbox import IS_READY, rows
from storage.outcomes import Outcome, Report
from storage.tables import Budget, Priority

TOLERATED = 3
"""Sends in doubt in a row, none delivered in between: with the last of them the account is out."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=1), timedelta(seconds=30)
"""From one probe that failed to the next, doubled each time: the end is seen half a minute late at most."""
HELD = timedelta(seconds=60)
"""How long nobody else probes while a probe is under way: as long as a claim lasts (`claims.LEASE`)."""
SECOND_TRIAL, NEXT_TRIAL = timedelta(minutes=10), timedelta(hours=1)
"""From one trial with a row that may be sent once to the next, if the first failed: two in the first hour."""

IN_DOUBT = frozenset({Outcome.UNKNOWN, Outcome.FAULT, Outcome.LATER})
"""What may be the fault of the way. A lost lease is not: there a process died."""


class Probe(StrEnum):
    """What an account that is out tries next."""

    SEND = "send"
    """A reply; where none waits, the call."""
    CALL = "call"
    """The platform's own cheap call."""
    TRIAL = "trial"
    """The call was answered: a reply, else one row that may be sent once."""


@dataclass(frozen=True, slots=True)
class Way:
    """How it stands with the way to an account's platform."""

    doubts: int = 0
    """Sends in doubt in a row."""
    out_since: datetime | None = None
    """By the database's clock; None: it is not out."""

    @property
    def is_well(self) -> bool:
        """Whether the last send whose outcome is known was delivered."""
        return not self.doubts and self.out_since is None


def way_of(budget: Budget | None) -> Way:
    """What the account's budget row says."""
    return Way() if budget is None else Way(budget.doubts, budget.out_since)


def matter(reports: Iterable[Report], ways: Mapping[str, Way]) -> bool:
    """Whether any of these changes how it stands with an account's way, as far as that is known here."""
    return any(
        report.outcome in IN_DOUBT or not ways.get(report.claimed.address.account, Way()).is_well for report in reports
    )


def note(db: Transaction, rates: Collection[pace.Rate], reports: Iterable[Report]) -> None:
    """Learn from what came of sends, in the order in which they began."""
    budgets = pace.hold(db, rates)
    at = db.clock()
    for report in sorted(reports, key=lambda report: report.claimed.starts_at):
        account = report.claimed.address.account
        if account not in budgets and report.outcome in IN_DOUBT:
            budgets |= pace.make(db, [account])
        if (budget := budgets.get(account)) is None:
            continue
        if budget.out_since is None:
            _count(budget, report, at)
        elif report.claimed.starts_at > budget.out_since + pace.HORIZON:  # what flew already proves nothing
            _learn(db, budget, report, at)


def called(db: Transaction, rates: Collection[pace.Rate], answers: Mapping[str, bool]) -> None:
    """The platforms' own calls were answered, or not, by account."""
    budgets = pace.hold(db, rates)
    at = db.clock()
    for account, answered in answers.items():
        budget = budgets.get(account)
        if budget is None or budget.out_since is None:
            continue
        if answered:
            budget.probe, budget.probe_at = Probe.TRIAL, at
        else:
            _failed(budget, at, then=Probe.SEND)


def begin(budget: Budget, at: datetime) -> None:
    """From now on the account is out. It was out a moment ago if it is on probation: then the pauses go on growing."""
    budget.out_since, budget.probe = at, Probe.SEND
    budget.probe_at = at + _pause(budget.probes)


def hold_probe(budget: Budget, at: datetime) -> None:
    """A probe begins: nobody else probes until it is settled, or whoever makes it must be dead."""
    budget.probe_at = at + HELD


def may_try_once_only(budget: Budget, at: datetime) -> bool:
    """Whether a row that may be sent once may be spent on a trial."""
    return budget.trial_at is None or budget.trial_at <= at


def spend_trial(budget: Budget, at: datetime) -> None:
    """It is spent."""
    budget.trial_at = at + (SECOND_TRIAL if budget.trial_at is None else NEXT_TRIAL)


def wait_for_a_reply(budget: Budget, at: datetime) -> None:
    """None waits, and nothing else may be spent: look again soon."""
    budget.probe_at = at + LONGEST_PAUSE


def put_on_probation(budget: Budget, at: datetime) -> None:
    """The platform answers its own call, and nothing waits that could be tried: the next send in doubt is enough."""
    budget.out_since, budget.probe_at, budget.back_at = None, None, at
    budget.doubts = TOLERATED - 1


def holding_up(db: Transaction, broadcast_id: int) -> dict[str, datetime]:
    """Of the accounts that are out those over which rows of this broadcast wait, and since when."""
    return {account: since for account, since in pace.out(db).items() if _waits(db, broadcast_id, account)}


def _waits(db: Transaction, broadcast_id: int, account: str) -> bool:
    news = rows.c.priority == int(Priority.BROADCAST)
    theirs = and_(IS_READY, rows.c.account == account, news, rows.c.broadcast_id == broadcast_id)
    looks = (rows.c.aside_until.is_(None), rows.c.aside_until.is_not(None))  # an index each
    found = (select(rows.c.id).where(theirs, look).limit(1) for look in looks)
    return any(db.connection().execute(one).first() is not None for one in found)


def _count(budget: Budget, report: Report, at: datetime) -> None:
    if report.outcome is Outcome.SENT:
        if budget.doubts:
            budget.doubts, budget.probes, budget.trial_at = 0, 0, None
    elif report.outcome in IN_DOUBT and not (budget.back_at and report.claimed.starts_at < budget.back_at):
        budget.doubts += 1
        if budget.doubts >= TOLERATED:
            begin(budget, at)


def _learn(db: Transaction, budget: Budget, report: Report, at: datetime) -> None:
    """What a probe brought."""
    match report.outcome:
        case Outcome.SENT:
            _end(db, budget, at)
        case Outcome.UNKNOWN | Outcome.FAULT | Outcome.LATER:
            _failed(budget, at, then=Probe.CALL)
        case Outcome.RELEASED | Outcome.PAUSED:
            budget.probe_at = at
        case _:  # this message was refused: that says little, so that the next probe follows at once
            budget.probe, budget.probe_at = Probe.CALL, at


def _failed(budget: Budget, at: datetime, *, then: Probe) -> None:
    budget.probes += 1
    budget.probe, budget.probe_at = then, at + _pause(budget.probes)


def _pause(failed: int) -> timedelta:
    return min(LONGEST_PAUSE, FIRST_PAUSE * (1 << min(failed, 10)))


def _end(db: Transaction, budget: Budget, at: datetime) -> None:
    """It is over: all go on, at half the rate first, those that were tried during the outage too."""
    budget.doubts, budget.probes = 0, 0
    budget.out_since, budget.probe_at, budget.trial_at, budget.back_at = None, None, None, at
    pace.slow_down(budget, at)
    tried = (rows.c.account == budget.account, rows.c.aside_until > at, rows.c.retry_at > at, rows.c.attempts > 0)
    free = select(rows.c.id).where(IS_READY, *tried).with_for_update(skip_locked=True)  # who has one may wait for us
    db.connection().execute(rows.update().where(rows.c.id.in_(free)).values(retry_at=at, aside_until=None))
