"""From stored lines to what a template shows: local times, numbered choices, what was chosen, codes to copy.

Pure: nothing is read, and no HTML is made here.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from messages import dates
from messages.types import Outbound, numbered, payload
from storage.transcript import Spoken

CODE = re.compile(r"\b((?:SK|YK)-\d{2}-[0-9A-HJ-NP-Z]{5})\b")
"""A public code."""
PAGE = r"/files/[0-9A-Z]{26}(?![0-9A-Za-z])"
"""The path of a page of ours on which a file is handed in or fetched."""
LONG_TEXTS = {"initiative.text": 1000, "feedback.text": 2000}
"""Questions that ask for a long text, and how many characters it may have."""
COUNTED = re.compile(r"[^\n]*?\b(\d[\d.]*)/\d\.\d{3}\b")
"""«600/1.000» in the first line: how much of a text that comes in several messages stands, to which the next is added.
"""
START = "/start"


@dataclass(frozen=True, slots=True)
class Chip:
    """One choice under a message."""

    number: int
    """What may be typed instead; 0 for what has a word, such as a way out."""
    payload: str
    label: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a line: plain text, a public code to be copied, or the address of a page of ours."""

    text: str
    kind: str = "text"
    """`text`, `code` or `link`."""
    path: str = ""
    """Where a link leads on this site."""


@dataclass(frozen=True, slots=True)
class LineView:
    """One bubble."""

    id: int
    mine: bool
    time: str
    day: str
    """ISO, to compare."""
    day_words: str
    parts: tuple[Part, ...]
    text: str
    picture: str = ""
    """The path of a picture of ours."""
    chips: tuple[Chip, ...] = ()
    spent: bool = False
    """A later message asked something else."""
    limit: int = 0
    """How long the text asked for may be; zero when none is."""
    used: int = 0
    form_id: str = ""
    """Makes a form sent twice one line."""


def of(stored: Iterable[Spoken], *, home: str = "") -> list[LineView]:
    """A history as it is shown: an answer by button is the chosen chip, and only the last question is still open.
    `home`: the public address of this site; only what begins with it is a link or a picture.
    """
    shown: list[LineView] = []
    asked = -1
    for line in stored:
        view = one(line, home=home)
        if not view.mine:
            shown.append(view)
            if view.chips:
                _spend(shown, asked)
                asked = len(shown) - 1
        elif not (asked >= 0 and _choose(shown, asked, view.text)) and not view.text.startswith(START):
            shown.append(view)
    return shown


def one(line: Spoken, *, home: str = "") -> LineView:
    """A single line, knowing nothing of those before it."""
    at = dates.local(line.at)
    message = line.message
    return LineView(
        id=line.id,
        mine=line.mine,
        time=dates.time_words(at),
        day=at.date().isoformat(),
        day_words=f"{dates.weekday_words(at)}, {dates.date_words(at)}",
        parts=tuple(_parts(message.text, home)),
        text=message.text,
        picture=message.picture.removeprefix(home) if message.picture.startswith(f"{home}/pictures/") else "",
        chips=_chips(message),
        limit=_limit(message),
        used=_used(message),
        form_id=str(uuid.uuid4()),
    )


def _parts(text: str, home: str) -> Iterator[Part]:
    ours = re.compile(f"{CODE.pattern}|{re.escape(home)}({PAGE})" if home else CODE.pattern)
    end = 0
    for found in ours.finditer(text):
        if found.start() > end:
            yield Part(text[end : found.start()])
        path = found[2] if home else None
        yield Part(found[0], "link", path) if path else Part(found[0], "code")
        end = found.end()
    if end < len(text):
        yield Part(text[end:])


def _chips(message: Outbound) -> tuple[Chip, ...]:
    numbers = {choice: number for number, choice in enumerate(numbered(message.choices), 1)}
    return tuple(
        Chip(numbers.get(choice, 0), payload(message.question, choice.key), choice.label) for choice in message.choices
    )


def _limit(message: Outbound) -> int:
    return next((limit for question, limit in LONG_TEXTS.items() if message.question.startswith(question)), 0)


def _used(message: Outbound) -> int:
    """What has arrived, and the line break that will join the next part to it."""
    counted = COUNTED.match(message.text) if _limit(message) else None
    arrived = int(counted[1].replace(".", "")) if counted else 0
    return arrived + 1 if arrived else 0


def _spend(shown: list[LineView], index: int) -> None:
    if index >= 0:
        shown[index] = replace(shown[index], spent=True)


def _choose(shown: list[LineView], index: int, text: str) -> bool:
    """Mark the choice these words name; whether they are its label, so that no bubble need repeat it."""
    asking, said = shown[index], text.strip()
    named = next((chip for chip in asking.chips if said in _names(chip, asking)), None)
    if named is None:
        return False
    marked = tuple(replace(chip, chosen=chip is named) for chip in asking.chips)
    shown[index] = replace(asking, chips=marked, spent=True)
    return said == named.label


def _names(chip: Chip, asking: LineView) -> set[str]:
    """What one may type instead of pressing; where a long text is asked for, a number is just a text."""
    return {chip.label} if asking.limit or not chip.number else {chip.label, str(chip.number)}
