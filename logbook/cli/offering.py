"""What the shell offers while a person types: lists only, from the forms and the index."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING
from typing import Any

import click
from click.shell_completion import BashComplete
from click.shell_completion import CompletionItem
from click.shell_completion import add_completion_class
from click.shell_completion import split_arg_string

from logbook.cli.words import guessed_language

if TYPE_CHECKING:
    from logbook.core.form import Field
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


def forms(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The forms by id, title, alias; letters also stand for initials."""
    names = _kept(ctx, "names") or _names(ctx, param, incomplete)
    found = [
        CompletionItem(word, help=title)
        for name, title, words in names
        for word in words
        if word.startswith(incomplete) and (incomplete or word == name)
    ]
    if not found and len(incomplete) > 1 and incomplete.isascii() and incomplete.isalpha():
        from logbook.index.initials import known

        whole = known().whole
        found = [
            CompletionItem(word, help=title)
            for _, title, words in names
            for word in words
            if whole(word, incomplete)
        ]
    return found[:MOST]


def _names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[list[Any]]:
    found: list[list[Any]] = []

    @_safely
    def learn(session: Session, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        for form in session.library.forms.values():
            words = list(dict.fromkeys(word for word in (form.name, form.title.zh, *form.alias) if word))
            found.append([form.name, form.title.say(session.lang), words])
        _learnt(session, {"names": found})
        return []

    learn(ctx, param, incomplete)
    return found


def _learnt(session: Session, more: dict[str, Any]) -> None:
    """Keep it beside the index, which was brought up to date for it."""
    from logbook.index.offering import keep_words

    if session.index.head is not None:
        keep_words(session.book.root, {"lang": session.lang, **more})


def _kept(ctx: click.Context, part: str) -> Any:
    """What was learnt of the forms before, where the index file vouches for it; None else."""
    from logbook.index.offering import words_kept
    from logbook.store import machine

    if not _is_plain(ctx):
        return None
    known = words_kept(machine.current_folder())
    if known is None or known.get("lang") != guessed_language():
        return None
    return known.get(part)


def _is_plain(ctx: click.Context) -> bool:
    """Whether the book here is meant, as it is now."""
    from logbook.store import machine

    choices = ctx.obj["context"].choices if ctx.obj and "context" in ctx.obj else None
    named = choices is not None and (choices.book or choices.now or choices.rev or choices.lang)
    return "LOGBOOK_BOOK" not in machine.environment() and not named


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

        if _is_plain(ctx):
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


def fields(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """``FIELD=`` and, after the sign, the choices, records or people that field takes."""
    word = ctx.params.get("form")
    known = (_kept(ctx, "fields") or {}).get(str(word)) if word else None
    if known is None:
        known = _learn_fields(ctx, param, incomplete)
    name, sign, value = incomplete.partition("=")
    if not sign:
        return [
            CompletionItem(f"{field}=", help=one["label"])
            for field, one in known.items()
            if not one["derived"] and (field.startswith(name) or one["zh"].startswith(name))
        ][:MOST]
    field = next((field for field, one in known.items() if name in (field, one["zh"])), None)
    if field is None:
        return []
    one = known[field]
    if one["choices"]:
        return _choices(name, value, one["choices"])[:MOST]
    found: list[CompletionItem] = []
    for target, owner in one["targets"]:
        found += _records(ctx, param, target, owner, name, value)
    return found[:MOST]


def _choices(name: str, value: str, choices: list[list[str]]) -> list[CompletionItem]:
    """Choices by id, by the beginning of a label, or by its initials."""
    found = [one for one in choices if one[0].startswith(value) or one[1].startswith(value)]
    if not found and value.isascii() and value.isalpha():
        from logbook.index.initials import known

        found = [one for one in choices if known().fits(one[1], value)]
    return [CompletionItem(f"{name}={choice}", help=label) for choice, _, label in found]


def _records(
    ctx: click.Context, param: click.Parameter, target: str, owner: list[Any] | None, name: str, value: str
) -> list[CompletionItem]:
    """The records a reference may name, each with its title and whose it is."""
    from logbook.index.offering import records_like
    from logbook.index.offering import title_of
    from logbook.store import machine

    here = machine.current_folder()
    rows = records_like(here, target, owner[0] if owner else None, value, MOST) if _is_plain(ctx) else None
    if rows is None:
        return _records_thoroughly(ctx, param, target, name, value)
    found = []
    names: dict[str, str] = {}
    for record, title, held in rows:
        whose = ""
        if owner and held:
            if held not in names:
                names[held] = "***" if owner[3] else title_of(here, owner[2], held) or held
            whose = f"{owner[1]} {names[held]}"
        found.append(CompletionItem(f"{name}={record}", help="  ".join(filter(None, (title, whose)))))
    return found


def _records_thoroughly(
    ctx: click.Context, param: click.Parameter, target: str, name: str, value: str
) -> list[CompletionItem]:
    @_safely
    def ask(session: Session, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        from logbook.operations.asking import about

        rows = session.index.select("-is:void", form=target, now=session.now, sort="-at", limit=400)
        return [
            CompletionItem(f"{name}={row.id}", help=about(session, row))
            for row in rows
            if row.id.lower().startswith(value.lower()) or (value and value in row.title)
        ]

    return ask(ctx, param, value)


def _learn_fields(ctx: click.Context, param: click.Parameter, incomplete: str) -> dict[str, Any]:
    """The fields of the form on the line, with all that completion says of them; kept for the next key."""
    learnt: dict[str, Any] = {}

    @_safely
    def learn(session: Session, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        word = ctx.params.get("form")
        if word:
            from logbook.operations.add import form_meant

            form = form_meant(session, str(word))
        else:
            rows = session.index.find(None, str(ctx.params.get("id") or ""))
            if not rows:
                return []
            form = session.library.forms[rows[0].form]
        fields = dict(form.fields)
        taken = ctx.params.get("step")
        if taken and not word:
            from logbook.core.builtin import built_in_steps
            from logbook.core.formwords import find_step
            from logbook.core.issues import Issue

            step = find_step(form, str(taken), session.library.settings)
            if not isinstance(step, Issue) and step.id in built_in_steps(form, session.library.settings):
                fields = dict(step.fields)
        learnt.update({name: _told(session, field) for name, field in fields.items()})
        if word:
            _learnt(session, {"fields": {str(word): learnt}})
        return []

    learn(ctx, param, incomplete)
    return learnt


def _told(session: Session, field: Field) -> dict[str, Any]:
    choices = [[name, label.zh, label.say(session.lang)] for name, label in field.choices.items()]
    if field.type == "duty":
        from logbook.core.dutyfile import duties_of

        duties = duties_of(session.library, session.book.settings.settings)
        choices = [[one.id, one.label.zh, one.label.say(session.lang)] for one in duties.values()]
    targets = ("staff",) if field.type == "staff" else field.target if field.type == "ref" else ()
    return {
        "label": field.label.say(session.lang),
        "zh": field.label.zh,
        "derived": field.derived_text is not None,
        "choices": choices,
        "targets": [[target, _owner(session, target)] for target in targets if target in session.library.forms],
    }


def _owner(session: Session, target: str) -> list[Any] | None:
    """The field of a register that says whose an item is: its id, its label, where the name stands, whether that is
    private."""
    from logbook.operations.asking import owner_fields

    form = session.library.forms[target]
    field = next(iter(owner_fields(form)), None)
    if field is None:
        return None
    of = "staff" if field.type == "staff" else "customer"
    named = session.library.forms[of].fields.get("name") if of in session.library.forms else None
    hidden = field.private or (of == "customer" and (named is None or named.private))
    return [field.id, field.label.say(session.lang), of, hidden]


@_safely
def staff(session: Session, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    from logbook.index.initials import known

    fits = known().fits
    return [
        CompletionItem(row.id, help=row.title)
        for row in session.index.select("status:active", form="staff", now=session.now)
        if row.id.startswith(incomplete) or row.title.startswith(incomplete) or fits(row.title, incomplete)
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
