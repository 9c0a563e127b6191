"""Nobody is told what did not happen: after each act its officer reads what the outbox will do, whoever the author is.

Every act that tells somebody × how that somebody stands with us; and what waited comes once they are back.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, select, update
from sqlmodel import col

from handlers.reaching import waiting
from handlers.reaching.gate import Gate
from handlers.reaching.reach import Terms
from messages.dates import ZONE
from messages.types import Address, Arrived, Event, Left, Pressed, Text
from storage import claims, clock, members, outcomes, settings, submissions, windows
from storage.claims import Claimed
from storage.outcomes import Outcome, Report
from storage.pace import Rate
from storage.tables import Appointment, MemberAddress, Outbox, Programme, Right, Role, Sending, State
from tests.desk import Desk, Visitor
from tests.initiatives import plant
from tests.people import NAME, PHONE, QUESTIONS, TEMPLATE, TEXT, hand_in, invite, officer
from tests.voices import OTHER_SCHOOL, SCHOOL, write, write_named

ACCOUNTS = ("telegram", "zalo_oa", "zalo_bot", "web")
OA = Terms(window=timedelta(days=7), free=timedelta(hours=48), night=(22, 6))
EVENING = datetime(2027, 3, 1, 23, tzinfo=ZONE)


@dataclass(frozen=True)
class Standing:
    """How an author stands with us when the officer acts."""

    account: str
    days: int = 0
    """Since their last line."""
    left: bool = False
    told: str = "Tác giả đã được báo."
    back: Event | None = None
    """What brings them back; None: they never went."""


STANDINGS = {
    "reachable": Standing("telegram"),
    "inside-the-window": Standing("zalo_oa", days=1),
    "window-closed": Standing(
        "zalo_oa",
        days=3,
        told="Chưa báo được tác giả: Zalo chỉ cho báo trước trong 48 giờ sau tin cuối của tác giả. "
        "Trợ lý sẽ báo khi tác giả nhắn lại.\nCần báo ngay, đồng chí gọi 0912 345 678.",
        back=Text("alo"),
    ),
    "unfollowed": Standing(
        "zalo_oa",
        left=True,
        told="Chưa báo được: tác giả đã chặn hoặc bỏ quan tâm kênh này. Tin được giữ 30 ngày, "
        "trợ lý sẽ báo khi tác giả trở lại.\nCần báo ngay, đồng chí gọi 0912 345 678.",
        back=Arrived(follows=True),
    ),
    "blocked": Standing(
        "telegram",
        left=True,
        told="Chưa báo được: tác giả đã chặn hoặc bỏ quan tâm kênh này. Tin được giữ 30 ngày, "
        "trợ lý sẽ báo khi tác giả trở lại.\nCần báo ngay, đồng chí gọi 0912 345 678.",
        back=Text("/start"),
    ),
}
ACTS: dict[str, tuple[State, Callable[[Visitor, str], str]]] = {
    "receive": (State.SENT, lambda hanh, code: hanh.talks(code, "[Tiếp nhận]")),
    "need-more": (State.SENT, lambda hanh, code: hanh.talks(code, "[Cần bổ sung]", "Xin nêu rõ chi phí.")),
    "decline": (State.SENT, lambda hanh, code: hanh.talks(code, "[Không công nhận]", "Chưa rõ cách làm.")),
    "recognise": (State.SENT, lambda hanh, code: hanh.talks(code, "[Công nhận]", "[Đã đồng ý, công nhận]")),
    "choose": (State.RECOGNISED, lambda hanh, code: hanh.talks(code, "[Chọn gửi cấp trên]")),
    "take-back": (State.RECOGNISED, lambda hanh, code: hanh.talks(code, "[Chọn gửi cấp trên]", code, "[Bỏ chọn]")),
}


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    made = Desk(database_url)
    made.furnish(TEMPLATE)
    made.office = dataclasses.replace(made.office, terms={"zalo_oa": OA})
    yield made
    made.database.close()


def stands(desk: Desk, standing: Standing) -> Visitor:
    """Somebody who agreed so many days ago, and since then has perhaps left."""
    after, desk.now = desk.now, desk.now - timedelta(days=standing.days)
    author = desk.member("an", channel=standing.account)
    desk.now = after
    if standing.left:
        desk.take(author.address, Left())
    with desk.rows() as db:
        db.execute(delete(Outbox).where(col(Outbox.chat) == author.address.chat))
    return author


def planted(desk: Desk, author: Visitor, state: State, number: int = 1) -> str:
    with desk.rows() as db:
        (of,) = db.scalars(select(Programme))
        member = members.by_addresses(db, [author.address])[author.address].member
        code = plant(db, SCHOOL, of, number, desk.now, state=state, author=member)
        record = submissions.by_code(db, code)
        assert record is not None
        record.phone = "+84912345678"
    return code


def claim(desk: Desk) -> list[Claimed]:
    with desk.rows() as db:
        settings.write(db, clock.OFFSET, (desk.now - db.clock()).total_seconds())
    with desk.rows() as db:
        rates, room = [Rate(account) for account in ACCOUNTS], dict.fromkeys(ACCOUNTS, 100)
        return list(claims.claim(db, rates, owner="test", room=room, gate=Gate(desk.office)).claimed)


def sent(desk: Desk, to: Address, outcome: Outcome = Outcome.SENT) -> list[str]:
    """Everything that starts now, until nothing does; the topics that went to one chat."""
    topics: list[str] = []
    while claimed := claim(desk):
        topics += [one.topic for one in claimed if one.address == to]
        reports = [Report(one, outcome if one.address == to else Outcome.SENT, "blocked") for one in claimed]
        with desk.rows() as db:
            outcomes.settle(db, reports, owner="test", chance=random.Random(1))
        if outcome is not Outcome.SENT:
            break
    return topics


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.sqlite_first
@pytest.mark.parametrize("name", STANDINGS)
def test_what_the_officer_reads_is_what_the_outbox_does(desk: Desk, name: str, act: str) -> None:
    standing, (state, do) = STANDINGS[name], ACTS[act]
    hanh, author = officer(desk, SCHOOL), stands(desk, standing)
    code = planted(desk, author, state)
    assert standing.told in do(hanh, code)
    went = sent(desk, author.address)
    assert ("status" in went) is (standing.back is None)
    if standing.back is not None:
        desk.now += timedelta(hours=2)
        desk.take(author.address, standing.back)
        assert sent(desk, author.address).count("status") == 1, "at most the newest of each matter"


@pytest.mark.sqlite_first
@pytest.mark.parametrize("name", STANDINGS)
def test_of_several_each_is_counted_as_it_is(desk: Desk, name: str) -> None:
    standing = STANDINGS[name]
    hanh, near, author = officer(desk, SCHOOL), desk.member("mai", "telegram"), stands(desk, standing)
    planted(desk, near, State.SENT, 1)
    planted(desk, author, State.SENT, 2)
    told = hanh.talks("/hopthu", "[Tiếp nhận cả 2 hồ sơ]")
    if standing.back is None:
        assert "Tác giả đã được báo (2 người)." in told
    else:
        assert "Đã báo tác giả: 1 người.\nChưa báo được ngay: 1 người." in told
    assert ("status" in sent(desk, author.address)) is (standing.back is None)


@pytest.mark.sqlite_first
@pytest.mark.parametrize("name", STANDINGS)
def test_an_answer_to_feedback_with_a_name_says_whether_it_arrives(desk: Desk, name: str) -> None:
    standing, hanh = STANDINGS[name], officer(desk, SCHOOL)
    after, desk.now = desk.now, desk.now - timedelta(days=standing.days)
    author = desk.member("an", channel=standing.account)
    code = write_named(author)
    desk.now = after
    if standing.left:
        desk.take(author.address, Left())
    told = hanh.talks(code, "[Báo kết quả]", "Nhà trường đã trả đủ lương tháng hai.")
    assert ("Người gửi đã được báo." in told) is (standing.back is None)
    assert ("đồng chí gọi 0912 345 678" in told) is (standing.back is not None)


def test_beside_an_item_without_a_name_the_words_are_always_the_same(desk: Desk) -> None:
    hanh, said = officer(desk, SCHOOL), set()
    for standing in STANDINGS.values():
        after, desk.now = desk.now, desk.now - timedelta(days=standing.days)
        author = desk.member("an", channel=standing.account)
        code = write(author)
        desk.now = after
        if standing.left:
            desk.take(author.address, Left())
        told = hanh.talks(code, "[Báo kết quả]", "Nhà xe đã được lợp lại từ hôm qua.")
        said.add(told.partition("\n")[0].replace(code, ""))
        assert "Người gửi nhận được tin này ngay, hoặc khi nhắn lại cho trợ lý." in told
    assert len(said) == 1


def test_at_night_a_colleague_is_said_to_be_told_in_the_morning(desk: Desk) -> None:
    hanh, mai = officer(desk, SCHOOL), officer(desk, SCHOOL, name="mai")
    mai.talks("/dulieu")
    with desk.rows() as db:
        found = members.by_addresses(db, [mai.address])[mai.address].member
        found.name = "Trần Thị Mai"
    code = planted(desk, stands(desk, STANDINGS["reachable"]), State.SENT)
    desk.now = EVENING
    hanh.talks(code, "[Việc khác]", "[Giao xử lý]")
    assert "Đồng chí ấy sẽ được báo lúc 07:00, Thứ Ba 02/03/2027." in hanh.presses("Trần Thị Mai")
    assert mai.hears() == "" or "giao sáng kiến" not in mai.hears()


def test_whom_nothing_reaches_is_named_with_the_number_and_struck_off_once_told(desk: Desk) -> None:
    hanh, author = officer(desk, SCHOOL), stands(desk, STANDINGS["blocked"])
    code = planted(desk, author, State.SENT)
    hanh.talks(code, "[Tiếp nhận]")
    shown = hanh.talks("/hopthu", "[☎️ Chưa báo được]")
    assert f"• {code} – Nguyễn Văn An – 0912 345 678: đã chặn hoặc bỏ quan tâm" in shown
    desk.take(author.address, Text("/start"))
    sent(desk, author.address)
    hanh.says("/hopthu")
    assert "☎️ Chưa báo được" not in hanh.labels


def test_an_answer_to_feedback_that_waits_is_listed_where_it_has_a_name_and_nowhere_else(desk: Desk) -> None:
    hanh = officer(desk, SCHOOL)
    named, hidden = desk.member("an"), desk.member("binh")
    codes = write_named(named), write(hidden)
    for author in (named, hidden):
        desk.take(author.address, Left())
    for code in codes:
        hanh.talks(code, "[Báo kết quả]", "Nhà trường đã sửa mái xưởng.")
    shown = hanh.talks("/hopthu", "[☎️ Chưa báo được]")
    assert f"• {codes[0]} – Nguyễn Văn An – 0912 345 678: đã chặn hoặc bỏ quan tâm" in shown
    assert codes[1] not in shown
    assert hanh.labels == [codes[0]]
    desk.take(named.address, Text("/start"))
    assert "feedback" in sent(desk, named.address)
    hanh.says("/hopthu")
    assert "☎️ Chưa báo được" not in hanh.labels
    with desk.rows() as db:
        assert [row.once for row in db.scalars(select(Outbox)) if "feedback:" in (row.once or "")] == []


def test_what_waits_at_a_desk_is_shown_to_those_alone_who_hold_its_right(desk: Desk) -> None:
    hanh, author = officer(desk, SCHOOL), desk.member("an")
    code = write_named(author)
    desk.take(author.address, Left())
    hanh.talks(code, "[Báo kết quả]", "Nhà trường đã sửa mái xưởng.")
    with desk.rows() as db:
        db.execute(update(Appointment).values(rights=[Right.RECEIVE]))
        unit_id = db.scalars(select(Appointment.unit_id)).one()
    hanh.says("/hopthu")
    assert "☎️ Chưa báo được" not in hanh.labels
    assert code not in hanh.sends(Pressed(f"inbox:untold.{unit_id}"))


def test_a_refusal_learnt_from_the_platform_keeps_the_news_for_the_return(desk: Desk) -> None:
    hanh, author = officer(desk, SCHOOL), stands(desk, Standing("zalo_bot"))
    code = planted(desk, author, State.SENT)
    assert "Tác giả đã được báo." in hanh.talks(code, "[Tiếp nhận]")
    assert sent(desk, author.address, Outcome.GONE) == ["status"]
    with desk.rows() as db:
        row = db.scalars(select(Outbox).where(col(Outbox.topic) == "status")).one()
        assert (row.state, row.reason) == (Sending.READY, "gone")
    assert "Chưa báo được: tác giả đã chặn" in hanh.talks(code, "[Công nhận]", "[Đã đồng ý, công nhận]")
    desk.now += timedelta(days=2)
    assert sent(desk, author.address) == []
    desk.take(author.address, Text("alo"))
    assert sent(desk, author.address).count("status") == 1
    assert "Chúc mừng anh/chị" in author.hears()


def test_who_withdrew_is_not_to_be_called(desk: Desk) -> None:
    hanh, author = officer(desk, SCHOOL), stands(desk, STANDINGS["reachable"])
    code = planted(desk, author, State.SENT)
    author.talks("/dulieu", "[Rút đồng ý]", "[Rút đồng ý]")
    told = hanh.talks(code, "[Tiếp nhận]").partition("\n\n")[0]
    assert "Tác giả đã rút sự đồng ý nên trợ lý không nhắn nữa." in told
    assert "0912" not in told


def test_where_a_channel_has_a_window_it_is_said_for_how_long_it_is_written_to(desk: Desk) -> None:
    limit = "Zalo chỉ cho trợ lý nhắn trước trong 48 giờ sau tin của "
    for channel, is_said in (("zalo_oa", True), ("telegram", False), ("web", False)):
        an = desk.member("an", channel)
        hand_in(an, "/sangkien", NAME, PHONE, "quang ngai", SCHOOL, "2", *QUESTIONS, text=f"{TEXT} ({channel})")
        assert (f"{limit}anh/chị; sau đó anh/chị nhắn “Tra cứu” để xem." in an.heard[-1].text) is is_said
        binh = desk.member("binh", channel)
        write_named(binh)
        assert (f"{limit}anh/chị" in binh.heard[-1].text) is is_said
        if channel == "web":
            continue  # no role is in force there
        hanh = desk.member("hanh", channel)
        hanh.says(f"/lienket {invite(desk, OTHER_SCHOOL)}")
        for promise in (["Lê Thị Hạnh"], ["/hopthu"], ["/nhiemvu", "[Việc 1]", "[Nhắc lại sau]"]):
            assert (f"{limit}đồng chí" in hanh.talks(*promise)) is is_said, promise


def test_after_long_nobody_is_told_of_what_is_past(desk: Desk) -> None:
    hanh, author = officer(desk, SCHOOL), stands(desk, STANDINGS["blocked"])
    hanh.talks(planted(desk, author, State.SENT), "[Tiếp nhận]")
    desk.now += timedelta(days=31)
    desk.take(author.address, Text("alo"))
    assert "status" not in sent(desk, author.address)


def test_what_waits_at_a_lost_chat_follows_its_member_to_another(desk: Desk) -> None:
    hanh, author = officer(desk, SCHOOL), stands(desk, STANDINGS["blocked"])
    hanh.talks(planted(desk, author, State.SENT), "[Tiếp nhận]")
    home = Address("web", "an-at-home")
    with desk.rows() as db:
        member = members.by_addresses(db, [author.address])[author.address].member
        moments = {"linked_at": desk.now, "seen_at": desk.now}
        db.add(MemberAddress(account=home.account, chat=home.chat, member_id=member.id, **moments))
    with desk.rows() as db:
        assert waiting.take_other_ways(db, desk.office, desk.now) == 1
    assert sent(desk, home) == ["status"]


def test_what_waits_is_counted_by_reason_and_age(desk: Desk) -> None:
    hanh = officer(desk, SCHOOL, Role.OFFICER)
    for number, name in enumerate(("window-closed", "blocked")):
        author = stands(desk, STANDINGS[name])
        hanh.talks(planted(desk, author, State.SENT, number), "[Tiếp nhận]")
    desk.now += timedelta(days=4)
    with desk.rows() as db:
        piles = [(one.account, one.reason, one.number, one.days) for one in waiting.piles(db, desk.now)]
        windows.count(db, "zalo_bot", "refused.month_spent", "2027-03-04", 3)
        refused = [(one.account, one.reason, one.number) for one in waiting.refusals(db, desk.now)]
    assert piles == [("telegram", "gone", 1, 4), ("zalo_oa", "free_spent", 1, 4)]
    assert refused == [("zalo_bot", "month_spent", 3)]
