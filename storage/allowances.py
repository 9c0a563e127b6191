"""What `verdict` in handlers/reaching/reach.py decides about one address, spelt in SQL for audiences too large to be
read one by one. Only numbers and moments come in here; which rules they come from is the handlers' business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, or_

PLENTY = 1_000_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """One account, or every account of one kind, at one moment."""

    account: str
    month_spent: bool = False
    """What may be sent in this month is used, or kept for answers."""
    since: datetime | None = None
    """Who wrote after this is inside the window; None: the account knows no window."""
    free_since: datetime | None = None
    """Who wrote after this may be written to freely; None: nothing is free."""
    free_ends: datetime | None = None
    """A free part that ends before this is as good as over."""
    free_unsaid: int | None = None
    """Free messages where the platform has not said how many are left; None: as many as one likes."""
    free_kept: int = 0
    paid: bool = False
    paid_spent: bool = False
    follow: bool = False
    """Whether only those who follow may be written to."""


def barred(homes: Any, windows: Any, allowances: Sequence[Allowance]) -> ColumnElement[str]:
    """Why nothing may go to an address, by the names of handlers/reaching/reach.py; empty: it may."""
    rules = [(_is_of(homes, each), _why(windows, each)) for each in _special_first(allowances)]
    return case(*rules, else_=literal("")) if rules else literal("")


def _special_first(allowances: Sequence[Allowance]) -> list[Allowance]:
    return sorted(allowances, key=lambda each: -len(each.account))


def _is_of(homes: Any, each: Allowance) -> ColumnElement[bool]:
    return or_(homes.c.account == each.account, homes.c.account.startswith(f"{each.account}:", autoescape=True))


def _why(windows: Any, each: Allowance) -> ColumnElement[str]:
    reasons: list[tuple[ColumnElement[bool], Any]] = []
    if each.follow:
        reasons.append((windows.c.follows.is_(False), literal("unfollowed")))
    if each.month_spent:
        return case(*reasons, else_=literal("month_spent")) if reasons else literal("month_spent")
    if each.since is not None:
        reasons.append((windows.c.interacted_at.is_(None), literal("never_wrote")))
        reasons.append((windows.c.interacted_at <= each.since, literal("window_closed")))
        reasons.append((_is_free(windows, each), literal("")))
        spent = "free_spent" if not each.paid else "paid_spent" if each.paid_spent else ""
        return case(*reasons, else_=literal(spent))
    return case(*reasons, else_=literal("")) if reasons else literal("")


def _is_free(windows: Any, each: Allowance) -> ColumnElement[bool]:
    if each.free_since is None:
        return literal(False)
    left = func.coalesce(windows.c.free_left, PLENTY if each.free_unsaid is None else each.free_unsaid)
    lasts = or_(windows.c.free_until.is_(None), windows.c.free_until > each.free_ends)
    return and_(windows.c.interacted_at > each.free_since, lasts, left > each.free_kept)
