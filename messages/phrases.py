"""Phrases by which the subject of a text is recognised: loaded from phrases.toml.

Only the lists live here; folding and comparing is done elsewhere.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("phrases.toml")


@cache
def load(subject: str) -> tuple[str, ...]:
    """The phrases of one subject: `complaint`, `everyone`."""
    return tuple(tomllib.loads(FILE.read_text(encoding="utf-8"))[subject])
