"""What a flow may know of the world: a read-only port, read once a turn. A test passes a plain object.

Moments pass through a flow as opaque values, from the world to the words; a flow never reads a clock.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Protocol

from handlers.flows.award_world import AwardDesk
from handlers.flows.care import CareDesk
from handlers.flows.choices import Synonyms
from handlers.flows.news_world import NewsDesk
from handlers.flows.people_world import PeopleDesk
from handlers.flows.records import Alike, Caller, Heard, Item, Profile, Programme, Unit, Way
from handlers.text.places import Place
from messages.types import Choice


class Words(Hashable, Protocol):
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
        """Phrases by which a subject is recognised: `complaint`, `everyone`."""
        ...

    def label(self, key: str) -> str:
        """The label of a choice, a field, a state."""
        ...


class World(Protocol):
    """The facts of one member's turn."""

    organisation: str
    contact: str
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

    def supplemented(self, code: str, text: str) -> str:
        """The text of a member's own submission as it would stand with this added."""
        ...

    def own_items(self) -> tuple[Choice, ...]:
        """What this member handed in, newest first, as choices by code."""
        ...

    def extendable(self) -> tuple[Programme, ...]:
        """Programmes whose end may still be moved: open, coming, or closed not long ago."""
        ...

    def feedback_way(self, answers: Mapping[str, Any], *, above: bool, anonymous: bool) -> Way | None:
        """Where feedback from this place and unit goes; None: there it would show who wrote it."""
        ...

    def callers(self, unit: str | None) -> tuple[Caller, ...]:
        """Who could call this person back, of the unit with this code or of their own and of the level above."""
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
