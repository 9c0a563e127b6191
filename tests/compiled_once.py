"""SQLAlchemy compiles a statement once for each engine, and thousands of tests have engines of their own.

So within one process of tests all engines of a kind take part in one cache. The databases are told the same as ever.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache

KINDS: tuple[type[DefaultDialect], ...] = (SQLiteDialect_pysqlite, PGDialect_psycopg)
STATEMENTS = 4000


@contextmanager
def for_all_engines() -> Iterator[None]:
    """Engines made within the block share what they compiled with all others of their kind."""
    with pytest.MonkeyPatch.context() as patch:
        for kind in KINDS:
            patch.setattr(kind, "__eq__", lambda self, other: type(self) is type(other))
            patch.setattr(kind, "__hash__", lambda self: hash(type(self)))
            patch.setattr(kind, "engine_created", _sharing(LRUCache(STATEMENTS)))
        yield


def _sharing(cache: LRUCache[object, object]) -> classmethod[DefaultDialect, [Engine], None]:
    def engine_created(_kind: type[DefaultDialect], engine: Engine) -> None:
        engine.update_execution_options(compiled_cache=cache)

    return classmethod(engine_created)
