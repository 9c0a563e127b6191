"""A backup and what comes of it: the same facts on either kind of database, and nothing that goes out by itself."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select
from sqlmodel import col

from bot import archives, tombstones
from bot.archives import Source
from bot.settings import Settings
from handlers import restoring
from handlers.actors import COMMAND_LINE
from handlers.people import data_requests
from handlers.restoring import Restored
from messages.types import Address, Outbound
from storage import backups, claims, clock, erasures, outbox, sealed_files
from storage.database import Database
from storage.erasures import Gone
from storage.pace import Rate
from storage.seals import Seals
from storage.tables import Member, Outbox, Pairing, Policy, Priority, Sending
from tests import people, postgres
from tests.box import KEY
from tests.desk import Desk

WAYS = [("sqlite", "sqlite"), ("sqlite", "postgresql"), ("postgresql", "sqlite"), ("postgresql", "postgresql")]
CHANGED = {"outbox", "audit", "pairing", "file_link", "oa_grant", "setting", "programme", "duty_look"}
"""Tables a restore writes into."""


class Elsewhere:
    """Databases to restore into: fresh ones of either kind."""

    def __init__(self, home: Path, server: postgres.Server, template: str) -> None:
        self.home, self.server, self.template = home, server, template
        self.made: list[str] = []

    def url(self, kind: str) -> str:
        if kind == "sqlite":
            return f"sqlite:///{self.home / 'elsewhere.db'}"
        self.made.append(self.server.create(self.template))
        return self.server.address(self.made[-1])


@pytest.fixture
def elsewhere(tmp_path: Path, postgres_server: postgres.Server, migrated_template: str) -> Iterator[Elsewhere]:
    places = Elsewhere(tmp_path, postgres_server, migrated_template)
    yield places
    for name in places.made:
        postgres_server.drop(name)


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with furnished(database_url) as desk:
        yield desk


@contextmanager
def furnished(url: str) -> Iterator[Desk]:
    """Units, a programme, an officer, an author with an initiative, a message in every state."""
    desk = Desk(url)
    desk.furnish(people.TEMPLATE)
    people.officer(desk, "GD51-01")
    people.invite(desk, "GD51-02")
    people.author(desk)
    with desk.rows() as db:
        clock.move_to(db, desk.now)
    with desk.rows() as db:
        for row in db.scalars(select(Outbox)):
            db.delete(row)
    for text in ("sent", "claimed reply", "claimed news", "ready"):
        policy = Policy.AT_MOST_ONCE if "news" in text else Policy.AT_LEAST_ONCE
        with desk.rows() as db:
            outbox.enqueue(
                db, Address("web", text), Outbound(text), topic="status", member_id=None, priority=Priority.NOTICE,
                policy=policy, now=desk.now, once=text,
            )  # fmt: skip
    with desk.rows() as db:
        for row in db.scalars(select(Outbox)):
            if row.chat == "sent":
                row.state, row.settled_at = Sending.SENT, desk.now
            elif row.chat != "ready":
                row.state, row.owner, row.lease_until, row.fence = Sending.CLAIMED, "x", db.clock(), 1
    yield desk
    desk.database.close()


def settings(url: str, key: str = KEY) -> Settings:
    return Settings(database_url=url, secret_key=SecretStr(key))


def url_of(desk: Desk) -> str:
    return desk.database.url.render_as_string(hide_password=False)


def backed_up(desk: Desk) -> io.BytesIO:
    out = io.BytesIO()
    archives.make(settings(url_of(desk)), desk.database, out)
    return out


def restored(desk: Desk, url: str, file: io.BytesIO, *gone: Gone, replace: bool = False, key: str = KEY) -> Restored:
    archives.check(settings(url, key), file)
    source = Source(file, COMMAND_LINE, frozenset(gone))
    return archives.restore(settings(url, key), desk.office, source, replace=replace)


def told(database: Database) -> dict[str, list[str]]:
    """Every row of every table that a restore leaves alone."""
    found: dict[str, list[str]] = {}
    with database.reading() as db:
        lines: list[bytes] = []
        backups.dump(db, lines.append)
    table = ""
    for line in map(json.loads, lines):
        if isinstance(line, list):
            found[table].append(json.dumps(line))
        elif "table" in line:
            table = line["table"]
            found[table] = []
    return {name: sorted(rows) for name, rows in found.items() if name not in CHANGED}


def states(url: str) -> dict[str, str]:
    database = Database(url, Seals([KEY]))
    with database.reading() as db:
        found = {row.chat: row.state for row in db.scalars(select(Outbox)) if row.topic == "status"}
    database.close()
    return found


@pytest.mark.parametrize(("here", "there"), WAYS)
def test_the_same_facts_are_there_on_either_kind_of_database(
    here: str, there: str, elsewhere: Elsewhere, request: pytest.FixtureRequest
) -> None:
    with furnished(request.getfixturevalue(f"{here}_database")) as desk:
        url = elsewhere.url(there)
        restored(desk, url, backed_up(desk))
        again = Database(url, Seals([KEY]))
        before, after = told(desk.database), told(again)
        assert {name: len(rows) for name, rows in before.items()} == {name: len(rows) for name, rows in after.items()}
        assert before == after
        assert sum(map(len, before.values())) > 50
        with again.transaction() as db:  # counters go on where they were
            fresh = Member(created_at=desk.now)
            db.add(fresh)
            db.flush()
            assert fresh.id == len(before["member"]) + 1
        again.close()


def test_nothing_goes_out_by_itself_and_nothing_sent_goes_again(desk: Desk, elsewhere: Elsewhere) -> None:
    url = elsewhere.url("sqlite")
    done = restored(desk, url, backed_up(desk))
    assert states(url) == {"sent": "sent", "claimed reply": "held", "claimed news": "unknown", "ready": "held"}
    database = Database(url, Seals([KEY]))
    with database.transaction() as db:
        held = {(pile.topic, pile.state): pile.number for pile in restoring.look(db)}
        assert sum(number for (_, state), number in held.items() if state == "held") == done.held
        assert claims.claim(db, [Rate("web")], owner="a", room={"web": 99}).claimed == ()
        assert restoring.release(db, COMMAND_LINE, "status", now=desk.now) == 2
    with database.transaction() as db:
        going = claims.claim(db, [Rate("web")], owner="a", room={"web": 99}).claimed
        assert [one.message.text for one in going] == ["claimed reply", "ready"]
        assert restoring.cancel(db, COMMAND_LINE, None, now=desk.now) == done.held - 2
        assert [pile.state for pile in restoring.look(db)] == ["unknown"]
    database.close()


def test_who_was_erased_since_is_erased_again_and_who_came_again_stays(desk: Desk, elsewhere: Elsewhere) -> None:
    visitor, _code = people.author(
        desk, name="Lê Thị Hoa", text="Lắp cảm biến ánh sáng ở hành lang để tiết kiệm điện mỗi tối."
    )
    early = backed_up(desk)
    with desk.rows() as db:
        number = max(row.id or 0 for row in db.scalars(select(Member)))
    desk.now += timedelta(hours=1)
    with desk.rows() as db:
        data_requests.erase(db, desk.office, COMMAND_LINE, str(number), now=desk.now)
    with desk.rows() as db:
        gone = erasures.listed(db)
    desk.now += timedelta(hours=1)
    visitor.talks("/start", "[Tôi đồng ý]")
    late = backed_up(desk)
    for file, expected in ((early, 1), (late, 0)):
        url = elsewhere.url("sqlite")
        assert restored(desk, url, file, *gone, replace=True).erased == expected
        assert "Lê Thị Hoa" not in names(url)


def names(url: str) -> set[str | None]:
    database = Database(url, Seals([KEY]))
    with database.reading() as db:
        found = set(db.scalars(select(col(Member.name))))
    database.close()
    return found


def test_codes_given_out_before_open_nothing(desk: Desk, elsewhere: Elsewhere) -> None:
    url = elsewhere.url("sqlite")
    restored(desk, url, backed_up(desk))
    database = Database(url, Seals([KEY]))
    with database.reading() as db:
        unused = db.scalars(select(Pairing).where(col(Pairing.used_at).is_(None))).all()
        assert [row.expires_at <= clock.now(db) for row in unused] == [True]
    database.close()


def test_a_file_that_is_not_ours_changes_nothing(desk: Desk, elsewhere: Elsewhere) -> None:
    file = backed_up(desk)
    url = url_of(desk)
    before = told(desk.database)
    desk.database.close()
    cut = io.BytesIO(file.getvalue()[:-1])
    wrong = io.BytesIO()
    sealer = sealed_files.Sealer(wrong, KEY, {"made": desk.now.isoformat(), "revision": "9999"})
    sealer.finish()
    with pytest.raises(sealed_files.Damaged):
        restored(desk, url, cut, replace=True)
    with pytest.raises(backups.Newer):
        restored(desk, url, wrong, replace=True)
    with pytest.raises(sealed_files.WrongKey):
        restored(desk, url, file, replace=True, key="another-key-that-is-quite-long-enough-to-be-one")
    with pytest.raises(backups.NotEmpty):
        restored(desk, url, file)
    again = Database(url, Seals([KEY]))
    assert told(again) == before
    again.close()


def test_what_does_not_add_up_is_refused_and_leaves_the_old_database(desk: Desk) -> None:
    file = backed_up(desk)
    before = told(desk.database)
    desk.database.close()
    lines = list(sealed_files.lines(file, [KEY]))
    facts = sealed_files.facts(file)
    for harm in (lambda rows: rows[:-1], lambda rows: [row.replace(b"Nguy", b"Nguu") for row in rows]):
        forged = io.BytesIO()
        sealer = sealed_files.Sealer(forged, KEY, {name: facts[name] for name in ("made", "revision", "kind")})
        sealer.write(b"".join(line + b"\n" for line in harm(lines)))
        sealer.finish()
        with pytest.raises(sealed_files.Damaged):
            restored(desk, url_of(desk), forged, replace=True)
    again = Database(url_of(desk), Seals([KEY]))
    assert told(again) == before
    again.close()


def test_postgresql_is_not_restored_under_somebodys_feet(postgresql_database: str) -> None:
    with furnished(postgresql_database) as desk:
        file = backed_up(desk)
        with pytest.raises(backups.Served):
            restored(desk, postgresql_database, file, replace=True)


def test_the_list_of_erasures_only_grows(tmp_path: Path, desk: Desk) -> None:
    file = tmp_path / "list"
    keeper = tombstones.Tombstones(file)
    with desk.rows() as db:
        keeper.look(db, desk.now)
        assert not file.exists()
        data_requests.erase(db, desk.office, COMMAND_LINE, "1", now=desk.now)
        keeper.look(db, desk.now)
        first = tombstones.read(file)
        assert first == set(erasures.listed(db))
    shutil.copy(file, tmp_path / "copy")
    with desk.rows() as db:
        db.connection().exec_driver_sql("DELETE FROM erasure")
        keeper.look(db, desk.now)
        data_requests.erase(db, desk.office, COMMAND_LINE, "2", now=desk.now)
        keeper.look(db, desk.now)
    assert first < tombstones.read(file)
    assert file.read_bytes().startswith((tmp_path / "copy").read_bytes())
    file.write_text("nonsense\n")
    with pytest.raises(tombstones.BadList):
        tombstones.read(file)
