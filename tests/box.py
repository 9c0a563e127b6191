"""A bot in a box: the whole product on a database of its own, started for a line and stopped after it.

A dialogue is written once and runs on every channel and both databases. Nothing of ours is replaced: the browser chat
is spoken to over HTTP, Telegram and Zalo through fakes of their APIs over HTTP, the terminal through pipes.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot import app, premises
from bot.app import App
from bot.settings import OaAccount, Part, Settings, TelegramBot, ZaloBotAccount
from bot.settings_reach import ReachRules
from handlers import programmes
from handlers.actors import COMMAND_LINE
from handlers.office import Office
from handlers.people import pairing
from handlers.units import tree as units
from storage import clock, settings
from storage.database import Database, Transaction
from storage.seals import Seals
from storage.tables import Programme, Role
from tests import patience
from tests.fakes.telegram import FakeTelegram
from tests.fakes.zalo_bot import FakeZaloBot
from tests.fakes.zalo_oa import APP_ID, APP_SECRET, OA_SECRET, FakeZaloOa
from tests.lines.common import Heard, Line
from tests.lines.telegram import TelegramLine
from tests.lines.terminal import TerminalLine
from tests.lines.web import WebLine
from tests.lines.zalo_bot import ZaloBotLine
from tests.lines.zalo_oa import ZaloOaLine

__all__ = ["Box", "Heard", "Line", "Person", "TelegramLine", "TerminalLine", "WebLine", "ZaloBotLine", "ZaloOaLine"]

KEY = "a-key-for-tests-that-is-long-enough-to-be-one"
SEALS = Seals([KEY])
ORGANISATION = "Công đoàn ngành Giáo dục tỉnh"
START = datetime(2027, 3, 1, 2, tzinfo=UTC)
"""When a box or a desk begins: nine o'clock on a Monday morning."""
UNITS = Path(__file__).parents[1] / "messages" / "demo" / "units.csv"
PLACES = (
    *(
        pytest.param(("sqlite", channel), id=f"sqlite-{channel}")
        for channel in ("web", "terminal", "telegram", "zalo_bot", "zalo_oa")
    ),
    pytest.param(("postgresql", "telegram"), id="postgresql-telegram"),
    *(
        pytest.param(("postgresql", channel), id=f"postgresql-{channel}", marks=pytest.mark.long)
        for channel in ("web", "terminal")
    ),
)
"""Where every dialogue runs: a kind of database, a kind of channel. What a channel of Zalo's has to do with a database
is the same code as the others'.
"""
READING = 5.0
"""Seconds a person looks at a message before they answer: no dialogue waits for them, their stamps say so."""
Fake = FakeTelegram | FakeZaloBot | FakeZaloOa
WIDE = ReachRules(oa_window_days=366, oa_free_hours=24 * 366)
"""Dialogues that jump over weeks are not about windows; those that are have rules of their own."""


@functools.cache
def office() -> Office:
    """The office of every box: its words are read once."""
    bot = ZaloBotAccount(account="zalo_bot", token=SecretStr("1:unused"))
    accounts = {"zalo_oas": (_official("http://127.0.0.1:9", "unused"),), "reach": WIDE, "zalo_bots": (bot,)}
    return premises.make_office(_settings("sqlite:///unused.db", **accounts))


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
    """One installation; `async with box.bot()` runs it for a moment.

    Its clock begins at `START`, whatever the hour and the day of the machine: nothing depends on when the tests run.
    """

    def __init__(self, database_url: str, channel: str, fake: Fake | None = None) -> None:
        self.channel = channel
        self.fake = fake
        self.settings = _settings(database_url, **_account(fake))
        self.office = office()
        self.sessions = itertools.count(1)
        with self.database() as db:
            ahead = START - db.clock()
            settings.write(db, clock.OFFSET, ahead.total_seconds())
        match fake:
            case FakeZaloOa():
                fake.shift = ahead.total_seconds()
            case FakeZaloBot():
                fake.shift = ahead
        if isinstance(fake, FakeTelegram | FakeZaloOa):
            fake.reading = READING

    @asynccontextmanager
    async def bot(self, *more: Any) -> AsyncIterator[App]:
        """The product, running."""
        async with app.running(self.settings, more=more, office=self.office) as running:
            yield running

    def person(self, name: str) -> Person:
        """Somebody new, on the box's channel."""
        return self._person(name, self.channel)

    def colleague(self, name: str) -> Person:
        """The same for somebody who is to hold a role: at the machine where the channel is the browser, in which no
        role is in force.
        """
        return self._person(name, "terminal" if self.channel == "web" else self.channel)

    def _person(self, name: str, channel: str) -> Person:
        match channel:
            case "web":
                return Person(name, WebLine(self))
            case "terminal":
                return Person(name, TerminalLine(self, f"p{next(self.sessions)}"))
            case _:
                return Person(name, self._line(7_001_000 + next(self.sessions)))

    def _line(self, number: int) -> Line:
        match self.fake:
            case FakeTelegram() as fake:
                return TelegramLine(self, fake.user(number))
            case FakeZaloBot() as fake:
                return ZaloBotLine(self, fake.user(number))
            case FakeZaloOa() as fake:
                return ZaloOaLine(self, fake.person(number))
            case None:
                raise AssertionError(f"no platform for {self.channel}")

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
            units.apply(db, COMMAND_LINE, units.plan(db, sheet), now=now)
            day = (now - timedelta(days=opened)).date()
            return programmes.load(db, COMMAND_LINE, template, day, now=now, **more)

    def invite(self, unit: str, role: Role = Role.OFFICER) -> str:
        """A one-time code."""
        with self.database() as db:
            return pairing.invite(db, self.office, COMMAND_LINE, unit, role, now=clock.now(db)).code

    def move_clock(self, moment: datetime) -> None:
        """Let the office's clock stand at a moment."""
        with self.database() as db:
            clock.move_to(db, moment)

    async def officer(self, name: str, unit: str, role: Role = Role.OFFICER) -> Person:
        """Somebody who has agreed and typed their code."""
        person = self.colleague(name)
        await person.talks("/start", "[Tôi đồng ý]", f"/lienket {self.invite(unit, role)}", f"Trần Thị {name}")
        return person


@asynccontextmanager
async def opened(database_url: str, channel: str) -> AsyncIterator[Box]:
    """A box, with the platform that its channel needs."""
    async with AsyncExitStack() as stack:
        match channel:
            case "telegram":
                fake: Fake | None = await stack.enter_async_context(FakeTelegram())
            case "zalo_bot":
                fake = await stack.enter_async_context(FakeZaloBot())
            case "zalo_oa":
                official = await stack.enter_async_context(FakeZaloOa())
                official.patience = patience.SECONDS  # dialogues are not about seconds
                fake = official
            case _:
                fake = None
        yield Box(database_url, channel, fake)


def _account(fake: Fake | None) -> dict[str, Any]:
    """The settings of our account on a platform; nothing waits."""
    match fake:
        case FakeTelegram(token=token, url=url):
            bot = TelegramBot(account="telegram", token=SecretStr(token), api=url, rate=1000.0, chat_interval=0.0)
            return {"telegram_bots": (bot,)}
        case FakeZaloBot(token=token, url=url):
            return {"zalo_bots": (ZaloBotAccount(account="zalo_bot", token=SecretStr(token), api=url, rate=1000.0),)}
        case FakeZaloOa(url=url):
            return {"zalo_oas": (_official(url, fake.first_refresh_token()),), "reach": WIDE}
        case None:
            return {}


def _official(url: str, refresh_token: str) -> OaAccount:
    return OaAccount(
        account="zalo_oa",
        app_id=APP_ID,
        app_secret=SecretStr(APP_SECRET),
        secret=SecretStr(OA_SECRET),
        refresh_token=SecretStr(refresh_token),
        openapi=url,
        oauth=f"{url}/v4",
        rate=1000.0,
    )
