"""The access token of one Official Account, for every process that calls: renewed by exactly one of them at a time.

A refresh token works once, and what it brings is handed out once: the new pair is committed before anybody uses it, an
answer that is not a whole pair changes nothing, and whoever wants to renew holds a lease and looks again first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.channels import Later, Refused, Unknown
from bot.channels.zalo_oa.oauth import Granted, OAuth, Ungranted
from bot.writer import Writer
from storage import leases, tokens
from storage.database import Fault, Transaction
from storage.tokens import Pair

RIPE = timedelta(hours=20)
"""The age at which a pair is renewed; an access token lives for 25 hours."""
TERM = timedelta(seconds=60)
"""How long the lease holds: longer than two attempts to renew may take (`oauth.PATIENCE`)."""
FRESH = timedelta(seconds=30)
"""A pair younger than this is not renewed again, whoever refuses it: the fault lies elsewhere."""
REST = 60.0
"""Seconds the account rests when there is no token to be had."""
GLANCE = 0.25
"""Seconds between two looks while another process renews."""
PATIENCE = 120
"""Looks before that is given up."""
KEEPING = 30
"""Attempts to keep a new pair, a second apart."""

log = structlog.get_logger(__name__)


class TokenKeeper:
    """`owner` names this process among all that share the database."""

    def __init__(
        self,
        writer: Writer,
        oauth: OAuth,
        account: str,
        *,
        owner: str,
        seed: str = "",
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._writer = writer
        self._oauth = oauth
        self._account = account
        self._owner = owner
        self._seed = seed
        self._sleep = sleep
        self._pair: Pair | None = None
        self._renewing = asyncio.Lock()
        self._working: set[asyncio.Task[Pair]] = set()

    async def close(self) -> None:
        """Let a renewal that is under way come to its end."""
        if self._working:
            await asyncio.wait(self._working)

    async def access(self) -> str:
        """The token of now. Raises Later."""
        if self._pair is None or not self._pair.access:
            self._pair = await self._read()
        if self._pair.access:
            return self._pair.access
        return await self.instead_of(self._pair.access)

    async def instead_of(self, refused: str) -> str:
        """The token that takes the place of a refused one; many may ask at once, and one renewal serves all of them."""
        pair = await self._undisturbed(self._replaced(refused))
        if not pair.access or pair.access == refused:
            raise Later("token_refused", after=REST, halts_account=True)
        return pair.access

    async def renew_if_ripe(self) -> None:
        """Renew a pair in good time. Raises Trouble."""
        await self._undisturbed(self._ripened())

    async def _undisturbed(self, work: Coroutine[Any, Any, Pair]) -> Pair:
        """What was begun is finished, even if whoever asked gives up: a new pair is handed out only once."""
        task = asyncio.create_task(work)
        self._working.add(task)
        task.add_done_callback(self._forget)
        return await asyncio.shield(task)

    def _forget(self, task: asyncio.Task[Pair]) -> None:
        self._working.discard(task)
        if not task.cancelled() and (trouble := task.exception()) is not None:
            log.debug("zalo_oa.no_token", account=self._account, error=type(trouble).__name__)

    async def _replaced(self, refused: str) -> Pair:
        async with self._renewing:
            if self._pair is None or self._pair.access == refused:
                self._pair = await self._renewed(lambda pair, _now: pair.access == refused)
            return self._pair

    async def _ripened(self) -> Pair:
        async with self._renewing:
            pair = await self._read()
            if _is_ripe(pair, await self._writer.read(_clock)):
                pair = await self._renewed(_is_ripe)
            self._pair = pair
            return pair

    async def _read(self) -> Pair:
        """What is kept; the settings' token where nothing ever was."""
        pair = await self._writer.read(tokens.read, self._account)
        if pair is None and self._seed:
            await self._writer.run(tokens.seed, self._account, self._seed)
            pair = await self._writer.read(tokens.read, self._account)
        if pair is None or not pair.refresh:
            raise Later("not_authorised", after=REST, halts_account=True)
        return pair

    async def _renewed(self, wanted: Callable[[Pair, datetime], bool]) -> Pair:
        """Renew under the lease, or wait for who does; nothing is done once the pair is no longer one to renew."""
        for _ in range(PATIENCE):
            fence = await self._writer.run(leases.take, f"token:{self._account}", owner=self._owner, term=TERM)
            if fence is not None:
                try:
                    return await self._renew(wanted)
                finally:
                    await self._writer.run(leases.release, f"token:{self._account}", owner=self._owner)
            await self._sleep(GLANCE)
            pair = await self._read()
            if not wanted(pair, await self._writer.read(_clock)):
                return pair
        raise Later("token_busy", after=REST, halts_account=True)

    async def _renew(self, wanted: Callable[[Pair, datetime], bool]) -> Pair:
        """The lease is ours: look again, ask, keep, and only then hand on."""
        pair = await self._read()
        now = await self._writer.read(_clock)
        if not wanted(pair, now):
            return pair
        if pair.access and now - pair.granted_at < FRESH:
            raise Later("token_refused", after=REST, halts_account=True)
        await self._keep(pair, await self._ask(pair))
        return await self._read()

    async def _keep(self, spent: Pair, granted: Granted) -> None:
        """The new pair is nowhere but here: a database that fails is asked again, for about as long as the lease."""
        new = {"spent": spent.refresh, "access": granted.access, "refresh": granted.refresh}
        for _ in range(KEEPING):
            try:
                kept = await self._writer.run(tokens.renew, self._account, **new, lives=granted.lives)
            except Fault as trouble:
                log.error("zalo_oa.token_not_kept", account=self._account, error=type(trouble).__name__)
                await self._sleep(1.0)
            else:
                log.info("zalo_oa.token_renewed", account=self._account, kept=kept)
                return
        raise Later("token_not_kept", after=REST, halts_account=True)

    async def _ask(self, pair: Pair) -> Granted:
        """One answer that did not come is asked for once more with the same token: it may be spent, and may be not."""
        for last in (False, True):
            try:
                return await self._oauth.refresh(pair.refresh)
            except Ungranted as refusal:
                reason = str(refusal)
                break
            except Later as trouble:
                raise Later(trouble.reason, after=REST, halts_account=True) from None
            except (Unknown, Refused) as trouble:
                reason = trouble.reason
                log.warning("zalo_oa.token_unanswered", account=self._account, reason=reason, last=last)
        await self._writer.run(tokens.complain, self._account, spent=pair.refresh, reason=reason)
        log.error("zalo_oa.token_not_renewed", account=self._account, reason=reason)
        raise Later("not_authorised", after=REST, halts_account=True)


def _clock(db: Transaction) -> datetime:
    return db.clock()


def _is_ripe(pair: Pair, now: datetime) -> bool:
    return not pair.access or now - pair.granted_at >= RIPE or pair.expires_at <= now
