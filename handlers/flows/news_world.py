"""What a conversation about broadcasts may know of the world: a part of the port in world.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from messages.types import Choice, Say


@dataclass(frozen=True, slots=True)
class Starts:
    """When a broadcast would start: None when nothing was read; `quiet` says that it has to wait for the morning."""

    at: object | None
    quiet: Say | None


class NewsDesk(Protocol):
    """What a member who writes news may know."""

    def limits(self) -> Mapping[str, Any]:
        """How long a text may be and what may stand in it."""
        ...

    def fault(self, text: str) -> Say | None:
        """What is wrong with a text."""
        ...

    def units(self) -> tuple[Choice, ...]:
        """The units whose news they write, by code."""
        ...

    def unit_name(self, code: str) -> str | None:
        """The name of a unit in their reach."""
        ...

    def preview(self, text: str, code: str) -> Mapping[str, Any]:
        """What members of a unit and below would see, how many they are, and who would not."""
        ...

    def sample(self, text: str) -> str:
        """A text as this member would get it."""
        ...

    def starts(self, typed: str | None) -> Starts:
        """When what is typed would start; None: now."""
        ...
