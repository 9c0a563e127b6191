"""Somebody at the machine: the terminal is spoken to through pipes."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.channels.terminal import Terminal
from messages.types import Outbound
from tests.lines.common import Heard, heard_as, typed_for

if TYPE_CHECKING:
    from tests.box import Box


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
        await self._converse(typed_for(label, asking.choices))

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
        self.heard += [heard_as(message) for message in terminal.sent]


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
