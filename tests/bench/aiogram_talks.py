"""aiogram with its states in Redis. No network but the socket to Redis: what it sends is answered in process."""

from __future__ import annotations

import asyncio
import itertools
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiogram import Bot, Dispatcher
from aiogram.client.session.base import BaseSession
from aiogram.fsm.context import FSMContext
from aiogram.fsm.storage.base import StorageKey
from aiogram.fsm.storage.redis import RedisStorage
from aiogram.methods import TelegramMethod
from aiogram.types import Chat, Message, Update, User
from redis.asyncio import Redis

from tests.bench.dialogue import LINES, Figures

REDIS = shutil.which("redis-server")
DIALOGUES = 128
ROW = {"answers": ["/start", "đồng ý", "Nguyễn Văn An", "0912 345 678"]}


class Answered(BaseSession):
    """Every message is taken at once."""

    async def close(self) -> None:
        """Nothing to close."""

    async def make_request(self, bot: Bot, method: TelegramMethod[Any], *_: Any, **__: Any) -> Any:
        """What Telegram answers."""
        return Message(message_id=1, date=datetime.now(UTC), chat=Chat(id=1, type="private"), text="x")

    async def stream_content(self, *_: Any, **__: Any) -> AsyncGenerator[bytes, None]:
        """Nothing is fetched."""
        yield b""


async def step(message: Message, state: FSMContext) -> None:
    """Keep the answer, put the next question."""
    kept = await state.get_data()
    answers = [*kept.get("answers", []), message.text]
    await message.answer(f"Câu hỏi {len(answers)}: mời anh/chị trả lời.")
    if len(answers) == len(LINES):
        await state.clear()
        return
    await state.update_data(answers=answers)
    await state.set_state(f"step:{len(answers)}")


async def measure(scale: int, fsync: str, at_once: int, rounds: int) -> Figures:
    """With so many conversations open, and an append-only file written to disk this often."""
    with _server(fsync) as socket:
        redis = Redis(unix_socket_path=socket)
        storage = RedisStorage(redis)
        dispatcher = Dispatcher(storage=storage)
        dispatcher.message.register(step)
        bot = Bot("1:A", session=Answered())
        await _settle(redis, storage, scale)
        numbers, found = itertools.count(), []
        for _ in range(rounds):
            waits: list[float] = []
            mine = itertools.islice(numbers, DIALOGUES)
            began = time.perf_counter()
            await asyncio.gather(*(_people(dispatcher, bot, mine, waits) for _ in range(at_once)))
            found.append(Figures.of(waits, time.perf_counter() - began))
        await redis.aclose()
    return Figures.median(found)


async def _people(dispatcher: Dispatcher, bot: Bot, numbers: Iterator[int], waits: list[float]) -> None:
    for number in numbers:
        person = 10_000_000 + number
        user, chat = User(id=person, is_bot=False, first_name="An"), Chat(id=person, type="private")
        for position, line in enumerate(LINES):
            text, now = line.format(number=number), datetime.now(UTC)
            message = Message(message_id=position + 1, date=now, chat=chat, from_user=user, text=text)
            since = time.perf_counter()
            await dispatcher.feed_update(bot, Update(update_id=person * 100 + position, message=message))
            waits.append(time.perf_counter() - since)


async def _settle(redis: Redis, storage: RedisStorage, scale: int) -> None:
    rows = json.dumps(ROW)
    for start in range(0, scale, 10_000):
        pipe = redis.pipeline(transaction=False)
        for number in range(start, min(start + 10_000, scale)):
            key = StorageKey(bot_id=1, chat_id=number, user_id=number)
            pipe.set(storage.key_builder.build(key, "state"), "step:4")
            pipe.set(storage.key_builder.build(key, "data"), rows)
        await pipe.execute()


@contextmanager
def _server(fsync: str) -> Iterator[str]:
    """A Redis of its own that listens to a socket in a folder of its own."""
    assert REDIS is not None
    with tempfile.TemporaryDirectory(prefix="redis") as folder:
        socket = f"{folder}/redis.sock"
        options = ["--port", "0", "--unixsocket", socket, "--dir", folder, "--save", "", "--appendonly", "yes"]
        with subprocess.Popen([REDIS, *options, "--appendfsync", fsync], stdout=subprocess.DEVNULL) as server:
            while not Path(socket).exists():
                time.sleep(0.01)
            try:
                yield socket
            finally:
                server.terminate()
