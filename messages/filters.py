"""How a text is filled in: plain text, strict about values, with filters such as `{{ closes | bound }}`.

Each filter turns one value into words. No text and no key is known here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from jinja2 import Environment, StrictUndefined, Undefined

from messages import dates


def number_words(value: float) -> str:
    """1000 is 1.000 and 1234.5 is 1.234,5."""
    return f"{value:,}".translate(str.maketrans(",.", ".,"))


def phone_words(phone: str) -> str:
    """The stored +84912345678 as people write it, 0912 345 678; a number from elsewhere stays as it is."""
    if not phone.startswith("+84"):
        return phone
    digits = "0" + phone.removeprefix("+84")
    first = 3 if digits.startswith(("024", "028")) else 4
    rest = digits[first:]
    middle = 4 if first == 3 else 3
    return " ".join(part for part in (digits[:first], rest[:middle], rest[middle:]) if part)


def hour_words(hour: int | str) -> str:
    """7 is 07:00; a time already in words stays."""
    return hour if isinstance(hour, str) else f"{hour:02d}:00"


FILTERS: Mapping[str, Callable[..., str]] = {
    "number": number_words,
    "phone": phone_words,
    "hour": hour_words,
    "date": dates.date_words,
    "last_day": dates.last_day_words,
    "time": dates.time_words,
    "weekday": dates.weekday_words,
    "moment": dates.moment_words,
    "bound": dates.bound_words,
    "before": dates.before_words,
}


def _strict(words: Callable[..., str]) -> Callable[..., str]:
    """A missing value is told as missing, before a filter can stumble over it."""

    def filter_(value: object, *rest: object) -> str:
        if isinstance(value, Undefined):
            str(value)
        return words(value, *rest)

    return filter_


def plain_text() -> Environment:
    """An environment that escapes nothing; a block on a line of its own leaves no empty line behind."""
    environment = Environment(
        autoescape=False,  # noqa: S701 - what is made is plain text; a channel that needs escaping does it
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update({name: _strict(filter_) for name, filter_ in FILTERS.items()})
    return environment
