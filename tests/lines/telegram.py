"""Somebody with Telegram: through a fake of its API over HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from messages.types import Choice
from tests.fakes.telegram import FakeTelegram
from tests.fakes.telegram_people import FakeUser
from tests.lines.common import Heard

if TYPE_CHECKING:
    from tests.box import Box


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
        fake = self.box.fake
        assert isinstance(fake, FakeTelegram)
        async with self.box.bot() as running:
            await fake.wait_for(lambda: not fake.waiting)
            await running.courier.drain()
