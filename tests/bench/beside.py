"""This checkout beside another one: turns and sends a second on SQLite and PostgreSQL, by turns in one run; the ratio.

    .venv/bin/python -m tests.bench.beside ../before

The other checkout has an environment of its own (`make dev` there). Each round is a process of its own.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from pathlib import Path

ROUNDS = 3
HERE = Path(__file__).parents[2]
PREPARED = """
import asyncio, tempfile
from storage.upgrades import migrate
from tests import postgres
from tests.bench import raw_bot_api
from tests.bench.bench_{what} import ours
async def on(url):
    migrate(url)
    {measured}
with tempfile.TemporaryDirectory() as folder:
    print("SQLite", asyncio.run(on(f"sqlite:///{{folder}}/bench.db")))
with postgres.serve(postgres.DURABLE) as server:
    print("PostgreSQL", asyncio.run(on(server.address(server.create()))))
"""
MEASURED = {
    "turns": "return (await ours(url, 100)).rate",
    "outbound": "\n    ".join(("with raw_bot_api.running(0.0) as api:", "    return await ours(url, api, 128)")),
}


def measure(checkout: Path, what: str) -> dict[str, float]:
    """A second of it, by database."""
    code = PREPARED.format(what=what, measured=MEASURED[what])
    done = subprocess.run(
        [checkout / ".venv" / "bin" / "python", "-c", code], cwd=checkout, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"{checkout}: {done.stderr[-2000:]}")
    lines = (line.split() for line in done.stdout.splitlines())
    return {line[0]: float(line[1]) for line in lines if line and line[0] in ("SQLite", "PostgreSQL")}


def main(other: str) -> None:
    """Print each median of both checkouts, and how many times the other's this one's is."""
    there = Path(other).resolve()
    for what in MEASURED:
        rounds = [(measure(there, what), measure(HERE, what)) for _ in range(ROUNDS)]
        for database in rounds[0][0]:
            before, now = (statistics.median(each[side][database] for each in rounds) for side in (0, 1))
            print(f"{what} on {database}: {before:,.0f} a second there, {now:,.0f} here, {now / before:.2f} times")


if __name__ == "__main__":
    main(*sys.argv[1:])
