"""The entry point: parses the line, runs one command, turns every problem into words and an exit code."""

from __future__ import annotations

import errno
import os
import sys
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
from logbook.cli.words import set_line
from logbook.core.errors import LogbookError

INTERRUPTED = 130
NEEDS_PERSON = 3
USAGE = 2
# What the machine refuses is a matter for a person, not a fault of the program.
_NOT_OURS = (
    errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO, errno.EINTR, errno.EMFILE,
    errno.ENFILE, errno.ENOMEM, errno.EAGAIN,
)  # fmt: skip


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
    # Made here, not by `click.version_option`, which looks for translations of its texts: that loads `locale`.
    told = "显示版本" if lang == "zh" else "show the version"
    params.append(
        click.Option(
            ["--version"], is_flag=True, expose_value=False, is_eager=True, help=told, callback=_show_version
        )
    )
    return LazyGroup(
        "logbook",
        params=params,
        help=described,
        context_settings={"help_option_names": ["-h", "--help"]},
        no_args_is_help=True,
    )


def _show_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(f"logbook {__version__}", color=ctx.color)
        ctx.exit()


def run(args: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 findings or refused input, 2 usage,
    3 a person is needed, 130 interrupted."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    set_line(args)
    context = Context(Choices())
    try:
        return _run(context, args)
    except Exception as error:
        output_error(context, "book.bug", log=_write_log(context, error))
        return NEEDS_PERSON
    finally:
        context.close()


def _run(context: Context, args: Sequence[str] | None) -> int:
    line = group()
    try:
        if "_LOGBOOK_COMPLETE" in os.environ:
            from logbook.cli import offering

            offering.register()
            line.main(prog_name="logbook")
        # Not `line.main`: it would turn a closed pipe into exit code 1.
        words = list(sys.argv[1:] if args is None else args)
        with line.make_context("logbook", words, obj={"context": context}) as ctx:
            code = line.invoke(ctx)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.exceptions.Exit as done:
        return done.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo(context.catalogue.say("book.interrupted"), err=True)
        return INTERRUPTED
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return USAGE
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
    except OSError as error:
        if error.errno not in _NOT_OURS:
            raise
        what = "git.disk-full" if error.errno == errno.ENOSPC else "book.file-missing"
        if error.filename is None:  # our own answer found no room
            what = "cli.no-output"
            _close_quietly()
        output_error(context, what, path=str(error.filename), why=error.strerror or "")
        return NEEDS_PERSON


def output_error(context: Context, code: str, **args: object) -> None:
    """A sentence and what to do about it, on standard error."""
    click.echo(context.catalogue.say(code, **args), err=True)
    fix = context.catalogue.fix(code, **args)
    if fix:
        click.echo(f"    → {fix}", err=True)


def _usage(context: Context, error: click.UsageError) -> None:
    catalogue = context.catalogue
    kind = getattr(getattr(error, "param", None), "type", None)
    if isinstance(error, NoSuchCommand):
        code = "cli.no-command-near" if error.near else "cli.no-command"
        text = catalogue.say(code, found=error.found)
        fix = catalogue.fix(code, near=error.near, command=_path(error))
    elif isinstance(error, click.NoSuchOption):
        near = error.possibilities[0] if error.possibilities else ""
        code = "cli.no-option-near" if near else "cli.no-option"
        text = catalogue.say(code, found=error.option_name)
        fix = catalogue.fix(code, near=near, command=_path(error))
    elif isinstance(error, click.MissingParameter):
        text = catalogue.say("cli.missing", name=_name(error))
        fix = catalogue.fix("cli.missing", command=_path(error))
    elif isinstance(error, click.BadOptionUsage):
        needs = "does not take" not in error.message
        code = "cli.needs-value" if needs else "cli.takes-no-value"
        text = catalogue.say(code, name=error.option_name)
        fix = catalogue.fix("cli.usage", command=_path(error))
    elif isinstance(error, click.BadParameter) and isinstance(kind, click.IntRange):
        from logbook.cli.helping import limits

        text = catalogue.say("cli.bad-number", name=_name(error))
        fix = catalogue.fix("cli.bad-number", limits=limits(kind._describe_range(), catalogue.lang))
    elif isinstance(error, click.BadParameter) and kind is click.INT:
        text = catalogue.say("cli.not-whole", name=_name(error))
        fix = catalogue.fix("cli.not-whole")
    elif error.message.startswith("Got unexpected extra argument"):
        text = catalogue.say("cli.extra", found=error.message.partition("(")[2].rstrip(")."))
        fix = catalogue.fix("cli.extra", command=_path(error))
    elif isinstance(error, click.BadParameter) and isinstance(kind, click.Choice):
        text = catalogue.say("cli.bad-choice", name=_name(error))
        fix = catalogue.fix("cli.bad-choice", allowed=list(kind.choices))
    elif _lacks_command(error):
        text = catalogue.say("cli.missing", name="命令" if catalogue.lang == "zh" else "COMMAND")
        fix = catalogue.fix("cli.missing", command=_path(error))
    elif isinstance(error, click.BadParameter):
        text = catalogue.say("cli.bad-choice", name=_name(error))
        fix = catalogue.fix("cli.usage", command=_path(error))
    else:
        text = catalogue.say("cli.usage", why=error.format_message())
        fix = catalogue.fix("cli.usage", command=_path(error))
    click.echo(text, err=True)
    if fix:
        click.echo(f"    → {fix}", err=True)


def _lacks_command(error: click.UsageError) -> bool:
    ctx = error.ctx
    return type(error) is click.UsageError and ctx is not None and isinstance(ctx.command, click.Group)


def _name(error: click.BadParameter) -> str:
    """What is wrong, as it is typed, or as usage names it."""
    from logbook.cli.helping import places

    if isinstance(error.param, click.Option):
        return max(error.param.opts, key=len)
    if error.param is None or error.ctx is None:
        return str(error.param_hint or "")
    return places(error.param.make_metavar(error.ctx), guessed_language())


def _path(error: click.UsageError) -> str:
    return error.ctx.command_path if error.ctx is not None else "logbook"


def _write_log(context: Context, error: Exception) -> str:
    """Keep what is needed to find our own fault, and no value of a record: what an exception quotes may be
    somebody's telephone."""
    import re
    import traceback

    from logbook.store import machine

    told: list[str] = []
    link: BaseException | None = error
    while link is not None and len(told) < 20:
        said = re.sub(r"'[^']*'|\"[^\"]*\"|[^\x00-\x7f]+|\d{5,}", "…", str(link))
        told += [*traceback.format_tb(link.__traceback__), f"{type(link).__name__}: {said}\n"]
        link = link.__cause__ or link.__context__
    text = f"logbook {__version__}, Python {sys.version.split()[0]}, {sys.platform}\n{''.join(told)}"
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
