"""Leases, pace and retries go by the database's clock: one machine whose own clock is minutes off changes nothing."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
READS = re.compile(r"datetime\.(?:now|utcnow|today)\(|\bdate\.today\(|\btime\.(?:time|time_ns|localtime|gmtime)\(")
ALLOWED = {
    "bot/clockwork.py": "the scheduler's own clock: when to look, never what is due",
    "bot/commands/checkup.py": "compares this machine's clock with the database's",
    "storage/migrations/versions/0006_roles_in_browsers.py": "when an upgrade ended rows: a note for people",
    "bot/channels/zalo_oa/codes.py": "until when a quota of Zalo's day is used up: a pause that is asked about again",
}


def test_the_clock_of_the_machine_is_read_in_named_places_only() -> None:
    found = {
        str(file.relative_to(ROOT))
        for room in ("bot", "handlers", "storage", "messages")
        for file in (ROOT / room).rglob("*.py")
        if READS.search(file.read_text(encoding="utf-8"))
    }
    assert found == set(ALLOWED)
