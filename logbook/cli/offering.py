"""What the shell offers while a person types: lists only, from the forms and the index."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING

import click
from click.shell_completion import BashComplete
from click.shell_completion import CompletionItem
from click.shell_completion import add_completion_class
from click.shell_completion import split_arg_string

if TYPE_CHECKING:
    from logbook.operations.session import Session

MOST = 60
Completer = Callable[["Session", click.Context, str], list[CompletionItem]]


def _safely(function: Completer) -> Callable[[click.Context, click.Parameter, str], list[CompletionItem]]:
    """Completion never shows an error: where there is no book there is nothing to offer."""

    @wraps(function)
    def completer(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from logbook.cli.context import Choices
        from logbook.cli.context import Context
        from logbook.core.errors import LogbookError

        context = ctx.ensure_object(dict).setdefault("context", Context(Choices()))
        try:
            return function(context.session, ctx, incomplete)[:MOST]
        except (LogbookError, OSError):
            return []

    return completer


@_safely
def forms(session: Session, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    return [
        CompletionItem(word, help=form.title.say(session.lang))
        for form in session.library.forms.values()
        for word in (form.name, form.title.zh, *form.alias)
        if word.startswith(incomplete) and (incomplete or word == form.name)
    ]


def _ids(*, unfinished: bool) -> Callable[[click.Context, click.Parameter, str], list[CompletionItem]]:
    @_safely
    def thorough(session: Session, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """From the index brought up to date."""
        from logbook.operations import listing

        query = ["is:open"] if unfinished else []
        rows = listing.select(session, None, query, sort=["-at"], limit=400)
        return [
            CompletionItem(row.id, help=row.title)
            for row in rows
            if row.id.lower().startswith(incomplete.lower()) or (incomplete and incomplete in row.title)
        ]

    def completer(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """From the index file as it lies there, where that will do."""
        from logbook.index.offering import offered
        from logbook.store import machine

        choices = ctx.obj["context"].choices if ctx.obj and "context" in ctx.obj else None
        named = "LOGBOOK_BOOK" in machine.environment() or (
            choices is not None and (choices.book or choices.now or choices.rev)
        )
        if not named:
            found = offered(machine.current_folder(), incomplete, unfinished=unfinished, most=MOST)
            if found is not None:
                return [CompletionItem(number, help=title) for number, title in found]
        return thorough(ctx, param, incomplete)

    return completer


ids = _ids(unfinished=False)
open_ids = _ids(unfinished=True)


@_safely
def steps(session: Session, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    rows = session.index.find(None, str(ctx.params.get("id") or ""))
    form = session.library.forms.get(rows[0].form) if rows else None
    if form is None:
        return []
    from logbook.core.builtin import all_steps

    return [
        CompletionItem(step.id, help=step.label.say(session.lang))
        for step in all_steps(form, session.library.settings).values()
        if rows[0].status in step.from_ and (step.id.startswith(incomplete) or step.label.zh.startswith(incomplete))
    ]


@_safely
def fields(session: Session, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    """``FIELD=`` and, after the sign, the choices, records or people that field takes."""
    from logbook.core.definition import find_field
    from logbook.core.definition import find_form
    from logbook.core.issues import Issue

    word = ctx.params.get("form")
    if word:
        form = find_form(session.library, str(word))
    else:
        rows = session.index.find(None, str(ctx.params.get("id") or ""))
        form = session.library.forms[rows[0].form] if rows else None  # type: ignore[assignment]
    if form is None or isinstance(form, Issue):
        return []
    taken = ctx.params.get("step")
    if taken:
        from logbook.core.builtin import built_in_steps
        from logbook.core.definition import find_step
        from logbook.core.value import replace

        step = find_step(form, str(taken), session.library.settings)
        if not isinstance(step, Issue) and step.id in built_in_steps(form, session.library.settings):
            form = replace(form, fields=step.fields)
    name, sign, value = incomplete.partition("=")
    if not sign:
        return [
            CompletionItem(f"{field.id}=", help=field.label.say(session.lang))
            for field in form.fields.values()
            if field.derived_text is None and (field.id.startswith(name) or field.label.zh.startswith(name))
        ]
    field = find_field(form, name)
    if isinstance(field, Issue):
        return []
    if field.choices:
        return [
            CompletionItem(f"{name}={choice}", help=label.say(session.lang))
            for choice, label in field.choices.items()
            if choice.startswith(value) or label.zh.startswith(value)
        ]
    if field.type == "duty":
        from logbook.core.dutyfile import duties_of

        duties = duties_of(session.library, session.book.settings.settings)
        named = [(one.id, one.label.say(session.lang)) for one in duties.values()]
        return [
            CompletionItem(f"{name}={duty}", help=label)
            for duty, label in named
            if duty.startswith(value) or label.startswith(value)
        ]
    targets = ("staff",) if field.type == "staff" else field.target if field.type == "ref" else ()
    found = []
    for target in targets:
        for row in session.index.select("-is:void", form=target, now=session.now, sort="-at", limit=400):
            if row.id.lower().startswith(value.lower()) or (value and value in row.title):
                found.append(CompletionItem(f"{name}={row.id}", help=row.title))
    return found


@_safely
def staff(session: Session, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    return [
        CompletionItem(row.id, help=row.title)
        for row in session.index.select("status:active", form="staff", now=session.now)
        if row.id.startswith(incomplete) or row.title.startswith(incomplete)
    ]


@_safely
def query(session: Session, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    from logbook.operations.listing import form_and_query

    typed = ctx.params.get("query") or ()
    form, _ = form_and_query(session, list(typed))
    found = []
    if not typed:
        found += [
            CompletionItem(one.name, help=one.title.say(session.lang))
            for one in session.library.forms.values()
            if one.name.startswith(incomplete) or (incomplete and one.title.zh.startswith(incomplete))
        ]
    words = ["is:open", "is:closed", "is:overdue", "is:void", "is:conflict"]
    words += ["at:today", "at:yesterday", "at:7d", "at:last-month"]
    if form is not None:
        name, sign, value = incomplete.lstrip("-").partition(":")
        minus = incomplete[: len(incomplete) - len(incomplete.lstrip("-"))]
        for field in form.fields.values():
            if not sign and (field.id.startswith(name) or field.label.zh.startswith(name)):
                found.append(CompletionItem(f"{minus}{field.id}:", help=field.label.say(session.lang)))
            elif sign and name in (field.id, field.label.zh):
                found += [
                    CompletionItem(f"{minus}{name}:{choice}", help=label.say(session.lang))
                    for choice, label in field.choices.items()
                    if choice.startswith(value) or label.zh.startswith(value)
                ]
    return [*found, *(CompletionItem(word) for word in words if word.startswith(incomplete))]


@_safely
def meanings(session: Session, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    rows = session.index.find(None, str(ctx.params.get("id") or ""))
    # Right after ``--as`` click has not read the rest of the line: then every form's meanings are offered.
    forms = [session.library.forms[rows[0].form]] if rows else session.library.forms.values()
    found = {
        place.id: CompletionItem(place.id, help=place.label.say(session.lang))
        for form in forms
        for place in form.signatures.values()
        if place.id.startswith(incomplete) or place.label.zh.startswith(incomplete)
    }
    return list(found.values())


class Bash(BashComplete):
    """Bash cuts words at ``=`` and ``:``; ours are whole. The line itself is asked about, and what bash has
    already set aside of the last word is taken off the answers."""

    source_template = r"""
%(complete_func)s() {
    local line="${COMP_LINE:0:COMP_POINT}" breaks="" kind value
    local word="${line##*[[:space:]]}" head=""
    [[ $COMP_WORDBREAKS == *=* ]] && breaks+="="
    [[ $COMP_WORDBREAKS == *:* ]] && breaks+=":"
    [[ -n $breaks ]] && head="${word%%"${word##*[$breaks]}"}"
    COMPREPLY=()
    while IFS=, read -r kind value; do
        case $kind in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain) COMPREPLY+=("${value#"$head"}") ;;
        esac
    done < <(env COMP_WORDS="$line" COMP_CWORD=-1 %(complete_var)s=bash_complete "$1")
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[=:] ]]; then
        compopt -o nospace
    fi
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""

    def get_completion_args(self) -> tuple[list[str], str]:
        from logbook.store import machine

        environment = machine.environment()
        line = environment["COMP_WORDS"]
        words = split_arg_string(line)
        place = int(environment.get("COMP_CWORD", "-1"))
        if place >= 0:
            return words[1:place], words[place] if place < len(words) else ""
        if not line or line[-1].isspace():
            return words[1:], ""
        return words[1:-1], words[-1]

    @staticmethod
    def _check_version() -> None:
        """The script needs nothing newer than bash 4.4; asking bash would start one for every key."""


def register() -> None:
    """Let click know our way with bash."""
    add_completion_class(Bash)
