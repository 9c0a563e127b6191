"""The terminal chat: lines in, numbered text out."""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import Iterator
from io import FileIO

import pytest

from bot.channels import Gone
from bot.channels.terminal import Terminal
from messages.catalogue import Catalogue
from messages.types import Address, Choice, Inbound, Outbound, Text
from tests import patience

CATALOGUE = Catalogue.load()


@pytest.fixture
def pipe() -> Iterator[tuple[FileIO, FileIO]]:
    reading, writing = os.pipe()
    with FileIO(reading) as source, FileIO(writing, "w") as keyboard:
        yield source, keyboard


def terminal(source: FileIO, sink: io.StringIO, name: str = "", session: str = "s1") -> Terminal:
    return Terminal(name=name, session=session, source=source, sink=sink, catalogue=CATALOGUE)


async def conversation(spoken: Terminal) -> list[Inbound]:
    heard: list[Inbound] = []

    async def receive(inbound: Inbound) -> None:
        heard.append(inbound)

    async def settled() -> None:
        await spoken.send("1", Outbound(f"đã nghe {len(heard)}"))

    async with asyncio.timeout(patience.SECONDS):
        await spoken.converse(receive, settled)
    return heard


async def test_every_line_is_an_update_of_its_own(pipe: tuple[FileIO, FileIO]) -> None:
    source, keyboard = pipe
    keyboard.write("xin chào\n\n  Nguyễn Văn An \ncuối".encode())
    keyboard.close()
    sink = io.StringIO()
    heard = await conversation(terminal(source, sink))
    assert [inbound.event for inbound in heard] == [Text("xin chào"), Text("Nguyễn Văn An"), Text("cuối")]
    assert [inbound.update_id for inbound in heard] == ["s1:1", "s1:2", "s1:3"]
    assert {inbound.address for inbound in heard} == {Address("terminal", "1")}
    assert sink.getvalue() == "đã nghe 1\n\nđã nghe 2\n\nđã nghe 3\n\n"


async def test_a_named_terminal_is_somebody_else(pipe: tuple[FileIO, FileIO]) -> None:
    source, keyboard = pipe
    keyboard.write(b"1\n")
    keyboard.close()
    other = terminal(source, io.StringIO(), name="officer", session="s2")
    assert [inbound.address for inbound in await conversation(other)] == [Address("terminal:officer", "1")]
    assert other.address.kind == "terminal"


async def test_choices_are_numbered_text(pipe: tuple[FileIO, FileIO]) -> None:
    sink = io.StringIO()
    message = Outbound("Có đúng không ạ?", (Choice("yes", "Đúng rồi"), Choice("fix", "Sửa lại")), "x")
    await terminal(pipe[0], sink).send("1", message)
    assert sink.getvalue() == "Có đúng không ạ?\n\n1. Đúng rồi\n2. Sửa lại\n\nAnh/chị nhắn số để chọn.\n\n"


async def test_bytes_that_are_no_text_do_not_end_the_chat(pipe: tuple[FileIO, FileIO]) -> None:
    source, keyboard = pipe
    keyboard.write(b"\xff\xfe\nsau\n")
    keyboard.close()
    assert [inbound.event for inbound in await conversation(terminal(source, io.StringIO()))][1] == Text("sau")


async def test_a_screen_that_is_gone_says_so(pipe: tuple[FileIO, FileIO]) -> None:
    sink = io.StringIO()
    sink.close()
    with pytest.raises(Gone):
        await terminal(pipe[0], sink).send("1", Outbound("x"))
