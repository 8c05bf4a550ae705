"""The command that prints forms: render."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import click

from logbook.cli import completing
from logbook.cli import output
from logbook.cli.context import Context
from logbook.cli.context import passes_context
from logbook.cli.context import rev_option
from logbook.cli.context import with_globals
from logbook.cli.people import may_see_private
from logbook.cli.people import names
from logbook.cli.people import private_option
from logbook.cli.words import Command
from logbook.cli.words import Option
from logbook.core.errors import UsageError
from logbook.core.text import Text

if TYPE_CHECKING:
    from logbook.core.form import Form
    from logbook.core.lifecycle import State
    from logbook.operations.reading import Loaded

ENDINGS = {".html": "html", ".htm": "html", ".md": "md", ".txt": "text", ".pdf": "pdf", ".docx": "docx"}


@click.command(
    "render",
    cls=Command,
    epilog="logbook render CP-20261122-A003 -o 投诉.html\nlogbook render complaint --blank --format text",
)
@click.argument("target", metavar="ID|FORM", shell_complete=completing.ids)
@click.option("--blank", is_flag=True, cls=Option, text=Text("空白表", "an empty form"))
@click.option(
    "--format",
    "format_",
    cls=Option,
    type=click.Choice(["text", "md", "html", "pdf", "docx"]),
    text=Text("输出格式（默认按文件名，否则 text）", "output format (by the file's name, else text)"),
)
@click.option("-o", "--output", "target_file", metavar="FILE", cls=Option, text=Text("写入文件", "write to a file"))
@private_option
@rev_option
@passes_context
def render_command(
    context: Context, target: str, blank: bool, format_: str | None, target_file: str | None, private: bool
) -> int:
    from logbook.core.definition import find_form
    from logbook.core.issues import Issue
    from logbook.operations import reading

    session = context.session
    private = may_see_private(context, private)
    kind = format_ or next((k for end, k in ENDINGS.items() if (target_file or "").endswith(end)), "text")
    if kind in ("pdf", "docx"):
        raise UsageError("cli.no-pdf", kind=kind)
    found = find_form(session.library, target)
    if not isinstance(found, Issue):
        text = _sheet(context, found, None, kind, private=private, blank=True)
    else:
        loaded = reading.load(session, reading.find(session, target), until=session.now)
        text = filled(context, loaded, kind, private=private, blank=blank)
    output.write_to(target_file, text)
    if target_file and target_file != "-":
        output.note(context, context.catalogue.say("cli.written-to", path=target_file))
    return 0


def filled(context: Context, loaded: Loaded, kind: str, *, private: bool, blank: bool = False) -> str:
    """The sheet of a record, in ``text``, ``md`` or ``html``; with ``private`` what is encrypted is plain where this
    desk can read it. ``blank``: the empty form as this record would fill it."""
    from logbook.core.record import Signature
    from logbook.operations import deriving
    from logbook.operations.signatures import is_stale

    session = context.session
    state = None if blank else loaded.state
    pairs: dict[int, Signature] = {}
    if private and state is not None and session.vault is not None:
        from logbook.operations.secrecy import disclosed

        state = disclosed(session, state)
        pairs = dict(zip(map(id, state.record.signatures), loaded.record.signatures, strict=False))

    def stale(signature: Signature) -> bool:
        return is_stale(loaded.form, loaded.record, pairs.get(id(signature), signature))

    return _sheet(
        context,
        loaded.form,
        state,
        kind,
        private=private,
        blank=blank,
        stale=stale,
        derived=deriving.derived_values(session, loaded.form, loaded.state),
        signing=lambda place: deriving.is_asked(session, loaded.state, place),
    )


def _sheet(
    context: Context, form: Form, state: State | None, kind: str, *, private: bool, blank: bool, **more: Any
) -> str:
    from logbook.render.sheets import sheet

    return sheet(
        form,
        state,
        context.session.library,
        lang=context.lang,
        format=kind,  # type: ignore[arg-type]
        book_name=context.session.book.settings.name,
        now=context.session.now,
        names=names(context),
        private=private,
        blank=blank,
        **more,
    )


COMMANDS = {"render": with_globals(render_command)}
