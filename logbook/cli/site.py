"""The read-only site for supervisors and auditors: `site build`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from logbook.cli import output
from logbook.cli.context import Context
from logbook.cli.context import format_option
from logbook.cli.context import passes_context
from logbook.cli.context import rev_option
from logbook.cli.context import with_globals
from logbook.cli.noticing import noticing
from logbook.cli.words import Command
from logbook.cli.words import Group
from logbook.cli.words import Option
from logbook.core.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from logbook.core.sitepages import Page

SUB: dict[str, Text] = {
    "build": Text("把网页写进一个文件夹（只更新有变动的）", "write the pages into a folder (only what changed)"),
}


@click.group("site", cls=Group, below=SUB, epilog="logbook site build /srv/www/logbook")
def site_group() -> None:
    pass


@site_group.command(
    "build", cls=Command, epilog="logbook site build /srv/www/logbook\nlogbook site build site --now 2026-11-22"
)
@click.argument("folder", metavar="DIR")
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    cls=Option,
    text=Text("最多用几个进程（默认有几个核用几个）", "at most so many processes (default: one a core)"),
)
@click.option("--no-reports", is_flag=True, cls=Option, text=Text("不做报表页", "no pages of reports"))
@rev_option
@format_option(("table", "json"), "table")
@passes_context
def site_build(context: Context, folder: str, jobs: int | None, no_reports: bool, format_: str) -> int:
    from logbook.operations.site.build import build
    from logbook.operations.site.target import Target
    from logbook.render.site.pages import Pages

    session, say = context.session, context.catalogue.say
    target = Target(Path(folder).expanduser().resolve(), book=session.book.root)
    with noticing(context, rules=True), target:
        session.index.refresh()
        total = sum(session.index.counts().values())
        with output.progress(context, total, say("site.building")) as step:
            done = build(
                session,
                target,
                Pages(posts=_posts(context)),
                pages=() if no_reports else _report_pages(context),
                processes=jobs,
                step=lambda n, _all: step(n),
            )
    if format_ == "json":
        names = ("commit", "everything", "records", "renewed", "written", "removed")
        output.data({name: getattr(done, name) for name in names})
        return 0
    output.result(str(target.folder / "index.html"))
    output.note(
        context, say("site.built", records=done.renewed, all=done.records, written=done.written, removed=done.removed)
    )
    return 0


def _report_pages(context: Context) -> list[Page]:
    """Every report that has something to show, of its last complete period or as things stand."""
    from logbook.core.sitepages import Page
    from logbook.render.reports import fragment
    from logbook.reports import running

    lang = context.lang
    pages = []
    for head, report in running.latest(context.session):
        label = report.period.label
        title = Text(f"{report.title.zh}（{label.zh}）", f"{report.title.en} ({label.en})")
        pages.append(Page(head.id, title, fragment(report, lang)))
    return pages


def _posts(context: Context) -> Mapping[str, Text]:
    """What the posts of a shift are called."""
    from logbook.core.shiftfile import posts_of

    session = context.session
    return {name: post.label for name, post in posts_of(session.library, session.book.settings.settings).items()}


for _command in site_group.commands.values():
    with_globals(_command)

COMMANDS = {"site": with_globals(site_group)}
