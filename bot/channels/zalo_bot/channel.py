"""One bot of Zalo's Bot Platform: it sends what the courier hands it and makes the platform's few other calls.

Every failure leaves here as a `bot.channels.Trouble` with a reason's name and nothing else; the token is in every
address. How updates come in is `receiving`'s.
"""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from pydantic import SecretStr

from bot.channels import Later, Pace, Refused, Trouble, Unknown
from bot.channels.http import USUAL, HttpClient, Patience
from bot.channels.incoming import Ear
from bot.channels.zalo_bot.fates import NOTHING_CAME, Failure, fate, read
from messages import render
from messages.catalogue import Catalogue
from messages.types import LIMITS, Outbound

GRACE = 8.0
"""Seconds beyond its own time that a long poll may take."""
PHOTO = Patience(read=40.0)
"""Zalo fetches a picture before it answers; a claimed message is given up after a minute."""
SLOW = 1.0
"""Seconds after which a turn is slow, and the member is shown that we write."""
SHOWN = 5.0
"""Seconds between two signs that we write."""

PICTURES = ("zdn.vn",)
"""Where the addresses of pictures in updates lead: public, and gone after a while."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Profile:
    """What getMe says of a bot."""

    id: str
    name: str
    plan: str
    """`BASIC`: the free plan, for pilots."""


class Plan(Protocol):
    """Who counts messages, since the account's plan carries only so many."""

    def count(self) -> None:
        """One more."""
        ...

    async def carries(self, chat: str) -> bool:
        """Whether the plan has room for the person in this chat."""
        ...

    async def close(self) -> None:
        """Write down what is counted and not yet kept."""
        ...


class ZaloBotChannel:
    """`open` it in a running loop before use. `api` is the base URL of Zalo's server or a fake; `long_poll` the seconds
    one poll may wait; `slow` those after which the member is shown that we write; `plan` counts what went out.
    """

    kept = False

    def __init__(
        self,
        account: str,
        token: SecretStr,
        *,
        catalogue: Catalogue,
        api: str = "https://bot-api.zaloplatforms.com",
        rate: float = 10.0,
        long_poll: int = 30,
        slow: float = SLOW,
        plan: Plan | None = None,
    ) -> None:
        self.account = account
        self.ear = Ear()
        self.pace = Pace(per_second=rate)
        self.profile: Profile | None = None
        """None until `introduce` has asked for it."""
        self.long_poll = long_poll
        self._catalogue = catalogue
        self._base = f"{api.rstrip('/')}/bot{token.get_secret_value()}"
        self._http = HttpClient([api], domains=PICTURES)
        self._slow = slow
        self._plan = plan
        self._refusals = 0

    async def open(self) -> None:
        """Make ready to call; Zalo is not asked anything yet."""
        await self._http.open()

    async def close(self) -> None:
        """Close the connections; what was counted is kept."""
        await self._http.close()
        if self._plan is not None:
            await self._plan.close()

    async def send(self, chat: str, message: Outbound) -> str:
        """Send without markup: then nothing a member wrote is read as markup. Choices are numbered."""
        text = unicodedata.normalize("NFC", render.numbered(message, self._catalogue))
        if render.units(text) > LIMITS["zalo_bot"].text:
            raise Refused("too_long")
        try:
            result = await self._deliver(chat, text, message.picture)
        except Later as trouble:  # a person too many must not halt the account for those whom the plan carries
            if trouble.reason != "quota" or self._plan is None or await self._plan.carries(chat):
                raise
            self._refusals = 0
            raise Refused("plan_full") from None
        if self._plan is not None:
            self._plan.count()
        match result:
            case {"message_id": str() | int() as number}:
                return str(number)
            case _:
                return ""

    async def _deliver(self, chat: str, text: str, picture: str) -> object:
        if picture:
            try:
                return await self._call("sendPhoto", {"chat_id": chat, "photo": picture, "caption": text}, PHOTO)
            except Refused as refused:  # Zalo takes no pictures from some hosts; the words go without it
                log.info("zalo_bot.picture_refused", account=self.account, reason=refused.reason)
        return await self._call("sendMessage", {"chat_id": chat, "text": text})

    async def ping(self) -> None:
        """Ask who we are."""
        await self._call("getMe", {})

    def can_download(self, address: str) -> bool:
        """Whether a picture's address is one that `download` follows."""
        return self._http.may_call(address)

    async def download(self, key: str, most: int) -> bytes:
        """A picture that somebody sent, by its address."""
        return await self._http.download(key, most)

    async def introduce(self) -> Profile:
        """Who the bot is, asked for once."""
        if self.profile is None:
            match await self._call("getMe", {}):
                case {"id": str() | int() as number, **rest}:
                    name = rest.get("display_name") or rest.get("account_name") or ""
                    self.profile = Profile(str(number), str(name), str(rest.get("account_type", "")))
                case _:
                    raise Unknown("garbage")
        return self.profile

    async def fetch(self) -> list[dict[str, Any]]:
        """Wait for updates: none, one or several. Zalo may never give them again, or give them again at once.

        A webhook that somebody has set meanwhile is taken down: Zalo allows one way.
        """
        patience = Patience(read=self.long_poll + GRACE)
        outcome = await self._ask("getUpdates", {"timeout": str(self.long_poll)}, patience)
        match outcome:
            case Failure(code=code) if code == NOTHING_CAME:
                return []
            case Failure():
                if outcome.is_webhook_set:
                    await self.delete_webhook()
                raise fate(outcome)
            case list():
                return [raw for raw in outcome if isinstance(raw, dict) and raw]
            case dict():
                return [outcome] if outcome else []
            case None:
                return []
        raise Unknown("garbage")

    async def set_webhook(self, url: str, *, secret: str) -> str:
        """From now on Zalo calls `url`, with `secret` in a header. What Zalo found when it tried: `webhook.ok`, or the
        name of a trouble (the webhook is set nevertheless); "" where it does not say.
        """
        match await self._call("setWebhook", {"url": url, "secret_token": secret}):
            case {"verification": {"outcome": str(outcome)}}:
                return outcome
            case _:
                return ""

    async def delete_webhook(self) -> None:
        """Back to polling."""
        await self._call("deleteWebhook", {})

    async def webhook_url(self) -> str:
        """Where Zalo calls; "" where no webhook is set, which Zalo says by 404."""
        outcome = await self._ask("getWebhookInfo", {}, USUAL)
        match outcome:
            case {"url": str(url)}:
                return url
            case Failure(code=404) | None:
                return ""
            case Failure():
                raise fate(outcome)
        raise Unknown("garbage")

    @asynccontextmanager
    async def writing(self, chat: str) -> AsyncIterator[None]:
        """Show the member that we write, from the moment on at which the block becomes slow until it ends."""
        showing = asyncio.create_task(self._show_writing(chat))
        try:
            yield
        finally:
            showing.cancel()

    async def _show_writing(self, chat: str) -> None:
        await asyncio.sleep(self._slow)
        try:
            while True:
                await self._call("sendChatAction", {"chat_id": chat, "action": "typing"})
                await asyncio.sleep(SHOWN)
        except Trouble as trouble:
            log.info("zalo_bot.writing_not_shown", account=self.account, reason=trouble.reason)

    async def _call(self, method: str, body: Mapping[str, str], patience: Patience = USUAL) -> object:
        """Call a method and return its bare result."""
        outcome = await self._ask(method, body, patience)
        if not isinstance(outcome, Failure):
            self._refusals = 0
            return outcome
        trouble = fate(outcome, refusals=self._refusals)
        self._refusals = self._refusals + 1 if trouble.reason == "quota" else 0
        raise trouble

    async def _ask(self, method: str, body: Mapping[str, str], patience: Patience) -> Any:
        """The result of a method, or Zalo's refusal."""
        return read(await self._http.post(f"{self._base}/{method}", json=dict(body), patience=patience))
