"""`congdoan doctor --online` about a Zalo Bot: each trouble by Zalo's own code, in words."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from bot.commands import speech, zalo_bot_check
from bot.commands.findings import Verdict
from bot.settings import Mode, ZaloBotAccount
from tests.fakes.zalo_bot import FakeZaloBot

PUBLIC = "https://union.example.vn"


async def told(fake: FakeZaloBot, **more: Any) -> list[tuple[Verdict, str]]:
    """What the doctor finds, in words."""
    given = {"account": "zalo_bot", "token": SecretStr(fake.token), "api": fake.url} | more
    found = await zalo_bot_check.findings(ZaloBotAccount(**given), PUBLIC)
    return [(one.verdict, speech.text(f"doctor.{one.key}", detail=one.detail)) for one in found]


async def test_a_bot_of_the_free_plan_is_said_to_be_for_pilots_only(fake: FakeZaloBot) -> None:
    answers, plan, polled = await told(fake)
    assert answers == (Verdict.GOOD, "Zalo nhận ra bot zalo_bot: Bot Công đoàn.")
    assert plan[0] is Verdict.DOUBTFUL
    assert "50 người, 3.000 tin mỗi tháng" in plan[1]
    assert (polled[0], "khuyên dùng webhook" in polled[1]) == (Verdict.GOOD, True)


CODES = [(400, "400"), (401, "401"), (403, "403"), (404, "404"), (408, "không trả lời kịp"), (429, "429")]


@pytest.mark.parametrize(("code", "words"), [*CODES, ("garbage", "khác thường")])
async def test_each_trouble_is_named(fake: FakeZaloBot, code: int | str, words: str) -> None:
    fake.fail_next(code, method="getMe")
    ((verdict, text),) = await told(fake)
    assert verdict is not Verdict.GOOD
    assert words in text
    fake.fail_next(code, method="getWebhookInfo")
    assert code == 404 or words in (await told(fake))[-1][1]


async def test_nobody_there_is_told_from_a_wrong_token(fake: FakeZaloBot) -> None:
    assert "Không kết nối được" in (await told(fake, api="http://127.0.0.1:9"))[0][1]
    assert "401" in (await told(fake, token=SecretStr("1:wrong")))[0][1]


async def test_where_updates_go_is_compared_with_where_they_should(fake: FakeZaloBot) -> None:
    fake.mode.verification_ping = "none"
    hooked = {"mode": Mode.WEBHOOK, "webhook_secret": SecretStr("bi-mat-dai")}
    here = f"{PUBLIC}/hooks/zalo-bot"
    assert (await told(fake, **hooked))[-1][0] is Verdict.DOUBTFUL
    await fake.perform("setWebhook", {"url": here, "secret_token": "bi-mat-dai"})
    assert (await told(fake, **hooked))[-1] == (Verdict.GOOD, f"Zalo gọi đúng địa chỉ {here}.")
    verdict, text = (await told(fake))[-1]
    assert (verdict, "sẽ gỡ địa chỉ này" in text) == (Verdict.DOUBTFUL, True)
