"""Many values in one statement: they travel as one parameter, however many there are.

A parameter for each would be spelled, compiled and parsed anew with every number of values, which costs more than what
the database then does.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Integer, SQLColumnExpression, any_, func, literal, select

from storage.database import Transaction


def among(db: Transaction, column: SQLColumnExpression[Any], ids: Iterable[int]) -> ColumnElement[bool]:
    """The condition that a column is one of these ids: an array to PostgreSQL, a list in JSON to SQLite."""
    if db.dialect == "postgresql":
        return column == any_(literal(sorted(ids), ARRAY(Integer)))
    listed = func.json_each(literal(json.dumps(sorted(ids)))).table_valued("value")
    return column.in_(select(listed.c.value))
