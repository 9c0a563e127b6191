"""What a conversation about those who serve a unit may know of the world: a part of the port in world.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from messages.types import Choice


class PeopleDesk(Protocol):
    """What a member who serves a unit may know of those who serve it and the units below."""

    longest_absence: int
    """Days."""

    def units(self) -> tuple[Choice, ...]:
        """The member's own units, by code."""
        ...

    def roles(self, code: str) -> tuple[str, ...]:
        """What the member may make of somebody at a unit; nothing: not theirs, or there is no such unit."""
        ...

    def unit_name(self, code: str) -> str:
        """A unit's name."""
        ...

    def held(self, appointment_id: int) -> Mapping[str, Any]:
        """One role in words: `name`, `role`, `unit`, `deputy`."""
        ...

    def is_unnamed(self, code: str) -> bool:
        """Whether a code would make an officer, here and now, of a member whose name we do not know."""
        ...

    def last_day(self, typed: str) -> Any:
        """The last day of an absence, as typed; None when it cannot be one."""
        ...
