"""A clock in words: from when, until when, by which rule of which version, which days counted."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from datetime import date
from datetime import datetime
from datetime import timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from logbook.core.budgets import Or
from logbook.core.budgets import Span
from logbook.core.budgets import chosen
from logbook.core.builtin import all_steps
from logbook.core.calendars import SHIPPED
from logbook.core.calendars import Calendar
from logbook.core.calendars import Hours
from logbook.core.calendars import Interval
from logbook.core.clockfacts import seconds_of
from logbook.core.clockstates import ClockState
from logbook.core.form import Clock
from logbook.core.form import Form
from logbook.core.lifecycle import State
from logbook.core.moments import Days
from logbook.core.moments import days_in
from logbook.core.moments import from_epoch
from logbook.core.text import Text

# More days than this are told by the first and the last.
_MOST_DAYS = 8


class Sentence(NamedTuple):
    """One sentence: its code in the catalogue and what it names."""

    code: str
    args: Mapping[str, object]


class Counted(NamedTuple):
    """The days a budget was counted on, and those left out with the notice that ordered it (or "")."""

    days: tuple[date, ...]
    off: tuple[tuple[date, str], ...]


def explain(
    form: Form,
    state: State,
    one: ClockState,
    *,
    definition: Form | None = None,
    zone: ZoneInfo,
    calendars: Mapping[str, Calendar],
    now: datetime,
) -> list[Sentence]:
    """What there is to say of one cycle of a clock at ``now``. ``definition``: the version of the form that
    ``one`` was counted by, where that is not the record's own."""
    by = definition or form
    clock = by.clocks.get(one.clock) or form.clocks[one.clock]
    within = chosen(clock.within, state.fields.get) if clock.within is not None else None

    def moment(seconds: int | None) -> object:
        return moment_text(seconds, zone)

    said = [
        Sentence(
            "clock.words-head",
            {"clock": clock.label, "cycle": one.cycle, "state": Text(*_STATES[one.status(now)])},
        ),
        Sentence("clock.words-start", {"at": moment(one.started), "event": _start(form, state, clock, one)}),
    ]
    if clock.not_before is not None and clock.not_before in form.fields:
        said.append(Sentence("clock.words-not-before", {"field": form.fields[clock.not_before].label}))
    if within is not None:
        label = _labels(form)
        budget = Text(within.say("zh", label("zh")), within.say("en", label("en")))
        args: dict[str, object] = {"within": budget, "version": by.full_name, "clock": one.clock}
        if clock.source:
            said.append(Sentence("clock.words-rule-source", {**args, "source": clock.source}))
        else:
            said.append(Sentence("clock.words-rule", args))
    plain = within.within if isinstance(within, Or) and not state.fields.get(within.field) else within
    extended = any(note.outcome == "extended" for note in one.notes)
    if isinstance(plain, Span) and one.due is not None and not extended:
        said += _days(plain, clock, one, calendars, zone)
    elif clock.roll:
        said.append(Sentence("clock.words-roll", {"calendar": _calendar(clock, calendars)[1]}))
    said += [Sentence("clock.words-pause", {"begin": moment(a), "end": moment(b)}) for a, b in one.pauses]
    said += [
        Sentence(f"clock.words-{note.outcome}", {"at": moment(note.at), "due": moment(note.due)})
        for note in one.notes
    ]
    if one.due is None:
        said.append(Sentence("clock.words-no-due", {}))
    elif one.first_due is not None and one.first_due != one.due:
        said.append(Sentence("clock.words-moved", {"due": moment(one.due), "first": moment(one.first_due)}))
    else:
        said.append(Sentence("clock.words-due", {"due": moment(one.due)}))
    if one.provisional:
        said.append(Sentence("clock.words-provisional", {"calendar": _calendar(clock, calendars)[1]}))
    said += _end(state, one, now, moment)
    strict, adjusted = one.strict(now), one.adjusted(now)
    verdict = {"strict": Text(*_VERDICTS[strict]), "adjusted": Text(*_VERDICTS[adjusted])}
    said.append(Sentence("clock.words-verdict" if strict == adjusted else "clock.words-verdicts", verdict))
    return said


_STATES = {
    "waiting": ("未到时", "not begun"),
    "running": ("进行中", "running"),
    "paused": ("暂停中", "paused"),
    "pause_expired": ("暂停已到期，还没有恢复", "its pause has run out and nobody resumed it"),
    "overdue": ("已逾期", "overdue"),
    "met": ("按时", "in time"),
    "breached": ("超时", "late"),
    "cancelled": ("已取消", "cancelled"),
}
_VERDICTS = {
    "running": ("还没有定", "not decided yet"),
    "met": ("按时", "in time"),
    "breached": ("超时", "late"),
    "cancelled": ("不计", "not counted"),
}


def moment_text(seconds: int | None, zone: ZoneInfo) -> Text:
    """A moment as people say it: the end of a day is 24:00 of that day."""
    if seconds is None:
        return Text("-", "-")
    at = from_epoch(seconds, zone)
    if (at.hour, at.minute, at.second) == (0, 0, 0):
        text = from_epoch(seconds - 60, zone).strftime("%Y-%m-%d 24:00")
    else:
        text = at.strftime("%Y-%m-%d %H:%M")
    return Text(text, text)


def _start(form: Form, state: State, clock: Clock, one: ClockState) -> Text:
    """The event or value a cycle began with."""
    names = [name.removesuffix(".at") for name in clock.starts]
    for number, event in enumerate(state.events):
        at = state.at if number == 0 else event.at
        if seconds_of(at) == one.started and (event.step in names or (number == 0 and "at" in names)):
            step = all_steps(form).get(event.step)
            return step.label if step is not None else Text(event.step, event.step)
    if clock.not_before is not None and clock.not_before in form.fields:
        return form.fields[clock.not_before].label
    for name in names:
        field = form.fields.get(name.partition(".")[0])
        if field is not None:
            return field.label
    changed = next((event for event in state.events if seconds_of(event.at) == one.started), None)
    step = all_steps(form).get(changed.step) if changed is not None else None
    return step.label if step is not None else Text("情况改变", "a change of the matter")


def _labels(form: Form) -> Callable[[str], Callable[..., str]]:
    def of(lang: str) -> Callable[..., str]:
        def label(name: str, choice: str | None = None) -> str:
            field = form.fields.get(name.partition(".")[0])
            if field is None:
                return name if choice is None else choice
            if choice is None:
                return field.label.say(lang)
            return field.choices[choice].say(lang) if choice in field.choices else choice

        return label

    return of


def _calendar(clock: Clock, calendars: Mapping[str, Calendar]) -> tuple[Calendar | None, Text]:
    name = clock.calendar or "office"
    found = calendars.get(name) or SHIPPED.get(name)
    label = getattr(found, "label", None)
    return found, label if isinstance(label, Text) and (label.zh or label.en) else Text(name, name)


def _days(
    span: Span, clock: Clock, one: ClockState, calendars: Mapping[str, Calendar], zone: ZoneInfo
) -> Iterable[Sentence]:
    """Which days counted, and in which calendar."""
    calendar, label = _calendar(clock, calendars)
    working = span.unit.startswith("working")
    if span.unit in ("minutes", "hours"):
        return [Sentence("clock.words-elapsed", {})]
    if working and calendar is None:
        return []
    hours = Hours(calendar, zone) if working and calendar is not None else None
    found = counted_days(span, one.started, one.due or 0, one.pauses, hours, days_in(zone))
    args: dict[str, object] = {"calendar": label, "days": _listed(found.days), "n": len(found.days)}
    code = "clock.words-working" if working else "clock.words-natural"
    said = [Sentence(code, args)] if found.days else []
    named = [(day, notice) for day, notice in found.off if notice]
    plain = [day for day, notice in found.off if not notice]
    if plain:
        said.append(Sentence("clock.words-off", {"days": _listed(tuple(plain)), "n": len(plain)}))
    said += [Sentence("clock.words-off-notice", {"day": day.isoformat(), "notice": why}) for day, why in named]
    return said


def counted_days(
    span: Span, start: int, due: int, pauses: Iterable[Interval], hours: Hours | None, days: Days
) -> Counted:
    """The days on which a budget from ``start`` to ``due`` was counted. ``hours``: for working time."""
    spans = list(pauses)
    first, last = days.of(start), days.of(max(start, due - 1))
    counted: list[date] = []
    off: list[tuple[date, str]] = []
    for day in range(first if span.unit == "working_hours" else first + 1, last + 1):
        here = date.fromordinal(day)
        begin = days.begin(day)
        if span.unit == "working_hours" and hours is not None:
            windows = [(max(a, start), min(b, due)) for a, b in hours.on(day)]
            counts = any(b > a and not _covered(a, b, spans) for a, b in windows)
        else:
            counts = (hours is None or hours.is_working(day)) and not any(a <= begin < b for a, b in spans)
        if counts:
            counted.append(here)
        elif hours is not None and not hours.is_working(day):
            override = hours.calendar.overrides.get(here)
            name = getattr(override, "name", "") if override is not None else ""
            notice = override.notice if override is not None else ""
            off.append((here, " ".join(part for part in (name, notice) if part)))
    return Counted(tuple(counted), tuple(off))


def _covered(begin: int, end: int, pauses: Iterable[Interval]) -> bool:
    return any(a <= begin and end <= b for a, b in pauses)


def _listed(days: tuple[date, ...]) -> Text:
    if len(days) <= _MOST_DAYS:
        text = ", ".join(day.isoformat() for day in days)
        return Text(text.replace(", ", "、"), text)
    first, last = days[0].isoformat(), days[-1].isoformat()
    return Text(f"{first} … {last}", f"{first} … {last}")


def _end(state: State, one: ClockState, now: datetime, moment: Callable[[int | None], object]) -> list[Sentence]:
    """Until when it ran, and from when a stop written down late counts."""
    if one.stopped is None or one.stopped > now.timestamp():
        late = timedelta(seconds=one.overdue_seconds(now))
        return [Sentence("clock.words-late-by", {"late": late})] if late else []
    step = next((e.step for e in reversed(state.events) if seconds_of(e.at) == one.stopped), None)
    found = all_steps(state.form).get(step) if step is not None else None
    label = found.label if found is not None else Text("停止", "the end")
    if one.counted is not None and one.counted > one.stopped:
        args = {"at": moment(one.stopped), "event": label, "counted": moment(one.counted)}
        return [Sentence("clock.words-backdated", args)]
    return [Sentence("clock.words-stop", {"at": moment(one.stopped), "event": label})]

