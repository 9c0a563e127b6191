"""What a flow may know of the world: a read-only port, read once a turn. A test passes a plain object.

Moments pass through a flow as opaque values, from the world to the words; a flow never reads a clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from handlers.flows.award_world import AwardDesk
from handlers.flows.care import CareDesk
from handlers.flows.choices import Synonyms
from messages.types import Choice, Say


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
class Place:
    """A province, a city or a central sector; `code` is two digits, or the sector's unit code."""

    code: str
    name: str
    via: str | None = None
    """The former name that was typed, when it now belongs to this place."""
    guessed: bool = False
    """Misspelt: to be confirmed."""


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


class Words(Protocol):
    """The labels on choices and what people type instead of them."""

    @property
    def choices(self) -> Mapping[str, Synonyms]:
        """What may be typed instead of each choice."""
        ...

    @property
    def collisions(self) -> Mapping[str, Sequence[str]]:
        """Folded words that could mean several choices."""
        ...

    def phrases(self, subject: str) -> Sequence[str]:
        """Phrases by which a subject is recognised: `complaint`, `danger`, `accident`."""
        ...

    def label(self, key: str) -> str:
        """The label of a choice, a field, a state."""
        ...


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

    def last_day(self, typed: str) -> Any:
        """The last day of an absence, as typed; None when it cannot be one."""
        ...


class World(Protocol):
    """The facts of one member's turn."""

    organisation: str
    retention: str
    bot_name: str
    notice_version: str
    """The version of the personal-data notice in force."""
    channel: str
    """The channel's name in words."""
    draft_days: int

    @property
    def homes(self) -> tuple[str, ...]:
        """The kinds of channel of the member's chats, the one used last first."""
        ...

    @property
    def words(self) -> Words:
        """Labels, and what may be typed instead."""
        ...

    @property
    def agreed_version(self) -> str | None:
        """The version this member agreed to."""
        ...

    @property
    def news_desk(self) -> NewsDesk:
        """For staff who write to members."""
        ...

    @property
    def award_desk(self) -> AwardDesk:
        """For those who propose somebody for an award."""
        ...

    @property
    def care_desk(self) -> CareDesk:
        """For those who answer feedback."""
        ...

    @property
    def people_desk(self) -> PeopleDesk:
        """For those who serve a unit."""
        ...

    @property
    def profile(self) -> Profile | None:
        """What the member told us before."""
        ...

    def programmes(self) -> tuple[Programme, ...]:
        """Those that take initiatives now, the one that closes first first."""
        ...

    def programme(self, programme_id: int) -> Programme | None:
        """One programme, open or not."""
        ...

    def upcoming(self) -> Programme | None:
        """The next one that will take initiatives."""
        ...

    def draft_until(self) -> object:
        """Until when a draft left now is kept."""
        ...

    def find_places(self, typed: str) -> tuple[Place, ...]:
        """One: certain. Several: ask back. None: unknown."""
        ...

    def place(self, code: str) -> Place | None:
        """A place by its code."""
        ...

    def all_places(self) -> tuple[Place, ...]:
        """Every place and sector, for those who would rather see a list."""
        ...

    def find_units(self, place: str, typed: str) -> tuple[Unit, ...]:
        """Grassroots unions in a place whose name has these words, or whose code this is; at most nine."""
        ...

    def unit(self, code: str) -> Unit | None:
        """A unit that exists today."""
        ...

    def alike(self, programme_id: int, text: str) -> Alike | None:
        """A submission of the same programme with much the same text."""
        ...

    def own_item(self, code: str) -> Item | None:
        """A submission of this member."""
        ...

    def own_items(self) -> tuple[Choice, ...]:
        """What this member handed in, newest first, as choices by code."""
        ...

    def extendable(self) -> tuple[Programme, ...]:
        """Programmes whose end may still be moved: open, coming, or closed not long ago."""
        ...

    def officer_item(self, code: str) -> Item | None:
        """A submission this member may act on as an officer."""
        ...

    def feedback_way(self, answers: Mapping[str, Any], *, above: bool, anonymous: bool) -> Way | None:
        """Where feedback from this place and unit goes; None: there it would show who wrote it."""
        ...

    def has_above(self, answers: Mapping[str, Any]) -> bool:
        """Whether a level above this unit could be written to past its own officers."""
        ...

    def own_feedback(self, code: str) -> Heard | None:
        """Feedback of this member."""
        ...

    def read_bound(self, typed: str) -> object | None:
        """The exclusive end that a typed date means («20/4», «24h 20/4»), if it lies ahead."""
        ...
