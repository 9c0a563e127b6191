"""The fake Official Account, a channel that talks to it over HTTP, and an office that takes in what comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from pydantic import SecretStr

from bot.channels.http import HttpClient
from bot.channels.zalo_oa import HANDED_IN, Approved, Remainder, ZaloOaChannel, webhook
from bot.channels.zalo_oa.oauth import OAuth
from messages.catalogue import Catalogue
from tests.channels.office import Office
from tests.fakes.zalo_oa import FakePerson, FakeZaloOa

CATALOGUE = Catalogue.load()
TEMPLATES = {"officer": Approved("410001", {"ten": "given_name", "ma": "code"}), "programme.opened": Approved("410002")}


@dataclass
class Purse:
    """Tokens without a database: a new pair whenever one is refused."""

    fake: FakeZaloOa
    token: str = ""
    renewed: int = 0

    async def access(self) -> str:
        return self.token or await self.instead_of("")

    async def instead_of(self, refused: str) -> str:
        self.renewed += 1
        self.fake.first_refresh_token()
        self.token = list(self.fake.tokens.access)[-1]
        return self.token

    async def close(self) -> None:
        await asyncio.sleep(0)


@dataclass
class Desk:
    """What the channel asks and tells."""

    told_of: list[tuple[str, Remainder]] = field(default_factory=list)
    outside: set[str] = field(default_factory=set)

    def told(self, chat: str, remainder: Remainder) -> None:
        self.told_of.append((chat, remainder))

    async def needs_template(self, chat: str) -> bool:
        return chat in self.outside

    async def close(self) -> None:
        await asyncio.sleep(0)


@asynccontextmanager
async def opened(fake: FakeZaloOa, purse: Purse, desk: Desk, *, openapi: str = "") -> AsyncIterator[ZaloOaChannel]:
    """A channel of the fake's account, ready to call."""
    base = openapi or fake.url
    channel = ZaloOaChannel(
        "zalo_oa",
        HttpClient([base], domains=HANDED_IN),
        purse,
        catalogue=CATALOGUE,
        desk=desk,
        openapi=base,
        templates=TEMPLATES,
    )
    await channel.open()
    try:
        yield channel
    finally:
        await channel.close()


@pytest.fixture
async def fake() -> AsyncIterator[FakeZaloOa]:
    async with FakeZaloOa() as server:
        yield server


@pytest.fixture
def purse(fake: FakeZaloOa) -> Purse:
    return Purse(fake)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def channel(fake: FakeZaloOa, purse: Purse, desk: Desk) -> AsyncIterator[ZaloOaChannel]:
    async with opened(fake, purse, desk) as made:
        yield made


@pytest.fixture
async def oauth(fake: FakeZaloOa) -> AsyncIterator[OAuth]:
    async with HttpClient([fake.url]) as http:
        yield OAuth(http, f"{fake.url}/v4", app_id=fake.app_id, app_secret=SecretStr(fake.app_secret))


@pytest.fixture
def lan(fake: FakeZaloOa) -> FakePerson:
    """Somebody who has just written."""
    person = fake.person()
    person.says("xin chào")
    fake.waiting.clear()
    return person


@pytest.fixture
def office() -> Office:
    return Office(poll=_nobody_polls)


async def _nobody_polls(*_arguments: object, **_options: object) -> None:
    await asyncio.sleep(0)


@pytest.fixture
async def hooked(fake: FakeZaloOa, office: Office) -> AsyncIterator[FakeZaloOa]:
    """The fake, which has been told where to deliver; the webhook goes by the fake's clock."""
    app = web.Application()
    handler = webhook(
        "zalo_oa",
        office.receive,
        app_id=fake.app_id,
        secret=fake.oa_secret,
        fetchable=lambda address: address.startswith(fake.url),
        clock=fake.now,
    )
    app.router.add_post("/hooks/zalo-oa", handler)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    fake.hook = f"http://127.0.0.1:{runner.addresses[0][1]}/hooks/zalo-oa"
    fake.switches.stamps = "shifted"
    yield fake
    await runner.cleanup()
