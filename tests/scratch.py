"""Where tests put databases: in memory where there is room, since a durable commit waits for a disk."""

from __future__ import annotations

import shutil
from pathlib import Path

MEMORY = Path("/dev/shm")
ROOM = 2 * 2**30
"""Bytes that must be free; containers are often given far less."""
DISK = Path("/tmp")
"""Not the folder of a test: the path of a Unix socket may have no more than about a hundred bytes."""


def place() -> Path:
    """The folder below which databases may lie."""
    try:
        return MEMORY if shutil.disk_usage(MEMORY).free >= ROOM else DISK
    except OSError:
        return DISK
