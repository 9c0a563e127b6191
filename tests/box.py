"""A bot in a box: the whole product on a database of its own, started for a line and stopped after it.

A dialogue is written once and runs on every channel and both databases. Nothing of ours is replaced: the browser chat
is spoken to over HTTP, Telegram through a fake of its API over HTTP, the terminal through pipes.
"""

from __future__ import annotations

import contextlib
import functools
import io
import itertools
import os
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr

from bot import app, premises
from bot.app import App
from bot.channels.terminal import Terminal
from bot.settings import Part, Settings, TelegramBot
from bot.web import cookies
from handlers import pairing, programmes, units
from handlers.office import Office
from messages.types import Address, Choice, Outbound, payload
from storage import clock, transcript
from storage.database import Database, Transaction
from storage.seals import Seals
from storage.tables import Programme, Role
from tests.fakes.telegram import FakeTelegram
from tests.fakes.telegram_people import FakeUser

KEY = "a-key-for-tests-that-is-long-enough-to-be-one"
ORGANISATION = "Công đoàn ngành Giáo dục tỉnh"
UNITS = Path(__file__).parents[1] / "messages" / "demo" / "units.csv"
CHANNELS = ("web", "terminal", "telegram")


@functools.cache
def office() -> Office:
    """The office of every box: its words are read once."""
    return premises.make_office(_settings("sqlite:///unused.db"))


def _settings(database_url: str, **more: Any) -> Settings:
    return Settings(
        database_url=database_url,
        secret_key=SecretStr(KEY),
        organisation=ORGANISATION,
        http_host="127.0.0.1",
        roles=frozenset(Part) - {Part.CLOCK},  # a dialogue about time lets the clock tick itself
        **more,
    )


@dataclass
class Heard:
    """One message as a person got it."""

    text: str
    choices: tuple[Choice, ...] = ()
    question: str = ""


class Line(Protocol):
    """One person's way to the bot on one kind of channel."""

    async def says(self, text: str) -> None:
        """Send a line and wait until it is answered."""
        ...

    async def presses(self, label: str) -> None:
        """Press the newest button with this label; where there are none, type the label."""
        ...

    async def listens(self) -> None:
        """Take in what has arrived."""
        ...

    heard: list[Heard]


@dataclass
class Person:
    """Somebody in a dialogue."""

    name: str
    line: Line
    seen: int = 0
    read: int = 0
    """How much of what was heard has been given to the test; Telegram delivers also between two lines."""

    async def says(self, text: str) -> str:
        """Say something; everything that came back, as one text."""
        await self.line.says(text)
        return self._news()

    async def presses(self, label: str) -> str:
        """Press a button; everything that came back."""
        await self.line.presses(label)
        return self._news()

    async def talks(self, *lines: str) -> str:
        """Several lines, one after the other (`[Nhãn]` presses a button); what the last brought."""
        answer = ""
        for line in lines:
            pressed = line.startswith("[") and line.endswith("]")
            answer = await (self.presses(line[1:-1]) if pressed else self.says(line))
        return answer

    async def hears(self) -> str:
        """What arrived without being asked for."""
        await self.line.listens()
        return self._news()

    def _news(self) -> str:
        self.seen, self.read = self.read, len(self.line.heard)
        return self.new

    @property
    def new(self) -> str:
        """What came since the last line."""
        return "\n\n".join(message.text for message in self.line.heard[self.seen :])

    @property
    def labels(self) -> list[str]:
        """The choices under the newest message that has any."""
        return [choice.label for choice in self._asking().choices]

    def _asking(self) -> Heard:
        return next((message for message in reversed(self.line.heard) if message.choices), Heard(""))


class Box:
    """One installation; `async with box.bot()` runs it for a moment."""

    def __init__(self, database_url: str, channel: str, telegram: FakeTelegram | None = None) -> None:
        self.channel = channel
        self.telegram = telegram
        more: dict[str, Any] = {}
        if telegram is not None:
            token = SecretStr(telegram.token)
            bot = TelegramBot(account="telegram", token=token, api=telegram.url, rate=1000.0, chat_interval=0.0)
            more = {"telegram_bots": (bot,)}
        self.settings = _settings(database_url, **more)
        self.office = office()
        self.sessions = itertools.count(1)

    @asynccontextmanager
    async def bot(self, *more: Any) -> AsyncIterator[App]:
        """The product, running."""
        async with app.running(self.settings, more=more, office=self.office) as running:
            yield running

    def person(self, name: str) -> Person:
        """Somebody new, on the box's channel."""
        match self.channel:
            case "web":
                return Person(name, WebLine(self))
            case "terminal":
                return Person(name, TerminalLine(self, f"p{next(self.sessions)}"))
            case _:
                assert self.telegram is not None
                return Person(name, TelegramLine(self, self.telegram.user(1000 + next(self.sessions))))

    @contextlib.contextmanager
    def database(self) -> Iterator[Transaction]:
        """The database, between two runs."""
        opened = Database(self.settings.database_url, Seals([KEY]))
        try:
            with opened.transaction() as db:
                yield db
        finally:
            opened.close()

    def furnish(self, *, opened: int = 10, template: str = "75-nghin-sang-kien", **more: Any) -> Programme:
        """The demo's units, and one programme that opened so many days ago."""
        with self.database() as db:
            now = clock.now(db)
            sheet = units.read_sheet(UNITS.read_bytes(), "units.csv")
            units.apply(db, units.plan(db, sheet), actor_id=None, now=now)
            day = (now - timedelta(days=opened)).date()
            return programmes.load(db, template, opens=day, actor_id=None, now=now, **more)

    def invite(self, unit: str, role: Role = Role.OFFICER) -> str:
        """A one-time code."""
        with self.database() as db:
            now = clock.now(db)
            expires = now + timedelta(days=7)
            return pairing.invite(
                db, unit_code=unit, role=role, expires=expires, chance=self.office.chance, actor_id=None, now=now
            )

    def move_clock(self, moment: datetime) -> None:
        """Let the office's clock stand at a moment."""
        with self.database() as db:
            clock.move_to(db, moment)

    async def officer(self, name: str, unit: str, role: Role = Role.OFFICER) -> Person:
        """Somebody who has agreed and typed their code."""
        person = self.person(name)
        await person.talks("/start", "[Tôi đồng ý]", f"/lienket {self.invite(unit, role)}")
        return person


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
        await self._post({"press": _button(self.heard, label)})

    async def listens(self) -> None:
        """Look again."""
        async with self.box.bot() as running:
            await self._take_in(running)

    async def _post(self, body: dict[str, str]) -> None:
        async with self.box.bot() as running, TestServer(running.site) as server:
            jar = CookieJar(unsafe=True)
            jar.update_cookies({cookies.name_of(secure=False): self.secret}, server.make_url("/"))
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
                self.heard.append(_heard(line.message))


@dataclass
class TerminalLine:
    """Somebody at the machine."""

    box: Box
    name: str
    heard: list[Heard] = field(default_factory=list)
    answers: list[Outbound] = field(default_factory=list)

    async def says(self, text: str) -> None:
        """Type a line."""
        await self._converse(text)

    async def presses(self, label: str) -> None:
        """There are no buttons: type the number, or the word of the way back."""
        asking = next(message for message in reversed(self.heard) if message.choices)
        labels = [choice.label for choice in asking.choices]
        await self._converse(label if label not in labels or label in WORDS else str(labels.index(label) + 1))

    async def listens(self) -> None:
        """Sit down and read."""
        await self._converse("")

    async def _converse(self, text: str) -> None:
        reading, writing = os.pipe()
        os.write(writing, f"{text}\n".encode())
        os.close(writing)
        sink = io.StringIO()
        with os.fdopen(reading, "rb", buffering=0) as source:
            terminal = RecordingTerminal(
                name=self.name,
                session=str(next(self.box.sessions)),
                source=source,
                sink=sink,
                catalogue=self.box.office.catalogue,
            )
            async with self.box.bot(terminal) as running:
                await terminal.converse(running.intake.receive, running.courier.drain)
                await running.courier.drain()
        self.heard += [_heard(message) for message in terminal.sent]


WORDS = ("XONG", "Quay lại", "Hủy bỏ")


class RecordingTerminal(Terminal):
    """The terminal, which also keeps what it printed in a form that a test can ask."""

    def __init__(self, **parts: Any) -> None:
        super().__init__(**parts)
        self.sent: list[Outbound] = []

    async def send(self, chat: str, message: Outbound) -> str:
        """Print, and keep."""
        external_id = await super().send(chat, message)
        self.sent.append(message)
        return external_id


@dataclass
class TelegramLine:
    """Somebody with Telegram."""

    box: Box
    user: FakeUser

    @property
    def heard(self) -> list[Heard]:
        """What Telegram shows."""
        return [Heard(seen.text, tuple(Choice(label, label) for label in seen.labels)) for seen in self.user.sees]

    async def says(self, text: str) -> None:
        """Write to the bot."""
        self.user.says(text)
        await self.listens()

    async def presses(self, label: str) -> None:
        """Press a button under a message, or in place of the letters."""
        self.user.presses(label)
        await self.listens()

    async def listens(self) -> None:
        """Let the bot work off what waits."""
        fake = self.box.telegram
        assert fake is not None
        async with self.box.bot() as running:
            await fake.wait_for(lambda: not fake.waiting, within=30)
            await running.courier.drain()


def _heard(message: Outbound) -> Heard:
    return Heard(message.text, message.choices, message.question)


def _button(heard: list[Heard], label: str) -> str:
    for message in reversed(heard):
        for choice in message.choices:
            if choice.label == label:
                return payload(message.question, choice.key)
    raise AssertionError(f"no button {label!r} among {[c.label for m in heard for c in m.choices]}")
