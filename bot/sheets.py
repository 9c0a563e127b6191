"""Sheets from outside are read by a process of their own, with limits of time and memory: what a file makes its reader
do, it does there, and only plain rows or a named refusal come back. `python -m bot.sheets` is that process.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from handlers.errors import Refusal
from handlers.units.sheet import SheetRow, read_sheet


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading one sheet may cost."""

    cpu: int = 30
    """Seconds of work; 50,000 units with every column take about 10."""
    wall: float = 60.0
    """Seconds that are waited."""
    memory: int = 1024 * 1024 * 1024
    """Bytes of address space."""


LIMITS = Limits()
TOO_HEAVY = "units.sheet_too_heavy"


def read(data: bytes, filename: str, limits: Limits = LIMITS) -> tuple[SheetRow, ...]:
    """The units of a sheet, in its order. Raises Refusal."""
    reader = [sys.executable, "-m", "bot.sheets", str(limits.cpu), str(limits.memory), filename]
    try:
        ended = subprocess.run(reader, input=data, capture_output=True, timeout=limits.wall, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise Refusal(TOO_HEAVY) from None
    if ended.returncode != 0:  # the system ended it, or memory ran out
        raise Refusal(TOO_HEAVY)
    told = json.loads(ended.stdout)
    if "refusal" in told:
        raise Refusal(told["refusal"], **told["values"])
    return unpack(told["rows"])


def unpack(rows: Sequence[dict[str, Any]]) -> tuple[SheetRow, ...]:
    """Rows as they travel between processes."""
    return tuple(SheetRow(**row) for row in rows)


def pack(rows: Sequence[SheetRow]) -> list[dict[str, Any]]:
    """The other way."""
    return [asdict(row) for row in rows]


def _limit(cpu: int, memory: int) -> None:
    """Let this process cost no more; a lower limit of the system's stays."""
    for kind, most in ((resource.RLIMIT_CPU, cpu), (resource.RLIMIT_AS, memory), (resource.RLIMIT_CORE, 0)):
        _, hard = resource.getrlimit(kind)
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (allowed, allowed))


def main(cpu: str, memory: str, filename: str) -> None:
    """Read the sheet on stdin, tell its rows or the refusal on stdout."""
    _limit(int(cpu), int(memory))
    try:
        told: dict[str, Any] = {"rows": pack(read_sheet(sys.stdin.buffer.read(), filename))}
    except Refusal as refusal:
        told = {"refusal": refusal.key, "values": refusal.values}
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
