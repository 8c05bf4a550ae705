"""Posts and shifts: the day is parted without a gap, an entry has one shift, lateness is judged, faults are told."""

from __future__ import annotations

from datetime import date
from datetime import datetime
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from logbook.core.form import Library
from logbook.core.moments import from_epoch
from logbook.core.shiftfile import check_shifts
from logbook.core.shiftfile import clock_text
from logbook.core.shiftfile import posts_of
from logbook.core.shifts import SERVICE_CENTRE
from logbook.core.shifts import Posts
from logbook.core.shifts import Shift
from logbook.core.shifts import judge_arrival
from logbook.core.shifts import minutes_open
from logbook.core.shifts import next_shift
from logbook.core.shifts import shift_at
from logbook.core.shifts import shifts_on
from logbook.core.shifts import slots_on
from logbook.core.shifts import uncovered
from logbook.core.sources import Source
from logbook.core.text import Text
from logbook.locale.catalogue import Catalogue
from logbook.store import codec
from logbook.store.library import load

ZONE = ZoneInfo("Asia/Shanghai")
PRODUCT = Path(__file__).parents[2]
PATH = "templates/core/shifts.yaml"
SUMMER: dict[str, object] = {"season": {"summer": "06-01 to 09-30"}}
WINTER_DAY = date(2026, 11, 22).toordinal()
SUMMER_DAY = date(2026, 7, 1).toordinal()


@pytest.fixture(scope="module")
def library() -> Library:
    return load(PRODUCT)[0]


@pytest.fixture(scope="module")
def posts(library: Library) -> Posts:
    return posts_of(library, {})


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def seconds(text: str) -> int:
    return int(moment(text).timestamp())


def said(shift: Shift | None) -> tuple[str, str, str, str] | None:
    if shift is None:
        return None
    start, end = from_epoch(shift.start, ZONE), from_epoch(shift.end, ZONE)
    return shift.post, date.fromordinal(shift.day).isoformat(), f"{start:%m-%d %H:%M}", f"{end:%m-%d %H:%M}"


# -- the hours of the handbooks (domain examples s1-s10) ------------------------------------------


@pytest.mark.parametrize(
    ("post", "arrived", "start", "state", "late"),
    [
        ("noon_duty", "11:45", "12:00", "on_time", 0),  # s1
        ("noon_duty", "11:46", "12:00", "handover_late", 1),  # s2
        ("show_flat", "08:55", "09:00", "on_time", 0),  # s3
        ("show_flat", "08:58", "09:00", "handover_late", 3),  # s4
        ("noon_duty", "12:00", "12:00", "handover_late", 15),
        ("noon_duty", "12:01", "12:00", "late", 1),
        ("tower_laundry", "08:00", "08:00", "on_time", 0),  # nothing is said of coming early
        ("tower_laundry", "08:07", "08:00", "late", 7),
    ],
)
def test_arrival_is_judged_at_start_minus_lead(
    posts: Posts, post: str, arrived: str, start: str, state: str, late: int
) -> None:
    found = judge_arrival(seconds(f"2026-11-22 {start}"), seconds(f"2026-11-22 {arrived}"), posts[post].lead)
    assert (found.state, found.minutes) == (state, late)


def test_half_a_minute_late_is_a_minute_late() -> None:
    assert judge_arrival(1_000_000, 1_000_030, 0).minutes == 1


@pytest.mark.parametrize(
    ("season", "span"), [(None, (17 * 60 + 30, 24 * 60 + 510, 900)), ("summer", (18 * 60, 24 * 60 + 510, 870))]
)
def test_the_night_ends_the_next_morning(posts: Posts, season: str | None, span: tuple[int, int, int]) -> None:
    ((_, start, end),) = slots_on(posts["night_duty"], WINTER_DAY, season)  # s5, s6
    assert (start, end, end - start) == span


@pytest.mark.parametrize("season", [None, "summer"])
def test_the_desk_is_manned_round_the_clock(posts: Posts, season: str | None) -> None:
    slots = [
        (start, end)
        for post in posts.of_desk(SERVICE_CENTRE)
        for _, start, end in slots_on(post, WINTER_DAY, season)
    ]
    assert minutes_open(slots) == (1440, [])  # s7, s8


def test_seasons_wrongly_mixed_leave_half_an_hour() -> None:
    mixed = [(510, 720), (720, 810), (840, 1080), (1080, 1950)]  # s9
    minutes, gaps = minutes_open(mixed)
    assert (minutes, [(clock_text(low), clock_text(high)) for low, high in gaps]) == (1410, [("13:30", "14:00")])


def test_headcount_of_the_tower(posts: Posts) -> None:
    tower = [post.headcount for post in posts.values() if post.pack == "tower" and post.headcount]
    assert (sorted(tower), sum(tower)) == ([1, 1, 1, 3, 14], 20)  # s10


def test_every_post_of_the_domain_is_there_with_its_role(library: Library, posts: Posts) -> None:
    assert set(posts) == {
        "day_duty", "noon_duty", "night_duty", "front_desk_seat", "bar", "show_flat", "fee_window_first_month",
        "ebox_round", "mall_patrol", "mall_night", "parking", "return_visit_post", "tower_manager",
        "tower_supervisor", "tower_technician", "tower_laundry", "tower_cleaner", "lobby_manager",
    }  # fmt: skip
    assert [post.id for post in posts.values() if post.role not in library.roles] == []
    assert posts["night_duty"].stand_in == "guard"
    assert slots_on(posts["bar"], WINTER_DAY, None) == []  # its end is not stated


# -- which shift a moment belongs to --------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-22 08:29:59", ("night_duty", "2026-11-21", "11-21 17:30", "11-22 08:30")),
        ("2026-11-22 08:30:00", ("day_duty", "2026-11-22", "11-22 08:30", "11-22 12:00")),
        ("2026-11-22 12:00:00", ("noon_duty", "2026-11-22", "11-22 12:00", "11-22 13:30")),
        ("2026-11-22 13:30:00", ("day_duty", "2026-11-22", "11-22 13:30", "11-22 17:30")),
        ("2026-11-22 17:30:00", ("night_duty", "2026-11-22", "11-22 17:30", "11-23 08:30")),
        ("2026-11-23 00:00:00", ("night_duty", "2026-11-22", "11-22 17:30", "11-23 08:30")),
        ("2026-11-23 08:29:00", ("night_duty", "2026-11-22", "11-22 17:30", "11-23 08:30")),
    ],
)
def test_a_moment_has_one_shift(posts: Posts, at: str, expected: tuple[str, str, str, str]) -> None:
    assert said(shift_at(posts, moment(at), zone=ZONE)) == expected


def test_every_minute_of_two_days_lies_in_exactly_one_shift(posts: Posts) -> None:
    shifts = [one for day in range(WINTER_DAY - 1, WINTER_DAY + 3) for one in shifts_on(posts, day, zone=ZONE)]
    start = moment("2026-11-22 00:00")
    for minute in range(2 * 1440):
        at = start + timedelta(minutes=minute)
        holding = [one for one in shifts if one.start <= at.timestamp() < one.end]
        assert holding == [shift_at(posts, at, zone=ZONE)]


def test_summer_hours_only_where_the_site_has_dated_the_summer(library: Library, posts: Posts) -> None:
    at = moment("2026-07-01 17:45")
    assert said(shift_at(posts, at, zone=ZONE)) == ("night_duty", "2026-07-01", "07-01 17:30", "07-02 08:30")
    dated = posts_of(library, SUMMER)
    assert said(shift_at(dated, at, zone=ZONE)) == ("day_duty", "2026-07-01", "07-01 14:00", "07-01 18:00")
    assert said(shift_at(dated, moment("2026-11-22 17:45"), zone=ZONE)) == said(
        shift_at(posts, moment("2026-11-22 17:45"), zone=ZONE)
    )


def test_the_last_night_of_summer_and_the_first_day_after_leave_no_gap(library: Library) -> None:
    dated = posts_of(library, SUMMER)
    days = range(date(2026, 9, 29).toordinal(), date(2026, 10, 3).toordinal())
    shifts = [one for day in days for one in shifts_on(dated, day, zone=ZONE)]
    assert uncovered([(one.start, one.end) for one in shifts], shifts[0].start, shifts[-1].end) == []


def test_who_relieves_whom(posts: Posts) -> None:
    def after(at: str) -> tuple[str, str, str, str] | None:
        shift = shift_at(posts, moment(at), zone=ZONE)
        assert shift is not None
        return said(next_shift(posts, shift, zone=ZONE))

    assert after("2026-11-22 17:00") == ("night_duty", "2026-11-22", "11-22 17:30", "11-23 08:30")
    assert after("2026-11-22 20:00") == ("day_duty", "2026-11-23", "11-23 08:30", "11-23 12:00")


def test_a_site_sets_its_own_hours(library: Library) -> None:
    own: dict[str, object] = {
        "shifts": {
            "arrive_early_minutes": "10",
            "bar": {"slots": {"normal": [{"start": "09:00", "end": "21:00"}]}},
            "mall_patrol": {"slots": {"normal": [{"start": "21:30", "end": "06:00", "end_day": "1"}]}},
        }
    }
    posts = posts_of(library, own)
    assert slots_on(posts["bar"], WINTER_DAY, None) == [("bar", 540, 1260)]
    assert slots_on(posts["mall_patrol"], SUMMER_DAY, "summer") == [("mall_patrol", 1290, 1800)]
    assert (posts["noon_duty"].lead, posts["show_flat"].lead) == (10, 5)


# -- coverage -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("intervals", "gaps"),
    [
        ([(0, 10)], []),
        ([], [(0, 10)]),
        ([(2, 5), (4, 8)], [(0, 2), (8, 10)]),
        ([(8, 20), (-5, 3)], [(3, 8)]),
        ([(0, 4), (4, 10)], []),
        ([(0, 9), (1, 2)], [(9, 10)]),
        ([(12, 15)], [(0, 10)]),
    ],
)
def test_what_nobody_covers(intervals: list[tuple[int, int]], gaps: list[tuple[int, int]]) -> None:
    assert uncovered(intervals, 0, 10) == gaps


# -- faults in the file ---------------------------------------------------------------------------

BAD = """\
desks:
  centre:
    zh: 中心
    round_the_clock: true
    posts: [day, noon, nigth]
  whole:
    zh: 全天
    round_the_clock: true
    posts: [day, noon, late]
posts:
  day:
    zh: 白班
    role: guard
    slots:
      normal: [{start: '08:30', end: '12:00'}, {start: '14:00', end: '18:00'}]
      sumer: [{start: '08:30', end: '12:00'}]
  noon:
    zh: 中午
    slots:
      normal: [{start: '12:00', end: '13:30'}]
  late:
    zh: 夜班
    role: watchman
    slots:
      normal: [{start: '18:00', end: '08:30', end_day: 1}]
  wrong:
    slots:
      normal: [{start: '17:30', end: '08:30'}, {start: '25:00', end: '26:00'}, {end: '09:00'}]
      summer: [{start: '08:00', end: '12:00'}, {start: '11:00', end: '13:00'}, {start: '08:00', end: '09:00', end_day: 2}]
    lead_min: quarter
    colour: red
  night:
    zh: 夜
    log: night_book
    slots: 17:30-08:30
"""


def check(text: str) -> list[tuple[int | None, str, str | None]]:
    document, issues = codec.read_definition(text.encode(), path=PATH)
    assert document is not None
    assert issues == []
    library = Library(roles={"guard": Text("安护员", "Guard")})
    source = Source(PATH, document.plain, document.line)
    return [(issue.line, issue.rule, issue.field) for issue in check_shifts([source], library)]


def test_every_fault_is_told_with_its_line() -> None:
    found = check(BAD)
    assert sorted((line or 0, rule) for line, rule, _ in found) == [
        (5, "shift.unknown-post"),
        (6, "shift.gap"),
        (16, "shift.season"),
        (23, "form.unknown-role"),
        (26, "form.no-label"),
        (28, "shift.ends-before"),
        (28, "shift.time"),
        (28, "shift.time"),
        (28, "shift.time"),
        (29, "shift.end-day"),
        (29, "shift.overlap"),
        (30, "shift.number"),
        (31, "form.unknown-key"),
        (34, "form.unknown-form"),
        (35, "shift.shape"),
    ]


def test_the_gap_of_a_desk_names_its_minutes() -> None:
    document, _ = codec.read_definition(BAD.encode(), path=PATH)
    assert document is not None
    issues = check_shifts([Source(PATH, document.plain, document.line)], Library())
    gap = next(issue for issue in issues if issue.rule == "shift.gap")
    assert gap.args["gaps"] == ["13:30-14:00"]
    for lang in ("zh", "en"):
        told = Catalogue(lang).issue(gap)
        assert "13:30-14:00" in told[0]
        assert "002 值班制度 1" in told[1]


def test_two_posts_of_a_desk_at_once_are_told() -> None:
    doubled = BAD.replace("{start: '12:00', end: '13:30'}", "{start: '11:30', end: '14:00'}")
    assert [rule for line, rule, _ in check(doubled) if line in (6, 7, 8, 9)] == ["shift.doubled"]


def test_a_broken_post_is_left_out_and_the_others_stand() -> None:
    document, _ = codec.read_definition(BAD.encode(), path=PATH)
    assert document is not None
    library = Library(shared={"shifts": (Source(PATH, document.plain, document.line),)})
    found: Any = posts_of(library, {})
    assert slots_on(found["late"], WINTER_DAY, None) == [("late", 1080, 1950)]
    assert slots_on(found["wrong"], WINTER_DAY, None) == []


def test_an_empty_file_is_told() -> None:
    assert [issue.rule for issue in check_shifts([Source(PATH, None)], Library())] == ["form.empty"]


def test_the_shipped_files_are_without_fault(library: Library) -> None:
    assert check_shifts(library.shared["shifts"], library) == []
