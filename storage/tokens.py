"""The token pairs of our Zalo Official Accounts, sealed: kept before they are used, replaced only by a whole pair.

Everything here goes by the database's clock. Asking Zalo for a new pair, and who may do so, is bot/zalo_tokens.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlmodel import col, select

from storage.database import Transaction
from storage.errors import WrongKey
from storage.tables_zalo import Grant

WRONG_KEY = "wrong_key"
REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Pair:
    """A pair as it is used; both tokens are empty when there is none that can be used."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    granted_at: datetime
    expires_at: datetime
    trouble: str | None = None


def read(db: Transaction, account: str) -> Pair | None:
    """The pair of an account as it is now; None: there never was one."""
    row = db.get(Grant, account, populate_existing=True)
    return None if row is None else _opened(db, row)


def every(db: Transaction) -> dict[str, Pair]:
    """The pairs of all accounts."""
    return {row.account: _opened(db, row) for row in db.exec(select(Grant).order_by(col(Grant.account)))}


def seed(db: Transaction, account: str, refresh: str) -> bool:
    """Begin with a refresh token from the settings; False, and nothing is changed, where there ever was a pair."""
    if _locked(db, account) is not None:
        return False
    at = db.clock()
    sealed = db.seals.seal(["", refresh])
    row = {"account": account, "pair": sealed, "previous": None, "granted_at": at, "expires_at": at, "trouble": None}
    db.write(Grant, row, ignores=("account",))
    db.write_out()
    return True


def authorise(db: Transaction, account: str, *, access: str, refresh: str, lives: timedelta) -> None:
    """An administrator of the account granted anew: this pair counts from now on, whatever there was."""
    row, at = _locked(db, account), db.clock()
    pair = _whole(db, access, refresh)
    if row is None:
        db.add(Grant(account=account, pair=pair, granted_at=at, expires_at=at + lives))
    else:
        _replace(row, pair, at, lives)
    db.flush()


def renew(db: Transaction, account: str, *, spent: str, access: str, refresh: str, lives: timedelta) -> bool:
    """Put the pair that the refresh token `spent` brought in its place; False where that one is no longer kept.

    Commit before the new pair is used: Zalo hands it out only once. Raises ValueError unless both tokens are there.
    """
    pair = _whole(db, access, refresh)
    row = _locked(db, account)
    if row is None or _opened(db, row).refresh != spent:
        return False
    _replace(row, pair, db.clock(), lives)
    db.flush()
    return True


def complain(db: Transaction, account: str, *, spent: str, reason: str) -> None:
    """The pair with this refresh token could not be renewed; both tokens stay as they are."""
    row = _locked(db, account)
    if row is not None and _opened(db, row).refresh == spent:
        row.trouble = reason
        db.flush()


def revoke_all(db: Transaction) -> Sequence[str]:
    """Throw every pair away, since it may be an old one (a restore); the accounts that must be authorised anew.

    The rows stay, so that no token of the settings, as old, is planted in their place.
    """
    rows = db.exec(select(Grant).order_by(col(Grant.account)).with_for_update()).all()
    for row in rows:
        row.pair, row.previous, row.trouble = None, None, REVOKED
    db.flush()
    return [row.account for row in rows]


def _replace(row: Grant, pair: bytes, at: datetime, lives: timedelta) -> None:
    row.previous, row.pair = row.pair, pair
    row.granted_at, row.expires_at, row.trouble = at, at + lives, None


def _whole(db: Transaction, access: str, refresh: str) -> bytes:
    if not (access and refresh):
        raise ValueError("half a pair")
    return db.seals.seal([access, refresh])


def _opened(db: Transaction, row: Grant) -> Pair:
    access, refresh, trouble = "", "", row.trouble
    if row.pair is not None:
        try:
            access, refresh = db.seals.open(row.pair)
        except WrongKey:
            trouble = WRONG_KEY
    return Pair(access, refresh, row.granted_at, row.expires_at, trouble)


def _locked(db: Transaction, account: str) -> Grant | None:
    chosen = select(Grant).where(col(Grant.account) == account).with_for_update()
    return db.exec(chosen.execution_options(populate_existing=True)).one_or_none()
