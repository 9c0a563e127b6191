"""Is this text much like that one: fingerprints, near-duplicates, and what sounds like a complaint.

Pure and cheap. Never a verdict: what is found here leads to a question or a warning, it refuses nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import lru_cache

from handlers.text.readers import fold, toned

SHINGLE = 2
"""Words in a shingle. Vietnamese writes syllables apart, so two of them are about one word."""
ALIKE = 0.8
"""The share of common shingles from which two texts count as near-duplicates."""

Word = tuple[str, str]
"""A word as `readers.toned` gives it: bare letters, marks."""


def fingerprint(text: str) -> str:
    """Equal for texts that differ only in case, marks, spaces and punctuation; 32 hex digits."""
    return hashlib.blake2b(fold(text).encode(), digest_size=16).hexdigest()


def shingles(text: str) -> frozenset[str]:
    """The overlapping pairs of words in a text; a text shorter than that is one shingle, an empty one has none."""
    words = fold(text).split()
    if not words:
        return frozenset()
    return frozenset(" ".join(words[start : start + SHINGLE]) for start in range(max(1, len(words) - SHINGLE + 1)))


def similar(a: str, b: str) -> bool:
    """Whether two texts say much the same in the same words. Two empty texts are not alike."""
    return overlap(shingles(a), shingles(b)) >= ALIKE


def overlap(a: frozenset[str], b: frozenset[str]) -> float:
    """The Jaccard index of two sets of shingles, 0 to 1."""
    union = len(a | b)
    return len(a & b) / union if union else 0.0


def looks_like_complaint(text: str, phrases: Iterable[str]) -> bool:
    """Whether the text has one of these phrases as whole words; marks and case do not matter."""
    said, known = tuple(letters for letters, _ in toned(text)), _by_first_word(tuple(phrases))
    return any(
        said[start : start + len(wanted)] == tuple(letters for letters, _ in wanted)
        for start, letters in enumerate(said)
        for wanted in known.get(letters, ())
    )


@lru_cache(maxsize=32)
def _by_first_word(phrases: tuple[str, ...]) -> Mapping[str, tuple[tuple[Word, ...], ...]]:
    """The phrases by the bare letters of their first word."""
    known: dict[str, tuple[tuple[Word, ...], ...]] = {}
    for wanted in map(toned, phrases):
        if wanted:
            known[wanted[0][0]] = (*known.get(wanted[0][0], ()), wanted)
    return known
