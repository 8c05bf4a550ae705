"""Whom a deadline is brought to and when: shares of the budget, offsets after due, windows of asking."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from logbook.core.budgets import Frame
from logbook.core.budgets import parse_within
from logbook.core.calendars import Hours
from logbook.core.escalation import Course
from logbook.core.escalation import Step
from logbook.core.escalation import next_step
from logbook.core.escalation import read_site
from logbook.core.escalation import step_words
from logbook.core.escalation import steps_between
from logbook.core.escalation import steps_of
from logbook.core.form import Escalation
from logbook.core.moments import days_in
from logbook.core.moments import from_epoch
from tests.core.office import office_2026

ZONE = ZoneInfo("Asia/Shanghai")


def at(text: str) -> int:
    """``11-20 16:30`` of 2026 in Shanghai."""
    return int(datetime.fromisoformat(f"2026-{text}").replace(tzinfo=ZONE).timestamp())


def frame() -> Frame:
    return Frame(days_in(ZONE), lambda name: None, lambda: Hours(office_2026(), ZONE))


def steps(
    *escalate: Escalation,
    start: str,
    due: str,
    within: str = "1 hour",
    to: str | None = "director",
    pauses: tuple[tuple[str, str], ...] = (),
    site: tuple[Escalation, ...] = (),
) -> list[tuple[str, str, str | None]]:
    found = steps_of(
        escalate,
        to,
        at(start),
        at(due),
        frame(),
        within=parse_within(within),
        pauses=[(at(off), at(on)) for off, on in pauses],
        site=site,
    )
    return [(step.name, from_epoch(step.at, ZONE).strftime("%m-%d %H:%M"), step.to) for step in found]


def share(percent: int, to: str = "cs_supervisor") -> Escalation:
    return Escalation(percent, None, to)


def after(budget: str, to: str = "director") -> Escalation:
    return Escalation(None, parse_within(budget), to)


def test_without_a_list_it_comes_to_the_role_of_the_clock_at_the_due() -> None:
    assert steps(start="11-20 09:00", due="11-20 10:00") == [("due", "11-20 10:00", "director")]
    assert steps(start="11-20 09:00", due="11-20 10:00", to=None) == [("due", "11-20 10:00", None)]


def test_what_the_book_adds_comes_to_every_clock_once() -> None:
    site = (after("1 hour", "general_manager"), Escalation(None, None, "director"))
    assert steps(start="11-20 09:00", due="11-20 10:00", site=site) == [
        ("due", "11-20 10:00", "director"),
        ("+1 hour", "11-20 11:00", "general_manager"),
    ]


def test_a_share_of_plain_time_runs_through_the_night() -> None:
    assert steps(share(80), share(50), start="11-20 22:00", due="11-21 08:00", within="10 hours") == [
        ("50%", "11-21 03:00", "cs_supervisor"),
        ("80%", "11-21 06:00", "cs_supervisor"),
    ]


@pytest.mark.parametrize(
    ("percent", "expected"),
    [(25, "11-20 17:00"), (50, "11-20 18:00"), (75, "11-23 10:00"), (100, "11-23 11:00")],
)
def test_a_share_of_working_time_is_counted_as_the_due_is(percent: int, expected: str) -> None:
    # 4 working hours from Friday 16:00: two until closing, two on Monday. Half is used up *at* closing.
    found = steps(share(percent), start="11-20 16:00", due="11-23 11:00", within="4 working_hours")
    assert [moment for _, moment, _ in found] == [expected]


def test_a_pause_is_left_out_of_a_share() -> None:
    # 8 working hours from Thursday 15:00, paused Friday 11:00 to Monday 10:00: due Monday 14:30 (a check vector).
    pauses = (("11-20 11:00", "11-23 10:00"),)
    found = steps(share(50), share(75), start="11-19 15:00", due="11-23 14:30", within="8 working_hours", pauses=pauses)
    assert found == [("50%", "11-20 10:00", "cs_supervisor"), ("75%", "11-23 11:00", "cs_supervisor")]


def test_a_pause_of_plain_time_is_left_out_too() -> None:
    found = steps(
        share(50), start="11-20 09:00", due="11-20 13:00", within="2 hours", pauses=(("11-20 09:30", "11-20 11:30"),)
    )
    assert found == [("50%", "11-20 12:00", "cs_supervisor")]


@pytest.mark.parametrize(
    ("budget", "due", "expected"),
    [
        ("30 minutes", "11-20 10:00", "11-20 10:30"),
        ("2 working_hours", "11-20 17:00", "11-23 10:00"),
        ("1 day", "11-20 10:00", "11-22 00:00"),
        ("1 day", "11-21 00:00", "11-22 00:00"),
        ("1 working_day", "11-20 18:00", "11-23 18:00"),
        ("1 working_day", "11-21 00:00", "11-23 18:00"),
    ],
)
def test_an_offset_is_a_budget_that_begins_at_the_due(budget: str, due: str, expected: str) -> None:
    ((name, moment, role),) = steps(after(budget), start="11-20 09:00", due=due)
    assert (moment, role) == (expected, "director")
    assert name == f"+{budget.replace('_', ' ')}"


def test_an_offset_to_a_moment_nobody_gave_is_no_step() -> None:
    assert steps(after("by agreed_at"), share(50), start="11-20 09:00", due="11-20 10:00") == [
        ("50%", "11-20 09:30", "cs_supervisor")
    ]


def test_a_step_is_taken_only_before_the_stop_counts() -> None:
    course = Course(100, (Step(50, "a", "50%"), Step(100, "a", "due"), Step(150, "b", "+1 hour")))
    assert [step.name for step in course.taken(1000)] == ["50%"]
    assert [step.name for step in course._replace(counted=101).taken(1000)] == ["50%", "due"]
    assert [step.name for step in course._replace(counted=None).taken(100)] == ["50%", "due"]


def test_the_window_is_open_at_its_beginning_and_closed_at_its_end() -> None:
    course = Course(None, (Step(50, "a", "50%"), Step(100, "a", "due")))
    assert [step.name for _, step in steps_between([course], 50, 100)] == ["due"]
    assert [step.name for _, step in steps_between([course], 49, 99)] == ["50%"]
    assert steps_between([course], 50, 50) == []
    assert next_step([course], 50) == 100
    assert next_step([course, course._replace(counted=60)], 100) is None


COURSES = st.lists(
    st.builds(
        lambda counted, instants: Course(
            counted, tuple(Step(instant, "r", f"{n}%") for n, instant in enumerate(sorted(instants)))
        ),
        st.none() | st.integers(0, 60),
        st.lists(st.integers(0, 60), max_size=4),
    ),
    max_size=5,
)


@settings(max_examples=150, deadline=None)
@given(COURSES, st.lists(st.integers(0, 70), min_size=2, max_size=8))
def test_runs_at_any_hours_send_every_step_exactly_once(courses: list[Course], hours: list[int]) -> None:
    hours = sorted(hours)
    together = [pair for since, now in pairwise(hours) for pair in steps_between(courses, since, now)]
    key = lambda pair: (pair[1].at, str(pair))  # noqa: E731
    assert sorted(together, key=key) == sorted(steps_between(courses, hours[0], hours[-1]), key=key)


def test_the_book_writes_its_steps_as_text() -> None:
    found, issues = read_site([{"after": "1 day", "to": "director"}, {"at": "80%", "to": "zhao"}, {"to": "hr"}])
    assert issues == []
    assert found == (after("1 day"), share(80, "zhao"), Escalation(None, None, "hr"))
    assert read_site(None) == ((), [])


@pytest.mark.parametrize(
    "wrong",
    [
        "director", {"after": "1 day"}, {"after": "soon", "to": "hr"}, {"at": "180%", "to": "hr"}, {"at": "0", "to": "hr"},
        {"at": "80%", "after": "1 day", "to": "hr"}, {"after": "before holiday", "to": "hr"}, {"till": "x", "to": "hr"},
    ],
)  # fmt: skip
def test_a_step_that_cannot_be_followed_is_an_issue(wrong: object) -> None:
    found, issues = read_site([wrong])
    assert found == ()
    assert [(issue.rule, issue.path, issue.field) for issue in issues] == [
        ("notify.bad-step", "logbook.yaml", "settings.escalation")
    ]


@pytest.mark.parametrize(
    ("name", "zh", "en"),
    [
        ("due", "到期", "due"),
        ("80%", "时限已用 80%", "80% of the time used"),
        ("+1 day", "逾期后1天", "1 day after due"),
        ("+2 working hours", "逾期后2个工作小时", "2 working hours after due"),
    ],
)
def test_steps_in_words(name: str, zh: str, en: str) -> None:
    words = step_words(name)
    assert (words.zh, words.en) == (zh, en)
