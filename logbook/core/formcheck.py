"""What the names in a form definition point at: steps, states, fields, roles, other forms, sentences."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Any
from typing import cast

from logbook.core.definition import COUNT
from logbook.core.definition import MONTHS
from logbook.core.definition import opens_of
from logbook.core.definition import read_condition
from logbook.core.definition import read_derived
from logbook.core.definition import read_records
from logbook.core.definition import read_rule
from logbook.core.definition import read_within
from logbook.core.form import DefaultRows
from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.form import Library
from logbook.core.formwords import folded
from logbook.core.shapes import Findings
from logbook.core.value import replace

if TYPE_CHECKING:
    from logbook.core.rules import Condition
    from logbook.core.rules import Expression
    from logbook.core.rules import Rule
    from logbook.core.rules import Where

MOMENTS = ("datetime", "date", "time")
# A span is an interval of moments, or of bare numbers (meter readings, receipt numbers).
ORDERED = ("datetime", "date", "time", "int", "decimal")
RECORD_COLUMNS = ("id", "status", "at", "by", "due")
RECORD_MOMENTS = ("at", "recorded_at")
EVENT_FACTS = {"at": MOMENTS, "by": ("staff",), "approved_by": ("staff",)}
# Steps every form has without saying so.
BUILT_IN_STEPS = ("pause", "resume", "extend", "reassign", "void")
# What a default's path may end in besides a field: the linked record's id, and the form it is of.
PSEUDO = ("id", "form")
# Not in any roles.yaml: every member of staff.
ANYBODY = "staff"


def check_form(form: Form, plain: Mapping[str, Any], found: Findings) -> None:
    """Every wrong name of one form that can be seen without any other file."""
    _keywords(form, found)
    _labels_clash(form, found)
    for field in form.fields.values():
        _check_field(form, field, found, ("fields", field.id), plain["fields"][field.id])
    _check_lifecycle(form, found)
    for place in form.signatures.values():
        if place.at is not None and place.at not in form.steps:
            found.unknown("form.unknown-step", place.at, form.steps, "signatures", place.id, "at")
        if place.of is not None:
            _known_field(form, place.of, found, ("signatures", place.id, "of"))
    for name, clock in (plain.get("clocks") or {}).items():
        _check_budget(form, clock.get("within"), found, ("clocks", name, "within"))
        pauses = clock.get("pauses")
        if isinstance(pauses, Mapping):
            _check_length(pauses.get("longest"), found, ("clocks", name, "pauses", "longest"))
        for position, step in enumerate(clock.get("escalate") or ()):
            _check_budget(form, step.get("after"), found, ("clocks", name, "escalate", position, "after"))
        begin = clock.get("not_before")
        if begin is not None and _known_field(form, begin, found, ("clocks", name, "not_before")):
            _is_moment(form.fields[begin], begin, found, ("clocks", name, "not_before"))
            _not_computed(form.fields[begin], begin, found, ("clocks", name, "not_before"))
        _check_each(form, clock.get("each"), found, ("clocks", name, "each"))
    _check_seals(form, found)
    if form.keep is not None:
        from logbook.core.keeping import read_keep

        if read_keep(form.keep) is None:
            found.add("form.bad-keep", "keep", found=form.keep)
    _check_sentences_parse(plain, found)
    _check_layout(form, plain, found)


# Where a form keeps what it sealed, and the columns of it.
SEALED = {"sealed": ("record", "n", "sha256"), "seal": ()}


def _check_seals(form: Form, found: Findings) -> None:
    """``seals`` names a step, moments, and needs the two fields it writes."""
    if form.seals is None:
        return
    if form.seals.at not in form.steps:
        found.unknown("form.unknown-step", form.seals.at, form.steps, "seals", "at")
    for key, name in (("from", form.seals.from_), ("to", form.seals.to)):
        if name is not None and _known_field(form, name, found, ("seals", key)):
            _is_moment(form.fields[name], name, found, ("seals", key))
    for name, columns in SEALED.items():
        field = form.fields.get(name)
        if field is None or (columns and field.type != "list"):
            found.add("form.missing-key", "seals", key=name)
        for column in columns:
            if field is not None and field.type == "list" and column not in field.columns:
                found.unknown("form.unknown-field", column, field.columns, "fields", name, "of")


def check_library(library: Library, broken: Iterable[str], notes: Mapping[str, Findings]) -> None:
    """Every wrong name between the files of a book. ``broken`` forms exist but could not be read."""
    known = {*library.forms, *broken, *library.absent}
    newest = library.forms
    for full_name, form in library.older.items():
        found = notes[str(form.path)]
        if form.name not in known:
            found.add("form.older-alone", "form", form=form.name)
        elif form.name in newest and form.version >= newest[form.name].version:
            newer = newest[form.name].version
            found.add("form.older-newer", "version", form=full_name, version=form.version, newest=newer)
    _clashes(library, notes)
    for form in (*newest.values(), *library.older.values()):
        found = notes[str(form.path)]
        _check_roles(form, library, found)
        for field in form.fields.values():
            _check_target(field, library, known, found, ("fields", field.id), form)
        for sealed in form.seals.forms if form.seals is not None else ():
            if sealed not in known:
                found.unknown("form.unknown-form", sealed, known, "seals", "forms")
        for step in form.steps.values():
            for opened, _ in step.opens:
                if opened not in known:
                    found.unknown("form.unknown-form", opened, sorted(known), "steps", step.id, "opens")
        for clock in form.clocks.values():
            for start in clock.starts:
                _check_moment(form, library, start, clock.each, found, ("clocks", clock.id, "starts"))
            for stop in clock.stops:
                _check_moment(form, library, stop, clock.each, found, ("clocks", clock.id, "stops"))
            fields = getattr(clock.within, "fields", None)
            for name in sorted(fields()) if fields is not None else ():
                if _is_field(form, name):
                    if form.fields[name].type in MOMENTS:
                        _not_computed(form.fields[name], name, found, ("clocks", clock.id, "within"))
                else:
                    _check_moment(form, library, name, clock.each, found, ("clocks", clock.id, "within"))
        _check_sentence_names(form, library, found, broken=set(broken))


# --------------------------------------------------------------------------- inside one form


def _keywords(form: Form, found: Findings) -> None:
    """Ids that the sentence language needs for itself."""
    from logbook.core import rules

    keywords = frozenset(getattr(rules, "KEYWORDS", ()))
    for name, field in form.fields.items():
        if name in keywords:
            found.add("form.keyword", "fields", name, name=name)
        for column in field.columns:
            if column in keywords:
                found.add("form.keyword", "fields", name, "of", column, name=column)


def _labels_clash(form: Form, found: Findings) -> None:
    """Two things a person would call by the same word."""
    kinds: list[tuple[str, Mapping[str, Any]]] = [("fields", form.fields), ("steps", form.steps)]
    for section, things in kinds:
        seen: dict[str, str] = {}
        for name, thing in things.items():
            word = folded(thing.label.zh)
            if word and seen.setdefault(word, name) != name:
                found.add(
                    "form.label-clash", section, name, severity="warning",
                    label=thing.label.zh, other=seen[word],
                )  # fmt: skip


def _check_field(form: Form, field: Field, found: Findings, place: tuple[str, ...], plain: Any) -> None:
    if field.holds is not None:
        _check_holds(form, field, found, (*place, "is"))
    _check_default(form, field, found, (*place, "default"))
    if field.span is not None:
        for name in field.span:
            column = field.columns.get(name)
            if column is None:
                found.unknown("form.unknown-field", name, field.columns, *place, "span")
            elif column.type not in ORDERED:
                found.add("form.not-moment", *place, "span", name=name, type=column.type)
    for name, column in field.columns.items():
        _check_field(form, column, found, (*place, "of", name), plain["of"][name])


def _check_holds(form: Form, field: Field, found: Findings, place: tuple[str, ...]) -> None:
    """``is: id``, ``is: at``, ``is: by``, ``is: forward.at``, ``is: return.by``, ``is: out.approved_by``."""
    text = field.holds or ""
    if text == "id" and len(place) <= 3:
        if field.type != "text" or not form.register:
            found.add("form.is-type", *place, word=text, type=field.type, allowed=["text"])
        return
    step, dot, fact = text.rpartition(".")
    if len(place) > 3:
        found.add("form.is-in-list", *place, word=text)
    elif (not dot and text not in ("at", "by")) or (dot and fact not in EVENT_FACTS):
        steps = [f"{name}.at" for name in form.steps]
        found.unknown("form.is-nothing", text, ["id", "at", "by", *steps], *place)
    elif dot and step not in form.steps and step not in BUILT_IN_STEPS:
        found.unknown("form.is-nothing", text, [f"{name}.{fact}" for name in form.steps], *place)
    elif field.type not in EVENT_FACTS[fact]:
        found.add("form.is-type", *place, word=text, type=field.type, allowed=list(EVENT_FACTS[fact]))


def _check_default(form: Form, field: Field, found: Findings, place: tuple[str, ...]) -> None:
    default = field.default
    if default is None:
        return
    if default.kind == "within":
        if field.type not in MOMENTS:
            found.add("form.bad-default", *place, value=default.text)
        _check_budget(form, default.text, found, place)
    elif default.kind in ("now", "today") and field.type not in MOMENTS:
        if field.type not in ("text", "longtext"):
            found.add("form.bad-default", *place, value=default.kind)
    elif default.kind in MONTHS and field.type != "text":
        found.add("form.bad-default", *place, value=default.kind)
    elif default.kind == "me" and field.type not in ("staff", "text"):
        found.add("form.bad-default", *place, value=default.kind)
    elif default.kind == "rows":
        _check_rows(form, field, found, place)
    elif default.kind == "value":
        _check_literal(field, default.text, found, place)
    elif default.kind == "field" and default.text == field.id and len(place) == 3:
        found.add("form.bad-default", *place, value=default.text)
    if default.other is not None:
        _check_default(form, replace(field, default=default.other), found, place)


def _check_rows(form: Form, field: Field, found: Findings, place: tuple[str, ...]) -> None:
    """The rows a list begins with, column by column."""
    rows = field.default.rows if field.default is not None else None
    if rows is None:
        return
    for key, cells in (("row", rows.row), ("otherwise", rows.otherwise or {})):
        for name, default in cells.items():
            column = field.columns.get(name)
            if column is None:
                found.unknown("form.unknown-field", name, field.columns, *place, key)
            else:
                _check_default(form, replace(column, default=default), found, (*place, key, name))


def _check_literal(field: Field, text: str, found: Findings, place: tuple[str, ...]) -> None:
    if field.type in ("choice", "multichoice"):
        for choice in text.split(",") if field.type == "multichoice" else [text]:
            if choice.strip() not in field.choices:
                found.unknown("form.unknown-choice", choice.strip(), field.choices, *place)
    elif field.type == "bool" and text not in ("true", "false"):
        found.add("form.bad-default", *place, value=text)
    elif field.type in ("int", "decimal", "money"):
        import re

        if not re.fullmatch(r"-?[0-9]+" if field.type == "int" else r"-?[0-9]+(\.[0-9]+)?", text):
            found.add("form.bad-default", *place, value=text)
    elif field.type == "checklist":
        if text not in ("pass", "fail", "na"):
            found.add("form.bad-default", *place, value=text)
    elif field.type in ("list", "signature", "attachment"):
        found.add("form.bad-default", *place, value=text)


def _check_lifecycle(form: Form, found: Findings) -> None:
    first = [step.id for step in form.steps.values() if step.creates]
    if not first:
        found.add("form.no-first-step", "steps")
    for name in first[:-1]:  # the last may make what no other makes
        if form.steps[name].when_text is None:
            found.add("form.two-first-steps", "steps", name, step=name, other=first[-1])
    for step in form.steps.values():
        place = ("steps", step.id)
        for state in step.from_:
            if state not in form.states:
                found.unknown("form.unknown-state", state, form.states, *place, "from")
        if step.to is not None and step.to not in form.states:
            found.unknown("form.unknown-state", step.to, form.states, *place, "to")
        if step.creates and step.to is None:
            found.add("form.missing-key", *place, key="to")
        if step.when_text is not None and not step.creates:
            found.add("form.key-not-here", *place, "when", key="when", type="from")
        for name in step.requires:
            _known_field(form, name, found, (*place, "requires"))
        for name in step.adds:
            if _known_field(form, name, found, (*place, "adds")) and form.fields[name].type != "int":
                found.add("form.not-counter", *place, "adds", name=name, type=form.fields[name].type)
    for state in sorted(form.final - set(form.states)):
        found.unknown("form.unknown-state", state, form.states, "final")
    _check_reach(form, found)


def _check_reach(form: Form, found: Findings) -> None:
    """States no road leads to, and those that are not final and have no road out."""
    if found.broken:
        return
    reached = {step.to for step in form.steps.values() if step.creates}
    grown = True
    while grown:
        more = {step.to for step in form.steps.values() if step.to and reached & set(step.from_)}
        grown = not more <= reached
        reached |= more
    for state in form.states:
        if state not in reached:
            found.add("form.unreachable-state", "states", state, severity="warning", state=state)


def _check_length(value: Any, found: Findings, place: tuple[str, ...]) -> None:
    """How long a pause may be: minutes, hours, days or weeks."""
    from logbook.core.budgets import BudgetError
    from logbook.core.budgets import length_of

    if value is None:
        return
    try:
        if length_of(read_within(value)) is None:
            found.add("form.not-length", *place, value=value)
    except BudgetError as error:
        found.add(error.code, *place, **cast("dict[str, Any]", error.args_))


def _check_budget(form: Form, value: Any, found: Findings, place: tuple[str | int, ...]) -> None:
    if value is None:
        return
    from logbook.core.budgets import BudgetError

    try:
        read_within(value)
    except BudgetError as error:
        found.add(error.code, *place, **cast("dict[str, Any]", error.args_))
        return
    if not isinstance(value, Mapping):
        return
    for name, cases in value.items():
        if not _known_field(form, name, found, place) or not isinstance(cases, Mapping):
            continue
        field = form.fields[name]
        allowed = list(field.choices) if field.choices else ["true", "false"]
        for choice in cases:
            if choice not in allowed:
                found.unknown("form.unknown-choice", choice, allowed, *place, name)


def _check_each(form: Form, value: Any, found: Findings, place: tuple[str, ...]) -> None:
    """``each: defects`` or ``each: rows of defects``: one clock for every row of that list."""
    name = each_list(value)
    if name is not None and _known_field(form, name, found, place) and form.fields[name].type != "list":
        found.add("form.not-list", *place, name=name, type=form.fields[name].type)


def each_list(value: str | None) -> str | None:
    """The list field an ``each:`` names."""
    return value.removeprefix("rows of ").removeprefix("row of ").strip() if value else None


def _check_sentences_parse(plain: Mapping[str, Any], found: Findings) -> None:
    """Every sentence of the form that is no sentence."""
    from logbook.core.rules import SentenceError

    for place, text, read in _sentences(plain):
        try:
            read(text)
        except SentenceError as error:
            found.issues.append(error.issue(_where(found, place)))


def _sentences(plain: Mapping[str, Any]) -> list[tuple[tuple[str | int, ...], str, Callable[[str], object]]]:
    sentences: list[tuple[tuple[str | int, ...], str, Callable[[str], object]]] = []
    for name, field in plain["fields"].items():
        if field.get("derived") is not None:
            sentences.append((("fields", name, "derived"), field["derived"], read_derived))
        default = field.get("default")
        if isinstance(default, Mapping) and default.get("each") is not None:
            sentences.append((("fields", name, "default", "each"), default["each"], read_records))
        for column, its in (field.get("of") or {}).items():
            if its.get("derived") is not None:
                sentences.append((("fields", name, "of", column, "derived"), its["derived"], read_derived))
    for name, place in (plain.get("signatures") or {}).items():
        if place.get("when") is not None:
            sentences.append((("signatures", name, "when"), place["when"], read_condition))
    for name, step in (plain.get("steps") or {}).items():
        if step.get("when") is not None:
            sentences.append((("steps", name, "when"), step["when"], read_condition))
        for opened, when in opens_of(step.get("opens")):
            if when is not None:
                sentences.append((("steps", name, "opens", opened), when, read_condition))
    for name, clock in (plain.get("clocks") or {}).items():
        if clock.get("when") is not None:
            sentences.append((("clocks", name, "when"), clock["when"], read_condition))
    for position, check in enumerate(plain.get("checks") or ()):
        sentences.append((("checks", position, "rule"), check["rule"], read_rule))
    return sentences


def _where(found: Findings, place: tuple[str | int, ...]) -> Where:
    from logbook.core.rules import Where

    line, column = found.spot(*place)
    return Where(found.path, line, column, ".".join(str(part) for part in place))


def _check_layout(form: Form, plain: Mapping[str, Any], found: Findings) -> None:
    """``list``, ``sheet``, ``subject`` and ``span``."""
    for name in form.columns:
        if name not in RECORD_COLUMNS:
            _known_field(form, name, found, ("list",), also=RECORD_COLUMNS)
    for position, row in enumerate(form.sheet):
        for cell in row:
            if cell.field not in (*RECORD_COLUMNS, "signatures"):
                _known_field(form, cell.field, found, ("sheet", position), also=("signatures",))
    for name in form.subject:
        if not _known_field(form, name, found, ("subject",)):
            continue
        field = form.fields[name]
        source = (
            form.fields.get(field.default.text) if field.default and field.default.kind == "field" else None
        )
        if (
            field.private
            or any(column.private for column in field.columns.values())
            or (source is not None and source.private)
        ):
            found.add("form.private-subject", "subject", name=name)
    subject = form.private_subject
    if subject is not None and _known_field(form, subject, found, ("private_subject",)):
        kind = form.fields[subject].type
        if kind != "ref":
            found.add("form.private-subject-type", "private_subject", name=subject, type=kind)
    for name in form.span or ():
        if _known_field(form, name, found, ("span",)) and form.fields[name].type not in ORDERED:
            found.add("form.not-moment", "span", name=name, type=form.fields[name].type)


def _known_field(
    form: Form, name: str, found: Findings, place: tuple[str | int, ...], *, also: tuple[str, ...] = ()
) -> bool:
    if name in form.fields:
        return True
    found.unknown("form.unknown-field", name, [*form.fields, *also], *place)
    return False


def _is_field(form: Form, name: str) -> bool:
    return name in form.fields


# --------------------------------------------------------------------------- between forms


def _clashes(library: Library, notes: Mapping[str, Findings]) -> None:
    """Two forms that a number or a word could mean."""
    prefixes: dict[str, str] = {}
    words: dict[str, str] = {}
    for name in sorted(library.forms):
        form = library.forms[name]
        found = notes[str(form.path)]
        if prefixes.setdefault(form.prefix, name) != name:
            found.add("form.prefix-clash", "prefix", prefix=form.prefix, other=prefixes[form.prefix])
        said = [("title", form.title.zh), ("title", form.title.en), *(("alias", one) for one in form.alias)]
        for place, word in said:
            other = words.setdefault(folded(word), name) if word else name
            if other != name:
                found.add("form.word-clash", place, severity="warning", word=word, other=other)
            elif word != name and word in library.forms:
                found.add("form.word-clash", place, severity="warning", word=word, other=word)


def _check_roles(form: Form, library: Library, found: Findings) -> None:
    if not library.roles:
        return
    known = [*library.roles, ANYBODY]
    for step in form.steps.values():
        for role in step.by:
            if role not in known:
                found.unknown("form.unknown-role", role, known, "steps", step.id, "by")
    for place in form.signatures.values():
        for role in place.roles:
            if role not in known:
                found.unknown("form.unknown-role", role, known, "signatures", place.id, "roles")
    for clock in form.clocks.values():
        person = form.fields.get(clock.to) if clock.to is not None else None
        if clock.to is not None and clock.to not in known and (person is None or person.type != "staff"):
            found.unknown("form.unknown-role", clock.to, known, "clocks", clock.id, "to")
        for position, one in enumerate(clock.escalate):
            person = form.fields.get(one.to)
            if one.to not in known and (person is None or person.type != "staff"):
                found.unknown("form.unknown-role", one.to, known, "clocks", clock.id, "escalate", position, "to")


def _check_target(
    field: Field, library: Library, known: set[str], found: Findings, place: tuple[str, ...], form: Form
) -> None:
    if field.type == "ref":
        for target in field.target:
            if target not in known:
                found.unknown("form.unknown-form", target, sorted(known), *place, "type")
    elif field.type in ("checklist", "choice"):
        for target in field.target:
            if target not in library.checklists:
                found.unknown("form.unknown-checklist", target, library.checklists, *place, "type")
    siblings = form.fields[place[1]].columns if len(place) > 2 else {}
    default = field.default
    while default is not None:
        if default.kind == "rows" and default.rows is not None:
            _check_cells(form, default.rows, library, found, (*place, "default"))
        elif default.kind == "field" and "." in default.text:
            first, _, rest = default.text.partition(".")
            _check_path(siblings.get(first) or form.fields[first], rest, library, found, (*place, "default"))
        default = default.other
    for name, column in field.columns.items():
        _check_target(column, library, known, found, (*place, "of", name), form)


def _check_cells(
    form: Form, rows: DefaultRows, library: Library, found: Findings, place: tuple[str, ...]
) -> None:
    """The fields of other forms that the rows of a default ask for."""
    from logbook.core.rules.found import records_of

    items = records_of(read_records(rows.each)) if rows.each is not None else None
    if rows.each is not None and items is None:
        found.add("form.bad-default", *place, "each", value=rows.each)
    target = library.forms.get(items.paths[0].text) if items is not None else None
    for name, default in (*rows.row.items(), *(rows.otherwise or {}).items()):
        if default.kind == "it" and default.text and target is not None:
            if not _leads(target, default.text, library):
                found.unknown("form.unknown-field", default.text, target.fields, *place, "row", name)
        elif default.kind == "field" and "." in default.text:
            first, _, rest = default.text.partition(".")
            _check_path(form.fields[first], rest, library, found, (*place, "row", name))
    if rows.order is not None and target is not None and rows.order not in target.fields:
        found.unknown("form.unknown-field", rows.order, target.fields, *place, "order")


def _check_path(start: Field, rest: str, library: Library, found: Findings, place: tuple[str, ...]) -> None:
    """``phone`` of a form that ``room`` may point at: where it may point at several, one must have it."""
    if not library.absent.isdisjoint(start.target):
        return  # it may be the form of a pack that is not switched on
    targets = _targets(start, library)
    if targets and not any(_leads(target, rest, library) for target in targets):
        options = [path for target in targets for path in _through(start.id, target)]
        found.unknown("form.unknown-field", f"{start.id}.{rest}", options, *place)


def _leads(form: Form, path: str, library: Library) -> bool:
    """Whether a path ends somewhere; a form we could not read is given the benefit of the doubt."""
    name, further, rest = path.partition(".")
    field = form.fields.get(name)
    if field is None or not further:
        return field is not None or (name in PSEUDO and not further)
    if field.type not in ("ref", "staff"):
        return False
    targets = _targets(field, library)
    return not targets or any(_leads(target, rest, library) for target in targets)


def _targets(field: Field, library: Library) -> list[Form]:
    names = ("staff",) if field.type == "staff" else field.target
    return [library.forms[name] for name in names if name in library.forms]


def _through(ref: str, form: Form) -> list[str]:
    return [f"{ref}.{name}" for name in form.fields]


def _check_moment(
    form: Form, library: Library, name: str, each: str | None, found: Findings, place: tuple[str, ...]
) -> None:
    """What a clock may start or stop at: ``at``, a step, a moment field, a column, a linked moment."""
    if name in RECORD_MOMENTS or name in form.steps or name in BUILT_IN_STEPS:
        return
    rows = each_list(each)
    if rows is not None and rows in form.fields and name in form.fields[rows].columns:
        _is_moment(form.fields[rows].columns[name], name, found, place)
        _not_computed(form.fields[rows].columns[name], name, found, place)
        return
    first, dot, rest = name.partition(".")
    if not dot:
        if name in form.fields:
            field = form.fields[name]
            if field.type in ("ref", "bool", "choice", "multichoice", "int", "money", "decimal"):
                _is_moment(field, name, found, place)
            _not_computed(field, name, found, place)
            return
        found.unknown("form.unknown-moment", name, _moments(form), *place)
        return
    if first in form.steps and rest in ("at", "recorded"):
        return
    field_ = form.fields.get(first)
    if field_ is None:
        found.unknown("form.unknown-moment", name, _moments(form), *place)
    elif field_.type == "list":
        if rest not in field_.columns:
            found.unknown("form.unknown-field", name, [f"{first}.{one}" for one in field_.columns], *place)
        else:
            _is_moment(field_.columns[rest], name, found, place)
            _not_computed(field_.columns[rest], name, found, place)
    elif field_.type in ("ref", "staff"):
        targets = [library.forms[one] for one in field_.target if one in library.forms]
        if targets and not any(_gives_moment(target, rest) for target in targets):
            found.unknown(
                "form.unknown-moment", name, [f"{first}.{one}" for one in _moments(targets[0])], *place
            )
    else:
        found.add("form.not-moment", *place, name=name, type=field_.type)


def _is_moment(field: Field, name: str, found: Findings, place: tuple[str | int, ...]) -> None:
    if field.type not in MOMENTS:
        found.add("form.not-moment", *place, name=name, type=field.type)


def _not_computed(field: Field, name: str, found: Findings, place: tuple[str | int, ...]) -> None:
    """A clock reads its moments from the record; what is computed does not stand there."""
    if field.derived_text is not None:
        found.add("form.clock-derived", *place, name=name)


def _gives_moment(form: Form, name: str) -> bool:
    first, dot, rest = name.partition(".")
    if not dot:
        return name == "at" or name in form.steps or name in _moments(form)
    if first in form.steps:
        return rest == "at"
    field = form.fields.get(first)
    return field is not None and (field.type == "ref" or rest in field.columns)


def _moments(form: Form) -> list[str]:
    names = ["at", *form.steps]
    for field in form.fields.values():
        if field.type in ("datetime", "date") and field.derived_text is None:
            names.append(field.id)
        for column in field.columns.values():
            if column.type in ("datetime", "date") and column.derived_text is None:
                names.append(f"{field.id}.{column.id}")
    return names


def _check_sentence_names(form: Form, library: Library, found: Findings, *, broken: set[str]) -> None:
    """The names in every sentence, those of other forms included."""
    from logbook.core.rules import check_names

    def note(
        sentence: Rule | Condition | Expression, *place: str | int, within: str | None = None, before: int = 0
    ) -> None:
        where = _where(found, place)
        where = replace(where, column=where.column - before)
        for issue in check_names(sentence, form, library, where=where, within=within):
            if issue.args.get("word") not in broken:  # such a form exists; its own file says what is wrong
                found.issues.append(issue)

    for name, field in form.fields.items():
        if field.derived is not None:
            note(field.derived, "fields", name, "derived")
        rows = field.default.rows if field.default is not None else None
        if rows is not None and rows.each is not None:
            note(read_records(rows.each), "fields", name, "default", "each", before=len(COUNT))
        for column, its in field.columns.items():
            if its.derived is not None:
                note(its.derived, "fields", name, "of", column, "derived", within=name)
    for name, clock in form.clocks.items():
        if clock.when is not None:
            note(clock.when, "clocks", name, "when", within=each_list(clock.each))
    for name, signing in form.signatures.items():
        if signing.when is not None:
            note(signing.when, "signatures", name, "when")
    for step in form.steps.values():
        if step.when is not None:
            note(step.when, "steps", step.id, "when")
        for opened, when in step.opens:
            if when is not None:
                note(read_condition(when), "steps", step.id, "opens", opened)
    for position, check in enumerate(form.checks):
        note(check.rule, "checks", position, "rule")
