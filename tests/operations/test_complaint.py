"""A complaint from the call to the file, with every refusal met on the way."""

from __future__ import annotations

import pytest

from logbook.core.errors import Refused
from tests.operations.desk import Desk
from tests.operations.desk import codes
from tests.operations.desk import refused

CP = "CP-20261122-A001"


def refuse(desk: Desk, record: str, step: str, *words: str, now: str, **more: object) -> list[tuple[str, str | None]]:
    """What a step is refused for; the book stays as it was."""
    before = desk.head
    with pytest.raises(Refused) as caught:
        desk.step(record, step, *words, now=now, **more)
    assert desk.head == before
    assert desk.clean
    return refused(caught)


def test_an_important_complaint_all_the_way(desk: Desk) -> None:
    desk.add("complaint", "name=张三", "summary=厨房漏水", "level=important", "room=3-502", "harm=是", now="2026-11-22 09:00")
    assert desk.overdue(now="2026-11-22 10:00") == []
    assert desk.overdue(now="2026-11-22 10:01") == [(CP, "forward", 60)]

    # every problem of a step at once
    assert refuse(desk, CP, "assign", now="2026-11-22 09:10") == [
        ("step.requires", "departments"), ("step.requires", "demand"), ("step.requires", "sheets"),
    ]  # fmt: skip
    assert refuse(desk, CP, "forward", now="2026-11-22 09:10") == [("step.requires", "forwarded_to")]
    assert refuse(desk, CP, "forward", "转呈=主任", now="2026-11-22 09:10") == [("field.choice", "forwarded_to")]
    assert refuse(desk, CP, "forward", "转呈=部门主管", now="2026-11-22 09:10", by="liu") == [("step.role", "by")]
    assert refuse(desk, CP, "close", now="2026-11-22 09:10") == [("step.not-allowed", "step")]
    assert refuse(desk, CP, "forwrad", now="2026-11-22 09:10") == [("step.unknown", "step")]
    assert refuse(desk, CP, "forward", "转呈=部门主管", now="2026-11-22 09:10", at="08:59") == [("record.before-start", "at")]

    forwarded = desk.step(CP, "转呈", "转呈=部门主管", "forwarded_at=09:30", now="2026-11-22 09:30")
    assert (forwarded.state.status, forwarded.state.fields["forwarded_at"]) == ("forwarded", "2026-11-22T09:30:00+08:00")
    assert desk.overdue(now="2026-11-22 12:00") == []

    sheet = desk.add("contact_sheet", f"about={CP}", "to_dept=工程部", "demand=查漏点并修好", now="2026-11-22 09:40").record.id
    words = ("departments=工程部", "demand=尽快修好", f"sheets={sheet}")
    assert refuse(desk, CP, "assign", *words, now="2026-11-22 09:45") == [("complaint.harm_first", "harm_stopped_at")]
    late = ("harm_stopped_at=09:42", *words)
    assert [code for code, _ in refuse(desk, CP, "assign", *late, now="2026-11-22 09:45")] == ["complaint.harm_before_sheet"]
    desk.step(CP, "assign", "harm_stopped_at=09:35", *words, now="2026-11-22 09:45")

    handled = ("cause=软管老化", "result=已更换软管", "delay_explained_at=09:40", "plans+={plan: 换软管}")
    assert [code for code, _ in refuse(desk, CP, "handle", *handled, now="2026-11-22 15:00", by="chen")] == [
        "complaint.sheet_each"
    ]
    assert refuse(desk, sheet, "receive", now="2026-11-22 09:50", by="chen") == [("step.requires", "to_person")]
    desk.step(sheet, "receive", "to_person=陈工", now="2026-11-22 09:50", by="chen")
    assert [code for code, _ in refuse(desk, sheet, "reply", "action=已换软管", now="2026-11-22 14:00", by="chen")] == [
        "contact_sheet.first_contact"
    ]
    desk.step(sheet, "reply", "action=已换软管", "contacted_at=10:05", now="2026-11-22 14:00", by="chen")
    done = desk.step(CP, "handle", *handled, now="2026-11-22 15:00", by="chen")
    assert codes(done.warnings) == []
    assert desk.git("log", "-1", "--format=%an: %s").strip() == f"陈工: {CP} handle: 软管老化"

    assert desk.overdue(now="2026-11-23 00:00") == []
    assert desk.overdue(now="2026-11-23 00:00:01") == [(CP, "tell", 1)]
    assert refuse(desk, CP, "tell", now="2026-11-22 16:00") == [("step.requires", "told_by")]
    desk.step(CP, "tell", "told_by=phone", now="2026-11-22 16:00")

    assert refuse(desk, CP, "visit", now="2026-11-23 10:00") == [("step.requires", "visit")]
    visit = desk.add("return_visit", "about=complaint", f"record={CP}", now="2026-11-23 10:00").record.id
    desk.step(CP, "visit", f"visit={visit}", now="2026-11-23 10:05")
    assert [code for code, _ in refuse(desk, CP, "close", now="2026-11-23 10:10", by="zhao")] == [
        "complaint.close_after_visit"
    ]
    asked = ("reached=是", "satisfied=不满意", "problem=是")
    assert refuse(desk, visit, "visit", *asked, now="2026-11-23 11:00") == [
        ("return_visit.problem_passed", "findings"), ("return_visit.unsatisfied", "next_on"),
    ]  # fmt: skip
    desk.step(
        visit, "visit", *asked, "findings=还在滴水", "passed_to=chen", "passed_at=11:00", "next_on=2026-11-25",
        now="2026-11-23 11:00",
    )  # fmt: skip
    assert [code for code, _ in refuse(desk, CP, "close", now="2026-11-23 11:10", by="zhao")] == ["complaint.again"]

    # once more
    assert refuse(desk, CP, "reopen", now="2026-11-23 11:20") == [("step.reason", "reason")]
    again = desk.step(CP, "reopen", now="2026-11-23 11:20", reason="回访仍滴水")
    assert (again.state.status, again.state.fields["round"]) == ("assigned", "2")
    assert [code for code, _ in refuse(desk, CP, "handle", "result=又修", now="2026-11-23 15:00", by="chen")] == [
        "complaint.sheet_each"
    ]
    second = desk.add("contact_sheet", f"about={CP}", "to_dept=工程部", "demand=彻底修好", "round=2", now="2026-11-23 11:30")
    desk.step(second.record.id, "receive", "to_person=chen", now="2026-11-23 11:40", by="chen")
    desk.step(second.record.id, "reply", "action=换总阀", "contacted_at=12:00", now="2026-11-23 14:00", by="chen")
    desk.step(CP, "handle", "result=换了总阀", now="2026-11-23 15:00", by="chen")
    desk.step(CP, "tell", "told_by=home", now="2026-11-23 16:00")
    other = desk.add("return_visit", "about=complaint", f"record={CP}", now="2026-11-24 09:00").record.id
    desk.step(other, "visit", "reached=是", "satisfied=满意", "problem=否", now="2026-11-24 10:00")
    desk.step(CP, "visit", f"visit={other}", now="2026-11-24 10:10")
    closed = desk.step(CP, "整理归档", now="2026-11-24 10:20", by="赵敏")
    assert (closed.state.status, closed.state.final, closed.state.fields["filed_at"]) == ("closed", True, "2026-11-24")

    assert desk.overdue("complaint", now="2027-01-01") == []
    assert refuse(desk, CP, "tell", now="2026-11-24 11:00")[0] == ("step.not-allowed", "step")
    assert desk.clean
    # the world as it was
    assert [desk.list("complaint", "status:" + state, now=f"2026-11-2{day}") for state, day in
            (("told", "3 10:00"), ("assigned", "3 12:00"), ("closed", "4 11:00"))] == [[CP]] * 3  # fmt: skip


def test_a_major_complaint_goes_to_the_director_who_decides(desk: Desk) -> None:
    desk.add("complaint", "name=张三", "summary=电梯困人", "level=major", now="2026-11-22 09:00")
    assert [code for code, _ in refuse(desk, CP, "forward", "forwarded_to=dept_supervisor", now="2026-11-22 09:10")] == [
        "complaint.right_desk"
    ]
    sheet = desk.add("contact_sheet", f"about={CP}", "to_dept=工程部", "demand=查", now="2026-11-22 09:10").record.id
    words = ("departments=工程部", "demand=查", f"sheets+={{sheet: {sheet}}}")
    assert [code for code, _ in refuse(desk, CP, "assign", *words, now="2026-11-22 09:10")] == ["complaint.right_desk_first"]
    desk.step(CP, "forward", "forwarded_to=director", now="2026-11-22 09:15")
    desk.step(CP, "assign", *words, now="2026-11-22 09:20")
    desk.step(sheet, "receive", "to_person=chen", now="2026-11-22 09:30", by="chen")
    desk.step(sheet, "reply", "action=修好", "contacted_at=09:40", now="2026-11-22 10:00", by="chen")
    done = ("cause=门机故障", "result=已修")
    assert refuse(desk, CP, "handle", *done, now="2026-11-22 11:00", by="chen") == [("complaint.director_decides", "decision")]
    assert refuse(desk, CP, "decide", "decision=停梯检修", now="2026-11-22 11:00", by="chen") == [("step.role", "by")]
    desk.step(CP, "decide", "decision=停梯检修", now="2026-11-22 11:00", by="wang")
    assert desk.step(CP, "handle", *done, now="2026-11-22 11:30", by="chen").state.status == "handled"


def test_clocks_by_level(desk: Desk) -> None:
    """Major: forward the same day, answer in 2 days, handle in 10; important: 1 hour, 3 days; minor: 2 days or as wanted."""
    for n, words in enumerate((["level=major"], ["level=important"], [], ["demanded_by=2026-11-22 18:00"]), 1):
        desk.add("complaint", f"name={n}", f"summary=第{n}件", *words, now="2026-11-22 09:00")
    assert desk.overdue(now="2026-11-22 18:00") == [("CP-20261122-A002", "forward", 8 * 3600)]
    found = desk.overdue(now="2026-12-10 00:00")
    hours = {(record[-1], clock): 18 * 24 - seconds // 3600 for record, clock, seconds in found}
    assert hours == {
        ("1", "forward"): 24, ("1", "answer"): 72, ("1", "resolve"): 11 * 24,
        ("2", "forward"): 10, ("2", "resolve"): 4 * 24, ("3", "resolve"): 3 * 24, ("4", "resolve"): 18,
    }  # fmt: skip
    assert [seconds for _, _, seconds in found] == sorted((s for _, _, s in found), reverse=True)


def test_a_step_taken_late_on_paper_counts_in_its_own_time(desk: Desk) -> None:
    desk.add("complaint", "name=张三", "summary=漏水", "level=important", now="2026-11-22 09:00")
    late = desk.step(CP, "forward", "forwarded_to=director", at="09:50", now="2026-11-22 10:00")
    assert late.record.events[-1].recorded == "2026-11-22T10:00:00+08:00"
    assert desk.overdue(now="2026-11-22 12:00") == []


def test_unknown_keys_and_comments_outlive_a_step(desk: Desk) -> None:
    written = desk.add("complaint", "name=张三", "summary=漏水")
    path = desk.root / written.path
    text = path.read_text().replace("summary: 漏水\n", "summary: 漏水  # 电话里说的\n邮编: '100000'\n")
    path.write_text(text)
    desk.git("-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qam", "by hand")
    desk.step(CP, "reply", "reply=明天来修", now="2026-11-22 10:00")
    assert desk.text(written) == text + (
        "- at: 2026-11-22T10:00:00+08:00\n"
        "  by: lina\n"
        "  step: reply\n"
        "  set:\n"
        "    reply: 明天来修\n"
    )  # fmt: skip


def test_a_step_does_not_touch_a_file_somebody_is_editing(desk: Desk) -> None:
    from logbook.core.errors import BookError

    written = desk.add("complaint", "name=张三", "summary=漏水")
    with (desk.root / written.path).open("a") as file:
        file.write("# 手改\n")
    with pytest.raises(BookError) as caught:
        desk.step(CP, "reply", "reply=明天", now="2026-11-22 10:00")
    assert (caught.value.code, caught.value.exit_code) == ("git.dirty-target", 3)
    assert desk.add("repair", "content=灯").record.id == "RP-20261122-A001"


@pytest.mark.parametrize("word", ["CP-20261122-A009", "complaint/CP-20261122-A009", "nix"])
def test_a_record_that_is_not_there(desk: Desk, word: str) -> None:
    with pytest.raises(Refused) as caught:
        desk.step(word, "reply", "reply=x")
    assert refused(caught) == [("record.not-found", "id")]


def test_a_bare_id_that_two_forms_have(desk: Desk) -> None:
    desk.add("area", "id=3-502", "name=三楼走廊", by="zhao")
    with pytest.raises(Refused) as caught:
        desk.step("3-502", "update", "occupancy=空置")
    assert refused(caught) == [("record.several", "id")]
    assert caught.value.issues[0].args["candidates"] == ["area/3-502", "room/3-502"]
    assert desk.step("room/3-502", "update", "occupancy=空置").state.fields["occupancy"] == "vacant"
    assert desk.step("房号/3-502", "update", "occupancy=vacant", by="lina").state.fields["occupancy"] == "vacant"
