"""A clock in words: what is said of its start, its days, its changes and its end."""

from __future__ import annotations

from logbook.core.clockwords import explain
from logbook.core.form import Form
from logbook.core.lifecycle import state_of
from logbook.core.record import Record
from logbook.locale.catalogue import Catalogue
from tests.core.clocked import SHANGHAI
from tests.core.clocked import clocks
from tests.core.clocked import moment
from tests.core.office import office_2026
from tests.core.test_clock_failures import HOURS
from tests.core.test_clock_failures import a_form
from tests.core.test_clock_failures import extended
from tests.core.test_clock_failures import matter
from tests.core.test_clock_failures import paused
from tests.core.test_clocks import COMPLAINT
from tests.core.test_clocks import complaint
from tests.core.test_clocks import event


def told(form: Form, record: Record, now: str, lang: str = "en", number: int = 0) -> list[str]:
    state = state_of(form, record)
    one = clocks(form, record)[number]
    say = Catalogue(lang).say
    sentences = explain(
        form, state, one, zone=SHANGHAI, calendars={"office": office_2026()}, now=moment(now)
    )
    return [say(code, **args) for code, args in sentences]


def test_working_time_names_its_days_and_those_left_out() -> None:
    assert told(HOURS, matter(paused("11-20 11:00", "11-23 10:00")), "11-21 12:00") == [
        "Work (cycle 1): paused",
        "from 2026-11-19 15:00 (Begin)",
        'within 8 working hours, by "work" of matter@1',
        '3 days counted in the calendar "office": 2026-11-19, 2026-11-20, 2026-11-23',
        "2 days off not counted: 2026-11-21, 2026-11-22",
        "paused from 2026-11-20 11:00 to 2026-11-23 10:00; that does not count",
        "due 2026-11-23 14:30 (at first 2026-11-20 15:30)",
        "verdict: late by the first due, not decided yet by the one approved",
    ]


def test_a_holiday_is_named_with_the_notice_that_ordered_it() -> None:
    days = a_form("{zh: 办理, en: Work, starts: at, stops: finish, within: 3 working_days}")
    lines = told(days, matter(at="09-23 10:00"), "09-24 10:00", "zh")
    notice = "国务院办公厅关于2026年部分节假日安排的通知"
    assert lines[3:8] == [
        "按日历“office”计 3 天：2026-09-24、2026-09-28、2026-09-29",
        f"2026-09-25 不计：{notice}",
        f"2026-09-26 不计：{notice}",
        f"2026-09-27 不计：{notice}",
        "期限 2026-09-29 18:00",
    ]


def test_many_days_are_told_by_the_first_and_the_last() -> None:
    lines = told(COMPLAINT, complaint("major"), "11-23 10:00", number=1)
    assert "the day of the start is not counted; 10 days counted: 2026-11-23 … 2026-12-02" in lines


def test_a_stop_written_down_late_and_a_refused_extension_are_told() -> None:
    record = matter(
        extended("11-20 16:00", "11-24 18:00"), event("finish", "11-20 15:00", recorded="11-23 09:00")
    )
    assert told(HOURS, record, "11-24 10:00")[-4:] == [
        "the change at 2026-11-20 16:00 came after breach and left due at 2026-11-20 15:30",
        "due 2026-11-20 15:30",
        "until 2026-11-20 15:00 (Finish), written down late: it counts from 2026-11-23 09:00 (clocks 2)",
        "verdict: late",
    ]


def test_a_second_cycle_says_what_began_it() -> None:
    again = a_form(
        "{zh: 办理, en: Work, starts: at, stops: finish, within: 24 hours}", more="reopen: {from: done, to: open}"
    )
    record = matter(event("finish", "11-19 16:00"), event("reopen", "11-25 10:00"))
    assert told(again, record, "11-26 10:01", number=1) == [
        "Work (cycle 2): overdue",
        "from 2026-11-25 10:00 (Reopen)",
        'within 24 hours, by "work" of matter@1',
        "counted as time passes, nights and days off included",
        "due 2026-11-26 10:00",
        "1 min late by now",
        "verdict: late",
    ]
