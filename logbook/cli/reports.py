"""The command report: statistics and summaries, and the month's reports in one folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import click

from logbook.cli import output
from logbook.cli.context import Context
from logbook.cli.context import format_option
from logbook.cli.context import passes_context
from logbook.cli.context import rev_option
from logbook.cli.context import span_options
from logbook.cli.context import with_globals
from logbook.cli.noticing import noticing
from logbook.cli.people import may_see_private
from logbook.cli.people import private_option
from logbook.cli.words import Command
from logbook.cli.words import Option
from logbook.core.errors import Refused
from logbook.core.errors import UsageError
from logbook.core.issues import Issue
from logbook.core.text import Text

if TYPE_CHECKING:
    from logbook.core.reporting import Report

FORMATS = ("table", "json", "jsonl", "csv", "tsv", "md", "html", "pdf", "xlsx")
FILES = ("pdf", "xlsx")
MONTH = "month"
_MONTH = Text("月报", "Monthly reports")


def _names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
    from click.shell_completion import CompletionItem

    from logbook.cli.context import Choices
    from logbook.reports.running import heads

    context = ctx.ensure_object(dict).setdefault("context", Context(Choices()))
    try:
        known = heads(context.session)
    except Exception:  # completion says nothing rather than that something is wrong
        return []
    found = [CompletionItem(one.id, help=one.title.say(context.lang)) for one in known]
    found.append(CompletionItem(MONTH, help=_MONTH.say(context.lang)))
    return [item for item in found if item.value.startswith(incomplete)]


_PERIODS = (
    click.option("--day", metavar="DAY", cls=Option, text=Text("某一天", "a day")),
    click.option("--week", metavar="DAY", cls=Option, text=Text("某天所在的一周", "the week of a day")),
    click.option("--month", metavar="2026-11", cls=Option, text=Text("某个月", "a month")),
    click.option("--quarter", metavar="2026-Q4", cls=Option, text=Text("某个季度", "a quarter")),
    click.option("--year", metavar="2026", cls=Option, text=Text("某一年", "a year")),
    span_options,
)


def period_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """``--day --week --month --quarter --year --since --until``: of which stretch of time a report tells."""
    for option in reversed(_PERIODS):
        function = option(function)
    return function


@click.command(
    "report",
    cls=Command,
    epilog="logbook report\nlogbook report repair_month --month 2026-11\nlogbook report 投诉分析总结 --define\n"
    "logbook report overdue --format html -o overdue.html\nlogbook report month --month 2026-11 -o reports-2026-11",
)
@click.argument("name", required=False, metavar="[NAME]", shell_complete=_names)
@period_options
@click.option("--part", metavar="PART", cls=Option, text=Text("只要其中一张表", "one of its tables only"))
@click.option("--define", is_flag=True, cls=Option, text=Text("写明每个数字怎么来的", "say how every figure is made"))
@click.option("--no-charts", is_flag=True, cls=Option, text=Text("不画图", "no charts"))
@click.option(
    "-o", "target", metavar="FILE", cls=Option, text=Text("写入文件；月报写入文件夹", "into a file; of month: a folder")
)
@private_option
@rev_option
@format_option(FORMATS, "table")
@passes_context
def report_command(
    context: Context,
    name: str | None,
    part: str | None,
    define: bool,
    no_charts: bool,
    target: str | None,
    private: bool,
    format_: str,
    **asked: str | None,
) -> int:
    """Work out a report, or list them all."""
    from logbook.reports import running

    if name is None:
        _list(context, format_)
        return 0
    format_ = _format_for(target, format_, folder=name == MONTH)
    private = may_see_private(context, private)
    with noticing(context, rules=True):
        if name == MONTH:
            _month(context, asked, target, private=private, format_=format_)
            return 0
        report = running.run(context.session, name, asked, private=private)
        if part is not None:
            report = _only(report, part)
        _print(context, report, format_, target, define=define, charts=not no_charts)
    return 0


def _format_for(target: str | None, format_: str, *, folder: bool) -> str:
    """The format a file's ending asks for where no other is given. A file is not called what it is not: a text no
    ``.docx``, a folder no ``.xlsx``. UsageError ``report.ending``."""
    ending = Path(target or "").suffix.lower()[1:]
    taken = ("pdf",) if folder else FORMATS
    source = click.get_current_context().get_parameter_source("format_")
    if ending in taken and source is click.core.ParameterSource.DEFAULT:
        return ending
    office = ("pdf", "xlsx", "xls", "docx", "doc")
    if ending in office and (ending not in taken or ending != format_):
        raise UsageError("report.ending", found=ending, allowed=[one for one in office if one in taken])
    return format_


def _list(context: Context, format_: str) -> None:
    from logbook.render.tables import Column
    from logbook.reports import running

    lang = context.lang
    heads = running.heads(context.session)
    if format_ in output.OBJECTS:
        found = (
            {
                "report": one.id,
                "title": {"zh": one.title.zh, "en": one.title.en},
                "cadence": list(one.cadence),
                "audience": {"zh": one.audience.zh, "en": one.audience.en},
                "due": {"zh": one.due.zh, "en": one.due.en} if one.due else None,
                "pack": one.pack,
            }
            for one in heads
        )
        output.objects(format_, found)
        return
    comma = "、" if lang == "zh" else ", "
    columns = [
        Column("report", Text("报表", "Report"), "id", whole=True),
        Column("title", Text("名称", "Title")),
        Column("cadence", Text("周期", "How often")),
        Column("audience", Text("报", "For")),
        Column("pack", Text("包", "Pack")),
    ]
    cells = (
        [
            one.id,
            one.title.say(lang),
            comma.join(running.cadence_label(word).say(lang) for word in one.cadence),
            one.audience.say(lang),
            one.pack,
        ]
        for one in heads
    )
    output.rows(context, format_, columns, cells, empty=context.catalogue.say("report.none"))


def _only(report: Report, part: str) -> Report:
    from logbook.core.suggest import hint
    from logbook.core.value import replace

    for one in report.parts:
        if part in (one.id, one.title.zh, one.title.en):
            return replace(report, parts=(one,))
    known = [one.id for one in report.parts]
    args = {"word": part, "key": "--part", "allowed": known, "hint": hint(part, known)}
    raise Refused([Issue("report.unknown-word", args, field="part")])


def _print(context: Context, report: Report, format_: str, target: str | None, *, define: bool, charts: bool) -> None:
    from logbook.render import reports as rendering

    lang = context.lang
    if format_ in FILES:
        from logbook.render import report_files

        if format_ == "pdf":
            output.write_bytes(context, target, report_files.pdf([report], lang, fonts=context.fonts))
        else:
            output.write_bytes(context, target, output.workbook(report_files.sheets(report, lang), context))
        return
    if format_ == "json":
        from logbook.render.porcelain import json_text

        content = json_text(rendering.report_json(report)) + "\n"
    elif format_ == "jsonl":
        from logbook.render.porcelain import json_text

        content = "".join(json_text(row) + "\n" for row in rendering.row_objects(report))
    elif format_ == "html":
        content = rendering.html(report, lang)
    elif format_ == "md":
        content = rendering.markdown(report, lang)
    elif format_ == "table":
        width = output.terminal_width() if target is None else None
        content = rendering.text(report, lang, width, define=define, charts=charts) + "\n"
    else:
        first, *rest = report.parts
        content = "".join(rendering.part_rows(first, format_, lang))
        if rest and not context.choices.quiet:
            output.warn(context, "report.one-part", part=first.id, rest=[one.id for one in rest])
    output.write_to(target, content)


def _month(
    context: Context, asked: dict[str, str | None], target: str | None, *, private: bool, format_: str
) -> None:
    from logbook.reports import packing
    from logbook.reports import running

    if not target:
        raise UsageError("report.no-folder")
    session = context.session
    period = running.period_for(session, "month", asked)
    if format_ == "pdf":
        from logbook.render import report_files

        reports = [report for _, report in running.monthly(session, period, private=private) if report is not None]
        if not reports:
            output.note(context, context.catalogue.say("report.packed", count=0, path=target))
            return
        title = f"{_MONTH.say(context.lang)} {period.label.say(context.lang)}"
        output.write_bytes(context, target, report_files.pdf(reports, context.lang, title=title, fonts=context.fonts))
        output.note(context, context.catalogue.say("report.packed", count=len(reports), path=target))
        return
    packed, skipped = packing.pack_month(session, period, Path(target), context.lang, _pages, private=private)
    if skipped:
        names = [one.title.say(context.lang) for one in skipped]
        output.note(context, context.catalogue.say("report.skipped", names=names))
    output.note(context, context.catalogue.say("report.packed", count=packed, path=target))


def _pages(reports: list[tuple[str, Report]], title: str, lang: str) -> dict[str, str]:
    """The files of a folder of reports by name."""
    from logbook.render import reports as rendering

    files: dict[str, str] = {}
    entries = []
    for name, report in reports:
        files[f"{name}.html"] = rendering.html(report, lang, back="index.html")
        entries.append((f"{name}.html", report))
        for part in report.parts:
            if part.rows:
                files[f"csv/{name}.{part.id}.csv"] = "\ufeff" + "".join(rendering.part_rows(part, "csv", lang))
    lines = rendering.head_lines(reports[0][1], lang)[1:] if reports else []
    files["index.html"] = rendering.index_page(title, lines, entries, lang)
    return files


COMMANDS = {"report": with_globals(report_command)}
