"""An account that hears nobody any more: those who answer for it are told by another account of ours, once for each
trouble whichever process notices it, and once more when it is over.
"""

from __future__ import annotations

from datetime import datetime

from handlers import notices
from handlers.office import Office
from handlers.reaching import reach, ways
from handlers.reaching.reach import What
from messages.types import Say
from storage import plans, settings, windows
from storage.database import Transaction
from storage.tables import Priority


def is_deaf(db: Transaction, account: str) -> bool:
    """Whether it was told that the account hears nobody, and not yet that it is over."""
    return settings.read(db, _key(account)) is not None


def deaf(db: Transaction, office: Office, account: str, reason: str, minutes: int, now: datetime) -> None:
    """Tell it, unless it was."""
    db.lock([_key(account)])
    if is_deaf(db, account):
        return
    settings.write(db, _key(account), now.isoformat())
    _tell(db, office, account, Say("hearing.deaf", {"account": account, "trouble": reason, "minutes": minutes}), now)


def hears(db: Transaction, office: Office, account: str, now: datetime) -> None:
    """Tell that it is over, if it was told before."""
    db.lock([_key(account)])
    if not is_deaf(db, account):
        return
    settings.write(db, _key(account), None)
    _tell(db, office, account, Say("hearing.again", {"account": account}), now)


def _tell(db: Transaction, office: Office, account: str, say: Say, now: datetime) -> None:
    """Each on the best way that is not the account itself; whom only that one reaches hears it there, later."""
    budget = ways.Budget(db, office, now)
    for member_id, theirs in windows.ways(db, plans.caretakers(db, now)).items():
        elsewhere = [way for way in theirs if way.address.account != account and not way.unreachable] or theirs
        chosen = reach.best([(way, budget.ask(What.OFFICER, way)) for way in elsewhere])
        if chosen is not None:
            notices.enqueue(
                db,
                office,
                chosen[0].address,
                say,
                member_id=member_id,
                topic="staff",
                priority=Priority.NOTICE,
                once=f"{say.key}:{account}:{now.isoformat()}:{member_id}",
                now=now,
            )


def _key(account: str) -> str:
    return f"deaf:{account}"
