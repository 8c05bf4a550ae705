"""What holds for every duty: intervals add up, a record fulfils one occurrence, nothing gets worse by work."""

from __future__ import annotations

from collections import Counter
from datetime import date

from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from logbook.core.duties import Daily
from logbook.core.duties import Duty
from logbook.core.duties import Earlier
from logbook.core.duties import Every
from logbook.core.duties import Monthly
from logbook.core.duties import OnHoliday
from logbook.core.duties import Weekly
from logbook.core.duties import Weeks
from logbook.core.duties import Yearly
from logbook.core.fulfilment import stand
from logbook.core.moments import DAY
from logbook.core.occurrences import Frame
from logbook.core.occurrences import Mark
from logbook.core.occurrences import Occurrence
from logbook.core.occurrences import expected
from logbook.core.text import Text
from logbook.core.value import replace
from tests.core.dutykit import frame
from tests.core.dutykit import instant

FRAME: Frame = frame()
YEAR = (instant("2026-01-01"), instant("2027-01-01"))
LABEL = Text("查房", "Round")

times = st.integers(1, 1440)
month_days = st.integers(0, 31)
daily = st.one_of(
    st.builds(Daily, times=st.integers(1, 4), days=st.sampled_from([(), (0, 1, 2, 3, 4), (6,)])),
    st.builds(Daily, at=times),
    st.builds(Daily, between=st.tuples(times, times).filter(lambda ends: ends[0] != ends[1])),
    st.builds(Daily, slots=st.just((("am", 720), ("pm", 1080), ("evening", 1320)))),
    st.builds(Every, seconds=st.sampled_from([3600, 5400, 14400]), between=st.sampled_from([None, (1320, 360), (540, 1080)])),
)  # fmt: skip
longer = st.one_of(
    st.builds(Weekly, weekday=st.integers(0, 6)),
    st.builds(Weekly, weekday=st.none(), times=st.integers(1, 3)),
    st.builds(Weeks, every=st.integers(1, 4), start=st.integers(739617, 739650)),
    st.builds(Monthly, day=month_days),
    st.builds(Monthly, on=month_days),
    st.builds(Monthly, between=st.tuples(st.integers(1, 5), st.integers(5, 31))),
    st.builds(Monthly, working_day=st.integers(1, 10)),
    st.builds(Monthly, times=st.integers(1, 3)),
    st.builds(Yearly, months=st.sampled_from([3, 6, 12])),
    st.builds(Yearly, months=st.sampled_from([3, 6, 12]), day=month_days, month=st.integers(1, 3)),
    st.builds(OnHoliday, name=st.just("any"), before=st.integers(0, 2), after=st.integers(1, 3)),
)
duties = st.one_of(
    st.builds(Duty, st.just("round"), st.just(LABEL), st.just("core"), st.just("check"), cadence=daily,
              off_day=st.sampled_from(["keep", "skip"])),
    st.builds(Duty, st.just("round"), st.just(LABEL), st.just("core"), st.just("check"), cadence=longer,
              off_day=st.sampled_from(["keep", "skip", "next", "prev"])),
)  # fmt: skip
instants = st.integers(YEAR[0], YEAR[1])


@st.composite
def weeks_of_marks(draw: st.DrawFn) -> tuple[int, int, list[Mark]]:
    """Some weeks, and records made in and around them."""
    start = draw(instants)
    end = start + draw(st.integers(1, 60)) * DAY
    at = draw(st.lists(st.integers(start - 5 * DAY, end + 5 * DAY), max_size=30))
    marks = [Mark(one, one + draw(st.sampled_from([0, 0, 0, 3600, DAY])), f"CK-{n}") for n, one in enumerate(at)]
    return start, end, marks


@settings(max_examples=120, deadline=None)
@given(duties, instants, instants, instants)
def test_neighbouring_intervals_add_up(duty: Duty, a: int, b: int, c: int) -> None:
    a, b, c = sorted((a, b, c))
    whole = expected(duty, FRAME, a, c)
    parts = expected(duty, FRAME, a, b) + expected(duty, FRAME, b, c)
    assert parts == whole
    assert all(a < one.due <= c and one.opens <= one.due <= one.closes for one in whole)
    keys = Counter((one.nominal, one.slot) for one in whole)
    assert not keys or max(keys.values()) == 1


@settings(max_examples=100, deadline=None)
@given(duties, weeks_of_marks())
def test_one_record_fulfils_at_most_one_occurrence(duty: Duty, made: tuple[int, int, list[Mark]]) -> None:
    start, end, marks = made
    found = expected(duty, FRAME, start, end)
    standings = stand(duty, found, marks, end + 400 * DAY)
    used = Counter(one.mark.record for one in standings if one.mark is not None)
    assert not used or max(used.values()) == 1
    assert [one.occurrence for one in standings] == found
    for one in standings:
        assert (one.mark is not None) == (one.state in ("done", "late"))
        if one.mark is not None:
            assert one.occurrence.opens <= one.mark.at <= one.occurrence.closes


ORDER = {"upcoming": {"upcoming", "due", "missed", "done", "late"}, "due": {"due", "missed", "done", "late"},
         "missed": {"missed", "late"}, "done": {"done"}, "late": {"late"}}  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(duties, weeks_of_marks(), instants, instants)
def test_states_only_move_on(duty: Duty, made: tuple[int, int, list[Mark]], first: int, second: int) -> None:
    start, end, marks = made
    first, second = sorted((first, second))
    found = expected(duty, FRAME, start, end)
    before, after = stand(duty, found, marks, first), stand(duty, found, marks, second)
    for one, other in zip(before, after, strict=True):
        assert other.state in ORDER[one.state]
        assert one.mark is None or one.mark == other.mark


@settings(max_examples=120, deadline=None)
@given(duties, weeks_of_marks(), instants)
def test_a_record_more_never_makes_more_missed(duty: Duty, made: tuple[int, int, list[Mark]], at: int) -> None:
    start, end, marks = made
    found = expected(duty, FRAME, start, end)
    now = end + 400 * DAY

    def missed(given: list[Mark]) -> int:
        return sum(one.state == "missed" for one in stand(duty, found, given, now))

    assert missed([*marks, Mark(at, at, "CK-more")]) in (missed(marks), missed(marks) - 1)


# -- the same by walking days


def naive(duty: Duty, start: int, end: int) -> list[Occurrence]:
    """What a person with a wall calendar would write down."""
    cadence = duty.cadence
    days = FRAME.days
    hours = FRAME.hours("office")
    assert hours is not None
    found = []
    for day in range(days.of(start) - 1, days.of(end) + 2):
        on = date.fromordinal(day)
        off = duty.off_day == "skip" and not hours.is_working(day)
        if isinstance(cadence, Daily):
            if off or (cadence.days and on.weekday() not in cadence.days):
                continue
            due = days.begin(day) + (cadence.at if cadence.at is not None else 1440) * 60
            for number in range(cadence.times):
                name = "" if cadence.times == 1 else str(number + 1)
                found.append(Occurrence(day, name, days.begin(day), due, days.begin(day + 1)))
        elif isinstance(cadence, Weekly) and on.weekday() == cadence.weekday:
            if not off:
                due = days.begin(day + 1)
                found.append(Occurrence(day, "", days.begin(day - 6), due, due + 84 * 3600))
        elif isinstance(cadence, Monthly) and cadence.day is not None:
            tomorrow = date.fromordinal(day + 1)
            wanted = on.day == cadence.day or (tomorrow.day == 1 and (cadence.day == 0 or cadence.day > on.day))
            if wanted and not off:
                before = day - 1
                while True:  # the last time it fell due
                    that, following = date.fromordinal(before), date.fromordinal(before + 1)
                    if that.day == cadence.day or (following.day == 1 and (cadence.day == 0 or cadence.day > that.day)):
                        break
                    before -= 1
                length = on.day
                while date.fromordinal(day - on.day + length + 1).month == on.month:
                    length += 1
                due = days.begin(day + 1)
                found.append(Occurrence(day, "", days.begin(before + 1), due, due + length * 43200))
    return [one for one in found if start < one.due <= end]


simple = st.one_of(
    st.builds(Daily, times=st.integers(1, 3), days=st.sampled_from([(), (0, 2, 4), (5, 6)])),
    st.builds(Daily, at=times),
    st.builds(Weekly, weekday=st.integers(0, 6)),
    st.builds(Monthly, day=month_days),
)


@settings(max_examples=80, deadline=None)
@given(simple, st.sampled_from(["keep", "skip"]), instants, st.integers(1, 200))
def test_walking_the_days_finds_the_same(cadence: Daily | Weekly | Monthly, off_day: str, start: int, length: int) -> None:
    duty = Duty("round", LABEL, "core", "check", cadence=cadence, off_day=off_day)
    end = start + length * DAY
    assert expected(duty, FRAME, start, end) == naive(duty, start, end)


# -- a changed rule


@settings(max_examples=80, deadline=None)
@given(duties, duties, st.integers(YEAR[0] // DAY, YEAR[1] // DAY), instants, instants)
def test_each_rule_holds_for_its_own_days(old: Duty, new: Duty, change: int, a: int, b: int) -> None:
    a, b = sorted((a, b))
    day = date(1970, 1, 1).toordinal() + change
    assert old.cadence is not None
    both = replace(new, effective=day, earlier=(Earlier(old.cadence, None, old.off_day),))
    found = expected(both, FRAME, a, b)
    alone = [
        *(one for one in expected(old, FRAME, a, b) if one.nominal < day),
        *(one for one in expected(new, FRAME, a, b) if one.nominal >= day),
    ]
    assert sorted(found) == sorted(alone)
    assert [one.due for one in found] == sorted(one.due for one in found)
    assert len({(one.nominal, one.slot) for one in found}) == len(found)
