"""One bot account on Telegram: it sends what the courier hands it and makes the platform's few other calls.

Every failure leaves here as a `bot.channels.Trouble` with a reason's name and nothing else: the library's own
exceptions and debug lines quote URLs, in which the token stands, and texts. How updates come in is `receiving`'s.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any

import structlog
from pydantic import SecretStr
from telegram import error as errors
from yarl import URL

from bot.channels import Gone, Later, Moved, Pace, Refused, Trouble, Unknown
from bot.channels.incoming import Ear
from bot.channels.telegram import keyboards
from bot.channels.telegram.transport import PATIENCE, AiohttpRequest, Flooded, NotSent, Patience, Unanswered
from bot.channels.telegram.updates import ALLOWED
from messages.types import LIMITS, Outbound

TOKEN_PAUSE = 60.0
"""Seconds an account rests when its token is refused: only a person can mend that, and nothing is lost meanwhile."""
GROUP_INTERVAL = 3.0
"""Seconds between two messages to one group: Telegram takes 20 a minute."""
CAPTION = 1024
"""UTF-16 units of the words under a picture (Bot API, sendPhoto)."""
NO_CHAT = ("chat not found", "user not found", "peer_id_invalid")
"""How Telegram's 400 says that there is nobody (description, in lower case)."""

log = structlog.get_logger(__name__)


class TelegramChannel:
    """`open` it in a running loop before use. `contact_label` is the text of the button that shares one's own number;
    `api` the base URL of Telegram's or of a self-hosted Bot API server; `long_poll` the seconds one poll may wait.
    """

    kept = False

    def __init__(
        self,
        account: str,
        token: SecretStr,
        *,
        contact_label: str,
        api: str = "https://api.telegram.org",
        rate: float = 25.0,
        chat_interval: float = 1.0,
        group_interval: float = GROUP_INTERVAL,
        long_poll: int = 25,
        patience: Patience = PATIENCE,
    ) -> None:
        self.account = account
        self.ear = Ear()
        self.pace = Pace(
            per_second=rate,
            chat_interval=chat_interval,
            group_interval=group_interval,
            is_group=lambda chat: not keyboards.is_private(chat),
        )
        self.username = ""
        """The bot's own, without @; empty until `introduce` has asked for it."""
        self.long_poll = long_poll
        self._contact_label = contact_label
        self._patience = patience
        self._requests = (AiohttpRequest(patience), AiohttpRequest(patience))
        """Polling has a pool of connections to itself."""
        self._background: set[asyncio.Task[None]] = set()
        self._naming: asyncio.Task[None] | None = None
        self._methods = URL(f"{api.rstrip('/')}/bot{token.get_secret_value()}")
        self._files = f"{api.rstrip('/')}/file/bot{token.get_secret_value()}"

    async def open(self) -> None:
        """Make ready to call; the platform is not asked anything yet."""
        for request in self._requests:
            await request.initialize()

    async def close(self) -> None:
        """Give up what is under way and close the connections."""
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        for request in self._requests:
            await request.shutdown()

    async def send(self, chat: str, message: Outbound) -> str:
        """Send without parse mode: then nothing a member wrote is read as markup, and nothing needs escaping."""
        if _units(message.text) > LIMITS["telegram"].text:
            raise Refused("too_long")
        if message.picture and _units(message.text) <= CAPTION:
            try:
                return await self._deliver("sendPhoto", chat, message, photo=message.picture, caption=message.text)
            except Refused as refused:  # a picture that Telegram cannot fetch; the words go without it
                log.info("telegram.picture_refused", account=self.account, reason=refused.reason)
        preview = {"is_disabled": True}
        return await self._deliver("sendMessage", chat, message, text=message.text, link_preview_options=preview)

    async def _deliver(self, method: str, chat: str, message: Outbound, **content: Any) -> str:
        body = {"chat_id": int(chat), **content}
        markup = keyboards.under(chat, message, contact_label=self._contact_label)
        if markup is not None:
            body["reply_markup"] = markup
        sent = await self._call(method, body, group=not keyboards.is_private(chat))
        match sent:
            case {"message_id": int(number)}:
                return str(number)
            case _:
                raise Unknown("garbage")

    async def ping(self) -> None:
        """Ask who we are."""
        await self._call("getMe", {})

    async def download(self, key: str, most: int) -> bytes:
        """What somebody sent, by its `file_id` (Bot API, getFile: 20 MB at most)."""
        match await self._call("getFile", {"file_id": key}):
            case {"file_path": str(path), **rest}:
                size = rest.get("file_size", 0)
            case _:
                raise Unknown("garbage")
        if isinstance(size, int) and size > most:
            raise Refused("too_big")
        try:
            status, content = await self._requests[1].do_request(f"{self._files}/{path}", "GET")
        except errors.TelegramError as error:
            trouble = _trouble(error, group=False)
        else:
            if status == HTTPStatus.OK and len(content) <= most:
                return content
            trouble = Refused("too_big") if len(content) > most else Unknown("no_file")
        raise trouble  # outside the handler, so that no traceback carries the address, in which the token stands

    def acknowledge(self, raw: Mapping[str, Any]) -> None:
        """Stop the waiting sign on a pressed button, in the background; that it fails hurts nobody."""
        match raw:
            case {"callback_query": {"id": str(query)}}:
                self._begin("acknowledge", partial(self._call, "answerCallbackQuery", {"callback_query_id": query}))

    async def introduce(self) -> str:
        """The bot's username, asked for once: groups call it by that, and links lead to it."""
        if not self.username:
            match await self._call("getMe", {}):
                case {"username": str(username)}:
                    self.username = username
                case _:
                    raise Unknown("garbage")
        return self.username

    def learn_name(self) -> None:
        """Ask for the username in the background, unless it is known or being asked for."""
        if not self.username and (self._naming is None or self._naming.done()):
            self._naming = self._begin("introduce", self.introduce)

    async def fetch(self, offset: int) -> list[dict[str, Any]]:
        """Wait for updates from `offset` on, which confirms all before it; 0: from the first unconfirmed one."""
        body = {"timeout": self.long_poll, "allowed_updates": list(ALLOWED)} | ({"offset": offset} if offset else {})
        found = await self._call("getUpdates", body, read=self.long_poll + self._patience.read)
        if not isinstance(found, list):
            raise Unknown("garbage")
        return [raw for raw in found if isinstance(raw, dict) and isinstance(raw.get("update_id"), int)]

    async def set_webhook(self, url: str, *, secret: str) -> None:
        """From now on Telegram calls `url`, with `secret` in a header (see `receiving.webhook`)."""
        await self._call("setWebhook", {"url": url, "secret_token": secret, "allowed_updates": list(ALLOWED)})

    async def delete_webhook(self) -> None:
        """Back to polling; what waits is kept."""
        await self._call("deleteWebhook", {})

    async def set_commands(self, commands: Sequence[tuple[str, str]], *, chat: str = "") -> None:
        """The menu of commands with their descriptions: everybody's, or that of one chat (an officer's) instead."""
        scope: dict[str, Any] = {"type": "chat", "chat_id": int(chat)} if chat else {"type": "default"}
        listed = [{"command": command.lstrip("/"), "description": description} for command, description in commands]
        await self._call("setMyCommands", {"commands": listed, "scope": scope})

    def _begin(self, what: str, work: Callable[[], Awaitable[object]]) -> asyncio.Task[None]:
        task = asyncio.create_task(self._attempt(what, work))
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        return task

    async def _attempt(self, what: str, work: Callable[[], Awaitable[object]]) -> None:
        try:
            await work()
        except Trouble as trouble:
            log.info(f"telegram.{what}_failed", account=self.account, reason=trouble.reason)

    async def _call(
        self, method: str, body: Mapping[str, Any], *, group: bool = False, read: float | None = None
    ) -> object:
        """Call a method in the Bot API's own spelling and return its bare result."""
        polling, sending = self._requests
        request = polling if method == "getUpdates" else sending
        try:
            return await request.call(self._methods / method, body, read=read)
        except errors.TelegramError as error:
            trouble = _trouble(error, group=group)
        raise trouble  # outside the handler, so that no traceback carries the library's words


def _trouble(error: errors.TelegramError, *, group: bool) -> Trouble:
    """What a failure means. A group's flood is that group's alone."""
    match error:
        case Flooded():
            return Later("flooded", after=error.after, halts_account=not group)
        case NotSent():
            return Later("unreachable")
        case Unanswered():
            return Unknown(error.message)
        case _:
            return _refusal(error)


def _refusal(error: errors.TelegramError) -> Trouble:
    """What Telegram's own answer means; one that is none of these (a 5xx) may have come after the work was done."""
    match error:
        case errors.Forbidden():
            return Gone("forbidden")
        case errors.ChatMigrated():
            return Moved("migrated", str(error.new_chat_id))
        case errors.Conflict():
            return Later("conflict")
        case errors.InvalidToken() | errors.EndPointNotFound():
            return Later("token_refused", after=TOKEN_PAUSE, halts_account=True)
        case errors.BadRequest():
            return _bad_request(error.message.lower())
        case _:
            return Unknown("server_error")


def _bad_request(description: str) -> Trouble:
    if any(phrase in description for phrase in NO_CHAT):
        return Gone("chat_not_found")
    return Refused("too_long" if "too long" in description else "bad_request")


def _units(text: str) -> int:
    """UTF-16 units, in which Telegram counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
