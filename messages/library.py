"""Answers that ship with the product, and the four variables that may stand in any answer of a library.

Only words live here: who may use which, and what a unit adds of its own, is decided in handlers.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("library.toml")
FIELDS = ("ma", "don_vi", "to_chuc", "ngay")
"""The code of the item, the unit that answers, the organisation, the day."""

_VARIABLE = re.compile(r"\{\{\s*([a-z_]+)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Ready:
    """One answer as it is written."""

    key: str
    topic: str
    title: str
    basis: str
    text: str


@cache
def load() -> tuple[Ready, ...]:
    """The answers that ship with the product, in the order of the file."""
    table = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return tuple(
        Ready(key, row["topic"], row["title"], row["basis"], row["text"].strip()) for key, row in table.items()
    )


def is_sound(text: str) -> bool:
    """Whether nothing of a template stands in a text but known variables."""
    names = _VARIABLE.findall(text)
    rest = _VARIABLE.sub("", text)
    return set(names) <= set(FIELDS) and not re.search(r"\{[{%#]|[}%#]\}", rest)


def fill(text: str, values: Mapping[str, str]) -> str:
    """A sound text with its variables filled in."""
    return _VARIABLE.sub(lambda found: values[found[1]], text)
