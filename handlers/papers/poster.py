"""A unit's poster: one A4 page with its QR codes, three steps, its name and code. SVG, or a page that prints it.

One colour is enough for it: nothing is told by colour alone. Lengths are millimetres on the page.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

import segno

from messages.catalogue import Catalogue

WIDTH, HEIGHT, MARGIN = 210, 297, 16
INNER = WIDTH - 2 * MARGIN
NAME_TOP, NAME_SIZE, NAME_LEAST = 50, 13, 6
"""The usual name has capitals of 9 mm; even the longest keeps 4 mm, which two metres allow."""
CODES_END = 192
STEPS_TOP, STEP_HEIGHT = 204, 16
FOOT_TOP = 250
GAP = 12
QUIET = 4
"""Modules of white around a QR code (ISO/IEC 18004)."""
LEADING = 1.22
INK, PALE = "#0b4ea2", "#ffffff"
FONTS = "'Be Vietnam Pro','Segoe UI','Noto Sans','DejaVu Sans',system-ui,sans-serif"

WIDTHS = {"iljtrf.,;:!|'()[]-– ·": 0.38, "mwMWƯƠ@%—": 1.06}
"""How wide these letters are in a bold face, of the type's size: broad enough for every font of the list."""
CAPITAL, LETTER = 0.8, 0.67


@dataclass(frozen=True, slots=True)
class Poster:
    """What stands on it. At least one link; a link that is None is left out."""

    organisation: str
    bot_name: str
    unit: str
    code: str
    telegram_link: str | None = None
    web_link: str | None = None
    on_zalo: bool = False
    """Whether to say how the unit's code is typed on Zalo."""


@dataclass(frozen=True, slots=True)
class Lines:
    """A text broken into lines of one size."""

    size: float
    lines: tuple[str, ...]

    @property
    def height(self) -> float:
        """Millimetres from the first line's top to the last line's foot."""
        return self.size * LEADING * len(self.lines)


def svg(poster: Poster, words: Catalogue) -> bytes:
    """The poster as a standalone SVG file of the size of an A4 page."""
    body = "\n".join(_body(poster, words))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="210mm" height="297mm" viewBox="0 0 {WIDTH} {HEIGHT}"'
    title = f"<title>{escape(poster.unit)}</title>"
    return f'{head} font-family="{FONTS}" fill="{INK}">\n{title}\n{body}\n</svg>\n'.encode()


def page(poster: Poster, words: Catalogue) -> bytes:
    """The poster as a page that a browser prints on exactly one sheet."""
    style = "@page{size:A4;margin:0}html,body{margin:0}svg{display:block;width:210mm;height:297mm}"
    head = f'<meta charset="utf-8"><title>{escape(poster.unit)}</title><style>{style}</style>'
    body = svg(poster, words).decode()
    return f'<!doctype html>\n<html lang="vi"><head>{head}</head>\n<body>{body}</body></html>\n'.encode()


def fit(text: str, *, width: float, largest: float, smallest: float, most: int) -> Lines:
    """The text in the largest size at which it takes at most so many lines; never below `smallest`."""
    size = largest
    while len(_wrapped(text, width / size)) > most and size > smallest:
        size = max(smallest, size - 0.25)
    return Lines(size, tuple(_balanced(text, width / size)))


def _body(poster: Poster, words: Catalogue) -> Iterator[str]:
    yield f'<rect width="{WIDTH}" height="{NAME_TOP - 8}"/>'
    title = fit(words.text("poster.title", {}), width=INNER, largest=13, smallest=8, most=1)
    yield from _lines(title, x=WIDTH / 2, top=9, bold=True, fill=PALE)
    subtitle = fit(words.text("poster.subtitle", {}), width=INNER, largest=8, smallest=5, most=1)
    yield from _lines(subtitle, x=WIDTH / 2, top=26, fill=PALE)
    name = fit(poster.unit, width=INNER, largest=NAME_SIZE, smallest=NAME_LEAST, most=3)
    yield from _lines(name, x=WIDTH / 2, top=NAME_TOP, bold=True)
    yield from _codes(poster, words, top=NAME_TOP + name.height + 3)
    yield from _steps([words.text(f"poster.step_{number}", {}) for number in (1, 2, 3)])
    yield from _foot(poster, words)


def _codes(poster: Poster, words: Catalogue, *, top: float) -> Iterator[str]:
    """One code, as large as there is room for, or two side by side, each with what it opens and its link in letters."""
    named = [("poster.telegram", poster.telegram_link), ("poster.web", poster.web_link)]
    links = [(key, link) for key, link in named if link is not None]
    side = min((INNER - GAP * (len(links) - 1)) / len(links), CODES_END - top - 14)
    left = (WIDTH - side * len(links) - GAP * (len(links) - 1)) / 2
    for number, (key, link) in enumerate(links):
        x = left + number * (side + GAP)
        yield _qr(link, x=x, y=top, side=side)
        caption = words.text(key if len(links) > 1 else "poster.scan", {})
        yield _text(caption, x=x + side / 2, y=top + side + 6, size=5.2, bold=True)
        spelled = fit(link, width=side + GAP - 2, largest=4, smallest=2.4, most=1)
        yield from _lines(spelled, x=x + side / 2, top=top + side + 7.5)


def _qr(link: str, *, x: float, y: float, side: float) -> str:
    """A QR code as one path: a stroke for every run of dark modules."""
    rows = [bytes(row) for row in segno.make(link, micro=False, error="m").matrix]
    path = "".join(f"M{start} {line}.5h{end - start}" for line, row in enumerate(rows) for start, end in _runs(row))
    scale = side / (len(rows) + 2 * QUIET)
    place = f"translate({x + QUIET * scale:.3f} {y + QUIET * scale:.3f}) scale({scale:.5f})"
    return f'<path class="qr" transform="{place}" d="{path}" stroke="#000000" stroke-width="1" fill="none"/>'


def _runs(row: bytes) -> Iterator[tuple[int, int]]:
    """Where each run of dark modules begins and ends."""
    return ((found.start(), found.end()) for found in re.finditer(b"\x01+", row))


def _steps(steps: Sequence[str]) -> Iterator[str]:
    """Numbered lines, all of the size at which the longest fits."""
    size = min(fit(step, width=INNER - 18, largest=9, smallest=5, most=1).size for step in steps)
    for number, step in enumerate(steps, 1):
        middle = STEPS_TOP + (number - 1) * STEP_HEIGHT
        yield f'<circle cx="{MARGIN + 7}" cy="{middle}" r="6.4"/>'
        yield _text(str(number), x=MARGIN + 7, y=middle + 3, size=8.4, bold=True, fill=PALE)
        yield _text(step, x=MARGIN + 18, y=middle + size * 0.36, size=size, anchor="start")


def _foot(poster: Poster, words: Catalogue) -> Iterator[str]:
    frame = f'x="{MARGIN}" y="{FOOT_TOP}" width="{INNER}" height="31" rx="4"'
    yield f'<rect {frame} fill="none" stroke="{INK}" stroke-width="0.8"/>'
    code = f"{words.text('poster.code', {})}: {poster.code}"
    size = fit(code, width=INNER - 8, largest=12, smallest=6, most=1).size
    yield _text(code, x=WIDTH / 2, y=FOOT_TOP + (14 if poster.on_zalo else 19), size=size, bold=True)
    if poster.on_zalo:
        zalo = _small(words.text("poster.zalo", {"bot_name": poster.bot_name}), width=INNER - 8)
        yield from _lines(zalo, x=WIDTH / 2, top=FOOT_TOP + 19)
    footer = _small(words.text("poster.footer", {"organisation": poster.organisation}), width=INNER)
    yield from _lines(footer, x=WIDTH / 2, top=FOOT_TOP + 34)


def _small(text: str, *, width: float) -> Lines:
    return fit(text, width=width, largest=6, smallest=3, most=1)


def _lines(block: Lines, *, x: float, top: float, bold: bool = False, fill: str = INK) -> Iterator[str]:
    for number, line in enumerate(block.lines):
        y = top + block.size * (0.95 + number * LEADING)
        yield _text(line, x=x, y=y, size=block.size, bold=bold, fill=fill)


def _text(
    text: str, *, x: float, y: float, size: float, bold: bool = False, fill: str = INK, anchor: str = "middle"
) -> str:
    place = f'x="{x:g}" y="{y:.2f}" font-size="{size:g}" text-anchor="{anchor}"'
    weight = ' font-weight="700"' if bold else ""
    return f'<text {place}{weight} fill="{fill}">{escape(text)}</text>'


def _balanced(text: str, room: float) -> list[str]:
    """As few lines as there must be, as even as they can be."""
    lines = _wrapped(text, room)
    while room > 1 and len(narrower := _wrapped(text, room * 0.97)) == len(lines):
        lines, room = narrower, room * 0.97
    return lines


def _wrapped(text: str, room: float) -> list[str]:
    """Lines no wider than `room` type sizes, broken between words, or inside one that is wider than a line."""
    lines: list[str] = []
    for word in _pieces(text, room):
        if lines and _width(f"{lines[-1]} {word}") <= room:
            lines[-1] = f"{lines[-1]} {word}"
        else:
            lines.append(word)
    return lines


def _pieces(text: str, room: float) -> Iterator[str]:
    for word in text.split():
        piece = ""
        for letter in word:
            if piece and _width(piece + letter) > room:
                yield piece
                piece = ""
            piece += letter
        yield piece


def _width(text: str) -> float:
    """A careful estimate, in type sizes, whichever font the printer has."""
    return sum(_letter_width(letter) for letter in unicodedata.normalize("NFC", text))


def _letter_width(letter: str) -> float:
    plain = unicodedata.normalize("NFD", letter)[0]
    known = next((width for letters, width in WIDTHS.items() if plain in letters), None)
    return known or (CAPITAL if letter.isupper() else LETTER)
