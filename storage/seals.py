"""The key that is kept outside the database: sealing of stored bodies, keyed digests for look-ups.

`CONGDOAN_SECRET_KEY` lists keys, newest first: the newest seals and digests, every one of them opens and finds, so
that a key can be replaced without a stop.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from storage.errors import WrongKey

SHORTEST = 256
"""Bytes to which what is sealed is padded with spaces; from there on the next power of two."""


class Seals:
    """Seals and digests with the operator's keys, newest first; at least one key."""

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise ValueError("no secret key")
        self._fernet = MultiFernet([Fernet(base64.urlsafe_b64encode(_derive(key, b"seal"))) for key in keys])
        self._digest_keys = [_derive(key, b"digest") for key in keys]

    def seal(self, value: Any) -> bytes:
        """Seal a JSON value: it tells neither the moment (Fernet would, in clear) nor more than a rough length."""
        plain = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        padded = plain.ljust(max(SHORTEST, 1 << (len(plain) - 1).bit_length()))
        return self._fernet.encrypt_at_time(padded, current_time=0)

    def open(self, sealed: bytes) -> Any:
        """The JSON value behind a seal. Raises WrongKey."""
        try:
            return json.loads(self._fernet.decrypt(sealed))
        except InvalidToken as trouble:
            raise WrongKey from trouble

    def digest(self, *parts: str) -> str:
        """A keyed digest, for what must be found again but not read (one-time codes, erased members)."""
        return _hmac(self._digest_keys[0], parts)

    def digests(self, *parts: str) -> list[str]:
        """The digests under every key, newest first: what a look-up asks for."""
        return [_hmac(key, parts) for key in self._digest_keys]


def _derive(key: str, purpose: bytes) -> bytes:
    return hashlib.blake2b(key.encode(), digest_size=32, person=purpose.ljust(16, b"\0")).digest()


def _hmac(key: bytes, parts: Sequence[str]) -> str:
    return hmac.new(key, "\x1f".join(parts).encode(), hashlib.sha256).hexdigest()
