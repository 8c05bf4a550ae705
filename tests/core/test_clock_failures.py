"""The failures other systems are known for, each with the case that shows it; and what makes a clock what it is:
versions, appointments, reopening, a breach that stays."""

from __future__ import annotations

import pytest

from logbook.core.calendars import Calendar
from logbook.core.clocks import clocks_of
from logbook.core.errors import BookError
from logbook.core.form import Form
from logbook.core.lifecycle import state_of
from logbook.core.record import Event
from logbook.core.record import Record
from tests.core.clocked import SHANGHAI
from tests.core.clocked import clocks
from tests.core.clocked import form
from tests.core.clocked import moment
from tests.core.clocked import said
from tests.core.test_clocks import COMPLAINT
from tests.core.test_clocks import complaint
from tests.core.test_clocks import event
from tests.core.test_clocks import named


def a_form(clock: str, version: int = 1, effective: str | None = None, more: str = "") -> Form:
    since = f"effective: {effective}" if effective else ""
    return form(f"""
        form: matter
        version: {version}
        {since}
        prefix: MA
        title: {{zh: 事项, en: Matter}}
        fields:
          agreed_at: {{zh: 约定时间, en: Agreed for, type: datetime}}
        states: {{open: 进行中, done: 完成, closed: 归档}}
        final: [closed]
        steps:
          begin: {{zh: 开始, en: Begin, to: open}}
          finish: {{zh: 完成, en: Finish, from: open, to: done}}
          close: {{zh: 归档, en: Close, from: done, to: closed}}
        {more}
        clocks:
          work: {clock}
    """)


def matter(*events: Event, at: str = "11-19 15:00", **fields: str) -> Record:
    first = event("begin", at)
    return Record("MA-1", "matter", 1, "open", first.at, "lina", fields, (first, *events))


def paused(at: str, until: str, **more: str) -> Event:
    return event("pause", at, reason="天气", until=f"2026-{until.replace(' ', 'T')}:00+08:00", why="weather", **more)


HOURS = a_form("{zh: 办理, en: Work, starts: at, stops: finish, within: 8 working_hours}")


# -- the list of clocks.md ---------------------------------------------------------------------------


def test_a_pause_is_measured_in_the_calendar_of_the_due_date() -> None:
    """Paused from Friday 11:00 to Monday 10:00, over a weekend: five working hours, not 71."""
    record = matter(paused("11-20 11:00", "11-23 10:00"))
    assert said(clocks(HOURS, record)) == ["work 1: 11-19 15:00 > 11-23 14:30, - running"]


def test_a_pause_is_not_lost_when_the_priority_changes() -> None:
    """Both days that began inside the pause move the due of the new level, as they had that of the old."""
    pause = paused("11-22 10:00", "11-24 12:00")
    raised = event("amend", "11-22 12:00", level="important", reason="x", approved_by="zhao")
    assert named("resolve", COMPLAINT, complaint("major", pause, raised)) == [
        "resolve 1: 11-22 09:35 > 11-28 00:00, - running"
    ]
    assert named("resolve", COMPLAINT, complaint("important", pause)) == [
        "resolve 1: 11-22 09:35 > 11-28 00:00, - running"
    ]


def test_a_due_that_is_a_day_is_the_end_of_that_day() -> None:
    """Not its midnight in the morning, which would be late a day early."""
    days = a_form("{zh: 办理, en: Work, starts: at, stops: finish, within: 2 days}")
    (one,) = clocks(days, matter())
    assert one.due == int(moment("11-22 00:00").timestamp())  # 24:00 of the 21st
    assert one.status(moment("11-21 23:59")) == "running"


def test_nothing_depends_on_when_somebody_looked() -> None:
    """A computer that was off for a week finds the same cycles as one that was not."""
    record = matter(event("finish", "11-20 10:00"))
    whole = clocks(HOURS, record)
    assert whole == clocks(HOURS, record, until="12-31 00:00")
    assert len(whole) == 1


def test_an_empty_calendar_is_an_error_and_no_endless_loop() -> None:
    nothing = Calendar("office", ((),) * 7)
    state = state_of(HOURS, matter())
    with pytest.raises(BookError) as caught:
        clocks_of(HOURS, state, zone=SHANGHAI, calendars={"office": nothing}, link=lambda name, path: None)
    assert caught.value.code == "clock.empty-calendar"


def test_reopening_clears_no_lateness() -> None:
    late = complaint(
        "minor", event("handle", "11-25 10:00"), event("tell", "11-25 11:00"), event("reopen", "11-26 10:00")
    )
    assert named("resolve", COMPLAINT, late) == [
        "resolve 1: 11-22 09:35 > 11-25 00:00, 11-25 10:00 breached",
        "resolve 2: 11-26 10:00 > 11-29 00:00, - running",
    ]


def test_on_time_before_reopening_is_on_time_for_ever() -> None:
    """Due Tuesday 09:30, resolved Monday 16:00, reopened Wednesday 10:00."""
    again = a_form(
        "{zh: 办理, en: Work, starts: at, stops: finish, within: 24 hours}",
        more="reopen: {from: [done, closed], to: open}",
    )
    record = matter(event("finish", "11-23 16:00"), event("reopen", "11-25 10:00"), at="11-23 09:30")
    assert said(clocks(again, record)) == [
        "work 1: 11-23 09:30 > 11-24 09:30, 11-23 16:00 met",
        "work 2: 11-25 10:00 > 11-26 10:00, - running",
    ]


def test_lunch_does_not_break_the_sum() -> None:
    two = a_form("{zh: 办理, en: Work, starts: at, stops: finish, within: 2 working_hours}")
    assert said(clocks(two, matter(at="11-23 11:00"))) == ["work 1: 11-23 11:00 > 11-23 14:30, - running"]


def test_a_night_window_is_counted_across_midnight() -> None:
    night = Calendar("night", (((1230, 1950),),) * 7)
    hour = a_form("{zh: 办理, en: Work, starts: at, stops: finish, within: 1 working_hour, calendar: night}")
    state = state_of(hour, matter(at="11-22 23:30"))
    (one,) = clocks_of(hour, state, zone=SHANGHAI, calendars={"night": night}, link=lambda name, path: None)
    assert one.due == int(moment("11-23 00:30").timestamp())


# -- pauses ------------------------------------------------------------------------------------------


def test_time_paused_twice_is_credited_once() -> None:
    hours = a_form("{zh: 办理, en: Work, starts: at, stops: finish, within: 10 hours}")
    record = matter(paused("11-19 16:00", "11-19 18:00"), paused("11-19 17:00", "11-19 19:00"))
    assert said(clocks(hours, record)) == ["work 1: 11-19 15:00 > 11-20 04:00, - running"]


def test_a_second_pause_counts_where_the_first_has_moved_the_due() -> None:
    hours = a_form("{zh: 办理, en: Work, starts: at, stops: finish, within: 2 hours}")
    record = matter(paused("11-19 16:00", "11-19 18:00"), paused("11-19 18:30", "11-19 19:30"))
    assert said(clocks(hours, record)) == ["work 1: 11-19 15:00 > 11-19 20:00, - running"]


def test_a_pause_after_breach_or_without_an_end_changes_nothing() -> None:
    late = matter(paused("11-24 09:00", "11-26 09:00"))
    assert said(clocks(HOURS, late)) == ["work 1: 11-19 15:00 > 11-20 15:30, - running"]
    assert clocks(HOURS, late)[0].status(moment("11-25 09:00")) == "overdue"
    endless = matter(event("pause", "11-19 16:00", reason="天气", why="weather"))
    assert said(clocks(HOURS, endless)) == ["work 1: 11-19 15:00 > 11-20 15:30, - running"]


def test_nobody_pauses_backwards_out_of_a_breach() -> None:
    """Due on the 20th at 15:30; said on the 23rd that it had been paused since the 20th."""
    record = matter(paused("11-20 09:00", "11-25 09:00", recorded="11-23 09:00"))
    assert said(clocks(HOURS, record)) == ["work 1: 11-19 15:00 > 11-20 15:30, - running"]


def test_a_clock_that_cannot_be_paused_is_not() -> None:
    strict = a_form("{zh: 办理, en: Work, starts: at, stops: finish, within: 2 days, pauses: no}")
    record = matter(paused("11-19 16:00", "11-29 16:00"))
    assert said(clocks(strict, record)) == ["work 1: 11-19 15:00 > 11-22 00:00, - running"]


def test_a_pause_that_ran_out_says_so_until_resumed() -> None:
    pause = paused("11-20 09:00", "11-20 14:00")
    (one,) = clocks(HOURS, matter(pause))
    told = [one.status(moment(f"11-20 {at}")) for at in ("08:00", "09:00", "14:00", "14:01")]
    assert told == ["running", "paused", "paused", "pause_expired"]
    (resumed,) = clocks(HOURS, matter(pause, event("resume", "11-20 15:00")))
    assert resumed.status(moment("11-20 15:00")) == "running"
    assert resumed.due == one.due


# -- extensions, verdicts ----------------------------------------------------------------------------


def extended(at: str, due: str, **more: str) -> Event:
    told = {"reason": "等厂家", "approved_by": "zhao", **more}
    return event("extend", at, due=f"2026-{due.replace(' ', 'T')}:00+08:00", clock="work", **told)


def test_an_extension_is_adjusted_and_not_strict() -> None:
    record = matter(extended("11-20 09:00", "11-24 18:00"), event("finish", "11-24 17:00"))
    (one,) = clocks(HOURS, record)
    now = moment("11-25 09:00")
    assert said([one]) == ["work 1: 11-19 15:00 > 11-24 18:00, 11-24 17:00 met"]
    assert (one.strict(now), one.adjusted(now)) == ("breached", "met")


@pytest.mark.parametrize(
    ("events", "due"),
    [
        ([extended("11-20 15:31", "11-24 18:00")], "11-20 15:30"),  # after breach
        ([extended("11-20 09:00", "11-24 18:00", approved_by="lina")], "11-20 15:30"),  # by oneself
        ([extended("11-20 09:00", "11-20 10:00")], "11-20 15:30"),  # not later
        ([extended("11-20 09:00", f"11-2{day} 18:00") for day in (3, 4, 5)], "11-24 18:00"),  # a third
        ([event("reassign", "11-19 16:00", to="zhao"), extended("11-20 09:00", "11-24 18:00")], "11-20 15:30"),
    ],
    ids=["late", "own", "earlier", "third", "assignee"],
)
def test_an_extension_that_is_none(events: list[Event], due: str) -> None:
    assert said(clocks(HOURS, matter(*events))) == [f"work 1: 11-19 15:00 > {due}, - running"]


def test_a_breach_stays_when_its_level_is_taken_away() -> None:
    lowered = complaint("important", event("amend", "11-22 11:00", level="minor"))
    (one,) = [clock for clock in clocks(COMPLAINT, lowered) if clock.clock == "forward"]
    assert one.status(moment("11-22 12:00")) == "overdue"
    done = complaint("important", event("amend", "11-22 11:00", level="minor"), event("forward", "11-22 13:00"))
    assert named("forward", COMPLAINT, done) == ["forward 1: 11-22 09:35 > 11-22 10:35, 11-22 13:00 breached"]


# -- appointments ------------------------------------------------------------------------------------


def test_a_clock_does_not_begin_before_its_appointment() -> None:
    agreed = a_form(
        "{zh: 办理, en: Work, starts: at, stops: finish, within: 2 hours, not_before: agreed_at}"
    )
    record = matter(agreed_at="2026-11-21T09:00:00+08:00")
    assert said(clocks(agreed, record)) == ["work 1: 11-21 09:00 > 11-21 11:00, - running"]
    assert clocks(agreed, record)[0].status(moment("11-20 09:00")) == "waiting"
    assert said(clocks(agreed, matter(agreed_at="2026-11-18T09:00:00+08:00"))) == [
        "work 1: 11-19 15:00 > 11-19 17:00, - running"
    ]
    moved = event("amend", "11-20 10:00", agreed_at="2026-11-22T09:00:00+08:00")
    assert said(clocks(agreed, matter(moved, agreed_at="2026-11-21T09:00:00+08:00"))) == [
        "work 1: 11-22 09:00 > 11-22 11:00, - running"
    ]
    too_late = event("amend", "11-21 11:01", agreed_at="2026-11-22T09:00:00+08:00")
    (one,) = clocks(agreed, matter(too_late, agreed_at="2026-11-21T09:00:00+08:00"))
    assert one.due == int(moment("11-21 11:00").timestamp())


# -- versions ----------------------------------------------------------------------------------------


def test_a_clock_counts_by_the_version_in_force_when_it_started() -> None:
    """A matter of version 1 that is reopened after version 2 took effect."""
    more = "reopen: {from: done, to: open}"
    first = a_form("{zh: 办理, en: Work, starts: at, stops: finish, within: 2 days, to: a}", 1, "2026-01-01", more)
    second = a_form("{zh: 办理, en: Work, starts: at, stops: finish, within: 5 days, to: b}", 2, "2026-11-21", more)
    record = matter(event("finish", "11-20 10:00"), event("reopen", "11-22 10:00"))
    found = clocks_of(
        first,
        state_of(first, record),
        zone=SHANGHAI,
        calendars={},
        link=lambda name, path: None,
        versions=(first, second),
    )
    assert said(found) == [
        "work 1: 11-19 15:00 > 11-22 00:00, 11-20 10:00 met",
        "work 2: 11-22 10:00 > 11-28 00:00, - running",
    ]
    assert [(one.version, one.to) for one in found] == [(1, "a"), (2, "b")]
