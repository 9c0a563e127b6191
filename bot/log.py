"""The log: one JSON object a line on stderr, from our own code and from the libraries alike.

What must never be written is struck out here, whatever it was that asked for it: tokens and secrets, phone numbers,
whatever stands in a field that by its name holds a person's words, and the messages of foreign exceptions.
"""

from __future__ import annotations

import logging
import re
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from enum import Enum
from pathlib import PurePath
from types import TracebackType
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

STRUCK = "[struck]"
FORBIDDEN = frozenset(
    {
        "answers", "authorization", "body", "caption", "chat", "contact", "cookie", "data", "full_name", "message",
        "name", "password", "payload", "phone", "secret", "text", "token", "typed", "username", "values",
    }
)  # fmt: skip
"""Fields that by their name hold a person's words, a way to reach a person, or a key."""
BOT_TOKEN = re.compile(r"[0-9]{6,}(?::|%3A)[A-Za-z0-9_-]{30,}", re.IGNORECASE)
"""Telegram's, and Zalo Bot's, which has the same form; in addresses too, where the word `bot` stands before it."""
LONG_SECRET = re.compile(r"[A-Za-z0-9_-]{80,}")
"""Zalo OA's access and refresh tokens; nothing else we log is as long without a break."""
PHONE = re.compile(
    r"(?<![0-9A-Za-z])(?:(?:\+|00)?84[ .()-]{0,2}0?|0)[ .()-]{0,2}[1-35-9](?:[ .()-]{0,2}[0-9]){8,9}(?![0-9])"
)
"""A Vietnamese number, mobile or not, of today or with the eleven digits of before 2018, however it is spaced."""
PATTERNS = (BOT_TOKEN, LONG_SECRET, PHONE)
SHORTEST_SECRET = 6
"""Shorter values would strike out half of the log."""
DEEPEST = 4
HARMLESS = (ImportError, AttributeError, NameError)
"""Their messages name things of the program only."""
OWN = ("bot", "handlers", "storage", "messages")
CHATTY = ("httpx", "httpcore", "telegram", "aiohttp", "asyncio", "apscheduler", "alembic", "sqlalchemy", "PIL")
"""Libraries that tell addresses with tokens in them, or every request, below WARNING."""
ALARMED = "apscheduler.scheduler"
"""Warns of each look left out because the one before still looks, which is meant so: below ERROR it has no news."""


def set_up(*, secrets: Iterable[str] = (), level: int = logging.INFO) -> None:
    """Send every log line of this process to stderr. `secrets` are struck out wherever they turn up."""
    redact = Redaction(secrets)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        tell_exception,
        redact,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared[:-2],
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = Counting(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared[:-2],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *shared[-2:], _render],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for library in CHATTY:
        logging.getLogger(library).setLevel(max(level, logging.WARNING))
    logging.getLogger(ALARMED).setLevel(max(level, logging.ERROR))
    logging.captureWarnings(capture=True)


WINDOW = 60.0
"""Seconds in which the same warning is told once."""
MOST_KINDS = 256
"""Of warnings remembered at a time."""


class Counting(logging.StreamHandler[TextIO]):
    """Writes a warning once and counts its like for a minute; then it is written again with how many there were.

    Alike are lines of one event of one account for one reason; one with an id of its own is like no other.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(stream)
        self._clock = clock
        self._seen: dict[tuple[str, ...], tuple[float, int, logging.LogRecord]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """One line, or none."""
        now = self._clock()
        self._tell(lambda since: now - since >= WINDOW)
        if record.levelno < logging.WARNING:
            super().emit(record)
            return
        kind = _kind(record)
        if kind in self._seen:
            since, count, _ = self._seen[kind]
            self._seen[kind] = (since, count + 1, record)
            return
        if len(self._seen) >= MOST_KINDS:
            self._tell(lambda _: True)
        self._seen[kind] = (now, 0, record)
        super().emit(record)

    def _tell(self, over: Callable[[float], bool]) -> None:
        """Write what was counted in windows that are over: the first of them is the oldest."""
        while self._seen and over(next(iter(self._seen.values()))[0]):
            _, count, record = self._seen.pop(next(iter(self._seen)))
            if count and isinstance(record.msg, dict):
                record.msg = {**record.msg, "repeated": count}
            elif count:
                record.msg, record.args = f"{record.getMessage()} (repeated {count} times)", None
            if count:
                super().emit(record)

    @property
    def remembered(self) -> int:
        """How many kinds of warnings are counted at the moment."""
        return len(self._seen)

    def close(self) -> None:
        """Write what is left."""
        self._tell(lambda _: True)
        super().close()


def _kind(record: logging.LogRecord) -> tuple[str, ...]:
    told = record.msg if isinstance(record.msg, dict) else {"event": record.msg}
    fields = (str(told.get(name, "")) for name in ("event", "account", "reason", "error", "error_id", "job"))
    error = record.exc_info[0] if record.exc_info else None
    return (record.name, str(record.levelno), *fields, error.__name__ if error else "")


_render = structlog.processors.JSONRenderer(ensure_ascii=False)


class Redaction:
    """Strikes out of a log line what must not be in a log."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = sorted({value for value in secrets if len(value) >= SHORTEST_SECRET}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def __call__(self, logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        """One line, made harmless. A structlog processor."""
        return {key: self._field(key, value, 0) for key, value in event.items()}

    def _field(self, key: object, value: Any, depth: int) -> Any:
        return STRUCK if str(key).lower() in FORBIDDEN else self._value(value, depth)

    def _value(self, value: Any, depth: int) -> Any:
        """The value in plain JSON; an object is told by its type alone, for its repr may say anything."""
        match value:
            case None | bool() | float() | Enum() | int():
                return value.value if isinstance(value, Enum) else value
            case str() | PurePath() | date():
                return self.strike(str(value))
            case Mapping() if depth < DEEPEST:
                return {self.strike(str(key)): self._field(key, inner, depth + 1) for key, inner in value.items()}
            case list() | tuple() | set() | frozenset() if depth < DEEPEST:
                return [self._value(inner, depth + 1) for inner in value]
            case _:
                return f"<{type(value).__name__}>"

    def strike(self, text: str) -> str:
        """The text without tokens, secrets and phone numbers."""
        if self._known is not None:
            text = self._known.sub(STRUCK, text)
        for pattern in PATTERNS:
            text = pattern.sub(STRUCK, text)
        return text


def tell_exception(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Put an exception as `error`, the names of it and its causes, and `at`, where it passed. A structlog processor.

    The message is told only of our own exceptions, the system's, and a few harmless ones: others may quote a member.
    """
    given = event.pop("exc_info", None)
    trouble = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(trouble, BaseException):
        event["error"] = [_named(one) for one in _chain(trouble)]
        event["at"] = list(_places(trouble.__traceback__))
    event.pop("stack_info", None)
    return event


def _chain(trouble: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    one: BaseException | None = trouble
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)


def _named(trouble: BaseException) -> str:
    kind = type(trouble)
    if isinstance(trouble, OSError):
        return f"{kind.__name__}: {trouble.strerror or ''}"
    if isinstance(trouble, HARMLESS) or kind.__module__.partition(".")[0] in OWN:
        return f"{kind.__name__}: {trouble}"
    return kind.__name__


def _places(passed: TracebackType | None) -> Iterator[str]:
    for frame in traceback.extract_tb(passed):
        file = PurePath(frame.filename)
        yield f"{'/'.join(file.parts[-2:])}:{frame.lineno} {frame.name}"
