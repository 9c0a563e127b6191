"""The shapes that travel between the rooms: who, what came in, what goes out.

Only plain data lives here. Never behaviour that needs a database, a network or a clock.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

PAYLOAD_BYTES = 64
"""The narrowest button payload: Telegram's `callback_data`, in bytes (Bot API, InlineKeyboardButton)."""


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """Where one member can be written to: an account of ours (`telegram`, `web`, `telegram:2`) and a chat in it."""

    account: str
    chat: str

    @property
    def kind(self) -> str:
        """The kind of channel: `telegram` for the accounts `telegram` and `telegram:2`."""
        return self.account.partition(":")[0]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one kind of channel can carry."""

    text: int
    """Characters in one message."""
    buttons: int
    """Buttons under one message; more choices than this are written as numbered text. 0: no buttons at all."""


LIMITS: Mapping[str, Limits] = {
    "telegram": Limits(text=4096, buttons=100),
    "web": Limits(text=8000, buttons=100),
    "terminal": Limits(text=8000, buttons=0),
    "zalo_bot": Limits(text=2000, buttons=0),
    "zalo_oa": Limits(text=2000, buttons=5),
}


class Medium(Enum):
    """What a member may send that is not plain text."""

    PHOTO = "photo"
    VOICE = "voice"
    STICKER = "sticker"
    FILE = "file"
    VIDEO = "video"
    PLACE = "place"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Text:
    """Words typed or pasted; `forwarded` when somebody else wrote them."""

    text: str
    forwarded: bool = False


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button: its payload (see `payload`), whichever message it stood under."""

    payload: str


@dataclass(frozen=True, slots=True)
class Contact:
    """A shared contact card. `own` only when the platform says that it is the sender's own number."""

    phone: str
    own: bool
    name: str = ""
    """What the platform's form says of the name; most tell none."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something we cannot read: a picture, a voice message, a file."""

    medium: Medium
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Attached:
    """A picture or a file that can be fetched where a conversation asks for one; elsewhere it is like `Unreadable`.

    A channel decodes to this only what its account can fetch (`bot.attachments.Fetches`), and to `Unreadable` the rest.
    """

    medium: Medium
    key: str
    """By which the account's channel fetches it: Telegram's `file_id`, an address. Never shown, never logged."""
    name: str = ""
    size: int | None = None
    """Bytes, where the platform tells."""
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Edited:
    """A message sent earlier was changed by its author."""


@dataclass(frozen=True, slots=True)
class Overheard:
    """Somebody called the bot inside a group, where nothing personal is spoken of."""


@dataclass(frozen=True, slots=True)
class Left:
    """The member blocked the bot or unfollowed the account: nothing can be sent until they write again."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """The member opened the chat or followed the account (`follows`), and has said nothing yet."""

    follows: bool


@dataclass(frozen=True, slots=True)
class TakenOver:
    """One of ours wrote to the member by hand, in the platform's own tool: the bot does not talk into that."""


Event = Text | Pressed | Contact | Unreadable | Attached | Edited | Overheard | Left | Arrived | TakenOver


@dataclass(frozen=True, slots=True)
class Inbound:
    """One update of a platform, decoded. `update_id` is unique within the account and makes redelivery harmless."""

    address: Address
    update_id: str
    event: Event
    written_at: float | None = None
    """When it was written, by the platform's clock, in seconds since 1970; in a browser the instant of the newest line
    that its page had shown. None: whatever was delivered before it came had been seen."""
    quotes: str = ""
    """What the platform calls the message that it answers, where it was written as an answer to one."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer on offer: an ASCII `key` for the machine, a `label` for the person."""

    key: str
    label: str
    word: str = ""
    """What is typed for it where there are no buttons, instead of a number; empty: its number."""

    def to_json(self) -> list[str]:
        """The stored form: what `Choice` is made of."""
        return [self.key, self.label, self.word] if self.word else [self.key, self.label]


NAVIGATION = ("finish", "rewrite", "back", "cancel")
"""Choices that are typed as words («XONG», «Viết lại từ đầu», «Quay lại», «Hủy bỏ»): they come last, without number."""


def numbered(choices: Iterable[Choice]) -> tuple[Choice, ...]:
    """The choices that carry a number, in its order, from 1: on every channel, shown or not."""
    return tuple(choice for choice in choices if not choice.word and choice.key not in NAVIGATION)


@dataclass(frozen=True, slots=True)
class Say:
    """Something to be said: a key of the catalogue, the values it needs, the choices under it.

    `question` names what a pressed choice answers, e.g. `initiative.review@k3f9a2`; empty when there is no choice.
    """

    key: str
    values: Mapping[str, Any] = field(default_factory=dict)
    choices: tuple[Choice, ...] = ()
    question: str = ""
    ask_contact: bool = False
    picture: str = ""
    """The address of a picture that goes with it (see `Outbound`)."""


@dataclass(frozen=True, slots=True)
class Template:
    """What a message becomes where its platform takes only texts it has approved before, and charges for them.

    Looked for in the settings by the catalogue's key of what is said, else by the `kind` of message (`officer`).
    """

    key: str
    kind: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outbound:
    """One message as a channel sends it: plain text, shown literally, with choices or without."""

    text: str
    choices: tuple[Choice, ...] = ()
    question: str = ""
    ask_contact: bool = False
    template: Template | None = None
    """Sent in place of the text once the platform takes nothing else (see handlers/reaching/reach.py)."""
    picture: str = ""
    """The address of a picture shown above the text. Platforms and their apps fetch it themselves, more than once: it
    stays, and holds nothing personal. The text does without it, for where no picture is taken."""
    only_here: bool = False
    """It goes to the chat it was promised to, never to another of the same member."""

    def to_json(self) -> dict[str, Any]:
        """The stored form (see `from_json`)."""
        body: dict[str, Any] = {"text": self.text}
        if self.choices:
            body["choices"] = [choice.to_json() for choice in self.choices]
            body["question"] = self.question
        if self.ask_contact:
            body["ask_contact"] = True
        if self.template is not None:
            body["template"] = [self.template.key, self.template.kind, dict(self.template.values)]
        if self.picture:
            body["picture"] = self.picture
        if self.only_here:
            body["only_here"] = True
        return body

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Outbound:
        """Read what `to_json` wrote."""
        return cls(
            text=body["text"],
            choices=tuple(Choice(*parts) for parts in body.get("choices", ())),
            question=body.get("question", ""),
            ask_contact=body.get("ask_contact", False),
            template=Template(*body["template"]) if "template" in body else None,
            picture=body.get("picture", ""),
            only_here=body.get("only_here", False),
        )


def payload(question: str, key: str) -> str:
    """The button payload of one choice, at most `PAYLOAD_BYTES` bytes of ASCII."""
    made = f"{question}:{key}"
    if len(made.encode("ascii")) > PAYLOAD_BYTES:
        raise ValueError(f"button payload longer than {PAYLOAD_BYTES} bytes: {made}")
    return made


_NUMBERS = re.compile(r"[0-9]{19,}")


def is_payload(text: str) -> bool:
    """Whether a button of ours could bring this: whatever else does, no number in it is read as one.

    A longer number is no row's, and a sign that only looks like a digit is one to `isdigit` and none to `int`.
    """
    return not _NUMBERS.search(text) and all(sign.isascii() for sign in text if sign.isnumeric())


def parse_payload(text: str) -> tuple[str, str]:
    """The question and the key of a button payload; a text of another form gives an empty question."""
    question, colon, key = text.partition(":")
    return (question, key) if colon else ("", text)
