"""Commands about the health of a book: validate, doctor, index."""

from __future__ import annotations

import time
from collections.abc import Sequence

import click

from logbook.cli import completing
from logbook.cli import output
from logbook.cli.context import Context
from logbook.cli.context import format_option
from logbook.cli.context import passes_context
from logbook.cli.context import with_globals
from logbook.cli.words import Command
from logbook.cli.words import Option
from logbook.core.errors import BookError
from logbook.core.issues import Issue
from logbook.core.text import Text

ISSUE_FORMATS = ("table", "json", "jsonl", "csv", "tsv", "md", "html", "yaml", "ids")


@click.command("validate", cls=Command, epilog="logbook validate\nlogbook validate records/complaint --format json")
@click.argument("targets", nargs=-1, metavar="[PATH|ID]...", shell_complete=completing.ids)
@click.option("--staged", is_flag=True, cls=Option, text=Text("只查将要提交的", "only what is about to be committed"))
@format_option(ISSUE_FORMATS, "table")
@passes_context
def validate_command(context: Context, targets: tuple[str, ...], staged: bool, format_: str) -> int:
    from logbook.operations.validating import validate

    with output.progress(context, 0, context.catalogue.say("cli.checking")) as step:
        report = validate(context.session, targets, staged=staged, progress=step)
    _print(context, report.issues, format_)
    errors = sum(issue.is_error for issue in report.issues)
    code = "cli.findings" if report.issues else "cli.valid"
    output.note(
        context,
        context.catalogue.say(
            code,
            records=report.records,
            forms=report.forms,
            errors=errors,
            warnings=len(report.issues) - errors,
        ),
    )
    return 1 if errors else 0


MOST_ALIKE = 10


def _few_of_each(found: list[Issue]) -> tuple[list[Issue], dict[str, int]]:
    """Every error, and of each warning the first ten; how many more there are of it."""
    seen: dict[str, int] = {}
    few = []
    for issue in found:
        if not issue.is_error:
            seen[issue.rule] = seen.get(issue.rule, 0) + 1
            if seen[issue.rule] > MOST_ALIKE:
                continue
        few.append(issue)
    return few, {rule: count - MOST_ALIKE for rule, count in seen.items() if count > MOST_ALIKE}


def _print(context: Context, issues: Sequence[Issue], format_: str) -> None:
    from logbook.render.porcelain import issue_json
    from logbook.render.tables import Column

    found = list(issues)
    if format_ == "table":
        few, more = _few_of_each(found)
        output.issues(context, few, err=False)
        for rule, count in more.items():
            output.note(context, context.catalogue.say("cli.more", count=count, rule=rule))
        return
    catalogue = context.catalogue
    shaped = [issue_json(issue, catalogue) for issue in found]
    if output.for_programs(format_, shaped, dict.fromkeys(str(one["id"]) for one in shaped if one["id"])):
        return
    names = ("path", "line", "id", "rule", "severity", "field", "message", "fix")
    columns = [Column(name) for name in names]
    output.rows(context, format_, columns, ([one[name] for name in names] for one in shaped))


@click.command("doctor", cls=Command, epilog="logbook doctor\nlogbook doctor --machine")
@click.option("--check", is_flag=True, cls=Option, text=Text("只看不修", "look and mend nothing"))
@click.option(
    "--machine", is_flag=True, cls=Option, text=Text("只看这台电脑装了什么、缺什么", "what this machine has and lacks")
)
@format_option(("table", "json"), "table")
@passes_context
def doctor_command(context: Context, check: bool, machine: bool, format_: str) -> int:
    from logbook.operations.doctoring import examine
    from logbook.render.porcelain import issue_json

    catalogue = context.catalogue
    if machine:
        return _print_machine(context, format_)
    try:
        session = context.session
    except BookError as error:
        if error.code in ("book.none", "git.no-git"):  # before there is a book, the machine is what can be looked at
            _print_machine(context, format_)
        raise
    health = examine(session, mend=not check)
    if format_ == "json":
        output.data(
            {
                "facts": dict(health.facts),
                "mended": [issue_json(issue, catalogue) for issue in health.mended],
                "issues": [issue_json(issue, catalogue) for issue in health.issues],
            }
        )
    else:
        for name, value in health.facts:
            output.result(f"{name:<10} {value}")
        for issue in health.mended:
            output.note(context, catalogue.say("cli.mended", what=catalogue.issue(issue)[0]))
        output.issues(context, health.issues)
        if not health.issues:
            output.note(context, catalogue.say("cli.healthy"))
    return 1 if any(issue.is_error for issue in health.issues) else 0


def _print_machine(context: Context, format_: str) -> int:
    from logbook.operations import equipment
    from logbook.render.porcelain import issue_json

    found = equipment.parts()
    issues = equipment.issues(found)
    catalogue = context.catalogue
    if format_ == "json":
        parts = [
            {"name": part.name, "found": part.found or None, "needed": part.needed, "command": part.command or None}
            for part in found
        ]
        output.data({"machine": parts, "issues": [issue_json(issue, catalogue) for issue in issues]})
    else:
        for part in found:
            output.result(f"{part.name:<12} {part.found or catalogue.say('machine.none', command=part.command)}")
        output.issues(context, issues)
    return 1 if any(issue.is_error for issue in issues) else 0


@click.command("index", cls=Command, epilog="logbook index\nlogbook index --rebuild")
@click.option("--rebuild", is_flag=True, cls=Option, text=Text("重建", "build it anew"))
@format_option(("table", "json"), "table")
@passes_context
def index_command(context: Context, rebuild: bool, format_: str) -> int:
    index = context.session.index
    started = time.perf_counter()
    if rebuild:
        index.rebuild()
    spent = int((time.perf_counter() - started) * 1000)
    counts = index.counts()
    if format_ == "json":
        output.data({"place": index.place, "head": index.head, "records": counts, "unreadable": len(index.broken())})
        return 0
    total = sum(counts.values())
    if rebuild:
        output.note(context, context.catalogue.say("cli.rebuilt", records=total, ms=spent))
    output.note(
        context, context.catalogue.say("cli.index", place=index.place, records=total, head=(index.head or "-")[:12])
    )
    for form, count in counts.items():
        output.result(f"{form}\t{count}")
    return 0


COMMANDS = {command.name or "": with_globals(command) for command in (validate_command, doctor_command, index_command)}
