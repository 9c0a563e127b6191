"""The log is JSON, and has no token, no phone number, no word of a member's in it, whoever wrote the line."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys

import pytest

from bot import log
from bot.log import STRUCK, Redaction
from tests import patience

TOKEN = "123456789:AAHsecretsecretsecretsecretsecretsecr"


def struck(text: str) -> str:
    return Redaction(["the-operators-secret"]).strike(text)


@pytest.mark.parametrize(
    "phone",
    [
        "0912345678", "0912 345 678", "0912.345.678", "0912-345-678", "+84 912 345 678", "+84912345678", "84912345678",
        "0084912345678", "(0255) 382 4163", "024 3942 1794", "01201234567", "+84 (0)912 345 678",
    ],
)  # fmt: skip
def test_phone_numbers_are_struck_out_however_they_are_spaced(phone: str) -> None:
    told = struck(f"gọi {phone} nhé")
    assert not any(part in told for part in ("345", "678", "382", "4163", "3942", "1794"))
    assert told.startswith("gọi ")
    assert told.endswith(" nhé")


@pytest.mark.parametrize("number", ["update 912345678", "SK-27-4F7K2", "2027-04-20T08:15:00.123456Z", "port 8600"])
def test_what_only_looks_a_little_like_a_number_stays(number: str) -> None:
    assert struck(number) == number


def test_tokens_and_known_secrets_are_struck_out_also_inside_addresses() -> None:
    told = struck(f"https://api.telegram.org/bot{TOKEN}/getMe the-operators-secret {'z' * 90}")
    assert told == f"https://api.telegram.org/bot{STRUCK}/getMe {STRUCK} {STRUCK}"
    assert "AAH" not in struck(f"path=bot{TOKEN.replace(':', '%3A')}")


def test_fields_that_hold_a_persons_words_are_struck_out_by_their_name_at_any_depth() -> None:
    line = Redaction()(None, "info", {"event": "x", "text": "nội dung", "row": [{"Phone": 1, "code": "SK-27-4F7K2"}]})
    assert line == {"event": "x", "text": STRUCK, "row": [{"Phone": STRUCK, "code": "SK-27-4F7K2"}]}


def test_an_object_is_told_by_its_type_alone() -> None:
    class Inbound:
        def __repr__(self) -> str:
            return "Inbound('nội dung')"

    assert Redaction()(None, "info", {"seen": Inbound()}) == {"seen": "<Inbound>"}


PROGRAM = f"""
import logging, structlog
from bot import log
from storage.errors import InUse
log.set_up(secrets=["the-operators-secret"])
structlog.get_logger("bot.test").info("turn.done", account="telegram", body="nội dung", took=0.25)
try:
    try:
        int("lời của đoàn viên")
    except ValueError as cause:
        raise InUse("congdoan.db") from cause
except InUse:
    structlog.get_logger("bot.test").exception("turn.failed", error_id="ab12")
logging.getLogger("aiohttp.server").error("Error handling %s", "/bot{TOKEN}/x", exc_info=KeyError("0912345678"))
logging.getLogger("httpx").info("HTTP Request: POST https://api.telegram.org/bot{TOKEN}/getMe")
logging.getLogger("aiohttp.access").info("GET /chat?u=QN01")
logging.getLogger("apscheduler.scheduler").warning("Execution of job x skipped: it still runs")
structlog.get_logger("bot.test").debug("too.much")
"""


def test_every_line_is_json_on_stderr_and_libraries_are_tamed() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=patience.SECONDS
    )
    assert done.stdout == ""
    first, second, third = (json.loads(line) for line in done.stderr.splitlines())
    assert first["event"] == "turn.done"
    assert (first["account"], first["body"], first["took"], first["level"]) == ("telegram", STRUCK, 0.25, "info")
    assert second["error"] == ["InUse: Another process already serves this SQLite file. (congdoan.db)", "ValueError"]
    assert second["at"] == ["<string>:11 <module>"]
    assert third["event"] == f"Error handling /bot{STRUCK}/x"
    assert third["error"] == ["KeyError"]
    for secret in ("lời", "nội dung", "0912345678", TOKEN):
        assert secret not in done.stderr


def test_the_same_warning_is_told_once_a_minute_with_how_often_it_came() -> None:
    now, told = [0.0], io.StringIO()
    handler = log.Counting(told, clock=lambda: now[0])

    def warn(event: object, level: int = logging.WARNING) -> None:
        handler.handle(logging.LogRecord("x", level, "", 0, event, (), None))

    for _ in range(1000):
        warn({"event": "webhook.refused", "account": "telegram", "reason": "wrong_secret"})
        warn({"event": "webhook.refused", "account": "zalo_oa", "reason": "too_old"})
        warn("socket.accept() out of system resource", logging.ERROR)
    assert len(told.getvalue().splitlines()) == 3
    now[0] = 61.0
    warn({"event": "started"}, logging.INFO)
    lines = told.getvalue().splitlines()
    assert len(lines) == 7
    assert sum("'repeated': 999" in line or "repeated 999 times" in line for line in lines) == 3


def test_a_fault_with_an_id_is_always_told_and_no_flood_of_kinds_fills_the_memory() -> None:
    told = io.StringIO()
    handler = log.Counting(told, clock=lambda: 0.0)
    for number in range(5000):
        fault = {"event": "turn failed", "error_id": f"{number}"}
        handler.handle(logging.LogRecord("x", logging.ERROR, "", 0, fault, (), None))
    assert len(told.getvalue().splitlines()) == 5000
    assert handler.remembered <= log.MOST_KINDS
