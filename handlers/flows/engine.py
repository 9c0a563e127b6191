"""The engine of every conversation: one event in, the draft and what is to be done out. Pure; no clock, no chance.

The event answers the question that was put last; where the member stands is computed afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from handlers.flows import choices as matching
from handlers.flows import long_text
from handlers.flows.form import (
    Accepted,
    Again,
    Ask,
    Draft,
    Edit,
    Form,
    Given,
    Leave,
    Long,
    Stand,
    Step,
    Turn,
    question_name,
    words_of,
)
from handlers.flows.outcomes import Menu
from handlers.flows.questions import WAY, counted_before, edit, once_more, put, put_own, repeat
from handlers.flows.world import Words, World
from handlers.text.readers import clean
from messages.types import (
    NAVIGATION,
    Arrived,
    Attached,
    Choice,
    Contact,
    Event,
    Pressed,
    Say,
    Text,
    Unreadable,
    parse_payload,
)

OF_LONG_TEXTS = ("finish", "rewrite")
"""Ways on that only a text in several messages has; elsewhere their words are an answer like any other."""
TYPED = "as."
"""Before the words of an answer that was asked back."""


def advance(form: Form, draft: Draft, event: Event, world: World) -> Turn:
    """One turn of a conversation."""
    return respond(Stand(form, draft, world), event)


def respond(stand: Stand, event: Event) -> Turn:
    """One turn, by somebody who has looked already at where the member stands."""
    step, draft, world = stand.step, stand.draft, stand.world
    if step is None:
        return Turn(None, stand.form.complete(draft.answers, world))
    match event:
        case Pressed(payload):
            question, key = parse_payload(payload)
            if question != question_name(stand.form, step, draft):
                return repeat(stand, step, Say("common.old_button"))
            return _given(stand, step, Given(key=key))
        case Text(text):
            return _typed(stand, step, text)
        case Contact():
            return _given(stand, step, Given(contact=event))
        case Attached() if step.files:
            return _given(stand, step, Given(attached=event))
        case Unreadable(medium) | Attached(medium):
            name = world.words.label(f"medium.{medium.value}")
            return repeat(stand, step, Say("common.text_only", {"medium": name}))
        case Arrived():
            return _go_on(stand)
        case _:
            return Turn(draft, (Say("common.edited"),))


def take_in(stand: Stand, event: Text) -> Turn:
    """Take words as any others, and ask nothing: the question that comes next is held back. What ends the form is not
    affected, but for the menu after it; whoever writes a long text just goes on writing.
    """
    turn = respond(stand, event)
    if turn.draft is None or turn.left:
        return replace(turn, effects=tuple(effect for effect in turn.effects if not isinstance(effect, Menu)))
    after = stand.with_(turn.draft)
    writing = after.step is not None and after.step.long is not None and turn.draft.parts and not turn.draft.replacing
    unsaid = tuple(effect for effect in turn.effects if not isinstance(effect, Say | Menu))
    return Turn(replace(turn.draft, held=not writing), unsaid)


def put_held(stand: Stand) -> Turn:
    """Put the question that was held back."""
    step = stand.step
    return _go_on(stand) if step is None else once_more(stand, step)


def open_form(form: Form, draft: Draft, world: World) -> Turn:
    """Put the question at which the member stands; a change of a text that was left half written goes on."""
    stand = Stand(form, draft, world)
    if draft.parts and stand.long is not None and stand.long.key in draft.answers:
        return edit(stand, stand.long, returns=stand.missing.key if stand.missing else "")
    return _go_on(stand)


def listens(stand: Stand) -> bool:
    """Whether typed text is an answer here, so that words of the menu must not act."""
    step = stand.step
    return step is not None and not stand.draft.held and (step.free or step.long is not None)


def leave(stand: Stand) -> Turn:
    """Stop here. What was answered is kept as a draft where the form is one that is kept."""
    kept = _worth_keeping(stand)
    until = stand.world.draft_until() if kept else None
    form = stand.form
    values = {"draft_until": until}
    said = Say("officer.left", values) if form.of_officers else Say("common.cancelled", values)
    return Turn(kept, (said, form.leads_back(stand.draft.answers)), left=True)


def _worth_keeping(stand: Stand) -> Draft | None:
    """The draft as it waits for its member; None where there is nothing in it yet."""
    draft = stand.draft
    answered = any(step.counted and step.key in draft.answers for step in stand.steps)
    answered = answered or bool(words_of(stand.form, draft))
    if not stand.form.kept or not (answered or draft.parts):
        return None
    return replace(_put_away(stand).draft, asked=None)


def _put_away(stand: Stand) -> Stand:
    """A written text that was only opened for a change is closed again; one half written stays open."""
    draft = stand.draft
    if not draft.parts and not draft.replacing:
        return stand
    written = stand.long
    same = written is not None and draft.parts == (draft.answers.get(written.key),)
    return stand.with_(replace(draft, parts=() if same else draft.parts, replacing=False))


def understood(text: str, offered: tuple[Choice, ...], world: World) -> matching.Chosen | matching.Ambiguous | None:
    """Which of the choices the typed words mean; `yes.79` is answered by whatever answers `yes`."""
    known = world.words.choices
    synonyms = {choice.key: known[kind] for choice in offered if (kind := choice.key.partition(".")[0]) in known}
    return matching.match(text, offered, synonyms, world.words.collisions)


def _go_on(stand: Stand) -> Turn:
    step = stand.missing
    if step is None:
        return Turn(None, stand.form.complete(stand.draft.answers, stand.world))
    return put_own(stand, step)


def _typed(stand: Stand, step: Step, text: str) -> Turn:
    command = _navigation(text, stand.world)
    if stand.draft.held and command is None:
        return once_more(stand, step)
    if command == "cancel" and _may_be_answer(stand, step, text):
        return put(stand, step, _word_or_way_out(clean(text), stand.world))
    if command is not None and not (command in OF_LONG_TEXTS and step.long is None):
        return _given(stand, step, Given(key=command))
    if step.long is not None:
        return _written(stand, step, step.long, text)
    if (origin := _origin(stand)) is not None and step.free and _is_word_of(origin, stand, text):
        return _return(stand, origin)
    match understood(text, stand.offered, stand.world):
        case matching.Chosen(key):
            return _given(stand, step, Given(key=key, text=text))
        case matching.Ambiguous(keys):
            return put(stand, step, _which(keys, stand.world))
        case _:
            return _given(stand, step, Given(text=text))


def _written(stand: Stand, step: Step, long: Long, text: str) -> Turn:
    """One more part of a text, or a choice under its question. «Gửi đi» as a whole message is no part: it is done."""
    if stand.offered and isinstance(found := understood(text, stand.offered, stand.world), matching.Chosen):
        return _given(stand, step, Given(key=found.key))
    if stand.draft.parts and _is_submit(text, stand.world):
        return _finish(stand, step)
    match long_text.add(stand.draft, long, text):
        case Ask() as refused:
            return put(stand, step, refused)
        case added:
            return put(stand.with_(added), step, long_text.so_far(added, long))


def _is_submit(text: str, world: World) -> bool:
    choices = (Choice("submit", world.words.label("submit")),)
    found = matching.match(text, choices, world.words.choices, {}, numbers=False)
    return isinstance(found, matching.Chosen)


def _origin(stand: Stand) -> Step | None:
    """The step from which the answer under change was opened."""
    asked = stand.draft.asked
    wanted = asked.returns if asked is not None and asked.editing else ""
    return next((step for step in stand.steps if step.key == wanted), None)


def _is_word_of(origin: Step, stand: Stand, text: str) -> bool:
    """Whether a choice of the preview was typed: no new answer, whatever the step would accept."""
    words, choices = stand.world.words, origin.ask(stand.draft.answers, stand.world).choices
    return isinstance(matching.match(text, choices, words.choices, {}, numbers=False), matching.Chosen)


def _return(stand: Stand, origin: Step) -> Turn:
    """Back to where the change was begun, with what stood there; what was written of a new text waits."""
    closed = _put_away(stand.with_(replace(stand.draft, asked=None)))
    turn = put(closed, origin, origin.ask(closed.draft.answers, closed.world), editing=closed.is_answered(origin))
    waits = (Say("common.change_waits"),) if closed.draft.parts else ()
    return replace(turn, effects=(*waits, *turn.effects))


def _navigation(text: str, world: World) -> str | None:
    """«XONG», «Quay lại», «Hủy bỏ», as a whole message."""
    found = matching.match(text, _ways_out(world.words), world.words.choices, {}, numbers=False)
    return found.key if isinstance(found, matching.Chosen) else None


@lru_cache(maxsize=4)
def _ways_out(words: Words) -> tuple[Choice, ...]:
    return tuple(Choice(key, words.label(key)) for key in NAVIGATION)


def _may_be_answer(stand: Stand, step: Step, text: str) -> bool:
    """Whether a bare word that may mean «Hủy» is as likely the answer: a man may be called Huy."""
    if not step.free or step.long is not None or not clean(text).isascii():
        return False
    return isinstance(step.read(Given(text=text), stand.draft.answers, stand.world), Accepted)


def _word_or_way_out(word: str, world: World) -> Ask:
    choices = (Choice(f"{TYPED}{word}", word), Choice(f"{WAY}cancel", world.words.label("cancel")))
    return Ask("common.which", {"first": word, "second": choices[-1].label}, choices)


def _which(keys: tuple[str, ...], world: World) -> Ask:
    """A word that could mean several things is asked back."""
    choices = tuple(Choice(f"{WAY}{key}" if key in NAVIGATION else key, world.words.label(key)) for key in keys)
    return Ask("common.which", {"first": choices[0].label, "second": choices[-1].label}, choices)


def _given(stand: Stand, step: Step, given: Given) -> Turn:
    draft = stand.draft
    match given.key and given.key.removeprefix(WAY):
        case "back":
            return _back(stand, step)
        case "cancel":
            return leave(stand)
        case "finish" if step.long is not None:
            return _finish(stand, step)
        case "rewrite" if step.long is not None and draft.parts:
            afresh = stand.with_(replace(draft, replacing=True))
            return put(afresh, step, long_text.so_far(afresh.draft, step.long))
        case "keep" if step.key in draft.answers:
            return _go_on(_put_away(stand.with_(replace(draft, asked=None))))
        case str() as key if key.startswith(TYPED):
            return _read(stand, step, Given(text=key.removeprefix(TYPED)))
        case _:
            return _read(stand, step, given)


def _read(stand: Stand, step: Step, given: Given) -> Turn:
    draft = stand.draft
    match step.read(given, draft.answers, stand.world):
        case Accepted(value, also, said):
            turn = _accept(stand, step, value, also)
            return replace(turn, effects=(said, *turn.effects)) if said else turn
        case Again(ask):
            return _once_more(stand, step, given, ask)
        case Edit(key, also):
            moved = stand.with_(replace(draft, answers={**draft.answers, **also}))
            return edit(moved, moved.named(key), returns=step.key)
        case Leave(effects, keep):
            return Turn(_worth_keeping(stand) if keep else None, effects, left=True)


def _once_more(stand: Stand, step: Step, given: Given, ask: Ask) -> Turn:
    """Another question at the same step; words that fit none of the choices are told so."""
    turn = put(stand, step, ask)
    unfit = given.text is not None and given.key is None and bool(stand.offered) and ask.choices == stand.offered
    return replace(turn, effects=(Say(step.unfit), *turn.effects)) if unfit else turn


def _accept(stand: Stand, step: Step, value: Any, also: Mapping[str, Any]) -> Turn:
    draft = stand.draft
    answers = {key: kept for key, kept in {**draft.answers, step.key: value, **also}.items() if kept is not None}
    long = stand.long
    settled = long is not None and (long.key == step.key or long.key in also)
    kept = replace(draft, answers=answers, parts=() if settled else draft.parts, asked=None)
    moved = _put_away(stand.with_(kept))
    if step.lasting or moved.missing is None:
        return _go_on(moved)
    del answers[step.key]
    return _go_on(moved)


def _finish(stand: Stand, step: Step) -> Turn:
    assert step.long is not None
    match long_text.finished(stand.draft.parts, step.long):
        case str() as whole:
            return _accept(stand, step, whole, {})
        case refused:
            return put(stand, step, refused)


def _back(stand: Stand, step: Step) -> Turn:
    """From a question within a step to the step's own, from a change to where it was begun, else to the question
    before; each answer stays until a new one comes.
    """
    if _is_within(stand, step):
        return repeat(stand, step)
    if (origin := _origin(stand)) is not None:
        return _return(stand, origin)
    before = [earlier for earlier in counted_before(stand, step) if earlier.key in stand.draft.answers]
    return edit(_put_away(stand), before[-1]) if before else put_own(stand, step)


def _is_within(stand: Stand, step: Step) -> bool:
    """Whether the question put last belongs to a step, and is not the one the step begins with."""
    if step.long is not None or not stand.offered:
        return False
    own = step.ask(stand.draft.answers, stand.world).choices
    return tuple(choice for choice in stand.offered if choice.key != "keep") != own
