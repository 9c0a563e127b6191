"""A PostgreSQL server of one test's own, which may be brought down and up again under whoever uses it."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import URL

from tests import patience, postgres


class OwnServer:
    """Made by `serve`; `url` is that of its only database."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._user = postgres.FOREIGN_USER if os.geteuid() == 0 else None
        if self._user:
            owner = pwd.getpwnam(self._user)
            os.chown(home, owner.pw_uid, owner.pw_gid)
        self._programs = postgres.installed_programs(home, self._user)
        place = URL.create(postgres.DRIVER, username="postgres", database="postgres", query={"host": str(home)})
        self.url = place.render_as_string()

    def make(self) -> None:
        """An empty database on disk."""
        options = ["--no-sync", "--auth=trust", "--encoding=utf8", "--locale=C", "-U", "postgres"]
        make = [str(self._programs / "initdb"), *options, "-D", str(self._home / "data")]
        subprocess.run(make, user=self._user, cwd=self._home, check=True, stdout=subprocess.DEVNULL)

    def start(self) -> None:
        """Up again, once it answers."""
        serve_on = ["-D", str(self._home / "data"), "-k", str(self._home), "-c", "listen_addresses=", *postgres.QUICK]
        with (self._home / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(self._programs / "postgres"), *serve_on],
                user=self._user,
                cwd=self._home,
                stdout=log,
                stderr=log,
                preexec_fn=postgres.die_with_parent,  # noqa: PLW1509  one system call
            )
        postgres.wait_until_ready(self._process, postgres.plain(self.url), self._home / "log")

    def crash(self) -> None:
        """Down at once, without a word to anybody: on its next start it recovers from its log."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(patience.SECONDS)


@contextmanager
def serve() -> Iterator[OwnServer]:
    """Up, and gone with all its files afterwards."""
    with tempfile.TemporaryDirectory(prefix="congdoan-own-", dir="/tmp") as folder:
        server = OwnServer(Path(folder))
        server.make()
        server.start()
        try:
            yield server
        finally:
            server.crash()
