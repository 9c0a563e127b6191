"""What stands under a message on Telegram, as the Bot API's `reply_markup`. Pure: a message in, plain data out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from messages.types import Choice, Outbound, payload

NARROW = 18
"""Characters of a label that still fit half the width of a phone."""

Button = dict[str, Any]


def is_private(chat: str) -> bool:
    """Groups and channels have negative numbers (Bot API, Chat.id)."""
    return not chat.startswith("-")


def under(chat: str, message: Outbound, *, contact_label: str) -> dict[str, Any] | None:
    """Choices hang under the message. Asking for a contact needs the other keyboard, and a message has only one, so
    that there choices are buttons that type their label.

    That keyboard closes itself when used; any message without choices takes away what is left of it, so that nobody
    has to remember where one is open.
    """
    if message.ask_contact and is_private(chat):
        contact = {"text": contact_label, "request_contact": True}
        typed = [({"text": choice.label}, choice) for choice in message.choices]
        return {"keyboard": [[contact], *_rows(typed)], "one_time_keyboard": True, "resize_keyboard": True}
    if message.choices:
        return {"inline_keyboard": _rows((_pressed(message.question, choice), choice) for choice in message.choices)}
    return {"remove_keyboard": True} if is_private(chat) else None


def _pressed(question: str, choice: Choice) -> Button:
    return {"text": choice.label, "callback_data": payload(question, choice.key)}


def _rows(buttons: Iterable[tuple[Button, Choice]]) -> list[list[Button]]:
    """Two short labels share a row, a long one has its own; the order stays."""
    rows: list[list[Button]] = []
    half_full = False
    for button, choice in buttons:
        narrow = len(choice.label) <= NARROW
        if narrow and half_full:
            rows[-1].append(button)
        else:
            rows.append([button])
        half_full = narrow and not half_full
    return rows
