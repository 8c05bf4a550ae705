"""Commands for the auditor: the whole trail, a checkpoint, a sample, the monthly review."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from logbook.cli import output
from logbook.cli.checking import ISSUE_FORMATS
from logbook.cli.context import Context
from logbook.cli.context import format_option
from logbook.cli.context import passes_context
from logbook.cli.context import with_globals
from logbook.cli.words import Command
from logbook.cli.words import Option
from logbook.core.errors import UsageError
from logbook.core.text import Text

if TYPE_CHECKING:
    from logbook.operations.audit.run import Audit
    from logbook.store.receipts import Receipts

# Of findings of one kind more are counted, not shown (json has all of them).
MOST_ALIKE = 10


@click.command(
    "audit",
    cls=Command,
    epilog="logbook audit\nlogbook audit HEAD~50..HEAD --format json\nlogbook audit --sample 20 --seed 7",
)
@click.argument("span", required=False, metavar="[REV-RANGE]")
@click.option("--full", is_flag=True, cls=Option, text=Text("从头查起，不从检查点", "all, not from the checkpoint"))
@click.option("--checkpoint", is_flag=True, cls=Option, text=Text("没有错误就签检查点", "sign a checkpoint if clean"))
@click.option("--sample", "count", type=int, metavar="N", cls=Option, text=Text("抽查 N 条记录", "draw N records"))
@click.option("--seed", default="1", metavar="TEXT", cls=Option, text=Text("抽样的种子", "the seed of the sample"))
@click.option("--form", "form", metavar="FORM", cls=Option, text=Text("只抽这种表单", "sample of this form only"))
@click.option(
    "--review", "month", metavar="MONTH", cls=Option, text=Text("登记这个月的审核记录", "record the review of a month")
)
@click.option(
    "--receipts",
    "log_file",
    metavar="FILE",
    cls=Option,
    text=Text("共享库的回执（默认用取来的）", "the shared copy's receipts (default: as fetched)"),
)
@click.option("--rules", is_flag=True, cls=Option, text=Text("列出审核规则", "list the rules"))
@format_option(ISSUE_FORMATS, "table")
@passes_context
def audit_command(
    context: Context,
    span: str | None,
    full: bool,
    checkpoint: bool,
    count: int | None,
    seed: str,
    form: str | None,
    month: str | None,
    log_file: str | None,
    rules: bool,
    format_: str,
) -> int:
    if rules:
        _print_rules(context)
        return 0
    since, tip = _span(span)
    if count is not None:
        return _sample(context, count, seed, tip, form, format_)
    from logbook.operations.audit import checkpoints
    from logbook.operations.audit.run import audit

    session = context.session
    begun = None
    if span is None and not full:
        head = session.repository.head()
        begun = checkpoints.last_good(session, head) if head else None
    label = context.catalogue.say("audit.reviewing")
    with output.progress(context, 0, label) as step:
        start = since or (begun.commit if begun else None)
        done = audit(session, tip=tip, since=start, log=_receipts(context, log_file), progress=step)
    if month is None:  # with --review the number of the record is the answer
        _print(context, done, format_)
    say = context.catalogue.say
    if begun is not None:
        output.note(context, say("audit.since", tag=begun.tag, commit=begun.commit[:10]))
    warnings = len(done.findings) - done.errors
    told = {"commits": done.commits, "records": done.records, "errors": done.errors, "warnings": warnings}
    output.note(context, say("audit.found" if done.findings else "audit.clean", **told))
    if month is not None:
        from logbook.operations.audit.review import review

        written = review(session, month, errors=done.errors, warnings=warnings, by=context.choices.by)
        output.result(written.record.id)
    if checkpoint:
        made = checkpoints.write(session, done, by=context.choices.by)
        output.note(context, say("audit.checkpoint-set", tag=made.tag, commit=made.commit[:10], records=made.records))
    return 1 if done.errors else 0


def _receipts(context: Context, file: str | None) -> Receipts | None:
    """When the shared copy got what: from the file named, else what this repository knows of it."""
    from pathlib import Path

    from logbook.store import receipts

    return receipts.read_file(Path(file)) if file is not None else receipts.read(context.session.repository)


def _span(span: str | None) -> tuple[str | None, str | None]:
    """Where to begin (after that commit) and where to end, of what Git would call a range."""
    if span is None:
        return None, None
    start, dots, end = span.partition("..")
    if end.startswith(".") or (dots and not (start or end)) or span.startswith("-"):
        raise UsageError("audit.range", found=span)
    return (start or None, end or "HEAD") if dots else (None, start)


def _print(context: Context, done: Audit, format_: str) -> None:
    from logbook.render.findings import NAMES
    from logbook.render.findings import cells
    from logbook.render.findings import finding_json
    from logbook.render.findings import finding_lines
    from logbook.render.tables import Column

    catalogue, zone = context.catalogue, context.session.zone
    if format_ == "table":
        alike: dict[tuple[str, str], int] = {}
        for one in done.findings:
            key = (one.rule, one.code)
            alike[key] = alike.get(key, 0) + 1
            if alike[key] <= MOST_ALIKE:
                for line in finding_lines(one, catalogue, zone):
                    output.result(line)
        for (rule, code), number in alike.items():
            if number > MOST_ALIKE:
                output.note(context, catalogue.say("cli.more", count=number - MOST_ALIKE, rule=f"{rule} {code}"))
        _print_people(context, done)
        _print_delays(context, done)
        return
    shaped = [finding_json(one, catalogue, zone) for one in done.findings]
    if output.for_programs(format_, shaped, dict.fromkeys(str(one["id"]) for one in shaped if one["id"])):
        return
    output.rows(context, format_, [Column(name) for name in NAMES], cells(shaped))


def _print_people(context: Context, done: Audit) -> None:
    """Who enters late, and how often (A5)."""
    late = sorted((one for one in done.people.items() if one[1].late), key=lambda one: (-one[1].rate, one[0]))
    if not late:
        return
    output.result(f"{context.catalogue.say('audit.people')}:")
    for person, one in late:
        longest = context.catalogue.words(one.longest)
        output.result(f"    {person}  {one.late}/{one.entries}  {one.rate:.0%}  ≤ {longest}")


def _print_delays(context: Context, done: Audit) -> None:
    """How long the commits of each desk took to reach the shared copy (A6)."""
    if not done.delays:
        return
    words = context.catalogue.words
    output.result(f"{context.catalogue.say('audit.delays')}:")
    for desk, found in sorted(done.delays.items()):
        spans = sorted(found)
        output.result(f"    {desk}  {len(spans)}  ~ {words(spans[len(spans) // 2])}  ≤ {words(spans[-1])}")


def _print_rules(context: Context) -> None:
    from logbook.core.findings import RULES

    for code, text in RULES.items():
        output.result(f"{code:<4}{text.say(context.lang)}")


def _sample(context: Context, count: int, seed: str, tip: str | None, form: str | None, format_: str) -> int:
    """The tick sheet: what was drawn, and room for what was seen."""
    from logbook.operations.audit.sample import sample
    from logbook.render.findings import tick_sheet
    from logbook.render.tables import Column

    session = context.session
    name = session.form(form).name if form is not None else None
    drawn = sample(session, count, seed, tip=tip, form=name)
    names = ("id", "form", "at", "by", "status", "title", "path")
    if format_ in output.OBJECTS:
        output.objects(format_, ({name: getattr(one, name) for name in names} for one in drawn))
        return 0
    zh = context.lang == "zh"
    ticks = ("有原件", "内容相符", "时间相符", "签字") if zh else ("paper", "agrees", "times", "signed")
    heads = (*names[:6], *ticks)
    rows = ([*(getattr(one, name) for name in names[:6]), *("[ ]",) * len(ticks)] for one in drawn)
    if format_ == "table":
        output.result(tick_sheet(heads, rows))
    else:
        output.rows(context, format_, [Column(name) for name in heads], rows)
    output.note(context, context.catalogue.say("audit.ticked", seed=seed))
    return 0


COMMANDS = {command.name or "": with_globals(command) for command in (audit_command,)}
