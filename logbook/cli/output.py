"""The one room that prints: results on standard output, words for people on standard error."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING
from typing import cast

import click

from logbook.cli.context import Context
from logbook.core.errors import LogbookError
from logbook.core.errors import Refused
from logbook.core.issues import Issue
from logbook.core.value import replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from logbook.core.workbook import Sheet
    from logbook.render.tables import Column


# Formats that take whole objects, one after the other.
OBJECTS = ("json", "jsonl", "yaml")


def result(text: str, *, newline: bool = True) -> None:
    """Data."""
    click.echo(text, nl=newline)


def note(context: Context, text: str) -> None:
    """Words for people; silent with ``--quiet``."""
    if text and not context.choices.quiet:
        click.echo(text, err=True)


def warn(context: Context, code: str, **args: object) -> None:
    """A remark with what to do about it."""
    note(context, context.catalogue.say(code, **args))
    fix = context.catalogue.fix(code, **args)
    if fix:
        note(context, f"    → {fix}")


def flush() -> None:
    """Let the reader have what there is."""
    sys.stdout.flush()


def data(value: object) -> None:
    """One JSON value."""
    click.echo(json.dumps(value, ensure_ascii=False))


def objects(format_: str, values: Iterable[Mapping[str, object]]) -> None:
    """A list of objects as json, jsonl or yaml."""
    from logbook.render.porcelain import dump
    from logbook.store import codec

    for piece in dump(format_, values, write_yaml=cast("Callable[[dict[str, object]], bytes]", codec.write)):
        click.echo(piece, nl=False)


def for_programs(format_: str, values: Iterable[Mapping[str, object]], ids: Iterable[str]) -> bool:
    """Print the objects or the ids, whichever the format wants; False where it wants a table."""
    if format_ in OBJECTS:
        objects(format_, values)
        return True
    if format_ == "ids":
        for id in ids:
            result(id)
        return True
    return False


def rows(
    context: Context,
    format_: str,
    columns: Sequence[Column],
    cells: Iterable[Sequence[object]],
    *,
    title: str = "",
    empty: str = "",
) -> None:
    """Rows as a table for people or as csv, tsv, md, html, ids."""
    if format_ == "table":
        from logbook.render.tables import table

        lines = list(cells)
        if not lines:
            note(context, empty)
            return
        click.echo(table(columns, lines, context.lang, terminal_width()).rstrip("\n"))
        return
    from logbook.render.tables import rows_as

    for piece in rows_as(format_, columns, cells, lang=context.lang, title=title):
        click.echo(piece, nl=False)


def terminal_width() -> int | None:
    """Columns of the terminal; None when the output goes elsewhere."""
    if not sys.stdout.isatty():
        return None
    import shutil

    return shutil.get_terminal_size().columns


def issues(context: Context, found: Iterable[Issue], *, err: bool = True) -> None:
    """Findings as people read them: place, sentence, fix."""
    catalogue = context.catalogue
    for issue in found:
        sentence, fix = catalogue.issue(issue)
        place = place_of(issue)
        mark = ("注意 " if context.lang == "zh" else "note: ") if not issue.is_error else ""
        click.echo(f"{place}{mark}{sentence}", err=err)
        if fix:
            click.echo(f"    → {fix}", err=err)


def place_of(issue: Issue) -> str:
    """``path:line:column: field: `` as far as it is known."""
    parts = []
    if issue.path:
        place = issue.path
        if issue.line:
            place += f":{issue.line}"
            column = issue.args.get("column")
            if column:
                place += f":{column}"
        parts.append(place)
    elif issue.line:
        parts.append(f"第 {issue.line} 行" if issue.args.get("zh") else f"{issue.line}")
    elif issue.id and issue.id != "?":
        parts.append(issue.id)
    if issue.field:
        parts.append(issue.field)
    from logbook.locale.catalogue import harmless

    return "".join(f"{harmless(part)}: " for part in parts)


def failure(context: Context, error: LogbookError) -> None:
    """A problem in words on standard error."""
    error.args_ = _with_command(error.args_)
    sentence, fix = context.catalogue.error(error)
    from logbook.cli.words import WRITING

    # A command that only reads has nothing it could have refused to write.
    if error.code != "record.refused" or context.command in WRITING:
        click.echo(sentence, err=True)
    if isinstance(error, Refused):
        # A number that was not given out is not quoted: somebody might write it down.
        found = [replace(one, args=_with_command(one.args)) for one in error.issues]
        issues(context, [replace(one, id=None) for one in found] if context.command in ("add", "next") else found)
    if fix:
        click.echo(f"    → {fix}", err=True)


def _with_command(args: Mapping[str, object]) -> dict[str, object]:
    """Where something names the ``extra`` it lacks: the line that brings it into the Python that is running."""
    if "extra" not in args:
        return dict(args)
    from logbook.store.installed import install_command

    return {**args, "command": install_command(str(args["extra"]))}


@contextmanager
def progress(context: Context, total: int, label: str) -> Iterator[Callable[[int], None]]:
    """How far work has come, once it has taken longer than a second; on a terminal only. ``total``: 0
    where it is not known."""
    if not sys.stderr.isatty() or context.choices.quiet:
        yield lambda _done: None
        return
    import time

    started = time.monotonic()
    shown = False

    def step(done: int) -> None:
        nonlocal shown
        if time.monotonic() - started < 1:
            return
        shown = True
        bar = f"[{'#' * (done * 30 // total):<30}] {done}/{total}" if total else str(done)
        click.echo(f"\r\x1b[K{label} {bar}", nl=False, err=True)

    try:
        yield step
    finally:
        if shown:
            click.echo("\r\x1b[K", nl=False, err=True)


def write_to(target: str | None, content: str, *, newline: str = "\n") -> None:
    """To a file (``-o``), or to standard output; ``newline`` as ``open`` has it."""
    if target in (None, "-"):
        click.echo(content, nl=bool(content) and not content.endswith("\n"))
        return
    ended = content if newline == "" else content.replace("\n", newline)
    _put(str(target), ended.encode("utf-8"))


def _put(target: str, content: bytes) -> None:
    """The whole of a file or nothing: what was there before stays where the disk is full."""
    aside = None
    try:
        regular = not os.path.lexists(target) or (os.path.isfile(target) and not os.path.islink(target))
        if regular and os.access(os.path.dirname(target) or ".", os.W_OK):
            aside = f"{target}.{os.getpid()}.part"
        with open(aside or target, "wb") as file:
            file.write(content)
        if aside:
            if os.path.lexists(target):
                os.chmod(aside, os.stat(target).st_mode & 0o777)
            os.replace(aside, target)
    except OSError as error:
        from logbook.core.errors import UsageError

        if aside:
            with contextlib.suppress(OSError):
                os.unlink(aside)
        raise UsageError("book.file-missing", path=target, why=error.strerror or str(error)) from error


def tell_written(context: Context, target: str | None) -> None:
    """Say where it was written, if that is a file."""
    if target and target != "-":
        note(context, context.catalogue.say("cli.written-to", path=target))


def write_bytes(context: Context, target: str | None, content: bytes) -> None:
    """To a file (``-o``), or to standard output unless that is a screen: UsageError ``cli.binary``."""
    from logbook.core.errors import UsageError

    if target in (None, "-"):
        if target is None and sys.stdout.isatty():
            raise UsageError("cli.binary", command=f"logbook {context.command} … -o FILE")
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    _put(str(target), content)


def workbook(sheets: Sequence[Sheet], context: Context) -> bytes:
    """Sheets as an XLSX file. UsageError ``cli.too-long`` for what the format cannot hold."""
    from logbook.core.errors import UsageError
    from logbook.render import workbook as writing

    try:
        return writing.workbook(sheets, created=context.session.now)
    except writing.TooLong as error:
        raise UsageError("cli.too-long", place=error.place) from error


def read_from(source: str) -> tuple[str, bytes]:
    """The bytes of a file, or of standard input for ``-``."""
    if source == "-":
        return "-", sys.stdin.buffer.read()
    try:
        with open(source, "rb") as file:
            return source, file.read()
    except (OSError, ValueError) as error:  # ValueError: a name no file can have
        from logbook.core.errors import Refused

        why = getattr(error, "strerror", None) or str(error)
        raise Refused(
            [Issue("book.file-missing", {"path": source, "why": why}, path=source)]
        ) from error
