"""The way of one act through the rooms: an officer's answer to feedback, from the typed line or the pressed button to
the outbox. `python tools/walk.py [explained|resolved|library] [--from FUNCTION] [--rooms ROOM …] [--to first|last]
[--every-call] [--all]`

Counted is one turn at a desk (tests/desk.py) on SQLite, after the same act was done once, so that nothing is loaded for
the first time. The way begins where the desk hands the line to the turn, or with the first call of the function named
by `--from`, and ends with the first row promised to the outbox, or the last.

A *step* is a call of a function in a module of the rooms chosen, made from another module of these; what lies between
(libraries, rooms not chosen) is seen through. A function is one step however often it is called that way, unless
`--every-call`. A *return* is a step into a module that was entered before; so returns = steps - modules. With
`--all` every such count is printed; without, the path and one count.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from types import FrameType

from storage.upgrades import migrate
from tests.desk import Desk, Visitor
from tests.people import officer
from tests.voices import SCHOOL, write

OUR_OWN = ("bot", "handlers", "storage", "messages")
TURN, ACT, END = "handlers.chat.turn.lock", "handlers.chat.effects.perform", "storage.outbox.enqueue"
ROOMS = (("handlers",), ("handlers", "messages"), ("handlers", "storage"), ("handlers", "storage", "messages"))
TEXT = "Nhà trường đã lợp lại mái nhà xe, xin mời anh chị em để xe như cũ."
BASIS = "Điều 98 Bộ luật Lao động"
VOICES = (
    "Nhà xe của trường dột từ đầu mùa mưa, hơn ba mươi giáo viên phải để xe ngoài sân. Mong được sửa sớm.",
    "Nước uống ở phòng bảo vệ hết từ tuần trước, mong nhà trường bổ sung sớm cho anh em trực đêm.",
)


@dataclass(frozen=True)
class Place:
    """A function of our own."""

    module: str
    function: str

    def __str__(self) -> str:
        return f"{self.module}.{self.function}"


@dataclass(frozen=True)
class Call:
    """A function that was called, and those that were waiting for it, the nearest first."""

    callee: Place
    callers: tuple[Place, ...]


@dataclass(frozen=True)
class Way:
    """The steps of a way, each with whether it leads back."""

    steps: tuple[tuple[Place, bool], ...]

    def __str__(self) -> str:
        returns = sum(back for _, back in self.steps)
        return f"{len(self.steps)} steps, {len(self.steps) - returns} modules, {returns} returns"


def main() -> None:
    """Walk the way, and print what was asked for."""
    parser = argparse.ArgumentParser(description="Count the way of an officer's answer from the line to the outbox.")
    parser.add_argument("act", nargs="?", choices=tuple(ACTS), default="explained")
    parser.add_argument("--from", dest="begin", default=TURN, metavar="FUNCTION")
    parser.add_argument("--to", choices=("first", "last"), default="first")
    parser.add_argument("--rooms", nargs="+", default=("handlers", "messages"), choices=OUR_OWN)
    parser.add_argument("--every-call", action="store_true")
    parser.add_argument("--all", action="store_true")
    asked = parser.parse_args()
    calls = walk(ACTS[asked.act])
    if asked.all:
        for begin, end, rooms, every in product((TURN, ACT), ("first", "last"), ROOMS, (False, True)):
            if any(str(call.callee) == begin for call in calls):
                counted = f"{' + '.join(rooms)}, {'every call' if every else 'each function once'}"
                found = way(cut(calls, begin, end), rooms, every=every)
                print(f"from {begin} to the {end} row, {counted}: {found}")
        return
    found = way(cut(calls, asked.begin, asked.to), asked.rooms, every=asked.every_call)
    for number, (place, back) in enumerate(found.steps, 1):
        print(f"{number:4} {'↩' if back else ' '} {place}")
    print(found)


def explained(desk: Visitor) -> Callable[[], object]:
    """The last line of an explanation in the officer's own words."""
    desk.talks("[Giải thích]", BASIS)
    return lambda: desk.says(TEXT)


def resolved(desk: Visitor) -> Callable[[], object]:
    """What was done about it, in one line."""
    desk.talks("[Báo kết quả]")
    return lambda: desk.says(TEXT)


def library(desk: Visitor) -> Callable[[], object]:
    """An answer of the library, sent by a button."""
    desk.talks("[Giải thích]")
    desk.presses(desk.labels[0])
    return lambda: desk.presses("Gửi đi")


ACTS = {act.__name__: act for act in (explained, resolved, library)}


def walk(prepare: Callable[[Visitor], Callable[[], object]]) -> Sequence[Call]:
    """Every call of a function of our own while the act is done."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/walk.db"
        migrate(url)
        desk = Desk(url)
        desk.furnish()
        answering, author = officer(desk, SCHOOL), desk.member("an")
        first, second = (write(author, text=text) for text in VOICES)
        answering.says(first)
        prepare(answering)()
        answering.says(second)
        act = prepare(answering)
        with listening() as calls:
            act()
        desk.database.close()
    return calls


@contextmanager
def listening() -> Iterator[list[Call]]:
    """The calls made within the block. A generator is called once, however often it is asked for more."""
    calls: list[Call] = []
    begun: set[FrameType] = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and is_ours(frame) and frame not in begun:
            begun.add(frame)
            calls.append(Call(place_of(frame), tuple(callers_of(frame))))

    sys.setprofile(note)
    try:
        yield calls
    finally:
        sys.setprofile(None)


def is_ours(frame: FrameType) -> bool:
    """Whether the code of a frame stands in one of the rooms."""
    return room_of(str(frame.f_globals.get("__name__", ""))) in OUR_OWN


def room_of(module: str) -> str:
    """The first part of a module's name."""
    return module.partition(".")[0]


def place_of(frame: FrameType) -> Place:
    """What a frame runs."""
    return Place(frame.f_globals["__name__"], frame.f_code.co_qualname)


def callers_of(frame: FrameType) -> Iterator[Place]:
    """Those of our own that wait for a frame."""
    waiting = frame.f_back
    while waiting is not None:
        if is_ours(waiting):
            yield place_of(waiting)
        waiting = waiting.f_back


def cut(calls: Sequence[Call], begin: str, end: str) -> Sequence[Call]:
    """The calls from the first of a function to the first or the last promise that follows it."""
    names = [str(call.callee) for call in calls]
    if begin not in names:
        sys.exit(f"{begin} is not called on this way")
    start = names.index(begin)
    promises = [number for number, name in enumerate(names) if name == END and number > start]
    return calls[start : promises[0 if end == "first" else -1] + 1]


def way(calls: Sequence[Call], rooms: Sequence[str], *, every: bool) -> Way:
    """The steps between the modules of these rooms."""
    steps: list[tuple[Place, bool]] = []
    modules: set[str] = set()
    taken: set[Place] = set()
    for call in calls:
        callee = call.callee
        caller = next((one.module for one in call.callers if room_of(one.module) in rooms), "")
        if room_of(callee.module) in rooms and caller != callee.module and (every or callee not in taken):
            steps.append((callee, callee.module in modules))
            modules.add(callee.module)
            taken.add(callee)
    return Way(tuple(steps))


if __name__ == "__main__":
    main()
