"""All findings of one record: shape, types, references, lifecycle, and the checks of its form."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from datetime import datetime
from datetime import timedelta
from typing import TYPE_CHECKING
from typing import cast

from logbook.core.form import Check
from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.form import Library
from logbook.core.form import Step
from logbook.core.issues import Issue
from logbook.core.lifecycle import BUILT_IN_STEPS
from logbook.core.lifecycle import EVENT_ONLY
from logbook.core.lifecycle import VOIDED
from logbook.core.lifecycle import State
from logbook.core.lifecycle import state_of
from logbook.core.record import HEADER
from logbook.core.record import Event
from logbook.core.record import Record
from logbook.core.record import Stored
from logbook.core.text import Text
from logbook.core.value import replace
from logbook.core.values import stored_issues
from logbook.core.values import unknown_field
from logbook.core.values import verdict_of

if TYPE_CHECKING:
    from logbook.core.rules import World
    from logbook.core.view import View

# Nothing may be in the future, with this tolerance (spec: clocks 2).
FUTURE_TOLERANCE = timedelta(minutes=5)
# An event is late when it was written down more than this after it happened (spec: clocks 2).
LATE = timedelta(hours=2)

# Of one kind of fault more than this need not be told of one record: whoever reads it has understood.
TOLD = 100


def record_issues(
    form: Form,
    record: Record,
    library: Library,
    *,
    exists: Callable[[tuple[str, ...], str], bool] | None = None,
) -> list[Issue]:
    """Findings that the record and its form alone give, and references to nothing.

    ``exists(forms, id)`` answers whether one of these forms has such a record; None skips that.
    """
    issues: list[Issue] = []
    fields = form.fields
    strange = 0
    for name, value in record.fields.items():
        field = fields.get(name)
        if field is None:
            strange += 1
            if strange <= TOLD:
                issues.append(unknown_field(name, fields, name, severity="warning"))
            continue
        if field.holds or field.derived is not None:
            issues.append(Issue("field.not-stored", {"label": field.label, "name": name}, field=name))
            continue
        issues.extend(value_issues(field, value, name, library, exists))
    if strange > TOLD:
        issues.append(Issue("record.and-more", {"count": strange - TOLD}, severity="warning"))
    void = record.status == VOIDED  # the stub of a gap has nothing but its number
    for name, field in fields.items():
        if (
            field.required
            and not void
            and not _filled(record.fields.get(name))
            and not _brought(record, name)
        ):
            issues.append(Issue("field.required", {"label": field.label, "name": name}, field=name))
    if form.register and exists is not None:
        from logbook.core.values import register_id_issue

        bad = register_id_issue(record.id)
        if bad is not None:
            issues.append(bad)
    issues.extend(_lifecycle_issues(form, record, library, exists))
    if record.conflicts:
        issues.extend(_conflict_issues(form, record))
    return issues


def value_issues(
    field: Field,
    stored: Stored,
    path: str,
    library: Library,
    exists: Callable[[tuple[str, ...], str], bool] | None,
) -> list[Issue]:
    """Findings of one stored value: its type, its checklist's items, the records it points at."""
    issues = stored_issues(field, stored, path)
    if issues:
        return issues
    kind = field.type
    if exists is not None and kind in ("ref", "staff") and isinstance(stored, str) and stored:
        target = ("staff",) if kind == "staff" else field.target
        if not exists(target, stored):
            code = "field.unknown-staff" if kind == "staff" else "field.reference"
            issues.append(
                Issue(
                    code,
                    {"label": field.label, "found": stored, "target": _titles(target, library)},
                    field=path,
                )
            )
    elif kind == "list" and isinstance(stored, list):
        asked = [column for column in field.columns.values() if column.required and column.derived is None]
        for number, row in enumerate(stored, 1):
            cells = cast("dict[str, Stored]", row)
            for name, value in cells.items():
                column = field.columns.get(name)
                if column is not None and column.type in ("ref", "staff", "checklist"):
                    issues.extend(value_issues(column, value, f"{path}.{number}.{name}", library, exists))
            issues += [
                Issue(
                    "field.column",
                    {"label": column.label, "name": column.id, "list": field.label, "row": number},
                    field=f"{path}.{number}.{column.id}",
                )
                for column in asked
                if not _filled(cells.get(column.id))
            ]
    elif kind == "checklist" and isinstance(stored, dict) and field.target:
        checklist = library.checklists.get(field.target[0])
        if checklist is not None:
            for item in stored:
                if item not in checklist.items:
                    issues.append(
                        Issue(
                            "field.checklist-item",
                            {"item": item, "checklist": checklist.title, "known": list(checklist.items)},
                            field=f"{path}.{item}",
                        )
                    )
    return issues


def step_issues(
    form: Form,
    state: State,
    step: Step,
    event: Event,
    *,
    roles: Iterable[str],
    administrator: bool = False,
    titles: Mapping[str, Text] | None = None,
) -> list[Issue]:
    """Whether ``step`` may be taken now: state, authority, reason, approver (before its values).

    ``titles`` are what people call the roles.

    Requirements are judged by :func:`requirement_issues` on the state after the step.
    """
    issues: list[Issue] = []
    if state.exists and state.voided:
        issues.append(Issue("step.voided", {"id": state.record.id}))
    elif state.exists and (step.creates or state.status not in step.from_):
        allowed = [s.label for s in form.steps.values() if state.status in s.from_]
        issues.append(
            Issue(
                "step.not-allowed" if allowed else "step.none-left",
                {
                    "step": step.label,
                    "state": form.states.get(state.status, state.status),
                    "allowed": allowed,
                    "from_": [form.states.get(s, s) for s in step.from_],
                },
                field="step",
            )
        )
    if not may_take(step.by, roles, administrator=administrator):
        issues.append(
            Issue(
                "step.role",
                {"step": step.label, "roles": [(titles or {}).get(r, r) for r in step.by], "by": event.by},
                field="by",
            )
        )
    if step.reason and not event.reason:
        issues.append(Issue("step.reason", {"step": step.label}, field="reason"))
    if step.approver:
        if not event.approved_by:
            issues.append(Issue("step.approver", {"step": step.label}, field="approved_by"))
        elif event.approved_by == event.by:
            issues.append(Issue("step.same-person", {"step": step.label}, field="approved_by"))
    return issues


def may_take(by: tuple[str, ...], roles: Iterable[str], *, administrator: bool) -> bool:
    """Whether someone with these roles may take a step open to ``by`` (rulings 15)."""
    return administrator or not by or "staff" in by or "customer" in by or not set(by).isdisjoint(roles)


def change_issues(
    form: Form, state: State, by: str, *, roles: Iterable[str], administrator: bool, titles: Mapping[str, Text]
) -> list[Issue]:
    """Who may correct or cancel a record: whoever made it (no register entry of one's own), and those
    who may make such a record or decide on it later."""
    own = by == state.by and not form.register
    if own or administrator or any(may_take(step.by, roles, administrator=False) for step in form.first_steps):
        return []
    later = {role for step in form.steps.values() if not form.register for role in step.by}
    if not later.isdisjoint(set(roles) - {"staff", "customer"}):
        return []
    wanted = [titles.get(role, role) for step in form.first_steps for role in step.by]
    return [Issue("record.role", {"by": by, "roles": wanted}, field="by")]


def requirement_issues(form: Form, after: State, step: Step) -> list[Issue]:
    """Fields a step needs that are still empty once its own values are in."""
    issues = []
    for name in step.requires:
        field = form.fields.get(name)
        if field is None or field.derived is not None:
            continue
        if not _filled(after.fields.get(name)):
            issues.append(
                Issue("step.requires", {"step": step.label, "label": field.label, "name": name}, field=name)
            )
    return issues


def event_time_issues(
    event_at: datetime, now: datetime, created: datetime | None, field: str = "at"
) -> list[Issue]:
    """Nothing in the future (5 min tolerance), nothing before the record itself; late is a warning."""
    if event_at > now + FUTURE_TOLERANCE:
        return [Issue("record.future", {"at": event_at}, field=field)]
    if created is not None and event_at < created:
        return [Issue("record.before-start", {"at": event_at, "start": created}, field=field)]
    return []


# Which of a form's checks are asked.
Only = Callable[[Check], bool]


class _Borne:
    """The world for a step that was taken before: a signature it waited for may have been made stale since."""

    def __init__(self, world: World) -> None:
        self._world = world

    def __getattr__(self, name: str) -> object:
        return getattr(self._world, name)

    def signed(self, view: View, meaning: str) -> bool:
        return any(one.meaning == meaning for one in view.state_of.record.signatures)


def check_issues(
    form: Form,
    view: View,
    world: World,
    *,
    step: str | None = None,
    only: Only | None = None,
    library: Library | None = None,
) -> list[Issue]:
    """The form's own checks. With ``step`` as they are judged when that step is taken; without, as
    ``validate`` judges a stored record: by its latest step. ``only`` chooses among them; ``library`` lends
    the labels of roles and forms."""
    from logbook.core import rules

    taken = view.steps_taken()
    state = view.state_of
    if state.voided:
        return []
    brought = False
    past = cast("World", _Borne(world)) if step is None else world
    if step is None:
        last = next((e for e in reversed(state.events) if e.step in form.steps), None)
        step = last.step if last is not None else form.first_step.id
        brought = last is not None and last.source is not None
    issues = []
    for check in form.checks if only is None else filter(only, form.checks):
        rule = check.rule
        # Steps an import brought are not judged by what should have gone before them.
        if brought and rules.gates(rule) is not None:
            continue
        if not rules.applies(rule, step, view.state, taken):
            continue
        gated = rules.gates(rule)
        verdict = rules.evaluate(rule, view, past if gated is not None and gated[0] == "before" else world)
        if rules.holds(rule, verdict):
            continue
        where = rules.explain(rule, view, world)
        issues.append(
            Issue(
                f"{form.name}.{check.id}",
                {"say": check.say, "rule_text": _prose(check, form, library), "where": where.item or ""},
                severity=check.severity,
                field=where.path,
            )
        )
    return issues


def _prose(check: Check, form: Form, library: Library | None) -> Text:
    """The sentence of a check as people say it, made once a check."""
    key = f"{form.full_name} {check.id} {check.text} {library.key if library is not None else ''}"
    if key not in _PROSE:
        from logbook.core import rules

        _PROSE[key] = Text(*(rules.say(check.rule, form, lang, library=library) for lang in ("zh", "en")))
    return _PROSE[key]


# Saying a sentence takes longer than judging it, and thousands of records may break the same one.
_PROSE: dict[str, Text] = {}


def _lifecycle_issues(
    form: Form, record: Record, library: Library, exists: Callable[[tuple[str, ...], str], bool] | None
) -> list[Issue]:
    issues: list[Issue] = []
    status = ""
    paused = False
    own = form.steps
    at_once = _done_at_once(record)
    for number, event in enumerate(record.events, 1):
        place = f"events.{number}"
        step = own.get(event.step)
        if event.set:
            issues.extend(_set_issues(_form_for(form, event.step, library), event.set, f"{place}.set", library, exists))
        if exists is not None and not exists(("staff",), event.by):
            issues.append(
                Issue(
                    "field.unknown-staff",
                    {"label": "by", "found": event.by, "target": []},
                    field=f"{place}.by",
                )
            )
        if step is None:
            if event.step in EVENT_ONLY:
                from logbook.core.clocksteps import event_issues

                if event.source is None and not at_once(event):
                    issues.extend(event_issues(form, event, place, paused))
                paused = event.step == "pause" or (paused and event.step != "resume")
            if event.step in ("void", VOIDED):
                status = VOIDED
            elif event.step not in BUILT_IN_STEPS:
                from logbook.core.suggest import hint

                issues.append(
                    Issue(
                        "step.unknown",
                        {"found": event.step, "allowed": list(own), "hint": hint(event.step, own)},
                        field=f"{place}.step",
                    )
                )
            continue
        # History that an import did not bring is not judged by lifecycle order (spec: import).
        if event.source is None:
            if number == 1 and not step.creates:
                issues.append(Issue("step.first", {"step": step.label}, field=f"{place}.step"))
            elif number > 1 and (step.creates or (status != "" and status not in step.from_)) and at_once(event):
                said = {"step": step.label, "state": form.states.get(status, status)}
                issues.append(Issue("merge.both-did", said, severity="warning", field=f"{place}.step"))
            elif number > 1 and (step.creates or (status != "" and status not in step.from_)):
                issues.append(
                    Issue(
                        "step.order",
                        {"step": step.label, "state": form.states.get(status, status)},
                        field=f"{place}.step",
                    )
                )
            if step.reason and not event.reason:
                issues.append(Issue("step.reason", {"step": step.label}, field=f"{place}.reason"))
            if step.requires and number == len(record.events):
                missing = requirement_issues(form, state_of(form, record), step)
                issues.extend(replace(issue, field=f"{place}.set.{issue.field}") for issue in missing)
        # Texts first: nearly always they have one offset and need not be read as moments.
        if event.at < record.at and _moment(event.at) < _moment(record.at):
            args = {"at": _moment(event.at), "start": _moment(record.at)}
            issues.append(Issue("record.before-start", args, field=f"{place}.at"))
        status = step.to or status
    if status != record.status:
        issues.append(Issue("record.status", {"found": record.status, "events": status}, field="status"))
    if record.events:
        first = record.events[0]
        changed = {path for event in record.events[1:] for path in event.set}
        if record.at != first.at and "at" not in changed:
            issues.append(
                Issue("record.copy", {"name": "at", "found": record.at, "events": first.at}, field="at")
            )
        if record.by != first.by and "by" not in changed:
            issues.append(
                Issue("record.copy", {"name": "by", "found": record.by, "events": first.by}, field="by")
            )
    return issues


def _done_at_once(record: Record) -> Callable[[Event], bool]:
    """Which events two desks took without knowing of each other, so that their order proves nothing."""
    if not any(one.what == "steps" for one in record.conflicts):
        return lambda _event: False
    from logbook.core.merging import done_at_once

    until = done_at_once(record)
    return lambda event: _moment(event.recorded or event.at).timestamp() <= until


def _conflict_issues(form: Form, record: Record) -> list[Issue]:
    """What two desks changed at once and nobody has settled yet."""
    from logbook.core.merging import unsettled

    issues = []
    for conflict in unsettled(record):
        field = form.fields.get(conflict.field.partition(".")[0])
        label: Text | str = field.label if field is not None else conflict.field
        what = conflict.what if conflict.what in ("steps", "rows", "number", "file") else "value"
        args = {"label": label, "name": conflict.field, "id": record.id}
        issues.append(Issue(f"merge.{what}", args, severity="warning", field=conflict.field or None))
    return issues


def _form_for(form: Form, step: str, library: Library) -> Form:
    """The form as an event of that step may set its values: a built-in step brings some of its own."""
    if step not in EVENT_ONLY or step in form.steps:
        return form
    from logbook.core.builtin import built_in_steps
    from logbook.core.builtin import with_fields

    built_in = built_in_steps(form, library.settings).get(step)
    return with_fields(form, built_in) if built_in is not None else form


def _set_issues(
    form: Form,
    changes: Mapping[str, Stored],
    place: str,
    library: Library,
    exists: Callable[[tuple[str, ...], str], bool] | None,
) -> list[Issue]:
    issues: list[Issue] = []
    for path, value in changes.items():
        name, _, rest = path.rstrip("+").partition(".")
        field = form.fields.get(name)
        if field is None:
            if name not in HEADER:
                issues.append(unknown_field(name, form.fields, f"{place}.{path}", severity="warning"))
            continue
        if not rest:
            issues.extend(value_issues(field, value, f"{place}.{path}", library, exists))
            continue
        column = field.columns.get(rest.rpartition(".")[2]) if field.type == "list" else None
        if column is not None:
            issues.extend(value_issues(column, value, f"{place}.{path}", library, exists))
        elif field.type == "checklist" and verdict_of(value) not in ("pass", "fail", "na"):
            issues.append(
                Issue("field.verdict", {"found": str(value), "item": rest}, field=f"{place}.{path}")
            )
    return issues


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _brought(record: Record, name: str) -> bool:
    """A field required on add counts as given when a later event filled it."""
    return any(path.split(".")[0].rstrip("+") == name for event in record.events for path in event.set)


def _filled(value: Stored) -> bool:
    return value is not None and value != "" and value != [] and value != {}


def _titles(names: tuple[str, ...], library: Library) -> list[object]:
    return [library.forms[name].title if name in library.forms else name for name in names]
