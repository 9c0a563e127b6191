"""The clockwork: when somebody looks whether something is due. A job only looks, and remembers nothing.

APScheduler is installed from the `JOBS` table, with intervals only and in memory; what is due is a question to the
facts, asked by a function that takes a transaction and the time. Two clocks at once are harmless, one is enough: the
lease "clock" elects it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]
from apscheduler.triggers.interval import IntervalTrigger  # type: ignore[import-untyped]

from bot.writer import Writer
from storage import clock, leases, outbox, outcomes, pace, transcript
from storage.database import Transaction

LEASE = "clock"
RENEWAL = timedelta(seconds=5)
"""A third of a lease's term: a holder loses it only by being silent for longer."""
OUTBOX_KEPT = timedelta(days=30)
TRANSCRIPT_KEPT = timedelta(days=180)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """Look every so often: `run(db, now)` does what is due by `now`, the clock a person sees, and is idempotent."""

    name: str
    every: timedelta
    run: Callable[[Transaction, datetime], object]


JOBS: tuple[Job, ...] = (
    Job("leases", timedelta(seconds=5), lambda db, _: outcomes.requeue_expired_leases(db)),
    Job("expiry", timedelta(seconds=30), outbox.expire),
    Job("lanes", timedelta(minutes=10), lambda db, _: pace.forget_lanes(db)),
    Job("tombstones", timedelta(hours=1), lambda db, now: outbox.forget_bodies(db, before=now - OUTBOX_KEPT)),
    Job("transcripts", timedelta(hours=1), lambda db, now: transcript.purge(db, before=now - TRANSCRIPT_KEPT)),
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

    def start(self) -> None:
        """Begin to tick: every job once at once, then at its interval."""
        self._scheduler = AsyncIOScheduler(timezone=UTC)
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

    async def stop(self) -> None:
        """Tick no more and let another process be the clock."""
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)
            self._scheduler = None
            await self._guarded("release", lambda db: leases.release(db, LEASE, owner=self._owner))

    async def tick(self, job: Job) -> None:
        """Run one job, if this process is the clock."""
        await self._guarded(job.name, lambda db: self._look(db, job))

    async def tick_all(self, now: datetime) -> None:
        """Run every job once, in order, as of `now`: what a jump of the demo's clock makes due."""
        for job in self._jobs:
            await self._guarded(job.name, job.run, now)

    def _look(self, db: Transaction, job: Job) -> None:
        if leases.take(db, LEASE, owner=self._owner) is not None:
            job.run(db, clock.now(db))

    async def _guarded(self, name: str, work: Callable[..., object], *arguments: object) -> None:
        """A job that fails is rolled back and logged; the next tick looks again."""
        try:
            await self._writer.run(work, *arguments)
        except Exception as trouble:
            log.error("clockwork.job_failed", job=name, error=type(trouble).__name__)
        else:
            self._wake()
