"""CHANNELS: one room per platform, each with two jobs: decode an update, send a message.

The contract stands here; no channel knows another, and only the courier calls `Channel.send`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from messages.types import Outbound


def nowhere(_chat: str) -> bool:
    """Where there are no groups."""
    return False


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast an account may send. None: as fast as it goes (the browser chat, the terminal)."""

    per_second: float | None
    """Messages a second, over all chats of the account."""
    chat_interval: float = 0.0
    """Seconds between two messages to one private chat."""
    group_interval: float = 0.0
    """Seconds between two messages to one group."""
    is_group: Callable[[str], bool] = nowhere
    """Which chats are groups."""


class Channel(Protocol):
    """One account on one platform."""

    account: str
    pace: Pace
    kept: bool
    """Delivered means stored in the transcript, in the transaction that settles the row (the browser chat); `send`
    then only tells the open pages. False: delivered means that the platform said so."""

    async def send(self, chat: str, message: Outbound) -> str:
        """Send one message and return the platform's id of it ("" where it gives none).

        Raises a `Trouble`: which kind decides what becomes of the outbox row.
        """
        ...

    async def ping(self) -> None:
        """The platform's cheapest call: it returns if the platform answers, and raises a `Trouble` if not."""
        ...


class Trouble(Exception):
    """A message was not delivered as asked; `reason` is a short ASCII name for the log, the row and the counter."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Later(Trouble):
    """Certainly not sent; may be tried again after `after` seconds.

    `halts_account`: the platform asked the whole account to pause (Telegram's 429), not only this chat.
    """

    def __init__(self, reason: str, *, after: float | None = None, halts_account: bool = False) -> None:
        super().__init__(reason)
        self.after = after
        self.halts_account = halts_account


class Gone(Trouble):
    """The chat cannot be reached until its member writes again (blocked, deactivated, never started)."""


class Moved(Trouble):
    """The chat goes on under another id; nothing was sent."""

    def __init__(self, reason: str, chat: str) -> None:
        super().__init__(reason)
        self.chat = chat


class Refused(Trouble):
    """The platform will never take this message (malformed, too long, not permitted)."""


class Unknown(Trouble):
    """It may have been sent: the request left, no answer came back that says so."""
