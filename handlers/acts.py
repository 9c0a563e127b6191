"""The acts: everything the union can do, each a plain function that needs no chat (docs/acts.md lists them).

An act takes the transaction, the office where it tells anybody, who acts, and what it needs. It asks for its right
itself, compares the revision it was shown, writes its audit row, promises its notices, and returns what was done; or it
raises a `Refusal` with a named reason. A chat, a command, a job, a page call it and word what came back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from storage.tables import Right

F = TypeVar("F", bound=Callable[..., Any])


class Needs(StrEnum):
    """What an act asks for where no single right of a role answers it."""

    SELF = "a member, about themselves"
    AUTHOR = "the author of the item"
    CODE = "a one-time code"
    ROLE = "a role at the unit"
    STAFF = "staff or administrator of the unit"
    PROGRAM = "the program itself"
    ANYBODY = "nothing: whoever writes"


@dataclass(frozen=True, slots=True)
class Act:
    """One act as it is declared."""

    name: str
    """Its module below `handlers`, and its own name."""
    needs: Right | Needs
    audit: tuple[str, ...]
    """The actions it leaves in the record of what was done; none: why stands in `unaudited`."""
    tells: tuple[str, ...]
    """Whom it promises notices to."""
    revision: bool
    """Whether it compares the revision that was shown."""
    unaudited: str
    run: Callable[..., Any]


ACTS: dict[str, Act] = {}
"""Every act of the modules imported so far, by its name."""


def act(
    needs: Right | Needs,
    *,
    audit: str | tuple[str, ...] = (),
    tells: str | tuple[str, ...] = (),
    revision: bool = False,
    unaudited: str = "",
) -> Callable[[F], F]:
    """Declare a function as an act; what it does is not changed. `unaudited` says why no audit row is written."""
    assert bool(audit) != bool(unaudited), "an act leaves a row, or says why it leaves none"

    def declare(run: F) -> F:
        name = f"{run.__module__.removeprefix('handlers.')}.{run.__name__}"
        ACTS[name] = Act(name, needs, _several(audit), _several(tells), revision, unaudited, run)
        return run

    return declare


def _several(named: str | tuple[str, ...]) -> tuple[str, ...]:
    return (named,) if isinstance(named, str) else named
