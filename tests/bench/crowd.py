"""A union of any size in a database, made by the database itself: members with an address who take news, officers.

For measurements only; nobody here has ever said a word.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import text

from storage.database import Database, Transaction

SERIES = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)",
    "postgresql": "WITH n AS (SELECT i FROM generate_series(1, :count) AS i)",
}
WORDS = {"sqlite": {"yes": "1", "no": "0"}, "postgresql": {"yes": "true", "no": "false"}}
MEMBERS = """
    INSERT INTO member (id, name, unit_id, consent_version, news, created_at, place)
    {series} SELECT :base + i, 'Nguyễn Văn ' || i, :unit, :version, {yes}, :at, '51' FROM n
"""
ADDRESSES = """
    INSERT INTO address (id, account, chat, member_id, linked_at, seen_at)
    {series} SELECT :base + i, :account, '' || (:base + i), :base + i, :at, :at FROM n
"""
UNITS = """
    INSERT INTO unit (id, code, name, search, level, parent_id)
    {series} SELECT :base + i, 'X' || i, 'Công đoàn cơ sở ' || i, 'cong doan co so ' || i, :level, :parent FROM n
"""
OFFICERS = """
    INSERT INTO appointment (id, member_id, unit_id, role, deputy, rights, since)
    {series} SELECT :base + i, :base + i, :base + i, 'officer', {no}, 'null', :at FROM n
"""
TALKS = """
    INSERT INTO conversation (member_id, kept, updated_at)
    {series} SELECT :base + i, :kept, :at FROM n
"""
NOTICES = """
    INSERT INTO duty_notice (duty_id, unit_id, member_id, day, kind, at, once)
    {series} SELECT :duty, :base + i, :base + i, :day, 'reminder', :at, 'old:' || :at || ':' || i FROM n
"""


def settle(database: Database, count: int, *, unit_id: int, account: str, version: str, now: datetime) -> None:
    """So many members of one unit who agreed and take news."""
    at = now - timedelta(days=1)
    with database.transaction() as db:
        values = {"count": count, "base": 1_000, "unit": unit_id, "version": version, "at": _plain(db, at)}
        for statement in (MEMBERS, ADDRESSES):
            _run(db, statement, values | {"account": account})
        _analyse(db)


def appoint(database: Database, count: int, *, level: str, parent: int, now: datetime) -> None:
    """A unit of its own for each of so many members who `settle` made, and the office in it."""
    with database.transaction() as db:
        at = _plain(db, now - timedelta(days=1))
        kept = db.seals.seal({"asked": None, "last_code": None})
        values = {"count": count, "base": 1_000, "level": level, "parent": parent, "at": at, "kept": kept}
        for statement in (UNITS, OFFICERS, TALKS):
            _run(db, statement, values)
        _analyse(db)


def remember(database: Database, count: int, *, duty: int, days: int, now: datetime) -> None:
    """As if all of them had been reminded on so many days before."""
    for ago in range(1, days + 1):
        with database.transaction() as db:
            day = (now - timedelta(days=ago)).date()
            at = _plain(db, now - timedelta(days=ago))
            plain = day if db.dialect == "postgresql" else day.isoformat()
            _run(db, NOTICES, {"count": count, "base": 1_000, "duty": duty, "day": plain, "at": at})


def _run(db: Transaction, statement: str, values: dict[str, object]) -> None:
    filled = statement.format(series=SERIES[db.dialect], **WORDS[db.dialect])
    wanted = {name: value for name, value in values.items() if f":{name}" in filled}
    db.execute(text(filled), wanted)


def _plain(db: Transaction, at: datetime) -> object:
    return at if db.dialect == "postgresql" else at.strftime("%Y-%m-%d %H:%M:%S.%f")


def _analyse(db: Transaction) -> None:
    """What a database that grew slowly knows about its tables."""
    db.execute(text("ANALYZE"))
