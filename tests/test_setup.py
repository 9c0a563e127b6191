"""What a fresh machine relies on: hashed locks, no trace of a particular machine, set-up that says what it lacks."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock")
PINNED = re.compile(
    r"(?P<name>[a-z0-9][a-z0-9._-]*)(\[[a-z0-9,_-]+\])?==(?P<version>\S+)( ; [^\\]+?)?"
    r"( \\\n    --hash=sha256:[0-9a-f]{64})+\n"
)
REGISTRIES = re.compile(r"pypi\.org|python[h]osted|registry\.(?:npmjs|yarnpkg)|deb\.debian|crates\.io")
PLAIN = {Path("/"), Path("/app"), Path("/src")}
"""Folders whose names say nothing of a particular machine: a container's."""
FOLDERS = tuple(f"{folder}/" for folder in (ROOT, Path.home()) if folder not in PLAIN)
GENERATED = {".git", ".venv", "__pycache__", ".mypy_cache", ".ruff_cache", ".import_linter_cache", ".hypothesis"}


def pins(lock: str) -> dict[str, str]:
    """Name to version; fails on any line that is neither a comment nor a pinned requirement with its hashes."""
    written = (ROOT / lock).read_text(encoding="ascii")
    requirements = re.sub(r"^#.*\n", "", written, flags=re.MULTILINE)
    assert re.sub(PINNED, "", requirements) == ""
    return {found["name"]: found["version"] for found in re.finditer(PINNED, requirements)}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_is_pinned_by_hash_and_nothing_else_stands_in_a_lock(lock: str) -> None:
    assert {"aiohttp", "hatchling", "sqlmodel"} <= pins(lock).keys()


def test_what_is_tested_is_what_runs() -> None:
    assert pins("requirements.lock").items() <= pins("requirements-dev.lock").items()


def files() -> Iterator[Path]:
    """The files of the project: those git knows or would take; all that stand here where there is no git."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        yield from (path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file())
        return
    for folder, below, names in os.walk(ROOT):
        below[:] = [name for name in below if name not in GENERATED]
        yield from (Path(folder, name) for name in names)


def text_of(path: Path) -> str:
    """The text of a file; empty for a picture, a font, an archive."""
    content = path.read_bytes()
    return "" if b"\0" in content else content.decode("utf-8", errors="replace")


def test_no_file_names_this_machine_or_a_registry() -> None:
    found = {str(path.relative_to(ROOT)): traces(text_of(path)) for path in files()}
    assert {name: told for name, told in found.items() if told} == {}


def traces(text: str) -> list[str]:
    """Registries, and what lies in this checkout or in the home of whoever runs the tests."""
    return REGISTRIES.findall(text) + [folder for folder in FOLDERS if folder in text]


@pytest.mark.parametrize("trace", ["pypi" + ".org", "https://files.python" + "hosted.org/x", *FOLDERS])
def test_a_planted_trace_is_found(trace: str) -> None:
    assert traces(f"see {trace} for more")


def install(what: str, *, path: Path) -> subprocess.CompletedProcess[str]:
    """Run the set-up on a machine whose programs are those in `path`."""
    command: list[str | Path] = [sys.executable, "-P", ROOT / "tools" / "install.py", what]
    return subprocess.run(command, env={"PATH": str(path)}, capture_output=True, text=True, check=False)


def test_without_a_browser_and_without_apt_the_set_up_says_so_in_one_line(tmp_path: Path) -> None:
    told = install("chromium", path=tmp_path)
    assert told.returncode != 0
    assert told.stdout == ""
    assert re.fullmatch(r"The browser tests need Chromium .*: apt-get install .*chromium.*\n", told.stderr)


def test_a_browser_that_is_there_is_not_installed_again(tmp_path: Path) -> None:
    (tmp_path / "google-chrome").touch(mode=0o755)
    told = install("chromium", path=tmp_path)
    assert (told.returncode, told.stdout, told.stderr) == (0, "", "")


def test_an_unknown_wish_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    told = install("everything", path=tmp_path)
    assert told.returncode != 0
    assert told.stderr == "usage: install.py runtime | dev | chromium\n"
