"""Zalo's OAuth v4 for Official Accounts: a code, or a refresh token that can be used once, becomes a pair of tokens.

Nothing is kept here. Whoever asks must keep the pair before using it (developers.zalo.me, "Xác thực và ủy quyền").
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from pydantic import SecretStr

from bot.channels.http import HttpClient, Patience

PATIENCE = Patience(read=12.0, connect=5.0, write=3.0)
"""At most 20 s together: the lease under which a pair is renewed lasts longer than two attempts."""
LIFE = timedelta(hours=25)
"""How long an access token lives where the answer does not say."""


class Ungranted(Exception):
    """Zalo handed out no pair; the message is its code, or the name of its error where it gives no code."""


@dataclass(frozen=True, slots=True)
class Granted:
    """A whole pair."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    lives: timedelta


class OAuth:
    """The token service, for one app."""

    def __init__(self, http: HttpClient, base: str, *, app_id: str, app_secret: SecretStr) -> None:
        self._http = http
        self._base = base
        self._app_id = app_id
        self._app_secret = app_secret

    async def refresh(self, token: str) -> Granted:
        """A new pair for a refresh token, which is spent by that. Raises Ungranted and what `HttpClient` raises."""
        return await self._ask({"refresh_token": token, "grant_type": "refresh_token"})

    async def exchange(self, code: str, *, verifier: str = "") -> Granted:
        """A pair for the code an administrator was sent back with; `verifier` where the link carried a challenge."""
        proof = {"code_verifier": verifier} if verifier else {}
        return await self._ask({"code": code, "grant_type": "authorization_code", **proof})

    def address(self, *, redirect: str, challenge: str, state: str) -> str:
        """Where an administrator of the account grants."""
        asked = {"app_id": self._app_id, "redirect_uri": redirect, "code_challenge": challenge, "state": state}
        return f"{self._base}/oa/permission?{urlencode(asked)}"

    async def _ask(self, form: Mapping[str, str]) -> Granted:
        answer = await self._http.post(
            f"{self._base}/oa/access_token",
            form={**form, "app_id": self._app_id},
            headers={"secret_key": self._app_secret.get_secret_value()},
            patience=PATIENCE,
        )
        return _granted(answer.json())


def challenge_of(verifier: str) -> str:
    """The challenge that belongs to a verifier (RFC 7636, S256)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _granted(answer: Any) -> Granted:
    """Errors come with status 200 and sometimes without a number: only both tokens together are a success."""
    match answer:
        case {"access_token": str(access), "refresh_token": str(refresh)} if access and refresh:
            return Granted(access, refresh, _life(answer.get("expires_in")))
        case {"error": int() | str() as code}:
            raise Ungranted(str(code)[:20])
        case {"error_name": str(name)}:
            raise Ungranted(name[:40].strip().replace(" ", "_").lower())
        case _:
            raise Ungranted("no_pair")


def _life(seconds: Any) -> timedelta:
    """`expires_in` is a text of seconds, in some answers a number."""
    text = str(seconds)
    return timedelta(seconds=int(text)) if text.isdecimal() and int(text) > 0 else LIFE
