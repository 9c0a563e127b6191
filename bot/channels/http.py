"""Calls to the platforms over HTTP: one client for each channel, which speaks only to the hosts it was given.

It tells apart what a sender must know: not a byte left (`Later`), or something did and no answer came (`Unknown`).
What an answer means is the channel's to say. No exception of this module quotes an address, a header or a body, since
tokens stand in all three; nothing is logged here, no redirect is followed, no cookie kept, no proxy asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any, Self

import aiohttp
from yarl import URL

from bot.channels import Gone, Later, Refused, Trouble, Unknown

LARGEST_ANSWER = 4 * 1024 * 1024
"""Bytes of an answer; what is larger is no answer of an interface."""
CHUNK = 64 * 1024
AGENT = "congdoan-bot"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one call may take, in seconds."""

    read: float = 15.0
    """Until the answer, and between two pieces of it."""
    connect: float = 5.0
    """Until the host is reached, TLS included."""
    write: float = 5.0
    """Until the request has left; more for files."""

    def as_timeout(self) -> aiohttp.ClientTimeout:
        """In aiohttp's own terms."""
        whole = self.connect + self.write + self.read
        return aiohttp.ClientTimeout(total=whole, connect=self.connect, sock_read=self.read)


USUAL = Patience()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever its status. Header names are in lower case."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    def json(self) -> Any:
        """The body as JSON. Raises Unknown where it is none: a proxy's page says nothing about what was done."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            pass
        raise Unknown("garbage")


@dataclass(slots=True)
class _Progress:
    """How far one request got."""

    leaving: bool = False
    """From here on bytes may be on their way."""


class HttpClient:
    """One pool of connections to the hosts of `bases` (web addresses of which scheme, host and port count), and, by
    HTTPS alone, to those at or below `domains`.

    Use it as `async with`, or `open` it in a running loop; before that, and after `close`, nothing is sent.
    """

    def __init__(self, bases: Iterable[str], *, domains: Iterable[str] = ()) -> None:
        self._origins = frozenset(URL(base).origin() for base in bases)
        self._domains = tuple(domains)
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Make ready to call; nobody is called yet."""
        if self._session is None:
            tracing = aiohttp.TraceConfig()
            tracing.on_request_headers_sent.append(_note_leaving)
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),  # how many fly at once is the courier's choice
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": AGENT},
                trace_configs=[tracing],
            )

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            session, self._session = self._session, None
            await session.close()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def may_call(self, url: str) -> bool:
        """Whether an address is one of those hosts', whatever its form."""
        try:
            return self._is_ours(URL(url))
        except ValueError:
            return False

    async def get(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        patience: Patience = USUAL,
        most: int = LARGEST_ANSWER,
    ) -> Answer:
        """Ask, for at most so many bytes. Raises Later, Unknown or Refused."""
        return await self._call("GET", url, patience, most, params=params, headers=headers)

    async def post(
        self,
        url: str,
        *,
        json: Any = None,
        form: Mapping[str, str] | aiohttp.FormData | None = None,
        headers: Mapping[str, str] | None = None,
        patience: Patience = USUAL,
    ) -> Answer:
        """Send JSON or a form (with files: `aiohttp.FormData`). Raises Later, Unknown or Refused."""
        return await self._call("POST", url, patience, LARGEST_ANSWER, json=json, data=form, headers=headers)

    async def download(self, url: str, most: int) -> bytes:
        """What lies at an address, at most so many bytes. Raises Gone and Refused for what will never come."""
        try:
            answer = await self.get(url, most=most)
        except Unknown as trouble:
            if trouble.reason == "too_large":
                raise Refused("too_large") from None
            raise
        if answer.status == HTTPStatus.OK:
            return answer.body
        gone = answer.status in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
        raise Gone("no_file") if gone else Later("no_file")

    async def _call(self, method: str, url: str, patience: Patience, most: int, **content: Any) -> Answer:
        if not self.may_call(url):
            raise Refused("foreign_host")
        progress = _Progress()
        try:
            return await self._exchange(method, URL(url), patience, most, progress, **content)
        except TimeoutError:
            trouble: Trouble = Unknown("timeout") if progress.leaving else Later("unreachable")
        except (aiohttp.ClientError, OSError):
            trouble = Unknown("broken_off") if progress.leaving else Later("unreachable")
        raise trouble  # outside the handlers, so that no traceback carries the cause with its address

    def _is_ours(self, url: URL) -> bool:
        host = url.host or ""
        below = url.scheme == "https" and url.is_default_port()
        return url.origin() in self._origins or (
            below and any(host == domain or host.endswith(f".{domain}") for domain in self._domains)
        )

    async def _exchange(
        self, method: str, url: URL, patience: Patience, most: int, progress: _Progress, **content: Any
    ) -> Answer:
        if self._session is None:
            raise Later("closed")
        async with self._session.request(
            method,
            url,
            allow_redirects=False,
            timeout=patience.as_timeout(),
            trace_request_ctx=progress,
            **{name: value for name, value in content.items() if value is not None},
        ) as response:
            if HTTPStatus.MULTIPLE_CHOICES <= response.status < HTTPStatus.BAD_REQUEST:
                raise Later("redirected")
            body = await _read(response, most)
            return Answer(response.status, body, {name.lower(): value for name, value in response.headers.items()})


async def _read(response: aiohttp.ClientResponse, most: int) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK):
        body += chunk
        if len(body) > most:
            raise Unknown("too_large")
    return bytes(body)


async def _note_leaving(_session: aiohttp.ClientSession, context: SimpleNamespace, _sent: object) -> None:
    context.trace_request_ctx.leaving = True
