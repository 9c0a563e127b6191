"""What Zalo hands over, in every shape that has been seen or written down."""

from __future__ import annotations

from typing import Any

import pytest

from bot.channels.incoming import Ignored
from bot.channels.zalo_bot import decode
from messages.types import Address, Attached, Event, Inbound, Medium, Overheard, Text, Unreadable

CHAT = "6ede9afa66b88fe6d6a9"
PRIVATE = {"id": CHAT, "chat_type": "PRIVATE"}
LAN = {"id": CHAT, "display_name": "Lan", "is_bot": False}
GROUP = {"id": "9999afa66b88fe6d6a90", "chat_type": "GROUP"}


def update(kind: str, **message: Any) -> dict[str, Any]:
    """An update with a message of this kind; `None` takes a field away."""
    usual = {"message_id": "2d758cb5e222177a4e35", "date": 1767225600123, "chat": PRIVATE, "from": LAN}
    said = {name: value for name, value in (usual | message).items() if value is not None}
    return {"event_name": f"message.{kind}.received", "message": said}


READ: list[tuple[dict[str, Any], Event]] = [
    (update("text", text="Xin chào", message_type="CHAT_MESSAGE"), Text("Xin chào")),
    (update("text", text="a\0b\ud800c"), Text("ab?c")),
    (update("text", text="/start"), Text("/start")),
    (
        update("image", photo_url="https://photo.example.vn/x.jpg", caption="cái này"),
        Unreadable(Medium.PHOTO, "cái này"),
    ),
    (update("image", photo="https://photo.example.vn/x.jpg"), Unreadable(Medium.PHOTO)),
    (update("image", photo="https://photo.example.vn/x.jpg", caption=None), Unreadable(Medium.PHOTO)),
    (update("sticker", sticker="0e078a2d", url="https://sticker.example.vn/x"), Unreadable(Medium.STICKER)),
    (update("voice", voice_url="https://voice.example.vn/x.aac"), Unreadable(Medium.VOICE)),
    (update("unsupported"), Unreadable(Medium.OTHER)),
    (update("something_new", payload={}), Unreadable(Medium.OTHER)),
    (update("text", text="hi", chat={"id": CHAT}), Text("hi")),
    (update("text", text="@Bot Công đoàn giúp với", chat=GROUP), Overheard()),
    (update("image", photo_url="https://x", caption="@Bot Công đoàn", chat=GROUP), Overheard()),
    (update("text", text="nhóm", chat={"id": GROUP["id"]}), Overheard()),
    (update("text", text="nhóm", chat={**GROUP, "chat_type": "SUPERGROUP"}), Overheard()),
]


@pytest.mark.parametrize(("raw", "event"), READ)
def test_an_update_is_read_bare_and_in_its_envelope(raw: dict[str, Any], event: Event) -> None:
    chat = raw["message"]["chat"]["id"]
    expected = Inbound(Address("zalo_bot", chat), "2d758cb5e222177a4e35", event, 1767225600.123)
    assert decode(raw, "zalo_bot") == expected
    assert decode({"ok": True, "result": raw}, "zalo_bot") == expected


@pytest.mark.parametrize("field", ["photo", "photo_url"])
def test_a_picture_that_we_may_fetch_keeps_its_address(field: str) -> None:
    address = "https://photo.example.vn/x.jpg"
    raw = update("image", **{field: address, "caption": "đây"})
    read = decode(raw, "zalo_bot", fetchable=lambda asked: asked == address)
    assert isinstance(read, Inbound)
    assert read.event == Attached(Medium.PHOTO, address, caption="đây")
    elsewhere = update("image", **{field: "http://127.0.0.1/x.jpg"})
    read = decode(elsewhere, "zalo_bot", fetchable=lambda asked: asked == address)
    assert isinstance(read, Inbound)
    assert read.event == Unreadable(Medium.PHOTO)


IGNORED: list[tuple[dict[str, Any], str]] = [
    (update("text", text="x", **{"from": LAN | {"is_bot": True}}), "own"),
    (update("text", text="x", **{"from": LAN | {"id": "77"}}), "own"),
    ({"event_name": "user.follow", "message": update("text")["message"]}, "not_for_us"),
    (update("text"), "malformed"),
    (update("text", text=5), "malformed"),
    (update("text", text="x", chat=None), "malformed"),
    (update("text", text="x", chat={"chat_type": "PRIVATE"}), "malformed"),
    (update("text", text="x", chat={"id": 5, "chat_type": "PRIVATE"}), "malformed"),
    (update("text", text="x", **{"from": None}), "malformed"),
    (update("image", caption=7), "malformed"),
    ({"event_name": "message.text.received", "message": 5}, "malformed"),
    ({"event_name": None, "message": update("text")["message"]}, "not_for_us"),
    ({"ok": True, "result": {}}, "malformed"),
    ({}, "malformed"),
]


@pytest.mark.parametrize(("raw", "reason"), IGNORED)
def test_what_asks_nothing_of_us_or_cannot_be_read_is_passed_over(raw: dict[str, Any], reason: str) -> None:
    assert decode(raw, "zalo_bot", bot="77") == Ignored(reason)


def test_what_carries_no_number_is_known_again_by_all_it_says() -> None:
    def number(**message: Any) -> str:
        read = decode(update("unsupported", message_id=None, **message), "zalo_bot")
        assert isinstance(read, Inbound)
        return read.update_id

    assert number() == number()
    assert number() != number(date=1767225600124)
    assert number(date=None) == number(date=None)
