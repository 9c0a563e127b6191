"""The world behind the fake Telegram: chats, waiting updates, and what each method of the Bot API does to them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from typing import Any

from tests.fakes import telegram_rules as rules
from tests.fakes.listening import Listening
from tests.fakes.telegram_people import DATE, FakeChat, FakeGroup, FakeUser, Seen

TOKEN = "7000000001:TEST-token-of-the-fake-server-0123456"
UNASKED = {"chat_member", "message_reaction", "message_reaction_count"}
"""Kinds of update that come only to those who ask for them."""
CONFLICT = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"


@dataclass(frozen=True)
class Call:
    """One request of the bot that was not answered by a fault."""

    method: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class Hook:
    """The webhook; without a URL none is set."""

    url: str = ""
    secret: str | None = None


class ApiError(Exception):
    """An answer with `ok: false`."""

    def __init__(self, status: int, description: str, parameters: Mapping[str, Any] | None = None) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = parameters


class World(Listening):
    """What the server keeps. Tests speak to it through `FakeTelegram`."""

    def __init__(self, *, token: str = TOKEN, username: str = "congdoan_test_bot") -> None:
        super().__init__()
        self.token = token
        self.username = username
        self.calls: list[Call] = []
        self.reading = 0.0
        """Seconds that people look at what stands there before they write."""
        self.waiting: list[dict[str, Any]] = []
        """Updates not confirmed yet."""
        self.spinning: set[str] = set()
        """Pressed buttons nobody has answered: people see a waiting sign on them."""
        self.commands: dict[str, list[tuple[str, str]]] = {}
        """The command menus by scope: `default`, `chat 1001`."""
        self.hook = Hook()
        self.polls: list[int] = []
        """The offsets updates were asked for with."""
        self.files: dict[str, bytes] = {}
        """What people sent, by file_id."""
        self._users: dict[int, FakeUser] = {}
        self._groups: dict[int, FakeGroup] = {}
        self._numbers, self._updates, self._queries = count(1), count(500_000_001), count(1)
        self._allowed: set[str] | None = None
        self._poller: object = None

    @property
    def profile(self) -> dict[str, Any]:
        """The bot's own."""
        return {"id": int(self.token.partition(":")[0]), "is_bot": True, "first_name": "Bot", "username": self.username}

    def user(self, number: int = 1001, *, phone: str = "84912345678", started: bool = True) -> FakeUser:
        """The person with this id; the same one each time."""
        if number not in self._users:
            self._users[number] = FakeUser(self, number, phone=phone, started=started)
        return self._users[number]

    def group(self, number: int = -1_001_000_000_001) -> FakeGroup:
        """The group with this id; the same one each time."""
        return self._groups.setdefault(number, FakeGroup(self, number))

    def queue(self, kind: str, body: Mapping[str, Any]) -> int:
        """Something happened: an update for the bot, unless it does not ask for this kind. Returns the update's id."""
        number = next(self._updates)
        wanted = kind in self._allowed if self._allowed else kind not in UNASKED
        if wanted:
            self.waiting.append({"update_id": number, kind: dict(body)})
        self._touch()
        return number

    def stamp(self) -> dict[str, Any]:
        """What every message carries: who writes has read for a while what stood there."""
        return {"message_id": next(self._numbers), "date": int(time.time() + self.reading)}

    def new_query(self) -> str:
        """The id of a press, which waits for its answer from now on."""
        query = f"query-{next(self._queries)}"
        self.spinning.add(query)
        return query

    def called(self, method: str) -> list[Mapping[str, Any]]:
        """The parameters of every call of a method so far."""
        return [call.parameters for call in self.calls if call.method == method]

    async def perform(self, method: str, parameters: Mapping[str, Any], files: rules.Files) -> Any:
        """Check a call and do it; the result as Telegram gives it."""
        try:
            rules.check(method, parameters, files)
        except rules.Refusal as refusal:
            raise ApiError(400, f"Bad Request: {refusal}") from None
        if method == "getUpdates":
            return await self._get_updates(parameters)
        self.calls.append(Call(method, parameters))
        try:
            return getattr(self, f"_on_{method}")(parameters, files)
        finally:
            self._touch()

    async def _get_updates(self, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        """What waits from `offset` on (a negative one counts from the end); whatever lies before is confirmed.

        Of two pollers the newer one stays.
        """
        offset = parameters.get("offset", 0)
        self.polls.append(offset)
        if self.hook.url:
            raise ApiError(409, "Conflict: can't use getUpdates method while webhook is active")
        self._ask_for(parameters.get("allowed_updates"))
        self.waiting = self.waiting[offset:] if offset < 0 else self._from(offset)
        self._poller = mine = object()
        self._touch()
        with suppress(TimeoutError):
            async with asyncio.timeout(parameters.get("timeout", 0)):
                while not self._from(offset) and self._poller is mine and not self._closing.is_set():
                    await self._changed.wait()
        if self._poller is not mine:
            raise ApiError(409, CONFLICT)
        return self._from(offset)[: parameters.get("limit", 100)]

    def _from(self, offset: int) -> list[dict[str, Any]]:
        return [update for update in self.waiting if update["update_id"] >= offset]

    def keep_file(self, content: bytes) -> str:
        """Something somebody sent; its file_id, which is its path too."""
        number = f"file-{len(self.files) + 1}"
        self.files[number] = content
        return number

    def _on_getFile(self, parameters: Mapping[str, Any], _files: rules.Files) -> dict[str, Any]:
        number = parameters["file_id"]
        if number not in self.files:
            raise ApiError(400, "Bad Request: invalid file_id")
        size = len(self.files[number])
        return {"file_id": number, "file_unique_id": f"unique-{number}", "file_size": size, "file_path": number}

    def _on_getMe(self, _parameters: Mapping[str, Any], _files: rules.Files) -> dict[str, Any]:
        return self.profile | {"can_join_groups": True, "can_read_all_group_messages": True}

    def _on_sendMessage(self, parameters: Mapping[str, Any], files: rules.Files) -> dict[str, Any]:
        return self._deliver(parameters["text"], parameters, files)

    def _on_sendDocument(self, parameters: Mapping[str, Any], files: rules.Files) -> dict[str, Any]:
        return self._deliver(parameters.get("caption", ""), parameters, files)

    _on_sendPhoto = _on_sendDocument

    def _on_sendChatAction(self, parameters: Mapping[str, Any], _files: rules.Files) -> bool:
        self._chat(parameters["chat_id"])
        return True

    def _on_answerCallbackQuery(self, parameters: Mapping[str, Any], _files: rules.Files) -> bool:
        if parameters["callback_query_id"] not in self.spinning:
            raise ApiError(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        self.spinning.remove(parameters["callback_query_id"])
        return True

    def _on_editMessageReplyMarkup(self, parameters: Mapping[str, Any], _files: rules.Files) -> dict[str, Any]:
        chat = self._chat(parameters["chat_id"])
        seen = next((seen for seen in chat.sees if seen.number == int(parameters["message_id"])), None)
        if seen is None:
            raise ApiError(400, "Bad Request: message to edit not found")
        markup = parameters.get("reply_markup", {})
        if seen.markup == markup:
            raise ApiError(400, "Bad Request: message is not modified")
        seen.markup = markup
        return self._shown(chat, seen)

    def _on_setMyCommands(self, parameters: Mapping[str, Any], _files: rules.Files) -> bool:
        scope = parameters.get("scope", {"type": "default"})
        if "chat_id" in scope:
            self._chat(scope["chat_id"])
        named = " ".join(str(part) for part in scope.values())
        self.commands[named] = [(command["command"], command["description"]) for command in parameters["commands"]]
        return True

    def _on_setWebhook(self, parameters: Mapping[str, Any], _files: rules.Files) -> bool:
        self.hook = Hook(parameters["url"], parameters.get("secret_token"))
        self._ask_for(parameters.get("allowed_updates"))
        self._poller = None
        return True

    def _on_deleteWebhook(self, parameters: Mapping[str, Any], _files: rules.Files) -> bool:
        self.hook = Hook()
        if parameters.get("drop_pending_updates"):
            self.waiting.clear()
        return True

    def _on_getWebhookInfo(self, _parameters: Mapping[str, Any], _files: rules.Files) -> dict[str, Any]:
        waiting = len(self.waiting)
        return {"url": self.hook.url, "has_custom_certificate": False, "pending_update_count": waiting}

    def _chat(self, chat_id: Any) -> FakeChat:
        chat: FakeChat | None = self._users.get(int(chat_id)) or self._groups.get(int(chat_id))
        if chat is None:
            raise ApiError(400, "Bad Request: chat not found")
        if isinstance(chat, FakeGroup) and chat.moved_to is not None:
            upgraded = "Bad Request: group chat was upgraded to a supergroup chat"
            raise ApiError(400, upgraded, {"migrate_to_chat_id": chat.moved_to})
        refusal = chat.refusal()
        if refusal:
            raise ApiError(*refusal)
        return chat

    def _deliver(self, text: str, parameters: Mapping[str, Any], files: rules.Files) -> dict[str, Any]:
        chat = self._chat(parameters["chat_id"])
        number = next(self._numbers)
        seen = Seen(number, text, parameters.get("reply_markup", {}), parameters, next(iter(files.values()), None))
        chat.receives(seen)
        return self._shown(chat, seen)

    def _shown(self, chat: FakeChat, seen: Seen) -> dict[str, Any]:
        return {**seen.body, "date": DATE, "from": self.profile, "chat": chat.place}

    def _ask_for(self, kinds: list[str] | None) -> None:
        if kinds is not None:
            self._allowed = set(kinds)
