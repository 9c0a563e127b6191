"""From the command to an answer on /ready, and the memory of the process: idle, and after members have talked.

Run with `make bench`, or this file alone as docs/performance.md says. SQLite, the browser chat alone.
"""

from __future__ import annotations

import contextlib
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError

import pytest

from tests.machine import Machine

STARTS = 5
LINES = 250
"""What one network address may say at once."""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def resident(pid: int) -> float:
    """MiB, as the kernel counts them."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


def answers(port: int) -> bool:
    with (
        contextlib.suppress(URLError, ConnectionError),
        urllib.request.urlopen(f"http://127.0.0.1:{port}/ready") as told,
    ):
        return told.status == 200
    return False


@contextlib.contextmanager
def serving(machine: Machine) -> Iterator[tuple[subprocess.Popen[bytes], int, float]]:
    """`congdoan run`, its port, and the seconds it took to be ready."""
    port = free_port()
    environment = machine.environment | {"CONGDOAN_HTTP_PORT": str(port)}
    began = time.perf_counter()
    command = [sys.executable, "-m", "bot", "run"]
    process = subprocess.Popen(command, cwd=machine.home, env=environment, stderr=subprocess.DEVNULL)
    try:
        while not answers(port):
            time.sleep(0.005)
        yield process, port, time.perf_counter() - began
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def talk(port: int) -> None:
    """A stranger says hello in the browser chat."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    opener.open(f"http://127.0.0.1:{port}/chat").read()
    body = f'{{"id":"{uuid.uuid4()}","text":"xin chào"}}'.encode()
    headers = {"Content-Type": "application/json", "Sec-Fetch-Site": "same-origin"}
    opener.open(urllib.request.Request(f"http://127.0.0.1:{port}/chat/send", body, headers)).read()


@pytest.mark.timeout(300)
def test_start_to_ready(tmp_path: Path, sqlite_database: str, capsys: pytest.CaptureFixture[str]) -> None:
    machine = Machine(tmp_path, sqlite_database)
    machine.environment["PYTHONPATH"] = str(Path.cwd())
    starts = []
    for _ in range(STARTS):
        with serving(machine) as (process, port, seconds):
            starts.append(seconds)
            idle = resident(process.pid)
    with serving(machine) as (process, port, _):
        for _ in range(LINES):
            talk(port)
        busy = resident(process.pid)
    with capsys.disabled():
        print(
            f"\nsqlite: ready after {statistics.median(starts):.2f} s (median of {STARTS}); "
            f"resident {idle:.0f} MiB idle, {busy:.0f} MiB after {LINES} members talked"
        )
