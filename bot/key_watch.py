"""Looks all the while whether our keys are still the database's: another process may have begun with a newer one.

Whoever finds that they are not stops all work at once, before rows are given up for lost, and goes on answering /ready
and /metrics only: what is there is another process's, or that of this one's next start.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bot.vitals import Vitals
from bot.writer import Writer
from storage import key_checks
from storage.database import Fault
from storage.errors import WrongKey

LOOK = 3.0
"""Seconds between two looks."""
USE = 3
"""Every so many looks we say which key we seal with: often enough for `key_checks.IN_USE`."""

log = structlog.get_logger(__name__)


class KeyWatch:
    """`halt` ends the work of this process."""

    def __init__(self, writer: Writer, vitals: Vitals, halt: Callable[[], Awaitable[object]]) -> None:
        self._writer = writer
        self._vitals = vitals
        self._halt = halt

    async def run(self) -> None:
        """Until the keys do not fit any more."""
        looks = 0
        while True:
            await asyncio.sleep(LOOK)
            looks += 1
            try:
                if not await self._writer.read(key_checks.fits):
                    raise WrongKey
                if looks % USE == 0:
                    await self._writer.run(key_checks.use)
            except WrongKey:
                break
            except Fault as trouble:
                log.warning("key.unchecked", error=type(trouble).__name__)
        self._vitals.key_fits = False
        log.error("key.wrong", advice="give every process both keys, then restart: docs/security.md, Change a key")
        self._writer.bar_turns()
        await self._halt()
        self._writer.bar()
