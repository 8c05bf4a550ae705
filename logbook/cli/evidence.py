"""Commands for who must prove and who must keep: evidence, retention."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from logbook.cli import completing
from logbook.cli import output
from logbook.cli.context import TABLES
from logbook.cli.context import Context
from logbook.cli.context import format_option
from logbook.cli.context import passes_context
from logbook.cli.context import rev_option
from logbook.cli.context import with_globals
from logbook.cli.noticing import noticing
from logbook.cli.people import status_label
from logbook.cli.words import Command
from logbook.cli.words import Option
from logbook.core.errors import UsageError
from logbook.core.text import Text

if TYPE_CHECKING:
    from datetime import date

    from logbook.operations.retention import FormPeriod
    from logbook.operations.retention import Retention
    from logbook.render.tables import Column


@click.command(
    "retention",
    cls=Command,
    epilog="logbook retention\nlogbook retention complaint --until 2027-12-31\nlogbook retention --by-form --format csv",
)
@click.argument("forms", nargs=-1, metavar="[FORM]...", shell_complete=completing.forms)
@click.option(
    "--until",
    metavar="DAY",
    cls=Option,
    text=Text("到哪一天为止期满的（默认今天）", "those whose period is over on that day (default: today)"),
)
@click.option(
    "--by-form", is_flag=True, cls=Option, text=Text("只看每种表单的期限和条数", "only the period and the counts of each form")
)
@rev_option
@format_option(TABLES, "table")
@passes_context
def retention_command(context: Context, forms: tuple[str, ...], until: str | None, by_form: bool, format_: str) -> int:
    from logbook.operations.retention import retention

    with noticing(context):
        found = retention(context.session, until=_day(context, until), forms=forms)
    say = context.catalogue.say
    if format_ in output.OBJECTS:
        output.objects(format_, _form_objects(found) if by_form else _record_objects(found))
    elif by_form:
        output.rows(context, format_, _form_heads(), _form_rows(context, found, format_))
    else:
        if format_ == "table" and found.forms:
            output.rows(context, format_, _form_heads(), _form_rows(context, found, format_))
            if found.records:
                output.result("")
        _list(context, found, format_)
    day = found.until.isoformat()
    if format_ == "table":
        unset = [one.form.title for one in found.forms if one.keep is None]
        if unset:
            output.warn(context, "retention.unset", forms=unset)
        if found.records:
            output.warn(context, "retention.note", count=len(found.records), day=day)
        else:
            output.note(context, say("retention.none", day=day))
    return 0


def _day(context: Context, text: str | None) -> date | None:
    if text is None:
        return None
    from datetime import timedelta

    from logbook.core.moments import parse_range

    zone = context.session.zone
    found = parse_range(text, now=context.session.now, zone=zone)
    if found is None:
        raise UsageError("book.bad-range", found=text)
    return (found[1].astimezone(zone) - timedelta(seconds=1)).date()


def _record_objects(found: Retention) -> Iterator[dict[str, object]]:
    periods = {one.form.name: one for one in found.forms}
    for one in found.records:
        period = periods[one.form]
        yield {
            "id": one.id,
            "form": one.form,
            "status": one.status,
            "ended": one.ended.isoformat(),
            "keep": _words(period),
            "source": period.source,
            "over": one.over.isoformat() if one.over else None,
        }


def _form_objects(found: Retention) -> Iterator[dict[str, object]]:
    for one in found.forms:
        yield {
            "form": one.form.name,
            "keep": _words(one),
            "source": one.source,
            "open": one.open,
            "closed": one.closed,
            "over": one.over,
            "next": one.next.isoformat() if one.next else None,
        }


def _words(period: FormPeriod) -> str | None:
    """A period as forms write it, whatever the language."""
    keep = period.keep
    if keep is None:
        return None
    return keep.say("en") if keep.n else "permanent"


def _form_heads() -> list[Column]:
    from logbook.render.tables import Column

    return [
        Column("form", Text("表单", "Form")),
        Column("keep", Text("保存期限", "Kept")),
        Column("source", Text("依据", "Said by")),
        Column("open", Text("未结", "Open"), "int"),
        Column("closed", Text("已结", "Closed"), "int"),
        Column("over", Text("期满", "Over"), "int"),
        Column("next", Text("下次期满", "Next"), "date"),
    ]


def _form_rows(context: Context, found: Retention, format_: str) -> Iterator[list[object]]:
    people = format_ in ("table", "md", "html")
    say = context.catalogue.say
    for one in found.forms:
        keep: object = _words(one)
        if people:
            keep = one.keep.say(context.lang) if one.keep is not None else say("retention.not-set")
        source = say(f"retention.source_{one.source}") if people and one.source else one.source or ""
        name: object = one.form.title if people else one.form.name
        yield [name, keep, source, one.open, one.closed, one.over, one.next]


def _list(context: Context, found: Retention, format_: str) -> None:
    from logbook.render.tables import Column

    people = format_ in ("table", "md", "html")
    forms = {one.form.name: one.form for one in found.forms}
    heads = [
        Column("id", Text("编号", "Id"), "id"),
        Column("form", Text("表单", "Form")),
        Column("status", Text("状态", "Status")),
        Column("ended", Text("办结", "Ended"), "date"),
        Column("over", Text("期满", "Over"), "date"),
    ]
    rows = [
        [
            one.id,
            forms[one.form].title if people else one.form,
            status_label(forms[one.form], one.status, context.lang) if people else one.status,
            one.ended,
            one.over,
        ]
        for one in found.records
    ]
    output.rows(context, format_, heads, rows, title=found.until.isoformat())


COMMANDS = {"retention": with_globals(retention_command)}
