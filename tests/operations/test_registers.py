"""Keys, repairs, handovers, logs and checklists as the desk uses them, one line at a time."""

from __future__ import annotations

import pytest

from logbook.core.errors import Refused
from tests.operations.desk import Desk
from tests.operations.desk import codes
from tests.operations.desk import refused


def rules(caught: pytest.ExceptionInfo[Refused]) -> list[str]:
    return codes(caught.value.issues)


def test_a_key_goes_out_is_extended_and_comes_back(desk: Desk) -> None:
    out = desk.add("key_checkout", "key=K-3-502", "borrower=王师傅", "purpose=检修")
    assert out.record.fields["due_at"] == "2026-11-23T00:00:00+08:00"
    assert (out.state.fields["lender"], out.state.fields["out_at"]) == ("lina", "2026-11-22T09:35:00+08:00")
    with pytest.raises(Refused) as caught:
        desk.add("key_checkout", "key=K-3-502", "borrower=李师傅", "purpose=检修", now="2026-11-22 10:00")
    assert rules(caught) == ["key_checkout.available"]
    assert desk.overdue(now="2026-11-23 00:00:01") == [("KC-20261122-A001", "back", 1)]
    with pytest.raises(Refused) as caught:
        desk.step("KC-20261122-A001", "续借", now="2026-11-22 18:00")
    assert refused(caught) == [("step.requires", "due_at")]
    desk.step("KC-20261122-A001", "续借", "due_at=2026-11-24 18:00", now="2026-11-22 18:00")
    assert desk.overdue(now="2026-11-24 18:00") == []
    assert desk.overdue(now="2026-11-24 18:01") == [("KC-20261122-A001", "back", 60)]
    with pytest.raises(Refused) as caught:
        desk.step("KC-20261122-A001", "归还", now="2026-11-24 09:00")
    assert refused(caught) == [("step.requires", "returned_copies")]
    with pytest.raises(Refused) as caught:
        desk.step("KC-20261122-A001", "归还", "returned_copies=0", now="2026-11-24 09:00")
    assert rules(caught) == ["key_checkout.all_back"]
    back = desk.step("KC-20261122-A001", "return", "归还把数=1", "taken_back_by=boss", now="2026-11-24 09:00")
    assert (back.state.status, back.state.fields["taken_back_by"]) == ("returned", "boss")
    assert back.record.events[-1].extra == {"entered_by": "lina"}
    assert desk.add("key_checkout", "key=K-3-502", "borrower=李师傅", "purpose=检修", now="2026-11-24 09:01")
    assert desk.overdue(now="2026-12-24") == [("KC-20261124-A001", "back", 29 * 86400)]


def test_a_lost_key_is_no_longer_there(desk: Desk) -> None:
    desk.add("key_checkout", "key=K-3-502", "borrower=王师傅", "purpose=检修")
    with pytest.raises(Refused) as caught:
        desk.step("KC-20261122-A001", "lose", now="2026-11-22 17:00")
    assert refused(caught) == [("step.requires", "loss")]
    loss = desk.add("key_loss", "key=K-3-502", "lost_by=王师傅", "how=掉进电梯井", now="2026-11-22 17:00").record.id
    assert desk.step("KC-20261122-A001", "lose", f"loss={loss}", now="2026-11-22 17:01").state.status == "lost"
    with pytest.raises(Refused) as caught:
        desk.add("key_checkout", "key=K-3-502", "borrower=李师傅", "purpose=检修", now="2026-11-23 09:00")
    assert rules(caught) == ["key_checkout.available"]


def test_a_plant_key_needs_somebody_else_who_approves(desk: Desk) -> None:
    words = ("key=K-pump", "borrower=赵敏", "purpose=巡检", "copies=2")
    with pytest.raises(Refused) as caught:
        desk.add("key_checkout", *words)
    assert rules(caught) == ["key_checkout.master_approved"]
    with pytest.raises(Refused) as caught:
        desk.add("key_checkout", *words, approved_by="老王")
    assert refused(caught)[0] == ("field.unknown-staff", "approved_by")
    lent = desk.add("key_checkout", *words, approved_by="王强")
    assert (lent.record.events[0].approved_by, lent.state.fields["approved_by"]) == ("wang", "wang")


def test_three_copies_of_two(desk: Desk) -> None:
    with pytest.raises(Refused) as caught:
        desk.add("key_checkout", "key=K-pump", "borrower=a", "purpose=b", "copies=3", approved_by="wang")
    assert rules(caught) == ["key_checkout.available"]


def test_a_repair_from_the_call_to_the_file(desk: Desk) -> None:
    desk.add("duty_log", now="2026-11-22 08:30")
    rp = desk.add("repair", "content=水龙头漏水", "room=3-502").record.id
    with pytest.raises(Refused) as caught:
        desk.step(rp, "dispatch", "agreed_at=14:00", now="2026-11-22 10:00")
    assert rules(caught) == ["repair.where_home"]
    desk.step(
        rp, "dispatch", "name=张三", "phone=13800000000", "good_time=下午", "agreed_at=14:00", "worker=孙师傅",
        now="2026-11-22 10:00",
    )  # fmt: skip
    with pytest.raises(Refused) as caught:
        desk.step(rp, "finish", "arrived_at=15:10", "work=换垫圈", now="2026-11-22 15:00", by="sun")
    assert rules(caught) == ["repair.order_finish"]
    done = desk.step(rp, "finish", "arrived_at=13:50", "work=换垫圈", now="2026-11-22 15:00", by="sun")
    assert done.state.fields["done_at"] == "2026-11-22T15:00:00+08:00"
    with pytest.raises(Refused) as caught:
        desk.step(rp, "accept", "accepted=还行", now="2026-11-22 15:05")
    assert refused(caught) == [("field.choice", "accepted")]
    desk.step(rp, "accept", "accepted=合格", now="2026-11-22 15:05")
    rv = desk.add("return_visit", f"record={rp}", now="2026-11-23 09:00").record.id
    desk.step(rv, "try", now="2026-11-23 09:10")
    desk.step(rv, "visit", "reached=是", "satisfied=满意", "problem=否", now="2026-11-23 18:00")
    desk.step(rp, "visit", f"visit={rv}", now="2026-11-23 18:01")
    with pytest.raises(Refused) as caught:
        desk.step(rp, "close", now="2026-11-23 18:05")
    assert rules(caught) == ["repair.in_log"]
    desk.step("DL-20261122-A001", "note", f"entries+={{kind: repair, content: 漏水, record: {rp}}}", now="2026-11-22 18:00")
    closed = desk.step(rp, "close", now="2026-11-23 18:05")
    assert closed.state.status == "closed"
    assert desk.overdue("repair", now="2027-01-01") == []


def test_a_return_visit_nobody_made_is_late(desk: Desk) -> None:
    rp = desk.add("repair", "content=灯", "area=hall", now="2026-11-22 09:00").record.id
    desk.step(rp, "finish", "arrived_at=09:30", "work=换灯管", now="2026-11-22 10:00", by="sun")
    assert desk.overdue(now="2026-11-25 00:00") == []
    assert desk.overdue(now="2026-11-25 00:00:01") == [(rp, "visit", 1)]


def test_two_people_hand_over(desk: Desk) -> None:
    with pytest.raises(Refused) as caught:
        desk.add("handover", "in_person=李娜")
    assert rules(caught) == ["handover.two_people"]
    ho = desk.add("handover", "in_person=赵敏", now="2026-11-22 17:00").record.id
    desk.add("duty_log", now="2026-11-22 08:00")
    with pytest.raises(Refused) as caught:
        desk.step(ho, "accept", "clean_ok=否", now="2026-11-22 17:30", by="zhao")
    assert refused(caught) == [
        ("step.requires", "shift_start"), ("step.requires", "arrived_at"), ("step.requires", "log"),
        ("step.requires", "tools"),
    ]  # fmt: skip
    words = ("shift_start=17:30", "arrived_at=17:20", "log=DL-20261122-A001", "tools+={item: 对讲机, expected: 3, actual: 2}")
    with pytest.raises(Refused) as caught:
        desk.step(ho, "accept", *words, now="2026-11-22 17:30", by="zhao")
    assert refused(caught) == [
        ("handover.tool_liable", "tools.1.why"), ("handover.tool_liable_who", "tools.1.liable"), ("handover.early", "arrived_at"),
    ]  # fmt: skip
    done = desk.step(ho, "accept", *words[:3], "tools+={item: 对讲机, expected: 3, actual: 3}", now="2026-11-22 17:30", by="zhao")
    assert codes(done.warnings) == ["handover.early"]
    assert done.state.fields["tools"] == [{"item": "对讲机", "expected": "3", "actual": "3", "why": "ok"}]
    assert done.state.fields["completed_at"] == "2026-11-22T17:30:00+08:00"


def test_a_handover_names_the_repairs_of_the_shift(desk: Desk) -> None:
    first = desk.add("handover", "in_person=lina", now="2026-11-22 08:00", by="zhao").record.id
    desk.add("duty_log", now="2026-11-22 08:00")
    words = ("arrived_at=07:40", "log=DL-20261122-A001", "tools+={item: 手电, expected: 1, actual: 1}")
    desk.step(first, "accept", "shift_start=08:00", *words, now="2026-11-22 08:05")
    rp = desk.add("repair", "content=灯", now="2026-11-22 10:00").record.id
    ho = desk.add("handover", "in_person=zhao", now="2026-11-22 17:00").record.id
    words = ("shift_start=17:30", "arrived_at=17:00", "log=DL-20261122-A001", "tools+={item: 手电, expected: 1, actual: 1}")
    with pytest.raises(Refused) as caught:
        desk.step(ho, "accept", *words, now="2026-11-22 17:20", by="zhao")
    assert rules(caught) == ["handover.all_written"]
    desk.step(ho, "accept", *words, f"written={rp}", now="2026-11-22 17:20", by="zhao")


def test_a_log_grows_by_the_line(desk: Desk) -> None:
    dl = desk.add("duty_log", "entries+={content: 问物业费}", now="2026-11-22 08:30").record.id
    assert dl == "DL-20261122-A001"
    desk.step(dl, "note", "entries+={how: 来访, who: 张三, content: 报修漏水, kind: 报修}", now="2026-11-22 09:00")
    desk.step(dl, "登记", "entries.how=visit", "entries.content=咨询装修", now="2026-11-22 09:10")
    desk.step(dl, "登记", "来电来访.内容=又一件", "来电来访.方式=来函", now="2026-11-22 09:15")
    told = desk.step(dl, "note", "entries.2.told=工程部", "entries.2.told_at=09:20", now="2026-11-22 09:20")
    assert told.record.events[-1].set == {"entries.2.told": "工程部", "entries.2.told_at": "2026-11-22T09:20:00+08:00"}
    assert desk.load(dl).state.fields["entries"] == [
        {"at": "2026-11-22T08:30:00+08:00", "how": "call", "kind": "inquiry", "content": "问物业费"},
        {"at": "2026-11-22T09:00:00+08:00", "how": "visit", "kind": "repair", "who": "张三", "content": "报修漏水",
         "told": "工程部", "told_at": "2026-11-22T09:20:00+08:00"},
        {"at": "2026-11-22T09:10:00+08:00", "how": "visit", "kind": "inquiry", "content": "咨询装修"},
        {"at": "2026-11-22T09:15:00+08:00", "how": "letter", "kind": "inquiry", "content": "又一件"},
    ]  # fmt: skip
    with pytest.raises(Refused) as caught:
        desk.step(dl, "note", "entries.9.told=x", "entries.how=飞鸽", "entries.1.tld=x", now="2026-11-22 09:20")
    assert refused(caught) == [
        ("field.no-row", "entries.9.told"), ("field.unknown-did-you-mean", "entries.1.tld"), ("field.choice", "entries.how"),
    ]  # fmt: skip
    with pytest.raises(Refused) as caught:
        desk.step(dl, "close", now="2026-11-22 17:30")
    assert refused(caught) == [("duty_log.repair_has_order", "entries.2.record")]
    for secret in ("张三",):
        assert secret not in desk.git("log", "--format=%B")


def test_an_empty_log_is_closed_only_when_it_says_so(desk: Desk) -> None:
    dl = desk.add("duty_log", now="2026-11-22 08:30").record.id
    with pytest.raises(Refused) as caught:
        desk.step(dl, "close", now="2026-11-22 17:30")
    assert rules(caught) == ["duty_log.empty"]
    assert desk.step(dl, "close", "nothing=是", now="2026-11-22 17:30").state.status == "closed"


def test_a_night_and_its_leftovers(desk: Desk) -> None:
    nl = desk.add("night_log", now="2026-11-22 18:00", by="sun").record.id
    desk.step(nl, "note", "entries+={content: 灯坏, told_next_day: 是}", now="2026-11-22 23:00", by="sun")
    desk.step(nl, "close", now="2026-11-23 08:30", by="sun")
    assert desk.overdue(now="2026-11-24 00:00:01") == [(nl, "convert_at_handover", 1)]
    with pytest.raises(Refused) as caught:
        desk.step(nl, "convert", now="2026-11-23 09:00")
    assert refused(caught) == [("night_log.leftovers_converted", "entries.1.converted")]
    rp = desk.add("repair", "content=灯坏", "origin=night", now="2026-11-23 09:00").record.id
    desk.step(nl, "convert", f"entries.1.converted={rp}", "entries.1.converted_by=李娜", now="2026-11-23 09:05")
    assert desk.load(nl).state.fields["entries"][0]["converted_by"] == "lina"
    assert desk.overdue(now="2026-11-24 00:00:01") == []


def test_checklist_answers(desk: Desk) -> None:
    ho = desk.add("handover", "in_person=zhao", "checklist.handover_01=pass", "checklist.双签=不合格", "checklist.3=na")
    assert ho.record.fields["checklist"] == {"handover_01": "pass", "handover_05": "fail", "handover_03": "na"}
    whole = desk.add("handover", "in_person=zhao", "checklist=pass", "checklist.handover_03=fail")
    assert whole.record.fields["checklist"] == {
        "handover_01": "pass", "handover_02": "pass", "handover_03": "fail", "handover_04": "pass", "handover_05": "pass",
    }  # fmt: skip
    fixed = desk.step(ho.record.id, "refuse", "checklist.handover_05=pass", reason="未签", by="zhao")
    assert fixed.state.fields["checklist"] == {"handover_01": "pass", "handover_05": "pass", "handover_03": "na"}
    with pytest.raises(Refused) as caught:
        desk.add("handover", "in_person=zhao", "checklist.handover_01=maybe", "checklist.handover_77=pass")
    assert refused(caught) == [
        ("field.verdict", "checklist.handover_01"), ("field.checklist-item", "checklist.handover_77"),
    ]  # fmt: skip


def test_a_round_over_its_points(desk: Desk) -> None:
    pt = desk.add("patrol", "area=route-1", "kind=大厦/巡楼", by="liu", now="2026-11-22 20:00").record.id
    with pytest.raises(Refused) as caught:
        desk.step(pt, "finish", "points=[{area: hall}]", by="liu", now="2026-11-22 20:30")
    assert "patrol.all_points" in rules(caught)


def test_multichoice(desk: Desk) -> None:
    added = desk.add("staff", "id=qian", "name=钱多", "roles=前台,cs_officer", by="hu")
    assert added.record.fields["roles"] == ["front_desk", "cs_officer"]
    more = desk.step("qian", "update", "roles+=安护员", by="hu")
    assert more.state.fields["roles"] == ["front_desk", "cs_officer", "guard"]
    with pytest.raises(Refused) as caught:
        desk.step("qian", "update", "roles=前台,皇帝", by="hu")
    assert refused(caught) == [("field.choice", "roles")]


def test_somebody_leaves(desk: Desk) -> None:
    desk.add("key_checkout", "key=K-3-502", "borrower=刘洋", "purpose=巡逻")
    with pytest.raises(Refused) as caught:
        desk.step("liu", "leave", "left_on=今天", by="hu")
    assert rules(caught) == ["staff.leaver_clear"]
    desk.step("KC-20261122-A001", "return", "returned_copies=1")
    assert desk.step("liu", "leave", "left_on=今天", by="hu").state.fields["left_on"] == "2026-11-22"
    with pytest.raises(Refused) as caught:
        desk.add("patrol", "area=hall", by="liu")
    assert refused(caught) == [("field.staff-left", "by")]


def test_two_areas_of_one_name(desk: Desk) -> None:
    with pytest.raises(Refused) as caught:
        desk.add("area", "id=hall2", "name=大堂", by="zhao")
    assert rules(caught) == ["area.unique_area"]


def test_the_copies_of_a_key_change_by_one_step_only(desk: Desk) -> None:
    assert desk.step("K-3-502", "change", "copies=3").state.fields["copies"] == "3"
    with pytest.raises(Refused) as caught:
        desk.amend("K-3-502", "copies=9")
    assert rules(caught) == ["key.copies_by_record"]


def test_an_extension_after_the_due_moment_is_refused(desk: Desk) -> None:
    made = desk.add("key_checkout", "key=K-3-502", "borrower=李师傅", "purpose=检修", "due_at=12:00").record.id
    in_time = desk.step(made, "extend", "due_at=13:00", now="2026-11-22 11:00")
    assert codes(in_time.warnings) == []
    with pytest.raises(Refused) as refused:
        desk.step(made, "extend", "due_at=18:00", now="2026-11-22 14:00")
    assert codes(refused.value.issues) == ["step.breached"]
