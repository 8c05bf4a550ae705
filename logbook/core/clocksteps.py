"""What speaks against pausing, resuming, extending or reassigning now, and against such events in a file."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from logbook.core.budgets import MOST_EXTENSIONS
from logbook.core.budgets import BudgetError
from logbook.core.budgets import Or
from logbook.core.budgets import can_pause
from logbook.core.budgets import chosen
from logbook.core.budgets import length_of
from logbook.core.budgets import parse_within
from logbook.core.builtin import LONGEST
from logbook.core.builtin import MOST
from logbook.core.builtin import OTHER
from logbook.core.builtin import built_in_steps
from logbook.core.builtin import clock_settings
from logbook.core.builtin import pause_reasons
from logbook.core.clockevents import assignees
from logbook.core.clockevents import barred_from
from logbook.core.clockevents import is_approved
from logbook.core.clockfacts import seconds_of
from logbook.core.clockstates import ClockState
from logbook.core.clockwords import moment_text
from logbook.core.form import Clock
from logbook.core.form import Form
from logbook.core.form import Step
from logbook.core.formwords import folded
from logbook.core.issues import Issue
from logbook.core.lifecycle import State
from logbook.core.record import Amendment
from logbook.core.record import Event
from logbook.core.text import Text


def caps_of(clock: Clock, settings: Mapping[str, object] | None) -> tuple[int, int, str]:
    """How long in all (seconds) and how often a clock may be paused, and the length as it was written:
    as its form says, else the site (``settings: {clocks: {pause: {longest, most}}}``), else 30 days and
    3 times."""
    site = clock_settings(settings).get("pause")
    own = site if isinstance(site, Mapping) else {}
    longest, said = None, str(own.get("longest") or LONGEST)
    if clock.pauses is not None and clock.pauses.longest is not None:
        longest = length_of(clock.pauses.longest)
        said = clock.pauses.longest.say("en").removeprefix("within ")
    if longest is None:
        longest = _length(said) or _length(LONGEST) or 0
    most = clock.pauses.most if clock.pauses is not None else None
    if most is None:
        most = int(str(own.get("most"))) if str(own.get("most") or "").isdigit() else MOST
    return longest, most, said


def _length(text: str) -> int | None:
    try:
        return length_of(parse_within(text))
    except BudgetError:
        return None


def pause_reason(
    form: Form, settings: Mapping[str, object] | None, why: str | None, reason: str | None
) -> tuple[str | None, Text | str | None, list[Issue]]:
    """The reason of a pause: its id in the list, what is written down as reason (a label to be said in the
    book's language, or the words given), and what is wrong with it.

    ``reason`` may name one of the list by id or label, or begin with one: ``其他：客户出差``.
    """
    known = pause_reasons(form, settings)
    text = (reason or "").strip()
    if why is None:
        head, colon, rest = text.replace("：", ":", 1).partition(":")
        why = _named(known, text)
        if why is not None:
            text = ""
        elif colon and (why := _named(known, head)) is not None:
            text = rest.strip()
    allowed = [f"{name} {label.zh}" for name, label in known.items()]
    if why is None or why not in known:
        issue = Issue("clock.pause-reason", {"found": text, "allowed": allowed}, field="why")
        return None, text or None, [issue]
    if why == OTHER and not text:
        return why, None, [Issue("clock.pause-other", {"label": known[OTHER]}, field="why")]
    return why, text or known[why], []


def _named(known: Mapping[str, Text], word: str) -> str | None:
    wanted = folded(word)
    return next((name for name, label in known.items() if wanted in (name, folded(label.zh), folded(label.en))), None)


def step_issues(
    form: Form,
    state: State,
    event: Event,
    clocks: Sequence[ClockState],
    *,
    settings: Mapping[str, object] | None,
    now: datetime,
    zone: ZoneInfo,
) -> list[Issue]:
    """What speaks against a built-in step; ``clocks`` are those of the record as it stands before it."""
    at = seconds_of(event.at) or 0
    # One written down late counts from then: a breach is not paused or extended away afterwards.
    counted = max(at, seconds_of(event.recorded) or at) if event.recorded else at
    running = [one for one in clocks if one.stopped is None and one.started <= counted and one.clock in form.clocks]
    if event.step == "pause":
        return _pause(form, state, event, running, counted, settings, now, zone)
    if event.step == "resume":
        if not any(_is_paused(one, at) for one in running):
            return [Issue("clock.not-paused", {"id": state.record.id}, field="step")]
        return []
    if event.step == "extend":
        return _extend(form, state, event, running, counted, zone)
    return []


def _is_paused(one: ClockState, at: int) -> bool:
    return one.paused_from is not None and one.paused_from <= at and not one.resumed


def _pause(
    form: Form,
    state: State,
    event: Event,
    running: Sequence[ClockState],
    at: int,
    settings: Mapping[str, object] | None,
    now: datetime,
    zone: ZoneInfo,
) -> list[Issue]:
    given = event.set.get("until")
    until = seconds_of(given) if isinstance(given, str) else None
    issues: list[Issue] = []
    if until is not None and until <= max(at, int(now.timestamp())):
        issues.append(Issue("clock.pause-past", {"until": moment_text(until, zone)}, field="until"))
    may = [one for one in running if _can_pause(form.clocks[one.clock], state)]
    allowed = [one for one in may if _allows(form.clocks[one.clock])]
    in_time = [one for one in allowed if one.due is None or at <= one.due]
    if in_time:
        for one in in_time if until is not None and not issues else ():
            issues += _beyond_cap(form.clocks[one.clock], one, at, until or at, settings)
        return issues
    if allowed:
        label = form.clocks[allowed[0].clock].label
        due = moment_text(allowed[0].due or 0, zone)
        return [*issues, Issue("clock.pause-breached", {"clock": label, "due": due}, field="step")]
    if may:
        label = form.clocks[may[0].clock].label
        return [*issues, Issue("clock.pause-never", {"clock": label}, field="step")]
    return [*issues, Issue("clock.pause-nothing", {}, field="step")]


def _can_pause(clock: Clock, state: State) -> bool:
    """Whether the budget the clock has now is one that paused time moves."""
    within = chosen(clock.within, state.fields.get) if clock.within is not None else None
    if isinstance(within, Or) and not within.earlier and state.fields.get(within.field):
        return False
    return can_pause(within)


def _allows(clock: Clock) -> bool:
    return clock.pauses is None or clock.pauses.allowed


def _beyond_cap(
    clock: Clock, one: ClockState, at: int, until: int, settings: Mapping[str, object] | None
) -> list[Issue]:
    longest, most, said = caps_of(clock, settings)
    taken = sum(end - begin for begin, end in one.pauses)
    overlap = sum(max(0, min(end, until) - max(begin, at)) for begin, end in one.pauses)
    issues = []
    if taken + until - at - overlap > longest:
        args: dict[str, object] = {"clock": clock.label, "longest": said}
        issues.append(Issue("clock.pause-long", args, field="until"))
    if one.paused >= most:
        issues.append(Issue("clock.pause-often", {"clock": clock.label, "most": most}, field="step"))
    return issues


def _extend(
    form: Form, state: State, event: Event, running: Sequence[ClockState], at: int, zone: ZoneInfo
) -> list[Issue]:
    name, given = event.set.get("clock"), event.set.get("due")
    due = seconds_of(given) if isinstance(given, str) else None
    wanted = [one for one in running if one.clock == name and one.due is not None]
    if not wanted:
        names = [f"{one.clock} {form.clocks[one.clock].label.zh}" for one in running if one.due is not None]
        if not names or name is not None:
            return [Issue("clock.extend-nothing", {"allowed": names}, field="clock")]
        return [Issue("clock.extend-which", {"allowed": names}, field="clock")]
    issues: list[Issue] = []
    one = wanted[-1]
    label = form.clocks[one.clock].label
    old = one.due or 0
    if at > old:
        issues.append(Issue("clock.extend-breached", {"clock": label, "due": moment_text(old, zone)}, field="step"))
    elif due is not None and due <= old:
        issues.append(Issue("clock.extend-shorter", {"clock": label, "due": moment_text(old, zone)}, field="due"))
    if sum(note.outcome == "extended" for note in one.notes) >= MOST_EXTENSIONS:
        issues.append(Issue("clock.extend-many", {"clock": label, "most": MOST_EXTENSIONS}, field="step"))
    if event.approved_by and event.approved_by in assignees(state):
        issues.append(Issue("clock.extend-assignee", {"by": event.approved_by}, field="approved_by"))
    return issues


def change_issues(
    form: Form,
    state: State,
    before: Sequence[ClockState],
    after: Sequence[ClockState],
    source: Event | Amendment,
    *,
    zone: ZoneInfo,
) -> list[Issue]:
    """What came of a change of what running clocks are due by: a longer level that counts for nothing, because
    nobody fit to approved it or it came too late, is a warning (clocks 9); an agreed moment put later by a
    correction is an extension and refused as one (clocks 10), put later by a step once it has passed it is
    ``step.breached``. ``before`` and ``after`` are the record's clocks before and after the change."""
    known = {(one.clock, one.cycle): one for one in before}
    amends = isinstance(source, Amendment)
    issues: list[Issue] = []
    for one in after:
        old = known.get((one.clock, one.cycle))
        clock = form.clocks.get(one.clock)
        if clock is None or old is None or one.stopped is not None:
            continue
        outcomes = {(note.outcome, note.level) for note in one.notes if note not in old.notes and not note.extension}
        if one.row is not None and old.due is not None and (one.due is None or one.due > old.due):
            # A row's clock is told by the values it has now; nothing is replayed.
            at = max(seconds_of(source.at) or 0, seconds_of(source.recorded or source.at) or 0)
            denied = amends and not is_approved(source, state)
            outcomes = {("late" if at > old.due else "unapproved" if denied else "agreed", False)}
        due = moment_text(old.due or 0, zone)
        names = sorted(barred_from(source, state))
        args: dict[str, object] = {"clock": clock.label, "due": due, "names": names, "most": MOST_EXTENSIONS}
        for outcome, level in sorted(outcomes):
            if level and outcome == "unapproved":
                issues.append(Issue("clock.level-unapproved", args, severity="warning", field=clock.id))
            elif level and outcome == "late":
                issues.append(Issue("clock.level-late", args, severity="warning", field=clock.id))
            elif outcome == "late" and not amends:
                issues.append(Issue("step.breached", args, severity="warning", field=clock.id))
            elif outcome in _REFUSED and amends:
                issues.append(Issue(_REFUSED[outcome], args, field=_place_changed(source)))
    return issues


_REFUSED = {"unapproved": "clock.extension", "late": "clock.extend-breached", "many": "clock.extend-many"}


def _place_changed(source: Event | Amendment) -> str:
    return source.field if isinstance(source, Amendment) else "step"


def which_clock(form: Form, clocks: Iterable[ClockState], at: int) -> str | None:
    """The clock an extension can only mean: the one that runs and has a due."""
    names = {one.clock for one in clocks if one.stopped is None and one.started <= at and one.due is not None} & set(
        form.clocks
    )
    return names.pop() if len(names) == 1 else None


# -- in a file -------------------------------------------------------------------------------------


def event_issues(form: Form, event: Event, place: str, paused: bool) -> list[Issue]:
    """What is wrong with a built-in event by itself; ``paused``: a pause stands open before it."""
    steps = built_in_steps(form)
    step = steps.get(event.step)
    if step is None:
        return []
    issues = [
        missing(step, name, f"{place}.set.{name}")
        for name, field in step.fields.items()
        if field.required and not _given(event, name)
    ]
    if step.reason and not event.reason:
        issues.append(Issue("step.reason", {"step": step.label}, field=f"{place}.reason"))
    if step.approver and not event.approved_by:
        issues.append(Issue("step.approver", {"step": step.label}, field=f"{place}.approved_by"))
    elif step.approver and event.approved_by == event.by:
        issues.append(Issue("step.same-person", {"step": step.label}, field=f"{place}.approved_by"))
    until = event.set.get("until") if event.step == "pause" else None
    end, at = (seconds_of(until) if isinstance(until, str) else None), seconds_of(event.at)
    if end is not None and at is not None and end <= at:
        moment = datetime.fromisoformat(str(until))
        issues.append(Issue("clock.pause-past", {"until": moment}, field=f"{place}.set.until"))
    if event.step == "resume" and not paused:
        issues.append(Issue("clock.not-paused", {"id": ""}, field=f"{place}.step"))
    return issues


_MISSING = {"until": "clock.pause-endless", "due": "clock.extend-endless"}


def missing(step: Step, name: str, place: str) -> Issue:
    """A value that a built-in step needs and does not have."""
    field = step.fields[name]
    args: dict[str, object] = {"step": step.label, "label": field.label, "name": name}
    return Issue(_MISSING.get(name, "step.requires"), args, field=place)


def _given(event: Event, name: str) -> bool:
    from logbook.core.lifecycle import ASSIGNED

    names = (name, *ASSIGNED) if event.step == "reassign" else (name,)
    return any(event.set.get(one) for one in names)


_SAID = {"late": "clock.extend-breached", "many": "clock.extend-many", "shorter": "clock.extend-shorter"}


def clock_issues(
    form: Form,
    state: State,
    clocks: Sequence[ClockState],
    *,
    settings: Mapping[str, object] | None,
    zone: ZoneInfo,
) -> list[Issue]:
    """What the clocks of a stored record tell of its events: stops and pauses written down late, pauses and
    extensions after breach or beyond their cap."""
    issues: list[Issue] = []
    for one in clocks:
        clock = form.clocks.get(one.clock)
        if clock is None:
            continue
        if one.stopped is not None and one.counted is not None and one.counted > one.stopped:
            args: dict[str, object] = {
                "clock": clock.label,
                "stopped": moment_text(one.stopped, zone),
                "counted": moment_text(one.counted, zone),
            }
            place = _place_of(state, one.stopped)
            issues.append(Issue("clock.backdated", args, severity="warning", field=place))
        for note in one.notes:
            if note.outcome in _SAID and note.extension:
                due = moment_text(note.due or 0, zone)
                issues.append(
                    Issue(
                        _SAID[note.outcome],
                        {"clock": clock.label, "due": due, "most": MOST_EXTENSIONS},
                        field=_place_of(state, note.at, "extend"),
                    )
                )
        if not one.paused:
            continue
        longest, most, said = caps_of(clock, settings)
        place = _place_of(state, one.paused_from or 0, "pause")
        if sum(end - begin for begin, end in one.pauses) > longest:
            issues.append(Issue("clock.pause-long", {"clock": clock.label, "longest": said}, field=place))
        if one.paused > most:
            issues.append(Issue("clock.pause-often", {"clock": clock.label, "most": most}, field=place))
    issues += _idle_pauses(form, state, clocks, zone)
    return issues


def _idle_pauses(form: Form, state: State, clocks: Sequence[ClockState], zone: ZoneInfo) -> list[Issue]:
    """Pauses that no clock was credited with, because those that ran were late already."""
    if "pause" in form.steps:
        return []
    issues = []
    for number, event in enumerate(state.events, 1):
        at = seconds_of(event.at) if event.step == "pause" else None
        if at is None or event.source:
            continue
        counted = max(at, seconds_of(event.recorded) or at) if event.recorded else at
        ran = [
            one
            for one in clocks
            if one.clock in form.clocks
            and _can_pause(form.clocks[one.clock], state)
            and _allows(form.clocks[one.clock])
            and one.started <= counted
            and (one.stopped is None or one.stopped > counted)
        ]
        late = [one for one in ran if one.due is not None and counted > one.due]
        if ran and len(late) == len(ran):
            args: dict[str, object] = {
                "clock": form.clocks[late[0].clock].label,
                "due": moment_text(late[0].due or 0, zone),
            }
            issues.append(Issue("clock.pause-breached", args, field=f"events.{number}.step"))
    return issues


def _place_of(state: State, at: int, step: str | None = None) -> str:
    """Where the event of that moment stands in the file; ``events`` when a value gave the moment."""
    for number, event in enumerate(state.events, 1):
        if seconds_of(event.at) == at and (step is None or event.step == step):
            return f"events.{number}.at"
    return "events"
