"""One Telegram bot as the process runs it: who polls, where its webhook hangs, which commands its menus show."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

import structlog
from aiohttp import web

from bot import platforms
from bot.channels import Trouble
from bot.channels.telegram import TelegramChannel, poll, webhook
from bot.intake import Intake
from bot.settings import Mode, TelegramBot
from bot.writer import Writer
from handlers.chat.initiatives import officers
from handlers.office import Office
from storage import clock
from storage.database import Transaction

log = structlog.get_logger(__name__)

MENUS = 30.0
"""Seconds between two looks at who has become an officer."""
HOOK = "/hooks/telegram"
MEMBER_MENU = ("initiative", "lookup", "programmes", "privacy", "help", "menu", "cancel")
OFFICER_MENU = ("inbox", *MEMBER_MENU)


class Telegram:
    """A bot's channel with its way in."""

    def __init__(self, bot: TelegramBot, office: Office) -> None:
        self._bot = bot
        self._office = office
        self._menus: set[str] = set()
        self.channel = TelegramChannel(
            bot.account,
            bot.token,
            contact_label=office.catalogue.label("use_my_number"),
            api=bot.api,
            rate=bot.rate,
            chat_interval=bot.chat_interval,
        )

    @property
    def path(self) -> str:
        """Where its webhook hangs; bots beyond the first have their name in it."""
        return platforms.hook_path(HOOK, self._bot.account)

    def hook(self, site: web.Application, intake: Intake) -> None:
        """Hang up the webhook, where updates come that way."""
        if self._bot.mode is Mode.WEBHOOK and self._bot.webhook_secret is not None:
            secret = self._bot.webhook_secret.get_secret_value()
            site.router.add_post(self.path, webhook(self.channel, intake.receive, secret=secret))

    async def run(self, writer: Writer, intake: Intake, owner: str, public_url: str | None) -> None:
        """Be the one process that polls this bot (or keeps its webhook set), whenever the lease is ours."""
        work = partial(self._work, writer, intake, public_url)
        await platforms.while_ours(writer, self._bot.account, owner, work)

    async def _work(self, writer: Writer, intake: Intake, public_url: str | None) -> None:
        menus = asyncio.create_task(self._keep_menus(writer))
        try:
            if self._bot.mode is Mode.WEBHOOK and self._bot.webhook_secret is not None:
                await platforms.telling(
                    self.channel.ear,
                    self.channel.set_webhook(
                        f"{public_url}{self.path}", secret=self._bot.webhook_secret.get_secret_value()
                    ),
                )
                await asyncio.Event().wait()
            else:
                await poll(self.channel, intake.receive)
        finally:
            menus.cancel()
            await asyncio.wait([menus])

    async def _keep_menus(self, writer: Writer) -> None:
        """The commands menu of everybody, and of each officer's chat; tried again until Telegram has taken it."""
        told = False
        while True:
            try:
                if not told:
                    await self.channel.set_commands(self._commands(MEMBER_MENU))
                    told = True
                await self._tell_officers(set(await writer.read(_officer_chats, self._bot.account)))
            except Trouble as trouble:
                log.warning("telegram.menu_failed", reason=trouble.reason)
            await asyncio.sleep(MENUS)

    async def _tell_officers(self, chats: set[str]) -> None:
        for chat in sorted(chats ^ self._menus):
            menu = OFFICER_MENU if chat in chats else MEMBER_MENU
            await self.channel.set_commands(self._commands(menu), chat=chat)
            self._menus ^= {chat}

    def _commands(self, names: Sequence[str]) -> list[tuple[str, str]]:
        words, label = self._office.catalogue.vocabulary.commands, self._office.catalogue.label
        return [(words[name].slash[0].removeprefix("/"), label(name)) for name in names]


def _officer_chats(db: Transaction, account: str) -> list[str]:
    return officers.chats(db, account, clock.now(db))
