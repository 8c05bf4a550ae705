"""A form: the definition of one kind of record, as values read from one YAML file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING
from typing import Literal

from logbook.core.text import Text
from logbook.core.value import attribute
from logbook.core.value import frozen

if TYPE_CHECKING:
    from logbook.core.budgets import Within
    from logbook.core.rules import Condition
    from logbook.core.rules import Expression
    from logbook.core.rules import Rule
    from logbook.core.sources import Source

FIELD_TYPES = (
    "text", "longtext", "int", "decimal", "money", "date", "time", "datetime", "choice",
    "multichoice", "bool", "phone", "staff", "ref", "duty", "list", "checklist", "signature", "attachment",
)  # fmt: skip


@frozen
class Default:
    """Where a value comes from when nobody typed one.

    ``kind``: ``now`` · ``today`` · ``me`` · ``last`` (what this desk entered last) ·
    ``this_month`` (or ``last_month``, ``next_month``, as ``2026-11``) · ``value``
    (the literal ``text``) · ``field`` (``text`` is a path: ``place`` or ``room.phone``) ·
    ``within`` (``text`` is a budget counted from the record's ``at``, e.g. ``same day``) ·
    ``rows`` (of a list, see :class:`DefaultRows`) · ``it`` (in such a row: the record the row is made
    for, or the field ``text`` of it). ``other`` comes in where a path finds nothing.
    """

    kind: Literal[
        "now", "today", "me", "last", "last_month", "this_month", "next_month",
        "value", "field", "within", "rows", "it",
    ]  # fmt: skip
    text: str = ""
    other: Default | None = None
    rows: DefaultRows | None = None


@frozen
class DefaultRows:
    """The rows a list begins with: ``row`` once, or once for each of the records the sentence ``each``
    finds (``records of area where route = this.area``), in the order of their field ``order``;
    ``otherwise`` is the row where it finds none. Columns that are not named get their own defaults."""

    row: Mapping[str, Default]
    each: str | None = None
    order: str | None = None
    otherwise: Mapping[str, Default] | None = None


@frozen
class Field:
    """One field of a form or one column of a list.

    ``target``: the forms a ``ref`` may point at, or the checklist a ``checklist`` follows. A ``choice`` with
    a target is one line of that checklist (``item of …``): its choices are the lines.
    ``holds``: this name is another name of a moment or person that the header or an event stores
    (``at``, ``by``, ``forward.at``, ``return.by``, ``out.approved_by``); nothing is stored under it.
    ``derived``: computed, never typed: a sentence of the rule language.
    """

    id: str
    label: Text
    type: str
    required: bool = False
    private: bool = False
    default: Default | None = None
    choices: Mapping[str, Text] = attribute(default_factory=dict)
    target: tuple[str, ...] = ()
    columns: Mapping[str, Field] = attribute(default_factory=dict)
    span: tuple[str, str] | None = None
    holds: str | None = None
    derived: Expression | Condition | None = None
    derived_text: str | None = None
    unit: Text | None = None
    note: Text | None = None
    inferred: bool = False
    line: int | None = None


@frozen
class Step:
    """A lifecycle step. ``from_`` empty = it makes the record; ``to`` None = the state stays.

    ``when``: of several steps that make a record, it is this one where the condition is true of what was given
    (the last may have none). ``opens``: the forms that may be filled next, each with the condition under which
    it is (None: always).
    """

    id: str
    label: Text
    from_: tuple[str, ...] = ()
    to: str | None = None
    requires: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    reason: bool = False
    approver: bool = False
    adds: Mapping[str, int] = attribute(default_factory=dict)
    opens: tuple[tuple[str, str | None], ...] = ()
    inferred: bool = False
    line: int | None = None
    fields: Mapping[str, Field] = attribute(default_factory=dict)
    when: Condition | None = None
    when_text: str | None = None

    @property
    def creates(self) -> bool:
        return not self.from_


@frozen
class Escalation:
    """Whom a clock is brought to, and when: at ``share`` percent of its budget, or ``after`` a budget that
    begins at its due (exactly one of the two is there). ``to`` is a role, or a field that names a person."""

    share: int | None
    after: Within | None
    to: str


@frozen
class Pauses:
    """How a clock may be paused: ``longest`` in all (a length; None = the book's cap) and ``most`` times."""

    longest: Within | None = None
    most: int | None = None
    allowed: bool = True


@frozen
class Clock:
    """A named deadline. ``starts`` and ``stops`` name ``at``, a step, a moment field, a column of a
    list (``entries.converted_at``) or a moment of a linked record (``record.done_at``).

    ``within``: None only of one that sleeps (``off``). ``not_before``: a moment field before which its time does
    not begin to count. ``outlives``: a final state does not stop it, only its own stops and the cancelling of
    the record do. ``pauses`` None: as the book says for all. ``escalate``: the steps of its escalation in the
    order the form has them.
    """

    id: str
    label: Text
    starts: tuple[str, ...]
    stops: tuple[str, ...]
    within: Within | None
    when: Condition | None = None
    to: str | None = None
    calendar: str | None = None
    roll: bool = False
    each: str | None = None
    off: bool = False
    source: str | None = None
    inferred: bool = False
    line: int | None = None
    pauses: Pauses | None = None
    escalate: tuple[Escalation, ...] = ()
    not_before: str | None = None
    outlives: bool = False


@frozen
class Check:
    """One rule of a form with the sentence people read when it is broken."""

    id: str
    text: str
    rule: Rule
    severity: Literal["error", "warning"] = "error"
    say: Text | None = None
    source: str | None = None
    inferred: bool = False
    line: int | None = None


@frozen
class SignaturePlace:
    """A place to sign: who, what it means, at which step. ``id`` is what `sign --as` takes. ``when``: only
    for records of which this condition (written in ``when_text``) is true."""

    id: str
    label: Text
    roles: tuple[str, ...] = ()
    at: str | None = None
    of: str | None = None
    inferred: bool = False
    when: Condition | None = None
    when_text: str | None = None


@frozen
class Seals:
    """What the step ``at`` seals: the records of ``forms`` whose moment lies after the field ``from_`` and up to
    the field ``to``, and those the record itself names. What was sealed stands in its fields ``sealed`` (a list
    of ``record``, ``n``, ``sha256``) and ``seal``."""

    at: str
    to: str
    forms: tuple[str, ...]
    from_: str | None = None


@frozen
class Cell:
    """One field on the printed sheet; ``height`` in text lines for the tall ones."""

    field: str
    height: int = 1


@frozen
class Form:
    """A form definition at one version. ``keep``: how long a record is kept after its end (``keeping.read_keep``
    reads it); None where the form does not say."""

    name: str
    version: int
    title: Text
    prefix: str
    pack: str
    register: bool = False
    effective: str | None = None
    alias: tuple[str, ...] = ()
    purpose: Text | None = None
    source: tuple[str, ...] = ()
    fields: Mapping[str, Field] = attribute(default_factory=dict)
    states: Mapping[str, Text] = attribute(default_factory=dict)
    final: frozenset[str] = frozenset()
    steps: Mapping[str, Step] = attribute(default_factory=dict)
    clocks: Mapping[str, Clock] = attribute(default_factory=dict)
    checks: tuple[Check, ...] = ()
    signatures: Mapping[str, SignaturePlace] = attribute(default_factory=dict)
    columns: tuple[str, ...] = ()
    sheet: tuple[tuple[Cell, ...], ...] = ()
    subject: tuple[str, ...] = ()
    span: tuple[str, str] | None = None
    path: str | None = None
    pause_reasons: Mapping[str, Text] = attribute(default_factory=dict)
    seals: Seals | None = None
    private_subject: str | None = None
    keep: str | None = None

    @cached_property
    def first_step(self) -> Step:
        """The step that makes a record; where there are several, the one that makes it in any case."""
        first = self.first_steps
        return next((step for step in first if step.when_text is None), first[0])

    @cached_property
    def first_steps(self) -> tuple[Step, ...]:
        """The steps that make a record, in the order in which they are tried."""
        return tuple(step for step in self.steps.values() if step.creates)

    @property
    def full_name(self) -> str:
        return f"{self.name}@{self.version}"


@frozen
class ChecklistItem:
    """One line of a checklist; answered pass, fail or na, with a remark or a measured number."""

    id: str
    label: Text
    criterion: Text | None = None
    limit: tuple[str, str, Text] | None = None
    profile: tuple[str, ...] = ()


@frozen
class Checklist:
    id: str
    title: Text
    items: Mapping[str, ChecklistItem]
    source: str | None = None


@frozen
class Library:
    """All that a book's ``templates/`` define, and the site settings rules may name.

    ``forms`` holds the newest version of each; ``older`` the superseded ones by ``name@version``.
    ``shared`` holds the other files of a pack as they were read, by their name: ``calendars``, ``duties``,
    ``shifts``, ``settings``; ``calendarfile``, ``dutyfile`` and ``shiftfile`` say what stands in them.
    ``absent``: forms of packs that are not switched on, which those here speak of.
    ``key`` names the content it was read from: the same key, the same definitions.
    """

    forms: Mapping[str, Form] = attribute(default_factory=dict)
    older: Mapping[str, Form] = attribute(default_factory=dict)
    checklists: Mapping[str, Checklist] = attribute(default_factory=dict)
    roles: Mapping[str, Text] = attribute(default_factory=dict)
    settings: Mapping[str, object] = attribute(default_factory=dict)
    shared: Mapping[str, tuple[Source, ...]] = attribute(default_factory=dict)
    key: str = ""
    absent: frozenset[str] = frozenset()
    registers: frozenset[str] | None = None

    @property
    def register_names(self) -> frozenset[str]:
        """The forms of standing data; known from the cache without building a form."""
        if self.registers is not None:
            return self.registers
        return frozenset(form.name for form in self.forms.values() if form.register)

    def form_at(self, name: str, version: int) -> Form | None:
        """The form a record of that version lives under, or None when the book does not have it."""
        form = self.forms.get(name)
        if form is not None and form.version == version:
            return form
        return self.older.get(f"{name}@{version}")

    def form_on(self, name: str, day: str) -> Form:
        """The form a record that is made on ``day`` (YYYY-MM-DD) lives under: the newest version in force then
        (clocks 11), else the one that takes effect first. KeyError when the book has no such form."""
        newest = self.forms[name]
        if (newest.effective or "") <= day or not self.older:
            return newest
        older = [self.older[full] for full in self.older if full.partition("@")[0] == name]
        there = [form for form in older if (form.effective or "") <= day]
        if there:
            return max(there, key=lambda form: form.version)
        return min([newest, *older], key=lambda form: (form.effective or "", form.version))
