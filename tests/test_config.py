"""Settings are read once and whole: every problem in one go, no value of a secret ever shown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot import config
from bot.config import BadSettings, Mode, Part, Problem

KEY = "k" * 32
TOKEN = "123456789:AAHsecretsecretsecretsecretsecretsecr"


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("CONGDOAN_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def given(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(f"CONGDOAN_{name}", value)


def problems(**options: bool) -> dict[str, str]:
    with pytest.raises(BadSettings) as caught:
        config.read(**options)
    return {problem.setting: problem.kind for problem in caught.value.problems}


def test_without_anything_set_the_defaults_serve_but_for_the_key() -> None:
    settings = config.read(keyed=False)
    assert settings.database_url == "sqlite:///congdoan.db"
    assert (settings.http_host, settings.http_port) == ("127.0.0.1", 8600)
    assert settings.roles == frozenset(Part)
    assert settings.telegram == ()
    assert problems() == {"CONGDOAN_SECRET_KEY": "secret_key_missing"}


def test_every_problem_is_told_in_one_go(monkeypatch: pytest.MonkeyPatch) -> None:
    given(
        monkeypatch,
        DATABASE_URL="mysql://user:hunter22@host/db",
        HTTP_PORT="many",
        PUBLIC_URL="ftp://files.example.vn",
        SECRET_KEY="hunter22",
        TELEGRAM_TOKEN="hunter22",
        TELEGRAM_MODE="push",
        TELEGRAM_RATE="0",
        TELEGRM_API="http://127.0.0.1:1",
        ROLES="web,cook",
        ZALO_BOT_TOKEN="1:a",
        ZALO_BOT_MODE="webhook",
    )
    assert problems() == {
        "CONGDOAN_DATABASE_URL": "database_url",
        "CONGDOAN_HTTP_PORT": "number",
        "CONGDOAN_PUBLIC_URL": "webhook_needs_https",
        "CONGDOAN_SECRET_KEY": "secret_key",
        "CONGDOAN_TELEGRAM_TOKEN": "bot_token",
        "CONGDOAN_TELEGRAM_MODE": "choice",
        "CONGDOAN_TELEGRAM_RATE": "too_small",
        "CONGDOAN_TELEGRM_API": "unknown",
        "CONGDOAN_ROLES": "choice",
        "CONGDOAN_ZALO_BOT_WEBHOOK_SECRET": "webhook_needs_secret",
    }


def test_a_misspelt_name_is_told_with_the_one_that_was_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, TELEGRM_TOKEN=TOKEN)
    with pytest.raises(BadSettings) as caught:
        config.read(keyed=False)
    assert caught.value.problems == (Problem("CONGDOAN_TELEGRM_TOKEN", "unknown", "CONGDOAN_TELEGRAM_TOKEN"),)


def test_neither_the_settings_nor_their_problems_show_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, TELEGRAM_TOKEN=TOKEN, SECRET_KEY=KEY, DATABASE_URL="postgresql://union:hunter22@db/union")
    settings = config.read()
    for secret in (TOKEN, KEY, "hunter22"):
        assert secret not in repr(settings)
        assert secret in settings.secrets
    given(monkeypatch, SECRET_KEY="hunter22", TELEGRAM_TOKEN="hunter22", HTTP_PORT="hunter22")
    with pytest.raises(BadSettings) as caught:
        config.read()
    assert "hunter22" not in repr(caught.value) + str(caught.value) + repr(caught.value.problems)


def test_an_empty_variable_is_an_unset_one(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, TELEGRAM_TOKEN="", PUBLIC_URL="")
    assert config.read(keyed=False).telegram == ()


def test_a_webhook_needs_an_https_address_and_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, TELEGRAM_TOKEN=TOKEN, TELEGRAM_MODE="webhook", PUBLIC_URL="http://union.example.vn")
    assert problems(keyed=False) == {
        "CONGDOAN_TELEGRAM_WEBHOOK_SECRET": "webhook_needs_secret",
        "CONGDOAN_PUBLIC_URL": "webhook_needs_https",
    }
    given(monkeypatch, TELEGRAM_WEBHOOK_SECRET="long-enough", PUBLIC_URL="https://union.example.vn/")
    assert config.read(keyed=False).public_url == "https://union.example.vn"


def test_keys_are_listed_newest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, SECRET_KEY=f"{'n' * 40}, {'o' * 40}")
    assert config.read().secret_keys == ("n" * 40, "o" * 40)


def test_the_file_adds_bots_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    bots = f'[[telegram_bots]]\naccount = "telegram:2"\ntoken = "{TOKEN}"\nrate = 5\n'
    config.FILE.write_text(f'organisation = "Từ tệp"\nhttp_port = 9000\n{bots}', encoding="utf-8")
    given(monkeypatch, TELEGRAM_TOKEN="1:first", HTTP_PORT="9001")
    settings = config.read(keyed=False)
    assert settings.organisation == "Từ tệp"
    assert settings.http_port == 9001
    assert [(bot.account, bot.mode, bot.rate) for bot in settings.telegram] == [
        ("telegram", Mode.POLLING, 25.0),
        ("telegram:2", Mode.POLLING, 5.0),
    ]
    assert settings.real_tokens == ("CONGDOAN_TELEGRAM_TOKEN", "telegram:2")


def test_problems_of_the_file_name_the_place_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    config.FILE.write_text('organisatio = "x"\n[[telegram_bots]]\naccount = "zalo"\ntoken = "hunter22"\n')
    assert problems(keyed=False) == {
        "congdoan.toml: organisatio": "unknown",
        "congdoan.toml: telegram_bots.0.account": "account",
        "congdoan.toml: telegram_bots.0.token": "bot_token",
    }
    config.FILE.write_text("token = hunter22 = broken")
    assert problems(keyed=False) == {"congdoan.toml": "no_toml"}


def test_two_bots_cannot_share_an_account(monkeypatch: pytest.MonkeyPatch) -> None:
    config.FILE.write_text(f'[[telegram_bots]]\naccount = "telegram"\ntoken = "{TOKEN}"\n')
    given(monkeypatch, TELEGRAM_TOKEN="1:first")
    assert problems(keyed=False) == {"telegram_bots": "account_twice"}


def test_zalo_bots_come_from_the_environment_and_the_file_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    config.FILE.write_text(f'[[zalo_bots]]\naccount = "zalo_bot:2"\ntoken = "{TOKEN}"\nmonthly = 9000\n')
    given(monkeypatch, ZALO_BOT_TOKEN="1:first", ZALO_BOT_USERS="500")
    settings = config.read(keyed=False)
    assert [(bot.account, bot.users, bot.monthly) for bot in settings.zalo_bot] == [
        ("zalo_bot", 500, 3000),
        ("zalo_bot:2", 50, 9000),
    ]
    assert settings.real_tokens == ("CONGDOAN_ZALO_BOT_TOKEN", "zalo_bot:2")
    assert {"1:first", TOKEN} <= set(settings.secrets)
    config.FILE.write_text(f'[[zalo_bots]]\naccount = "zalo_bot"\ntoken = "{TOKEN}"\n')
    assert problems(keyed=False) == {"zalo_bots": "account_twice"}


def test_settings_cannot_be_changed() -> None:
    settings = config.read(keyed=False)
    with pytest.raises(ValidationError):
        settings.http_port = 1


def test_a_demo_has_a_database_and_a_key_of_its_own_that_it_finds_again(tmp_path: Path) -> None:
    data = tmp_path / "demo"
    first = config.for_demo(config.read(keyed=False), data, port=8700)
    again = config.for_demo(config.read(keyed=False), data)
    assert first.database_url == f"sqlite:///{data}/congdoan.db"
    assert first.secret_keys == again.secret_keys
    assert len(first.secret_keys[0]) >= 32
    assert (data / "secret.key").stat().st_mode & 0o777 == 0o600
    assert (first.http_port, again.http_port, again.http_host) == (8700, 8600, "127.0.0.1")
