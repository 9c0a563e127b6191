"""The courier: the only sender. It claims what may start, sends at the instants reserved, settles what came of it.

Order, pace and what becomes of a row are decided in storage; here are only the tasks, the waiting and the stop. Nothing
in this room logs a text, a chat, a phone or a token.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import structlog

from bot.channels import Channel, Gone, Later, Moved, Refused, Trouble, Unknown
from bot.writer import Writer
from storage import claims, outages, outcomes, pace
from storage.claims import Batch, Claimed, Gate, LastLook
from storage.database import Fault, Transaction
from storage.outages import Way
from storage.outcomes import Outcome, Report

BREATH = 0.005
"""Seconds to wait for others to land, so that what lands together is settled together."""
IDLE = 1.0
"""Seconds between two looks when nobody wakes the courier: other processes and due dates do not."""
AFTER_TROUBLE = 1.0
"""Seconds to wait when the database failed."""
LONGEST_SEND = 30.0
"""Seconds one send may take; less than a lease."""
GRACE = 20.0
"""Seconds a stop waits for what is in flight: with all the rest that ends it stays below 30."""
FRESH = 0.01
"""Seconds for which a look at the halts of other processes holds. After another process has written down that the
platform asked for a pause, nothing starts here later than this; before, it could not be known."""
TICK = 0.001
"""Seconds: shorter waits are not waited for. SQLite's clock tells no less apart, and its reading is older than that
once the claim is committed."""
BREAK_OFF = 1.0
"""Seconds a send broken off may take to end."""

log = structlog.get_logger(__name__)


class Courier:
    """Sends for the accounts whose channel it carries. `owner` names this process among all that share the database.

    `in_flight`: sends at once, per account. `alone`: no other process serves this database (SQLite), so that whatever
    is found claimed at the start was left by a dead one. `news`, `gate`: who is asked once more about what is claimed.
    `landed` is told of every send that ended.
    """

    def __init__(
        self,
        writer: Writer,
        channels: Sequence[Channel],
        *,
        owner: str,
        chance: random.Random | None = None,
        in_flight: int = 64,
        alone: bool = False,
        news: LastLook | None = None,
        gate: Gate | None = None,
        landed: Callable[[Report], None] = lambda _: None,
    ) -> None:
        self._writer = writer
        self._channels = {channel.account: channel for channel in channels}
        self._rates = [rate_of(channel) for channel in channels]
        self._owner = owner
        self._chance = chance or random.SystemRandom()
        self._in_flight = in_flight
        self._alone = alone
        self._shared = not alone
        self._news_look, self._gate = news, gate
        self._count = landed
        self._flying: dict[asyncio.Task[None], Claimed] = {}
        self._reports: list[tuple[Report, float]] = []
        """What is not settled yet, each with the moment it came out."""
        self._calling: set[asyncio.Task[None]] = set()
        self._answers: dict[str, bool] = {}
        """Whether platforms that could not be reached answered our call."""
        self._ways: dict[str, Way] = {}
        """How it stood with the way to each account at the last look."""
        self._doubts: Counter[str] = Counter()
        """Sends in doubt in a row, those that landed since then too."""
        self._halted: dict[str, float] = {}
        self._looked_at = -FRESH
        self._look_lock = asyncio.Lock()
        self._news = 0
        """Counts what happened that is worth a look: several may wait for it, and none may miss it."""
        self._pressing = False
        """Whether some of it cannot wait for what lands in the next few milliseconds."""
        self._sleepers: set[asyncio.Event] = set()
        self._round_lock = asyncio.Lock()
        self._stopping = False

    def wake(self) -> None:
        """Something was promised: look now."""
        self._pressing = True
        self._stir()

    def _stir(self) -> None:
        self._news += 1
        for sleeper in self._sleepers:
            sleeper.set()

    async def run(self) -> None:
        """Send until stopped. A failing database is waited for; what was sent meanwhile is settled afterwards."""
        while not self._stopping:
            seen = self._news
            try:
                batch = await self._round()
                rest = min(wait for wait in (batch.again, batch.rest, IDLE) if wait is not None)
            except Exception as trouble:
                log.error("courier.database_failed", error=type(trouble).__name__)
                rest, seen = AFTER_TROUBLE, self._news
            await self._rest(rest, seen)

    async def drain(self) -> None:
        """Send and settle until nothing is left that can start now; raises when the database fails.

        It waits for the account's pace, not for a chat's interval, a retry, a halt or a due date.
        """
        while True:
            seen = self._news
            batch = await self._round()
            if self._flying or self._reports or self._calling or self._answers:
                await self._rest(IDLE if batch.again is None else batch.again, seen)
            elif batch.again is not None:
                await asyncio.sleep(batch.again)
            elif not batch.claimed and self._news == seen:
                return

    async def stop(self, grace: float = GRACE) -> None:
        """Claim no more, give back what has not started, finish and settle what is in flight."""
        self._stopping = True
        self.wake()
        async with self._round_lock:
            pass
        for task in self._calling:
            task.cancel()
        if self._calling:
            await asyncio.wait(self._calling)
        if self._flying:
            await asyncio.wait(self._flying, timeout=grace)
        await self._break_off()
        try:
            await self._round()
        except Exception as trouble:
            log.error("courier.last_settling_failed", error=type(trouble).__name__, rows=len(self._reports))

    async def _break_off(self) -> None:
        """End the sends that outlasted the grace: they may have been sent."""
        late = dict(self._flying)
        for task, claimed in late.items():
            task.cancel()
            self._reports.append((Report(claimed, Outcome.UNKNOWN, "stopped"), time.monotonic()))
        if late:
            await asyncio.wait(late, timeout=BREAK_OFF)

    async def _rest(self, seconds: float, seen: int) -> None:
        """Sleep until there is news since `seen`, but not longer than this; then see whether more lands."""
        if self._news == seen:
            await self._sleep(seconds)
        if self._flying and not self._pressing:
            await asyncio.sleep(BREATH)

    async def _sleep(self, seconds: float) -> None:
        woken = asyncio.Event()
        self._sleepers.add(woken)
        try:
            async with asyncio.timeout(seconds):
                await woken.wait()
        except TimeoutError:
            return
        finally:
            self._sleepers.discard(woken)

    async def _round(self) -> Batch:
        """Settle what is known and claim what may start, in one transaction; then let it start."""
        async with self._round_lock:
            self._pressing = False
            reports, self._reports = self._reports, []
            answers, self._answers = self._answers, {}
            try:
                batch = await self._writer.run(self._settle_and_claim, reports, answers, self._room())
            except BaseException:
                self._reports[:0] = reports
                self._answers = answers | self._answers
                raise
            self._alone = False
            self._learn(batch)
            for claimed in batch.claimed:
                self._launch(claimed, at=batch.at)
            for account in batch.calls:
                self._call(account)
            return batch

    def _learn(self, batch: Batch) -> None:
        """How it stands with the ways now; what landed meanwhile is not settled yet."""
        for account, way in batch.ways.items():
            if (way.out_since is None) != (self._ways.get(account, Way()).out_since is None):
                log.warning("courier.out" if way.out_since else "courier.back", account=account)
            self._ways[account] = way
            self._doubts[account] = way.doubts
        for report, _ in self._reports:
            self._weigh(report)

    def _weigh(self, report: Report) -> None:
        account = report.claimed.address.account
        if report.outcome is Outcome.SENT:
            self._doubts[account] = 0
        elif report.outcome in outages.IN_DOUBT:
            self._doubts[account] += 1

    def _room(self) -> Mapping[str, int]:
        """How many sends each account may still start."""
        if self._stopping:
            return {}
        room = dict.fromkeys(self._channels, self._in_flight)
        for task, claimed in self._flying.items():
            room[claimed.address.account] -= not task.done()
        return room

    def _settle_and_claim(
        self,
        db: Transaction,
        landed: Sequence[tuple[Report, float]],
        answers: Mapping[str, bool],
        room: Mapping[str, int],
    ) -> Batch:
        """On the writer's thread. The browser's rows are delivered right here: no crash comes between."""
        at = time.monotonic()
        reports = [replace(report, ago=at - moment) for report, moment in landed]
        if self._alone:
            outcomes.requeue_all(db)
        if any(report.halts_account for report in reports):
            pace.hold(db, self._rates)  # all budgets at once and in order, lest two processes block each other
        outcomes.settle(db, reports, owner=self._owner, chance=self._chance)
        if outages.matter(reports, self._ways):
            outages.note(db, self._rates, reports)
        if answers:
            outages.called(db, self._rates, answers)
        batch = claims.claim(db, self._rates, owner=self._owner, room=room, news=self._news_look, gate=self._gate)
        kept = [Report(one, Outcome.SENT, kept=True) for one in batch.claimed if self._channel(one).kept]
        outcomes.settle(db, kept, owner=self._owner, chance=self._chance)
        return batch

    def _channel(self, claimed: Claimed) -> Channel:
        return self._channels[claimed.address.account]

    def _launch(self, claimed: Claimed, *, at: datetime) -> None:
        """Let it start at its instant; `at`: when it was claimed."""
        work = self._nudge(claimed) if self._channel(claimed).kept else self._fly(claimed, at=at)
        task = asyncio.create_task(work)
        self._flying[task] = claimed
        task.add_done_callback(self._landed)

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._flying.pop(task, None)
        self._stir()

    async def _nudge(self, claimed: Claimed) -> None:
        """Tell the open pages; the message itself is delivered already."""
        report = await self._attempt(claimed)
        self._count(report)
        if report.outcome is not Outcome.SENT:
            log.warning("courier.nudge_failed", account=claimed.address.account, reason=report.reason)

    def _call(self, account: str) -> None:
        """Ask a platform that could not be reached whether it answers."""
        task = asyncio.create_task(self._ask(account))
        self._calling.add(task)
        task.add_done_callback(self._answered)

    def _answered(self, task: asyncio.Task[None]) -> None:
        self._calling.discard(task)
        self._stir()

    async def _ask(self, account: str) -> None:
        answers = False
        try:
            async with asyncio.timeout(LONGEST_SEND):
                await self._channels[account].ping()
            answers = True
        except (Later, Unknown) as trouble:
            answers = isinstance(trouble, Later) and trouble.after is not None  # it asks us to wait: it is there
        except Trouble:
            answers = True
        except TimeoutError:
            pass
        except Exception as fault:
            log.error("courier.channel_fault", account=account, error=type(fault).__name__)
        finally:
            self._answers[account] = answers

    async def _fly(self, claimed: Claimed, *, at: datetime) -> None:
        delay = (claimed.starts_at - at).total_seconds()
        if delay >= TICK:
            await asyncio.sleep(delay)
        account = claimed.address.account
        grounded = await self._is_halted(account) or self._stopping or self._is_out(claimed, at)
        report = Report(claimed, Outcome.RELEASED) if grounded else await self._attempt(claimed)
        if report.halts_account:
            self._halted[account] = _moment() + (report.after or 0.0)
        self._count(report)
        self._weigh(report)
        self._reports.append((report, time.monotonic()))

    def _is_out(self, claimed: Claimed, at: datetime) -> bool:
        """Whether the platform could not be reached since this was claimed, so that it had better not start."""
        account = claimed.address.account
        if not claimed.is_once_only:
            return False
        if (since := self._ways.get(account, Way()).out_since) is not None:
            return at <= since
        return self._doubts[account] >= outages.TOLERATED

    async def _is_halted(self, account: str) -> bool:
        """Whether the platform asked this account to pause, here or, a moment ago, in another process."""
        if self._is_stale():
            async with self._look_lock:
                if self._is_stale():
                    await self._look_at_halts()
        return self._halted.get(account, 0.0) > _moment()

    def _is_stale(self) -> bool:
        return self._shared and _moment() - self._looked_at >= FRESH

    async def _look_at_halts(self) -> None:
        began = _moment()
        try:
            halts, out = await self._writer.read(pace.stops)
        except Fault as trouble:  # then nobody can have written one down either
            log.warning("courier.halts_unknown", error=type(trouble).__name__)
            halts, out = {}, {}
        for account, since in out.items():
            if self._ways.get(account, Way()).out_since is None:
                self._ways[account] = Way(outages.TOLERATED, since)
        for account, seconds in halts.items():
            self._halted[account] = max(self._halted.get(account, 0.0), _moment() + seconds)
        self._looked_at = began

    async def _attempt(self, claimed: Claimed) -> Report:
        try:
            async with asyncio.timeout(LONGEST_SEND):
                external_id = await self._channel(claimed).send(claimed.address.chat, claimed.message)
            return Report(claimed, Outcome.SENT, external_id=external_id)
        except Trouble as trouble:
            return reported(claimed, trouble)
        except TimeoutError:
            return Report(claimed, Outcome.UNKNOWN, "too_slow")
        except Exception as fault:
            log.error("courier.channel_fault", account=claimed.address.account, error=type(fault).__name__)
            return Report(claimed, Outcome.FAULT, f"fault_{type(fault).__name__}")


def rate_of(channel: Channel) -> pace.Rate:
    """A channel's pace, as storage counts it."""
    known = channel.pace
    return pace.Rate(
        channel.account,
        known.per_second,
        chat_interval=known.chat_interval,
        group_interval=known.group_interval,
        is_group=known.is_group,
    )


def reported(claimed: Claimed, trouble: Trouble) -> Report:
    """What a channel's trouble means for the row."""
    match trouble:
        case Later(after=None):
            return Report(claimed, Outcome.LATER, trouble.reason)
        case Later():
            return Report(
                claimed, Outcome.PAUSED, trouble.reason, after=trouble.after, halts_account=trouble.halts_account
            )
        case Gone():
            return Report(claimed, Outcome.GONE, trouble.reason)
        case Moved():
            return Report(claimed, Outcome.MOVED, trouble.reason, chat=trouble.chat)
        case Refused():
            return Report(claimed, Outcome.REFUSED, trouble.reason)
        case _:  # Unknown, and whatever else a channel may raise: it may have been sent
            return Report(claimed, Outcome.UNKNOWN, trouble.reason)


def _moment() -> float:
    return asyncio.get_running_loop().time()
