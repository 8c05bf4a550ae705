"""Rosters, signing on and off, who is on duty, minutes nobody holds, the book of one shift."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from logbook.core.errors import Refused
from logbook.core.moments import from_epoch
from logbook.operations import shifts
from tests.operations.desk import ZONE
from tests.operations.desk import Desk
from tests.operations.desk import codes
from tests.operations.desk import furnish
from tests.operations.desk import make_book
from tests.operations.desk import moment
from tests.operations.desk import refused

EVE = "2026-11-20 10:00"
FIRST, LAST = date(2026, 11, 21), date(2026, 11, 23)
TURNS = ("day=lina", "noon=zhao2", "night=sun,ma")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A book with a published roster for three days; 赵二 for the noon, 孙 and 马 take the nights in turn."""
    desk = furnish(make_book(tmp_path_factory.mktemp("book") / "book"))
    desk.add("staff", "id=zhao2", "name=赵二", "roles=cs_officer", by="boss", now=EVE)
    desk.add("staff", "id=ma", "name=马涛", "roles=repair_worker,night_duty", by="boss", now=EVE)
    shifts.make_roster(desk.session(EVE), FIRST, LAST, TURNS, by="zhao", publish=True)
    return desk


@pytest.fixture
def desk(template: Desk, tmp_path: Path) -> Desk:
    return template.copy(tmp_path / "book")


def manning(desk: Desk, first: str, last: str, now: str) -> shifts.Manning:
    return shifts.manning(desk.session(now), int(moment(first).timestamp()), int(moment(last).timestamp()))


def spans(gaps: tuple[tuple[int, int], ...]) -> list[str]:
    return [f"{from_epoch(low, ZONE):%m-%d %H:%M}-{from_epoch(high, ZONE):%m-%d %H:%M}" for low, high in gaps]


# -- rosters --------------------------------------------------------------------------------------


def test_a_roster_is_made_from_the_shifts(template: Desk) -> None:
    loaded = template.load("RS-20261120-A001")
    lines = loaded.state.fields["lines"]
    assert isinstance(lines, list)
    assert (len(lines), loaded.state.status) == (12, "published")
    assert lines[3] == {
        "date": "2026-11-21",
        "shift": "night",
        "start": "2026-11-21T17:30:00+08:00",
        "end": "2026-11-22T08:30:00+08:00",
        "person": "sun",
        "role": "night_duty",
    }
    assert [row["person"] for row in lines if isinstance(row, dict) and row["shift"] == "night"] == ["sun", "ma", "sun"]
    assert template.clean


def test_summer_lines_only_where_the_summer_is_dated(tmp_path: Path) -> None:
    for name, settings, end in (
        ("undated", {}, "13:30"),
        ("dated", {"season": {"summer": "06-01 to 09-30"}}, "14:00"),
    ):
        desk = make_book(tmp_path / name, settings=settings)
        written = shifts.make_roster(
            desk.session(EVE), date(2026, 7, 1), date(2026, 7, 1), ["day=lina", "noon=zhou", "night=sun"], by="zhao"
        )
        lines = written.state.fields["lines"]
        assert isinstance(lines, list)
        noon = next(row for row in lines if isinstance(row, dict) and row["shift"] == "noon")
        assert str(noon["end"])[11:16] == end
        assert written.state.fields["season"] == ("summer" if end == "14:00" else "normal")


@pytest.mark.parametrize(
    ("words", "rules"),
    [
        ([], ["shift.no-lines"]),
        (["evening=lina", "noon", "day="], ["shift.bad-line"] * 3),
        (["day=nobody"], ["field.unknown-staff"]),
    ],
)
def test_a_roster_nobody_can_read_is_refused(desk: Desk, words: list[str], rules: list[str]) -> None:
    before = desk.head
    with pytest.raises(Refused) as caught:
        shifts.make_roster(desk.session(EVE), date(2026, 12, 1), date(2026, 12, 1), words, by="zhao")
    assert [rule for rule, _ in refused(caught)][: len(rules)] == rules
    assert desk.head == before


def forbidden(caught: pytest.ExceptionInfo[Refused]) -> list[str]:
    """The rules a refusal names, without what is only worth a warning."""
    return [issue.rule for issue in caught.value.issues if issue.is_error]


def test_a_roster_with_a_gap_is_not_published(desk: Desk) -> None:
    day = date(2026, 12, 1)
    written = shifts.make_roster(desk.session(EVE), day, day, ["day=lina", "night=sun"], by="zhao")
    with pytest.raises(Refused) as caught:
        desk.step(written.record.id, "publish", by="zhao", now=EVE)
    assert set(forbidden(caught)) == {"roster.no_gap", "roster.noon"}


def test_a_roster_is_made_and_published_in_one_operation_or_not_at_all(desk: Desk) -> None:
    before, day = desk.head, date(2026, 12, 1)
    with pytest.raises(Refused):
        shifts.make_roster(desk.session(EVE), day, day, ["day=lina", "night=sun"], by="zhao", publish=True)
    assert (desk.head, desk.list("roster", "from_date:2026-12-01")) == (before, [])
    written = shifts.make_roster(desk.session(EVE), day, day, TURNS, by="zhao", publish=True)
    assert ([event.step for event in written.record.events], desk.clean) == (["draft", "publish"], True)


def test_only_a_night_worker_holds_the_night_and_an_officer_the_noon(desk: Desk) -> None:
    day = date(2026, 12, 1)
    written = shifts.make_roster(desk.session(EVE), day, day, ["day=zhao2", "noon=liu", "night=lina"], by="zhao")
    with pytest.raises(Refused) as caught:
        desk.step(written.record.id, "publish", by="zhao", now=EVE)
    assert set(forbidden(caught)) == {"roster.noon", "roster.night"}


def test_nobody_is_at_two_places(desk: Desk) -> None:
    day = date(2026, 12, 1)
    shifts.make_roster(desk.session(EVE), day, day, ["day=lina", "noon=zhao2", "night=sun"], by="zhao")
    with pytest.raises(Refused) as caught:
        desk.step(
            "RS-20261120-A002", "publish",
            "lines+={date: 2026-12-01, shift: other, start: '2026-12-01 17:00', end: '2026-12-01 18:00', person: lina}",
            by="zhao", now=EVE,
        )  # fmt: skip
    assert "roster.one_place" in [rule for rule, _ in refused(caught)]
    with pytest.raises(Refused) as caught:
        shifts.make_roster(desk.session(EVE), LAST, LAST, TURNS, by="zhao", publish=True)
    assert ("roster.one_place_else", None) in refused(caught)


def test_a_gap_to_the_roster_before_is_refused(desk: Desk) -> None:
    # 11-24 begins with the night of the 23rd, which the roster before holds: no gap.
    shifts.make_roster(desk.session(EVE), date(2026, 11, 24), date(2026, 11, 24), TURNS, by="zhao", publish=True)
    day = date(2026, 11, 25)
    written = shifts.make_roster(desk.session(EVE), day, day, TURNS, by="zhao")
    desk.amend(written.record.id, "lines.1.start=2026-11-25 09:00", by="zhao", now=EVE)
    with pytest.raises(Refused) as caught:
        desk.step(written.record.id, "publish", by="zhao", now=EVE)
    assert forbidden(caught) == ["roster.joined"]


def test_a_guard_stands_in_at_night_only(desk: Desk) -> None:
    desk.step(
        "RS-20261120-A001", "cover", "covers+={from_at: '2026-11-21 22:45', to_at: '2026-11-21 23:40', cover: liu}",
        by="sun", now="2026-11-21 22:40",
    )  # fmt: skip
    with pytest.raises(Refused) as caught:
        desk.step(
            "RS-20261120-A001", "cover", "covers+={from_at: '2026-11-22 10:00', to_at: '2026-11-22 10:30', cover: liu}",
            by="zhao", now="2026-11-22 09:00",
        )  # fmt: skip
    assert [rule for rule, _ in refused(caught)] == ["roster.guard_cover"]


def test_leave_needs_a_cover_on_the_roster(desk: Desk) -> None:
    asked = desk.add(
        "leave", "kind=sick", "from_at=2026-11-22 08:00", "to_at=2026-11-22 18:00", "reason=感冒", by="lina", now=EVE
    )
    with pytest.raises(Refused) as caught:
        desk.step(asked.record.id, "approve", "cover=zhao2", by="lina", now=EVE)
    assert ("step.role", "by") in refused(caught)
    told = desk.step(asked.record.id, "approve", "cover=zhao2", by="zhao", now=EVE)
    assert codes(told.warnings) == ["leave.cover_free_roster"]  # 赵二 has the noon that day
    issues = shifts.check_roster(desk.session(EVE), FIRST, LAST)
    leaves = [issue for issue in issues if issue.rule == "shift.on-leave"]
    assert [(issue.args["person"], issue.args["leave"]) for issue in leaves] == [("lina", asked.record.id)] * 2


def test_leave_ends_on_time_or_is_overdue(desk: Desk) -> None:
    asked = desk.add(
        "leave", "from_at=2026-11-21 08:00", "to_at=2026-11-21 18:00", "reason=家事", by="liu",
        now=EVE,
    )  # fmt: skip
    desk.step(asked.record.id, "approve", "cover=chen", by="wang", now=EVE)
    assert desk.overdue("leave", now="2026-11-21 18:00") == []
    assert desk.overdue("leave", now="2026-11-21 18:01") == [(asked.record.id, "back_in_time", 60)]
    with pytest.raises(Refused):
        desk.step(asked.record.id, "return", by="liu", now="2026-11-21 18:02")
    desk.step(asked.record.id, "return", "late_why=堵车", by="liu", approved_by="zhao", now="2026-11-21 18:02")
    assert desk.overdue("leave", now="2026-11-21 19:00") == []


# -- coverage -------------------------------------------------------------------------------------


def test_the_plan_covers_its_days_and_nothing_else(desk: Desk) -> None:
    whole = manning(desk, "2026-11-21 00:00", "2026-11-25 00:00", EVE)
    assert spans(whole.planned_gaps) == ["11-21 00:00-11-21 08:30", "11-24 08:30-11-25 00:00"]
    assert whole.actual_gaps == ()  # nothing has happened yet


def test_a_draft_covers_nothing(desk: Desk) -> None:
    day = date(2026, 11, 24)
    shifts.make_roster(desk.session(EVE), day, day, TURNS, by="zhao")
    assert spans(manning(desk, "2026-11-24 00:00", "2026-11-25 00:00", EVE).planned_gaps) == ["11-24 08:30-11-25 00:00"]


def test_summer_and_normal_hours_mixed_leave_half_an_hour(desk: Desk) -> None:
    """Domain example s9: noon ends 13:30, the afternoon begins 14:00."""
    line = "{{date: 2026-12-01, shift: {}, start: '2026-12-01 {}', end: '2026-12-0{} {}', person: {}}}"
    desk.add(
        "roster", "from_date=2026-12-01", "to_date=2026-12-01", "lines=["
        + ", ".join((
            line.format("day", "08:30", 1, "12:00", "lina"), line.format("noon", "12:00", 1, "13:30", "zhao2"),
            line.format("day", "14:00", 1, "18:00", "lina"), line.format("night", "18:00", 2, "08:30", "sun"),
        )) + "]", by="zhao", now=EVE,
    )  # fmt: skip
    with pytest.raises(Refused) as caught:
        desk.step("RS-20261120-A002", "publish", by="zhao", now=EVE)
    assert refused(caught)[0][0] == "roster.no_gap"
    fill = "{from_at: '2026-12-01 13:30', to_at: '2026-12-01 14:00', cover: zhao2, reason: 换季}"
    desk.step("RS-20261120-A002", "publish", f"covers+={fill}", by="zhao", now=EVE)
    whole = manning(desk, "2026-12-01 08:30", "2026-12-02 08:30", EVE)
    assert whole.planned_gaps == ()
    wrong = shifts.check_roster(desk.session(EVE), date(2026, 12, 1), date(2026, 12, 1))
    # The afternoon and the night do not keep the hours of the season they are in.
    assert [(issue.rule, issue.severity) for issue in wrong] == [
        ("shift.uncovered", "error"), ("shift.off-season", "warning"),
    ]  # fmt: skip


def test_who_was_there_is_told_from_the_logs(desk: Desk) -> None:
    shifts.sign_on(desk.session("2026-11-21 08:20"), by="lina")
    desk.step("DL-20261121-A001", "close", "nothing=true", by="lina", now="2026-11-21 11:50")
    shifts.sign_on(desk.session("2026-11-21 12:05"), by="zhao2")
    whole = manning(desk, "2026-11-21 08:30", "2026-11-21 17:30", "2026-11-21 12:30")
    assert whole.planned_gaps == ()
    assert spans(whole.actual_gaps) == ["11-21 11:50-11-21 12:05"]
    assert [(one.person, one.arrival, one.late_by) for one in whole.attended] == [
        ("lina", "handover_late", 5),
        ("zhao2", "late", 5),
    ]


def test_who_is_on_duty(desk: Desk) -> None:
    def on(role: str, at: str) -> list[str]:
        return shifts.on_duty(desk.session(EVE), role, moment(at))

    assert on("cs_officer", "2026-11-21 09:00") == ["lina"]
    assert on("cs_officer", "2026-11-21 12:00") == ["zhao2"]
    assert on("night_duty", "2026-11-21 17:30") == ["sun"]
    assert on("night_duty", "2026-11-22 08:29") == ["sun"]
    assert on("night_duty", "2026-11-22 23:00") == ["ma"]
    assert on("director", "2026-11-21 09:00") == ["wang"]  # on no roster: whoever has the role
    assert on("cs_officer", "2026-12-24 09:00") == ["lina", "zhao2"]  # 周杰 has left
    desk.step(
        "RS-20261120-A001", "cover",
        "covers+={from_at: '2026-11-21 09:00', to_at: '2026-11-21 10:00', away: lina, cover: zhao2, reason: 开会}",
        by="zhao", now=EVE,
    )  # fmt: skip
    assert on("cs_officer", "2026-11-21 09:30") == ["zhao2"]
    assert on("cs_officer", "2026-11-21 10:00") == ["lina"]


# -- signing on and off ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "by", "shift", "arrival"),
    [
        ("2026-11-21 08:15", "lina", "day_duty", ("on_time", 0)),
        ("2026-11-21 08:16", "lina", "day_duty", ("handover_late", 1)),
        ("2026-11-21 11:45", "zhao2", "noon_duty", ("on_time", 0)),
        ("2026-11-21 17:15", "sun", "night_duty", ("on_time", 0)),
        ("2026-11-21 17:41", "sun", "night_duty", ("late", 11)),
    ],
)
def test_signing_on_is_opening_the_log_of_the_shift(
    desk: Desk, at: str, by: str, shift: str, arrival: tuple[str, int]
) -> None:
    signed = shifts.sign_on(desk.session(at), by=by)
    fields = signed.written.state.fields
    assert (signed.shift.post, (signed.arrival.state, signed.arrival.minutes)) == (shift, arrival)
    assert (fields["arrival"], fields["late_by"]) == (arrival[0], str(arrival[1]))
    assert signed.written.form.name == ("night_log" if shift == "night_duty" else "duty_log")
    assert (fields["date"], codes(signed.written.warnings)) == ("2026-11-21", [])


def test_after_midnight_the_night_still_has_yesterdays_date(desk: Desk) -> None:
    signed = shifts.sign_on(desk.session("2026-11-22 01:00"), by="sun")
    assert (signed.written.state.fields["date"], signed.arrival.minutes) == ("2026-11-21", 450)


def test_who_is_not_on_the_roster_is_warned(desk: Desk) -> None:
    signed = shifts.sign_on(desk.session("2026-11-21 17:15"), by="ma")
    assert (signed.shift.post, codes(signed.written.warnings)) == ("night_duty", ["night_log.on_roster"])


def test_nobody_signs_on_twice_or_off_without(desk: Desk) -> None:
    with pytest.raises(Refused) as caught:
        shifts.sign_off(desk.session("2026-11-21 08:00"), by="lina")
    assert refused(caught) == [("shift.not-open", "by")]
    shifts.sign_on(desk.session("2026-11-21 08:15"), by="lina")
    with pytest.raises(Refused) as caught:
        shifts.sign_on(desk.session("2026-11-21 08:20"), by="lina")
    assert refused(caught) == [("shift.open-already", "by")]


def test_nobody_leaves_before_he_is_relieved(desk: Desk) -> None:
    shifts.sign_on(desk.session("2026-11-21 08:15"), by="lina")
    with pytest.raises(Refused) as caught:
        shifts.sign_off(desk.session("2026-11-21 17:30"), by="lina")
    assert refused(caught) == [("shift.not-relieved", "reason")]
    left = shifts.sign_off(desk.session("2026-11-21 17:30"), by="lina", reason="急诊，主管顶岗")
    assert (left.state.status, left.state.fields["nothing"]) == ("closed", "true")
    assert left.record.events[-1].reason == "急诊，主管顶岗"


def test_nobody_signs_on_for_a_post_that_is_not_his(desk: Desk) -> None:
    with pytest.raises(Refused) as caught:
        shifts.sign_on(desk.session("2026-11-21 08:15"), by="chen")
    assert refused(caught) == [("shift.no-shift", "at")]
    with pytest.raises(Refused) as caught:
        shifts.sign_on(desk.session("2026-11-21 08:15"), by="lina", post="kitchen")
    assert refused(caught) == [("shift.no-post", "post")]


# -- the book of a shift --------------------------------------------------------------------------


def test_each_record_stands_in_the_book_of_one_shift(desk: Desk) -> None:
    for at in ("2026-11-21 08:29", "2026-11-21 08:30", "2026-11-21 12:00", "2026-11-21 17:30", "2026-11-22 08:29"):
        desk.add("repair", "room=3-502", "content=灯", now=at)
    session = desk.session("2026-11-22 09:00")
    books = [shifts.book_of(session, one) for one in shifts.shift_on(session, FIRST, None)]
    assert [(book.shift.post, [entry.row.id for entry in book.entries]) for book in books] == [
        ("day_duty", ["RP-20261121-A002"]),
        ("noon_duty", ["RP-20261121-A003"]),
        ("day_duty", []),
        ("night_duty", ["RP-20261121-A004", "RP-20261122-A001"]),
    ]


def test_the_running_shift_and_that_of_a_post(desk: Desk) -> None:
    session = desk.session("2026-11-22 02:00")
    assert [one.post for one in shifts.shift_on(session, None, None)] == ["night_duty"]
    assert [one.post for one in shifts.shift_on(session, FIRST, "中午值班")] == ["noon_duty"]
    (last,) = shifts.shift_on(session, None, "noon")
    assert date.fromordinal(last.day) == date(2026, 11, 21)
