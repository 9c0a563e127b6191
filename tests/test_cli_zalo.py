"""An administrator of an Official Account grants, and the doctor says what still stands in the way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.commands import zalo_oa_check
from bot.commands.findings import Finding, Verdict
from bot.settings import Settings
from handlers.actors import COMMAND_LINE
from handlers.reaching import oa_desk
from messages.types import Address
from storage import clock, tokens, windows
from tests.fakes.zalo_oa import APP_ID, APP_SECRET, OA_SECRET, FakeZaloOa
from tests.machine import KEY, Machine

GETOA = "/v2.0/oa/getoa"
VERIFIER = "a" * 43
CHALLENGE = "ZtNPunH49FD35FWYhT5Tv8I7vRKQJ8uxMaL0_9eHjNA"


@pytest.fixture
async def fake() -> AsyncIterator[FakeZaloOa]:
    async with FakeZaloOa() as server:
        yield server


@pytest.fixture
def machine(sqlite_database: str, tmp_path: Path, fake: FakeZaloOa) -> Machine:
    made = Machine(tmp_path, sqlite_database)
    named = {name: value for name, value in fake.environment.items() if name != "ZALO_OA_REFRESH_TOKEN"}
    made.environment |= {f"CONGDOAN_{name}": value for name, value in named.items()}
    return made


async def test_a_code_becomes_a_pair_that_is_kept_and_works_once(machine: Machine, fake: FakeZaloOa) -> None:
    code = fake.code(CHALLENGE)
    asked = ("zalo", "authorise", "--code", code, "--verifier", VERIFIER)
    assert "Đã lưu mã truy cập của zalo_oa" in await asyncio.to_thread(machine.done, *asked)
    with machine.database() as database, database.reading() as db:
        pair = tokens.read(db, "zalo_oa")
    assert pair is not None
    assert pair.access in fake.tokens.access
    refused = await asyncio.to_thread(machine.refused, *asked)
    assert "-118" in refused
    assert "quá 10 phút" in refused
    with machine.database() as database, database.reading() as db:
        assert tokens.read(db, "zalo_oa") == pair


async def test_the_link_carries_a_challenge_and_names_the_verifier(machine: Machine) -> None:
    told = await asyncio.to_thread(machine.done, "zalo", "link", "--redirect", "https://example.vn/zalo")
    assert f"/v4/oa/permission?app_id={APP_ID}&redirect_uri=https%3A%2F%2Fexample.vn%2Fzalo&code_challenge=" in told
    assert "--verifier " in told
    refused = await asyncio.to_thread(machine.refused, "zalo", "link", "--redirect", "x", "--account", "zalo_oa:2")
    assert "zalo_oa:2" in refused


class Office:
    """What the doctor looks at."""

    def __init__(self, machine: Machine, fake: FakeZaloOa) -> None:
        self.machine, self.fake = machine, fake
        self.settings = Settings(
            database_url=machine.url,
            secret_key=SecretStr(KEY),
            public_url="https://example.vn",
            zalo_oa_app_id=APP_ID,
            zalo_oa_app_secret=SecretStr(APP_SECRET),
            zalo_oa_secret=SecretStr(OA_SECRET),
            zalo_oa_openapi=fake.url,
            zalo_oa_oauth=f"{fake.url}/v4",
        )

    async def looks(self, *, online: bool = True) -> dict[str, Finding]:
        found = await asyncio.to_thread(lambda: list(zalo_oa_check.findings(self.settings, online=online)))
        return {finding.key: finding for finding in found}

    def granted(self) -> None:
        """A pair is kept, and somebody has just written."""
        refresh = self.fake.first_refresh_token()
        (access,) = self.fake.tokens.access
        with self.machine.database() as database, database.transaction() as db:
            lives = timedelta(hours=25)
            oa_desk.authorise(
                db, COMMAND_LINE, "zalo_oa", access=access, refresh=refresh, lives=lives, now=clock.now(db)
            )
            windows.note_interaction(db, Address("zalo_oa", "lan"), clock.now(db))


@pytest.fixture
def office(machine: Machine, fake: FakeZaloOa) -> Office:
    return Office(machine, fake)


async def test_all_is_well(office: Office) -> None:
    office.granted()
    found = await office.looks()
    assert set(found) == {"oa_pair", "oa_hook", "oa_answers"}
    assert {finding.verdict for finding in found.values()} == {Verdict.GOOD}
    assert found["oa_hook"].detail == "https://example.vn/hooks/zalo-oa"
    assert "Công đoàn tỉnh Q" in found["oa_answers"].detail


async def test_before_anything_is_granted(office: Office) -> None:
    found = await office.looks()
    assert (found["oa_no_pair"].verdict, found["oa_never_heard"].verdict) == (Verdict.BAD, Verdict.DOUBTFUL)
    office.settings = office.settings.model_copy(
        update={"zalo_oa_refresh_token": SecretStr("RT"), "public_url": "http://example.vn"}
    )
    found = await office.looks()
    assert (found["oa_seeded"].verdict, found["oa_no_https"].verdict) == (Verdict.DOUBTFUL, Verdict.BAD)
    assert office.fake.calls == []


@pytest.mark.parametrize(
    ("code", "verdict", "words"),
    [
        (-209, Verdict.BAD, "chưa được kích hoạt"),
        (-212, Verdict.BAD, "chưa đăng ký"),
        (-216, Verdict.DOUBTFUL, "tự xin mã mới"),
        (-221, Verdict.BAD, "chưa được xác thực"),
        (-223, Verdict.BAD, "chưa cấp quyền"),
        (-224, Verdict.BAD, "Nâng gói"),
        (-999, Verdict.BAD, "chưa có trong danh sách"),
    ],
)
async def test_each_missing_link_is_named_by_its_code(
    office: Office, fake: FakeZaloOa, code: int, verdict: Verdict, words: str
) -> None:
    office.granted()
    before = fake.granted
    fake.fail_next(code, path=GETOA)
    finding = (await office.looks())["oa_error"]
    assert finding.verdict is verdict
    assert f"{code}:" in finding.detail
    assert words in finding.detail
    assert fake.granted == before


async def test_a_pair_that_cannot_be_renewed_says_why(office: Office) -> None:
    office.granted()
    with office.machine.database() as database, database.transaction() as db:
        pair = tokens.read(db, "zalo_oa")
        assert pair is not None
        tokens.complain(db, "zalo_oa", spent=pair.refresh, reason="-14014")
    assert "-14014: Mã làm mới đã dùng rồi" in (await office.looks(online=False))["oa_broken_pair"].detail
    with office.machine.database() as database, database.transaction() as db:
        tokens.revoke_all(db)
    assert "khôi phục từ bản sao lưu" in (await office.looks(online=False))["oa_broken_pair"].detail
