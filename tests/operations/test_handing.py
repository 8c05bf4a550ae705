"""Handing over: what is gathered, both signatures, the seal, what comes after it, and what nobody took over."""

from __future__ import annotations

from pathlib import Path

import pytest

from logbook.core.errors import Refused
from logbook.operations import handing
from logbook.operations import sealing
from logbook.operations import shifts
from logbook.operations import validating
from logbook.operations.handing import Gathered
from logbook.operations.sealing import Seal
from logbook.operations.writing import Written
from tests.operations.desk import Desk
from tests.operations.desk import codes
from tests.operations.desk import furnish
from tests.operations.desk import make_book
from tests.operations.desk import refused

EVENING, NIGHT = "HO-20261121-A001", "HO-20261122-A001"
LOG = "NL-20261121-A001"
TOOLS = "tools+=[{item: 对讲机, expected: 4, actual: 4}, {item: 手电筒, expected: 3, actual: 3}]"


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """李娜 has kept the day's log and hands over to 孙 for the night."""
    desk = furnish(make_book(tmp_path_factory.mktemp("book") / "book"))
    shifts.sign_on(desk.session("2026-11-21 08:14"), by="lina")
    desk.step("DL-20261121-A001", "note", "entries+={kind: inquiry, content: 问停车费}", now="2026-11-21 10:00")
    shifts.sign_on(desk.session("2026-11-21 17:15"), by="sun")
    handing.hand_over(desk.session("2026-11-21 17:16"), "sun", [TOOLS], by="lina")
    return desk


@pytest.fixture(scope="module")
def night(evening: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """孙 took over, had a burst pipe and left a socket for the day; the orders are written at 08:08."""
    desk = evening.copy(tmp_path_factory.mktemp("night") / "book")
    handing.accept(desk.session("2026-11-21 17:30"), by="sun")
    shifts.sign_off(desk.session("2026-11-21 17:31"), by="lina")
    later = "entries+={kind: repair, room: 3-502, content: 卧室插座没电, told_next_day: true, action: 约次日上午}"
    desk.step(LOG, "note", later, by="sun", now="2026-11-21 20:10")
    burst = (
        "entries+={kind: repair, room: 3-602, content: 水管爆裂, emergency: true, told: 安护部, told_at: '22:43'}"
    )
    desk.step(LOG, "note", burst, by="sun", now="2026-11-21 22:44")
    guard = "covers+={guard: liu, from_at: '22:45', to_at: '23:40', reason: 抢修爆管}"
    desk.step(LOG, "note", "entries.2.solved=true", "entries.2.action=换管", guard, by="sun", now="2026-11-21 23:42")
    shifts.sign_on(desk.session("2026-11-22 08:02"), by="lina")
    desk.add("repair", "room=3-502", "origin=night", "content=卧室插座没电", "trade=power", now="2026-11-22 08:08")
    desk.add("repair", "room=3-602", "origin=night", "content=水管爆裂", "trade=plumbing", now="2026-11-22 08:10")
    return desk


@pytest.fixture(scope="module")
def handed(night: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The leftovers are turned into orders and the morning has taken over; a complaint came in between."""
    desk = night.copy(tmp_path_factory.mktemp("handed") / "book")
    convert(desk)
    handing.hand_over(desk.session("2026-11-22 08:16"), "lina", ["attention=水压偏低"], by="sun")
    desk.add("complaint", "name=王芳", "room=3-502", "summary=楼上夜里吵", now="2026-11-22 08:20")
    handing.accept(desk.session("2026-11-22 08:30"), by="lina")
    shifts.sign_off(desk.session("2026-11-22 08:32"), by="sun")
    return desk


@pytest.fixture
def desk(handed: Desk, tmp_path: Path) -> Desk:
    return handed.copy(tmp_path / "book")


def convert(desk: Desk) -> Written:
    words = [
        f"entries.{n}.{name}={value}"
        for n, at in ((1, "08:08"), (2, "08:10"))
        for name, value in (
            ("converted", f"RP-20261122-A00{n}"), ("converted_by", "lina"), ("converted_at", at),
        )
    ]  # fmt: skip
    return desk.step(LOG, "convert", *words, now="2026-11-22 08:14")


def gathered(desk: Desk, now: str, by: str) -> Gathered:
    return handing.gather(desk.session(now), by=by)


def matters(found: Gathered) -> list[tuple[str, str | None, str]]:
    return [(one.text, one.record, one.why) for one in found.matters]


def seal(desk: Desk, record: str = NIGHT, now: str = "2026-11-22 10:00") -> Seal:
    session = desk.session(now)
    found = sealing.seal_of(session, desk.load(record, now).state)
    assert found is not None
    return found


# -- the whole night ------------------------------------------------------------------------------


def test_what_the_night_has_to_hand_over(night: Desk) -> None:
    found = gathered(night, "2026-11-22 08:12", "sun")
    assert found.log is not None
    assert found.previous is not None
    assert (found.log.id, found.previous.id, f"{found.since:%m-%d %H:%M}") == (LOG, EVENING, "11-21 17:30")
    assert matters(found) == [
        ("卧室插座没电", None, "约次日上午"),
        ("卧室插座没电", "RP-20261122-A001", "正在办理：已登记"),
        ("水管爆裂", "RP-20261122-A002", "正在办理：已登记"),
    ]
    assert (found.unconverted, [row.id for row in found.written]) == (1, ["RP-20261122-A001", "RP-20261122-A002"])
    # The tools are those of the handover before, to be counted again.
    assert [(row["item"], row["actual"]) for row in found.tools] == [("对讲机", "4"), ("手电筒", "3")]


def test_leftovers_of_the_night_are_orders_before_the_morning_takes_over(night: Desk, tmp_path: Path) -> None:
    desk = night.copy(tmp_path / "book")
    handing.hand_over(desk.session("2026-11-22 08:16"), "lina", by="sun")
    with pytest.raises(Refused) as caught:
        handing.accept(desk.session("2026-11-22 08:30"), by="lina")
    assert [rule for rule, _ in refused(caught)] == ["handover.night_done"]
    convert(desk)
    taken = handing.accept(desk.session("2026-11-22 08:31"), by="lina")
    assert taken.written.state.status == "accepted"


def test_the_night_is_handed_over_signed_twice_and_sealed(desk: Desk) -> None:
    loaded = desk.load(NIGHT)
    fields, record = loaded.state.fields, loaded.record
    assert (loaded.state.status, fields["log"], fields["shift_start"]) == (
        "accepted",
        LOG,
        "2026-11-22T08:30:00+08:00",
    )
    assert (fields["arrived_at"], fields["completed_at"]) == ("2026-11-22T08:02:00+08:00", "2026-11-22T08:30:00+08:00")
    assert [(one.meaning, one.by, one.events) for one in record.signatures] == [
        ("handed_over", "sun", 1),
        ("received", "lina", 2),
    ]
    assert fields["open_items"] == [
        {"text": "卧室插座没电", "record": "RP-20261122-A001", "why": "约次日上午"},
        {"text": "水管爆裂", "record": "RP-20261122-A002", "why": "正在办理：已登记"},
        {"text": "楼上夜里吵", "record": "CP-20261122-A001", "why": "正在办理：已登记"},
    ]
    rows = fields["sealed"]
    assert isinstance(rows, list)
    assert [(row["record"], row["n"]) for row in rows if isinstance(row, dict)] == [
        ("complaint/CP-20261122-A001", "1"),
        ("duty_log/DL-20261122-A001", "1"),
        (f"night_log/{LOG}", "5"),
        ("repair/RP-20261122-A001", "1"),
        ("repair/RP-20261122-A002", "1"),
    ]
    assert fields["seal"] == sealing.seal_hash(rows)
    assert desk.clean


def test_record_and_signature_are_one_operation(handed: Desk) -> None:
    log = handed.git("log", "--format=%(trailers:key=Action,valueonly,separator=)|%(trailers:key=Operation,valueonly)")
    lines = [line for line in log.splitlines() if line.strip()]
    accepted = lines.index(next(line for line in lines if line.startswith("accept|")))
    operation = lines[accepted].partition("|")[2]
    assert operation
    assert lines[accepted - 1] == f"sign|{operation}"


def test_neither_the_book_nor_the_handover_has_a_fault(handed: Desk) -> None:
    session = handed.session("2026-11-22 09:00")
    report = validating.validate(session)
    assert [(issue.rule, issue.id) for issue in report.issues if (issue.path or "").startswith("records/")] == []


# -- the seal -------------------------------------------------------------------------------------


def test_a_seal_stands_while_nothing_covered_changes(desk: Desk) -> None:
    found = seal(desk)
    assert (found.valid, found.count, found.stale, found.addenda) == (True, 5, (), ())
    desk.step("RP-20261122-A001", "stick", "stuck_why=parts", now="2026-11-22 09:00")
    desk.amend("RP-20261122-A002", "good_time=下午", now="2026-11-22 09:01", reason="补上")  # it was empty
    assert seal(desk).valid


def test_a_changed_value_makes_it_stale(desk: Desk) -> None:
    desk.amend("RP-20261122-A001", "content=两个插座没电", by="zhao", now="2026-11-22 09:11")
    found = seal(desk)
    assert (found.valid, found.stale) == (False, ("repair/RP-20261122-A001",))
    session = desk.session("2026-11-22 09:30")
    warned = [issue for issue in validating.validate(session).issues if issue.rule.startswith("seal.")]
    assert [(issue.rule, issue.severity, issue.id, issue.args["changed"]) for issue in warned] == [
        ("seal.stale", "warning", NIGHT, ["RP-20261122-A001"])
    ]
    lines = desk.text(desk.load(NIGHT).path).splitlines()
    assert "seal:" in lines[(warned[0].line or 0) - 1]


def test_a_late_record_is_an_addendum_and_no_fault(desk: Desk) -> None:
    late = desk.add(
        "repair", "room=3-502", "content=走廊灯", now="2026-11-22 09:10", at="2026-11-22 07:40", reason="口头报的"
    )
    found = seal(desk)
    assert found.valid
    assert [(one.record, one.at, one.recorded, one.event) for one in found.addenda] == [
        (f"repair/{late.record.id}", "2026-11-22T07:40:00+08:00", "2026-11-22T09:10:00+08:00", None)
    ]
    session = desk.session("2026-11-22 10:00")
    rows = session.index.select("", now=session.now, form="repair")
    assert sealing.addenda_in(session, rows) == {late.record.id: NIGHT}
    issues = validating.validate(session).issues
    assert [(i.rule, i.severity) for i in issues if (i.path or "").startswith("records/")] == [
        ("seal.addendum", "warning")
    ]
    book = shifts.book_of(session, shifts.shift_on(session, None, "night", moment=None)[0])
    assert {entry.row.id: entry.addendum for entry in book.entries if entry.addendum} == {late.record.id: NIGHT}


def test_a_late_entry_in_a_sealed_log_is_an_addendum(desk: Desk) -> None:
    desk.step("CP-20261122-A001", "forward", "forwarded_to=director", now="2026-11-22 09:20", at="2026-11-22 08:25")
    found = seal(desk)
    assert found.valid
    assert [(one.record, one.event) for one in found.addenda] == [("complaint/CP-20261122-A001", 2)]


def test_a_list_changed_past_the_program_is_seen(desk: Desk) -> None:
    path = desk.load(NIGHT).path
    text = desk.text(path)
    (desk.root / path).write_text(text.replace("night_log/", "night_book/"), encoding="utf-8")
    issues = [issue.rule for issue in validating.validate(desk.session("2026-11-22 10:00")).issues]
    assert "seal.broken" in issues


def test_a_record_that_is_gone_makes_it_stale(desk: Desk) -> None:
    row = desk.load("RP-20261122-A002")
    desk.git("rm", "-q", row.path)
    desk.git("-c", "user.name=x", "-c", "user.email=x@x", "commit", "-q", "-m", "gone")
    assert seal(desk).stale == ("repair/RP-20261122-A002",)


def test_the_evening_was_sealed_from_the_beginning_of_the_shift(handed: Desk) -> None:
    rows = handed.load(EVENING).state.fields["sealed"]
    assert isinstance(rows, list)
    # No handover came before it: its own log, and what the shift wrote.
    assert [row["record"] for row in rows if isinstance(row, dict)] == ["duty_log/DL-20261121-A001", f"night_log/{LOG}"]


# -- what nobody took over ------------------------------------------------------------------------


def test_an_unacknowledged_handover_is_overdue_to_the_supervisor(evening: Desk) -> None:
    def late(now: str) -> list[tuple[str, str, int]]:
        return [one for one in evening.overdue("handover", now=now) if one[1] == "acknowledge"]

    assert late("2026-11-21 17:30") == []
    assert late("2026-11-21 17:50") == [(EVENING, "acknowledge", 20 * 60)]
    session = evening.session("2026-11-21 17:50")
    (shift,) = shifts.shift_on(session, None, None)
    book = shifts.book_of(session, shift)
    assert book.incoming is not None
    assert (book.shift.post, book.incoming.id, book.responsible) == ("night_duty", EVENING, "lina")
    (day,) = [one for one in shifts.shift_on(session, session.now.date(), "day") if one.end == shift.start]
    assert shifts.book_of(session, day).responsible == "lina"


def test_taken_over_it_is_overdue_no_more(handed: Desk) -> None:
    assert [one for one in handed.overdue("handover", now="2026-11-22 09:00") if one[1] == "acknowledge"] == []
    session = handed.session("2026-11-22 09:00")
    assert shifts.book_of(session, shifts.shift_on(session, None, "night")[0]).responsible is None


def test_a_late_relief_is_recorded(evening: Desk, tmp_path: Path) -> None:
    desk = evening.copy(tmp_path / "book")
    taken = handing.accept(desk.session("2026-11-21 17:50"), words=["arrived_at=17:42"], by="sun")
    assert (taken.arrival.state, taken.arrival.minutes) == ("late", 12)
    assert "handover.early" in codes(taken.written.warnings)


def test_only_the_relief_takes_over_and_nobody_from_himself(evening: Desk, tmp_path: Path) -> None:
    desk = evening.copy(tmp_path / "book")
    for by in ("lina", "zhou", "boss"):
        with pytest.raises(Refused):
            handing.accept(desk.session("2026-11-21 17:30"), by=by)
    with pytest.raises(Refused) as caught:
        handing.hand_over(desk.session("2026-11-21 17:20"), "lina", by="lina")
    assert "handover.two_people" in {rule for rule, _ in refused(caught)}


def test_given_back_put_right_and_taken_over(evening: Desk, tmp_path: Path) -> None:
    desk = evening.copy(tmp_path / "book")
    with pytest.raises(Refused) as caught:
        handing.refuse(desk.session("2026-11-21 17:25"), reason=None, by="sun")
    assert ("step.reason", "reason") in refused(caught)
    back = handing.refuse(desk.session("2026-11-21 17:25"), reason="台面没有清洁", by="sun", words=["clean_ok=false"])
    assert back.state.status == "refused"
    with pytest.raises(Refused) as caught:
        handing.accept(desk.session("2026-11-21 17:26"), by="sun")
    assert refused(caught) == [("shift.nothing-to-accept", "id")]
    again = handing.fix(desk.session("2026-11-21 17:28"), by="lina")
    assert (again.state.status, again.state.fields["clean_ok"]) == ("prepared", "true")
    taken = handing.accept(desk.session("2026-11-21 17:30"), by="sun")
    assert taken.written.state.status == "accepted"


def test_a_missing_tool_has_a_name(evening: Desk, tmp_path: Path) -> None:
    desk = evening.copy(tmp_path / "book")
    with pytest.raises(Refused) as caught:
        handing.accept(desk.session("2026-11-21 17:30"), words=["tools.1.actual=3"], by="sun")
    assert {rule for rule, _ in refused(caught)} == {"handover.tool_liable", "handover.tool_liable_who"}
    words = ["tools.1.actual=3", "tools.1.why=lost", "tools.1.liable=lina"]
    taken = handing.accept(desk.session("2026-11-21 17:30"), words=words, by="sun")
    rows = taken.written.state.fields["tools"]
    assert isinstance(rows, list)
    assert rows[0] == {"item": "对讲机", "expected": "4", "actual": "3", "why": "lost", "liable": "lina"}


def test_keys_that_are_late_and_matters_still_open_go_along(handed: Desk, tmp_path: Path) -> None:
    desk = handed.copy(tmp_path / "book")
    desk.add(
        "key_checkout", "key=K-3-502", "borrower=丁师傅", "purpose=检修", "due_at=2026-11-22 12:00",
        now="2026-11-22 10:00",
    )  # fmt: skip
    log = "DL-20261122-A001"
    desk.step(
        log, "note", "entries+={kind: inquiry, content: 问装修, open: true, why_open: 等主管}", now="2026-11-22 15:00"
    )
    found = gathered(desk, "2026-11-22 17:10", "lina")
    assert [(one.record, one.late) for one in found.out] == [("KC-20261122-A001", True)]
    assert [(one.text, one.record) for one in found.matters][:1] == [("问装修", None)]
    assert {one.record for one in found.matters} == {
        None, "RP-20261122-A001", "RP-20261122-A002", "CP-20261122-A001", "KC-20261122-A001",
    }  # fmt: skip
    shifts.sign_on(desk.session("2026-11-22 17:12"), by="sun")
    handing.hand_over(desk.session("2026-11-22 17:15"), "sun", by="lina", done=[1])
    with pytest.raises(Refused) as caught:  # what the log says is open must stand there
        handing.accept(desk.session("2026-11-22 17:30"), words=["open_items=[]"], by="sun")
    assert "handover.all_open" in {rule for rule, _ in refused(caught)}
    taken = handing.accept(desk.session("2026-11-22 17:30"), by="sun")
    rows = taken.written.state.fields["open_items"]
    assert isinstance(rows, list)
    assert rows[-1] == {"text": "问装修", "why": "等主管"}
    assert codes(taken.written.warnings) == []


def test_a_site_names_its_tools(tmp_path: Path) -> None:
    desk = furnish(make_book(tmp_path / "book", settings={"shifts": {"tools": {"对讲机": "2"}}}))
    shifts.sign_on(desk.session("2026-11-21 08:14"), by="lina")
    written = handing.hand_over(desk.session("2026-11-21 17:16"), "sun", by="lina")
    assert written.state.fields["tools"] == [{"item": "对讲机", "expected": "2", "actual": "2", "why": "ok"}]
