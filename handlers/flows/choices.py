"""Which choice or command a typed message means. Only the whole message ever counts, never a word inside it.

Pure; the words themselves are data. With marks beats without: where dropping the marks makes two words one, a member
who typed them is taken at their word, and one who did not is asked back.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from handlers.text.readers import STROKE, clean, compact, toned
from messages.types import Choice, numbered

Word = tuple[str, str]
"""A word as `readers.toned` gives it: bare letters, marks."""
Toned = tuple[Word, ...]

SHORTEST_BEGINNING = 3
"""Letters from which the beginning of a label stands for it."""

_GRAVE, _ACUTE, _CIRCUMFLEX, _BREVE, _HOOK, _HORN, _DOT = "\u0300\u0301\u0302\u0306\u0309\u031b\u0323"
_NUMERALS: Sequence[Word] = (
    ("mot", _CIRCUMFLEX + _DOT),
    ("hai", ""),
    ("ba", ""),
    ("bon", _ACUTE + _CIRCUMFLEX),
    ("nam", _BREVE),
    ("sau", _ACUTE),
    ("bay", _HOOK),
    ("tam", _ACUTE),
    ("chin", _ACUTE),
    ("muoi", _GRAVE + _HORN + _HORN),
)
_NUMBER_SIGN = ("so", _ACUTE + _CIRCUMFLEX)
_POLITE_FIRST = ("da", _DOT)
_POLITE_LAST = (("a", _DOT), ("nhe", _ACUTE), ("nha", ""))

_SLASH = re.compile(r"/(\w+)(?:@\w+)?(?:\s+(.*))?", re.DOTALL)


class Synonyms(Hashable, Protocol):
    """What may be typed for one choice or one command."""

    @property
    def words(self) -> Collection[str]:
        """Folded; typed with or without marks."""
        ...

    @property
    def exact(self) -> Collection[str]:
        """Only with these marks: without them the word is also another one."""
        ...


class CommandWords(Synonyms, Protocol):
    """What may be typed for one command."""

    @property
    def slash(self) -> Collection[str]:
        """The slash commands, with their slash."""
        ...

    @property
    def always(self) -> Collection[str]:
        """Folded words that act in every step."""
        ...


@dataclass(frozen=True, slots=True)
class Chosen:
    """The message means this choice."""

    key: str


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """The message may mean any of these: ask back, do nothing."""

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Command:
    """A command, and what was typed after it. `unknown`: a slash command nobody knows, whole in `argument`."""

    name: str
    argument: str = ""


def match(
    typed: str,
    choices: Sequence[Choice],
    synonyms: Mapping[str, Synonyms],
    collisions: Mapping[str, Sequence[str]],
    *,
    numbers: bool = True,
) -> Chosen | Ambiguous | None:
    """The choice a message means, `choices` being as they were shown and numbered.

    `collisions`: folded words that mean several choices; when one of these is on offer, all are given back, even if
    another is not among `choices` (it may be one that is always open, such as to cancel). `numbers=False`: choices
    without a number, in a step where other text is an answer; then only whole words and labels count.
    """
    keys, labels = [choice.key for choice in choices], [_shown(choice.label) for choice in choices]
    by_number = [choice.key for choice in numbered(choices)]
    offer = _Offer(keys, labels, by_number, synonyms, collisions)
    whole = (offer.exactly, offer.colliding, offer.folded)
    ways = (offer.by_number, *whole, offer.by_beginning, offer.by_numeral) if numbers else whole
    for words in _attempts(typed):
        if found := next((found for way in ways if (found := way(words))), None):
            return found
    return None


def position(typed: str) -> int:
    """The number that a whole message is: «2», «số 2.», «hai ạ»; 0 for anything else."""
    for words in _attempts(typed):
        bare = _without_first(words, _NUMBER_SIGN)
        digits = _text(bare)
        if len(digits) <= 3 and digits.isdecimal():
            return int(digits)
        if named := next((at for at, word in enumerate(_NUMERALS, 1) if _agree(bare, (word,), whole=True)), 0):
            return named
    return 0


def is_digits(typed: str) -> bool:
    """Whether a number was typed in digits, as what is no word can be."""
    return any(character.isdecimal() for character in typed)


def means(typed: str, words: str) -> bool:
    """Whether a whole message is these words, as a label is recognised: case, marks that lack, where a tone is written,
    spaces, quotes and a full stop aside.
    """
    return match(typed, (Choice("it", words),), {}, {}, numbers=False) is not None


def sure_command(typed: str, commands: Mapping[str, CommandWords]) -> Command | None:
    """The command that a whole message is wherever it is typed: with its slash, or by a word that always acts."""
    if slashed := _SLASH.fullmatch(clean(typed)):
        return _slash_command(clean(typed), slashed, commands)
    said = {_text(words) for words in _attempts(typed)}
    return next((Command(name) for name, known in commands.items() if not said.isdisjoint(known.always)), None)


def command(typed: str, commands: Mapping[str, CommandWords]) -> Command | None:
    """The command that a whole message is; the first of several that share a word."""
    if slashed := _SLASH.fullmatch(clean(typed)):
        return _slash_command(clean(typed), slashed, commands)
    for words in _attempts(typed):
        near = {name: known for name, known in commands.items() if _text(words) in _spellings(known)}
        exactly = (name for name, known in near.items() if _exactly(words, known))
        folded = (name for name, known in near.items() if _folded(words, known))
        if name := next(exactly, None) or next(folded, None):
            return Command(name)
    return None


def _slash_command(typed: str, slashed: re.Match[str], commands: Mapping[str, CommandWords]) -> Command:
    for written, argument in ((compact(slashed[1]), slashed[2] or ""), (compact(typed), "")):
        for name, known in commands.items():
            if any(written == _bare(slash) for slash in known.slash):
                return Command(name, argument)
    return Command("unknown", typed)


@dataclass(frozen=True, slots=True)
class _Offer:
    """The choices as shown and what may be typed for them. Each method is one way to be meant, from sure to lenient."""

    keys: Sequence[str]
    labels: Sequence[Toned]
    numbered: Sequence[str]
    """The keys of those that carry a number."""
    synonyms: Mapping[str, Synonyms]
    collisions: Mapping[str, Sequence[str]]

    def by_number(self, words: Toned) -> Chosen | None:
        """«2», «2.», «số 2»."""
        digits = _text(_without_first(words, _NUMBER_SIGN))
        position = int(digits) if len(digits) <= 3 and digits.isdecimal() else 0
        return Chosen(self.numbered[position - 1]) if 0 < position <= len(self.numbered) else None

    def exactly(self, words: Toned) -> Chosen | Ambiguous | None:
        """The label or a synonym, with its marks."""
        return self._labelled(lambda label: label == words) or self._spoken(words, _exactly)

    def colliding(self, words: Toned) -> Ambiguous | None:
        """A word that means several; only without a tone, for «đ» alone does not tell such words apart."""
        toneless = all(mark == STROKE for _, marks in words for mark in marks)
        keys = tuple(self.collisions.get(_text(words), ())) if toneless else ()
        return Ambiguous(keys) if any(key in self.keys for key in keys) else None

    def folded(self, words: Toned) -> Chosen | Ambiguous | None:
        """The label or a synonym, marks lacking. A list without marks proves nothing about a marked word that collides;
        it is the first word of an answer that turns its sense."""
        letters, marks = words[0]
        risky = bool(marks) and letters in self.collisions
        labelled = self._labelled(lambda label: len(label) == len(words) and _agree(words, label, whole=True))
        return labelled or (None if risky else self._spoken(words, _folded))

    def by_beginning(self, words: Toned) -> Chosen | None:
        """The beginning of one label only."""
        if len(_text(words)) < SHORTEST_BEGINNING or _text(words) in self.collisions:
            return None
        return self._labelled(lambda label: _agree(words, label, whole=False))

    def by_numeral(self, words: Toned) -> Chosen | None:
        """«hai», «số hai»."""
        bare = _without_first(words, _NUMBER_SIGN)
        named = (
            key for key, numeral in zip(self.numbered, _NUMERALS, strict=False) if _agree(bare, (numeral,), whole=True)
        )
        return next((Chosen(key) for key in named), None)

    def _labelled(self, holds: Callable[[Toned], bool]) -> Chosen | None:
        found = [key for key, label in zip(self.keys, self.labels, strict=True) if holds(label)]
        return Chosen(found[0]) if len(found) == 1 else None

    def _spoken(self, words: Toned, means: Callable[[Toned, Synonyms], bool]) -> Chosen | Ambiguous | None:
        text = _text(words)
        near = ((key, known) for key in self.keys if (known := self.synonyms.get(key)) and text in _spellings(known))
        found = tuple(key for key, known in near if means(words, known))
        if len(found) > 1:
            return Ambiguous(found)
        return Chosen(found[0]) if found else None


@lru_cache(maxsize=4096)
def _shown(words: str) -> Toned:
    """As `toned`, for words of ours that come again and again: labels, synonyms."""
    return toned(words)


@lru_cache(maxsize=256)
def _bare(slash: str) -> str:
    return compact(slash)


@lru_cache(maxsize=1024)
def _spellings(known: Synonyms) -> frozenset[str]:
    """Everything that may be typed for it, folded: most of what is typed is none of these, and looked at no further."""
    return frozenset((*known.words, *(_text(_shown(word)) for word in known.exact)))


def _exactly(words: Toned, known: Synonyms) -> bool:
    return any(_shown(word) == words for word in known.exact)


def _folded(words: Toned, known: Synonyms) -> bool:
    return _text(words) in known.words


def _agree(words: Toned, label: Toned, *, whole: bool) -> bool:
    """Whether the words are those of the label or, if not `whole`, its beginning; marks may lack but not differ."""
    if len(words) > len(label):
        return False
    for place, ((letters, marks), (expected, expected_marks)) in enumerate(zip(words, label, strict=False)):
        last = place == len(words) - 1
        same = expected.startswith(letters) if last and not whole else expected == letters
        if not same or Counter(marks) - Counter(expected_marks):
            return False
    return True


@lru_cache(maxsize=8)
def _attempts(typed: str) -> tuple[Toned, ...]:
    """The words as typed, then without the particles of politeness around a short answer.

    One message is held against commands, ways out and choices in turn.
    """
    words = toned(clean(typed))
    plain = _without_first(words, _POLITE_FIRST)
    if len(plain) > 1 and any(_agree(plain[-1:], (particle,), whole=True) for particle in _POLITE_LAST):
        plain = plain[:-1]
    return tuple(attempt for attempt in dict.fromkeys((words, plain)) if attempt)


def _without_first(words: Toned, dispensable: Word) -> Toned:
    return words[1:] if len(words) > 1 and _agree(words[:1], (dispensable,), whole=True) else words


def _text(words: Toned) -> str:
    return " ".join(letters for letters, _ in words)
