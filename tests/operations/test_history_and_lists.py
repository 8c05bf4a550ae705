"""Looking back: who changed what, which records there are, what was late at a moment."""

from __future__ import annotations

from datetime import timedelta

import pytest

from logbook.core.errors import Refused
from logbook.operations.history import history
from tests.operations.desk import Desk
from tests.operations.desk import refused

CP = "CP-20261122-A001"


def test_history_names_every_change(desk: Desk) -> None:
    desk.add("complaint", "name=张三", "summary=漏水", now="2026-11-22 09:35")
    desk.step(CP, "reply", "reply=明天来修", at="09:50", now="2026-11-22 10:00")
    desk.amend(CP, "summary=厨房漏水", reason="听错了", now="2026-11-22 10:10")
    desk.sign(CP, "heard", now="2026-11-22 10:20")
    form, entries = history(desk.session("2026-11-22 11:00"), CP)
    assert form is not None and form.name == "complaint"
    assert [(e.at.strftime("%H:%M"), e.author, e.committer, e.by, e.action, e.reason) for e in entries] == [
        ("09:35", "李娜", "前台 A", "lina", "add", None),
        ("10:00", "李娜", "前台 A", "lina", "reply", None),
        ("10:10", "李娜", "前台 A", "lina", "amend", "听错了"),
        ("10:20", "李娜", "前台 A", "lina", "sign", None),
    ]
    changes = [[(c.field, c.old, c.new) for c in entry.changes] for entry in entries]
    assert ("status", None, "registered") in changes[0]
    assert ("summary", None, "漏水") in changes[0]
    assert changes[1:] == [
        [("reply", None, "明天来修"), ("replied_at", None, "2026-11-22T09:50:00+08:00")],
        [("summary", "漏水", "厨房漏水")],
        [("signatures", None, "heard lina")],
    ]
    assert entries[1].happened == "2026-11-22T09:50:00+08:00"


def test_lists(desk: Desk) -> None:
    desk.add("complaint", "name=张三", "summary=厨房漏水", "level=major", "room=3-502", now="2026-11-20 09:00")
    desk.add("complaint", "name=李四", "summary=噪音", now="2026-11-21 09:00")
    desk.add("repair", "content=灯不亮", "room=3-602", now="2026-11-22 09:00")
    assert desk.list() == ["CP-20261120-A001", "CP-20261121-A001", "RP-20261122-A001"]
    assert desk.list("complaint") == ["CP-20261120-A001", "CP-20261121-A001"]
    assert desk.list("投诉", "等级:重大") == ["CP-20261120-A001"]
    assert desk.list("漏水") == ["CP-20261120-A001"]
    assert desk.list("room:3-*") == ["CP-20261120-A001", "RP-20261122-A001"]
    assert desk.list("at:2026-11-21") == ["CP-20261121-A001"]
    assert desk.list("complaint", sort=["-at"], limit=1) == ["CP-20261121-A001"]
    assert desk.list(since="2026-11-21", until="2026-11-21") == ["CP-20261121-A001"]
    assert desk.list("form:key") == ["K-3-502", "K-pump"]
    assert desk.list("room") == ["3-502", "3-602"]
    with pytest.raises(Refused) as caught:
        desk.list("complaint", since="neulich")
    assert refused(caught) == [("book.bad-range", "since")]
    with pytest.raises(Refused) as caught:
        desk.list("complaint", "levl:major", "level:huge")
    assert len(caught.value.issues) == 2


def test_a_list_of_the_past(desk: Desk) -> None:
    desk.add("complaint", "name=张三", "summary=漏水", now="2026-11-22 09:35")
    desk.step(CP, "forward", "forwarded_to=director", now="2026-11-22 10:00")
    assert desk.list("complaint", "status:registered", now="2026-11-22 09:40") == [CP]
    assert desk.list("complaint", now="2026-11-22 09:00") == []
    assert desk.list("complaint", "status:forwarded", now="2026-11-22 10:00") == [CP]


def test_overdue_strictly_after_due_and_soon(desk: Desk) -> None:
    desk.add("complaint", "name=张三", "summary=漏水", "level=important", now="2026-11-22 09:00")
    assert desk.overdue(now="2026-11-22 10:00:00") == []
    assert desk.overdue(now="2026-11-22 10:00:01") == [(CP, "forward", 1)]
    assert desk.overdue(now="2026-11-22 09:30", soon=timedelta(hours=1)) == [(CP, "forward", 0)]
    assert desk.overdue("level:major", now="2026-11-23") == []
    assert desk.overdue("投诉", "level:important", now="2026-11-23") == [(CP, "forward", 14 * 3600)]
    # stopped later: at that moment it was still running
    desk.step(CP, "forward", "forwarded_to=director", now="2026-11-22 11:00")
    assert desk.overdue(now="2026-11-22 10:30") == [(CP, "forward", 1800)]
    assert desk.overdue(now="2026-11-22 11:00") == []


def test_history_of_what_was_brought_in_and_cancelled(desk: Desk) -> None:
    from logbook.operations.importing import Plan
    from logbook.operations.importing import read_source
    from logbook.operations.importing import run

    source = read_source("旧账.csv", "编号,姓名,内容摘要,客户姓名\n7,x,漏水,张三\n8,x,噪音,李四\n".encode())
    run(desk.session(by="lina"), "complaint", source, Plan(key="编号"))
    desk.void(CP, "已在别处登记", now="2026-11-23 09:00")
    entries = history(desk.session("2026-11-23 10:00"), CP)[1]
    assert [(e.action, e.by, e.reason, e.subject) for e in entries] == [
        ("import", "lina", None, "complaint import: 2 条 旧账.csv"),
        ("void", "lina", "已在别处登记", f"{CP} void: 漏水"),
    ]
    assert ("status", "registered", "voided") in [(c.field, c.old, c.new) for c in entries[1].changes]


def test_a_changed_row_is_told_by_its_cells_and_a_pause_by_what_it_says(desk: Desk) -> None:
    desk.add("complaint", "name=张三", "summary=漏水", now="2026-11-22 09:35")
    desk.step(CP, "pause", "until=2026-11-23 09:00", "why=waiting_customer", now="2026-11-22 09:40")
    log = desk.add("duty_log", "entries+={content: 缴费咨询}", "entries+={content: 借伞}", now="2026-11-22 10:00").record.id
    desk.amend(log, "entries.2.content=借伞两把", reason="数错了", now="2026-11-22 10:10")
    entries = history(desk.session("2026-11-22 11:00"), CP)[1]
    assert [(c.field, c.new) for c in entries[1].changes] == [
        ("pause.until", "2026-11-23T09:00:00+08:00"), ("pause.why", "waiting_customer"),
    ]  # fmt: skip
    form, entries = history(desk.session("2026-11-22 11:00"), log)
    assert form is not None
    (change,) = entries[1].changes
    assert change.field == "entries"
    assert [(part.field, part.old, part.new) for part in change.inside] == [("entries.2.content", "借伞", "借伞两把")]
    added = next(one for one in entries[0].changes if one.field == "entries")
    assert [part.field for part in added.inside] == ["entries.1", "entries.2"]


def test_a_late_entry_shows_all_its_times(desk: Desk) -> None:
    desk.add("complaint", "name=张三", "summary=漏水", now="2026-11-22 09:35")
    desk.step(CP, "reply", "reply=明天来修", at="09:50", now="2026-11-22 10:00")
    entry = history(desk.session("2026-11-22 11:00"), CP)[1][1]
    assert (entry.happened, entry.recorded) == ("2026-11-22T09:50:00+08:00", "2026-11-22T10:00:00+08:00")
    assert entry.committed is not None and entry.committed == entry.at
