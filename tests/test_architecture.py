"""The architecture's rules that imports alone cannot show, and proof that each rule can fail.

The arrows between the rooms are import-linter's contracts in pyproject.toml; `make lint` runs them.
"""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("bot", "handlers", "storage", "messages")
FRAMEWORK_STORAGE = {
    "backups",
    "claims",
    "clock",
    "database",
    "engines",
    "erasures",
    "errors",
    "key_checks",
    "leases",
    "outages",
    "outbox",
    "outcomes",
    "pace",
    "schema",
    "sealed_files",
    "seals",
    "signals",
    "tokens",
    "transcript",
    "upgrades",
}
"""What the running program itself keeps; members and their submissions it reaches through `handlers` only."""


@dataclass(frozen=True)
class Rule:
    """`finds` gives the nodes that break the rule; in `spared` places (files, folders ending in /) they may stand."""

    name: str
    finds: Callable[[ast.Module], Iterator[ast.AST]]
    rooms: tuple[str, ...] = tuple(f"{room}/" for room in ROOMS)
    spared: tuple[str, ...] = ()

    def concerns(self, path: str) -> bool:
        return _within(path, self.rooms) and not _within(path, self.spared)


def _within(path: str, places: tuple[str, ...]) -> bool:
    return any(path == place or (place.endswith("/") and path.startswith(place)) for place in places)


def reads_environment(tree: ast.Module) -> Iterator[ast.AST]:
    names = {"environ", "environb", "getenv", "getenvb", "putenv"}
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="os"), attr=name) if name in names:
                yield node
            case ast.ImportFrom(module="os", names=imported) if names & {alias.name for alias in imported}:
                yield node


def catches_everything(tree: ast.Module) -> Iterator[ast.AST]:
    """`except Exception`, `suppress(Exception)`, and a wider net unless it rolls back and raises again."""
    for node in ast.walk(tree):
        match node:
            case ast.ExceptHandler() if "Exception" in _names(node.type):
                yield node
            case ast.ExceptHandler(type=caught, body=[*_, last]) if caught is None or "BaseException" in _names(caught):
                if not (isinstance(last, ast.Raise) and last.exc is None):
                    yield node
            case ast.Call(func=ast.Name(id="suppress") | ast.Attribute(attr="suppress"), args=caught_by):
                if any({"Exception", "BaseException"} & _names(argument) for argument in caught_by):
                    yield node


def _names(node: ast.AST | None) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)} if node else set()


def awaits(tree: ast.Module) -> Iterator[ast.AST]:
    kinds = (ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith, ast.Await)
    return (node for node in ast.walk(tree) if isinstance(node, kinds))


def sends(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="send")):
                yield node


def reaches_records(tree: ast.Module) -> Iterator[ast.AST]:
    allowed = {f"storage.{module}" for module in FRAMEWORK_STORAGE}
    return _imports(tree, lambda name: name.startswith("storage") and not _begins(name, allowed))


def imports_beyond_flows(tree: ast.Module) -> Iterator[ast.AST]:
    allowed = sys.stdlib_module_names | {"handlers.flows", "handlers.text", "messages.types", "rapidfuzz"}
    return _imports(tree, lambda name: not _begins(name, allowed))


def imports_beyond_words(tree: ast.Module) -> Iterator[ast.AST]:
    allowed = sys.stdlib_module_names | {"messages", "jinja2"}
    return _imports(tree, lambda name: not _begins(name, allowed))


def _begins(name: str, allowed: set[str] | frozenset[str]) -> bool:
    return any(name == module or name.startswith(f"{module}.") for module in allowed)


def _imports(tree: ast.Module, breaks: Callable[[str], bool]) -> Iterator[ast.AST]:
    """The import statements that name a module, or `module.name`, which breaks the rule."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names) if any(breaks(alias.name) for alias in names):
                yield node
            case ast.ImportFrom(module=str(module), names=names, level=0):
                if breaks(module) and any(breaks(f"{module}.{alias.name}") for alias in names):
                    yield node


RULES = (
    Rule("only bot/config.py reads the environment", reads_environment, spared=("bot/config.py",)),
    Rule(
        "everything is caught in four places only",
        catches_everything,
        spared=("bot/intake.py", "bot/courier.py", "bot/clockwork.py", "bot/web/errors.py"),
    ),
    Rule("async lives in the running program only", awaits, spared=("bot/",)),
    Rule("only the courier sends", sends, spared=("bot/courier.py",)),
    Rule("the program reaches records through handlers", reaches_records, rooms=("bot/",)),
    Rule(
        "a flow needs the standard library, messages.types, and rapidfuzz to compare words; so do readers of text",
        imports_beyond_flows,
        rooms=("handlers/flows/", "handlers/text/"),
    ),
    Rule("words need the standard library and jinja2", imports_beyond_words, rooms=("messages/",)),
)


def breaches(root: Path) -> list[str]:
    """Every breach below `root`, as `path:line: rule`."""
    found = []
    for room in ROOMS:
        for path in sorted((root / room).rglob("*.py")):
            name = path.relative_to(root).as_posix()
            tree = ast.parse(path.read_bytes(), name)
            for rule in RULES:
                if rule.concerns(name):
                    found += [f"{name}:{getattr(node, 'lineno', 0)}: {rule.name}" for node in rule.finds(tree)]
    return found


def test_the_house_keeps_its_rules() -> None:
    assert "\n".join(breaches(ROOT)) == ""


PLANTED = [
    ("handlers/chat/menu.py", "import os\ntoken = os.environ['TOKEN']", RULES[0]),
    ("bot/app.py", "from os import getenv", RULES[0]),
    ("handlers/chat/turn.py", "try:\n    pass\nexcept Exception:\n    raise", RULES[1]),
    ("bot/app.py", "try:\n    pass\nexcept (OSError, Exception):\n    pass", RULES[1]),
    ("storage/units.py", "try:\n    pass\nexcept BaseException:\n    pass", RULES[1]),
    ("storage/units.py", "try:\n    pass\nexcept:\n    raise ValueError", RULES[1]),
    ("bot/web/chat.py", "import contextlib\nwith contextlib.suppress(Exception):\n    pass", RULES[1]),
    ("handlers/chat/turn.py", "async def take_turn(): ...", RULES[2]),
    ("bot/clockwork.py", "channel.send(chat, message)", RULES[3]),
    ("bot/app.py", "from storage import members", RULES[4]),
    ("bot/app.py", "from storage.members import Known", RULES[4]),
    ("bot/app.py", "import storage.tables", RULES[4]),
    ("handlers/flows/form.py", "import telegram", RULES[5]),
    ("handlers/flows/form.py", "from messages import catalogue", RULES[5]),
    ("handlers/flows/form.py", "from handlers import world", RULES[5]),
    ("messages/render.py", "from pydantic import BaseModel", RULES[6]),
]


@pytest.mark.parametrize(("path", "code", "rule"), PLANTED)
def test_a_planted_breach_is_found(tmp_path: Path, path: str, code: str, rule: Rule) -> None:
    plant(tmp_path, path, code)
    assert [found.partition(": ")[2] for found in breaches(tmp_path)] == [rule.name]


SPARED = [
    ("bot/config.py", "import os\ntoken = os.environ['TOKEN']"),
    ("bot/intake.py", "try:\n    pass\nexcept Exception:\n    pass"),
    ("storage/database.py", "try:\n    pass\nexcept BaseException:\n    undo()\n    raise"),
    ("bot/courier.py", "async def work():\n    await channel.send(chat, message)"),
    ("bot/app.py", "from storage import clock, outbox\nfrom storage.database import Database"),
    ("handlers/flows/form.py", "import re\nfrom handlers.flows import readers\nfrom messages.types import Say"),
    ("messages/render.py", "from jinja2 import Template\nfrom messages import dates"),
]


@pytest.mark.parametrize(("path", "code"), SPARED)
def test_what_has_its_place_is_left_alone(tmp_path: Path, path: str, code: str) -> None:
    plant(tmp_path, path, code)
    assert breaches(tmp_path) == []


def contract(name: str) -> dict[str, Any]:
    """The contract whose name begins so."""
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    (found,) = (one for one in listed if one["name"].startswith(name))
    return dict(found)


NEED_NO_CHAT: list[str] = contract("An act needs no chat")["source_modules"]
HOUSE = (
    "bot/__init__.py",
    "bot/channels/__init__.py",
    "bot/channels/web.py",
    "handlers/__init__.py",
    "handlers/chat/__init__.py",
    "handlers/flows/__init__.py",
    *(f"{module.replace('.', '/')}/__init__.py" for module in NEED_NO_CHAT),
    "storage/__init__.py",
    "storage/database.py",
    "messages/__init__.py",
    "messages/types.py",
    "messages/catalogue.py",
)
"""A house of empty rooms, as far as the contracts name them."""

CONTRACTS = [
    ("messages/planted.py", "import storage.database", "bot > handlers > storage > messages"),
    ("storage/planted.py", "import handlers", "bot > handlers > storage > messages"),
    ("handlers/planted.py", "import asyncio", "Networks, clocks and concurrency"),
    ("handlers/planted.py", "from telegram import Bot", "Networks, clocks and concurrency"),
    ("handlers/flows/planted.py", "from datetime import date", "A flow is pure"),
    ("storage/planted.py", "from messages import catalogue", "storage takes its shapes from messages.types"),
    ("bot/planted.py", "from sqlmodel import select", "SQL is spoken in storage only"),
    ("bot/channels/planted.py", "from bot.channels import web", "No channel knows another"),
    ("handlers/feedback/planted.py", "from handlers import chat", "An act needs no chat"),
    ("handlers/notices/planted.py", "from handlers import flows", "An act needs no chat"),
    ("handlers/duties/planted.py", "from handlers import units", "Of another subject a subject uses"),
]


@pytest.mark.parametrize(("path", "code", "contract"), CONTRACTS)
def test_a_forbidden_import_breaks_its_contract(tmp_path: Path, path: str, code: str, contract: str) -> None:
    build_empty_house(tmp_path)
    plant(tmp_path, path, code)
    broken = [line for line in lint_imports(tmp_path).splitlines() if line.endswith("BROKEN")]
    assert [line.startswith(contract) for line in broken] == [True]


def test_empty_rooms_break_no_contract(tmp_path: Path) -> None:
    build_empty_house(tmp_path)
    assert "Contracts: 8 kept, 0 broken." in lint_imports(tmp_path)


def test_whatever_is_no_chat_needs_none() -> None:
    """A new room, and a new module at the root of handlers, is under the contract."""
    rooms = {f"handlers.{path.stem}" for path in (ROOT / "handlers").iterdir() if not path.name.startswith("_")}
    assert rooms - {"handlers.chat", "handlers.flows"} == set(NEED_NO_CHAT)


def test_a_screen_keeps_no_record_of_its_own() -> None:
    """What is written down of an act is written by the act."""
    screens = [*(ROOT / "handlers" / "chat").rglob("*.py"), *(ROOT / "bot" / "commands").rglob("*.py")]
    assert screens
    found = [path.name for path in screens for _ in records(ast.parse(path.read_bytes()))]
    assert found == []


def records(tree: ast.Module) -> Iterator[ast.AST]:
    """Whatever writes into the record of what was done."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name("audit" | "actors"), attr="record")):
                yield node


def test_a_record_is_seen_where_it_is_written() -> None:
    assert list(records(ast.parse("audit.record(db, action='x')")))


def build_empty_house(folder: Path) -> None:
    for empty in HOUSE:
        plant(folder, empty, "")
    shutil.copy(ROOT / "pyproject.toml", folder)


def lint_imports(folder: Path) -> str:
    program = Path(sys.executable).with_name("lint-imports")
    environment = {"COLUMNS": "200", "PYTHONPATH": str(folder)}
    checked = subprocess.run(
        [program, "--no-cache"], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    return checked.stdout + checked.stderr


def plant(root: Path, path: str, code: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(f"{code}\n", encoding="utf-8")
