"""Texts that staff write themselves: three variables and nothing else of a template may stand in them.

A text is parsed, and every part of it must be on the white list: plain words, a known name, a filter of letters. So
there is no loop, no call, no attribute, no arithmetic, and filling in costs next to nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import lru_cache

from jinja2 import Environment, StrictUndefined, Template, TemplateSyntaxError, nodes

from messages.errors import BadWords

LIMIT = 1000
"""Characters of a text, as the platforms count them: with its variables filled in it fits every channel (2,000)."""
MOST_VARIABLES = 5
LONGEST_VALUE = 120
"""Characters; a longer name is cut."""
FIELDS = ("ten", "don_vi", "to_chuc")
"""Given name, unit, organisation: written `{{ ten }}`."""
FILTERS = frozenset({"upper", "lower"})

_GAP = re.compile(r"[ \t]{2,}")
_LOOSE = re.compile(r"[ \t]+([,.;:!?])")


class Fault(StrEnum):
    """Why a text cannot be sent."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    TOO_MANY = "too_many"
    """More variables than fit."""
    BROKEN = "broken"
    """A brace that opens and does not close, a remark."""
    FORBIDDEN = "forbidden"
    """Anything of a template but a known variable."""


def fault(text: str) -> Fault | None:
    """What is wrong with a text; None when it may be sent."""
    if not text.strip():
        return Fault.EMPTY
    if len(text.encode("utf-16-le")) // 2 > LIMIT:
        return Fault.TOO_LONG
    if "{#" in text:  # a remark would vanish without a word
        return Fault.BROKEN
    try:
        tree = _environment().parse(text)
        sound = all(map(_is_allowed, _parts(tree)))
    except (TemplateSyntaxError, RecursionError):  # the second: brackets in brackets, hundreds deep
        return Fault.BROKEN
    if not sound:
        return Fault.FORBIDDEN
    return Fault.TOO_MANY if sum(1 for _ in tree.find_all(nodes.Name)) > MOST_VARIABLES else None


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text as one person gets it. Raises BadWords for a text that has a fault.

    A value that is not known leaves no gap behind.
    """
    filled = _compiled(text).render({field: values[field][:LONGEST_VALUE] for field in FIELDS})
    return _LOOSE.sub(r"\1", _GAP.sub(" ", filled)).strip() if "" in values.values() else filled.strip()


@lru_cache(maxsize=32)
def _compiled(text: str) -> Template:
    found = fault(text)
    if found is not None:
        raise BadWords(f"a text of staff is {found}")
    return _environment().from_string(text)


def _environment() -> Environment:
    return Environment(autoescape=False, undefined=StrictUndefined)  # noqa: S701 - what is made is plain text


def _parts(tree: nodes.Node) -> Iterator[nodes.Node]:
    for part in tree.iter_child_nodes():
        yield part
        yield from _parts(part)


def _is_allowed(part: nodes.Node) -> bool:
    match part:
        case nodes.Output() | nodes.TemplateData():
            return True
        case nodes.Name():
            return part.ctx == "load" and part.name in FIELDS
        case nodes.Filter():
            bare = not (part.args or part.kwargs or part.dyn_args or part.dyn_kwargs)
            return bare and part.node is not None and part.name in FILTERS
        case _:
            return False
