"""Asking a person at a terminal: the missing fields, a text in the editor."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from logbook.cli import output
from logbook.cli.context import Context
from logbook.core.errors import BookError
from logbook.core.errors import Refused
from logbook.core.form import Field
from logbook.core.record import Stored
from logbook.store import machine

if TYPE_CHECKING:
    from logbook.core.form import Form
    from logbook.operations.add import Request
    from logbook.operations.session import Session


def ask_missing(context: Context, request: Request, also: Iterable[Field] = ()) -> None:
    """Ask for each required field until it can be taken; choices by number or name. ``also``: fields whose
    default found nothing."""
    from logbook.core.values import register_id_issue
    from logbook.operations import add
    from logbook.operations.words import changes_from
    from logbook.operations.writing import resolve_references

    session = context.session
    form = request.form
    named = [field for field in form.fields.values() if field.holds == "id" and form.register]
    asked = [field for field in named if not request.changes.held.get("id")]
    for field in {one.id: one for one in (*asked, *add.missing(request), *also)}.values():
        while True:
            answer = click.prompt(_question(context, field), err=True, prompt_suffix=": ")
            answer = _by_number(field, answer)
            changes = changes_from(
                request.form, [f"{field.id}={answer}"], session.library, now=session.now, zone=session.zone
            )
            resolve_references(session, request.form, changes)
            bad = register_id_issue(changes.held["id"]) if field in asked and "id" in changes.held else None
            changes.issues += [bad] if bad else []
            if not changes.issues:
                request.changes.set.update(changes.set)
                request.changes.held.update(changes.held)
                break
            output.issues(context, changes.issues)
    request.changes.issues[:] = [issue for issue in request.changes.issues if issue.rule != "field.required"]


def _question(context: Context, field: Field) -> str:
    label = field.label.say(context.lang)
    if field.choices:
        lines = "  ".join(f"{number} {text.say(context.lang)}" for number, text in enumerate(field.choices.values(), 1))
        return f"{label} ({lines})"
    return label


def _by_number(field: Field, answer: str) -> str:
    if field.choices and answer.isdigit() and 1 <= int(answer) <= len(field.choices):
        return list(field.choices)[int(answer) - 1]
    return answer


def edit_text(context: Context, path: Path, text: bytes) -> bytes:
    """Let the person's editor have the text at ``path``; what was saved comes back and stays there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text)
    ended = machine.run_editor(path)
    if ended is None:
        raise BookError("book.no-editor")
    if not ended:  # :cq in vi: the person gave it up
        path.unlink(missing_ok=True)
        raise click.Abort
    return path.read_bytes()


MODELINE = "# yaml-language-server: $schema="


def schema_line(session: Session, form: Form, *, new: bool = False) -> str:
    """The comment by which an editor finds the schema of a form (``new``: of what is filled in for a new record),
    written where no commit goes; empty where nothing can be written."""
    import json

    from logbook.core.schema import draft_schema
    from logbook.core.schema import json_schema

    make = draft_schema if new else json_schema
    path = session.repository.room / "schemas" / f"{form.full_name}{'.new' if new else ''}.json"
    text = json.dumps(make(form, session.library), ensure_ascii=False)
    try:
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError:
        return ""
    return f"{MODELINE}{path.absolute().as_uri()}\n"


def with_schema(session: Session, form: Form, text: bytes) -> bytes:
    """A record's text below that comment: language servers look for it at the top only."""
    return schema_line(session, form).encode() + without_schema(text)


def without_schema(text: bytes) -> bytes:
    """The text as it is recorded: without the comment."""
    start = MODELINE.encode()
    return b"".join(line for line in text.splitlines(keepends=True) if not line.startswith(start))


def edit_new(
    context: Context, request: Request, given: Mapping[str, Stored] | None
) -> tuple[Path, Mapping[str, Stored]]:
    """Fill a new record in the editor: every field with its label and what it takes, as comments.

    The text stays where it is until the caller has recorded it; a text that was left there is gone on with."""
    from logbook.store import codec

    session = context.session
    form = request.form
    lines = [f"# {form.title.say(context.lang)}"]
    values = {**(given or {}), **request.fields()}
    for field in form.fields.values():
        held = request.changes.held.get(field.holds or "")
        if field.derived_text is not None or (field.holds and field.holds != "id" and not held):
            continue
        label = field.label.say(context.lang)
        known = {} if field.target else field.choices  # the lines of a checklist may be hundreds
        choices = " | ".join(f"{name} {text.say(context.lang)}" for name, text in known.items())
        lines.append(f"# {label}{' *' if field.required else ''}{': ' + choices if choices else ''}")
        value = held or values.get(field.id)
        if value is None:
            lines.append(f"{field.id}:")
        else:
            lines.append(codec.write({field.id: value}).decode().rstrip("\n"))
    path = session.repository.room / "drafts" / f"new-{form.name}.yaml"
    text = path.read_bytes() if path.exists() and not values else ("\n".join(lines) + "\n").encode()
    text = schema_line(session, form, new=True).encode() + without_schema(text)
    edited = edit_text(context, path, text)
    document, issues = codec.read_definition(edited, path=str(path))
    if document is None:
        output.note(context, context.catalogue.say("cli.draft-kept", path=str(path)))
        raise Refused(issues)
    return path, {name: value for name, value in document.plain.items() if value not in (None, "", [], {})}
