"""The intake on both databases: what is taken in once, what fails alone, what goes back to the platform."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from bot.intake import BATCH, PACE, Intake
from bot.writer import Writer
from handlers.chat.turn import LONGEST_KEPT
from handlers.office import Office
from messages.catalogue import Catalogue
from messages.errors import UnknownKey
from messages.types import Address, Event, Inbound, Outbound, Pressed, Text, payload
from messages.vocabulary import Vocabulary
from storage import clock, transcript
from storage.database import Database, Transaction
from storage.seals import Seals
from tests import box

SORRY = "Mã lỗi: "


class Bench:
    """One intake over one database."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.database = Database(url, Seals([box.KEY]))
        self.writer = Writer(self.database)
        self.woken = 0
        self.intake = Intake(self.writer, box.office(), self._wake)
        self.commits = 0
        event.listen(self.database._writer, "commit", self._count)

    def _wake(self) -> None:
        self.woken += 1

    def _count(self, _connection: object) -> None:
        self.commits += 1

    def serve_with(self, office: Office) -> None:
        """From now on with other words."""
        self.intake = Intake(self.writer, office, self._wake)

    async def take(self, *inbounds: Inbound) -> list[BaseException | None]:
        """Hand them in at the same moment; what each was answered."""
        return await asyncio.gather(*map(self.intake.receive, inbounds), return_exceptions=True)

    def heard(self, chat: str) -> list[Outbound]:
        """Everything promised to a chat."""
        rows = SQLModel.metadata.tables["outbox"]
        with self.database.reading() as db:
            found = db.execute(select(rows.c.body).where(rows.c.chat == chat).order_by(rows.c.id)).scalars()
            return [Outbound.from_json(db.seals.open(body)) for body in found]

    def texts(self, chat: str) -> str:
        return "\n".join(message.text for message in self.heard(chat))

    def count(self, table: str) -> int:
        with self.database.reading() as db:
            return int(db.execute(select(func.count()).select_from(SQLModel.metadata.tables[table])).scalar_one())

    async def agrees(self, *chats: str) -> None:
        """These become members."""
        await self.take(*(line(chat, "/start", f"{chat}-1") for chat in chats))
        await self.take(*(Inbound(at(chat), f"{chat}-2", Pressed(button(self.heard(chat)))) for chat in chats))


def at(chat: str) -> Address:
    return Address("web", chat)


def line(chat: str, said: str, update_id: str) -> Inbound:
    happened: Event = Text(said)
    return Inbound(at(chat), update_id, happened)


def button(messages: list[Outbound], kind: str = "agree") -> str:
    """The newest button of a kind; what stands behind a dot tells what exactly is agreed to."""
    choices = ((message, choice) for message in reversed(messages) for choice in message.choices)
    asking, chosen = next(found for found in choices if found[1].key.partition(".")[0] == kind)
    return payload(asking.question, chosen.key)


def without(key: str, tmp_path: Path) -> Office:
    """An office in whose words one text is missing: our own fault, which comes again each time it is said."""
    complete = Catalogue.load()
    for source in Path(box.__file__).parents[1].glob("messages/vi/*.toml"):
        (tmp_path / source.name).write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    family, _, name = key.partition(".")
    spoilt = tmp_path / f"{family}.toml"
    spoilt.write_text(spoilt.read_text(encoding="utf-8").replace(f"\n{name} = ", f"\nnot_{name} = "), encoding="utf-8")
    found = Catalogue.load(tmp_path)
    assert key in complete
    assert key not in found
    return replace(box.office(), catalogue=found)


@pytest.fixture
async def bench(database_url: str) -> AsyncIterator[Bench]:
    bench = Bench(database_url)
    bench.writer.open()
    yield bench
    await bench.writer.close()
    bench.database.close()


class TestRedelivery:
    async def test_an_update_delivered_three_times_is_answered_once(self, bench: Bench) -> None:
        await bench.agrees("an")
        before = len(bench.heard("an"))
        for _ in range(3):
            assert await bench.take(line("an", "/trogiup", "same")) == [None]
        assert len(bench.heard("an")) == before + 1

    async def test_also_when_all_three_come_in_one_batch(self, bench: Bench) -> None:
        await bench.agrees("an")
        before = len(bench.heard("an"))
        same = line("an", "/trogiup", "same")
        assert await bench.take(same, same, same) == [None] * 3
        assert len(bench.heard("an")) == before + 1

    async def test_also_of_somebody_new_who_agrees_twice(self, bench: Bench) -> None:
        await bench.take(line("an", "/start", "1"))
        agreed = Inbound(at("an"), "2", Pressed(button(bench.heard("an"))))
        assert await bench.take(agreed, agreed) == [None, None]
        assert (bench.count("member"), bench.count("consent")) == (1, 1)

    async def test_a_member_who_agrees_by_two_taps_is_one_member(self, bench: Bench) -> None:
        await bench.take(line("an", "/start", "1"))
        pressed = Pressed(button(bench.heard("an")))
        await bench.take(Inbound(at("an"), "2", pressed), Inbound(at("an"), "3", pressed))
        assert bench.count("member") == 1


class TestGroupCommit:
    async def test_many_members_at_once_share_few_commits_and_each_is_answered_once(self, bench: Bench) -> None:
        chats = [f"chat{number}" for number in range(64)]
        await bench.agrees(*chats)
        bench.commits = 0
        before = {chat: len(bench.heard(chat)) for chat in chats}
        assert await bench.take(*(line(chat, "/trogiup", f"{chat}-3") for chat in chats)) == [None] * 64
        assert bench.commits <= 3
        assert {chat: len(bench.heard(chat)) for chat in chats} == {chat: many + 1 for chat, many in before.items()}

    async def test_the_lines_of_one_member_keep_their_order(self, bench: Bench) -> None:
        await bench.agrees("an", "binh")
        for chat in ("an", "binh"):
            await bench.take(line(chat, "/dulieu", f"{chat}-3"))
        words = ("/dulieu", "sửa thông tin", "họ và tên", "Nguyễn Văn An")
        await bench.take(
            *(line(chat, said, f"{chat}-{number}") for number, said in enumerate(words, 4) for chat in ("an", "binh"))
        )
        for chat in ("an", "binh"):
            assert "Họ và tên: Nguyễn Văn An" in bench.texts(chat)

    async def test_the_courier_is_woken_after_the_commit(self, bench: Bench) -> None:
        await bench.take(line("an", "/start", "1"))
        assert bench.woken == 1


class TestOurFault:
    async def test_it_is_apologised_for_once_with_an_id_and_the_next_line_works(
        self, bench: Bench, tmp_path: Path
    ) -> None:
        await bench.agrees("an")
        bench.serve_with(without("common.help", tmp_path))
        before = len(bench.heard("an"))
        for _ in range(2):
            assert await bench.take(line("an", "/trogiup", "3")) == [None]
        (apology,) = bench.heard("an")[before:]
        assert len(apology.text.partition(SORRY)[2]) == 6
        assert await bench.take(line("an", "/dulieu", "4")) == [None]
        assert "Dữ liệu của anh/chị" in bench.heard("an")[-1].text

    async def test_what_the_turn_had_done_is_undone(self, bench: Bench, tmp_path: Path) -> None:
        await bench.take(line("an", "/start", "1"))
        bench.serve_with(without("news.ask", tmp_path))
        await bench.take(Inbound(at("an"), "2", Pressed(button(bench.heard("an")))))
        assert (bench.count("member"), bench.count("consent"), bench.count("conversation")) == (0, 0, 0)
        assert SORRY in bench.heard("an")[-1].text

    async def test_in_a_batch_it_harms_only_itself(self, bench: Bench, tmp_path: Path) -> None:
        chats = [f"chat{number}" for number in range(12)]
        await bench.agrees(*chats)
        bench.serve_with(without("common.help", tmp_path))
        bench.commits = 0
        words = {chat: "/trogiup" if chat == "chat5" else "/dulieu" for chat in chats}
        assert await bench.take(*(line(chat, said, f"{chat}-3") for chat, said in words.items())) == [None] * 12
        for chat in chats:
            assert (SORRY in bench.heard(chat)[-1].text) == (chat == "chat5")
        assert bench.commits <= 3

    async def test_an_office_without_words_for_the_apology_gives_the_update_back(
        self, bench: Bench, tmp_path: Path
    ) -> None:
        await bench.agrees("an")
        bench.serve_with(replace(without("common.help", tmp_path), catalogue=Catalogue({}, Vocabulary({}, {}, {}))))
        (trouble,) = await bench.take(line("an", "/trogiup", "3"))
        assert isinstance(trouble, UnknownKey | KeyError)
        bench.serve_with(box.office())
        assert await bench.take(line("an", "/trogiup", "3")) == [None]
        assert SORRY not in bench.texts("an")

    async def test_a_broken_row_is_an_apology_to_its_owner_only(self, bench: Bench) -> None:
        await bench.agrees("an", "binh")
        broken = SQLModel.metadata.tables["conversation"]
        with bench.database.transaction() as db:
            first = db.execute(select(func.min(broken.c.member_id))).scalar_one()
            spoilt = db.seals.seal({"asked": {"choices": [["menu"]]}})
            db.execute(broken.update().where(broken.c.member_id == first).values(kept=spoilt))
        await bench.take(line("an", "/dulieu", "an-3"), line("binh", "/dulieu", "binh-3"))
        assert sorted(SORRY in bench.heard(chat)[-1].text for chat in ("an", "binh")) == [False, True]


class TestTheDatabasesFault:
    async def test_a_commit_that_fails_is_replayed_turn_by_turn(self, bench: Bench) -> None:
        chats = [f"chat{number}" for number in range(8)]
        await bench.agrees(*chats)
        with failing(bench.database, times=1):
            assert await bench.take(*(line(chat, "/trogiup", f"{chat}-3") for chat in chats)) == [None] * 8
        assert all(bench.texts(chat).count("Hướng dẫn nhanh") == 1 for chat in chats)

    async def test_so_is_one_that_came_alone(self, bench: Bench) -> None:
        await bench.agrees("an")
        with failing(bench.database, times=1):
            assert await bench.take(line("an", "/trogiup", "an-3")) == [None]
        assert bench.texts("an").count("Hướng dẫn nhanh") == 1

    async def test_while_it_is_away_nothing_is_acknowledged_and_a_later_delivery_works(self, bench: Bench) -> None:
        await bench.agrees("an", "binh")
        lines = [line(chat, "/trogiup", f"{chat}-3") for chat in ("an", "binh")]
        with away(bench):
            answers = await bench.take(*lines)
        assert all(isinstance(answer, DBAPIError) for answer in answers), answers
        assert "Hướng dẫn" not in bench.texts("an") + bench.texts("binh")
        assert await bench.take(*lines) == [None, None]
        for chat in ("an", "binh"):
            assert bench.texts(chat).count("Hướng dẫn nhanh") == 1
            assert SORRY not in bench.texts(chat)


@contextmanager
def failing(database: Database, *, times: int) -> Iterator[None]:
    """The database refuses so many commits: a constraint that is only looked at then, or the connection cut."""
    left = [times]

    def refuse(connection: Any) -> None:
        if left[0] > 0:
            left[0] -= 1
            connection.exec_driver_sql("SELECT no_such_thing FROM nowhere")

    event.listen(database._writer, "commit", refuse)
    try:
        yield
    finally:
        event.remove(database._writer, "commit", refuse)


@contextmanager
def away(bench: Bench) -> Iterator[None]:
    """SQLite: another connection holds the file. PostgreSQL: nobody may connect, and who was is cut off."""
    if bench.database.is_sqlite:
        with held(bench):
            yield
        return
    name = bench.database.url.database
    server = bench.database.url.set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as chief:
        chief.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        chief.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        yield
        chief.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')


@contextmanager
def held(bench: Bench) -> Iterator[None]:
    """The writer's patience is shortened, so that the test need not wait for all of it."""
    with bench.database._writer.connect() as connection:
        connection.execute(text("PRAGMA busy_timeout=20"))
    other = Database(bench.url, Seals([box.KEY]))
    try:
        with other.transaction() as db:
            db.clock()  # only now does it begin
            yield
    finally:
        other.close()


class TestFloods:
    async def test_a_chat_that_floods_is_answered_once_and_danger_still_is(self, bench: Bench) -> None:
        await bench.agrees("an", "binh")
        before = len(bench.heard("an"))
        flood = [line("an", "x", f"flood-{number}") for number in range(300)]
        assert await bench.take(*flood, line("an", "Tôi muốn tự tử", "danger"), line("binh", "/trogiup", "b")) == (
            [None] * 302
        )
        heard = [message.text for message in bench.heard("an")]
        assert len(heard) - before < 3 * PACE.burst
        assert 1 <= sum("dồn dập" in text for text in heard) <= 2
        assert any("không một mình" in text or "115" in text or "113" in text for text in heard[before:])
        assert "dồn dập" not in bench.texts("binh")
        assert await bench.take(*flood) == [None] * 300
        assert len(bench.heard("an")) == len(heard)

    async def test_a_member_is_not_kept_waiting_by_a_crowd_of_strangers(self, bench: Bench) -> None:
        await bench.agrees("an")
        await bench.take(line("an", "/trogiup", "before"))
        ended: list[str] = []

        async def say(one: Inbound) -> None:
            await bench.intake.receive(one)
            ended.append(one.address.chat)

        crowd = [line(f"stranger-{number}", "/start", f"s{number}") for number in range(300)]
        await asyncio.gather(*map(say, [*crowd, line("an", "/trogiup", "after")]))
        assert ended.index("an") < BATCH * 2

    async def test_a_line_without_end_is_kept_cut_and_an_old_history_makes_room(self, bench: Bench) -> None:
        await bench.agrees("an")
        await bench.take(*(line("an", "ế" * 60_000, f"long-{number}") for number in range(6)))

        def kept(db: Transaction) -> list[int]:
            return [len(one.message.text) for one in transcript.latest(db, at("an")) if one.mine]

        with bench.database.reading() as db:
            assert max(kept(db)) == LONGEST_KEPT + 1
            lines = len(transcript.latest(db, at("an")))
            now = clock.now(db)
        with bench.database.transaction() as db:
            assert transcript.trim(db, since=now - timedelta(hours=1), most_bytes=10_000_000) == 0
            assert transcript.trim(db, since=now - timedelta(hours=1), most_bytes=40_000) > 0
        with bench.database.reading() as db:
            left = transcript.latest(db, at("an"))
            assert 0 < len(left) < lines
            assert max(kept(db)) == LONGEST_KEPT + 1
