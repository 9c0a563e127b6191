"""Beside the writer: what takes too long to look up while others wait to write is looked up by a reader instead.

A turn that needs such an answer raises Beside and is undone as if it had never begun; whoever runs it has the question
answered on a reading connection and takes the turn once more, with the answer. Where nobody waits, it is found at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, TypeVar

from handlers.errors import HandlersError
from handlers.office import Office
from messages.types import Inbound
from storage import inbox
from storage.database import Transaction

T_co = TypeVar("T_co", covariant=True)

ANSWERS = "beside"
"""Under this name a transaction in which others must not wait carries the answers given so far."""


class Question(Protocol[T_co]):
    """Equal to the same question asked again by the same turn: a frozen dataclass."""

    def answer(self, db: Transaction, office: Office) -> T_co:
        """Look it up, however long it takes; it changes nothing."""
        ...


Answers = Mapping[Question[Any], Any]


class Beside(HandlersError):
    """Something must be looked up beside the writer first."""

    def __init__(self, question: Question[Any]) -> None:
        super().__init__(question)
        self.question = question


def give(db: Transaction, answers: Answers) -> None:
    """From now on nothing long is looked up in this transaction; these answers are known."""
    db.info[ANSWERS] = answers


def leave(db: Transaction, inbound: Inbound) -> None:
    """A turn was undone and is to be taken again: its update is not dealt with yet."""
    inbox.unmark(db, inbound)


def ask(db: Transaction, office: Office, question: Question[T_co]) -> T_co:
    """The answer. Raises Beside where it has to be found elsewhere first."""
    answers: Answers | None = db.info.get(ANSWERS)
    if answers is None:
        return question.answer(db, office)
    if question not in answers:
        raise Beside(question)
    found: T_co = answers[question]
    return found
