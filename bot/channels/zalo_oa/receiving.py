"""How events of an Official Account come in: Zalo calls a webhook and signs the exact bytes it sends.

200 means that the event is safe; anything else, or silence of two seconds, makes Zalo come again after 30 s, 5 min,
15 min, 30 min and 1 h with the old timestamp, and then switch the webhook off (developers.zalo.me, "Webhook").
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from aiohttp import web

from bot.channels.incoming import Ear, Receive, hand_over, parse, read_body, turned_away
from bot.channels.zalo_oa.events import decode, own_id

SIGNATURE = "X-ZEvent-Signature"
OLDEST = 2 * 3600 + 600
"""Seconds after which no retry can come any more: the ladder of retries, two hours, and clocks that differ."""

Handler = Callable[[web.Request], Awaitable[web.Response]]

log = structlog.get_logger(__name__)


def webhook(
    account: str,
    receive: Receive,
    *,
    app_id: str,
    secret: str,
    fetchable: Callable[[str], bool],
    clock: Callable[[], float] = time.time,
    ear: Ear | None = None,
) -> Handler:
    """The handler of Zalo's calls. `secret` is the account's own key, shown beside the webhook; not the app's.
    `fetchable` says which addresses of pictures and files we follow.
    """
    if not secret:
        raise ValueError("a webhook needs a secret")
    oa_id = ""

    async def handle(request: web.Request) -> web.Response:
        nonlocal oa_id
        body = await read_body(request)
        if body is None:
            return turned_away(account, "too_large", status=413, ear=ear)
        raw = parse(body)
        if raw is None:
            return turned_away(account, "not_json", status=400, ear=ear)
        if not is_signed(body, raw, request.headers.get(SIGNATURE, ""), app_id=app_id, secret=secret):
            return turned_away(account, "wrong_signature", status=403, ear=ear)
        if not _is_recent(raw, clock()):
            return turned_away(account, "too_old", status=403, ear=ear)
        oa_id = own_id(raw) or oa_id
        safe = await hand_over(account, receive, [decode(raw, account, oa_id=oa_id, fetchable=fetchable)])
        if safe and ear is not None:
            ear.hear()
        return web.Response(status=200 if safe else 503)

    return handle


def is_signed(body: bytes, raw: Mapping[str, Any], given: str, *, app_id: str, secret: str) -> bool:
    """Whether Zalo signed these bytes: SHA-256 over app, body, timestamp and key, written behind `mac=` or bare.

    Some accounts of it have the account's id in place of the app's; the key, which only Zalo knows, is in both.
    """
    seal = given.strip().lower().removeprefix("mac=").encode("utf-8", "surrogateescape")
    stamp = str(raw.get("timestamp", ""))
    firsts = [app_id, *(first for first in (own_id(raw),) if first.isdecimal())]
    wanted = [hashlib.sha256(f"{first}".encode() + body + f"{stamp}{secret}".encode()).hexdigest() for first in firsts]
    return any([hmac.compare_digest(seal, each.encode()) for each in wanted])  # noqa: C419  all of them, always


def _is_recent(raw: Mapping[str, Any], now: float) -> bool:
    stamp = str(raw.get("timestamp", ""))
    return stamp.isdecimal() and abs(now - int(stamp) / 1000) <= OLDEST
