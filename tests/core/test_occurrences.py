"""When duties are expected, which record fulfils them, how they stand: clocks.md 13-15 and ruling 6."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from logbook.core.calendars import Calendar
from logbook.core.duties import say
from logbook.core.dutyfacts import marks_of
from logbook.core.dutyfacts import spans_of
from logbook.core.dutyfacts import triggers_of
from logbook.core.dutyfacts import wanted
from logbook.core.dutyfile import duties_of
from logbook.core.form import Library
from logbook.core.fulfilment import stand
from logbook.core.occurrences import NEVER
from logbook.core.occurrences import Trigger
from logbook.core.occurrences import Waiver
from logbook.core.occurrences import expected
from logbook.core.occurrences import frame_of
from logbook.core.shifts import Post
from logbook.core.shifts import Slot
from logbook.core.text import Text
from tests.core.dutykit import due
from tests.core.dutykit import duty
from tests.core.dutykit import frame
from tests.core.dutykit import instant
from tests.core.dutykit import library
from tests.core.dutykit import mark
from tests.core.dutykit import short
from tests.core.dutykit import state
from tests.core.dutykit import states

WORLD = None  # the conditions below ask the record alone


# -- daily


def test_once_a_day_is_due_at_its_end() -> None:
    assert due(duty("daily: {}"), "2026-11-23", "2026-11-24") == [
        "11-23: 11-22 24:00 > 11-23 24:00", "11-24: 11-23 24:00 > 11-24 24:00",
    ]  # fmt: skip


def test_by_a_time_of_day() -> None:
    rule = duty("daily: {at: 09:00}")
    assert due(rule, "2026-11-24", "2026-11-24") == ["11-24: 11-23 24:00 > 11-24 09:00"]
    (one,) = expected(rule, frame(), instant("2026-11-24"), instant("2026-11-25"))
    assert short(one.closes) == "11-24 24:00"  # later the same day is late, not missed


def test_four_times_between_nine_and_six() -> None:
    rule = duty("daily: {times: 4, between: [09:00, 18:00]}")
    assert due(rule, "2026-11-24", "2026-11-24") == [
        f"11-24 {number}: 11-24 09:00 > 11-24 18:00" for number in (1, 2, 3, 4)
    ]
    marks = [mark(f"2026-11-24 {time}") for time in ("08:59", "09:00", "13:00", "18:00", "18:30")]
    assert states(rule, "2026-11-24", "2026-11-24", marks, "2026-11-25") == [
        "11-24 1 done", "11-24 2 done", "11-24 3 done", "11-24 4 late",
    ]  # fmt: skip


def test_named_slots_open_one_after_the_other() -> None:
    rule = duty('daily: {slots: {am: "12:00", pm: "18:00", evening: "22:00"}}')
    assert due(rule, "2026-07-01", "2026-07-01") == [
        "07-01 am: 06-30 24:00 > 07-01 12:00",
        "07-01 pm: 07-01 12:00 > 07-01 18:00",
        "07-01 evening: 07-01 18:00 > 07-01 22:00",
    ]
    early = [mark("2026-07-01 08:00"), mark("2026-07-01 08:05"), mark("2026-07-01 13:00")]
    assert states(rule, "2026-07-01", "2026-07-01", early, "2026-07-02") == [
        "07-01 am done", "07-01 pm done", "07-01 evening missed",
    ]  # fmt: skip


def test_on_some_weekdays() -> None:
    assert [one[:5] for one in due(duty("daily: {days: mon-fri}"), "2026-11-20", "2026-11-24")] == [
        "11-20", "11-23", "11-24",
    ]  # fmt: skip
    assert [one[:5] for one in due(duty("daily: {days: [sat, sun-mon]}"), "2026-11-20", "2026-11-24")] == [
        "11-21", "11-22", "11-23",
    ]  # fmt: skip


def test_a_word_of_the_site_is_the_end_of_the_day_until_it_is_set() -> None:
    rule = duty("daily: {at: close}")
    assert due(rule, "2026-11-24", "2026-11-24") == ["11-24: 11-23 24:00 > 11-24 24:00"]
    closes = frame({"hours": {"close": {"normal": "21:00", "summer": "22:00"}}, "season": {"summer": "06-01 to 09-30"}})
    assert due(rule, "2026-11-24", "2026-11-24", of=closes) == ["11-24: 11-23 24:00 > 11-24 21:00"]
    assert due(rule, "2026-07-01", "2026-07-01", of=closes) == ["07-01: 06-30 24:00 > 07-01 22:00"]
    assert due(duty("daily: {at: shift_start}"), "2026-11-24", "2026-11-24") == ["11-24: 11-23 24:00 > 11-24 08:30"]


def test_a_slot_across_midnight_belongs_to_the_day_it_starts() -> None:
    """clocks.md 14."""
    rule = duty("daily: {between: [17:30, 08:30]}")
    assert due(rule, "2026-11-23", "2026-11-23") == ["11-22: 11-22 17:30 > 11-23 08:30"]
    night = [mark("2026-11-23 02:00"), mark("2026-11-23 17:30")]
    assert states(rule, "2026-11-23", "2026-11-24", night, "2026-11-25") == ["11-22 done", "11-23 done"]


def test_midnight_itself_is_the_day_before_when_that_still_wants_it() -> None:
    rule = duty("daily: {}")
    assert states(rule, "2026-11-23", "2026-11-24", [mark("2026-11-24 00:00")], "2026-11-24 12:00") == [
        "11-23 done", "11-24 due",
    ]  # fmt: skip


def test_another_cadence_in_summer_once_the_site_has_dated_it() -> None:
    rule = duty('daily: {}\nseasons: {summer: {daily: {slots: {am: "12:00", pm: "24:00"}}}}')
    assert due(rule, "2026-06-01", "2026-06-01") == ["06-01: 05-31 24:00 > 06-01 24:00"]
    summer = frame({"season": {"summer": "06-01 to 09-30"}})
    assert due(rule, "2026-05-31", "2026-06-01", of=summer) == [
        "05-31: 05-30 24:00 > 05-31 24:00",
        "06-01 am: 05-31 24:00 > 06-01 12:00",
        "06-01 pm: 06-01 12:00 > 06-01 24:00",
    ]


def test_a_day_with_a_changed_clock_is_as_long_as_it_is() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    rule = duty("every: 60 minutes\nbetween: [00:00, 06:00]")
    slots = due(rule, "2026-03-29", "2026-03-29", of=frame(zone=berlin))
    assert len(slots) == 5  # 02:00 to 03:00 does not exist
    assert slots[1:3] == ["03-29 01:00: 03-29 01:00 > 03-29 03:00", "03-29 03:00: 03-29 03:00 > 03-29 04:00"]
    assert due(duty("daily: {at: 09:00}"), "2026-03-29", "2026-03-29", of=frame(zone=berlin)) == [
        "03-29: 03-28 24:00 > 03-29 09:00"
    ]


# -- every, shifts


def test_hourly_at_night() -> None:
    rule = duty("every: 60 minutes\nbetween: [22:00, 06:00]")
    slots = due(rule, "2026-11-24", "2026-11-24")
    assert slots[:2] == ["11-23 00:00: 11-23 24:00 > 11-24 01:00", "11-23 01:00: 11-24 01:00 > 11-24 02:00"]
    assert slots[-1] == "11-24 23:00: 11-24 23:00 > 11-24 24:00"
    assert len(slots) == 8
    rounds = [mark("2026-11-24 00:30"), mark("2026-11-24 02:30")]
    assert states(rule, "2026-11-24", "2026-11-24", rounds, "2026-11-24 03:30")[:4] == [
        "11-23 00:00 done", "11-23 01:00 missed", "11-23 02:00 done", "11-23 03:00 due",
    ]  # fmt: skip


def test_hourly_in_a_window_of_the_site() -> None:
    rule = duty("every: 60 minutes\nbetween: night")
    night = frame({"hours": {"night": "23:00-02:00"}})
    assert [one.split(":")[0] for one in due(rule, "2026-11-24", "2026-11-24", of=night)] == [
        "11-23 00", "11-23 01", "11-24 23",
    ]  # fmt: skip
    assert len(due(rule, "2026-11-24", "2026-11-24")) == 24


def test_every_twenty_minutes_while_a_record_runs() -> None:
    rule = duty("every: 20 minutes\nduring: log\ndone_by: same\nrows: weather\nmoment: from_at")
    guest = Trigger("LG-1", instant("2026-11-24 10:05"), instant("2026-11-24 11:00"), "LG-1")
    assert due(rule, "2026-11-24", "2026-11-24", triggers=[guest]) == [
        "11-24 10:05: 11-24 10:05 > 11-24 10:25", "11-24 10:25: 11-24 10:25 > 11-24 10:45",
    ]  # fmt: skip
    still = guest._replace(end=None)
    found = expected(rule, frame(), instant("2026-11-24"), instant("2026-11-24 11:30"), [still])
    assert len(found) == 4
    assert due(rule, "2026-11-24", "2026-11-24") == []


POSTS = {
    "noon_duty": Post("noon_duty", Text("", ""), slots={"normal": (Slot("noon", 720, 810),)}),
    "night_duty": Post("night_duty", Text("", ""), slots={"normal": (Slot("night", 1050, 1950),)}),
}


def test_each_shift_half_an_hour_after_its_end() -> None:
    rule = duty("shift: {posts: [noon_duty, night_duty]}")
    assert due(rule, "2026-11-24", "2026-11-24", of=frame(posts=POSTS)) == [
        "11-23 night_duty: 11-24 01:00 > 11-24 09:00",
        "11-24 noon_duty: 11-24 12:45 > 11-24 14:00",
    ]
    start = duty("shift: {posts: night_duty, at: start, within: 15 minutes}")
    assert due(start, "2026-11-24", "2026-11-24", of=frame(posts=POSTS)) == [
        "11-24 night_duty: 11-24 15:30 > 11-24 17:45"
    ]
    assert due(duty("shift: {posts: ghost}"), "2026-11-24", "2026-11-24", of=frame(posts=POSTS)) == []


# -- weeks, months, years


def test_weekly_on_a_day_may_be_late_by_half_a_week() -> None:
    rule = duty("weekly: monday")
    assert due(rule, "2026-11-16", "2026-11-23") == [
        "11-16: 11-09 24:00 > 11-16 24:00", "11-23: 11-16 24:00 > 11-23 24:00",
    ]  # fmt: skip
    assert states(rule, "2026-11-16", "2026-11-23", [mark("2026-11-18 10:00")], "2026-11-25") == [
        "11-16 late", "11-23 missed",
    ]  # fmt: skip
    assert states(rule, "2026-11-16", "2026-11-23", [mark("2026-11-20 13:00")], "2026-11-25") == [
        "11-16 missed", "11-23 done",
    ]  # fmt: skip


def test_twice_in_a_week_from_monday_to_sunday() -> None:
    rule = duty("weekly: {times: 2}")
    assert due(rule, "2026-11-16", "2026-11-22") == [
        "11-22 1: 11-15 24:00 > 11-22 24:00", "11-22 2: 11-15 24:00 > 11-22 24:00",
    ]  # fmt: skip
    week = [mark("2026-11-16 09:00"), mark("2026-11-23 09:00")]
    assert states(rule, "2026-11-16", "2026-11-22", week, "2026-11-24") == ["11-22 1 done", "11-22 2 missed"]


def test_every_second_week_from_a_day() -> None:
    rule = duty("weeks: {every: 2, from: 2026-01-05}")
    assert due(rule, "2026-01-01", "2026-02-01") == [
        "01-18: 01-04 24:00 > 01-18 24:00", "02-01: 01-18 24:00 > 02-01 24:00",
    ]  # fmt: skip
    assert due(rule, "2026-11-01", "2026-11-15") == ["11-08: 10-25 24:00 > 11-08 24:00"]


@pytest.mark.parametrize("day", ["31", "last"])
def test_day_31_means_the_last_day_of_a_short_month(day: str) -> None:
    """clocks.md 14."""
    found = due(duty(f"monthly: {{day: {day}}}"), "2026-01-01", "2026-05-01")
    assert found == [
        "01-31: 12-31 24:00 > 01-31 24:00", "02-28: 01-31 24:00 > 02-28 24:00",
        "03-31: 02-28 24:00 > 03-31 24:00", "04-30: 03-31 24:00 > 04-30 24:00",
    ]  # fmt: skip


def test_day_30_is_clipped_in_february_only() -> None:
    assert [one[:5] for one in due(duty("monthly: {day: 30}"), "2028-02-01", "2028-03-31")] == ["02-29", "03-30"]


def test_29_february_is_28_february_otherwise() -> None:
    """clocks.md 14."""
    rule = duty("yearly: {month: 2, day: 29}")
    assert [one[:5] for one in due(rule, "2026-01-01", "2028-12-31")] == ["02-28", "02-28", "02-29"]


def test_the_other_ways_of_a_month() -> None:
    assert due(duty("monthly: {on: 9}"), "2026-11-01", "2026-11-30") == ["11-09: 11-08 24:00 > 11-09 24:00"]
    assert due(duty("monthly: {between: [1, 5]}"), "2026-11-01", "2026-11-30") == ["11-05: 10-31 24:00 > 11-05 24:00"]
    assert due(duty("monthly: {working_day: 3}"), "2026-10-01", "2026-11-30") == [
        "10-10: 09-30 24:00 > 10-10 24:00", "11-04: 10-31 24:00 > 11-04 24:00",
    ]  # fmt: skip
    assert due(duty("monthly: {times: 2}"), "2026-11-01", "2026-11-30") == [
        "11-30 1: 10-31 24:00 > 11-30 24:00", "11-30 2: 10-31 24:00 > 11-30 24:00",
    ]  # fmt: skip


def test_quarters_and_years() -> None:
    assert due(duty("quarterly: {}"), "2026-01-01", "2026-06-30") == [
        "03-31: 12-31 24:00 > 03-31 24:00", "06-30: 03-31 24:00 > 06-30 24:00",
    ]  # fmt: skip
    assert due(duty("quarterly: {day: 10, month: 1}"), "2026-04-01", "2026-04-30") == ["04-10: 01-10 24:00 > 04-10 24:00"]
    assert [one[:5] for one in due(duty("half_yearly: {}"), "2026-01-01", "2026-12-31")] == ["06-30", "12-31"]
    assert due(duty("yearly: {}"), "2026-01-01", "2026-12-31") == ["12-31: 12-31 24:00 > 12-31 24:00"]
    assert [one[:5] for one in due(duty("yearly: {month: 11}"), "2026-01-01", "2026-12-31")] == ["11-30"]


# -- days off (clocks.md 15)


def test_a_day_off_skips_and_a_make_up_day_does_not() -> None:
    """The Spring Festival of 2026: 15 to 23 February off, Saturday the 14th and the 28th worked."""
    found = due(duty("daily: {}\noff_day: skip"), "2026-02-12", "2026-03-02")
    assert [one[:5] for one in found] == [
        "02-12", "02-13", "02-14", "02-24", "02-25", "02-26", "02-27", "02-28", "03-02",
    ]  # fmt: skip
    assert len(due(duty("daily: {}"), "2026-02-12", "2026-03-02")) == 19


def test_a_weekly_meeting_moves_over_the_festival() -> None:
    after = duty("weekly: monday\noff_day: next")
    assert due(after, "2026-02-14", "2026-02-28") == [
        "02-16: 02-09 24:00 > 02-24 24:00", "02-23: 02-16 24:00 > 02-24 24:00",
    ]  # fmt: skip
    before = duty("weekly: monday\noff_day: prev")
    assert [one[-11:] for one in due(before, "2026-02-10", "2026-02-28")] == ["02-14 24:00", "02-14 24:00"]
    assert [one[:5] for one in due(duty("weekly: monday\noff_day: skip"), "2026-02-09", "2026-03-02")] == ["02-09", "03-02"]


def test_a_month_end_on_a_day_off() -> None:
    assert due(duty("monthly: {day: last}\noff_day: next"), "2026-01-31", "2026-02-05") == [
        "01-31: 12-31 24:00 > 02-02 24:00"
    ]
    assert due(duty("monthly: {day: 30}\noff_day: prev"), "2026-05-20", "2026-05-31") == [
        "05-30: 04-30 24:00 > 05-29 24:00"
    ]


@pytest.mark.parametrize(
    ("month", "end"), [("2026-01", "01-08"), ("2026-05", "05-11"), ("2026-10", "10-13"), ("2026-12", "12-07")]
)
def test_appraisals_of_the_1st_to_5th_move_over_holidays(month: str, end: str) -> None:
    """Each day off inside adds a working day: 3 of January, 5 of May and October; 5 December is a Saturday."""
    rule = duty("monthly: {between: [1, 5], about: previous}\noff_day: next")
    (one,) = due(rule, f"{month}-01", f"{month}-28")
    assert one.endswith(f"{end} 24:00")


def test_a_calendar_without_a_working_day_does_not_hang() -> None:
    from logbook.core.calendars import Calendar
    from logbook.core.calendars import Hours

    empty = frame()
    empty.hours = lambda name: Hours(Calendar("none", ((),) * 7), empty.days.zone)
    for rule in ("weekly: monday\noff_day: next", "monthly: {between: [1, 5]}\noff_day: next", "monthly: {working_day: 2}"):
        assert due(duty(rule), "2026-11-01", "2026-11-30", of=empty) != []


# -- holidays, events, rain


def test_before_and_after_a_holiday() -> None:
    before = duty("on: {holiday: any, before: 1 day}")
    assert due(before, "2026-04-01", "2026-05-31") == [
        "04-04: 04-02 24:00 > 04-03 24:00", "05-01: 04-29 24:00 > 04-30 24:00",
    ]  # fmt: skip
    after = duty("on: {holiday: any, after: 3 days}")
    assert due(after, "2026-04-01", "2026-05-31") == [
        "04-06: 04-06 24:00 > 04-09 24:00", "05-05: 05-05 24:00 > 05-08 24:00",
    ]  # fmt: skip
    festival = duty("on: {holiday: 春节, before: 1 day, after: 2 days}")
    assert due(festival, "2026-01-01", "2026-12-31") == [
        "02-15 before: 02-13 24:00 > 02-14 24:00", "02-23 after: 02-23 24:00 > 02-25 24:00",
    ]  # fmt: skip


def test_after_an_event_each_record_by_itself() -> None:
    rule = duty("on: {event: repair.finish, within: 2 days}\ndone_by: visit at visit\nsubject: repair")
    finished = Trigger("RP-1", instant("2026-11-20 15:00"), None, "RP-1")
    assert due(rule, "2026-11-01", "2026-11-30", triggers=[finished]) == ["11-20: 11-20 15:00 > 11-22 24:00"]
    (one,) = expected(rule, frame(), 0, NEVER, [finished])
    assert one.closes == NEVER  # a visit a month late is late, not lost
    again = finished._replace(at=instant("2026-11-20 18:00"))
    assert due(rule, "2026-11-01", "2026-11-30", triggers=[finished, again]) == [
        "11-20: 11-20 15:00 > 11-22 24:00", "11-20 2: 11-20 18:00 > 11-22 24:00",
    ]  # fmt: skip


def test_a_return_visit_is_never_due_on_a_holiday() -> None:
    """clocks.md 15."""
    rule = duty("on: {event: repair.finish, within: 1 week}\ndone_by: visit at visit\nsubject: repair\noff_day: next")
    finished = Trigger("RP-1", instant("2026-02-10 15:00"), None, "RP-1")
    assert due(rule, "2026-02-01", "2026-02-28", triggers=[finished]) == ["02-10: 02-10 15:00 > 02-24 24:00"]


def test_an_agreed_moment_is_the_budget() -> None:
    rule = duty("on: {event: repair.take, within: 2 days or asked_by}\ndone_by: visit at visit\nsubject: repair")
    plain = Trigger("RP-1", instant("2026-11-20 15:00"), None, "RP-1")
    agreed = plain._replace(end=instant("2026-11-21 10:00"))
    assert due(rule, "2026-11-01", "2026-11-30", triggers=[plain]) == ["11-20: 11-20 15:00 > 11-22 24:00"]
    assert due(rule, "2026-11-01", "2026-11-30", triggers=[agreed]) == ["11-20: 11-20 15:00 > 11-21 10:00"]


RAIN = """
each: area
on: {rows: log.weather where kind is heavy_rain, before: from_at, after: to_at, within: 1 day}
done_by: check
slot: {kind: {rain_before: before, rain_after: after}}
"""


def test_before_and_after_heavy_rain() -> None:
    rule = duty(RAIN)
    rain = Trigger("", instant("2026-07-03 14:00"), instant("2026-07-03 20:00"), "LG-1")
    assert due(rule, "2026-07-01", "2026-07-31", triggers=[rain]) == [
        "07-03 before: 07-02 14:00 > 07-03 14:00", "07-03 after: 07-03 20:00 > 07-04 24:00",
    ]  # fmt: skip
    assert len(due(rule, "2026-07-01", "2026-07-31", triggers=[rain._replace(end=None)])) == 1
    at = {"triggers": [rain]}
    one = [mark("2026-07-04 08:00", slot="after")]
    assert states(rule, "2026-07-01", "2026-07-31", one, "2026-07-05", **at) == ["07-03 before missed", "07-03 after done"]
    wrong = [mark("2026-07-04 08:00", slot="before")]
    assert states(rule, "2026-07-01", "2026-07-31", wrong, "2026-07-06", **at) == [
        "07-03 before missed", "07-03 after missed",
    ]  # fmt: skip


# -- how they stand


def test_a_stopped_computer_hides_nothing() -> None:
    """clocks.md 13: expected - fulfilled = missed, whoever asks, whenever."""
    rule = duty("daily: {at: 09:00}")
    marks = [mark("2026-11-20 08:00"), mark("2026-11-22 10:00")]
    assert states(rule, "2026-11-20", "2026-11-24", marks, "2026-11-24 08:00") == [
        "11-20 done", "11-21 missed", "11-22 late", "11-23 missed", "11-24 due",
    ]  # fmt: skip
    assert states(rule, "2026-11-20", "2026-11-24", marks, "2026-11-20 09:00") == [
        "11-20 done", "11-21 upcoming", "11-22 upcoming", "11-23 upcoming", "11-24 upcoming",
    ]  # fmt: skip


def test_due_is_still_on_time_and_a_second_later_is_not() -> None:
    rule = duty("daily: {at: 09:00}")
    (one,) = expected(rule, frame(), instant("2026-11-24"), instant("2026-11-25"))
    on_time = mark("2026-11-24 09:00")
    assert [found.state for found in stand(rule, [one], [on_time], one.due)] == ["done"]
    assert [found.state for found in stand(rule, [one], [on_time._replace(at=one.due + 1, counted=one.due + 1)], NEVER)] == ["late"]
    assert [stand(rule, [one], [], at)[0].state for at in (one.opens - 1, one.opens, one.due, one.due + 1)] == [
        "upcoming", "due", "due", "missed",
    ]  # fmt: skip


def test_one_record_fulfils_one_occurrence() -> None:
    """clocks.md 14."""
    rule = duty("daily: {times: 2}")
    assert states(rule, "2026-11-24", "2026-11-24", [mark("2026-11-24 10:00")], "2026-11-26") == [
        "11-24 1 done", "11-24 2 missed",
    ]  # fmt: skip


@pytest.mark.parametrize(("written", "state"), [("2026-11-24 10:59", "done"), ("2026-11-24 11:01", "late")])
def test_what_is_written_down_after_the_grace_counts_from_then(written: str, state: str) -> None:
    """Ruling 4: two hours, or a quarter of the time there was."""
    rule = duty("daily: {at: 10:00}")
    late = [mark("2026-11-24 09:00", written=written)]
    assert states(rule, "2026-11-24", "2026-11-24", late, "2026-11-25") == [f"11-24 {state}"]


def test_the_grace_of_a_short_slot_is_a_quarter_of_it() -> None:
    rule = duty("every: 20 minutes\nbetween: [10:00, 10:20]")
    for written, wanted_state in (("2026-11-24 10:20", "done"), ("2026-11-24 10:21", "late")):
        marks = [mark("2026-11-24 10:15", written=written)]
        assert states(rule, "2026-11-24", "2026-11-24", marks, "2026-11-25") == [f"11-24 10:00 {wanted_state}"]


def test_a_waived_day_is_neither_missed_nor_takes_a_record() -> None:
    rule = duty("daily: {times: 2}")
    first = instant("2026-11-23")
    day = frame().days.of(first)
    excused = [Waiver(day, day), Waiver(day + 1, day + 1, "1")]
    marks = [mark("2026-11-23 10:00"), mark("2026-11-24 10:00")]
    assert states(rule, "2026-11-23", "2026-11-24", marks, "2026-11-26", waived=excused) == [
        "11-23 1 waived", "11-23 2 waived", "11-24 1 waived", "11-24 2 done",
    ]  # fmt: skip


def test_a_named_period_decides_whenever_it_was_written() -> None:
    rule = duty("monthly: {day: 5, about: previous}\nperiod: month")
    marks = [mark("2026-11-10 09:00", period="2026-10"), mark("2026-11-11 09:00", period="2026-09")]
    assert states(rule, "2026-10-01", "2026-12-31", marks, "2026-12-20") == ["10-05 late", "11-05 late", "12-05 missed"]
    stray = [mark("2026-11-05 09:00", period="2019-01"), mark("2026-11-05 09:30", period="soon")]
    assert states(rule, "2026-11-01", "2026-11-30", stray, "2026-12-20") == ["11-05 missed"]
    unnamed = [mark("2026-11-05 09:00")]
    assert states(rule, "2026-11-01", "2026-11-30", unnamed, "2026-12-20") == ["11-05 done"]


@pytest.mark.parametrize(
    ("cadence", "period", "nominal"),
    [
        ("quarterly: {}", "2026-Q2", "06-30"), ("quarterly: {about: next}", "2026-07-01", "06-30"),
        ("yearly: {}", "2026", "12-31"), ("weekly: monday", "2026-11-25", "11-23"),
        ("weeks: {every: 2, from: 2026-01-05}", "2026-01-05", "01-18"), ("daily: {}", "2026-11-24", "11-24"),
    ],
)  # fmt: skip
def test_the_period_of_each_cadence(cadence: str, period: str, nominal: str) -> None:
    rule = duty(f"{cadence}\nperiod: month")
    found = states(rule, "2026-01-01", "2026-12-31", [mark("2026-12-30 09:00", period=period)], "2027-01-02")
    fulfilled = [one[:5] for one in found if one.endswith(("done", "late"))]
    assert fulfilled == [nominal]


def test_a_change_of_the_rule_begins_with_a_nominal_day() -> None:
    """clocks.md 14: the night that began before does not count, although it is due after."""
    rule = duty("daily: {between: [17:30, 08:30]}\neffective: 2026-11-23")
    assert due(rule, "2026-11-22", "2026-11-24") == ["11-23: 11-23 17:30 > 11-24 08:30"]


# -- what records say


def known() -> Library:
    return library()[0]


def rule_of(text: str) -> tuple[Library, object]:
    found, issues = library(text)
    assert issues == []
    return found, duties_of(found, {})


CHECK = """
id: CK-1
form: check@1
status: read
at: '2026-11-24T22:00:00+08:00'
by: a
area: flat-1
kind: round
month: 2026-11
on_date: '2026-11-23'
rounds:
- at: '22:10'
- at: '00:30'
events:
- {at: '2026-11-24T22:00:00+08:00', by: a, step: note, recorded: '2026-11-25T09:00:00+08:00'}
- {at: '2026-11-25T01:05:00+08:00', by: a, step: add_round, set: {rounds+: [{at: '01:00'}, {fine: 'true'}]}}
- {at: '2026-11-25T09:30:00+08:00', by: b, step: review, recorded: '2026-11-26T08:00:00+08:00', source: paper}
"""


def marks(text: str, record: str = CHECK) -> list[tuple[str, str, str]]:
    rule = duty(text)
    return [
        (subject, short(one.at), short(one.counted))
        for subject, one in marks_of(rule, state(known(), record), WORLD)  # type: ignore[arg-type]
    ]


def test_a_record_counts_when_it_happened_for_what_it_names() -> None:
    assert marks("daily: {}") == [("", "11-24 22:00", "11-25 09:00")]
    assert marks("each: area\ndaily: {}") == [("flat-1", "11-24 22:00", "11-25 09:00")]
    assert marks("daily: {}\ndone_by: check where kind is round") == [("", "11-24 22:00", "11-25 09:00")]
    assert marks("daily: {}\ndone_by: check where kind is rain_before") == []
    assert marks("each: area\ndaily: {}", CHECK.replace("area: flat-1\n", "")) == []


def test_what_was_imported_counts_by_its_own_time() -> None:
    assert marks("daily: {}\nmoment: review") == [("", "11-25 09:30", "11-25 09:30")]
    assert marks("daily: {}\ndone_by: check at review") == [("", "11-25 09:30", "11-25 09:30")]


def test_each_row_counts_by_itself_the_hours_after_midnight_too() -> None:
    assert marks("each: area\ndaily: {}\nrows: rounds") == [
        ("flat-1", "11-24 22:10", "11-25 09:00"),
        ("flat-1", "11-25 00:30", "11-25 09:00"),
        ("flat-1", "11-25 01:00", "11-25 01:05"),
        ("flat-1", "11-25 01:05", "11-25 01:05"),
    ]


def test_a_date_counts_within_its_day() -> None:
    assert marks("daily: {}\nmoment: on_date") == [("", "11-22 24:00", "11-25 09:00")]
    rule = duty("daily: {}\nmoment: on_date\nperiod: month\nslot: kind")
    ((_, one),) = marks_of(rule, state(known(), CHECK), WORLD)  # type: ignore[arg-type]
    assert (one.at, one.period, one.slot) == (instant("2026-11-23") + 1, "2026-11", "round")


def test_a_voided_record_fulfils_nothing() -> None:
    void = CHECK.replace("status: read", "status: voided") + "- {at: '2026-11-25T10:00:00+08:00', by: b, step: void}\n"
    assert marks("daily: {}", void) == []


REPAIR = """
id: RP-1
form: repair@1
status: told
at: '2026-11-20T09:00:00+08:00'
by: a
kind: leak
found_on: '2026-11-19'
asked_by: '2026-11-23T10:00:00+08:00'
events:
- {at: '2026-11-20T09:00:00+08:00', by: a, step: take}
- {at: '2026-11-20T15:00:00+08:00', by: a, step: finish}
- {at: '2026-11-21T09:00:00+08:00', by: a, step: again}
- {at: '2026-11-22T15:00:00+08:00', by: a, step: finish}
- {at: '2026-11-22T16:00:00+08:00', by: a, step: tell}
"""


def triggers(text: str, record: str = REPAIR) -> list[tuple[str, str, str]]:
    rule = duty(text)
    found = triggers_of(rule, state(known(), record), WORLD)  # type: ignore[arg-type]
    return [(one.subject, short(one.at), short(one.end) if one.end is not None else "") for one in found]


def test_each_time_the_step_was_taken_makes_an_occurrence() -> None:
    visit = "done_by: visit at visit\nsubject: repair"
    assert triggers(f"on: {{event: repair.finish, within: 2 days}}\n{visit}") == [
        ("RP-1", "11-20 15:00", ""), ("RP-1", "11-22 15:00", ""),
    ]  # fmt: skip
    assert triggers(f"on: {{event: repair.finish where kind is other, within: 2 days}}\n{visit}") == []
    assert triggers(f"on: {{event: repair.found_on, within: 2 days or asked_by}}\n{visit}") == [
        ("RP-1", "11-18 24:00", "11-23 10:00")
    ]


def test_the_same_record_answers_each_of_its_events() -> None:
    rule = duty("on: {event: repair.finish, within: 2 days}\ndone_by: same at tell")
    record = state(known(), REPAIR)
    found = triggers_of(rule, record, WORLD)  # type: ignore[arg-type]
    told = [one for _, one in marks_of(rule, record, WORLD)]  # type: ignore[arg-type]
    standings = stand(rule, expected(rule, frame(), 0, NEVER, found), told, instant("2026-12-01"))
    assert [one.state for one in standings] == ["done", "missed"]


LOG = """
id: LG-1
form: log@1
status: closed
at: '2026-07-03T08:00:00+08:00'
by: a
weather:
- {kind: heavy_rain, from_at: '2026-07-03T14:00:00+08:00', to_at: '2026-07-03T20:00:00+08:00'}
- {kind: snow, from_at: '2026-07-03T21:00:00+08:00'}
- {kind: heavy_rain, from_at: '2026-07-03T22:00:00+08:00'}
events:
- {at: '2026-07-03T08:00:00+08:00', by: a, step: begin}
- {at: '2026-07-03T23:00:00+08:00', by: a, step: close}
"""


def test_each_heavy_rain_of_a_log() -> None:
    assert triggers(RAIN, LOG) == [("", "07-03 14:00", "07-03 20:00"), ("", "07-03 22:00", "")]


def test_a_running_record() -> None:
    rule = "every: 20 minutes\nduring: log\ndone_by: same\nrows: weather\nmoment: from_at"
    assert triggers(rule, LOG) == [("LG-1", "07-03 08:00", "07-03 23:00")]
    running = LOG.replace("status: closed", "status: open").replace(
        "- {at: '2026-07-03T23:00:00+08:00', by: a, step: close}\n", ""
    )
    assert triggers(rule, running) == [("LG-1", "07-03 08:00", "")]
    assert [subject for subject, *_ in marks(rule, LOG)] == ["LG-1"] * 3


AREA = """
id: flat-1
form: area@1
status: retired
at: '2026-01-05T09:00:00+08:00'
by: a
kind: bar
events:
- {at: '2026-01-05T09:00:00+08:00', by: a, step: enter}
- {at: '2026-03-01T09:00:00+08:00', by: a, step: regrade, set: {kind: show_flat}}
- {at: '2026-05-01T09:00:00+08:00', by: a, step: regrade, set: {kind: bar}}
- {at: '2026-06-01T09:00:00+08:00', by: a, step: regrade, set: {kind: show_flat}}
- {at: '2026-07-01T09:00:00+08:00', by: a, step: retire}
"""


def spans(text: str, record: str = AREA) -> list[tuple[str, str]]:
    rule = duty(f"{text}\ndaily: {{}}")
    found = spans_of(rule, state(known(), record), WORLD)  # type: ignore[arg-type]
    return [(short(since), short(until) if until is not None else "") for since, until in found]


def test_a_subject_while_the_condition_holds() -> None:
    assert spans("each: area where kind is show_flat") == [
        ("03-01 09:00", "05-01 09:00"), ("06-01 09:00", "07-01 09:00"),
    ]  # fmt: skip
    assert spans("each: area") == [("01-05 09:00", "07-01 09:00")]
    assert spans("each: area where state is one of active, retired") == [("01-05 09:00", "")]


def test_a_condition_on_the_site() -> None:
    class World:
        def __init__(self, count: int) -> None:
            self.count = count

        def all(self, form: str, **equal: object) -> list[object]:
            from logbook.core.view import View

            return [View(state(known(), REPAIR.replace("RP-1", f"RP-{n}"))) for n in range(self.count)]

    rule = duty("daily: {}\nwhile: some record of repair where kind is leak")
    assert wanted(rule, World(1)) is True  # type: ignore[arg-type]
    assert wanted(rule, World(0)) is False  # type: ignore[arg-type]
    assert wanted(duty("daily: {}"), World(0)) is True  # type: ignore[arg-type]


def test_a_condition_on_the_subject() -> None:
    rule = duty("each: area\ndaily: {}\nwhile: kind is bar")
    assert wanted(rule, WORLD, state(known(), AREA)) is False  # type: ignore[arg-type]
    bar = AREA.replace("set: {kind: show_flat}", "set: {kind: bar}")
    assert wanted(rule, WORLD, state(known(), bar)) is True  # type: ignore[arg-type]


# -- a changed rule (clocks.md 14)


def test_what_an_old_rule_expected_stays_expected() -> None:
    rule = duty("weekly: friday\neffective: 2026-06-15\nearlier:\n  - weekly: monday\n")
    assert due(rule, "2026-06-07", "2026-06-26") == [
        "06-08: 06-01 24:00 > 06-08 24:00",
        "06-19: 06-12 24:00 > 06-19 24:00",
        "06-26: 06-19 24:00 > 06-26 24:00",
    ]
    done = [mark("2026-06-10 09:00"), mark("2026-06-19 09:00")]
    assert states(rule, "2026-06-01", "2026-06-27", done, "2026-06-28") == [
        "06-01 missed", "06-08 late", "06-19 done", "06-26 missed",
    ]  # fmt: skip


def test_three_rules_each_with_its_days_off_and_its_kind() -> None:
    rule = duty(
        "daily: {at: 18:00}\noff_day: skip\neffective: 2026-06-24\n"
        "earlier:\n  - {weekly: sunday, effective: 2026-06-08}\n  - {weekly: sunday, off_day: next, effective: 2026-06-15}\n"
    )
    assert [one.partition(": ")[0] + one.partition(" >")[2] for one in due(rule, "2026-06-01", "2026-06-28")] == [
        "06-14 06-14 24:00", "06-21 06-22 24:00", "06-24 06-24 18:00", "06-25 06-25 18:00", "06-26 06-26 18:00",
    ]  # fmt: skip
    assert rule.begins == date(2026, 6, 8).toordinal()
    assert say(rule, "en") == (
        "Round: every day, by 18:00; before 2026-06-24 every Sunday; before 2026-06-15 every Sunday;"
        " not on days off; recorded as check."
    )


def test_a_paper_for_a_period_of_the_old_rule() -> None:
    rule = duty("quarterly: {}\neffective: 2026-04-01\nearlier: [monthly: {day: last}]\nperiod: month")
    marks = [mark("2026-05-03 09:00", period="2026-03"), mark("2026-05-04 09:00", period="2026-05")]
    assert states(rule, "2026-02-01", "2026-06-30", marks, "2026-07-10") == ["02-28 missed", "03-31 late", "06-30 done"]


def test_a_shorter_interval_while_something_runs_and_a_far_end() -> None:
    rule = duty(
        "every: 10 minutes\nduring: repair\ndone_by: same\neffective: 2026-11-24\n"
        "earlier: [{every: 30 minutes, during: repair}]"
    )
    running = [Trigger("RP-1", instant("2026-11-23 23:00"), None, "RP-1")]
    whole = expected(rule, frame(), 0, instant("2026-11-24 00:20"), running)
    assert [f"{short(one.due)}" for one in whole] == ["11-23 23:30", "11-23 24:00", "11-24 00:10", "11-24 00:20"]
    later = instant("2026-11-24 00:05")
    assert expected(rule, frame(), later, instant("2026-11-24 00:20"), running) == whole[2:]
    far = instant("2150-01-01")
    assert len(expected(rule, frame(), far - 3600, far, running)) == 6


def test_night_without_hours_is_the_night_of_the_calendar() -> None:
    week = Calendar("night", tuple(((1320, 1560),) for _ in range(7)))
    office = frame()
    of = frame_of(office.days, {"night": week}, {})
    rule = duty("every: 60 minutes\nbetween: night")
    assert [one.partition(" >")[0].partition(": ")[2] for one in due(rule, "2026-11-24", "2026-11-24", of=of)] == [
        "11-23 24:00", "11-24 01:00", "11-24 22:00", "11-24 23:00",
    ]  # fmt: skip
    set_ = frame_of(office.days, {"night": week}, {"hours": {"night": "23:00-24:00"}})
    assert due(rule, "2026-11-24", "2026-11-24", of=set_) == ["11-24 23:00: 11-24 23:00 > 11-24 24:00"]
