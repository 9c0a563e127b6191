"""How an account hears: seconds since it last did, how long trouble has lasted, how often calls were refused."""

from __future__ import annotations

from bot.channels.incoming import Ear


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_trouble_lasts_from_its_first_sign_until_somebody_is_heard() -> None:
    clock = Clock()
    ear = Ear(clock=clock)
    assert (ear.heard_seconds, ear.deaf_seconds) == (None, None)
    ear.hear()
    for clock.now in (10.0, 20.0, 30.0):
        ear.fail("http_401")
    assert (ear.heard_seconds, ear.deaf_seconds, ear.reason) == (30.0, 20.0, "http_401")
    ear.hear()
    assert (ear.heard_seconds, ear.deaf_seconds, ear.reason) == (0.0, None, "")
    assert ear.refused == {"http_401": 3}


def test_only_what_failed_is_forgiven() -> None:
    ear = Ear(clock=Clock())
    ear.fail("wrong_signature")
    ear.forgive("not_authorised")
    assert ear.deaf_seconds is not None
    ear.forgive("wrong_signature")
    assert ear.deaf_seconds is None
