"""The 34 provinces and cities of today, with the 63 names they had before 1/7/2025.

Facts only: finding a place in what somebody typed is done elsewhere.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("places.json")


@dataclass(frozen=True, slots=True)
class Place:
    """One province or centrally-run city. `code` is the official two-digit code, kept as text."""

    code: str
    name: str
    kind: str
    """`tỉnh` or `thành phố`; it changes by resolution, so it is data."""
    legacy: tuple[str, ...]
    """The former provinces that make it up, its own former name included."""
    aliases: tuple[str, ...]


@cache
def load() -> tuple[Place, ...]:
    """All places, in the order of their codes."""
    rows = json.loads(FILE.read_text(encoding="utf-8"))
    return tuple(
        Place(row["code"], row["name"], row["kind"], tuple(row["legacy"]), tuple(row["aliases"])) for row in rows
    )
