"""What two runs of the same code say alike: without what chance, the machine or the hour decides."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from pathlib import Path

from handlers.office import CODE_ALPHABET
from messages.dates import ZONE, local

SIGN = f"[{CODE_ALPHABET}]"
CHANCE = re.compile(
    rf"(?<=[A-Z]{{2}}-\d\d-){SIGN}{{5}}\b"  # public codes
    rf"|\b(?!\d{{4}}-\d{{4}}\b){SIGN}{{4}}-{SIGN}{{4}}\b"  # one-time codes
    rf"|\b{SIGN}{{26}}\b"  # addresses of files
    r"|(?<=Mã mở tệp: )\d{6}\b"  # the codes they ask for
    rf"|(?<=linking@){SIGN}{{8}}\b"
    r"|(?<=state=)[\w-]{12}\b"
    r"|(?<=forward_sure\.)[0-9a-f]{1,8}\b"  # which list was agreed to
    r"|\b(?=[a-f]*\d)(?:[0-9a-f]{64}|[0-9a-f]{32}|[0-9a-f]{16}|[0-9a-f]{12}|[0-9a-f]{8})\b"  # drafts, errors, digests
    r"|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"
    r"|(?<![\w-])[\w-]{43}(?![\w-])",  # keys
)
CHAT = re.compile(r"(?<=<)[^<>\n]+(?=> · )")
PLACES = (
    (re.compile(r"(?<=127\.0\.0\.1:)\d{2,5}\b|(?<=localhost:)\d{2,5}\b"), "{port}"),
    (re.compile(r"(?<=còn trống )[\d.,]+ [KMGT]B"), "{room}"),
    (re.compile(r"/(?:tmp|dev/shm)/[^\s\"'”»,;:?]+"), "{path}"),
)
CALLED = re.compile(r"^\[called \| .*\]\n", re.MULTILINE)
"""The name in Zalo, which is asked for meanwhile and may come later than the question that offers it."""
TIME = re.compile(r"(?<!\d)(?!24)([0-2]?\d)([:h])([0-5]\d)(?::[0-5]\d(?:\.\d+)?)?(?!\d)")
DAY = re.compile(r"\b(\d{1,2})/(\d{1,2})(?:/(20\d\d))?\b(?!/)|\b(20\d\d)-(\d\d)-(\d\d)(?=\b|T)")
NEAR = 45
"""Days around today: a date within them counts from today where the machine's clock is read."""
COARSE = 5
"""Minutes: a clock that goes on while a dialogue lasts is told no finer."""


class Clock(Enum):
    """What a test goes by."""

    STANDS = "its own clock, which it moves itself"
    GOES = "its own clock, which goes on meanwhile"
    MACHINE = "the clock of this machine"


def person(account: str, chat: str) -> str:
    """Somebody, so that `normal` knows what names them."""
    return f"{account} <{chat}> · "


def minute(moment: datetime) -> str:
    """The nearest moment of those that are told apart."""
    nearest = local(moment + timedelta(minutes=COARSE / 2))
    return f"{nearest - timedelta(minutes=nearest.minute % COARSE):%Y-%m-%d %H:%M}"


def normal(text: str, clock: Clock) -> str:
    """Without what chance or the machine decides: what is random is named by the order in which it appears."""
    for pattern, name in PLACES:
        text = pattern.sub(name, text)
    text = _named(CHANCE, "#", _named(CHAT, "chat ", text))
    if clock is Clock.GOES:
        return TIME.sub(lambda it: f"{it[1]}{it[2]}{int(it[3]) // COARSE * COARSE:02}", CALLED.sub("", text))
    return DAY.sub(_day, TIME.sub("{time}", text)) if clock is Clock.MACHINE else text


def _named(pattern: re.Pattern[str], name: str, text: str) -> str:
    seen: dict[str, str] = {}
    return pattern.sub(lambda it: seen.setdefault(it[0], f"{name}{len(seen) + 1}"), text)


def _day(found: re.Match[str]) -> str:
    """A date near today as its distance from today."""
    today = datetime.now(UTC).astimezone(ZONE).date()
    day, month, year, *other_way = found.groups()
    year, month, day = (year or today.year, month, day) if day else other_way
    try:
        away = (date(int(year), int(month), int(day)) - today).days
    except ValueError:
        return found[0]
    return f"{{today{away:+}}}" if abs(away) <= NEAR else found[0]


def compare(old: Path, new: Path) -> int:
    """Print what differs between two folders, then what stands in one of them only; how many tests differ."""
    before, after = _tests(old), _tests(new)
    differing = [name for name in before if name in after and before[name] != after[name]]
    for name in differing:
        was, became = before[name].splitlines(), after[name].splitlines()
        print(name, *difflib.unified_diff(was, became, str(old), str(new), lineterm="", n=3), sep="\n", end="\n\n")
    for folder, here, there in ((old, before, after), (new, after, before)):
        print(*(f"only in {folder}: {name}\n" for name in here if name not in there), sep="", end="")
    print(f"{len(before.keys() & after.keys())} tests in both, {len(differing)} of them differ")
    return len(differing)


def _tests(folder: Path) -> dict[str, str]:
    """What was said, by test."""
    told: Iterable[str] = (path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.txt")))
    return {name: said for name, _, said in (one.partition("\n") for one in told)}
