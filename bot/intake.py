"""From an update to a committed turn: group commit, a savepoint per turn, survival of our own faults.

An update is acknowledged only after the commit. When the database is at fault nothing is marked and the platform
delivers again; when we are, the turn alone is undone, the member gets one apology and the update cannot loop.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.web.throttle import Buckets, Rate
from bot.writer import Writer
from handlers import beside
from handlers.beside import Beside, Question
from handlers.chat import danger, turn
from handlers.office import Office
from messages.types import Address, Inbound, Left, TakenOver
from storage import clock
from storage.database import Database, Transaction

log = structlog.get_logger()

PACE = Rate(burst=120, per_second=1)
"""Updates of one chat: more than anybody writes, and no more answers than a chat takes in two minutes."""
PACE_IN_DANGER = Rate(burst=10, per_second=0.1)
MOST_MET = 50_000
BATCH = 64
"""Turns in one commit, at most."""


@dataclass(frozen=True)
class Waiting:
    """An update on its way, with the moment it came in."""

    inbound: Inbound
    received: float
    """By the process's monotonic clock."""
    done: asyncio.Future[None]
    hurried: bool = False
    """Its chat writes faster than anybody does."""
    needs: list[Question[Any]] = field(default_factory=list)
    """What has to be looked up beside the writer before its turn can be taken."""
    answers: dict[Question[Any], Any] = field(default_factory=dict)


class Intake:
    """Takes updates from every channel."""

    def __init__(
        self,
        writer: Writer,
        office: Office,
        wake: Callable[[], None],
        timed: Callable[[str, float], None] = lambda _account, _seconds: None,
    ) -> None:
        self._writer = writer
        self._office = office
        self._wake = wake
        self._timed = timed
        self._paces = Buckets(PACE, time.monotonic)
        self._paces_in_danger = Buckets(PACE_IN_DANGER, time.monotonic)
        self._waiting: list[Waiting] = []
        self._met: set[Address] = set()
        """Chats of members who wrote since the start; told from strangers without a look."""
        self._pump: asyncio.Task[None] | None = None
        self._looking: set[asyncio.Task[None]] = set()
        self._look_lock = asyncio.Lock()
        """One look beside the writer at a time: the courier needs a reader, too."""

    async def receive(self, inbound: Inbound) -> None:
        """Return when the turn is committed. Raises what the database raised, and then nothing was kept."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._join(Waiting(inbound, time.monotonic(), done, self._is_hurried(inbound)))
        await done

    def _is_hurried(self, inbound: Inbound) -> bool:
        """Whether its chat writes faster than anybody does; words of danger have an allowance of their own."""
        name = f"{inbound.address.account} {inbound.address.chat}"
        if isinstance(inbound.event, Left | TakenOver) or not self._paces.wait(name):
            return False
        return not danger.speaks(inbound) or self._paces_in_danger.wait(name) > 0

    def _join(self, waiting: Waiting) -> None:
        self._waiting.append(waiting)
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._work())

    async def _work(self) -> None:
        while self._waiting:
            if len(self._waiting) > BATCH:
                self._waiting.sort(key=self._turn_of)
            batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
            await self._commit(batch)
            self._wake()

    def _turn_of(self, waiting: Waiting) -> tuple[bool, bool]:
        """Who comes first when many wait: members before strangers, and whoever floods last; else as they came."""
        return waiting.hurried, waiting.inbound.address not in self._met

    async def _commit(self, batch: list[Waiting], *, again: bool = True) -> None:
        """All of them at once; after trouble each once more alone: a cut connection is no reason to refuse."""
        try:
            await self._writer.turns(self._take_turns, batch)
        except Exception as trouble:  # the commit itself, the database, or a row that could not be written
            if again:
                log.warning("turns replayed", turns=len(batch), error=type(trouble).__name__)
                for waiting in batch:
                    await self._commit([waiting], again=False)
                return
            await self._refuse(batch[0], trouble)
            return
        for waiting in batch:
            if waiting.needs:
                looking = asyncio.create_task(self._look_beside(waiting))
                self._looking.add(looking)
                looking.add_done_callback(self._looking.discard)
                continue
            self._timed(waiting.inbound.address.account, time.monotonic() - waiting.received)
            if not waiting.done.done():
                waiting.done.set_result(None)

    async def _look_beside(self, waiting: Waiting) -> None:
        """Find out what a turn needs to know, on a reading connection; then it is taken once more."""
        try:
            async with self._look_lock:
                for question in waiting.needs:
                    waiting.answers[question] = await self._writer.read(question.answer, self._office)
        except Exception as trouble:
            await self._refuse(waiting, trouble)
        else:
            self._join(waiting)

    async def _refuse(self, waiting: Waiting, trouble: Exception) -> None:
        """One turn that cannot be committed: our fault is apologised for, the database's goes back to the platform."""
        if not Database.is_fault(trouble):
            try:
                await self._writer.turns(self._apologise, waiting, self._report(waiting, trouble))
            except Exception as again:  # not even that: let the platform deliver once more
                trouble = again
            else:
                waiting.done.set_result(None)
                return
        log.error("turn not kept", error=type(trouble).__name__, account=waiting.inbound.address.account)
        waiting.done.set_exception(trouble)

    def _take_turns(self, db: Transaction, batch: list[Waiting]) -> None:
        inbounds = [waiting.inbound for waiting in batch]
        turn.lock(db, inbounds)
        beside.give(db, {question: found for waiting in batch for question, found in waiting.answers.items()})
        now, at = clock.now(db), time.monotonic()
        received = [now - timedelta(seconds=at - waiting.received) for waiting in batch]
        for wave, gathered in turn.rounds(db, inbounds, now):
            self._meet(gathered)
            for position in wave:
                self._take_turn(db, batch[position], gathered, received[position])
            db.write_out()

    def _meet(self, gathered: turn.Gathered) -> None:
        if len(self._met) > MOST_MET:
            self._met.clear()
        self._met.update(gathered.known)

    def _take_turn(self, db: Transaction, waiting: Waiting, gathered: turn.Gathered, received: datetime) -> None:
        waiting.needs.clear()
        try:
            with db.attempt():
                take = turn.hush if waiting.hurried else turn.take_turn
                take(db, waiting.inbound, gathered, received, self._office)
        except Beside as need:
            waiting.needs.append(need.question)
            beside.leave(db, waiting.inbound)
        except Exception as trouble:
            if Database.is_fault(trouble):
                raise
            self._apologise(db, waiting, self._report(waiting, trouble))

    def _apologise(self, db: Transaction, waiting: Waiting, error_id: str) -> None:
        turn.apologise(db, waiting.inbound, error_id, clock.now(db), self._office)

    def _report(self, waiting: Waiting, trouble: Exception) -> str:
        """Log our fault under an id that the member is told."""
        error_id = self._office.new_id()[:6].upper()
        log.error(
            "turn failed",
            error_id=error_id,
            error=type(trouble).__name__,
            account=waiting.inbound.address.account,
            event_kind=type(waiting.inbound.event).__name__,
            frames=_frames(trouble),
        )
        return error_id


def _frames(trouble: BaseException) -> list[str]:
    """Where it happened: files and lines only; a traceback's values might hold somebody's words."""
    frames, step = [], trouble.__traceback__
    while step is not None:
        frames.append(f"{step.tb_frame.f_code.co_filename.rpartition('/')[2]}:{step.tb_lineno}")
        step = step.tb_next
    return frames[-8:]
