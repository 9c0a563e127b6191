"""A machine as an operator has it: a directory, a database, a key in the environment, and the real command line."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlmodel import select

from storage.database import Database
from storage.seals import Seals
from tests import warm_start

KEY = "a-key-for-tests-that-is-long-enough-to-be-one"
SHEET = "mã,tên,mã cấp trên,cấp\nQN01,Công đoàn tỉnh Q,,Cấp tỉnh\nQN02,Trường A,QN01,Cơ sở\n"
NOT_INHERITED = ("CONGDOAN_", "PYTHONDONTWRITEBYTECODE")
"""Without byte code each of these processes would compile every library anew."""


class Machine:
    """A directory with a database, a key in the environment, and a shell."""

    def __init__(self, home: Path, url: str) -> None:
        self.home = home
        self.url = url
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(NOT_INHERITED)}
        self.environment = {**inherited, "CONGDOAN_DATABASE_URL": url, "CONGDOAN_SECRET_KEY": KEY}

    @property
    def file(self) -> Path:
        """The database's, where it is SQLite."""
        return Path(self.url.removeprefix("sqlite:///"))

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-W", "error", "-m", "bot", *arguments]

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        settings = {f"CONGDOAN_{name}": value for name, value in environment.items()}
        return warm_start.run(arguments, home=self.home, environment=self.environment | settings)

    def done(self, *arguments: str, **environment: str) -> str:
        result = self.run(*arguments, **environment)
        assert result.returncode == 0, result.stderr
        return result.stdout

    def noted(self, *arguments: str, **environment: str) -> str:
        """What is said beside a file; stdout has nothing."""
        result = self.run(*arguments, **environment)
        assert result.returncode == 0, result.stderr
        assert result.stdout == ""
        return result.stderr

    def refused(self, *arguments: str, code: int = 1, **environment: str) -> str:
        """The one line that says why."""
        result = self.run(*arguments, **environment)
        assert result.returncode == code, result.stdout
        (line,) = result.stderr.splitlines()
        return line

    @contextmanager
    def chat(self) -> Iterator[subprocess.Popen[bytes]]:
        """A serving process that has answered its first line."""
        process = subprocess.Popen(
            self.command("chat"), cwd=self.home, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        try:
            say(process, "xin chào")
            yield process
        finally:
            process.kill()
            process.communicate()

    @contextmanager
    def database(self) -> Iterator[Database]:
        database = Database(self.url, Seals([KEY]))
        yield database
        database.close()

    def stored(self, column: Any) -> list[Any]:
        with self.database() as database, database.reading() as db:
            return list(db.scalars(select(column)))


def say(process: subprocess.Popen[bytes], line: str) -> str:
    """Type a line and read up to the hint under the choices that ends an answer."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{line}\n".encode())
    process.stdin.flush()
    told = b""
    while "nhắn số để chọn".encode() not in told:
        read = process.stdout.readline()
        assert read, told.decode()
        told += read
    return told.decode()
