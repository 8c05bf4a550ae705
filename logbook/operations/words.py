"""FIELD=VALUE words of the command line, and values out of files, become stored values."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING
from typing import cast

from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.form import Library
from logbook.core.issues import Issue
from logbook.core.lifecycle import get_path
from logbook.core.patterns import lazily
from logbook.core.record import Stored
from logbook.core.value import attribute
from logbook.core.value import changing
from logbook.core.values import answers_of
from logbook.core.values import find_item
from logbook.core.values import find_label
from logbook.core.values import parse_row
from logbook.core.values import parse_value
from logbook.core.values import parse_verdict
from logbook.core.values import unknown_field

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_WORD = lazily(r"(?P<path>[^=+]+)(?P<op>\+?=)(?P<value>.*)", re.DOTALL)
MASK = "***"


@changing
class Changes:
    """What the words ask for: ``set`` by path as in an event, and values that are other names of the
    moment or person (``at``, ``by``, ``forward.at``) or of a register's id."""

    set: dict[str, Stored] = attribute(default_factory=dict)
    held: dict[str, str] = attribute(default_factory=dict)
    issues: list[Issue] = attribute(default_factory=list)
    # A checklist answered as a whole: the verdict of every line nobody answered by itself.
    whole: dict[str, str] = attribute(default_factory=dict)
    # The content of files that were named, by the path at which they stand in the book.
    files: dict[str, bytes] = attribute(default_factory=dict)


def changes_from(
    form: Form,
    words: Iterable[str],
    library: Library,
    *,
    now: datetime,
    zone: ZoneInfo,
    current: Mapping[str, Stored] | None = None,
) -> Changes:
    """Read FIELD=VALUE words: ``field=``, ``list+={…}``, ``list.N.column=``, ``list.column=`` (one new
    row), ``checklist.item=`` (rulings 10). Fields, columns, items and choices by id or label."""
    changes = Changes()
    rows: dict[str, dict[str, Stored]] = {}
    for word in words:
        match = _WORD.fullmatch(word)
        if match is None:
            changes.issues.append(Issue("field.syntax", {"found": word[:60]}, field=word[:40]))
            continue
        path, op, value = match["path"].strip(), match["op"], match["value"]
        _change(form, library, changes, rows, path, op, value, now, zone, current or {})
    for name, row in rows.items():
        parsed, issues = parse_row(form.fields[name], row, now=now, zone=zone, path=name)
        changes.issues += issues
        _append(changes.set, name, [cast(Stored, parsed)])
    _answer_whole(form, library, changes, current or {})
    return changes


def changes_from_mapping(
    form: Form, given: Mapping[str, Stored], library: Library, *, now: datetime, zone: ZoneInfo
) -> Changes:
    """Read a mapping (a YAML or JSON file, a row of an import) the same way."""
    changes = Changes()
    for name, value in given.items():
        field = _field(form, str(name), changes)
        if field is None or value is None or value == "":
            continue
        if _is_masked(value):
            changes.issues.append(Issue("field.masked", {"label": field.label}, field=field.id))
            continue
        _put(form, library, changes, field, value, now, zone)
    _answer_whole(form, library, changes, {})
    return changes


def changes_asked(
    form: Form,
    words: Iterable[str],
    given: Mapping[str, Stored] | None,
    library: Library,
    *,
    now: datetime,
    zone: ZoneInfo,
    current: Mapping[str, Stored] | None = None,
) -> Changes:
    """What a file gave and what was typed; the typed words win."""
    changes = changes_from_mapping(form, given or {}, library, now=now, zone=zone)
    known = {**(current or {}), **changes.set}
    typed = changes_from(form, words, library, now=now, zone=zone, current=known)
    changes.set.update(typed.set)
    changes.held.update(typed.held)
    changes.issues += typed.issues
    return changes


def _change(
    form: Form,
    library: Library,
    changes: Changes,
    rows: dict[str, dict[str, Stored]],
    path: str,
    op: str,
    value: str,
    now: datetime,
    zone: ZoneInfo,
    current: Mapping[str, Stored],
) -> None:
    name, _, rest = path.partition(".")
    field = _field(form, name, changes)
    if field is None:
        return
    if value == MASK:
        changes.issues.append(Issue("field.masked", {"label": field.label}, field=field.id))
    elif rest and field.type == "list":
        number, dot, column = rest.partition(".")
        if number.isdigit() and dot:
            _cell(changes, field, int(number), column, value, now, zone, current)
        else:
            rows.setdefault(field.id, {})[rest] = value
    elif rest and field.type == "checklist":
        item = _item(field, library, rest)
        if item is None:
            checklist = library.checklists.get(field.target[0])
            known = list(checklist.items) if checklist else []
            title = checklist.title if checklist else field.target[0]
            changes.issues.append(
                Issue(
                    "field.checklist-item",
                    {"item": rest, "checklist": title, "known": known},
                    field=f"{field.id}.{rest}",
                )
            )
            return
        verdict, issues = parse_verdict(value, f"{field.id}.{item}")
        changes.issues += issues
        changes.set[f"{field.id}.{item}"] = verdict
    elif rest:
        changes.issues.append(unknown_field(path, form.fields, path))
    elif field.type == "list":
        structured = _structured(field, value, changes)
        if structured is None:
            return
        parsed, issues = parse_value(field, structured, now=now, zone=zone)
        changes.issues += issues
        if op == "+=":
            _append(changes.set, field.id, cast("list[Stored]", parsed or []))
        else:
            changes.set[field.id] = parsed
    elif field.type == "multichoice" and op == "+=":
        parsed, issues = parse_value(field, value, now=now, zone=zone)
        changes.issues += issues
        before = changes.set.get(field.id, get_path(current, field.id))
        old = before if isinstance(before, list) else []
        changes.set[field.id] = old + [v for v in cast("list[Stored]", parsed or []) if v not in old]
    elif op == "+=":
        changes.issues.append(Issue("field.not-a-list", {"label": field.label}, field=field.id))
    elif field.type == "checklist":
        _whole_checklist(changes, field, library, value)
    else:
        _put(form, library, changes, field, value, now, zone)


def _put(
    form: Form, library: Library, changes: Changes, field: Field, value: Stored, now: datetime, zone: ZoneInfo
) -> None:
    if field.derived is not None:
        changes.issues.append(Issue("field.derived", {"label": field.label}, field=field.id))
        return
    if field.type == "checklist" and isinstance(value, str):
        _whole_checklist(changes, field, library, value)
        return
    parsed, issues = parse_value(field, value, now=now, zone=zone)
    changes.issues += issues
    if issues:
        return
    before = changes.held.get(field.holds) if field.holds else changes.set.get(field.id)
    if before is not None and before != parsed and field.type != "date":
        changes.issues.append(Issue("field.twice", {"label": field.label}, field=field.id))
        return
    if field.holds:
        if isinstance(parsed, str):
            if field.type == "date" and field.holds.endswith("at"):
                parsed = datetime.fromisoformat(parsed).replace(tzinfo=zone).isoformat()
            changes.held[field.holds] = parsed
        return
    changes.set[field.id] = parsed


def _cell(
    changes: Changes,
    field: Field,
    number: int,
    column: str,
    value: str,
    now: datetime,
    zone: ZoneInfo,
    current: Mapping[str, Stored],
) -> None:
    name = find_label({n: c.label for n, c in field.columns.items()}, column)
    place = f"{field.id}.{number}.{column}"
    if name is None:
        changes.issues.append(unknown_field(column, field.columns, place))
        return
    existing = current.get(field.id)
    count = len(existing) if isinstance(existing, list) else 0
    if not 1 <= number <= count:
        changes.issues.append(
            Issue("field.no-row", {"label": field.label, "row": number, "count": count}, field=place)
        )
        return
    if field.columns[name].derived_text is not None:
        changes.issues.append(Issue("field.derived", {"label": field.columns[name].label}, field=place))
        return
    parsed, issues = parse_value(
        field.columns[name], value, now=now, zone=zone, path=f"{field.id}.{number}.{name}"
    )
    changes.issues += issues
    changes.set[f"{field.id}.{number}.{name}"] = parsed


def _structured(field: Field, value: str, changes: Changes) -> Stored:
    """A list typed as YAML: ``{a: b}`` or ``[{…}, {…}]``; words alone fill a list of one column."""
    text = value.strip()
    if not text:
        return []
    if text[0] not in "{[":
        if len(field.columns) == 1:
            return [part.strip() for part in re.split(r"[,,、;;]", text) if part.strip()]
        changes.issues.append(Issue("field.not-a-row", {"label": field.label, "row": 1}, field=field.id))
        return None
    from logbook.store import codec

    document, issues = codec.read_definition(f"value: {text}\n".encode())
    if document is None:
        changes.issues += [Issue("field.syntax", {"found": text[:60]}, field=field.id)] or issues
        return None
    return document.plain["value"]


def _whole_checklist(changes: Changes, field: Field, library: Library, value: str) -> None:
    """``checklist=pass``: every item the same; single items may stand beside it."""
    verdict, issues = parse_verdict(value, field.id)
    changes.issues += issues
    if isinstance(verdict, str) and field.target and field.target[0] in library.checklists:
        changes.whole.setdefault(field.id, verdict)


def _answer_whole(form: Form, library: Library, changes: Changes, current: Mapping[str, Stored]) -> None:
    """The lines of a checklist that was answered as a whole, once it is known what record this is."""
    for name, verdict in changes.whole.items():
        checklist = library.checklists[form.fields[name].target[0]]
        for item, answer in answers_of(checklist, verdict, {**current, **changes.set}).items():
            changes.set.setdefault(f"{name}.{item}", answer)


def _item(field: Field, library: Library, word: str) -> str | None:
    checklist = library.checklists.get(field.target[0]) if field.target else None
    if checklist is None:
        return word
    found = find_label({item.id: item.label for item in checklist.items.values()}, word)
    return found or find_item(checklist.items, word)


def _field(form: Form, word: str, changes: Changes) -> Field | None:
    from logbook.core.formwords import find_field
    from logbook.core.text import Text

    if word in ("id", "编号") and form.register and "id" not in form.fields:
        return Field("id", Text("编号", "id"), "text", holds="id")
    if word in ("at", "by", "status"):
        holder = next((f for f in form.fields.values() if f.holds == word), None)
        if holder is not None:
            return holder
        kind = "datetime" if word == "at" else "staff"
        if word != "status":
            return Field(word, Text(word, word), kind, holds=word)
        changes.issues.append(unknown_field(word, form.fields, word))
        return None
    found = find_field(form, word)
    if isinstance(found, Issue):
        if found.rule == "form.ambiguous":
            changes.issues.append(
                Issue(
                    "field.ambiguous",
                    {
                        "name": word,
                        "known": found.args["allowed"],
                        "first": cast("list[str]", found.args["allowed"])[0],
                    },
                    field=word,
                )
            )
            return None
        changes.issues.append(unknown_field(word, form.fields, word))
        return None
    return found


def _append(target: dict[str, Stored], name: str, rows: list[Stored]) -> None:
    existing = target.get(f"{name}+")
    target[f"{name}+"] = (existing if isinstance(existing, list) else []) + rows


def _is_masked(value: Stored) -> bool:
    if isinstance(value, str):
        return value == MASK
    if isinstance(value, dict):
        return any(_is_masked(part) for part in value.values())
    return isinstance(value, list) and any(_is_masked(part) for part in value)
