"""One report of many sites: a line a site where it has totals, or every row with its site in front."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import click

from logbook.cli import output
from logbook.cli.context import Choices
from logbook.cli.context import Context
from logbook.cli.context import format_option
from logbook.cli.context import passes_context
from logbook.cli.fleetwork import PEOPLE
from logbook.cli.fleetwork import SITE
from logbook.cli.fleetwork import Chosen
from logbook.cli.fleetwork import ask
from logbook.cli.fleetwork import at_site
from logbook.cli.fleetwork import finish
from logbook.cli.fleetwork import fleet_options
from logbook.cli.fleetwork import fresh_option
from logbook.cli.fleetwork import site_cell
from logbook.cli.people import may_see_private
from logbook.cli.people import private_option
from logbook.cli.reports import period_options
from logbook.cli.words import Command
from logbook.cli.words import Option
from logbook.core.text import Text

if TYPE_CHECKING:
    from logbook.core.reporting import Part
    from logbook.operations.fleet.fleetfile import Site
    from logbook.operations.fleet.working import Outcome
    from logbook.render.tables import Column

FORMATS = ("table", "json", "jsonl", "csv", "tsv", "md", "html")


@click.command(
    "report",
    cls=Command,
    epilog="logbook fleet report complaints --month 2026-11\nlogbook fleet report repair_month --rows --format csv",
)
@click.argument("name", metavar="NAME")
@period_options
@click.option("--part", metavar="PART", cls=Option, text=Text("只要其中一张表", "one of its tables only"))
@click.option("--rows", is_flag=True, cls=Option, text=Text("每一行，不只是合计", "every row, not the totals only"))
@fresh_option
@private_option
@format_option(FORMATS, "table")
@passes_context
@fleet_options
def fleet_report(
    context: Context, chosen: Chosen, *, part: str | None, rows: bool, fresh: bool, format_: str, **asked: Any
) -> int:
    outcomes = ask(context, chosen, partial(_report_site, context.choices, asked), fresh=fresh)
    if format_ in output.OBJECTS:
        _print_objects(format_, outcomes, part)
    else:
        _print_parts(context, format_, outcomes, part, rows=rows)
    return finish(context, outcomes)


def _report_site(choices: Choices, asked: dict[str, Any], site: Site, root: Path) -> Any:
    from logbook.reports import running

    with at_site(choices, root) as context:
        private = may_see_private(context, asked["private"])
        periods = {name: value for name, value in asked.items() if name not in ("name", "private")}
        return running.run(context.session, asked["name"], periods, private=private)


def _print_objects(format_: str, outcomes: Sequence[Outcome], part: str | None) -> None:
    from logbook.render.reports import report_json

    def shaped() -> Iterator[dict[str, Any]]:
        for one in outcomes:
            if one.value is not None:
                found: dict[str, Any] = dict(report_json(one.value))
                if part is not None:
                    found["parts"] = [each for each in found["parts"] if each["part"] == part]
                yield {"site": one.site.id, **found}

    output.objects(format_, shaped())


def _print_parts(
    context: Context, format_: str, outcomes: Sequence[Outcome], part: str | None, *, rows: bool
) -> None:
    """Each table of the report, in the order of the first site that has it, with what every site has in it."""
    from logbook.render.reports import columns_for

    lang = context.lang
    by_id: dict[str, list[tuple[Site, Part]]] = {}
    for one in outcomes:
        for each in one.value.parts if one.value is not None else ():
            if part in (None, each.id, each.title.zh, each.title.en):
                by_id.setdefault(each.id, []).append((one.site, each))
    for place, found in enumerate(by_id.values()):
        title = found[0][1].title.say(lang)
        totals_only = not rows and format_ in PEOPLE and all(each.totals is not None for _, each in found)
        heads: dict[str, Column] = {}
        for _, each in found:
            for column, head in zip(each.columns, columns_for(each), strict=True):
                if not (totals_only and column.key):
                    heads.setdefault(head.id, head)
        if format_ == "table":
            output.result(f"\n{title}" if place else title)
        elif place and format_ in ("csv", "tsv"):
            output.result("")
        output.rows(
            context, format_, [_site_head(), *heads.values()],
            _cells(found, list(heads), format_, lang, totals_only=totals_only),
            title=title, empty=context.catalogue.say("cli.none"),
        )  # fmt: skip


def _cells(
    found: Sequence[tuple[Site, Part]], names: Sequence[str], format_: str, lang: str, *, totals_only: bool
) -> Iterator[list[object]]:
    from logbook.render.reports import file_cell
    from logbook.render.reports import shown

    for site, part in found:
        lines = [part.totals] if totals_only and part.totals is not None else part.rows
        for line in lines:
            by_name = {
                column.id: shown(cell, column.type, lang) if format_ in PEOPLE else file_cell(cell)
                for column, cell in zip(part.columns, line, strict=True)
            }
            yield [site_cell(site, format_), *(by_name.get(name, "") for name in names)]


def _site_head() -> Column:
    from logbook.render.tables import Column

    return Column("site", SITE, whole=True)
