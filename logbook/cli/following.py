"""The command that goes on from a record: next."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import click

from logbook.cli import asking
from logbook.cli import completing
from logbook.cli import output
from logbook.cli.context import Context
from logbook.cli.context import format_option
from logbook.cli.context import passes_context
from logbook.cli.context import with_globals
from logbook.cli.recording import told
from logbook.cli.recording import when_and_why
from logbook.cli.words import Command
from logbook.cli.words import Option
from logbook.core.text import Text

if TYPE_CHECKING:
    from logbook.operations.nexting import Follower
    from logbook.operations.nexting import Proposal
    from logbook.operations.reading import Loaded


@click.command(
    "next",
    cls=Command,
    epilog="logbook next CP-20261122-A003\nlogbook next CP-20261122-A003 contact_sheet to_dept=工程部\n"
    "logbook next CP-20261122-A003 回访记录 --dry-run",
)
@click.argument("id", shell_complete=completing.open_ids)
@click.argument("form", required=False, shell_complete=completing.forms)
@click.argument("words", nargs=-1, metavar="[FIELD=VALUE]...", shell_complete=completing.fields)
@when_and_why
@click.option(
    "--dry-run",
    is_flag=True,
    cls=Option,
    text=Text("只看会填什么，不写入", "show what would be filled; write nothing"),
)
@format_option(("text", "json", "ids"), "text")
@passes_context
def next_command(
    context: Context,
    id: str,
    form: str | None,
    words: tuple[str, ...],
    at: str | None,
    reason: str | None,
    approved_by: str | None,
    dry_run: bool,
    format_: str,
) -> int:
    from logbook.operations import nexting
    from logbook.operations.reading import find
    from logbook.operations.reading import load
    from logbook.store import machine

    session = context.session
    if form is not None and "=" in form:  # `next ID room=3-502`: the form is left to the question
        words, form = (form, *words), None
    if form is None:
        loaded = load(session, find(session, id), until=session.now)
        known = nexting.followers(session, loaded)
        if dry_run or not machine.is_interactive() or format_ != "text" or not _new(known):
            return _list(context, loaded, known, format_)
        form = _ask(context, loaded, known)
    proposal = nexting.propose(
        session, id, form, words, at=at, by=context.choices.by, reason=reason, approved_by=approved_by
    )
    if dry_run:
        return _show(context, proposal, format_)
    if machine.is_interactive() and not any(issue.is_error for issue in proposal.request.changes.issues):
        from logbook.cli.guiding import ask_missing

        ask_missing(context, proposal.request, proposal.missing)
    made = nexting.make(session, proposal)
    told(context, made.written, format_, "cli.recorded")
    if format_ != "text":
        return 0
    say, old = context.catalogue.say, proposal.old.record.id
    if not proposal.follows:
        output.warn(context, "next.not-known", id=old, form=proposal.form.title)
    if made.back is not None:
        event = made.back.record.events[-1]
        output.note(context, say("next.back", id=old, step=made.back.form.steps[event.step].label))
    elif made.open is not None:
        # What the step asks for stands in the command; what else is against it is said.
        output.issues(context, (one for one in made.open.issues if one.rule != "step.requires"))
        command = nexting.going_on(proposal.old, made.open, made.written.record.id)
        output.warn(context, "next.back-open", id=old, field=made.open.field.label, command=command)
    return 0


def _new(known: list[Follower]) -> list[Follower]:
    return [one for one in known if one.record is None]


def _list(context: Context, loaded: Loaded, known: list[Follower], format_: str) -> int:
    """What may follow: forms to fill, and records that are there already to go on with."""
    if format_ == "json":
        output.data([_json(one) for one in known])
        return 0
    if format_ == "ids":
        for one in _new(known):
            output.result(one.form.name)
        return 0
    if not known:
        label = loaded.form.states.get(loaded.state.status)
        output.warn(context, "next.none", id=loaded.record.id, state=label or loaded.state.status)
        return 0
    from logbook.render.tables import Column

    columns = [
        Column("form", Text("表单", "Form"), "id", whole=True),
        Column("title", Text("名称", "Title"), whole=True),
        Column("what", Text("办什么", "What")),
        Column("who", Text("谁", "Who")),
        Column("by", Text("依据", "Because of")),
    ]
    rows = [
        [one.form.name, one.form.title, _what(context, loaded, one), one.who, _because(context, one)] for one in known
    ]
    output.rows(context, "table", columns, rows)
    return 0


def _what(context: Context, loaded: Loaded, one: Follower) -> str:
    """What is done there, and what comes before it."""
    say, lang = context.catalogue.say, context.lang
    if one.record is not None:
        step = one.form.steps.get(one.step or "")
        return say("next.go-on", record=one.record, step=step.label if step else one.step)
    steps = [loaded.form.steps[name].label for name in one.before if name in loaded.form.steps]
    words = one.said.say(lang)
    if not steps:
        return words
    first = say("next.first", steps=steps)
    return f"{words}（{first}）" if lang == "zh" else f"{words} ({first})"


def _because(context: Context, one: Follower) -> str:
    from logbook.core.workflowfile import workflows_of

    workflows = workflows_of(context.session.library)
    lang = context.lang
    opens = context.catalogue.say("next.opens")
    names = [workflows[name].title.say(lang) if name in workflows else opens for name in one.by]
    return ("；" if lang == "zh" else "; ").join(names)


def _json(one: Follower) -> dict[str, Any]:
    return {
        "form": one.form.name,
        "title": {"zh": one.form.title.zh, "en": one.form.title.en},
        "by": list(one.by),
        "who": one.who,
        "what": {"zh": one.said.zh, "en": one.said.en},
        "before": list(one.before),
        "record": one.record,
        "step": one.step,
    }


def _ask(context: Context, loaded: Loaded, known: list[Follower]) -> str:
    """Ask which of the forms; by its number or any of its names."""
    choices = _new(known)
    lines = "  ".join(f"{number} {one.form.title.say(context.lang)}" for number, one in enumerate(choices, 1))
    question = context.catalogue.say("next.ask", id=loaded.record.id)
    answer = asking.line(f"{question} ({lines})")
    if answer.isdigit() and 1 <= int(answer) <= len(choices):
        return choices[int(answer) - 1].form.name
    return answer


def _show(context: Context, proposal: Proposal, format_: str) -> int:
    """The new record as it would be filled."""
    from logbook.core.values import jsonable
    from logbook.core.values import shown
    from logbook.operations.nexting import lacking

    old, form, back = proposal.old.record.id, proposal.form, proposal.back
    issues = proposal.request.changes.issues
    if issues:
        output.issues(context, issues)
    code = 1 if any(one.is_error for one in issues) else 0
    if format_ == "json":
        output.data(
            {
                "after": old,
                "form": form.name,
                "fields": {
                    one.field.id: "***" if one.field.private else jsonable(one.field, one.value)
                    for one in proposal.filled
                },
                "from": {one.field.id: one.source or one.how for one in proposal.filled},
                "missing": [field.id for field in proposal.missing],
                "back": {"field": back.field.id, "step": back.step.id if back.step else None} if back else None,
            }
        )
        return code
    if format_ == "ids":
        for one in proposal.filled:
            output.result(one.field.id)
        return code
    from logbook.render.tables import Column

    say, lang = context.catalogue.say, context.lang
    output.note(context, say("next.dry", id=old, form=form.title))
    columns = [
        Column("field", Text("字段", "Field"), whole=True),
        Column("value", Text("内容", "Value")),
        Column("from", Text("来自", "From"), whole=True),
    ]
    rows = [
        [
            one.field.label,
            "***" if one.field.private else shown(one.field, one.value, lang),
            say(f"next.{one.how}", id=one.source) if one.source else say(f"next.{one.how}"),
        ]
        for one in proposal.filled
    ]
    output.rows(context, "table", columns, rows)
    if proposal.missing:
        fields = [f"{one.label.say(lang)} ({one.id})" for one in proposal.missing]
        output.note(context, say("next.missing", fields=fields))
    if back is not None and back.step is not None:
        wanted = lacking(proposal.old, back.field, back.step)
        code_ = "next.would-not" if wanted else "next.would-back"
        labels = [one.label for one in wanted]
        output.note(context, say(code_, id=old, step=back.step.label, field=back.field.label, fields=labels))
    return code


COMMANDS = {"next": with_globals(next_command)}
