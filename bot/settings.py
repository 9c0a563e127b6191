"""The shape of the settings: their names, their defaults, what each may be. Read by bot/config.py, never here.

A value is never part of an error: secrets are `SecretStr`, and errors hide their input.
"""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from bot.settings_oa import OAUTH, OPENAPI, OaAccount, OaTemplate
from bot.settings_oa import web_address as _web_address
from bot.settings_reach import ReachRules

PREFIX = "CONGDOAN_"
LOOPBACK = "127.0.0.1"
PORT = 8600
SHORTEST_KEY = 32
BOT_TOKEN = re.compile(r"[0-9]+:[A-Za-z0-9_-]+")
"""The form Telegram and Zalo Bot share: the bot's number, a colon, the secret."""
WEBHOOK_SECRET = re.compile(r"[A-Za-z0-9_-]{8,256}")
"""What both Telegram (1 to 256) and Zalo (8 to 256) take."""
REAL_TOKENS = ("telegram_token", "zalo_bot_token", "zalo_oa_app_secret", "zalo_oa_refresh_token")


def variable(name: str) -> str:
    """The name of a setting in the environment."""
    return f"{PREFIX}{name.upper()}"


class Mode(StrEnum):
    """How updates come in."""

    POLLING = "polling"
    """We ask the platform."""
    WEBHOOK = "webhook"
    """The platform calls PUBLIC_URL."""


class Part(StrEnum):
    """What one process does; by default all of it."""

    WEB = "web"
    """Pages, the browser chat, webhooks."""
    POLLER = "poller"
    """Asks the platforms for updates."""
    COURIER = "courier"
    """Sends."""
    CLOCK = "clock"
    """Does what falls due."""


def _bot_token(value: SecretStr | None) -> SecretStr | None:
    if value is not None and not BOT_TOKEN.fullmatch(value.get_secret_value()):
        raise PydanticCustomError("bot_token", "not a bot token")
    return value


def _webhook_secret(value: SecretStr | None) -> SecretStr | None:
    if value is not None and not WEBHOOK_SECRET.fullmatch(value.get_secret_value()):
        raise PydanticCustomError("webhook_secret", "not a webhook secret")
    return value


class BotAccount(BaseModel):
    """What bots of Telegram and of Zalo's Bot Platform have in common."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    account: str
    token: SecretStr
    api: str
    mode: Mode = Mode.POLLING
    webhook_secret: SecretStr | None = None
    rate: float = Field(default=25.0, gt=0, le=1000)
    """Messages a second."""

    _token = field_validator("token")(_bot_token)
    _secret = field_validator("webhook_secret")(_webhook_secret)
    _api = field_validator("api")(_web_address)


class TelegramBot(BotAccount):
    """One Telegram bot. The one of the environment is the account `telegram`; others stand in congdoan.toml."""

    account: str = Field(pattern=r"^telegram:[a-z0-9]{1,20}$|^telegram$")
    api: str = "https://api.telegram.org"
    chat_interval: float = Field(default=1.0, ge=0, le=60)
    """Seconds between two messages to one chat (Bot API FAQ: about one a second)."""


class ZaloBotAccount(BotAccount):
    """One bot of Zalo's Bot Platform. The one of the environment is the account `zalo_bot`."""

    account: str = Field(pattern=r"^zalo_bot:[a-z0-9]{1,20}$|^zalo_bot$")
    api: str = "https://bot-api.zaloplatforms.com"
    rate: float = Field(default=10.0, gt=0, le=1000)
    """Zalo publishes no limit a second."""
    users: int = Field(default=50, ge=1)
    """How many people the bot's plan lets write to it (the free plan's, September 2026)."""
    monthly: int = Field(default=3000, ge=1)
    """How many messages a month the plan carries; both directions are counted."""


class Settings(BaseSettings):
    """All settings; README lists them with what they mean. `telegram_bots` holds every bot beyond the first."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="forbid", hide_input_in_errors=True
    )

    database_url: str = Field(default="sqlite:///congdoan.db", repr=False)
    organisation: str | None = Field(default=None, max_length=200)
    contact: str | None = Field(default=None, max_length=200)
    """Whom members and officers may turn to, in words."""
    helpline: str | None = Field(default=None, max_length=200)
    """Who listens to people in despair: name, number, hours, confirmed by somebody of the office who called."""
    refuge: str | None = Field(default=None, max_length=200)
    """Where people hurt by violence are taken in; confirmed in the same way."""
    retention: str | None = Field(default=None, max_length=200)
    """How long data is kept, in words: part of the notice members agree to."""
    weekly_news: int = Field(default=3, ge=1, le=21)
    """The most news a member gets in seven days; members are told this number when they are asked."""
    http_host: str = LOOPBACK
    http_port: int = Field(default=PORT, ge=1, le=65535)
    http_connections: int = Field(default=8000, ge=16, le=60000)
    """Connections at once; fewer where the system lets the process open fewer files."""
    public_url: str | None = None
    secret_key: SecretStr | None = None
    telegram_token: SecretStr | None = None
    telegram_api: str = "https://api.telegram.org"
    telegram_mode: Mode = Mode.POLLING
    telegram_webhook_secret: SecretStr | None = None
    telegram_rate: float = Field(default=25.0, gt=0, le=1000)
    telegram_bots: Annotated[tuple[TelegramBot, ...], NoDecode] = ()
    zalo_bot_token: SecretStr | None = None
    zalo_bot_api: str = "https://bot-api.zaloplatforms.com"
    zalo_bot_mode: Mode = Mode.POLLING
    zalo_bot_webhook_secret: SecretStr | None = None
    zalo_bot_users: int = Field(default=50, ge=1)
    zalo_bot_monthly: int = Field(default=3000, ge=1)
    zalo_bots: Annotated[tuple[ZaloBotAccount, ...], NoDecode] = ()
    zalo_oa_app_id: str | None = None
    zalo_oa_app_secret: SecretStr | None = None
    zalo_oa_secret: SecretStr | None = None
    zalo_oa_openapi: str = OPENAPI
    zalo_oa_oauth: str = OAUTH
    zalo_oa_zbs: str = "https://business.openapi.zalo.me"
    zalo_oa_refresh_token: SecretStr | None = None
    zalo_oa_templates: Annotated[dict[str, OaTemplate], NoDecode] = Field(default_factory=dict)
    zalo_oas: Annotated[tuple[OaAccount, ...], NoDecode] = ()
    reach: ReachRules = Field(default_factory=ReachRules)
    """How Zalo limits whom we may write to."""
    metrics_host: str = LOOPBACK
    """Where /metrics is answered; it has no password, so never on an address that members can reach."""
    metrics_port: int | None = Field(default=None, ge=1, le=65535)
    deaf_after: int = Field(default=300, ge=0, le=86_400)
    """Seconds an account may hear nobody because of trouble before administrators are told; 0: they are not."""
    erasures_file: Path | None = None
    """Where the list of erasures is kept outside the database; beside a SQLite file if not set."""
    roles: Annotated[frozenset[Part], NoDecode] = frozenset(Part)

    _tokens = field_validator("telegram_token", "zalo_bot_token")(_bot_token)
    _secrets = field_validator("telegram_webhook_secret", "zalo_bot_webhook_secret")(_webhook_secret)
    _addresses = field_validator("telegram_api", "zalo_bot_api", "zalo_oa_openapi", "zalo_oa_oauth", "zalo_oa_zbs")(
        _web_address
    )

    @field_validator("zalo_oa_app_id")
    @classmethod
    def _an_app(cls, value: str | None) -> str | None:
        if value is not None and not (value.isascii() and value.isdecimal()):
            raise PydanticCustomError("app_id", "not the number of an app")
        return value

    @field_validator("database_url")
    @classmethod
    def _a_database(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme == "sqlite" and parts.path.strip("/") and ":memory:" not in value:
            return value
        if value.startswith(("postgresql://", "postgresql+psycopg://")):
            return value
        raise PydanticCustomError("database_url", "not a database address")

    @field_validator("public_url")
    @classmethod
    def _a_public_address(cls, value: str | None) -> str | None:
        return None if value is None else _web_address(value)

    @field_validator("secret_key")
    @classmethod
    def _long_keys(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and any(len(key) < SHORTEST_KEY for key in _keys(value) or ("",)):
            raise PydanticCustomError("secret_key", "too short")
        return value

    @field_validator("roles", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource, *_: Any, **__: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Nothing is read behind the caller's back: bot/config.py hands everything in."""
        return (init_settings,)

    @property
    def secret_keys(self) -> tuple[str, ...]:
        """The keys of SECRET_KEY, newest first."""
        return _keys(self.secret_key) if self.secret_key else ()

    @property
    def telegram(self) -> tuple[TelegramBot, ...]:
        """Every Telegram bot, the one of the environment first."""
        if self.telegram_token is None:
            return self.telegram_bots
        first = TelegramBot(
            account="telegram",
            token=self.telegram_token,
            api=self.telegram_api,
            mode=self.telegram_mode,
            webhook_secret=self.telegram_webhook_secret,
            rate=self.telegram_rate,
        )
        return (first, *self.telegram_bots)

    @property
    def zalo_bot(self) -> tuple[ZaloBotAccount, ...]:
        """Every Zalo Bot, the one of the environment first."""
        if self.zalo_bot_token is None:
            return self.zalo_bots
        first = ZaloBotAccount(
            account="zalo_bot",
            token=self.zalo_bot_token,
            api=self.zalo_bot_api,
            mode=self.zalo_bot_mode,
            webhook_secret=self.zalo_bot_webhook_secret,
            users=self.zalo_bot_users,
            monthly=self.zalo_bot_monthly,
        )
        return (first, *self.zalo_bots)

    @property
    def zalo_oa(self) -> tuple[OaAccount, ...]:
        """Every Official Account, the one of the environment first."""
        if self.zalo_oa_app_id is None or self.zalo_oa_app_secret is None or self.zalo_oa_secret is None:
            return self.zalo_oas
        first = OaAccount(
            account="zalo_oa",
            app_id=self.zalo_oa_app_id,
            app_secret=self.zalo_oa_app_secret,
            secret=self.zalo_oa_secret,
            refresh_token=self.zalo_oa_refresh_token,
            openapi=self.zalo_oa_openapi,
            oauth=self.zalo_oa_oauth,
            templates=self.zalo_oa_templates,
        )
        return (first, *self.zalo_oas)

    @property
    def real_tokens(self) -> tuple[str, ...]:
        """The names of the settings that lead to a real platform; where there is one, no persona may be switched."""
        named = tuple(variable(name) for name in REAL_TOKENS if getattr(self, name) is not None)
        several: tuple[BotAccount, ...] = (*self.telegram_bots, *self.zalo_bots)
        return (*named, *(bot.account for bot in several), *(oa.account for oa in self.zalo_oas))

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every secret value, for the log to strike out."""
        own = [value for value in self.__dict__.values() if isinstance(value, SecretStr)]
        several: tuple[BotAccount, ...] = (*self.telegram_bots, *self.zalo_bots)
        bots = [secret for bot in several for secret in (bot.token, bot.webhook_secret) if secret]
        password = urlsplit(self.database_url).password or ""
        bots += [secret for oa in self.zalo_oas for secret in oa.secrets]
        found = (*self.secret_keys, *(value.get_secret_value() for value in (*own, *bots)), password, unquote(password))
        return tuple(filter(None, found))


def _keys(value: SecretStr) -> tuple[str, ...]:
    return tuple(value.get_secret_value().replace(",", " ").split())
