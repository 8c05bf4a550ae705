"""Commands that only read: show, list, overdue, history, forms, sql."""

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
from logbook.cli.context import with_globals
from logbook.cli.noticing import noticing
from logbook.cli.words import Command
from logbook.cli.words import Option
from logbook.core.errors import Refused
from logbook.core.errors import UsageError
from logbook.core.issues import Issue
from logbook.core.text import Text

if TYPE_CHECKING:
    from logbook.core.form import Form
    from logbook.core.form import Library
    from logbook.index.book_index import Row
    from logbook.operations.overdue import Late
    from logbook.render.tables import Column

PRIVATE_ROLES = frozenset(("director", "cs_supervisor", "cs_officer", "front_desk", "night_duty"))
HEADER_LABELS = {
    "id": Text("编号", "Id"),
    "form": Text("表单", "Form"),
    "title": Text("内容", "Title"),
    "status": Text("状态", "Status"),
    "at": Text("时间", "At"),
    "by": Text("办理人", "By"),
    "due": Text("应办", "Due"),
    "recorded_at": Text("记录时间", "Recorded"),
}
GENERAL = ("id", "form", "title", "status", "at", "by", "due")


def private_option(function: Any) -> Any:
    """``--private``."""
    return click.option(
        "--private",
        is_flag=True,
        cls=Option,
        text=Text("显示隐私内容（限有权的岗位）", "show private values (for roles that may)"),
    )(function)


def may_see_private(context: Context, asked: bool) -> bool:
    """Whether private values are shown; Refused when asked for by somebody who may not."""
    if not asked:
        return False
    from logbook.operations.reading import World

    session = context.session
    operator = session.operator()
    allowed = World(session).roles(operator) & PRIVATE_ROLES or session.is_administrator(operator)
    if not allowed:
        raise Refused([Issue("cli.private-role", {"by": operator}, field="private")])
    return True


def record_data(context: Context, word: str, form: str | None = None, *, private: bool = False) -> dict[str, object]:
    """One record in the shape of the contract."""
    from logbook.operations import reading
    from logbook.render.porcelain import record_json

    session = context.session
    session.index.refresh()
    row = reading.find(session, word, form=form)
    row = _as_of(context, row)
    loaded = reading.load(session, row, until=session.now)
    clocks = session.index.clocks(row, session.now)
    shaped: dict[str, object] = record_json(
        loaded.state, clocks, now=session.now, recorded_at=row.recorded_at, private=private
    )
    return shaped


def _as_of(context: Context, row: Row) -> Row:
    found = context.session.index.as_of(row, context.session.now)
    if found is None:
        raise Refused([Issue("record.not-found", {"found": row.id}, field="id")])
    return found


@click.command("show", cls=Command, epilog="logbook show CP-20261122-A003\nlogbook show room/3-502 --format json")
@click.argument("id", shell_complete=completing.ids)
@private_option
@format_option(("text", "json", "yaml"), "text")
@passes_context
def show_command(context: Context, id: str, private: bool, format_: str) -> int:
    private = may_see_private(context, private)
    with noticing(context):
        _show(context, id, private, format_)
    return 0


def _show(context: Context, id: str, private: bool, format_: str) -> None:
    from logbook.operations import reading

    session = context.session
    if format_ != "text":
        value = record_data(context, id, private=private)
        if format_ == "json":
            output.data(value)
        else:
            output.objects("yaml", [value])
        return
    from logbook.render.record_page import record_page

    row = _as_of(context, reading.find(session, id))
    loaded = reading.load(session, row, until=session.now)
    from logbook.operations.sign import is_stale

    output.result(
        record_page(
            loaded.state,
            session.index.clocks(row, session.now),
            lang=context.lang,
            now=session.now,
            zone=session.zone,
            names=names(context),
            private=private,
            stale=lambda signature: is_stale(loaded.form, loaded.record, signature),
        ).rstrip("\n")
    )


def names(context: Context) -> Any:
    """Staff id to name, looked up once each."""
    known: dict[str, str] = {}

    def name(staff: str) -> str:
        if staff not in known:
            rows = context.session.index.find("staff", staff)
            known[staff] = rows[0].title if rows and rows[0].title else staff
        return known[staff]

    return name


@click.command(
    "list",
    cls=Command,
    epilog="logbook list complaint level:major is:open\n"
    "logbook list 漏水 at:2026-11\n"
    "logbook list repair room:3-* --sort -at --limit 20",
)
@click.argument("query", nargs=-1, metavar="[FORM] [QUERY]...", shell_complete=completing.query)
@click.option(
    "--sort",
    metavar="FIELD",
    multiple=True,
    cls=Option,
    text=Text("排序，-字段 为倒序", "sort; -FIELD turns the order"),
)
@click.option("--limit", type=click.IntRange(min=0), cls=Option, text=Text("最多几条", "at most so many"))
@click.option("--columns", metavar="A,B", cls=Option, text=Text("要哪些列", "which columns"))
@click.option("--since", metavar="WHEN", cls=Option, text=Text("从何时起", "from when"))
@click.option("--until", metavar="WHEN", cls=Option, text=Text("到何时止（含）", "until when (included)"))
@private_option
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
    with noticing(context):
        _list(context, query, sort, limit, columns, since, until, private, format_)
    return 0


def _list(
    context: Context,
    query: tuple[str, ...],
    sort: tuple[str, ...],
    limit: int | None,
    columns: str | None,
    since: str | None,
    until: str | None,
    private: bool,
    format_: str,
) -> None:
    from logbook.operations import listing

    session = context.session
    private = may_see_private(context, private)
    form, words = form_and_query(context, query)
    order = [part.strip() for one in sort for part in one.split(",") if part.strip()]
    rows = listing.select(session, form, words, sort=order, limit=limit, since=since, until=until)
    if format_ in ("json", "jsonl", "yaml"):
        from logbook.render.porcelain import record_json

        def shaped() -> Iterator[dict[str, object]]:
            for one in listing.load_rows(session, rows):
                clocks = session.index.clocks(one.row, session.now) if one.form.clocks else []
                yield record_json(one.state, clocks, now=session.now, recorded_at=one.row.recorded_at, private=private)

        output.objects(format_, shaped())
        return
    if format_ == "ids":
        for row in rows:
            output.result(row.id)
        return
    wanted = _wanted(form, columns)
    heads = [_column(form, name) for name in wanted]
    people = format_ in ("table", "md", "html")
    cells = _cells(context, form, rows, wanted, private=private, people=people)
    title = form.title.say(context.lang) if form else ""
    output.rows(context, format_, heads, cells, title=title, empty=context.catalogue.say("cli.none"))


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
    from logbook.core.definition import find_field

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
        line: list[object] = []
        for name in wanted:
            field = definition.fields.get(name) if definition else None
            if name == "due":
                due = dues.get(row.number)
                if due is None:
                    line.append("")
                elif people:
                    line.append(_short_due(context, due))
                else:
                    line.append(from_epoch(due, session.zone).isoformat())
            elif name in ("id", "title"):
                line.append(getattr(row, name))
            elif name == "form":
                line.append(definition.title.say(lang) if definition and people else row.form)
            elif name == "status":
                line.append(_status(definition, row.status, lang) if people else row.status)
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
        held = [n for n in own if definition.fields.get(n) and definition.fields[n].derived is None]
        if len(held) == len(own):
            return context.session.index.fields(rows, own)
    return [dict(one.state.fields) for one in listing.load_rows(context.session, rows)]


def _status(form: Form | None, status: str, lang: str) -> str:
    if status == "voided":
        return "已作废" if lang == "zh" else "void"
    label = form.states.get(status) if form else None
    return label.say(lang) if label else status


def _short_due(context: Context, epoch: int) -> str:
    """A due instant for people: midnight is the end of the day before."""
    from logbook.core.moments import from_epoch

    due = from_epoch(epoch, context.session.zone)
    if due.strftime("%H:%M") == "00:00":
        return from_epoch(epoch - 60, context.session.zone).strftime("%m-%d 24:00")
    return due.strftime("%m-%d %H:%M")


@click.command(
    "overdue", cls=Command, epilog="logbook overdue\nlogbook overdue --soon 4h\nlogbook overdue complaint --format json"
)
@click.argument("query", nargs=-1, metavar="[FORM] [QUERY]...", shell_complete=completing.query)
@click.option("--soon", metavar="4h", cls=Option, text=Text("还包括这段时间内到期的", "also what falls due by then"))
@click.option(
    "--exit-code", is_flag=True, cls=Option, text=Text("有逾期时以 1 退出", "exit with 1 when something is late")
)
@private_option
@format_option(TABLES, "table")
@passes_context
def overdue_command(
    context: Context, query: tuple[str, ...], soon: str | None, exit_code: bool, private: bool, format_: str
) -> int:
    from logbook.operations.overdue import overdue

    span = _span(soon)
    may_see_private(context, private)  # no row of this list holds a private value
    with noticing(context):
        form_and_query(context, query)
        late = overdue(context.session, query, soon=span)
        _print_late(context, late, format_)
    if exit_code and any(one.state != "soon" for one in late):
        return 1
    return 0


def _print_late(context: Context, late: Sequence[Late], format_: str) -> None:
    if format_ in ("json", "jsonl", "yaml"):
        from logbook.render.porcelain import overdue_json

        output.objects(format_, (overdue_json(one, now=context.session.now) for one in late))
    elif format_ == "ids":
        for one in late:
            output.result(one.id or "")
    else:
        from logbook.render.tables import Column

        people = format_ in ("table", "md", "html")
        library = context.session.library
        heads = [
            Column("overdue", Text("逾期", "Late"), whole=True),
            Column("due", Text("应办", "Due"), whole=True),
            Column("id", HEADER_LABELS["id"], "id", whole=True),
            Column("clock", Text("事项", "What")),
            Column("title", HEADER_LABELS["title"]),
            Column("to", Text("报", "To")),
        ]
        cells = (
            [
                _lateness(context, one.overdue_seconds, one.state) if people else one.overdue_seconds,
                _short_due(context, int(one.due.timestamp())) if people else one.due.isoformat(),
                one.id,
                one.label.say(context.lang) if people else one.clock,
                one.title,
                _role(library, one.to, context.lang) if people else one.to,
            ]
            for one in late
        )
        title = "逾期" if context.lang == "zh" else "Overdue"
        output.rows(context, format_, heads, cells, title=title, empty=context.catalogue.say("cli.nothing-overdue"))


def _role(library: Library, role: str | None, lang: str) -> str:
    label = library.roles.get(role) if role else None
    return label.say(lang) if label else role or ""


def _lateness(context: Context, seconds: int, state: str) -> str:
    from logbook.locale.catalogue import duration

    if state == "soon":
        return "将到期" if context.lang == "zh" else "soon"
    return duration(timedelta(seconds=seconds), context.lang)


def _span(text: str | None) -> timedelta | None:
    if text is None:
        return None
    from logbook.core.moments import parse_duration

    span = parse_duration(text)
    if span is None:
        raise UsageError("book.bad-range", found=text)
    return span


@click.command("history", cls=Command, epilog="logbook history CP-20261122-A003")
@click.argument("id", shell_complete=completing.ids)
@private_option
@format_option(TABLES, "table")
@passes_context
def history_command(context: Context, id: str, private: bool, format_: str) -> int:
    from logbook.operations.history import history
    from logbook.render.porcelain import mask_path

    private = may_see_private(context, private)
    form, entries = history(context.session, id)

    def masked(field: str, value: Any) -> Any:
        return value if private or form is None else mask_path(form, field, value)

    if format_ in ("json", "jsonl", "yaml"):
        output.objects(
            format_,
            (
                {
                    "commit": one.commit,
                    "at": one.at.isoformat(),
                    "by": one.by,
                    "author": one.author,
                    "committer": one.committer,
                    "action": one.action,
                    "subject": one.subject,
                    "happened": one.happened,
                    "reason": one.reason,
                    "changes": [
                        {"field": c.field, "from": masked(c.field, c.old), "to": masked(c.field, c.new)}
                        for c in one.changes
                    ],
                }
                for one in entries
            ),
        )
        return 0
    from logbook.render.tables import Column

    if format_ == "ids":
        for one in entries:
            output.result(one.commit)
        return 0
    people = format_ in ("table", "md", "html")
    name_of = names(context)
    heads = [
        Column("at", Text("记录时间", "Recorded"), whole=True),
        Column("by", Text("办理人", "By")),
        Column("action", Text("动作", "Action")),
        Column("field", Text("字段", "Field")),
        Column("from", Text("原值", "From")),
        Column("to", Text("新值", "To")),
        Column("reason", Text("原因", "Reason")),
        Column("commit", Text("提交", "Commit"), "id", whole=True),
    ]

    def cell(name: str, value: Any) -> object:
        field = form.fields.get(name) if form else None
        if people and isinstance(value, str) and (name == "by" or (field is not None and field.type == "staff")):
            return name_of(value)
        return _value(form, name, value, context.lang) if people else value

    lines: list[list[object]] = []
    for one in entries:
        for place, change in enumerate(one.changes or (None,)):
            first = place == 0 or not people
            field = form.fields.get(change.field) if form and change else None
            head = field.label if field else HEADER_LABELS.get(change.field, change.field) if change else ""
            lines.append(
                [
                    (one.at.strftime("%Y-%m-%d %H:%M") if people else one.at.isoformat()) if first else "",
                    (one.author if people else one.by) if first else "",
                    (_action(form, one.action, context.lang) if people else one.action) if first else "",
                    (head if people else change.field) if change else "",
                    cell(change.field, masked(change.field, change.old)) if change else "",
                    cell(change.field, masked(change.field, change.new)) if change else "",
                    (one.reason or "") if first else "",
                    one.commit[:10] if people else one.commit,
                ]
            )
    output.rows(context, format_, heads, lines, title=id)
    return 0


def _action(form: Form | None, action: str, lang: str) -> str:
    words = {
        "add": Text("登记", "add"), "amend": Text("更正", "amend"), "void": Text("作废", "void"),
        "sign": Text("签名", "sign"), "open": Text("编辑", "edit"), "import": Text("导入", "import"),
    }  # fmt: skip
    step = form.steps.get(action) if form else None
    return step.label.say(lang) if step else words[action].say(lang) if action in words else action


def _value(form: Form | None, name: str, value: Any, lang: str) -> str:
    from logbook.core.values import shown

    if value is None:
        return ""
    if form is not None:
        if name == "status":
            return _status(form, str(value), lang)
        if name in form.fields:
            return shown(form.fields[name], value, lang)
    return str(value)


@click.command("forms", cls=Command, epilog="logbook forms\nlogbook forms complaint")
@click.argument("form", required=False, shell_complete=completing.forms)
@format_option(("table", "json", "jsonl", "yaml", "ids", "schema"), "table")
@passes_context
def forms_command(context: Context, form: str | None, format_: str) -> int:
    from logbook.render.porcelain import form_json

    session = context.session
    library = session.library
    width = output.terminal_width()
    if form is None:
        if format_ in ("json", "jsonl", "yaml"):
            output.objects(format_, (form_json(one, brief=True) for one in library.forms.values()))
        elif format_ == "ids":
            for name in library.forms:
                output.result(name)
        else:
            from logbook.render.forms_page import forms_list

            output.result(forms_list(library, context.lang, width=width).rstrip("\n"))
        if session.library_issues:
            output.issues(context, session.library_issues)
        return 0
    found = session.form(form)
    if format_ == "schema":
        from logbook.core.schema import json_schema

        output.data(json_schema(found, library))
    elif format_ == "json":
        output.data(form_json(found))
    elif format_ in ("jsonl", "yaml"):
        output.objects(format_, [form_json(found)])
    elif format_ == "ids":
        for name in found.fields:
            output.result(name)
    else:
        from logbook.render.forms_page import form_page

        output.result(form_page(found, library, context.lang, width=width).rstrip("\n"))
    return 0


@click.command("sql", cls=Command, epilog='logbook sql "select level, count(*) from complaint group by level"')
@click.argument("text", metavar="SELECT")
@private_option
@format_option(("table", "json", "jsonl", "csv", "tsv", "md", "html", "yaml"), "table")
@passes_context
def sql_command(context: Context, text: str, private: bool, format_: str) -> int:
    from logbook.render.tables import Column

    private = may_see_private(context, private)
    heads, rows = context.session.index.sql(text, private=private)
    if format_ in ("json", "jsonl", "yaml"):
        output.objects(format_, (dict(zip(heads, row, strict=True)) for row in rows))
        return 0
    columns = [Column(name) for name in heads]
    output.rows(context, format_, columns, rows, empty=context.catalogue.say("cli.none"))
    return 0


COMMANDS = {
    command.name or "": with_globals(command)
    for command in (show_command, list_command, overdue_command, history_command, forms_command, sql_command)
}
