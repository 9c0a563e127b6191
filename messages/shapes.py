"""The shapes of a ready-made programme: its window, slogans, duties, quotas and questions.

Plain data only; reading files is programme_files, moving to new dates is programmes. Days are local calendar days;
`bound` is always the first day that is too late.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Kind(StrEnum):
    """What a member can do in a programme."""

    INITIATIVE = "initiative"
    """Hand in initiatives."""
    FEEDBACK = "feedback"
    """Tell wishes, grievances and stories."""
    CAMPAIGN = "campaign"
    """Receive slogans and news; nothing is handed in by members."""
    QUIZ = "quiz"
    """Answer questions for a score."""


class Limit(StrEnum):
    """Which way a quota counts."""

    FLOOR = "floor"
    """At least so many."""
    CAP = "cap"
    """At most so many."""


class Per(StrEnum):
    """What a quota is counted over."""

    UNIT = "unit"
    PROGRAMME = "programme"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Span:
    """From one day to another: a window, a peak."""

    opens: date
    bound: date


@dataclass(frozen=True, slots=True)
class Phase(Span):
    """A named part of a programme."""

    name: str


@dataclass(frozen=True, slots=True)
class Slogan:
    """An official text. `original` is the source's wording where a slip of it was put right for publication."""

    text: str
    invitation: str | None = None
    original: str | None = None


@dataclass(frozen=True, slots=True)
class DutyTemplate:
    """What one level owes another before a day. Not `strict`: many offices accept that day itself."""

    key: str
    title: str
    by: str
    bound: date
    to: str | None = None
    strict: bool = True
    quota: int | None = None
    """At least so many from every unit of the level."""
    consequence: str | None = None


class Every(StrEnum):
    """How often a recurring duty falls due, while its programme runs."""

    DAY = "day"
    """On each working day, by its end."""
    MONTH = "month"
    """By the end of each month."""


@dataclass(frozen=True, slots=True)
class RecurringTemplate:
    """What one level owes again and again («mỗi ngày», seed 004 III.2; reports all along, seed 004 IV)."""

    key: str
    title: str
    by: str
    every: Every
    to: str | None = None
    consequence: str | None = None


@dataclass(frozen=True, slots=True)
class Quota:
    """A number the plan sets. `soft`: planned («dự kiến»), so that going past it warns and never blocks."""

    key: str
    title: str
    by: str
    count: int
    limit: Limit
    per: Per
    soft: bool = False
    to: str | None = None
    on: date | None = None
    """The day of the award or the event."""
    files: str | None = None
    """The kind of award file that counts against it (messages/awards.toml); None: initiatives."""


@dataclass(frozen=True, slots=True)
class Question:
    """A programme's own question. Without options the answer is typed, at most `limit` characters.

    `warned` are the answers with which an entry was not counted as valid; `warning` says why.
    """

    key: str
    label: str
    text: str
    options: tuple[tuple[str, str], ...] = ()
    """Key and label of each answer on offer."""
    warned: tuple[str, ...] = ()
    warning: str = ""
    limit: int = 200


@dataclass(frozen=True, slots=True)
class Criterion:
    """One line of a scoring sheet: from 0 to `most` points."""

    key: str
    label: str
    most: int


@dataclass(frozen=True, slots=True)
class Template:
    """A programme as its document has it; its texts may still hold `{{ year }}`."""

    code: str
    name: str
    kind: Kind
    level: str
    """The level that launches it; levels are data (`national`, `province`, `upper`, `base`)."""
    source: str
    window: Span
    theme: str | None = None
    text_limit: int | None = None
    """Characters a member may write, where the document sets a limit."""
    practice: Span | None = None
    """When an initiative must have been put into practice."""
    peaks: tuple[Span, ...] = ()
    phases: tuple[Phase, ...] = ()
    slogans: tuple[Slogan, ...] = ()
    duties: tuple[DutyTemplate, ...] = ()
    recurring: tuple[RecurringTemplate, ...] = ()
    quotas: tuple[Quota, ...] = ()
    questions: tuple[Question, ...] = ()
    criteria: tuple[Criterion, ...] = ()
    """By what initiatives are scored; none: they are not."""
    hashtags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Programme(Template):
    """A template set to its dates: every text is final."""
