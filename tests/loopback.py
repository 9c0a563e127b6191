"""Tests speak to this machine only: who tries another is refused, and the test fails even if that was swallowed.

It watches Python's sockets and name look-ups. libpq has its own, but only the tests' settings tell it where to go.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any

import pytest

attempts: list[str] = []
"""Where the current test tried to go."""


class OutsideWorldError(AssertionError):
    """Tests must not leave this machine."""


@contextmanager
def only() -> Iterator[None]:
    """Within the block no socket connects, and no name resolves, beyond this machine."""
    with pytest.MonkeyPatch.context() as patch:
        for method in ("connect", "connect_ex", "sendto"):
            patch.setattr(socket.socket, method, _guarded(getattr(socket.socket, method)))
        patch.setattr(socket, "getaddrinfo", _guarded_lookup(socket.getaddrinfo))
        yield


def _guarded(method: Any) -> Any:
    def guarded(self: socket.socket, *arguments: Any) -> Any:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            _refuse_outside(str(arguments[-1][0]))
        return method(self, *arguments)

    return guarded


def _guarded_lookup(lookup: Any) -> Any:
    def guarded(host: str | bytes | None, *arguments: Any, **options: Any) -> Any:
        if host:
            _refuse_outside(host.decode() if isinstance(host, bytes) else host)
        return lookup(host, *arguments, **options)

    return guarded


def _refuse_outside(host: str) -> None:
    if not _is_here(host):
        attempts.append(host)
        raise OutsideWorldError(f"a test tried to reach {host}; tests speak to this machine only")


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
