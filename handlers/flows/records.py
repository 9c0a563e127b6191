"""What a flow is shown of the records: programmes, places, units, a member's profile, what was handed in or said.

Plain values, for one turn. Moments are opaque: from the world to the words.
"""

from __future__ import annotations

from dataclasses import dataclass

from messages.types import Choice


@dataclass(frozen=True, slots=True)
class Question:
    """One of a programme's own questions. `warned` are the answers that make an entry likely to be refused."""

    key: str
    text: str
    label: str
    options: tuple[Choice, ...] = ()
    """Empty: the answer is typed, at most `limit` characters."""
    limit: int = 200
    warned: frozenset[str] = frozenset()
    warning: str = ""

    def __hash__(self) -> int:
        """Of what tells questions apart: a step is made of one only once, and looked up at every turn."""
        return hash((self.key, self.text))


@dataclass(frozen=True, slots=True)
class Programme:
    """A programme as a flow sees it; `opens` and `closes` are for the words only."""

    id: int
    name: str
    open: bool
    opens: object
    closes: object
    peak: str | None = None
    questions: tuple[Question, ...] = ()


@dataclass(frozen=True, slots=True)
class Caller:
    """An officer who could call somebody back, and by when; `key` is `own` or `above`."""

    key: str
    officer: str
    unit: str
    before: object


@dataclass(frozen=True, slots=True)
class Unit:
    """A grassroots union as a member picks it."""

    code: str
    name: str
    place: str
    """The place's code, as in `Place.code`."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What a member told us of themselves, offered again next time."""

    full_name: str | None
    phone: str | None
    place: str | None
    unit: str | None
    other_unit: str | None
    group: str | None
    called: str | None = None
    """How the channel says that they are called, while they have not told us themselves."""

    @property
    def complete(self) -> bool:
        """Whether it answers everything a form asks of a person."""
        return None not in (self.full_name, self.phone, self.place, self.group) and bool(self.unit or self.other_unit)


@dataclass(frozen=True, slots=True)
class Alike:
    """An earlier text much like this one; `code` only when it is the member's own."""

    code: str | None
    sent: object


@dataclass(frozen=True, slots=True)
class Item:
    """A submission as its author or an officer may see it."""

    code: str
    state: str
    revision: int
    request: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """Where feedback from a unit would go: the unit its readers see, and the one whose officers answer."""

    unit: str
    receiver: str


@dataclass(frozen=True, slots=True)
class Heard:
    """An item of feedback as its author may see it."""

    code: str
    state: str
    revision: int
