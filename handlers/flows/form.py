"""The shapes of every conversation: a form is an ordered tuple of steps, a draft is what was answered so far.

Where a member stands is computed, never stored: the first step that applies and whose answer is missing or would no
longer be accepted. Kept are the answers, the parts of a long text, and the question that was put last. What an event
does to a draft is decided in handlers/flows/engine.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from handlers.flows.outcomes import Effect, Menu, ShowItem
from handlers.flows.world import World
from handlers.text.terms import FORMS_OF_OFFICERS
from messages.types import Attached, Choice, Contact, Say

Answers = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ask:
    """A question: a key of the catalogue, its values, the choices under it."""

    key: str
    values: Mapping[str, Any] = field(default_factory=dict)
    choices: tuple[Choice, ...] = ()
    contact: bool = False


@dataclass(frozen=True, slots=True)
class Given:
    """What the member gave: a choice, typed text, a contact card, or a picture or file."""

    key: str | None = None
    text: str | None = None
    contact: Contact | None = None
    attached: Attached | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The answer, and other answers that follow from it (None takes one back)."""

    value: Any
    also: Mapping[str, Any] = field(default_factory=dict)
    said: Say | None = None
    """Said before the next question."""


@dataclass(frozen=True, slots=True)
class Again:
    """Not an answer yet: put this instead and stay at the step."""

    ask: Ask


@dataclass(frozen=True, slots=True)
class Edit:
    """Change the answer of another step, then come back; `also` are answers to take over first."""

    step: str
    also: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Leave:
    """Leave the form, with these effects. `keep`: the draft stays for later."""

    effects: tuple[Effect, ...]
    keep: bool = False


Reading = Accepted | Again | Edit | Leave


@dataclass(frozen=True, slots=True)
class Long:
    """A text that may come in several messages."""

    minimum: int
    limit: int
    words: str
    """The flow whose keys `text_count`, `text_too_long`, `text_too_short`, `text_current`, `text_rewrite` are said."""


def _always(_answers: Answers, _world: World) -> bool:
    return True


def _holds(_value: Any, _answers: Answers, _world: World) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Step:
    """One question of a form."""

    key: str
    ask: Callable[[Answers, World], Ask]
    read: Callable[[Given, Answers, World], Reading]
    applies: Callable[[Answers, World], bool] = _always
    holds: Callable[[Any, Answers, World], bool] = _holds
    """Whether an answer given earlier would still be accepted."""
    long: Long | None = None
    free: bool = False
    """Typed text is an answer: words of the menu do not act here, slash commands do."""
    files: bool = False
    """A picture or a file is an answer."""
    counted: bool = False
    """Has a place in «Bước 2/6»."""
    editable: bool = False
    lasting: bool = True
    """False: the answer ends the form and is never kept (a preview's «Gửi đi»)."""
    unfit: str = "common.pick"
    """Said before the question once more when typed words fit none of its choices."""


@dataclass(frozen=True, slots=True)
class Form:
    """An ordered tuple of steps; a programme's own questions may be spliced in."""

    name: str
    steps: Callable[[Answers, World], tuple[Step, ...]]
    complete: Callable[[Answers, World], tuple[Effect, ...]]
    kept: bool = True
    """Whether an unfinished one is offered again later."""
    written: tuple[str, ...] = ()
    """Answers in somebody's own words: with one of them it is worth keeping, and they are shown when it ends unsent."""
    leads_back: Callable[[Answers], Effect] = lambda _answers: Menu()
    """What whoever leaves it finds again."""

    @property
    def of_officers(self) -> bool:
        """Whether officers write in it."""
        return self.name in FORMS_OF_OFFICERS


def to_item(answers: Answers) -> Effect:
    """Back to the card from which a form was begun."""
    return ShowItem(answers["code"])


def words_of(form: Form, draft: Draft) -> list[str]:
    """What somebody wrote in a form so far."""
    kept = (draft.answers.get(key) for key in form.written)
    return [*(words for words in kept if words), *(draft.parts if form.written else ())]


@dataclass(frozen=True, slots=True)
class Asked:
    """The question put last: its step, the choices as the member saw them, what is being edited."""

    step: str
    choices: tuple[Choice, ...] = ()
    editing: bool = False
    returns: str = ""
    """The step from which an answer was opened for a change, and to which «Quay lại» leads."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An unfinished form."""

    form: str
    id: str
    answers: Answers = field(default_factory=dict)
    parts: tuple[str, ...] = ()
    """Of a long text while it is written; while one is changed, its answer stays until the change is finished."""
    replacing: bool = False
    """The next part replaces what was written: «Viết lại từ đầu» was chosen."""
    asked: Asked | None = None
    held: bool = False
    """The question in `asked` was held back: nobody has seen it, and the next words are no answer to it."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What came of an event: the draft as it stands now (None: finished or dropped) and what is to be done."""

    draft: Draft | None
    effects: tuple[Effect, ...]
    left: bool = False
    """The member went elsewhere; the draft, if any, waits."""


@dataclass(frozen=True)
class Stand:
    """A draft of a form in the world as it is now."""

    form: Form
    draft: Draft
    world: World

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The steps that apply."""
        answers = self.draft.answers
        return tuple(step for step in self.form.steps(answers, self.world) if step.applies(answers, self.world))

    @property
    def missing(self) -> Step | None:
        """The first step without an acceptable answer; None when the form is complete."""
        return next((step for step in self.steps if not self.is_answered(step)), None)

    @property
    def long(self) -> Step | None:
        """The step whose text comes in several messages."""
        return next((step for step in self.steps if step.long is not None), None)

    @cached_property
    def step(self) -> Step | None:
        """The step whose question was put last, while it still waits for its answer; else the first missing one."""
        asked = self.draft.asked
        waiting = (step for step in self.steps if asked and step.key == asked.step)
        step = next(waiting, None)
        return step if asked and step and (asked.editing or not self.is_answered(step)) else self.missing

    @property
    def offered(self) -> tuple[Choice, ...]:
        """The choices of the question put last, as the member saw them, while that question stands."""
        asked, step = self.draft.asked, self.step
        return asked.choices if asked and step and asked.step == step.key else ()

    def is_answered(self, step: Step) -> bool:
        """Whether a step has an answer that would still be accepted."""
        answers = self.draft.answers
        return step.key in answers and step.holds(answers[step.key], answers, self.world)

    def named(self, key: str) -> Step:
        """A step by its key."""
        return next(step for step in self.form.steps(self.draft.answers, self.world) if step.key == key)

    def with_(self, draft: Draft) -> Stand:
        """The same form with another draft."""
        return Stand(self.form, draft, self.world)


def question_name(form: Form, step: Step, draft: Draft) -> str:
    """What a button under this step's question answers; names the draft, so that old buttons are known."""
    return f"{form.name}.{step.key}@{draft.id}"
