"""Telegram's updates, decoded into what the rest of the house understands. Pure: nothing is fetched, kept or logged.

Plain dictionaries are read rather than PTB's `Update`, whose construction costs more than all the rest of a turn.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bot.channels.incoming import Ignored
from messages.types import (
    Address,
    Attached,
    Contact,
    Edited,
    Event,
    Inbound,
    Left,
    Medium,
    Overheard,
    Pressed,
    Text,
    Unreadable,
)

ALLOWED = ("message", "edited_message", "callback_query", "my_chat_member")
"""The kinds of update asked for; Telegram keeps the others to itself."""

MEDIA: Mapping[str, Medium] = {
    "photo": Medium.PHOTO,
    "voice": Medium.VOICE,
    "audio": Medium.VOICE,
    "video": Medium.VIDEO,
    "video_note": Medium.VIDEO,
    "animation": Medium.VIDEO,
    "sticker": Medium.STICKER,
    "document": Medium.FILE,
    "location": Medium.PLACE,
    "venue": Medium.PLACE,
    "dice": Medium.OTHER,
    "poll": Medium.OTHER,
    "game": Medium.OTHER,
    "story": Medium.OTHER,
    "paid_media": Medium.OTHER,
    "checklist": Medium.OTHER,
}
"""What a person can send, by the field it stands in; the first that is there counts (an animation is a document too).

All other fields of a message tell of service: pinned, timer set, write access allowed.
"""

COMMAND = re.compile(r"\A(/\w+)(?:@(\w+))?")
FORWARDED = ("forward_origin", "forward_date")


def decode(raw: Mapping[str, Any], account: str, *, username: str = "") -> Inbound | Ignored:
    """Whatever the shape of `raw`, this never raises. `username` is the bot's, by which groups call it."""
    try:
        heard = _read(raw, username)
        if isinstance(heard, Ignored):
            return heard
        chat, event = heard
        written_at, quotes = _written(raw)
        return Inbound(Address(account, _number(chat)), _number(raw["update_id"]), event, written_at, quotes)
    except (AttributeError, KeyError, TypeError, ValueError):
        return Ignored("malformed")


def _read(raw: Mapping[str, Any], username: str) -> tuple[Any, Event] | Ignored:
    match raw:
        case {"message": message}:
            return _message(message, username)
        case {"edited_message": message}:
            return _edit(message)
        case {"callback_query": query}:
            return _press(query)
        case {"my_chat_member": change}:
            return _membership(change)
        case _:
            return Ignored("not_for_us")


def _written(raw: Mapping[str, Any]) -> tuple[float | None, str]:
    """When a message was written, to the second, and the id of the message that it answers."""
    match raw:
        case {"message": {"date": int(date), "reply_to_message": {"message_id": int(quoted)}}}:
            return float(date), str(quoted)
        case {"message": {"date": int(date)}}:
            return float(date), ""
        case _:
            return None, ""


def _message(message: Mapping[str, Any], username: str) -> tuple[Any, Event] | Ignored:
    chat = message["chat"]
    match chat["type"]:
        case "private":
            event = _said(message)
        case "group" | "supergroup":
            event = _overheard(message, username)
        case _:
            return Ignored("not_for_us")
    return event if isinstance(event, Ignored) else (chat["id"], event)


def _said(message: Mapping[str, Any]) -> Event | Ignored:
    forwarded = any(mark in message for mark in FORWARDED)
    match message:
        case {"text": text}:
            return Text(COMMAND.sub(r"\1", _clean(text)), forwarded)
        case {"contact": card}:
            own = card.get("user_id") == message["from"]["id"] and not forwarded
            return Contact(_clean(card["phone_number"]), own)
    medium = next((medium for field, medium in MEDIA.items() if field in message), None)
    if medium in (Medium.PHOTO, Medium.FILE):
        return _attached(message, medium)
    return Unreadable(medium, _clean(message.get("caption", ""))) if medium else Ignored("service")


def _attached(message: Mapping[str, Any], medium: Medium) -> Event:
    """A document, or the largest size of a picture: the last one."""
    caption = _clean(message.get("caption", ""))
    match message["photo"][-1] if medium is Medium.PHOTO else message["document"]:
        case {"file_id": str(key), **about}:
            name, size = about.get("file_name"), about.get("file_size")
            told = _clean(name) if isinstance(name, str) else ""
            return Attached(medium, _clean(key), told, size if type(size) is int else None, caption)
        case _:
            return Unreadable(medium, caption)


def _overheard(message: Mapping[str, Any], username: str) -> Event | Ignored:
    """In a group only those who call the bot are heard, and nothing of what they say."""
    text = _clean(message.get("text", message.get("caption", "")))
    command = COMMAND.match(text)
    if command:
        called = command[2] is None or _same(command[2], username)
    elif not username:
        called = False
    else:
        answered = message.get("reply_to_message", {}).get("from", {}).get("username", "")
        mentioned = re.search(rf"@{re.escape(username)}\b", text, re.IGNORECASE)
        called = _same(answered, username) or mentioned is not None
    return Overheard() if called else Ignored("group_talk")


def _edit(message: Mapping[str, Any]) -> tuple[Any, Event] | Ignored:
    if message["chat"]["type"] != "private":
        return Ignored("group_talk")
    if "location" in message:
        return Ignored("live_location")  # a place shared live changes by itself every few seconds
    return message["chat"]["id"], Edited()


def _press(query: Mapping[str, Any]) -> tuple[Any, Event] | Ignored:
    match query:
        case {"data": data, "message": {"chat": {"type": "private", "id": chat}}}:
            return chat, Pressed(_clean(data))
        case _:
            return Ignored("foreign_button")


def _membership(change: Mapping[str, Any]) -> tuple[Any, Event] | Ignored:
    match change:
        case {"chat": {"type": "private", "id": chat}, "new_chat_member": {"status": "kicked"}}:
            return chat, Left()
        case _:
            return Ignored("membership")


def _clean(text: str) -> str:
    """Without what no database stores: NUL and halves of surrogate pairs."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")


def _number(value: Any) -> str:
    if type(value) is not int:
        raise TypeError("not a number")
    return str(value)


def _same(name: str, username: str) -> bool:
    return bool(username) and name.casefold() == username.casefold()
