"""Write docs/acts.md: every act as it is declared, by subject. `python -m tools.list_acts`"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import handlers
from handlers.acts import ACTS, Act

TARGET = Path(__file__).parents[1] / "docs" / "acts.md"
HEAD = """# Acts

Everything the union can do, each a plain function in `handlers/` that asks for its right itself. A chat, a command, a
job and a page call the same ones. Written by `python -m tools.list_acts` from their declarations (`handlers/acts.py`).

* **Asks for**: a right that a role gives for a unit and all below it, or what stands in words.
* **Leaves**: the actions in the record of what was done; an author's act on what has no name is kept without who and by
  the day. In brackets: why nothing is recorded.
* **Revision**: it is refused when somebody changed what was seen in the meantime.
"""
COLUMNS = ("Act", "Asks for", "Leaves", "Tells", "Revision")


def load() -> None:
    """Import every module below `handlers`, so that each act has declared itself."""
    for module in pkgutil.walk_packages(handlers.__path__, "handlers."):
        importlib.import_module(module.name)


def page() -> str:
    """The whole document."""
    return "\n".join((HEAD, *_tables()))


def _tables() -> Iterator[str]:
    load()
    acts = sorted(ACTS.values(), key=lambda act: (_subject(act), act.name))
    for subject, group in groupby(acts, key=_subject):
        yield f"## {subject}\n"
        yield _line(COLUMNS)
        yield _line("---" for _ in COLUMNS)
        yield from (_line(_cells(act)) for act in group)
        yield ""


def _subject(act: Act) -> str:
    return act.name.partition(".")[0]


def _cells(act: Act) -> tuple[str, ...]:
    summary = (inspect.getdoc(act.run) or "").partition("\n\n")[0].replace("\n", " ")
    leaves = ", ".join(f"`{action}`" for action in act.audit) or f"({act.unaudited})"
    return (f"`{act.name}`: {summary}", str(act.needs), leaves, ", ".join(act.tells), "yes" if act.revision else "")


def _line(cells: Iterator[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")
