"""What the process needs of every bot or account on a platform, and how one process among many works for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol, TypeVar

import structlog
from aiohttp import web

from bot.channels import Channel, Trouble
from bot.channels.incoming import Ear
from bot.intake import Intake
from bot.writer import Writer
from storage import leases
from storage.database import Fault, Transaction

RENEWAL = 3.0
"""Seconds between two looks at the lease, a fifth of its term: one that fell is followed within 18 seconds."""

Result = TypeVar("Result")

log = structlog.get_logger(__name__)


class OpenedChannel(Channel, Protocol):
    """A channel with connections of its own."""

    ear: Ear
    """Told of every poll and call."""

    async def open(self) -> None:
        """Make ready to call; the platform is not asked anything yet."""
        ...

    async def close(self) -> None:
        """Give up what is under way and close the connections."""
        ...


class Platform(Protocol):
    """One bot or account: its channel and its way in."""

    @property
    def channel(self) -> OpenedChannel:
        """What the courier sends through."""
        ...

    def hook(self, site: web.Application, intake: Intake) -> None:
        """Hang up the webhook, where updates come that way. Every process that answers pages does."""
        ...

    async def run(self, writer: Writer, intake: Intake, owner: str, public_url: str | None) -> None:
        """Do until cancelled what only one process may do: poll, or keep the webhook set (see `while_ours`)."""
        ...


def hook_path(base: str, account: str) -> str:
    """Where the webhook of an account hangs; those beyond the first have their name in it."""
    _, _, name = account.partition(":")
    return f"{base}/{name}" if name else base


async def telling(ear: Ear, call: Awaitable[Result]) -> Result:
    """What a call brings; a trouble is the account's. Raises it."""
    try:
        return await call
    except Trouble as trouble:
        ear.fail(trouble.reason)
        raise


async def while_ours(
    writer: Writer,
    account: str,
    owner: str,
    work: Callable[[], Coroutine[Any, Any, None]],
    *,
    renewal: float = RENEWAL,
) -> None:
    """Keep `work` going for as long as the account's lease is ours, from the start again whenever it ended by itself.

    When the lease goes to another process the work is cancelled; at the end it is given back at once.
    """
    lease = f"poller:{account}"
    task: asyncio.Task[None] | None = None
    try:
        while True:
            ours = await _hold(writer, lease, account, owner)
            if ours and (task is None or task.done()):
                _complain(task, account)
                task = asyncio.create_task(work())
            elif not ours and task is not None:
                task.cancel()
                task = None
            await asyncio.sleep(renewal)
    finally:
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
        await _give_back(writer, lease, account, owner)


def _complain(ended: asyncio.Task[None] | None, account: str) -> None:
    """Work that ended by itself failed; it is begun anew."""
    if ended is not None and not ended.cancelled() and (trouble := ended.exception()) is not None:
        reason = trouble.reason if isinstance(trouble, Trouble) else type(trouble).__name__
        log.error("platform.stopped", account=account, reason=reason)


async def _hold(writer: Writer, lease: str, account: str, owner: str) -> bool:
    try:
        return await writer.run(_take, lease, owner)
    except Fault as trouble:
        log.error("platform.lease_failed", account=account, error=type(trouble).__name__)
        return False


async def _give_back(writer: Writer, lease: str, account: str, owner: str) -> None:
    """At once, where the database lets us; else the lease ends by itself."""
    try:
        await writer.run(leases.release, lease, owner=owner)
    except Fault as trouble:
        log.error("platform.lease_kept", account=account, error=type(trouble).__name__)


def _take(db: Transaction, lease: str, owner: str) -> bool:
    return leases.take(db, lease, owner=owner) is not None
