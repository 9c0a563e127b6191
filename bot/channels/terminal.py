"""The terminal: a chat of somebody who sits at the machine. Lines come from one stream and go to another.

Choices are numbered text. Nothing here decides what is said.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from io import FileIO
from typing import TextIO

from bot.channels import Gone, Pace
from messages import render
from messages.catalogue import Catalogue
from messages.types import Address, Inbound, Outbound, Text

ACCOUNT = "terminal"
CHAT = "1"
PROMPT = "> "
ENDS: tuple[type[Exception], ...] = (BrokenPipeError, ValueError)
"""What a stream raises once nobody reads it, or it was closed."""


class Terminal:
    """One terminal chat. `name` makes it an account of its own, so that its messages wait for it alone.

    `session` is different each time the program runs: it makes the lines' ids unique.
    """

    pace = Pace(None)
    kept = False

    def __init__(self, *, name: str = "", session: str, source: FileIO, sink: TextIO, catalogue: Catalogue) -> None:
        self.account = f"{ACCOUNT}:{name}" if name else ACCOUNT
        self.address = Address(self.account, CHAT)
        self._session = session
        self._source = source
        self._sink = sink
        self._catalogue = catalogue

    async def send(self, chat: str, message: Outbound) -> str:
        """Print one message."""
        self._print(f"{render.numbered(message, self._catalogue)}\n\n")
        return ""

    async def ping(self) -> None:
        """It is always there."""

    async def converse(
        self, receive: Callable[[Inbound], Awaitable[None]], settled: Callable[[], Awaitable[None]]
    ) -> None:
        """Hand over line after line until the stream ends. `settled` returns when the answers have been sent."""
        self._prompt()
        number = 0
        async for line in self._lines():
            if line:
                number += 1
                await receive(Inbound(self.address, f"{self._session}:{number}", Text(line)))
                await settled()
            self._prompt()

    async def _lines(self) -> AsyncIterator[str]:
        """The lines of the source, read on a thread of their own: a terminal cannot be waited for otherwise.

        The thread is a daemon and holds no lock of the interpreter's streams, so that a stop need not wait for it.
        """
        loop = asyncio.get_running_loop()
        lines: asyncio.Queue[bytes] = asyncio.Queue()

        def pump() -> None:
            line = b"first"
            while line:
                line = self._source.readline()
                try:
                    loop.call_soon_threadsafe(lines.put_nowait, line)
                except RuntimeError:  # the loop has ended, and nobody waits for lines any more
                    return

        threading.Thread(target=pump, name="terminal", daemon=True).start()
        while line := await lines.get():
            yield line.decode("utf-8", errors="replace").strip()

    def _prompt(self) -> None:
        if self._sink.isatty():
            self._print(PROMPT)

    def _print(self, text: str) -> None:
        try:
            self._sink.write(text)
            self._sink.flush()
        except ENDS as trouble:
            raise Gone("closed") from trouble
