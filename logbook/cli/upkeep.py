"""The command that keeps a large book quick: housekeeping, months closed and opened, crowded months in days."""

from __future__ import annotations

import click

from logbook.cli import output
from logbook.cli.context import Context
from logbook.cli.context import format_option
from logbook.cli.context import passes_context
from logbook.cli.context import with_globals
from logbook.cli.words import Command
from logbook.cli.words import Option
from logbook.core.errors import UsageError
from logbook.core.text import Text

DEEDS = ("sparse", "full", "days", "months", "status")


@click.command(
    "upkeep",
    cls=Command,
    epilog="logbook upkeep\nlogbook upkeep sparse --keep 3\nlogbook upkeep full\n"
    "logbook upkeep days repair --month 2026-11\nlogbook upkeep months repair",
)
@click.argument("deed", required=False, metavar="[sparse|full|days|months|status]", type=click.Choice(DEEDS))
@click.argument("form", required=False, metavar="[FORM]")
@click.option(
    "--keep",
    type=click.IntRange(1, 1200),
    metavar="N",
    cls=Option,
    text=Text("sparse：留下最近几个月（默认 3）", "sparse: how many months stay (default 3)"),
)
@click.option(
    "--month",
    multiple=True,
    metavar="YYYY-MM",
    cls=Option,
    text=Text("days、months：只移这个月（可重复）", "days, months: move this month only (repeatable)"),
)
@click.option("--force", is_flag=True, cls=Option, text=Text("不够多也整理", "pack even where little has piled up"))
@format_option(("table", "json"), "table")
@passes_context
def upkeep_command(
    context: Context, deed: str | None, form: str | None, keep: int | None, month: tuple[str, ...], force: bool,
    format_: str,
) -> int:  # fmt: skip
    _check(deed, form, keep, month, force)
    if deed in ("days", "months"):
        return _move(context, deed, form or "", month, format_)
    from logbook.operations import upkeep

    if deed is None:
        kept = upkeep.tidy(context.session, force=force)
        if format_ == "json":
            output.data({"state": kept.state, "loose": kept.loose, "packs": kept.packs, "closed": kept.closed})
        elif force:  # cron wants no mail
            output.note(context, context.catalogue.say(f"upkeep.{kept.state}", loose=kept.loose, packs=kept.packs))
        return 0
    if deed == "sparse":
        found = upkeep.close_months(context.session, keep=keep or upkeep.KEEP)
    elif deed == "full":
        found = upkeep.open_months(context.session)
    else:
        found = upkeep.months(context.session)
    if format_ == "json":
        output.data(
            {"sparse": found.open is not None, "since": found.since, "files": found.files, "records": found.records}
        )
        return 0
    code = "upkeep.all-open" if found.open is None else "upkeep.closed" if found.since else "upkeep.closed-by-hand"
    told = context.catalogue.say(code, since=found.since or "", files=found.files, records=found.records)
    if deed == "status":
        output.result(told)
    else:
        output.note(context, told)
    return 0


def _check(deed: str | None, form: str | None, keep: int | None, month: tuple[str, ...], force: bool) -> None:
    """Each word only where it means something."""
    moves = deed in ("days", "months")
    if moves and form is None:
        raise UsageError("upkeep.which-form", deed=deed)
    odd = [
        name
        for name, given in (
            (form, form is not None and not moves),
            ("--keep", keep is not None and deed != "sparse"),
            ("--month", bool(month) and not moves),
            ("--force", force and deed is not None),
        )
        if given
    ]
    if odd:
        raise UsageError("upkeep.odd-word", word=odd[0], deed=deed or "")


def _move(context: Context, deed: str, form: str, months: tuple[str, ...], format_: str) -> int:
    from logbook.operations import sharding

    done = sharding.move(context.session, form, by_day=deed == "days", months=months)
    if format_ == "json":
        output.data({"form": done.form, "by": done.by, "moved": done.moved, "months": list(done.months),
                     "commit": done.commit})  # fmt: skip
        return 0
    code = "upkeep.nothing-moved" if done.commit is None else f"upkeep.by-{done.by}"
    told = {"form": done.form, "count": done.moved, "months": list(done.months)}
    output.note(context, context.catalogue.say(code, **told))
    return 0


COMMANDS = {"upkeep": with_globals(upkeep_command)}
