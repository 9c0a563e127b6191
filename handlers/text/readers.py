"""Reading what people type: the one rule for cleaning and counting, the key for comparing, names, public codes.

Pure text in, plain values out. Never a word of Vietnamese, never a question of what is asked at a step.
Reading what a reader gave back changes nothing.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

NAME_LENGTH = range(2, 81)
NOTE_LENGTH = range(5, 501)
"""Characters of what an officer writes to an author: a request, a reason."""
STROKE = "\u0335"
"""Stands for the bar of đ among the marks of a word; Unicode does not take that letter apart."""

_BARRED_D = "đðɖ"
"""The letter itself, and the two that look like it in capitals and come from old fonts."""

_INVISIBLE = re.compile("[\u200b\u200c\ufeff\u00ad\ud800-\udfff\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""Zero-width and soft-hyphen characters, controls but tab and newline, halves of broken surrogate pairs."""
_EMOJI = "\u2190-\u2bff\U0001f000-\U0001faff"
_STRAY_JOINER = re.compile(f"(?<![{_EMOJI}])(?<![{_EMOJI}]\ufe0f)\u200d|\u200d(?![{_EMOJI}])")
_BLANK_LINES = re.compile(r"\n{3,}")

_NAME_PUNCTUATION = frozenset(" .-'’ʼ`")
_DOMAIN = re.compile(r"\bwww\.|\.(com|net|org|edu|gov|info|vn|me|io|ly)\b", re.IGNORECASE)

_CODE = re.compile(r"\b(sk|yk) ?([0-9oi]{2}) ?([0-9a-z]{5})\b")
_SPACED_CODE = re.compile(r"(sk|yk)([0-9oi]{2})([0-9a-z]{5})")
_MISREAD = str.maketrans("oi", "01")


@dataclass(frozen=True, slots=True)
class Name:
    """A full name as it was typed. `lacks_marks`: several words and not one mark, worth an offer to correct."""

    value: str
    lacks_marks: bool


def clean(text: str) -> str:
    """The text as it is shown, counted and stored: composed, without what cannot be seen, its own words untouched."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ")
    text = unicodedata.normalize("NFC", _INVISIBLE.sub("", text))
    text = unicodedata.normalize("NFC", _STRAY_JOINER.sub("", text))
    return _BLANK_LINES.sub("\n\n", text.strip())


def count(text: str) -> int:
    """Characters as the limit counts them: code points of the clean text, spaces and line breaks included."""
    return len(clean(text))


def around(text: str, limit: int, width: int = 20) -> str:
    """The piece of a too long text in whose middle the limit falls, on one line."""
    piece = clean(text)[max(0, limit - width) : limit + width]
    return " ".join(piece.split())


def toned(text: str) -> tuple[tuple[str, str], ...]:
    """The words of a text, each as its bare letters and its marks in a fixed order.

    Where in the word a tone stands is thereby lost: both spellings of "hòa" are one.
    """
    return tuple(word for piece in text.split() for word in _toned(piece))


@lru_cache(maxsize=16384)
def _toned(piece: str) -> tuple[tuple[str, str], ...]:
    """The words of a piece without spaces; the language has some seven thousand syllables, and most turns none new."""
    words: list[tuple[str, str]] = []
    letters = marks = ""
    for char in unicodedata.normalize("NFD", piece.casefold()) + " ":
        if char in _BARRED_D:
            letters, marks = letters + "d", marks + STROKE
        elif char.isalnum():
            letters += char
        elif "\u0300" <= char <= "\u036f":
            marks += char if letters else ""
        elif letters and unicodedata.category(char) not in ("Mn", "Mc", "Me", "Cf"):
            words.append((letters, "".join(sorted(marks))))
            letters = marks = ""
    return tuple(words)


def fold(text: str) -> str:
    """The key for comparing: lower case, no marks, letters and digits only, one space between words."""
    return " ".join(letters for letters, _ in toned(text))


def compact(text: str) -> str:
    """`fold` without its spaces."""
    return fold(text).replace(" ", "")


def read_name(text: str) -> Name | None:
    """A person's name, kept as typed but for spaces; None for digits, addresses of pages and other signs."""
    value = " ".join(clean(text).split())
    if len(value) not in NAME_LENGTH or not any(char.isalpha() for char in value):
        return None
    if not all(_belongs_in_name(char) for char in value) or _DOMAIN.search(value):
        return None
    words = toned(value)
    return Name(value, lacks_marks=len(words) > 1 and not any(marks for _, marks in words))


def _belongs_in_name(char: str) -> bool:
    return char in _NAME_PUNCTUATION or unicodedata.category(char)[0] in "LM"


def given_name(full_name: str) -> str:
    """The name a person is addressed by: the last word of the full name."""
    words = full_name.split()
    return words[-1].strip(".") or words[-1] if words else ""


def read_code(text: str) -> str | None:
    """The public code in a typed text, in its proper form (SK-27-4F7K2).

    Case, spaces and dashes do not matter; the letters O and I, which no code has, are read as 0 and 1. Inside a
    sentence the last five characters must stand together.
    """
    found = _CODE.search(fold(text)) or _SPACED_CODE.fullmatch(compact(text))
    if found is None:
        return None
    kind, year, tail = found.groups()
    return f"{kind}-{year.translate(_MISREAD)}-{tail.translate(_MISREAD)}".upper()
