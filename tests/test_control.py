"""One process writes to a SQLite file; commands hand their orders to it through its socket."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from bot import control
from bot.control import Envelope, Facts
from bot.errors import OrderFailed
from storage.errors import InUse


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/congdoan.db"


async def carry(order: Envelope) -> Facts:
    match order.facts["order"]:
        case "echo":
            return {"heard": order.facts["word"], "bytes": len(order.body)}
        case "refuse":
            raise control.Refused({"text": "không được"})
        case _:
            raise RuntimeError("lời của đoàn viên")


def nobody(order: Envelope) -> Facts:
    raise AssertionError("the order was not handed over")


def alone(order: Envelope) -> Facts:
    return {"alone": True}


def is_there(path: Path) -> bool:
    return path.exists()


async def sent(url: str, order: Envelope, here: Callable[[Envelope], Facts] = nobody) -> Facts:
    return await asyncio.to_thread(control.deliver, url, order, here)


async def test_an_order_reaches_the_process_that_serves_with_its_file(url: str) -> None:
    with control.hold(url) as held:
        async with control.serving(held, carry):
            order = Envelope({"order": "echo", "word": "mười"}, b"\n\x00" * 1_000_000)
            assert await sent(url, order) == {"heard": "mười", "bytes": 2_000_000}


async def test_an_order_is_carried_out_here_when_nobody_serves(url: str) -> None:
    assert await sent(url, Envelope({}), alone) == {"alone": True}
    with control.hold(url) as held:
        async with control.serving(held, carry):
            pass
    assert await sent(url, Envelope({}), alone) == {"alone": True}


async def test_what_the_process_refuses_is_refused_here(url: str) -> None:
    with control.hold(url) as held:
        async with control.serving(held, carry):
            with pytest.raises(control.Refused) as refused:
                await sent(url, Envelope({"order": "refuse"}))
            assert refused.value.facts == {"text": "không được"}
            with pytest.raises(OrderFailed):
                await sent(url, Envelope({"order": "break"}))
            assert (await sent(url, Envelope({"order": "echo", "word": "x"})))["heard"] == "x"


async def test_a_holder_that_takes_no_orders_is_told_of(url: str) -> None:
    with control.hold(url), pytest.raises(InUse):
        await sent(url, Envelope({}))


def test_only_one_process_holds_a_file(url: str, tmp_path: Path) -> None:
    with control.hold(url), pytest.raises(InUse), control.hold(url):
        pass
    with control.hold(url), control.hold(f"sqlite:///{tmp_path}/other.db"):
        pass


def test_the_same_file_by_another_name_is_the_same_file(url: str, tmp_path: Path) -> None:
    (tmp_path / "congdoan.db").touch()
    (tmp_path / "link.db").symlink_to(tmp_path / "congdoan.db")
    with control.hold(url), pytest.raises(InUse), control.hold(f"sqlite:///{tmp_path}/link.db"):
        pass


async def test_what_a_killed_process_left_behind_is_no_hindrance(url: str, tmp_path: Path) -> None:
    with control.hold(url) as held:
        async with control.serving(held, carry):
            left = (tmp_path / "congdoan.db.lock").read_bytes()
    (tmp_path / os.fsdecode(left)).touch()
    (tmp_path / "congdoan.db.lock").write_bytes(left)
    assert await sent(url, Envelope({}), alone) == {"alone": True}
    with control.hold(url) as held:
        async with control.serving(held, carry):
            assert (await sent(url, Envelope({"order": "echo", "word": "x"})))["heard"] == "x"


@pytest.mark.parametrize("name", ["congdoan.db", "d" * 120 + ".db"])
async def test_nobody_else_can_enter_and_the_path_is_short_enough(tmp_path: Path, name: str) -> None:
    folder = tmp_path if name == "congdoan.db" else tmp_path / ("f" * 90)
    folder.mkdir(exist_ok=True)
    with control.hold(f"sqlite:///{folder}/{name}") as held:
        async with control.serving(held, carry):
            socket = Path((folder / f"{name}.lock").read_text())
            assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700
            assert len(os.fsencode(socket)) <= 100
        assert not is_there(socket)


async def test_postgresql_needs_no_door(tmp_path: Path) -> None:
    url = "postgresql://union@127.0.0.1:1/union"
    with control.hold(url) as held, control.hold(url):
        async with control.serving(held, carry):
            assert await sent(url, Envelope({}), alone) == {"alone": True}
