"""The Bot API's transport over aiohttp: for the channel, and in its library's form for python-telegram-bot.

It carries requests and tells three failures apart: not sent, not answered, flooded. What becomes of a message is never
decided here. No exception of this module quotes a URL, since the token is part of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import aiohttp
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    TelegramError,
)
from telegram.request import BaseRequest, RequestData
from yarl import URL

JSON_HEADERS = {"Content-Type": "application/json"}
UPLOAD = 60.0
"""Seconds a body with files may take to leave."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds."""

    connect: float = 5.0
    """To reach the server, TLS included."""
    write: float = 5.0
    """A body may take to leave."""
    read: float = 15.0
    """To wait for an answer, and for each part of it."""


PATIENCE = Patience()

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class NotSent(NetworkError):
    """Not a byte reached the server: refused, unknown name, no connection in time."""


class Unanswered(NetworkError):
    """The request may have arrived, but no answer came that says so; `message` is a short ASCII name."""


class Flooded(TelegramError):
    """The server answered 429. PTB's own class for it warns at every use."""

    def __init__(self, after: float) -> None:
        super().__init__("flooded")
        self.after = after


class AiohttpRequest(BaseRequest):
    """One pool of connections. `initialize` needs a running loop; before it and after `shutdown` nothing is sent."""

    __slots__ = ("_patience", "_session", "_usual")

    def __init__(self, patience: Patience = PATIENCE) -> None:
        self._patience = patience
        self._usual = _patient(patience, patience.read)
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float | None:
        return self._patience.read

    async def initialize(self) -> None:
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=0)  # how many fly at once is the courier's choice
            self._session = aiohttp.ClientSession(connector=connector, headers={"User-Agent": self.USER_AGENT})

    async def shutdown(self) -> None:
        if self._session is not None:
            session, self._session = self._session, None
            await session.close()

    async def do_request(  # noqa: PLR0917  the signature is the library's
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: object = BaseRequest.DEFAULT_NONE,
        write_timeout: object = BaseRequest.DEFAULT_NONE,
        connect_timeout: object = BaseRequest.DEFAULT_NONE,
        pool_timeout: object = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Status and body; every answer below 500 that is not 2xx is a refusal in the Bot API's own form."""
        has_files = request_data is not None and request_data.contains_files
        timeout = _timeout(
            connect=_seconds(connect_timeout, self._patience.connect),
            write=_seconds(write_timeout, UPLOAD if has_files else self._patience.write),
            read=_seconds(read_timeout, self._patience.read),
        )
        status, body = await self._exchange(method, url, timeout=timeout, **_content(request_data))
        if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
            _look_into_refusal(status, self.parse_json_payload(body))
        return status, body

    async def call(self, url: URL, body: Mapping[str, Any], *, read: float | None = None) -> object:
        """The bare result of a method, and what a refusal means, as `telegram.Bot` tells it but in half the time."""
        timeout = self._usual if read is None else _patient(self._patience, read)
        content = _encode(body).encode()
        status, answer = await self._exchange("POST", url, timeout=timeout, data=content, headers=JSON_HEADERS)
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            return self.parse_json_payload(answer)["result"]
        if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
            refusal = self.parse_json_payload(answer)
            _look_into_refusal(status, refusal)
            raise _refused(status, refusal)
        raise NetworkError("server_error")

    async def _exchange(self, method: str, url: str | URL, **options: Any) -> tuple[int, bytes]:
        if self._session is None:
            raise NotSent("closed")
        try:
            async with self._session.request(method, url, allow_redirects=False, **options) as answer:
                return answer.status, await answer.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            trouble: NetworkError = NotSent("unreachable")
        except TimeoutError:
            trouble = Unanswered("timeout")
        except (aiohttp.ClientError, OSError):
            trouble = Unanswered("broken_off")
        raise trouble  # outside the handlers, so that no traceback carries the cause with its URL

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """An answer as a mapping; an absent `result` is None. PTB's own version logs the body of a broken answer."""
        try:
            answer = json.loads(payload)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict) or "ok" not in answer:
            raise Unanswered("garbage")
        return {"result": None, **answer}


def _content(request_data: RequestData | None) -> dict[str, Any]:
    """The body as aiohttp's arguments: native JSON, or a form when files are uploaded."""
    if request_data is None:
        return {}
    if not request_data.contains_files:
        return {"json": request_data.parameters}
    form = aiohttp.FormData(request_data.json_parameters, quote_fields=False)  # else "dữ liệu" arrives percent-encoded
    for part, (filename, content, mime) in request_data.multipart_data.items():
        form.add_field(part, content, filename=filename, content_type=mime)
    return {"data": form}


def _look_into_refusal(status: int, answer: dict[str, Any]) -> None:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        match answer:
            case {"parameters": {"retry_after": int() | float() as after}}:
                raise Flooded(float(after))
            case _:
                raise Flooded(1.0)


def _refused(status: int, refusal: Mapping[str, Any]) -> TelegramError:
    """The library's own word for a refusal in the Bot API's form (Making requests, ResponseParameters)."""
    description = str(refusal.get("description", ""))
    match status, refusal.get("parameters"):
        case _, {"migrate_to_chat_id": int(chat)}:
            return ChatMigrated(chat)
        case HTTPStatus.FORBIDDEN, _:
            return Forbidden(description)
        case ((HTTPStatus.UNAUTHORIZED | HTTPStatus.NOT_FOUND), _):
            return InvalidToken(description)
        case HTTPStatus.BAD_REQUEST, _:
            return BadRequest(description)
        case HTTPStatus.CONFLICT, _:
            return Conflict(description)
        case _:
            return NetworkError("refused")


def _patient(patience: Patience, read: float) -> aiohttp.ClientTimeout:
    return _timeout(connect=patience.connect, write=patience.write, read=read)


def _timeout(*, connect: float | None, write: float | None, read: float | None) -> aiohttp.ClientTimeout:
    whole = None if connect is None or write is None or read is None else connect + write + read
    return aiohttp.ClientTimeout(total=whole, connect=connect, sock_read=read)


def _seconds(given: object, otherwise: float) -> float | None:
    """A timeout as PTB passes it: a number, None for endless, or a mark for "not given"."""
    if given is None or isinstance(given, int | float):
        return given
    return otherwise
