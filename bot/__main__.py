"""The command line: `congdoan …`, also `python -m bot …`.

Which commands there are stands here, what they do in bot/commands. Nothing slow is imported before a command runs.
"""

# ruff: noqa: PLC0415

from __future__ import annotations

import errno
import os
import sys
from types import TracebackType
from typing import Annotated

import typer
from typer.main import get_command

from bot.commands import (
    backups,
    broadcasts,
    doctor,
    oa,
    operator,
    organisation,
    papers,
    poster,
    programmes,
    records,
    serving,
    setup,
    speech,
)
from bot.errors import BadSettings, BotError, Problem, Unfit

BAD_INPUT = 2
FAILED = 1
OWN_FILES = 0o077
"""Whatever we write may hold personal data: databases, exports, keys."""

app = speech.group("program")
for commands in (setup, serving, doctor, organisation, records, programmes, papers, poster, broadcasts, backups, oa):
    commands.add_to(app)


def _tell_version(asked: bool) -> None:
    if asked:
        from bot.version import VERSION

        speech.say(f"congdoan {VERSION}")
        raise typer.Exit


Version = Annotated[bool, typer.Option("--version", is_eager=True, callback=_tell_version, help=speech.hint("version"))]


By = Annotated[str, typer.Option("--by", metavar=speech.place("name"), help=speech.hint("by"))]


@app.callback()
def _before(by: By = "", version: Version = False) -> None:
    """What may stand before the name of a command."""
    operator.give(by)


def main() -> None:
    """Run one command; whatever goes wrong becomes words and an exit code other than zero."""
    sys.excepthook = _tell_crash
    os.umask(OWN_FILES)
    sys.exit(_run())


def _run() -> int:
    from messages.errors import MessagesError
    from storage.errors import StorageError

    try:
        code = get_command(app).main(prog_name="congdoan", standalone_mode=False)
    except typer.TyperException as trouble:
        speech.complain(speech.in_vietnamese(trouble.format_message()))
        return BAD_INPUT
    except typer.Abort:
        return FAILED
    except (BotError, StorageError, MessagesError) as trouble:
        speech.complain(_in_words(trouble))
        return FAILED
    except OSError as trouble:
        speech.complain(_of_the_system(trouble))
        return FAILED
    except _faults() as trouble:
        speech.complain(speech.text("error.Fault", kind=type(trouble).__name__))
        return FAILED
    return code if isinstance(code, int) else 0


def _faults() -> type[Exception]:
    """The database's own trouble. Asked for only once something was raised: it is slow to import."""
    from storage.database import Fault

    return Fault


def _in_words(trouble: Exception) -> str:
    if isinstance(trouble, Unfit):
        return str(trouble)
    if isinstance(trouble, BadSettings):
        return "\n".join((speech.text("config.bad"), *map(_problem, trouble.problems)))
    key = f"error.{type(trouble).__name__}"
    return speech.text(key, detail=next(iter(trouble.args), "")) if speech.knows(key) else str(trouble)


def _of_the_system(trouble: OSError) -> str:
    if trouble.errno == errno.EADDRINUSE:
        return speech.text("error.port_taken")
    return speech.text("error.system", trouble=trouble.strerror or "", file=trouble.filename or "")


def _problem(problem: Problem) -> str:
    reason = speech.text(f"config.{problem.kind}", hint=problem.hint)
    return speech.text("config.problem", setting=problem.setting, reason=reason)


def _tell_crash(kind: type[BaseException], trouble: BaseException, passed: TracebackType | None) -> None:
    """A fault of ours: where it happened goes to the log, and never what it says, which may quote a member."""
    import structlog

    from bot import log

    log.set_up()
    structlog.get_logger("bot").error("command.crashed", exc_info=(kind, trouble, passed))
    speech.complain(speech.text("error.crash"))


if __name__ == "__main__":
    main()
