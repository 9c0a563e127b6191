"""What `congdoan doctor` finds: one check, how it came out, and the key of its words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How a check came out."""

    GOOD = "✔"
    DOUBTFUL = "!"
    BAD = "✘"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: the words are the text of `cli.doctor.<key>`."""

    verdict: Verdict
    key: str
    detail: str = ""
