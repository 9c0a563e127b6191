"""One Zalo Bot as the process runs it: who polls, where its webhook hangs, how much of its plan is used."""

from __future__ import annotations

import asyncio
from functools import partial

import structlog
from aiohttp import web

from bot import platforms
from bot.channels.incoming import Receive
from bot.channels.zalo_bot import ZaloBotChannel, poll, webhook
from bot.intake import Intake
from bot.settings import Mode, ZaloBotAccount
from bot.writer import Writer
from handlers.office import Office
from handlers.reaching import plans
from messages.types import Address, Inbound
from storage import clock
from storage.database import Fault, Transaction

log = structlog.get_logger(__name__)

HOOK = "/hooks/zalo-bot"
WELL = ("", "webhook.ok")
"""What Zalo says of a webhook that it could call, or did not try."""


class ZaloBot:
    """A bot's channel with its way in."""

    def __init__(self, bot: ZaloBotAccount, office: Office, writer: Writer) -> None:
        self._bot = bot
        self._plan = _Plan(bot.account, office, writer)
        self.channel = ZaloBotChannel(
            bot.account, bot.token, catalogue=office.catalogue, api=bot.api, rate=bot.rate, plan=self._plan
        )

    @property
    def path(self) -> str:
        """Where its webhook hangs; bots beyond the first have their name in it."""
        return platforms.hook_path(HOOK, self._bot.account)

    def hook(self, site: web.Application, intake: Intake) -> None:
        """Hang up the webhook, where updates come that way."""
        if self._bot.mode is Mode.WEBHOOK and self._bot.webhook_secret is not None:
            secret = self._bot.webhook_secret.get_secret_value()
            site.router.add_post(self.path, webhook(self.channel, self._received(intake), secret=secret))

    async def run(self, writer: Writer, intake: Intake, owner: str, public_url: str | None) -> None:
        """Be the one process that polls this bot (or keeps its webhook set), whenever the lease is ours."""
        await platforms.while_ours(writer, self._bot.account, owner, partial(self._work, intake, public_url))

    async def _work(self, intake: Intake, public_url: str | None) -> None:
        if self._bot.mode is Mode.WEBHOOK and self._bot.webhook_secret is not None:
            await platforms.telling(self.channel.ear, self.channel.introduce())
            secret = self._bot.webhook_secret.get_secret_value()
            hook = self.channel.set_webhook(f"{public_url}{self.path}", secret=secret)
            found = await platforms.telling(self.channel.ear, hook)
            if found not in WELL:
                log.warning("zalo_bot.webhook_not_reached", account=self._bot.account, outcome=found)
            await asyncio.Event().wait()
        else:
            await poll(self.channel, self._received(intake))

    def _received(self, intake: Intake) -> Receive:
        """What comes in counts as well, once it is safe."""

        async def receive(inbound: Inbound) -> None:
            await intake.receive(inbound)
            self._plan.count()

        return receive


class _Plan:
    """Counts what went either way; what comes while the writer is busy is written down together.

    A failing database loses a few of the count, and the platform's own count stands beside it anyway.
    """

    def __init__(self, account: str, office: Office, writer: Writer) -> None:
        self._account = account
        self._office = office
        self._writer = writer
        self._waiting = 0
        self._noting: asyncio.Task[None] | None = None

    def count(self) -> None:
        """One message more."""
        self._waiting += 1
        if self._noting is None or self._noting.done():
            self._noting = asyncio.create_task(self._note())

    async def carries(self, chat: str) -> bool:
        """Whether the plan has room for the person in this chat."""
        return await self._writer.read(plans.carries, self._office, Address(self._account, chat))

    async def close(self) -> None:
        """Write down the rest."""
        if self._noting is not None:
            await self._noting

    async def _note(self) -> None:
        while self._waiting:
            messages, self._waiting = self._waiting, 0
            try:
                await self._writer.run(_count, self._office, self._account, messages)
            except Fault as trouble:
                log.warning("zalo_bot.not_counted", account=self._account, error=type(trouble).__name__)


def _count(db: Transaction, office: Office, account: str, messages: int) -> None:
    plans.count(db, office, account, messages, clock.now(db))
