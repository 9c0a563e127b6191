"""Many values in one statement: they travel as one parameter, however many there are.

A parameter for each would be spelled, compiled and parsed anew with every number of values, which costs more than what
the database then does.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Integer,
    SQLColumnExpression,
    String,
    Subquery,
    any_,
    func,
    literal,
    select,
    tuple_,
)

from messages.types import Address
from storage.database import Transaction


def among(db: Transaction, column: SQLColumnExpression[Any], ids: Iterable[int]) -> ColumnElement[bool]:
    """The condition that a column is one of these ids: an array to PostgreSQL, a list in JSON to SQLite."""
    if db.dialect == "postgresql":
        return column == any_(literal(sorted(ids), ARRAY(Integer)))
    listed = func.json_each(literal(json.dumps(sorted(ids)))).table_valued("value")
    return column.in_(select(listed.c.value))


def rows_of(db: Transaction, addresses: Collection[Address]) -> Subquery:
    """These addresses as rows (`account`, `chat`) to join: two arrays to PostgreSQL, pairs in JSON to SQLite.

    A list of pairs spelled out would make SQLite read all of the other table instead of its index.
    """
    accounts, chats = [one.account for one in addresses], [one.chat for one in addresses]
    if db.dialect == "postgresql":
        both = func.unnest(literal(accounts, ARRAY(String)), literal(chats, ARRAY(String)))
        listed = both.table_valued("account", "chat").render_derived()
        return select(listed.c.account, listed.c.chat).subquery()
    pair = func.json_each(literal(json.dumps([*zip(accounts, chats, strict=True)]))).table_valued("value").c.value
    account, chat = func.json_extract(pair, "$[0]"), func.json_extract(pair, "$[1]")
    return select(account.label("account"), chat.label("chat")).subquery()


def at(
    db: Transaction, account: SQLColumnExpression[str], chat: SQLColumnExpression[str], addresses: Collection[Address]
) -> ColumnElement[bool]:
    """The condition that two columns are one of these addresses."""
    listed = rows_of(db, addresses)
    return tuple_(account, chat).in_(select(listed.c.account, listed.c.chat))
