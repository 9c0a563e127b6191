"""A browser: the chat is spoken to over HTTP."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer

from bot.app import App
from bot.web import cookies
from bot.web.keys import SEALS
from messages.types import Address
from storage import transcript
from tests.lines.common import Heard, button, heard_as

if TYPE_CHECKING:
    from tests.box import Box


@dataclass
class WebLine:
    """A browser."""

    box: Box
    secret: str = field(default_factory=cookies.new_secret)
    heard: list[Heard] = field(default_factory=list)
    last: int = 0

    @property
    def address(self) -> Address:
        """The chat of this browser."""
        return Address("web", cookies.chat_of(self.secret))

    async def says(self, text: str) -> None:
        """Post a line."""
        await self._post({"text": text})

    async def presses(self, label: str) -> None:
        """Post a button's payload."""
        await self._post({"press": button(self.heard, label)})

    async def listens(self) -> None:
        """Look again."""
        async with self.box.bot() as running:
            await self._take_in(running)

    async def _post(self, body: dict[str, str]) -> None:
        async with self.box.bot() as running, TestServer(running.site) as server:
            jar = CookieJar(unsafe=True)
            cookie = cookies.signed(self.secret, running.site[SEALS])
            jar.update_cookies({cookies.name_of(secure=False): cookie}, server.make_url("/"))
            async with TestClient(server, cookie_jar=jar) as client:
                answer = await client.post(
                    "/chat/send", json={"id": str(uuid.uuid4()), **body}, headers={"Sec-Fetch-Site": "same-origin"}
                )
                assert answer.status == 200, await answer.text()
            await self._take_in(running)

    async def _take_in(self, running: App) -> None:
        await running.courier.drain()
        for line in await running.writer.read(transcript.since, self.address, self.last, limit=1000):
            self.last = line.id
            if not line.mine:
                self.heard.append(heard_as(line.message))
