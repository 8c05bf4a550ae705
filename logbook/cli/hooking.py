"""The command of hooks: a shared copy that takes only what keeps the rules, a desk that notices at once."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

import logbook
from logbook.cli import output
from logbook.cli.context import Context
from logbook.cli.context import format_option
from logbook.cli.context import passes_context
from logbook.cli.context import with_globals
from logbook.cli.words import Command
from logbook.cli.words import Option
from logbook.core.errors import LogbookError
from logbook.core.errors import UsageError
from logbook.core.text import Text
from logbook.store import machine

if TYPE_CHECKING:
    from logbook.locale.catalogue import Catalogue
    from logbook.operations.hooking import Interpreter
    from logbook.operations.hooking import Status
    from logbook.operations.receiving import Judgement
    from logbook.operations.receiving import Told
    from logbook.store.git import Repository

# More lines than this nobody reads; the others are counted.
MOST = 20
DEEDS = ("install", "status", "remove", "run")


@click.command(
    "hook",
    cls=Command,
    epilog="logbook hook install\nlogbook hook install /srv/git/cuihu.git\nlogbook hook status /srv/git/cuihu.git",
)
@click.argument("deed", metavar="install|status|remove", type=click.Choice(DEEDS))
@click.argument("where", required=False, metavar="[PATH]")
@click.option("--force", is_flag=True, cls=Option, text=Text("已有的钩子改名保留", "keep a hook that is there aside"))
@click.option(
    "--place",
    type=click.Choice(["plain", "gitea", "gitlab"]),
    cls=Option,
    text=Text("代码托管程序怎么放钩子", "where the Git host looks for hooks"),
)
@format_option(("table", "json"), "table")
@passes_context
def hook_command(
    context: Context, deed: str, where: str | None, force: bool, place: str | None, format_: str
) -> int:
    if deed == "run":
        return _run(context, where)
    from logbook.operations import hooking

    with _repository(context, where) as repository:
        interpreter = _interpreter()
        if deed == "install":
            now = machine.now().astimezone()
            found = hooking.install(repository, interpreter, place=place, force=force, now=now)
        elif deed == "remove":
            found = hooking.remove(repository, interpreter, place=place)
        else:
            found = hooking.status(repository, interpreter, place=place)
    _show(context, found, format_)
    if deed == "install":
        output.note(context, context.catalogue.say("hook.shared-ready" if found.shared else "hook.desk-ready"))
    if deed == "remove":
        output.note(context, context.catalogue.say("hook.removed"))
    return 1 if deed == "status" and not found.good else 0


def _repository(context: Context, where: str | None) -> Repository:
    """The shared copy or the book meant: the path, else ``--book``, else where one stands."""
    from logbook.store.book import find_root
    from logbook.store.git import Repository
    from logbook.store.git import is_bare

    named = where or context.choices.book
    here = Path(named).expanduser().absolute() if named else machine.current_folder()
    if is_bare(here):
        return Repository(here)
    if where is not None and not here.is_dir():
        raise UsageError("hook.nowhere", path=str(here))
    root = find_root(here, given=None if where else context.choices.book, environment=machine.environment())
    return Repository(root)


def _interpreter() -> Interpreter:
    from logbook.operations.hooking import Interpreter

    return Interpreter(sys.executable, os.path.dirname(os.path.dirname(os.path.abspath(logbook.__file__))))


def _show(context: Context, found: Status, format_: str) -> None:
    if format_ == "json":
        from logbook.core.moments import to_text

        output.data(
            {
                "shared": found.shared,
                "good": found.good,
                "hooks": [{"name": one.name, "path": str(one.path), "state": one.state} for one in found.hooks],
                "settings": [{"key": key, "value": value, "good": good} for key, value, good in found.settings],
                "receipts": found.receipts,
                "last_receipt": to_text(found.last) if found.last is not None else None,
                "receipts_whole": found.whole,
            }
        )
        return
    say = context.catalogue.say
    for hook in found.hooks:
        output.result(f"{hook.name:<28}{say(f'hook.state-{hook.state}')}  {hook.path}")
    for key, value, good in found.settings:
        output.result(f"{key:<28}{value or '-'}{'' if good else say('hook.setting-bad')}")
    if found.shared:
        told = "hook.receipts" if found.last is not None else "hook.no-receipts"
        output.result(f"{'refs/logbook/receipts':<28}{say(told, count=found.receipts, last=found.last)}")
        if not found.whole:
            output.result(f"{'':<28}{say('hook.receipts-bad')}")


# --------------------------------------------------------------------------- what Git calls


def _run(context: Context, name: str | None) -> int:
    """Answer Git: 0 lets the push or the commit go on. Whatever goes wrong refuses, in words and without a trace
    of the program on the other side."""
    from logbook.operations.hooking import named

    deed = named(name or "")
    if deed == "pre-commit":
        return _before_commit(context)
    lang: list[str] = []
    room = machine.current_folder()
    try:
        with _shared() as repository:
            room = repository.room
            return _receive(repository, lang) if deed == "pre-receive" else _received(repository)
    except LogbookError as error:
        for line in _sentences(_catalogue(lang), error):
            click.echo(line, err=True)
        return 1
    except Exception:
        log = _log(room)
        code = "hook.crashed" if deed == "pre-receive" else "hook.not-noted"
        click.echo(_catalogue(lang).say(code, log=log), err=True)
        return 1


def _shared() -> Repository:
    """The repository Git speaks of, with the objects that are still in quarantine."""
    from logbook.operations.hooking import umask_of
    from logbook.store.git import Repository
    from logbook.store.git import hook_surroundings

    surroundings = hook_surroundings(machine.environment())
    root = Path(surroundings.setdefault("GIT_DIR", str(machine.current_folder())))
    repository = Repository(root, surroundings=surroundings)
    os.umask(umask_of(repository.local_config("core.sharedRepository")))
    return repository


def _catalogue(lang: Sequence[str]) -> Catalogue:
    from logbook.locale.catalogue import Catalogue

    return Catalogue(lang[0] if lang else "zh")


def _sentences(catalogue: Catalogue, error: LogbookError) -> list[str]:
    sentence, fix = catalogue.error(error)
    return [sentence, *([f"    → {fix}"] if fix else [])]


def _receive(repository: Repository, lang: list[str]) -> int:
    from logbook.operations.receiving import judge
    from logbook.operations.receiving import language
    from logbook.operations.receiving import pushes

    pushed = pushes(sys.stdin.read())
    lang.append(language(repository))
    done = judge(repository, pushed, now=machine.now(), environment=machine.environment())
    lang[:] = [done.lang]
    catalogue = _catalogue(lang)
    for line in told(done, catalogue):
        click.echo(line, err=True)
    return 1 if done.refused else 0


def told(done: Judgement, catalogue: Catalogue) -> list[str]:
    """What whoever pushed reads, a line for a finding."""
    say = catalogue.say
    lines = []
    if done.refused:
        lines.append(say("hook.refused", count=len(done.refused)))
    shown = [*done.refused, *done.warnings][:MOST]
    lines += [_line(one, catalogue) for one in shown]
    left = len(done.refused) + len(done.warnings) - len(shown)
    if left:
        lines.append(say("hook.more", count=left))
    if done.refused:
        who = done.administrator
        lines.append(say("hook.ask", who=who) if who else say("hook.ask-anybody"))
    return lines


def _line(one: Told, catalogue: Catalogue) -> str:
    issue = one.issue
    sentence, fix = catalogue.issue(issue)
    place = " ".join(part for part in (issue.id or issue.path or "", issue.field or "") if part)
    mark = "" if issue.is_error else ("注意 " if catalogue.lang == "zh" else "note: ")
    rule = f"{one.rule} " if one.rule else ""
    commit = f" ({issue.commit[:10]})" if issue.commit else ""
    line = f"{rule}{place + ': ' if place else ''}{mark}{sentence}{commit}{f' → {fix}' if fix else ''}"
    return "".join(char if char.isprintable() else "?" for char in line)


def _received(repository: Repository) -> int:
    from logbook.operations.receiving import note
    from logbook.operations.receiving import pusher_in
    from logbook.operations.receiving import pushes

    who = pusher_in(machine.environment()) or machine.login_name()
    note(repository, pushes(sys.stdin.read()), pusher=who, at=machine.now().astimezone())
    return 0


def _log(room: Path) -> str:
    """Keep what is needed to find our own fault, in the shared copy; its place as seen from there."""
    import traceback

    name = f"error-{machine.now():%Y%m%dT%H%M%SZ}.log"
    try:
        room.mkdir(exist_ok=True)
        (room / name).write_text(
            f"logbook {logbook.__version__}, Python {sys.version.split()[0]}\n{traceback.format_exc()}", "utf-8"
        )
    except OSError:
        return "-"
    return f"{room.name}/{name}"


def _before_commit(context: Context) -> int:
    from logbook.operations.committing import staged
    from logbook.store.git import Repository
    from logbook.store.git import hook_surroundings

    session = context.session
    surroundings = hook_surroundings(machine.environment())
    session.__dict__["repository"] = Repository(session.book.root, surroundings=surroundings)
    issues, findings = staged(session)
    catalogue = context.catalogue
    output.issues(context, issues)
    from logbook.operations.receiving import Told

    for one in findings:
        click.echo(_line(Told(one.rule, one.issue), catalogue), err=True)
    wrong = sum(one.is_error for one in issues) + sum(one.is_error for one in findings)
    if wrong:
        click.echo(catalogue.say("hook.commit-refused", count=wrong), err=True)
    return 1 if wrong else 0


COMMANDS = {"hook": with_globals(hook_command)}
