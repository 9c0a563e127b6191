"""A stop that cannot come to its end ends all the same: in a process of its own, since that is what ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROGRAM = """
import asyncio, signal
from bot import app

async def serve():
    stop = asyncio.Event()
    async with app.ending_soon(stop):
        stop.set()
        print("stopping", flush=True)
        await asyncio.sleep({lasts})
        print("stopped")

app.LONGEST_STOP = {longest}
asyncio.run(serve())
"""


@pytest.mark.parametrize(
    ("lasts", "longest", "code", "told"), [(600, 0.1, 1, ["stopping"]), (0.1, 60, 0, ["stopping", "stopped"])]
)
def test_a_stop_that_takes_too_long_is_ended_and_a_quick_one_is_left_alone(
    lasts: float, longest: float, code: int, told: list[str]
) -> None:
    program = PROGRAM.format(lasts=lasts, longest=longest)
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    lines = [line for line in ended.stdout.splitlines() if line.startswith("stop") and "." not in line]
    assert (ended.returncode, lines) == (code, told), ended.stderr
