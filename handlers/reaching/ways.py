"""By which of their addresses a member is written to, and what an account has left: facts for `reach`.

A push goes to the address used last if that one carries it, else to another of the member's that does. What every chat
of a channel with limits tells us (a message, a follow, one of ours who writes by hand) is noted here as well.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

from handlers import actors
from handlers.office import Office
from handlers.reaching import reach
from handlers.reaching.reach import Reason, Refuse, Spent, Terms, Verdict, What
from messages import dates
from messages.types import Address, Arrived, Inbound, Left, Say, TakenOver, Template
from storage import detours, news, windows
from storage.allowances import Allowance
from storage.database import Transaction
from storage.tables import Priority, Window
from storage.windows import Way

OFFICERS = frozenset({"officer", "duty", "climb", "care", "callback", "staff", "role", "files"})
"""Topics of what is pushed to officers about their work."""
PLAN = "plan"
"""The topic of a warning that an account's plan runs out."""
WAITED_FOR = (Reason.WINDOW_CLOSED, Reason.FREE_SPENT, Reason.NEVER_WROTE, Reason.UNFOLLOWED)
"""Reasons that end when the person writes, or follows, again."""
WAITING = (*WAITED_FOR, Reason.PAID_SPENT, Reason.MONTH_SPENT)
"""These, and what ends with the month or the package."""
REFUSED = "refused."
"""Before the reason: the kind under which refusals are counted, by day."""

Chosen = tuple[Way, Verdict]


def terms_of(office: Office, account: str) -> Terms:
    """What an account may send; its own terms go before those of its kind."""
    return office.terms.get(account) or office.terms.get(account.partition(":")[0]) or reach.FREE


def what_of(topic: str, priority: Priority) -> What:
    """The kind of message a row is."""
    if priority is Priority.DANGER:
        return What.DANGER
    if priority.is_reply:
        return What.REPLY
    if priority is Priority.BROADCAST or topic == news.TOPIC:
        return What.NEWS
    if topic == PLAN:
        return What.WARNING
    return What.OFFICER if topic in OFFICERS else What.NOTICE


def template_for(office: Office, address: Address, what: What, say: Say) -> Template | None:
    """What a message becomes outside the window, where the office has a template for it."""
    return template_of(what, say) if _takes(office, address, say.key, what.value) else None


def template_of(what: What, say: Say) -> Template:
    """The same wherever it goes; its values as plain words."""
    values = {name: _plain(value) for name, value in say.values.items()}
    return Template(say.key, what.value, {name: words for name, words in values.items() if words})


def takes(office: Office, address: Address, template: Template) -> bool:
    """Whether the office has a template for it there."""
    return _takes(office, address, template.key, template.kind)


def _takes(office: Office, address: Address, key: str, kind: str) -> bool:
    return not terms_of(office, address.account).template_names.isdisjoint((key, kind))


def _plain(value: object) -> str:
    match value:
        case datetime():
            return dates.moment_words(value)
        case str() | int():
            return str(value)
        case _:
            return ""


class Budget:
    """What accounts have left at a moment: read once, counted down as it is given out. What flies counts as sent."""

    def __init__(self, db: Transaction, office: Office, now: datetime) -> None:
        self._db, self._office, self._now = db, office, now
        self._spent: dict[str, Spent] = {}

    def spent(self, account: str) -> Spent:
        """How much of an account's allowances is used."""
        if account not in self._spent:
            self._spent[account] = self._read(account) if terms_of(self._office, account).limits else Spent()
        return self._spent[account]

    def give(self, account: str, *, paid: bool) -> None:
        """One message more of this account goes out."""
        before = self.spent(account)
        self._spent[account] = replace(before, month=before.month + 1, paid=before.paid + paid)

    def room(self, what: What, account: str, wanted: int) -> int:
        """How many of so many messages of a kind an account carries this month."""
        left = reach.left_of_month(what, terms_of(self._office, account), self.spent(account))
        return wanted if left is None else min(wanted, left)

    def ask(self, what: What, way: Way, *, templates: bool = True) -> Verdict:
        """May a message of a kind go this way now? Without `templates` as if the office had none."""
        account = way.address.account
        terms = terms_of(self._office, account)
        terms = terms if templates else replace(terms, templates=frozenset())
        return reach.verdict(what, way, terms, self.spent(account), self._now)

    def _read(self, account: str) -> Spent:
        period = reach.month_of(self._now)
        kept = windows.quotas(self._db, [account], [period])
        month, paid = (kept.get((account, kind, period)) for kind in (windows.MESSAGES, windows.PAID))
        flying = detours.in_flight(self._db, account)
        return Spent(
            month=(month.used if month else 0) + flying,
            month_limit=month.limit if month else None,
            paid=paid.used if paid else 0,
            paid_limit=paid.limit if paid else None,
        )


def choose(
    db: Transaction, office: Office, member_ids: Collection[int], what: What, now: datetime
) -> dict[int, Chosen]:
    """The best way to each member who agrees to be written to; who has no address at all is left out."""
    budget = Budget(db, office, now)
    found = open_to(db, member_ids, what)
    best = {number: reach.best([(way, budget.ask(what, way)) for way in theirs]) for number, theirs in found.items()}
    return {number: chosen for number, chosen in best.items() if chosen is not None}


def open_to(db: Transaction, member_ids: Collection[int], what: What) -> dict[int, list[Way]]:
    """The ways to members who agree to be written to that a kind of message may take, the one seen last first."""
    found = {number: fit(theirs, what) for number, theirs in windows.ways(db, member_ids).items()}
    return {number: theirs for number, theirs in found.items() if theirs}


def fit(theirs: Iterable[Way], what: What) -> list[Way]:
    """Of a member's ways those that a kind of message may take: officers' work never goes to a browser."""
    return [way for way in theirs if what is not What.OFFICER or actors.carries_roles(way.address)]


def reachable(db: Transaction, member_ids: Collection[int]) -> set[int]:
    """Which of these officers have a chat in which their role is in force, and which takes what we write."""
    found = open_to(db, member_ids, What.OFFICER)
    return {number for number, theirs in found.items() if not all(way.unreachable for way in theirs)}


def out_of_reach(db: Transaction, office: Office, member_ids: Collection[int], now: datetime) -> dict[int, Reason]:
    """Which of these officers can be reached by no way now, and why not; who has no address is unreachable."""
    chosen = choose(db, office, member_ids, What.OFFICER, now)
    left = [number for number in member_ids if number not in chosen]
    found = windows.ways(db, left) if left else {}
    lost = {number: Reason.ONLY_BROWSER if number in found else Reason.UNREACHABLE for number in left}
    return lost | {number: found.reason for number, (_, found) in chosen.items() if isinstance(found, Refuse)}


def allowances(db: Transaction, office: Office, what: What, at: datetime, now: datetime) -> tuple[Allowance, ...]:
    """The terms of every account with limits as SQL knows them, for a message that goes at a moment."""
    budget = Budget(db, office, now)
    limited = ((account, terms) for account, terms in office.terms.items() if terms.limits)
    return tuple(_allowance(account, terms, budget.spent(account), what, at) for account, terms in limited)


def _allowance(account: str, terms: Terms, spent: Spent, what: What, at: datetime) -> Allowance:
    limit = spent.paid_limit if spent.paid_limit is not None else terms.paid_month
    margin = reach.MARGIN
    return Allowance(
        account=account,
        month_spent=reach.left_of_month(what, terms, spent) == 0,
        since=at + margin - terms.window if terms.window is not None else None,
        free_since=at + margin - terms.free if terms.free is not None else None,
        free_ends=at + margin,
        free_unsaid=terms.free_cap,
        free_kept=0 if what in reach.ANSWERS else terms.free_kept,
        paid=terms.paid,
        paid_spent=limit is not None and spent.paid >= limit,
        follow=terms.follow and what not in reach.ANSWERS,
    )


def heard(db: Transaction, office: Office, inbound: Inbound, now: datetime) -> bool:
    """Note what an event tells of its chat; whether the bot may answer there (nobody of ours writes by hand)."""
    address = inbound.address
    terms = terms_of(office, address.account)
    if not terms.limits:
        return True
    match inbound.event:
        case Left():
            windows.note_follow(db, address, follows=False, at=now)
            return True
        case TakenOver():
            windows.pause(db, address, now + terms.hand)
            return False
        case Arrived(follows=True):
            windows.note_follow(db, address, follows=True, at=now)
        case Arrived():
            return True  # to open the chat is no interaction that opens the window (developers.zalo.me, «Tin tư vấn»)
        case _:
            windows.note_interaction(db, address, now)
    detours.reopen(db, address, WAITED_FOR, now)
    kept = windows.of(db, [address]).get(address)
    return kept is None or kept.paused_until is None or kept.paused_until <= now


def count_refusals(db: Transaction, account: str, reasons: Iterable[Reason], now: datetime) -> None:
    """Each refusal is counted by its name and local day."""
    for reason in reasons:
        windows.count(db, account, f"{REFUSED}{reason.value}", reach.day_of(now))


def way_from(address: Address, kept: Window | None) -> Way:
    """What is known of one chat, whoever is behind it."""
    if kept is None:
        return Way(address)
    return Way(
        address,
        interacted_at=kept.interacted_at,
        follows=kept.follows,
        free_left=kept.free_left,
        free_until=kept.free_until,
        paused_until=kept.paused_until,
    )
