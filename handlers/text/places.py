"""Which province or city somebody means: today's names, former names, other spellings, initials, slips of the keyboard.

Pure; the places are data. The only words here are folded ones: those that say what kind of place follows, and initials
that districts share. What to do with several matches or none is for the step that asks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from rapidfuzz import fuzz

from handlers.text.readers import clean, compact, fold, toned

PROVINCIAL = ("thanh pho", "tinh", "tp", "t p", "o", "tai")
"""Words before a name that say nothing new."""
LOCAL = ("quan", "huyen", "thi xa", "phuong", "xa", "tx", "kcn", "q", "h", "p", "x")
"""Words before the name of a smaller place: it may be called like its province, but likeness then proves nothing."""
POLITE = "a"
"""The word that may follow."""

SHARED_INITIALS: Mapping[str, tuple[str, ...]] = {
    "nb": ("ninh binh", "ho chi minh"),
    "tb": ("thai binh", "ho chi minh"),
    "bn": ("bac ninh", "ninh binh"),
    "pt": ("phu tho", "binh thuan"),
}
"""Initials of one province that a known district or town, or initials turned round, share: asked back with both."""

SHORTEST_WORD = 2
SHORTEST_BEGINNING = 3
SHORTEST_SLIP = 4
"""Letters from which a word of a name, the beginning of one and a misspelt name are looked for."""
LONGEST = 120
"""What is longer is a text, not the name of a place."""
ALIKE = 85
LEAD = 10
"""How much, of 100, a misspelt name must be like a known one, and by how much more than like any other place's."""
SPELLING = 80
"""From here on another spelling belongs to the name it resembles."""

_BREAKS = re.compile(r"[\s.,;:/\\()\-\u2010-\u2015]+")


class PlaceLike(Protocol):
    """A province or city as it comes from the data."""

    @property
    def code(self) -> str:
        """The official code."""
        ...

    @property
    def name(self) -> str:
        """Today's name, without its kind."""
        ...

    @property
    def legacy(self) -> Sequence[str]:
        """The former provinces that make it up, its own former name included."""
        ...

    @property
    def aliases(self) -> Sequence[str]:
        """Other spellings, abbreviations, well-known towns."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """A province, a city or a central sector of today; `code` is two digits, or the sector's unit code.

    `via`: the former province that was meant, now part of this place.

    `guessed`: found only by forgiving a slip of the keyboard, so the name is worth repeating to the member.
    """

    code: str
    name: str
    via: str | None = None
    guessed: bool = False


@dataclass(frozen=True, slots=True)
class _Name:
    """One way to call a place."""

    text: str
    folded: str
    initials: str
    """Empty for a single word and for what is an abbreviation already."""
    match: Place


class PlaceIndex:
    """All names of all places, ready to be searched. Built once, never changed."""

    def __init__(self, places: Iterable[PlaceLike]) -> None:
        self._names = tuple(name for place in places for name in _names(place))

    def find(self, typed: str) -> tuple[Place, ...]:
        """One place: sure. Several: ask back. None: unknown.

        Looked for in turn: a whole name or initials, whole words of a name, the beginning of one, a misspelt name;
        then the same in the pieces between commas, the last one first.
        """
        if len(typed) > LONGEST:
            return ()
        return self._find(typed) or next(filter(None, map(self._find, reversed(typed.split(",")))), ())

    def _find(self, typed: str) -> tuple[Place, ...]:
        whole, (text, local) = _plain(typed), _without_kind(typed)
        found = self._called(whole) or self._called(text)
        if not found:
            found = self._misspelt(whole) if local else self._part(text) or self._misspelt(text)
        return _places(_as_marked(text, found))

    def _where(self, holds: Callable[[_Name], bool]) -> list[_Name]:
        return [name for name in self._names if holds(name)]

    def _called(self, text: str) -> list[_Name]:
        glued = compact(text)
        bare = {glued, glued.removeprefix("tp"), glued.removeprefix("tinh")} - {""}
        if whole := self._where(lambda name: name.folded.replace(" ", "") in bare):
            return whole + self._where(lambda name: name.initials == glued)
        initials = self._where(lambda name: name.initials == glued != "")
        shared = self._where(lambda name: name.folded in SHARED_INITIALS.get(glued, ()))
        return initials + shared + self._with_word(text) if initials else []

    def _with_word(self, text: str) -> list[_Name]:
        return self._where(lambda name: f" {fold(text)} " in f" {name.folded} ")

    def _part(self, text: str) -> list[_Name]:
        letters = len(compact(text))
        if letters >= SHORTEST_WORD and (found := self._with_word(text)):
            return found
        if letters < SHORTEST_BEGINNING:
            return []
        return self._where(lambda name: f" {fold(text)}" in f" {name.folded}")

    def _misspelt(self, text: str) -> list[_Name]:
        if len(text) < SHORTEST_SLIP:
            return []
        scored = sorted(((_likeness(text, name), name) for name in self._names), key=lambda pair: -pair[0])
        best, first = scored[0] if scored else (0.0, None)
        if first is None or best < ALIKE:
            return []
        near = [name for score, name in scored if score > best - LEAD]
        if all(name.match.code == first.match.code for name in near):
            return [replace(first, match=replace(first.match, guessed=True))]
        return near


def _names(place: PlaceLike) -> Iterator[_Name]:
    merged = [name for name in place.legacy if len(place.legacy) > 1 and fold(name) != fold(place.name)]
    today = Place(place.code, place.name)
    yield _name(place.name, today)
    for former in place.legacy:
        yield _name(former, replace(today, via=former if former in merged else None))
    for alias in place.aliases:
        yield _name(alias, replace(today, via=_meant_by(alias, merged)))


def _name(text: str, match: Place) -> _Name:
    abbreviated = any(word.isupper() for word in text.split())
    return _Name(text.casefold(), fold(text), "" if abbreviated else _initials(text), match)


def _initials(text: str) -> str:
    words = fold(text).split()
    return "".join(word[0] for word in words) if len(words) > 1 else ""


def _meant_by(alias: str, merged: Sequence[str]) -> str | None:
    """The former province of which this is a spelling, a part or the initials."""
    for former in merged:
        part = f" {fold(alias)} " in f" {fold(former)} "
        if part or compact(alias) == _initials(former) or fuzz.ratio(fold(alias), fold(former)) >= SPELLING:
            return former
    return None


def _plain(typed: str) -> str:
    return " ".join(word for word in _BREAKS.split(clean(typed).casefold()) if word)


def _without_kind(typed: str) -> tuple[str, bool]:
    """What is left of a name without the words around it, and whether these spoke of a smaller place."""
    words = _plain(typed).split()
    if len(words) > 1 and fold(words[-1]) == POLITE:
        words.pop()
    local = False
    while kind := _leading_kind(words):
        words = words[len(kind.split()) :]
        local = local or kind in LOCAL
    return " ".join(words), local


def _leading_kind(words: Sequence[str]) -> str | None:
    """The kind of place the words begin with; a kind alone is left without a name, and so means nothing."""
    for kind in (*PROVINCIAL, *LOCAL):
        if fold(" ".join(words[: len(kind.split())])) == kind:
            return kind
    return None


def _as_marked(text: str, found: Sequence[_Name]) -> Sequence[_Name]:
    """Of several, those that have the words with the very marks that were typed, if marks were typed and any has."""
    words = toned(text)
    if not any(marks for _, marks in words):
        return found
    return [name for name in found if _within(words, toned(name.text))] or found


def _within(words: Sequence[tuple[str, str]], name: Sequence[tuple[str, str]]) -> bool:
    return any(tuple(name[start : start + len(words)]) == tuple(words) for start in range(len(name)))


def _places(found: Sequence[_Name]) -> tuple[Place, ...]:
    """Each place once; today's name goes before a former one."""
    places: dict[str, Place] = {}
    for name in found:
        known = places.get(name.match.code)
        if known is None or (known.via and name.match.via is None):
            places[name.match.code] = name.match
    return tuple(places.values())


def _likeness(text: str, name: _Name) -> float:
    """0 to 100. Marks that were typed count, so that a district is not taken for a province of like letters."""
    bare = fuzz.ratio(fold(text), name.folded)
    return min(bare, fuzz.ratio(text, name.text)) if any(marks for _, marks in toned(text)) else bare
