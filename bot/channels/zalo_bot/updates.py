"""Zalo Bot's updates, decoded into what the rest of the house understands. Pure: nothing is fetched, kept or logged."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from bot.channels.incoming import Ignored
from messages.types import Address, Attached, Event, Inbound, Medium, Overheard, Text, Unreadable

MEDIA: Mapping[str, Medium] = {
    "message.image.received": Medium.PHOTO,
    "message.sticker.received": Medium.STICKER,
    "message.voice.received": Medium.VOICE,
}
"""What a person can send that is no text. Of anything else (`message.unsupported.received`: links, documents, whatever
members of protected groups send) Zalo hands over nothing but that it came."""


def unpacked(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """The update itself: webhooks bring it bare, or in the envelope of a poll's answer."""
    inner = raw.get("result")
    return inner if "event_name" not in raw and isinstance(inner, Mapping) else raw


def mark(raw: Mapping[str, Any]) -> str:
    """What makes an update the same as an earlier one: the id of its message, else all it says."""
    match unpacked(raw):
        case {"message": {"message_id": str(number)}} if number:
            return number
        case said:
            written = json.dumps(said, sort_keys=True, default=str)
            return hashlib.sha256(written.encode("utf-8", "replace")).hexdigest()[:32]


def decode(
    raw: Mapping[str, Any], account: str, *, bot: str = "", fetchable: Callable[[str], bool] = lambda _address: False
) -> Inbound | Ignored:
    """Whatever the shape of `raw`, this never raises. `bot` is the bot's own id, whose words are nobody's; `fetchable`
    says which addresses of pictures we follow.
    """
    try:
        update = unpacked(raw)
        name, message = update["event_name"], update["message"]
        sender, chat = message["from"], message["chat"]
        if sender.get("is_bot") is True or (bot and sender.get("id") == bot):
            return Ignored("own")
        if not isinstance(name, str) or not name.startswith("message."):
            return Ignored("not_for_us")
        event = _event(name, message, fetchable) if _is_private(chat, sender) else Overheard()
        return Inbound(Address(account, _id(chat)), mark(raw), event, _written_at(message))
    except (AttributeError, KeyError, TypeError, ValueError):
        return Ignored("malformed")


def _event(name: str, message: Mapping[str, Any], fetchable: Callable[[str], bool]) -> Event:
    if name == "message.text.received":
        return Text(_clean(message["text"]))
    medium, caption = MEDIA.get(name, Medium.OTHER), _clean(message.get("caption") or "")
    match message.get("photo_url") or message.get("photo"):  # live updates have the one, the documentation the other
        case str(address) if medium is Medium.PHOTO and fetchable(address):
            return Attached(medium, _clean(address), caption=caption)
    return Unreadable(medium, caption)


def _written_at(message: Mapping[str, Any]) -> float | None:
    """Zalo tells milliseconds."""
    match message.get("date"):
        case int(date) if type(date) is int and date > 0:
            return date / 1000
        case _:
            return None


def _is_private(chat: Mapping[str, Any], sender: Mapping[str, Any]) -> bool:
    """In a group a bot hears only those who call it, and nothing personal is spoken of there."""
    kind = chat.get("chat_type")
    return kind == "PRIVATE" if isinstance(kind, str) else chat["id"] == sender.get("id")


def _id(chat: Mapping[str, Any]) -> str:
    match chat["id"]:
        case str(number) if number:
            return number
        case _:
            raise TypeError("no chat")


def _clean(text: str) -> str:
    """Without what no database stores: NUL and halves of surrogate pairs."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")
