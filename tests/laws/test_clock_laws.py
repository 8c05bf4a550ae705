from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from datetime import date
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from logbook.core.budgets import Frame
from logbook.core.budgets import end_of
from logbook.core.budgets import parse_within
from logbook.core.calendars import Calendar
from logbook.core.calendars import Hours
from logbook.core.calendars import Override
from logbook.core.calendars import add_working_time
from logbook.core.calendars import merged
from logbook.core.calendars import working_time_between
from logbook.core.moments import days_in
from logbook.core.moments import epoch
from logbook.core.moments import from_text
from logbook.core.moments import parse_moment
from logbook.core.moments import to_text
from logbook.core.record import Event
from logbook.core.record import Record
from logbook.core.value import replace
from tests.core.clocked import clocks
from tests.core.clocked import short
from tests.core.test_clocks import COMPLAINT

ZONES = [
    ZoneInfo(name) for name in ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
]
NOW = datetime(2026, 11, 22, 9, 35, tzinfo=ZONES[0])
FIRST = epoch("2026-01-01T00:00:00Z")

zones = st.sampled_from(ZONES)
instants = st.integers(FIRST, FIRST + 366 * 86400)
moments = st.datetimes(datetime(1901, 1, 2), datetime(2999, 12, 31), timezones=zones).map(
    lambda moment: moment.replace(microsecond=0).astimezone(UTC).astimezone(moment.tzinfo)
)


@settings(max_examples=200, deadline=None)
@given(moments, zones)
def test_what_is_written_is_read_as_the_same_moment(moment: datetime, zone: ZoneInfo) -> None:
    # Compared as instants: in an hour that summer time repeats, Python holds no two zones' times equal.
    text = to_text(moment)
    assert from_text(text).timestamp() == moment.timestamp()
    assert epoch(text) == moment.timestamp()
    found = parse_moment(text, now=NOW, zone=zone)
    assert found is not None
    assert found.timestamp() == moment.timestamp()
    assert to_text(from_text(text)) == text


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="0123456789-: 点时半分昨今天日月号年上下午晚T+Z.pam前", max_size=16), zones)
def test_reading_a_moment_never_fails_and_gives_the_books_zone(text: str, zone: ZoneInfo) -> None:
    found = parse_moment(text, now=NOW, zone=zone)
    assert found is None or (found.tzinfo is zone and found.microsecond == 0)


@settings(max_examples=200, deadline=None)
@given(instants, zones)
def test_an_instant_lies_within_its_day(instant: int, zone: ZoneInfo) -> None:
    days = days_in(zone)
    day = days.of(instant)
    assert days.begin(day) <= instant < days.begin(day + 1)
    assert date.fromordinal(day) == datetime.fromtimestamp(instant, zone).date()


# -- working time against a minute-by-minute count -------------------------------------------------


@st.composite
def windows(draw: st.DrawFn) -> tuple[tuple[int, int], ...]:
    """Up to two windows a day that do not meet, one of them perhaps across midnight."""
    edges = sorted(draw(st.sets(st.integers(0, 95), min_size=2, max_size=4)))
    if len(edges) == 3:
        edges = edges[:2]
    found = [(begin * 15, end * 15) for begin, end in zip(edges[::2], edges[1::2], strict=True)]
    if draw(st.booleans()):
        found[-1] = (found[-1][0], 1440 + draw(st.integers(0, edges[0])) * 15)
    return tuple(found)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    week = [draw(st.one_of(st.just(()), windows())) for _ in range(7)]
    week[draw(st.integers(0, 6))] = draw(windows())
    days = draw(st.lists(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=3))
    return Calendar(
        "own", tuple(week), {day: draw(st.sampled_from([Override(()), Override(None)])) for day in days}
    )


def works(calendar: Calendar, zone: ZoneInfo, instant: int) -> bool:
    """The reference: whether one instant lies in a window, by its wall-clock time."""
    wall = datetime.fromtimestamp(instant, zone)
    minute = wall.hour * 60 + wall.minute
    yesterday = calendar.windows(wall.date() - timedelta(days=1))
    return any(begin <= minute < end for begin, end in calendar.windows(wall.date())) or any(
        begin <= minute + 1440 < end for begin, end in yesterday
    )


@settings(max_examples=40, deadline=None)
@given(
    calendars(), st.integers(0, 300 * 1440), st.integers(0, 3000), st.integers(0, 3000), st.integers(0, 2000)
)
def test_working_time_agrees_with_counting_minutes(
    calendar: Calendar, begin: int, length: int, pause: int, paused: int
) -> None:
    zone = ZONES[0]  # no summer time: a wall-clock minute is a minute
    hours = Hours(calendar, zone)
    start = FIRST + begin * 60
    end = start + length * 60
    pauses = merged([(start + pause * 60, start + (pause + paused) * 60)])
    counted = sum(
        works(calendar, zone, minute) and not any(off <= minute < on for off, on in pauses)
        for minute in range(start, end, 60)
    )
    assert working_time_between(hours, start, end, pauses) == counted * 60
    if counted:
        due = add_working_time(hours, start, counted * 60, pauses)
        # the same count is used up at `due`, and not a minute before
        assert start < due <= end
        assert working_time_between(hours, start, due, pauses) == counted * 60
        assert working_time_between(hours, start, due - 60, pauses) == (counted - 1) * 60


@settings(max_examples=100, deadline=None)
@given(calendars(), instants, st.integers(1, 200_000), st.integers(1, 200_000))
def test_working_time_adds_up(calendar: Calendar, start: int, one: int, two: int) -> None:
    hours = Hours(calendar, ZONES[1])
    middle = add_working_time(hours, start, one)
    end = add_working_time(hours, middle, two)
    assert end == add_working_time(hours, start, one + two)
    assert working_time_between(hours, start, end) == one + two


spans = st.sampled_from(
    ["30 minutes", "1 hour", "2 days", "1 week", "3 months", "same day", "monday", "day 5 of next month"]
)


@settings(max_examples=200, deadline=None)
@given(spans, instants, st.integers(0, 40 * 86400), zones)
def test_who_begins_later_is_due_no_earlier_and_nobody_before_he_begins(
    within: str, start: int, later: int, zone: ZoneInfo
) -> None:
    frame = Frame(days_in(zone), lambda name: None, lambda: Hours(Calendar("none", ((),) * 7), zone))
    budget = parse_within(within)
    first, second = end_of(budget, start, frame), end_of(budget, start + later, frame)  # type: ignore[arg-type]
    assert first is not None
    assert second is not None
    assert start < first <= second


# -- records ---------------------------------------------------------------------------------------

STEPS = ("forward", "handle", "tell", "reopen", "amend")


@st.composite
def complaints(draw: st.DrawFn) -> Record:
    """A complaint with steps in any order (imported history keeps to none), levels changed on the way."""
    at = epoch("2026-11-22T09:35:00+08:00")
    events = [Event(written(at), "lina", "register")]
    for step in draw(st.lists(st.sampled_from(STEPS), max_size=6)):
        at += draw(st.integers(1, 3 * 96)) * 900
        late = draw(st.sampled_from([0, 0, 0, 1800, 8000]))
        change = {"level": draw(st.sampled_from(["major", "important", "minor"]))} if step == "amend" else {}
        approved = draw(st.sampled_from([None, "wang"]))
        recorded = written(at + late) if late else None
        events.append(Event(written(at), "lina", step, recorded, "重新定级", approved, None, change))  # type: ignore[arg-type]
    if draw(st.integers(0, 5)) == 0:
        events.append(Event(written(at + 900), "lina", draw(st.sampled_from(["close", "void"]))))
    level = draw(st.sampled_from(["major", "important", "minor", ""]))
    fields = {"level": level} if level else {}
    return Record("CP-1", "complaint", 1, "registered", events[0].at, "lina", fields, tuple(events))  # type: ignore[arg-type]


def written(instant: int) -> str:
    return to_text(datetime.fromtimestamp(instant, timezone(timedelta(hours=8))))


@settings(max_examples=150, deadline=None)
@given(complaints(), st.integers(0, 20 * 96))
def test_from_settled_on_a_row_says_what_a_replay_until_now_would(record: Record, quarters: int) -> None:
    now = epoch(record.at) + quarters * 900
    past = {
        (one.clock, one.cycle): (one.status(now), one.due)
        for one in clocks(COMPLAINT, record, until=short(now))
        if one.started <= now
    }
    whole = {(one.clock, one.cycle): one for one in clocks(COMPLAINT, record) if one.started <= now}
    for key, one in whole.items():
        if now >= one.settled:
            assert past.get(key) == (one.status(now), one.due)
    assert {key for key in past if key not in whole} == set()


@settings(max_examples=150, deadline=None)
@given(complaints())
def test_no_later_event_changes_a_verdict_or_erases_a_breach(record: Record) -> None:
    verdicts: dict[tuple[str, int], str] = {}
    late: set[tuple[str, int]] = set()
    for number, event in enumerate(record.events, 1):
        part = replace(record, events=record.events[:number])
        states = {(one.clock, one.cycle): one for one in clocks(COMPLAINT, part)}
        assert {key: states[key].state for key in verdicts} == verdicts
        for key in late:
            assert states[key].state != "met"
        verdicts = {key: one.state for key, one in states.items() if one.state in ("met", "breached")}
        late |= {key for key, one in states.items() if one.status(epoch(event.at)) == "overdue"}


@settings(max_examples=150, deadline=None)
@given(complaints(), st.lists(instants, min_size=2, max_size=6))
def test_lateness_never_shrinks_while_a_clock_runs(record: Record, times: list[int]) -> None:
    for one in clocks(COMPLAINT, record):
        late = [one.overdue_seconds(now) for now in sorted(times) if one.running(now)]
        assert late == sorted(late)
        assert one.overdue_seconds(2**40) >= 0


@contextmanager
def host_zone(name: str) -> Iterator[None]:
    """The host's time zone, for as long as the block runs."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = name
    time.tzset()
    try:
        yield
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before
        time.tzset()


@settings(max_examples=50, deadline=None)
@given(complaints(), st.sampled_from(["昨天18:20", "11-22 09:30", "today", "-2h", "下午3点半"]))
def test_nothing_depends_on_the_hosts_zone(record: Record, typed: str) -> None:
    answers = []
    for name in ("UTC", "America/Los_Angeles", "Pacific/Kiritimati"):
        with host_zone(name):
            answers.append((clocks(COMPLAINT, record), parse_moment(typed, now=NOW, zone=ZONES[0])))
    assert answers[0] == answers[1] == answers[2]
