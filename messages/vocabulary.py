"""The words a member may type instead of pressing: loaded from vi/vocabulary.toml.

Only the lists live here. Folding what was typed and deciding what it means is done by the flows.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from messages.errors import BadWords

FIELDS = frozenset({"slash", "words", "exact", "always"})


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """What means one command or one choice, each as the whole message. Equal to itself alone, and so hashed at once."""

    slash: tuple[str, ...] = ()
    """Slash commands; the first is the one shown in help and menus."""
    words: tuple[str, ...] = ()
    """Folded: lower case, without marks, single spaces."""
    exact: tuple[str, ...] = ()
    """Lower case, only with their marks: without them they would mean something else too."""
    always: tuple[str, ...] = ()
    """Of `words` those that act whatever stands on the screen, as a slash command does."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All lists. `collisions` names, for a folded word that is listed nowhere, the choices to ask back about."""

    commands: Mapping[str, Words]
    choices: Mapping[str, Words]
    collisions: Mapping[str, tuple[str, ...]]

    @classmethod
    def load(cls, file: Path) -> Vocabulary:
        """Read the lists from one TOML file."""
        with file.open("rb") as stream:
            tables = tomllib.load(stream)
        if unknown := tables.keys() - {"command", "choice", "collision"}:
            raise BadWords(f"{file.name}: unknown tables {sorted(unknown)}")
        return cls(
            commands={key: _words(file, key, row) for key, row in tables["command"].items()},
            choices={key: _words(file, key, row) for key, row in tables["choice"].items()},
            collisions={word: tuple(keys) for word, keys in tables["collision"].items()},
        )


def _words(file: Path, key: str, row: Mapping[str, Any]) -> Words:
    if unknown := row.keys() - FIELDS:
        raise BadWords(f"{file.name}: {key} has unknown fields {sorted(unknown)}")
    return Words(**{field: tuple(values) for field, values in row.items()})
