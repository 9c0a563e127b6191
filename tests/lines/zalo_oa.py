"""Somebody with Zalo who writes to an Official Account: events signed and posted, messages through a fake over HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp.test_utils import TestServer

from messages.types import Choice
from tests.fakes.zalo_oa import FakePerson, FakeZaloOa, Seen
from tests.lines.common import Heard, typed_for
from tests.lines.zalo_bot import read

if TYPE_CHECKING:
    from tests.box import Box

TYPED = ("XONG", "Quay lại", "Hủy bỏ")


@dataclass
class ZaloOaLine:
    """Somebody with Zalo."""

    box: Box
    person: FakePerson

    @property
    def heard(self) -> list[Heard]:
        """What Zalo shows: buttons, or the list at the end of a message; a form says nothing."""
        return [_heard(seen) for seen in self.person.sees if seen.form is None]

    async def says(self, text: str) -> None:
        """Write to the account."""
        self.person.says(text)
        await self.listens()

    async def presses(self, label: str) -> None:
        """Press a button; where there are none, type the number, or the word of the way back."""
        asking = next(seen for seen in reversed(self.person.sees) if label in _labels(seen) or label in TYPED)
        if label in asking.labels:
            self.person.presses(label)
        else:
            self.person.says(typed_for(label, _heard(asking).choices))
        await self.listens()

    async def listens(self) -> None:
        """Zalo delivers what waits, and the bot sends what it has to say."""
        fake = self.box.fake
        assert isinstance(fake, FakeZaloOa)
        async with self.box.bot() as running, TestServer(running.site) as server:
            fake.hook = str(server.make_url("/hooks/zalo-oa"))
            assert set(await fake.push()) <= {200}
            await running.courier.drain()


def _heard(seen: Seen) -> Heard:
    if not seen.labels:
        return read(seen.text)
    return Heard(seen.text, tuple(Choice(label, label) for label in seen.labels))


def _labels(seen: Seen) -> list[str]:
    return [choice.label for choice in _heard(seen).choices]
