"""python-telegram-bot with a ConversationHandler and PicklePersistence, flushed after every update. No network: what it
sends is answered in process."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from telegram import Bot, Chat, Message, Update, User
from telegram.ext import (
    Application,
    ApplicationBuilder,
    ContextTypes,
    ConversationHandler,
    MessageHandler,
    PersistenceInput,
    PicklePersistence,
    filters,
)
from telegram.request import BaseRequest, RequestData

from tests.bench.dialogue import LINES, Figures

DIALOGUES = {100: 40, 10_000: 8, 100_000: 1}
"""Dialogues in one round, by the conversations open: at 100,000 a turn takes it most of a second."""


class Answered(BaseRequest):
    """Every message is taken at once."""

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    @property
    def read_timeout(self) -> float:
        """None is ever waited for."""
        return 1.0

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, **_: Any
    ) -> tuple[int, bytes]:
        """What Telegram answers."""
        if url.endswith("getMe"):
            result: dict[str, Any] = {"id": 1, "is_bot": True, "first_name": "Bot", "username": "a_bot"}
        else:
            result = {"message_id": 1, "date": 1_800_000_000, "chat": {"id": 1, "type": "private"}, "text": "x"}
        return 200, json.dumps({"ok": True, "result": result}).encode()


async def step(update: Update, context: ContextTypes.DEFAULT_TYPE) -> int:
    """Keep the answer, put the next question."""
    assert context.user_data is not None
    assert update.message is not None
    place = len(context.user_data.setdefault("answers", [])) + 1
    context.user_data["answers"].append(update.message.text)
    await update.message.reply_text(f"Câu hỏi {place}: mời anh/chị trả lời.")
    if place == len(LINES):
        context.user_data["answers"] = []
        return ConversationHandler.END
    return place


async def measure(scale: int, folder: Path, rounds: int) -> Figures:
    """With so many conversations open."""
    application, bot = await _started(scale, folder / f"ptb-{scale}")
    found, people = [], iter(range(10_000_000, 20_000_000))
    for _ in range(rounds):
        waits: list[float] = []
        began = time.perf_counter()
        for person in (next(people) for _ in range(DIALOGUES[scale])):
            for position, line in enumerate(LINES):
                since = time.perf_counter()
                await application.process_update(_update(bot, person, position, line))
                await application.update_persistence()
                waits.append(time.perf_counter() - since)
        found.append(Figures.of(waits, time.perf_counter() - began))
    await application.shutdown()
    return Figures.median(found)


async def _started(scale: int, path: Path) -> tuple[Application[Any, Any, Any, Any, Any, Any], Bot]:
    kept = PicklePersistence(path, PersistenceInput(bot_data=False, chat_data=False), update_interval=1e9)
    builder = ApplicationBuilder().token("1:A").request(Answered()).get_updates_request(Answered())
    application = builder.persistence(kept).build()
    answered = MessageHandler(filters.TEXT, step)
    states: dict[object, list[Any]] = {place: [answered] for place in range(1, len(LINES))}
    talk: ConversationHandler[Any] = ConversationHandler(
        [answered], states, [], name="initiative", persistent=True, per_chat=True
    )
    application.add_handler(talk)
    kept.on_flush = True  # only while the open conversations are made: it writes the whole file at every change
    for number in range(scale):
        await kept.update_conversation("initiative", (number, number), 7)
        await kept.update_user_data(number, {"answers": ["/start", "đồng ý", "Nguyễn Văn An", "0912 345 678"]})
    await kept.flush()
    kept.on_flush = False
    await application.initialize()
    return application, application.bot


def _update(bot: Bot, person: int, position: int, line: str) -> Update:
    user = User(person, "An", is_bot=False)
    now = datetime.now(UTC)
    text = line.removeprefix("/").format(number=person)
    message = Message(position + 1, now, Chat(person, "private"), from_user=user, text=text)
    message.set_bot(bot)
    update = Update(person * 100 + position, message=message)
    update.set_bot(bot)
    return update
