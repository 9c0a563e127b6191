"""The catalogue of words: every text the product says, by key `flow.step`.

Texts are Jinja2 templates in vi/*.toml, one file per flow: the file's name is the key's first part. Plain text
only; nothing is escaped here. Never a decision about what is said, nor to whom.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from jinja2 import Template, TemplateSyntaxError, UndefinedError, meta

from messages.errors import BadWords, MissingValue, UnknownKey
from messages.filters import plain_text
from messages.vocabulary import Vocabulary

DIRECTORY = Path(__file__).with_name("vi")
VOCABULARY = "vocabulary.toml"
MARKUP = re.compile(r"\{[{%#]")

Kept = TypeVar("Kept")


class Catalogue:
    """All texts of one language, read once and never changed; each is compiled when it is first said."""

    def __init__(self, sources: Mapping[str, str], vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self._environment = plain_text()
        self._environment.filters["named"] = self._named
        self._sources = dict(sources)
        self._keys = frozenset(sources)
        self._constant = {key: source.strip() for key, source in sources.items() if not MARKUP.search(source)}
        """Texts in which nothing is filled in: most labels."""
        self._templates: dict[str, Template] = {}

    @classmethod
    def load(cls, directory: Path | None = None) -> Catalogue:
        """Read every file of words in a directory; None means the words that ship with the product."""
        folder = directory or DIRECTORY
        files = sorted(file for file in folder.glob("*.toml") if file.name != VOCABULARY)
        if not files:
            raise BadWords(f"{folder} has no files of words")
        sources = {key: text for file in files for key, text in _texts(file)}
        return cls(sources, Vocabulary.load(folder / VOCABULARY))

    def compile(self) -> None:
        """Compile every text now: one that cannot be read raises `BadWords` before anybody waits for it."""
        for key in self._keys - self._constant.keys():
            self._template(key)

    def text(self, key: str, values: Mapping[str, Any]) -> str:
        """The text of a key with its values filled in; one it needs and does not get raises `MissingValue`, a text that
        cannot be read `BadWords`.
        """
        if (constant := self._constant.get(key)) is not None:
            return constant
        try:
            return self._template(key).render(values).strip()
        except UndefinedError as error:
            raise MissingValue(f"{key}: {error.message}") from error

    def label(self, key: str) -> str:
        """The words of one label: `label("state.sent")` is the text of `label.state.sent`."""
        return self.text(f"label.{key}", {})

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def keys(self) -> frozenset[str]:
        """Every key there is."""
        return self._keys

    def variables(self, key: str) -> frozenset[str]:
        """The names of the values a text asks for."""
        tree = self._environment.parse(self._known(self._sources, key))
        return frozenset(meta.find_undeclared_variables(tree))

    def _known(self, among: Mapping[str, Kept], key: str) -> Kept:
        try:
            return among[key]
        except KeyError:
            raise UnknownKey(key) from None

    def _template(self, key: str) -> Template:
        if (made := self._templates.get(key)) is None:
            made = self._templates[key] = self._compile(key, self._known(self._sources, key))
        return made

    def _compile(self, key: str, source: str) -> Template:
        try:
            made = self._environment.from_string(source)
            made.globals = dict(made.globals)  # jinja's chain of maps is copied for every text: 40 µs instead of 1
            return made
        except TemplateSyntaxError as error:
            raise BadWords(f"{key}: {error.message}") from error

    def _named(self, value: str, family: str) -> str:
        """A filter: the label of a value of a closed set, `{{ state | named("state") }}`; other words stay."""
        key = f"label.{family}.{value}"
        return self.text(key, {}) if key in self._keys else value


def _texts(file: Path) -> Iterator[tuple[str, str]]:
    """Every key of a file with its text."""
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise BadWords(f"{file.name}: {error}") from error
    yield from _flatten(file.stem, tables)


def _flatten(prefix: str, table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        key = f"{prefix}.{name}"
        if isinstance(value, Mapping):
            yield from _flatten(key, value)
        elif isinstance(value, str):
            yield key, value
        else:
            raise BadWords(f"{key} is not a text")
