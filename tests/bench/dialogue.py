"""The dialogue that every inbound measurement holds: a member's whole initiative, and what one measurement gives."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

LINES = (
    "/start", "đồng ý", "/sangkien", "Nguyễn Văn An", "0912 345 678", "quang ngai", "GD51-01", "cơ quan",
    "thủ trưởng đơn vị", "trong thời gian này", "chưa", "không",
    "Mỗi lớp có một tủ sách nhỏ số {number} do học sinh tự quản.", "XONG", "gửi đi",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figures:
    """What some turns took."""

    rate: float
    """Turns a second."""
    half: float
    """Milliseconds within which half of them were answered."""
    ninety_ninth: float

    @classmethod
    def of(cls, waits: Sequence[float], seconds: float) -> Figures:
        """From the seconds that each turn waited, and those that all of them took together."""
        cuts = statistics.quantiles(waits, n=100)
        return cls(len(waits) / seconds, cuts[49] * 1000, cuts[98] * 1000)

    @classmethod
    def median(cls, rounds: Sequence[Figures]) -> Figures:
        """The middle one of several rounds, column by column."""
        middle = (statistics.median(getattr(one, name) for one in rounds) for name in ("rate", "half", "ninety_ninth"))
        return cls(*middle)

    def __str__(self) -> str:
        """One line of a table."""
        return f"{self.rate:9,.1f} turns/s   p50 {self.half:7.1f} ms   p99 {self.ninety_ninth:7.1f} ms"
