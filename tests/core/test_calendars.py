from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from logbook.core.calendars import ALWAYS
from logbook.core.calendars import DESK
from logbook.core.calendars import Calendar
from logbook.core.calendars import Hours
from logbook.core.calendars import Override
from logbook.core.calendars import Season
from logbook.core.calendars import add_elapsed
from logbook.core.calendars import add_working_days
from logbook.core.calendars import add_working_time
from logbook.core.calendars import merged
from logbook.core.calendars import next_working_day
from logbook.core.calendars import parse_windows
from logbook.core.calendars import working_time_between
from logbook.core.errors import BookError
from logbook.core.moments import epoch
from logbook.core.moments import from_epoch
from tests.core.office import office_2026

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE = Hours(office_2026(), SHANGHAI)
HOUR = 3600


def at(text: str) -> int:
    return epoch(f"2026-{text}:00+08:00")


def said(instant: int) -> str:
    return f"{from_epoch(instant, SHANGHAI):%m-%dT%H:%M}"


def calendar(*windows: str, name: str = "own") -> Calendar:
    """A calendar whose weekdays follow ``windows``, repeated to a week."""
    parsed = [parse_windows(text) or () for text in windows]
    return Calendar(name, tuple(parsed[day % len(parsed)] for day in range(7)))


@pytest.mark.parametrize(
    ("hours", "start", "due"),
    [
        (4, "02-13T16:30", "02-14T11:30"),  # Friday into a make-up Saturday
        (1.5, "11-20T16:30", "11-20T18:00"),  # used up at closing: at closing, not on Monday
        (2, "11-23T11:00", "11-23T14:30"),  # over lunch
        (1, "11-21T10:00", "11-23T10:00"),  # a Saturday
        (1, "11-23T18:00", "11-24T10:00"),  # begins at closing
    ],
)
def test_working_hours_in_the_office(hours: float, start: str, due: str) -> None:
    assert said(add_working_time(OFFICE, at(start), int(hours * HOUR))) == due
    assert working_time_between(OFFICE, at(start), at(due)) == hours * HOUR
    assert working_time_between(OFFICE, at(due), at(start)) == -hours * HOUR


def test_night_windows_belong_to_the_day_they_begin() -> None:
    night = Hours(calendar("20:30-08:30"), SHANGHAI)
    assert said(add_working_time(night, at("11-22T23:30"), HOUR)) == "11-23T00:30"  # Sunday
    assert said(add_working_time(night, at("11-23T10:00"), HOUR)) == "11-23T21:30"
    assert said(add_working_days(night, at("11-22T23:30"), 1)) == "11-24T08:30"


def test_a_pause_is_measured_with_the_same_calendar() -> None:
    pause = [(at("11-20T11:00"), at("11-23T10:00"))]
    assert said(add_working_time(OFFICE, at("11-19T15:00"), 8 * HOUR, pause)) == "11-23T14:30"
    twice = merged([*pause, (at("11-20T17:00"), at("11-21T12:00"))])
    assert said(add_working_time(OFFICE, at("11-19T15:00"), 8 * HOUR, twice)) == "11-23T14:30"
    assert working_time_between(OFFICE, at("11-19T15:00"), at("11-23T14:30"), pause) == 8 * HOUR
    assert (
        said(add_elapsed(at("11-22T23:50"), 30 * 60, [(at("11-23T00:00"), at("11-23T00:10"))]))
        == "11-23T00:30"
    )


def test_working_days() -> None:
    assert said(add_working_days(OFFICE, at("09-18T20:00"), 3)) == "09-22T18:00"
    assert said(add_working_days(OFFICE, at("09-18T20:00"), 3, to_midnight=True)) == "09-23T00:00"
    paused = [(at("09-21T00:00"), at("09-21T08:00"))]
    assert said(add_working_days(OFFICE, at("09-18T20:00"), 3, paused)) == "09-23T18:00"
    national = date(2026, 10, 2).toordinal()
    assert date.fromordinal(next_working_day(OFFICE, national)) == date(2026, 10, 8)


@pytest.mark.parametrize("count", [add_working_time, add_working_days])
def test_a_calendar_without_windows_is_an_error_and_no_hang(count: object) -> None:
    empty = calendar("off", name="closed")
    assert empty.is_empty
    with pytest.raises(BookError) as caught:
        count(Hours(empty, SHANGHAI), at("11-22T09:00"), 1)  # type: ignore[operator]
    assert (caught.value.code, caught.value.args_) == ("clock.empty-calendar", {"calendar": "closed"})


def test_windows_that_meet_or_overlap_at_midnight_count_once() -> None:
    hours = Hours(
        calendar("22:00-10:00", "08:00-24:00"), SHANGHAI
    )  # Mon, Wed, Fri, Sun nights; the others long
    tuesday, wednesday = at("11-24T00:00"), at("11-25T00:00")
    assert working_time_between(hours, tuesday, wednesday) == 24 * HOUR
    assert working_time_between(Hours(ALWAYS, SHANGHAI), tuesday, wednesday) == 24 * HOUR


def test_seasons_and_overrides() -> None:
    summer = Season((6, 1), (9, 30), ((parse_windows("08:00-12:00, 14:00-18:00") or (),) * 5) + ((), ()))
    own = Calendar(
        "own",
        ((parse_windows("08:00-12:00, 13:30-17:30") or (),) * 5) + ((), ()),
        {
            date(2026, 7, 4): Override(None, "调休"),
            date(2026, 7, 6): Override((), "停电", holiday=False),
            date(2026, 11, 22): Override(parse_windows("09:00-10:00")),
        },
        (summer,),
    )
    assert own.windows(date(2026, 7, 3)) == ((480, 720), (840, 1080))
    assert own.windows(date(2026, 7, 4)) == ((480, 720), (840, 1080))
    assert own.windows(date(2026, 11, 20)) == ((480, 720), (810, 1050))
    assert own.windows(date(2026, 11, 22)) == ((540, 600),)
    assert not own.is_working(date(2026, 7, 6))
    assert not own.is_holiday(date(2026, 7, 6))
    winter = Season((11, 15), (2, 14), ())
    assert [winter.holds(date(2026, *day)) for day in ((11, 14), (11, 15), (1, 1), (2, 14), (2, 15))] == [
        False, True, True, True, False,
    ]  # fmt: skip


def test_coverage() -> None:
    office = office_2026()
    assert office.covers(date(2026, 12, 31))
    assert not office.covers(date(2027, 1, 1))
    assert DESK.covers(date(2040, 1, 1))
    assert office.is_holiday(date(2026, 10, 1))
    assert not office.is_holiday(date(2026, 10, 10))


def test_windows_as_written() -> None:
    assert parse_windows("09:00-12:00, 13:30-18:00") == ((540, 720), (810, 1080))
    assert parse_windows("00:00-24:00") == ((0, 1440),)
    assert parse_windows("20:30-08:30") == ((1230, 1950),)
    assert parse_windows("off") == ()
    for text in (
        "",
        "9-12",
        "09:00-12:00, 11:00-13:00",
        "24:00-08:00",
        "09:00-24:30",
        "20:00-09:00, 08:00-10:00",
    ):
        assert parse_windows(text) is None
