"""What the commands that show things share: who may see what, names, labels, short moments."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import click

from logbook.cli import output
from logbook.cli.context import Context
from logbook.cli.words import Option
from logbook.core.errors import Refused
from logbook.core.issues import Issue
from logbook.core.text import Text

if TYPE_CHECKING:
    from logbook.core.form import Form
    from logbook.operations.writing import Written

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


def private_option(function: Any) -> Any:
    """``--private``."""
    return click.option(
        "--private",
        is_flag=True,
        cls=Option,
        text=Text("显示隐私内容（限有权的岗位）", "show private values (for roles that may)"),
    )(function)


def sees_private(context: Context) -> bool:
    """Whether the person at work may see private values, without being asked for them."""
    from logbook.operations.reading import World

    session = context.present  # who may is a matter of today, whatever commit is looked at
    operator = session.operator()
    return bool(World(session).roles(operator) & PRIVATE_ROLES) or session.is_administrator(operator)


def may_see_private(context: Context, asked: bool) -> bool:
    """Whether private values are shown; Refused when asked for by somebody who may not."""
    if not asked:
        return False
    if not sees_private(context):
        raise Refused([Issue("cli.private-role", {"by": context.present.operator()}, field="private")])
    return True


def names(context: Context) -> Any:
    """Staff id to name, looked up once each."""
    known: dict[str, str] = {}

    def name(staff: str) -> str:
        if staff not in known:
            rows = context.session.index.find("staff", staff)
            known[staff] = rows[0].title if rows and rows[0].title else staff
        return known[staff]

    return name


def status_label(form: Form | None, status: str, lang: str) -> str:
    if status == "voided":
        return "已作废" if lang == "zh" else "void"
    label = form.states.get(status) if form else None
    return label.say(lang) if label else status


def short_due(context: Context, epoch: int) -> str:
    """A due instant for people: midnight is the end of the day before."""
    from logbook.core.moments import from_epoch

    due = from_epoch(epoch, context.session.zone)
    if due.strftime("%H:%M") == "00:00":
        return from_epoch(epoch - 60, context.session.zone).strftime("%m-%d 24:00")
    return due.strftime("%m-%d %H:%M")


def slot_label(context: Context, slot: str | None) -> str:
    """The time of an occurrence of a duty as people call it."""
    from logbook.render.duties import slot_text

    def posts() -> dict[str, Text]:
        from logbook.core.shiftfile import posts_of

        session = context.session
        return {name: post.label for name, post in posts_of(session.library, session.book.settings.settings).items()}

    return slot_text(context.catalogue, slot, posts)


def role_label(context: Context, role: str | None) -> str:
    """What a role is called; a role the book does not have by its id."""
    label = context.session.library.roles.get(role) if role else None
    return label.say(context.lang) if label else role or ""


def announced(context: Context, written: Written, format_: str) -> bool:
    """Say that a record was written: its warnings, then its JSON or its id on standard output. False when
    the format asks for words beside it."""
    output.issues(context, written.warnings)
    if format_ == "json":
        from logbook.cli.looking import record_data

        output.data(record_data(context, written.record.id, written.form.name))
        return True
    output.result(written.record.id)
    return format_ == "ids"
