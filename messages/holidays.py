"""The public holidays, as data: loaded from holidays.toml. What a working day is, is decided elsewhere."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("holidays.toml")


@dataclass(frozen=True, slots=True)
class Holidays:
    """Days off besides Saturdays and Sundays."""

    every_year: frozenset[tuple[int, int]]
    """Month and day."""
    days: frozenset[date]

    def __contains__(self, day: date) -> bool:
        return (day.month, day.day) in self.every_year or day in self.days


@cache
def load() -> Holidays:
    """The holidays that ship with the product."""
    table = tomllib.loads(FILE.read_text(encoding="utf-8"))
    every_year = (tuple(map(int, written.split("-"))) for written in table["every_year"])
    return Holidays(frozenset((month, day) for month, day in every_year), frozenset(table["days"]))
