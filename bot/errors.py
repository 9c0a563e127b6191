"""What the running program may say went wrong before or outside a turn; told to the operator by the command line.

Light on purpose: `congdoan --help` imports it.
"""

from __future__ import annotations

from dataclasses import dataclass


class BotError(Exception):
    """Something the operator can do something about."""


class Unfit(BotError):
    """What was asked for cannot be done; the message is in the words of the person who asked."""


class OrderFailed(BotError):
    """The serving process broke down over an order; its log says where."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one setting: `kind` is a key under `config` in the words of the command line."""

    setting: str
    kind: str
    hint: str = ""


class BadSettings(BotError):
    """The settings cannot be used; `problems` has every reason."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(*(f"{problem.setting}: {problem.kind}" for problem in problems))
        self.problems = problems
