"""Commands that look at one thing: show, history, forms, sql."""

from __future__ import annotations

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
from logbook.cli.context import with_globals
from logbook.cli.noticing import noticing
from logbook.cli.words import Command
from logbook.cli.words import Option
from logbook.core.errors import Refused
from logbook.core.issues import Issue
from logbook.core.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from logbook.core.form import Field
    from logbook.core.form import Form
    from logbook.index.book_index import Row
from logbook.cli.people import HEADER_LABELS
from logbook.cli.people import may_see_private
from logbook.cli.people import names
from logbook.cli.people import private_option
from logbook.cli.people import status_label


def record_data(context: Context, word: str, form: str | None = None, *, private: bool = False) -> dict[str, object]:
    """One record in the shape of the contract."""
    from logbook.operations import reading
    from logbook.operations.deriving import with_derived
    from logbook.render.porcelain import record_json

    session = context.session
    session.index.refresh()
    row = reading.find(session, word, form=form)
    row = _as_of(context, row)
    loaded = reading.load(session, row, until=session.now)
    clocks = session.index.clocks(row, session.now)
    state = with_derived(session, loaded.state)
    if private and session.vault is not None:
        from logbook.operations.secrecy import disclosed

        state = disclosed(session, state, words=False)
    shaped: dict[str, object] = record_json(
        state, clocks, now=session.now, recorded_at=row.recorded_at, private=private
    )
    if loaded.form.seals is not None:
        from logbook.operations import sealing

        seal = sealing.seal_of(session, loaded.state)
        if seal is not None:
            shaped["seal"] = sealing.summary(seal)
    return shaped


def _as_of(context: Context, row: Row) -> Row:
    found = context.session.index.as_of(row, context.session.now)
    if found is None:
        raise Refused([Issue("record.not-found", {"found": row.id}, field="id")])
    return found


@click.command(
    "show",
    cls=Command,
    epilog="logbook show CP-20261122-A003\nlogbook show CP-20261122-A003 --clocks\n"
    "logbook show room/3-502 --format json",
)
@click.argument("id", shell_complete=completing.ids)
@private_option
@click.option(
    "--clocks",
    "only_clocks",
    is_flag=True,
    cls=Option,
    text=Text("说明每个时限怎样算出", "say how each deadline was counted"),
)
@rev_option
@format_option(("text", "json", "yaml"), "text")
@passes_context
def show_command(context: Context, id: str, private: bool, only_clocks: bool, format_: str) -> int:
    private = may_see_private(context, private)
    with noticing(context, rules=True):
        if only_clocks and format_ == "text":
            _explain(context, id)
        else:
            _show(context, id, private, format_)
    return 0


def _explain(context: Context, id: str) -> None:
    """Each clock of a record in words."""
    from logbook.core.clockwords import explain
    from logbook.operations import reading

    session = context.session
    row = _as_of(context, reading.find(session, id))
    loaded = reading.load(session, row, until=session.now)
    say = context.catalogue.say
    paragraphs = []
    for one in reading.clocks(session, loaded):
        sentences = explain(
            loaded.form,
            loaded.state,
            one,
            definition=session.library.form_at(loaded.form.name, one.version),
            zone=session.zone,
            calendars=session.calendars,
            now=session.now,
        )
        head, *rest = [say(code, **args) for code, args in sentences]
        paragraphs.append("\n".join([head, *(f"  {line}" for line in rest)]))
    output.result("\n\n".join(paragraphs) or say("clock.words-none"))


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
    from logbook.cli.sealed import seal_lines
    from logbook.cli.sealed import without_seal
    from logbook.operations.deriving import with_derived
    from logbook.operations.signatures import is_stale

    state = with_derived(session, loaded.state)
    if private and session.vault is not None:
        from logbook.operations.secrecy import disclosed

        state = disclosed(session, state)
    shown = list(state.record.signatures)
    output.result(
        record_page(
            without_seal(state),
            session.index.clocks(row, session.now),
            lang=context.lang,
            now=session.now,
            zone=session.zone,
            names=names(context),
            private=private,
            # A hash covers what is stored, not what is shown.
            stale=lambda one: is_stale(loaded.form, loaded.record, loaded.state.record.signatures[shown.index(one)]),
        ).rstrip("\n")
    )
    for line in seal_lines(context, row, loaded.state):
        output.result(line)


@click.command("history", cls=Command, epilog="logbook history CP-20261122-A003")
@click.argument("id", shell_complete=completing.ids)
@private_option
@rev_option
@format_option(TABLES, "table")
@passes_context
def history_command(context: Context, id: str, private: bool, format_: str) -> int:
    from logbook.operations.history import history
    from logbook.render.porcelain import mask_path

    private = may_see_private(context, private)
    form, entries = history(context.session, id, private=private)

    def masked(field: str, value: Any) -> Any:
        if not private or form is None:
            return value if form is None else mask_path(form, field, value)
        if context.session.vault is None:
            return value
        from logbook.operations.secrecy import disclosed_value

        words = format_ in ("table", "md", "html")
        return disclosed_value(context.session, form, id.rpartition("/")[2], field, value, words=words)

    if format_ in output.OBJECTS:
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
                        _change_json(c, masked) for c in one.changes
                    ],
                    "recorded_at": one.recorded,
                    "authored_at": one.at.isoformat(),
                    "committed_at": one.committed.isoformat() if one.committed else None,
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
        return value_text(form, name, value, context.lang) if people else value

    lines: list[list[object]] = []
    for one in entries:
        shown = [part for change in one.changes for part in change.inside or (change,)]
        for place, change in enumerate(shown or (None,)):
            first = place == 0 or not people
            head = path_label(form, change.field, context.lang) if change else ""
            lines.append(
                [
                    (one.at.strftime("%Y-%m-%d %H:%M") if people else one.at.isoformat()) if first else "",
                    (one.author if people else one.by) if first else "",
                    (action_label(form, one.action, context.lang) if people else one.action) if first else "",
                    (head if people else change.field) if change else "",
                    cell(change.field, masked(change.field, change.old)) if change else "",
                    cell(change.field, masked(change.field, change.new)) if change else "",
                    (one.reason or "") if first else "",
                    one.commit[:10] if people else one.commit,
                ]
            )
    output.rows(context, format_, heads, lines, title=id)
    return 0


def _change_json(change: Any, masked: Callable[[str, Any], Any]) -> dict[str, object]:
    """One changed value; what changed inside a list or checklist stands under ``parts``."""
    told: dict[str, object] = {
        "field": change.field, "from": masked(change.field, change.old), "to": masked(change.field, change.new),
    }  # fmt: skip
    if change.inside:
        told["parts"] = [_change_json(part, masked) for part in change.inside]
    return told


def path_label(form: Form | None, path: str, lang: str) -> str:
    """What people call the place of a value: ``经过 2 内容`` of ``entries.2.content``."""
    name, *rest = path.split(".")
    field = form.fields.get(name) if form else None
    if field is None:
        label = HEADER_LABELS.get(name, name)
        return " ".join((label.say(lang) if isinstance(label, Text) else label, *rest))
    words = [field.label.say(lang)]
    for word in rest:
        column = field.columns.get(word)
        words.append(column.label.say(lang) if column is not None else word)
    return " ".join(words)


def action_label(form: Form | None, action: str, lang: str) -> str:
    words = {
        "add": Text("登记", "add"), "amend": Text("更正", "amend"), "void": Text("作废", "void"),
        "sign": Text("签名", "sign"), "open": Text("编辑", "edit"), "import": Text("导入", "import"),
    }  # fmt: skip
    from logbook.core.builtin import all_steps

    step = all_steps(form).get(action) if form else None
    return step.label.say(lang) if step else words[action].say(lang) if action in words else action


def value_text(form: Form | None, name: str, value: Any, lang: str) -> str:
    from logbook.core.values import shown

    if value is None:
        return ""
    if form is not None:
        if name == "status":
            return status_label(form, str(value), lang)
        field = _at_path(form, name)
        if field is not None:
            return shown(field, value, lang)
        if isinstance(value, dict):  # a row that came or went
            top = form.fields.get(name.partition(".")[0])
            return "; ".join(_cell(top, word, cell, lang) for word, cell in value.items())
    return str(value)


def _at_path(form: Form, path: str) -> Field | None:
    """The field or column a path names; None for a row, a line of a checklist, and what is no field."""
    name, dot, rest = path.partition(".")
    field = form.fields.get(name)
    if field is None or not dot:
        return field
    return field.columns.get(rest.partition(".")[2])


def _cell(field: Field | None, name: str, value: Any, lang: str) -> str:
    from logbook.core.values import shown

    column = field.columns.get(name) if field is not None else None
    return f"{column.label.say(lang)}: {shown(column, value, lang)}" if column is not None else f"{name}: {value}"


@click.command(
    "forms",
    cls=Command,
    epilog="logbook forms\nlogbook forms complaint\nlogbook forms --pack tower\nlogbook forms --docs pages",
)
@click.argument("form", required=False, shell_complete=completing.forms)
@click.option("--pack", cls=Option, metavar="PACK", text=Text("只看一个表单包", "those of one pack"))
@click.option(
    "--docs",
    cls=Option,
    metavar="DIR",
    text=Text("每种表单写一页说明", "write a page about each form into a folder"),
)
@rev_option
@format_option(("table", "json", "jsonl", "yaml", "md", "ids", "schema"), "table")
@passes_context
def forms_command(context: Context, form: str | None, pack: str | None, docs: str | None, format_: str) -> int:
    session = context.session
    library = session.library
    if pack is not None:
        _known_pack(context, pack)
    if docs is not None:
        return _write_docs(context, docs, form, pack)
    width = output.terminal_width()
    if form is None:
        _list_forms(context, pack, format_, width)
        if session.library_issues:
            output.issues(context, session.library_issues)
        return 0
    found = session.form(form)
    if format_ == "schema":
        from logbook.core.schema import json_schema

        output.data(json_schema(found, library))
    elif format_ in output.OBJECTS:
        from logbook.render.porcelain import form_json

        if format_ == "json":
            output.data(form_json(found))
        else:
            output.objects(format_, [form_json(found)])
    elif format_ == "ids":
        for name in found.fields:
            output.result(name)
    elif format_ == "md":
        from logbook.render.forms_docs import form_markdown

        output.result(form_markdown(found, library, context.lang).rstrip("\n"))
    else:
        from logbook.render.forms_page import form_page

        output.result(form_page(found, library, context.lang, width=width).rstrip("\n"))
    return 0


def _known_pack(context: Context, pack: str) -> None:
    from logbook.core.suggest import hint

    known = list(dict.fromkeys(form.pack for form in context.session.library.forms.values()))
    if pack not in known:
        args = {"found": pack, "known": known, "hint": hint(pack, known)}
        raise Refused([Issue("pack.not-here", args, field="pack")], "cli.usage", why=pack, command="logbook forms")


def _list_forms(context: Context, pack: str | None, format_: str, width: int | None) -> None:
    """The forms of the book, or of one pack."""
    library = context.session.library
    if pack is not None:
        from logbook.core.value import replace

        library = replace(library, forms={name: one for name, one in library.forms.items() if one.pack == pack})
    if format_ in output.OBJECTS:
        from logbook.render.porcelain import form_json

        output.objects(format_, (form_json(one, brief=True) for one in library.forms.values()))
    elif format_ == "ids":
        for name in library.forms:
            output.result(name)
    elif format_ == "md":
        from logbook.render.forms_docs import index_markdown

        output.result(index_markdown(library, context.lang).rstrip("\n"))
    else:
        from logbook.render.forms_page import forms_list

        output.result(forms_list(library, context.lang, width=width).rstrip("\n"))


def _write_docs(context: Context, folder: str, form: str | None, pack: str | None) -> int:
    """A page a form and an index, in the reader's language."""
    from pathlib import Path

    from logbook.core.errors import UsageError
    from logbook.render.forms_docs import by_pack
    from logbook.render.forms_docs import form_markdown
    from logbook.render.forms_docs import index_markdown

    library = context.session.library
    root = Path(folder)
    forms = [context.session.form(form)] if form else [one for its in by_pack(library, pack).values() for one in its]
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError("book.file-missing", path=folder, why=error.strerror or str(error)) from error
    for one in forms:
        output.write_to(str(root / f"{one.name}.md"), form_markdown(one, library, context.lang))
    if form is None:
        output.write_to(str(root / "index.md"), index_markdown(library, context.lang, pack=pack, links=True))
    output.note(context, context.catalogue.say("pack.doc-written", count=len(forms) + (form is None), path=folder))
    return 0


@click.command("sql", cls=Command, epilog='logbook sql "select level, count(*) from complaint group by level"')
@click.argument("text", metavar="SELECT")
@private_option
@rev_option
@format_option(("table", "json", "jsonl", "csv", "tsv", "md", "html", "yaml"), "table")
@passes_context
def sql_command(context: Context, text: str, private: bool, format_: str) -> int:
    from logbook.render.tables import Column

    private = may_see_private(context, private)
    heads, rows = context.session.index.sql(text, private=private)
    if format_ in output.OBJECTS:
        output.objects(format_, (dict(zip(heads, row, strict=True)) for row in rows))
        return 0
    columns = [Column(name) for name in heads]
    output.rows(context, format_, columns, rows, empty=context.catalogue.say("cli.none"))
    return 0


COMMANDS = {
    command.name or "": with_globals(command) for command in (show_command, history_command, forms_command, sql_command)
}
