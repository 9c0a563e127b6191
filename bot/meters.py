"""Counters of this process and the page that shows them, in the text format Prometheus reads.

Nothing here tells a person, a chat or a text: labels are accounts, reasons, states, codes of broadcasts.
"""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from bot.vitals import Vitals
from bot.writer import Writer
from handlers.news import progress
from storage import signals
from storage.database import Fault, Transaction
from storage.errors import WrongKey
from storage.outcomes import Outcome, Report
from storage.signals import Signals

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Seconds: the upper ends of a histogram's boxes."""
PATIENCE = 5.0
"""Seconds the database may take to be asked."""
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Labels = tuple[tuple[str, str], ...]
Samples = Iterable[tuple[Labels, float]]


@dataclass
class Timer:
    """How often something took how long."""

    boxes: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    seconds: float = 0.0

    def add(self, seconds: float) -> None:
        """It took so long once more."""
        self.boxes[bisect_left(BOUNDS, seconds)] += 1
        self.seconds += seconds


class Meters:
    """What this process has done since it started."""

    def __init__(self, vitals: Vitals | None = None) -> None:
        self._vitals = vitals or Vitals()
        self._turns: dict[str, Timer] = {}
        self._landed: Counter[tuple[str, str, str]] = Counter()
        self._pauses: Counter[str] = Counter()

    def turn(self, account: str, seconds: float) -> None:
        """A turn is committed, so long after it came in."""
        self._turns.setdefault(account, Timer()).add(seconds)

    def landed(self, report: Report) -> None:
        """A send came to an end."""
        account = report.claimed.address.account
        self._landed[account, report.outcome.value, report.reason or ""] += 1
        if report.outcome is Outcome.PAUSED:
            self._pauses[account] += 1

    async def page(self, writer: Writer) -> str:
        """Everything, read now; what is of this process alone while the database does not answer."""
        try:
            async with asyncio.timeout(PATIENCE):
                shared = await _shared(writer)
        except (Fault, WrongKey, TimeoutError):
            shared = ()
        return "".join((*self.own(), *_family("database_up", "gauge", [((), bool(shared))]), *shared))

    def own(self) -> Iterator[str]:
        """What needs no database."""
        yield _head("turn_seconds", "histogram")
        for account, timer in sorted(self._turns.items()):
            yield from _histogram("turn_seconds", (("account", account),), timer)
        landed = ((_landed(key), number) for key, number in sorted(self._landed.items()))
        yield from _family("sends_total", "counter", landed)
        yield from _family("pauses_total", "counter", _by_account(self._pauses))
        yield from _family("key_fits", "gauge", [((), self._vitals.key_fits)])
        ears = self._vitals.ears.items()
        heard = {account: ear.heard_seconds for account, ear in ears}
        deaf = {account: ear.deaf_seconds or 0.0 for account, ear in ears}
        refused = {(account, reason): n for account, ear in ears for reason, n in ear.refused.items()}
        known = {account: seconds for account, seconds in heard.items() if seconds is not None}
        yield from _family("heard_seconds", "gauge", _by_account(known))
        yield from _family("deaf_seconds", "gauge", _by_account(deaf))
        refusals = ((tuple(zip(("account", "reason"), key, strict=True)), n) for key, n in sorted(refused.items()))
        yield from _family("refused_total", "counter", refusals)
        yield from _family("unopened_total", "counter", [((), self._vitals.unopened)])


async def _shared(writer: Writer) -> tuple[str, ...]:
    """What the database tells, and how long one waits to write into it."""
    began = time.perf_counter()
    await writer.run(_nothing)
    waited = time.perf_counter() - began
    told, under_way = await writer.read(_facts)
    return *_of_all(told, under_way), *_family("writer_wait_seconds", "gauge", [((), waited)])


def _nothing(db: Transaction) -> None:
    """Waits in the writer's queue like everybody."""


def _facts(db: Transaction) -> tuple[Signals, Mapping[str, int]]:
    return signals.read(db), progress.waiting(db)


def _of_all(told: Signals, under_way: Mapping[str, int]) -> Iterator[str]:
    """What the database knows, whichever process asks."""
    yield from _family("oldest_unsent_seconds", "gauge", _by_account(told.oldest))
    yield from _family("halted_seconds", "gauge", _by_account(told.halted))
    yield from _family("outage_seconds", "gauge", _by_account(told.out))
    yield from _family("in_flight", "gauge", _by_account(told.flying))
    yield from _family("held_rows", "gauge", [((), told.held)])
    yield from _family("unknown_rows", "gauge", [((), told.unknown)])
    held = (((("lease", name), ("owner", owner)), 1.0) for name, owner in sorted(told.leases.items()))
    yield from _family("lease_held", "gauge", held)
    waiting = (((("broadcast", code),), float(number)) for code, number in sorted(under_way.items()))
    yield from _family("broadcast_waiting", "gauge", waiting)


def _by_account(values: Mapping[str, float]) -> Samples:
    return [((("account", account),), value) for account, value in sorted(values.items())]


def _landed(key: tuple[str, str, str]) -> Labels:
    return tuple(zip(("account", "outcome", "reason"), key, strict=True))


def _histogram(name: str, labels: Labels, timer: Timer) -> Iterator[str]:
    total = 0
    for bound, number in zip((*map(str, BOUNDS), "+Inf"), timer.boxes, strict=True):
        total += number
        yield _line(f"{name}_bucket", (*labels, ("le", bound)), total)
    yield _line(f"{name}_sum", labels, timer.seconds)
    yield _line(f"{name}_count", labels, total)


def _family(name: str, kind: str, samples: Samples) -> Iterator[str]:
    yield _head(name, kind)
    for labels, value in samples:
        yield _line(name, labels, value)


def _head(name: str, kind: str) -> str:
    return f"# TYPE congdoan_{name} {kind}\n"


def _line(name: str, labels: Labels, value: float) -> str:
    quoted = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels)
    return f"congdoan_{name}{{{quoted}}} {value:g}\n" if quoted else f"congdoan_{name} {value:g}\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
