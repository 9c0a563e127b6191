"""A bench measures a disk, too: its databases lie on one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import scratch


@pytest.fixture(scope="session")
def scratch_place() -> Path:
    """Not in memory."""
    return scratch.DISK
