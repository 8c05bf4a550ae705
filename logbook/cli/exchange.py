"""Records in and out: import, export."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from typing import Any
from typing import cast

import click

from logbook.cli import completing
from logbook.cli import output
from logbook.cli.context import Context
from logbook.cli.context import format_option
from logbook.cli.context import output_option
from logbook.cli.context import passes_context
from logbook.cli.context import rev_option
from logbook.cli.context import with_globals
from logbook.cli.listing import form_and_query
from logbook.cli.noticing import noticing
from logbook.cli.people import may_see_private
from logbook.cli.people import private_option
from logbook.cli.words import Command
from logbook.cli.words import Option
from logbook.cli.words import QueryCommand
from logbook.cli.words import query_words
from logbook.core.errors import UsageError
from logbook.core.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from logbook.core.form import Form
    from logbook.core.record import Stored
    from logbook.operations.importing import Outcome
    from logbook.operations.reading import Loaded


@click.command(
    "import",
    cls=Command,
    epilog="logbook import complaint cases.csv --map at=opendate --map summary=descriptor\n"
    "    --set name=来函人 --step close=closedate --key unique_key",
)
@click.argument("form", shell_complete=completing.forms)
@click.argument("file", metavar="FILE|-")
@click.option(
    "--map", "maps", multiple=True, metavar="FIELD=COLUMN", cls=Option, text=Text("字段取自哪一列", "a field's column")
)
@click.option(
    "--set",
    "sets",
    multiple=True,
    metavar="FIELD=VALUE",
    cls=Option,
    text=Text("空缺时的值", "the value where there is none"),
)
@click.option(
    "--step",
    "steps",
    multiple=True,
    metavar="STEP=COLUMN",
    cls=Option,
    text=Text("步骤发生的时间取自哪一列", "when a step happened"),
)
@click.option(
    "--key", metavar="COLUMN", cls=Option, text=Text("原编号所在列（再次导入不重复）", "the source's own number")
)
@click.option("--sheet", metavar="NAME", cls=Option, text=Text("工作簿里的哪一张表", "which sheet of a workbook"))
@click.option(
    "--dates", metavar="DD/MM/YYYY", cls=Option, text=Text("文件里日期的写法", "how the file writes its days")
)
@click.option("--mapping", metavar="NAME", cls=Option, text=Text("用存好的对照", "use a mapping kept in the book"))
@click.option(
    "--save-mapping", metavar="NAME", cls=Option, text=Text("把这次的对照存进记录簿", "keep this mapping in the book")
)
@click.option("--dry-run", is_flag=True, cls=Option, text=Text("只试不写", "write nothing"))
@format_option(("text", "json"), "text")
@passes_context
def import_command(
    context: Context,
    form: str,
    file: str,
    maps: tuple[str, ...],
    sets: tuple[str, ...],
    steps: tuple[str, ...],
    key: str | None,
    sheet: str | None,
    dates: str | None,
    mapping: str | None,
    save_mapping: str | None,
    dry_run: bool,
    format_: str,
) -> int:
    from logbook.operations import importing
    from logbook.operations import mappings
    from logbook.render.porcelain import issue_json

    session = context.session
    definition = session.form(form)
    plan = importing.Plan(dict(map(_pair, maps)), dict(map(_pair, sets)), [_pair(one) for one in steps], key, dates)
    if save_mapping is not None:
        mappings.check_saving(session, save_mapping)
    kept = mappings.Kept(definition.name, plan, sheet)
    if mapping is not None:
        kept = mappings.together(mappings.read_mapping(session, mapping, definition.name), plan, sheet)
    name, data = output.read_from(file)
    if name.lower().endswith((".xlsx", ".xlsm", ".xls")) or data[:4] == b"PK\3\4":
        from logbook.operations.workbooks import read_workbook

        source = read_workbook(name.rpartition("/")[2], data, definition, sheet=kept.sheet)
    else:
        source = importing.read_source(name.rpartition("/")[2], data)
    plan = kept.plan
    with output.progress(context, len(source.rows), name) as step:
        outcome = importing.run(session, form, source, plan, dry_run=dry_run, progress=step)
    catalogue = context.catalogue
    if format_ == "json":
        told: dict[str, Any] = {
            "added": outcome.added,
            "ids": outcome.ids,
            "known": outcome.known,
            "rejected": [
                {"line": line, "issues": [issue_json(issue, catalogue) for issue in issues]}
                for line, issues in outcome.rejected
            ],
            "warnings": [issue_json(issue, catalogue) for issue in outcome.warnings],
            "fields": [
                {"field": field, "column": column, "sample": outcome.samples.get(field)}
                for field, column in outcome.fields.items()
            ],
            "commit": outcome.commit,
        }
        output.data(told)
    else:
        if dry_run:
            _print_plan(context, definition, outcome)
        for line, issues in outcome.rejected:
            for issue in issues:
                sentence, fix = catalogue.issue(issue)
                cell = issue.args.get("cell")
                place = f"{cell}: " if cell else catalogue.say("cli.line", line=line)
                output.note(context, f"{name}: {place}{issue.field or ''}: {sentence}\n    → {fix}")
        for issue in outcome.warnings:
            sentence, fix = catalogue.issue(issue)
            mark = "注意 " if context.lang == "zh" else "note: "
            output.note(context, f"{name}: {mark}{sentence}\n    → {fix}")
        code = "cli.would-import" if dry_run else "cli.imported"
        output.result(catalogue.say(code, added=outcome.added, known=outcome.known, rejected=len(outcome.rejected)))
    if save_mapping is not None and not dry_run:
        path = mappings.save_mapping(session, save_mapping, kept)
        output.warn(context, "import.mapping-saved", path=path, name=save_mapping)
    return 1 if outcome.rejected else 0


def _print_plan(context: Context, form: Form, outcome: Outcome) -> None:
    """Which column became which field, with an example; the columns that became nothing are not there."""
    from logbook.core.values import shown
    from logbook.render.porcelain import mask
    from logbook.render.tables import Column

    heads = [
        Column("field", Text("字段", "Field")),
        Column("column", Text("文件的列", "Column")),
        Column("sample", Text("例", "Example")),
    ]
    cells = []
    for name, column in outcome.fields.items():
        field = form.fields.get(name)
        if name not in outcome.samples:
            continue
        told = outcome.samples[name]
        label = field.label.say(context.lang) if field is not None else name
        if field is not None and field.private:
            told = "***"
        elif field is not None and not isinstance(told, str):
            told = shown(field, mask(form, {name: told})[name], context.lang)
        cells.append([label, label if column == name else column, told])
    output.rows(context, "table", heads, cells)
    if outcome.ids:
        say = context.catalogue.say
        output.result(say("import.would-be", first=outcome.ids[0], last=outcome.ids[-1]))


def _pair(word: str) -> tuple[str, str]:
    left, sign, right = word.partition("=")
    if not sign or not left:
        raise UsageError("cli.usage", why=word, command="logbook import")
    return left.strip(), right


@click.command("export", cls=QueryCommand, epilog="logbook export complaint at:2026-11 --format csv -o 投诉.csv")
@click.argument("query", nargs=-1, callback=query_words, metavar="[FORM] [QUERY]...", shell_complete=completing.query)
@output_option
@private_option
@rev_option
@format_option(("jsonl", "json", "csv", "tsv", "yaml", "xlsx", "parquet"), "jsonl")
@passes_context
def export_command(context: Context, query: tuple[str, ...], target: str | None, private: bool, format_: str) -> int:
    private = may_see_private(context, private)
    if format_ == "parquet":
        return _parquet(context, query, target, private=private)
    form, words = form_and_query(context, query)
    if target and target.rpartition(".")[2] in ("csv", "tsv", "json", "jsonl", "yaml", "xlsx"):
        explicit = click.get_current_context().get_parameter_source("format_")
        if explicit is not click.core.ParameterSource.COMMANDLINE:
            format_ = target.rpartition(".")[2]
    with noticing(context):
        if format_ == "xlsx":
            output.write_bytes(context, target, _workbook(context, form, words, private))
        else:
            output.write_to(target, _exported(context, form, words, private, format_))
    output.tell_written(context, target)
    return 0


def _exported(context: Context, form: Form | None, words: list[str], private: bool, format_: str) -> str:
    from logbook.core.value import replace
    from logbook.operations import exporting
    from logbook.operations import listing
    from logbook.operations.deriving import with_derived
    from logbook.operations.reading import World
    from logbook.operations.secrecy import disclosed
    from logbook.render.porcelain import dump
    from logbook.render.porcelain import mask
    from logbook.render.porcelain import record_json
    from logbook.render.tables import rows_as
    from logbook.store import codec

    session = context.session
    rows = listing.select(session, form, words, private=private)
    world = World(session)
    if format_ in ("csv", "tsv"):
        loaded = [
            replace(one, state=with_derived(session, one.state, world=world))
            for one in listing.load_rows(session, rows)
        ]
        columns = exporting.columns(form, loaded)

        def lines() -> Iterator[dict[str, Stored]]:
            for one in loaded:
                state = disclosed(session, one.state, words=False) if private else one.state
                fields = dict(state.fields) if private else mask(one.form, state.fields)
                yield exporting.flat_cells(one, fields)

        return "".join(rows_as(format_, columns, lines(), lang=context.lang))
    shaped = (
        record_json(
            disclosed(session, with_derived(session, one.state, world=world), words=False)
            if private
            else with_derived(session, one.state, world=world),
            session.index.clocks(one.row, session.now),
            now=session.now,
            recorded_at=one.row.recorded_at,
            private=private,
        )
        for one in listing.load_rows(session, rows)
    )
    return "".join(dump(format_, shaped, write_yaml=cast("Callable[[dict[str, object]], bytes]", codec.write)))


def _parquet(context: Context, query: tuple[str, ...], target: str | None, *, private: bool) -> int:
    """The whole book as a data set in a folder, renewed by what was committed since: the fleet's, with one site."""
    from pathlib import Path

    from logbook.operations.fleet.exporting import Target
    from logbook.operations.fleet.exporting import export
    from logbook.operations.fleet.exporting import need_library

    need_library()
    if query or target in (None, "-"):
        raise UsageError("cli.parquet", command="logbook export --format parquet -o DIR")
    session = context.session
    site = "book"
    with Target(Path(str(target)).expanduser().absolute()) as folder:
        done = export(session, site, folder.folder, folder.sites.get(site), private=private)
        folder.note(site, done)
    say = context.catalogue.say
    told = say("fleet.exported", sites=1, partitions=done.partitions, records=done.records, path=target)
    output.note(context, told)
    if done.unfit:
        name = session.book.settings.name
        output.note(context, say("fleet.unfit", site=name, count=done.unfit, first=done.first))
    return 0


def _workbook(context: Context, form: Form | None, words: list[str], private: bool) -> bytes:
    """The records as a workbook: a sheet a form, a sheet a list."""
    from logbook.core.value import replace
    from logbook.operations import listing
    from logbook.operations.deriving import with_derived
    from logbook.operations.reading import World
    from logbook.operations.secrecy import disclosed
    from logbook.operations.spreadsheets import sheets_of
    from logbook.operations.workbooks import need_library
    from logbook.render.porcelain import mask

    need_library("xlsxwriter")
    session = context.session
    world = World(session)
    rows = listing.select(session, form, words, private=private)
    by_form: dict[str, list[tuple[Loaded, dict[str, Stored]]]] = {form.name: []} if form is not None else {}
    forms: dict[str, Form] = {form.name: form} if form is not None else {}
    for one in listing.load_rows(session, rows):
        one = replace(one, state=with_derived(session, one.state, world=world))
        state = disclosed(session, one.state, words=False) if private else one.state
        fields = dict(state.fields) if private else mask(one.form, state.fields)
        by_form.setdefault(one.form.name, []).append((one, fields))
        forms.setdefault(one.form.name, session.library.forms.get(one.form.name, one.form))
    sheets = []
    for name, records in by_form.items():
        own = forms[name]
        items = {
            field.id: {item.id: item.label for item in session.library.checklists[field.target[0]].items.values()}
            for field in own.fields.values()
            if field.type == "checklist" and field.target and field.target[0] in session.library.checklists
        }
        sheets += sheets_of(own, records, items, lang=context.lang, zone=session.zone)
    return output.workbook(sheets, context)


COMMANDS = {"import": with_globals(import_command), "export": with_globals(export_command)}
