from __future__ import annotations

import pytest

from logbook.core.budgets import Change
from logbook.core.budgets import Frame
from logbook.core.budgets import parse_within
from logbook.core.budgets import replay
from logbook.core.calendars import SHIPPED
from logbook.core.calendars import Hours
from logbook.core.clocks import clocks_of
from logbook.core.clocks import sleeping
from logbook.core.clockstates import moment_of
from logbook.core.form import Form
from logbook.core.lifecycle import state_of
from logbook.core.moments import days_in
from logbook.core.record import Amendment
from logbook.core.record import Event
from logbook.core.record import Record
from logbook.core.value import replace
from tests.core.clocked import SHANGHAI
from tests.core.clocked import clocks
from tests.core.clocked import form
from tests.core.clocked import moment
from tests.core.clocked import record
from tests.core.clocked import said
from tests.core.clocked import short
from tests.core.office import office_2026

COMPLAINT = form("""
    form: complaint
    version: 1
    prefix: CP
    title: {zh: 投诉, en: Complaint}
    fields:
      received_at: {zh: 投诉时间, en: Received, type: datetime, is: at}
      level: {zh: 等级, en: Level, type: choice, choices: {major: 重大, important: 重要, minor: 轻微}}
      demanded_by: {zh: 住户要求期限, en: Wanted by, type: datetime}
      handled_at: {zh: 处理完毕, en: Handled, type: datetime, is: handle.at}
    states: {registered: 已登记, forwarded: 已转呈, handled: 处理完毕, told: 已通报, closed: 已归档}
    final: [closed]
    steps:
      register: {zh: 登记, en: Register, to: registered}
      forward: {zh: 转呈, en: Forward, from: registered, to: forwarded}
      handle: {zh: 处理, en: Handle, from: [registered, forwarded], to: handled}
      tell: {zh: 通报, en: Tell, from: handled, to: told}
      close: {zh: 归档, en: Close, from: [registered, told], to: closed}
      reopen: {zh: 重新处理, en: Reopen, from: [told, closed], to: registered}
    clocks:
      forward:
        when: 'level is one of major, important'
        starts: at
        stops: forward
        within: {level: {major: same day, important: 1 hour}}
        to: director
      resolve:
        starts: [at, reopen]
        stops: handled_at
        within: {level: {major: 10 days, important: 3 days, minor: 2 days or demanded_by}}
        to: director
      tell:
        starts: handle
        stops: tell
        within: same day
        to: cs_supervisor
""")


def complaint(level: str | None, *events: Event, at: str = "11-22 09:35", **fields: str) -> Record:
    return Record(
        "CP-20261122-A001", "complaint", 1, "registered", text(at), "lina",
        {"level": level, **fields} if level else fields, (event("register", at), *events),
    )  # fmt: skip


def text(at: str) -> str:
    return f"2026-{at.replace(' ', 'T')}:00+08:00"


def event(
    step: str,
    at: str,
    *,
    recorded: str | None = None,
    by: str = "lina",
    approved_by: str | None = None,
    reason: str | None = None,
    source: str | None = None,
    **set: object,
) -> Event:
    return Event(
        text(at),
        by,
        step,
        None if recorded is None else text(recorded),
        reason,
        approved_by,
        source,
        set,  # type: ignore[arg-type]
    )


def named(name: str, form: Form, record: Record, **more: object) -> list[str]:
    return [line for line in said(clocks(form, record, **more)) if line.startswith(name)]  # type: ignore[arg-type]


# -- starts, stops, verdicts -----------------------------------------------------------------------


def test_a_complaint_told_in_time() -> None:
    kept = complaint(
        "important",
        event("forward", "11-22 10:00"),
        event("handle", "11-24 10:00"),
        event("tell", "11-25 09:00"),
    )
    assert said(clocks(COMPLAINT, kept)) == [
        "forward 1: 11-22 09:35 > 11-22 10:35, 11-22 10:00 met",
        "resolve 1: 11-22 09:35 > 11-26 00:00, 11-24 10:00 met",
        "tell 1: 11-24 10:00 > 11-25 00:00, 11-25 09:00 breached",
    ]
    assert [one.to for one in clocks(COMPLAINT, kept)] == ["director", "director", "cs_supervisor"]


def test_a_clock_without_its_condition_does_not_exist() -> None:
    assert named("forward", COMPLAINT, complaint("minor")) == []


def test_on_time_is_until_due_and_overdue_strictly_after() -> None:
    (running,) = clocks(COMPLAINT, complaint("minor"))
    assert running.due is not None
    assert [running.status(running.due + late) for late in (-1, 0, 1)] == ["running", "running", "overdue"]
    assert [running.overdue_seconds(running.due + late) for late in (-1, 0, 61)] == [0, 0, 61]
    assert running.status(moment("11-22 09:34")) == "waiting"
    assert moment_of(running.due, SHANGHAI) == moment("11-25 00:00")
    assert named("resolve", COMPLAINT, complaint("minor", event("handle", "11-25 00:00"))) == [
        "resolve 1: 11-22 09:35 > 11-25 00:00, 11-25 00:00 met"
    ]
    late = complaint("minor", event("handle", "11-25 00:01"))
    assert named("resolve", COMPLAINT, late) == ["resolve 1: 11-22 09:35 > 11-25 00:00, 11-25 00:01 breached"]
    assert clocks(COMPLAINT, late)[0].overdue_seconds(moment("12-01 00:00")) == 60


def test_a_stop_that_has_not_happened_yet_at_now_is_still_running() -> None:
    one = clocks(COMPLAINT, complaint("minor", event("handle", "11-26 10:00")))[0]
    assert one.settled == one.started
    assert [one.status(moment(at)) for at in ("11-24 10:00", "11-25 10:00", "11-26 10:00")] == [
        "running", "overdue", "breached",
    ]  # fmt: skip
    assert not one.running(moment("11-26 10:00"))


def test_reopening_starts_a_second_cycle_and_the_first_verdict_stands() -> None:
    reopened = complaint(
        "minor", event("handle", "11-24 16:00"), event("tell", "11-24 17:00"), event("reopen", "11-26 10:00"),
        event("handle", "11-29 10:00"),
    )  # fmt: skip
    assert named("resolve", COMPLAINT, reopened) == [
        "resolve 1: 11-22 09:35 > 11-25 00:00, 11-24 16:00 met",
        "resolve 2: 11-26 10:00 > 11-29 00:00, 11-29 10:00 breached",
    ]
    assert [line[:6] for line in named("tell", COMPLAINT, reopened)] == ["tell 1", "tell 2"]


def test_reopening_while_it_runs_resets_nothing() -> None:
    assert named("resolve", COMPLAINT, complaint("minor", event("reopen", "11-24 16:00"))) == [
        "resolve 1: 11-22 09:35 > 11-25 00:00, - running"
    ]


def test_a_final_state_stops_what_still_runs_and_voiding_cancels_it() -> None:
    assert said(clocks(COMPLAINT, complaint("major", event("close", "11-23 10:00")))) == [
        "forward 1: 11-22 09:35 > 11-23 00:00, 11-23 10:00 breached",
        "resolve 1: 11-22 09:35 > 12-03 00:00, 11-23 10:00 met",
    ]
    void = complaint("important", event("forward", "11-22 11:00"), event("void", "11-27 10:00"))
    assert said(clocks(COMPLAINT, void)) == [
        "forward 1: 11-22 09:35 > 11-22 10:35, 11-22 11:00 breached",
        "resolve 1: 11-22 09:35 > 11-26 00:00, 11-27 10:00 cancelled",
    ]
    assert clocks(COMPLAINT, void)[1].status(moment("11-26 10:00")) == "overdue"


# -- what is written down late ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("level", "happened", "recorded", "state"),
    [
        ("important", "11-22 10:30", "11-22 10:45", "met"),  # 15 minutes: a quarter of the hour, still counts
        ("important", "11-22 10:30", "11-22 10:46", "breached"),
        ("major", "11-22 22:00", "11-23 00:00", "met"),  # 2 hours
        ("major", "11-22 22:00", "11-23 00:01", "breached"),
        ("major", "11-22 10:00", "11-22 20:00", "met"),  # late, and yet in time
    ],
)
def test_a_stop_written_down_late_counts_from_then(
    level: str, happened: str, recorded: str, state: str
) -> None:
    one = clocks(COMPLAINT, complaint(level, event("forward", happened, recorded=recorded)))[0]
    assert (one.clock, one.state, short(one.stopped)) == ("forward", state, happened)


def test_a_start_written_down_late_counts_from_when_it_happened() -> None:
    late = replace(complaint("important"), events=(event("register", "11-22 09:35", recorded="11-22 18:00"),))
    assert named("forward", COMPLAINT, late) == ["forward 1: 11-22 09:35 > 11-22 10:35, - running"]


def test_imported_stops_are_judged_by_their_own_times() -> None:
    came = replace(
        complaint("important"),
        events=(
            event("register", "11-22 09:35", recorded="12-20 10:00", source="old.csv#1"),
            event("handle", "11-24 10:00", recorded="12-20 10:00", source="old.csv#1"),
        ),
    )
    # forward: its stop was not mapped, so it never started; tell: started by handle, stop not mapped.
    assert said(clocks(COMPLAINT, came)) == ["resolve 1: 11-22 09:35 > 11-26 00:00, 11-24 10:00 met"]


def test_an_imported_case_still_open_runs_and_its_imported_end_stops_it() -> None:
    register = event("register", "11-22 09:35", source="old.csv#1")
    open_case = replace(complaint("minor"), events=(register,))
    assert said(clocks(COMPLAINT, open_case)) == ["resolve 1: 11-22 09:35 > 11-25 00:00, - running"]
    closed = replace(open_case, events=(register, event("close", "11-26 10:00", source="old.csv#1")))
    assert said(clocks(COMPLAINT, closed)) == ["resolve 1: 11-22 09:35 > 11-25 00:00, 11-26 10:00 breached"]


def test_a_reopened_imported_case_starts_anew() -> None:
    came = replace(
        complaint("minor"),
        events=(
            event("register", "11-22 09:35", source="old.csv#1"),
            event("close", "11-23 09:35", source="old.csv#1"),
            event("reopen", "12-01 10:00"),
        ),
    )
    assert said(clocks(COMPLAINT, came)) == [
        "resolve 1: 11-22 09:35 > 11-25 00:00, 11-23 09:35 met",
        "resolve 2: 12-01 10:00 > 12-04 00:00, - running",
    ]


# -- changes of level ------------------------------------------------------------------------------


def graded(level: str, at: str, *, by: str = "lina", approved_by: str | None = None) -> Event:
    return event("forward", at, by=by, approved_by=approved_by, reason="重新定级", level=level)


@pytest.mark.parametrize(
    ("first", "change", "due", "first_due", "settled"),
    [
        # shorter: the earlier of the old due and the change plus the new budget
        ("major", graded("important", "11-24 10:00"), "11-28 00:00", "12-03 00:00", "11-24 10:00"),
        ("major", graded("important", "12-01 10:00"), "12-03 00:00", "12-03 00:00", "12-01 10:00"),
        # longer: from the start, before breach, with an approver who is somebody else
        (
            "minor",
            graded("major", "11-24 10:00", approved_by="wang"),
            "12-03 00:00",
            "11-25 00:00",
            "11-24 10:00",
        ),
        ("minor", graded("major", "11-24 10:00"), "11-25 00:00", "11-25 00:00", "11-22 09:35"),
        (
            "minor",
            graded("major", "11-24 10:00", approved_by="lina"),
            "11-25 00:00",
            "11-25 00:00",
            "11-22 09:35",
        ),
        (
            "minor",
            graded("major", "11-25 10:00", approved_by="wang"),
            "11-25 00:00",
            "11-25 00:00",
            "11-22 09:35",
        ),
    ],
)
def test_a_changed_level(first: str, change: Event, due: str, first_due: str, settled: str) -> None:
    one = next(one for one in clocks(COMPLAINT, complaint(first, change)) if one.clock == "resolve")
    assert (short(one.due), short(one.first_due), short(one.settled)) == (due, first_due, settled)
    assert short(one.started) == "11-22 09:35"


def test_a_clock_that_exists_only_at_the_new_level_starts_at_the_change() -> None:
    raised = complaint("minor", event("amend", "11-22 15:00", level="important"))
    assert named("forward", COMPLAINT, raised) == ["forward 1: 11-22 15:00 > 11-22 16:00, - running"]
    assert named("forward", COMPLAINT, raised, until="11-22 14:00") == []


def test_a_level_first_given_later_counts_from_the_start() -> None:
    ungraded = complaint(None, event("amend", "11-22 15:00", level="major"))
    assert said(clocks(COMPLAINT, ungraded)) == [
        "forward 1: 11-22 09:35 > 11-23 00:00, - running",
        "resolve 1: 11-22 09:35 > 12-03 00:00, - running",
    ]
    assert named("resolve", COMPLAINT, complaint(None)) == ["resolve 1: 11-22 09:35 > -, - running"]


def test_a_clock_the_new_level_does_not_know_is_cancelled_unless_it_was_breached() -> None:
    lowered = complaint("important", event("amend", "11-22 10:00", level="minor"))
    assert named("forward", COMPLAINT, lowered) == [
        "forward 1: 11-22 09:35 > 11-22 10:35, 11-22 10:00 cancelled"
    ]
    too_late = complaint("important", event("amend", "11-22 11:00", level="minor"))
    assert named("forward", COMPLAINT, too_late) == [
        "forward 1: 11-22 09:35 > 11-22 10:35, - running"
    ]


def test_a_level_changed_after_the_stop_changes_nothing() -> None:
    done = complaint(
        "major", event("handle", "12-02 10:00"), event("amend", "12-02 12:00", level="important")
    )
    assert named("resolve", COMPLAINT, done) == ["resolve 1: 11-22 09:35 > 12-03 00:00, 12-02 10:00 met"]


def test_a_corrected_level_is_a_change_at_the_correction() -> None:
    corrected = replace(
        complaint("important"),
        amendments=(Amendment(text("11-24 10:00"), "lina", "level", "major", "important", "定级有误"),),
    )
    assert named("resolve", COMPLAINT, corrected) == ["resolve 1: 11-22 09:35 > 11-28 00:00, - running"]
    assert named("resolve", COMPLAINT, corrected, until="11-24 09:00") == [
        "resolve 1: 11-22 09:35 > 12-03 00:00, - running"
    ]


def test_a_limit_of_the_residents_own_replaces_the_two_days() -> None:
    assert named("resolve", COMPLAINT, complaint("minor", demanded_by=text("11-23 12:00"))) == [
        "resolve 1: 11-22 09:35 > 11-23 12:00, - running"
    ]
    sooner = complaint("minor", event("forward", "11-22 18:00", demanded_by=text("11-23 12:00")))
    assert named("resolve", COMPLAINT, sooner) == ["resolve 1: 11-22 09:35 > 11-23 12:00, - running"]
    after_breach = complaint("minor", event("forward", "11-25 08:00", demanded_by=text("11-27 12:00")))
    assert named("resolve", COMPLAINT, after_breach) == ["resolve 1: 11-22 09:35 > 11-25 00:00, - running"]


# -- moments in fields, columns and linked records -------------------------------------------------

KEYS = form("""
    form: key_checkout
    version: 1
    prefix: KC
    title: {zh: 钥匙借用, en: Key checkout}
    fields:
      due_at: {zh: 应还, en: Due back, type: datetime}
    states: {out: 已借出, returned: 已归还}
    final: [returned]
    steps:
      out: {zh: 借出, en: Out, to: out}
      extend: {zh: 续借, en: Extend, from: out}
      return: {zh: 归还, en: Return, from: out, to: returned}
    clocks:
      back: {zh: 归还, en: Back, starts: at, stops: return, within: by due_at, to: cs_supervisor}
""")


@pytest.mark.parametrize(
    ("then", "expected"),
    [
        ("", "back 1: 11-22 09:00 > 11-22 18:00, - running"),
        (
            (
                "- {at: 2026-11-22T17:00:00+08:00, by: li, step: extend, "
                "set: {due_at: 2026-11-23T12:00:00+08:00}}"
            ),
            "back 1: 11-22 09:00 > 11-23 12:00, - running",
        ),
        (
            (
                "- {at: 2026-11-22T19:00:00+08:00, by: li, step: extend, "
                "set: {due_at: 2026-11-23T12:00:00+08:00}}"
            ),
            "back 1: 11-22 09:00 > 11-22 18:00, - running",  # a breach is not extended away
        ),
        (
            "- {at: 2026-11-22T18:00:00+08:00, by: lina, step: return}",
            "back 1: 11-22 09:00 > 11-22 18:00, 11-22 18:00 met",
        ),
    ],
)
def test_a_key_is_due_when_agreed(then: str, expected: str) -> None:
    kept = record(f"""
        id: KC-20261122-A001
        form: key_checkout@1
        status: out
        at: 2026-11-22T09:00:00+08:00
        by: lina
        due_at: 2026-11-22T18:00:00+08:00
        events:
          - {{at: 2026-11-22T09:00:00+08:00, by: lina, step: out}}
          {then}
    """)
    assert said(clocks(KEYS, kept)) == [expected]


HANDOVER = form("""
    form: handover
    version: 1
    prefix: HO
    title: {zh: 交接班, en: Handover}
    fields:
      shift_start: {zh: 接班时间, en: Shift begins, type: datetime}
      arrived_at: {zh: 到岗, en: Arrived, type: datetime}
    states: {prepared: 待接班, accepted: 已接班}
    steps:
      prepare: {zh: 准备, en: Prepare, to: prepared}
      accept: {zh: 接班, en: Accept, from: prepared, to: accepted}
    clocks:
      early_15:
        starts: shift_start
        stops: arrived_at
        within: 15 minutes before shift_start
        to: cs_supervisor
""")


def handover(*events: Event, **fields: str) -> Record:
    return Record(
        "HO-1",
        "handover",
        1,
        "prepared",
        text("11-23 08:00"),
        "lina",
        fields,
        (event("prepare", "11-23 08:00"), *events),
    )


def test_relief_is_owed_before_the_shift_begins() -> None:
    (waiting,) = clocks(HANDOVER, handover(shift_start=text("11-23 08:30")))
    assert said([waiting]) == ["early_15 1: 11-23 08:00 > 11-23 08:15, - running"]
    assert waiting.status(moment("11-23 08:20")) == "overdue"
    came = handover(
        event("accept", "11-23 08:40", arrived_at=text("11-23 08:14")), shift_start=text("11-23 08:30")
    )
    (met,) = clocks(HANDOVER, came)
    assert said([met]) == ["early_15 1: 11-23 08:00 > 11-23 08:15, 11-23 08:14 met"]
    assert short(met.settled) == "11-23 08:40"  # until then nobody knew of the arrival
    late = handover(
        event("accept", "11-23 08:40", arrived_at=text("11-23 08:16")), shift_start=text("11-23 08:30")
    )
    assert clocks(HANDOVER, late)[0].state == "breached"


def test_no_start_no_clock_and_an_agreed_start_is_no_change() -> None:
    assert clocks(HANDOVER, handover()) == []
    later = handover(event("amend", "11-23 08:05", shift_start=text("11-23 09:00")))
    assert said(clocks(HANDOVER, later)) == ["early_15 1: 11-23 08:05 > 11-23 08:45, - running"]


def test_correcting_a_stop_erases_no_breach_and_makes_none() -> None:
    came = handover(
        event("accept", "11-23 08:40", arrived_at=text("11-23 08:16")),
        event("amend", "11-23 18:00", arrived_at=text("11-23 08:14")),
        shift_start=text("11-23 08:30"),
    )
    (kept,) = clocks(HANDOVER, came)
    assert (kept.state, short(kept.stopped), short(kept.counted)) == (
        "breached",
        "11-23 08:14",
        "11-23 08:16",
    )
    honest = handover(
        event("accept", "11-23 08:40", arrived_at=text("11-23 08:10")),
        event("amend", "11-23 18:00", arrived_at=text("11-23 08:12")),
        shift_start=text("11-23 08:30"),
    )
    assert clocks(HANDOVER, honest)[0].state == "met"
    entered = replace(
        handover(arrived_at=text("11-23 08:00"), shift_start=text("11-23 08:15")),
        amendments=(
            Amendment(
                text("11-23 18:00"), "lina", "arrived_at", text("11-23 08:05"), text("11-23 08:00"), "笔误"
            ),
        ),
    )
    assert short(clocks(HANDOVER, entered)[0].counted) == "11-23 08:05"


def test_taking_a_stop_back_lets_it_run_again() -> None:
    came = handover(
        event("accept", "11-23 08:40", arrived_at=text("11-23 08:10")),
        event("amend", "11-23 09:00", arrived_at=None),
        shift_start=text("11-23 08:30"),
    )
    (running,) = clocks(HANDOVER, came)
    assert (running.state, short(running.settled)) == ("running", "11-23 09:00")


VISIT = form("""
    form: return_visit
    version: 1
    prefix: RV
    title: {zh: 回访, en: Return visit}
    fields:
      about: {zh: 类别, en: About, type: choice, choices: {repair: 维修, user: 使用客户}}
      record: {zh: 对象, en: Of, type: ref repair}
      used_on: {zh: 使用日期, en: Used on, type: date}
    states: {due: 待回访, done: 已回访}
    final: [done]
    steps:
      plan: {zh: 列入, en: Plan, to: due}
      visit: {zh: 回访, en: Visit, from: due, to: done}
    clocks:
      leak:
        when: about is repair and record.kind is leak
        starts: record.leak_test_at
        stops: visit
        within: 3 days
        to: cs_supervisor
      week:
        when: about is user
        starts: used_on
        stops: visit
        within: 1 week
        roll: true
        to: cs_supervisor
""")


def visit(*events: Event, **fields: str) -> Record:
    return Record(
        "RV-1",
        "return_visit",
        1,
        "due",
        text("11-22 08:00"),
        "lina",
        fields,
        (event("plan", "11-22 08:00"), *events),
    )


def test_a_clock_that_starts_in_another_record() -> None:
    asked = visit(event("visit", "11-24 10:00"), about="repair", record="RP-1")
    linked = {"record.kind": "leak", "record.leak_test_at": moment("11-21 15:00")}
    assert said(clocks(VISIT, asked, linked=linked)) == ["leak 1: 11-21 15:00 > 11-25 00:00, 11-24 10:00 met"]
    assert clocks(VISIT, asked, linked={**linked, "record.kind": "other"}) == []
    assert clocks(VISIT, asked, linked={"record.kind": "leak"}) == []


def test_a_clock_that_starts_on_a_date_and_moves_past_holidays() -> None:
    asked = visit(about="user", used_on="2026-09-25")
    assert said(clocks(VISIT, asked)) == ["week 1: 09-25 00:00 > 10-09 00:00, - running"]
    (one,) = clocks(VISIT, visit(about="user", used_on="2027-01-04"))
    assert one.provisional  # the calendar knows nothing of 2027
    assert not clocks(VISIT, asked)[0].provisional


def test_a_clock_without_its_calendar_sleeps_and_the_others_run() -> None:
    text = """
        form: errand
        version: 1
        prefix: ER
        title: {zh: 跑腿, en: Errand}
        fields:
          what: {zh: 事项, en: What, type: text}
        states: {open: 未办 / Open, done: 已办 / Done}
        final: [done]
        steps:
          ask: {zh: 登记, en: Ask, to: open}
          do: {zh: 办理, en: Do, from: open, to: done}
        clocks:
          soon: {zh: 办理, en: Soon, starts: at, stops: do, within: 8 working_hours}
          after: {zh: 一周, en: After, starts: at, stops: do, within: 1 week, roll: true}
          late: {zh: 最迟, en: Late, starts: at, stops: do, within: 3 days}
    """
    errand = form(text)
    asked = record("""
        id: ER-1
        form: errand@1
        status: open
        at: "2026-11-22T09:00:00+08:00"
        by: lina
        events:
        - {at: "2026-11-22T09:00:00+08:00", by: lina, step: ask}
    """)
    made = clocks_of(
        errand, state_of(errand, asked), zone=SHANGHAI, calendars=SHIPPED, link=lambda name, path: None
    )
    assert [one.clock for one in made] == ["late"]
    assert sleeping(errand, SHIPPED) == {"soon": "office", "after": "office"}
    assert [one.clock for one in clocks(errand, asked)] == ["soon", "after", "late"]
    assert sleeping(errand, {"office": office_2026()}) == {}


REPAIR = form("""
    form: repair
    version: 1
    prefix: RP
    title: {zh: 维修, en: Repair}
    fields:
      visit: {zh: 回访, en: Visit, type: ref return_visit}
    states: {open: 已登记, done: 已完工, closed: 已归档}
    final: [closed]
    steps:
      register: {zh: 登记, en: Register, to: open}
      finish: {zh: 完工, en: Finish, from: open, to: done}
      again: {zh: 返修, en: Again, from: done, to: open}
      close: {zh: 归档, en: Close, from: done, to: closed}
    clocks:
      visit:
        starts: finish
        stops: visit.visited_at
        within: 2 days
        to: cs_supervisor
""")


def test_a_stop_in_another_record_belongs_to_the_cycle_it_falls_in() -> None:
    def repair(*events: Event) -> Record:
        return Record("RP-1", "repair", 1, "open", text("11-20 08:00"), "lina", {"visit": "RV-1"},
                      (event("register", "11-20 08:00"), *events))  # fmt: skip

    visited = {"visit.visited_at": moment("11-22 10:00")}
    twice = repair(
        event("finish", "11-21 10:00"), event("again", "11-22 11:00"), event("finish", "11-23 10:00")
    )
    assert said(clocks(REPAIR, twice, linked=visited)) == [
        "visit 1: 11-21 10:00 > 11-24 00:00, 11-22 10:00 met",
        "visit 2: 11-23 10:00 > 11-26 00:00, - running",
    ]
    assert said(
        clocks(REPAIR, repair(event("finish", "11-21 10:00"), event("close", "11-25 10:00")), linked=visited)
    ) == ["visit 1: 11-21 10:00 > 11-24 00:00, 11-22 10:00 met"]
    assert said(
        clocks(REPAIR, repair(event("finish", "11-21 10:00"), event("close", "11-21 12:00")), linked=visited)
    ) == ["visit 1: 11-21 10:00 > 11-24 00:00, 11-21 12:00 met"]


ROWS = """
    form: night_log
    version: 1
    prefix: NL
    title: {{zh: 夜间值班, en: Night log}}
    fields:
      entries:
        zh: 记录
        en: Entries
        type: list
        of:
          kind: {{zh: 类别, en: Kind, type: choice, choices: {{repair: 报修, inquiry: 咨询}}}}
          due: {{zh: 期限, en: Due, type: date}}
          converted_at: {{zh: 转单时间, en: Turned, type: datetime}}
      open_items:
        type: int
        derived: count over rows of entries where kind is repair and converted_at is empty
    states: {{open: 进行中, closed: 已办结, reviewed: 已审阅}}
    final: [reviewed]
    steps:
      open: {{zh: 上岗, en: Open, to: open}}
      close: {{zh: 交班, en: Close, from: open, to: closed}}
      convert: {{zh: 转单, en: Convert, from: closed}}
      review: {{zh: 签阅, en: Review, from: closed, to: reviewed}}
    clocks:
      turn: {clock}
"""


def night(*events: Event, entries: list[dict[str, str]] | None = None) -> Record:
    return Record(
        "NL-1", "night_log", 1, "open", text("11-22 17:30"), "zhao", {"entries": entries} if entries else {},  # type: ignore[dict-item]
        (event("open", "11-22 17:30"), *events),
    )  # fmt: skip


def test_a_column_stops_when_every_row_has_it() -> None:
    whole = form(ROWS.format(clock="{starts: close, stops: entries.converted_at, within: same day}"))
    close = event("close", "11-23 08:30")
    two = [{"kind": "repair", "converted_at": text("11-23 09:00")}, {"kind": "repair"}]
    assert said(clocks(whole, night(close, entries=two))) == ["turn 1: 11-23 08:30 > 11-24 00:00, - running"]  # type: ignore[arg-type]
    last = event("convert", "11-23 10:05", **{"entries.2.converted_at": text("11-23 10:00")})
    (met,) = clocks(whole, night(close, last, entries=two))
    assert said([met]) == ["turn 1: 11-23 08:30 > 11-24 00:00, 11-23 10:00 met"]
    assert short(met.settled) == "11-23 10:05"
    assert clocks(whole, night(close)) == []  # no row, nothing to turn into an order


def test_a_clock_for_every_row() -> None:
    each = form(
        ROWS.format(
            clock="{each: rows of entries, when: kind is repair, starts: close, "
            "stops: entries.converted_at, within: same day}"
        )
    )
    entries = [
        {"kind": "repair"},
        {"kind": "inquiry"},
        {"kind": "repair", "converted_at": text("11-24 09:00")},
    ]
    found = clocks(
        each, night(event("close", "11-23 08:30"), event("review", "11-24 18:00"), entries=entries)
    )
    assert said(found) == [
        "turn 1: 11-23 08:30 > 11-24 00:00, 11-24 18:00 breached",
        "turn 3: 11-23 08:30 > 11-24 00:00, 11-24 09:00 breached",
    ]
    assert [one.row for one in found] == [1, 3]
    assert clocks(each, night(entries=entries)) == []


def test_rows_due_by_a_column_of_their_own() -> None:
    each = form(
        ROWS.format(clock="{each: entries, starts: at, stops: entries.converted_at, within: by entries.due}")
    )
    entries = [{"due": "2026-11-23"}, {"kind": "repair"}]
    assert said(clocks(each, night(entries=entries))) == [
        "turn 1: 11-22 17:30 > 11-24 00:00, - running",
        "turn 2: 11-22 17:30 > -, - running",
    ]


def test_a_condition_over_rows_is_asked_when_the_clock_starts() -> None:
    counted = form(
        ROWS.format(clock="{when: open_items > 0, starts: close, stops: convert, within: same day}")
    )
    added = event("note", "11-22 20:00", **{"entries+": [{"kind": "repair"}]})
    close = event("close", "11-23 08:30")
    convert = event("convert", "11-23 09:00", **{"entries.1.converted_at": text("11-23 09:00")})
    assert said(clocks(counted, night(added, close))) == ["turn 1: 11-23 08:30 > 11-24 00:00, - running"]
    assert said(clocks(counted, night(added, close, convert))) == [
        "turn 1: 11-23 08:30 > 11-24 00:00, 11-23 09:00 met"
    ]
    assert clocks(counted, night(close)) == []


# -- replay, for the events still to come ----------------------------------------------------------


def test_a_pause_moves_the_due_by_counting_time_only() -> None:
    hours = Hours(office_2026(), SHANGHAI)
    frame = Frame(days_in(SHANGHAI), lambda name: None, lambda: hours)

    def at(text: str) -> int:
        return int(moment(text).timestamp())

    def due(within: str, start: str, *pauses: tuple[str, str]) -> str:
        change = Change(at(start), parse_within(within), frame)  # type: ignore[arg-type]
        return short(replay(at(start), change, (), [(at(off), at(on)) for off, on in pauses])[0])

    weekend = ("11-20 11:00", "11-23 10:00")
    assert due("8 working_hours", "11-19 15:00", weekend) == "11-23 14:30"
    assert due("2 days", "11-19 15:00", weekend) == "11-25 00:00"  # Sat, Sun and Mon began inside it
    assert due("3 working_days", "11-19 15:00", weekend) == "11-25 18:00"  # only Monday did
    assert due("30 minutes", "11-19 15:00", ("11-19 15:10", "11-19 15:20")) == "11-19 15:40"
    assert due("1 month", "11-19 15:00", ("11-20 11:00", "11-21 10:00")) == "12-21 00:00"
    assert (
        due("1 hour", "11-19 15:00", ("11-19 16:01", "11-19 20:00")) == "11-19 16:00"
    )  # no pause after breach


def test_a_sleeping_clock_is_none() -> None:
    asleep = replace(COMPLAINT, clocks={"tell": replace(COMPLAINT.clocks["tell"], off=True)})
    assert clocks(asleep, complaint("minor", event("handle", "11-24 10:00"))) == []
    awake = replace(COMPLAINT, clocks={"tell": COMPLAINT.clocks["tell"]})
    assert len(clocks(awake, complaint("minor", event("handle", "11-24 10:00")))) == 1


def test_a_time_that_cannot_be_read_stops_nobody_else() -> None:
    broken = complaint("minor", Event("yesterday", "lina", "forward"), event("handle", "11-24 10:00"))
    assert named("resolve", COMPLAINT, broken) == ["resolve 1: 11-22 09:35 > 11-25 00:00, 11-24 10:00 met"]


# -- what nobody can get out of ---------------------------------------------------------------------


def corrected(level: str, *changes: tuple[str, str, str], made: str = "minor", **fields: str) -> Record:
    """A complaint made ``made``, its level corrected by amendments of the given times, olds and news."""
    return replace(
        complaint(level, **fields),
        amendments=tuple(Amendment(text(at), "lina", "level", old, new, "定级有误") for at, old, new in changes),
    )


def approved(record: Record, at: str, by: str = "wang") -> Record:
    """The record with its level approved at ``at``: the same value once more, with an approver."""
    level = record.fields["level"]
    more = Amendment(text(at), "lina", "level", level, level, "补批准", approved_by=by)
    return replace(record, amendments=(*record.amendments, more))


def test_a_clock_taken_away_and_given_back_goes_on() -> None:
    back = corrected("important", ("11-22 10:00", "important", "minor"), ("11-22 10:30", "minor", "important"))
    assert named("forward", COMPLAINT, back) == ["forward 1: 11-22 09:35 > 11-22 10:35, - running"]
    assert named("forward", COMPLAINT, back, until="11-22 10:10") == [
        "forward 1: 11-22 09:35 > 11-22 10:35, 11-22 10:00 cancelled"
    ]
    # Nor does a later change of mind help: what was due is due.
    later = corrected("important", ("11-22 10:00", "important", "minor"), ("11-23 09:00", "minor", "important"))
    assert named("forward", COMPLAINT, later) == ["forward 1: 11-22 09:35 > 11-22 10:35, - running"]
    # Given back at another level, the earlier of the old due and the change plus that budget.
    other = corrected("important", ("11-22 10:00", "major", "minor"), ("11-22 15:00", "minor", "important"))
    assert named("forward", COMPLAINT, other) == ["forward 1: 11-22 09:35 > 11-22 16:00, - running"]


SOME = form("""
    form: matter
    version: 1
    prefix: MT
    title: {zh: 事项, en: Matter}
    fields:
      level: {zh: 等级, en: Level, type: choice, choices: {high: 高, low: 低, none: 无}}
    states: {open: 办理, done: 办结}
    final: [done]
    steps:
      register: {zh: 登记, en: Register, to: open}
      grade: {zh: 定级, en: Grade, from: open}
      finish: {zh: 办结, en: Finish, from: open, to: done}
    clocks:
      work: {starts: at, stops: finish, within: {level: {high: 4 hours, low: 8 hours}}}
""")


def test_where_the_old_level_had_no_budget_the_new_one_counts_from_the_change() -> None:
    raised = complaint("none", event("grade", "11-22 15:00", level="high"))
    assert named("work", SOME, raised) == ["work 1: 11-22 15:00 > 11-22 19:00, - running"]
    (one,) = clocks(SOME, raised)
    assert short(one.first_due) == "11-22 19:00"
    # A longer one, approved, is counted from that start too.
    lower = event("grade", "11-22 16:00", level="low", approved_by="wang", reason="重新定级")
    assert named("work", SOME, complaint("none", *raised.events[1:], lower)) == [
        "work 1: 11-22 15:00 > 11-22 23:00, - running"
    ]
    # Given first, it counts from the start of all; a detour by a level without budget wins nothing.
    assert named("work", SOME, complaint(None, event("grade", "11-22 12:00", level="high"))) == [
        "work 1: 11-22 09:35 > 11-22 13:35, - running"
    ]
    detour = (event("grade", "11-22 12:00", level="none"), event("grade", "11-22 13:00", level="high"))
    assert named("work", SOME, complaint("high", *detour)) == ["work 1: 11-22 09:35 > 11-22 13:35, - running"]


def test_a_longer_level_is_approved_by_nobody_who_has_it_in_hand() -> None:
    longer = graded("major", "11-24 10:00", approved_by="chen")
    assert named("resolve", COMPLAINT, complaint("minor", longer)) == ["resolve 1: 11-22 09:35 > 12-03 00:00, - running"]
    for before in (
        complaint("minor", event("reassign", "11-23 09:00", to="chen"), longer),
        complaint("minor", event("reassign", "11-23 09:00", worker="chen"), longer),
        complaint("minor", longer, worker="chen"),
        complaint("minor", replace(longer, extra={"entered_by": "chen"})),
    ):
        assert named("resolve", COMPLAINT, before) == ["resolve 1: 11-22 09:35 > 11-25 00:00, - running"]
    # Whoever gets it only afterwards could approve it.
    after = complaint("minor", longer, event("reassign", "11-25 09:00", to="chen"))
    assert named("resolve", COMPLAINT, after) == ["resolve 1: 11-22 09:35 > 12-03 00:00, - running"]


def test_the_same_level_once_more_with_an_approver_approves_it() -> None:
    alone = corrected("major", ("11-23 10:00", "minor", "major"))
    assert named("resolve", COMPLAINT, alone) == ["resolve 1: 11-22 09:35 > 11-25 00:00, - running"]
    assert named("resolve", COMPLAINT, approved(alone, "11-24 10:00")) == [
        "resolve 1: 11-22 09:35 > 12-03 00:00, - running"
    ]
    for by, at in (("lina", "11-24 10:00"), ("wang", "11-25 10:00")):  # by herself; after breach
        assert named("resolve", COMPLAINT, approved(alone, at, by)) == [
            "resolve 1: 11-22 09:35 > 11-25 00:00, - running"
        ]


def test_a_level_nobody_approved_does_not_come_in_by_another_door() -> None:
    record = corrected("major", ("11-23 10:00", "minor", "major"))
    later = replace(record, events=(*record.events, event("tell", "11-23 11:00", demanded_by=text("11-30 12:00"))))
    assert named("resolve", COMPLAINT, later) == ["resolve 1: 11-22 09:35 > 11-25 00:00, - running"]


def test_a_longer_level_written_down_after_the_breach_comes_too_late() -> None:
    late = replace(graded("major", "11-24 10:00", approved_by="wang"), recorded=text("11-25 10:00"))
    assert named("resolve", COMPLAINT, complaint("minor", late)) == ["resolve 1: 11-22 09:35 > 11-25 00:00, - running"]


def test_an_agreed_moment_put_later_by_a_correction_is_an_extension() -> None:
    def key(*moves: tuple[str, str, str | None]) -> list[str]:
        old, amendments = "11-22 18:00", []
        for at, new, by in moves:
            amendments.append(Amendment(text(at), "lina", "due_at", text(old), text(new), "改期", approved_by=by))
            old = new
        made = Record(
            "KC-20261122-A001", "key_checkout", 1, "out", text("11-22 09:35"), "lina",
            {"due_at": text(old)}, (event("out", "11-22 09:35"),), (), tuple(amendments),
        )  # fmt: skip
        return [line.partition("> ")[2].partition(",")[0] for line in said(clocks(KEYS, made))]

    assert key(("11-22 12:00", "11-23 18:00", "wang")) == ["11-23 18:00"]
    assert key(("11-22 12:00", "11-23 18:00", None)) == ["11-22 18:00"]
    assert key(("11-22 12:00", "11-23 18:00", "lina")) == ["11-22 18:00"]
    assert key(("11-22 19:00", "11-23 18:00", "wang")) == ["11-22 18:00"]
    assert key(("11-22 12:00", "11-22 15:00", None)) == ["11-22 15:00"]
    thrice = [(f"11-{day} 12:00", f"11-{day + 1} 18:00", "wang") for day in (22, 23, 24)]
    assert key(*thrice) == ["11-24 18:00"]
