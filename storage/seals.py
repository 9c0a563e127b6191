"""The key that is kept outside the database: sealing of stored bodies, keyed digests for look-ups.

`CONGDOAN_SECRET_KEY` lists keys, newest first: the newest seals and digests, every one of them opens and finds, so
that a key can be replaced without a stop.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Callable, Sequence
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from storage.errors import WrongKey

SHORTEST = 256
"""Bytes to which what is sealed is padded with spaces; from there on the next power of two."""
FORM = b"\x01"
"""Stands before every seal: a nonce and AES-256-GCM follow. A random nonce is good for 2³² seals of one key."""
NONCE = 12

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Seals:
    """Seals and digests with the operator's keys, newest first; at least one key."""

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise ValueError("no secret key")
        self._ciphers = [AESGCM(_derive(key, b"seal")) for key in keys]
        self._digest_keys = [_derive(key, b"digest") for key in keys]
        self.unopened: Callable[[], object] = lambda: None
        """Told of everything that did not open: a row that is lost to this process."""

    def seal(self, value: Any) -> bytes:
        """Seal a JSON value: it tells neither a moment nor more than a rough length."""
        plain = _encode(value).encode()
        return self.wrap(plain.ljust(max(SHORTEST, 1 << (len(plain) - 1).bit_length())))

    def open(self, sealed: bytes) -> Any:
        """The JSON value behind a seal. Raises WrongKey."""
        return json.loads(self.unwrap(sealed).decode())

    def wrap(self, content: bytes) -> bytes:
        """Seal bytes as they are, a file: no moment is told either, but its length is."""
        nonce = os.urandom(NONCE)
        return FORM + nonce + self._ciphers[0].encrypt(nonce, content, None)

    def unwrap(self, sealed: bytes) -> bytes:
        """The bytes behind `wrap`. Raises WrongKey."""
        content = self._content(sealed)
        if content is None:
            self.unopened()
            raise WrongKey
        return content

    def opens(self, sealed: bytes) -> bool:
        """Whether one of the keys opens this; nobody is told if none does."""
        return self._content(sealed) is not None

    def _content(self, sealed: bytes) -> bytes | None:
        nonce, body = sealed[1 : 1 + NONCE], sealed[1 + NONCE :]
        for cipher in self._ciphers if sealed.startswith(FORM) else ():
            try:
                return cipher.decrypt(nonce, body, None)
            except (InvalidTag, ValueError):  # another key, or no seal at all
                continue
        return None

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
