"""An Official Account's Zalo on this machine: tokens, messages, a signed webhook, a clock of its own, faults on order.

    async with FakeZaloOa() as fake:
        lan = fake.person()
        lan.says("xin chào")
        await fake.push()

It behaves as Zalo does where a program can notice: `zalo_oa_rules` says what it refuses, `zalo_oa_world` what it does
and which of its ways are switches, `zalo_oa_people` who uses it. Here are HTTP, the faults and the webhook's caller.
`/_fake/…` lets a person at a terminal do what a test does with the object.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

from tests.fakes.listening import Fault, reset
from tests.fakes.zalo_oa_people import FakePerson, Seen
from tests.fakes.zalo_oa_rules import Refusal
from tests.fakes.zalo_oa_world import APP_ID, APP_SECRET, OA_ID, OA_SECRET, Call, Event, World

__all__ = ["APP_ID", "APP_SECRET", "OA_ID", "OA_SECRET", "FakePerson", "FakeZaloOa", "Seen"]

CS = "/v3.0/oa/message/cs"
TEMPLATE = "/v3.0/oa/message/template"
OAUTH = "/v4/oa/access_token"
LADDER = (30.0, 300.0, 900.0, 1800.0, 3600.0)
"""Seconds to the next try, by the fake's clock; after the last the webhook is switched off."""
PATIENCE = 2.0


class FakeZaloOa(World):
    """The server; `World` holds what a test may look at."""

    LARGEST_UPLOAD = 8 * 1024 * 1024

    def __init__(self) -> None:
        super().__init__()
        self.hook = ""
        """Where events go."""
        self.disabled = False
        """Whether Zalo has switched the webhook off."""
        self.patience = PATIENCE
        self.refusals: list[int] = []
        """The codes of all errors so far."""

    def fail_next(self, kind: int | str | Mapping[str, Any], times: int = 1, *, path: str = CS, **details: Any) -> None:
        """The next calls of `path` fail: a negative number is a code, a positive one a status; or `hang`,
        `reset_before` and `reset_after` (before and after it was done), `garbage`; or `{"body": …}`, an answer.
        """
        self._faults.append(Fault(kind, path, times, details))

    def signed(self, body: Mapping[str, Any]) -> tuple[bytes, dict[str, str]]:
        """An event as bytes, and the headers it is sent with."""
        pretty = self.switches.body_pretty
        written = json.dumps(body, ensure_ascii=pretty, indent=2) if pretty else _compact(body)
        raw = written.encode()
        first = self.app_id if self.switches.signed_with == "app_id" else self.oa_id
        secret = "another key" if self.switches.sign_bad else self.oa_secret
        mac = hashlib.sha256(first.encode() + raw + f"{body['timestamp']}{secret}".encode()).hexdigest()
        prefix = "mac=" if self.switches.mac == "prefixed" else ""
        return raw, {
            "X-ZEvent-Signature": prefix + mac,
            "X-ZEvent-Server": "OA OpenAPI",
            "User-Agent": "ZaloWebhook",
            "Content-Type": "application/json",
        }

    async def push(self) -> list[int]:
        """Deliver what is due to the webhook. The answers' statuses; 0 for none in time."""
        due = [event for event in self.waiting if event.due <= self.now() and not self.disabled]
        if self.switches.reorder:
            due.reverse()
        statuses = []
        async with aiohttp.ClientSession() as session:
            for event in due:
                for _ in range(2 if self.switches.duplicate else 1):
                    statuses.append(await self._post(session, event))
                self._settle(event, statuses[-1])
        self._touch()
        return statuses

    async def _post(self, session: aiohttp.ClientSession, event: Event) -> int:
        event.body.setdefault("timestamp", self.stamp())
        raw, headers = self.signed(event.body)
        if event.tries:
            headers["num_retry"] = str(event.tries)
        timeout = aiohttp.ClientTimeout(total=self.patience)
        try:
            async with session.post(self.hook, data=raw, headers=headers, timeout=timeout) as answer:
                return answer.status
        except (TimeoutError, aiohttp.ClientError):
            return 0

    def _settle(self, event: Event, status: int) -> None:
        if status == 200 or not self.switches.retries:
            self.waiting = [other for other in self.waiting if other is not event]
        elif event.tries == len(LADDER):
            self.disabled = True
        else:
            event.due = self.now() + LADDER[event.tries]
            event.tries += 1

    def _route(self, app: web.Application) -> None:
        app.router.add_route("*", "/_fake/{what:.*}", self._control)
        app.router.add_get("/files/{name}", self._show)
        app.router.add_route("*", "/{path:.*}", self._serve)

    @property
    def environment(self) -> dict[str, str]:
        """The settings with which the product runs against this server, without their prefix."""
        return {
            "ZALO_OA_APP_ID": self.app_id,
            "ZALO_OA_APP_SECRET": self.app_secret,
            "ZALO_OA_SECRET": self.oa_secret,
            "ZALO_OA_OPENAPI": self.url,
            "ZALO_OA_OAUTH": f"{self.url}/v4",
            "ZALO_OA_ZBS": self.url,
            "ZALO_OA_REFRESH_TOKEN": self.first_refresh_token(),
        }

    async def _serve(self, request: web.Request) -> web.Response:
        fault = self._next_fault(request.path)
        if fault is None:
            return await self._answer(request)
        match fault.kind:
            case int(code) if code < 0:
                return self._refused(code)
            case int(status):
                return web.Response(status=status, text="<html>a proxy's page</html>")
            case "hang":
                await self._closing.wait()
            case "reset_before":
                reset(request)
            case "reset_after":
                await self._answer(request)
                reset(request)
            case "garbage":
                return web.Response(text="<html>a proxy's page</html>", content_type="text/html")
            case {"body": answer}:
                return web.json_response(answer)
            case unknown:
                raise ValueError(f"no such fault: {unknown}")
        return web.Response(status=500)

    async def _answer(self, request: web.Request) -> web.Response:
        if request.path == OAUTH:
            form = {key: str(value) for key, value in (await request.post()).items()}
            self.calls.append(Call(OAUTH, form))
            return web.json_response(self.grant(request.headers.get("secret_key"), form))
        try:
            data = await self._do(request)
        except Refusal as refusal:
            return self._refused(refusal.code, refusal.words)
        if self.switches.echo == "before":
            await self.push()
        return web.json_response({"error": 0, "message": "Success", "data": data}, headers=self._headers())

    async def _do(self, request: web.Request) -> dict[str, Any]:
        path, token = request.path, request.headers.get("access_token")
        if path.startswith("/v2.0/oa/upload/") and request.method == "POST":
            return await self._take_file(request, path.rpartition("/")[2], token)
        handler = {
            ("POST", CS): self.consult,
            ("POST", TEMPLATE): self.template,
            ("POST", "/v3.0/oa/message/promotion"): self.promote,
            ("GET", "/v3.0/oa/user/detail"): self.detail,
            ("GET", "/v2.0/oa/getoa"): lambda _asked: self.account(),
        }.get((request.method, path))
        if handler is None:
            raise Refusal(404, "You are accessing an empty or invalid API")
        self.authorise(token)
        body = json.loads(await request.text() if request.method == "POST" else request.query.get("data", "{}"))
        done = handler(body)
        self.calls.append(Call(path, body, token or ""))
        return done

    async def _take_file(self, request: web.Request, kind: str, token: str | None) -> dict[str, Any]:
        self.authorise(token)
        form = await request.post()
        part = form.get("file")
        if not isinstance(part, web.FileField):
            raise Refusal(-201, "file is invalid")
        self.calls.append(Call(request.path, {"name": part.filename}))
        return self.upload(kind, part.filename, part.file.read())

    def _refused(self, code: int, words: str = "refused") -> web.Response:
        self.refusals.append(code)
        self._touch()
        status = code if code > 0 else 200
        return web.json_response({"error": code, "message": words}, status=status, headers=self._headers())

    def _headers(self) -> CIMultiDict[str]:
        servers = [("Server", "ZGW"), ("Server", "nginx")] if self.switches.dup_server_header else []
        return CIMultiDict([("X-RateLimit-Limit", str(self.switches.per_minute)), *servers])

    async def _show(self, request: web.Request) -> web.Response:
        """What people have sent is public while it lasts."""
        if (content := self.files.get(request.match_info["name"])) is None:
            raise web.HTTPNotFound
        return web.Response(body=content, content_type="application/octet-stream")

    async def _control(self, request: web.Request) -> web.Response:
        """What a person at a terminal may do: `curl -d '{"text": "xin chào"}' …/_fake/oa/event`."""
        told = json.loads(await request.text() or "{}")
        match request.match_info["what"]:
            case "oa/event":
                lan = self.person(int(told.get("person", 0)))
                getattr(lan, told.get("does", "says"))(*([told["text"]] if "text" in told else []))
                return web.json_response(await self.push())
            case "sent":
                return web.json_response([{"path": call.path, "body": call.body} for call in self.calls])
            case "fault":
                self.fail_next(told["kind"], told.get("times", 1), path=told.get("path", CS))
            case "clock":
                self.time_passes(float(told["seconds"]))
            case "mode":
                self.hook = told.pop("hook", self.hook)
                self.switches = replace(self.switches, **told)
            case "reset":
                self.calls.clear()
                self.waiting.clear()
                self._people.clear()
            case _:
                return web.Response(status=404)
        return web.json_response({"hook": self.hook, "now": self.now(), **asdict(self.switches)})


def _compact(body: Mapping[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))
