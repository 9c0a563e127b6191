"""Whose the files of a SQLite database are: what root made there is handed to whoever keeps the database.

A command run as root would else leave a file behind that the serving account cannot open.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path


def hand_back(database: Path) -> None:
    """As root: give everything of the database that is root's to the owner of its folder."""
    if os.geteuid() != 0 or not database.parent.is_dir():
        return
    keeper = database.parent.stat()
    for file in _files(database):
        if file.lstat().st_uid == 0 != keeper.st_uid:
            os.chown(file, keeper.st_uid, keeper.st_gid, follow_symlinks=False)


def keeper_of(database: Path) -> str | None:
    """The account that keeps the database's folder; None: it is ours, or nobody's by name."""
    import pwd  # noqa: PLC0415  rarely asked

    owner = database.parent.stat().st_uid
    if owner == os.geteuid():
        return None
    try:
        return pwd.getpwuid(owner).pw_name
    except KeyError:
        return str(owner)


def _files(database: Path) -> Iterator[Path]:
    for name in (database.name, *(database.name + ending for ending in ("-wal", "-shm", ".lock", ".erasures"))):
        file = database.with_name(name)
        if file.exists():
            yield file
    control = database.with_name(".control")
    if control.is_dir():
        yield control
