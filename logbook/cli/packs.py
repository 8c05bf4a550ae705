"""The command of packs: list, enable, upgrade."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from logbook.cli import asking
from logbook.cli import output
from logbook.cli.context import Context
from logbook.cli.context import format_option
from logbook.cli.context import passes_context
from logbook.cli.context import with_globals
from logbook.cli.words import Command
from logbook.cli.words import Option
from logbook.core.errors import UsageError
from logbook.core.text import Text

if TYPE_CHECKING:
    from logbook.operations.packing import Coming
    from logbook.operations.packing import FileChange
    from logbook.operations.packing import Upgrade

DEEDS = ("list", "enable", "upgrade")


@click.command(
    "packs",
    cls=Command,
    epilog="logbook packs\nlogbook packs enable tower\nlogbook packs upgrade --dry-run\n"
    "logbook packs upgrade --diff --dry-run",
)
@click.argument("deed", required=False, metavar="[enable|upgrade]", type=click.Choice(DEEDS), default="list")
@click.argument("names", nargs=-1, metavar="[PACK]...")
@click.option("--yes", is_flag=True, cls=Option, text=Text("不再询问，直接写入", "write without asking"))
@click.option("--dry-run", is_flag=True, cls=Option, text=Text("只看会改什么", "show what would change"))
@click.option("--diff", is_flag=True, cls=Option, text=Text("逐行列出差别", "show the lines that differ"))
@click.option(
    "--keep",
    multiple=True,
    metavar="FORM|PATH",
    cls=Option,
    text=Text("两边都改过的，以本处为准", "of a file changed on both sides, the book's is right"),
)
@format_option(("table", "json", "jsonl", "yaml", "ids"), "table")
@passes_context
def packs_command(
    context: Context,
    deed: str,
    names: tuple[str, ...],
    yes: bool,
    dry_run: bool,
    diff: bool,
    keep: tuple[str, ...],
    format_: str,
) -> int:
    if (deed == "enable") != bool(names):
        raise UsageError("cli.usage", why=" ".join((deed, *names)), command="logbook packs")
    if deed == "enable":
        return _enable(context, names, format_, yes=yes, dry_run=dry_run)
    if deed == "upgrade":
        return _upgrade(context, keep, format_, yes=yes, dry_run=dry_run, diff=diff)
    return _list(context, format_)


def _list(context: Context, format_: str) -> int:
    from logbook.operations.packing import packs_of

    shown = packs_of(context.session)
    if format_ == "ids":
        for one in shown:
            output.result(one.id)
        return 0
    if format_ != "table":
        output.objects(
            format_,
            (
                {
                    "pack": one.id,
                    "title": {"zh": one.title.zh, "en": one.title.en},
                    "purpose": {"zh": one.purpose.zh, "en": one.purpose.en} if one.purpose else None,
                    "forms": one.forms,
                    "duties": one.duties,
                    "enabled": one.enabled,
                    "since": one.since.isoformat() if one.since else None,
                }
                for one in shown
            ),
        )
        return 0
    from logbook.render.tables import Column

    columns = [
        Column("pack", Text("表单包", "Pack"), "id", whole=True),
        Column("title", Text("名称", "Title"), whole=True),
        Column("since", Text("启用", "Enabled"), whole=True),
        Column("forms", Text("表单", "Forms"), "int"),
        Column("duties", Text("职责", "Duties"), "int"),
        Column("purpose", Text("用途", "For")),
    ]
    rows = [
        [
            one.id,
            one.title,
            one.since.date().isoformat() if one.since else Text("是", "yes") if one.enabled else "",
            one.forms,
            one.duties,
            one.purpose or "",
        ]
        for one in shown
    ]
    output.rows(context, "table", columns, rows)
    return 0


def _enable(context: Context, names: tuple[str, ...], format_: str, *, yes: bool, dry_run: bool) -> int:
    from logbook.operations import packing

    coming = packing.plan_enabling(context.session, names)
    _show_coming(context, coming, format_)
    if dry_run:
        output.note(context, context.catalogue.say("pack.dry"))
        return 0
    if not _agreed(context, yes=yes):
        return 1
    commit = packing.enable(context.session, coming, by=context.choices.by)
    said = context.catalogue.say("pack.done-enable", packs=[pack.id for pack in coming.packs], commit=commit[:12])
    output.note(context, said)
    return 0


def _show_coming(context: Context, coming: Coming, format_: str) -> None:
    if format_ in output.OBJECTS:
        from logbook.render.porcelain import form_json

        output.objects(format_, (form_json(form, brief=True) for form in coming.forms))
        return
    if format_ == "ids":
        for form in coming.forms:
            output.result(form.name)
        return
    from logbook.render.tables import Column

    say = context.catalogue.say
    for pack in coming.packs:
        output.note(context, say("pack.coming", title=pack.title, pack=pack.id, purpose=pack.purpose or ""))
    columns = [
        Column("form", Text("表单", "Form"), "id", whole=True),
        Column("title", Text("名称", "Title")),
        Column("prefix", Text("前缀", "Prefix"), whole=True),
        Column("purpose", Text("用途", "For")),
    ]
    rows = [[one.name, one.title, one.prefix, one.purpose or ""] for one in coming.forms]
    output.rows(context, "table", columns, rows)
    counts = {"forms": len(coming.forms), "duties": coming.duties, "workflows": coming.workflows}
    output.note(context, say("pack.counts", **counts))
    if coming.wakes:
        titles = {form.name: form.title for form in coming.forms}
        output.note(context, say("pack.wakes", forms=[titles.get(name, name) for name in coming.wakes]))
    if coming.waits:
        output.note(context, say("pack.waits", forms=coming.waits))
    output.issues(context, coming.warnings)


def _upgrade(
    context: Context, keep: tuple[str, ...], format_: str, *, yes: bool, dry_run: bool, diff: bool
) -> int:
    from logbook.operations import packing

    planned = packing.plan_upgrade(context.session, keep=keep)
    _show_upgrade(context, planned, format_, diff=diff)
    conflicts = sum(one.change == "conflict" for one in planned.changes)
    wrong = any(one.is_error for one in planned.issues)
    if not planned.files and not planned.kept:
        output.note(context, context.catalogue.say("pack.nothing" if planned.changes else "pack.current"))
    elif dry_run:
        output.note(context, context.catalogue.say("pack.dry"))
    elif not _agreed(context, yes=yes):
        return 1
    else:
        commit = packing.upgrade(context.session, planned, by=context.choices.by) or ""
        output.note(context, context.catalogue.say("pack.done-upgrade", commit=commit[:12]))
    return 1 if conflicts or wrong else 0


def _show_upgrade(context: Context, planned: Upgrade, format_: str, *, diff: bool) -> None:
    from logbook.operations import packing

    if format_ in output.OBJECTS:
        output.objects(format_, map(_change_json, planned.changes))
    elif format_ == "ids":
        for one in planned.changes:
            output.result(one.path)
    elif planned.changes:
        from logbook.render.tables import Column

        columns = [
            Column("path", Text("文件", "File"), "id", whole=True),
            Column("version", Text("版本", "Version"), whole=True),
            Column("lines", Text("行数", "Lines"), whole=True),
            Column("change", Text("处理", "What is done")),
        ]
        say = context.catalogue.say
        rows = [
            [one.path.removeprefix("templates/"), _versions(one), _lines(one), say(f"pack.{one.change}")]
            for one in planned.changes
        ]
        output.rows(context, "table", columns, rows)
    if diff and format_ == "table":
        for one in planned.changes:
            output.result("")
            output.result(packing.difference(context.session, one.path).rstrip("\n"))
    output.issues(context, planned.issues)
    conflicts = sum(one.change == "conflict" for one in planned.changes)
    if conflicts:
        output.warn(context, "pack.conflicts", count=conflicts)


def _versions(one: FileChange) -> str:
    known = [str(version) for version in dict.fromkeys((one.was, one.now)) if version is not None]
    return " → ".join(known)


def _lines(one: FileChange) -> str:
    return " ".join(f"{sign}{count}" for sign, count in zip("+-", one.lines, strict=True) if count)


def _change_json(one: FileChange) -> dict[str, object]:
    return {
        "path": one.path,
        "change": one.change,
        "from": one.was,
        "to": one.now,
        "added": one.lines[0],
        "removed": one.lines[1],
    }


def _agreed(context: Context, *, yes: bool) -> bool:
    """Whether to go on: said beforehand, or asked of a person."""
    if yes:
        return True
    from logbook.store import machine

    if machine.is_interactive() and asking.agreed(context, context.catalogue.say("pack.ask")):
        return True
    output.warn(context, "pack.not-yes")
    return False


COMMANDS = {"packs": with_globals(packs_command)}
