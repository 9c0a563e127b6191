"""What the pages are given: the ports they speak to, and the keys under which an application carries them.

Only shapes live here. The parts themselves are built by the composition root and handed to `web.application`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from aiohttp import web

from bot.channels.incoming import Ear
from bot.channels.web import WebChannel
from bot.web.throttle import Throttle
from messages.types import Inbound
from storage.database import Transaction
from storage.seals import Seals

P = ParamSpec("P")
T = TypeVar("T")


class Intake(Protocol):
    """Where a member's line goes in."""

    async def receive(self, inbound: Inbound) -> None:
        """Take one turn. Returns after it is committed; raises only when the database failed and nothing was kept."""
        ...


class Records(Protocol):
    """How the pages read what is stored."""

    async def read(self, fn: Callable[Concatenate[Transaction, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `fn(db, …)` in a reading transaction, off the event loop."""
        ...

    async def run(self, fn: Callable[Concatenate[Transaction, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `fn(db, …)` in a writing one; returns after the commit."""
        ...


@dataclass(frozen=True, slots=True)
class Site:
    """What the pages say about themselves."""

    public_url: str
    organisation: str
    reread: float = 20.0
    """Seconds after which an open page looks again without a nudge, and gets a sign of life. Small where several
    processes share one database: then the line may have been stored by another one."""

    home: str = ""
    """With what the addresses of its own pages begin, as members are told them; on one machine that machine's."""

    @property
    def secure(self) -> bool:
        """Served under https, which always means behind a proxy of our own: the program itself speaks plain HTTP."""
        return self.public_url.startswith("https://")


class Vitals(Protocol):
    """How the process that answers is."""

    key_fits: bool
    """Whether its keys are those of the database."""
    ears: Mapping[str, Ear]
    """How each bot and account hears."""


INTAKE: web.AppKey[Intake] = web.AppKey("intake")
RECORDS: web.AppKey[Records] = web.AppKey("records")
CHANNEL: web.AppKey[WebChannel] = web.AppKey("channel")
SITE: web.AppKey[Site] = web.AppKey("site")
ACCOUNTS: web.AppKey[tuple[str, ...]] = web.AppKey("accounts")
VITALS: web.AppKey[Vitals | None] = web.AppKey("vitals")
SEALS: web.AppKey[Seals] = web.AppKey("seals")
THROTTLE: web.AppKey[Throttle] = web.AppKey("throttle")
