"""What many turns read and hardly anybody changes (units, programmes, roles): remembered while the database says that
nothing of it has changed.

The database carries a token (`setting` "facts"), renewed in every transaction that writes to one of `TABLES`, in any
process. A transaction reads the token once, before it takes anything from memory; one that has written such a row
itself takes nothing from memory any more.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlmodel import SQLModel

from storage import sets

TABLES = frozenset({"level", "unit", "programme", "appointment"})
"""What is remembered is made from rows of these tables only."""
KEY = "facts"
"""The name of the token among the settings."""
MOST = 50_000
"""Answers remembered; beyond that all are forgotten."""

T = TypeVar("T")


@dataclass(slots=True)
class Answers:
    """Answers that hold for one token."""

    token: Any = None
    given: dict[Hashable, Any] = field(default_factory=dict)


class Memory:
    """What one process remembers of one database, shared by its threads."""

    def __init__(self) -> None:
        self._answers = Answers()

    def at(self, token: Any) -> Answers:
        """The answers that hold for a token; those of another are forgotten."""
        answers = self._answers
        if answers.token != token or len(answers.given) > MOST:
            answers = self._answers = Answers(token)
        return answers


class Recall:
    """What one transaction may take from memory."""

    def __init__(self, memory: Memory, token: Callable[[], Any]) -> None:
        self._memory = memory
        self._token = token
        self._answers: Answers | None = None
        self.changed = False
        """Whether this transaction has written to one of `TABLES`."""

    def take(self, question: Hashable, look_up: Callable[[], T]) -> T:
        """The answer to a question; it is looked up where it is not remembered."""
        if self.changed:
            return look_up()
        if self._answers is None:
            self._answers = self._memory.at(self._token())
        given = self._answers.given
        if question in given:
            known: T = given[question]
            return known
        answer = look_up()
        if not self.changed:  # looking up may have written what waited
            given[question] = answer
        return answer


def renew(connection: Connection) -> None:
    """Let every process forget. The token is one nobody had before: a counter could repeat itself after a restore."""
    setting = sets.way(SQLModel.metadata.tables["setting"], replaces=("key",))
    sets.insert(connection, [(setting, {"key": KEY, "value": secrets.token_hex(8)})])
