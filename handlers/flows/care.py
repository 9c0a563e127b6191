"""What a conversation of officers about feedback may know of the world: a part of the port in world.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from messages.types import Choice, Say


@dataclass(frozen=True, slots=True)
class Ready:
    """An answer of the library, its variables filled in for one item."""

    key: str
    title: str
    basis: str
    text: str


class CareDesk(Protocol):
    """For those who answer feedback. An item is named by its code."""

    def answers(self, code: str, words: str) -> tuple[Ready, ...]:
        """Answers of the library with these words, best first; without words those nearest to the item."""
        ...

    def answer(self, code: str, key: str) -> Ready | None:
        """One answer of the library."""
        ...

    def day(self, typed: str) -> object | None:
        """The last day that is promised, as typed; None when it is none or over."""
        ...

    def together(self, code: str) -> int:
        """How many members get the answer to an item."""
        ...

    def public_fault(self, code: str, words: str) -> Say | None:
        """Why members may not be told this of an item."""
        ...

    def digest(self, code: str, words: str) -> Mapping[str, Any]:
        """What members would be told with these words: the text, to whom, how many, why not now."""
        ...

    def own_units(self) -> tuple[Choice, ...]:
        """The units whose library the member may add to, by code."""
        ...

    def fields(self) -> tuple[str, ...]:
        """The variables of a text of the library, as they are written."""
        ...

    def is_sound(self, text: str) -> bool:
        """Whether only known variables stand in a text of the library."""
        ...
