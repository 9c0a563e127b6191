"""What a turn, a send and a tick cost: statements and rows read, counted, never timed.

A number here is what it costs today. What makes it dearer has to say so in this table; what makes it cheaper lowers it.
Twice as many members, items and messages cost the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Engine, event, make_url
from sqlalchemy.engine.cursor import CursorFetchStrategy

from bot.clockwork import JOBS
from bot.jobs import office_jobs
from handlers.chat import turn
from messages.types import Event, Inbound, Pressed, Text
from storage import clock
from tests import people, voices
from tests.desk import Desk, Visitor
from tests.mailroom import Mailroom
from tests.people import NAME, PHONE, QUESTIONS

SCHOOL = "GD51-01"


@dataclass
class Cost:
    """What was asked of the database so far."""

    statements: int = 0
    rows: int = 0


@contextmanager
def counted() -> Iterator[Cost]:
    """Every statement of every connection, and the rows that are fetched of each."""
    cost = Cost()

    def note(_connection: Any, _cursor: Any, _statement: str, _parameters: Any, _context: Any, _many: bool) -> None:
        cost.statements += 1

    fetching = {name: getattr(CursorFetchStrategy, name) for name in ("fetchone", "fetchmany", "fetchall")}

    def counting(fetch: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any) -> Any:
            fetched = fetch(*arguments)
            cost.rows += len(fetched) if isinstance(fetched, list) else fetched is not None
            return fetched

        return run

    event.listen(Engine, "before_cursor_execute", note)
    for name, fetch in fetching.items():
        setattr(CursorFetchStrategy, name, counting(fetch))
    try:
        yield cost
    finally:
        event.remove(Engine, "before_cursor_execute", note)
        for name, fetch in fetching.items():
            setattr(CursorFetchStrategy, name, fetch)


class Scene:
    """Officers, authors, and messages that wait; `size` times as many of all but those who act."""

    def __init__(self, url: str, size: int) -> None:
        self.desk = Desk(url)
        self.desk.furnish(people.TEMPLATE)
        self.officer = people.officer(self.desk, SCHOOL)
        for number in range(3 * size):
            people.author(self.desk, text=f"Sáng kiến số {number}: để chổi quét ở mỗi đầu dãy cho tiện.")
        for _ in range(2 * size):
            voices.write(self.desk.member("binh"))
        self.author = self.desk.member("an", "telegram")
        self.code = voices.write_named(self.author)
        for visitor in (self.officer, self.author):
            self.desk.deliver(visitor.address)

    def line(self, visitor: Visitor, said: Event) -> Cost:
        """One line as the intake deals with it, after everything before it was delivered."""
        self.desk.deliver(visitor.address)
        inbound = Inbound(visitor.address, f"c{next(self.desk.numbers)}", said)
        with counted() as cost, self.desk.rows() as db:
            turn.lock(db, [inbound])
            turn.take_turn(db, inbound, turn.gather(db, [inbound], self.desk.now), self.desk.now, self.desk.office)
        visitor.hears()
        return cost


def word_in_a_form(scene: Scene) -> Cost:
    scene.author.talks("/sangkien", NAME)
    return scene.line(scene.author, Text(PHONE))


def initiative_handed_in(scene: Scene) -> Cost:
    scene.author.talks("/sangkien", NAME, PHONE, "quang ngai", SCHOOL, "2", *QUESTIONS, people.TEXT, "XONG")
    return scene.line(scene.author, Pressed(scene.author.button("Gửi đi")))


def inbox_opened(scene: Scene) -> Cost:
    return scene.line(scene.officer, Text("/hopthu"))


def feedback_answered(scene: Scene) -> Cost:
    scene.officer.talks(scene.code, "[Báo kết quả]")
    return scene.line(scene.officer, Text("Mái nhà xe đã được lợp lại xong rồi ạ."))


def menu_shown_to_a_stranger(scene: Scene) -> Cost:
    return scene.line(scene.desk.person("la", "telegram"), Text("chào"))


def send(scene: Scene) -> Cost:
    """The claim and the settling of what is in the way of one reply: one chat, nothing else due."""
    mail = Mailroom(scene.desk)
    mail.deliver()
    scene.desk.member("mai").says("menu")
    with counted() as cost:
        claimed = mail.claim()
        assert len(claimed) == 1
        mail.settle(claimed)
    return cost


def tick(scene: Scene) -> Cost:
    """Every job once, when the last look was a moment ago and nothing is due."""
    jobs = (*JOBS, *office_jobs(scene.desk.office))
    for _ in range(2):
        with scene.desk.rows() as db:
            for job in jobs:
                job.run(db, clock.now(db))
    with counted() as cost, scene.desk.rows() as db:
        for job in jobs:
            job.run(db, clock.now(db))
    return cost


COSTS: dict[Callable[[Scene], Cost], dict[str, Cost]] = {
    word_in_a_form: {"sqlite": Cost(10, 6), "postgresql": Cost(11, 7)},
    initiative_handed_in: {"sqlite": Cost(22, 10), "postgresql": Cost(23, 12)},
    inbox_opened: {"sqlite": Cost(22, 20), "postgresql": Cost(23, 21)},
    feedback_answered: {"sqlite": Cost(26, 16), "postgresql": Cost(27, 18)},
    menu_shown_to_a_stranger: {"sqlite": Cost(7, 1), "postgresql": Cost(8, 1)},
    send: {"sqlite": Cost(26, 12), "postgresql": Cost(23, 12)},
    tick: {"sqlite": Cost(68, 31), "postgresql": Cost(68, 32)},
}
LISTS = (inbox_opened,)
"""What shows more when there is more to be seen, and asks no more often for it."""


@pytest.mark.parametrize("act", COSTS, ids=lambda act: act.__name__)
def test_it_costs_what_it_cost(act: Callable[[Scene], Cost], database_url: str) -> None:
    assert _cost(act, database_url, size=1) == COSTS[act][make_url(database_url).get_backend_name()]


@pytest.mark.parametrize("act", COSTS, ids=lambda act: act.__name__)
def test_among_more_it_costs_no_more(act: Callable[[Scene], Cost], database_url: str) -> None:
    small = COSTS[act][make_url(database_url).get_backend_name()]
    large = _cost(act, database_url, size=3)
    assert large.statements == small.statements
    assert large.rows == small.rows or act in LISTS


def _cost(act: Callable[[Scene], Cost], database_url: str, *, size: int) -> Cost:
    scene = Scene(database_url, size)
    try:
        return act(scene)
    finally:
        scene.desk.database.close()
