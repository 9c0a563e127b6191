"""A courier that is killed again and again: `python -m tests.storm URL LOG KILLS MESSAGES SEED`.

Every life is a fork of this process, which has loaded everything and opened nothing; it ends by SIGKILL once the
platform, a file to which each message is appended by a single write, has heard so many more messages. The last life
ends by itself when nothing is left to send.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
from pathlib import Path

from bot.channels import Pace
from bot.courier import Courier
from bot.writer import Writer
from messages.types import Outbound
from storage.database import Database
from storage.seals import Seals
from tests.post_office import ACCOUNT, KEY

LINE = 64
"""Bytes of one line of the log, so that its length tells how much was heard."""
LONGEST = 0.002
"""Seconds a send takes at most, before and again after the platform has it."""


class Log:
    """The platform: what is written here was heard."""

    account = ACCOUNT
    pace = Pace(per_second=None)
    kept = False

    def __init__(self, path: Path, life: int, seed: int) -> None:
        self.life = life
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._chance = random.Random(seed + life)

    async def send(self, chat: str, message: Outbound) -> str:
        await asyncio.sleep(self._chance.uniform(0, LONGEST))
        os.write(self._file, f"{self.life} {chat} {message.text}".ljust(LINE - 1).encode() + b"\n")
        await asyncio.sleep(self._chance.uniform(0, LONGEST))
        return "heard"

    async def ping(self) -> None:
        """It is always there."""


def heard(path: Path) -> int:
    return path.stat().st_size // LINE if path.exists() else 0


async def live(url: str, log: Log) -> None:
    """One life of a courier: what its predecessor left claimed it takes over at once, being alone."""
    database = Database(url, Seals([KEY]))
    writer = Writer(database)
    writer.open()
    await Courier(writer, [log], owner=f"life {log.life}", alone=True).drain()
    await writer.close()
    database.close()


def main(url: str, path: Path, kills: int, messages: int, seed: int) -> None:
    moments = sorted(random.Random(seed).sample(range(1, messages), kills))
    for life, moment in enumerate([*moments, None]):
        child = os.fork()
        if child == 0:
            asyncio.run(live(url, Log(path, life, seed)))
            os._exit(0)
        while moment is not None and heard(path) < moment:
            time.sleep(0.0005)
        if moment is not None:
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        expected = 0 if moment is None else signal.SIGKILL
        assert status == expected, f"life {life} ended with {status}"


if __name__ == "__main__":
    database_url, log_path, *numbers = sys.argv[1:]
    main(database_url, Path(log_path), *map(int, numbers))
