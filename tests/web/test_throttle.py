"""Token buckets, with a clock that only moves when told."""

from __future__ import annotations

from bot.web.throttle import SWEEP, Buckets, Rate, Throttle


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_let_in_and_the_next_line_waits_until_a_token_is_there() -> None:
    clock = Clock()
    throttle = Throttle(chat=Rate(burst=3, per_second=0.5), clock=clock)
    assert [throttle.wait(chat="a", place="p") for _ in range(4)] == [0, 0, 0, 2]
    clock.now += 2
    assert throttle.wait(chat="a", place="p") == 0


def test_chats_do_not_wait_for_each_other_but_share_their_place() -> None:
    throttle = Throttle(chat=Rate(burst=1, per_second=1), place=Rate(burst=2, per_second=1), clock=Clock())
    assert [throttle.wait(chat=chat, place="p") for chat in "aab"] == [0, 1, 0]
    assert throttle.wait(chat="c", place="p") == 1
    assert throttle.wait(chat="d", place="q") == 0


def test_full_buckets_are_forgotten() -> None:
    clock = Clock()
    buckets = Buckets(Rate(burst=2, per_second=1), clock)
    for number in range(SWEEP - 1):
        buckets.wait(str(number))
    clock.now += 1000
    buckets.wait("last")
    assert len(buckets) == 1
