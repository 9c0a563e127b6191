"""What the product said, written down test by test, so that two states of the code can be compared:

    python -m pytest -p tests.said --said-to DIR …
    python -m tests.said compare DIR DIR

Written down are rows of the outbox, once they are promised for good; news, which is worded when it is claimed; pages;
exports; what commands print and write to files. What chance or the machine decides is taken out (tests/alike.py).
Functions are wrapped from outside and do what they did; only chance is bent, for what is sorted by random codes.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from bot import config as settings
from bot.web import pages
from handlers.office import CODE_ALPHABET, Office
from handlers.papers import cover_list, sheets
from messages.types import Outbound
from storage import claims, sets
from storage.database import Database, Transaction
from storage.engines import TRANSACTION
from tests import alike, box, desk, machine, warm_start
from tests.alike import Clock

FILES = (".json", ".csv", ".xlsx", ".txt", ".svg", ".toml")
"""What commands write and people read."""
NOTES = "said"
Real = Callable[..., Any]


class Recorder:
    """What was said in the test that runs, and where it is written to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lines: list[str] = []
        self.onces: set[str] = set()
        self.codes = 0
        self.clock = Clock.STANDS

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Begin anew with each test, and write down what was said in it."""
        self.lines, self.onces, self.codes, self.clock = [], set(), 0, Clock.STANDS
        try:
            return (yield)
        finally:
            path, told = _path(self.folder, item.nodeid), alike.normal("\n".join(self.lines), self.clock)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{item.nodeid}\n{told}\n", encoding="utf-8")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Who compares should know of a test that broke off."""
        if not report.passed:
            self.say(f"[{report.outcome}]")

    def say(self, head: str, *body: str) -> None:
        """One thing that was said."""
        self.lines += [f"== {head}", *body]

    def wrap(self) -> None:
        """Listen wherever something is said, and wherever a clock is chosen."""
        _around(Office, "new_code", self._code)
        _around(sets, "insert", self._insert)
        _around(claims, "hand_over", self._hand_over)
        _around(Transaction, "_mark", self._mark)
        _around(Database, "transaction", self._transaction)
        _around(pages, "page", self._page)
        _around(sheets, "write", self._sheet)
        _around(cover_list, "write", self._cover)
        _around(warm_start, "run", self._command)
        _around(subprocess, "run", self._process)
        _around(machine, "say", self._chat)
        _around(desk.Desk, "__init__", self._goes_by(Clock.STANDS))
        _around(box.Box, "__init__", self._goes_by(Clock.GOES))
        _around(machine.Machine, "__init__", self._goes_by(Clock.MACHINE))
        _around(settings, "for_demo", self._goes_by(Clock.MACHINE))

    def _goes_by(self, clock: Clock) -> Callable[..., Any]:
        def wrapped(real: Real, *parts: Any, **named: Any) -> Any:
            self.clock = clock
            return real(*parts, **named)

        return wrapped

    def _code(self, real: Real, office: Office, prefix: str, now: datetime) -> str:
        """Each greater than those before, as chance may have it, since lists are sorted by them."""
        self.codes += 1
        high, low = divmod(self.codes, len(CODE_ALPHABET))
        drawn: str = real(office, prefix, now)
        return f"{drawn[:-5]}{CODE_ALPHABET[high]}{CODE_ALPHABET[low]}{drawn[-3:]}"

    def _insert(self, real: Real, connection: Any, waiting: Iterable[Any]) -> None:
        rows = list(waiting)
        real(connection, rows)
        if promised := [row for way, row in rows if way.table.name == "outbox"]:
            db = connection.info[TRANSACTION]
            _notes(db).extend((row["once"], _promise(db, row)) for row in promised)

    def _hand_over(self, real: Real, db: Transaction, taken: Any, written: Mapping[int, Outbound], **more: Any) -> Any:
        claimed = real(db, taken, written, **more)
        for one in (one for one in claimed if one.id in written):
            head = f"{alike.person(one.address.account, one.address.chat)}{one.topic}, worded now"
            _notes(db).append((None, [head, *_words(one.message)]))
        return claimed

    def _mark(self, real: Real, db: Transaction) -> Callable[[], None]:
        undo, before = real(db), len(_notes(db))

        def undone() -> None:
            undo()
            del _notes(db)[before:]

        return undone

    @contextmanager
    def _transaction(self, real: Real, database: Database) -> Iterator[Transaction]:
        with real(database) as db:
            yield db
        for once, said in _notes(db):
            if once is None or (key := f"{database.url} {once}") not in self.onces:
                self.onces.update([] if once is None else [key])
                self.say(*said)

    def _page(self, real: Real, name: str, **values: Any) -> Any:
        made = real(name, **values)
        self.clock = Clock.MACHINE if self.clock is Clock.STANDS else self.clock
        self.say(f"page {name}, {made.status}", made.text)
        return made

    def _sheet(self, real: Real, form: Any, columns: Sequence[str], rows: Iterable[Any], out: Any) -> Any:
        told = [*rows]
        self.say(f"export {form.value}", _row(columns), *map(_row, told))
        return real(form, columns, told, out)

    def _cover(self, real: Real, cover: Any, out: Any) -> None:
        written = io.BytesIO()
        real(cover, written)
        out.write(written.getvalue())
        self.say("cover", *_cells(written))

    def _command(self, real: Real, arguments: Sequence[str], *, home: Path, **more: Any) -> Any:
        before = _files(home)
        result = real(arguments, home=home, **more)
        self._ended(arguments, result)
        for path, written_at in _files(home).items():
            if before.get(path) != written_at:
                told = _cells(path) if path.suffix == ".xlsx" else [path.read_text("utf-8", errors="replace")]
                self.say(f"file {path.relative_to(home)}", *told)
        return result

    def _process(self, real: Real, command: Any, *more: Any, **options: Any) -> Any:
        result = real(command, *more, **options)
        if isinstance(command, list) and ("-m", "bot") in pairwise(command):
            self._ended(command[command.index("bot") + 1 :], result)
        return result

    def _ended(self, arguments: Sequence[str], result: subprocess.CompletedProcess[Any]) -> None:
        out, err = (one.decode() if isinstance(one, bytes) else one for one in (result.stdout, result.stderr))
        self.say(f"command {' '.join(arguments)}: {result.returncode}", *filter(None, (out, err and f"stderr: {err}")))

    def _chat(self, real: Real, process: Any, line: str) -> str:
        told: str = real(process, line)
        self.say(f"chat {line}", told)
        return told


def _around(where: Any, name: str, wrapper: Callable[..., Any]) -> None:
    real = getattr(where, name)
    setattr(where, name, lambda *parts, **named: wrapper(real, *parts, **named))


def _notes(db: Transaction) -> list[tuple[str | None, list[str]]]:
    """What a transaction would say: the `once` of a row, if it has one, and what is to be read of it."""
    noted: list[tuple[str | None, list[str]]] = db.info.setdefault(NOTES, [])
    return noted


def _promise(db: Transaction, row: Mapping[str, Any]) -> list[str]:
    head = f"{alike.person(row['account'], row['chat'])}{row['topic']}, priority {row['priority']}"
    head += ", forgotten" * row["forget"]
    head += f", waits: {row['reason']}" if row["reason"] else ""
    head += f", due {alike.minute(row['due_at'])}" if row["due_at"] > row["created_at"] else ""
    head += f", until {alike.minute(row['expires_at'])}" if row["expires_at"] else ""
    return [head, *_words(Outbound.from_json(db.seals.open(row["body"])))]


def _words(message: Outbound) -> list[str]:
    """A message and what goes with it, line by line."""
    body = message.to_json()
    asked = [f"? {body.pop('question')}"] if message.choices else []
    choices = [f"[{' | '.join(parts)}]" for parts in body.pop("choices", ())]
    text = body.pop("text")
    return [text, *asked, *choices, *([json.dumps(body, ensure_ascii=False)] if body else [])]


def _row(cells: Iterable[object]) -> str:
    return " | ".join("" if cell is None else str(cell) for cell in cells)


def _cells(book: Path | io.BytesIO) -> list[str]:
    return [_row(row) for sheet in load_workbook(book).worksheets for row in sheet.iter_rows(values_only=True)]


def _files(home: Path) -> dict[Path, int]:
    found = sorted(path for path in home.rglob("*") if path.suffix in FILES and path.is_file())
    return {path: path.stat().st_mtime_ns for path in found}


def _path(folder: Path, nodeid: str) -> Path:
    module, _, name = nodeid.partition("::")
    mark = hashlib.blake2b(nodeid.encode(), digest_size=4).hexdigest()
    return folder / module / f"{re.sub(r'[^A-Za-z0-9]+', '_', name)[:120]}-{mark}.txt"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where to write."""
    parser.addoption("--said-to", type=Path, help="write down there what the product says in each test")


def pytest_configure(config: pytest.Config) -> None:
    """Listen, where asked to."""
    if folder := config.getoption("--said-to"):
        recorder = Recorder(folder.absolute())
        recorder.wrap()
        config.pluginmanager.register(recorder)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["compare", old, new]:
            sys.exit(alike.compare(Path(old), Path(new)) > 0)
        case _:
            sys.exit("usage: python -m tests.said compare DIR DIR")
