"""A writer that is killed again and again: `python -m tests.sqlite_kills URL KILLS SEED`.

Every life is a fork of this process, which has loaded everything and opened nothing. It promises messages, one a
transaction, and says of each that it is committed; it is killed in the midst of that. After every kill the file must
be sound and hold whatever was said to be committed. Prints how much that was.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from contextlib import closing
from itertools import count

from sqlalchemy import select

from messages.types import Address, Outbound
from storage import backups, clock, outbox
from storage.database import Database
from storage.seals import Seals
from storage.tables import Policy, Priority
from tests.post_office import ACCOUNT, KEY

MOST = 30
"""Commits one life may see."""
LONGEST = 0.004
"""Seconds beyond the last of them: longer than a commit takes."""
SIZE = 4
"""Bytes that tell one commit."""


def live(url: str, life: int, told: int) -> None:
    """Promise until killed."""
    database = Database(url, Seals([KEY]))
    for number in count(1):
        with database.transaction() as db:
            outbox.enqueue(
                db,
                Address(ACCOUNT, str(number)),
                Outbound("x" * 1500),
                topic="status",
                member_id=None,
                priority=Priority.NOTICE,
                policy=Policy.AT_LEAST_ONCE,
                now=clock.now(db),
                once=f"{life}:{number}",
            )
        os.write(told, number.to_bytes(SIZE, "big"))


def kill_one(url: str, life: int, chance: random.Random) -> set[str]:
    """What one life said to be committed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        live(url, life, writing)
    os.close(writing)
    with os.fdopen(reading, "rb", buffering=0) as pipe:
        seen = sum(len(pipe.read(SIZE)) for _ in range(chance.randint(1, MOST)))
        time.sleep(chance.uniform(0, LONGEST))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        assert status == signal.SIGKILL, f"life {life} ended by itself: {status}"
        seen += len(pipe.read())
    return {f"{life}:{number}" for number in range(1, seen // SIZE + 1)}


def stored(url: str) -> set[str | None]:
    """What the file holds, once it is found sound."""
    with closing(Database(url, Seals([KEY]))) as database, database.transaction() as db:
        assert backups.is_sound(db)
        return set(db.connection().execute(select(outbox.rows.c.once)).scalars())


def main(url: str, kills: int, seed: int) -> None:
    chance, committed = random.Random(seed), set[str]()
    for life in range(kills):
        committed |= kill_one(url, life, chance)
        found = stored(url)
        assert committed <= found, f"life {life} lost {committed - found}"
        assert len(found) - len(committed) <= life + 1, "at most one a life was on its way"
    print(len(committed))


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
