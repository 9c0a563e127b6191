"""What stands in the tables when an officer tries something, and how such a thing is written down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime

from storage.database import Transaction
from storage.tables import Duty, Right
from tests.union import at

NOW = at(date(2021, 4, 1))
OWN, BESIDE, ABOVE, TOP, AWAY = "P.1.1", "P.1.2", "P.1", "P", "P.2"
UNITS = (OWN, BESIDE, ABOVE, TOP, AWAY, "P.2.1")
"""The unit that has the item, one beside it, the level above, the top; a stranger of the upper level, one below it."""
OWN_ONLY, UPPER_ONLY, BOTH = frozenset({OWN}), frozenset({ABOVE}), frozenset({OWN, ABOVE})
UPWARD = frozenset({OWN, ABOVE, TOP})


@dataclass
class Scene:
    """What stands in the tables when somebody tries."""

    db: Transaction
    programme_id: int
    code: str
    ids: dict[str, int]
    """Units by their codes."""
    helper: int
    """An officer of the own unit who did what came before."""
    upper: int
    """The same one level higher."""
    number: int = 0
    """The list that was sent up."""
    more: dict[str, int] = field(default_factory=dict)
    award: str = ""
    """The code of an award file of the own unit."""


@dataclass(frozen=True)
class Action:
    """Something an officer does: where it is allowed, which right it takes."""

    name: str
    right: Right
    at: frozenset[str]
    """At which units it is allowed; everywhere else it is as if there were nothing."""
    do: Callable[[Scene, int], object]
    """Raises Refusal, or gives something false, where it is not allowed."""
    scene: Callable[[Scene], None] = lambda _scene: None


def owe(db: Transaction, programme_id: int, due: datetime) -> int:
    """A duty of the lowest level; its id."""
    duty = Duty(programme_id=programme_id, key="own", title="own", by_level="base", due_at=due)
    db.add(duty)
    db.flush()
    return duty.id or 0
