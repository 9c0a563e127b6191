"""Reading Vietnamese phone numbers (numbering plan since 2018): accepted, repairable, an identity number, or none.

Pure. Never shows or stores a number; how it is written for people is for the words.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from handlers.text.readers import clean

OLD_PREFIXES = {
    "120": "70", "121": "79", "122": "77", "126": "76", "128": "78",
    "123": "83", "124": "84", "125": "85", "127": "81", "129": "82",
    "162": "32", "163": "33", "164": "34", "165": "35", "166": "36", "167": "37", "168": "38", "169": "39",
    "186": "56", "188": "58", "199": "59",
}  # fmt: skip
"""Mobile prefixes of the 11-digit numbers and what became of them in 2018, without the leading 0."""

ID_DIGITS = 12
"""Digits of a citizen's identity number."""

_MOBILE = re.compile(r"[35789][0-9]{8}")
_OLD_MOBILE = re.compile(r"(1[0-9]{2})([0-9]{7})")
_LANDLINE = re.compile(r"2[0-9]{9}")
_GROUP = "[oO]{0,3}[0-9][0-9oO]*"
_NUMBER = re.compile(rf"(?:\+ ?\(?)?{_GROUP}(?:[ .()\u2010-\u2015-]{{1,3}}{_GROUP})*")
_SHORTEST = 7
"""Fewer digits than this are an age or a house number, not an attempt at a phone number."""


@dataclass(frozen=True, slots=True)
class PhoneOk:
    """A number in use today, as +84 and nine or ten digits."""

    value: str
    landline: bool = False


@dataclass(frozen=True, slots=True)
class PhoneRepair:
    """Not a number of today, but plainly meant as `value`, which must be confirmed."""

    value: str
    why: Literal["letter_o", "old_number"]


@dataclass(frozen=True, slots=True)
class PhoneLikeId:
    """Looks like an identity number: say so, and keep nothing of it."""


@dataclass(frozen=True, slots=True)
class PhoneBad:
    """No phone number, or more than one."""


Phone = PhoneOk | PhoneRepair | PhoneLikeId | PhoneBad


def read_phone(text: str) -> Phone:
    """The one phone number in a typed text, which may be a whole sentence."""
    text = unicodedata.normalize("NFKC", clean(text))
    found = [match for match in _NUMBER.finditer(text) if len(_digits(match[0])) >= _SHORTEST]
    readings = [_classify(match[0]) for match in found]
    if PhoneLikeId() in readings:
        return PhoneLikeId()
    return readings[0] if len(readings) == 1 and not _glued(text, found[0]) else PhoneBad()


def _digits(number: str) -> str:
    return re.sub(r"[^0-9]", "", number.upper().replace("O", "0"))


def _glued(text: str, number: re.Match[str]) -> bool:
    """Whether a letter stands right before or after, so that the number may be mistyped."""
    before, after = text[: number.start()][-1:], text[number.end() :][:1]
    return before.isalnum() or after.isalnum()


def _classify(number: str) -> Phone:
    digits = _digits(number)
    abroad = number.startswith("+")
    significant = _significant(digits, abroad=abroad)
    reading = _current(significant) or _former(significant)
    if reading is None:
        return PhoneLikeId() if len(digits) == ID_DIGITS and not abroad else PhoneBad()
    if isinstance(reading, PhoneOk) and "O" in number.upper():
        return PhoneRepair(reading.value, "letter_o")
    return reading


def _significant(digits: str, *, abroad: bool) -> str:
    """The digits after the country code or the leading 0; empty when the number belongs to another country."""
    if digits.startswith("0084") and len(digits) > ID_DIGITS:
        return digits[4:].removeprefix("0")
    if abroad or (digits.startswith("84") and len(digits) > 10):
        return digits[2:].removeprefix("0") if digits.startswith("84") else ""
    return digits.removeprefix("0")


def _current(significant: str) -> PhoneOk | None:
    if _MOBILE.fullmatch(significant):
        return PhoneOk(f"+84{significant}")
    if _LANDLINE.fullmatch(significant):
        return PhoneOk(f"+84{significant}", landline=True)
    return None


def _former(significant: str) -> PhoneRepair | None:
    old = _OLD_MOBILE.fullmatch(significant)
    if old is None or old[1] not in OLD_PREFIXES:
        return None
    return PhoneRepair(f"+84{OLD_PREFIXES[old[1]]}{old[2]}", "old_number")
