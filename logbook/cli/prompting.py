"""A text in the person's own editor: labels and choices as comments, what is wrong above its line, nothing lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from typing import TypeVar

import click

from logbook.cli import output
from logbook.cli import terminal
from logbook.cli.context import Context
from logbook.core.errors import BookError
from logbook.core.errors import LogbookError
from logbook.core.errors import Refused
from logbook.core.form import Default
from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.issues import Issue
from logbook.core.record import Stored
from logbook.core.text import Text
from logbook.core.values import shown
from logbook.store import drafts
from logbook.store import machine

if TYPE_CHECKING:
    from logbook.operations.add import Request
    from logbook.operations.session import Session

Made = TypeVar("Made")

# Lines of ours in a text that is edited: what a field is, what is wrong with it. They are taken out before it is read.
HINT, WRONG = "#: ", "#! "
MODELINE = "# yaml-language-server: $schema="
_OURS = re.compile(rf"^(?:{HINT}|{WRONG}|{re.escape(MODELINE)}).*\n?", re.MULTILINE)
_TABS = re.compile(r"^[ ]*\t[ \t]*", re.MULTILINE)
_MOST_CHOICES = 20
_USUAL = {
    "now": Text("现在", "now"),
    "today": Text("今天", "today"),
    "me": Text("本人", "oneself"),
    "last": Text("上一次的", "as last time"),
}


def edit_until(
    context: Context, path: Path, text: bytes, take: Callable[[bytes], Made]
) -> Made:
    """Let the person edit ``text`` at ``path`` and hand what they saved to ``take``. What it refuses is written above
    the lines it is about, and the editor is offered again; the text stays at ``path`` until it was taken."""
    while True:
        edited = edit_text(context, path, text)
        try:
            made = take(cleaned(edited))
        except LogbookError as error:
            text = edited
            if isinstance(error, Refused):
                text = annotated(context, cleaned(edited, hints=False), error.issues)
                drafts.write(path, text)
            if isinstance(error, Refused) and machine.is_interactive() and _again(context, path, error):
                continue
            output.note(context, context.catalogue.say("cli.draft-kept", path=str(path)))
            raise
        path.unlink(missing_ok=True)
        return made


def _again(context: Context, path: Path, error: Refused) -> bool:
    output.failure(context, error)
    click.echo(context.catalogue.say("ask.try-again", path=str(path)), err=True)
    try:
        return terminal.read_line(context.catalogue.say("ask.answer") + ": ").strip() == ""
    except (EOFError, KeyboardInterrupt):
        return False


def edit_text(context: Context, path: Path, text: bytes) -> bytes:
    """Let the person's editor have the text at ``path``; what was saved comes back and stays there."""
    if not path.exists() or path.read_bytes() != text:
        drafts.write(path, text)
    ended = machine.run_editor(path)
    if ended is None:
        raise BookError("book.no-editor")
    if not ended:  # :cq in vi: the person gave it up
        if path.read_bytes() == text:
            path.unlink()
        else:
            output.note(context, context.catalogue.say("cli.draft-kept", path=str(path)))
        raise click.Abort
    return path.read_bytes()


def cleaned(data: bytes, *, hints: bool = True) -> bytes:
    """A saved text as it is read: without our comments, whatever editor saved it (mark at its beginning, line ends,
    tabs before a line). ``hints`` False: what a field is stays, only what was wrong goes."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = data.decode("gb18030")
        except UnicodeDecodeError:
            return data
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    ours = _OURS if hints else re.compile(rf"^{WRONG}.*\n?", re.MULTILINE)
    return _TABS.sub(lambda found: found[0].replace("\t", "  "), ours.sub("", text)).encode()


def schema_line(session: Session, form: Form, *, new: bool = False) -> bytes:
    """The comment by which an editor finds the schema of a form (``new``: of what is filled in for a new record),
    written where no commit goes; empty where nothing can be written. Language servers look for it at the top only."""
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
        return b""
    return f"{MODELINE}{path.absolute().as_uri()}\n".encode()


def without_schema(text: bytes) -> bytes:
    """The text without that comment."""
    start = MODELINE.encode()
    return b"".join(line for line in text.splitlines(keepends=True) if not line.startswith(start))


def annotated(context: Context, data: bytes, issues: Iterable[Issue]) -> bytes:
    """The text with what is wrong above each line it is about; at the top where no line is."""
    from logbook.store import codec

    first = data.splitlines(keepends=True)[:1]
    top = first[0] if first and first[0].startswith(MODELINE.encode()) else b""
    data = data[len(top) :]
    document, _ = codec.read_definition(data)
    lines = data.decode("utf-8", "replace").splitlines()
    said: dict[int, list[str]] = {}
    for issue in issues:
        sentence, fix = context.catalogue.issue(issue)
        line = issue.line
        if issue.field and document is not None:
            parts: list[str | int] = [int(part) - 1 if part.isdecimal() else part for part in issue.field.split(".")]
            while parts and (line := document.line(*parts)) is None:
                parts.pop()
        told = " ".join(f"{sentence}  → {fix}".split()) if fix else " ".join(sentence.split())
        said.setdefault(min(line or 1, len(lines) + 1), []).append(WRONG + told)
    made: list[str] = []
    for number, text in enumerate([*lines, ""], 1):
        made += said.get(number, [])
        made.append(text)
    return top + ("\n".join(made).rstrip("\n") + "\n").encode()


def hinted(context: Context, form: Form, data: bytes) -> bytes:
    """A record's text with what each field is above it."""
    lines = []
    for line in data.decode("utf-8", "replace").splitlines():
        name = line.partition(":")[0]
        field = form.fields.get(name) if line[:1].strip() else None
        if field is not None:
            lines.append(HINT + about(context, form, field))
        lines.append(line)
    return schema_line(context.session, form) + ("\n".join(lines) + "\n").encode()


def about(context: Context, form: Form, field: Field) -> str:
    """One line on a field: its label, whether it must be filled, what it takes, what it gets by itself."""
    say, lang = context.catalogue.say, context.lang
    told = [field.label.say(lang) + (" *" if field.required else "")]
    if field.choices and not field.target and len(field.choices) <= _MOST_CHOICES:
        told.append(" | ".join(f"{name} {text.say(lang)}" for name, text in field.choices.items()))
    elif context.catalogue.has(f"ask.type-{field.type}"):
        told.append(say(f"ask.type-{field.type}"))
    usual = _usual(form, field.default, lang) if field.default is not None else ""
    told += [say("ask.usual", value=usual)] if usual else []
    told += [field.note.say(lang)] if field.note else []
    return told[0] + (": " + " · ".join(told[1:]) if told[1:] else "")


def _usual(form: Form, default: Default, lang: str) -> str:
    if default.kind in _USUAL:
        return _USUAL[default.kind].say(lang)
    if default.kind == "value":
        named = next((field for field in form.fields.values() if field.default is default), None)
        spoken = named is not None and named.type in ("choice", "bool")
        return shown(named, default.text, lang) if named is not None and spoken else default.text
    if default.kind == "field":
        source = form.fields.get(default.text.partition(".")[0])
        return source.label.say(lang) if source is not None else ""
    return ""


def new_text(context: Context, request: Request, given: Mapping[str, Stored] | None) -> tuple[Path, bytes]:
    """A new record as a text to fill in, every field with its comment; a text that was left is gone on with, and
    said so. What stands on the line begins a text of its own."""
    from logbook.operations.drafting import room
    from logbook.store import codec

    session, form = context.session, request.form
    lines = [f"# {form.title.say(context.lang)}"]
    values = {**(given or {}), **request.fields()}
    for field in form.fields.values():
        held = request.changes.held.get(field.holds or "")
        if field.derived_text is not None or (field.holds and field.holds != "id" and not held):
            continue
        lines.append(f"# {about(context, form, field)}")
        value = held or values.get(field.id)
        if value is None:
            lines.append(f"{field.id}:")
        else:
            lines.append(codec.write({field.id: value}).decode().rstrip("\n"))
    name = f"new-{form.name}.{request.entered_by or request.by or '-'}"
    path = room(session) / f"{name}.yaml"
    if path.exists() and not values:
        output.note(context, context.catalogue.say("ask.go-on-text", path=str(path)))
        return path, schema_line(session, form, new=True) + without_schema(path.read_bytes())
    number = 1
    while path.exists():
        number += 1
        path = room(session) / f"{name}-{number}.yaml"
    return path, schema_line(session, form, new=True) + ("\n".join(lines) + "\n").encode()


def filled_in(data: bytes, path: Path) -> Mapping[str, Stored]:
    """What was filled in; Refused where the text cannot be read."""
    from logbook.store import codec

    document, issues = codec.read_definition(data, path=str(path))
    if document is None:
        raise Refused(issues)
    return {name: value for name, value in document.plain.items() if value not in (None, "", [], {})}
