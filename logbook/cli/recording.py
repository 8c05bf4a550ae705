"""Commands that write: add, step, amend, void, sign, open."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING
from typing import Any
from typing import cast

import click

from logbook.cli import completing
from logbook.cli import output
from logbook.cli.context import Context
from logbook.cli.context import Function
from logbook.cli.context import format_option
from logbook.cli.context import passes_context
from logbook.cli.context import with_globals
from logbook.cli.people import announced
from logbook.cli.people import sees_private
from logbook.cli.words import Command
from logbook.cli.words import Option
from logbook.core.errors import Refused
from logbook.core.errors import UsageError
from logbook.core.record import Stored
from logbook.core.text import Text

if TYPE_CHECKING:
    from logbook.operations.writing import Written

AT: dict[str, Any] = {
    "cls": Option,
    "metavar": "WHEN",
    "text": Text("发生的时间（默认现在）", "when it happened (default: now)"),
}
REASON: dict[str, Any] = {"cls": Option, "metavar": "TEXT", "text": Text("原因", "why")}
APPROVED: dict[str, Any] = {"cls": Option, "metavar": "STAFF", "text": Text("批准人", "who approved it")}


def when_and_why(function: Function) -> Function:
    """``--at``, ``--reason`` and ``--approved-by`` of what is recorded."""
    function = click.option("--approved-by", **APPROVED)(function)
    return click.option("--at", **AT)(click.option("--reason", **REASON)(function))


STEP: dict[str, Any] = {
    "cls": Option,
    "metavar": "STEP",
    "text": Text("由哪个步骤登记（有几个登记步骤的表单）", "by which step it is made, of a form that has several"),
}
FROM: dict[str, Any] = {
    "cls": Option,
    "metavar": "FILE|-",
    "text": Text("从 YAML 或 JSON 文件读取字段", "read fields from a YAML or JSON file"),
}


@click.command(
    "add",
    cls=Command,
    epilog="logbook add complaint name=王芳 room=3-502 summary=电梯异响\n"
    "logbook add 钥匙借用登记表 钥匙=K-3-502 借用人=李师傅 用途=检修",
)
@click.argument("form", shell_complete=completing.forms)
@click.argument("words", nargs=-1, metavar="[FIELD=VALUE]...", shell_complete=completing.fields)
@click.option("--from", "source", **FROM)
@when_and_why
@click.option("--step", **STEP)
@click.option("--edit", is_flag=True, cls=Option, text=Text("在编辑器里填写", "fill it in in the editor"))
@format_option(("text", "json", "ids"), "text")
@passes_context
def add_command(
    context: Context,
    form: str,
    words: tuple[str, ...],
    source: str | None,
    at: str | None,
    reason: str | None,
    approved_by: str | None,
    step: str | None,
    edit: bool,
    format_: str,
) -> int:
    with _fields_of(source) as given:
        return _add(context, form, words, given, at, reason, approved_by, step, edit=edit, format_=format_)


def _add(
    context: Context,
    form: str,
    words: tuple[str, ...],
    given: Mapping[str, Stored] | None,
    at: str | None,
    reason: str | None,
    approved_by: str | None,
    step: str | None,
    *,
    edit: bool,
    format_: str,
) -> int:
    from logbook.operations import add
    from logbook.store import machine

    session = context.session
    request = add.prepare(
        session, form, words, given=given, at=at, reason=reason, approved_by=approved_by, step=step
    )
    if edit:
        from logbook.cli import prompting

        path, text = prompting.new_text(context, request, given)

        def record(saved: bytes) -> Written:
            filled = prompting.filled_in(saved, path)
            return add.add(
                session,
                add.prepare(
                    session, form, (), given=filled, at=at, reason=reason, approved_by=approved_by, step=step
                ),
            )

        told(context, prompting.edit_until(context, path, text, record), format_, "cli.recorded")
        return 0
    if machine.is_interactive() and not any(issue.is_error for issue in request.changes.issues):
        from logbook.cli import guiding

        written = guiding.add(context, request)
    else:
        written = add.add(session, request)
    told(context, written, format_, "cli.recorded")
    return 0


@click.command(
    "step",
    cls=Command,
    epilog="logbook step CP-20261122-A003 forward forwarded_to=director\n"
    "logbook step CP-20261122-A003 处理完毕 起因=钢丝绳松 处理结果=已更换",
)
@click.argument("id", shell_complete=completing.open_ids)
@click.argument("step", required=False, shell_complete=completing.steps)
@click.argument("words", nargs=-1, metavar="[FIELD=VALUE]...", shell_complete=completing.fields)
@click.option("--from", "source", **FROM)
@when_and_why
@format_option(("text", "json", "ids"), "text")
@passes_context
def step_command(
    context: Context,
    id: str,
    step: str | None,
    words: tuple[str, ...],
    source: str | None,
    at: str | None,
    reason: str | None,
    approved_by: str | None,
    format_: str,
) -> int:
    from logbook.operations.step import step as take
    from logbook.store import machine

    session = context.session
    with _fields_of(source) as given:
        if machine.is_interactive():
            written = _guided_step(context, id, step, words, given, at, reason, approved_by)
            if written is None:
                return 0
        elif step is None:
            raise UsageError("ask.no-terminal-step", id=id)
        else:
            written = take(session, id, step, words, given=given, at=at, reason=reason, approved_by=approved_by)
    told(context, written, format_, "cli.state")
    return 0


def _guided_step(
    context: Context,
    id: str,
    step: str | None,
    words: tuple[str, ...],
    given: Mapping[str, Stored] | None,
    at: str | None,
    reason: str | None,
    approved_by: str | None,
) -> Written | None:
    """Take the step with somebody at hand who can be asked; None where no step was picked."""
    from logbook.cli import guiding
    from logbook.core.formwords import find_step
    from logbook.core.issues import Issue
    from logbook.operations.reading import find
    from logbook.operations.reading import load
    from logbook.operations.step import step as take

    session = context.session
    loaded = load(session, find(session, id))
    found = find_step(loaded.form, step, session.library.settings) if step else guiding.choose_step(context, loaded)
    if found is None:
        return None
    if isinstance(found, Issue):
        return take(session, id, str(step), words, given=given, at=at, reason=reason, approved_by=approved_by)
    return guiding.step(
        context, loaded, found, words, given=given, at=at, reason=reason, approved_by=approved_by
    )


@click.command("amend", cls=Command, epilog="logbook amend CP-20261122-A003 level=major --reason 电梯困人")
@click.argument("id", shell_complete=completing.ids)
@click.argument("words", nargs=-1, metavar="FIELD=VALUE...", shell_complete=completing.fields)
@click.option("--reason", **REASON)
@click.option("--approved-by", **APPROVED)
@format_option(("text", "json", "ids"), "text")
@passes_context
def amend_command(
    context: Context, id: str, words: tuple[str, ...], reason: str | None, approved_by: str | None, format_: str
) -> int:
    from logbook.operations.amend import amend

    told(context, amend(context.session, id, words, reason=reason, approved_by=approved_by), format_, "cli.amended")
    return 0


@click.command("void", cls=Command, epilog="logbook void CP-20261122-A003 --reason 重复登记")
@click.argument("id", shell_complete=completing.ids)
@click.option("--reason", **REASON)
@click.option("--at", **AT)
@click.option("--approved-by", **APPROVED)
@format_option(("text", "json", "ids"), "text")
@passes_context
def void_command(
    context: Context, id: str, reason: str | None, at: str | None, approved_by: str | None, format_: str
) -> int:
    from logbook.operations.void import void

    written = void(context.session, id, reason=reason, at=at, approved_by=approved_by)
    told(context, written, format_, "cli.voided")
    return 0


@click.command("sign", cls=Command, epilog="logbook sign DL-20261122-A001 --as review")
@click.argument("id", shell_complete=completing.ids)
@click.option(
    "--as",
    "meaning",
    required=True,
    shell_complete=completing.meanings,
    cls=Option,
    metavar="MEANING",
    text=Text("签名的含义", "what the signature means"),
)
@click.option("--name", cls=Option, metavar="NAME", text=Text("客户签名时的姓名", "the customer's name"))
@click.option("--at", **AT)
@format_option(("text", "json", "ids"), "text")
@passes_context
def sign_command(
    context: Context, id: str, meaning: str, name: str | None, at: str | None, format_: str
) -> int:
    from logbook.operations.sign import sign

    written = sign(context.session, id, meaning, name=name, at=at)
    place = written.form.signatures[written.record.signatures[-1].meaning]
    told(context, written, format_, "cli.signed", meaning=place.label)
    return 0


@click.command("open", cls=Command, epilog="logbook open CP-20261122-A003")
@click.argument("id", shell_complete=completing.ids)
@click.option("--reason", **REASON)
@format_option(("text", "json", "ids"), "text")
@passes_context
def open_command(context: Context, id: str, reason: str | None, format_: str) -> int:
    from logbook.cli import prompting
    from logbook.operations import opening

    session = context.session
    loaded = opening.begin(session, id)
    name = f"{loaded.form.name}-{loaded.record.id}"
    # A draft belongs to a person and to the text it was begun from: on a record changed since it would
    # undo that change.
    draft = opening.drafts_folder(session) / f"{name}.{session.operator()}.{loaded.row.blob[:10]}.yaml"
    private = sees_private(context)
    shown = opening.text_for(session, loaded, private=private)
    if draft.exists():
        output.note(context, context.catalogue.say("ask.go-on-text", path=str(draft)))
        text = draft.read_bytes()
    else:
        text = prompting.hinted(context, loaded.form, shown)

    def save(edited: bytes) -> Written | None:
        # An emptied file gives the edit up.
        return opening.save(session, loaded, edited if edited.strip() else shown, reason=reason, private=private)

    written = prompting.edit_until(context, draft, text, save)
    if written is None:
        output.note(context, context.catalogue.say("cli.unchanged"))
        return 0
    told(context, written, format_, "cli.amended")
    return 0


@contextmanager
def _fields_of(source: str | None) -> Iterator[Mapping[str, Stored] | None]:
    """The fields in a file of YAML or JSON. What is then refused is told with its file and line."""
    if source is None:
        yield None
        return
    from logbook.store import codec

    name, data = output.read_from(source)
    document, issues = codec.read_definition(data, path=name)
    if document is None:
        raise Refused([issue.at(path=name) for issue in issues])
    exported = isinstance(document.plain.get("fields"), dict) and "events" in document.plain
    above = ("fields",) if exported else ()
    fields = document.plain["fields"] if exported else document.plain
    try:
        yield cast("Mapping[str, Stored]", fields)
    except Refused as refused:
        placed = []
        for issue in refused.issues:
            line = document.line(*above, issue.field.split(".")[0]) if issue.field else None
            placed.append(issue if line is None else issue.at(path=name, line=line))
        more = {key: value for key, value in refused.args_.items() if key != "count"}
        raise Refused(placed, refused.code, **more) from refused


def told(context: Context, written: Written, format_: str, code: str, **more: object) -> None:
    """Say what was recorded: the id on standard output, words on standard error."""
    if announced(context, written, format_):
        return
    from logbook.operations.writing import title_of

    state = written.state
    label = written.form.states.get(state.status)
    output.note(
        context,
        context.catalogue.say(
            code,
            id=written.record.id,
            title=title_of(state, context.lang),
            state=label.say(context.lang) if label else state.status,
            **more,
        ).rstrip(),
    )
    if code in ("cli.recorded", "cli.state"):
        _due(context, written)


def _due(context: Context, written: Written) -> None:
    """What must happen by when, so that the desk can say it to the customer at once."""
    if not written.form.clocks:
        return
    from logbook.core.moments import from_epoch
    from logbook.operations.deriving import clocks_of_state

    session = context.session
    now = session.now.timestamp()
    for clock in clocks_of_state(session, written.form, written.state):
        if clock.stopped is None and clock.due is not None and clock.started <= now:
            due = from_epoch(clock.due, session.zone).strftime("%m-%d %H:%M")
            if due.endswith("00:00"):
                due = from_epoch(clock.due - 60, session.zone).strftime("%m-%d 24:00")
            named = written.form.clocks[clock.clock]
            output.note(context, "  " + context.catalogue.say("cli.due", clock=named.label, due=due))


COMMANDS = {
    command.name or "": with_globals(command)
    for command in (add_command, step_command, amend_command, void_command, sign_command, open_command)
}
