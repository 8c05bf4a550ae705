"""The language of ``calendars.yaml``: what it says, and every way to say it wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from textwrap import dedent
from zoneinfo import ZoneInfo

import pytest

from logbook.core.calendarfile import calendars_of
from logbook.core.calendarfile import check_calendars
from logbook.core.calendarfile import check_own
from logbook.core.calendarfile import read_season
from logbook.core.calendarfile import season_of
from logbook.core.calendarfile import season_on
from logbook.core.calendars import Calendar
from logbook.core.calendars import Hours
from logbook.core.calendars import working_time_between
from logbook.core.form import Library
from logbook.core.sources import Source
from logbook.locale.catalogue import Catalogue
from logbook.store import codec
from tests.core.vectors import FILE
from tests.core.vectors import VECTORS
from tests.core.vectors import Vector
from tests.core.vectors import due
from tests.core.vectors import instant
from tests.core.vectors import lines
from tests.core.vectors import shipped

SUMMER = {"season": {"summer": "06-01 to 09-30"}}
NO_SUMMER: dict[str, object] = {}


def source(text: str, path: str = "templates/core/calendars.yaml") -> Source:
    document, issues = codec.read_definition(dedent(text).encode(), path=path)
    assert document is not None, issues
    return Source(path, document.plain, document.line, document.place)


def library(*texts: str) -> Library:
    paths = ("templates/core/calendars.yaml", "templates/site/calendars.yaml")
    return Library(shared={"calendars": tuple(source(text, path) for text, path in zip(texts, paths, strict=False))})


def one(text: str, name: str = "own", settings: dict[str, object] = NO_SUMMER) -> Calendar:
    return calendars_of(library(text), {}, settings)[name]


def found(text: str, lang: str = "en") -> list[tuple[int | None, str, str]]:
    """Line, code and sentence of every issue of a file."""
    issues = check_calendars(library(text).shared["calendars"], Library())
    return [(issue.line, issue.rule, Catalogue(lang).issue(issue)[0]) for issue in issues]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda one: f"{one.within} from {one.start}")
def test_the_check_vectors(vector: Vector) -> None:
    assert due(vector, shipped()[vector.calendar]) == instant(vector.due)


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Pacific/Kiritimati"])
def test_the_zone_of_the_host_changes_nothing(zone: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.core.vectors"],
        cwd=Path(__file__).parents[2], env={**os.environ, "TZ": zone}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.splitlines() == lines()
    assert [line for line in lines() if not line.endswith("right")] == []


def test_the_shipped_file_is_without_a_finding() -> None:
    assert found(FILE.read_text(encoding="utf-8")) == []
    names = shipped()
    assert list(names) == ["always", "desk", "office", "night", "noon", "late"]
    office = names["office"]
    assert (office.label.zh, office.years) == ("办公时间", (2024, 2026))
    # As many days as the notices order: 2024, 2025, 2026.
    for year, off, work in ((2024, 28, 8), (2025, 28, 5), (2026, 33, 6)):
        days = [one for day, one in office.overrides.items() if day.year == year]
        assert (sum(one.holiday for one in days), sum(one.windows is None for one in days)) == (off, work)
    day = office.overrides[date(2026, 10, 1)]
    assert (day.name, day.notice, day.holiday) == ("国庆节", "国办发明电〔2025〕7号", True)
    # No make-up day falls on a working day, and no holiday is worked.
    assert [day for day, one in office.overrides.items() if one.windows is None and day.weekday() < 5] == []


def test_summer_is_applied_once_it_is_dated() -> None:
    text = FILE.read_text(encoding="utf-8")
    july, november = date(2026, 7, 1), date(2026, 11, 1)
    assert one(text, "noon").windows(july) == ((720, 810),)
    assert one(text, "noon", SUMMER).windows(july) == ((720, 840),)
    assert one(text, "noon", SUMMER).windows(november) == ((720, 810),)
    assert one(text, "night", SUMMER).windows(july) == ((1080, 1950),)
    night = Hours(one(text, "night", SUMMER), ZoneInfo("Asia/Shanghai"))
    # The last night of spring runs to 08:30 of the first day of summer, whose own night begins at 18:00.
    assert working_time_between(night, instant("2026-05-31 17:00"), instant("2026-06-01 18:00")) == 15 * 3600


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("06-01 to 09-30", ((6, 1), (9, 30))),
        ("6-9", ((6, 1), (9, 30))),
        ("6月1日至9月30日", ((6, 1), (9, 30))),
        ("11-02", ((11, 1), (2, 29))),
        ("06-31 to 09-30", None),
        ("summer", None),
        ("13-14", None),
        ("", None),
    ],
)
def test_dates_of_a_season(text: str, dates: object) -> None:
    assert read_season(text) == dates


def test_the_season_of_a_day() -> None:
    settings = {"season": {"summer": "6-9", "winter": "12-15 to 02-14", "odd": "?"}}
    assert list(season_of(settings)) == ["summer", "winter"]
    days = [(5, 31), (6, 1), (9, 30), (10, 1), (12, 14), (12, 15), (2, 14), (2, 15)]
    assert [season_on(settings, date(2026, *day)) for day in days] == [
        None, "summer", "summer", None, None, "winter", "winter", None,
    ]  # fmt: skip
    assert season_on({}, date(2026, 7, 1)) is None


def test_weeks_as_they_are_written() -> None:
    made = one('calendars: {own: {weekly: {daily: "08:00-10:00", "sat, sun": "off", wed: "20:00-02:00"}}}')
    assert made.weekly == (((480, 600),),) * 2 + (((1200, 1560),),) + (((480, 600),),) * 2 + ((), ())
    over_the_weekend = one('calendars: {own: {weekly: {fri-mon: "09:00-10:00"}}}')
    assert [bool(day) for day in over_the_weekend.weekly] == [True, False, False, False, True, True, True]


def test_a_site_extends_what_its_packs_say() -> None:
    own = {"office": {"extends": "office", "off": {"2026-12-24": "公司年会"}}, "branch": {"extends": "office"}}
    made = calendars_of(library(FILE.read_text(encoding="utf-8")), own, {})
    assert not made["office"].is_working(date(2026, 12, 24))
    assert not made["office"].is_holiday(date(2026, 12, 24))  # merely off
    assert made["office"].is_holiday(date(2026, 10, 1))
    assert made["branch"].overrides == made["office"].overrides
    assert (made["branch"].name, made["branch"].label) == ("branch", made["office"].label)


def test_own_windows_of_a_day() -> None:
    made = one(
        """
        calendars: {own: {weekly: {mon-fri: "09:00-18:00"}, days: cn}}
        days: {cn: {years: 2026, own: {2026-02-16: "09:00-12:00, 13:00-14:00 除夕 内部通知"}}}
        """
    )
    eve = made.overrides[date(2026, 2, 16)]
    assert (eve.windows, eve.name, eve.notice) == (((540, 720), (780, 840)), "除夕", "内部通知")


def test_the_site_says_the_whole_of_a_year() -> None:
    pack = "days: {cn: {years: 2026, provisional: 2027, off: {2026-01-01: 元旦, 2027-01-01: 元旦, 2027-01-02: 元旦}}}"
    site = "days: {cn: {years: 2027, off: {2027-01-01: 元旦, 2027-01-03: 元旦}}}"
    week = '\ncalendars: {own: {weekly: {daily: "09:00-10:00"}, days: cn}}'
    before = calendars_of(library(pack + week), {}, {})["own"]
    assert (before.years, before.covers(date(2027, 1, 1)), before.is_holiday(date(2027, 1, 2))) == (
        (2026, 2026), False, True,
    )  # fmt: skip
    made = calendars_of(library(pack + week, site), {}, {})["own"]
    assert made.years == (2026, 2027)
    assert [f"{day:%m-%d}" for day in made.overrides] == ["01-01", "01-01", "01-03"]


def test_a_broken_calendar_is_left_out_and_the_one_before_it_stays() -> None:
    own = {"office": {"weekly": {"mon-fri": "9-18"}}, "mine": {"weekly": {}}, "loop": {"extends": "pool"},
           "pool": {"extends": "loop"}}  # fmt: skip
    made = calendars_of(library(FILE.read_text(encoding="utf-8")), own, {})
    assert made["office"].windows(date(2026, 11, 23)) == ((540, 720), (810, 1080))
    assert [name for name in ("mine", "loop", "pool", "nobody") if name in made] == []
    assert "mine" not in list(made)


WEEK = 'weekly: {mon-fri: "09:00-18:00"}'
BAD = {
    "no window": (
        "calendars: {own: {weekly: {}}}",
        [(1, "calendar.no-windows", 'The calendar "own" has no window at all: no limit would ever end (clocks 3).')],
    ),
    "all off": (
        "calendars: {own: {weekly: {daily: off}}}",
        [(1, "calendar.no-windows", 'The calendar "own" has no window at all: no limit would ever end (clocks 3).')],
    ),
    "overlap": (
        'calendars: {own: {weekly: {mon: "09:00-12:00, 11:00-13:00"}}}',
        [(1, "calendar.overlap", "Two windows of mon overlap: 09:00-12:00 and 11:00-13:00 (clocks 3).")],
    ),
    "overlap over midnight": (
        'calendars:\n  own:\n    weekly:\n      mon: "20:00-09:00"\n      tue: "08:30-12:00"\n',
        [(4, "calendar.overlap", "Two windows of mon overlap: 20:00-09:00 and tue 08:30-12:00 (clocks 3).")],
    ),
    "a night into its own morning": (
        'calendars: {own: {weekly: {daily: "08:00-10:00, 20:00-09:00"}}}',
        [(1, "calendar.overlap", "Two windows of daily overlap: 20:00-09:00 and 08:00-10:00 (clocks 3).")],
    ),
    "the end before the start": (
        'calendars: {own: {weekly: {mon: "12:00-09:00, 13:30-18:00"}}}',
        [(1, "calendar.backwards", 'The window "12:00-09:00" does not end after its start (clocks 3).')],
    ),
    "no length": (
        'calendars: {own: {weekly: {mon: "09:00-09:00"}}}',
        [(1, "calendar.backwards", 'The window "09:00-09:00" does not end after its start (clocks 3).')],
    ),
    "a long night": (
        'calendars: {own: {weekly: {mon: "12:00-09:00"}}}',
        [(1, "calendar.long-window",
          'The window "12:00-09:00" crosses midnight and is longer than 16 hours (clocks 3).')],
    ),
    "no hours": (
        "calendars: {own: {weekly: {mon: 9-12}}}",
        [(1, "calendar.bad-windows", 'These hours are not understood: "9-12" (clocks 3).')],
    ),
    "no weekday": (
        'calendars: {own: {weekly: {mon: "09:00-10:00", fry: "09:00-10:00"}}}',
        [(1, "calendar.unknown-day", '"fry" is no weekday. Did you mean "fri"?')],
    ),
    "a day twice": (
        'calendars: {own: {weekly: {mon-fri: "09:00-10:00", fri: "09:00-12:00"}}}',
        [(1, "calendar.day-twice", 'fri is written twice; "mon-fri" has it.')],
    ),
    "a season without a day": (
        f'calendars:\n  own:\n    {WEEK}\n    seasons:\n      summer: {{mon-thu: "08:00-12:00"}}\n',
        [(5, "calendar.season-gap",
          'The season "summer" of "own" says nothing of fri, worked otherwise (clocks 4).')],
    ),
    "an unknown season": (
        f"calendars: {{own: {{{WEEK}, seasons: {{sommer: {{daily: off}}}}}}}}",
        [(1, "calendar.unknown-season", 'There is no season "sommer" (clocks 4). Did you mean "summer"?')],
    ),
    "an unknown key": (
        f"calendars: {{own: {{{WEEK}, day: cn}}}}",
        [(1, "calendar.unknown-key", '"day" is no key here. Did you mean "days"?')],
    ),
    "an unknown list": (
        f"calendars: {{own: {{{WEEK}, days: cm}}}}\ndays: {{cn: {{years: 2026}}}}",
        [(1, "calendar.unknown-days",
          'The calendar "own" goes by a list of days "cm" that is not there.')],
    ),
    "an unknown base": (
        "calendars: {own: {extends: ofice}}",
        [(1, "calendar.unknown-base", 'The calendar "own" extends "ofice", which is not there.')],
    ),
    "itself": (
        "calendars: {own: {extends: own}}",
        [(1, "calendar.extends-itself", 'The calendar "own" extends itself.')],
    ),
    "no years": (
        "days:\n  cn:\n    off: {2026-01-01: 元旦}\n",
        [(2, "calendar.no-years", 'The list of days "cn" does not say which years it covers (clocks 3).')],
    ),
    "years backwards": (
        "days: {cn: {years: 2026-2024}}",
        [(1, "calendar.bad-years", 'These years are not understood: "2026-2024" (clocks 3).')],
    ),
    "a year twice": (
        "days: {cn: {years: 2024-2026, provisional: 2026}}",
        [(1, "calendar.year-twice", "2026 is written both as final and as provisional (clocks 3).")],
    ),
    "a year left out": (
        'days: {cn: {years: "2024, 2026"}}',
        [(1, "calendar.years-gap", 'The list of days "cn" lacks 2025 in between (clocks 3).')],
    ),
    "outside the years": (
        "days:\n  cn:\n    years: 2026\n    off:\n      2026-01-01: 元旦\n      2027-01-01: 元旦\n",
        [(6, "calendar.outside-years", "2027-01-01 is not in the years this list covers (clocks 3).")],
    ),
    "off and work": (
        "days: {cn: {years: 2026, off: {2026-01-01: 元旦}, work: {2026-01-01: 元旦}}}",
        [(1, "calendar.off-and-work", "2026-01-01 stands under off and under work (clocks 3).")],
    ),
    "no date": (
        "days: {cn: {years: 2026, off: {2026-02-30: 元旦, 1月1日: 元旦}}}",
        [(1, "calendar.bad-date", '"2026-02-30" is no date.'), (1, "calendar.bad-date", '"1月1日" is no date.')],
    ),
    "no notice": (
        "days: {cn: {years: 2026, off: {2026-01-01: }}}",
        [(1, "calendar.no-notice", "2026-01-01 has no name and no notice that ordered it (clocks 3).")],
    ),
    "a list for a mapping": (
        "calendars: {own: [mon]}",
        [(1, "calendar.shape", "Here stands entries with names (name: content).")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_named_with_its_line_and_its_rule(name: str) -> None:
    text, said = BAD[name]
    assert found(text) == said


def test_everything_is_told_at_once_and_in_chinese() -> None:
    text = 'calendars: {a: {weekly: {}}, b: {weekly: {mon: "9"}}}\ndays: {cn: {off: {x: y}}}\nmore: 1\n'
    assert [code for _, code, _ in found(text)] == [
        "calendar.unknown-key", "calendar.no-windows", "calendar.bad-windows", "calendar.no-years", "calendar.bad-date",
    ]  # fmt: skip
    assert "日历“a”里没有任何工作时间，时限永远走不完（clocks 3）" in [said for _, _, said in found(text, "zh")]


def own_issues(own: dict[str, object], settings: dict[str, object] = NO_SUMMER) -> list[tuple[str, str, str | None]]:
    shipped_library = library(FILE.read_text(encoding="utf-8"))
    issues = check_own(own, settings, shipped_library)
    assert {issue.path for issue in issues} <= {"logbook.yaml"}
    return [(issue.rule, Catalogue("en").issue(issue)[0], issue.field) for issue in issues]


def test_the_calendars_of_a_site_are_checked_alike() -> None:
    assert own_issues({"office": {"extends": "office", "off": {"2026-12-24": "公司年会"}}}, SUMMER) == []
    assert own_issues({"night": {"extends": "night", "seasons": {"summer": {"mon": "18:00-08:30"}}}}) == [
        ("calendar.season-gap",
         'The season "summer" of "night" says nothing of tue, wed, thu, fri, sat, sun, worked otherwise (clocks 4).',
         "calendars.night.seasons.summer"),
    ]  # fmt: skip
    assert [rule for rule, _, _ in own_issues({"mine": {"weekly": {"mon": "20:00-09:00, 08:00-11:00"}}})] == [
        "calendar.overlap"
    ]


@pytest.mark.parametrize(
    ("season", "rule", "said"),
    [
        ({"summer": "09-30 to 06-01"}, "calendar.season-backwards",
         'The season "summer" ends before it starts: "09-30 to 06-01" (clocks 4).'),
        ({"summer": "june"}, "calendar.bad-season",
         'The dates of the season "summer" are not understood: "june" (clocks 4).'),
        ({"summer": "6-9", "autumn": "09-15 to 11-30"}, "calendar.seasons-overlap",
         'The seasons "autumn" and "summer" both hold 09-15 (clocks 4).'),
    ],
)  # fmt: skip
def test_seasons_of_a_site(season: dict[str, str], rule: str, said: str) -> None:
    (issue,) = own_issues({}, {"season": season})
    assert issue[:2] == (rule, said)
    assert own_issues({}, {"season": {"winter": "11-15 to 03-15"}}) == []


def test_a_calendar_of_seasons_only_needs_seasons_that_fill_the_year() -> None:
    own = {"pool": {"seasons": {"summer": {"daily": "06:00-22:00"}, "winter": {"daily": "10:00-18:00"}}}}
    assert own_issues(own, {"season": {"summer": "5-9", "winter": "10-4"}}) == []
    assert own_issues(own, {"season": {"summer": "5-9", "winter": "11-3"}}) == [
        ("calendar.year-gap", 'The calendar "pool" has seasons only, and 04-01 lies in none (clocks 4).',
         "calendars.pool.seasons"),
    ]  # fmt: skip
