"""One Official Account as the process runs it: where its webhook hangs, who renews its tokens, what Zalo tells."""

from __future__ import annotations

import asyncio
from functools import partial

import structlog
from aiohttp import web

from bot import platforms
from bot.channels import Trouble
from bot.channels.http import HttpClient
from bot.channels.zalo_oa import HANDED_IN, Approved, Remainder, ZaloOaChannel, webhook
from bot.channels.zalo_oa.oauth import OAuth
from bot.intake import Intake
from bot.settings_oa import OaAccount
from bot.writer import Writer
from bot.zalo_tokens import TokenKeeper
from handlers.office import Office
from handlers.reaching import oa_desk
from handlers.reaching.oa_desk import Told
from messages.types import Address
from storage import clock
from storage.database import Fault, Transaction

log = structlog.get_logger(__name__)

HOOK = "/hooks/zalo-oa"
LOOK = 20.0
"""Seconds between two looks: is the pair ripe, is there somebody whose name is not known?"""


class ZaloOa:
    """An account's channel with its way in. `owner` names this process among all that share the database."""

    def __init__(self, oa: OaAccount, office: Office, writer: Writer, *, owner: str) -> None:
        self._oa = oa
        self._writer = writer
        http = HttpClient([oa.openapi, oa.oauth], domains=HANDED_IN)
        oauth = OAuth(http, oa.oauth, app_id=oa.app_id, app_secret=oa.app_secret)
        seed = oa.refresh_token.get_secret_value() if oa.refresh_token else ""
        self._tokens = TokenKeeper(writer, oauth, oa.account, owner=owner, seed=seed)
        self.channel = ZaloOaChannel(
            oa.account,
            http,
            self._tokens,
            catalogue=office.catalogue,
            desk=_Desk(oa, office, writer),
            openapi=oa.openapi,
            rate=oa.rate,
            templates={key: Approved(one.id, one.fields) for key, one in oa.templates.items()},
        )

    @property
    def path(self) -> str:
        """Where its webhook hangs; accounts beyond the first have their name in it."""
        return platforms.hook_path(HOOK, self._oa.account)

    def hook(self, site: web.Application, intake: Intake) -> None:
        """Hang up the webhook: events come no other way."""
        secret = self._oa.secret.get_secret_value()
        handler = webhook(
            self._oa.account,
            intake.receive,
            app_id=self._oa.app_id,
            secret=secret,
            fetchable=self.channel.can_download,
            ear=self.channel.ear,
        )
        site.router.add_post(self.path, handler)

    async def run(self, writer: Writer, _intake: Intake, owner: str, _public_url: str | None) -> None:
        """Be the one process that renews this account's tokens in good time and asks for names."""
        await platforms.while_ours(writer, self._oa.account, owner, partial(self._work, writer))

    async def _work(self, writer: Writer) -> None:
        ear, failed = self.channel.ear, ""
        while True:
            try:
                await self._tokens.renew_if_ripe()
                await self._ask_names(writer)
                ear.forgive(failed)
            except Trouble as trouble:
                failed = trouble.reason
                ear.fail(failed)
                log.warning("zalo_oa.look_failed", account=self._oa.account, reason=trouble.reason)
            await asyncio.sleep(LOOK)

    async def _ask_names(self, writer: Writer) -> None:
        for chat in await writer.read(oa_desk.nameless, self._oa.account):
            name = await self.channel.name_of(chat)
            await writer.run(_keep_name, Address(self._oa.account, chat), name)


class _Desk:
    """What the channel tells while the writer is busy is noted together; a failing database loses it, harmlessly."""

    def __init__(self, oa: OaAccount, office: Office, writer: Writer) -> None:
        self._account = oa.account
        self._prices = {key: one.price for key, one in oa.templates.items()}
        self._office = office
        self._writer = writer
        self._waiting: list[Told] = []
        self._noting: asyncio.Task[None] | None = None

    def told(self, chat: str, remainder: Remainder) -> None:
        """What Zalo said of a quota after a message to this chat."""
        one = remainder
        self._waiting.append(
            Told(Address(self._account, chat), one.kind, one.left, one.total, one.until, template=one.template)
        )
        if self._noting is None or self._noting.done():
            self._noting = asyncio.create_task(self._note())

    async def needs_template(self, chat: str) -> bool:
        """Whether only a template may be sent to this chat now."""
        return await self._writer.read(_needs_template, self._office, Address(self._account, chat))

    async def close(self) -> None:
        """Note the rest."""
        if self._noting is not None:
            await self._noting

    async def _note(self) -> None:
        while self._waiting:
            told, self._waiting = self._waiting, []
            try:
                await self._writer.run(_note, told, self._prices)
            except Fault as trouble:
                log.warning("zalo_oa.quota_not_noted", account=self._account, error=type(trouble).__name__)


def _note(db: Transaction, told: list[Told], prices: dict[str, int]) -> None:
    oa_desk.note(db, told, prices, clock.now(db))


def _needs_template(db: Transaction, office: Office, address: Address) -> bool:
    return oa_desk.needs_template(db, office, address, clock.now(db))


def _keep_name(db: Transaction, address: Address, name: str) -> None:
    oa_desk.keep_name(db, address, name, clock.now(db))
