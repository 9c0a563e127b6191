"""The clockwork: when somebody looks whether something is due. A job only looks, and remembers nothing.

APScheduler is installed from the `JOBS` table, with intervals only and in memory; what is due is a question to the
facts, asked by a function that takes a transaction and the time. Two clocks at once are harmless, one is enough: the
lease "clock" elects it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]
from apscheduler.triggers.interval import IntervalTrigger  # type: ignore[import-untyped]

from bot.writer import Writer
from storage import clock, leases, outbox, outcomes, pace, transcript
from storage.database import Transaction

LEASE = "clock"
RENEWAL = timedelta(seconds=3)
"""A fifth of a lease's term: a holder loses it only by a long silence, and one that fell is followed soon."""
WATCH = 3.0
"""Seconds between two looks whether this machine's clock was set back."""
OUTBOX_KEPT = timedelta(days=30)
TOMBSTONES_KEPT = timedelta(days=400)
"""Longer than any programme's year with its reminders: by then nothing promises those keys again."""
TRANSCRIPT_KEPT = timedelta(days=180)
TRANSCRIPT_LOOK = timedelta(hours=1)
TRANSCRIPT_BYTES = 2_000_000
"""Of one browser chat's history: years of talk. The oldest lines go first; what was handed in stands elsewhere."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """Look every so often: `run(db, now)` does what is due by `now`, the clock a person sees, and is idempotent."""

    name: str
    every: timedelta
    run: Callable[[Transaction, datetime], object]
    by_slices: bool = False
    """It does a slice at a time and says whether there is more: then it goes on at once, after whoever waits."""


JOBS: tuple[Job, ...] = (
    Job("leases", timedelta(seconds=5), lambda db, _: outcomes.requeue_expired_leases(db)),
    Job("expiry", timedelta(seconds=30), outbox.expire),
    Job("lanes", timedelta(minutes=10), lambda db, _: pace.forget_lanes(db)),
    Job(
        "bodies",
        timedelta(hours=1),
        lambda db, now: outbox.forget_bodies(db, before=now - OUTBOX_KEPT),
        by_slices=True,
    ),
    Job(
        "tombstones",
        timedelta(hours=1),
        lambda db, now: outbox.drop_tombstones(db, before=now - TOMBSTONES_KEPT),
        by_slices=True,
    ),
    Job("transcripts", timedelta(hours=1), lambda db, now: transcript.purge(db, before=now - TRANSCRIPT_KEPT)),
    Job(
        "long_transcripts",
        timedelta(minutes=10),
        lambda db, now: transcript.trim(db, since=now - TRANSCRIPT_LOOK, most_bytes=TRANSCRIPT_BYTES),
    ),
)


class Clockwork:
    """Runs jobs through the writer, in the process that holds the lease; `wake` is called when one has looked."""

    def __init__(
        self, writer: Writer, jobs: Sequence[Job] = JOBS, *, owner: str, wake: Callable[[], None] = lambda: None
    ) -> None:
        self._writer = writer
        self._jobs = tuple(jobs)
        self._owner = owner
        self._wake = wake
        self._scheduler: AsyncIOScheduler | None = None
        self._ticking: set[asyncio.Task[Any]] = set()
        self._watching: asyncio.Task[None] | None = None
        self._stopping = False

    def start(self) -> None:
        """Begin to tick: every job once at once, then at its interval."""
        self._scheduler, self._stopping = AsyncIOScheduler(timezone=UTC), False
        renewal = Job("lease", RENEWAL, lambda _db, _now: None)
        for job in (renewal, *self._jobs):
            self._scheduler.add_job(
                self.tick,
                IntervalTrigger(seconds=job.every.total_seconds(), timezone=UTC),
                args=[job],
                id=job.name,
                next_run_time=datetime.now(UTC),
                misfire_grace_time=None,
                coalesce=True,
                max_instances=1,
            )
        self._scheduler.start()
        self._watching = asyncio.create_task(self._watch(self._scheduler))

    async def stop(self) -> None:
        """Tick no more, let what runs end, and let another process be the clock."""
        if self._scheduler is not None:
            scheduler, self._scheduler = self._scheduler, None
            self._stopping = True
            if self._watching is not None:
                self._watching.cancel()
            scheduler.pause()
            if self._ticking:
                await asyncio.wait(self._ticking)
            scheduler.shutdown(wait=False)
            await self._guarded("release", lambda db: leases.release(db, LEASE, owner=self._owner))

    async def _watch(self, scheduler: AsyncIOScheduler) -> None:
        """The scheduler goes by this machine's clock. Whose next look lies further ahead than its interval would wait
        for as long as that clock was set back: it looks now."""
        most = {job.name: job.every for job in self._jobs} | {"lease": RENEWAL}
        while True:
            await asyncio.sleep(WATCH)
            now = datetime.now(UTC)
            for each in scheduler.get_jobs():
                if each.next_run_time - now > most[each.id] + RENEWAL:
                    each.modify(next_run_time=now)

    async def tick(self, job: Job) -> None:
        """Run one job, if this process is the clock."""
        task = asyncio.current_task()
        assert task is not None
        self._ticking.add(task)
        try:
            more = True
            while more and not self._stopping:
                more = bool(await self._guarded(job.name, lambda db: self._look(db, job))) and job.by_slices
        finally:
            self._ticking.discard(task)

    async def tick_all(self, now: datetime) -> None:
        """Run every job once, in order, as of `now`: what a jump of the demo's clock makes due."""
        for job in self._jobs:
            while await self._guarded(job.name, job.run, now) and job.by_slices:
                continue

    def _look(self, db: Transaction, job: Job) -> object:
        return job.run(db, clock.now(db)) if leases.take(db, LEASE, owner=self._owner) is not None else False

    async def _guarded(self, name: str, work: Callable[..., object], *arguments: object) -> object:
        """What the job returns; one that fails is rolled back and logged, and the next tick looks again."""
        try:
            told = await self._writer.run(work, *arguments)
        except Exception as trouble:
            log.error("clockwork.job_failed", job=name, error=type(trouble).__name__)
            return False
        self._wake()
        return told
