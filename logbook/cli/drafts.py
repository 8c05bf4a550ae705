"""``logbook drafts``: what was typed and not recorded, listed and dropped."""

from __future__ import annotations

from datetime import datetime

import click

from logbook.cli import output
from logbook.cli.context import Context
from logbook.cli.context import format_option
from logbook.cli.context import passes_context
from logbook.cli.context import with_globals
from logbook.cli.people import names
from logbook.cli.words import Command
from logbook.core.errors import Refused
from logbook.core.issues import Issue
from logbook.core.text import Text
from logbook.operations import drafting

DROP = ("drop", "丢掉")


@click.command("drafts", cls=Command, epilog="logbook drafts\nlogbook drafts drop 1\nlogbook drafts drop all")
@click.argument("words", nargs=-1, metavar="[drop N|all]")
@format_option(("table", "json"), "table")
@passes_context
def drafts_command(context: Context, words: tuple[str, ...], format_: str) -> int:
    if not words:
        return show(context, format_)
    if words[0] not in DROP or len(words) < 2:
        raise click.UsageError(" ".join(words), click.get_current_context())
    known = [kept for kept, running in drafting.everything(context.session) if not running]
    gone = []
    for word in words[1:]:
        if word in ("all", "全部"):
            gone = known
        elif word.isdecimal() and 1 <= int(word) <= len(known):
            gone.append(known[int(word) - 1])
        else:
            raise Refused([Issue("ask.no-draft", {"found": word}, field="drop")])
    for kept in gone:
        drafting.drop(kept)
    output.note(context, context.catalogue.say("ask.dropped", count=len(gone)))
    return 0


def show(context: Context, format_: str = "table") -> int:
    """The drafts of this desk, the newest first; of private fields the names alone."""
    session, name = context.session, names(context)
    known = [kept for kept, running in drafting.everything(session) if not running]
    forms = session.library.forms
    if format_ == "json":
        output.data(
            [
                {"form": kept.form, "record": kept.record, "step": kept.step, "by": kept.by, "at": kept.at,
                 "fields": [path.partition(".")[0].rstrip("+") for path in (*kept.set, *kept.held)]}
                for kept in known
            ]
        )  # fmt: skip
        return 0
    from logbook.render.tables import Column

    heads = [
        Column("n", Text("号", "No."), "int", whole=True),
        Column("form", Text("表单", "Form")),
        Column("at", Text("开始", "Begun"), whole=True),
        Column("by", Text("谁", "Who"), whole=True),
        Column("fields", Text("已填", "Filled")),
    ]
    cells = []
    for number, kept in enumerate(known, 1):
        form = forms.get(kept.form)
        title = form.title.say(context.lang) if form is not None else kept.form
        at = datetime.fromisoformat(kept.at).astimezone(session.zone)
        filled = drafting.labels(form, kept, context.lang)
        what = " ".join(part for part in (title, kept.record, kept.step) if part)
        cells.append([number, what, f"{at:%m-%d %H:%M}", name(kept.by), "、".join(filled)])
    output.rows(context, "table", heads, cells, empty=context.catalogue.say("ask.no-drafts"))
    return 0


COMMANDS = {"drafts": with_globals(drafts_command)}
