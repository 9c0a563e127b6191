"""Which accounts are heard: told where updates come in, shown by /ready and /metrics, and told to administrators on
another account when one has been deaf for long, once, and once more when it hears again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import structlog

from bot.channels.incoming import Ear
from bot.writer import Writer
from handlers.office import Office
from handlers.reaching import hearing
from storage import clock
from storage.database import Fault, Transaction
from storage.errors import StorageError

LOOK = 15.0
"""Seconds between two looks."""

log = structlog.get_logger(__name__)


async def keep_told(writer: Writer, office: Office, ears: Mapping[str, Ear], deaf_after: float) -> None:
    """Look until cancelled. `deaf_after`: seconds that a trouble lasts before somebody is told; 0: nobody is."""
    told: set[str] = set()
    while deaf_after:
        for account, ear in ears.items():
            lasted = ear.deaf_seconds
            try:
                if lasted is not None and lasted >= deaf_after and account not in told:
                    log.error("account.deaf", account=account, reason=ear.reason, seconds=round(lasted))
                    await writer.run(_deaf, office, account, ear.reason, round(lasted / 60))
                    told.add(account)
                elif lasted is None and await _is_over(writer, account, ear, told):
                    log.info("account.heard_again", account=account)
                    await writer.run(_hears, office, account)
                    told.discard(account)
            except (Fault, StorageError) as trouble:
                log.warning("account.not_told", account=account, error=type(trouble).__name__)
        await asyncio.sleep(LOOK)


async def _is_over(writer: Writer, account: str, ear: Ear, told: set[str]) -> bool:
    """Whether a trouble that was told, by us or before we started, has ended."""
    return account in told or (ear.has_heard and await writer.read(hearing.is_deaf, account))


def _deaf(db: Transaction, office: Office, account: str, reason: str, minutes: int) -> None:
    hearing.deaf(db, office, account, reason, minutes, clock.now(db))


def _hears(db: Transaction, office: Office, account: str) -> None:
    hearing.hears(db, office, account, clock.now(db))
