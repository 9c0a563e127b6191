"""The people on the other side of the fake Telegram: what they do becomes updates, what the bot says they see."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.fakes.telegram_world import World

DATE = 1_760_000_000
"""Every message carries this date; nobody may need another."""


@dataclass
class Seen:
    """A message of the bot as it stands in a chat; `markup` is what hangs under it."""

    number: int
    text: str
    markup: dict[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """The whole call that sent it."""
    file: tuple[str, bytes] | None = None

    @property
    def rows(self) -> list[list[str]]:
        """The labels of the buttons under the message, row by row."""
        return [[button["text"] for button in row] for row in self.markup.get("inline_keyboard", ())]

    @property
    def labels(self) -> list[str]:
        return [label for row in self.rows for label in row]

    @property
    def body(self) -> dict[str, Any]:
        """As Telegram shows a message to a bot."""
        shown = {"inline_keyboard": self.markup["inline_keyboard"]} if self.rows else None
        return {"message_id": self.number, "text": self.text} | ({"reply_markup": shown} if shown else {})


class FakeChat(ABC):
    """What both kinds of chat share: the bot's messages in it."""

    def __init__(self, fake: World, number: int) -> None:
        self._fake = fake
        self.number = number
        self.sees: list[Seen] = []

    @property
    def chat(self) -> str:
        """The chat's id as the bot knows it."""
        return str(self.number)

    @property
    @abstractmethod
    def place(self) -> dict[str, Any]:
        """The chat as Telegram shows it to a bot."""

    def refusal(self) -> tuple[int, str] | None:
        """Status and description if the bot may not write here."""
        return None

    def receives(self, seen: Seen) -> None:
        self.sees.append(seen)


class FakeUser(FakeChat):
    """A person with a private chat. `started`: has pressed Start, without which a bot may not write."""

    def __init__(self, fake: World, number: int, *, phone: str, started: bool) -> None:
        super().__init__(fake, number)
        self.phone = phone
        self.started = started
        self.blocked = False
        self.keyboard: list[list[dict[str, Any]]] = []
        """The keyboard in place of the letters, if the bot has put one there."""
        self._last: dict[str, Any] = {}

    @property
    def profile(self) -> dict[str, Any]:
        return {"id": self.number, "is_bot": False, "first_name": f"Người {self.number}", "language_code": "vi"}

    @property
    def place(self) -> dict[str, Any]:
        return {"id": self.number, "type": "private", "first_name": f"Người {self.number}"}

    def says(self, text: str, **details: Any) -> int:
        """Write; `details` are further fields of the message. Returns the update's id, like all the others."""
        return self.sends({"text": text, **details})

    def sends(self, content: Mapping[str, Any]) -> int:
        """Send any content, given as fields of a message."""
        if self.blocked:
            self.unblocks()
        self.started = True
        self._last = {**self._fake.stamp(), "from": self.profile, "chat": self.place, **content}
        return self._fake.queue("message", self._last)

    def sends_photo(self, caption: str = "") -> int:
        sizes = [{"file_id": "photo", "file_unique_id": "unique", "width": 90, "height": 60}]
        return self.sends({"photo": sizes} | ({"caption": caption} if caption else {}))

    def sends_file(self, content: bytes, name: str = "") -> int:
        """A document with this name, or a picture."""
        number = self._fake.keep_file(content)
        about = {"file_id": number, "file_unique_id": f"unique-{number}", "file_size": len(content)}
        if name:
            return self.sends({"document": about | {"file_name": name}})
        small = {"file_id": "small", "file_unique_id": "unique-small", "width": 90, "height": 60}
        return self.sends({"photo": [small, about | {"width": 900, "height": 600}]})

    def shares_contact(self, phone: str = "", *, own: bool = True) -> int:
        """Share a contact card: one's own number, or somebody else's."""
        card = {"phone_number": phone or self.phone, "first_name": "Danh thiếp"}
        return self.sends({"contact": card | {"user_id": self.number if own else self.number + 1}})

    def edits(self, text: str) -> int:
        """Change the message sent last."""
        self._last = {**self._last, "text": text, "edit_date": DATE + 60}
        return self._fake.queue("edited_message", self._last)

    def blocks(self) -> int:
        self.blocked = True
        return self._fake.queue("my_chat_member", self._membership("member", "kicked"))

    def unblocks(self) -> int:
        self.blocked = False
        return self._fake.queue("my_chat_member", self._membership("kicked", "member"))

    def presses(self, wanted: str) -> int:
        """Press the newest button with this label or payload, under a message or in place of the letters."""
        for seen in reversed(self.sees):
            for button in (button for row in seen.markup.get("inline_keyboard", ()) for button in row):
                if wanted in (button["text"], button.get("callback_data")):
                    return self.presses_old(seen, button["callback_data"])
        for button in (button for row in self.keyboard for button in row):
            if button["text"] == wanted:
                return self.shares_contact() if button.get("request_contact") else self.says(wanted)
        raise LookupError(f"no button {wanted!r} among {[seen.labels for seen in self.sees]} and {self.keyboard}")

    def presses_old(self, seen: Seen, payload: str) -> int:
        """Press a button of a message chosen by the test."""
        message = {**seen.body, "date": DATE, "chat": self.place, "from": self._fake.profile}
        query = {"id": self._fake.new_query(), "from": self.profile, "chat_instance": "1", "data": payload}
        return self._fake.queue("callback_query", query | {"message": message})

    def refusal(self) -> tuple[int, str] | None:
        if self.blocked:
            return 403, "Forbidden: bot was blocked by the user"
        if not self.started:
            return 400, "Bad Request: chat not found"
        return None

    def receives(self, seen: Seen) -> None:
        super().receives(seen)
        if "keyboard" in seen.markup:
            self.keyboard = seen.markup["keyboard"]
        elif "remove_keyboard" in seen.markup:
            self.keyboard = []

    def _membership(self, before: str, after: str) -> dict[str, Any]:
        def member(status: str) -> dict[str, Any]:
            return {"user": self._fake.profile, "status": status} | ({"until_date": 0} if status == "kicked" else {})

        return {
            "chat": self.place,
            "from": self.profile,
            "date": DATE,
            "old_chat_member": member(before),
            "new_chat_member": member(after),
        }


class FakeGroup(FakeChat):
    """A supergroup the bot is in; without privacy mode, so that it is told everything."""

    moved_to: int | None = None
    """The id it got when it was upgraded."""

    @property
    def place(self) -> dict[str, Any]:
        return {"id": self.number, "type": "supergroup", "title": "Tổ Công đoàn"}

    def hears(self, user: FakeUser, text: str, *, reply_to: Seen | None = None) -> int:
        """Somebody writes in the group, perhaps in reply to a message of the bot."""
        message = {**self._fake.stamp(), "from": user.profile, "chat": self.place, "text": text}
        if reply_to is not None:
            message["reply_to_message"] = {
                **reply_to.body,
                "date": DATE,
                "chat": self.place,
                "from": self._fake.profile,
            }
        return self._fake.queue("message", message)
