"""Every command line of the documents, as it stands there: run against a scratch installation, or listed with a reason.

What the documents run in a container or under another account runs here directly: stand-ins for `docker` and `runuser`
pass the command on with its streams.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from bot.__main__ import app
from tests import patience
from tests.machine import Machine

ROOT = Path(__file__).parents[1]
DOCUMENTS = ("README.md", "docs/deploy.md", "docs/huong-dan-quan-tri.md", "docs/zalo.md", "docs/security.md")
SERVES = re.compile(r"congdoan (run|demo|chat)\b")
NOT_RUN = {
    "make ": "sets up or tests the checkout itself",
    "git clone": "asks the network",
    "cd /opt/congdoan": "belongs to a server",
    "useradd": "belongs to a server",
    "install -d": "belongs to a server",
    "/opt/congdoan/.venv/bin/congdoan init": "belongs to a server; init is run elsewhere",
    "chgrp": "belongs to a server",
    "apt-get": "belongs to a server",
    "mkdir /etc/": "belongs to a server",
    "echo '[Service]'": "belongs to a server",
    "echo 'Environment=": "belongs to a server",
    "cp deploy/": "belongs to a server",
    "systemctl": "belongs to a server",
    "docker build": "needs a container engine",
    "docker compose -f deploy/compose.yaml build": "needs a container engine",
    "export CONGDOAN_DATABASE_URL=sqlite:///demo": "a demo would have to have run",
    "export CONGDOAN_SECRET_KEY=$(cat demo": "a demo would have to have run",
    "runuser": "paths of a server; its words are checked",
}
"""By how a line begins: why it is not run. Its syntax is looked at, and the names of our commands and options in it."""
ANSWERED = {
    "congdoan officers end SỐ": "Giá trị",
    "congdoan programmes load 75-nghin-sang-kien --year 2027": "",
    "congdoan units rename": "chưa đến",
    "congdoan units merge": "chưa đến",
    "congdoan units close": "chưa đến",
    "congdoan report cover 12": "danh sách",
    "congdoan privacy export SK-27-4F7K2": "Không tìm thấy",
    "congdoan privacy erase SK-27-4F7K2": "",
    "congdoan programmes extend 75-nghin-sang-kien-2027": "",
    "congdoan programmes close": "",
    "congdoan programmes open": "",
    "congdoan restore sao-luu-2027-03-01.backup --replace": "",
}
"""What names something a scratch installation does not have, or asks first: it is refused in these words, or done."""
DOCKER = """#!/bin/sh
while [ $# -gt 0 ]; do case "$1" in exec|run|stop|up|build|down) what=$1; shift; break;; *) shift;; esac; done
case "$what" in exec|run) ;; *) exit 0;; esac
while [ $# -gt 0 ]; do case "$1" in -*) shift;; *) break;; esac; done
shift
if [ "$what" = run ]; then exec congdoan "$@"; fi
exec "$@"
"""


@dataclass(frozen=True)
class Line:
    """One command line, and where it stands."""

    document: str
    number: int
    text: str

    def __str__(self) -> str:
        return f"{self.document}:{self.number}"


def fenced(document: str) -> Iterator[Line]:
    """The lines of blocks without a language."""
    language: str | None = None
    for number, raw in enumerate((ROOT / document).read_text(encoding="utf-8").splitlines(), 1):
        text = raw.strip()
        if text.startswith("```"):
            language = text.removeprefix("```") if language is None else None
        elif (
            language == "" and text and not text.startswith("#") and not re.match(r"[A-Z_]+=|[┌│└▲▼─ ]|promise ", text)
        ):
            yield Line(document, number, text)


def spoken(document: str) -> Iterator[Line]:
    """What stands in a sentence as a command of ours."""
    for number, text in enumerate((ROOT / document).read_text(encoding="utf-8").splitlines(), 1):
        for found in re.findall(r"`((?:… )?[^`]*\bcongdoan [a-z][^`]*)`", text):
            yield Line(document, number, found)


RUN = {document: list(fenced(document)) for document in DOCUMENTS}
ALL = [line for document in DOCUMENTS for line in (*RUN[document], *spoken(document))]


def ours(text: str) -> Iterator[list[str]]:
    """The arguments of each `congdoan …` in a line, also within `sh -c '…'` and behind `docker compose … run bot`."""
    words = shlex.split(text.replace("…", " "), comments=True)
    for place, word in enumerate(words):
        if " " in word and "congdoan " in word:
            yield from ours(word)
        elif word.rpartition("/")[2] == "congdoan" or (word == "bot" and "run" in words[:place]):
            rest = words[place + 1 :]
            ends = [i for i, one in enumerate(rest) if re.fullmatch(r"[|&;<>]+|.*;", one)]
            if rest and rest[0][:1].isalpha():
                yield rest[: min(ends, default=len(rest))]


@pytest.mark.parametrize("line", ALL, ids=str)
def test_what_is_written_of_our_commands_exists(line: Line) -> None:
    for arguments in ours(line.text):
        command: Any = get_command(app)
        rest = [one.rstrip(".,;:)") for one in arguments]
        while rest and hasattr(command, "commands"):
            name = rest.pop(0)
            if name == "|" or not name.isascii():
                break
            assert name in command.commands, f"{line}: {line.text}"
            command = command.commands[name]
        known = {spelling for one in command.params for spelling in one.opts} | {"--help"}
        for given in rest:
            assert not given.startswith("--") or given.partition("=")[0] in known, f"{line}: {given}"


@pytest.mark.parametrize("line", [line for document in DOCUMENTS for line in RUN[document]], ids=str)
def test_what_is_not_run_has_a_reason_and_a_shell_can_read_it(line: Line) -> None:
    subprocess.run(["sh", "-n", "-c", line.text], check=True)
    if line.text.startswith("make "):
        assert re.search(rf"^{line.text.split()[1]}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for file in re.findall(r"deploy/[A-Za-z.]+[a-z]", line.text):
        assert (ROOT / file).exists() or file.endswith(".env"), line


@pytest.fixture
def installation(tmp_path: Path, migrated_file: Path) -> Machine:
    """A directory with our program on its path and the files the documents speak of."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, script in {
        "congdoan": f'#!/bin/sh\nexec {sys.executable} -m bot "$@"\n',
        "docker": DOCKER,
    }.items():
        (programs / name).write_text(script)
        (programs / name).chmod(0o755)
    home = tmp_path / "home"
    (home / ".venv").mkdir(parents=True)
    (home / ".venv" / "bin").symlink_to(programs)
    (home / "deploy").mkdir()
    for name in ("units.csv", "donvi.csv"):
        shutil.copy(ROOT / "messages" / "demo" / "units.csv", home / name)
    machine = Machine(home, f"sqlite:///{home}/congdoan.db")
    machine.environment |= {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "CONGDOAN_PUBLIC_URL": "https://congdoan.example.vn",
    }
    shutil.copy(migrated_file, machine.file)
    (home / "congdoan.db.erasures").touch()
    machine.done("units", "import", "units.csv")
    machine.noted("units", "export", "--out", "units.xlsx")
    shutil.copy(home / "units.xlsx", home / "donvi.xlsx")
    return machine


@pytest.mark.long
@pytest.mark.timeout(patience.LONG_TEST)
@pytest.mark.parametrize("document", [document for document in DOCUMENTS if RUN[document]])
def test_the_commands_of_a_document_do_what_it_says(installation: Machine, document: str) -> None:
    for line in RUN[document]:
        if SERVES.search(line.text) or any(line.text.startswith(begun) for begun in NOT_RUN):
            continue
        done = subprocess.run(
            ["sh", "-c", line.text],
            cwd=installation.home,
            env=installation.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=patience.SECONDS,
            check=False,
        )
        expected = next((words for begun, words in ANSWERED.items() if begun in line.text), None)
        if done.returncode != 0:
            assert expected is not None, f"{line}: {line.text}\n{done.stderr}"
            assert expected in done.stderr, f"{line}: {line.text}\n{done.stderr}"
        for file in re.findall(r"> (\S+)$", line.text):
            written = installation.home / file
            if file.endswith(".backup"):
                assert "còn nguyên vẹn" in installation.done("backup", "--verify", str(written)), line
            elif file.endswith(".xlsx"):
                assert written.read_bytes().startswith(b"PK"), line
