"""From the plain mapping of a ``templates/`` file to the form it defines, and from words to its parts.

Reading is done twice over the same mapping: :func:`build_form` trusts it and only makes values (this
is what a checked, cached definition needs), :func:`form_from` checks everything first. Sentences and
budgets are parsed when somebody looks at them, so that a command which only lists records never pays
for thirty rules.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING
from typing import Any
from typing import Generic
from typing import TypeVar
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
from logbook.core.form import Library
from logbook.core.form import Pauses
from logbook.core.form import Seals
from logbook.core.form import SignaturePlace
from logbook.core.form import Step
from logbook.core.issues import Issue
from logbook.core.patterns import lazily
from logbook.core.settled import settled
from logbook.core.settled import settled_with
from logbook.core.settled import with_settings
from logbook.core.text import Text
from logbook.core.value import frozen
from logbook.core.value import replace

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

# Files of a pack that are no forms. The last two are read elsewhere.
SPECIAL = ("roles", "checklists", "duties", "calendars", "shifts", "settings", "pack", "workflows", "reports")
# Of these the library keeps the text; other modules say what it means.
SHARED = ("calendars", "duties", "shifts", "settings", "pack", "workflows", "reports")

Value = TypeVar("Value")


def no_line(*place: str | int) -> int | None:
    """Where line numbers are not known."""
    return None


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


class Shelf(Mapping[str, Value], Generic[Value]):
    """A mapping that makes each of its values when it is first asked for."""

    __slots__ = ("_list", "_makers", "made")

    def __init__(self, makers: Callable[[], Mapping[str, Callable[[], Value]]]) -> None:
        self._list = makers
        self._makers: Mapping[str, Callable[[], Value]] | None = None
        self.made: dict[str, Value] = {}

    @property
    def makers(self) -> Mapping[str, Callable[[], Value]]:
        """How each value is made; the list itself waits until it is needed, too."""
        if self._makers is None:
            self._makers = self._list()
        return self._makers

    def __getitem__(self, name: str) -> Value:
        try:
            return self.made[name]
        except KeyError:
            value = self.made[name] = self.makers[name]()
            return value

    def __iter__(self) -> Iterator[str]:
        return iter(self.makers)

    def __len__(self) -> int:
        return len(self.makers)

    def __contains__(self, name: object) -> bool:
        return name in self.makers


class FormShelf(Shelf[Form]):
    """Forms that are made when asked for, and the words for each that are known before that."""

    __slots__ = ("words",)

    def __init__(
        self, makers: Callable[[], Mapping[str, Callable[[], Form]]], words: Mapping[str, tuple[str, ...]]
    ) -> None:
        super().__init__(makers)
        self.words = words


def as_private_as(form: Form, others: Iterable[Form]) -> Form:
    """``form`` with every field private that is private in one of ``others`` (other versions of it): who made
    a field private meant what older records hold of it, too."""
    fields = dict(form.fields)
    for other in others:
        for name, theirs in other.fields.items():
            own = fields.get(name)
            if own is None:
                continue
            columns = {
                column: replace(one, private=True)
                for column, one in own.columns.items()
                if not one.private and column in theirs.columns and theirs.columns[column].private
            }
            if columns or (theirs.private and not own.private):
                fields[name] = replace(
                    own, private=own.private or theirs.private, columns={**own.columns, **columns}
                )
    changed = any(fields[name] is not form.fields[name] for name in fields)
    return replace(form, fields=fields) if changed else form


def words_of(form: Form) -> tuple[str, ...]:
    """What a form answers to besides its id: prefix, both titles, aliases (the prefix stands first)."""
    return (form.prefix, form.title.zh, form.title.en, *form.alias)


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
        alias=_texts(plain.get("alias")),
        purpose=_maybe_label(plain.get("purpose")),
        source=_texts(plain.get("source")),
        fields={
            name: _build_field(name, field, names, line, ("fields", name), checklists or {})
            for name, field in fields_plain.items()
        },
        states={name: label_from(label) for name, label in (plain.get("states") or {}).items()},
        final=frozenset(_texts(plain.get("final"))),
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
        columns=_texts(plain.get("list")),
        sheet=tuple(
            tuple(_cell(cell) for cell in (row if isinstance(row, list) else [row]))
            for row in plain.get("sheet") or ()
        ),
        subject=_texts(plain.get("subject")),
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
    awake["requires"] = [name for name in _texts(step.get("requires")) if name not in gone]
    if "opens" in step:
        awake["opens"] = {name: when for name, when in opens_of(step["opens"]) if name not in absent}
    return awake


def _seals(plain: Mapping[str, Any] | None, absent: frozenset[str]) -> Seals | None:
    if not plain:
        return None
    forms = tuple(name for name in _texts(plain["forms"]) if name not in absent)
    return Seals(plain["at"], plain["to"], forms, plain.get("from"))


def opens_of(value: Any) -> tuple[tuple[str, str | None], ...]:
    """What a step `opens`: one form, several, or forms with the condition under which each follows."""
    if isinstance(value, Mapping):
        return tuple((name, when or None) for name, when in value.items())
    return tuple((name, None) for name in _texts(value))


def _build_place(name: str, place: Mapping[str, Any]) -> SignaturePlace:
    when = place.get("when")
    # As with fields: the kind that waits only where something does.
    return (SignaturePlace if when is None else _Place)(
        id=name,
        label=label_from(place),
        roles=_texts(place.get("roles")),
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
        from_=_texts(step.get("from")),
        to=step.get("to"),
        requires=_texts(step.get("requires")),
        by=_texts(step.get("by")),
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
            profile=_texts(item.get("profile")),
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
        starts=_texts(plain["starts"]),
        stops=_texts(plain["stops"]),
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


def _texts(value: Any) -> tuple[str, ...]:
    if value is None or value == "":
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


def _joined(value: Any) -> str | None:
    return "; ".join(_texts(value)) or None


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
    :func:`library_from`.
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


class Source:
    """One file below ``templates/``: its path in the book, its plain mapping, its line numbers."""

    def __init__(
        self,
        path: str,
        plain: Mapping[str, Any] | None = None,
        line: LineOf = no_line,
        spot: SpotOf | None = None,
    ) -> None:
        self.path = path
        self.spot = spot
        self.words: tuple[str, ...] = ()
        self._plain = plain
        self._line = line

    @property
    def plain(self) -> Mapping[str, Any] | None:
        """What the file says, every scalar as text; None when it says nothing."""
        return self._plain

    @property
    def line(self) -> LineOf:
        """The line of a place in the file: ``line("steps", "close", "to")``."""
        return self._line

    @property
    def pack(self) -> str:
        """The folder right below ``templates``; empty for a file that stands in no pack."""
        parts = self.path.split("/")
        return parts[-2] if len(parts) >= 3 else ""

    @property
    def stem(self) -> str:
        """The file's name without ``.yaml``: a form, ``form@version`` or one of the shared files."""
        return self.path.rpartition("/")[2].removesuffix(".yaml")


def library_from(
    sources: Sequence[Source],
    *,
    settings: Mapping[str, object] | None = None,
    unreadable: Iterable[str] = (),
    strict: bool = True,
) -> tuple[Library, list[Issue]]:
    """All that the files of ``templates/`` define, and every issue in and between them.

    A form with an error of its own is left out and the others stay; so are those in the ``unreadable``
    files, which others may point at without a second complaint. ``strict=False``: the files were checked
    before; each form is built when it is first asked for.
    """
    if not strict:
        return _trusted_library(sources, settings or {}), []
    from logbook.core.formcheck import check_library
    from logbook.core.shapes import Findings
    from logbook.core.shapes import check_checklists_shape
    from logbook.core.shapes import check_roles_shape

    issues: list[Issue] = []
    forms: dict[str, Form] = {}
    older: dict[str, Form] = {}
    roles: dict[str, Text] = {}
    checklists: dict[str, Checklist] = {}
    broken = {path.rpartition("/")[2].removesuffix(".yaml") for path in unreadable}
    absent = absent_from(sources) - broken
    notes: dict[str, Findings] = {}
    own_settings = SiteSettings(sources, settings or {})
    # Roles and checklists first: forms have fields that hold a line of a checklist.
    for source in sorted(sources, key=lambda one: (one.stem not in ("roles", "checklists"), one.path)):
        found = notes[source.path] = Findings(source.path, source.line, source.spot)
        if not source.pack:
            found.add("form.no-pack")
            continue
        if source.stem in ("roles", "checklists"):
            if not isinstance(source.plain, Mapping):
                found.add("form.empty")
            elif source.stem == "roles":
                check_roles_shape(source.plain, found)
                if not found.broken:
                    roles.update(build_roles(source.plain))
            else:
                check_checklists_shape(source.plain, found)
                for name, plain in source.plain["checklists"].items() if not found.broken else ():
                    if name in checklists:
                        found.add("form.duplicate-id", "checklists", name, id=name)
                    checklists[name] = build_checklist(name, plain)
            continue
        if source.stem in SPECIAL:
            continue
        form, own = form_from(
            source.plain, path=source.path, pack=source.pack, line=source.line, spot=source.spot, absent=absent,
            checklists=checklists, settings=own_settings,
        )  # fmt: skip
        issues += own
        name, at, version = source.stem.partition("@")
        if form is None:
            if not at:
                broken.add(name)
            continue
        if form.name != name or (at and str(form.version) != version):
            found.add("form.file-name", "form", form=form.name, version=form.version)
            broken.add(form.name)
        elif at:
            older[form.full_name] = form
        elif name in forms:
            found.add("form.two-files", "form", form=name, other=str(forms[name].path))
        else:
            forms[name] = form
    for full, form in list(older.items()):
        versions = [one for one in (*older.values(), *forms.values()) if one.name == form.name and one is not form]
        older[full] = as_private_as(form, versions)
    for form in {form.name: form for form in older.values()}.values():
        if form.name in forms:
            same = [one for one in older.values() if one.name == form.name]
            forms[form.name] = as_private_as(forms[form.name], same)
    library = Library(forms, older, checklists, roles, own_settings, _shared(sources))
    library = replace(library, absent=absent)
    check_library(library, broken, notes)
    for source in sources:
        found = notes[source.path]
        if found.issues and source.stem not in SPECIAL and source.plain:
            issues += with_settings(found.issues, settled_with(source.plain, own_settings)[1])
        else:
            issues += found.issues
    issues += _shared_issues(replace(library, absent=absent | broken))  # of a broken form its own file tells
    issues.sort(key=lambda issue: (issue.path or "", issue.line or 0))
    return library, issues


class SiteSettings(Mapping[str, object]):
    """The numbers the rules may name: what the packs say in ``settings.yaml``, and what the site says of
    the same in its ``logbook.yaml``, key by key. Put together when somebody asks."""

    def __init__(self, sources: Iterable[Source], own: Mapping[str, object]) -> None:
        self._sources = [source for source in sources if source.stem == "settings"]
        self._own = own
        self._made: dict[str, object] | None = None

    def _all(self) -> Mapping[str, object]:
        if not self._sources:
            return self._own
        if self._made is None:
            made: dict[str, object] = {}
            for source in sorted(self._sources, key=lambda one: one.path):
                said = (source.plain or {}).get("settings")
                if isinstance(said, Mapping):
                    _lay_over(made, said)
            _lay_over(made, self._own)
            self._made = made
        return self._made

    def __getitem__(self, name: str) -> object:
        return self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())


def _lay_over(below: dict[str, object], above: Mapping[str, object]) -> None:
    for name, value in above.items():
        under = below.get(name)
        if isinstance(under, Mapping) and isinstance(value, Mapping):
            mixed = dict(under)
            _lay_over(mixed, value)
            below[name] = mixed
        else:
            below[name] = value


def _shared(sources: Iterable[Source]) -> dict[str, tuple[Source, ...]]:
    """The files of calendars, duties and shifts, each kind in the order of their paths."""
    found: dict[str, tuple[Source, ...]] = {}
    for source in sorted(sources, key=lambda one: one.path):
        if source.stem in SHARED and source.pack:
            found[source.stem] = (*found.get(source.stem, ()), source)
    return found


def _shared_issues(library: Library) -> list[Issue]:
    from logbook.core.calendarfile import check_calendars
    from logbook.core.dutyfile import check_duties
    from logbook.core.packfile import check_packs
    from logbook.core.reportfile import check_reports
    from logbook.core.shiftfile import check_shifts
    from logbook.core.workflowfile import check_workflows

    kinds = (
        ("calendars", check_calendars),
        ("duties", check_duties),
        ("shifts", check_shifts),
        ("pack", check_packs),
        ("workflows", check_workflows),
        ("reports", check_reports),
    )
    return [
        issue
        for name, check in kinds
        if name in library.shared
        for issue in check(library.shared[name], library)
    ]


def _trusted_library(sources: Sequence[Source], settings: Mapping[str, object]) -> Library:
    """The library of files that were checked before; nothing is decoded or built before it is needed."""
    forms: dict[str, Callable[[], Form]] = {}
    older: dict[str, Callable[[], Form]] = {}
    shared: list[Source] = []
    roles: dict[str, Text] = {}
    absent = absent_from(sources)
    versions: dict[str, list[Callable[[], Form]]] = {}
    own = SiteSettings(sources, settings)
    for source in sources:
        if source.stem == "roles":
            roles.update(build_roles(source.plain or {}))
        elif source.stem == "checklists":
            shared.append(source)
        elif source.stem not in SPECIAL:
            of = older if "@" in source.stem else forms
            of[source.stem] = partial(_form_of, source, absent, lambda: checklists, own)
            versions.setdefault(source.stem.partition("@")[0], []).append(of[source.stem])

    for name, makers in versions.items():
        if len(makers) > 1:  # superseded versions are few: nothing else is built twice
            for shelf in (forms, older):
                for stem in [stem for stem in shelf if stem.partition("@")[0] == name]:
                    shelf[stem] = partial(_as_private_as_all, shelf[stem], makers)

    def made() -> dict[str, Callable[[], Checklist]]:
        return {
            name: partial(build_checklist, name, plain)
            for source in shared
            for name, plain in (source.plain or {})["checklists"].items()
        }

    checklists: Shelf[Checklist] = Shelf(made)
    words = {source.stem: source.words for source in sources if source.stem in forms and source.words}
    newest = FormShelf(lambda: forms, words) if len(words) == len(forms) else Shelf(lambda: forms)
    return Library(
        newest, Shelf(lambda: older), checklists, roles, own, _shared(sources), absent=absent
    )  # fmt: skip


def _as_private_as_all(maker: Callable[[], Form], makers: Sequence[Callable[[], Form]]) -> Form:
    return as_private_as(maker(), [other() for other in makers if other is not maker])


def _form_of(
    source: Source,
    absent: frozenset[str],
    checklists: Callable[[], Mapping[str, Checklist]],
    settings: Mapping[str, object],
) -> Form:
    return build_form(
        source.plain or {}, path=source.path, pack=source.pack, line=source.line, absent=absent,
        checklists=checklists(), settings=settings,
    )  # fmt: skip


def absent_from(sources: Iterable[Source]) -> frozenset[str]:
    """The forms of other packs that the packs here speak of (``elsewhere`` of ``pack.yaml``) and that
    the book does not have."""
    named: set[str] = set()
    here: set[str] = set()
    for source in sources:
        here.add(source.stem)
        if source.stem == "pack":
            elsewhere = (source.plain or {}).get("elsewhere")
            for forms in elsewhere.values() if isinstance(elsewhere, Mapping) else ():
                named.update(_texts(forms))
    return frozenset(named - here)


# --------------------------------------------------------------------------- words -> parts


def folded(word: str) -> str:
    """A word as it is compared: width, case and surrounding blanks do not matter."""
    return unicodedata.normalize("NFKC", word).strip().casefold()


def find_form(library: Library, word: str) -> Form | Issue:
    """The form meant by an id, a title in either language or an alias; an Issue when there is none
    or when several are meant."""
    if word in library.forms:
        return library.forms[word]
    wanted = folded(word)
    if wanted in library.forms:
        return library.forms[wanted]
    name = _meant(wanted, _all_words(library), word, "form.unknown-form")
    return name if isinstance(name, Issue) else library.forms[name]


def find_prefix(library: Library, prefix: str) -> Form | None:
    """The form whose record numbers begin with ``prefix``."""
    words = _all_words(library)
    return next((library.forms[name] for name, its in words.items() if its[0] == prefix), None)


def _all_words(library: Library) -> Mapping[str, tuple[str, ...]]:
    """The words for every form, without making a form where they are known already."""
    forms = library.forms
    return (
        forms.words
        if isinstance(forms, FormShelf)
        else {name: words_of(form) for name, form in forms.items()}
    )


def find_field(form: Form | Field, word: str) -> Field | Issue:
    """A field of a form, or a column of a list field, by id or by label in either language."""
    fields = form.fields if isinstance(form, Form) else form.columns
    if word in fields:
        return fields[word]
    name = _meant(
        folded(word), {name: _labels(f.label) for name, f in fields.items()}, word, "form.unknown-field"
    )
    return name if isinstance(name, Issue) else fields[name]


def find_step(form: Form, word: str, settings: Mapping[str, object] | None = None) -> Step | Issue:
    """A step of a form, its own or built in, by id or by label in either language."""
    if word in form.steps:
        return form.steps[word]
    from logbook.core.builtin import all_steps
    from logbook.core.builtin import step_words

    steps = all_steps(form, settings)
    name = _meant(folded(word), step_words(steps), word, "form.unknown-step")
    return name if isinstance(name, Issue) else steps[name]


def find_state(form: Form, word: str) -> str | Issue:
    """The id of a state of a form by id or by label in either language."""
    words = {name: _labels(label) for name, label in form.states.items()}
    return word if word in words else _meant(folded(word), words, word, "form.unknown-state")


def find_choice(field: Field, word: str) -> str | Issue:
    """The id of a choice of a field by id or by label in either language."""
    words = {name: _labels(label) for name, label in field.choices.items()}
    return word if word in words else _meant(folded(word), words, word, "form.unknown-choice")


def find_signature(form: Form, word: str) -> SignaturePlace | Issue:
    """A place to sign of a form by id or by label in either language."""
    if word in form.signatures:
        return form.signatures[word]
    words = {name: _labels(place.label) for name, place in form.signatures.items()}
    name = _meant(folded(word), words, word, "form.unknown-signature")
    return name if isinstance(name, Issue) else form.signatures[name]


def parts_of(label: str) -> list[str]:
    """The short forms a label holds: 住址 and 房号 of 住址/房号, 客服主管 of 客服主管(副主任)."""
    parts = [folded(part) for part in re.split(r"[/((、))]", label)]
    return [part for part in parts if part] if len(parts) > 1 else []


def _labels(label: Text) -> tuple[str, ...]:
    return (label.zh, label.en)


def _meant(wanted: str, words: Mapping[str, tuple[str, ...]], word: str, unknown: str) -> str | Issue:
    from logbook.core.suggest import hint

    # A label as written comes before an id in other letters: `Customer` may be the name, not `customer`.
    exact = [name for name, its in words.items() if word in its]
    if len(exact) == 1:
        return exact[0]
    if wanted in words:
        return wanted
    names = [
        name for name, its in words.items() if wanted and any(folded(one) == wanted for one in its if one)
    ]
    if len(names) == 1:
        return names[0]
    if not names:  # 派单 for 通知维修部派单 is a guess, 住址 for 住址/房号 is not
        names = [name for name, its in words.items() if wanted and any(wanted in parts_of(one) for one in its)]
        if len(names) == 1:
            return names[0]
    if names:
        return Issue("form.ambiguous", {"word": word, "allowed": names})
    options = [*words, *(one for its in words.values() for one in its if one)]
    return Issue(unknown, {"word": word, "allowed": list(words), "hint": hint(word, options)})
