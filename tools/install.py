"""Set up this checkout: `runtime` or `dev` packages from a hashed lock into .venv, `chromium` for the browser tests.

Only what must run before anything is installed lives here: the standard library alone, in words that an older Python
still reads, since it is the one that must say it is too old. Never product code.
What is done is remembered by stamps inside .venv that hold the hash of what was installed: a second run does nothing.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCKS = {"runtime": "requirements.lock", "dev": "requirements-dev.lock"}
OLDEST = (3, 11)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def main(arguments: list[str]) -> None:
    """Do what the one argument names; anything that stops it ends the process with one clear line."""
    if arguments == ["runtime"]:
        install_packages("runtime")
    elif arguments == ["dev"]:
        install_packages("runtime", "dev")
    elif arguments == ["chromium"]:
        install_chromium()
    else:
        sys.exit("usage: install.py runtime | dev | chromium")


def install_packages(*names: str) -> None:
    """The locks, then this project itself; `dev` goes on top of `runtime`, whose versions it repeats."""
    if sys.version_info < OLDEST:
        sys.exit(f"Python 3.11 or newer is needed; {sys.executable} is {sys.version.split()[0]}.")
    for name in names:
        install_lock(name)
    stamp = Stamp("project", ROOT / "pyproject.toml")
    if not stamp.holds():
        pip("--no-deps", "--no-build-isolation", "--editable", str(ROOT))
        stamp.put()


def install_lock(name: str) -> None:
    lock = ROOT / LOCKS[name]
    stamp = Stamp(name, lock)
    if stamp.holds():
        return
    if name == "runtime":
        make_venv()
    print(f"Installing {lock.name} into .venv ...", flush=True)
    pip("--require-hashes", "--only-binary", ":all:", "--requirement", str(lock))
    stamp.put()


def make_venv() -> None:
    if importlib.util.find_spec("ensurepip") is None:
        package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
        apt_install(package, needed="This Python cannot make virtual environments")
    run(sys.executable, "-m", "venv", "--clear", str(VENV))


def find_chromium() -> str | None:
    """The path of the first browser found, by the names distributions give it."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def install_chromium() -> None:
    if find_chromium() is None:
        apt_install("chromium", "fonts-dejavu-core", needed="The browser tests need Chromium or Google Chrome")


def apt_install(*packages: str, needed: str) -> None:
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        sys.exit(f"{needed}. On Debian, as root: {' '.join(command)}")
    os.environ["DEBIAN_FRONTEND"] = "noninteractive"
    run("apt-get", "update", "-q")
    run(*command)


def pip(*arguments: str) -> None:
    run(str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", *arguments)


def run(*command: str) -> None:
    if subprocess.run(command, check=False).returncode != 0:
        sys.exit(f"Set-up stopped: this failed: {' '.join(command)}")


class Stamp:
    """A file in .venv that says what was installed: from which file, for which Python, in which folder."""

    def __init__(self, name: str, source: Path) -> None:
        self.path = VENV / f".{name}.stamp"
        basis = source.read_bytes() + f"\n{ROOT}\n{sys.version}".encode()
        self.hash = hashlib.sha256(basis).hexdigest()

    def holds(self) -> bool:
        return PYTHON.exists() and self.path.exists() and self.path.read_text(encoding="ascii") == self.hash

    def put(self) -> None:
        self.path.write_text(self.hash, encoding="ascii")


if __name__ == "__main__":
    main(sys.argv[1:])
