"""What Telegram takes and what it refuses: aiogram's typed description of each method, and the limits it lacks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pydantic
from aiogram import methods
from aiogram.types import BufferedInputFile

DESCRIBED = {
    name[0].lower() + name[1:]: getattr(methods, name)
    for name in (
        "GetMe",
        "GetFile",
        "GetUpdates",
        "SendMessage",
        "SendDocument",
        "SendPhoto",
        "SendChatAction",
        "AnswerCallbackQuery",
        "EditMessageReplyMarkup",
        "SetMyCommands",
        "SetWebhook",
        "DeleteWebhook",
        "GetWebhookInfo",
    )
}
COMMAND = re.compile(r"[a-z0-9_]{1,32}")
SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
Files = Mapping[str, tuple[str, bytes]]
"""Uploads by the form's field: the file's name and content."""


class Refusal(Exception):
    """Telegram's 400."""


def check(method: str, parameters: Mapping[str, Any], files: Files) -> None:
    """Raise `Refusal` unless Telegram would take this call."""
    uploads = {field: BufferedInputFile(content, filename) for field, (filename, content) in files.items()}
    try:
        call = DESCRIBED[method].model_validate({**parameters, **uploads})
    except pydantic.ValidationError as error:
        raise Refusal("; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())) from None
    extra = sorted(_extra(call, method))
    if extra:
        raise Refusal(f"unknown: {', '.join(extra)}")
    for complaint in _limits(method, parameters):
        raise Refusal(complaint)


def from_form(fields: Mapping[str, str]) -> dict[str, Any]:
    """A form's fields as the values they stand for: composed ones come as JSON."""
    return {key: json.loads(text) if text[:1] in ("{", "[") else text for key, text in fields.items()}


def units(text: str) -> int:
    """UTF-16 units, in which Telegram counts."""
    return len(text.encode("utf-16-le")) // 2


def _extra(value: object, path: str) -> Iterator[str]:
    if isinstance(value, pydantic.BaseModel):
        yield from (f"{path}.{name}" for name in value.model_extra or ())
        for name in type(value).model_fields:
            yield from _extra(getattr(value, name), f"{path}.{name}")
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _extra(item, path)


def _limits(method: str, parameters: Mapping[str, Any]) -> Iterator[str]:
    match method:
        case "sendMessage":
            if not parameters["text"].strip():
                yield "message text is empty"
            if units(parameters["text"]) > 4096:
                yield "message is too long"
        case "sendDocument" | "sendPhoto":
            if units(parameters.get("caption", "")) > 1024:
                yield "message caption is too long"
        case "setMyCommands":
            yield from _command_limits(parameters["commands"])
        case "setWebhook":
            if not SECRET.fullmatch(parameters.get("secret_token", "none")):
                yield "secret token contains unallowed characters"
    yield from _keyboard_limits(parameters.get("reply_markup") or {})


def _command_limits(commands: list[dict[str, str]]) -> Iterator[str]:
    if len(commands) > 100:
        yield "BOT_COMMANDS_TOO_MUCH"
    for command in commands:
        if not COMMAND.fullmatch(command["command"]):
            yield "BOT_COMMAND_INVALID"
        if not 1 <= len(command["description"]) <= 256:
            yield "BOT_COMMAND_DESCRIPTION_INVALID"


def _keyboard_limits(markup: Mapping[str, Any]) -> Iterator[str]:
    kinds = [kind for kind in ("inline_keyboard", "keyboard", "remove_keyboard", "force_reply") if kind in markup]
    if len(kinds) > 1:
        yield "one message has one keyboard"
    for button in (button for row in markup.get("inline_keyboard", ()) for button in row):
        if not button["text"]:
            yield "inline keyboard button text is empty"
        if "callback_data" in button and not 1 <= len(button["callback_data"].encode()) <= 64:
            yield "BUTTON_DATA_INVALID"
