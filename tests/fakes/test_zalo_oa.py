"""The fake Official Account refuses what Zalo refuses, by a clock of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from tests.fakes.zalo_oa import CS, OAUTH, FakePerson, FakeZaloOa
from tests.fakes.zalo_oa_rules import Refusal, check, is_night

HOUR, DAY = 3600.0, 86400.0
HELLO: dict[str, Any] = {"text": "Dạ"}


@pytest.fixture
async def fake() -> AsyncIterator[FakeZaloOa]:
    async with FakeZaloOa() as server:
        yield server


@pytest.fixture
def lan(fake: FakeZaloOa) -> FakePerson:
    return fake.person()


def consulted(fake: FakeZaloOa, person: FakePerson, message: dict[str, Any] = HELLO) -> int:
    """The code of a consultation message, 0 when it was taken."""
    try:
        fake.consult({"recipient": {"user_id": person.user}, "message": message})
    except Refusal as refusal:
        return refusal.code
    return 0


def test_the_window_is_free_then_paid_then_closed(fake: FakeZaloOa, lan: FakePerson) -> None:
    assert consulted(fake, lan) == -232
    lan.says("chào")
    assert consulted(fake, lan) == 0
    fake.time_passes(49 * HOUR)
    assert consulted(fake, lan) == -211
    fake.paid_left = 1
    assert (consulted(fake, lan), consulted(fake, lan)) == (0, -211)
    fake.time_passes(6 * DAY)
    assert consulted(fake, lan) == -230
    lan.says("chào")
    assert consulted(fake, lan) == 0


def test_free_replies_are_counted_where_there_is_a_cap(fake: FakeZaloOa, lan: FakePerson) -> None:
    fake.switches.free_cap = 2
    lan.says("chào")
    assert [consulted(fake, lan) for _ in range(3)] == [0, 0, -211]
    lan.says("nữa")
    assert consulted(fake, lan) == 0


def test_who_blocked_and_who_does_not_follow(fake: FakeZaloOa, lan: FakePerson) -> None:
    lan.says("chào")
    fake.switches.follow_needed = True
    assert consulted(fake, lan) == -213
    lan.follows()
    assert consulted(fake, lan) == 0
    lan.blocked = True
    assert consulted(fake, lan) == -217


BUTTON = {"title": "Có", "type": "oa.query.hide", "payload": "#q:yes"}


def template(**payload: Any) -> dict[str, Any]:
    return {"attachment": {"type": "template", "payload": payload}}


SHAPES: list[tuple[dict[str, Any], int]] = [
    ({"text": "x" * 2000}, 0),
    ({"text": "x" * 2001}, -210),
    ({"text": " "}, -201),
    ({}, -201),
    ({"text": "x", "parse_mode": "html"}, -201),
    ({"text": "x", **template(buttons=[BUTTON] * 5)}, 0),
    ({"text": "x", **template(buttons=[BUTTON] * 6)}, -201),
    ({"text": "x", **template(buttons=[BUTTON | {"title": "x" * 101}])}, -201),
    ({"text": "x", **template(buttons=[BUTTON | {"payload": {"url": "x"}}])}, -201),
    ({"attachment": {"type": "image", "payload": {"url": "https://x"}}}, -201),
    (template(template_type="media", elements=[{"media_type": "image", "url": "u", "attachment_id": "a"}]), -201),
    (template(template_type="request_user_info", elements=[{"title": "T", "subtitle": "S"}] * 2), -201),
]


@pytest.mark.parametrize(("message", "code"), SHAPES)
def test_shapes_and_limits(message: dict[str, Any], code: int) -> None:
    if code == 0:
        check(message)
        return
    with pytest.raises(Refusal) as caught:
        check(message)
    assert caught.value.code == code


def test_an_asset_lives_for_seven_days(fake: FakeZaloOa, lan: FakePerson) -> None:
    token = fake.upload("file", "bao-cao.pdf", b"%PDF")["token"]
    file = {"attachment": {"type": "file", "payload": {"token": token}}}
    lan.says("chào")
    assert consulted(fake, lan, file) == 0
    fake.time_passes(7 * DAY + 1)
    lan.says("chào")
    assert consulted(fake, lan, file) == -100
    with pytest.raises(Refusal):
        fake.upload("image", "anh.bmp", b"BM")


@pytest.mark.parametrize(("hour", "night"), [(14, False), (15, True), (22, True), (23, False)])
def test_the_night_holds_up_promotions_only(fake: FakeZaloOa, lan: FakePerson, hour: int, night: bool) -> None:
    moment = datetime(2027, 3, 1, hour, tzinfo=UTC).timestamp()
    assert is_night(moment) is night
    lan.says("chào")
    fake.time_passes(moment - fake.now())
    lan.says("chào")
    assert consulted(fake, lan) == 0


async def test_tokens_are_spent_and_codes_end(fake: FakeZaloOa) -> None:
    def asked(**form: str) -> Any:
        return fake.grant(fake.app_secret, {"app_id": fake.app_id, **form})

    first = fake.first_refresh_token()
    pair = asked(grant_type="refresh_token", refresh_token=first)
    assert pair["expires_in"] == "90000"
    assert asked(grant_type="refresh_token", refresh_token=first)["error"] == -14014
    challenge = "ZtNPunH49FD35FWYhT5Tv8I7vRKQJ8uxMaL0_9eHjNA"
    code = fake.code(challenge)
    assert asked(grant_type="authorization_code", code=code, code_verifier="b" * 43)["error"] == -118
    assert asked(grant_type="authorization_code", code=code, code_verifier="a" * 43)["access_token"]
    assert asked(grant_type="authorization_code", code=code, code_verifier="a" * 43)["error"] == -118
    late = fake.code()
    fake.time_passes(601)
    assert asked(grant_type="authorization_code", code=late)["error"] == -118
    assert "error" in fake.grant("wrong", {"app_id": fake.app_id})


async def test_over_http_errors_say_200_and_tokens_are_asked_for(fake: FakeZaloOa, lan: FakePerson) -> None:
    lan.says("chào")
    fake.switches.per_minute = 3
    body = {"recipient": {"user_id": lan.user}, "message": HELLO}
    fake.first_refresh_token()
    (token,) = fake.tokens.access
    codes = []
    async with aiohttp.ClientSession() as session:
        for headers in ({}, {"access_token": token}, {"access_token": "x"}, {"access_token": token}):
            async with session.post(fake.url + CS, json=body, headers=headers) as answer:
                codes.append((answer.status, (await answer.json())["error"]))
        async with session.post(f"{fake.url}/v3.0/oa/nothing", json={}) as answer:
            assert (answer.status, (await answer.json())["error"]) == (404, 404)
        async with session.post(fake.url + OAUTH, data={"app_id": "0"}) as answer:
            assert (answer.status, (await answer.json())["error"]) == (200, -14002)
    assert codes == [(200, -216), (200, 0), (200, -216), (200, -32)]


async def test_a_person_at_a_terminal_can_steer_it(fake: FakeZaloOa) -> None:
    async with aiohttp.ClientSession() as session:
        for what, told in (
            ("mode", {"hook": "http://127.0.0.1:9/"}),
            ("clock", {"seconds": 60}),
            ("fault", {"kind": -32}),
        ):
            async with session.post(f"{fake.url}/_fake/{what}", json=told) as answer:
                assert answer.status == 200
        async with session.post(f"{fake.url}/_fake/oa/event", json={"text": "xin chào"}) as answer:
            assert await answer.json() == [0]
        async with session.get(f"{fake.url}/_fake/sent") as answer:
            assert await answer.json() == []
    assert fake.shift == 60
    assert len(fake.waiting) == 1
