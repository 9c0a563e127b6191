"""Reading the settings: the environment over congdoan.toml, once, whole.

The only place that looks at the environment. Every problem is told in one go, and never the value of a setting.
"""

from __future__ import annotations

import difflib
import getpass
import os
import secrets
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import EnvSettingsSource

from bot.errors import BadSettings, Problem
from bot.settings import LOOPBACK, PORT, PREFIX, BotAccount, Mode, Part, Settings, TelegramBot, variable

__all__ = ["BadSettings", "Mode", "Part", "Problem", "Settings", "TelegramBot", "for_demo", "login", "read"]

FILE = Path("congdoan.toml")
DEMO_DATABASE = "congdoan.db"
DEMO_KEY = "secret.key"
KINDS = {
    "int_parsing": "number",
    "float_parsing": "number",
    "greater_than": "too_small",
    "greater_than_equal": "too_small",
    "less_than": "too_big",
    "less_than_equal": "too_big",
    "enum": "choice",
    "extra_forbidden": "unknown",
    "missing": "missing",
    "string_pattern_mismatch": "account",
    "web_address": "web_address",
    "bot_token": "bot_token",
    "webhook_secret": "webhook_secret",
    "database_url": "database_url",
    "secret_key": "secret_key",
    "app_id": "app_id",
}
"""From pydantic's names of errors to ours; every other is `invalid`."""
HINTED = ("too_small", "too_big", "choice")
"""Kinds whose context is a bound or a list of choices of ours. That of any other may quote the value."""


def read(*, keyed: bool = True, file: Path = FILE) -> Settings:
    """The settings of this process; `keyed`: it cannot do without a secret key. Raises BadSettings."""
    problems: list[Problem] = []
    in_file = _from_file(file, problems)
    in_environment = EnvSettingsSource(Settings)()
    problems += _misspelt()
    settings = _validated(in_file | in_environment, set(in_environment), file, problems)
    problems += _conflicts(settings)
    key = variable("secret_key")
    if keyed and settings.secret_key is None and all(problem.kind != "secret_key" for problem in problems):
        problems.append(Problem(key, "secret_key_missing"))
    if problems:
        raise BadSettings(tuple(problems))
    return settings


def login() -> str:
    """Who runs this program, as the machine knows them: under sudo whoever called it; without a name, by number."""
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def for_demo(settings: Settings, data: Path, *, port: int | None = None) -> Settings:
    """The settings turned to a demo: a database and a key of its own in `data`, on this machine only.

    Tokens stay, so that the demo can see that there are some (`Settings.real_tokens`).
    """
    data.mkdir(parents=True, exist_ok=True)
    demo = {
        "database_url": f"sqlite:///{(data / DEMO_DATABASE).resolve()}",
        "secret_key": SecretStr(_kept_key(data / DEMO_KEY)),
        "http_host": LOOPBACK,
        "http_port": port or PORT,
        "public_url": None,
        "roles": frozenset(Part),
    }
    return settings.model_copy(update=demo)


def _kept_key(file: Path) -> str:
    """The key in a file that only its owner may read; made on the first call."""
    try:
        made = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text(encoding="ascii").strip()
    with os.fdopen(made, "w", encoding="ascii") as stream:
        stream.write(secrets.token_urlsafe(32))
    return file.read_text(encoding="ascii")


def _from_file(file: Path, problems: list[Problem]) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as trouble:
        problems.append(Problem(file.name, "unreadable", trouble.strerror or ""))
    except ValueError:  # TOMLDecodeError would quote the line, and with it a secret; text that is no UTF-8
        problems.append(Problem(file.name, "no_toml"))
    return {}


def _misspelt() -> Iterator[Problem]:
    """Variables with our prefix that are no settings."""
    for name in sorted(os.environ):
        if name.upper().startswith(PREFIX) and name[len(PREFIX) :].lower() not in Settings.model_fields:
            yield Problem(name, "unknown", _closest(name[len(PREFIX) :]))


def _closest(name: str) -> str:
    close = difflib.get_close_matches(name.lower(), Settings.model_fields, n=1)
    return variable(close[0]) if close else ""


def _validated(given: dict[str, Any], in_environment: set[str], file: Path, problems: list[Problem]) -> Settings:
    """The settings without those that are wrong, which are added to the problems."""
    try:
        return Settings(**given)
    except ValidationError as trouble:
        errors = trouble.errors(include_input=False, include_url=False)
    problems += [_problem(error, in_environment, file) for error in errors]
    wrong = {error["loc"][0] for error in errors}
    return Settings(**{name: value for name, value in given.items() if name not in wrong})


def _problem(error: ErrorDetails, in_environment: set[str], file: Path) -> Problem:
    name = error["loc"][0]
    kind = KINDS.get(error["type"], "invalid")
    hint = ""
    if kind in HINTED:
        hint = str(next(iter(error.get("ctx", {}).values()), ""))
    elif kind == "unknown":
        hint = _closest(str(name)).removeprefix(PREFIX).lower()
    if name in in_environment:
        return Problem(variable(str(name)), kind, hint)
    return Problem(f"{file.name}: {'.'.join(map(str, error['loc']))}", kind, hint)


def _conflicts(settings: Settings) -> Iterator[Problem]:
    """What single settings cannot tell."""
    for name, accounts in (
        ("telegram_bots", [bot.account for bot in settings.telegram]),
        ("zalo_bots", [bot.account for bot in settings.zalo_bot]),
        ("zalo_oas", [oa.account for oa in settings.zalo_oa]),
    ):
        if len(set(accounts)) < len(accounts):
            yield Problem(name, "account_twice")
    needed = ("zalo_oa_app_id", "zalo_oa_app_secret", "zalo_oa_secret")
    missing = [name for name in needed if getattr(settings, name) is None]
    if len(missing) < len(needed):
        yield from (Problem(variable(name), "oa_incomplete") for name in missing)
    bots: tuple[BotAccount, ...] = (*settings.telegram, *settings.zalo_bot)
    hooked = [(bot.account, bot.webhook_secret) for bot in bots if bot.mode is Mode.WEBHOOK]
    for account, secret in hooked:
        if secret is None:
            yield Problem(variable(f"{account}_webhook_secret"), "webhook_needs_secret")
    if hooked and not (settings.public_url or "").startswith("https://"):
        yield Problem(variable("public_url"), "webhook_needs_https")
