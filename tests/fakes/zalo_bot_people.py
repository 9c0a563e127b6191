"""The people on the other side of the fake Zalo: what they do becomes updates, what the bot says they see."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.fakes.zalo_bot_world import World

NUMBERED = re.compile(r"^(\d+)\. (.+)$", re.MULTILINE)


@dataclass
class Seen:
    """A message of the bot as it stands in a chat."""

    id: str
    text: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """The whole call that sent it."""

    @property
    def labels(self) -> list[str]:
        """What stands there as a numbered list, the last one of the message."""
        found: list[str] = []
        for number, label in NUMBERED.findall(self.text):
            found = [*found, label] if int(number) == len(found) + 1 else ([label] if number == "1" else found)
        return found


class FakeChat:
    """A chat with the bot in it."""

    kind = "PRIVATE"

    def __init__(self, fake: World, chat: str) -> None:
        self._fake = fake
        self.chat = chat
        self.sees: list[Seen] = []
        self.typing = 0
        """How often the bot was shown to be writing."""

    @property
    def place(self) -> dict[str, str]:
        return {"id": self.chat, "chat_type": self.kind}


class FakeUser(FakeChat):
    """A person with a private chat, whose id is that of the chat. Only who has written can be written to."""

    def __init__(self, fake: World, chat: str, name: str) -> None:
        super().__init__(fake, chat)
        self.name = name
        self.started = False

    @property
    def profile(self) -> dict[str, Any]:
        return {"id": self.chat, "display_name": self.name, "is_bot": False}

    def says(self, text: str, *, message_id: str = "") -> str:
        """Write. Returns the id of the message, like all the others."""
        return self.sends("text", {"text": text, "message_type": "CHAT_MESSAGE"}, message_id=message_id)

    def sends_photo(self, caption: str = "") -> str:
        picture = {
            self._fake.mode.image_field: f"{self._fake.url}/photo/{self._fake.picture}",
            "message_type": "CHAT_PHOTO",
        }
        return self.sends("image", picture | ({"caption": caption} if caption else {}))

    def sends_sticker(self) -> str:
        return self.sends("sticker", {"sticker": "0e078a2dafcc", "url": "https://sticker.example.vn/x.png"})

    def sends_voice(self) -> str:
        return self.sends("voice", {"voice_url": "https://voice.example.vn/x.aac", "message_type": "CHAT_VOICE"})

    def sends_unsupported(self) -> str:
        """A document, a link; or anything, from a member of a protected group."""
        return self.sends("unsupported", {})

    def sends(self, kind: str, content: Mapping[str, Any], *, at: FakeChat | None = None, message_id: str = "") -> str:
        """Send any content, given as fields of a message, here or in a group."""
        self.started = True
        return self._fake.queue(kind, {**content, "chat": (at or self).place, "from": self.profile}, message_id)

    def chooses(self, label: str) -> str:
        """Type the number of a choice in the newest list, or the label itself where it has none."""
        labels = next((seen.labels for seen in reversed(self.sees) if seen.labels), [])
        return self.says(str(labels.index(label) + 1) if label in labels else label)


class FakeGroup(FakeChat):
    """A group the bot was let into; it hears those who mention it or answer it, and nobody else."""

    kind = "GROUP"

    def hears(self, user: FakeUser, text: str, *, reply: bool = False) -> str:
        """Somebody writes; "" when the bot is not told. A mention stands in the text as it was typed."""
        called = reply or f"@{self._fake.name}" in text
        return user.sends("text", {"text": text}, at=self) if called and self._fake.mode.groups else ""
