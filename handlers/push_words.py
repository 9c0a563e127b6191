"""Words by which what was pushed is answered: «XONG 12.5», «CHƯA YK-27-4F7K2». Each says by itself what it is about, so
that it stays good however much has come since; a number would mean whatever list came last.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from handlers.office import Office
from handlers.text.readers import clean, fold, read_code
from messages.types import Choice, payload

QUOTES = "“”\"'«». "
DUTY = re.compile(r"(\d{1,9})[ .,/-]+(\d{1,9})")
BROADCAST = re.compile(r"tin[ -]*(\d{2})[ -]*([0-9a-z]{5})")
LONGEST_CODE = 16
PLAIN = frozenset({"inbox", "resume", "initiative"})
"""Choices that are commands: their word needs no object."""


def given(question: str, choices: Sequence[Choice], office: Office) -> tuple[Choice, ...]:
    """The choices under a push, each with its word."""
    return tuple(replace(choice, word=_word(question, choice, office)) for choice in choices)


def read(typed: str, office: Office) -> str | None:
    """The button that a typed word stands for; None: it is none of these words."""
    words = " ".join(fold(clean(typed)).split()).strip(QUOTES)
    for key, find in OBJECTS.items():
        verb = fold(office.catalogue.label(f"word.{key}"))
        if words.startswith(f"{verb} ") and (pressed := find(key, words.removeprefix(verb).strip(QUOTES))):
            return pressed
    return None


def same(typed: str, word: str) -> bool:
    """Whether somebody typed this word, marks, case and dashes aside."""
    return bool(word) and _bare(typed) == _bare(word)


def _word(question: str, choice: Choice, office: Office) -> str:
    where = _object(question)
    key, _, number = choice.key.partition(".")
    if key == "open" and where:
        return where
    if key in PLAIN:
        return office.catalogue.label(f"word.{key}")
    if key in OBJECTS and (number or where):
        return f"{office.catalogue.label(f'word.{key}')} {number or where}"
    return choice.label


def _object(question: str) -> str:
    """What a question is about, without the revision that was shown: a word stays good."""
    kind, _, where = question.partition("@")
    parts = where.split(".")
    return ".".join(parts[:2]) if kind == "duty" else parts[0]


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", " ", fold(clean(text))).strip()


def _duty(key: str, words: str) -> str | None:
    found = DUTY.fullmatch(words)
    return payload(f"duty@{found[1]}.{found[2]}", key) if found else None


def _own(key: str, words: str) -> str | None:
    code = read_code(words) if len(words) <= LONGEST_CODE else None
    return payload(f"own@{code}", key) if code else None


def _heard(key: str, words: str) -> str | None:
    code = read_code(words) if len(words) <= LONGEST_CODE else None
    return payload(f"heard@{code}", key) if code else None


def _cover(key: str, words: str) -> str | None:
    return payload("chosen@0.0", f"{key}.{words}") if re.fullmatch(r"\d{1,9}", words) else None


def _broadcast(key: str, words: str) -> str | None:
    found = BROADCAST.fullmatch(words)
    return payload(f"broadcast@TIN-{found[1]}-{found[2].upper()}", key) if found else None


OBJECTS: dict[str, Callable[[str, str], str | None]] = {
    "duty_done": _duty,
    "snooze": _duty,
    "supplement": _own,
    "settled": _heard,
    "unsettled": _heard,
    "reopened": _heard,
    "added": _heard,
    "cover": _cover,
    "send_again": _broadcast,
}
"""What a word is followed by, and which button both are."""
