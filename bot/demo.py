"""The running demo: its state for the page, and the clock that jumps while everything in between falls due in order."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.clockwork import Clockwork
from bot.courier import Courier
from bot.web.demo import DemoState, Jump, Persona, StoryStep
from bot.writer import Writer
from handlers import demo
from handlers.office import Office
from storage import clock
from storage.database import Transaction

STEPS = (
    *("submit", "receive", "need_more", "supplement", "recognise"),
    *("select", "forward", "award"),
    *("extend", "remind", "broadcast"),
)
STRIDES = {"hour": timedelta(hours=1), "day": timedelta(days=1)}
FARTHEST = 1000
"""Instants one jump may pass through; a day has far fewer."""


class RunningDemo:
    """`bot.web.demo.Demo` over the real parts."""

    def __init__(self, writer: Writer, office: Office, clockwork: Clockwork, courier: Courier) -> None:
        self._writer = writer
        self._office = office
        self._clockwork = clockwork
        self._courier = courier

    async def state(self) -> DemoState:
        """Where it stands."""
        told = await self._writer.read(self._told)
        text = self._office.catalogue.text
        return DemoState(
            now=told.now,
            next=told.next,
            steps=tuple(StoryStep(key, text(f"demo.step_{key}", {}), key in told.done) for key in STEPS),
            happened=told.happened,
            personas=tuple(Persona(p.key, p.name, p.role, p.chat) for p in demo.people(self._office)),
        )

    async def jump(self, kind: Jump) -> None:
        """Move the clock ahead; what falls due on the way happens at its own time, in order."""
        target = await self._writer.read(demo.target, STRIDES.get(kind))
        for _ in range(FARTHEST):
            moment = await self._writer.read(demo.instant_before, target)
            await self._arrive(moment)
            if moment == target:
                return

    async def _arrive(self, moment: datetime) -> None:
        await self._writer.run(clock.move_to, moment)
        await self._clockwork.tick_all(moment)
        await self._courier.drain()

    def _told(self, db: Transaction) -> demo.Told:
        return demo.tell(db, self._office, clock.now(db))
