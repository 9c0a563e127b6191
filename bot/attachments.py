"""Files from chats, fetched beside everything else: a turn promised it, here the bytes come, handlers keep them.

A channel that can fetch has one more method (`Fetches`), and decodes what it can fetch to `messages.types.Attached`:

* Telegram: `getFile`, then a download; at most 20 MB (Bot API, getFile).
* A platform that sends an address with the event (Zalo OA: `attachments[].payload.url`; Zalo Bot: `photo_url`): the
  key is that address. `download` must ask only hosts the platform documents, over HTTPS, follow no redirect elsewhere,
  and stop reading at `most` bytes: the address comes from outside.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

import structlog

from bot.channels import Channel, Gone, Refused, Trouble
from bot.writer import Writer
from handlers.actors import CLOCK
from handlers.files import attachments
from handlers.files.attachments import Wanted
from handlers.files.files import MOST_BYTES
from handlers.office import Office
from storage import clock
from storage.database import Fault, Transaction

AT_ONCE = 4
IDLE = 2.0
"""Seconds between two looks."""

log = structlog.get_logger(__name__)


@runtime_checkable
class Fetches(Protocol):
    """A channel that can fetch what somebody sent."""

    account: str

    async def download(self, key: str, most: int) -> bytes:
        """The bytes behind `Attached.key`, at most so many.

        Raises a `bot.channels.Trouble`: `Gone` and `Refused` for what will never come, others for another try.
        """
        ...


class Fetching:
    """Fetches what turns promised, for the channels of this process; others do so for theirs."""

    def __init__(self, writer: Writer, office: Office, channels: Sequence[Channel]) -> None:
        self._writer = writer
        self._office = office
        self._channels = {each.account: each for each in channels if isinstance(each, Fetches)}

    async def run(self) -> None:
        """Until cancelled."""
        while self._channels:
            try:
                idle = not await self.look()
            except Fault as fault:
                log.warning("attachments.database", fault=type(fault).__name__)
                idle = True
            if idle:
                await asyncio.sleep(IDLE)

    async def look(self) -> int:
        """Fetch what waits now; how many were tried."""
        wanted = await self._writer.run(attachments.claim, sorted(self._channels), AT_ONCE)
        await asyncio.gather(*(self._fetch(each) for each in wanted))
        return len(wanted)

    async def _fetch(self, wanted: Wanted) -> None:
        try:
            content = await self._channels[wanted.account].download(wanted.key, MOST_BYTES)
        except Trouble as trouble:
            lasting = isinstance(trouble, Gone | Refused)
            log.info("attachment.failed", account=wanted.account, reason=trouble.reason, lasting=lasting)
            await self._writer.run(_failed, self._office, wanted, lasting=lasting)
        else:
            await self._writer.run(_fetched, self._office, wanted, content)


def _fetched(db: Transaction, office: Office, wanted: Wanted, content: bytes) -> None:
    attachments.fetched(db, office, CLOCK, wanted, content, now=_now(db))


def _failed(db: Transaction, office: Office, wanted: Wanted, *, lasting: bool) -> None:
    attachments.failed(db, office, CLOCK, wanted, lasting=lasting, now=_now(db))


def _now(db: Transaction) -> datetime:
    return clock.now(db)
