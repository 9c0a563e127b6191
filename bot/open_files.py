"""How many files and connections the system lets this process open: raised as far as it may, and kept within."""

from __future__ import annotations

import contextlib
import resource

WANTED = 65_536
RESERVED = 256
"""For the database, the platforms, files of our own."""


def room_for(connections: int) -> int:
    """How many of the connections wanted there is room for. Systems start a process with 1,024 files and allow more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = WANTED if hard == resource.RLIM_INFINITY else min(hard, WANTED)
    if soft != resource.RLIM_INFINITY and soft < most:
        with contextlib.suppress(OSError, ValueError):  # a system that forbids it
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
            soft = most
    return connections if soft == resource.RLIM_INFINITY else max(16, min(connections, soft - RESERVED))
