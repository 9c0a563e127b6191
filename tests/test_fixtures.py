"""The fixtures keep what they promise: fresh databases of both kinds, no way out of this machine, a real browser."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Error
from sqlalchemy import Engine, create_engine, inspect, text
from sqlalchemy.pool import NullPool

from tests import loopback, patience, postgres
from tests.browser import window
from tests.machine import Machine

ELSEWHERE = "192.0.2.1"
"""An address set aside for documentation (RFC 5737): nobody lives there."""


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = create_engine(database_url, poolclass=NullPool)
    yield made
    made.dispose()


@pytest.mark.parametrize("_again", [1, 2])
def test_every_test_gets_a_database_with_tables_and_no_rows(engine: Engine, _again: int) -> None:
    with engine.begin() as connection:
        tables = set(inspect(connection).get_table_names()) - {"alembic_version"}
        assert "outbox" in tables
        assert "left_behind" not in tables
        for table in tables:
            assert not connection.execute(text(f'SELECT 1 FROM "{table}"')).all()
        connection.execute(text("CREATE TABLE left_behind (id INTEGER)"))


def test_a_blank_database_has_no_table(blank_database_url: str) -> None:
    engine = create_engine(blank_database_url, poolclass=NullPool)
    assert inspect(engine).get_table_names() == []
    engine.dispose()


def test_the_server_is_spelled_for_the_driver_and_for_everybody_else(postgres_url: str) -> None:
    assert postgres_url.startswith("postgresql+psycopg://")
    assert postgres.plain(postgres_url).startswith("postgresql://")


def test_a_socket_to_another_machine_is_refused() -> None:
    with socket.socket() as outgoing, pytest.raises(loopback.OutsideWorldError):
        outgoing.connect((ELSEWHERE, 80))
    assert loopback.attempts == [ELSEWHERE]
    loopback.attempts.clear()


async def test_a_connection_of_the_event_loop_is_refused_too() -> None:
    with pytest.raises(loopback.OutsideWorldError):
        await asyncio.open_connection(ELSEWHERE, 80)
    loopback.attempts.clear()


def test_a_name_of_another_machine_is_not_looked_up() -> None:
    with pytest.raises(loopback.OutsideWorldError):
        socket.create_connection(("somewhere.invalid", 80))
    loopback.attempts.clear()


def test_this_machine_and_unix_sockets_can_be_reached(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass
    with socket.socket(socket.AF_UNIX) as listening, socket.socket(socket.AF_UNIX) as outgoing:
        listening.bind(str(tmp_path / "s"))
        listening.listen()
        outgoing.connect(str(tmp_path / "s"))


async def test_the_browser_shows_our_pages_and_reaches_nobody_else(browser: Browser) -> None:
    page = await (await window(browser)).new_page()
    await page.set_content("<h1>Chào anh/chị đoàn viên</h1>")
    assert await page.inner_text("h1") == "Chào anh/chị đoàn viên"
    with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
        await page.goto("http://somewhere.invalid/")


def test_a_command_that_is_broken_off_leaves_no_answer_for_the_next_one(
    tmp_path: Path, sqlite_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine(tmp_path, sqlite_database)
    with monkeypatch.context() as hasty:
        hasty.setattr(patience, "SECONDS", 0.0)
        with pytest.raises(AssertionError, match="takes longer"):
            machine.run("programmes", "templates")
    assert "frob" in machine.refused("frob", code=2)
