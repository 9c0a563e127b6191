"""What Zalo's error codes mean for a message, in one table (openapi.zalo.me; developers.zalo.me, "Mã lỗi").

The numbers of other hosts of Zalo mean other things: they are never looked up here. What a person is told of a code
stands in messages/vi/cli.toml under `zalo.code_<number>`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from http import HTTPStatus

from bot.channels import Gone, Later, Refused, Trouble

VIETNAM = timezone(timedelta(hours=7))
MORNING = 6
"""The hour at which the nightly block of some messages ends (code -234)."""
BRIEFLY, LONG = 60.0, 300.0
"""Seconds an account rests: after a flood or a refused token; where only a person can mend it."""


class OaError(Exception):
    """Zalo answered with an error of its own: its code, and nothing of what was sent or said."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


class Fate(Enum):
    """What becomes of a message that met a code."""

    REPEAT = "repeat"
    """Sent once more at once; if that fails too, never."""
    LATER = "later"
    """Its chat tries again later."""
    FLOOD = "flood"
    """The account pauses a little."""
    TOKEN = "token"  # noqa: S105  a kind of failure, not a secret
    """The pair of tokens is renewed, and the call made once more."""
    PERSON = "person"
    """The account rests until a person has mended something at Zalo; nothing is lost."""
    MORNING = "morning"
    """Not in this part of the night."""
    WINDOW = "window"
    """Its person has been silent for too long: only a template message may be sent."""
    GONE = "gone"
    """Its person does not want us, or is no longer there."""
    NEVER = "never"
    """This message will never be taken."""


@dataclass(frozen=True, slots=True)
class Code:
    """One row: what becomes of the message, and the reason's short name."""

    fate: Fate
    reason: str


CODES: Mapping[int, Code] = {
    -32: Code(Fate.FLOOD, "flooded"),
    -100: Code(Fate.NEVER, "asset_expired"),
    -200: Code(Fate.REPEAT, "send_failed"),
    -201: Code(Fate.NEVER, "bad_parameter"),
    -204: Code(Fate.PERSON, "oa_disabled"),
    -205: Code(Fate.PERSON, "oa_unknown"),
    -209: Code(Fate.PERSON, "app_inactive"),
    -210: Code(Fate.NEVER, "too_long"),
    -211: Code(Fate.NEVER, "out_of_quota"),
    -212: Code(Fate.PERSON, "api_not_registered"),
    -213: Code(Fate.WINDOW, "not_following"),
    -214: Code(Fate.LATER, "processing"),
    -216: Code(Fate.TOKEN, "token_refused"),
    -217: Code(Fate.GONE, "blocked"),
    -218: Code(Fate.NEVER, "recipient_quota"),
    -219: Code(Fate.PERSON, "app_removed"),
    -220: Code(Fate.TOKEN, "token_expired"),
    -221: Code(Fate.PERSON, "oa_not_verified"),
    -223: Code(Fate.PERSON, "not_authorised"),
    -224: Code(Fate.PERSON, "package_too_small"),
    -227: Code(Fate.GONE, "inactive"),
    -230: Code(Fate.WINDOW, "window_closed"),
    -232: Code(Fate.WINDOW, "no_interaction"),
    -233: Code(Fate.NEVER, "unsupported"),
    -234: Code(Fate.MORNING, "night"),
    -235: Code(Fate.NEVER, "wrong_oa_type"),
    -237: Code(Fate.NEVER, "group_disabled"),
    -238: Code(Fate.NEVER, "asset_used"),
    -240: Code(Fate.NEVER, "old_interface"),
    -241: Code(Fate.NEVER, "asset_used"),
    -242: Code(Fate.PERSON, "proof_missing"),
    -244: Code(Fate.NEVER, "restricted_by_user"),
    -248: Code(Fate.NEVER, "against_standards"),
    -249: Code(Fate.NEVER, "template_needs_phone"),
    -320: Code(Fate.PERSON, "no_wallet"),
    -321: Code(Fate.PERSON, "wallet_empty"),
    -403: Code(Fate.NEVER, "not_in_group"),
}
ALSO_TOKEN = frozenset({216, 401, -401})
"""Numbers by which a refused token is also reported, as code in use elsewhere has it."""


def meaning(code: int) -> Code:
    """The row of a code; one that nobody knows is final, and logged by its number."""
    if code in ALSO_TOKEN:
        return CODES[-216]
    if code == HTTPStatus.TOO_MANY_REQUESTS:
        return CODES[-32]
    return CODES.get(code) or Code(Fate.NEVER, f"code_{abs(code)}")


def trouble(code: int, *, now: datetime | None = None) -> Trouble:
    """What the courier learns of a code that no second attempt has mended."""
    row = meaning(code)
    match row.fate:
        case Fate.LATER:
            return Later(row.reason)
        case Fate.FLOOD | Fate.TOKEN:
            return Later(row.reason, after=BRIEFLY, halts_account=True)
        case Fate.PERSON:
            return Later(row.reason, after=LONG, halts_account=True)
        case Fate.MORNING:
            return Later(row.reason, after=_until_morning(now or datetime.now(UTC)))
        case Fate.GONE:
            return Gone(row.reason)
        case _:
            return Refused(row.reason)


def _until_morning(now: datetime) -> float:
    local = now.astimezone(VIETNAM)
    morning = local.replace(hour=MORNING, minute=0, second=0, microsecond=0)
    return ((morning if morning > local else morning + timedelta(days=1)) - local).total_seconds()
