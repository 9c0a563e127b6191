"""The kinds of award and the papers each needs, as data: loaded from awards.toml. What is late is decided elsewhere."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("awards.toml")


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper of a file; `short` stands on a button."""

    key: str
    title: str
    short: str


@dataclass(frozen=True, slots=True)
class Award:
    """One kind of award."""

    key: str
    title: str
    short: str
    programme: str
    """The template of the programmes it belongs to."""
    duty: str
    """The duty of such a programme by which the file is due, if the programme has one."""
    nominee: str
    """What is asked for: a name, a title."""
    papers: tuple[Paper, ...]


@cache
def load() -> Mapping[str, Award]:
    """The kinds that ship with the product, by key."""
    table = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {
        key: Award(
            key,
            row["title"],
            row["short"],
            row["programme"],
            row["duty"],
            row["nominee"],
            tuple(Paper(paper["key"], paper["title"], paper["short"]) for paper in row["paper"]),
        )
        for key, row in table.items()
    }
