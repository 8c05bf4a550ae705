"""Quality control: requests, inspections, failures, instruments, releases; each check has a record that breaks it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from logbook.locale.catalogue import Catalogue
from logbook.operations.deriving import derived_values
from logbook.operations.writing import Written
from logbook.store.transaction import Change
from logbook.store.transaction import Commit
from logbook.store.transaction import publish
from tests.operations.desk import START
from tests.operations.desk import TEMPLATES
from tests.operations.desk import Desk
from tests.operations.desk import moment
from tests.templates.findings import said

ZH = Catalogue("zh")
DAY1, DAY2, DAY3, DAY4 = (f"2026-11-{day} 10:00" for day in (21, 22, 23, 24))
FORMS = tuple(file.stem for file in (TEMPLATES / "quality").glob("*.yaml"))
PEOPLE = (
    ("jian", "检小明", "quality_inspector"),
    ("bu", "部长", "quality_head"),
    ("chang", "厂长", "factory_director"),
)


def warned(written: Written) -> list[tuple[str, str]]:
    """Rule and sentence of what the pack's own checks remark."""
    return [(one.rule, ZH.issue(one)[0]) for one in written.warnings if one.rule.partition(".")[0] in FORMS]


@pytest.fixture(scope="module")
def book(furnished_book: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The practice book with quality control and its people; the office, whose standards it names, is not there."""
    desk = furnished_book.copy(tmp_path_factory.mktemp("quality") / "book")
    files = [
        Change(f"templates/quality/{file.name}", file.read_bytes())
        for file in sorted((TEMPLATES / "quality").glob("*.yaml"))
    ]
    people = (("高总", "boss@staff.logbook"), ("前台 A", "desk-a@desk.logbook"))
    publish(desk.session(START).repository, [Commit(files, "book: quality", *people, moment(START))])
    for staff, name, roles in PEOPLE:
        desk.add("staff", f"id={staff}", f"name={name}", f"roles={roles}", by="boss", now=START)
    return desk


@pytest.fixture
def desk(book: Desk, tmp_path: Path) -> Desk:
    return book.copy(tmp_path / "book")


LEAST = {
    "inspection_request": {
        "batch": "B1101",
        "product": "洁面乳 100g",
        "stage": "semi",
        "qty": "200",
        "asked_by_dept": "制剂车间",
    },
    "quality_inspection": {
        "kind": "finished",
        "batch": "B1101",
        "measures": "[{item: 净含量, unit: g, low: 98, high: 102, value: 100, ok: true}]",
    },
    "nonconforming": {"source": "process", "product": "洁面乳 B1101", "qty": "200"},
    "calibration": {"id": "PH-01", "instrument": "酸度计", "place": "理化室", "interval_months": "6"},
    "urgent_release": {"product": "洁面乳 B1101", "reason": "客户当日提货"},
    "hygiene_test": {"area": "filling", "result": "pass"},
    "stored_stock_retest": {"product": "洁面乳 B1001", "stored_since": "2026-10-01"},
    "quality_report": {"month": "2026-10", "figures": "[{item: 成品, checked: 200, failed: 3}]"},
}


def add(desk: Desk, form: str, *words: str, now: str = DAY1) -> Written:
    usual = LEAST[form] | dict(word.split("=", 1) for word in words)
    return desk.add(form, *(f"{name}={value}" for name, value in usual.items()), by="jian", now=now)


def made(desk: Desk, form: str, *words: str, now: str = DAY1) -> str:
    return add(desk, form, *words, now=now).record.id


def head(desk: Desk, record: str, step: str, *words: str, now: str = DAY2, **more: Any) -> Written:
    return desk.step(record, step, *words, by="bu", now=now, **more)


def inspector(desk: Desk, record: str, step: str, *words: str, now: str = DAY2, **more: Any) -> Written:
    return desk.step(record, step, *words, by="jian", now=now, **more)


def status(desk: Desk, record: str, now: str = DAY4) -> str:
    return desk.load(record, now).state.status


def derived(desk: Desk, record: str, now: str = DAY4) -> dict[str, Any]:
    loaded = desk.load(record, now)
    return derived_values(desk.session(now), loaded.state.form, loaded.state)


@pytest.mark.parametrize(
    ("form", "words", "check", "sentence"),
    [
        ("inspection_request", ["qty=0"], "qty", "报检数量要大于零"),
        ("quality_inspection", ["kind=micro", "code=S1", "dish=S2"], "code_matches_dish", "培养皿编号与样品编号不一致"),
        ("quality_inspection", ["measures=[{item: PH, low: 7, high: 5}]"], "limits_order", "下限大于上限"),
        ("nonconforming", ["qty=0"], "qty", "数量要大于零"),
        ("calibration", ["interval_months=0"], "interval", "周期至少一个月"),
        ("urgent_release", ["kind=authorisation", "until=2026-11-01"], "until_ahead", "授权期限已过"),
        ("hygiene_test", ["items=[{item: 菌落, ok: false}]"], "item_failed", "有不合格的检测项，判定应为不合格"),
        ("hygiene_test", ["kind=sterilise"], "sterilised_how", "消毒灭菌要写明紫外灯或高压灭菌锅"),
        ("stored_stock_retest", ["stored_since=2026-12-01"], "stored_before", "入库日期不能在将来"),
    ],
)
def test_a_first_entry_that_cannot_be(desk: Desk, form: str, words: list[str], check: str, sentence: str) -> None:
    assert said(lambda: add(desk, form, *words)) == [(f"{form}.{check}", sentence)]


# -- from the request to the release ----------------------------------------------------------


def passed(desk: Desk, *words: str, release: tuple[str, ...] = (), now: str = DAY1) -> str:
    one = made(desk, "quality_inspection", *words, now=now)
    inspector(desk, one, "judge", "result=pass", now=now)
    head(desk, one, "release", *release, now=now)
    return one


def test_a_batch_is_asked_for_tested_and_released(desk: Desk) -> None:
    request = made(desk, "inspection_request")
    assert desk.overdue("is:overdue", now="2026-11-22 09:00") == [(request, "attend", 9 * 3600)]
    inspector(desk, request, "take")
    assert said(lambda: inspector(desk, request, "done")) == [("inspection_request.inspected", "还没有检验记录")]
    one = made(desk, "quality_inspection", "kind=semi", f"request={request}", "semi_items.ph=pass", now=DAY2)
    inspector(desk, request, "done")
    inspector(desk, one, "judge", "result=pass")
    refusal = [
        ("quality_inspection.signed", "没有签字或盖章的书面通知，不能灌装"),
        ("quality_inspection.di_water", "去离子水最近一次检验不合格或还没检验"),
    ]
    assert said(lambda: head(desk, one, "release")) == refusal
    passed(desk, "kind=di_water", "batch=水1121")
    told = head(desk, one, "release", "release_notice=true")
    micro = "微检合格后才能灌装，否则要有紧急放行责任书"
    assert warned(told) == [("quality_inspection.micro_first", micro)]
    assert (status(desk, request), status(desk, one)) == ("done", "released")


def test_the_micro_test_comes_before_filling(desk: Desk) -> None:
    passed(desk, "kind=di_water", "batch=水1121")
    passed(desk, "kind=micro", "code=S1", "dish=S1", release=("release_notice=true",))
    one = made(desk, "quality_inspection", "kind=semi", "semi_items.ph=pass")
    assert not warned(inspector(desk, one, "judge", "result=pass"))
    assert not warned(head(desk, one, "release", "release_notice=true"))


def test_the_batch_is_the_one_asked_for(desk: Desk) -> None:
    request = made(desk, "inspection_request")
    refusal = said(lambda: add(desk, "quality_inspection", f"request={request}", "batch=B9"))
    assert refusal == [("quality_inspection.request_batch", "批号与报检单不同")]


@pytest.mark.parametrize(
    ("words", "check", "sentence"),
    [
        (["kind=micro"], "code_matches", "微检要写样品编号和培养皿编号"),
        (
            ["measures=[{item: PH, low: 5, high: 7, value: 7.1, ok: true}]"],
            "value_inside",
            "数值在上下限内才算合格，请核对",
        ),
        (["measures=[{item: 外观, finding: 乳白}]"], "judged_all", "每个项目都要写明是否合格"),
        (["measures=[{item: 外观, ok: true}]"], "measured", "每个项目要有数值或观感"),
        (["measures=[{item: 外观, finding: 发黄, ok: false}]"], "true_report", "有不合格项目，不能判定合格"),
        (["semi_items.cold=fail"], "failed_item", "半成品项目有不合格，不能判定合格"),
        (["semi_check.semi_finished_04=fail"], "failed_check", "料体检测有不合格，不能判定合格"),
        (["process_items.intermediate_03=fail"], "failed_process", "中间检查有不合格，不能判定合格"),
    ],
)
def test_what_cannot_be_judged_to_pass(desk: Desk, words: list[str], check: str, sentence: str) -> None:
    one = made(desk, "quality_inspection", *words)
    assert said(lambda: inspector(desk, one, "judge", "result=pass")) == [(f"quality_inspection.{check}", sentence)]


def test_a_value_on_its_limit_passes(desk: Desk) -> None:
    one = made(desk, "quality_inspection", "measures=[{item: PH, low: 5, high: 7, value: 7, ok: true}]")
    inspector(desk, one, "judge", "result=pass")
    assert status(desk, one) == "judged"


def test_what_failed_is_stopped_and_never_released(desk: Desk) -> None:
    one = made(desk, "quality_inspection", "kind=semi")
    told = inspector(desk, one, "judge", "result=fail")
    assert warned(told) == [("quality_inspection.semi_complete", "半成品要做理化和稳定性各项")]
    refusal = said(lambda: head(desk, one, "release", "release_notice=true"))
    assert ("quality_inspection.no_ship_failed", "只有判定合格的才能放行") in refusal
    head(desk, one, "stop")
    passed_one = passed(desk)
    wrong = said(lambda: add(desk, "nonconforming", f"inspection={passed_one}"))
    assert wrong == [("nonconforming.failed_inspection", "这份检验记录判定的是合格")]
    assert made(desk, "nonconforming", f"inspection={one}")


def test_goods_leave_on_a_decision(desk: Desk) -> None:
    one = made(desk, "quality_inspection", "kind=outgoing")
    inspector(desk, one, "judge", "result=pass")
    refusal = said(lambda: head(desk, one, "release", "shipment_decision=hold", "release_notice=true"))
    assert refusal == [("quality_inspection.ship_approved", "出货要有质检的发货批示和书面通知")]
    head(desk, one, "release", "shipment_decision=ship", "release_notice=true")
    assert status(desk, one) == "released"


# -- failures ---------------------------------------------------------------------------------


def test_a_failure_is_put_right_and_verified(desk: Desk) -> None:
    one = made(desk, "nonconforming", "source=accident")
    head(desk, one, "dispose", "disposition=hold", "cause=称量错误")
    fix = lambda *words: inspector(desk, one, "fix", *words, now=DAY3)  # noqa: E731
    assert said(fix) == [("nonconforming.measures_some", "至少写一项纠正措施")]
    owned = [("nonconforming.measures_owned", "每项措施要有责任人和期限")]
    assert said(lambda: fix("corrective=[{what: 双人复核}]")) == owned
    fix("corrective=[{what: 双人复核, owner: jian, due_on: 2026-11-22}]")
    late = desk.overdue("is:overdue", now="2026-11-23 11:00")
    assert [(record, seconds) for record, _, seconds in late] == [(one, 11 * 3600)]
    verify = lambda *words: inspector(desk, one, "verify", *words, now=DAY4)  # noqa: E731
    assert said(verify) == [
        ("nonconforming.hold_decided", "隔离待定的要先作出处置"),
        ("nonconforming.measures_done", "还有措施没完成"),
    ]
    inspector(desk, one, "reopen", now=DAY3, reason="又发生一次")
    inspector(desk, one, "fix", "corrective.1.done_on=2026-11-23", "disposition=rework", now=DAY3)
    told = verify()
    assert warned(told) == [("nonconforming.accident_loss", "质量事故请写明损失和责任人")]
    assert status(desk, one) == "closed"


def test_only_the_head_accepts_or_an_urgent_release(desk: Desk) -> None:
    one = made(desk, "nonconforming")
    accept = lambda: desk.step(one, "dispose", "disposition=accept", "cause=色差", by="boss", now=DAY2)  # noqa: E731
    assert said(accept) == [("nonconforming.accept_needs_head", "特采要由质检部主管批准，或有紧急放行责任书")]
    release = made(desk, "urgent_release")
    desk.step(release, "allow", "copies=2", "stamped=true", by="chang", now=DAY1)
    accept()
    assert status(desk, one) == "disposed"


@pytest.mark.parametrize(
    ("words", "check", "sentence"),
    [
        (["copies=1", "stamped=true"], "two_copies", "责任书一式两份"),
        (["copies=2", "stamped=false"], "two_copies_stamped", "责任书要盖章"),
    ],
)
def test_an_urgent_release_is_stamped_in_two_copies(desk: Desk, words: list[str], check: str, sentence: str) -> None:
    one = made(desk, "urgent_release")
    assert said(lambda: desk.step(one, "allow", *words, by="chang", now=DAY1)) == [
        (f"urgent_release.{check}", sentence)
    ]


def test_a_late_failure_is_registered(desk: Desk) -> None:
    told = warned(add(desk, "urgent_release", "kind=authorisation", "product=面霜"))
    assert told == [("urgent_release.authorisation_until", "临时授权要写明有效期")]
    one = made(desk, "urgent_release")
    desk.step(one, "allow", "copies=2", "stamped=true", by="chang", now=DAY1)
    close = lambda: head(desk, one, "close", "late_result=fail")  # noqa: E731
    assert said(close) == [("urgent_release.late_fail", "事后检验不合格，先登记不合格品处置")]
    made(desk, "nonconforming")
    close()
    assert status(desk, one) == "closed"


# -- instruments ------------------------------------------------------------------------------


def test_an_instrument_is_calibrated_and_sealed_when_it_fails(desk: Desk) -> None:
    made(desk, "calibration")
    check = lambda row, now=DAY1: inspector(desk, "PH-01", "check", f"checks+={{{row}}}", now=now)  # noqa: E731
    assert said(lambda: check("by: 计量所")) == [
        ("calibration.check_full", "校准要写明日期和结果"),
        ("calibration.check_next", "下次日期要晚于校准日期"),
    ]
    assert said(lambda: check("result: pass, next_on: 2026-11-21")) == [
        ("calibration.check_next", "下次日期要晚于校准日期")
    ]
    assert not warned(check("result: pass, next_on: 2026-11-30"))
    assert derived(desk, "calibration/PH-01") == {"next_on": "2026-11-30", "sealed": "false"}
    assert desk.overdue("is:overdue", now="2026-12-01 09:00") == [("PH-01", "due", 9 * 3600)]
    told = warned(check("result: adjusted, next_on: 2027-11-20", now=DAY2))
    assert told == [("calibration.check_interval", "下次日期超过了校准周期")]
    told = warned(check("result: fail", now=DAY3))
    assert ("calibration.fail_sealed", "校准不合格，请办停用") in told
    assert derived(desk, "calibration/PH-01")["sealed"] == "true"
    head(desk, "PH-01", "seal", now=DAY4)
    assert status(desk, "calibration/PH-01") == "sealed"


def test_an_instrument_out_of_date_is_told(desk: Desk) -> None:
    made(desk, "calibration", now=DAY1)
    inspector(desk, "PH-01", "check", "checks+={result: pass, next_on: 2026-11-23}", now=DAY1)
    measured = "measures=[{item: PH, value: 6, ok: true, instrument: PH-01}]"
    assert not warned(add(desk, "quality_inspection", measured, now=DAY2))
    told = warned(add(desk, "quality_inspection", measured, now=DAY4))
    assert told == [("quality_inspection.in_date", "用了停用或校准过期的仪器")]


# -- hygiene, stock, reports ------------------------------------------------------------------


def test_a_failed_hygiene_test_is_reported_before_it_is_closed(desk: Desk) -> None:
    one = made(desk, "hygiene_test", "result=fail", "items=[{item: 菌落, value: 120, limit: 100, ok: false}]")
    action = [("hygiene_test.action_on_fail", "不合格要写明处理")]
    assert said(lambda: inspector(desk, one, "report")) == action
    close = lambda: head(desk, one, "close", "action=重新消毒后复检")  # noqa: E731
    assert said(close) == [("hygiene_test.reported_first", "不合格的先上报，再关闭")]
    inspector(desk, one, "report", "action=重新消毒后复检")
    head(desk, one, "close")
    assert status(desk, one) == "closed"


def test_the_lab_is_sterilised_and_left_in_order(desk: Desk) -> None:
    words = ("kind=sterilise", "area=micro_lab", "method=uv", "leaving.lab_close_03=fail")
    one = made(desk, "hygiene_test", *words)
    assert said(lambda: head(desk, one, "close")) == [("hygiene_test.left_open", "离开实验室没做到的，要写明情况")]
    told = head(desk, one, "close", "action=已回去锁门")
    assert warned(told) == [("hygiene_test.sterilised_long", "消毒灭菌请写明时长")]


TESTED = ("measures=[{item: PH, fresh: 6.0, now_value: 6.1}]", "stable=true")


def test_stored_goods_are_tested_after_a_month(desk: Desk) -> None:
    one = made(desk, "stored_stock_retest", "stored_since=2026-10-20")
    assert desk.overdue("is:overdue", now="2026-11-22 09:00")[0][:2] == (one, "one_month")
    refusal = said(lambda: inspector(desk, one, "test", *TESTED, "micro_ok=false", "result=sell_first"))
    assert refusal == [("stored_stock_retest.stop_unstable", "微生物不合格的，要停止出库")]
    refusal = said(lambda: inspector(desk, one, "test", TESTED[0], "stable=false", "micro_ok=true", "result=keep"))
    assert refusal == [("stored_stock_retest.not_kept", "不稳定的不能继续存放")]
    inspector(desk, one, "test", *TESTED, "micro_ok=false", "result=stop")
    assert derived(desk, one)["days"] == "33"
    close = lambda: head(desk, one, "close", now=DAY3)  # noqa: E731
    assert said(close) == [("stored_stock_retest.stop_nonconforming", "停止出库的，先登记不合格品处置")]
    made(desk, "nonconforming", "product=洁面乳 B1001", now=DAY2)
    close()
    assert status(desk, one) == "closed"


@pytest.mark.parametrize(("since", "told"), [("2026-10-22", True), ("2026-10-21", False)])
def test_goods_stored_for_a_month_to_the_day_are_not_yet_old(desk: Desk, since: str, told: bool) -> None:
    one = made(desk, "stored_stock_retest", f"stored_since={since}")
    done = inspector(desk, one, "test", *TESTED, "micro_ok=true", "result=keep", now=DAY2)
    assert bool(warned(done)) is told
    assert not told or warned(done) == [("stored_stock_retest.old_enough", "存放还不到一个月")]


def test_the_months_figures_are_handed_in_and_published(desk: Desk) -> None:
    one = made(desk, "quality_report", "kind=analysis")
    again = said(lambda: add(desk, "quality_report", "kind=analysis"))
    assert again == [("quality_report.one_per_month", "这个月已有这份报表")]
    told = head(desk, one, "submit", "measures=[{what: 加强首件检验}]")
    assert warned(told) == [
        ("quality_report.causes_said", "有不合格的请分析原因"),
        ("quality_report.measures_owned", "改进措施请写明责任人和期限"),
    ]
    publish_it = lambda *words: head(desk, one, "publish", *words, now=DAY3)  # noqa: E731
    assert said(publish_it) == [("quality_report.meeting_held", "写明质量分析会的纪要")]
    meeting = desk.add(
        "meeting", "chair=bu", "agenda=十月质量分析", "present=[{person: bu}]", by="zhao", now=DAY3
    ).record.id
    publish_it(f"meeting={meeting}")
    assert desk.load(one, DAY4).state.fields["board_on"] == "2026-11-23"


@pytest.mark.parametrize(
    ("words", "check", "sentence"),
    [
        (["figures=[{item: 成品, checked: 2, failed: 3}]"], "counts", "不合格数不能多于检验数"),
        (["kind=gap"], "goal_said", "差异分析要有质量目标和改进措施"),
    ],
)
def test_a_report_that_cannot_be_handed_in(desk: Desk, words: list[str], check: str, sentence: str) -> None:
    one = made(desk, "quality_report", *words)
    assert said(lambda: head(desk, one, "submit")) == [(f"quality_report.{check}", sentence)]


# -- where the office is switched on, too -----------------------------------------------------


def test_an_inspection_names_its_standard_where_the_office_keeps_them(desk: Desk) -> None:
    names = [file.name for file in sorted((TEMPLATES / "office").glob("*.yaml"))]
    files = [Change(f"templates/office/{name}", (TEMPLATES / "office" / name).read_bytes()) for name in names]
    people = (("高总", "boss@staff.logbook"), ("前台 A", "desk-a@desk.logbook"))
    publish(desk.session(START).repository, [Commit(files, "book: office", *people, moment(START))])
    refusal = said(lambda: add(desk, "quality_inspection"))
    assert refusal == [("quality_inspection.standard_named", "写明按哪份检验标准")]
