from __future__ import annotations

from datetime import UTC
from datetime import date
from datetime import datetime
from datetime import time
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from logbook.core.moments import add_months
from logbook.core.moments import days_in
from logbook.core.moments import epoch
from logbook.core.moments import from_epoch
from logbook.core.moments import from_text
from logbook.core.moments import parse_day
from logbook.core.moments import parse_duration
from logbook.core.moments import parse_moment
from logbook.core.moments import parse_range
from logbook.core.moments import parse_time
from logbook.core.moments import to_text

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 22, 9, 35, 12, tzinfo=SHANGHAI)  # a Sunday


def said(text: str, *, now: datetime = NOW, zone: ZoneInfo = SHANGHAI) -> str | None:
    moment = parse_moment(text, now=now, zone=zone)
    return None if moment is None else to_text(moment)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-22T09:35:00+08:00", "2026-11-22T09:35:00+08:00"),
        ("2026-11-22T01:35:00Z", "2026-11-22T09:35:00+08:00"),
        ("2026-11-22T01:35:00.250Z", "2026-11-22T09:35:00+08:00"),
        ("2026-11-22 09:35:00 +0800", "2026-11-22T09:35:00+08:00"),
        ("2026-11-22 09:30", "2026-11-22T09:30:00+08:00"),
        ("2026-11-22T09:30", "2026-11-22T09:30:00+08:00"),
        ("2026/1/5 9:30", "2026-01-05T09:30:00+08:00"),
        ("2026-11-22", "2026-11-22T00:00:00+08:00"),
        ("20261122 09:30", "2026-11-22T09:30:00+08:00"),
        ("11-22 09:30", "2026-11-22T09:30:00+08:00"),
        ("11-22", "2026-11-22T00:00:00+08:00"),
        ("12-31", "2026-12-31T00:00:00+08:00"),  # the year of now, though it lies ahead
        ("11月22日", "2026-11-22T00:00:00+08:00"),
        ("11月22号18点", "2026-11-22T18:00:00+08:00"),
        ("去年11月22日", "2025-11-22T00:00:00+08:00"),
        ("2026年11月22日9时30分", "2026-11-22T09:30:00+08:00"),
        ("十一月二十二日下午三点一刻", "2026-11-22T15:15:00+08:00"),
        ("09:30", "2026-11-22T09:30:00+08:00"),
        ("9点", "2026-11-22T09:00:00+08:00"),
        ("9点05", "2026-11-22T09:05:00+08:00"),
        ("上午9点", "2026-11-22T09:00:00+08:00"),
        ("下午3点半", "2026-11-22T15:30:00+08:00"),
        ("下午15点", "2026-11-22T15:00:00+08:00"),
        ("中午12点半", "2026-11-22T12:30:00+08:00"),
        ("中午1点", "2026-11-22T13:00:00+08:00"),
        ("昨晚八点半", "2026-11-21T20:30:00+08:00"),
        ("凌晨2点", "2026-11-22T02:00:00+08:00"),
        ("9:30 pm", "2026-11-22T21:30:00+08:00"),
        ("12am", "2026-11-22T00:00:00+08:00"),
        ("今天 9:30", "2026-11-22T09:30:00+08:00"),
        ("昨天18:20", "2026-11-21T18:20:00+08:00"),
        ("前天", "2026-11-20T00:00:00+08:00"),
        ("明天上午9点", "2026-11-23T09:00:00+08:00"),
        ("today", "2026-11-22T00:00:00+08:00"),
        ("Yesterday 18:20", "2026-11-21T18:20:00+08:00"),
        ("now", "2026-11-22T09:35:12+08:00"),
        ("现在", "2026-11-22T09:35:12+08:00"),
        ("-30m", "2026-11-22T09:05:12+08:00"),
        ("-2h", "2026-11-22T07:35:12+08:00"),
        ("半小时前", "2026-11-22T09:05:12+08:00"),
        ("24:00", "2026-11-23T00:00:00+08:00"),
        ("2026-12-31 24:00", "2027-01-01T00:00:00+08:00"),
        ("２０２６－１１－２２ ９：３０", "2026-11-22T09:30:00+08:00"),
        ("  09:30 ", "2026-11-22T09:30:00+08:00"),
    ],
)
def test_what_people_type_as_a_moment(text: str, moment: str) -> None:
    assert said(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "11", "9", "930", "", "-", "soon", "2026-02-30", "02-29", "2026-13-01", "25:00", "24:01", "9:60",
        "5/6", "11.22", "上午15点", "13pm", "晚上12点", "夜里1点", "9点5", "11-2209:30", "20261122 0930",
        "2026-11-22T",
        "09:30+08:00", "2026-11-22 24:00+08:00", "2026-11-22 09:30 +25:00", "-3", "-2 months", "0000-01-01",
        "下午3点pm", "9999-12-31 24:00",
    ],
)  # fmt: skip
def test_what_is_no_moment_is_never_guessed(text: str) -> None:
    assert parse_moment(text, now=NOW, zone=SHANGHAI) is None


def test_a_day_is_that_of_the_books_zone_whatever_zone_now_is_given_in() -> None:
    late = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)  # already the 22nd in Shanghai
    assert said("today", now=late) == "2026-11-22T00:00:00+08:00"
    assert parse_day("昨天", now=late, zone=SHANGHAI) == date(2026, 11, 21)


def test_hours_that_summer_time_skips_or_repeats_are_refused() -> None:
    now = datetime(2026, 6, 1, 12, 0, tzinfo=BERLIN)
    assert said("2026-03-29 02:30", now=now, zone=BERLIN) is None
    assert said("2026-10-25 02:30", now=now, zone=BERLIN) is None
    assert said("2026-10-25T02:30:00+01:00", now=now, zone=BERLIN) == "2026-10-25T02:30:00+01:00"
    after = datetime(2026, 3, 29, 3, 30, tzinfo=BERLIN)
    assert said("-2h", now=after, zone=BERLIN) == "2026-03-29T00:30:00+01:00"


def test_days_times_and_durations() -> None:
    assert parse_day("11月22日", now=NOW, zone=SHANGHAI) == date(2026, 11, 22)
    assert parse_day("2026-11-22 09:30", now=NOW, zone=SHANGHAI) is None
    assert parse_time("下午3点半") == time(15, 30)
    assert parse_time("24:00") is None
    assert parse_time("9") is None
    assert parse_duration("4h") == timedelta(hours=4)
    assert parse_duration("30m") == timedelta(minutes=30)
    assert parse_duration("2 days") == timedelta(days=2)
    assert parse_duration("1h30m") == timedelta(minutes=90)
    assert parse_duration("三天") == timedelta(days=3)
    assert [parse_duration(text) for text in ("", "4", "h", "2 months", "-4h", "4h and", "1.00001s")] == [
        None
    ] * 7


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-11", "2026-11-01T00:00:00", "2026-12-01T00:00:00"),
        ("11月", "2026-11-01T00:00:00", "2026-12-01T00:00:00"),
        ("2026", "2026-01-01T00:00:00", "2027-01-01T00:00:00"),
        ("2026-Q3", "2026-07-01T00:00:00", "2026-10-01T00:00:00"),
        ("2026-11-22", "2026-11-22T00:00:00", "2026-11-23T00:00:00"),
        ("yesterday", "2026-11-21T00:00:00", "2026-11-22T00:00:00"),
        ("本月", "2026-11-01T00:00:00", "2026-12-01T00:00:00"),
        ("last-month", "2026-10-01T00:00:00", "2026-11-01T00:00:00"),
        ("this-week", "2026-11-16T00:00:00", "2026-11-23T00:00:00"),
        ("上周", "2026-11-09T00:00:00", "2026-11-16T00:00:00"),
        ("7d", "2026-11-15T09:35:12", "2026-11-22T09:35:13"),
        ("最近7天", "2026-11-15T09:35:12", "2026-11-22T09:35:13"),
        ("09:30", "2026-11-22T09:30:00", "2026-11-22T09:31:00"),
        ("2026-11-01..2026-11-15", "2026-11-01T00:00:00", "2026-11-16T00:00:00"),
    ],
)
def test_what_people_type_as_a_range(text: str, first: str, last: str) -> None:
    found = parse_range(text, now=NOW, zone=SHANGHAI)
    assert found is not None
    assert [to_text(end) for end in found] == [first + "+08:00", last + "+08:00"]


@pytest.mark.parametrize(
    "text", ["", "30", "2026-13", "2026-02-30", "0000", "..", "2026-11-15..2026-11-01", "whenever"]
)
def test_what_is_no_range(text: str) -> None:
    assert parse_range(text, now=NOW, zone=SHANGHAI) is None


def test_the_stored_form_is_strict() -> None:
    assert epoch("1970-01-01T08:00:00+08:00") == 0
    assert epoch("1970-01-01T00:00:10Z") == 10
    assert from_text("2026-11-22T09:35:00+08:00").utcoffset() == timedelta(hours=8)
    for text in (
        "2026-11-22 09:35:00+08:00", "2026-11-22T09:35+08:00", "2026-11-22T09:35:00",
        "2026-11-22T09:35:00+0800",
        "2026-11-22T09:35:00+08:60", "2026-W47-7T09:35:00+08:00", "2026-11-22T093500.0+08:00",
        "2026-11-22T24:00:00+08:00", "2026-02-30T09:35:00+08:00", "",
    ):  # fmt: skip
        with pytest.raises(ValueError):
            from_text(text)
    with pytest.raises(ValueError):
        to_text(datetime(2026, 11, 22, 9, 35))


def test_local_mean_time_is_written_with_an_offset_in_minutes() -> None:
    moment = datetime(1890, 1, 1, tzinfo=SHANGHAI)
    assert to_text(moment) == "1889-12-31T23:59:17+08:05"
    assert from_text(to_text(moment)) == moment


def test_days_of_a_zone() -> None:
    days = days_in(SHANGHAI)
    day = date(2026, 11, 22).toordinal()
    begin = epoch("2026-11-22T00:00:00+08:00")
    assert days.begin(day) == begin
    assert [days.of(begin - 1), days.of(begin), days.of(begin + 86399)] == [day - 1, day, day]
    assert days.instant(day, 1440) == days.begin(day + 1)
    berlin = days_in(BERLIN)
    spring = date(2026, 3, 29).toordinal()
    assert berlin.begin(spring + 1) - berlin.begin(spring) == 23 * 3600
    assert from_epoch(berlin.instant(spring, 4 * 60), BERLIN).isoformat() == "2026-03-29T04:00:00+02:00"


def test_months_are_counted_from_the_anchor() -> None:
    assert add_months(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert add_months(date(2026, 1, 31), 2) == date(2026, 3, 31)
    assert add_months(date(2024, 1, 31), 1) == date(2024, 2, 29)
    assert add_months(date(2026, 3, 31), -1) == date(2026, 2, 28)
