"""What a transaction has promised to write and has not written yet: rows to insert, to change, to delete.

Rows of many turns wait here together and go in one statement per kind (sets.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Table

from storage import sets

Mark = tuple[int, int, int]
START: Mark = (0, 0, 0)


@dataclass(slots=True)
class Waiting:
    """Three lists, each in the order of asking; they are sent as deletions, insertions, changes."""

    leaving: list[tuple[Table, Any]] = field(default_factory=list)
    """By primary key."""
    written: list[tuple[sets.Way, Mapping[str, Any]]] = field(default_factory=list)
    changed: list[tuple[Table, Mapping[str, Any]]] = field(default_factory=list)
    """Each row names itself by its `id` and brings the columns that change."""

    def mark(self) -> Mark:
        """Where the lists end now."""
        return len(self.leaving), len(self.written), len(self.changed)

    def cut(self, mark: Mark) -> Waiting:
        """Take out what came after a mark."""
        leaving, written, changed = mark
        after = Waiting(self.leaving[leaving:], self.written[written:], self.changed[changed:])
        del self.leaving[leaving:], self.written[written:], self.changed[changed:]
        return after

    def tables(self) -> set[str]:
        """The names of the tables that would change."""
        return {
            *(table.name for table, _ in self.leaving),
            *(way.table.name for way, _ in self.written),
            *(table.name for table, _ in self.changed),
        }

    def write_to(self, connection: Connection) -> None:
        """Write it all."""
        if self.leaving:
            sets.delete(connection, self.leaving)
        if self.written:
            sets.insert(connection, self.written)
        if self.changed:
            sets.change(connection, self.changed)
