"""The working calendar, as data: loaded from holidays.toml. What is due when is decided elsewhere."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("holidays.toml")
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Half(StrEnum):
    """Half a working day; between the two lies lunch."""

    MORNING = "morning"
    AFTERNOON = "afternoon"


@dataclass(frozen=True, slots=True)
class Holidays:
    """When offices work: the halves of each weekday, and the days that are different."""

    every_year: frozenset[tuple[int, int]]
    """Month and day."""
    days: frozenset[date]
    """Days off besides the weekly ones."""
    worked: frozenset[date]
    """Days that would be off and are worked whole instead of another (swap days)."""
    short: Mapping[date, Half]
    """Days of which only one half is worked."""
    week: tuple[tuple[Half, ...], ...]
    """By weekday, Monday first."""
    hours: Mapping[Half, tuple[time, time]]

    def __contains__(self, day: date) -> bool:
        return (day.month, day.day) in self.every_year or day in self.days


@cache
def load() -> Holidays:
    """The calendar that ships with the product."""
    return read(FILE.read_text(encoding="utf-8"))


def read(text: str) -> Holidays:
    """A calendar from TOML."""
    table = tomllib.loads(text)
    every_year = (tuple(map(int, written.split("-"))) for written in table["every_year"])
    short = dict.fromkeys(table["mornings_only"], Half.MORNING)
    return Holidays(
        every_year=frozenset((month, day) for month, day in every_year),
        days=frozenset(table["days"]),
        worked=frozenset(table["worked"]),
        short=short | dict.fromkeys(table["afternoons_only"], Half.AFTERNOON),
        week=tuple(tuple(Half(half) for half in table["week"].get(day, ())) for day in DAYS),
        hours={half: _span(table["hours"][half]) for half in Half},
    )


def _span(written: list[str]) -> tuple[time, time]:
    begins, ends = map(time.fromisoformat, written)
    return begins, ends
