"""The gate of channels with limits: each row is judged once more at the moment it would start.

What does not fit takes another address of its member (the same row, the same `once`), or waits with its reason until
the person writes again, or is refused by name. Rules are `reach`'s, facts come through `ways`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import assert_never

from handlers.office import Office
from handlers.reaching import reach, ways
from handlers.reaching.reach import Reason, Verdict, What
from storage import detours, looks, windows
from storage.database import Transaction
from storage.looks import Waiting
from storage.windows import Way

PATIENCE = detours.PATIENCE
NEXT_LOOK = timedelta(hours=6)
"""When a row that waits is judged again by itself: a quota may begin anew, an address be linked."""
NEVER_WAIT = reach.ANSWERS | {What.NEWS}
"""An answer is for the moment it is asked in, news for its day."""


class Gate:
    """`storage.looks.Gate` over the rules of handlers/reaching/reach.py."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def watches(self, account: str) -> bool:
        """Accounts that limit whom we may write to."""
        return ways.terms_of(self._office, account).limits

    def judge(self, db: Transaction, waiting: Sequence[Waiting], now: datetime) -> Mapping[int, looks.Verdict]:
        """What must not go, or not yet, or goes another way; whatever is not named goes as it is."""
        return _Judgement(db, self._office, waiting, now).verdicts


class _Judgement:
    """One look at the rows of one account."""

    def __init__(self, db: Transaction, office: Office, waiting: Sequence[Waiting], now: datetime) -> None:
        self._db, self._office, self._now = db, office, now
        self._budget = ways.Budget(db, office, now)
        self._own = windows.of(db, {row.address for row in waiting})
        self._others: dict[int, list[Way]] | None = None
        self._members = {row.member_id for row in waiting if row.member_id is not None}
        self._promised: dict[int, datetime] | None = None
        self._numbers = [row.id for row in waiting]
        self.verdicts: dict[int, looks.Verdict] = {}
        reasons: dict[int, str] = {}
        refused: list[Reason] = []
        for row in waiting:
            self._judge(row, reasons, refused)
        detours.note(db, reasons)
        if refused:
            ways.count_refusals(db, waiting[0].address.account, refused, now)

    def _judge(self, row: Waiting, reasons: dict[int, str], refused: list[Reason]) -> None:
        what = ways.what_of(row.topic, row.priority)
        found = self._budget.ask(what, self._way(row))
        match found:
            case reach.Send(paid):
                self._budget.give(row.address.account, paid=paid)
            case reach.Template() if self._has_template(row):
                self._budget.give(row.address.account, paid=False)
            case reach.Template():
                self._turn_away(row, what, self._budget.ask(what, self._way(row), templates=False), reasons, refused)
            case reach.Later() | reach.Refuse():
                self._turn_away(row, what, found, reasons, refused)
            case _:
                assert_never(found)

    def _turn_away(
        self, row: Waiting, what: What, found: Verdict, reasons: dict[int, str], refused: list[Reason]
    ) -> None:
        if not self._take_another(row, what):
            self._keep_back(row, what, found, reasons, refused)

    def _has_template(self, row: Waiting) -> bool:
        """Whether there is a template for just this message."""
        names = ways.terms_of(self._office, row.address.account).template_names
        message = detours.message(self._db, row.id)
        wanted = message.template if message is not None else None
        return wanted is not None and not names.isdisjoint((wanted.key, wanted.kind))

    def _way(self, row: Waiting) -> Way:
        return ways.way_from(row.address, self._own.get(row.address))

    def _take_another(self, row: Waiting, what: What) -> bool:
        """Whether another address of the same person carries it now. An answer stays where it was asked for."""
        if what in reach.ANSWERS or row.member_id is None or self._is_only_here(row):
            return False
        if self._others is None:
            self._others = windows.ways(self._db, self._members)
        for way in ways.fit(self._others.get(row.member_id, []), what):
            if way.address != row.address and isinstance(self._budget.ask(what, way), reach.Send):
                detours.take(self._db, row.id, way.address)
                self.verdicts[row.id] = looks.Later(self._now)
                return True
        return False

    def _is_only_here(self, row: Waiting) -> bool:
        message = detours.message(self._db, row.id)
        return message is not None and message.only_here

    def _keep_back(
        self, row: Waiting, what: What, found: Verdict, reasons: dict[int, str], refused: list[Reason]
    ) -> None:
        if isinstance(found, reach.Later):
            self.verdicts[row.id], reasons[row.id] = looks.Later(found.at), found.reason.value
            return
        assert isinstance(found, reach.Refuse)
        if what in NEVER_WAIT or row.member_id is None or self._waited_long(row):
            self.verdicts[row.id] = looks.Refused(found.reason.value)
            refused.append(found.reason)
        else:
            self.verdicts[row.id], reasons[row.id] = looks.Later(self._now + NEXT_LOOK), found.reason.value

    def _waited_long(self, row: Waiting) -> bool:
        if self._promised is None:
            self._promised = detours.promised_at(self._db, self._numbers)
        return self._promised.get(row.id, self._now) <= self._now - PATIENCE
