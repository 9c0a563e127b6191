"""A server of Zalo's Bot Platform on this machine: long polls or a webhook, every disputed behaviour a switch.

    async with FakeZaloBot() as fake:
        lan = fake.user(1001)
        lan.says("bắt đầu")
        await fake.wait_for(lambda: lan.sees)

`zalo_bot_world` says what it does, `zalo_bot_people` who uses it. Here are HTTP, the faults, the webhook's caller and
the control address `/_fake/…` for use by hand.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import timedelta
from typing import Any

import aiohttp
from aiohttp import web

from tests.fakes.listening import Fault, reset
from tests.fakes.zalo_bot_people import FakeGroup, FakeUser, Seen
from tests.fakes.zalo_bot_world import METHODS, TOKEN, ApiError, Mode, World

__all__ = ["TOKEN", "FakeGroup", "FakeUser", "FakeZaloBot", "Mode", "Seen"]

SECRET_HEADER = "X-Bot-Api-Secret-Token"
AGENT = "Java/17.0.8"
PICTURE = b"\xff\xd8\xff\xe0 a picture of the fake"
DESCRIPTIONS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Internal server error",
    404: "Not Found",
    408: "Request timeout",
    429: "Quota exceeded",
}
PINGS = {"none": None, "empty": b"", "json": b'{"ok":true}'}


class FakeZaloBot(World):
    """The server; `World` holds what a test may look at."""

    ENDS_WITH_CALLER = True
    """A poll whose caller went away must not take an update with it."""

    def reset(self) -> None:
        super().reset()
        self._faults.clear()

    def fail_next(self, kind: int | str, times: int = 1, *, method: str = "sendMessage", **details: Any) -> None:
        """The next calls of `method` fail: an error code (`description`, `http` in details), or `hang`, `slow`
        (`seconds`), `reset_before` and `reset_after` (before and after the message is there), `garbage` (`status`).
        """
        self._faults.append(Fault(kind, method, times, details))

    async def push(self) -> list[int]:
        """Deliver what waits to the webhook, in order; what is refused is lost after the retries. The statuses."""
        statuses: list[int] = []
        async with aiohttp.ClientSession() as session:
            while self.waiting:
                update = self.waiting.pop(0)
                bare = self.mode.webhook_body == "bare"
                body = json.dumps(update if bare else {"ok": True, "result": update}).encode()
                for _ in range(self.mode.webhook_retries + 1):
                    statuses.append(await self._knock(session, body, {SECRET_HEADER: self.hook.secret}))
                    if 200 <= statuses[-1] < 300:
                        break
        self._touch()
        return statuses

    async def _knock(self, session: aiohttp.ClientSession, body: bytes, headers: Mapping[str, str]) -> int:
        kind = {"Content-Type": "application/json"} if body else {}
        described = {"User-Agent": AGENT, **kind, **headers}
        async with session.post(self.hook.url, data=body, headers=described) as answer:
            return answer.status

    def _route(self, app: web.Application) -> None:
        app.router.add_route("*", "/bot{token}/{method}", self._serve)
        app.router.add_get("/photo/{name}", self._show)
        app.router.add_route("*", "/_fake/{what:.+}", self._control)

    @property
    def environment(self) -> dict[str, str]:
        """The settings with which the product runs against this server, without their prefix."""
        return {"ZALO_BOT_TOKEN": self.token, "ZALO_BOT_API": self.url}

    async def _serve(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        try:
            if request.match_info["token"] != self.token:
                raise ApiError(401, "Unauthorized")
            if method not in METHODS:
                raise ApiError(404, "Not Found")
            return await self._meet_fault(request, method, await _parameters(request))
        except ApiError as error:
            return self._refusal(error, None)

    async def _meet_fault(self, request: web.Request, method: str, parameters: Mapping[str, Any]) -> web.Response:
        fault = self._next_fault(method)
        match fault.kind if fault else None:
            case int(code):
                assert fault is not None
                described = fault.details.get("description", DESCRIPTIONS.get(code, "Unknown"))
                return self._refusal(ApiError(code, described), fault.details.get("http"))
            case "hang":
                await self._closing.wait()
                return web.Response(status=500)
            case "slow":
                assert fault is not None
                await asyncio.sleep(fault.details["seconds"])
            case "reset_before":
                reset(request)
                return web.Response(status=500)
            case "garbage":
                assert fault is not None
                page = "<html>a proxy's page</html>"
                return web.Response(text=page, content_type="text/html", status=fault.details.get("status", 200))
        result = await self.perform(method, parameters)
        if fault is not None and fault.kind == "reset_after":
            reset(request)
        if method == "setWebhook":
            result = {**result, "verification": await self._verified()}
        return self._answer({"ok": True} if result is ... else {"ok": True, "result": result})

    async def _verified(self) -> dict[str, Any]:
        """The webhook is saved, and tried once: without secret, and without an update."""
        ping = PINGS[self.mode.verification_ping]
        if ping is None:
            return {"ok": True, "outcome": "webhook.ok"}
        try:
            async with aiohttp.ClientSession() as session:
                status = await self._knock(session, ping, {})
        except aiohttp.ClientError:
            return {"ok": False, "status_code": 0, "outcome": "webhook.unreachable", "hint": "Check the address"}
        well = 200 <= status < 300
        return {"ok": well, "status_code": status, "outcome": "webhook.ok" if well else f"webhook.http.{status}"}

    def _refusal(self, error: ApiError, http: int | None) -> web.Response:
        body = {"ok": False, "error_code": error.code, "description": error.description}
        usual = self.mode.empty_http if error.code == 408 else 200 if self.mode.failure_http == "ok" else error.code
        return self._answer(body, status=http or usual)

    def _answer(self, body: Mapping[str, Any], *, status: int = 200) -> web.Response:
        answer = web.json_response(body, status=status)
        if self.mode.dup_server_header:
            answer.headers.add("Server", "ZGateway")
            answer.headers.add("Server", "ZAPI")
        return answer

    async def _show(self, request: web.Request) -> web.Response:
        """Pictures are public while they last."""
        if request.match_info["name"] != self.picture:
            raise web.HTTPNotFound
        return web.Response(body=PICTURE, content_type="image/jpeg")

    async def _control(self, request: web.Request) -> web.Response:
        """By hand: `bot/update`, `sent`, `fault`, `clock`, `mode`, `reset`."""
        asked = json.loads(await request.text() or "{}")
        match request.match_info["what"]:
            case "bot/update":
                return web.json_response(await self._by_hand(asked))
            case "sent":
                return web.json_response([dict(sent) for sent in self.called("sendMessage")])
            case "fault":
                details = {name: value for name, value in asked.items() if name not in ("kind", "match", "times")}
                self.fail_next(asked["kind"], int(asked.get("times", 1)), method=asked["match"], **details)
            case "clock":
                self.shift = timedelta(seconds=float(asked["shift_s"]))
            case "mode":
                known = {one.name for one in fields(Mode)}
                self.mode = Mode(**{**asdict(self.mode), **{k: v for k, v in asked.items() if k in known}})
                return web.json_response(asdict(self.mode))
            case "reset":
                self.reset()
            case _:
                raise web.HTTPNotFound
        return web.json_response({})

    async def _by_hand(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Write as a person: `user` (a number), `text`, or `kind` (image, sticker, voice, unsupported)."""
        user = self.user(int(asked.get("user", 1001)))
        match asked.get("kind", "text"):
            case "text":
                number = user.says(str(asked["text"]))
            case "image":
                number = user.sends_photo(str(asked.get("caption", "")))
            case kind:
                number = user.sends(str(kind), {})
        statuses = await self.push() if self.hook.url else []
        return {"message_id": number, "chat_id": user.chat, "webhook": statuses}


async def _parameters(request: web.Request) -> dict[str, Any]:
    """In whatever way they came: in the address, as a form, as JSON, in parts."""
    found: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        body = await request.read()
        return found | (json.loads(body) if body else {})
    form = await request.post()
    return found | {key: value if isinstance(value, str) else b"" for key, value in form.items()}
