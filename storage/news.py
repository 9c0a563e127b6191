"""News: where each member stands towards it, opting in and out, and whose turn it is to hear which slogan.

Facts only; whether something may be sent is decided in handlers/reaching/reach.py, whose rules `refusals` spells in SQL
for audiences too large to be read one by one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, literal, select, true, update
from sqlmodel import SQLModel, col

from messages.types import Address
from storage.allowances import Allowance, barred
from storage.database import Transaction
from storage.outbox import rows
from storage.tables import Consent, Member, Programme, Sending, SloganTurn
from storage.units import below

TOPIC = "news"
"""The topic of the outbox rows that a member may stop."""
PURPOSE = "news"
"""The purpose of the agreement to news, apart from that to the notice."""
WEEK = timedelta(days=7)
PROMISED = (Sending.READY, Sending.CLAIMED, Sending.SENT, Sending.UNKNOWN, Sending.HELD)
GONE_OUT = (Sending.CLAIMED, Sending.SENT, Sending.UNKNOWN)

members = SQLModel.metadata.tables["member"]
_addresses = SQLModel.metadata.tables["address"]
owners = _addresses.c.member_id
"""Whose address it is: of which members they are wanted is said of both tables, else PostgreSQL reads all addresses."""
_windows = SQLModel.metadata.tables["chat_window"]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one member stands towards news."""

    member_id: int
    erased: bool
    consented: bool
    opted_in: bool
    address: Address | None
    """The reachable address seen last."""
    recent: int
    """News of the week up to the moment asked about."""
    today: int
    """News of that local day so far."""
    barred: str = ""
    """Why nothing may go to that address, where its channel has limits and no other address of theirs carries it."""


def standings(
    db: Transaction,
    member_ids: Collection[int],
    *,
    at: datetime,
    midnight: datetime,
    counted: Sequence[Sending],
    allowances: Sequence[Allowance] = (),
) -> dict[int, Standing]:
    """Where members stand towards news that goes at a moment; `counted`: rows in these states count as news."""
    whose, homes = members.c.id.in_(member_ids), owners.in_(member_ids)
    ranked = db.dialect == "postgresql"
    query = standing_query(
        whose, homes, at=at, midnight=midnight, counted=counted, allowances=allowances, ranked=ranked
    )
    return {row.member_id: _standing(row) for row in db.connection().execute(query)}


def standing_query(
    whose: ColumnElement[bool],
    near: ColumnElement[bool] | None = None,
    *,
    at: datetime,
    midnight: datetime,
    counted: Sequence[Sending],
    allowances: Sequence[Allowance] = (),
    ranked: bool = False,
) -> Select[Any]:
    """One row per member: what `Standing` holds, the address as two columns: of those that carry it the one seen last,
    else the one seen last of all. `near`: which addresses are theirs, as far as that is known beforehand. `ranked`: the
    addresses of all are ranked at once, which is quicker on PostgreSQL; else each member's are looked up, on SQLite.
    """
    home = _ranked_homes(near, allowances) if ranked else _looked_up_homes(near, allowances)
    return (
        select(
            members.c.id.label("member_id"),
            members.c.erased_at.is_not(None).label("erased"),
            members.c.consent_version.is_not(None).label("consented"),
            members.c.news.label("opted_in"),
            home.account,
            home.chat,
            _count(at - WEEK, at, counted).label("recent"),
            _count(midnight, at, counted).label("today"),
            home.barred.label("barred"),
        )
        .select_from(home.found)
        .where(whose)
        .order_by(members.c.id)
    )


@dataclass(frozen=True, slots=True)
class _Homes:
    """Members beside the address chosen for each."""

    found: Any
    account: ColumnElement[str]
    chat: ColumnElement[str]
    barred: ColumnElement[str]


def _ranked_homes(near: ColumnElement[bool] | None, allowances: Sequence[Allowance]) -> _Homes:
    order, why, found = _order(_addresses, _windows, allowances)
    columns = (owners, _addresses.c.account, _addresses.c.chat, why.label("barred"))
    nth = func.row_number().over(partition_by=owners, order_by=order).label("nth")
    reachable = and_(_addresses.c.unreachable_at.is_(None), true() if near is None else near)
    home = select(*columns, nth).select_from(found).where(reachable).subquery("home")
    first = and_(home.c.member_id == members.c.id, home.c.nth == 1)
    return _Homes(members.outerjoin(home, first), home.c.account, home.c.chat, func.coalesce(home.c.barred, ""))


def _looked_up_homes(near: ColumnElement[bool] | None, allowances: Sequence[Allowance]) -> _Homes:
    homes = _addresses.alias("home")
    order, _, from_ = _order(homes, _windows.alias("home_window"), allowances)
    last = select(homes.c.id).select_from(from_).where(homes.c.member_id == members.c.id)
    chosen = last.where(homes.c.unreachable_at.is_(None)).order_by(*order).limit(1).correlate(members)
    is_chosen = _addresses.c.id.is_not_distinct_from(chosen.scalar_subquery())
    found = members.outerjoin(_addresses, and_(owners == members.c.id, is_chosen, true() if near is None else near))
    if allowances:
        found = found.outerjoin(_windows, _is_window_of(_windows, _addresses))
    return _Homes(found, _addresses.c.account, _addresses.c.chat, barred(_addresses, _windows, allowances))


def _order(homes: Any, chats: Any, allowances: Sequence[Allowance]) -> tuple[tuple[Any, ...], ColumnElement[str], Any]:
    """Which address goes before which, why one carries nothing, and where both are read."""
    seen_last = (homes.c.seen_at.desc(), homes.c.id)
    why = barred(homes, chats, allowances)
    if not allowances:
        return seen_last, why, homes
    return (case((why == "", 0), else_=1), *seen_last), why, homes.outerjoin(chats, _is_window_of(chats, homes))


def _is_window_of(chats: Any, homes: Any) -> ColumnElement[bool]:
    return and_(chats.c.account == homes.c.account, chats.c.chat == homes.c.chat)


def _count(after: datetime, until: datetime, counted: Sequence[Sending]) -> Any:
    when = func.coalesce(rows.c.settled_at, rows.c.due_at, type_=rows.c.due_at.type)
    within = and_(when > after, when <= until)
    mine = and_(rows.c.member_id == members.c.id, rows.c.topic == TOPIC, rows.c.state.in_([s.value for s in counted]))
    return select(func.count()).select_from(rows).where(mine, within).correlate(members).scalar_subquery()


def refusals(standing: Any, *, weekly: int) -> tuple[tuple[ColumnElement[bool], Any], ...]:
    """The reasons of handlers/reaching in their order, and when each holds, over the columns of `standing_query`."""
    return (
        (standing.erased, "erased"),
        (~standing.consented, "no_consent"),
        (~standing.opted_in, "opted_out"),
        (standing.chat.is_(None), "unreachable"),
        (standing.barred != "", standing.barred),
        (standing.recent >= weekly, "weekly_cap"),
    )


def why_not(standing: Any, *, weekly: int) -> ColumnElement[str]:
    """The first reason that holds; empty: may be sent."""
    return case(*refusals(standing, weekly=weekly), else_=literal(""))


def goes(standing: Any, *, weekly: int) -> list[ColumnElement[bool]]:
    """That none holds: what is cheap to know is asked first, and most of it before anything is joined."""
    return [~holds for holds, _ in refusals(standing, weekly=weekly)]


def _standing(row: Any) -> Standing:
    return Standing(
        member_id=row.member_id,
        erased=row.erased,
        consented=row.consented,
        opted_in=row.opted_in,
        address=None if row.chat is None else Address(row.account, row.chat),
        recent=row.recent,
        today=row.today,
        barred=row.barred,
    )


def opt_in(db: Transaction, member: Member, *, text_hash: str, address: Address, update_id: str, now: datetime) -> None:
    """The member wants news: the proof is kept apart from that of the notice."""
    assert member.id is not None
    member.news = True
    proof = Consent(
        member_id=member.id,
        version=text_hash[:12],
        text_hash=text_hash,
        purpose=PURPOSE,
        given_at=now,
        account=address.account,
        update_id=update_id,
    )
    db.add(proof)
    db.flush()


def opt_out(db: Transaction, member: Member, now: datetime) -> None:
    """The member wants no news, on no channel; the proof keeps both dates."""
    member.news = False
    given = (
        col(Consent.member_id) == member.id,
        col(Consent.purpose) == PURPOSE,
        col(Consent.withdrawn_at).is_(None),
    )
    db.execute(update(Consent).where(*given).values(withdrawn_at=now))


def undecided(db: Transaction, programme: Programme, day: date, at: datetime, limit: int) -> list[int]:
    """Members who took news before a planned moment and whose slogan of that day is not decided yet.

    A programme that one unit runs speaks to that unit and all below.
    """
    decided = exists().where(
        col(SloganTurn.member_id) == col(Member.id),
        col(SloganTurn.programme_id) == programme.id,
        col(SloganTurn.day) >= day,
    )
    since = exists().where(
        col(Consent.member_id) == col(Member.id),
        col(Consent.purpose) == PURPOSE,
        col(Consent.withdrawn_at).is_(None),
        col(Consent.given_at) <= at,
    )
    takes = and_(col(Member.news), col(Member.consent_version).is_not(None))
    query = select(col(Member.id)).where(takes, ~decided, since).order_by(col(Member.id)).limit(limit)
    if programme.unit_id is not None:
        query = query.where(col(Member.unit_id).in_(select(below(programme.unit_id).c.id)))
    return list(db.scalars(query))


def given(db: Transaction, programme_id: int, member_ids: Collection[int]) -> dict[int, int]:
    """How many slogans of a programme each member was promised so far; who had none is left out."""
    turns = select(col(SloganTurn.member_id), col(SloganTurn.given)).where(
        col(SloganTurn.programme_id) == programme_id, col(SloganTurn.member_id).in_(member_ids)
    )
    return {row.member_id: row.given for row in db.execute(turns)}


def decide(db: Transaction, *, member_id: int, programme_id: int, given_so_far: int, day: date) -> None:
    """Keep that a day's slogan is decided for a member, and how many they were promised with it."""
    row = {"member_id": member_id, "programme_id": programme_id, "given": given_so_far, "day": day}
    db.write(SloganTurn, row, replaces=("member_id", "programme_id"))


def anybody_listens(db: Transaction) -> bool:
    """Whether a single member takes news."""
    takes = select(col(Member.id)).where(col(Member.news), col(Member.consent_version).is_not(None))
    return db.scalar(takes.limit(1)) is not None


def latest_slogans(db: Transaction, *, looked_at: int = 2000) -> list[tuple[datetime, int, int]]:
    """The slogans among the newest rows: when the first of each programme and day arrived, its programme, how many."""
    sent = and_(rows.c.topic == TOPIC, rows.c.broadcast_id.is_(None), rows.c.state == Sending.SENT.value)
    query = select(rows.c.once, rows.c.settled_at).where(sent).order_by(rows.c.id.desc()).limit(looked_at)
    found: dict[tuple[str, str], list[datetime]] = {}
    for once, at in db.connection().execute(query):
        _, programme_id, day, _ = once.split(":")
        found.setdefault((programme_id, day), []).append(at)
    return [(min(moments), int(programme_id), len(moments)) for (programme_id, _), moments in found.items()]
