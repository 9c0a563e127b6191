"""The office the product speaks for: its name, its words, its settings, chance. Built once, passed everywhere."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from handlers.reaching.reach import Terms
from handlers.text.places import PlaceIndex
from messages import phrases, places, render
from messages.catalogue import Catalogue
from messages.dates import ZONE
from messages.types import Address, Outbound, Say
from messages.vocabulary import Words

CODE_ALPHABET = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Digits and capital letters without O and I: nobody should have to guess which one it is."""
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
ON_THE_SPOT = frozenset({"web", "terminal"})
"""Channels of those who may sit at this very machine."""
DRAFT_DAYS = 7
DRAFT_LIFE = timedelta(days=DRAFT_DAYS)


@dataclass(frozen=True)
class Office:
    """What every handler may need besides the database and the time."""

    catalogue: Catalogue
    organisation: str
    bot_name: str
    contact: str
    retention: str
    chance: random.Random
    places: PlaceIndex = field(default_factory=lambda: PlaceIndex(places.load()))
    quiet_hours: tuple[int, int] = (21, 7)
    weekly_news: int = 3
    """The most news a member gets in seven days, from whomever it is."""
    terms: Mapping[str, Terms] = field(default_factory=dict)
    """What each account with limits may send, by account or kind; every other sends as it likes."""
    helpline: str = ""
    """Who listens to people in despair, as the office has confirmed it; empty where nobody has."""
    refuge: str = ""
    """Where people hurt by violence are taken in; the same."""
    public_url: str = ""
    """Where our pages are found from outside, without a slash at the end; empty where they are not."""

    def render(self, say: Say) -> Outbound:
        """The message as a channel will send it."""
        return render.render(say, self.catalogue)

    def is_reachable_from(self, channel: str) -> bool:
        """Whether our pages open for somebody in a kind of channel: those of one machine only for who sits there."""
        here = urlsplit(self.public_url).hostname in LOOPBACK
        return bool(self.public_url) and (not here or channel in ON_THE_SPOT)

    def notice_values(self, channel: str) -> Mapping[str, Any]:
        """What the personal-data notice says of this office."""
        return {"organisation": self.organisation, "channel": channel, "retention": self.retention}

    def notice_hash(self, channel: str) -> str:
        """The fingerprint of the notice as it is shown: proof of what was agreed to."""
        return hashlib.sha256(self.catalogue.text("consent.ask", self.notice_values(channel)).encode()).hexdigest()

    @cached_property
    def notice_version(self) -> str:
        """Changes with every change of the notice's wording, whichever channel shows it."""
        return self.notice_hash("")[:12]

    def new_id(self) -> str:
        """A random id for a draft: short enough for a button, not to be guessed."""
        return f"{self.chance.getrandbits(48):012x}"

    def new_code(self, prefix: str, now: datetime) -> str:
        """A public code such as SK-27-4F7K2; the year is the local one."""
        random_part = "".join(self.chance.choice(CODE_ALPHABET) for _ in range(5))
        return f"{prefix}-{now.astimezone(ZONE):%y}-{random_part}"


@dataclass(frozen=True)
class CatalogueWords:
    """The catalogue as the flows know it."""

    catalogue: Catalogue

    @property
    def choices(self) -> Mapping[str, Words]:
        """What may be typed instead of a choice."""
        return self.catalogue.vocabulary.choices

    @property
    def collisions(self) -> Mapping[str, tuple[str, ...]]:
        """Folded words that could mean two choices."""
        return self.catalogue.vocabulary.collisions

    def phrases(self, subject: str) -> tuple[str, ...]:
        """Phrases by which a subject is recognised: `complaint`, `everyone`."""
        return phrases.load(subject)

    def label(self, key: str) -> str:
        """The label of a choice, a field, a state."""
        return self.catalogue.label(key)


def local_day(moment: datetime) -> date:
    """The day in Vietnam."""
    return moment.astimezone(ZONE).date()


def channel_name(office: Office, address: Address) -> str:
    """The channel of an address in words."""
    return office.catalogue.label(f"channel.{address.kind}")
