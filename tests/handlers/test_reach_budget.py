"""What a channel lets through: every rule by table, each refusal by its name."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from handlers.reaching import reach
from handlers.reaching.reach import FREE, MARGIN, Later, Reason, Refuse, Send, Spent, Template, Terms, Verdict, What
from messages.types import Address
from storage.windows import Way

NOON = datetime(2027, 3, 10, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
OA = Terms(window=7 * DAY, free=48 * HOUR, free_kept=1, night=(22, 6))
BOT = Terms(month=3000, users=50, shares={What.OFFICER: 0.9, What.NOTICE: 0.8, What.NEWS: 0.5})
NOTHING = Spent()
LAN = Way(Address("zalo_oa", "lan"), interacted_at=NOON)


def asked(
    what: What = What.NOTICE, terms: Terms = OA, *, spent: Spent = NOTHING, now: datetime = NOON, **facts: object
) -> Verdict:
    return reach.verdict(what, replace(LAN, **facts), terms, spent, now)


@pytest.mark.parametrize(
    ("ago", "found"),
    [
        (timedelta(), Send()),
        (48 * HOUR - MARGIN - timedelta(seconds=1), Send()),
        (48 * HOUR - MARGIN, Refuse(Reason.FREE_SPENT)),
        (7 * DAY - MARGIN - timedelta(seconds=1), Refuse(Reason.FREE_SPENT)),
        (7 * DAY - MARGIN, Refuse(Reason.WINDOW_CLOSED)),
        (400 * DAY, Refuse(Reason.WINDOW_CLOSED)),
        (None, Refuse(Reason.NEVER_WROTE)),
    ],
)
def test_the_window_closes_a_little_before_the_platform_closes_it(ago: timedelta | None, found: Verdict) -> None:
    assert asked(interacted_at=None if ago is None else NOON - ago) == found


@pytest.mark.parametrize(
    ("facts", "terms", "reply", "notice"),
    [
        ({}, {}, Send(), Send()),
        ({"free_left": 2}, {}, Send(), Send()),
        ({"free_left": 1}, {}, Send(), Refuse(Reason.FREE_SPENT)),
        ({"free_left": 0}, {}, Refuse(Reason.FREE_SPENT), Refuse(Reason.FREE_SPENT)),
        ({}, {"free_cap": 8}, Send(), Send()),
        ({}, {"free_cap": 1}, Send(), Refuse(Reason.FREE_SPENT)),
        ({"free_left": 5}, {"free_cap": 1}, Send(), Send()),
        ({"free_left": 5, "free_until": NOON + HOUR}, {}, Send(), Send()),
        ({"free_left": 5, "free_until": NOON}, {}, Refuse(Reason.FREE_SPENT), Refuse(Reason.FREE_SPENT)),
    ],
)
def test_free_messages_are_counted_as_reported_and_the_last_is_kept_for_an_answer(
    facts: dict[str, object], terms: dict[str, object], reply: Verdict, notice: Verdict
) -> None:
    assert asked(What.REPLY, replace(OA, **terms), **facts) == reply
    assert asked(What.NOTICE, replace(OA, **terms), **facts) == notice


@pytest.mark.parametrize(
    ("terms", "spent", "found"),
    [
        ({}, Spent(), Refuse(Reason.FREE_SPENT)),
        ({"paid": True}, Spent(), Send(paid=True)),
        ({"paid": True, "paid_month": 200}, Spent(paid=199), Send(paid=True)),
        ({"paid": True, "paid_month": 200}, Spent(paid=200), Refuse(Reason.PAID_SPENT)),
        ({"paid": True, "paid_month": 200}, Spent(paid=200, paid_limit=500), Send(paid=True)),
        ({"paid": True}, Spent(paid=7, paid_limit=7), Refuse(Reason.PAID_SPENT)),
    ],
)
def test_the_rest_of_the_window_costs_and_is_off_unless_the_office_pays(
    terms: dict[str, object], spent: Spent, found: Verdict
) -> None:
    assert asked(terms=replace(OA, **terms), spent=spent, interacted_at=NOON - 3 * DAY) == found


def test_a_template_goes_only_where_one_is_configured_and_nothing_cheaper_does() -> None:
    terms = replace(OA, templates=frozenset({What.OFFICER}))
    assert asked(What.OFFICER, terms) == Send()
    assert asked(What.OFFICER, terms, interacted_at=NOON - 8 * DAY) == Template()
    assert asked(What.NOTICE, terms, interacted_at=NOON - 8 * DAY) == Refuse(Reason.WINDOW_CLOSED)


@pytest.mark.parametrize(
    ("what", "ago", "found"),
    [
        (What.NEWS, HOUR, "later"),
        (What.NEWS, 8 * DAY, Refuse(Reason.WINDOW_CLOSED)),
        (What.NOTICE, HOUR, Send()),
        (What.OFFICER, 8 * DAY, "later"),
    ],
)
def test_at_night_news_and_templates_wait_and_the_rest_goes(what: What, ago: timedelta, found: object) -> None:
    night = datetime(2027, 3, 10, 15, 30, tzinfo=UTC)
    morning = datetime(2027, 3, 10, 23, 0, tzinfo=UTC)
    terms = replace(OA, templates=frozenset({What.OFFICER}))
    expected = Later(morning, Reason.NIGHT) if found == "later" else found
    assert asked(what, terms, now=night, interacted_at=night - ago) == expected


@pytest.mark.parametrize(
    ("what", "facts", "follow", "found"),
    [
        (What.REPLY, {"unreachable": True}, False, Refuse(Reason.UNREACHABLE)),
        (What.NEWS, {"unreachable": True, "paused_until": NOON + HOUR}, False, Refuse(Reason.UNREACHABLE)),
        (What.REPLY, {"paused_until": NOON + HOUR}, False, Refuse(Reason.TAKEN_OVER)),
        (What.NOTICE, {"paused_until": NOON + HOUR}, False, Later(NOON + HOUR, Reason.TAKEN_OVER)),
        (What.NOTICE, {"paused_until": NOON}, False, Send()),
        (What.NOTICE, {"follows": False}, False, Send()),
        (What.NOTICE, {"follows": False}, True, Refuse(Reason.UNFOLLOWED)),
        (What.NOTICE, {"follows": None}, True, Send()),
        (What.REPLY, {"follows": False}, True, Send()),
    ],
)
def test_a_block_a_takeover_and_an_unfollow_each_have_their_say(
    what: What, facts: dict[str, object], follow: bool, found: Verdict
) -> None:
    assert asked(what, replace(OA, follow=follow), **facts) == found


@pytest.mark.parametrize(
    ("used", "goes"),
    [
        (0, set(What)),
        (1499, set(What)),
        (1500, {What.DANGER, What.REPLY, What.WARNING, What.OFFICER, What.NOTICE}),
        (2400, {What.DANGER, What.REPLY, What.WARNING, What.OFFICER}),
        (2700, {What.DANGER, What.REPLY, What.WARNING}),
        (3000, {What.DANGER, What.REPLY}),
    ],
)
def test_a_month_s_messages_are_kept_for_answers_first_which_go_until_the_platform_says_no(
    used: int, goes: set[What]
) -> None:
    found = {what: asked(what, BOT, spent=Spent(month=used)) for what in What}
    assert {what for what, one in found.items() if one == Send()} == goes
    assert {one for one in found.values() if one != Send()} <= {Refuse(Reason.MONTH_SPENT)}


def test_what_the_platform_says_of_the_month_goes_before_the_setting() -> None:
    assert asked(What.REPLY, BOT, spent=Spent(month=3000, month_limit=9000)) == Send()


def test_a_channel_without_terms_takes_everything_from_everybody() -> None:
    for what in What:
        assert asked(what, FREE, interacted_at=None) == Send()
    assert asked(What.NEWS, FREE, unreachable=True) == Refuse(Reason.UNREACHABLE)


SHUT, OPEN, LATE = Refuse(Reason.WINDOW_CLOSED), Send(), Later(NOON + DAY, Reason.NIGHT)
SOON, NEVER = Later(NOON + HOUR, Reason.TAKEN_OVER), Refuse(Reason.UNREACHABLE)


@pytest.mark.parametrize(
    ("verdicts", "chosen"),
    [
        ([OPEN, OPEN], 0),
        ([SHUT, OPEN], 1),
        ([SOON, OPEN], 1),
        ([Template(), OPEN], 1),
        ([SHUT, Template(), SOON], 1),
        ([SHUT, LATE, SOON], 2),
        ([SHUT, NEVER], 0),
        ([NEVER], 0),
    ],
)
def test_of_several_ways_the_last_used_that_carries_it_is_taken(verdicts: list[Verdict], chosen: int) -> None:
    ways = [replace(LAN, address=Address("zalo_oa", str(number))) for number in range(len(verdicts))]
    paired = list(zip(ways, verdicts, strict=True))
    assert reach.best(paired) == paired[chosen]


def test_without_an_address_there_is_no_way() -> None:
    assert reach.best([]) is None


def test_months_and_days_are_vietnam_s() -> None:
    late = datetime(2027, 3, 31, 17, 30, tzinfo=UTC)
    assert (reach.month_of(late), reach.day_of(late)) == ("2027-04", "2027-04-01")
