"""Calls to the Official Account's interface: the token in a header, errors in answers that say 200.

A token that is refused is replaced once, and the call made once more. What an error means stands in codes.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, Protocol

from bot.channels import Unknown
from bot.channels.http import Answer, HttpClient
from bot.channels.zalo_oa.codes import Fate, OaError, meaning

SAYING = (HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS)
"""What a status says by itself: the token is refused, too many calls."""


class Tokens(Protocol):
    """Where calls get the access token from; Later is raised when there is none to be had."""

    async def access(self) -> str:
        """The token of now."""
        ...

    async def instead_of(self, refused: str) -> str:
        """The token that takes the place of a refused one."""
        ...

    async def close(self) -> None:
        """Finish what was begun."""
        ...


class OaCalls:
    """The interface of one account at `base`. Ids are text everywhere: they are larger than a float can tell apart."""

    def __init__(self, http: HttpClient, base: str, tokens: Tokens) -> None:
        self._http = http
        self._base = base
        self._tokens = tokens

    async def post(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The `data` of the answer. Raises OaError and what `HttpClient` raises, and Later where there is no token."""
        return await self._authorised(lambda headers: self._http.post(self._base + path, json=body, headers=headers))

    async def get(self, path: str, asked: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """The `data` of the answer; what is asked for travels as one JSON text."""
        params = {"data": json.dumps(asked)} if asked else None
        return await self._authorised(lambda headers: self._http.get(self._base + path, params=params, headers=headers))

    async def _authorised(self, call: Callable[[Mapping[str, str]], Awaitable[Answer]]) -> Mapping[str, Any]:
        token = await self._tokens.access()
        try:
            return _data(await call({"access_token": token}))
        except OaError as error:
            if meaning(error.code).fate is not Fate.TOKEN:
                raise
        return _data(await call({"access_token": await self._tokens.instead_of(token)}))


def _data(answer: Answer) -> Mapping[str, Any]:
    """What a call brought; the error in the body counts, then the status."""
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Unknown("server_error")
    told = answer.json() if answer.status < HTTPStatus.BAD_REQUEST else _refused(answer)
    match told:
        case {"error": int() | str() as code} if _number(code) != 0:
            raise OaError(_number(code))
        case {"data": dict(data)}:
            return data
        case {"error": _}:
            return {}
        case _:
            raise Unknown("garbage")


def _refused(answer: Answer) -> Any:
    """The body of an answer that is no success; None for a page of somebody on the way, which says nothing of Zalo's.

    Two statuses mean the same whoever gives them.
    """
    try:
        told = json.loads(answer.body)
    except (ValueError, RecursionError):
        told = None
    if isinstance(told, dict) and told.get("error"):
        return told
    return {"error": answer.status} if answer.status in SAYING else None


def _number(code: int | str) -> int:
    try:
        return int(code)
    except ValueError:
        return HTTPStatus.BAD_REQUEST
