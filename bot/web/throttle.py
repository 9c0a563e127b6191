"""How fast one chat, and one place on the network, may write: token buckets in memory.

A bucket that is full again is forgotten, so that memory follows the traffic and not the number of visitors.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

SWEEP = 4096
"""Look for full buckets when at least this many have gathered, then when there are twice as many as were left."""


@dataclass(frozen=True, slots=True)
class Rate:
    """`burst` at once, then `per_second`."""

    burst: float
    per_second: float


PER_CHAT = Rate(burst=20, per_second=1)
DANGER_PER_CHAT = Rate(burst=3, per_second=0.1)
"""Beyond these, for words that speak of danger: whoever is let in no more is still answered."""
DANGER_PER_PLACE = Rate(burst=30, per_second=1)
PER_PLACE = Rate(burst=300, per_second=20)
"""Generous: a whole factory or school may share one address."""


UNSIGNED = Rate(burst=100, per_second=2)
"""Look-ups for cookies from before signatures, from one place: browsers bring such a one once."""


class Buckets:
    """One bucket per name, all of one rate."""

    def __init__(self, rate: Rate, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}
        self._sweep_at = SWEEP

    def __len__(self) -> int:
        return len(self._left)

    def wait(self, name: str) -> float:
        """Seconds until the name may act; zero, and one token gone, when it may act now."""
        now = self._clock()
        level = self._level(name, now)
        if level < 1:
            return (1 - level) / self._rate.per_second
        self._left[name] = (level - 1, now)
        if len(self._left) >= self._sweep_at:
            self._forget_full(now)
        return 0.0

    def _level(self, name: str, now: float) -> float:
        level, at = self._left.get(name, (self._rate.burst, now))
        return min(self._rate.burst, level + (now - at) * self._rate.per_second)

    def _forget_full(self, now: float) -> None:
        full = [name for name in self._left if self._level(name, now) >= self._rate.burst]
        for name in full:
            del self._left[name]
        self._sweep_at = max(SWEEP, 2 * len(self._left))


class Throttle:
    """The rates of the browser chat."""

    def __init__(
        self, *, chat: Rate = PER_CHAT, place: Rate = PER_PLACE, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._chats = Buckets(chat, clock)
        self._places = Buckets(place, clock)
        self._chats_in_danger = Buckets(DANGER_PER_CHAT, clock)
        self._places_in_danger = Buckets(DANGER_PER_PLACE, clock)
        self._unsigned = Buckets(UNSIGNED, clock)

    def wait(self, *, chat: str, place: str) -> float:
        """Seconds this visitor should wait before writing; zero when the line may come in."""
        return self._chats.wait(chat) or self._places.wait(place)

    def wait_in_danger(self, *, chat: str, place: str) -> float:
        """The same for a line that speaks of danger and was not let in among the others."""
        return self._chats_in_danger.wait(chat) or self._places_in_danger.wait(place)

    def wait_unsigned(self, place: str) -> float:
        """The same for one more look-up of a cookie that is not signed."""
        return self._unsigned.wait(place)
