"""The shape of an order and of its answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from handlers.actors import Actor
from handlers.office import Office
from storage.database import Transaction


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of an order: words to be shown, and whether it was done."""

    text: str
    done: bool = True


class Order(Protocol):
    """One order: a frozen dataclass whose fields are JSON, but for `body`, which is a file's bytes."""

    def run(self, db: Transaction, office: Office, actor: Actor) -> Reply:
        """Do it, on the word of whoever gave the command. Raises handlers.errors.Refusal."""
        ...
