"""How every command answers: one JSON document or a table on stdout, failures as one sentence, no stack trace."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import click
from flask.cli import AppGroup
from redis.exceptions import RedisError

from nof1web import config, log
from nof1web.cli import profiles
from nof1web.cli.tables import Table, harmless
from nof1web.errors import N_, InvalidInput, Nof1Error, Unavailable
from nof1web.jobs.answers import plain

AS_JSON = "nof1web.cli.as_json"
ANSWERED = "nof1web.cli.answered"
_SENTENCE = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command found or did: the JSON document, and the lines and tables a person reads instead.

    `incomplete` when a part was refused or is left: answered all the same, with exit code 1 (DESIGN §9).
    """

    document: object
    shown: tuple[str | Table, ...]
    incomplete: bool = False


def emit(answer: Answer) -> None:
    """Write the answer to stdout, as the caller asked for it; a reader who has hung up is no failure."""
    meta = click.get_current_context().meta
    meta[ANSWERED] = True
    try:
        if meta[AS_JSON]:
            click.echo(json.dumps(plain(answer.document), indent=2))
        else:
            click.echo(written(answer.shown), nl=bool(answer.shown))
        sys.stdout.flush()
    except BrokenPipeError:
        # Python would complain once more while flushing at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def written(shown: Sequence[str | Table]) -> str:
    """Return lines and tables below each other; a table with rows stands apart from what is around it."""
    lines = list[str]()
    apart = False
    for part in shown:
        table = not isinstance(part, str) and bool(part.rows)
        if lines and (table or apart):
            lines.append("")
        lines.append(harmless(part) if isinstance(part, str) else part.text())
        apart = table
    return "\n".join(lines)


def shown_example(line: str) -> str:
    """Return what stands below the help of a command or a group; `line` is what follows `flask nof1`."""
    return f"\b\nExample:\n  flask nof1 {line}"


class Command(click.Command):
    """A command that returns an Answer; it has --json and shows an example in its help."""

    def __init__(self, name: str | None, *, example: str, **attributes: Any) -> None:
        super().__init__(name, epilog=shown_example(example), **attributes)
        self.example = example
        self.params.append(
            click.Option(
                ["--json"],
                is_flag=True,
                expose_value=False,
                callback=_note_json,
                help="Print exactly one JSON document.",
            )
        )
        self.params.append(
            click.Option(
                ["--profile"],
                metavar="NAME",
                is_eager=True,
                expose_value=False,
                callback=profiles.use,
                help="Whose: a profile in ./.nof1rc or ~/.nof1rc.",
            )
        )

    def get_short_help_str(self, limit: int = 45) -> str:
        """Return its first sentence, whole: lists of commands break lines instead of sentences."""
        return super().get_short_help_str(max(limit, _SENTENCE))

    def invoke(self, ctx: click.Context) -> None:
        """Run the command and print what it returns."""
        answer = super().invoke(ctx)
        if answer is not None:
            emit(answer)
            if answer.incomplete:
                raise click.exceptions.Exit(1)


class RootGroup(AppGroup):
    """The `nof1` group: the one place where every failure of the command line becomes a sentence and an exit code."""

    def __init__(self, *args: Any, **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        told = "Whose: a profile in ./.nof1rc or ~/.nof1rc; also after the command."
        self.params.append(
            click.Option(["--profile"], metavar="NAME", expose_value=False, callback=profiles.note, help=told)
        )

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Note whether --json was asked for before anything can fail."""
        as_json = "--json" in args
        try:
            _require_text(args)
            ctx = super().make_context(info_name, args, parent, **extra)
        except click.UsageError as error:
            _usage(error, as_json)
        ctx.meta[AS_JSON] = as_json
        return ctx

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; exit 1 for what was refused or failed, 2 for wrong usage."""
        # A person at a terminal wants warnings only; the long-running commands turn the full log on.
        log.configure("console", level="WARNING")
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            _usage(error, ctx.meta[AS_JSON])
        except (click.Abort, KeyboardInterrupt):
            _fail(ctx, "aborted", N_("Stopped before it was done."))
        except click.exceptions.Exit:
            raise
        except click.ClickException as error:
            _fail(ctx, "failed", error.format_message())
        except Nof1Error as error:
            fields = error.fields if isinstance(error, InvalidInput) else {}
            _fail(ctx, error.code, str(error), {name: str(text) for name, text in fields.items()})
        except RedisError:
            _fail(ctx, Unavailable.code, N_("Redis does not answer. Start everything with: flask nof1 up"))
        except Exception:
            # The person gets a sentence, the log gets the trace.
            place = _write_trace(traceback.format_exc())
            _fail(ctx, "unexpected", f"Something unexpected went wrong. The details are in {place}")


def _require_text(args: list[str]) -> None:
    for each in args:
        try:
            each.encode()
        except UnicodeEncodeError as error:
            # What the shell passed on is no UTF-8: no name is, and no database takes it.
            shown = each.encode(errors="replace").decode()
            raise click.UsageError(f"{shown!r} is no text in UTF-8: type it again.") from error


def _note_json(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    ctx.meta[AS_JSON] = value


def error_document(code: str, message: str, fields: Mapping[str, str]) -> str:
    """Return the JSON document of a failure (DESIGN §9)."""
    return json.dumps({"error": {"code": code, "message": message, "fields": dict(fields)}}, indent=2)


def _usage(error: click.UsageError, as_json: bool) -> NoReturn:
    if not as_json:
        raise error
    param = getattr(error, "param", None)
    message = error.format_message()
    click.echo(error_document("usage", message, {param.name: message} if param is not None and param.name else {}))
    raise click.exceptions.Exit(2)


def _fail(ctx: click.Context, code: str, message: str, fields: Mapping[str, str] | None = None) -> NoReturn:
    fields = fields or {}
    # A command that has already answered keeps its one document; what ended it afterwards goes to stderr.
    if ctx.meta[AS_JSON] and not ctx.meta.get(ANSWERED):
        click.echo(error_document(code, message, fields))
    else:
        click.echo(harmless(f"Error: {message}"), err=True)
        for name, sentence in fields.items():
            if sentence != message:
                click.echo(harmless(f"  {name}: {sentence}"), err=True)
    raise click.exceptions.Exit(1)


def _write_trace(trace: str) -> Path:
    """Append the trace to the command line's own log and return its path; readable by its owner only."""
    try:
        path = config.load().server_dir / "cli.log"
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    except (Nof1Error, OSError):
        handle, name = tempfile.mkstemp(prefix="nof1-", suffix=".log")
        path = Path(name)
    clean = log.redact(None, "", {"event": trace})["event"]
    with os.fdopen(handle, "a", encoding="utf-8") as file:
        file.write(f"{datetime.now(UTC).isoformat()} {clean}\n")
    return path


def command(name: str, *, example: str) -> Callable[[Callable[..., Any]], Command]:
    """Declare a command by its name; `example` is what follows `flask nof1` in its help."""
    return click.command(name, cls=Command, example=example)
