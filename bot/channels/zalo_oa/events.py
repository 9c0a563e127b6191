"""Events of an Official Account, decoded into what the rest of the house understands. Pure: nothing fetched or logged.

Shapes and names: developers.zalo.me, "Webhook"; where accounts of them differ, each is read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from bot.channels.incoming import Ignored
from bot.channels.zalo_oa import drawing
from messages.types import (
    Address,
    Arrived,
    Attached,
    Contact,
    Event,
    Inbound,
    Left,
    Medium,
    Pressed,
    TakenOver,
    Text,
    Unreadable,
)

MEDIA: Mapping[str, Medium] = {
    "user_send_image": Medium.PHOTO,
    "user_send_gif": Medium.PHOTO,
    "user_send_audio": Medium.VOICE,
    "user_send_video": Medium.VIDEO,
    "user_send_sticker": Medium.STICKER,
    "user_send_location": Medium.PLACE,
    "user_send_file": Medium.FILE,
    "user_send_link": Medium.OTHER,
    "user_send_business_card": Medium.OTHER,
}
FETCHED = (Medium.PHOTO, Medium.FILE)
"""What papers are handed in as."""
RECEIPTS = ("user_received_message", "user_seen_message")
OWN_WORDS = "oa_send_"
"""What begins so tells of something the account itself sent."""


def decode(
    raw: Mapping[str, Any],
    account: str,
    *,
    oa_id: str = "",
    fetchable: Callable[[str], bool] = lambda _address: False,
) -> Inbound | Ignored:
    """Whatever the shape of `raw`, this never raises. `oa_id` is the account's own, where it is known; `fetchable` says
    which addresses of pictures and files we follow.
    """
    try:
        name = raw["event_name"]
        heard = _read(raw, name, oa_id, fetchable)
        if isinstance(heard, Ignored):
            return heard
        user, event = heard
        address, update_id = Address(account, _id(user)), _update_id(raw, name, _id(user))
        return Inbound(address, update_id, event, _written_at(raw), _quoted(raw))
    except (AttributeError, KeyError, TypeError, ValueError):
        return Ignored("malformed")


def own_id(raw: Mapping[str, Any]) -> str:
    """The account's id, where an event tells it for certain; else nothing."""
    match raw:
        case {"event_name": str(name), "recipient": {"id": str(own)}} if name.startswith("user_send_"):
            return own
        case {"oa_id": str(own)}:
            return own
        case _:
            return ""


def _read(
    raw: Mapping[str, Any], name: str, oa_id: str, fetchable: Callable[[str], bool]
) -> tuple[Any, Event] | Ignored:
    match name:
        case "user_send_text":
            return raw["sender"]["id"], _said(raw["message"]["text"])
        case "user_click_button":
            return _user(raw, oa_id), _clicked(raw)
        case "user_submit_info":
            return _submitted(raw, oa_id)
        case "follow":
            return raw["follower"]["id"], Arrived(follows=True)
        case "unfollow":
            return raw["follower"]["id"], Left()
        case "user_click_chatnow":
            return raw["user_id"], Arrived(follows=False)
        case str() if name in MEDIA:
            return raw["sender"]["id"], _sent(raw["message"], MEDIA[name], fetchable)
        case str() if name.startswith(OWN_WORDS):
            return _echo(raw)
        case _:
            return Ignored("receipt" if name in RECEIPTS else "not_for_us")


def _written_at(raw: Mapping[str, Any]) -> float | None:
    """Zalo tells milliseconds, as text."""
    told = str(raw.get("timestamp", ""))
    return int(told) / 1000 if told.isascii() and told.isdecimal() else None


def _quoted(raw: Mapping[str, Any]) -> str:
    match raw.get("message"):
        case {"quote_msg_id": str(quoted)}:
            return _clean(quoted)[:120]
        case _:
            return ""


def _said(text: str) -> Event:
    text = _clean(text)
    carried = drawing.pressed(text.strip())
    return Text(text) if carried is None else Pressed(carried)


def _sent(message: Mapping[str, Any], medium: Medium, fetchable: Callable[[str], bool]) -> Event:
    """A picture with words is still a picture; a link with words is words."""
    text = _clean(message.get("text") or "")
    match message:
        case {"attachments": [{"payload": {"url": str(url), **about}}, *_]} if medium in FETCHED and fetchable(url):
            size = str(about.get("size"))
            whole = int(size) if size.isdecimal() else None
            return Attached(medium, _clean(url), name=_clean(str(about.get("name") or "")), size=whole, caption=text)
        case _:
            return Text(text) if medium is Medium.OTHER and text.strip() else Unreadable(medium, text)


def _clicked(raw: Mapping[str, Any]) -> Event:
    """No page of Zalo's describes this event; those who have seen it found the payload in one of these places."""
    places = (raw.get("message"), raw.get("button"), raw)
    carried = next(place["payload"] for place in places if isinstance(place, dict) and "payload" in place)
    return _said(carried)


def _echo(raw: Mapping[str, Any]) -> tuple[Any, Event] | Ignored:
    """Only what a person wrote by hand has an author; all else was sent by a program, most likely by us."""
    if raw["sender"].get("admin_id"):
        return raw["recipient"]["id"], TakenOver()
    return Ignored("echo")


def _submitted(raw: Mapping[str, Any], oa_id: str) -> tuple[Any, Event] | Ignored:
    """The answer to the form for one's own name and number, flat or inside the message's text."""
    info = raw.get("info")
    if not isinstance(info, dict):
        info = json.loads(raw["message"]["text"])
    phone, name = _clean(str(info.get("phone") or "")), _clean(str(info.get("name") or ""))
    if not phone:
        return Ignored("form_without_phone")
    return _user(raw, oa_id), Contact(_international(phone), own=True, name=name)


def _international(phone: str) -> str:
    """`84900000000`, as the form writes numbers, with the sign that makes it one of the whole world."""
    return f"+{phone}" if phone.isdecimal() and phone.startswith("84") else phone


def _user(raw: Mapping[str, Any], oa_id: str) -> Any:
    """Whichever of the two is not the account."""
    sender, recipient = raw["sender"]["id"], raw.get("recipient", {}).get("id")
    return recipient if oa_id and sender == oa_id else sender


def _update_id(raw: Mapping[str, Any], name: str, user: str) -> str:
    """A retry repeats it: the message's id, or the moment of an event without one."""
    message = raw.get("message")
    number = message.get("msg_id") if isinstance(message, dict) else None
    return f"{name}:{_id(number)}" if number else f"{name}:{user}:{_id(raw['timestamp'])}"


def _clean(text: str) -> str:
    """Without what no database stores: NUL and halves of surrogate pairs."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")


def _id(value: Any) -> str:
    """Ids are text; a number is one too as long as it is whole."""
    if type(value) not in (str, int) or value == "":
        raise TypeError("not an id")
    return _clean(str(value))[:120]
