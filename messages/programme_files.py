"""Reads programmes/*.toml: one file per programme or campaign, strict about every field.

In a file the last day is written as the document says it; here it becomes an exclusive bound.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar

from messages.errors import BadTemplate
from messages.shapes import (
    Criterion,
    DutyTemplate,
    Every,
    Kind,
    Limit,
    Per,
    Phase,
    Question,
    Quota,
    RecurringTemplate,
    Slogan,
    Span,
    Template,
)

DIRECTORY = Path(__file__).with_name("programmes")
DAY = timedelta(days=1)
Row = Mapping[str, Any]
Keyed = TypeVar("Keyed", DutyTemplate, RecurringTemplate, Quota, Question, Criterion)
Shape = TypeVar("Shape")


def read_all(directory: Path = DIRECTORY) -> tuple[Template, ...]:
    """Every template of a directory, by code."""
    templates = sorted((read(file) for file in directory.glob("*.toml")), key=lambda template: template.code)
    codes = [template.code for template in templates]
    if twice := {code for code in codes if codes.count(code) > 1}:
        raise BadTemplate(f"code used twice: {', '.join(sorted(twice))}")
    return tuple(templates)


def read(file: Path) -> Template:
    """One template; whatever is wrong with it is told with the file's name."""
    try:
        return _template(tomllib.loads(file.read_text(encoding="utf-8")))
    except (BadTemplate, ValueError, TypeError) as error:
        raise BadTemplate(f"{file.name}: {error.args[0]}") from error


def _template(tables: Row) -> Template:
    values = dict(tables)
    values["window"] = _span(values.get("window"), "window")
    if "practice" in values:
        values["practice"] = _span(values["practice"], "practice")
    values["kind"] = Kind(values.get("kind", ""))
    values["hashtags"] = tuple(values.get("hashtags", ()))
    values["peaks"] = tuple(_span(row, "peak") for row in values.pop("peak", ()))
    values["phases"] = tuple(_made(Phase, _closed(row, "phase"), "phase") for row in values.pop("phase", ()))
    values["slogans"] = tuple(_made(Slogan, row, "slogan") for row in values.pop("slogan", ()))
    values["duties"] = _keyed((_duty(row) for row in values.pop("duty", ())), "duty")
    values["recurring"] = _keyed((_recurring(row) for row in values.pop("recurring", ())), "recurring")
    values["quotas"] = _keyed((_quota(row) for row in values.pop("quota", ())), "quota")
    values["questions"] = _keyed((_question(row) for row in values.pop("question", ())), "question")
    values["criteria"] = _keyed((_criterion(row) for row in values.pop("criterion", ())), "criterion")
    return _made(Template, values, "programme")


def _span(row: Row | None, where: str) -> Span:
    return _made(Span, _closed(row or {}, where), where)


def _closed(row: Row, where: str) -> dict[str, Any]:
    """`closes` is the last day; it becomes the bound, the day after."""
    values = dict(row)
    if not isinstance(values.get("closes"), date) or not isinstance(values.get("opens"), date):
        raise BadTemplate(f"{where} needs the dates `opens` and `closes`")
    values["bound"] = values.pop("closes") + DAY
    if values["bound"] <= values["opens"]:
        raise BadTemplate(f"{where} closes before it opens")
    return values


def _duty(row: Row) -> DutyTemplate:
    """`before = 14/4` and `until = 13/4` are the same bound."""
    values = dict(row)
    days = [values.pop("before", None), values.pop("until", None)]
    match days:
        case [date() as before, None]:
            values["bound"] = before
        case [None, date() as until]:
            values["bound"] = until + DAY
        case _:
            raise BadTemplate(f"duty {values.get('key')} needs one date, `before` or `until`")
    return _made(DutyTemplate, values, "duty")


def _recurring(row: Row) -> RecurringTemplate:
    return _made(RecurringTemplate, {**row, "every": Every(row.get("every", ""))}, "recurring")


def _quota(row: Row) -> Quota:
    return _made(Quota, {**row, "limit": Limit(row.get("limit", "")), "per": Per(row.get("per", ""))}, "quota")


def _criterion(row: Row) -> Criterion:
    made = _made(Criterion, row, "criterion")
    if not isinstance(made.most, int) or made.most < 1:
        raise BadTemplate(f"criterion {made.key} needs a whole number above 0 as `most`")
    return made


def _question(row: Row) -> Question:
    options = tuple((key, label) for key, label in row.get("options", ()))
    warned = tuple(row.get("warned", ()))
    keys = [key for key, _ in options]
    if unknown := set(warned) - set(keys):
        raise BadTemplate(f"question {row.get('key')} warns of answers it does not offer: {sorted(unknown)}")
    if bool(warned) != bool(row.get("warning")):
        raise BadTemplate(f"question {row.get('key')} needs both `warned` and `warning`, or neither")
    return _made(Question, {**row, "options": options, "warned": warned}, "question")


def _keyed(rows: Iterable[Keyed], where: str) -> tuple[Keyed, ...]:
    """Rows whose keys are all different."""
    made = tuple(rows)
    keys = [row.key for row in made]
    if len(set(keys)) < len(keys):
        raise BadTemplate(f"{where} keys must differ: {', '.join(keys)}")
    return made


def _made(shape: type[Shape], row: Row, where: str) -> Shape:
    """A dataclass from a row: unknown and missing fields are named."""
    shapes = fields(shape)  # type: ignore[arg-type]
    known = {field.name for field in shapes}
    needed = {field.name for field in shapes if field.default is MISSING}
    if unknown := row.keys() - known:
        raise BadTemplate(f"{where} has unknown fields: {', '.join(sorted(unknown))}")
    if missing := needed - row.keys():
        raise BadTemplate(f"{where} lacks: {', '.join(sorted(missing))}")
    return shape(**row)
