"""Attendance, meetings, action items, conduct checks, rectifications, tasks, notices: each check has a faulty record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from logbook.locale.catalogue import Catalogue
from logbook.operations import overdue as lateness
from logbook.operations.deriving import derived_values
from logbook.store.transaction import Change
from logbook.store.transaction import Commit
from logbook.store.transaction import publish
from tests.operations.desk import START
from tests.operations.desk import TEMPLATES
from tests.operations.desk import Desk
from tests.operations.desk import moment
from tests.templates.findings import said
from tests.templates.findings import told

ZH = Catalogue("zh")
AT = "2026-11-22 10:00"
LATER = "2026-11-22 11:00"
NEXT = "2026-11-23 10:00"


@pytest.fixture(scope="module")
def office_book(furnished_book: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The practice book with two departments, two notice boards and the penalties of the pack office."""
    desk = furnished_book.copy(tmp_path_factory.mktemp("office") / "book")
    name = "templates/office/reward_penalty.yaml"
    penalties = Change(name, (TEMPLATES / "office" / "reward_penalty.yaml").read_bytes())
    made = Commit(
        [penalties], "book: office", ("高总", "boss@staff.logbook"), ("前台 A", "desk-a@desk.logbook"), moment(START)
    )
    publish(desk.session(START).repository, [made])
    for person, department in (("lina", "客服部"), ("zhao", "客服部"), ("sun", "工程部"), ("chen", "工程部")):
        desk.step(person, "update", f"department={department}", by="hu", now=START)
    for board in ("board-1", "board-2"):
        desk.add("area", f"id={board}", f"name={board}", "kind=board", by="zhao", now=START)
    return desk


@pytest.fixture
def desk(office_book: Desk, tmp_path: Path) -> Desk:
    return office_book.copy(tmp_path / "book")


def status(desk: Desk, record: str, now: str = "2026-12-31 00:00") -> str:
    return desk.load(record, now).state.status


# -- tasks ------------------------------------------------------------------------------------


def task(desk: Desk, *words: str, **more: Any) -> str:
    more = {"now": AT, "by": "zhao"} | more
    return desk.add("task", "owner=lina", "content=通知保洁清理大堂", *words, **more).record.id


def test_a_task_from_the_word_to_the_end(desk: Desk) -> None:
    made = task(desk, "due_at=18:00")
    fields = desk.load(made, AT).state.fields
    assert (fields["kind"], fields["given_by"]) == ("order", "zhao")
    assert desk.overdue(now="2026-11-22 18:30") == [(made, "due", 1800)]
    desk.step(made, "done", "result=已清理", now=LATER)
    assert desk.overdue(now="2026-11-22 18:30") == []
    desk.step(made, "confirm", now=LATER, by="zhao")
    assert status(desk, made) == "confirmed"


def test_a_task_without_a_limit_is_never_late_and_may_be_taken_back(desk: Desk) -> None:
    made = task(desk)
    assert desk.overdue(now="2026-12-31 10:00") == []
    desk.step(made, "cancel", now=LATER, by="zhao", reason="改由保洁公司做")
    assert status(desk, made) == "cancelled"


def test_a_task_ends_after_it_began(desk: Desk) -> None:
    assert said(lambda: task(desk, "due_at=09:00")) == [("task.order_due", "完成期限不能早于交办时间")]
    made = task(desk)
    early = said(lambda: desk.step(made, "done", "result=已清理", now=LATER, at="2026-11-22 09:00"))
    assert early == [("record.before-start", "时间 11-22 09:00 早于记录开始的时间 11-22 10:00")]


# -- meetings and action items ----------------------------------------------------------------


def meeting(desk: Desk, *words: str, **more: Any) -> str:
    more = {"now": AT} | more
    usual = {"chair": "zhao", "agenda": "上周报修和投诉情况"} | dict(word.split("=", 1) for word in words)
    return desk.add("meeting", *(f"{name}={value}" for name, value in usual.items()), **more).record.id


def item(desk: Desk, held: str, *words: str, now: str = AT) -> str:
    usual = {"meeting": held, "text": "检查大堂照明", "owner": "chen", "due_on": "2026-11-25"}
    usual |= dict(word.split("=", 1) for word in words)
    return desk.add("action_item", *(f"{name}={value}" for name, value in usual.items()), now=now, by="zhao").record.id


def test_a_meeting_and_its_decision_to_the_end(desk: Desk) -> None:
    held = meeting(desk, "place=会议室", "decisions=[{text: 检查大堂照明}]")
    fields = desk.load(held, AT).state.fields
    assert fields["kind"] == "department"
    assert fields["present"] == [{"person": "lina", "ok": "true"}, {"person": "zhao", "ok": "true"}]
    refusal = [("meeting.owner_date", "每项决议都要有决议事项，写明负责人和完成时间")]
    assert said(lambda: desk.step(held, "confirm", now=LATER, by="zhao")) == refusal
    made = item(desk, held)
    desk.step(held, "confirm", now=LATER, by="zhao")
    desk.step(held, "file", now=LATER)
    assert status(desk, held) == "filed"
    desk.step(made, "progress", "progress=已换三盏", now=LATER, by="chen")
    assert desk.overdue(now="2026-11-26 01:00") == [(made, "due", 3600)]
    desk.step(made, "done", now=NEXT, by="chen")
    desk.step(made, "check", now=NEXT, by="zhao")
    state = desk.load(made, "2026-11-24 00:00").state
    assert (state.status, state.fields["done_on"], state.fields["checked_by"]) == ("closed", "2026-11-23", "zhao")


def test_the_next_meeting_begins_with_what_the_last_one_said(desk: Desk) -> None:
    meeting(desk, "place=会议室", "chair=chen")
    made = desk.add("meeting", "agenda=晨会", "kind=morning", now=LATER).record.id
    fields = desk.load(made, LATER).state.fields
    assert (fields["place"], fields["chair"]) == ("会议室", "chen")
    assert [row["person"] for row in fields["present"]] == ["chen", "sun"]


def test_a_chair_of_no_department_is_alone_at_first(desk: Desk) -> None:
    made = meeting(desk, "chair=wang")
    assert desk.load(made, AT).state.fields["present"] == [{"person": "wang", "ok": "true"}]


def test_a_decision_may_be_added_and_name_its_action_item(desk: Desk) -> None:
    held, other = meeting(desk), meeting(desk, now=LATER)
    made, strange = item(desk, held), item(desk, other, now=LATER)
    decide = lambda record: desk.step(held, "decide", f"decisions=[{{text: 照明, item: {record}}}]", now=LATER)  # noqa: E731
    assert said(lambda: decide(strange)) == [("meeting.owner_date_here", "决议事项是另一次会议的")]
    decide(made)
    desk.step(held, "confirm", now=LATER, by="zhao")
    assert status(desk, held) == "confirmed"


def test_what_the_company_said_is_passed_on_before_it_is_filed(desk: Desk) -> None:
    early = said(lambda: meeting(desk, "kind=company", "passed_on_at=09:00"))
    assert early == [("meeting.passed_on_order", "传达时间早于开会时间")]
    held = meeting(desk, "kind=company")
    assert told(desk.step(held, "confirm", now=LATER, by="wang")) == [
        ("meeting.by_chair", "纪要应由主持人本人确认")
    ]
    refusal = [("meeting.passed_on", "公司会议要向下属和有关部门传达后再存档")]
    assert said(lambda: desk.step(held, "file", now=LATER)) == refusal
    desk.step(held, "file", "passed_on_at=10:30", now=LATER)
    assert status(desk, held) == "filed"


def test_an_action_item_is_due_after_its_meeting_and_checked_by_somebody_else(desk: Desk) -> None:
    held = meeting(desk)
    early = said(lambda: item(desk, held, "due_on=2026-11-21"))
    assert early == [("action_item.after_meeting", "完成时间不能早于开会那天")]
    made = item(desk, held, "owner=zhao", "due_on=2026-11-22")
    desk.step(made, "done", now=LATER, by="zhao")
    own = told(desk.step(made, "check", now=LATER, by="zhao"))
    assert own == [("action_item.other_checks", "督导人最好不是负责人自己")]


@pytest.mark.parametrize("missing", ["owner", "due_on"])
def test_an_action_item_has_an_owner_and_a_date(desk: Desk, missing: str) -> None:
    refusal = said(lambda: item(desk, meeting(desk), f"{missing}="))
    assert [rule for rule, _ in refusal] == ["field.required"]


# -- conduct checks and rectifications --------------------------------------------------------


def conduct(desk: Desk, *words: str, **more: Any) -> Any:
    more = {"now": AT, "by": "zhao"} | more
    usual = {"kind": "appearance", "person": "lina"} | dict(word.split("=", 1) for word in words)
    if not any("." in name or usual[name] == "pass" for name in usual):
        usual["appearance"] = "pass"
    return desk.add("conduct_check", *(f"{name}={value}" for name, value in usual.items() if value), **more)


def counted(desk: Desk, record: str) -> dict[str, Any]:
    session = desk.session(LATER)
    loaded = desk.load(record, LATER)
    return derived_values(session, loaded.form, loaded.state)


def rectify(desk: Desk, *words: str, by: str = "zhao", **more: Any) -> str:
    usual = {"problem": "工卡佩戴不端正", "to_dept": "客服部", "due_at": "2026-11-22 18:00"}
    usual |= dict(word.split("=", 1) for word in words)
    words = tuple(f"{name}={value}" for name, value in usual.items())
    return desk.add("rectification", *words, by=by, **({"now": AT} | more)).record.id


def fix(desk: Desk, record: str, *words: str, now: str = LATER, by: str = "chen") -> Any:
    return desk.step(record, "fix", "action=已重新佩戴", *words, now=now, by=by)


def test_a_check_in_which_all_is_well(desk: Desk) -> None:
    made = conduct(desk, "appearance=pass").record.id
    assert desk.load(made, AT).state.fields["level"] == "supervisor"
    assert desk.list("conduct_check", "kind=appearance", now=LATER) == [made]
    assert counted(desk, made) == {"items": "10", "failed": "0"}  # the others are for certain posts
    desk.step(made, "confirm", now=LATER, by="lina")
    desk.step(made, "close", now=LATER, by="zhao")
    assert status(desk, made) == "closed"


def test_what_failed_is_listed_put_right_and_closed(desk: Desk) -> None:
    made = conduct(desk, "appearance=pass", "appearance.03=fail", "speech.04=fail").record.id
    assert counted(desk, made) == {"items": "12", "failed": "2"}
    listed = ("conduct_check.fail_listed", "每个不合格的项目都要写入不合格项")
    put_right = ("conduct_check.fail_put_right", "不合格项要有整改通知单，并已办结")
    confirm = lambda *words: desk.step(made, "confirm", *words, now=LATER, by="lina")  # noqa: E731
    assert said(lambda: confirm("fails=[{item: appearance_03}]")) == [listed]
    notice = rectify(desk, f"source={made}")
    confirm(f"fails=[{{item: appearance_03, rectification: {notice}}}, {{item: speech_04, rectification: {notice}}}]")
    assert said(lambda: desk.step(made, "close", now=LATER, by="zhao")) == [put_right]
    fix(desk, notice)
    desk.step(notice, "recheck_ok", "recheck=ok", now=LATER, by="zhao")
    desk.step(made, "close", now=LATER, by="zhao")
    assert status(desk, made) == "closed"


@pytest.mark.parametrize(
    ("words", "by", "check", "sentence"),
    [
        (["person="], "zhao", "whom", "写明被检查的人或区域"),
        (["person=zhao"], "zhao", "self_other", "除自检外，不能自己检查自己"),
        (["person=zhao"], "lina", "who_checks", "这类检查由主管、经理或品质部做"),
        (["appearance.01=na"], "zhao", "gone_through", "至少填一张检查表，例如 appearance=pass"),
    ],
)
def test_a_check_that_is_none(desk: Desk, words: list[str], by: str, check: str, sentence: str) -> None:
    assert said(lambda: conduct(desk, *words, by=by)) == [(f"conduct_check.{check}", sentence)]


def test_everybody_checks_the_end_of_his_own_day(desk: Desk) -> None:
    made = conduct(desk, "kind=self", "day_start_end=pass", by="lina").record.id
    assert status(desk, made) == "checked"
    assert conduct(desk, "kind=day_end", "person=", "area=hall", "day_start_end=pass", by="sun")


def test_the_person_who_was_checked_confirms_it(desk: Desk) -> None:
    made = conduct(desk).record.id
    refusal = said(lambda: desk.step(made, "confirm", now=LATER, by="zhao"))
    assert refusal == [("conduct_check.confirm_own", "由被检查人本人确认")]


@pytest.mark.parametrize(
    ("item", "check", "sentence"),
    [
        ("posture_25", "no_agency", "参与中介的要有处理单（辞退）"),
        ("posture_26", "flat_posture", "样板房内坐、靠、躺、睡的要有处理单（辞退）"),
    ],
)
def test_what_is_ground_for_dismissal_needs_a_penalty(desk: Desk, item: str, check: str, sentence: str) -> None:
    notice = rectify(desk)
    fix(desk, notice)
    desk.step(notice, "recheck_ok", "recheck=ok", now=LATER, by="zhao")
    fails = f"fails=[{{item: {item}, rectification: {notice}}}]"
    made = conduct(desk, "kind=post", f"posture.{item}=fail", fails).record.id
    refusal = [(f"conduct_check.{check}", sentence)]
    assert said(lambda: desk.step(made, "close", now=LATER, by="zhao")) == refusal
    cause = {"no_agency": "agency", "flat_posture": "sit_show_flat"}[check]
    words = ("staff=sun", "kind=penalty", f"cause={cause}", "facts=当场发现")
    warned, out = (
        desk.add("reward_penalty", *words, f"action={action}", now=LATER, by="zhao").record.id
        for action in ("warning", "dismissal")
    )
    assert said(lambda: desk.step(made, "close", f"penalty={warned}", now=LATER, by="zhao")) == refusal
    desk.step(made, "close", f"penalty={out}", now=LATER, by="zhao")
    assert status(desk, made) == "closed"


def test_a_clerk_who_is_not_seen_is_asked_after(desk: Desk) -> None:
    sentence = "不在岗：先问其他店员，再问主管，写明去向"
    assert told(conduct(desk, "kind=mall", "mall_staff.01=fail")) == [("conduct_check.mall_absent", sentence)]
    assert told(conduct(desk, "kind=mall", "mall_staff.01=fail", "whereabouts=主管说去仓库取货")) == []


def test_a_rectification_that_fails_once(desk: Desk) -> None:
    made = rectify(desk)
    assert desk.load(made, AT).state.fields["kind"] == "correct"
    assert desk.overdue(now="2026-11-22 19:00") == [(made, "due", 3600)]
    fix(desk, made)
    fail = lambda *words: desk.step(made, "recheck_fail", *words, now=LATER, by="zhao")  # noqa: E731
    assert said(lambda: fail("recheck=ok", "due_at=2026-11-23 18:00")) == [
        ("rectification.recheck_says_fail", "退回整改要写明复查不合格")
    ]
    assert said(lambda: fail("recheck=not_ok", "due_at=10:30")) == [
        ("rectification.ahead_again", "复查不合格要另定整改期限")
    ]
    fail("recheck=not_ok", "due_at=2026-11-23 18:00")
    assert desk.overdue(now="2026-11-23 19:00") == [(made, "due", 3600)]
    fix(desk, made, now=NEXT)
    close = lambda *words, by="zhao": desk.step(made, "recheck_ok", *words, now=NEXT, by=by)  # noqa: E731
    assert said(lambda: close("recheck=not_ok")) == [("rectification.recheck_says", "办结要复查合格")]
    close("recheck=ok")
    assert status(desk, made) == "closed"


def test_who_put_it_right_does_not_recheck_it(desk: Desk) -> None:
    made = rectify(desk)
    fix(desk, made, by="lina")
    own = said(lambda: desk.step(made, "recheck_ok", "recheck=ok", now=LATER))
    assert own == [("rectification.other_rechecks", "整改的人不能自己复查")]
    made = rectify(desk, "to_person=lina")
    fix(desk, made)
    own = said(lambda: desk.step(made, "recheck_ok", "recheck=ok", now=LATER))
    assert own == [("rectification.other_rechecks_person", "责任人不能自己复查")]


def test_the_desk_enters_and_rechecks_what_a_contractor_did(desk: Desk) -> None:
    desk.add("contractor", "id=clean", "name=洁净保洁公司", "service=cleaning", by="zhao", now=START)
    words = ("contractor=clean", "problem=大堂地面有水渍", "due_at=18:00")
    made = desk.add("rectification", *words, now=AT).record.id
    assert desk.load(made, AT).state.fields["to_dept"] == "洁净保洁公司"
    fix(desk, made, by="lina")
    desk.step(made, "recheck_ok", "recheck=ok", now=LATER)
    assert status(desk, made) == "closed"


def test_a_date_that_has_passed_goes_up(desk: Desk) -> None:
    assert said(lambda: rectify(desk, "due_at=09:00")) == [("rectification.ahead", "整改期限要晚于发出时间")]
    made = rectify(desk)
    late = told(desk.amend(made, "cause=无人交代", now=NEXT, by="zhao"))
    assert ("rectification.overdue_up", "过了整改期限，请向上级反映") in late
    assert told(fix(desk, made, now=NEXT)) == [
        ("rectification.overdue_up_late", "逾期整改的，要写明上报给谁")
    ]
    made = rectify(desk)
    desk.step(made, "escalate", "reported_to=wang", now=NEXT, by="zhao")
    assert told(fix(desk, made, now=NEXT)) == []


def test_a_preventive_measure_has_a_cause(desk: Desk) -> None:
    made = rectify(desk, "kind=prevent")
    assert said(lambda: fix(desk, made)) == [("rectification.prevent_cause", "预防措施要写明原因")]
    assert fix(desk, made, "cause=班前没有检查")


# -- attendance -------------------------------------------------------------------------------

SHEET_AT = "2026-11-28 17:00"


def sheet(desk: Desk, *words: str, **more: Any) -> str:
    usual = {"month": "2026-11", "department": "客服部", "due_days": "22"}
    usual |= dict(word.split("=", 1) for word in words)
    words = tuple(f"{name}={value}" for name, value in usual.items())
    return desk.add("attendance", *words, now=SHEET_AT, **({"by": "zhao"} | more)).record.id


def submit(desk: Desk, record: str, *words: str) -> Any:
    return desk.step(record, "submit", *words, now="2026-11-29 09:00", by="zhao")


def away(desk: Desk, from_at: str, to_at: str) -> None:
    words = (f"from_at={from_at}", f"to_at={to_at}", "reason=家中有事", "cover=sun")
    made = desk.add("leave", *words, now="2026-11-20 09:00").record.id
    desk.step(made, "approve", now="2026-11-20 10:00", by="wang")


def test_a_sheet_is_made_for_the_whole_department(desk: Desk) -> None:
    made = sheet(desk)
    lines = desk.load(made, SHEET_AT).state.fields["lines"]
    rest = {"due": "22", "actual": "22", "late": "0", "early": "0", "leave": "0", "absent": "0"}
    assert lines == [{"person": "lina", **rest}, {"person": "zhao", **rest}]
    assert desk.overdue(now="2026-12-01 01:00") == [(made, "by_30th", 3600)]
    submit(desk, made)
    assert desk.overdue(now="2026-12-01 01:00") == []
    desk.step(made, "audit", now="2026-11-30 09:00", by="hu")
    state = desk.load(made, "2026-12-01 00:00").state
    assert (state.status, state.fields["submitted_on"]) == ("audited", "2026-11-29")


def test_the_month_is_done_when_its_sheet_is_handed_in(desk: Desk) -> None:
    def missed() -> list[str]:
        rows = lateness.overdue(desk.session("2026-12-01 01:00"), ())
        return [row.clock for row in rows if row.clock == "attendance_month"]

    made = sheet(desk)
    desk.step(made, "fill", "lines.1.actual=21", "lines.1.absent=1", now="2026-11-28 18:00", by="zhao")
    assert missed() == ["attendance_month"]
    submit(desk, made)
    assert missed() == []


def test_a_day_sheet_has_no_30th(desk: Desk) -> None:
    made = sheet(desk, "kind=day", "due_days=1")
    assert desk.overdue(now="2026-12-02 01:00") == []
    assert desk.list("attendance", "kind=day", now=SHEET_AT) == [made]


def test_leave_on_the_sheet_is_the_leave_that_was_approved(desk: Desk) -> None:
    away(desk, "2026-11-25 09:00", "2026-11-26 18:00")
    made = sheet(desk)
    assert said(lambda: submit(desk, made)) == [
        ("attendance.leave_match_other", "有批准的请假单，却没有请假天数")
    ]
    assert said(lambda: submit(desk, made, "lines.1.leave=3", "lines.1.actual=19")) == [
        ("attendance.leave_match_days", "请假天数多于请假单")
    ]
    submit(desk, made, "lines.1.leave=2", "lines.1.actual=20")
    assert status(desk, made) == "submitted"


def test_a_sheet_that_cannot_go_out(desk: Desk) -> None:
    made = sheet(desk)
    assert said(lambda: submit(desk, made, "lines.1.absent=1")) == [
        ("attendance.adds_up", "实出勤、请假、旷工加起来要等于应出勤")
    ]
    assert said(lambda: submit(desk, made, "lines.1.leave=1", "lines.1.actual=21")) == [
        ("attendance.leave_match", "有请假天数，却没有批准的请假单"),
        ("attendance.leave_match_days", "请假天数多于请假单"),
    ]


@pytest.mark.parametrize(
    ("words", "check", "sentence"),
    [
        (["month=11月"], "month_real", "月份写成 2026-11 这样"),
        (["month=2026-13"], "month_real", "月份写成 2026-11 这样"),
        (["lines=[{person: lina}, {person: lina}]"], "person_once", "每人只写一行"),
    ],
)
def test_a_sheet_that_is_none(desk: Desk, words: list[str], check: str, sentence: str) -> None:
    assert said(lambda: sheet(desk, *words)) == [(f"attendance.{check}", sentence)]


def test_who_came_late_to_a_handover_is_late_on_the_sheet(desk: Desk) -> None:
    desk.add("duty_log", "post=客服中心", now="2026-11-21 08:30")
    made = desk.add("handover", "in_person=zhao", now="2026-11-21 17:00").record.id
    words = ("shift_start=17:30", "arrived_at=17:40", "log=DL-20261121-A001", "tools=[{item: 对讲机, expected: 2, actual: 2}]")
    desk.step(made, "accept", *words, now="2026-11-21 17:45", by="zhao")
    record = sheet(desk)
    sentence = "迟到次数少于交接班记录里的迟到"
    assert told(submit(desk, record)) == [("attendance.late_match", sentence)]
    record = sheet(desk)
    assert told(submit(desk, record, "lines.2.late=1")) == []


# -- notices ----------------------------------------------------------------------------------


def notice(desk: Desk, *words: str, **more: Any) -> str:
    usual = {"title": "停水通知", "text": "11月24日9时至12时停水", "proofread_by": "zhao"}
    usual |= dict(word.split("=", 1) for word in words)
    return desk.add("notice", *(f"{name}={value}" for name, value in usual.items() if value), now=AT, **more).record.id


def test_a_notice_from_the_draft_to_the_file(desk: Desk) -> None:
    made = notice(desk, "kind=outage", "valid_until=2026-11-24")
    fields = desk.load(made, AT).state.fields
    assert fields["places"] == [{"area": "board-1"}, {"area": "board-2"}]
    assert told(desk.step(made, "approve", now=LATER, by="zhao")) == []
    assert told(desk.step(made, "issue", "places.1.at=11:00", "places.2.at=11:05", now=LATER)) == []
    assert desk.overdue(now="2026-11-25 01:00") == [(made, "take_down", 3600)]
    desk.step(made, "withdraw", "places.1.off_at=10:00", now="2026-11-24 13:00")
    assert status(desk, made) == "filed"


def test_a_notice_that_nobody_else_has_read(desk: Desk) -> None:
    made = notice(desk, "proofread_by=")
    assert told(desk.step(made, "approve", now=LATER, by="zhao")) == [("notice.proof", "还没有人校对")]
    own = desk.add("notice", "title=通知", "text=正文", "proofread_by=lina", now=AT)
    assert told(own) == [("notice.proof_other", "校对最好由另一人做")]


def test_accounts_name_their_figures(desk: Desk) -> None:
    made = notice(desk, "kind=accounts")
    approve = lambda *words: desk.step(made, "approve", *words, now=LATER, by="zhao")  # noqa: E731
    assert said(approve) == [("notice.accounts_data", "收支情况公布要写明所依据的财务数据")]
    assert approve("figures=2026年第三季度收支表")


def test_a_notice_hangs_on_every_board(desk: Desk) -> None:
    made = notice(desk, "places=[{area: board-1}]")
    desk.step(made, "approve", now=LATER, by="zhao")
    sentence = "还有公告栏没有列入张贴位置"
    assert told(desk.step(made, "issue", now=LATER)) == [("notice.everywhere", sentence)]
    by_phone = notice(desk, "ways=call")
    assert "places" not in desk.load(by_phone, AT).state.fields
    desk.step(by_phone, "approve", now=LATER, by="zhao")
    assert told(desk.step(by_phone, "issue", now=LATER)) == []


def test_a_notice_that_is_approved_stays_as_it_is(desk: Desk) -> None:
    made = notice(desk)
    desk.step(made, "approve", now=LATER, by="zhao")
    refusal = said(lambda: desk.step(made, "issue", "text=改成25日", now=LATER))
    assert refusal == [("notice.text_frozen", "审核以后不能再改正文")]
    refusal = said(lambda: desk.step(made, "issue", "valid_until=2026-11-21", now=LATER))
    assert refusal == [("notice.valid_ahead", "有效期早于发布日期")]


# -- duties -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("duty", "form", "kind", "words", "by"),
    [
        ("monday_meeting", "meeting", "department", ["chair=zhao", "agenda=上周工作"], "zhao"),
        ("morning_briefing", "meeting", "morning", ["chair=zhao", "agenda=晨会"], "zhao"),
        ("appearance_daily", "conduct_check", "appearance", ["area=hall", "appearance=pass"], "zhao"),
        ("post_check_daily", "conduct_check", "post", ["area=hall", "posture=pass"], "zhao"),
        ("day_end", "conduct_check", "day_end", ["area=hall", "day_start_end=pass"], "sun"),
        ("attendance_daily", "attendance", "day", ["month=2026-11", "department=客服部"], "zhao"),
    ],
)
def test_only_its_own_kind_fulfils_a_duty(
    desk: Desk, duty: str, form: str, kind: str, words: list[str], by: str
) -> None:
    def missed() -> list[str]:
        rows = lateness.overdue(desk.session("2026-11-24 00:30"), ())
        return [row.clock for row in rows if row.clock == duty]

    other = {"meeting": "managers", "conduct_check": "self", "attendance": "payroll"}[form]
    desk.add(form, f"kind={other}", *words, now="2026-11-23 08:10", by=by)
    assert missed() == [duty]
    desk.add(form, f"kind={kind}", *words, now="2026-11-23 08:20", by=by)
    assert missed() == []
