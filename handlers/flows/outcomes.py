"""What a flow decided, as data. handlers/effects.py turns each into rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from messages.types import Say


@dataclass(frozen=True, slots=True)
class Agree:
    """The member agreed to this version of the notice."""

    version: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """The member did not agree: nothing is kept."""


@dataclass(frozen=True, slots=True)
class SubmitInitiative:
    """The initiative is handed in."""

    answers: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Supplement:
    """The author's new text for a submission that needed more."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Decide:
    """An officer moves a submission on, with a reason where one is due."""

    code: str
    revision: int
    state: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Correct:
    """The member corrects one field of the profile; what follows from it is in `answers`."""

    field: str
    answers: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Withdraw:
    """The member takes the agreement back."""


@dataclass(frozen=True, slots=True)
class Erase:
    """The member wants to be erased."""


@dataclass(frozen=True, slots=True)
class Link:
    """A one-time code was typed."""

    code: str


@dataclass(frozen=True, slots=True)
class LookUp:
    """The state of one submission is asked for."""

    typed: str


@dataclass(frozen=True, slots=True)
class Extend:
    """Staff moves a programme's end."""

    programme_id: int
    closes: object


@dataclass(frozen=True, slots=True)
class WatchOpenings:
    """The member wants to be told when a programme opens."""


@dataclass(frozen=True, slots=True)
class Announce:
    """Staff confirmed a broadcast by its number; `at` as it was typed, None: now."""

    text: str
    unit: str
    recipients: int
    at: str | None


@dataclass(frozen=True, slots=True)
class SubmitFeedback:
    """Feedback is sent."""

    answers: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AddToFeedback:
    """Its author's further words; `what`: `added` or `reopened`."""

    code: str
    what: str
    text: str


@dataclass(frozen=True, slots=True)
class AnswerFeedback:
    """An officer's answer; `what` is the state it leads to, `told` what was typed."""

    code: str
    revision: int
    what: str
    told: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Start:
    """Go on with another form."""

    form: str
    answers: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Menu:
    """Show the main menu."""


Effect = (
    Say
    | Agree
    | Refuse
    | SubmitInitiative
    | Supplement
    | Decide
    | Correct
    | Withdraw
    | Erase
    | Link
    | LookUp
    | Extend
    | WatchOpenings
    | Announce
    | SubmitFeedback
    | AddToFeedback
    | AnswerFeedback
    | Start
    | Menu
)
