"""Whether somebody speaks of a danger to life or limb, and of which: what they are answered with depends on it.

A linear model over the words of a message, their pieces, and the signs in `signs.toml` (words and phrases by what
they mean, alone and beside each other). It is trained by tools/train_danger.py on made-up messages; how many calls it
finds, and how many harmless lines it takes for one, tests/handlers/test_recognition.py measures. Never a verdict: a
false alarm costs one message.
"""

from __future__ import annotations

import json
import re
import tomllib
import zlib
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from itertools import combinations
from math import sqrt
from pathlib import Path
from typing import Any

from handlers.text.readers import toned

SIGNS = Path(__file__).with_name("signs.toml")
WEIGHTS = Path(__file__).with_name("weights.bin")
BUCKETS = 1 << 20
"""Features are told apart by a hash of so many values: in fewer, strangers share a weight, and calls are missed."""
WINDOW = 60
"""Words looked at together: in a long story one sentence may be the call."""
FEW, MARGIN = 5, 0.3
"""So few words are mostly an answer to a question (a name, a place, «đến đây là đủ rồi»), and must say it plainly."""
PIECES = (4, 5, 6)
"""Letters in a piece of the text, by which run-together and misspelled words are known."""
NEAR = 5
"""Words between two signs that belong together, at most."""
_REPEATED = re.compile(r"(.)\1{2,}")

Word = tuple[str, str]
"""A word as `readers.toned` gives it: bare letters, marks."""
Words = Sequence[Word]


class Danger(StrEnum):
    """The kinds, in the order of precedence."""

    DESPAIR = "despair"
    VIOLENCE = "violence"
    ACCIDENT = "accident"


_KINDS = len(Danger)


@dataclass(frozen=True)
class Model:
    """What training left: for each bucket a weight for each kind, and what a message must reach."""

    weights: array[int]
    scales: tuple[float, ...]
    biases: tuple[float, ...]
    thresholds: Mapping[str, float]


@lru_cache(maxsize=512)
def recognise(text: str) -> Danger | None:
    """The danger a text speaks of, the likeliest; a command speaks of none."""
    if text.startswith("/") or not any(char.isalpha() for char in text):
        return None
    model = _model()
    for words in windows(text):
        kinds = score(words, model)
        likeliest = max(range(len(kinds)), key=kinds.__getitem__)
        danger = tuple(Danger)[likeliest]
        must = model.thresholds[danger] + (MARGIN if len(words) <= FEW else 0.0)
        if kinds[likeliest] > must:
            return danger
    return None


def score(words: Words, model: Model) -> list[float]:
    """How much some words speak of each kind of danger."""
    sums = list(model.biases)
    for group in features(words):
        if not group:
            continue
        share = 1 / sqrt(len(group))
        for kind, scale in enumerate(model.scales):
            held = sum([model.weights[bucket + kind] for bucket in group])
            sums[kind] += held * scale * share
    return sums


def features(words: Words) -> tuple[set[int], set[int], set[int]]:
    """Where the weights of what is said begin: of its words, its pieces and its signs, each as weighty as the others.

    The pieces are many; among the words they would drown them.
    """
    said, pieces, meant = _said(words), _pieces(words), _meant(words)
    return {_bucket(one) for one in said}, {_bucket(one) for one in pieces}, {_bucket(one) for one in meant}


def windows(text: str) -> list[Words]:
    """The words of a text in the spelling the model knows, in pieces that overlap."""
    words = _spelled(text)
    last = max(1, len(words) - WINDOW // 2)
    return [words[start : start + WINDOW] for start in range(0, last, WINDOW // 2)]


def _bucket(name: str) -> int:
    return zlib.crc32(name.encode()) % BUCKETS * _KINDS


def _said(words: Words) -> Iterator[str]:
    letters = [one for one, _ in words]
    for size in (1, 2, 3):
        for start in range(len(words) - size + 1):
            yield f"w{' '.join(letters[start : start + size])}"
    if any(marks for _, marks in words):
        whole = [f"{one}{marks}" for one, marks in words]
        for size in (1, 2):
            for start in range(len(words) - size + 1):
                yield f"t{' '.join(whole[start : start + size])}"


def _pieces(words: Words) -> Iterator[str]:
    text = f" {' '.join(letters for letters, _ in words)} "
    for size in PIECES:
        for start in range(len(text) - size + 1):
            yield f"c{text[start : start + size]}"


def _meant(words: Words) -> Iterator[str]:
    found = list(_signs_in(words))
    length = min(len(words) // 5, 6)
    yield f"L{length}"
    names = sorted({sign for sign, _, _ in found})
    for sign, how, _ in found:
        yield f"k{sign}{how}"
    for sign in names:
        yield f"K{sign}"
        yield f"l{sign} {length}"
    for one, other in combinations(names, 2):
        yield f"p{one} {other}"
    for (one, _, here), (other, _, there) in combinations(found, 2):
        if one != other and 0 < abs(there - here) <= NEAR:
            yield f"n{one} {other}" if here < there else f"n{other} {one}"


def _signs_in(words: Words) -> Iterator[tuple[str, str, int]]:
    """The signs with where they stand, and whether they are one word, several, or only alike but for their marks."""
    bare, known = not any(marks for _, marks in words), _signs()
    for start, (letters, _) in enumerate(words):
        for phrase, sign in known.get(letters, ()):
            said = words[start : start + len(phrase)]
            if len(said) < len(phrase) or any(one[0] != other[0] for one, other in zip(said, phrase, strict=True)):
                continue
            single = len(phrase) == 1
            if bare or tuple(said) == phrase:
                yield sign, "1" if single else "+", start
            elif not single:
                yield sign, "~", start


def _spelled(text: str) -> Words:
    """The words, slang and dialect in the common spelling; without marks where nobody wrote any."""
    words = toned(_REPEATED.sub(r"\1", text))
    bare, known = not any(marks for _, marks in words), _spelling()
    spelled = [common for word in words for common in known.get(word, (word,))]
    return [(letters, "") for letters, _ in spelled] if bare else spelled


@cache
def _file() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(SIGNS.read_text(encoding="utf-8"))


@cache
def _spelling() -> Mapping[Word, tuple[Word, ...]]:
    return {toned(slang)[0]: toned(common) for slang, common in _file()["spelling"].items()}


@cache
def _signs() -> Mapping[str, tuple[tuple[tuple[Word, ...], str], ...]]:
    """The phrases by the bare letters of their first word, each with what it is a sign of."""
    known: dict[str, list[tuple[tuple[Word, ...], str]]] = {}
    for sign, phrases in _file()["signs"].items():
        for phrase in map(_common, phrases):
            known.setdefault(phrase[0][0], []).append((phrase, sign))
    return {letters: tuple(found) for letters, found in known.items()}


def _common(phrase: str) -> tuple[Word, ...]:
    return tuple(common for word in toned(phrase) for common in _spelling().get(word, (word,)))


@cache
def _model() -> Model:
    head, _, packed = WEIGHTS.read_bytes().partition(b"\n")
    held = json.loads(head)
    return Model(array("b", zlib.decompress(packed)), tuple(held["scales"]), tuple(held["biases"]), held["thresholds"])
