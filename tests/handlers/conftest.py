"""An open transaction on a fresh database of either kind, for handlers that need no more."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from storage.database import Database, Transaction
from storage.seals import Seals


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url, Seals(["a key of the tests"]))
    yield opened
    opened.close()


@pytest.fixture
def db(database: Database) -> Iterator[Transaction]:
    with database.transaction() as transaction:
        yield transaction
