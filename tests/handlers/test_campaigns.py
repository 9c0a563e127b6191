"""Slogans: the plan, the turns through the stock, the caps, downtime, a moved end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest

from handlers import programmes
from handlers.actors import CLOCK, COMMAND_LINE
from handlers.news import campaigns
from handlers.news.campaigns import plan
from messages import programmes as templates
from storage import members, news
from storage import programmes as stored
from storage.outcomes import Outcome
from tests.desk import Desk
from tests.mailroom import Mailroom

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
TEMPLATE = "thang-cong-nhan-an-toan"


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    desk = Desk(database_url)
    desk.furnish()
    yield desk
    desk.database.close()


@pytest.fixture
def room(desk: Desk) -> Mailroom:
    return Mailroom(desk)


def run(desk: Desk, room: Mailroom, code: str = TEMPLATE, *, opens: str = "2027-04-01") -> None:
    """A programme, the clock an hour before its first slogan."""
    with desk.rows() as db:
        programmes.load(db, COMMAND_LINE, code, date.fromisoformat(opens), now=desk.now)
    desk.now = datetime.fromisoformat(f"{opens}T08:00:00").replace(tzinfo=VIETNAM)


def tick(desk: Desk, room: Mailroom, **fates: Outcome) -> dict[str, str]:
    """The clock looks, the mailroom delivers."""
    with desk.rows() as db:
        campaigns.enqueue_due(db, desk.office, CLOCK, now=desk.now)
    return room.deliver(fates)


def live(desk: Desk, room: Mailroom, days: int) -> list[tuple[datetime, str]]:
    """Let days pass, looking every six hours; what one member heard and when."""
    heard = []
    for _ in range(days * 4):
        if text := tick(desk, room).get("a"):
            heard.append((desk.now, text))
        desk.now += timedelta(hours=6)
    return heard


class TestThePlan:
    def test_weekly_in_the_window_and_every_second_day_in_the_peak(self) -> None:
        days = list(plan(date(2027, 4, 1), date(2027, 5, 1), [(date(2027, 4, 10), date(2027, 4, 15))]))
        assert [day.day for day in days] == [1, 8, 10, 12, 14, 16, 23, 30]

    def test_nothing_before_the_first_day_and_nothing_after_the_last(self) -> None:
        assert list(plan(date(2027, 4, 1), date(2027, 4, 1), [])) == []
        assert list(plan(date(2027, 4, 1), date(2027, 4, 8), [])) == [date(2027, 4, 1)]

    @pytest.mark.parametrize("template", templates.load_all(), ids=lambda template: template.code)
    def test_every_ready_made_programme_is_denser_in_its_peaks(self, template: templates.Template) -> None:
        plan_ = templates.clone_year(template, 2027)
        peaks = [(peak.opens, peak.bound) for peak in plan_.peaks]
        for first, second in pairwise(islice(plan(plan_.window.opens, plan_.window.bound, peaks), 60)):
            in_peak = any(opens <= first < bound for opens, bound in peaks)
            assert (second - first).days == 2 if in_peak else (second - first).days <= 7

    def test_the_years_are_computed(self) -> None:
        by_code = {template.code: template for template in templates.load_all()}
        for year, count in ((2023, 137), (2027, 141)):
            texts = [slogan.text for slogan in templates.clone_year(by_code[TEMPLATE], year).slogans]
            assert any(f"{count} năm Ngày Quốc tế Lao động" in text and str(year) in text for text in texts)


class TestWhoHears:
    def test_only_those_who_took_news_and_at_nine_in_the_morning(self, desk: Desk, room: Mailroom) -> None:
        room.subscribe("a")
        room.subscribe("b", news_too=False)
        run(desk, room)
        assert tick(desk, room) == {}
        desk.now += timedelta(hours=1)
        heard = tick(desk, room)
        assert list(heard) == ["a"]
        assert heard["a"].startswith("📣 Tháng Công nhân và Tháng Hành động")
        assert tick(desk, room) == {}, "looking twice sends nothing twice"

    def test_who_takes_news_after_nine_waits_for_the_next(self, desk: Desk, room: Mailroom) -> None:
        run(desk, room)
        desk.now += timedelta(hours=2)
        room.subscribe("a")
        desk.now += timedelta(hours=1)
        assert tick(desk, room) == {}

    def test_who_stopped_between_the_promise_and_the_sending_hears_nothing(self, desk: Desk, room: Mailroom) -> None:
        member_id = room.subscribe("a")
        run(desk, room)
        desk.now += timedelta(hours=1)
        with desk.rows() as db:
            assert campaigns.enqueue_due(db, desk.office, CLOCK, now=desk.now) == 1
        with desk.rows() as db:
            member = members.by_id(db, member_id)
            assert member is not None
            news.opt_out(db, member, desk.now)
        assert room.deliver() == {}

    def test_several_programmes_share_the_day_and_the_week(self, desk: Desk, room: Mailroom) -> None:
        room.subscribe("a")
        for code in ("thang-cong-nhan", "lang-nghe", "thanh-lap-cong-doan", TEMPLATE):
            run(desk, room, code)
        heard = live(desk, room, 28)
        assert all(later - earlier >= timedelta(hours=20) for (earlier, _), (later, _) in pairwise(heard))
        for moment, _ in heard:
            week = [other for other, _ in heard if moment <= other < moment + timedelta(days=7)]
            assert len(week) <= desk.office.weekly_news - 1, "one place is left for what staff write"
        assert len({text.split("\n")[0] for _, text in heard}) > 1

    def test_no_slogan_comes_again_before_all_have_come(self, desk: Desk, room: Mailroom) -> None:
        room.subscribe("a")
        run(desk, room)
        with desk.rows() as db:
            row = stored.all_open(db, desk.now)[0]
            row.details = {**row.details, "peaks": []}
            row.closes_at = desk.now + timedelta(days=120)
            stock = len(stored.slogans(db, row.id or 0))
        texts = [text for _, text in live(desk, room, 7 * (stock + 2))]
        assert len(set(texts[:stock])) == stock
        assert texts[stock:] == texts[: len(texts) - stock]

    def test_all_of_them_by_day_and_inside_the_window(self, desk: Desk, room: Mailroom) -> None:
        room.subscribe("a")
        run(desk, room)
        with desk.rows() as db:
            row = stored.all_open(db, desk.now)[0]
            opens, closes = row.opens_at, row.closes_at
        for moment, _ in live(desk, room, (closes - opens).days + 14):
            assert opens <= moment < closes
            assert 7 <= moment.astimezone(VIETNAM).hour < 21


class TestDowntime:
    def test_a_slogan_missed_in_the_evening_goes_in_the_morning_once(self, desk: Desk, room: Mailroom) -> None:
        room.subscribe("a")
        run(desk, room)
        desk.now = datetime(2027, 4, 1, 22, tzinfo=VIETNAM)
        assert tick(desk, room) == {}
        desk.now = datetime(2027, 4, 2, 7, tzinfo=VIETNAM)
        assert list(tick(desk, room)) == ["a"]
        assert tick(desk, room) == {}

    def test_after_three_days_nothing_is_made_up_for_and_nothing_comes_in_a_burst(
        self, desk: Desk, room: Mailroom
    ) -> None:
        room.subscribe("a")
        run(desk, room)
        desk.now += timedelta(days=3)
        assert tick(desk, room) == {}
        assert len(live(desk, room, 5)) == 1

    def test_a_promise_left_unsent_for_a_day_expires(self, desk: Desk, room: Mailroom) -> None:
        room.subscribe("a")
        run(desk, room)
        desk.now += timedelta(hours=1)
        with desk.rows() as db:
            assert campaigns.enqueue_due(db, desk.office, CLOCK, now=desk.now) == 1
        desk.now += timedelta(days=1)
        assert room.deliver() == {}

    def test_an_unknown_outcome_is_never_sent_again(self, desk: Desk, room: Mailroom) -> None:
        room.subscribe("a")
        run(desk, room)
        desk.now += timedelta(hours=1)
        assert tick(desk, room, a=Outcome.UNKNOWN) == {}
        assert tick(desk, room) == {}

    def test_a_later_end_goes_on_with_the_plan(self, desk: Desk, room: Mailroom) -> None:
        room.subscribe("a")
        run(desk, room)
        with desk.rows() as db:
            row = stored.all_open(db, desk.now)[0]
            planned = list(campaigns.moments(row))
            later = row.closes_at + timedelta(days=14)
            done = programmes.extend(db, desk.office, COMMAND_LINE, row.code, later, now=desk.now)
            longer = list(campaigns.moments(done.programme))
        assert longer[: len(planned)] == planned
        assert len(longer) == len(planned) + 2


def test_the_next_slogan_is_known_only_while_anybody_listens(desk: Desk, room: Mailroom) -> None:
    run(desk, room)
    with desk.rows() as db:
        assert campaigns.next_planned(db, desk.now) is None
    room.subscribe("a")
    with desk.rows() as db:
        coming = campaigns.next_planned(db, desk.now)
    assert coming is not None
    assert coming.at == desk.now + timedelta(hours=1)
