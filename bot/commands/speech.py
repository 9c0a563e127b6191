"""The words of the command line: what it says, and typer's own English sentences in Vietnamese.

The words themselves stand in messages/vi/cli.toml. Loaded for every `--help`: nothing heavy is imported here.
"""

# ruff: noqa: PLC0415

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import typer
from typer.core import TyperCommand, TyperGroup

import messages

if TYPE_CHECKING:
    from messages.catalogue import Catalogue

WORDS = Path(messages.__file__).with_name("vi") / "cli.toml"
STDOUT = Path("-")
"""As a file to write: the command's stdout; to read: its stdin."""
SENTENCES = (
    (r"\bUsage:", "usage"),
    (r"^Options:", "options"),
    (r"^Arguments:", "arguments"),
    (r"^Commands:", "commands"),
    (r"\[OPTIONS\]", "options_place"),
    (r"COMMAND \[ARGS\]\.\.\.", "command_place"),
    (r"Show this message and exit\.", "show_help"),
    (r"\[required\]", "required"),
    (r"\[default: ([^\]]*)\]", "default"),
    (r"^Missing (?:option|argument|parameter):? '?([^'.]+)'?[\s\S]*", "missing"),
    (r"^Missing command\.", "missing_command"),
    (r"^No such command '(.+?)'\..*", "no_command"),
    (r"^No such option: (\S+).*", "no_option"),
    (r"^Got unexpected extra argument(?:\(s\)|s)? \((.*)\)", "extra"),
    (r"^Option '(.+?)' requires .*", "needs_value"),
    (r"^Option '(.+?)' does not take a value\.", "takes_no_value"),
    (r"^Invalid value for (.+?): (?:.*?) is not one of (.+?)\.$", "not_one_of"),
    (r"^Invalid value for .+?: \S+ '(.+)' does not exist\.", "no_file"),
    (r"^Invalid value for (.+?): .*", "invalid"),
)
"""What typer says, as a pattern, and the key under `typer` of what is said instead; \\1 is the first group."""

F = TypeVar("F", bound=Callable[..., Any])


@cache
def _words() -> dict[str, Any]:
    return tomllib.loads(WORDS.read_text(encoding="utf-8"))


def in_vietnamese(sentence: str) -> str:
    """A text of typer's, help or error, with its sentences replaced."""
    for pattern, key in SENTENCES:
        sentence = re.sub(pattern, _words()["typer"][key], sentence, flags=re.MULTILINE)
    return sentence


class Command(TyperCommand):
    """A command whose help is Vietnamese throughout."""

    def get_help(self, ctx: Any) -> str:
        """The help page."""
        return in_vietnamese(super().get_help(ctx))


class Group(TyperGroup):
    """A group of commands whose help is Vietnamese throughout."""

    def get_help(self, ctx: Any) -> str:
        """The help page."""
        return in_vietnamese(super().get_help(ctx))


def group(key: str) -> typer.Typer:
    """A group of commands; `key` is that of its help."""
    return typer.Typer(
        cls=Group,
        help=hint(key),
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["--help", "-h"]},
    )


def command(app: typer.Typer, name: str, key: str) -> Callable[[F], F]:
    """Make a function a command of a group; `key` is that of its help."""
    return app.command(name, cls=Command, help=hint(key))


def hint(key: str) -> str:
    """The help of a command, an option, an argument."""
    words: str = _words()["help"][key]
    return words


def out(key: str) -> Any:
    """The option that names the file a command writes; `key` is that of its help. "-": stdout."""
    return typer.Option("--out", dir_okay=False, metavar=place("file"), help=hint(key))


def existing(file: Path | None) -> Path | None:
    """A file to be read is there, or is stdin: typer, told `exists`, does not know "-" as a path."""
    if file is not None and file != STDOUT and not file.exists():
        raise typer.BadParameter(f"File '{file}' does not exist.")
    return file


def shown(file: Path) -> str:
    """What a file is called when it is spoken of."""
    return text("stdout") if file == STDOUT else file.name


def place(key: str) -> str:
    """What stands for a value in a help page, in capitals."""
    words: str = _words()["place"][key]
    return words.upper()


@cache
def catalogue() -> Catalogue:
    """Every word of the product, read once."""
    from messages.catalogue import Catalogue

    return Catalogue.load()


def text(key: str, **values: object) -> str:
    """A sentence of the command line."""
    return catalogue().text(f"cli.{key}", values)


def knows(key: str) -> bool:
    """Whether the command line has words by this key."""
    return f"cli.{key}" in catalogue().keys()  # noqa: SIM118 (a method, not a mapping's)


def say(words: str) -> None:
    """Tell a result, on stdout."""
    typer.echo(words)


def note(words: str) -> None:
    """Tell what was done by a command that writes a file, on stderr: stdout may be that file."""
    typer.echo(words, err=True)


def complain(words: str) -> None:
    """Tell what is wrong, on stderr."""
    typer.echo(words, err=True)


@contextmanager
def progress(key: str) -> Iterator[None]:
    """Show that long work goes on, where somebody watches."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    with Progress(TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=console) as bar:
        bar.add_task(text(key), total=None)
        yield
