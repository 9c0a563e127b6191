"""From something to be said to the messages a channel sends.

Pure text work: no channel is named here and nothing is escaped; a channel that needs escaping does it itself.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

from messages import types
from messages.catalogue import Catalogue
from messages.types import NAVIGATION, Choice, Outbound, Say

PARAGRAPH = re.compile(r"[ \t]*\n[ \t]*\n\s*")
LINE = re.compile(r"[ \t]*\n\s*")
SENTENCE = re.compile(r"(?<=[.!?…;:])\s+")
WORD = re.compile(r"\s+")
JOINER = "\u200d"


def render(say: Say, catalogue: Catalogue) -> Outbound:
    """Put words to what a flow wants said.

    A choice whose label is a key of the catalogue (`label.agree`) gets its words; any other label is shown as it is.
    """
    text = catalogue.text(say.key, say.values)
    choices = tuple(Choice(choice.key, _label(choice, catalogue), choice.word) for choice in say.choices)
    return Outbound(text, choices, say.question, say.ask_contact, picture=say.picture)


def numbered(outbound: Outbound, catalogue: Catalogue) -> str:
    """The whole message as text, for a channel without buttons: choices as a numbered list, those that have a word with
    what it stands for, ways out as words.
    """
    worded = [(choice.word, choice.label) for choice in outbound.choices if choice.word and choice.word != choice.label]
    ways = [choice.label for choice in outbound.choices if choice.word == choice.label or choice.key in NAVIGATION]
    parts = [outbound.text]
    if listed := types.numbered(outbound.choices):
        parts.append("\n".join(f"{number}. {choice.label}" for number, choice in enumerate(listed, 1)))
        parts.append(catalogue.text("common.choose_number", {}))
    if worded:
        parts.append(catalogue.text("common.choose_word", {"worded": worded}))
    if ways:
        parts.append(catalogue.text("common.ways_out", {"ways": ways}))
    return "\n\n".join(parts)


def split(outbound: Outbound, limit: int, *, under: int = 0) -> tuple[Outbound, ...]:
    """Cut a message into parts of at most `limit` UTF-16 units; what stands under it goes with the last part.

    `under`: the units that takes there as text (see `under`).
    """
    *heads, last = pieces(outbound.text, limit)
    if units(last) + under > limit:
        *more, last = pieces(last, max(limit - under, limit // 4))
        heads += more
    return (*(Outbound(head) for head in heads), replace(outbound, text=last))


def under(outbound: Outbound, buttons: int, catalogue: Catalogue) -> int:
    """The UTF-16 units that the choices take as text, on a channel with so many buttons: 0 when they fit on those."""
    if len(outbound.choices) <= buttons:
        return 0
    return units(numbered(outbound, catalogue)) - units(outbound.text)


def pieces(text: str, limit: int) -> list[str]:
    """Cut at a paragraph's end, else a line's, a sentence's, a word's; only white space is lost, and only at a cut."""
    if limit < 2:
        raise ValueError("a part must have room for at least one character")
    if units(text) <= limit:
        return [text]
    parts = []
    rest = text.strip()
    while units(rest) > limit:
        end, start = _cut(rest, _room(rest, limit))
        parts.append(rest[:end])
        rest = rest[start:]
    return [*parts, rest]


def _label(choice: Choice, catalogue: Catalogue) -> str:
    known = choice.label.startswith("label.") and choice.label in catalogue
    return catalogue.text(choice.label, {}) if known else choice.label


def _cut(text: str, room: int) -> tuple[int, int]:
    """Where the part ends and where the rest begins; a part is at least a third full unless only words divide it."""
    for gap, least in ((PARAGRAPH, room // 3), (LINE, room // 3), (SENTENCE, room // 3), (WORD, 1)):
        ends = [found.span() for found in gap.finditer(text, 0, room + 2) if max(least, 1) <= found.start() <= room]
        if ends:
            return ends[-1][0], _after_space(text, ends[-1][1])
    whole = _before_marks(text, room)
    return whole, whole


def _after_space(text: str, start: int) -> int:
    while start < len(text) and text[start].isspace():
        start += 1
    return start


def _before_marks(text: str, room: int) -> int:
    """Step back from a combining mark or a joined emoji, so that no character is torn apart."""
    end = room
    while end > 1 and (unicodedata.category(text[end])[0] == "M" or JOINER in text[end - 1 : end + 1]):
        end -= 1
    return end if end > 1 else room


def units(text: str) -> int:
    """The length as the platforms count it: a character beyond the basic plane counts twice."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _room(text: str, limit: int) -> int:
    """How many characters from the start fit into `limit` units."""
    units = 0
    for index, character in enumerate(text):
        units += 2 if character > "\uffff" else 1
        if units > limit:
            return index
    return len(text)
