"""A canary: tokens, keys, texts and phones are nowhere but on the wire, whatever fails and however much is logged."""

from __future__ import annotations

import logging
import traceback
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.channels import Trouble
from bot.channels.zalo_oa import ZaloOaChannel
from bot.channels.zalo_oa.oauth import OAuth, Ungranted
from messages.types import Choice, Outbound
from tests.channels.office import Office
from tests.channels.zalo_oa.conftest import Purse
from tests.fakes.zalo_oa import OAUTH, FakePerson, FakeZaloOa

TEXT = "CANARY-văn-bản-riêng"
PHONE = "84900000001"
FAULTS: tuple[Any, ...] = (-201, -216, -230, 404, 500, "garbage", "reset_before", "reset_after")


def secrets_of(fake: FakeZaloOa) -> set[str]:
    return {TEXT, PHONE, fake.app_secret, fake.oa_secret, *fake.tokens.access, *fake.tokens.refresh}


async def test_nothing_leaks_from_sending_and_asking(
    channel: ZaloOaChannel,
    fake: FakeZaloOa,
    purse: Purse,
    oauth: OAuth,
    lan: FakePerson,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    fake.switches.old_token = "lives"
    found: list[str] = []
    with capture_logs() as logged:
        for kind in FAULTS:
            fake.fail_next(kind, times=2)
            with pytest.raises(Trouble) as caught:
                await channel.send(lan.user, Outbound(TEXT, (Choice("yes", TEXT),), "q@1"))
            found += [repr(caught.value), "".join(traceback.format_exception(caught.value))]
            assert caught.value.__cause__ is None
        for kind in ("reset_before", "garbage"):
            fake.fail_next(kind, path=OAUTH)
            with pytest.raises(Trouble) as caught:
                await oauth.refresh(fake.first_refresh_token())
            found.append("".join(traceback.format_exception(caught.value)))
        with pytest.raises(Ungranted) as refused:
            await oauth.refresh(f"RT-{PHONE}")
        found.append("".join(traceback.format_exception(refused.value)))
        granted = await oauth.refresh(fake.first_refresh_token())
        found.append(repr(granted))
    told = "\n".join([*found, repr(logged), caplog.text])
    assert not [secret for secret in secrets_of(fake) if secret in told]


async def test_nothing_leaks_from_the_webhook(
    hooked: FakeZaloOa, office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    office.refuses = lambda _inbound: len(office.tried) % 2 == 0
    lan = hooked.person()
    with capture_logs() as logged:
        lan.says(TEXT)
        lan.sends("image", text=TEXT)
        hooked.emit(hooked.submitted(lan, TEXT, PHONE))
        await hooked.push()
        hooked.switches.sign_bad = True
        lan.says(TEXT)
        await hooked.push()
    told = repr(logged) + caplog.text
    assert len(logged) >= 2
    assert not [secret for secret in (*secrets_of(hooked), lan.user) if secret in told]
