"""Laws of clocks: a minute-by-minute reference, lateness, pauses, the zone of the host."""

from __future__ import annotations

import os
import time
from datetime import UTC
from datetime import date
from datetime import datetime
from functools import cache

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from logbook.core.calendars import Calendar
from logbook.core.calendars import Season
from logbook.core.clocks import clocks_of
from logbook.core.clockstates import ClockState
from logbook.core.form import Form
from logbook.core.lifecycle import state_of
from logbook.core.record import Event
from logbook.core.record import Record
from logbook.core.value import replace
from tests.core import reference
from tests.core.clocked import SHANGHAI
from tests.core.clocked import form
from tests.laws.test_clock_laws import calendars
from tests.laws.test_clock_laws import windows

FIRST = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())
BUDGETS = ("1 minutes", "90 minutes", "3000 minutes", "0.5 working_hours", "8 working_hours", "10 working_hours",
           "1 days", "7 days", "1 working_days", "5 working_days", "1 months", "2 months")  # fmt: skip


@cache
def the_form(budget: str) -> Form:
    return form(f"""
        form: matter
        version: 1
        prefix: MA
        title: {{zh: 事项, en: Matter}}
        fields:
          level: {{zh: 等级, en: Level, type: choice, choices: {{high: 高, low: 低}}}}
        states: {{open: 进行中, done: 完成}}
        steps:
          begin: {{zh: 开始, en: Begin, to: open}}
          finish: {{zh: 完成, en: Finish, from: open, to: done}}
        clocks:
          work: {{zh: 办理, en: Work, starts: at, stops: finish, within: {budget}, calendar: own}}
    """)


def text(instant: int) -> str:
    return datetime.fromtimestamp(instant, SHANGHAI).isoformat()


def made(start: int, *events: Event, level: str = "high") -> Record:
    first = Event(text(start), "lina", "begin")
    return Record("MA-1", "matter", 1, "open", text(start), "lina", {"level": level}, (first, *events))


def pause(begin: int, until: int) -> Event:
    return Event(text(begin), "lina", "pause", reason="天气", set={"until": text(until), "why": "weather"})


def clock_of(the: Form, record: Record, calendar: Calendar, until: int | None = None) -> list[ClockState]:
    moment = None if until is None else datetime.fromtimestamp(until, SHANGHAI)
    state = state_of(the, record, until=moment)
    return clocks_of(the, state, zone=SHANGHAI, calendars={"own": calendar}, link=lambda name, path: None)


@st.composite
def seasonal(draw: st.DrawFn) -> Calendar:
    """Windows with lunch, across midnight, with days off and made up, and perhaps others in summer."""
    calendar = draw(calendars())
    if not draw(st.booleans()):
        return calendar
    week = tuple(draw(st.sampled_from([(), draw(windows())])) for _ in range(6))
    return replace(calendar, seasons=(Season((6, 1), (9, 30), (*week, draw(windows()))),))


@st.composite
def pauses(draw: st.DrawFn) -> list[tuple[int, int, int | None]]:
    """Minutes after the start at which a pause begins, lasts until, and is resumed (None: never)."""
    found = []
    at = 0
    for _ in range(draw(st.integers(0, 3))):
        at += draw(st.integers(1, 3000))
        length = draw(st.integers(1, 6000))
        resumed = draw(st.one_of(st.none(), st.integers(1, length)))
        found.append((at, at + length, None if resumed is None else at + resumed))
        at += length
    return found


def events_of(start: int, given: list[tuple[int, int, int | None]]) -> list[Event]:
    events = []
    for begin, until, resumed in given:
        events.append(pause(start + begin * 60, start + until * 60))
        if resumed is not None:
            events.append(Event(text(start + resumed * 60), "lina", "resume"))
    return events


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(BUDGETS), seasonal(), st.integers(0, 300 * 1440), pauses())
def test_a_clock_agrees_with_walking_the_minutes(
    budget: str, calendar: Calendar, begin: int, given: list[tuple[int, int, int | None]]
) -> None:
    start = FIRST + begin * 60
    (one,) = clock_of(the_form(budget), made(start, *events_of(start, given)), calendar)
    spans = [(start + a * 60, start + (b if c is None else c) * 60) for a, b, c in given]
    assert one.due == reference.due(budget, calendar, SHANGHAI, start, spans)
    assert one.first_due == reference.due(budget, calendar, SHANGHAI, start)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(BUDGETS), seasonal(), st.integers(0, 300 * 1440), pauses(), st.data())
def test_pausing_never_shortens(
    budget: str, calendar: Calendar, begin: int, given: list[tuple[int, int, int | None]], data: st.DataObject
) -> None:
    start = FIRST + begin * 60
    the = the_form(budget)
    fewer = given[: data.draw(st.integers(0, len(given)))]
    (less,) = clock_of(the, made(start, *events_of(start, fewer)), calendar)
    (more,) = clock_of(the, made(start, *events_of(start, given)), calendar)
    assert less.due is not None
    assert more.due is not None
    assert more.due >= less.due
    assert more.first_due == less.first_due


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Pauses, extensions, a change of level and an end, in any order and perhaps written down late."""
    events = []
    at = FIRST
    for _ in range(draw(st.integers(0, 6))):
        at += draw(st.integers(1, 4000)) * 60
        name = draw(st.sampled_from(("pause", "resume", "extend", "amend", "finish")))
        late = draw(st.sampled_from((0, 0, 600, 9000, 400_000)))
        found = Event(text(at), "lina", name, recorded=text(at + late) if late else None)
        if name == "pause":
            found = replace(found, set={"until": text(at + draw(st.integers(1, 4000)) * 60)})
        elif name == "extend":
            more = draw(st.integers(-1000, 8000))
            found = replace(found, reason="x", approved_by="zhao", set={"due": text(at + more * 60)})
        elif name == "amend":
            level = draw(st.sampled_from(("high", "low")))
            found = replace(found, reason="x", approved_by="zhao", set={"level": level})
        events.append(found)
        if name == "finish":
            break
    return events


GRADED = form("""
    form: matter
    version: 1
    prefix: MA
    title: {zh: 事项, en: Matter}
    fields:
      level: {zh: 等级, en: Level, type: choice, choices: {high: 高, low: 低}}
    states: {open: 进行中, done: 完成}
    steps:
      begin: {zh: 开始, en: Begin, to: open}
      finish: {zh: 完成, en: Finish, from: open, to: done}
    clocks:
      work: {zh: 办理, en: Work, starts: at, stops: finish, within: {level: {high: 1 day, low: 3 days}}}
      only: {zh: 高级, en: High only, when: level is high, starts: at, stops: finish, within: 600 minutes}
""")


@settings(max_examples=150, deadline=None)
@given(histories(), st.lists(st.integers(0, 30_000), min_size=2, max_size=2))
def test_lateness_never_shrinks_as_time_goes_on(events: list[Event], minutes: list[int]) -> None:
    """Told at two moments by what had happened by then: late stays late, and by no less."""
    one, two = (FIRST + minute * 60 for minute in sorted(minutes))
    record = made(FIRST, *events)

    def lateness(now: int) -> dict[str, int]:
        worst: dict[str, int] = {}
        for clock in clock_of(GRADED, record, Calendar("own", ((),) * 7), now):
            worst[clock.clock] = max(worst.get(clock.clock, 0), clock.overdue_seconds(now))
        return worst

    before, after = lateness(one), lateness(two)
    assert all(after.get(name, 0) >= late for name, late in before.items())


@settings(max_examples=60, deadline=None)
@given(histories())
def test_a_strict_verdict_is_never_milder_than_an_adjusted_one(events: list[Event]) -> None:
    now = FIRST + 10**7
    for clock in clock_of(GRADED, made(FIRST, *events), Calendar("own", ((),) * 7)):
        if clock.adjusted(now) == "breached":
            assert clock.strict(now) == "breached"


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 1000), st.integers(1, 3000), st.integers(1, 1400))
def test_a_pause_is_not_lost_when_the_level_changes(begin: int, length: int, change: int) -> None:
    """In either order: a longer level counts from the start, the paused days go on counting for nothing."""
    start = FIRST + 8 * 3600
    paused = pause(start + begin * 60, start + (begin + length) * 60)
    raised = Event(text(start + change * 60), "lina", "amend", reason="x", approved_by="zhao", set={"level": "low"})
    events = sorted((paused, raised), key=lambda one: one.at)
    (one, *_) = clock_of(GRADED, made(start, *events), Calendar("own", ((),) * 7))
    spans = [(start + begin * 60, start + (begin + length) * 60)]
    assert one.due == reference.due("3 days", Calendar("own", ((),) * 7), SHANGHAI, start, spans)


@pytest.mark.parametrize("budget", BUDGETS)
def test_due_does_not_depend_on_the_zone_of_the_host(budget: str, monkeypatch: pytest.MonkeyPatch) -> None:
    calendar = Calendar("own", (((540, 720), (810, 1080)),) * 5 + ((), ((1230, 1950),)))
    start = int(datetime(2026, 3, 27, 22, 40, tzinfo=UTC).timestamp())
    record = made(start, *events_of(start, [(100, 2000, None), (4000, 9000, 5000)]))
    found = set()
    try:
        for name in ("UTC", "Asia/Shanghai", "America/New_York", "Australia/Lord_Howe"):
            monkeypatch.setenv("TZ", name)
            time.tzset()
            (one,) = clock_of(the_form(budget), record, calendar)
            found.add(one.due)
    finally:
        monkeypatch.undo()
        os.environ.get("TZ")
        time.tzset()
    assert len(found) == 1


def test_the_reference_itself_counts_by_hand() -> None:
    office = Calendar("own", (((540, 720), (810, 1080)),) * 5 + ((), ()))
    start = int(datetime(2026, 11, 20, 16, 30, tzinfo=SHANGHAI).timestamp())
    assert text(reference.due("1.5 working_hours", office, SHANGHAI, start)) == "2026-11-20T18:00:00+08:00"
    assert text(reference.due("1 working_days", office, SHANGHAI, start)) == "2026-11-23T18:00:00+08:00"
    assert text(reference.due("2 days", office, SHANGHAI, start)) == "2026-11-23T00:00:00+08:00"
    assert reference.windows(office, date(2026, 11, 21)) == ()
