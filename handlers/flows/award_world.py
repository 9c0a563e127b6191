"""What a conversation about award files may know of the world: a part of the port in world.py."""

from __future__ import annotations

from typing import Protocol

from messages.types import Choice


class AwardDesk(Protocol):
    """For officers who propose somebody for an award."""

    def units(self) -> tuple[Choice, ...]:
        """The units for which the member may propose, by code."""
        ...

    def kinds(self) -> tuple[Choice, ...]:
        """The kinds of award."""
        ...

    def nominee(self, kind: str) -> str:
        """What is asked for: a name, a title."""
        ...

    def paper(self, code: str, paper: str) -> str | None:
        """The title of a paper of a file the member may change."""
        ...
