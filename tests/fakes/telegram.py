"""A Bot API server on this machine: updates until confirmed, one poller or a webhook, calls checked, faults on order.

    async with FakeTelegram() as fake:
        lan = fake.user(1001)
        lan.says("/start")
        await fake.wait_for(lambda: lan.sees)

It behaves as Telegram does where a bot can notice: `telegram_rules` says what it refuses, `telegram_world` what it
does, `telegram_people` who uses it. Here are HTTP, the faults and the webhook's caller.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import aiohttp
from aiohttp import web

from tests.fakes import telegram_rules as rules
from tests.fakes.listening import Fault, reset
from tests.fakes.telegram_people import FakeGroup, FakeUser, Seen
from tests.fakes.telegram_world import CONFLICT, TOKEN, ApiError, World

__all__ = ["TOKEN", "FakeGroup", "FakeTelegram", "FakeUser", "Seen"]

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
DESCRIPTIONS = {
    400: "Bad Request: can't parse entities",
    401: "Unauthorized",
    403: "Forbidden: bot was blocked by the user",
    409: CONFLICT,
    429: "Too Many Requests: retry after 1",
    500: "Internal Server Error",
    502: "Bad Gateway",
}


class FakeTelegram(World):
    """The server; `World` holds what a test may look at."""

    LARGEST_UPLOAD = 64 * 1024 * 1024

    def fail_next(self, kind: int | str, times: int = 1, *, method: str = "sendMessage", **details: Any) -> None:
        """The next calls of `method` fail: a status (`description`, `retry_after`, `migrate_to_chat_id` in details), or
        `hang`, `reset_before` and `reset_after` (before and after the message is there), `garbage`.
        """
        self._faults.append(Fault(kind, method, times, details))

    async def push(self) -> list[int]:
        """Deliver what waits to the webhook, in order, up to the first refusal. Returns the answers' statuses."""
        headers = {SECRET_HEADER: self.hook.secret} if self.hook.secret else {}
        statuses: list[int] = []
        async with aiohttp.ClientSession() as session:
            while self.waiting:
                async with session.post(self.hook.url, json=self.waiting[0], headers=headers) as answer:
                    statuses.append(answer.status)
                if not 200 <= statuses[-1] < 300:
                    break
                del self.waiting[0]
        return statuses

    def _route(self, app: web.Application) -> None:
        app.router.add_route("*", "/bot{token}/{method}", self._serve)
        app.router.add_get("/file/bot{token}/{path}", self._hand_out)
        app.router.add_route("*", "/_fake/{what:.+}", self._control)

    @property
    def environment(self) -> dict[str, str]:
        """The settings with which the product runs against this server, without their prefix."""
        return {"TELEGRAM_TOKEN": self.token, "TELEGRAM_API": self.url}

    async def _control(self, request: web.Request) -> web.Response:
        """By hand: `bot/update` (as `user`: `text`, or `press` a button), `sent`, `fault`."""
        asked = json.loads(await request.text() or "{}")
        match request.match_info["what"]:
            case "bot/update":
                user = self.user(int(asked.get("user", 1001)))
                number = user.presses(asked["press"]) if "press" in asked else user.says(asked["text"])
                return web.json_response({"update_id": number, "webhook": await self.push() if self.hook.url else []})
            case "sent":
                return web.json_response([dict(sent) for sent in self.called("sendMessage")])
            case "fault":
                details = {name: value for name, value in asked.items() if name not in ("kind", "match", "times")}
                self.fail_next(asked["kind"], int(asked.get("times", 1)), method=asked["match"], **details)
                return web.json_response({})
        raise web.HTTPNotFound

    async def _serve(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        try:
            if request.match_info["token"] != self.token:
                raise ApiError(401, "Unauthorized")
            if method not in rules.DESCRIBED:
                raise ApiError(404, "Not Found")
            parameters, files = await _parameters(request)
            return await self._meet_fault(request, method, parameters, files)
        except ApiError as error:
            body = {"ok": False, "error_code": error.status, "description": error.description}
            extra = {"parameters": dict(error.parameters)} if error.parameters else {}
            return web.json_response(body | extra, status=error.status)

    async def _hand_out(self, request: web.Request) -> web.Response:
        """A file somebody sent, at the path `getFile` told."""
        content = self.files.get(request.match_info["path"])
        if request.match_info["token"] != self.token or content is None:
            return web.json_response({"ok": False, "error_code": 404, "description": "Not Found"}, status=404)
        return web.Response(body=content)

    async def _meet_fault(
        self, request: web.Request, method: str, parameters: Mapping[str, Any], files: rules.Files
    ) -> web.Response:
        fault = self._next_fault(method)
        if fault is None:
            return web.json_response({"ok": True, "result": await self.perform(method, parameters, files)})
        match fault.kind:
            case int(status):
                raise _as_error(status, fault.details)
            case "hang":
                await self._closing.wait()
            case "reset_before":
                reset(request)
            case "reset_after":
                await self.perform(method, parameters, files)
                reset(request)
            case "garbage":
                return web.Response(text="<html>a proxy's page</html>", content_type="text/html", **fault.details)
            case unknown:
                raise ValueError(f"no such fault: {unknown}")
        return web.Response(status=500)


async def _parameters(request: web.Request) -> tuple[dict[str, Any], rules.Files]:
    if not request.content_type.startswith("multipart/"):
        body = await request.read()
        return (json.loads(body) if body else {}), {}
    form = await request.post()
    files = {key: (part.filename, part.file.read()) for key, part in form.items() if isinstance(part, web.FileField)}
    return rules.from_form({key: part for key, part in form.items() if isinstance(part, str)}), files


def _as_error(status: int, details: Mapping[str, Any]) -> ApiError:
    parameters = {key: details[key] for key in ("retry_after", "migrate_to_chat_id") if key in details}
    return ApiError(status, details.get("description", DESCRIPTIONS.get(status, "Unknown")), parameters)
