"""What every way of talking to the bot in a box has in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from messages.types import Choice, Outbound, numbered, payload


@dataclass
class Heard:
    """One message as a person got it."""

    text: str
    choices: tuple[Choice, ...] = ()
    question: str = ""


class Line(Protocol):
    """One person's way to the bot on one kind of channel."""

    async def says(self, text: str) -> None:
        """Send a line and wait until it is answered."""
        ...

    async def presses(self, label: str) -> None:
        """Press the newest button with this label; where there are none, type the label."""
        ...

    async def listens(self) -> None:
        """Take in what has arrived."""
        ...

    heard: list[Heard]


def heard_as(message: Outbound) -> Heard:
    """A message as a person got it."""
    return Heard(message.text, message.choices, message.question)


def typed_for(label: str, choices: Sequence[Choice]) -> str:
    """What somebody types who sees these choices as text: the number, or the word, or just the label."""
    choice = next((choice for choice in choices if choice.label == label), None)
    if choice is None:
        return label
    return str(numbered(choices).index(choice) + 1) if choice in numbered(choices) else choice.word or label


def button(heard: list[Heard], label: str) -> str:
    """The payload of the newest button with this label."""
    for message in reversed(heard):
        for choice in message.choices:
            if choice.label == label:
                return payload(message.question, choice.key)
    raise AssertionError(f"no button {label!r} among {[c.label for m in heard for c in m.choices]}")
