"""Ready-made programmes: templates with the dates of their original year, and clones of them set to new dates.

Whether and when a programme runs is decided elsewhere; a template is closed by nature.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from datetime import date
from functools import cache
from typing import Any

from messages import dates, programme_files
from messages.filters import plain_text
from messages.shapes import (
    Criterion,
    DutyTemplate,
    Every,
    Kind,
    Limit,
    Per,
    Phase,
    Programme,
    Question,
    Quota,
    Slogan,
    Span,
    Template,
)

__all__ = [
    "Criterion",
    "DutyTemplate",
    "Every",
    "Kind",
    "Limit",
    "Per",
    "Phase",
    "Programme",
    "Question",
    "Quota",
    "Slogan",
    "Span",
    "Template",
    "answers_shown",
    "clone",
    "clone_year",
    "load_all",
]


@cache
def load_all() -> tuple[Template, ...]:
    """Every template that ships, by code. A file that cannot be used raises `BadTemplate` with its name."""
    return programme_files.read_all()


def clone(template: Template, opens: date) -> Programme:
    """The programme opening on another day; every interval between its dates stays as it was."""
    shift = opens - template.window.opens
    return _set(template, lambda day: day + shift)


def clone_year(template: Template, year: int) -> Programme:
    """The programme opening in another year, every date on its own day of the calendar (19/5 stays 19/5)."""
    years = year - template.window.opens.year
    return _set(template, lambda day: _in_year(day, day.year + years))


def answers_shown(questions: Iterable[Mapping[str, Any]], answers: Mapping[str, str]) -> list[tuple[str, str]]:
    """A programme's questions, as stored (`dataclasses.asdict`), with somebody's answers as a person reads them."""
    given = [(question, answers[question["key"]]) for question in questions if question["key"] in answers]
    return [(question["label"], dict(question.get("options", ())).get(value, value)) for question, value in given]


def _in_year(day: date, year: int) -> date:
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def _set(template: Template, move: Callable[[date], date]) -> Programme:
    moved = _moved(template, move)
    year = moved.window.opens.year
    values = {"year": year, "lunar_year": dates.lunar_year(year), "practice": moved.practice}
    worded = {field.name: _worded(getattr(moved, field.name), values) for field in fields(moved)}
    return Programme(**worded)


def _moved(value: Any, move: Callable[[date], date]) -> Any:
    """The same data with every date in it moved."""
    if isinstance(value, date):
        return move(value)
    if isinstance(value, tuple):
        return tuple(_moved(item, move) for item in value)
    if hasattr(value, "__dataclass_fields__"):
        return replace(value, **{field.name: _moved(getattr(value, field.name), move) for field in fields(value)})
    return value


def _worded(value: Any, values: Mapping[str, Any]) -> Any:
    """The same data with every text in it filled in."""
    if type(value) is str and "{{" in value:
        return plain_text().from_string(value).render(values)
    if isinstance(value, tuple):
        return tuple(_worded(item, values) for item in value)
    if hasattr(value, "__dataclass_fields__"):
        return replace(value, **{field.name: _worded(getattr(value, field.name), values) for field in fields(value)})
    return value
