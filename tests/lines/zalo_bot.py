"""Somebody with Zalo who writes to a Zalo Bot: through a fake of its API over HTTP, numbers typed for choices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from messages.types import Choice
from tests.fakes.zalo_bot import FakeUser, FakeZaloBot
from tests.lines.common import Heard, typed_for

if TYPE_CHECKING:
    from tests.box import Box

CHOOSE = "Anh/chị nhắn số để chọn."
ANSWER = "Để trả lời, nhắn:"
WAYS = "Có thể nhắn: "


@dataclass
class ZaloBotLine:
    """Somebody with Zalo."""

    box: Box
    user: FakeUser

    @property
    def heard(self) -> list[Heard]:
        """What Zalo shows, the list at the end of a message read as choices."""
        return [read(seen.text) for seen in self.user.sees]

    async def says(self, text: str) -> None:
        """Write to the bot."""
        self.user.says(text)
        await self.listens()

    async def presses(self, label: str) -> None:
        """There are no buttons: type the number, or the word of the way back."""
        asking = next((message for message in reversed(self.heard) if message.choices), Heard(""))
        self.user.says(typed_for(label, asking.choices))
        await self.listens()

    async def listens(self) -> None:
        """Let the bot work off what waits: it asks for more once what came is safe."""
        fake = self.box.fake
        assert isinstance(fake, FakeZaloBot)
        async with self.box.bot() as running:
            await fake.wait_for(lambda: fake.polling and not fake.waiting)
            await running.courier.drain()
        await fake.wait_for(lambda: not fake.polling)


def read(text: str) -> Heard:
    """A message without the list under it, and that list: numbers first, then what is typed as a word."""
    parts = text.split("\n\n")
    ways = parts.pop().removeprefix(WAYS).split(" · ") if parts[-1].startswith(WAYS) else []
    listed: list[str] = []
    worded: list[Choice] = []
    if parts[-1].startswith(ANSWER):
        pairs = (line.removeprefix("• ").partition(" – ") for line in parts.pop().splitlines()[1:])
        worded = [Choice(label, label, word) for word, _, label in pairs]
    if parts[-1] == CHOOSE:
        *parts, numbered, _ = parts
        listed = [line.partition(". ")[2] for line in numbered.splitlines()]
    choices = (*(Choice(label, label) for label in listed), *worded, *(Choice(way, way, way) for way in ways))
    return Heard("\n\n".join(parts), choices)
