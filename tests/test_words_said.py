"""Every key that the code says has words, and gets the values they ask for: read from the code itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from messages.catalogue import Catalogue

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = Catalogue.load()
FAMILIES = frozenset(key.partition(".")[0] for key in sorted(CATALOGUE.keys()))
PROGRESS = frozenset({"step", "total"})
"""«Bước 2/6»: given with every question of a form (handlers/flows/questions.py)."""
COMMAND_LINE = "cli"
SPEAKERS = frozenset({"Say", "Ask", "say", "text", "Refusal", "_to_confirm"})
"""What takes a key first, then its values: as a mapping, or as keywords."""


@dataclass(frozen=True)
class Said:
    """One place in the code where a key is said; `given` is None where its values are not literal there."""

    where: str
    key: str
    given: frozenset[str] | None

    @property
    def whole_key(self) -> str:
        """The key as the catalogue has it: the command line's own words are asked for without `cli.`."""
        spoken = f"{COMMAND_LINE}.{self.key}"
        return spoken if self.where.startswith("bot/") and spoken in CATALOGUE else self.key

    def __str__(self) -> str:
        return f"{self.where}-{self.key}"


def said_in(tree: ast.Module, where: str) -> Iterator[Said]:
    """Every call of a speaker with a literal key, in the order of the code."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Name(id=name) | ast.Attribute(attr=name), args=[ast.Constant(value=str(key)), *rest]
            ) if name in SPEAKERS:
                yield Said(f"{where}:{node.lineno}", key, _given(rest, node.keywords))


def _given(rest: list[ast.expr], keywords: list[ast.keyword]) -> frozenset[str] | None:
    match rest:
        case [ast.Dict(keys=keys), *_] if all(isinstance(key, ast.Constant) for key in keys):
            return frozenset(str(key.value) for key in keys if isinstance(key, ast.Constant))
        case [_, *_]:
            return None
    if any(keyword.arg in (None, "values") for keyword in keywords):
        return None
    return frozenset(keyword.arg for keyword in keywords if keyword.arg)


def _everything() -> list[Said]:
    files = sorted(file for room in ("bot", "handlers") for file in (ROOT / room).rglob("*.py"))
    trees = ((ast.parse(file.read_text(encoding="utf-8")), str(file.relative_to(ROOT))) for file in files)
    return [said for tree, where in trees for said in said_in(tree, where)]


SAID = _everything()


def literal_keys() -> Iterator[tuple[str, str]]:
    """Every text in the flows that looks like a key, wherever it stands: in a condition, a table, an argument."""
    for file in (ROOT / "handlers" / "flows").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.Constant(value=str(text)) if text.replace(".", "").replace("_", "").isalnum():
                    family, dot, name = text.partition(".")
                    if dot and name and family in FAMILIES:
                        yield f"{file.relative_to(ROOT)}:{node.lineno}", text


def test_the_scan_finds_what_is_said() -> None:
    keys = {said.key for said in SAID}
    assert {"initiative.review", "common.cancelled", "consent.ask", "initiative.done", "common.error"} <= keys


def test_the_scan_sees_keys_and_values() -> None:
    tree = ast.parse("Say('a.b', {'x': 1})\ncontext.say('a.c', y=2)\nAsk('a.d', values)\nAsk('a.e', contact=True)")
    found = {said.key: said.given for said in said_in(tree, "file")}
    assert found == {"a.b": {"x"}, "a.c": {"y"}, "a.d": None, "a.e": {"contact"}}


@pytest.mark.parametrize("said", SAID, ids=str)
def test_what_is_said_has_words_and_gets_its_values(said: Said) -> None:
    assert said.whole_key in CATALOGUE
    if said.given is not None:
        assert not CATALOGUE.variables(said.whole_key) - said.given - PROGRESS


@pytest.mark.parametrize(("where", "key"), sorted(set(literal_keys())))
def test_every_key_in_the_flows_has_words(where: str, key: str) -> None:
    assert key in CATALOGUE, where
