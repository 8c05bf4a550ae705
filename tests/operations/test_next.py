"""The next record from the last: a complaint walked from the call to the file, and what goes along."""

from __future__ import annotations

from typing import Any

import pytest

from logbook.core.errors import Refused
from logbook.operations import nexting
from logbook.operations.nexting import Next
from logbook.operations.nexting import Proposal
from tests.operations.desk import NOW
from tests.operations.desk import Desk
from tests.operations.desk import codes
from tests.operations.desk import refused

CP = "CP-20261122-A001"


def propose(desk: Desk, record: str, form: str, *words: str, now: str = NOW, by: str = "lina", **more: Any) -> Proposal:
    return nexting.propose(desk.session(now), record, form, words, by=by, **more)


def follow(desk: Desk, record: str, form: str, *words: str, now: str = NOW, by: str = "lina", **more: Any) -> Next:
    session = desk.session(now)
    return nexting.make(session, nexting.propose(session, record, form, words, by=by, **more))


def after(desk: Desk, record: str, now: str = NOW) -> list[tuple[str, str | None]]:
    """Which form follows, or which step on which record."""
    found = nexting.followers(desk.session(now), desk.load(record, now))
    return [(one.form.name, f"{one.record} {one.step}" if one.record else None) for one in found]


def values(proposal: Proposal, how: str) -> dict[str, Any]:
    return {one.field.id: one.value for one in proposal.filled if one.how == how}


def open_complaint(desk: Desk, *words: str) -> None:
    told = ("name=张三", "phone=13800001111", "room=3-502", "summary=厨房漏水")
    desk.add("complaint", *told, *words, now="2026-11-22 09:00")


def test_a_complaint_from_the_call_to_the_file(desk: Desk) -> None:
    open_complaint(desk, "departments=工程部", "demand=尽快修好")
    assert after(desk, CP) == [("contact_sheet", None)]

    # the sheet: it is about the complaint, takes its demand, and the complaint is assigned along with it
    made = follow(desk, CP, "联系单", "to_dept=工程部", now="2026-11-22 09:10")
    sheet = made.written.record
    assert sheet.id == "CS-20261122-A001"
    assert (sheet.fields["about"], sheet.fields["demand"]) == (CP, "尽快修好")
    assert made.back is not None
    assert (made.back.record.id, made.back.state.status) == (CP, "assigned")
    assert made.back.state.fields["sheets"] == [{"sheet": sheet.id}]
    assert made.open is None
    # one operation: two commits of one record each, one trailer
    log = desk.git("log", "-2", "--format=%s|%(trailers:key=Operation,valueonly,separator=)")
    assert log.splitlines() == [
        f"{CP} assign: 厨房漏水|2026-11-22T09:10:00+08:00 A",
        f"{sheet.id} issue: 工程部 {CP}|2026-11-22T09:10:00+08:00 A".replace("issue", "add"),
    ]
    assert desk.clean

    # the sheet goes on with the complaint that is there, not with another one
    assert after(desk, sheet.id) == [("complaint", f"{CP} handle")]

    # the repair: room, name and phone come from the complaint the sheet is about
    made = follow(desk, sheet.id, "repair", "content=厨房漏水", now="2026-11-22 09:20")
    repair = made.written.record
    assert {name: repair.fields[name] for name in ("room", "name", "phone", "origin", "kind")} == {
        "room": "3-502", "name": "张三", "phone": "13800001111", "origin": "complaint", "kind": "other",
    }  # fmt: skip
    assert (made.back, made.open) == (None, None)

    desk.step(sheet.id, "receive", "to_person=chen", now="2026-11-22 09:50", by="chen")
    desk.step(repair.id, "finish", "arrived_at=10:00", "work=换软管", now="2026-11-22 13:00", by="sun")
    # nearest is where the record came along: registered, then finished
    assert after(desk, repair.id, "2026-11-22 13:00") == [("return_visit", None), ("night_log", None)]
    desk.step(repair.id, "accept", "accepted=ok", now="2026-11-22 13:10")
    made = follow(desk, repair.id, "return_visit", now="2026-11-22 13:20")
    visit = made.written.record
    assert (visit.fields["about"], visit.fields["record"], visit.fields["room"]) == ("repair", repair.id, "3-502")
    assert made.back is not None
    assert (made.back.state.status, made.back.state.fields["visit"]) == ("visited", visit.id)

    desk.step(sheet.id, "reply", "action=已换软管", "contacted_at=10:05", now="2026-11-22 14:00", by="chen")
    desk.step(CP, "handle", "cause=软管老化", "result=已换软管", now="2026-11-22 15:00", by="chen")
    desk.step(CP, "tell", "told_by=phone", now="2026-11-22 16:00")
    assert after(desk, CP, "2026-11-22 16:00") == [("return_visit", None)]
    made = follow(desk, CP, "return_visit", now="2026-11-22 16:10")
    asked = made.written.record.id
    assert made.back is not None and made.back.state.status == "visited"
    # what was found and done is not handed on
    assert "result" not in made.written.record.fields

    desk.step(asked, "visit", "reached=是", "satisfied=满意", "problem=否", now="2026-11-23 10:00")
    assert ("complaint", f"{CP} close") in after(desk, asked, "2026-11-23 10:00")
    assert desk.step(CP, "close", now="2026-11-23 10:20", by="zhao").state.status == "closed"
    assert "complaint" not in [form for form, _ in after(desk, asked, "2026-11-23 11:00")]
    assert desk.clean


def test_where_no_step_can_be_taken_the_way_back_stays_open_with_what_is_lacking(desk: Desk) -> None:
    open_complaint(desk)
    made = follow(desk, CP, "contact_sheet", "to_dept=工程部", "demand=查漏点", now="2026-11-22 09:10")
    sheet = made.written.record.id
    assert made.back is None
    assert made.open is not None
    assert [(issue.rule, issue.field) for issue in made.open.issues] == [
        ("step.requires", "departments"), ("step.requires", "demand"),
    ]  # fmt: skip
    assert desk.load(CP).state.status == "registered"
    assert made.written.warnings == ()
    assert nexting.going_on(desk.load(CP), made.open, sheet) == (
        f"logbook step {CP} assign sheets.sheet={sheet} departments=… demand=…"
    )
    desk.step(CP, "assign", f"sheets.sheet={sheet}", "departments=工程部", "demand=查", now="2026-11-22 09:20")


def test_before_its_state_the_step_is_named_and_not_taken(desk: Desk) -> None:
    open_complaint(desk)
    made = follow(desk, CP, "return_visit", now="2026-11-22 09:10")
    assert made.back is None and made.open is not None
    assert (made.open.step, made.open.issues) == (None, ())
    visit = made.written.record.id
    assert nexting.going_on(desk.load(CP), made.open, visit) == f"logbook step {CP} visit visit={visit}"


def test_what_was_typed_comes_first(desk: Desk) -> None:
    open_complaint(desk)
    proposal = propose(desk, CP, "repair", "content=漏水", "phone=13900000000", "origin=来访")
    assert values(proposal, "typed") == {"content": "漏水", "phone": "13900000000", "origin": "visit"}
    assert values(proposal, "copy") == {"room": "3-502", "name": "张三"}
    assert values(proposal, "link") == {}
    assert values(proposal, "default") == {
        "kind": "other", "in_warranty": "false", "paid": "false", "doer": "own", "labour": "0",
    }  # fmt: skip
    assert {one.source for one in proposal.filled if one.how == "copy"} == {CP}


def test_a_proposal_writes_nothing_and_says_what_is_lacking(desk: Desk) -> None:
    open_complaint(desk)
    before = desk.head
    proposal = propose(desk, CP, "contact_sheet")
    assert desk.head == before and desk.clean
    assert values(proposal, "link") == {"about": CP}
    assert [field.id for field in proposal.missing] == ["to_dept", "demand"]  # the complaint has no demand to take
    assert proposal.follows
    assert proposal.back is not None and proposal.back.step is not None
    assert (proposal.back.field.id, proposal.back.step.id) == ("sheets", "assign")
    with pytest.raises(Refused) as caught:
        follow(desk, CP, "contact_sheet")
    assert refused(caught) == [("field.required", "to_dept"), ("field.required", "demand")]
    assert desk.head == before


def test_a_form_no_workflow_knows_of_may_follow_all_the_same(desk: Desk) -> None:
    open_complaint(desk)
    assert not propose(desk, CP, "repair", "content=x").follows
    assert follow(desk, CP, "repair", "content=x").written.record.fields["name"] == "张三"


def test_a_register_leads_to_what_is_done_with_it(desk: Desk) -> None:
    made = follow(desk, "K-3-502", "key_checkout", "borrower=孙师傅", "purpose=检修")
    assert made.written.record.fields["key"] == "K-3-502"
    assert (made.back, made.open) == (None, None)


def test_a_call_in_the_log_becomes_a_repair(desk: Desk) -> None:
    """The row that waits for a record is filled where it stands, and hands on what it says."""
    row = "{how: call, kind: repair, who: 张三, phone: 13800001111, room: 3-502, content: 厨房漏水}"
    log = desk.add("duty_log", f"entries+={row}", now="2026-11-22 08:30").record.id
    proposal = propose(desk, log, "repair")
    assert values(proposal, "copy") == {"phone": "13800001111", "room": "3-502", "content": "厨房漏水"}
    assert proposal.back is not None and proposal.back.step is not None
    assert (proposal.back.path, proposal.back.step.id) == ("entries.1.record", "note")
    made = follow(desk, log, "repair")
    assert made.back is not None, made.open
    entries = made.back.state.fields["entries"]
    assert isinstance(entries, list) and isinstance(entries[0], dict)
    assert (len(entries), entries[0]["record"]) == (1, made.written.record.id)
    # that row is done with: another one begins
    back = propose(desk, log, "repair", "content=灯不亮").back
    assert back is not None and back.path == "entries+"


def test_the_hour_and_the_reason_go_to_both(desk: Desk) -> None:
    open_complaint(desk, "departments=工程部", "demand=尽快修好")
    made = follow(
        desk, CP, "contact_sheet", "to_dept=工程部", now="2026-11-22 12:30", at="09:30", reason="断网补记"
    )
    assert made.back is not None
    taken = made.back.record.events[-1]
    assert (made.written.record.at, taken.at) == ("2026-11-22T09:30:00+08:00",) * 2
    assert (made.written.record.events[0].reason, taken.reason) == ("断网补记", "断网补记")
    assert codes(made.written.warnings) == []


def test_what_cannot_be_followed(desk: Desk) -> None:
    open_complaint(desk)
    with pytest.raises(Refused) as caught:
        propose(desk, "CP-20261122-A009", "repair")
    assert refused(caught) == [("record.not-found", "id")]
    with pytest.raises(Refused) as caught:
        propose(desk, CP, "repiar")
    assert [code for code, _ in refused(caught)] == ["form.unknown-form"]
    desk.void(CP)
    with pytest.raises(Refused) as caught:
        propose(desk, CP, "repair")
    assert refused(caught) == [("next.voided", "id")]
    assert after(desk, CP) == []


def test_a_form_opens_others_under_a_condition(desk: Desk) -> None:
    path = desk.root / "templates/core/complaint.yaml"
    text = path.read_text(encoding="utf-8")
    first = "by: [cs_officer, front_desk]"
    assert text.count(f"to: registered, {first}") == 1
    opens = f"{first}, opens: {{repair: level is major, inquiry: kind is opinion, contact_sheet: }}"
    start, _, rest = text.partition(f"to: registered, {first}")
    rest = rest.partition("}")[2]
    path.write_text(f"{start}to: registered, {opens}}}{rest}", encoding="utf-8")
    assert desk.session().library_issues == []
    open_complaint(desk)
    assert after(desk, CP) == [("contact_sheet", None)]
    desk.add("complaint", "name=李四", "summary=电梯困人", "level=major", "kind=意见", now="2026-11-22 09:05")
    assert after(desk, "CP-20261122-A002") == [("repair", None), ("inquiry", None), ("contact_sheet", None)]
    found = nexting.followers(desk.session(), desk.load("CP-20261122-A002"))
    assert [one.by for one in found] == [("opens",), ("opens",), ("opens", "wf_complaint")]
    # what the step itself opens need not wait for what the workflow has in between
    assert found[-1].before == ()
