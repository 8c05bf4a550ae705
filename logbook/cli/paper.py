"""The command that prints forms: render."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from logbook.cli import completing
from logbook.cli import output
from logbook.cli.context import Context
from logbook.cli.context import passes_context
from logbook.cli.context import rev_option
from logbook.cli.context import with_globals
from logbook.cli.people import may_see_private
from logbook.cli.people import private_option
from logbook.cli.words import Option
from logbook.cli.words import QueryCommand
from logbook.cli.words import query_words
from logbook.core.errors import Refused
from logbook.core.errors import UsageError
from logbook.core.issues import Issue
from logbook.core.text import Text
from logbook.core.value import frozen

if TYPE_CHECKING:
    from logbook.cli.printing import Printer
    from logbook.core.form import Form
    from logbook.operations.reading import Loaded
    from logbook.render.paper import Sheet

ENDINGS = {".html": "html", ".htm": "html", ".md": "md", ".txt": "text", ".pdf": "pdf", ".docx": "docx"}
SUFFIXES = {"text": "txt", "md": "md", "html": "html", "pdf": "pdf", "docx": "docx"}
MOST = 400  # sheets in one PDF: it is laid out as a whole, about 3 MB of memory a sheet
_SIGNS = (":", "<", ">", "=")


@frozen
class Chosen:
    """What was asked for: forms to print empty, or records; ``words``: they were looked for."""

    forms: tuple[Form, ...] = ()
    records: tuple[Loaded, ...] = ()


@click.command(
    "render",
    cls=QueryCommand,
    epilog="logbook render CP-20261122-A003 -o 投诉.pdf\n"
    "logbook render complaint --blank -o 空白表.pdf\n"
    "logbook render complaint is:open --month 2026-11 --format pdf -o 投诉单/\n"
    "logbook render complaint --register --month 2026-11 -o 投诉台账.pdf\n"
    "logbook render --shift 昨天 --post night -o 夜班.pdf\n"
    "logbook render CP-20261122-A003 --template 公司投诉单.docx -o 投诉.docx",
)
@click.argument(
    "targets", nargs=-1, callback=query_words, metavar="[ID]... | FORM [QUERY]...", shell_complete=completing.ids
)
@click.option("--blank", is_flag=True, cls=Option, text=Text("空白表", "an empty form"))
@click.option(
    "--register", "ledger", is_flag=True, cls=Option, text=Text("台账：每条记录一行", "the ledger: a line a record")
)
@click.option(
    "--month", metavar="2026-11", cls=Option, text=Text("哪个月（或一段时间）的记录", "records of a month or a time")
)
@click.option("--columns", metavar="A,B", cls=Option, text=Text("台账要哪些列", "which columns the ledger has"))
@click.option("--shift", metavar="DAY", cls=Option, text=Text("这一天各班的值班簿", "the shift books of a day"))
@click.option("--post", metavar="POST", cls=Option, text=Text("哪个岗位的班", "the shift of which post"))
@click.option(
    "--format",
    "format_",
    cls=Option,
    type=click.Choice(["text", "md", "html", "pdf", "docx"]),
    text=Text("输出格式（默认按文件名，否则 text）", "output format (by the file's name, else text)"),
)
@click.option(
    "--template", metavar="FILE.docx", cls=Option, text=Text("自己的 Word 模板", "a Word template of one's own")
)
@click.option(
    "-o", "--output", "target_file", metavar="FILE|DIR/", cls=Option,
    text=Text("写入文件；文件夹：每份一个文件", "write to a file; to a folder: one file each"),
)  # fmt: skip
@private_option
@rev_option
@passes_context
def render_command(
    context: Context, targets: tuple[str, ...], blank: bool, ledger: bool, month: str | None, columns: str | None,
    shift: str | None, post: str | None, format_: str | None, template: str | None, target_file: str | None,
    private: bool,
) -> int:  # fmt: skip
    from logbook.cli.printing import Printer

    kind = format_ or ("docx" if template else _kind_of(target_file))
    _fit_together(targets, blank=blank, ledger=ledger, month=month, columns=columns, shift=shift, post=post,
                  kind=kind, template=template)  # fmt: skip
    printer = Printer(context, private=may_see_private(context, private))
    folder = Path(target_file) if target_file and (target_file.endswith("/") or Path(target_file).is_dir()) else None
    if shift is not None:
        _put(printer, _shift_books(printer, shift, post), kind, target_file, folder, bind=True)
        return 0
    if ledger:
        sheet = _ledger(printer, targets, month=month, columns=columns)
        _put(printer, [(_file_name(sheet.foot), [sheet])], kind, target_file, folder, bind=True)
        return 0
    chosen = _chosen(context, targets, blank=blank, month=month)
    if kind == "docx":
        _documents(printer, chosen, template, target_file, folder)
        return 0
    if kind == "pdf" and folder is None and len(chosen.records) > MOST:
        raise UsageError("sheet.too-many", count=len(chosen.records), most=MOST)
    made = _sheets(printer, chosen, blank=blank)
    _put(printer, made, kind, target_file, folder, total=len(chosen.forms) + len(chosen.records))
    return 0


def _kind_of(target: str | None) -> str:
    return next((kind for end, kind in ENDINGS.items() if (target or "").lower().endswith(end)), "text")


def _fit_together(
    targets: Sequence[str], *, blank: bool, ledger: bool, month: str | None, columns: str | None, shift: str | None,
    post: str | None, kind: str, template: str | None,
) -> None:  # fmt: skip
    """Options that say different things; UsageError with what does go together."""
    if shift is None and not targets:
        from logbook.cli.helping import places
        from logbook.cli.words import guessed_language

        raise UsageError("cli.missing", name=places("ID|FORM", guessed_language()), command="logbook render")
    wrong = (
        (shift is not None and bool(targets or blank or ledger or month), "--shift"),
        (post is not None and shift is None, "--post"),
        (ledger and blank, "--register"),
        (columns is not None and not ledger, "--columns"),
        (blank and month is not None, "--blank"),
        (template is not None and kind != "docx", "--template"),
        (kind == "docx" and (ledger or shift is not None), "--format docx"),
    )
    for is_so, option in wrong:
        if is_so:
            raise UsageError("cli.not-together", option=option)


# What is meant


def _chosen(context: Context, words: Sequence[str], *, blank: bool, month: str | None) -> Chosen:
    """Records by their numbers or by a query; forms by their names. Every word that is nothing is told of."""
    from logbook.core.formwords import find_form
    from logbook.operations import listing
    from logbook.operations import reading

    session = context.session
    found = [find_form(session.library, word) for word in words]
    forms = [one for one in found if not isinstance(one, Issue)]
    if len(forms) == len(words) and month is None:
        return Chosen(forms=tuple(forms))
    if forms[:1] == found[:1] or month is not None or any(sign in word for word in words for sign in _SIGNS):
        from logbook.cli.listing import form_and_query

        form, query = form_and_query(context, words)
        rows = listing.select(session, form, query, sort=["at"], since=month, until=month)
        if not rows:
            raise Refused([Issue("sheet.nothing-found", {})])
        return Chosen(records=tuple(listing.load_rows(session, rows)))
    loaded: list[Loaded] = []
    issues: list[Issue] = []
    for word in words:
        try:
            loaded.append(reading.load(session, reading.find(session, word), until=session.now))
        except Refused as refused:
            issues += refused.issues
    if issues:
        raise Refused(issues)
    return Chosen(records=tuple(loaded))


def _sheets(printer: Printer, chosen: Chosen, *, blank: bool) -> Iterator[tuple[str, list[Sheet]]]:
    """Name of a file, and what stands in it."""
    for form in chosen.forms:
        yield form.name, [printer.blank(form)]
    for one in chosen.records:
        yield one.row.id, [printer.blank(one.form) if blank else printer.record(one)]


def _ledger(printer: Printer, words: Sequence[str], *, month: str | None, columns: str | None) -> Sheet:
    from logbook.cli.listing import form_and_query
    from logbook.operations import listing

    context = printer.context
    form, query = form_and_query(context, words)
    if form is None:
        form = context.session.form(words[0])  # says that there is none, and which are near
    rows = listing.select(
        context.session, form, query, sort=["id" if form.register else "at"], since=month, until=month,
        private=printer.private,
    )  # fmt: skip
    period = month or ""
    if month:
        since = listing.bound(context.session, month, end=False)
        until = listing.bound(context.session, month, end=True)
        assert since is not None and until is not None
        period = context.catalogue.say("sheet.months", month=f"{since:%Y-%m}") if since.day == 1 and (
            (until - since).days in (28, 29, 30, 31) and until.day == 1
        ) else f"{since:%Y-%m-%d} — {until:%Y-%m-%d}"  # fmt: skip
    return printer.ledger(form, rows, columns=columns, period=period)


def _shift_books(printer: Printer, day: str, post: str | None) -> Iterator[tuple[str, list[Sheet]]]:
    from logbook.core.moments import parse_day
    from logbook.operations import shifts

    session = printer.session
    on = parse_day(day, now=session.now, zone=session.zone)
    if on is None:
        raise Refused([Issue("shift.no-day", {"found": day}, field="shift")])
    found = shifts.shift_on(session, on, post)
    if not found:
        raise Refused([Issue("shift.no-shift", {"at": day}, field="shift")])
    desk, _ = shifts.desk_of(shifts.posts_in(session), post)
    for one in found:
        if one.start > session.now.timestamp() and len(found) > 1:
            continue
        book = shifts.book_of(session, one, desk=desk)
        yield f"{on.isoformat()}-{one.post}", list(printer.shift(book))


# Where it goes


def _put(
    printer: Printer, made: Iterator[tuple[str, list[Sheet]]] | list[tuple[str, list[Sheet]]], kind: str,
    target: str | None, folder: Path | None, *, total: int = 0, bind: bool = False,
) -> None:  # fmt: skip
    """One file, or one for each in a folder."""
    context = printer.context
    label = context.catalogue.say("sheet.printing")
    count = 0
    with output.progress(context, total, label) as step:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            for count, (name, sheets) in enumerate(made, 1):
                file = folder / f"{_file_name(name)}.{SUFFIXES[kind]}"
                output.write_bytes(context, str(file), _written(printer, sheets, kind))
                step(count)
        else:
            whole: list[Sheet] = []
            for count, (_, sheets) in enumerate(made, 1):
                whole += sheets
                step(count)
            if not whole:
                raise Refused([Issue("sheet.nothing-found", {})])
            content = _written(printer, whole, kind)
            if kind == "pdf" or target not in (None, "-"):
                output.write_bytes(context, target, content)
            else:
                output.write_to(target, content.decode())
    _told(context, target, count, in_folder=folder is not None)


def _written(printer: Printer, sheets: Sequence[Sheet], kind: str) -> bytes:
    if kind == "pdf":
        from logbook.render.sheet_pdf import pdf

        return pdf(sheets, fonts=printer.context.fonts)
    from logbook.render.sheets import bound

    return bound(sheets, kind).encode()


def _documents(
    printer: Printer, chosen: Chosen, template: str | None, target: str | None, folder: Path | None
) -> None:
    """Word documents: by the template given, else the site's for the form."""
    from logbook.render import sheet_docx

    context = printer.context
    makers: dict[str, Callable[[Sheet, dict[str, object]], bytes]] = {}

    def make(form: Form, sheet: Sheet, values: dict[str, object]) -> bytes:
        if form.name not in makers:
            own = printer.session.book.root / "templates" / "site" / f"{form.name}.docx"
            makers[form.name] = sheet_docx.opened(Path(template) if template else own, form.name)
        return makers[form.name](sheet, values)

    jobs: list[tuple[str, Form, Loaded | None]] = [(form.name, form, None) for form in chosen.forms]
    jobs += [(one.row.id, one.form, one) for one in chosen.records]
    if folder is None and len(jobs) > 1:
        raise UsageError("sheet.docx-one", count=len(jobs))
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    with output.progress(context, len(jobs), context.catalogue.say("sheet.printing")) as step:
        for count, (name, form, one) in enumerate(jobs, 1):
            sheet = printer.record(one) if one is not None else printer.blank(form)
            content = make(form, sheet, printer.values(form, one))
            file = str(folder / f"{_file_name(name)}.docx") if folder is not None else target
            output.write_bytes(context, file, content)
            step(count)
    _told(context, target, len(jobs), in_folder=folder is not None)


def _told(context: Context, target: str | None, count: int, *, in_folder: bool) -> None:
    if target and target != "-":
        code = "sheet.written-each" if in_folder else "cli.written-to"
        output.note(context, context.catalogue.say(code, path=target, count=count))


def _file_name(text: str) -> str:
    """A name every file system takes."""
    return "".join(char if char.isalnum() or char in "-_.@" else "-" for char in text).strip("-.") or "sheet"


def filled(context: Context, loaded: Loaded, kind: str, *, private: bool, blank: bool = False) -> str:
    """The sheet of a record, in ``text``, ``md`` or ``html``; with ``private`` what is encrypted is plain where this
    desk can read it. ``blank``: the empty form as this record would fill it."""
    from logbook.cli.printing import Printer
    from logbook.render.sheets import written

    printer = Printer(context, private=private)
    return written(printer.blank(loaded.form) if blank else printer.record(loaded, traced=False), kind)


COMMANDS = {"render": with_globals(render_command)}
