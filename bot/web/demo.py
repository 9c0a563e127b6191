"""The demo's page: three people's chats side by side, the clock that can jump, the story that ticks itself off.

It shows what the port `Demo` tells and asks it to move the clock; it knows nothing of how either is done. All of it
answers on this machine only, and only where the demo was started.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, cast, get_args

from aiohttp import web

from bot.web import guards, pages
from messages import dates

Jump = Literal["hour", "day", "next"]


@dataclass(frozen=True, slots=True)
class Persona:
    """One of the three people; `key` is one of `messages.demo.CHATS`."""

    key: str
    name: str
    role: str
    chat: str


@dataclass(frozen=True, slots=True)
class StoryStep:
    """One step of the guided story."""

    key: str
    title: str
    done: bool


@dataclass(frozen=True, slots=True)
class DemoState:
    """What the page shows; moments are aware, `happened` is newest first."""

    now: datetime
    next: tuple[datetime, str] | None
    steps: tuple[StoryStep, ...]
    happened: tuple[tuple[datetime, str], ...]
    personas: tuple[Persona, ...]


class Demo(Protocol):
    """The running demo."""

    async def state(self) -> DemoState:
        """Where it stands."""
        ...

    async def jump(self, kind: Jump) -> None:
        """Move the clock ahead and let what falls due happen, in order."""
        ...


DEMO: web.AppKey[Demo] = web.AppKey("demo")


async def front(request: web.Request) -> web.Response:
    """The first page: the demo where there is one, else the chat."""
    if DEMO not in request.app:
        raise web.HTTPSeeOther("/chat")
    guards.loopback(request)
    now = await request.app[DEMO].state()
    return pages.page("demo.html", personas=now.personas, view=_view(now))


async def state(request: web.Request) -> web.Response:
    """The two panels that change, as HTML, for the page to put in place."""
    now = await _demo(request).state()
    view = _view(now)
    return web.json_response(
        {"clock": pages.render("demo_clock.html", view=view), "story": pages.render("demo_story.html", view=view)}
    )


async def jump(request: web.Request) -> web.Response:
    """Move the clock; a form comes back to the page, a script gets the new state."""
    running = _demo(request)
    guards.same_origin(request)
    kind = (await guards.form_of(request)).get("kind")
    if kind not in get_args(Jump):
        raise web.HTTPBadRequest
    await running.jump(cast(Jump, kind))
    if "application/json" in request.headers.get("Accept", ""):
        return await state(request)
    raise web.HTTPSeeOther("/")


def _demo(request: web.Request) -> Demo:
    guards.loopback(request)
    if DEMO not in request.app:
        raise web.HTTPNotFound
    return request.app[DEMO]


@dataclass(frozen=True, slots=True)
class _View:
    """The state in words."""

    now: str
    next: tuple[str, str] | None
    steps: tuple[StoryStep, ...]
    current: str
    """The key of the first step that is not done; empty when all are."""
    happened: tuple[tuple[str, str], ...]


def _view(state: DemoState) -> _View:
    return _View(
        now=_short(state.now),
        next=(_short(state.next[0]), state.next[1]) if state.next else None,
        steps=state.steps,
        current=next((step.key for step in state.steps if not step.done), ""),
        happened=tuple((_short(at), words) for at, words in state.happened),
    )


def _short(moment: datetime) -> str:
    """08:00 Thứ Hai 12/4."""
    day = dates.day_of(moment)
    return f"{dates.time_words(moment)} {dates.weekday_words(moment)} {day.day}/{day.month}"
