"""What an answer of Zalo's Bot Platform means for the call it answers. Pure.

Zalo says `{"ok": true, "result": …}` or `{"ok": false, "error_code": …, "description": …}`, and the HTTP status may be
200 for either: only the body counts, where there is one (Bot Platform documentation, "Error codes").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.channels import Gone, Later, Refused, Trouble, Unknown
from bot.channels.http import Answer

TOKEN_PAUSE = 60.0
"""Seconds an account rests when its token is refused: only a person can mend that, and nothing is lost meanwhile."""
FIRST_QUOTA_PAUSE, LONGEST_QUOTA_PAUSE = 60.0, 3600.0
"""Seconds an account rests after "quota exceeded". It may be the month's, so each pause is longer than the last."""
NO_CHAT = ("chat not found", "chat_id", "user not found")
"""How a 400 may say that there is nobody (description, in lower case); Zalo documents no text for it."""
WEBHOOK_SET = "while a webhook is set"
"""How a 400 says that updates go elsewhere."""
NOTHING_CAME = 408
"""The code of a long poll that ended without an update."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An answer that says no."""

    code: int
    """Zalo's own, else the HTTP status."""
    description: str
    asked: float | None = None
    """Seconds, where a Retry-After came along; Zalo documents none."""

    @property
    def is_webhook_set(self) -> bool:
        """Polling is not possible while a webhook is set."""
        return self.code == 400 and WEBHOOK_SET in self.description.lower()


def read(answer: Answer) -> Any | Failure:
    """The `result` of an answer (None where there is none), or what it refuses with. Raises Unknown otherwise."""
    match _told(answer):
        case {"ok": True, **rest}:
            return rest.get("result")
        case {"ok": False, **rest}:
            code = rest.get("error_code")
            described = rest.get("description")
            return Failure(
                code if isinstance(code, int) else answer.status,
                described if isinstance(described, str) else "",
                _seconds(answer.headers.get("retry-after")),
            )
    raise Unknown("server_error" if answer.status >= 500 else "garbage")


def fate(failure: Failure, *, refusals: int = 0) -> Trouble:
    """What becomes of the message. `refusals`: how often in a row the quota has been given as the reason before."""
    match failure.code:
        case 400:
            return _bad_request(failure.description.lower())
        case 401:
            return Later("token_refused", after=TOKEN_PAUSE, halts_account=True)
        case 403:  # "Internal server error" here, not "forbidden"; it may have come after the work was done
            return Unknown("server_error")
        case 404:  # the address or the method, never the chat
            return Later("not_found", after=TOKEN_PAUSE, halts_account=True)
        case 408:
            return Unknown("timeout")
        case 429:
            pause = min(LONGEST_QUOTA_PAUSE, FIRST_QUOTA_PAUSE * 2 ** min(refusals, 10))
            return Later("quota", after=max(pause, failure.asked or 0.0), halts_account=True)
        case code if code >= 500:
            return Unknown("server_error")
        case _:
            return Refused("refused")


def _bad_request(description: str) -> Trouble:
    if any(phrase in description for phrase in NO_CHAT):
        return Gone("chat_not_found")
    if WEBHOOK_SET in description:
        return Later("webhook_set")
    return Refused("bad_request")


def _told(answer: Answer) -> Any:
    try:
        return answer.json()
    except Unknown:
        return None


def _seconds(given: str | None) -> float | None:
    return float(given) if given is not None and given.isdigit() else None
