"""One Official Account: it sends what the courier hands it, and makes the interface's few other calls.

Every failure leaves here as a `bot.channels.Trouble` with a reason's name and nothing else. How events come in is
`receiving`'s; whom we may write to, and how often, was decided before a message came here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Protocol

import structlog

from bot.channels import Pace, Refused, Trouble, Unknown
from bot.channels.http import HttpClient
from bot.channels.incoming import Ear
from bot.channels.zalo_oa import drawing
from bot.channels.zalo_oa.calls import OaCalls, Tokens
from bot.channels.zalo_oa.codes import VIETNAM, Fate, OaError, meaning, trouble
from messages.catalogue import Catalogue
from messages.render import numbered
from messages.types import LIMITS, Outbound

CS = "/v3.0/oa/message/cs"
TEMPLATE = "/v3.0/oa/message/template"
DETAIL = "/v3.0/oa/user/detail"
ACCOUNT = "/v2.0/oa/getoa"
HANDED_IN = ("zdn.vn", "zadn.vn", "dlfl.vn", "zalo.me")
"""Where the addresses of pictures and files in events lead: Zalo's own, public, and gone after a while."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Approved:
    """A template that Zalo has approved: its number there, and what its parameters are called here."""

    id: str
    fields: Mapping[str, str] = field(default_factory=dict)
    """Empty: the same names."""


@dataclass(frozen=True, slots=True)
class Remainder:
    """What Zalo said of its quota after a send: of which kind, how much is left of how much, until when."""

    kind: str
    """`reply`: the free ones of this window; `sub_quota`, `purchase_quota`, `reward_quota`: paid ones."""
    left: int | None = None
    total: int | None = None
    until: datetime | None = None
    template: str = ""
    """Our key of the template that was sent; then the rest is about templates."""


class Desk(Protocol):
    """Whom the channel asks and tells. Nothing of it may raise or wait for long."""

    def told(self, chat: str, remainder: Remainder) -> None:
        """What Zalo said of a quota after a message to this chat."""
        ...

    async def needs_template(self, chat: str) -> bool:
        """Whether only a template may be sent to this chat now."""
        ...

    async def close(self) -> None:
        """Finish what was begun."""
        ...


class ZaloOaChannel:
    """`http` is opened and closed with it. `templates` by our keys; `picture`: what stands above the form."""

    kept = False

    def __init__(
        self,
        account: str,
        http: HttpClient,
        tokens: Tokens,
        *,
        catalogue: Catalogue,
        desk: Desk,
        openapi: str = "https://openapi.zalo.me",
        rate: float = 25.0,
        picture: str = "",
        templates: Mapping[str, Approved] = MappingProxyType({}),
    ) -> None:
        self.account = account
        self.ear = Ear()
        self.pace = Pace(per_second=rate)
        self._http = http
        self._tokens = tokens
        self._calls = OaCalls(http, openapi, tokens)
        self._catalogue = catalogue
        self._picture = picture
        self._desk = desk
        self._templates = templates

    async def open(self) -> None:
        """Make ready to call; nobody is called yet."""
        await self._http.open()

    async def close(self) -> None:
        """Finish what tokens are asked for; close the connections."""
        await self._desk.close()
        await self._tokens.close()
        await self._http.close()

    async def send(self, chat: str, message: Outbound) -> str:
        """Send the text with its buttons, and the form for one's number after it where that is asked for."""
        if found := self._template_of(message):
            key, approved, values = found
            if await self._desk.needs_template(chat):
                return await self._send_template(chat, key, approved, values)
        shown = self._shown(message)
        if drawing.units(shown) > LIMITS["zalo_oa"].text:
            raise Refused("too_long")
        number = await self._deliver_shown(chat, shown)
        if message.ask_contact:
            await self._offer_form(chat)
        return number

    async def ping(self) -> None:
        """Ask who we are."""
        await self.introduce()

    def can_download(self, address: str) -> bool:
        """Whether the address of a picture or file is one that `download` follows."""
        return self._http.may_call(address)

    async def download(self, key: str, most: int) -> bytes:
        """A picture or file that somebody sent, by its address; no token travels along."""
        return await self._http.download(key, most)

    async def _deliver_shown(self, chat: str, shown: Outbound) -> str:
        """With its picture, where it has one and no buttons: nobody describes both in one message."""
        if shown.picture and not shown.choices:
            try:
                return await self._deliver(chat, drawing.pictured(shown.text, shown.picture))
            except Refused as refused:
                log.info("zalo_oa.picture_refused", account=self.account, reason=refused.reason)
        return await self._deliver(chat, drawing.message(shown.text, shown.choices, shown.question))

    async def name_of(self, chat: str) -> str:
        """How somebody is called on Zalo; empty where it does not say. Ask only for who has agreed."""
        found = await self._ask(DETAIL, {"user_id": chat})
        shared = found.get("shared_info")
        given = shared.get("name") if isinstance(shared, dict) else None
        return str(given or found.get("display_name") or "")[:120]

    async def introduce(self) -> Mapping[str, str]:
        """The account itself: `oa_id`, `name`, `is_verified`, `package_name`, whichever Zalo tells."""
        return {key: str(value) for key, value in (await self._ask(ACCOUNT)).items()}

    def _shown(self, message: Outbound) -> Outbound:
        """NFC, in which Zalo counts; more choices than buttons become a numbered list."""
        if len(message.choices) > LIMITS["zalo_oa"].buttons:
            message = Outbound(numbered(message, self._catalogue), picture=message.picture)
        return replace(message, text=unicodedata.normalize("NFC", message.text))

    def _template_of(self, message: Outbound) -> tuple[str, Approved, Mapping[str, str]] | None:
        """The template a message may become, if the office has one for it."""
        if (wanted := message.template) is None:
            return None
        key = next((name for name in (wanted.key, wanted.kind) if name in self._templates), None)
        return None if key is None else (key, self._templates[key], wanted.values)

    async def _send_template(self, chat: str, key: str, approved: Approved, values: Mapping[str, str]) -> str:
        """Send a template by user id (ZBS), which is taken outside the window too and costs money."""
        named = approved.fields or {name: name for name in values}
        data = {name: values.get(ours, "") for name, ours in named.items()}
        answer = await self._attempt(TEMPLATE, {"user_id": chat, "template_id": approved.id, "template_data": data})
        self._desk.told(chat, _remainder(answer.get("quota"), template=key))
        return _number(answer)

    async def _offer_form(self, chat: str) -> None:
        """What was asked can be typed as well: that the form does not come hurts nobody."""
        label = self._catalogue.label("use_my_number")
        form = drawing.form(label, self._catalogue.text("common.use_my_number_hint", {}), picture=self._picture)
        try:
            await self._deliver(chat, form)
        except Trouble as failed:
            log.info("zalo_oa.form_failed", account=self.account, reason=failed.reason)

    async def _deliver(self, chat: str, content: Mapping[str, Any]) -> str:
        answer = await self._attempt(CS, drawing.to(chat, content))
        if isinstance(quota := answer.get("quota"), dict):
            self._desk.told(chat, _remainder(quota))
        return _number(answer)

    async def _attempt(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """A send; one that Zalo says has failed by itself is made once more."""
        try:
            return await self._calls.post(path, body)
        except OaError as error:
            failed = error
        if meaning(failed.code).fate is Fate.REPEAT:
            try:
                return await self._calls.post(path, body)
            except OaError as error:
                failed = error
        log.warning("zalo_oa.refused", account=self.account, code=failed.code, reason=meaning(failed.code).reason)
        raise trouble(failed.code)  # outside the handlers, so that no traceback carries a body

    async def _ask(self, path: str, asked: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        try:
            return await self._calls.get(path, asked)
        except OaError as error:
            failed = error
        raise trouble(failed.code)


def _number(answer: Mapping[str, Any]) -> str:
    """The message's id, which stands in `data`."""
    match answer:
        case {"message_id": str() | int() as number}:
            return str(number)
        case _:
            raise Unknown("garbage")


def _remainder(quota: Any, *, template: str = "") -> Remainder:
    told = quota if isinstance(quota, dict) else {}
    left, total = told.get("remain", told.get("remainingQuota")), told.get("total", told.get("dailyQuota"))
    return Remainder(str(told.get("quota_type", "")), _whole(left), _whole(total), _end(told), template)


def _whole(value: Any) -> int | None:
    text = str(value)
    return int(text) if text.isdecimal() else None


def _end(quota: Mapping[str, Any]) -> datetime | None:
    """`expired_date` is a day in Vietnam, which counts to its end."""
    try:
        day = datetime.strptime(str(quota.get("expired_date")), "%d/%m/%Y").replace(tzinfo=VIETNAM)
    except ValueError:
        return None
    return day + timedelta(days=1)
