"""The world behind the fake Zalo Bot: chats, waiting updates, switches, and what each method does to them.

What public sources disagree about, or nobody has measured, is a switch of `Mode`; the defaults are what is likeliest.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Literal
from urllib.parse import urlsplit

from tests.fakes.listening import Listening
from tests.fakes.zalo_bot_people import FakeChat, FakeGroup, FakeUser, Seen

TOKEN = "71000000001:TEST-token-of-the-fake-zalo-bot-0123456"
BOT_ID = "1459232241454765289"
WEBHOOK_SET = "You cannot use this API while a webhook is set. Please remove the webhook first"
NO_CHAT = "Bad Request: chat not found"
"""Nobody has published what Zalo really says."""
REFUSED_HOSTS = ("upload.wikimedia.org",)
LONGEST = 2000


@dataclass
class Mode:
    """The switches."""

    empty_http: Literal[200, 408] = 200
    """The HTTP status of a poll that brought nothing."""
    failure_http: Literal["same", "ok"] = "ok"
    """Whether other refusals come under their own HTTP status or under 200."""
    poll: Literal["consume", "replay"] = "consume"
    """Whether what was fetched is gone, or comes again at once with every poll until something newer does."""
    result: Literal["object", "array"] = "object"
    stored: bool = True
    """Whether what is sent while nobody polls waits; else it is lost."""
    webhook_body: Literal["bare", "enveloped"] = "bare"
    image_field: Literal["photo_url", "photo"] = "photo_url"
    dup_server_header: bool = True
    users_cap: int = 50
    month_cap: int = 3000
    cap_counts_inbound: bool = False
    groups: bool = True
    verification_ping: Literal["none", "empty", "json"] = "empty"
    https_only: bool = False
    """Whether a webhook must be https; else any address will do."""
    webhook_retries: int = 0
    """How often a webhook that failed is called again."""


@dataclass(frozen=True)
class Call:
    """One request of the bot that was not answered by a fault."""

    method: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class Hook:
    """The webhook; without a URL none is set."""

    url: str = ""
    secret: str = ""
    updated_at: int = 0

    @property
    def told(self) -> dict[str, Any]:
        return {"url": self.url, "updated_at": self.updated_at}


class ApiError(Exception):
    """An answer with `ok: false`."""

    def __init__(self, code: int, description: str) -> None:
        super().__init__(description)
        self.code = code
        self.description = description


class World(Listening):
    """What the server keeps. Tests speak to it through `FakeZaloBot`."""

    url = ""
    picture = "x.jpg"
    """The name under which pictures of people can be fetched."""

    def __init__(self, *, token: str = TOKEN, name: str = "Bot Công đoàn") -> None:
        super().__init__()
        self.token = token
        self.name = name
        self.reset()

    def reset(self) -> None:
        """As new."""
        self.mode = Mode()
        self.calls: list[Call] = []
        self.waiting: list[dict[str, Any]] = []
        """Updates nobody has fetched yet."""
        self.hook = Hook()
        self.polls: list[Any] = []
        """The waiting times updates were asked for with."""
        self.polling = 0
        """Polls under way."""
        self.shift = timedelta()
        self._last: list[dict[str, Any]] = []
        self._chats: dict[str, FakeChat] = {}
        self._numbers = count(1)
        self._spent: dict[str, int] = {}

    @property
    def now(self) -> datetime:
        """The fake's own clock."""
        return datetime.now(UTC) + self.shift

    @property
    def profile(self) -> dict[str, Any]:
        return {
            "id": BOT_ID,
            "account_name": "bot.TestTestTe",
            "account_type": "BASIC",
            "can_join_groups": self.mode.groups,
            "display_name": self.name,
        }

    def user(self, number: int = 1001, *, name: str = "") -> FakeUser:
        """The person with this number; the same one each time."""
        chat = f"{number:020x}"
        found = self._chats.setdefault(chat, FakeUser(self, chat, name or f"Người {number}"))
        assert isinstance(found, FakeUser)
        return found

    def group(self, number: int = 1) -> FakeGroup:
        """The group with this number; the same one each time."""
        chat = f"{number:019x}g"
        found = self._chats.setdefault(chat, FakeGroup(self, chat))
        assert isinstance(found, FakeGroup)
        return found

    def queue(self, kind: str, content: Mapping[str, Any], message_id: str = "") -> str:
        """Something happened: an update for the bot. Returns the id of the message."""
        number = message_id or f"{next(self._numbers):020x}"
        message = {"message_id": number, "date": self._stamp(), **content}
        if self.mode.cap_counts_inbound:
            self._spend(refuse=False)
        if self.mode.stored or self.polling or self.hook.url:
            self.waiting.append({"event_name": f"message.{kind}.received", "message": message})
        self._touch()
        return number

    def called(self, method: str) -> list[Mapping[str, Any]]:
        """The parameters of every call of a method so far."""
        return [call.parameters for call in self.calls if call.method == method]

    async def perform(self, method: str, parameters: Mapping[str, Any]) -> Any:
        """Do what a call asks; the result as Zalo gives it, `...` where there is none."""
        if method == "getUpdates":
            return await self._get_updates(parameters)
        self.calls.append(Call(method, parameters))
        try:
            return getattr(self, f"_on_{method}")(parameters)
        finally:
            self._touch()

    async def _get_updates(self, parameters: Mapping[str, Any]) -> Any:
        self.polls.append(parameters.get("timeout"))
        self.polling += 1
        self._touch()
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(float(parameters.get("timeout", 30))):
                    while not (self._offered() or self.hook.url or self._closing.is_set()):
                        await self._changed.wait()
        finally:
            self.polling -= 1
            self._touch()
        if self.hook.url:
            raise ApiError(400, WEBHOOK_SET)
        return self._taken()

    def _offered(self) -> bool:
        return bool(self.waiting or (self.mode.poll == "replay" and self._last))

    def _taken(self) -> Any:
        if not self._offered():
            raise ApiError(408, "Request timeout")
        if self.waiting:
            number = len(self.waiting) if self.mode.result == "array" else 1
            self._last, self.waiting = self.waiting[:number], self.waiting[number:]
        self._touch()
        return self._last if self.mode.result == "array" else self._last[0]

    def _on_getMe(self, _parameters: Mapping[str, Any]) -> Any:
        return self.profile

    def _on_sendMessage(self, parameters: Mapping[str, Any]) -> Any:
        text = parameters.get("text")
        if not isinstance(text, str) or not text.strip():
            raise ApiError(400, "Bad Request: text must not be empty")
        return self._deliver(text, parameters)

    def _on_sendPhoto(self, parameters: Mapping[str, Any]) -> Any:
        photo = parameters.get("photo")
        if not isinstance(photo, str) or not photo:
            raise ApiError(400, "The photo must not be empty")
        if not photo.startswith(("http://", "https://")):
            raise ApiError(400, "The photo must start with http:// or https://")
        if urlsplit(photo).hostname in REFUSED_HOSTS:
            raise ApiError(400, "The photo URL is invalid")
        return self._deliver(str(parameters.get("caption", "")), parameters)

    def _on_sendSticker(self, parameters: Mapping[str, Any]) -> Any:
        if not parameters.get("sticker"):
            raise ApiError(400, "Bad Request: sticker must not be empty")
        return self._deliver("", parameters)

    def _on_sendVoice(self, parameters: Mapping[str, Any]) -> Any:
        address = urlsplit(str(parameters.get("voice_url", "")))
        if address.scheme != "https" or not address.path.endswith(".aac"):
            raise ApiError(400, "Bad Request: voice_url is invalid")
        return self._deliver("", parameters)

    def _on_sendChatAction(self, parameters: Mapping[str, Any]) -> Any:
        if parameters.get("action") != "typing":
            raise ApiError(400, "Bad Request: action is invalid")
        self._chat(parameters.get("chat_id")).typing += 1
        return ...

    def _on_setWebhook(self, parameters: Mapping[str, Any]) -> Any:
        url, secret = str(parameters.get("url", "")), str(parameters.get("secret_token", ""))
        if urlsplit(url).scheme not in (("https",) if self.mode.https_only else ("https", "http")):
            raise ApiError(400, "Bad Request: url must be https")
        if not 8 <= len(secret) <= 256:
            raise ApiError(400, "Bad Request: secret_token must have 8 to 256 characters")
        self.hook = Hook(url, secret, self._stamp())
        return self.hook.told

    def _on_deleteWebhook(self, _parameters: Mapping[str, Any]) -> Any:
        self.hook = Hook(updated_at=self._stamp())
        return self.hook.told

    def _on_getWebhookInfo(self, _parameters: Mapping[str, Any]) -> Any:
        if not self.hook.url:
            raise ApiError(404, "Not Found")
        return self.hook.told

    def _on_testWebhook(self, parameters: Mapping[str, Any]) -> Any:
        return self._on_getWebhookInfo(parameters)

    def _deliver(self, text: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        chat = self._chat(parameters.get("chat_id"))
        if len(text) > LONGEST:
            raise ApiError(400, "Bad Request: text is too long")
        people = [other for other in self._chats.values() if isinstance(other, FakeUser) and other.started]
        if chat in people[self.mode.users_cap :]:
            raise ApiError(429, "Quota exceeded")
        self._spend(refuse=True)
        seen = Seen(f"{next(self._numbers):020x}", text, parameters)
        chat.sees.append(seen)
        return {"message_id": seen.id, "date": self._stamp()}

    def _spend(self, *, refuse: bool) -> None:
        month = (self.now + timedelta(hours=7)).strftime("%Y-%m")
        if refuse and self._spent.get(month, 0) >= self.mode.month_cap:
            raise ApiError(429, "Quota exceeded")
        self._spent[month] = self._spent.get(month, 0) + 1

    def _chat(self, chat: Any) -> FakeChat:
        found = self._chats.get(str(chat))
        if found is None or (isinstance(found, FakeUser) and not found.started):
            raise ApiError(400, NO_CHAT)
        return found

    def _stamp(self) -> int:
        return int(self.now.timestamp() * 1000)


METHODS = {name.removeprefix("_on_") for name in vars(World) if name.startswith("_on_")} | {"getUpdates"}
