"""What the columns and the levels of an imported list of units may be called: loaded from sheet_words.toml.

Only the lists live here; folding and comparing is done elsewhere.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("sheet_words.toml")


@cache
def load(table: str) -> Mapping[str, tuple[str, ...]]:
    """The accepted words of every column (`columns`) or level (`levels`), by its key."""
    tables = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {key: tuple(words) for key, words in tables[table].items()}
