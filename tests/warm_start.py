"""Commands of the command line, each in a process of its own that need not import the product first.

One process per run of the tests imports everything and waits; for each command it forks a copy of itself, which becomes
that command: its arguments, environment, directory, standard streams and exit are real. What importing itself costs or
breaks is not seen here: tests/test_cli.py starts commands from nothing, too.
"""

from __future__ import annotations

import atexit
import functools
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests import patience

ROOT = Path(__file__).parents[1]


def run(arguments: Sequence[str], *, home: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """As `subprocess.run` of `python -W error -m bot …`, with nothing to read on its standard input."""
    waiting = _waiting()
    with tempfile.NamedTemporaryFile() as out, tempfile.NamedTemporaryFile() as err:
        order = {"arguments": [*arguments], "home": str(home), "environment": {**environment}}
        order |= {"out": out.name, "err": err.name}
        assert waiting.stdin is not None
        assert waiting.stdout is not None
        with _whole(waiting):
            waiting.stdin.write(f"{json.dumps(order)}\n".encode())
            waiting.stdin.flush()
            told = select.select([waiting.stdout], [], [], patience.SECONDS)[0]
            assert told, f"{arguments} takes longer than it may"
            code = int(waiting.stdout.readline())
        return subprocess.CompletedProcess([*arguments], code, out.read().decode(), err.read().decode())


@contextmanager
def _whole(waiting: subprocess.Popen[bytes]) -> Iterator[None]:
    """Whoever does not hear how a command ended leaves no answer behind for the next one to take for its own."""
    try:
        yield
    except BaseException:
        os.killpg(waiting.pid, signal.SIGKILL)
        _waiting.cache_clear()
        raise


@functools.cache
def _waiting() -> subprocess.Popen[bytes]:
    """The process that waits; it ends with this one, whose end closes its input."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "tests.warm_start"],
        cwd=ROOT,
        env=inherited,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    atexit.register(process.communicate)
    return process


def _wait() -> None:
    """Fork for each order that comes in, and say how it ended."""
    import bot.__main__  # noqa: PLC0415

    for package in (bot, bot.commands):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    gc.freeze()  # what is here now is not looked through in each copy
    answers = os.dup(1)
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if not child:
            os.close(answers)
            _become(order)
            bot.__main__.main()
        _, status = os.waitpid(child, 0)
        os.write(answers, f"{os.waitstatus_to_exitcode(status)}\n".encode())


def _become(order: dict[str, Any]) -> None:
    for number, name in enumerate((os.devnull, order["out"], order["err"])):
        opened = os.open(name, os.O_RDWR)
        os.dup2(opened, number)
        os.close(opened)
    os.chdir(order["home"])
    os.environ.clear()
    os.environ.update(order["environment"])
    sys.argv[1:] = order["arguments"]


if __name__ == "__main__":
    _wait()
