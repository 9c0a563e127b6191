"""SIGKILL in a storm: nothing promised at least once is lost, nothing at most once comes twice, nothing out of order.

STORM_KILLS and STORM_MESSAGES make it longer than the suite can wait for.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from messages.types import Address, Outbound
from storage import clock, outbox
from storage.tables import Outbox, Policy, Priority, Sending
from tests.post_office import ACCOUNT, PostOffice, opened

ROOT = Path(__file__).parents[1]
KILLS = int(os.environ.get("STORM_KILLS", "25"))
SEED = int(os.environ.get("STORM_SEED", "7"))
MESSAGES = {
    "sqlite": int(os.environ.get("STORM_MESSAGES", "20000")),
    "postgresql": int(os.environ.get("STORM_MESSAGES", "4000")),
}
A_CHAT = 10
"""Messages to one chat: half replies, half news."""
LANES = {Policy.AT_LEAST_ONCE: Priority.REPLY, Policy.AT_MOST_ONCE: Priority.BROADCAST}


@dataclass(frozen=True)
class Heard:
    """One message as the platform heard it."""

    life: int
    """How often the courier had been killed by then."""
    chat: str
    policy: Policy
    number: int

    @property
    def key(self) -> tuple[str, Policy, int]:
        return self.chat, self.policy, self.number


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
def test_a_storm_of_kills(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    url = request.getfixturevalue(f"{backend}_database")
    log = tmp_path / "heard"
    with opened(url) as office:
        promise(office, MESSAGES[backend])
        settings = [str(number) for number in (KILLS, MESSAGES[backend] * 9 // 10, SEED)]
        subprocess.run([sys.executable, "-m", "tests.storm", url, str(log), *settings], cwd=ROOT, check=True)
        heard = [read(line) for line in log.read_text().splitlines()]
        rows = {(row.chat, Policy(row.policy), number_of(row)): row for row in office.rows()}
    assert len(rows) == MESSAGES[backend]
    assert max(one.life for one in heard) == KILLS
    times = Counter(one.key for one in heard)
    lost_none(rows, times)
    at_most_once_came_once(rows, times)
    each_repetition_shows(rows, times)
    one_per_chat_and_kill(heard, times)
    nothing_out_of_order(heard)


def promise(office: PostOffice, messages: int) -> None:
    with office.database.transaction() as db:
        now = clock.now(db)
        for number in range(messages):
            policy = tuple(Policy)[number % 2]
            chat = str(number // A_CHAT)
            outbox.enqueue(
                db,
                Address(ACCOUNT, chat),
                Outbound(f"{policy} {number}"),
                topic="reply",
                member_id=None,
                priority=LANES[policy],
                policy=policy,
                now=now,
                once=f"storm:{number}",
            )


def number_of(row: Outbox) -> int:
    return int((row.once or "").partition(":")[2])


def read(line: str) -> Heard:
    life, chat, policy, number = line.split()
    return Heard(int(life), chat, Policy(policy), int(number))


Key = tuple[str, Policy, int]


def lost_none(rows: dict[Key, Outbox], times: Counter[Key]) -> None:
    assert set(times) <= set(rows)
    assert {Sending(row.state) for row in rows.values()} <= {Sending.SENT, Sending.UNKNOWN}
    for key, row in rows.items():
        if row.state == Sending.SENT:
            assert times[key] >= 1, "whatever stands as sent was heard"
        if row.policy == Policy.AT_LEAST_ONCE:
            assert row.state == Sending.SENT


def at_most_once_came_once(rows: dict[Key, Outbox], times: Counter[Key]) -> None:
    assert all(times[key] <= 1 for key, row in rows.items() if row.policy == Policy.AT_MOST_ONCE)
    in_doubt = [row for row in rows.values() if row.state == Sending.UNKNOWN]
    assert all(row.reason == "lease_expired" for row in in_doubt)
    assert in_doubt, "a storm that leaves nothing in doubt has killed nobody at work"


def each_repetition_shows(rows: dict[Key, Outbox], times: Counter[Key]) -> None:
    assert all(rows[key].attempts >= heard for key, heard in times.items() if heard > 1)
    assert any(row.attempts > 1 for row in rows.values())


def one_per_chat_and_kill(heard: list[Heard], times: Counter[Key]) -> None:
    last = {one.key: one.life for one in heard}
    repeated = Counter((one.chat, one.life) for one in heard if times[one.key] > 1 and one.life < last[one.key])
    assert all(number == 1 for number in repeated.values())


def nothing_out_of_order(heard: list[Heard]) -> None:
    first: dict[tuple[str, Policy], list[int]] = {}
    known: set[Key] = set()
    for one in heard:
        if one.key not in known:
            known.add(one.key)
            first.setdefault((one.chat, one.policy), []).append(one.number)
    assert all(numbers == sorted(numbers) for numbers in first.values())
