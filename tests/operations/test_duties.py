"""Duties as people meet them: what was expected and not done, when it was last done, what a day asks for."""

from __future__ import annotations

import itertools
import random
import time
from datetime import datetime
from datetime import timedelta
from pathlib import Path

import pytest

from logbook.core.errors import Refused
from logbook.core.fulfilment import stand
from logbook.core.occurrences import Standing
from logbook.core.occurrences import expected
from logbook.locale.catalogue import Catalogue
from logbook.operations import overdue as lateness
from logbook.operations.doctoring import examine
from logbook.operations.duties import Ledger
from logbook.operations.validating import validate
from logbook.store.transaction import Change
from tests.operations.desk import START
from tests.operations.desk import ZONE
from tests.operations.desk import Desk
from tests.operations.desk import codes
from tests.operations.desk import moment
from tests.operations.duty_desk import BEGAN
from tests.operations.duty_desk import DutyDesk
from tests.operations.duty_desk import duty_desk

COUNT = """
flat_count:
  zh: 样板房清点
  en: Flat count
  each: area where kind is show_flat
  daily: {at: 09:00}
  done_by: flat_check where kind is count
  role: cs_officer
"""


@pytest.fixture
def counting(furnished_book: Desk, tmp_path: Path) -> DutyDesk:
    """Two show flats counted every morning since 1 October."""
    desk = duty_desk(furnished_book, tmp_path / "book", COUNT)
    desk.flat("F1")
    desk.flat("F2")
    return desk


def test_a_week_with_the_machine_off_is_one_row_a_flat_on_monday(counting: DutyDesk) -> None:
    """Nothing ran from Monday to Monday; the list knows all the same, and says when it was last done."""
    for day in range(2, 18):
        counting.check("F1", f"2026-10-{day:02} 08:40")
        counting.check("F2", f"2026-10-{day:02} 08:50")
    counting.check("F2", "2026-10-18 08:30")
    assert counting.missed("2026-10-26 10:00") == [
        ("flat_count", "F1", "10-26 09:00", 9, "10-17 08:40"),
        ("flat_count", "F2", "10-26 09:00", 8, "10-18 08:30"),
    ]


def test_expanded_every_missed_time_has_its_row(counting: DutyDesk) -> None:
    counting.check("F1", "2026-10-02 08:40")
    counting.check("F2", "2026-10-04 08:40")
    assert counting.missed("2026-10-04 10:00", expand=True) == [
        ("flat_count", "F1", "10-03 09:00", 1, "10-02 08:40"),
        ("flat_count", "F1", "10-04 09:00", 1, "10-02 08:40"),
    ]


def test_strictly_after_the_hour(counting: DutyDesk) -> None:
    counting.check("F1", "2026-10-01 08:40")
    counting.check("F2", "2026-10-01 08:45")
    assert counting.missed("2026-10-02 09:00") == []
    assert [row[1] for row in counting.missed("2026-10-02 09:00:01")] == ["F1", "F2"]


def test_what_is_done_stays_done_and_an_older_miss_is_history(counting: DutyDesk) -> None:
    counting.check("F1", "2026-10-03 08:40")
    counting.check("F2", "2026-10-03 08:40")
    assert counting.missed("2026-10-03 10:00") == []
    assert counting.month("2026-10-03 10:00", "flat_count")[:6] == [
        ("10-01 09:00", "F1", "missed", None),
        ("10-01 09:00", "F2", "missed", None),
        ("10-02 09:00", "F1", "missed", None),
        ("10-02 09:00", "F2", "missed", None),
        ("10-03 09:00", "F1", "done", "FC-20261003-A001"),
        ("10-03 09:00", "F2", "done", "FC-20261003-A002"),
    ]


def test_done_too_late_is_late_and_no_longer_missing(counting: DutyDesk) -> None:
    counting.check("F1", "2026-10-03 11:00")
    assert ("flat_count", "F1") not in [row[:2] for row in counting.missed("2026-10-03 12:00")]
    assert ("10-03 09:00", "F1", "late", "FC-20261003-A001") in counting.month("2026-10-03 12:00", "flat_count")


def test_a_record_of_another_kind_or_a_voided_one_fulfils_nothing(counting: DutyDesk) -> None:
    counting.check("F1", "2026-10-02 08:40", "kind=clean")
    counted = counting.check("F2", "2026-10-02 08:40")
    assert [row[1] for row in counting.missed("2026-10-02 10:00")] == ["F1"]
    counting.void(counted, now="2026-10-02 10:05")
    assert [row[1] for row in counting.missed("2026-10-02 10:10")] == ["F1", "F2"]
    assert [row[1] for row in counting.missed("2026-10-02 10:00")] == ["F1"]  # at ten it was not void yet


def test_two_records_in_one_window_fulfil_it_once(counting: DutyDesk) -> None:
    for at in ("2026-10-02 08:10", "2026-10-02 08:20"):
        counting.check("F1", at)
    counting.check("F2", "2026-10-02 08:30")
    assert counting.missed("2026-10-03 10:00") == [
        ("flat_count", "F1", "10-03 09:00", 1, "10-02 08:20"),
        ("flat_count", "F2", "10-03 09:00", 1, "10-02 08:30"),
    ]


def test_written_down_late_counts_from_then(counting: DutyDesk) -> None:
    """Done at 08:40 but entered at 14:00: accepted, and late (ruling 4)."""
    session = counting.session("2026-10-02 14:00")
    from logbook.operations import add as adding

    prepared = adding.prepare(session, "flat_check", ["area=F1"], by="lina", at="2026-10-02 08:40")
    adding.add(session, prepared)
    found = counting.month("2026-10-02 15:00", "flat_count")
    assert ("10-02 09:00", "F1", "late", "FC-20261002-A001") in found


def test_an_item_is_expected_of_since_it_was_entered_and_until_it_is_closed(counting: DutyDesk) -> None:
    counting.flat("F3", at="2026-10-05 12:00")
    counting.step("F1", "retire", now="2026-10-04 12:00", by="zhao")
    assert counting.missed("2026-10-06 10:00") == [
        ("flat_count", "F2", "10-06 09:00", 6, None),
        ("flat_count", "F3", "10-06 09:00", 1, None),
    ]
    subjects = {subject for _, subject, _, _ in counting.month("2026-10-06 10:00", "flat_count")}
    assert subjects == {"F1", "F2", "F3"}
    last = [row for row in counting.month("2026-10-06 10:00", "flat_count") if row[1] == "F1"][-1]
    assert last[0] == "10-04 09:00"


def test_the_past_is_shown_as_it_was(counting: DutyDesk) -> None:
    counting.check("F1", "2026-10-02 08:40")
    counting.check("F1", "2026-10-03 08:40")
    counting.step("F2", "retire", now="2026-10-03 12:00", by="zhao")
    assert counting.missed("2026-10-03 13:00") == []
    assert counting.missed("2026-10-02 10:00") == [("flat_count", "F2", "10-02 09:00", 2, None)]
    assert counting.missed("2026-10-02 08:30") == [
        ("flat_count", "F1", "10-01 09:00", 1, None),
        ("flat_count", "F2", "10-01 09:00", 1, None),
    ]


def test_an_approved_waiver_excuses_its_days(counting: DutyDesk) -> None:
    counting.check("F2", "2026-10-04 08:40")
    waiver = counting.add(
        "waiver", "duty=flat_count", "subject=F1", "from_date=2026-10-03", "to_date=2026-10-04", "reason=装修",
        now="2026-10-02 12:00",
    ).record.id  # fmt: skip
    assert [row[:4] for row in counting.missed("2026-10-04 10:00")] == [("flat_count", "F1", "10-04 09:00", 4)]
    counting.step(waiver, "approve", now="2026-10-04 10:30", by="zhao")
    assert counting.missed("2026-10-04 11:00") == []
    counting.check("F2", "2026-10-05 08:40")
    assert counting.missed("2026-10-05 10:00") == [("flat_count", "F1", "10-05 09:00", 3, None)]
    states = [(due, state) for due, subject, state, _ in counting.month("2026-10-05 10:00", "flat_count") if subject == "F1"]
    assert states[:5] == [
        ("10-01 09:00", "missed"), ("10-02 09:00", "missed"), ("10-03 09:00", "waived"),
        ("10-04 09:00", "waived"), ("10-05 09:00", "missed"),
    ]  # fmt: skip


def test_soon_adds_what_falls_due_by_then(counting: DutyDesk) -> None:
    counting.check("F1", "2026-10-01 08:40")
    counting.check("F2", "2026-10-01 08:40")
    counting.check("F1", "2026-10-02 07:00")
    found = lateness.overdue(counting.session("2026-10-02 07:30"), (), soon=timedelta(hours=4))
    assert [(one.clock, one.subject, one.state, one.overdue_seconds) for one in found if one.kind == "duty"] == [
        ("flat_count", "F2", "soon", 0)
    ]
    assert counting.missed("2026-10-02 07:30", soon=timedelta(hours=1)) == []


def test_words_of_a_query_choose_among_duties(counting: DutyDesk) -> None:
    now = "2026-10-02 10:00"
    for words, subjects in (
        (["flat_check"], ["F1", "F2"]),
        (["complaint"], []),
        (["is:overdue"], ["F1", "F2"]),
        (["is:closed"], []),
        (["subject:F2"], ["F2"]),
        (["area:f1"], ["F1"]),
        (["duty:flat_*", "-subject:F1"], ["F2"]),
        (["清点"], ["F1", "F2"]),
        (["-清点"], []),
        (["level:major"], []),
        (["form:flat_check"], ["F1", "F2"]),
    ):
        assert [row[1] for row in counting.missed(now, *words)] == subjects, words


ROUNDS = """
flat_rounds:
  zh: 四次检查
  en: Four checks
  each: area where kind is show_flat
  daily: {times: 4, between: ["09:00", "18:00"]}
  done_by: flat_check
  rows: rounds
"""


def test_each_row_of_a_record_counts_by_itself(furnished_book: Desk, tmp_path: Path) -> None:
    desk = duty_desk(furnished_book, tmp_path / "book", ROUNDS)
    desk.flat("F1")
    record = desk.check("F1", "2026-10-02 09:10", "rounds+={at: '2026-10-02 09:10'}")
    for at in ("11:00", "15:00"):
        desk.step(record, "round", f"rounds+={{at: '2026-10-02 {at}'}}", now=f"2026-10-02 {at}")
    assert desk.day("2026-10-02 15:30") == [
        ("18:00", "flat_rounds", "F1", "1", "done", "lina"),
        ("18:00", "flat_rounds", "F1", "2", "done", "lina"),
        ("18:00", "flat_rounds", "F1", "3", "done", "lina"),
        ("18:00", "flat_rounds", "F1", "4", "due", None),
    ]
    assert desk.missed("2026-10-02 18:30") == [("flat_rounds", "F1", "10-02 18:00", 1, "10-02 15:00")]


SLOTS = """
flat_parts:
  zh: 上下午检查
  en: Morning and afternoon
  each: area where kind is show_flat
  daily: {slots: {am: "12:00", pm: "18:00"}}
  done_by: flat_check
  slot: part
"""


def test_a_slot_is_fulfilled_by_its_own_record(furnished_book: Desk, tmp_path: Path) -> None:
    desk = duty_desk(furnished_book, tmp_path / "book", SLOTS)
    desk.flat("F1")
    desk.check("F1", "2026-10-02 13:30", "part=pm")
    assert desk.day("2026-10-02 19:00") == [
        ("12:00", "flat_parts", "F1", "am", "missed", None),
        ("18:00", "flat_parts", "F1", "pm", "done", "lina"),
    ]


RAIN = """
rain_round:
  zh: 大雨前后检查
  en: Before and after heavy rain
  each: area where kind is show_flat
  on: {rows: site_log.weather where kind is heavy_rain, before: from_at, after: to_at, within: 1 day}
  done_by: flat_check
"""


def test_heavy_rain_asks_for_a_round_before_and_one_after(furnished_book: Desk, tmp_path: Path) -> None:
    desk = duty_desk(furnished_book, tmp_path / "book", RAIN)
    desk.flat("F1")
    desk.flat("F2")
    assert desk.missed("2026-10-09 12:00") == []
    desk.add(
        "site_log", "weather+={kind: heavy_rain, from_at: '2026-10-10 20:00', to_at: '2026-10-11 06:00'}",
        "weather+={kind: snow, from_at: '2026-10-12 20:00', to_at: '2026-10-13 06:00'}", now="2026-10-10 10:00",
    )  # fmt: skip
    desk.check("F1", "2026-10-10 15:00")
    assert desk.missed("2026-10-10 21:00") == [("rain_round", "F2", "10-10 20:00", 1, None)]
    desk.check("F1", "2026-10-11 09:00")
    assert desk.missed("2026-10-13 00:00:01") == [("rain_round", "F2", "10-13 00:00", 2, None)]
    assert [row[1:3] for row in desk.month("2026-10-13 01:00", "rain_round") if row[1] == "F1"] == [
        ("F1", "done"), ("F1", "done"),
    ]  # fmt: skip


EVENT = """
log_paper:
  zh: 日志后的报告
  en: A paper after each log
  on: {event: site_log.close, within: 2 days}
  done_by: paper
  subject: log
"""


def test_an_event_asks_for_a_record_that_points_at_it(furnished_book: Desk, tmp_path: Path) -> None:
    desk = duty_desk(furnished_book, tmp_path / "book", EVENT)
    logs = [desk.add("site_log", now=f"2026-10-0{day} 10:00").record.id for day in (2, 3, 4)]
    for day, log in enumerate(logs, 2):
        desk.step(log, "close", now=f"2026-10-0{day} 18:00")
    desk.add("paper", f"log={logs[1]}", now="2026-10-04 09:00")
    assert desk.missed("2026-10-05 00:00:01") == [("log_paper", logs[0], "10-05 00:00", 1, None)]
    assert [row[1] for row in desk.missed("2026-10-20 10:00")] == [logs[0], logs[2]]
    desk.add("paper", f"log={logs[0]}", now="2026-10-20 11:00")
    assert [row[1] for row in desk.missed("2026-10-20 12:00")] == [logs[2]]


MONTHLY = """
monthly_paper:
  zh: 月报
  en: Monthly paper
  monthly: {day: last, about: previous}
  done_by: paper
  period: about
"""


def test_a_paper_counts_for_the_month_it_is_about(furnished_book: Desk, tmp_path: Path) -> None:
    desk = duty_desk(furnished_book, tmp_path / "book", MONTHLY, when="2026-06-01 08:00")
    desk.add("paper", "about=2026-05", now="2026-09-20 10:00")
    desk.add("paper", "about=2026-08", now="2026-09-28 10:00")
    assert desk.missed("2026-10-02 10:00") == []
    assert [row[::2] for row in desk.month("2026-10-02 10:00", "monthly_paper", "2026-06..2026-09")] == [
        ("07-01 00:00", "late"), ("08-01 00:00", "missed"), ("09-01 00:00", "missed"), ("10-01 00:00", "done"),
    ]  # fmt: skip
    assert desk.missed("2026-11-02 10:00") == [("monthly_paper", None, "11-01 00:00", 1, "09-28 10:00")]


def test_a_day_off_is_skipped_or_moved(furnished_book: Desk, tmp_path: Path) -> None:
    """National Day 2026: 1-7 October off; 10 October works."""
    rules = """
daily_paper:
  zh: 日报
  en: Daily paper
  daily: {}
  done_by: paper
  off_day: skip
weekly_log:
  zh: 周日志
  en: Weekly log
  weekly: monday
  done_by: site_log
  off_day: next
"""
    desk = duty_desk(furnished_book, tmp_path / "book", rules, when="2026-09-29 08:00")
    assert desk.missed("2026-10-08 10:00") == [("daily_paper", None, "10-01 00:00", 2, None)]
    assert [row[0] for row in desk.month("2026-10-12 10:00", "weekly_log")] == [
        "10-09 00:00", "10-13 00:00", "10-20 00:00", "10-27 00:00",
    ]  # fmt: skip


def test_a_pack_is_expected_of_since_it_was_switched_on(counting: DutyDesk) -> None:
    rules = "duties:\n  paper_daily: {zh: 日报, en: Daily, daily: {}, done_by: paper}\n"
    counting.publish(Change("templates/extra/duties.yaml", rules.encode()), when=BEGAN)
    only = ["duty:paper_daily"]
    assert counting.missed("2026-10-20 10:00", *only) == []
    old = (counting.root / "logbook.yaml").read_bytes()
    new = old.replace(b"packs:\n- core\n", b"packs:\n- core\n- extra\n")
    assert new != old
    counting.publish(Change("logbook.yaml", new), when="2026-10-10 09:00")
    assert counting.missed("2026-10-12 10:00", *only) == [("paper_daily", None, "10-12 00:00", 2, None)]
    counting.publish(Change("logbook.yaml", old), when="2026-10-13 09:00")
    assert counting.missed("2026-10-14 10:00", *only) == []
    counting.publish(Change("logbook.yaml", new), when="2026-10-15 09:00")
    assert counting.missed("2026-10-16 10:00", *only) == [("paper_daily", None, "10-16 00:00", 1, None)]


def test_a_duty_the_site_adds_is_expected_of_since_then(counting: DutyDesk) -> None:
    more = "\npaper_daily: {zh: 日报, en: Daily, daily: {}, done_by: paper}\n"
    counting.write_duties(COUNT + more, when="2026-10-18 08:00")
    found = counting.missed("2026-10-20 08:00")
    assert [row[::3] for row in found] == [("flat_count", 19), ("flat_count", 19), ("paper_daily", 2)]


def test_a_condition_of_the_site_is_asked_when_it_was_due(furnished_book: Desk, tmp_path: Path) -> None:
    rules = """
log_daily:
  zh: 有日志时的日报
  en: Daily while a log is open
  daily: {}
  done_by: paper
  while: some record of site_log where state is open
"""
    desk = duty_desk(furnished_book, tmp_path / "book", rules)
    log = desk.add("site_log", now="2026-10-03 10:00").record.id
    desk.step(log, "close", now="2026-10-06 12:00")
    assert desk.missed("2026-10-20 10:00") == [("log_daily", None, "10-06 00:00", 3, None)]


VAGUE = """
key_talk:
  zh: 钥匙谈话
  en: Talk about keys
  vague: 定期
  done_by: paper
"""


def test_a_vague_duty_waits_for_the_site(counting: DutyDesk) -> None:
    counting.write_duties(COUNT + VAGUE)
    session = counting.session("2026-10-20 10:00")
    told = [issue for issue in examine(session, mend=False).issues if issue.rule == "agenda.vague"]
    assert [(issue.args["pack"], issue.args["count"], issue.is_error) for issue in told] == [("site", 1, False)]
    counting.settings("settings:\n  duties:\n    key_talk:\n      monthly: {day: 10}\n")
    session = counting.session("2026-10-20 10:00")
    assert "agenda.vague" not in codes(examine(session, mend=False).issues)
    assert counting.missed("2026-10-20 10:00", "duty:key_talk") == [("key_talk", None, "10-11 00:00", 1, None)]


def test_a_slip_in_the_settings_is_told(counting: DutyDesk) -> None:
    counting.settings("settings:\n  duties:\n    flat_cuont: {daily: {}}\n")
    session = counting.session(START)
    assert "duty.unknown-duty" in codes(examine(session, mend=False).issues)
    assert "duty.unknown-duty" in codes(validate(counting.session(START)).issues)


def test_a_site_switches_a_duty_off(counting: DutyDesk) -> None:
    counting.settings("settings:\n  duties:\n    flat_count: off\n")
    assert counting.missed("2026-10-20 10:00") == []


# --- the answer that is kept -----------------------------------------------------------------------------


MANY = COUNT + ROUNDS + SLOTS + RAIN + EVENT + MONTHLY + """
weekly_log: {zh: 周日志, en: Weekly log, weekly: wednesday, done_by: site_log, off_day: next}
two_papers: {zh: 每周两份, en: Two a week, weekly: {times: 2}, done_by: paper}
night_paper: {zh: 夜查, en: Night paper, every: 120 minutes, between: ["22:00", "06:00"], done_by: paper}
"""


@pytest.fixture(scope="module")
def lived(furnished_book: Desk, tmp_path_factory: pytest.TempPathFactory) -> DutyDesk:
    """Two months of a careless desk."""
    chance = random.Random(7)
    desk = duty_desk(furnished_book, tmp_path_factory.mktemp("lived") / "book", MANY)
    desk.flat("F1")
    desk.flat("F2", at="2026-10-03 10:00")
    at = moment("2026-10-01 09:00")
    logs: list[str] = []
    while at < moment("2026-11-20 00:00"):
        now = f"{at:%Y-%m-%d %H:%M}"
        flat = chance.choice(["F1", "F2"]) if at > moment("2026-10-04") else "F1"
        which = chance.random()
        if which < 0.35:
            desk.check(flat, now, f"part={chance.choice(['am', 'pm'])}", f"rounds+={{at: '{now}'}}")
        elif which < 0.6:
            about = f"2026-{chance.choice(['08', '09', '10'])}"
            desk.add("paper", f"about={about}", *([f"log={chance.choice(logs)}"] if logs else []), now=now)
        elif which < 0.7:
            rain = f"weather+={{kind: heavy_rain, from_at: '{now}', to_at: '{at + timedelta(hours=5):%Y-%m-%d %H:%M}'}}"
            logs.append(desk.add("site_log", rain, now=now).record.id)
        elif logs:
            log = chance.choice(logs)
            if desk.load(log, now).state.status == "open":
                desk.step(log, "close", now=now)
        at += timedelta(minutes=chance.choice([0, 30, 200, 700, 1440, 3000]))
        at = at.replace(minute=0) if chance.random() < 0.3 else at
    for duty, subject, asked, approved in WAIVERS:
        words = (f"duty={duty}", *([f"subject={subject}"] if subject else []), "from_date=2026-11-10", "to_date=2026-12-31")
        waiver = desk.add("waiver", *words, "reason=停业", now=asked).record.id
        desk.step(waiver, "approve", now=approved, by="zhao")
    return desk


# Duty, subject, when it was asked to be excused and when that was approved.
WAIVERS = (
    ("flat_count", "F1", "2026-11-20 09:00", "2026-11-20 15:00"),
    ("weekly_log", "", "2026-11-21 09:00", "2026-11-22 10:30"),
    ("flat_count", "F2", "2026-11-22 12:00", "2026-11-24 12:45"),
)


def missed_in_a_row(standings: list[Standing]) -> list[Standing]:
    """The latest missed one, where nothing that fell due later was done, and those missed right before it."""
    elapsed = [one for one in reversed(standings) if one.state != "waived"]
    while elapsed and elapsed[0].state != "missed":
        if elapsed[0].occurrence.due < standings[-1].occurrence.due:
            return []
        del elapsed[0]
    if not elapsed or elapsed[0].occurrence.due < standings[-1].occurrence.due:
        return []
    return list(itertools.takewhile(lambda one: one.state == "missed", elapsed))


def by_the_book(desk: DutyDesk, now: datetime) -> list[tuple[str, str | None, int, int]]:
    """The same list by the plain way: every occurrence since the beginning, and how each stands."""
    ledger = Ledger(desk.session(f"{now:%Y-%m-%d %H:%M:%S}"))
    found = []
    for duty in ledger.expecting:
        for pair in ledger.pairs(duty, all_=True):
            occurrences = expected(duty, ledger.frame, pair.begins, ledger.now - 1, pair.triggers)
            marks = ledger.facts.marks(duty.id, 0, pair.subject).get(pair.key, [])
            standings = stand(duty, occurrences, marks, ledger.now, ledger.waived(duty, pair))
            run = missed_in_a_row(standings)
            if run:
                found.append((duty.id, pair.subject or None, run[0].occurrence.due, len(run)))
    return sorted(found, key=lambda row: (row[2], row[0], row[1] or ""))


def test_the_quick_way_and_the_kept_answer_agree_with_the_plain_one(lived: DutyDesk) -> None:
    """At random moments, in the past and after everything, on and back around the last that happened;
    each asked twice."""
    chance = random.Random(11)
    moments = []
    for n in range(50):
        at = moment("2026-11-20 00:00") if n % 2 else moment("2026-10-01 08:00")
        moments.append(at + timedelta(seconds=chance.randrange(49 * 86400) if n % 3 else chance.randrange(49 * 24) * 3600))
    last = moment(WAIVERS[-1][-1])
    for _ in range(8):
        moments += (last + timedelta(seconds=chance.randrange(7200)), last - timedelta(seconds=chance.randrange(1, 7200)))
    for at in moments:
        wanted = by_the_book(lived, at)
        for _ in range(2):
            found = lateness.overdue(lived.session(f"{at:%Y-%m-%d %H:%M:%S}"), ())
            duties = [one for one in found if one.kind == "duty"]
            told = [(one.clock, one.subject, int(one.due.timestamp()), one.missed or 0) for one in duties]
            assert sorted(told, key=lambda row: (row[2], row[0], row[1] or "")) == wanted, at
        assert at.tzinfo == ZONE


def test_expanded_rows_are_as_many_as_were_counted(lived: DutyDesk) -> None:
    now = "2026-12-01 12:00"
    grouped = {row[:2]: row[3] for row in lived.missed(now)}
    rows = lived.missed(now, expand=True)
    assert {pair: sum(row[:2] == pair for row in rows) for pair in grouped} == grouped
    assert sum(grouped.values()) == len(rows)


# --- a rule that changes, and a far hour -----------------------------------------------------------------


def test_what_the_old_rule_missed_stays_missed(furnished_book: Desk, tmp_path: Path) -> None:
    old = "log: {zh: 日志, en: Log, weekly: monday, done_by: site_log}\n"
    desk = duty_desk(furnished_book, tmp_path / "book", old)
    new = old.replace("weekly: monday", "weekly: friday, effective: 2026-10-19, earlier: [weekly: monday]")
    desk.write_duties(new, when="2026-10-18 09:00")
    assert [row[:2] for row in desk.month("2026-10-26 10:00", "log")] == [
        ("10-06 00:00", None), ("10-13 00:00", None), ("10-24 00:00", None), ("10-31 00:00", None),
    ]  # fmt: skip
    assert desk.missed("2026-10-26 10:00") == [("log", None, "10-24 00:00", 3, None)]


HOURLY = """
rounds: {zh: 巡查, en: Rounds, every: 60 minutes, done_by: paper}
running: {zh: 看管, en: Watch, every: 20 minutes, during: site_log, done_by: same, rows: weather}
"""


def test_a_far_hour_is_answered_at_once_and_counted_up_to_ten_thousand(furnished_book: Desk, tmp_path: Path) -> None:
    desk = duty_desk(furnished_book, tmp_path / "book", HOURLY)
    log = desk.add("site_log", now="2026-10-02 10:00").record.id
    started = time.monotonic()
    assert desk.missed("2199-12-31 12:30") == [
        ("rounds", None, "12-31 12:00", 10_000, None), ("running", log, "12-31 12:20", 10_000, None),
    ]  # fmt: skip
    desk.missed("2199-12-31 12:30", expand=True)
    desk.day("2199-12-31 12:30")
    assert time.monotonic() - started < 20
    desk.add("paper", now="2026-10-03 11:30")
    assert desk.missed("2026-10-03 15:30")[0] == ("rounds", None, "10-03 15:00", 3, "10-03 11:30")


def test_a_waiver_names_a_duty_of_the_book(counting: DutyDesk) -> None:
    days = ("from_date=2026-10-03", "reason=装修")
    waiver = counting.add("waiver", "duty=样板房清点", *days, now="2026-10-02 12:00").record
    assert waiver.fields["duty"] == "flat_count"
    with pytest.raises(Refused) as refused:
        counting.add("waiver", "duty=flat_cuont", *days, now="2026-10-02 12:00")
    (issue,) = refused.value.issues
    assert (issue.rule, issue.field) == ("field.duty", "duty")
    assert Catalogue("en").issue(issue)[0].endswith('Did you mean "flat_count"?')


def test_a_waiver_of_what_the_duty_never_asked_for_is_told_of(counting: DutyDesk) -> None:
    for subject in ("F1", "POOL"):
        words = ("duty=flat_count", f"subject={subject}", "from_date=2026-10-03", "reason=装修")
        counting.add("waiver", *words, now="2026-10-02 12:00")
    found = [issue for issue in validate(counting.session("2026-10-02 13:00")).issues if issue.rule == "duty.waiver-subject"]
    assert [(issue.severity, issue.args["subject"]) for issue in found] == [("warning", "POOL")]
