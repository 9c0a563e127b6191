"""Many ask for a token at once, processes beside each other, answers that never come: one renewal, and no pair lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import update

from bot.channels import Later
from bot.channels.http import HttpClient
from bot.channels.zalo_oa.oauth import OAuth
from bot.writer import Writer
from bot.zalo_tokens import TokenKeeper
from storage import leases, tokens
from storage.database import Database, Transaction
from storage.seals import Seals
from storage.tables import Grant
from storage.tokens import Pair
from tests.fakes.zalo_oa import OAUTH, FakeZaloOa

KEY = "a-key-for-tests-that-is-long-enough-to-be-one"
OA = "zalo_oa"


class Office:
    """One database, and processes that share it."""

    def __init__(self, url: str, fake: FakeZaloOa, stack: AsyncExitStack) -> None:
        self.url, self.fake, self.stack = url, fake, stack
        self.database = Database(url, Seals([KEY]))

    async def process(self, owner: str = "one", *, seed: str = "") -> TokenKeeper:
        """A keeper as another process would have it."""
        database = Database(self.url, Seals([KEY]))
        self.stack.callback(database.close)
        writer = Writer(database)
        writer.open()
        self.stack.push_async_callback(writer.close)
        http = await self.stack.enter_async_context(HttpClient([self.fake.url]))
        secret = SecretStr(self.fake.app_secret)
        oauth = OAuth(http, f"{self.fake.url}/v4", app_id=self.fake.app_id, app_secret=secret)
        keeper = TokenKeeper(writer, oauth, OA, owner=owner, seed=seed, sleep=lambda _seconds: asyncio.sleep(0.01))
        self.stack.push_async_callback(keeper.close)
        return keeper

    def kept(self) -> Pair:
        with self.database.reading() as db:
            pair = tokens.read(db, OA)
            assert pair is not None
            return pair

    def ages(self, hours: float) -> None:
        """The pair is older by so many hours."""
        with self.database.transaction() as db:
            shift = timedelta(hours=hours)
            pair = tokens.read(db, OA)
            assert pair is not None
            moved = {"granted_at": pair.granted_at - shift, "expires_at": pair.expires_at - shift}
            db.execute(update(Grant).values(**moved))

    @property
    def asked(self) -> int:
        """How often the token service was asked."""
        return len(self.fake.called(OAUTH))


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    async with AsyncExitStack() as stack:
        fake = await stack.enter_async_context(FakeZaloOa())
        made = Office(database_url, fake, stack)
        stack.callback(made.database.close)
        yield made


@pytest.fixture
async def keeper(office: Office) -> TokenKeeper:
    """A process whose settings hold the first refresh token."""
    return await office.process(seed=office.fake.first_refresh_token())


async def test_the_first_pair_comes_from_the_settings_and_is_kept_before_it_is_used(
    office: Office, keeper: TokenKeeper
) -> None:
    token = await keeper.access()
    assert office.kept().access == token
    assert token in office.fake.tokens.access
    assert office.kept().refresh in office.fake.tokens.refresh


async def test_fifty_who_are_refused_at_once_bring_about_one_renewal(office: Office, keeper: TokenKeeper) -> None:
    old = await keeper.access()
    office.ages(25)
    found = await asyncio.gather(*(keeper.instead_of(old) for _ in range(50)))
    assert len(set(found)) == 1
    assert found[0] != old
    assert office.asked == 2


async def test_two_processes_renew_once(office: Office, keeper: TokenKeeper) -> None:
    old = await keeper.access()
    other = await office.process("two")
    assert await other.access() == old
    office.ages(25)
    found = await asyncio.gather(*(each.instead_of(old) for each in (keeper, other) for _ in range(25)))
    assert len(set(found)) == 1
    assert office.asked == 2


async def test_a_pair_is_renewed_at_twenty_hours_and_not_before(office: Office, keeper: TokenKeeper) -> None:
    await keeper.access()
    office.ages(19.9)
    await keeper.renew_if_ripe()
    assert office.asked == 1
    office.ages(0.2)
    await keeper.renew_if_ripe()
    await keeper.renew_if_ripe()
    assert office.asked == 2
    assert await keeper.access() == office.kept().access


async def test_who_finds_the_pair_renewed_by_another_asks_nobody(office: Office, keeper: TokenKeeper) -> None:
    old = await keeper.access()
    other = await office.process("two")
    office.ages(21)
    await other.renew_if_ripe()
    assert await keeper.instead_of(old) == office.kept().access
    assert office.asked == 2


async def test_a_young_pair_that_is_refused_is_not_thrown_away(office: Office, keeper: TokenKeeper) -> None:
    old = await keeper.access()
    with pytest.raises(Later, match="token_refused"):
        await keeper.instead_of(old)
    assert office.asked == 1


@pytest.mark.parametrize("without_code", [False, True])
async def test_an_error_that_says_200_leaves_the_pair_as_it_is(
    office: Office, keeper: TokenKeeper, without_code: bool
) -> None:
    old = await keeper.access()
    before = office.kept()
    office.ages(25)
    office.fake.tokens.refresh.clear()
    office.fake.switches.oauth_error_without_code = without_code
    with pytest.raises(Later, match="not_authorised") as caught:
        await keeper.instead_of(old)
    after = office.kept()
    assert (after.access, after.refresh) == (before.access, before.refresh)
    assert after.trouble == ("invalid_refresh_token" if without_code else "-14014")
    assert caught.value.halts_account


@pytest.mark.parametrize("answer", [{"access_token": "AT-9"}, {"refresh_token": "RT-9"}, {}, [], "garbage"])
async def test_an_answer_without_both_tokens_changes_nothing(
    office: Office, keeper: TokenKeeper, answer: object
) -> None:
    old = await keeper.access()
    before = office.kept()
    office.ages(25)
    office.fake.fail_next(answer if answer == "garbage" else {"body": answer}, times=2, path=OAUTH)
    with pytest.raises(Later):
        await keeper.instead_of(old)
    assert (office.kept().access, office.kept().refresh) == (before.access, before.refresh)


@pytest.mark.parametrize(("kind", "kept"), [("reset_before", True), ("reset_after", False)])
async def test_an_answer_that_never_came_is_asked_for_once_more(
    office: Office, keeper: TokenKeeper, kind: str, kept: bool
) -> None:
    """Where the first attempt had spent the token, a person is called; nothing else could help."""
    old = await keeper.access()
    office.ages(25)
    office.fake.fail_next(kind, path=OAUTH)
    if kept:
        assert await keeper.instead_of(old) == office.kept().access
    else:
        with pytest.raises(Later, match="not_authorised"):
            await keeper.instead_of(old)
        assert office.kept().trouble == "-14014"


async def test_a_sender_that_gives_up_does_not_lose_the_new_pair(office: Office, keeper: TokenKeeper) -> None:
    old = await keeper.access()
    office.ages(25)
    sender = asyncio.create_task(keeper.instead_of(old))
    await office.fake.wait_for(lambda: office.asked == 2)
    sender.cancel()
    await asyncio.wait([sender])
    await keeper.close()
    assert office.kept().refresh in office.fake.tokens.refresh
    assert await keeper.access() == office.kept().access


async def test_another_process_that_holds_the_lease_is_waited_for(office: Office, keeper: TokenKeeper) -> None:
    old = await keeper.access()
    office.ages(25)
    with office.database.transaction() as db:
        leases.take(db, f"token:{OA}", owner="another")
    waiting = asyncio.create_task(keeper.instead_of(old))
    await asyncio.sleep(0.05)
    assert office.asked == 1
    with office.database.transaction() as db:
        _another_renews(db, office.fake)
    assert await waiting == office.kept().access
    assert office.asked == 1


def _another_renews(db: Transaction, fake: FakeZaloOa) -> None:
    pair = tokens.read(db, OA)
    assert pair is not None
    tokens.renew(
        db, OA, spent=pair.refresh, access="AT-other", refresh=fake.first_refresh_token(), lives=timedelta(hours=25)
    )


@pytest.mark.parametrize("seed", ["", "RT-of-the-settings"])
async def test_after_a_restore_nothing_is_asked_until_somebody_has_granted_anew(office: Office, seed: str) -> None:
    first = await office.process(seed=office.fake.first_refresh_token())
    await first.access()
    with office.database.transaction() as db:
        tokens.revoke_all(db)
    keeper = await office.process("two", seed=seed)
    with pytest.raises(Later, match="not_authorised"):
        await keeper.access()
    assert office.asked == 1
