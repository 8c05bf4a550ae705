"""Corrections, cancelled records, closed gaps, signatures."""

from __future__ import annotations

import pytest

from logbook.core.errors import Refused
from logbook.operations import opening
from logbook.operations.sign import is_stale
from logbook.operations.sign import sign
from logbook.operations.void import void
from tests.operations.desk import Desk
from tests.operations.desk import codes
from tests.operations.desk import refused

CP = "CP-20261122-A001"


def stale(desk: Desk, record: str) -> list[bool]:
    loaded = desk.load(record)
    return [is_stale(loaded.form, loaded.record, one) for one in loaded.record.signatures]


def test_a_value_entered_at_the_start_is_corrected_in_place(desk: Desk) -> None:
    written = desk.add("complaint", "name=张三", "summary=漏水")
    desk.amend(CP, "summary=厨房漏水", "等级=重要", reason="听错了", now="2026-11-22 11:00")
    text = desk.text(written)
    assert "summary: 厨房漏水\n" in text
    assert text.endswith(
        "amendments:\n"
        "- at: 2026-11-22T11:00:00+08:00\n"
        "  by: lina\n"
        "  field: summary\n"
        "  from: 漏水\n"
        "  to: 厨房漏水\n"
        "  reason: 听错了\n"
        "- at: 2026-11-22T11:00:00+08:00\n"
        "  by: lina\n"
        "  field: level\n"
        "  from: minor\n"
        "  to: important\n"
        "  reason: 听错了\n"
    )
    assert text.count("step:") == 1
    assert desk.git("log", "-1", "--format=%s").strip() == f"{CP} amend: 厨房漏水"
    assert desk.load(CP).state.fields["level"] == "important"
    assert desk.list("complaint", "level:minor", now="2026-11-22 10:59") == [CP]
    assert desk.list("complaint", "level:minor", now="2026-11-22 11:01") == []


def test_a_value_set_by_an_event_is_corrected_by_an_event(desk: Desk) -> None:
    desk.add("complaint", "name=张三", "summary=漏水")
    desk.step(CP, "reply", "reply=明天来", now="2026-11-22 10:00")
    written = desk.amend(CP, "reply=后天来", reason="记错", now="2026-11-22 12:00")
    assert [event.set for event in written.record.events] == [{}, {"reply": "明天来"}, {"reply": "后天来"}]
    assert written.record.events[-1].step == "amend"
    (amendment,) = written.record.amendments
    assert (amendment.field, amendment.old, amendment.new) == ("reply", "明天来", "后天来")
    assert written.state.fields["reply"] == "后天来"
    assert "reply" not in written.record.fields


def test_one_cell_of_a_list(desk: Desk) -> None:
    desk.add("complaint", "name=张三", "summary=漏水", "plans=[{plan: 换管, cost: '12'}, {plan: 补漆}]")
    written = desk.amend(CP, "plans.1.cost=120")
    assert written.record.fields["plans"] == [{"plan": "换管", "cost": "120"}, {"plan": "补漆", "cost": "0"}]
    assert [(a.field, a.old, a.new) for a in written.record.amendments] == [("plans.1.cost", "12", "120")]
    row = desk.amend(CP, "plans+={plan: 赔偿}")
    assert [(a.field, len(a.old or []), len(a.new or [])) for a in row.record.amendments[1:]] == [("plans", 2, 3)]
    cells = desk.add("duty_log", "entries+={content: 甲}").record.id
    desk.step(cells, "note", "entries+={content: 乙}")
    fixed = desk.amend(cells, "entries.1.content=丙", "entries.2.content=丁")
    assert [row["content"] for row in fixed.state.fields["entries"]] == ["丙", "丁"]


def test_the_moment_it_happened_is_corrected(desk: Desk) -> None:
    written = desk.add("complaint", "name=张三", "summary=漏水", "level=important", now="2026-11-22 09:35")
    moved = desk.amend(CP, "投诉时间=08:00", "happened_at=08:00", reason="来电记录显示", now="2026-11-22 10:00")
    assert (moved.path, moved.record.at) == (written.path, "2026-11-22T08:00:00+08:00")
    assert moved.record.events[0].at == "2026-11-22T09:35:00+08:00"
    assert [(a.field, a.old, a.new) for a in moved.record.amendments] == [
        ("happened_at", "2026-11-22T09:35:00+08:00", "2026-11-22T08:00:00+08:00"),
        ("at", "2026-11-22T09:35:00+08:00", "2026-11-22T08:00:00+08:00"),
    ]
    assert (CP, "forward", 3600) in desk.overdue(now="2026-11-22 10:00")
    with pytest.raises(Refused) as caught:
        desk.amend(CP, "at=2026-11-22 23:00", now="2026-11-22 10:00")
    assert ("record.future", "at") in refused(caught)


def test_amendments_that_are_none(desk: Desk) -> None:
    desk.add("complaint", "name=张三", "summary=漏水")
    for words, reason, expected in (
        (["summary=渗水"], " ", [("record.needs-reason", "reason")]),
        ([], "x", [("record.nothing-changed", None)]),
        (["summary=漏水"], "x", [("record.amend-same", "summary")]),
        (["sumary=漏水"], "x", [("field.unknown-did-you-mean", "sumary")]),
        (["forwarded_at=10:00"], "x", [("record.amend-event-moment", "forward.at")]),
        (["level=大", "side=小"], None, [("field.choice", "level"), ("field.choice", "side"), ("record.needs-reason", "reason")]),
        (["summary="], "x", [("field.required", "summary")]),
    ):
        before = desk.head
        with pytest.raises(Refused) as caught:
            desk.amend(CP, *words, reason=reason)
        assert refused(caught) == expected
        assert desk.head == before


def test_an_approved_amendment(desk: Desk) -> None:
    desk.add("complaint", "name=张三", "summary=漏水")
    written = desk.amend(CP, "level=major", approved_by="王强")
    assert written.record.amendments[0].approved_by == "wang"


def test_a_void_record_stays_with_its_number_and_stops_its_clocks(desk: Desk) -> None:
    desk.add("complaint", "name=张三", "summary=漏水", "level=important")
    assert len(desk.overdue(now="2026-11-30")) == 2
    with pytest.raises(Refused) as caught:
        desk.void(CP, reason="")
    assert refused(caught) == [("record.needs-reason", "reason")]
    written = desk.void(CP, "重复登记", now="2026-11-22 09:50")
    assert (written.state.status, written.state.voided) == ("voided", True)
    assert desk.text(written).endswith(
        "- at: 2026-11-22T09:50:00+08:00\n  by: lina\n  step: void\n  reason: 重复登记\n"
    )
    assert desk.overdue(now="2026-11-30") == []
    assert desk.list("complaint", "is:void", now="2026-11-22 09:51") == [CP]
    for again in (
        lambda: desk.void(CP),
        lambda: desk.step(CP, "reply", "reply=x"),
        lambda: desk.amend(CP, "summary=x"),
        lambda: desk.sign(CP, "heard"),
    ):
        with pytest.raises(Refused) as caught:
            again()
        assert codes(caught.value.issues)[0] in ("record.voided", "step.voided")
    assert desk.add("complaint", "name=张三", "summary=漏水").record.id == "CP-20261122-A002"


def test_a_form_with_a_state_of_that_name(desk: Desk) -> None:
    """The step 作废 of the key register is not the cancelling of the entry (rulings 13)."""
    replaced = desk.step("K-pump", "void", by="zhao")
    assert (replaced.state.status, replaced.state.voided, replaced.record.events[-1].step) == ("void", False, "void")
    assert desk.list("key", "is:void") == []
    cancelled = desk.void("K-3-502")
    assert (cancelled.state.status, cancelled.record.events[-1].step) == ("voided", "voided")
    assert desk.list("key", "is:void") == ["K-3-502"]


def test_a_missing_number_is_accounted_for(desk: Desk) -> None:
    for n in (1, 2, 3):
        desk.add("complaint", "name=张三", f"summary=第{n}件")
    desk.git("-c", "user.name=x", "-c", "user.email=x@x", "rm", "-q", "records/complaint/2026/11/CP-20261122-A002.yaml")
    desk.git("-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qm", "gone")
    with pytest.raises(Refused) as caught:
        desk.void("CP-20261122-A004")
    assert refused(caught) == [("record.not-found", "id")]
    with pytest.raises(Refused) as caught:
        desk.void("CP-20261122-A002", "")
    assert refused(caught) == [("record.needs-reason", "reason")]
    stub = desk.void("CP-20261122-A002", "写坏的单子", now="2026-11-22 10:00")
    assert (stub.state.status, stub.path) == ("voided", "records/complaint/2026/11/CP-20261122-A002.yaml")
    assert "CP-20261122-A002" not in [record for record, _, _ in desk.overdue(now="2026-12-30")]
    assert desk.clean
    from logbook.operations.validating import validate

    assert [i for i in validate(desk.session()).issues if i.is_error] == []


def test_signatures_by_role_and_step(desk: Desk) -> None:
    desk.add("complaint", "name=张三", "summary=漏水")
    for meaning, by, expected in (
        ("told", "lina", [("record.sign-step", "as")]),
        ("heard", "liu", [("record.sign-role", "by")]),
        ("liked", "lina", [("record.sign-meaning", "as")]),
        ("heard", "zhou", [("field.staff-left", "by")]),
    ):
        with pytest.raises(Refused) as caught:
            desk.sign(CP, meaning, by=by)
        assert refused(caught) == expected
    signed = desk.sign(CP, "登记人", now="2026-11-22 10:00")
    (one,) = signed.record.signatures
    assert (one.by, one.meaning, one.events, one.at, len(one.sha256)) == ("lina", "heard", 1, "2026-11-22T10:00:00+08:00", 64)
    assert desk.git("log", "-1", "--format=%s").strip() == f"{CP} sign: 登记人"
    with pytest.raises(Refused) as caught:
        desk.sign(CP, "heard")
    assert refused(caught) == [("record.signed-already", "as")]


def test_a_customer_signs_with_a_name(desk: Desk) -> None:
    rp = desk.add("repair", "content=灯", "area=hall", now="2026-11-22 09:00").record.id
    desk.step(rp, "finish", "arrived_at=09:05", "work=换灯管", now="2026-11-22 09:30", by="sun")
    desk.step(rp, "accept", "accepted=ok")
    with pytest.raises(Refused) as caught:
        desk.sign(rp, "客户签字")
    assert refused(caught) == [("record.sign-name", "name")]
    signed = desk.sign(rp, "客户签字", name="张三")
    assert (signed.record.signatures[0].by, signed.record.signatures[0].name) == ("lina", "张三")
    assert "张三" not in desk.git("log", "--format=%B")


def test_a_signature_covers_what_stood_there(desk: Desk) -> None:
    desk.add("complaint", "name=张三", "summary=漏水")
    desk.sign(CP, "heard")
    desk.step(CP, "reply", "reply=明天来", now="2026-11-22 10:00")
    assert stale(desk, CP) == [False]
    desk.amend(CP, "demand=快点", reason="补记", now="2026-11-22 10:10")
    assert stale(desk, CP) == [False]
    desk.amend(CP, "reply=后天来", now="2026-11-22 10:20")
    assert stale(desk, CP) == [False]  # that came after the signature
    desk.amend(CP, "summary=厨房漏水", now="2026-11-22 10:30")
    assert stale(desk, CP) == [True]
    desk.sign(CP, "heard", now="2026-11-22 10:40")
    assert stale(desk, CP) == [True, False]


def test_a_signature_covers_the_values_of_events_before_it(desk: Desk) -> None:
    desk.add("complaint", "name=张三", "summary=漏水")
    desk.step(CP, "reply", "reply=明天来", now="2026-11-22 10:00")
    desk.sign(CP, "heard")
    desk.step(CP, "reply", "reply=改为后天来", now="2026-11-22 10:05")
    assert stale(desk, CP) == [True]


def test_a_moved_moment_makes_a_signature_stale(desk: Desk) -> None:
    desk.add("complaint", "name=张三", "summary=漏水")
    desk.sign(CP, "heard")
    desk.amend(CP, "at=08:00", "happened_at=08:00")
    assert stale(desk, CP) == [True]


def test_a_hand_made_change_makes_a_signature_stale(desk: Desk) -> None:
    written = desk.add("complaint", "name=张三", "summary=漏水")
    desk.sign(CP, "heard")
    path = desk.root / written.path
    path.write_text(path.read_text().replace("summary: 漏水", "summary: 没漏"))
    desk.git("-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qam", "by hand")
    assert stale(desk, CP) == [True]


def test_a_cancellation_and_a_signature_have_a_time_of_their_own(desk: Desk) -> None:
    made = desk.add("complaint", "name=王芳", "summary=漏水", at="09:00").record.id
    signed = sign(desk.session(by="lina"), made, "heard", at="09:10").record.signatures[-1]
    assert (signed.at[11:16], signed.recorded is not None) == ("09:10", True)
    ended = void(desk.session(by="lina"), made, reason="重复登记", at="09:30").record.events[-1]
    assert (ended.step, ended.at[11:16], ended.recorded is not None) == ("void", "09:30", True)
    again = desk.add("complaint", "name=王芳", "summary=水管漏水", at="09:00").record.id
    with pytest.raises(Refused) as caught:
        void(desk.session(by="lina"), again, reason="重复登记", at="明天 09:30")
    assert [issue.rule for issue in caught.value.issues] == ["record.future"]


def test_corrections_and_cancellations_need_authority(desk: Desk) -> None:
    with pytest.raises(Refused) as caught:
        desk.amend("lina", "roles=director", reason="升官", by="lina")
    assert ("record.role", "by") in [(issue.rule, issue.field) for issue in caught.value.issues]
    administrator = desk.session().book.settings.administrator
    assert administrator is not None
    with pytest.raises(Refused) as caught:
        void(desk.session(by=administrator), f"staff/{administrator}", reason="走了")
    assert [issue.rule for issue in caught.value.issues] == ["record.administrator"]


def test_a_record_that_cannot_be_read_is_not_replaced_by_a_stub(desk: Desk) -> None:
    written = desk.add("complaint", "name=王芳", "summary=漏水")
    desk.add("complaint", "name=王芳", "summary=门坏")
    (desk.root / written.path).write_bytes(b"garbage\x00\xff")
    desk.git("-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-qam", "broken")
    head = desk.head
    with pytest.raises(Refused):
        void(desk.session(by="lina"), written.record.id, reason="坏了")
    assert desk.head == head


def test_each_side_of_a_handover_is_signed_by_the_one_named(desk: Desk) -> None:
    made = desk.add("handover", "in_person=wang").record.id
    with pytest.raises(Refused) as caught:
        sign(desk.session(by="wang"), made, "handed_over")
    assert [issue.rule for issue in caught.value.issues] == ["record.sign-role"]
    assert sign(desk.session(by="lina"), made, "handed_over").record.signatures[-1].by == "lina"


def test_the_editor_is_no_way_round_authority(desk: Desk) -> None:
    loaded = opening.begin(desk.session(by="lina"), "staff/lina")
    edited = loaded.data.replace(b"roles:\n", b"roles:\n- director\n")
    assert edited != loaded.data
    with pytest.raises(Refused) as caught:
        opening.save(desk.session(by="lina"), loaded, edited, reason="升官")
    assert "record.role" in [issue.rule for issue in caught.value.issues]


def test_what_is_frozen_after_a_step_is_not_corrected_after_it(desk: Desk) -> None:
    made = desk.add("notice", "title=停水", "text=明天停水", "kind=outage", now="2026-11-22 09:00")
    desk.amend(made.record.id, "text=明天上午停水", now="2026-11-22 09:05")
    desk.step(made.record.id, "approve", by="zhao", now="2026-11-22 09:10")
    with pytest.raises(Refused) as caught:
        desk.amend(made.record.id, "text=后天停水", now="2026-11-22 09:20")
    assert "notice.text_frozen" in [rule for rule, _ in refused(caught)]
