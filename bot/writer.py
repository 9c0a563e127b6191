"""The writer: the thread through which this process writes to its database, in the order asked; readers beside it.

Where the database lets two write at once (PostgreSQL), turns have a thread of their own: neither they nor the courier
then stand still while the server works for the other. Between these two nothing is in order, as between two processes.

The asyncio side awaits; storage stays synchronous. What a function does, and whether it may, is not known here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Concatenate, ParamSpec, TypeVar

from storage.database import Database, Transaction
from storage.errors import WrongKey

READERS = 2

P = ParamSpec("P")
T = TypeVar("T")


class Writer:
    """Runs functions that take a transaction first: `run` and `turns` in a writing one, `read` in one that sees a
    single state.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._writing: ThreadPoolExecutor | None = None
        self._turning: ThreadPoolExecutor | None = None
        self._reading: ThreadPoolExecutor | None = None
        self._takes_turns = self._writes = True

    def open(self) -> None:
        """Start the threads."""
        self._writing = self._turning = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer")
        if not self._database.is_sqlite:
            self._turning = ThreadPoolExecutor(max_workers=1, thread_name_prefix="turns")
        self._reading = ThreadPoolExecutor(max_workers=READERS, thread_name_prefix="reader")

    async def close(self) -> None:
        """Refuse new work, finish what was asked for, end the threads. The database stays open."""
        for pool in (self._turning, self._writing, self._reading):
            if pool is not None:
                await asyncio.to_thread(pool.shutdown, wait=True)
        self._turning = self._writing = self._reading = None

    def bar_turns(self) -> None:
        """Take no turn from now on: it raises WrongKey."""
        self._takes_turns = False

    def bar(self) -> None:
        """Write nothing from now on: it raises WrongKey."""
        self._writes = False

    async def run(self, work: Callable[Concatenate[Transaction, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """What `work(db, …)` returns, once its transaction is committed; what it raises, once it is rolled back.

        Cancelling the wait stops only what has not begun.
        """
        return await self._in(self._writing, partial(self._write, work, *args, **kwargs))

    async def turns(self, work: Callable[Concatenate[Transaction, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """As `run`, for what members wait for."""
        if not self._takes_turns:
            raise WrongKey
        return await self._in(self._turning, partial(self._write, work, *args, **kwargs))

    async def read(self, work: Callable[Concatenate[Transaction, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """What `work(db, …)` returns; anything it writes is undone."""

        def read() -> T:
            with self._database.reading() as db:
                return work(db, *args, **kwargs)

        return await self._in(self._reading, read)

    def _write(self, work: Callable[Concatenate[Transaction, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        if not self._writes:
            raise WrongKey
        with self._database.transaction() as db:
            return work(db, *args, **kwargs)

    @staticmethod
    async def _in(pool: ThreadPoolExecutor | None, work: Callable[[], T]) -> T:
        if pool is None:
            raise RuntimeError("the writer is not open")
        return await asyncio.get_running_loop().run_in_executor(pool, work)
