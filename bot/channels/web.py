"""The browser chat as a channel, and who is listening to it.

Delivered means stored in the transcript (`kept`), which the courier does itself; sending is only a nudge to the open
pages of that chat. No page, no request and no cookie is known here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from bot.channels import Pace
from messages.types import Outbound

ACCOUNT = "web"


class Hub:
    """The open pages of each chat: each holds an event that is set when something new may be read."""

    def __init__(self) -> None:
        self._pages: dict[str, set[asyncio.Event]] = {}
        self.closing = False
        """The program is going down: pages end their streams and come back to whoever serves next."""

    @contextmanager
    def listen(self, chat: str) -> Iterator[asyncio.Event]:
        """An event that is set at every nudge of this chat; the listener clears it."""
        event = asyncio.Event()
        self._pages.setdefault(chat, set()).add(event)
        try:
            yield event
        finally:
            self._pages[chat].discard(event)
            if not self._pages[chat]:
                del self._pages[chat]

    def count(self, chat: str) -> int:
        """How many pages listen to this chat."""
        return len(self._pages.get(chat, ()))

    def nudge(self, chat: str) -> None:
        """Tell the pages of this chat to look again."""
        for event in self._pages.get(chat, ()):
            event.set()

    def close(self) -> None:
        """Wake every page so that it can end."""
        self.closing = True
        for chat in self._pages:
            self.nudge(chat)


class WebChannel:
    """The account `web`. It is never slow and never refuses: what it sends is already stored."""

    account = ACCOUNT
    pace = Pace(per_second=None)
    kept = True

    def __init__(self) -> None:
        self.hub = Hub()

    async def send(self, chat: str, message: Outbound) -> str:
        """Nudge the open pages; there is no platform that could give an id."""
        self.hub.nudge(chat)
        return ""

    async def ping(self) -> None:
        """It is always there."""
