"""What a form says of its clocks, made ready to be asked of many records."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from typing import TYPE_CHECKING
from typing import cast

from logbook.core.budgets import Before
from logbook.core.budgets import BeforeHoliday
from logbook.core.budgets import Chosen
from logbook.core.budgets import Or
from logbook.core.budgets import Plain
from logbook.core.budgets import Span
from logbook.core.budgets import Within
from logbook.core.budgets import can_pause
from logbook.core.form import Clock
from logbook.core.form import Form
from logbook.core.form import Library
from logbook.core.lifecycle import BUILT_IN_STEPS
from logbook.core.lifecycle import VOIDED
from logbook.core.value import attribute
from logbook.core.value import changing

if TYPE_CHECKING:
    from logbook.core.rules import Condition


@changing
class Sources:
    """Where a start or a stop may come from."""

    at: bool = False
    steps: frozenset[str] = frozenset()
    fields: tuple[str, ...] = ()
    columns: tuple[tuple[str, str], ...] = ()
    links: tuple[tuple[str, str], ...] = ()


@changing
class Plan:
    """One clock of a form: its sources told apart, and what a record must be watched for."""

    id: str
    to: str | None
    when: Condition | None
    calendar: str
    roll: bool
    within: Within
    starts: Sources
    stops: Sources
    rows: str | None
    decides: frozenset[str]  # fields whose change changes whether the clock exists or when it is due
    by_state: bool  # the condition asks for the record's state
    local: bool  # the condition asks for nothing but stored fields of the record
    working: bool  # counts in a calendar
    before: bool  # due lies before the start
    acts: frozenset[str]  # the steps that start or stop it, or end the record
    clock: Clock
    version: int
    pausable: bool  # pausing the record moves its due
    not_before: str | None
    ends: frozenset[str]  # the steps that end the record, for this clock
    when_names: tuple[str, ...] = ()
    known: dict[tuple[object, ...], bool] = attribute(default_factory=dict)


Plans = tuple[tuple[Plan, ...], frozenset[str]]
_PLANS: dict[int, tuple[Form, Plans]] = {}


def plans_of(form: Form) -> Plans:
    """The plans of a form's clocks, and the fields they watch; made once a form value."""
    made = _PLANS.get(id(form))
    if made is None or made[0] is not form:
        if len(_PLANS) > 1000:
            _PLANS.clear()
        plans = tuple(
            _plan(form, clock) for clock in form.clocks.values() if not clock.off and clock.within is not None
        )
        watched = frozenset(
            name
            for plan in plans
            for name in (
                *plan.decides,
                *plan.stops.fields,
                *(pair[0] for pair in (*plan.starts.columns, *plan.starts.links)),
            )
        )
        made = _PLANS[id(form)] = (form, (plans, watched))
    return made[1]


def versions_of(library: Library, name: str) -> tuple[Form, ...]:
    """Every version of a form; () where there is but one, or none of them says from when it applies."""
    key = (id(library), name)
    known = _VERSIONS.get(key)
    if known is None or known[0] is not library:
        older = [full for full in library.older if full.partition("@")[0] == name]
        forms = [library.older[full] for full in older]
        if older and name in library.forms:
            forms.append(library.forms[name])
        dated = tuple(form for form in forms if form.clocks) if any(form.effective for form in forms) else ()
        if len(_VERSIONS) > 1000:
            _VERSIONS.clear()
        known = _VERSIONS[key] = (library, dated)
    return known[1]


_VERSIONS: dict[tuple[int, str], tuple[Library, tuple[Form, ...]]] = {}


def in_force(form: Form, versions: Iterable[Form], day: str) -> Form:
    """The version whose clocks count on ``day`` (YYYY-MM-DD): the one that took effect last before it, else
    the record's own ``form`` (clocks 11). One that does not say from when is in force from the beginning."""
    best = form if (form.effective or "") <= day else None
    for version in versions:
        since = version.effective or ""
        if since > day or (form.effective is None and version.version <= form.version):
            continue
        if not since and form.effective is None:
            continue  # two that do not say from when: the record keeps its own
        if best is None or (since, version.version) > (best.effective or "", best.version):
            best = version
    return best or form


def plan_by(form: Form, other: Form, clock_id: str) -> Plan | None:
    """The clock of that id as another version has it, for a record of ``form``; None where it has none."""
    key = (id(form), id(other), clock_id)
    known = _OTHERS.get(key)
    if known is None or known[0] is not form or known[1] is not other:
        clock = other.clocks.get(clock_id)
        plan = None
        if clock is not None and not clock.off and clock.within is not None:
            plan = _plan(form, clock, other.version)
        if len(_OTHERS) > 1000:
            _OTHERS.clear()
        known = _OTHERS[key] = (form, other, plan)
    return known[2]


_OTHERS: dict[tuple[int, int, str], tuple[Form, Form, Plan | None]] = {}


def _plan(form: Form, clock: Clock, version: int = 0) -> Plan:
    rows = clock.each.removeprefix("rows of ").removeprefix("row of ").strip() if clock.each else None
    starts = _sources(form, clock.starts)
    stops = _sources(form, clock.stops)
    names: set[str] = set()
    when_names: list[str] = []
    by_state = False
    local = True
    if clock.when is not None:
        when_names, by_state, local = _names_in(form, clock.when)
        names.update(when_names)
    within = cast("Within", clock.within)  # a clock without a budget sleeps: nobody plans it
    ends = _ends(form, outlives=clock.outlives)
    names.update(name.partition(".")[0] for name in within.fields())
    names.update(starts.fields)
    if clock.not_before is not None and clock.not_before in form.fields:
        names.add(clock.not_before)
    return Plan(
        clock.id,
        clock.to,
        clock.when,
        clock.calendar or "office",
        clock.roll,
        within,
        starts,
        stops,
        rows,
        frozenset(names),
        by_state,
        local and not by_state,
        clock.roll or _counts_in_calendar(within),
        _reaches_back(within),
        starts.steps | stops.steps | ends,
        clock,
        version or form.version,
        (clock.pauses is None or clock.pauses.allowed) and can_pause(within),
        clock.not_before if clock.not_before in form.fields else None,
        ends,
        tuple(when_names),
    )


def _ends(form: Form, *, outlives: bool) -> frozenset[str]:
    """The steps that end a record of this form for a clock: all into a final state, unless it ``outlives``
    them; cancelling in any case (rulings 2)."""
    return frozenset(
        [name for name, step in form.steps.items() if step.to in form.final and not outlives]
        + [name for name in ("void", VOIDED) if name not in form.steps]
    )


def _sources(form: Form, names: Iterable[str]) -> Sources:
    at = False
    steps: set[str] = set()
    fields: list[str] = []
    columns: list[tuple[str, str]] = []
    links: list[tuple[str, str]] = []
    for name in names:
        head, dot, rest = name.partition(".")
        field = form.fields.get(head)
        if name == "at":
            at = True
        elif (head in form.steps or head in BUILT_IN_STEPS) and (not dot or rest == "at"):
            steps.add(head)
        elif field is None:
            continue
        elif field.type == "list" and dot:
            columns.append((head, rest))
        elif dot:
            links.append((head, rest))
        elif field.holds == "at":
            at = True
        elif field.holds is not None:
            steps.add(field.holds.partition(".")[0])
        else:
            fields.append(head)
    return Sources(at, frozenset(steps), tuple(fields), tuple(columns), tuple(links))


def _names_in(form: Form, sentence: object) -> tuple[list[str], bool, bool]:
    """The record's fields a condition looks at (through derived fields too), whether it asks for the
    record's state, and whether these names are all it asks for."""
    from logbook.core.rules import nodes

    names: dict[str, None] = {}
    by_state = False
    local = True
    waiting = [sentence]
    while waiting:
        for part in nodes.walk(waiting.pop()):
            if isinstance(part, nodes.Items):
                local = local and part.kind != "record" and part.form is None
            elif isinstance(part, (nodes.Setting, nodes.AsOf, nodes.HasRole, nodes.FallsOn, nodes.Signed)):
                local = False
            if not isinstance(part, nodes.Path) or not part.names:
                continue
            name = part.names[0]
            field = form.fields.get(name)
            by_state = by_state or name == "state"
            if field is None or len(part.names) > 1 or field.type == "list":
                local = local and field is not None and field.type == "list"
            if field is None or name in names:
                continue
            names[name] = None
            if field.derived is not None:
                local = False
                waiting.append(field.derived)
    return list(names), by_state, local


def _budgets(within: Within) -> Iterator[Plain]:
    for budget in within.table.values() if isinstance(within, Chosen) else (within,):
        yield budget.within if isinstance(budget, Or) else budget


def _counts_in_calendar(within: Within) -> bool:
    return any(
        isinstance(budget, BeforeHoliday)
        or (isinstance(budget, Span) and budget.unit.startswith("working"))
        or (isinstance(budget, Before) and budget.span.unit.startswith("working"))
        for budget in _budgets(within)
    )


def _reaches_back(within: Within) -> bool:
    return any(isinstance(budget, Before) for budget in _budgets(within))
