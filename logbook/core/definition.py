"""From the plain mapping of a ``templates/`` file to the form it defines.

Reading is done twice over the same mapping: :func:`build_form` trusts it and only makes values (this
is what a checked, cached definition needs), :func:`form_from` checks everything first. Sentences and
budgets are parsed when somebody looks at them, so that a command which only lists records never pays
for thirty rules.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Any
from typing import cast

from logbook.core.form import Cell
from logbook.core.form import Check
from logbook.core.form import Checklist
from logbook.core.form import ChecklistItem
from logbook.core.form import Clock
from logbook.core.form import Default
from logbook.core.form import DefaultRows
from logbook.core.form import Escalation
from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.form import Pauses
from logbook.core.form import Seals
from logbook.core.form import SignaturePlace
from logbook.core.form import Step
from logbook.core.issues import Issue
from logbook.core.patterns import lazily
from logbook.core.settled import settled
from logbook.core.settled import settled_with
from logbook.core.settled import with_settings
from logbook.core.sources import no_line
from logbook.core.text import Text
from logbook.core.value import frozen

if TYPE_CHECKING:
    from logbook.core.budgets import Within
    from logbook.core.rules import Condition
    from logbook.core.rules import Expression
    from logbook.core.rules import Rule
    from logbook.core.shapes import LineOf
    from logbook.core.shapes import SpotOf

# How a form says that a clock cannot be paused.
NO = ("no", "false")
# The step a form gets by its key `reopen`.
REOPEN = {"zh": "重新处理", "en": "Reopen", "reason": "true"}
# The type `item of CHECKLIST`: a choice among the lines of a checklist.
ITEM = "item"
MONTHS = {"last_month": -1, "this_month": 0, "next_month": 1}
DEFAULT_WORDS = ("now", "today", "me", "last", *MONTHS)


# --------------------------------------------------------------------------- values that can wait


@frozen
class _Unread:
    """A sentence or a budget nobody has looked at yet."""

    read: Callable[[], object]


def _waiting(name: str) -> property:
    """A property over the part ``name`` of a value which reads an :class:`_Unread` at first use."""

    def get(self: object) -> object:
        parts = self.__dict__
        part = parts[name]
        if isinstance(part, _Unread):
            part = parts[name] = part.read()
        return part

    return property(get)


class _Check(Check):
    """A check whose sentence is read when it is asked."""


class _Clock(Clock):
    """A clock whose condition and budget are read when they are asked."""


class _Escalation(Escalation):
    """A step of an escalation whose offset is read when it is asked."""


class _Pauses(Pauses):
    """A cap on pauses that is read when it is asked."""


class _Place(SignaturePlace):
    """A place to sign whose condition is read when it is asked."""


class _Step(Step):
    """A step whose condition is read when it is asked."""


class _Field(Field):
    """A field whose derivation is read when it is asked."""


# Set from outside: a property of a subclass under the name of a part is no part.
setattr(_Check, "rule", _waiting("rule"))
setattr(_Clock, "when", _waiting("when"))
setattr(_Clock, "within", _waiting("within"))
setattr(_Escalation, "after", _waiting("after"))
setattr(_Pauses, "longest", _waiting("longest"))
setattr(_Place, "when", _waiting("when"))
setattr(_Step, "when", _waiting("when"))
setattr(_Field, "derived", _waiting("derived"))


# --------------------------------------------------------------------------- plain -> values


def label_from(value: Any) -> Text:
    """A label: ``中文 / English``, one language alone, or ``{zh, en}``."""
    if isinstance(value, Mapping):
        return Text(str(value.get("zh") or ""), str(value.get("en") or ""))
    text = value.strip() if isinstance(value, str) else ""
    left, slash, right = text.partition(" / ")
    while slash and not right.isascii() and " / " in right:
        more, _, right = right.partition(" / ")
        left = f"{left} / {more}"
    if slash:
        return Text(left.strip(), right.strip())
    return Text("", text) if text.isascii() else Text(text, "")


def build_form(
    plain: Mapping[str, Any],
    *,
    path: str | None,
    pack: str,
    line: LineOf = no_line,
    absent: frozenset[str] = frozenset(),
    checklists: Mapping[str, Checklist] | None = None,
    settings: Mapping[str, object] | None = None,
) -> Form:
    """The form a *checked* definition says; nothing is checked here and no sentence is parsed.

    ``absent``: forms of packs this book has not switched on. What needs one of them sleeps: a check that
    speaks of it, a step's demand for a field that can only point there. ``checklists``: those of the book,
    for fields that hold one of their lines. ``settings``: what ``setting x.y`` stands for.
    """
    plain = settled(plain, {} if settings is None else settings)
    fields_plain = plain.get("fields") or {}
    gone = _gone(fields_plain, absent) if absent else frozenset()
    if gone:
        fields_plain = {name: _unasked(field, absent) for name, field in fields_plain.items()}
    steps = {
        name: _build_step(name, _awake(step, absent, gone) if absent else step, line("steps", name))
        for name, step in (plain.get("steps") or {}).items()
    }
    clocks = {
        name: _build_clock(name, clock, line("clocks", name))
        for name, clock in (plain.get("clocks") or {}).items()
    }
    reopen = plain.get("reopen")
    if reopen is not None and "reopen" not in steps:
        steps["reopen"] = _build_step("reopen", {**REOPEN, **reopen}, line("reopen"))
        _restart(steps, clocks)
    names = {name: _field_type(field) for name, field in fields_plain.items()}
    return Form(
        name=plain["form"],
        version=int(plain["version"]),
        title=label_from(plain["title"]),
        prefix=plain["prefix"],
        pack=pack,
        register=_flag(plain.get("register")),
        effective=plain.get("effective"),
        alias=texts_of(plain.get("alias")),
        purpose=_maybe_label(plain.get("purpose")),
        source=texts_of(plain.get("source")),
        fields={
            name: _build_field(name, field, names, line, ("fields", name), checklists or {})
            for name, field in fields_plain.items()
        },
        states={name: label_from(label) for name, label in (plain.get("states") or {}).items()},
        final=frozenset(texts_of(plain.get("final"))),
        steps=steps,
        clocks=clocks,
        checks=tuple(
            _build_check(check, line("checks", position, "rule") or line("checks", position))
            for position, check in enumerate(plain.get("checks") or ())
            if not absent or not _sleeps(check["rule"], absent, gone)
        ),
        signatures={
            name: _build_place(name, place)
            for name, place in (plain.get("signatures") or {}).items()
        },
        columns=texts_of(plain.get("list")),
        sheet=tuple(
            tuple(_cell(cell) for cell in (row if isinstance(row, list) else [row]))
            for row in plain.get("sheet") or ()
        ),
        subject=texts_of(plain.get("subject")),
        span=_pair(plain.get("span")),
        path=path,
        pause_reasons={name: label_from(label) for name, label in (plain.get("pause_reasons") or {}).items()},
        seals=_seals(plain.get("seals"), absent),
        private_subject=plain.get("private_subject"),
        keep=plain.get("keep"),
    )


_WORD = lazily(r"\w+")
_ALL = ("record", "records", "all")
# What stands at the end of a sentence names steps or states, not fields.
_GATE = lazily(r"\s(?:before|after|while)\s[\w,\s]+$")


def _gone(fields: Mapping[str, Any], absent: frozenset[str]) -> frozenset[str]:
    """The fields and columns that can only point at forms that are not there."""
    return frozenset(
        one
        for name, field in fields.items()
        for one, its in ((name, field), *_columns(field))
        if _points_only_at(its, absent)
    )


def _columns(field: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    columns = field.get("of")
    return columns.items() if isinstance(columns, Mapping) else ()


def _points_only_at(field: Mapping[str, Any], forms: frozenset[str]) -> bool:
    kind, _, targets = str(field.get("type")).partition(" ")
    return kind == "ref" and forms.issuperset(targets.split("|"))


def _sleeps(sentence: str, absent: frozenset[str], gone: frozenset[str]) -> bool:
    """Whether a sentence speaks of a form that is not there (``record of custody``, ``rows of keys of all
    key_issue``) or of one of the ``gone`` fields."""
    words = _WORD.findall(sentence)
    if absent.isdisjoint(words) and gone.isdisjoint(words):
        return False
    words = _WORD.findall(_GATE.sub("", sentence))
    return not gone.isdisjoint(words) or any(
        word in absent and (before in _ALL or (before == "of" and first in _ALL))
        for first, before, word in zip(["", *words], words, words[1:], strict=False)
    )


def _unasked(field: Mapping[str, Any], absent: frozenset[str]) -> Mapping[str, Any]:
    """A field that can only point at what is not there, without being required."""
    return {**field, "required": None} if _points_only_at(field, absent) else field


def _awake(step: Mapping[str, Any], absent: frozenset[str], gone: frozenset[str]) -> Mapping[str, Any]:
    """A step without its demand for what cannot be there."""
    awake = dict(step)
    awake["requires"] = [name for name in texts_of(step.get("requires")) if name not in gone]
    if "opens" in step:
        awake["opens"] = {name: when for name, when in opens_of(step["opens"]) if name not in absent}
    return awake


def _seals(plain: Mapping[str, Any] | None, absent: frozenset[str]) -> Seals | None:
    if not plain:
        return None
    forms = tuple(name for name in texts_of(plain["forms"]) if name not in absent)
    return Seals(plain["at"], plain["to"], forms, plain.get("from"))


def opens_of(value: Any) -> tuple[tuple[str, str | None], ...]:
    """What a step `opens`: one form, several, or forms with the condition under which each follows."""
    if isinstance(value, Mapping):
        return tuple((name, when or None) for name, when in value.items())
    return tuple((name, None) for name in texts_of(value))


def _build_place(name: str, place: Mapping[str, Any]) -> SignaturePlace:
    when = place.get("when")
    # As with fields: the kind that waits only where something does.
    return (SignaturePlace if when is None else _Place)(
        id=name,
        label=label_from(place),
        roles=texts_of(place.get("roles")),
        at=place.get("at"),
        of=place.get("of"),
        inferred=_flag(place.get("inferred")),
        when=cast("Condition", _Unread(lambda: read_condition(when))) if when is not None else None,
        when_text=when,
    )


def _build_step(name: str, step: Mapping[str, Any], line: int | None) -> Step:
    when = step.get("when")
    return (Step if when is None else _Step)(
        id=name,
        label=label_from(step),
        from_=texts_of(step.get("from")),
        to=step.get("to"),
        requires=texts_of(step.get("requires")),
        by=texts_of(step.get("by")),
        reason=_flag(step.get("reason")),
        approver=_flag(step.get("approver")),
        adds={counter: int(amount) for counter, amount in (step.get("adds") or {}).items()},
        opens=opens_of(step.get("opens")),
        inferred=_flag(step.get("inferred")),
        line=line,
        when=cast("Condition", _Unread(lambda: read_condition(when))) if when is not None else None,
        when_text=when,
    )


def _restart(steps: Mapping[str, Step], clocks: Mapping[str, Clock]) -> None:
    """A form that says only that it can be reopened: a new cycle begins of every clock that begins with
    the record (clocks 8). A form whose clocks name `reopen` themselves has said it."""
    if any("reopen" in clock.starts for clock in clocks.values()):
        return
    first = {"at", *(step.id for step in steps.values() if step.creates)}
    for clock in clocks.values():
        if not first.isdisjoint(clock.starts):
            clock.__dict__["starts"] = (*clock.starts, "reopen")


def build_roles(plain: Mapping[str, Any]) -> dict[str, Text]:
    """The roles of one checked ``roles.yaml``."""
    return {name: label_from(label) for name, label in plain["roles"].items()}


def build_checklist(name: str, plain: Mapping[str, Any]) -> Checklist:
    """One checklist of a checked ``checklists.yaml``."""
    items: dict[str, ChecklistItem] = {}
    for item_id, item in plain["items"].items():
        if isinstance(item, str):
            items[item_id] = ChecklistItem(item_id, label_from(item))
            continue
        limit = item.get("limit")
        items[item_id] = ChecklistItem(
            id=item_id,
            label=label_from(item),
            criterion=_maybe_label(item.get("criterion")),
            limit=(limit["op"], limit["n"], label_from(limit.get("unit"))) if limit else None,
            profile=texts_of(item.get("profile")),
        )
    return Checklist(name, label_from(plain), items, _joined(plain.get("source")))


class ItemLabels(Mapping[str, Text]):
    """The lines of a checklist as choices; the checklist is looked up when somebody asks."""

    __slots__ = ("_checklists", "_name")

    def __init__(self, name: str, checklists: Mapping[str, Checklist]) -> None:
        self._name = name
        self._checklists = checklists

    def _items(self) -> Mapping[str, ChecklistItem]:
        return self._checklists[self._name].items if self._name in self._checklists else {}

    def __getitem__(self, name: str) -> Text:
        return self._items()[name].label

    def __iter__(self) -> Iterator[str]:
        return iter(self._items())

    def __len__(self) -> int:
        return len(self._items())

    def __contains__(self, name: object) -> bool:
        return name in self._items()


def _build_field(
    name: str,
    plain: Mapping[str, Any],
    names: Mapping[str, str],
    line: LineOf,
    place: Any,
    checklists: Mapping[str, Checklist],
) -> Field:
    kind, target = type_of(plain["type"])
    choices: Mapping[str, Text] = {
        choice: label_from(label) for choice, label in (plain.get("choices") or {}).items()
    }
    if kind == ITEM:
        kind, choices = "choice", ItemLabels(target[0], checklists)
    inner = plain.get("of") or {}
    known = {**names, **{column: _field_type(its) for column, its in inner.items()}} if inner else names
    derived = plain.get("derived")
    # A plain field where nothing waits: they are many, and the waiting kind is slower to make.
    return (Field if derived is None else _Field)(
        id=name,
        label=label_from(plain),
        type=kind,
        required=_flag(plain.get("required")),
        private=_flag(plain.get("private")),
        default=_default(plain.get("default"), kind, choices, names, inner),
        choices=choices,
        target=target,
        columns={
            column: _build_field(column, its, known, line, (*place, "of", column), checklists)
            for column, its in inner.items()
        },
        span=_pair(plain.get("span")),
        holds=plain.get("is"),
        derived=cast("Expression", _Unread(lambda: read_derived(derived))) if derived is not None else None,
        derived_text=derived,
        unit=_maybe_label(plain.get("unit")),
        note=_maybe_label(plain.get("note")),
        inferred=_flag(plain.get("inferred")),
        line=line(*place),
    )


def _build_clock(name: str, plain: Mapping[str, Any], line: int | None) -> Clock:
    when, within = plain.get("when"), plain.get("within")
    return _Clock(
        id=name,
        label=label_from(plain),
        starts=texts_of(plain["starts"]),
        stops=texts_of(plain["stops"]),
        within=cast("Within", _Unread(lambda: read_within(within)) if within is not None else None),
        when=cast("Condition", _Unread(lambda: read_condition(when))) if when is not None else None,
        to=plain.get("to"),
        calendar=plain.get("calendar"),
        roll=_flag(plain.get("roll")),
        each=plain.get("each"),
        off=_flag(plain.get("off")),
        source=_joined(plain.get("source")),
        inferred=_flag(plain.get("inferred")),
        line=line,
        pauses=_build_pauses(plain.get("pauses")),
        escalate=tuple(_build_escalation(step) for step in plain.get("escalate") or ()),
        not_before=plain.get("not_before"),
        outlives=_flag(plain.get("outlives")),
    )


def _build_escalation(plain: Mapping[str, Any]) -> Escalation:
    share, after = plain.get("at"), plain.get("after")
    return _Escalation(
        int(share.rstrip("%")) if share else None,
        cast("Within", _Unread(lambda: read_within(after))) if after is not None else None,
        plain["to"],
    )


def _build_pauses(plain: Any) -> Pauses | None:
    """``no``, or a mapping with ``longest`` and ``most``."""
    if plain is None:
        return None
    if not isinstance(plain, Mapping):
        return Pauses(allowed=plain not in NO)
    longest, most = plain.get("longest"), plain.get("most")
    return _Pauses(
        cast("Within", _Unread(lambda: read_within(longest))) if longest is not None else None,
        int(most) if most is not None else None,
    )


def _build_check(plain: Mapping[str, Any], line: int | None) -> Check:
    text = plain["rule"]
    return _Check(
        id=plain["id"],
        text=text,
        rule=cast("Rule", _Unread(lambda: read_rule(text))),
        severity="warning" if plain.get("severity") == "warning" else "error",
        say=_maybe_label(plain.get("say")),
        source=_joined(plain.get("source")),
        inferred=_flag(plain.get("inferred")),
        line=line,
    )


def read_rule(text: str) -> Rule:
    """The rule of a check; raises ``SentenceError``."""
    from logbook.core.rules import parse_rule

    return parse_rule(text)


def read_condition(text: str) -> Condition:
    """The ``when`` of a clock; raises ``SentenceError``."""
    from logbook.core.rules import parse_condition

    return parse_condition(text)


def read_derived(text: str) -> Expression | Condition:
    """The sentence of a derived field: a sum, or else a condition (``reviewed_at is filled``).

    Raises the ``SentenceError`` of whichever reading came further."""
    from logbook.core.rules import SentenceError
    from logbook.core.rules import parse_condition
    from logbook.core.rules import parse_sum

    try:
        return parse_sum(text)
    except SentenceError as of_sum:
        try:
            return parse_condition(text)
        except SentenceError as of_condition:
            raise (of_condition if of_condition.column > of_sum.column else of_sum) from None


# `each:` of a default is the tail of a sentence: "count over" makes it one.
COUNT = "count over "


def read_records(text: str) -> Expression:
    """The ``each`` of a list's default as the count of these records; raises ``SentenceError``."""
    from logbook.core.rules import SentenceError
    from logbook.core.rules import parse_sum

    try:
        return parse_sum(COUNT + text)
    except SentenceError as error:
        error.column = max(1, error.column - len(COUNT))
        raise


def read_within(value: Any) -> Within:
    """The budget of a clock; raises ``BudgetError``."""
    from logbook.core.budgets import parse_within

    return parse_within(value)


def type_of(text: str) -> tuple[str, tuple[str, ...]]:
    """``ref repair|complaint`` -> ``("ref", ("repair", "complaint"))``; ``text`` -> ``("text", ())``;
    ``item of tour`` -> ``("item", ("tour",))``."""
    kind, space, rest = text.partition(" ")
    if kind == ITEM:
        rest = rest.strip().removeprefix("of ")
    if not space:
        return kind, ()
    return kind, tuple(part.strip() for part in rest.split("|") if part.strip())


def _default(
    value: Any,
    kind: str,
    choices: Iterable[str],
    names: Mapping[str, str],
    columns: Mapping[str, Any] | None = None,
) -> Default | None:
    """What a ``default:`` means. A choice's own id wins over a keyword and a field of that name."""
    if value is None:
        return None
    if isinstance(value, Mapping):
        if "row" in value:
            return Default("rows", rows=_default_rows(value, names, columns or {}))
        return Default("within", value["within"])
    if isinstance(value, list):
        return Default("value", ", ".join(str(item) for item in value))
    text = str(value)
    if text in choices or (kind == "bool" and text in ("true", "false")):
        return Default("value", text)
    if text in DEFAULT_WORDS:
        return Default(cast("Any", text))
    path, either, other = text.partition(" or ")
    first, dot, _ = path.partition(".")
    if first in names and (not dot or names[first] in ("ref", "staff")):
        return Default("field", path, _default(other, kind, choices, names) if either else None)
    return Default("value", text)


def _default_rows(
    plain: Mapping[str, Any], names: Mapping[str, str], columns: Mapping[str, Any]
) -> DefaultRows:
    def cells(row: Mapping[str, Any] | None, *, it: bool) -> dict[str, Default]:
        found: dict[str, Default] = {}
        for name, text in (row or {}).items():
            column = columns.get(name) or {}
            choices = column.get("choices") or ()
            if it and text not in choices and (text == "it" or text.startswith("it.")):
                found[name] = Default("it", text[3:])
            else:
                found[name] = _default(text, _field_type(column), choices, names) or Default("value")
        return found

    each, otherwise = plain.get("each"), plain.get("otherwise")
    return DefaultRows(
        cells(plain["row"], it=each is not None),
        each,
        plain.get("order"),
        cells(otherwise, it=False) if otherwise else None,
    )


def _field_type(plain: Any) -> str:
    text = plain.get("type") if isinstance(plain, Mapping) else None
    return text.partition(" ")[0] if isinstance(text, str) else ""


def _cell(text: str) -> Cell:
    name, _, height = text.partition(" ")
    return Cell(name, int(height) if height.strip() else 1)


def texts_of(value: Any) -> tuple[str, ...]:
    if value is None or value == "":
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


def _joined(value: Any) -> str | None:
    return "; ".join(texts_of(value)) or None


def _pair(value: Any) -> tuple[str, str] | None:
    return (value[0], value[1]) if value else None


def _flag(value: Any) -> bool:
    return bool(value == "true")


def _maybe_label(value: Any) -> Text | None:
    return label_from(value) if value else None


# --------------------------------------------------------------------------- checked reading


def form_from(
    plain: Mapping[str, Any] | None,
    *,
    path: str,
    pack: str,
    line: LineOf = no_line,
    spot: SpotOf | None = None,
    strict: bool = True,
    absent: frozenset[str] = frozenset(),
    checklists: Mapping[str, Checklist] | None = None,
    settings: Mapping[str, object] | None = None,
) -> tuple[Form | None, list[Issue]]:
    """The form of one file, and everything that is wrong with it taken alone.

    ``plain`` is the file's mapping with every scalar as text; ``line(*place)`` gives the line of a
    place in it and ``spot(*place)`` line and column of the value (sentences want both). No form comes
    back when there is an error. ``strict=False`` is for a definition that was checked before: it only
    builds. What needs other files (roles, reference targets, the names in sentences) is checked by
    :func:`~logbook.core.formlibrary.library_from`.
    """
    settings = {} if settings is None else settings  # not `or`: its length would make it read
    if not strict:
        form = build_form(
            plain or {}, path=path, pack=pack, line=line, absent=absent, checklists=checklists, settings=settings
        )
        return form, []
    from logbook.core.formcheck import check_form
    from logbook.core.shapes import Findings
    from logbook.core.shapes import check_shape

    found = Findings(path, line, spot)
    if not isinstance(plain, Mapping) or not plain:
        found.add("form.empty")
        return None, found.issues
    plain, said, missing = settled_with(plain, settings)
    for place, name, known in missing:
        found.unknown("form.unknown-setting", name, known, *place)
    check_shape(plain, found)
    if found.broken:
        return None, with_settings(found.issues, said)
    form = build_form(plain, path=path, pack=pack, line=line, absent=absent, checklists=checklists)
    check_form(form, plain, found)
    return (None if found.broken else form), with_settings(found.issues, said)
