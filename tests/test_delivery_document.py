"""docs/delivery.md names a test for every promise; each of them is there."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parent
NAMED = re.compile(r"`(test_\w+)`")
CHECKED = ("The matrix", "Pace", "Outages", "Processes", "Clocks", "What comes in", "What an operator sees", "Backups")
DEFINED = re.compile(r"^\s*(?:async )?def (test_\w+)\(", re.MULTILINE)


def test_every_promise_has_the_test_it_names() -> None:
    told = (TESTS.parent / "docs" / "delivery.md").read_text(encoding="utf-8")
    named = set(NAMED.findall(told))
    defined = {name for file in TESTS.rglob("test_*.py") for name in DEFINED.findall(file.read_text(encoding="utf-8"))}
    assert len(named) > 40
    assert named <= defined


def test_no_line_of_a_table_is_without_one() -> None:
    told = (TESTS.parent / "docs" / "delivery.md").read_text(encoding="utf-8")
    matrix = [part for part in told.split("\n## ") if part.startswith(CHECKED)]
    lines = [
        line for part in matrix for line in part.splitlines() if line.startswith("| ") and "Held to it" not in line
    ]
    assert len(lines) > 40
    assert all(NAMED.search(line) for line in lines)
