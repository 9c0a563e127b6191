"""What a typed number means: a choice of the list that the person saw when they wrote it.

A list counts from its delivery (storage/offers.py). The newest one, if it was asked for and had surely been seen, is
meant without a word. Where a push came after it, or where it is not certain which of two was seen, the number is asked
back: what cannot be undone never happens by a number that may have meant something else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from handlers.chat.context import Context
from handlers.flows import choices as matching
from handlers.flows.engine import TYPED, listens
from handlers.flows.form import Stand, question_name
from messages.types import PAYLOAD_BYTES, Choice, Pressed, Say, numbered, parse_payload, payload
from storage.offers import Offer

QUESTION = "as"
"""Asks which of several buttons a number was; its keys are what those buttons carry."""
NONE = "none"
SKEW = 1.0
"""Seconds by which a platform's clock and ours may differ."""
TRUNCATION = 1.0
"""Some platforms tell whole seconds only: it was written so much later at most."""
LATE = SKEW + TRUNCATION
"""Seconds by which a delivery may seem to come after what answered it."""
EXACT = ("web", "terminal")
"""Channels that tell by our own instants what had been shown."""


@dataclass(frozen=True, slots=True)
class Here:
    """The question of the open form: what was typed is its answer."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """No list that was seen has this number."""


Meant = Here | Nothing | Pressed | Say


def meant(context: Context, typed: str, stand: Stand | None) -> Meant | None:
    """What a number means; None: no number was typed."""
    number = matching.position(typed)
    if not number or (stand is not None and listens(stand) and not matching.is_digits(typed)):
        return None
    asked = _question(stand)
    if context.inbound.quotes:
        quoted = [offer for offer in context.offers if offer.external_id == context.inbound.quotes]
        if quoted:
            return _of(quoted[-1], number, asked, stand)
    shown = _visible(context)
    if not shown:
        return _unshown(context, number, asked, stand)
    newest = shown[-1]
    if newest.offer.asked_for and newest.sure and not context.inbound.quotes:
        return _of(newest.offer, number, asked, stand)
    return _asked_back(number, _tail(shown), asked, stand)


def is_answer(context: Context, typed: str, stand: Stand) -> bool:
    """Whether what was typed answers the question of this form: words may, a number only where it was seen."""
    match meant(context, typed, stand):
        case None | Here():
            return True
        case Pressed(carried):
            return parse_payload(carried)[0] == _question(stand)
        case _:
            return False


def latest(context: Context) -> list[Offer]:
    """The lists that words may mean: the newest that was asked for, and what has come since; the newest first."""
    return [shown.offer for shown in _tail(_visible(context))]


@dataclass(frozen=True, slots=True)
class _Shown:
    offer: Offer
    sure: bool
    """Whether it had surely been seen when the number was written."""


def _visible(context: Context) -> list[_Shown]:
    """The lists that may have been seen when it was written, the newest last."""
    written, exact = context.inbound.written_at, context.inbound.address.kind in EXACT
    margin, late = (0.0, 0.0) if exact else (SKEW, LATE)
    offers = (*context.offers, *_in_flight(context))
    if written is None:
        return [_Shown(offer, offer.sure) for offer in offers]
    seen = [offer for offer in offers if offer.since.timestamp() <= written + late]
    return [_Shown(offer, offer.sure and offer.at.timestamp() <= written - margin) for offer in seen]


def _in_flight(context: Context) -> tuple[Offer, ...]:
    """What is on its way this very moment: it may have been seen already, though nobody has told us so."""
    flying = context.flying.to(context.inbound.address) if context.flying is not None else None
    return (flying,) if flying is not None else ()


def _tail(shown: Sequence[_Shown]) -> list[_Shown]:
    """From the newest back to the first that was asked for and surely seen."""
    tail = []
    for each in reversed(shown):
        tail.append(each)
        if each.sure and each.offer.asked_for:
            break
    return tail


def _question(stand: Stand | None) -> str:
    return question_name(stand.form, stand.step, stand.draft) if stand is not None and stand.step is not None else ""


def _of(offer: Offer, number: int, asked: str, stand: Stand | None) -> Meant:
    """The number in one list, which was surely meant."""
    if stand is not None and offer.question == asked:
        return Here()
    choice = _nth(offer, number)
    return Nothing() if choice is None else Pressed(payload(offer.question, choice.key))


def _nth(offer: Offer, number: int) -> Choice | None:
    """By its number; under a push, which has words, by its place."""
    choices = numbered(offer.choices) if offer.asked_for else offer.choices
    return choices[number - 1] if number <= len(choices) else None


def _asked_back(number: int, tail: Sequence[_Shown], asked: str, stand: Stand | None) -> Meant:
    """Which of these the number was: the list asked for first, then what came after it."""
    meanings: dict[str, Choice] = {}
    for offer in (shown.offer for shown in reversed(tail)):
        choice = _nth(offer, number)
        if choice is not None:
            pressed = payload(offer.question, choice.key)
            meanings.setdefault(pressed, Choice(pressed, named(choice)))
        elif offer.question == asked and stand is not None and listens(stand):
            pressed = payload(asked, f"{TYPED}{number}")
            meanings.setdefault(pressed, Choice(pressed, str(number)))
    if all(parsed.startswith(f"{asked}:{TYPED}") for parsed in meanings):
        return Here() if stand is not None else Nothing()
    return ask(number, list(meanings.values()))


def ask(typed: str | int, meanings: Sequence[Choice]) -> Say:
    """Which of these was meant; of one only, whether it was."""
    asked = [choice for choice in meanings if _fits(choice)]
    values = {"typed": typed, "meanings": [choice.label for choice in asked]}
    choices = tuple(asked) if len(asked) > 1 else (*asked, Choice(NONE, "label.no"))
    return Say("common.means", values, choices, QUESTION)


def _fits(choice: Choice) -> bool:
    return len(f"{QUESTION}:{choice.key}".encode()) <= PAYLOAD_BYTES


def named(choice: Choice) -> str:
    """The label, and what it is about where the label alone does not tell."""
    return choice.label if choice.word in ("", choice.label) else f"{choice.label} ({choice.word})"


def unshown(context: Context) -> list[Offer]:
    """What was asked last, where nothing is known to have been delivered: a chat that began before that was kept."""
    talk = context.talk
    if context.offers or not talk.offered:
        return []
    return [Offer(talk.question, talk.offered, context.now, context.now, asked_for=True, sure=False)]


def _unshown(context: Context, number: int, asked: str, stand: Stand | None) -> Meant:
    """The same of a number: it is asked back."""
    if context.offers:
        return Here() if stand is not None and listens(stand) else Nothing()
    if stand is None:
        known = unshown(context)
    else:
        known = [Offer(asked, stand.offered, context.now, context.now, asked_for=True, sure=False)]
    return _asked_back(number, [_Shown(offer, sure=False) for offer in known], asked, stand)
