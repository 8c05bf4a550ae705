"""``sync``: exchange with the other desks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from logbook.cli import output
from logbook.cli.context import Context
from logbook.cli.context import format_option
from logbook.cli.context import passes_context
from logbook.cli.context import with_globals
from logbook.cli.words import Command
from logbook.cli.words import Option
from logbook.core.text import Text

if TYPE_CHECKING:
    from logbook.operations.merging import Mark
    from logbook.operations.syncing import Synced

_SHOWN = 20  # lines about single records before "and so many more"
NEEDS_PERSON = 3


@click.command(
    "sync",
    cls=Command,
    epilog="logbook sync\nlogbook sync --check\nlogbook sync /mnt/share/book.git\n"
    "logbook sync --offline-ok --quiet   # cron",
)
@click.argument("remote", required=False)
@click.option(
    "--check",
    is_flag=True,
    cls=Option,
    text=Text("只看会来什么、去什么，不改动", "say what would come and go, change nothing"),
)
@click.option(
    "--offline-ok",
    is_flag=True,
    cls=Option,
    text=Text("连不上时不算出错（定时任务用）", "no connection is no failure (for cron)"),
)
@format_option(("text", "json"), "text")
@passes_context
def sync_command(context: Context, remote: str | None, check: bool, offline_ok: bool, format_: str) -> int:
    from logbook.operations.syncing import sync

    done = sync(context.session, remote, check=check, offline_ok=offline_ok)
    if format_ == "json":
        output.data(_json(done))
    else:
        _tell(context, done)
    if done.warnings:
        output.issues(context, done.warnings)
    return NEEDS_PERSON if done.state == "unsent" and not offline_ok else 0


def _tell(context: Context, done: Synced) -> None:
    say = context.catalogue.say
    if done.state == "offline":
        output.note(context, say("sync.offline", remote=done.remote, unsent=done.unsent))
        return
    lines = []
    if done.state == "check":
        lines.append(say("sync.would", remote=done.remote, came=len(done.came), went=len(done.went)))
    elif done.state == "unsent":
        lines.append(say("sync.came-only", remote=done.remote, came=len(done.came), unsent=done.unsent))
    elif done.state == "same":
        lines.append(say("sync.same", remote=done.remote))
    else:
        lines.append(say("sync.done", remote=done.remote, came=len(done.came), went=len(done.went)))
    if done.other_came or done.other_went:
        lines.append(say("sync.files", came=len(done.other_came), went=len(done.other_went)))
    if done.both:
        lines.append(say("sync.both", count=len(done.both)))
    for line in lines:
        output.result(line)
    for one in done.renamed:
        output.result(say("sync.renamed", was=one.was, id=one.id, form=one.form))
    told = list(dict.fromkeys(_mark(context, mark) for mark in done.marks))
    for line in told[:_SHOWN]:
        output.result(line)
    if len(told) > _SHOWN:
        output.result(say("sync.more", count=len(told) - _SHOWN))
    for path in done.kept[:_SHOWN]:
        output.result(say("sync.kept", path=path))
    if done.waiting:
        output.warn(context, "sync.waiting", count=done.waiting)
    if done.state == "unsent":
        output.warn(context, "sync.cut", remote=done.remote, unsent=done.unsent, detail=done.detail or "-")


def _mark(context: Context, mark: Mark) -> str:
    label: object = mark.field
    if mark.form is not None:
        form = context.session.library.forms.get(mark.form)
        field = form.fields.get(mark.field.partition(".")[0]) if form is not None else None
        label = field.label if field is not None else mark.field
    what = mark.what if context.catalogue.has(f"sync.mark-{mark.what}") else "value"
    return context.catalogue.say(f"sync.mark-{what}", id=mark.id or "", path=mark.path, label=label)


def _json(done: Synced) -> dict[str, object]:
    """The shape scripts rely on; no value of a record stands in it."""
    return {
        "remote": done.remote,
        "branch": done.branch,
        "state": done.state,
        "head": done.head,
        "merge": done.merge,
        "came": list(done.came),
        "went": list(done.went),
        "other_came": list(done.other_came),
        "other_went": list(done.other_went),
        "both": list(done.both),
        "needs_person": [
            {"what": one.what, "path": one.path, "form": one.form, "id": one.id, "field": one.field or None}
            for one in done.marks
        ],
        "renamed": [
            {"form": one.form, "was": one.was, "id": one.id, "path": one.path} for one in done.renamed
        ],
        "kept": list(done.kept),
        "waiting": done.waiting,
        "unsent": done.unsent,
        "tries": done.tries,
        "warnings": [one.rule for one in done.warnings],
        "detail": done.detail or None,
    }


COMMANDS = {"sync": with_globals(sync_command)}
