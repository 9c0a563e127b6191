"""How long a test waits for what must come: a guard against what hangs, however busy the machine is; no measure.

All of it follows from the one number that pyproject.toml tells pytest. What a test measures, or lets run out on
purpose, it says itself.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

PROJECT = Path(__file__).parents[1] / "pyproject.toml"

WHOLE_TEST: float = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["tool"]["pytest"]["ini_options"]["timeout"]
"""Seconds for a test and what is set up for it."""
SECONDS = WHOLE_TEST * 0.3
"""For one thing within it: what did not come is told before the whole test ends."""
LONG_TEST = WHOLE_TEST * 3
"""For the few that try every button, or play hundreds of chats."""
