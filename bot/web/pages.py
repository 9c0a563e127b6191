"""Templates to HTML: strict about missing values, escaping everything, each file with its version in its address."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

HERE = Path(__file__).parent
STATIC = HERE / "static"


@cache
def asset(name: str) -> str:
    """The address of one of our files; it changes with the file, so that it may be cached for ever."""
    version = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={version}"


@cache
def environment() -> Environment:
    """Where the templates come from and how strict they are."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["asset"] = asset
    return made


def render(name: str, **values: Any) -> str:
    """One template with its values."""
    return environment().get_template(name).render(**values)


def page(name: str, *, status: int = 200, **values: Any) -> web.Response:
    """The same as an answer."""
    return web.Response(text=render(name, **values), status=status, content_type="text/html")
