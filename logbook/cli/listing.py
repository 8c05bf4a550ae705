"""Commands that list: list, overdue."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING
from typing import Any

import click

from logbook.cli import completing
from logbook.cli import output
from logbook.cli.context import TABLES
from logbook.cli.context import Context
from logbook.cli.context import format_option
from logbook.cli.context import passes_context
from logbook.cli.context import rev_option
from logbook.cli.context import span_options
from logbook.cli.context import with_globals
from logbook.cli.noticing import noticing
from logbook.cli.words import Option
from logbook.cli.words import QueryCommand
from logbook.cli.words import query_words
from logbook.core.errors import Refused
from logbook.core.errors import UsageError
from logbook.core.issues import Issue
from logbook.core.text import Text

if TYPE_CHECKING:
    from logbook.core.form import Form
    from logbook.index.book_index import Row
    from logbook.operations.overdue import Late
    from logbook.render.tables import Column
from logbook.cli.people import HEADER_LABELS
from logbook.cli.people import may_see_private
from logbook.cli.people import names
from logbook.cli.people import private_option
from logbook.cli.people import role_label
from logbook.cli.people import short_due
from logbook.cli.people import slot_label
from logbook.cli.people import status_label

_AT_ONCE = 500  # so many records are asked about together
GENERAL = ("id", "form", "title", "status", "at", "by", "due")


@click.command(
    "list",
    cls=QueryCommand,
    epilog="logbook list complaint level:major is:open\n"
    "logbook list 漏水 at:2026-11\n"
    "logbook list repair room:3-* --sort -at --limit 20",
)
@click.argument("query", nargs=-1, callback=query_words, metavar="[FORM] [QUERY]...", shell_complete=completing.query)
@click.option(
    "--sort",
    metavar="FIELD",
    multiple=True,
    cls=Option,
    text=Text("排序，-字段 为倒序", "sort; -FIELD turns the order"),
)
@click.option("--limit", type=click.IntRange(0, 10**9), cls=Option, text=Text("最多几条", "at most so many"))
@click.option("--columns", metavar="A,B", cls=Option, text=Text("要哪些列", "which columns"))
@span_options
@private_option
@rev_option
@format_option(TABLES, "table")
@passes_context
def list_command(
    context: Context,
    query: tuple[str, ...],
    sort: tuple[str, ...],
    limit: int | None,
    columns: str | None,
    since: str | None,
    until: str | None,
    private: bool,
    format_: str,
) -> int:
    with noticing(context, rules=columns is None or not {"due", "应办"}.isdisjoint(columns.split(","))):
        from logbook.operations import listing

        session = context.session
        private = may_see_private(context, private)
        form, words = form_and_query(context, query)
        order = [part.strip() for one in sort for part in one.split(",") if part.strip()]
        rows = listing.select(session, form, words, sort=order, limit=limit, since=since, until=until, private=private)
        if output.for_programs(format_, record_objects(context, rows, private=private), (row.id for row in rows)):
            return 0
        people = format_ in ("table", "md", "html")
        heads, cells = record_cells(context, form, rows, columns, private=private, people=people)
        title = form.title.say(context.lang) if form else ""
        output.rows(context, format_, heads, cells, title=title, empty=context.catalogue.say("cli.none"))
    return 0


def record_objects(context: Context, rows: Sequence[Row], *, private: bool) -> Iterator[dict[str, object]]:
    """Records as the contract has them."""
    from logbook.operations import listing
    from logbook.operations.deriving import with_derived
    from logbook.operations.reading import World
    from logbook.operations.secrecy import disclosed
    from logbook.render.porcelain import record_json

    session = context.session
    world = World(session)
    for start in range(0, len(rows), _AT_ONCE):
        some = rows[start : start + _AT_ONCE]
        running = session.index.clocks_of(some, session.now)
        for one in listing.load_rows(session, some):
            state = with_derived(session, one.state, world=world)
            if private and session.vault is not None:
                state = disclosed(session, state, words=False)
            clocks = running[one.row.number]
            yield record_json(state, clocks, now=session.now, recorded_at=one.row.recorded_at, private=private)


def record_cells(
    context: Context, form: Form | None, rows: Sequence[Row], columns: str | None, *, private: bool, people: bool
) -> tuple[list[Column], Iterator[list[object]]]:
    """Records as the rows of a table with the wanted columns (``people``: in their words)."""
    wanted = _wanted(form, columns)
    heads = [_column(form, name) for name in wanted]
    return heads, _cells(context, form, rows, wanted, private=private, people=people)


def form_and_query(context: Context, query: Sequence[str]) -> tuple[Form | None, list[str]]:
    """The form and the rest of the words; a form that cannot be read is told of, not searched for."""
    from logbook.operations import listing

    session = context.session
    form, words = listing.form_and_query(session, query)
    if (
        form is None
        and words
        and any(issue.is_error and (issue.path or "").endswith(f"/{words[0]}.yaml") for issue in session.library_issues)
    ):
        session.form(words[0])
    return form, words


def _wanted(form: Form | None, columns: str | None) -> list[str]:
    if not columns:
        return list(form.columns) if form and form.columns else list(GENERAL)
    from logbook.core.formwords import find_field

    wanted = []
    for word in columns.split(","):
        word = word.strip()
        if word in HEADER_LABELS:
            wanted.append(word)
            continue
        found = find_field(form, word) if form is not None else None
        if found is None or isinstance(found, Issue):
            known = [*HEADER_LABELS, *(form.fields if form else ())]
            raise Refused([Issue("book.unknown-column", {"found": word, "known": known}, field="columns")])
        wanted.append(found.id)
    return wanted


def _column(form: Form | None, name: str) -> Column:
    from logbook.render.tables import Column

    if name == "id":
        return Column("id", HEADER_LABELS["id"], "id", whole=True)
    field = form.fields.get(name) if form else None
    if field is not None and name not in ("status",):
        return Column(name, field.label, field.type)
    return Column(name, HEADER_LABELS.get(name, name), "text", whole=name in ("due", "at", "status"))


def _cells(
    context: Context, form: Form | None, rows: Sequence[Row], wanted: Sequence[str], *, private: bool, people: bool
) -> Iterator[list[object]]:
    from logbook.core.moments import from_epoch
    from logbook.core.values import shown
    from logbook.render.porcelain import mask

    session = context.session
    index = session.index
    name_of = names(context)
    lang = context.lang
    dues = index.next_due(rows, session.now) if "due" in wanted else {}
    own = [name for name in wanted if name not in HEADER_LABELS or (form is not None and name in form.fields)]
    values = _values(context, form, rows, own)
    for row, fields in zip(rows, values, strict=True):
        definition = form or session.library.forms.get(row.form)
        if definition is not None and not private:
            fields = mask(definition, fields)
        elif definition is not None and session.vault is not None:
            from logbook.operations.secrecy import disclosed_value

            fields = {
                name: disclosed_value(session, definition, row.id, name, value, words=people)
                for name, value in fields.items()
            }
        line: list[object] = []
        for name in wanted:
            field = definition.fields.get(name) if definition else None
            if name == "due":
                due = dues.get(row.number)
                if due is None:
                    line.append("")
                elif people:
                    line.append(short_due(context, due))
                else:
                    line.append(from_epoch(due, session.zone).isoformat())
            elif name in ("id", "title"):
                line.append(getattr(row, name))
            elif name == "form":
                line.append(definition.title.say(lang) if definition and people else row.form)
            elif name == "status":
                line.append(status_label(definition, row.status, lang) if people else row.status)
            elif name in ("at", "recorded_at"):
                moment = getattr(row, name)
                line.append(moment[:16].replace("T", " ") if people else moment)
            elif name == "by":
                line.append(name_of(row.by) if people else row.by)
            elif field is not None:
                stored = fields.get(name)
                if people and field.type == "staff" and isinstance(stored, str):
                    line.append(name_of(stored))
                else:
                    line.append(shown(field, stored, lang) if people else stored)
            else:
                line.append(fields.get(name) or "")
        yield line


def _values(context: Context, form: Form | None, rows: Sequence[Row], own: Sequence[str]) -> list[dict[str, Any]]:
    """Values for a table: from the index where it holds them, from the records where it does not."""
    from logbook.operations import listing

    if not own:
        return [{} for _ in rows]
    definition = form
    kinds = {definition.fields[n].type for n in own if definition and n in definition.fields}
    if definition is not None and not kinds & {"list", "checklist", "multichoice", "decimal", "money"}:
        held = [n for n in own if definition.fields.get(n) and definition.fields[n].derived_text is None]
        if len(held) == len(own):
            return context.session.index.fields(rows, own)
    loaded = listing.load_rows(context.session, rows)
    forms = context.session.library.forms
    listed = [forms[name] for name in {row.form for row in rows} if name in forms]
    listed = [definition] if definition is not None else listed
    fields = [one.fields[name] for one in listed for name in own if name in one.fields]
    if not any(field.derived_text or field.columns for field in fields):
        return [dict(one.state.fields) for one in loaded]
    from logbook.operations.deriving import with_derived
    from logbook.operations.reading import World

    world = World(context.session)
    return [dict(with_derived(context.session, one.state, world=world).fields) for one in loaded]


@click.command(
    "overdue",
    cls=QueryCommand,
    epilog="logbook overdue\nlogbook overdue --soon 4h\nlogbook overdue duty:patrol_* --expand\n"
    "logbook overdue complaint --format json",
)
@click.argument("query", nargs=-1, callback=query_words, metavar="[FORM] [QUERY]...", shell_complete=completing.query)
@click.option("--soon", metavar="4h", cls=Option, text=Text("还包括这段时间内到期的", "also what falls due by then"))
@click.option(
    "--expand", is_flag=True, cls=Option, text=Text("漏做的职责每一次各占一行", "a row each time a duty was missed")
)
@click.option(
    "--exit-code", is_flag=True, cls=Option, text=Text("有逾期时以 1 退出", "exit with 1 when something is late")
)
@private_option
@rev_option
@format_option(TABLES, "table")
@passes_context
def overdue_command(
    context: Context,
    query: tuple[str, ...],
    soon: str | None,
    expand: bool,
    exit_code: bool,
    private: bool,
    format_: str,
) -> int:
    from logbook.operations.overdue import overdue

    span = soon_span(soon)
    private = may_see_private(context, private)  # no row holds a private value, but a query may ask for one
    with noticing(context, rules=True):
        form_and_query(context, query)
        late = overdue(context.session, query, soon=span, expand=expand, private=private)
        _print_late(context, late, format_)
    if exit_code and any(one.state != "soon" for one in late):
        return 1
    return 0


def _print_late(context: Context, late: Sequence[Late], format_: str) -> None:
    if format_ in output.OBJECTS:
        from logbook.render.porcelain import overdue_json

        output.objects(format_, (overdue_json(one, now=context.session.now) for one in late))
    elif format_ == "ids":
        for one in late:
            if one.id is not None:  # a duty nobody fulfilled has no record
                output.result(one.id)
    else:
        heads, cells = late_cells(context, late, people=format_ in ("table", "md", "html"))
        title = "逾期" if context.lang == "zh" else "Overdue"
        output.rows(context, format_, heads, cells, title=title, empty=context.catalogue.say("cli.nothing-overdue"))


def late_cells(
    context: Context, late: Sequence[Late], *, people: bool
) -> tuple[list[Column], Iterator[list[object]]]:
    """What is late as the rows of a table (``people``: in their words)."""
    from logbook.render.tables import Column

    heads = [
        Column("overdue", Text("逾期", "Late"), whole=True),
        Column("due", Text("应办", "Due"), whole=True),
        Column("id", Text("编号或对象", "Id or subject"), "id", whole=True),
        Column("clock", Text("事项", "What")),
        Column("title", HEADER_LABELS["title"]),
        Column("to", Text("报", "To")),
    ]
    cells: Iterator[list[object]] = (
        [
            _lateness(context, one.overdue_seconds, one.state) if people else one.overdue_seconds,
            short_due(context, int(one.due.timestamp())) if people else one.due.isoformat(),
            one.id or one.subject or "",
            one.label.say(context.lang) if people else one.clock,
            _what(context, one) if people else one.title,
            role_label(context, one.to) if people else one.to,
        ]
        for one in late
    )
    return heads, cells


def _what(context: Context, one: Late) -> str:
    """What a row is about: a record's title; for a duty how often it was missed and when it was last done."""
    if one.kind != "duty":
        return one.title
    from logbook.render.duties import behind

    named = one.title.removeprefix(one.label.say(context.lang)).strip()
    slot = slot_label(context, one.slot)
    if slot == one.label.say(context.lang):
        slot = ""
    told = behind(context.catalogue, one.missed or 0, one.last_done, slot=slot, now=context.session.now)
    return " · ".join(part for part in (named, told) if part)


def _lateness(context: Context, seconds: int, state: str) -> str:
    from logbook.locale.catalogue import duration

    if state == "soon":
        return "将到期" if context.lang == "zh" else "soon"
    if state == "pause_expired":
        return "暂停到期" if context.lang == "zh" else "pause over"
    return duration(timedelta(seconds=seconds), context.lang)


def soon_span(text: str | None) -> timedelta | None:
    """The length of ``--soon``. UsageError ``book.bad-range``."""
    if text is None:
        return None
    from logbook.core.moments import parse_duration

    span = parse_duration(text)
    if span is None:
        raise UsageError("book.bad-range", found=text)
    return span


COMMANDS = {command.name or "": with_globals(command) for command in (list_command, overdue_command)}
