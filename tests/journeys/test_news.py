"""News is asked for apart from the notice, is off by default, and stops at a word (domain.md §4.8.13, §5.5)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select
from sqlmodel import col

from handlers.notices import enqueue
from messages.types import Address, Pressed, Say
from storage import members
from storage.tables import Consent, Member, MemberAddress, Outbox, Priority, Sending
from tests.box import Box
from tests.desk import Desk, Visitor

STOPS = (
    "stop",
    "STOP",
    "/stop",
    "/dungnhantin",
    "dừng nhận tin",
    "Dừng nhận tin.",
    "dung nhan tin",
    "hủy đăng ký",
    "huy dang ky",
    "TC",
    "tc",
    "đừng gửi nữa",
    "dung gui nua",
    "phiền quá",
    "dừng",
    "Dừng ạ",
)


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    desk = Desk(database_url)
    desk.furnish("75-nghin-sang-kien")
    yield desk
    desk.database.close()


def takes_news(desk: Desk, visitor: Visitor) -> bool:
    with desk.rows() as db:
        return members.by_addresses(db, [visitor.address])[visitor.address].member.news


def reader(desk: Desk, channel: str = "web") -> Visitor:
    visitor = desk.member("an", channel)
    visitor.talks("/nhantin", "[Nhận tin]")
    assert takes_news(desk, visitor)
    return visitor


async def test_asked_once_taken_and_stopped(box: Box) -> None:
    box.furnish()
    an = box.person("An")
    await an.says("/start")
    agreed = await an.presses("Tôi đồng ý")
    assert "thông điệp và thông tin hoạt động của Công đoàn" in agreed
    assert "hỗ trợ việc gì" not in agreed
    assert an.labels == ["Nhận tin", "Không nhận tin"]
    assert "nhiều nhất 3 tin mỗi tuần" in agreed.lower()
    assert "07:00–21:00" in agreed
    assert "Nhận tin: không" in await an.says("/dulieu")
    await an.says("nhận tin")
    assert "đã đăng ký nhận tin" in await an.presses("Nhận tin")
    assert "Nhận tin: có" in await an.says("/dulieu")
    assert "muốn dừng nhận thông điệp" in await an.says("phiền quá")
    assert "đã dừng gửi tin tuyên truyền" in await an.presses("Dừng nhận tin")
    assert "Nhận tin: không" in await an.says("/dulieu")


class TestTheQuestion:
    @pytest.mark.parametrize("channel", ["web", "telegram", "zalo_bot", "zalo_oa"])
    @pytest.mark.parametrize(
        ("said", "told", "takes"),
        [
            ("1", "đã đăng ký nhận tin", True),
            ("nhận tin", "đã đăng ký nhận tin", True),
            ("vâng", "đã đăng ký nhận tin", True),
            ("2", "sẽ không gửi tin tuyên truyền", False),
            ("không ạ", "sẽ không gửi tin tuyên truyền", False),
            ("bỏ qua", "hỗ trợ việc gì", False),
            ("menu", "hỗ trợ việc gì", False),
            ("mấy giờ rồi", "chưa hiểu tin nhắn", False),
        ],
    )
    def test_one_question_then_the_menu(self, desk: Desk, channel: str, said: str, told: str, takes: bool) -> None:
        an = desk.person("an", channel)
        agreed = an.talks("/start", "1")
        assert "Anh/chị có muốn nhận thông điệp" in agreed
        assert "hỗ trợ việc gì" not in agreed
        answer = an.says(said)
        assert answer.index(told) <= answer.index("hỗ trợ việc gì")
        assert takes_news(desk, an) == takes
        assert "75 nghìn sáng kiến" in an.says("1")

    def test_who_wants_something_else_gets_that(self, desk: Desk) -> None:
        an = desk.member("an")
        assert "Bước 1/10" in an.says("gửi sáng kiến")
        assert "đã đăng ký nhận tin" in an.presses("Nhận tin")
        assert takes_news(desk, an)
        assert "Bước 2/10" in an.says("Nguyễn Văn An")

    def test_it_is_not_put_again_to_somebody_who_comes_back(self, desk: Desk) -> None:
        an = desk.member("an")
        an.talks("/dulieu", "[Rút đồng ý]", "[Rút đồng ý]")
        assert "nhận thông điệp" not in an.talks("/start", "[Tôi đồng ý]")

    @pytest.mark.parametrize("yes", ["1", "nhận tin", "có", "vâng", "ok"])
    def test_yes_in_words_after_nhan_tin(self, desk: Desk, yes: str) -> None:
        an = desk.member("an")
        an.says("/nhantin")
        an.says(yes)
        assert takes_news(desk, an)

    def test_the_command_asks_however_often_it_is_given(self, desk: Desk) -> None:
        an = desk.member("an")
        an.talks("/nhantin", "/nhantin")
        assert not takes_news(desk, an)

    def test_the_proof_is_kept_apart_from_that_of_the_notice(self, desk: Desk) -> None:
        an = reader(desk)
        with desk.rows() as db:
            kept = {row.purpose: row for row in db.scalars(select(Consent))}
            assert set(kept) == {"submissions", "news"}
            assert kept["news"].text_hash != kept["submissions"].text_hash
            assert kept["news"].update_id
            assert kept["news"].withdrawn_at is None
        an.talks("stop", "stop")
        with desk.rows() as db:
            kept = {row.purpose: row for row in db.scalars(select(Consent))}
            assert kept["news"].withdrawn_at == desk.now
            assert kept["submissions"].withdrawn_at is None
        assert "Nhận tin: đồng ý lúc" in an.talks("/dulieu", "[Xem bản sao dữ liệu]")


class TestStopping:
    @pytest.mark.parametrize("word", STOPS)
    def test_every_spelling_asks_once_and_the_second_time_it_is_the_answer(self, desk: Desk, word: str) -> None:
        an = reader(desk)
        assert "muốn dừng nhận thông điệp" in an.says(word)
        assert takes_news(desk, an)
        assert "đã dừng gửi tin tuyên truyền" in an.says(word)
        assert not takes_news(desk, an)

    @pytest.mark.parametrize("word", ["có", "vâng", "đúng", "1", "Dừng nhận tin"])
    def test_the_question_may_be_answered_in_words(self, desk: Desk, word: str) -> None:
        an = reader(desk)
        an.talks("dừng nhận tin", word)
        assert not takes_news(desk, an)

    @pytest.mark.parametrize("word", ["không", "2", "giữ nguyên", "dung", "thôi", "sáng kiến"])
    def test_anything_else_stops_nothing(self, desk: Desk, word: str) -> None:
        an = reader(desk)
        an.talks("dừng nhận tin", word)
        assert takes_news(desk, an)

    def test_a_bare_dung_without_marks_never_stops(self, desk: Desk) -> None:
        an = reader(desk)
        an.talks("dung", "dung")
        assert takes_news(desk, an)

    def test_inside_a_form_dung_leaves_the_form_and_asks_nothing_about_news(self, desk: Desk) -> None:
        an = reader(desk)
        an.talks("/sangkien", "Nguyễn Văn An")
        assert "muốn dừng nhận thông điệp" not in an.says("dừng")
        assert takes_news(desk, an)

    def test_a_text_that_holds_the_word_is_a_text(self, desk: Desk) -> None:
        an = reader(desk)
        an.says("Tôi muốn dừng nhận tin của đơn vị khác thì làm thế nào?")
        assert takes_news(desk, an)

    def test_who_takes_none_is_told_so(self, desk: Desk) -> None:
        assert "hiện không nhận tin" in desk.member("an").says("dừng nhận tin")

    def test_all_channels_stop_and_what_waits_is_withdrawn_but_results_are_not(self, desk: Desk) -> None:
        an = reader(desk)
        other = Address("telegram", "an-elsewhere")
        with desk.rows() as db:
            me = members.by_addresses(db, [an.address])[an.address].member
            assert me.id is not None
            db.add(
                MemberAddress(
                    account="telegram", chat=other.chat, member_id=me.id, linked_at=desk.now, seen_at=desk.now
                )
            )
            for topic, address in (("news", an.address), ("news", other), ("status", other)):
                enqueue(
                    db,
                    desk.office,
                    address,
                    Say("news.on"),
                    member_id=me.id,
                    topic=topic,
                    priority=Priority.NOTICE,
                    now=desk.now,
                )
        an.talks("stop", "stop")
        with desk.rows() as db:
            rows = db.scalars(select(Outbox).where(col(Outbox.topic).in_(["news", "status"]))).all()
            assert sorted((row.topic, row.state, row.reason) for row in rows) == [
                ("news", Sending.CANCELLED, "opted_out"),
                ("news", Sending.CANCELLED, "opted_out"),
                ("status", Sending.READY, None),
            ]

    def test_it_can_be_stopped_before_a_new_notice_is_answered(self, desk: Desk) -> None:
        an = reader(desk)
        with desk.rows() as db:
            member = db.scalars(select(Member)).one()
            member.consent_version = "older"
        an.says("dừng nhận tin")
        an.presses("Dừng nhận tin")
        assert not takes_news(desk, an)

    def test_the_old_button_of_the_question_does_no_harm(self, desk: Desk) -> None:
        an = reader(desk)
        an.says("stop")
        no = an.button("Giữ nguyên")
        an.says("stop")
        an.sends(Pressed(no))
        assert not takes_news(desk, an)
