"""Checks that no story of the forms comes upon: each has a record that breaks it, and says its sentence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from logbook.core.form import Library
from logbook.core.rules import value
from logbook.store.library import load
from tests.templates.raised import table
from tests.templates.raised import text
from tests.templates.test_core_pack import PRODUCT
from tests.templates.test_core_pack import Site
from tests.templates.test_core_pack import record


@pytest.fixture(scope="module")
def library() -> Library:
    found, _ = load(PRODUCT)
    return found


def at(told: str) -> str:
    """``22 09:00`` of November 2026, as records write it."""
    return f"2026-11-{told[:2]}T{told[3:]}:00+08:00"


def by(told: dict[str, Any], *people: str) -> dict[str, Any]:
    """The same record, its steps taken by these people in turn."""
    told["by"] = people[0]
    for event, person in zip(told["events"], people, strict=True):
        event["by"] = person
    return told


FAIL = {"result": "fail"}
REGISTERED = ("22 09:00", "register", {})


def complaint(*events: tuple[str, str, dict[str, Any]], first: str = "22 09:00", **fields: Any) -> dict[str, Any]:
    usual = {"name": "张三", "summary": "漏水", "level": "minor"}
    return record("complaint", "CP-1", "told", (first, "register", {}), *events, **usual | fields)


def sheet(*events: tuple[str, str, dict[str, Any]], status: str = "issued", **fields: Any) -> dict[str, Any]:
    usual = {"about": "CP-1", "to_dept": "维修部", "demand": "修好", "round": "1"}
    return record("contact_sheet", "CS-1", status, ("22 09:30", "issue", {}), *events, **usual | fields)


def visit(*, form: str = "RP-1", about: str = "repair", moment: str = "23 09:00", **fields: Any) -> dict[str, Any]:
    usual = {"reached": "true", "satisfied": "satisfied", "problem": "false"}
    done = (moment, "visit", {name: fields.pop(name, word) for name, word in usual.items()})
    return record("return_visit", "RV-1", "done", ("22 07:00", "plan", {}), done, about=about, record=form, **fields)


def repair(*events: tuple[str, str, dict[str, Any]], status: str = "open", **fields: Any) -> dict[str, Any]:
    return record("repair", "RP-1", status, ("22 08:00", "register", {}), *events, **{"content": "换锁", "origin": "other"} | fields)


def day_log(*events: tuple[str, str, dict[str, Any]], **fields: Any) -> dict[str, Any]:
    return record("duty_log", "DL-1", "closed", ("22 08:30", "open", {}), *events, **{"date": "2026-11-22", "shift": "day"} | fields)


def night_log(*events: tuple[str, str, dict[str, Any]], **fields: Any) -> dict[str, Any]:
    return record("night_log", "NL-1", "closed", ("22 17:30", "open", {}), *events, **{"date": "2026-11-22"} | fields)


def handover(*events: tuple[str, str, dict[str, Any]], **fields: Any) -> dict[str, Any]:
    usual = {"post": "客服中心", "in_person": "chen", "clean_ok": "true"}
    return record("handover", "HO-2", "accepted", ("22 17:00", "prepare", {}), *events, **usual | fields)


def patrol(*events: tuple[str, str, dict[str, Any]], **fields: Any) -> dict[str, Any]:
    usual = {"area": "A-1", "kind": "estate", "points": [{"area": "A-1", "at": at("22 09:05"), "ok": "true"}]}
    return record("patrol", "PT-1", "done", ("22 09:00", "start", {}), *events, **usual | fields)


def line(start: str = "23 09:00", end: str = "23 12:00", person: str = "wang") -> dict[str, str]:
    return {"date": f"2026-11-{start[:2]}", "shift": "other", "person": person, "start": at(start), "end": at(end)}


def cover(start: str, end: str, **people: str) -> dict[str, str]:
    return {"from_at": at(start), "to_at": at(end), **people}


def roster(*events: tuple[str, str, dict[str, Any]], **fields: Any) -> dict[str, Any]:
    usual = {"post": "门岗", "from_date": "2026-11-22", "to_date": "2026-11-23", "kind": "shift", "lines": [line()]}
    return record("roster", "RS-1", "published", ("20 09:00", "draft", {}), *events, **usual | fields)


def staff(id: str, *roles: str, **fields: Any) -> dict[str, Any]:
    return record("staff", id, "active", ("01 09:00", "enter", {}), name=id, roles=list(roles), **fields)


PUBLISH = ("21 09:00", "publish", {})
CLOSE = ("23 10:00", "close", {})
FINISH = ("22 09:30", "finish", {})
ACCEPT = ("22 17:30", "accept", {"log": "DL-1"})
BEFORE = record("handover", "HO-1", "accepted", ("22 08:00", "prepare", {}), ("22 08:30", "accept", {}), post="客服中心", in_person="sun")
CENTRE = roster(PUBLISH, post="客户服务中心")
NOTE = {"kind": "inquiry", "content": "问停车"}
CALL = {"kind": "repair", "content": "灯坏"}

FAULTS: list[tuple[str, str, list[dict[str, Any]]]] = [
    # complaints and what they set going
    ("complaint.order", "事件发生不能晚于投诉", [complaint(happened_at=at("22 10:00"))]),
    ("complaint.harm_first", "先制止损害，并写明时间", [complaint(("22 10:00", "assign", {}), harm="true")]),
    ("complaint.harm_before_sheet", "制止损害要先于发联系单", [
        sheet(), complaint(("22 10:00", "assign", {}), harm="true", harm_stopped_at=at("22 09:45")),
    ]),
    ("complaint.director_decides", "重大投诉要有主任的处理决定", [complaint(("22 16:00", "handle", {}), level="major")]),
    ("complaint.repeated_subject", "同一内容不久前也有投诉，请注明同类投诉", [
        record("complaint", "CP-0", "registered", ("20 09:00", "register", {}), name="李四", summary="漏水"), complaint(),
    ]),
    ("complaint.again_sheet", "联系单复核仍有问题，应重新处理", [sheet(verified="still"), complaint(CLOSE, round="1")]),
    ("complaint.director_decides_stuck", "部门不能处理的，要有主任的处理决定", [
        sheet(("22 10:00", "receive", {}), ("22 11:00", "escalate", {}), status="escalated"), complaint(("22 16:00", "handle", {})),
    ]),
    ("complaint.director_decides_several", "涉及几个部门的，要有主任的处理决定", [
        complaint(("22 16:00", "handle", {}), departments=[{"dept": "维修部"}, {"dept": "安护部"}]),
    ]),
    ("complaint.invalid_helped", "无效投诉也要协助，写明结果并通报", [complaint(CLOSE, valid="false")]),
    ("complaint.complaint_grade", "等级变更请办“改定等级”，并写明原因", [complaint(("22 10:00", "reply", {"level": "important"}))]),
    ("complaint.not_now", "当天没处理完的，要向住户说明并给出方案", [complaint(("24 16:00", "handle", {}))]),
    ("complaint.not_now_up", "当天没处理完的，要向上级汇报", [complaint(("24 16:00", "handle", {}))]),
    ("complaint.right_desk_important", "重要投诉转呈部门主管", [complaint(("22 09:10", "forward", {}), level="important")]),
    ("complaint.order_forward", "转呈不能早于投诉", [complaint(("22 08:00", "forward", {}))]),
    ("complaint.order_reply", "答复不能早于投诉", [complaint(("22 08:00", "reply", {}))]),
    ("complaint.order_handle", "处理完毕不能早于转呈", [complaint(("22 12:00", "forward", {}), ("22 11:00", "handle", {}))]),
    ("complaint.order_answered", "处理完毕不能早于答复", [complaint(("22 12:00", "reply", {}), ("22 11:00", "handle", {}))]),
    ("complaint.order_tell", "通报不能早于处理完毕", [complaint(("22 12:00", "handle", {}), ("22 11:00", "tell", {}))]),
    ("complaint.order_visit", "回访不能早于通报", [
        visit(form="CP-1", about="complaint", moment="22 11:00"), complaint(("22 12:00", "tell", {}), ("22 13:00", "visit", {"visit": "RV-1"})),
    ]),
    ("complaint.order_file", "归档不能早于回访", [
        visit(form="CP-1", about="complaint", moment="24 11:00"), complaint(CLOSE, visit="RV-1"),
    ]),
    ("complaint.intake_put_right", "接待有没做到的项目，应有整改通知单", [complaint(CLOSE, intake={"complaint_intake_03": FAIL})]),
    ("contact_sheet.due_in_limit", "要求完成不能晚于重大投诉的 10 日", [complaint(level="major"), sheet(due_at="2026-12-03T12:00:00+08:00")]),
    ("contact_sheet.due_in_limit_important", "要求完成不能晚于重要投诉的 3 天", [complaint(level="important"), sheet(due_at=at("26 12:00"))]),
    ("contact_sheet.due_in_limit_minor", "要求完成不能晚于轻微投诉的 2 天", [complaint(), sheet(due_at=at("25 12:00"))]),
    ("contact_sheet.due_in_limit_wanted", "要求完成不能晚于住户要求期限", [complaint(demanded_by=at("22 18:00")), sheet(due_at=at("22 19:00"))]),
    ("contact_sheet.escalated_up", "先把投诉转呈管理处主任", [complaint(), sheet(("22 10:00", "receive", {}), ("22 11:00", "escalate", {}))]),
    ("contact_sheet.first_contact", "责任人要先与客户联系", [complaint(), sheet(("22 10:00", "receive", {}), ("22 11:00", "reply", {}))]),
    ("contact_sheet.first_contact_order", "先联系客户，再回复", [
        complaint(), sheet(("22 10:00", "receive", {}), ("22 11:00", "reply", {}), contacted_at=at("22 12:00")),
    ]),
    ("contact_sheet.still_new_round", "仍有问题的，先给同一部门再发一张联系单", [
        complaint(), sheet(("22 11:00", "reply", {}), ("22 12:00", "verify", {"verified": "still"})),
    ]),
    # logs of the day and of the night
    ("duty_log.empty", "没有记录；确实无事请填“本班无来电来访”", [day_log(("22 17:00", "close", {}))]),
    ("duty_log.complaint_has_record", "投诉要有投诉登记并在此注明单号", [day_log(("22 17:00", "close", {}), entries=[NOTE | {"kind": "complaint"}])]),
    ("duty_log.told_who", "需别的部门处理的，写明通知了谁和时间", [day_log(("22 17:00", "close", {}), entries=[CALL])]),
    ("duty_log.told_when", "写明通知时间", [day_log(("22 17:00", "close", {}), entries=[NOTE | {"told": "安护部"}])]),
    ("duty_log.no_carry", "遗留事项要写明原因", [day_log(("22 17:00", "close", {}), entries=[NOTE | {"open": "true"}])]),
    ("duty_log.in_handover", "未了事项没有写进交接班记录", [day_log(("23 09:00", "review", {}), entries=[NOTE | {"open": "true"}])]),
    ("duty_log.log_signed", "签阅请写审阅意见", [day_log(("23 09:00", "review", {}))]),
    ("duty_log.on_roster", "值班人不在本班的值班表上", [roster(PUBLISH), day_log()]),
    ("night_log.on_roster", "值班人不在本班的值班表上", [roster(PUBLISH), night_log()]),
    ("night_log.told_tomorrow", "当夜不能修的，要告知住户次日安排", [night_log(("23 08:30", "close", {}), entries=[CALL])]),
    ("night_log.emergency_now", "应急事项不得留到次日：写明通知时间或已处理", [night_log(("23 08:30", "close", {}), entries=[CALL | {"emergency": "true"}])]),
    ("night_log.solved_repair", "当夜修好的也要开维修工作单", [night_log(("23 09:30", "review", {}), entries=[CALL | {"solved": "true"}])]),
    ("night_log.cover_guard", "代值人必须是安护员", [staff("sun", "repair_worker"), night_log(covers=[cover("22 20:00", "22 21:00", guard="sun")])]),
    ("night_log.cover_time", "代值时间有误", [night_log(covers=[cover("22 21:00", "22 20:00", guard="liu")])]),
    ("night_log.cover_in_shift", "代值不能晚于下班", [night_log(("23 08:30", "close", {}), covers=[cover("23 08:00", "23 09:00", guard="liu")])]),
    ("night_log.cover_on_roster", "代值没有登记在值班表上", [
        roster(PUBLISH), night_log(("23 09:30", "review", {}), covers=[cover("22 20:00", "22 21:00", guard="liu")]),
    ]),
    # handing over
    ("handover.two_people", "交班人和接班人不能是同一人", [handover(in_person="lina")]),
    ("handover.tool_liable", "少了的要写明遗失或借出", [handover(ACCEPT, tools=[{"item": "手电", "expected": "2", "actual": "1", "why": "ok"}])]),
    ("handover.overdue_in_handover", "逾期未还的钥匙要写入遗留问题", [
        record("key_checkout", "KC-1", "out", ("22 09:00", "out", {}), key="K-1", borrower="王强", purpose="检修", due_at=at("22 12:00")), handover(ACCEPT),
    ]),
    ("handover.all_written_complaints", "本班的投诉没有全部写入书面记录", [BEFORE, complaint(first="22 10:00"), handover(ACCEPT)]),
    ("handover.all_written_incidents", "本班的突发事件没有全部写入书面记录", [
        BEFORE,
        record("incident", "IN-1", "open", ("22 10:00", "log", {}), kind="water", area="A-1", course="…", first_action="…"), handover(ACCEPT),
    ]),
    ("handover.chain", "交班人不是上一班的接班人", [
        BEFORE, handover(),
    ]),
    ("handover.clean", "清洁不合格不得接班", [handover(ACCEPT, clean_ok="false")]),
    ("handover.clean_first", "先补清洁，再接班", [handover(ACCEPT, clean_fixed_at=at("22 18:00"))]),
    ("handover.flat_release_after_sign", "样板房：接班人签字后交班人才能离开", [
        day_log(("22 17:00", "close", {})), handover(ACCEPT, post="样板房"),
    ]),
    ("handover.leftover_solvable", "本班能解决的，不留给下一班", [handover(ACCEPT, open_items=[{"text": "归还雨伞", "why": "忘记", "solvable": "true"}])]),
    ("handover.inspected_by_other", "检查交接的不能是交班人或接班人", [handover(ACCEPT, ("22 18:00", "inspect", {}))]),
    # rounds, keys, roster
    ("area.unique_area", "已有同名的区域", [
        record("area", "hall", "active", ("01 09:00", "enter", {}), name="大堂", kind="hall"),
        record("area", "hall-2", "active", ("01 09:00", "enter", {}), name="大堂", kind="hall"),
    ]),
    ("roster.no_gap", "值班有空档：任何时候至少一人值守", [CENTRE]),
    ("roster.noon", "每天要有客服管理员值中午班", [CENTRE]),
    ("roster.night", "每天要有夜间值班维修员值夜班", [CENTRE]),
    ("roster.joined", "与上一张值班表之间有空档", [
        record("roster", "RS-0", "published", ("10 09:00", "draft", {}), ("11 09:00", "publish", {}), post="客户服务中心", from_date="2026-11-20",
               to_date="2026-11-21", kind="shift", lines=[line("20 09:00", "21 12:00", "sun")]),
        CENTRE,
    ]),
    ("roster.guard_cover", "安护员只能在夜班内代值", [
        staff("liu", "guard"), roster(covers=[cover("23 10:00", "23 11:00", away="wang", cover="liu")]),
    ]),
    ("roster.one_place", "同一人的两个班次重叠", [roster(lines=[line(), line("23 11:00", "23 13:00")])]),
    ("roster.one_place_else", "有人同时排在另一张值班表上", [
        record("roster", "RS-0", "published", ("10 09:00", "draft", {}), ("11 09:00", "publish", {}), post="前台", from_date="2026-11-23",
               to_date="2026-11-23", kind="shift", lines=[line()]),
        roster(PUBLISH),
    ]),
    ("patrol.points_judged", "每个点都要写明是否正常", [patrol(FINISH, points=[{"area": "A-1", "at": at("22 09:05")}])]),
    ("patrol.bad_has_finding", "不正常的点要写明发现的问题", [patrol(FINISH, points=[{"area": "A-1", "at": at("22 09:05"), "ok": "false"}])]),
    ("patrol.finding_goes_on", "没当场处理的问题，要转单或写明通知了谁", [patrol(FINISH, findings=[{"area": "A-1", "problem": "灯坏"}])]),
    ("patrol.serious_reported", "严重问题要写明上报时间", [patrol(FINISH, ("23 09:00", "review", {}), findings=[{"area": "A-1", "problem": "跑水", "serious": "true"}])]),
    ("patrol.failed_has_finding", "每个不合格的检查项都要写明发现的问题", [patrol(FINISH, checklist={"building_patrol_02": FAIL})]),
    ("patrol.safety_gone_through", "部门安全巡查应填部门安全检查表", [patrol(FINISH, kind="safety")]),
    ("key_checkout.return_order", "归还时间不能早于借出时间", [
        record("key_checkout", "KC-1", "returned", ("22 09:00", "out", {}), ("22 08:00", "return", {}), key="K-1", borrower="王强", purpose="检修"),
    ]),
    ("key_count.control_put_right", "钥匙管理有不合格项，要有整改通知单", [
        record("key_count", "KN-1", "settled", ("22 09:00", "count", {}), ("22 10:00", "settle", {}), scope="desk", control={"key_control_01": FAIL}),
    ]),
    ("loan.approved_role", "借出应由主管以上批准", [staff("lina", "front_desk"), {
        **record("loan", "LN-1", "out", ("22 09:00", "out", {}), item="梯子", borrower="王强"),
        "events": [{"at": at("22 09:00"), "by": "lina", "step": "out", "approved_by": "lina"}],
    }]),
    ("loan.return_order", "归还时间不能早于借出时间", [
        record("loan", "LN-1", "returned", ("22 09:00", "out", {}), ("22 08:00", "back", {}), item="梯子", borrower="王强"),
    ]),
    ("roster.dates", "截止日早于起始日", [roster(to_date="2026-11-21")]),
    ("roster.line_whole", "每个班次要写明日期、起止和值班人", [roster(PUBLISH, lines=[{"person": "wang"}])]),
    ("roster.line_order", "班次结束早于开始", [roster(lines=[line("23 12:00", "23 09:00")])]),
    ("roster.cover_order", "代值结束早于开始", [roster(covers=[cover("23 12:00", "23 09:00", away="wang", cover="chen")])]),
    ("roster.one_place_cover", "同一人的两次代值重叠", [roster(covers=[cover("23 09:00", "23 12:00", cover="chen"), cover("23 11:00", "23 13:00", cover="chen")])]),
    ("roster.one_place_both", "代值人当时自己有班", [roster(covers=[cover("23 10:00", "23 11:00", away="sun", cover="wang")])]),
    ("roster.on_leave", "排到了请假的人，又没有代值", [
        by(record("leave", "LV-1", "approved", ("20 09:00", "apply", {}), ("20 10:00", "approve", {}),
                  kind="annual", from_at=at("23 00:00"), to_at=at("24 00:00"), reason="…"), "wang", "zhao"),
        roster(PUBLISH),
    ]),
    ("roster.seats", "排班人数和编制不同，请写明原因", [roster(PUBLISH, post="技工")]),
    ("roster.holiday_failed", "节假日安排没做到的项目，要写明情况", [roster(PUBLISH, ("25 09:00", "close", {}), holiday={"holiday_04": FAIL})]),
    # people and leave
    ("leave.cover_free_roster", "接替人当时另有排班", [
        roster(PUBLISH),
        record("leave", "LV-1", "approved", ("20 09:00", "apply", {}), ("20 10:00", "approve", {"cover": "wang"}), from_at=at("23 09:00"), to_at=at("24 09:00"), reason="…"),
    ]),
    ("leave.dates", "请假结束早于开始", [record("leave", "LV-1", "applied", ("20 09:00", "apply", {}), from_at=at("23 09:00"), to_at=at("22 09:00"), reason="…")]),
    ("leave.cover_other", "不能由本人接替自己", [record("leave", "LV-1", "applied", ("20 09:00", "apply", {}), from_at=at("23 09:00"), to_at=at("24 09:00"), reason="…", cover="lina")]),
    ("leave.own_approval", "不能批准自己的请假", [
        record("leave", "LV-1", "approved", ("20 09:00", "apply", {}), ("20 10:00", "approve", {}), from_at=at("23 09:00"), to_at=at("24 09:00"), reason="…"),
    ]),
    ("leave.cover_free", "接替人当时也在请假", [
        by(record("leave", "LV-2", "approved", ("20 09:00", "apply", {}), ("20 10:00", "approve", {}), from_at=at("23 09:00"), to_at=at("24 09:00"), reason="…"), "chen", "zhao"),
        record("leave", "LV-1", "approved", ("20 09:00", "apply", {}), ("20 10:00", "approve", {"cover": "chen"}), from_at=at("23 09:00"), to_at=at("24 09:00"), reason="…"),
    ]),
    ("staff.accountant_handed_over", "财务人员离职前要办清交接，并经检查", [
        record("staff", "qian", "left", ("01 09:00", "enter", {}), ("22 09:00", "leave", {}), name="钱会计", roles=["finance_clerk"]),
    ]),
    ("task.order", "完成时间不能早于交办时间", [record("task", "TK-1", "done", ("22 09:00", "give", {}), ("22 08:00", "done", {}), owner="sun", content="换灯")]),
    ("contractor.items_back", "领用的物品还没有交回", [
        record("contractor", "clean", "ended", ("01 09:00", "enter", {}), ("22 09:00", "end", {}), name="净城", issued_items=[{"item": "吸尘器", "qty": "1"}]),
    ]),
    # the desk
    ("incident.paid_amount_named", "请写明收款记录", [
        record("incident", "IN-1", "closed", ("22 09:00", "log", {}), CLOSE, kind="breakage", area="A-1", course="…", first_action="…", compensation="90", receipt_no="SJ-1"),
    ]),
    ("incident.harm_report", "公司利益受损应马上报告主管", [
        record("incident", "IN-1", "decided", ("22 09:00", "log", {}), ("22 10:00", "decide", {}), kind="harm_interest", area="A-1", course="…", first_action="…", within_power="true"),
    ]),
    ("visitor.time_order", "离开时间不能早于到访时间", [record("visitor", "VS-1", "closed", ("22 09:00", "log", {}), ("22 08:00", "leave", {}), name="张三", purpose="…")]),
    ("visitor.reception_failed", "接待没做到的项目，请写明情况", [
        record("visitor", "VS-1", "closed", ("22 09:00", "log", {}), ("22 10:00", "leave", {}), name="张三", purpose="…", reception={"desk_reception_01": FAIL}),
    ]),
    ("mail.order", "领取时间不能早于收件时间", [record("mail", "ML-1", "taken", ("22 09:00", "log", {}), ("22 08:00", "hand", {}), addressee="王芳")]),
    ("lost_found.order", "领取时间不能早于登记的时间", [record("lost_found", "LF-1", "claimed", ("22 09:00", "log", {}), ("22 08:00", "claim", {}), place="大堂", item="皮夹", kind="found")]),
    # repairs and return visits
    ("repair.in_log", "来电来访的报修要在工作日志里有记录", [repair(CLOSE, origin="call")]),
    ("repair.where_home", "上门维修要有客户姓名、电话和方便时间", [repair(("22 09:00", "dispatch", {}), room="3-502")]),
    ("return_visit.problem_passed", "发现问题要写明内容，通知了谁和时间", [repair(), visit(problem="true")]),
    ("return_visit.unsatisfied", "不满意的要定再次回访日期", [repair(), visit(satisfied="unsatisfied")]),
    ("repair.where", "写明房号或公共部位", [repair(("22 09:00", "dispatch", {}))]),
    ("repair.in_night_log", "夜间的报修要在夜间值班记录里有转单", [repair(CLOSE, origin="night")]),
    ("repair.warranty_free", "保修期内不收费", [repair(paid="true", in_warranty="true")]),
    ("repair.paid_total", "有偿服务要有金额", [repair(CLOSE, paid="true", receipt_no="SJ-1")]),
    ("repair.leak_tested", "渗漏水维修先试漏，再回访", [repair(("23 09:00", "visit", {}), kind="leak")]),
    ("repair.all_visited", "未回访不得归档", [repair(CLOSE)]),
    ("repair.visit_problem", "回访发现问题，应重新派单", [visit(problem="true"), repair(CLOSE, visit="RV-1")]),
    ("repair.order", "派单不能早于报修", [repair(("22 07:00", "dispatch", {}))]),
    ("repair.order_leak_test", "试漏不能早于完工", [repair(("22 12:00", "finish", {}), ("22 11:00", "leak_test", {}))]),
    ("repair.order_visit", "时间先后有误：完工、试漏、回访", [visit(moment="22 11:00"), repair(("22 12:00", "finish", {}), ("22 13:00", "visit", {"visit": "RV-1"}))]),
    ("repair.owner_sign", "验房返修要有业主签字", [
        record("acceptance", "AC-1", "rework", ("21 09:00", "inspect", {}), room="3-502", defects=[{"part": "客厅", "problem": "开裂", "repair": "RP-1"}]),
        repair(CLOSE, origin="acceptance"),
    ]),
    ("repair.intake_put_right", "报修接待有没做到的项目，应有整改通知单", [repair(CLOSE, intake={"repair_intake_01": FAIL})]),
    ("return_visit.matches", "回访类别是维修，对象单据却不是维修单", [complaint(), visit(form="CP-1")]),
    ("return_visit.matches_complaint", "回访类别是投诉，对象单据却不是投诉", [repair(), visit(about="complaint")]),
    ("return_visit.reached_only", "没联系上不算回访", [repair(), visit(reached="false")]),
    ("return_visit.not_self", "维修员不回访自己的维修", [repair(worker="lina"), visit()]),
    ("return_visit.two_inside", "入户人数不够，请写明同行人或原因", [repair(), visit(entered="true", way="home")]),
    ("return_visit.companion_other", "同行人不能是回访人自己", [repair(), visit(entered="true", companion="lina")]),
    ("room.warranty_watch", "保修已到期，但保修期内的报修还没有办结", [
        repair(room="3-502", in_warranty="true"),
        record("room", "3-502", "active", ("01 09:00", "enter", {}), warranties=[{"part": "防水", "until": "2026-11-22"}]),
    ]),
    # the house
    ("renovation.order", "签协议不能早于申请", [record("renovation", "RN-1", "agreed", ("22 09:00", "apply", {}), ("22 08:00", "agree", {}), room="3-502", works="刷墙")]),
    ("renovation.intake_failed", "装修手续没做到的项目，要写明情况", [
        record("renovation", "RN-1", "closed", ("22 09:00", "apply", {}), CLOSE, room="3-502", works="刷墙", intake={"renovation_intake_07": FAIL}),
    ]),
    ("renovation_closing.after_works", "验收不能早于报验", [
        record("renovation_closing", "RZ-1", "inspected", ("22 09:00", "ask", {}), ("21 09:00", "inspect", {}), asked_on="2026-11-22", inspected_on="2026-11-21"),
    ]),
    ("move_in.intake_failed", "入住手续没做到的项目，要写明情况", [
        record("move_in", "MI-1", "filed", ("22 09:00", "check", {}), ("23 10:00", "file", {}), room="3-502", intake={"move_in_05": FAIL}),
    ]),
    ("service_order.published_first", "不在公布项目里的服务，派工前先公布，或写明原因和批准人（--approved-by）", [
        record("service_order", "SO-1", "assigned", ("22 09:00", "agree", {}), ("22 10:00", "assign", {}), room="3-502", item="遛狗", unlisted_why="老人所托"),
    ]),
    ("service_order.terms_failed", "服务约定没做到的项目，要写明情况", [
        record("service_order", "SO-1", "closed", ("22 09:00", "agree", {}), CLOSE, room="3-502", item="擦窗", terms={"service_terms_01": FAIL}),
    ]),
    ("event.points_failed", "活动方案没做到的项目，要写明情况", [
        record("event", "EV-1", "filed", ("22 09:00", "plan", {}), ("23 10:00", "file", {}), theme="重阳", points={"event_plan_04": FAIL}),
    ]),
    ("payment.counter_failed", "收费核对没做到的项目，要写明情况", [
        record("payment", "PY-1", "handed_in", ("22 09:00", "book", {}), ("22 17:00", "hand_in", {}), owner_name="王芳", payer="王芳", counter={"fee_counter_02": FAIL}),
    ]),
    ("custody_patrol.two_inside", "入户人数不够，请写明同行人或原因", [record("custody_patrol", "CYP-1", "done", ("22 09:00", "log", {}), custody="CY-1", entered="true")]),
    ("custody_patrol.companion_other", "同行人不能是巡查人自己", [record("custody_patrol", "CYP-1", "done", ("22 09:00", "log", {}), custody="CY-1", companion="lina")]),
    ("telecom.dates_in_order", "申请、递交、开通的日期先后不对", [record("telecom", "TTE-1", "opened", ("22 09:00", "apply", {}), ("21 08:00", "submit", {}), ("23 09:00", "open", {}))]),
    # the office
    ("audit_review.two_people", "审核人不能自己确认", [
        record("audit_review", "AUR-1", "confirmed", ("22 09:00", "review", {}), ("22 10:00", "confirm", {}), month="2026-10"),
    ]),
    ("work_report.zero_accident", "本期有安全或火灾事故，应在反复出现的问题里写明", [
        record("incident", "IN-1", "open", ("22 10:00", "log", {}), kind="fire", area="A-1", course="…", first_action="…", happened_at=at("22 09:50")),
        record("work_report", "WRP-1", "handed_in", ("22 17:00", "draft", {}), ("23 09:00", "hand_in", {}), kind="mgmt_month", branch="客服部", period_from="2026-11-01", period_to="2026-11-30"),
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("check", "sentence", "records"), FAULTS, ids=[check for check, *_ in FAULTS])
def test_a_faulty_record_is_told(library: Library, check: str, sentence: str, records: list[dict[str, Any]]) -> None:
    form, _, name = check.partition(".")
    subject = records[-1]
    assert subject["form"] == f"{form}@1"
    assert (name, sentence) in Site(library, *records).said(form, subject["id"])


class Elsewhere(Site):
    """A site with numbers of its own, on a day off."""

    own: Mapping[tuple[str, ...], Any] = {}

    def setting(self, path: tuple[str, ...]) -> Any:
        return self.own.get(path, super().setting(path))

    def season(self, day: date) -> str:
        return "normal"

    def is_workday(self, day: date) -> bool:
        return False

    def is_holiday(self, day: date) -> bool:
        return True


def test_who_has_been_half_a_year_in_a_post_moves_on_where_the_site_rotates(library: Library) -> None:
    person = staff("lina", "front_desk", post_since="2026-05-01")
    site = Elsewhere(library, person)
    assert site.said("staff", "lina") == []
    site.own = {("rotate_posts",): True}
    assert site.said("staff", "lina") == [("rotate", "在本岗已满半年，应轮换")]


def test_an_emergency_of_the_night_is_seen_the_same_night(library: Library) -> None:
    log = night_log(entries=[CALL | {"converted": "RP-1", "emergency": "true"}])

    def said(arrived: str) -> list[tuple[str, str]]:
        called = record("repair", "RP-1", "open", ("22 23:00", "register", {}), content="跑水", origin="night", arrived_at=at(arrived))
        site = Elsewhere(library, log, called)
        site.own = {("hours", "night"): {"normal": "17:30-08:30"}}
        return site.said("repair", "RP-1")

    assert said("23 02:00") == []
    assert said("23 09:00") == [("emergency_night", "夜间应急报修要当夜到场")]


def test_nobody_is_called_on_a_holiday(library: Library) -> None:
    call = record("inquiry", "IQ-1", "answered", ("15 08:00", "log", {}), asked_by="张三", question="押金")
    site = Elsewhere(library, call, visit(form="IQ-1", about="hotline", way="home"))
    assert site.said("return_visit", "RV-1") == [("no_holiday", "节假日不回访")]


@pytest.mark.parametrize(
    ("lines", "fields", "told"),
    [
        (3, {}, False),
        (2, {}, True),
        (4, {}, True),
        (4, {"seats_why": "实习一人"}, False),
    ],
)
def test_a_post_of_the_tower_has_the_people_it_should(
    library: Library, lines: int, fields: dict[str, str], told: bool
) -> None:
    rows = [line(person=f"t{n}") for n in range(lines)]
    said = Site(library, roster(PUBLISH, post="技工", lines=rows, **fields)).broken("roster", "RS-1")
    assert ("seats" in said) is told
    other = Site(library, roster(PUBLISH, post="门岗", lines=rows)).broken("roster", "RS-1")
    assert "seats" not in other


def test_what_failed_is_put_right_or_told(library: Library) -> None:
    notice = record("rectification", "RC-1", "open", ("22 10:00", "issue", {}), source="CP-1", problem="…", to_dept="客服部", due_at=at("30 18:00"))
    failed = complaint(CLOSE, intake={"complaint_intake_03": FAIL})
    assert "intake_put_right" not in Site(library, notice, failed).broken("complaint", "CP-1")
    told = {"complaint_intake_03": {"result": "fail", "remark": "已补道歉"}}
    assert "intake_put_right" in Site(library, complaint(CLOSE, intake=told)).broken("complaint", "CP-1")
    visited = [("22 09:00", "log", {}), ("22 10:00", "leave", {})]
    said = {"desk_reception_01": {"result": "fail", "remark": "正在接电话"}}
    guest = record("visitor", "VS-1", "closed", *visited, name="张三", purpose="…", reception=said)
    assert Site(library, guest).broken("visitor", "VS-1") == []


def test_a_level_is_changed_by_its_own_step(library: Library) -> None:
    changed = complaint(("22 10:00", "regrade", {"level": "important"}))
    assert "complaint_grade" not in Site(library, changed).broken("complaint", "CP-1")


def test_a_group_that_is_last_twice_running_has_its_penalty(library: Library) -> None:
    def ranking(id: str, month: str, *events: tuple[str, str, dict[str, Any]], **scores: str) -> dict[str, Any]:
        rows = [{"group": group, "entered": score} for group, score in scores.items()]
        return record(
            "ranking", id, "published", ("02 09:00", "compute", {}), *events,
            period="month", period_of=month, subject="mortgage_group", rows=rows,
        )  # fmt: skip

    publish = ("05 09:00", "publish", {})
    before = ranking("RNK-1", "2026-09", 甲组="80", 乙组="70")
    again, better = (ranking("RNK-2", "2026-10", publish, 甲组="80", 乙组=score) for score in ("75", "90"))
    told = ("rank_last", "连续两期末位的按揭组，应有处罚单")
    assert told in Site(library, before, again).said("ranking", "RNK-2")
    assert told not in Site(library, before, better).said("ranking", "RNK-2")
    assert told not in Site(library, again).said("ranking", "RNK-2")
    again["rows"][1]["penalty"] = "RWP-1"
    assert told not in Site(library, before, again).said("ranking", "RNK-2")


def test_calls_solved_at_once_and_opinions_answered_in_time_are_counted(library: Library) -> None:
    def inquiry(id: str, phone: str, **fields: Any) -> dict[str, Any]:
        events = [("10 08:00", "log", {}), ("10 16:00", "answer", {})]
        return record("inquiry", id, "answered", *events, asked_by="张三", question="…", channel="hotline", phone=phone, **fields)

    calls = [inquiry("IQ-1", "13800000001"), inquiry("IQ-2", "13800000002"), inquiry("IQ-3", "13800000002"), inquiry("IQ-4", "13800000004")]
    opinions = [
        inquiry("IQ-5", "13800000005", kind="suggestion", reply_due=at("10 17:00")),
        inquiry("IQ-6", "13800000006", kind="suggestion", reply_due=at("10 15:00")),
    ]
    sheet = record("manager_appraisal", "MGA-1", "open", ("30 09:00", "open", {}), manager="zhao", period="2026-11")
    site = Site(library, *calls, *opinions, sheet)
    view = site.views["manager_appraisal", "MGA-1"]
    names = ("calls", "calls_once", "first_call", "opinions", "opinions_in_time", "opinion_rate")
    found = [value(view.form.fields[name].derived, view, site, field=view.form.fields[name]) for name in names]  # type: ignore[arg-type]
    assert [str(one) for one in found] == ["6", "4", "66.67", "2", "1", "50.00"]


# -- every check is broken somewhere ----------------------------------------------------------


def test_every_check_of_every_form_is_broken_by_a_test(library: Library) -> None:
    """raised.txt says where; conftest.py holds each file to what it is said to break."""
    checks = {f"{name}.{check.id}" for name, form in library.forms.items() for check in form.checks}
    broken = [check for checks in table().values() for check in checks]
    assert (checks - set(broken), set(broken) - checks) == (set(), set())
    assert len(broken) == len(checks)
    assert [file for file in table() if not (PRODUCT / "tests" / "templates" / file).is_file()] == []


def test_the_table_says_back_what_it_was_made_of(tmp_path: Any) -> None:
    raised = {"test_b.py": ["loan.some", "loan.liable", "mail.order"], "test_a.py": ["mail.order"]}
    page = text(raised)
    assert page == "test_a.py\n  mail: order\ntest_b.py\n  loan: liable some\n"
    (tmp_path / "raised.txt").write_text(page, encoding="utf-8")
    assert table(tmp_path / "raised.txt") == {"test_a.py": {"mail.order"}, "test_b.py": {"loan.some", "loan.liable"}}
