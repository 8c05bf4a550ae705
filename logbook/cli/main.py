"""The entry point: parses the line, runs one command, turns every problem into words and an exit code."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence

import click

from logbook import __version__
from logbook.cli.context import GLOBAL
from logbook.cli.context import Choices
from logbook.cli.context import Context
from logbook.cli.context import _remember
from logbook.cli.words import LazyGroup
from logbook.cli.words import NoSuchCommand
from logbook.cli.words import Option
from logbook.cli.words import guessed_language
from logbook.core.errors import LogbookError

INTERRUPTED = 130
NEEDS_PERSON = 3
USAGE = 2


def group() -> click.Group:
    """The whole command line."""
    params: list[click.Parameter] = [
        Option(list(names), text=text, expose_value=False, callback=_remember, **settings)
        for names, settings, text in GLOBAL
    ]
    lang = guessed_language()
    described = (
        "物业客服的记录簿：一条记录一份文本，一次改动一次提交。"
        if lang == "zh"
        else "Record keeping for a property's customer service: one record one text, one change one commit."
    )
    main = LazyGroup(
        "logbook",
        params=params,
        help=described,
        context_settings={"help_option_names": ["-h", "--help"]},
        no_args_is_help=True,
    )
    return click.version_option(__version__, prog_name="logbook")(main)


def run(args: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 findings or refused input, 2 usage,
    3 a person is needed, 130 interrupted."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    context = Context(Choices())
    try:
        code = group().main(
            args=list(args) if args is not None else None,
            prog_name="logbook",
            standalone_mode=False,
            obj={"context": context},
        )
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.exceptions.Exit as done:
        return done.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo(context.catalogue.say("book.interrupted"), err=True)
        return INTERRUPTED
    except click.UsageError as error:
        _usage(context, error)
        return USAGE
    except BrokenPipeError:
        _close_quietly()
        return 0
    except LogbookError as error:
        from logbook.cli import output

        output.failure(context, error)
        return error.exit_code
    except Exception as error:
        if isinstance(error, OSError) and error.errno == 28:
            click.echo(context.catalogue.say("git.disk-full", path=str(error.filename or "")), err=True)
            return NEEDS_PERSON
        log = _write_log(context, error)
        click.echo(context.catalogue.say("book.bug", log=log), err=True)
        click.echo(f"    → {context.catalogue.fix('book.bug')}", err=True)
        return NEEDS_PERSON
    finally:
        context.close()


def _usage(context: Context, error: click.UsageError) -> None:
    catalogue = context.catalogue
    if isinstance(error, NoSuchCommand):
        text = catalogue.say("cli.no-command", found=error.found)
        fix = catalogue.fix("cli.no-command-near" if error.near else "cli.no-command", near=error.near)
    elif isinstance(error, click.NoSuchOption):
        near = error.possibilities[0] if error.possibilities else ""
        text = catalogue.say("cli.no-option", found=error.option_name)
        fix = catalogue.fix("cli.no-option-near" if near else "cli.no-option", near=near, command=_path(error))
    elif isinstance(error, click.MissingParameter):
        name = error.param.make_metavar(error.ctx) if error.param and error.ctx else str(error.param_hint or "")
        text = catalogue.say("cli.missing", name=name)
        fix = catalogue.fix("cli.missing", command=_path(error))
    elif isinstance(error, click.BadParameter) and isinstance(getattr(error.param, "type", None), click.Choice):
        name = (error.param.opts[0] if error.param else "") or ""
        allowed = list(error.param.type.choices)  # type: ignore[union-attr]
        text = catalogue.say("cli.bad-choice", name=name)
        fix = catalogue.fix("cli.bad-choice", allowed=allowed)
    else:
        text = catalogue.say("cli.usage", why=error.format_message())
        fix = catalogue.fix("cli.usage", command=_path(error))
    click.echo(text, err=True)
    if fix:
        click.echo(f"    → {fix}", err=True)


def _path(error: click.UsageError) -> str:
    return error.ctx.command_path if error.ctx is not None else "logbook"


def _write_log(context: Context, error: Exception) -> str:
    """Keep what is needed to find our own fault; no value of a record is asked for."""
    from logbook.store import machine

    text = f"logbook {__version__}, Python {sys.version.split()[0]}, {sys.platform}\n{traceback.format_exc()}"
    stamp = machine.now().strftime("%Y%m%dT%H%M%SZ")
    for folder in (machine.cache_folder(), machine.current_folder()):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"error-{stamp}.log"
            path.write_text(text, encoding="utf-8")
            return str(path)
        except OSError:
            continue
    return "-"


def _close_quietly() -> None:
    """Nobody reads on: leave without a second complaint from the interpreter."""
    try:
        devnull = os.open(os.devnull, os.O_WRONLY)
        os.dup2(devnull, sys.stdout.fileno())
    except (OSError, ValueError):
        pass
