"""One turn while it runs: who is speaking, what is known of them, where their conversation stands."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from handlers import actors
from handlers.actors import NEWCOMER, Actor, By
from handlers.errors import Refusal
from handlers.flows.form import Asked, Draft
from handlers.office import Office
from messages.types import Choice, Inbound, Say
from storage.conversations import Standing, StoredDraft
from storage.database import Transaction
from storage.members import Known
from storage.offers import Offer
from storage.outbox import InFlight
from storage.tables import Appointment, Member


@dataclass(frozen=True, slots=True)
class Aside:
    """What of a conversation belongs to an officer's work and waits for a chat in which the role is in force."""

    active: str | None = None
    offered: tuple[Choice, ...] = ()
    question: str = ""


@dataclass
class Talk:
    """Where the conversation stands; written back when the turn ends."""

    active: str | None = None
    offered: tuple[Choice, ...] = ()
    """The choices of the last menu, as the member saw them."""
    question: str = ""
    last_code: str | None = None
    doubted: str = ""
    """What was typed last where it may be an answer or a word of the menu: it was asked back."""
    drafts: dict[str, Draft] = field(default_factory=dict)
    dropped: list[str] = field(default_factory=list)
    """Ids of drafts to be removed."""
    replaced: dict[str, Draft] = field(default_factory=dict)
    """What a form held when it was begun anew in this turn."""
    changed: set[str] = field(default_factory=set)
    """Forms whose drafts must be written back; the others keep the day on which they end."""
    aside: Aside = Aside()

    @property
    def draft(self) -> Draft | None:
        """The draft of the form the member is in."""
        return self.drafts.get(self.active) if self.active else None

    def begin(self, draft: Draft) -> None:
        """A new form; an older draft of the same form goes, once it was looked at what stood in it (`replaced`)."""
        if (older := self.drafts.get(draft.form)) is not None:
            self.replaced.setdefault(draft.form, older)
        self.drop(draft.form)
        self.active = draft.form
        self.put(draft)

    def put(self, draft: Draft) -> None:
        """A form went on."""
        self.drafts[draft.form] = draft
        self.changed.add(draft.form)

    def put_aside(self, forms: Collection[str], questions: Collection[str]) -> None:
        """Take these forms, and choices under these questions, out of this turn; they are kept as they are."""
        active = self.active if self.active in forms else None
        is_theirs = self.question.partition("@")[0] in questions
        self.aside = Aside(active, *((self.offered, self.question) if is_theirs else ()))
        self.drafts = {form: draft for form, draft in self.drafts.items() if form not in forms}
        self.active = None if active else self.active
        if is_theirs:
            self.offered, self.question = (), ""

    def take_back(self) -> None:
        """What was put aside stands again where this turn has put nothing in its place."""
        self.active = self.active or self.aside.active
        if not self.offered:
            self.offered, self.question = self.aside.offered, self.aside.question

    def drop(self, form: str) -> None:
        """A form is finished or given up."""
        gone = self.drafts.pop(form, None)
        if gone is not None:
            self.dropped.append(gone.id)
        if self.active == form:
            self.active = None


@dataclass
class Context:
    """Everything one turn needs; made by handlers/chat/turn.py, gone when the turn ends."""

    db: Transaction
    office: Office
    now: datetime
    """The moment of receipt: whether a programme was open is judged by it."""
    inbound: Inbound
    known: Known | None
    talk: Talk
    appointments: tuple[Appointment, ...] = ()
    resting: bool = False
    """The member holds a role, and it is not in force in this chat (handlers/actors.py)."""
    offers: tuple[Offer, ...] = ()
    """The lists this chat was shown last, the newest last."""
    flying: InFlight | None = None
    """Where to look for one that is on its way this very moment; nowhere for strangers, who are offered none."""
    noticed: bool = False
    """Whether a stranger has been shown the personal-data notice: only what was shown can be agreed to."""
    asked: str = ""
    """The topic of what a stranger was told last, where it is one that expects an answer."""
    said: list[Say] = field(default_factory=list)
    came_as_stranger: bool = field(init=False)
    """Whether nobody was known here when the turn began: its answers keep their place behind what was said before."""

    def __post_init__(self) -> None:
        self.came_as_stranger = self.known is None

    @property
    def member(self) -> Member | None:
        """The member, once they agreed to the notice."""
        return self.known.member if self.known else None

    @property
    def me(self) -> Member:
        """The member, where there must be one."""
        assert self.known is not None
        return self.known.member

    @property
    def my_id(self) -> int:
        """The member's id, where there must be one."""
        assert self.me.id is not None
        return self.me.id

    @property
    def holds_role(self) -> bool:
        """Whether the member holds a role, in force here or not."""
        return bool(self.appointments) or self.resting

    @property
    def actor(self) -> Actor:
        """Whoever speaks, with the roles that are in force here."""
        return Actor(By.MEMBER, self.my_id, self.appointments) if self.known else NEWCOMER

    def take_on(self, held: Sequence[Appointment]) -> None:
        """The roles of whoever speaks: in force in this chat, or resting."""
        here = actors.carries_roles(self.inbound.address)
        self.appointments, self.resting = (tuple(held) if here else ()), bool(held) and not here

    def say(self, key: str, /, **values: object) -> None:
        """Say one text without choices."""
        self.said.append(Say(key, values))

    def refused(self, refusal: Refusal) -> None:
        """Say why an act was not done."""
        self.said.append(Say(refusal.key, refusal.values))

    def give_back(self, code: str | None, *words: str | None) -> None:
        """Show once what somebody wrote and what cannot be used any more: nothing written is thrown away unseen."""
        written = "\n".join(part for part in words if part)
        if written:
            self.say("common.words_back", code=code, words=written)


def talk_from(standing: Standing) -> Talk:
    """The stored conversation as a turn uses it."""
    asked = standing.asked or {}
    return Talk(
        active=standing.active if standing.active in standing.drafts else None,
        offered=tuple(Choice(*parts) for parts in asked.get("choices", ())),
        question=asked.get("question", ""),
        last_code=standing.last_code,
        doubted=asked.get("doubted", ""),
        drafts={form: draft_from(stored) for form, stored in standing.drafts.items()},
    )


def asked_of(talk: Talk) -> Mapping[str, object] | None:
    """The last menu as it is stored."""
    if not talk.offered:
        return None
    asked: dict[str, object] = {"question": talk.question, "choices": [choice.to_json() for choice in talk.offered]}
    return {**asked, "doubted": talk.doubted} if talk.doubted else asked


def draft_from(stored: StoredDraft) -> Draft:
    """A stored draft as the flows know it."""
    asked = stored.asked or {}
    question = None
    if "step" in asked:
        choices = tuple(Choice(*parts) for parts in asked["choices"])
        question = Asked(asked["step"], choices, asked["editing"], asked.get("returns", ""))
    replacing, held = bool(asked.get("replacing")), bool(asked.get("held"))
    return Draft(stored.form, stored.id, dict(stored.answers), stored.parts, replacing, question, held)


def stored_from(draft: Draft) -> StoredDraft:
    """A draft as it is stored."""
    asked: dict[str, object] = {name: True for name in ("replacing", "held") if getattr(draft, name)}
    if draft.asked is not None:
        choices = [choice.to_json() for choice in draft.asked.choices]
        asked |= {"step": draft.asked.step, "choices": choices, "editing": draft.asked.editing}
        asked |= {"returns": draft.asked.returns} if draft.asked.returns else {}
    return StoredDraft(draft.id, draft.form, draft.answers, draft.parts, asked or None)
