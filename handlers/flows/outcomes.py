"""What a flow decided, as data. handlers/chat/effects.py turns each into rows."""

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
    """What an author adds to a submission that needed more; `whole`: it takes the place of the text."""

    code: str
    text: str
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Decide:
    """An officer moves a submission on, with a reason where one is due."""

    code: str
    revision: int
    state: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class DeskWork:
    """An officer typed something in the inbox or over a list (handlers/chat/initiatives/desk_work.py)."""

    verb: str
    told: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AskCallback:
    """Somebody asks to be called at a number, by one of those that `World.callers` named."""

    at: str | None
    caller: str | None
    phone: str
    hidden: bool


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
    """A one-time code was typed; an officer's with the name of whoever takes it up, where we had none."""

    code: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class NewLinkCode:
    """The member wants a code for another chat of theirs."""


@dataclass(frozen=True, slots=True)
class Unlink:
    """The member wants this chat to be the only one."""


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
class InviteOfficer:
    """A one-time code for somebody who is to serve a unit."""

    unit: str
    role: str
    deputy: bool


@dataclass(frozen=True, slots=True)
class EndRole:
    """A role ends now."""

    appointment_id: int


@dataclass(frozen=True, slots=True)
class GoAway:
    """The officer is away to the end of a day."""

    last: Any


@dataclass(frozen=True, slots=True)
class PublishFeedback:
    """What members may be told of an item, in an officer's words; `at_once`, or together with what comes."""

    code: str
    revision: int
    words: str
    at_once: bool


@dataclass(frozen=True, slots=True)
class KeepAnswer:
    """An answer of a unit, to be given again."""

    unit: str
    topic: str
    title: str
    basis: str
    text: str


@dataclass(frozen=True, slots=True)
class OpenAward:
    """A unit proposes somebody for an award."""

    unit: str
    kind: str
    nominee: str


@dataclass(frozen=True, slots=True)
class TakePaper:
    """A picture or a file came for a paper of an award file; `key` is the channel's own."""

    code: str
    paper: str
    key: str
    name: str
    size: int | None


@dataclass(frozen=True, slots=True)
class ShowAward:
    """Show an award file."""

    code: str


@dataclass(frozen=True, slots=True)
class ShowItem:
    """Show the card of an initiative, of feedback or of an award file again."""

    code: str


@dataclass(frozen=True, slots=True)
class ShowInbox:
    """Show the inbox again."""


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
    | DeskWork
    | AskCallback
    | Correct
    | Withdraw
    | Erase
    | Link
    | NewLinkCode
    | Unlink
    | LookUp
    | Extend
    | WatchOpenings
    | Announce
    | SubmitFeedback
    | AddToFeedback
    | AnswerFeedback
    | PublishFeedback
    | KeepAnswer
    | OpenAward
    | TakePaper
    | ShowAward
    | ShowItem
    | ShowInbox
    | InviteOfficer
    | EndRole
    | GoAway
    | Start
    | Menu
)
