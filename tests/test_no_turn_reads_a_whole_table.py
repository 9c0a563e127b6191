"""However many members there are, a turn, a send and a look of the clock find their rows by an index.

SQLite is asked, which chooses a plan without knowing how large a table is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

from bot.clockwork import JOBS
from bot.jobs import office_jobs
from storage import clock
from tests import box as boxes
from tests.box import Box
from tests.journeys.test_initiative import hand_in

GROWING = {
    *("address", "consent", "conversation", "draft", "feedback", "lane", "member", "outbox", "submission"),
    *("offered", "transcript", "transition", "pseudonym"),
}
"""Tables that grow with members and what they say."""
SCAN = re.compile(r"SCAN (\w+)(?: USING INDEX (\w+))?")
FEW = {"uq_outbox_in_flight", "ix_outbox_waiting"}
"""Indexes that only hold what is under way, or waits for its person."""
LOOKING = ("SELECT", "UPDATE", "DELETE", "WITH")


@contextmanager
def noted() -> Iterator[dict[str, Any]]:
    """The statements that look for something, each with parameters it came with."""
    found: dict[str, Any] = {}

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        if statement.startswith(LOOKING):
            found[statement] = parameters[0] if many else parameters

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def reads_whole(box: Box, statement: str, parameters: Any) -> set[str]:
    """The growing tables that would be read from one end to the other."""
    with box.database() as db:
        plan = db.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        scans = [scan for *_, detail in plan for scan in SCAN.findall(detail)]
        return {name for name, index in scans if index not in FEW} & GROWING


async def test_what_grows_is_never_read_whole(sqlite_database: str) -> None:
    async with boxes.opened(sqlite_database, "telegram") as box:
        box.furnish()
        async with box.bot():
            pass  # the first start of all looks once whether its key opens what is there
        with noted() as statements:
            hanh, an = await box.officer("hanh", "GD51-01"), box.person("an")
            code = (await hand_in(an)).partition("Mã hồ sơ: ")[2].split()[0]
            await an.talks("/ykien", "/huy", "/tracuu", "/start")
            await hanh.talks("/hopthu", code)
            for job in (*JOBS, *office_jobs(box.office)):
                with box.database() as db:
                    job.run(db, clock.now(db))
        assert len(statements) > 100
        found = [(reads_whole(box, statement, given), statement) for statement, given in statements.items()]
    assert [(tables, statement) for tables, statement in found if tables] == []
