"""Policies, contracts, archive, documents, budgets, claims, people: one good record and every faulty one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from logbook.core.errors import Refused
from logbook.locale.catalogue import Catalogue
from logbook.operations.deriving import derived_values
from logbook.store.book import Settings
from logbook.store.book import settings_text
from logbook.store.transaction import Change
from logbook.store.transaction import Commit
from logbook.store.transaction import publish
from tests.operations.desk import START
from tests.operations.desk import TEMPLATES
from tests.operations.desk import Desk
from tests.operations.desk import moment
from tests.templates.findings import said_briefly as said
from tests.templates.findings import told_briefly as told

ZH = Catalogue("zh")
AT = "2026-11-22 10:00"
LATER = "2026-11-22 11:00"
NEXT = "2026-11-23 10:00"
PAPER = "5f" * 32     # the hash of an attached paper

PEOPLE = (
    ("ma", "马经理", "department_manager"),
    ("qian", "钱会计", "finance_clerk"),
    ("feng", "冯财务", "finance"),
    ("he", "何人事", "hr"),
    ("tang", "唐督导", "hq_cs"),
    ("fang", "方分部", "branch_cs_manager"),
    ("yuan", "袁按揭", "marketing"),
)


@pytest.fixture(scope="module")
def office_book(furnished_book: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The practice book with this pack and its people; nobody writes into this one."""
    desk = furnished_book.copy(tmp_path_factory.mktemp("office") / "book")
    chosen = Settings(
        name="翠湖花园", administrator="boss", desks={"A": "前台 A"}, practice=True, packs=("core", "office"),
        settings={"appraisal": {"bonus_pool": "1000"}},
    )
    forms = [
        Change(f"templates/office/{file.name}", file.read_bytes()) for file in sorted(TEMPLATES.glob("office/*.yaml"))
    ]
    changes = [Change("logbook.yaml", settings_text(chosen)), *forms]
    made = Commit(changes, "book: office\n", ("高总", "boss@staff.logbook"), ("前台 A", "a@desk.logbook"), moment(START))
    publish(desk.session(START).repository, [made])
    for staff, name, roles in PEOPLE:
        desk.add("staff", f"id={staff}", f"name={name}", f"roles={roles}", by="hu", now=START)
    desk.add("customer", "id=wangfang", "name=王芳", "phone=13800001111", now=START)
    return desk


@pytest.fixture
def desk(office_book: Desk, tmp_path: Path) -> Desk:
    return office_book.copy(tmp_path / "book")


def status(desk: Desk, record: str, now: str = "2026-12-31 00:00") -> str:
    return desk.load(record, now).state.status


def derived(desk: Desk, record: str, now: str = "2026-12-31 00:00") -> dict[str, Any]:
    loaded = desk.load(record, now)
    return dict(derived_values(desk.session(now), loaded.form, loaded.state))


def make(desk: Desk, form: str, usual: dict[str, str], *words: str, **more: Any) -> Any:
    """Add a record: the usual words, those given in their place."""
    given = usual | dict(word.split("=", 1) for word in words)
    return desk.add(form, *(f"{name}={value}" for name, value in given.items() if value), **({"now": AT} | more))


def made(*args: Any, **more: Any) -> str:
    return str(make(*args, **more).record.id)


# -- policies and contracts -------------------------------------------------------------------

POLICY = {"id": "KF-001-A0", "doc_no": "KF-001", "title": "客服管理员岗位职责", "dept": "客服部", "kind": "duty"}


def policy(desk: Desk, *words: str, by: str = "zhao") -> str:
    """A policy as far as its review."""
    done = made(desk, "policy_document", POLICY, *words, by=by)
    desk.step(done, "submit", "body=一、接待来访；二、登记报修。", now=AT, by=by)
    desk.step(done, "review", now=AT, by="ma")
    return done


def test_a_policy_is_reviewed_approved_and_replaced(desk: Desk) -> None:
    old = policy(desk)
    assert not told(desk.step(old, "approve", "effective_on=2026-12-01", now=LATER, by="wang"))
    fields = desk.load(old, NEXT).state.fields
    assert (fields["version"], fields["revision"], fields["approved_on"]) == ("A", "0", "2026-11-22")
    new = policy(desk, "id=KF-001-A1", "revision=1", f"replaces={old}", "change_note=补夜间值班")
    late = "effective_on=2026-12-15"
    assert said(lambda: desk.step(new, "approve", late, now=NEXT, by="wang")) == [
        ("one_in_force", "这个编号已有有效版本，请先把旧版登记为被替代")
    ]
    desk.step(old, "replace", now=NEXT, by="zhao")
    desk.step(new, "approve", late, now=NEXT, by="wang")
    assert (status(desk, old), status(desk, new)) == ("superseded", "in_force")
    desk.step(new, "withdraw", now="2026-12-30 10:00", by="wang", reason="岗位撤销")
    assert status(desk, new) == "withdrawn"


def test_what_a_policy_may_not_be(desk: Desk) -> None:
    own = policy(desk, by="boss")
    assert said(lambda: desk.step(own, "approve", "effective_on=2026-12-01", now=LATER, by="boss")) == [
        ("four_eyes", "批准人不能是起草人")
    ]
    early = desk.step(own, "approve", "effective_on=2026-11-01", now=LATER, by="wang")
    assert told(early) == [("effective_after_approval", "生效日期早于批准日期")]
    other = make(desk, "policy_document", POLICY, "id=KF-002-A0", "doc_no=KF-002", f"replaces={own}", by="zhao")
    assert told(other) == [("replaces_same", "被替代的文件编号不同")]
    sent = desk.step(other.record.id, "submit", "body=一、接待", now=AT, by="zhao")
    assert ("new_version", "新版应写明修改了什么") in told(sent)
    desk.step(other.record.id, "refuse", now=AT, by="ma", reason="格式不对")
    assert status(desk, other.record.id) == "draft"


CONTRACT = {
    "id": "HT-2026-07", "party": "安洁保洁公司", "subject": "大堂保洁外包", "kind": "outsourcing",
    "start_on": "2026-12-01", "end_on": "2027-11-30",
}


def test_a_contract_to_its_end(desk: Desk) -> None:
    done = made(desk, "contract", CONTRACT, "amount=36000", "signer_term_end=2028-01-01", by="ma")
    desk.step(done, "review", now=AT, by="feng")
    desk.step(done, "sign", now=LATER, by="boss")
    fields = desk.load(done, LATER).state.fields
    assert (fields["contract_no"], fields["signer"], fields["signed_on"]) == (done, "boss", "2026-11-22")
    assert desk.overdue(now="2027-10-31 23:00") == []
    assert desk.overdue(now="2027-11-01 01:00") == [(done, "expiry", 3600)]
    desk.step(done, "end", now="2027-11-30 18:00", by="ma")
    assert desk.overdue(now="2027-12-31 01:00") == []


def test_what_a_contract_may_not_be(desk: Desk) -> None:
    assert said(lambda: make(desk, "contract", CONTRACT, "end_on=2026-11-30", by="ma")) == [
        ("term_order", "合同期的起止先后有误")
    ]
    done = make(desk, "contract", CONTRACT, "signer_term_end=2027-01-01", "promise=赠送车位", by="yuan")
    assert told(done) == [
        ("within_term", "合同期超出签署人的任期"),
        ("private_promise", "私下承诺要写明承诺人，由本人处理"),
    ]
    desk.step(done.record.id, "drop", now=LATER, by="boss", reason="价格谈不拢")
    assert status(desk, done.record.id) == "dropped"


# -- the archive ------------------------------------------------------------------------------

HOME = {"id": "DA-3-502", "title": "3-502 入住档案", "kind": "household", "room": "3-502", "place": "档案柜 2-3"}
WHOLE = "papers=[{title: 入住通知单}, {title: 业主身份证复印件}, {title: 住户登记表}, {title: 协议, original: true}]"


def archived(desk: Desk, *words: str) -> str:
    done = made(desk, "archive_file", HOME, *words)
    desk.step(done, "file", WHOLE, now=AT)
    return done


def test_a_file_is_lent_and_destroyed_in_the_end(desk: Desk) -> None:
    done = made(desk, "archive_file", HOME, "keep_until=2026-11-21")
    assert not told(desk.step(done, "file", WHOLE, now=AT))
    assert desk.load(done, AT).state.fields["keeper"] == "lina"
    loan = {"file": done, "reason": "核对面积", "mode": "take"}
    lent = made(desk, "archive_loan", loan, now=AT)
    assert said(lambda: desk.step(lent, "allow", now=LATER, by="zhao")) == [("due_named", "借出的要写应还日期")]
    assert not told(desk.step(lent, "allow", "due_on=2026-11-24", now=LATER, by="zhao"))
    again = made(desk, "archive_loan", loan, "mode=read", now=LATER, by="chen")
    assert said(lambda: desk.step(again, "allow", now=LATER, by="zhao")) == [
        ("one_out", "这个案卷已借出，还没有归还")
    ]
    out_on_loan = [("not_lent", "清单里有案卷还在借出中")]
    assert said(lambda: destruction(desk, done)) == out_on_loan
    assert desk.overdue(now="2026-11-25 01:00") == [(lent, "return_due", 3600)]
    early = said(lambda: desk.step(lent, "return", "intact=true", now=NEXT, at="2026-11-22 10:30"))
    assert early == [("back_after_out", "归还时间不能早于借出时间")]
    desk.step(lent, "return", "intact=true", now=NEXT)
    desk.step(again, "refuse", now=NEXT, by="zhao", reason="已经归档")
    refusal = [("destroy_approved", "先有批准的销毁清单，再销毁")]
    assert said(lambda: desk.step(done, "destroy", now=NEXT, by="hu")) == refusal
    listed = destruction(desk, done)
    assert not told(desk.step(listed, "approve", now=NEXT, by="wang"))
    unfinished = said(lambda: desk.step(listed, "destroy", "witness=liu", now=NEXT, by="hu"))
    assert unfinished == [("files_destroyed", "清单里的案卷还没有全部登记销毁")]
    desk.step(done, "destroy", now=NEXT, by="hu")
    alone = said(lambda: desk.step(listed, "destroy", "witness=hu", now=NEXT, by="hu"))
    assert alone == [("two_people", "监销人不能是销毁人")]
    desk.step(listed, "destroy", "witness=liu", now=NEXT, by="hu")
    assert [status(desk, one) for one in (done, lent, again, listed)] == [
        "destroyed", "returned", "refused", "destroyed"
    ]
    assert desk.load(listed, "2026-12-01 00:00").state.fields["done_on"] == "2026-11-23"
    assert said(lambda: make(desk, "archive_loan", loan, now="2026-11-24 10:00")) == [("there", "案卷已销毁")]


def destruction(desk: Desk, *files: str, now: str = NEXT) -> str:
    rows = ", ".join(f"{{file: {file}}}" for file in files)
    return made(desk, "archive_destruction", {"files": f"[{rows}]"}, now=now, by="hu")


def test_a_file_kept_too_short_and_a_line_without_one(desk: Desk) -> None:
    done = archived(desk, "keep_until=2027-11-21")
    listed = destruction(desk, done)
    assert told(desk.step(listed, "approve", now=NEXT, by="wang")) == [
        ("keep_time_over", "清单里有案卷没有过保管期限，或没有写期限")
    ]
    empty = said(lambda: make(desk, "archive_destruction", {"files": "[{reason: 过期}]"}, now=NEXT, by="hu"))
    assert ("named", "清单每一行都要写案卷") in empty
    lent = made(desk, "archive_loan", {"file": done, "reason": "查阅"}, now=NEXT)
    desk.step(lent, "allow", now=NEXT, by="zhao")
    assert said(lambda: desk.step(done, "destroy", now=NEXT, by="hu")) == [
        ("not_lent", "案卷还在借出中，不能销毁")
    ]
    desk.step(lent, "lose", now=NEXT, reason="搬迁时不见了")
    assert status(desk, lent) == "lost"


def test_a_confidential_file_wants_a_disclosure(desk: Desk) -> None:
    done = archived(desk, "confidential=true")
    lent = made(desk, "archive_loan", {"file": done, "reason": "查阅"}, by="zhao")
    assert told(desk.step(lent, "allow", now=LATER, by="zhao")) == [
        ("confidential", "涉密案卷要有已批准的客户资料查阅登记"),
        ("own", "借阅不应由本人批准"),
    ]


@pytest.mark.parametrize(
    ("words", "papers", "warnings"),
    [
        (
            ["by_agent=true", "by_company=true"],
            "[{title: 入住通知单}, {title: 入住通知单}, {title: 协议}, {title: 住户登记表}]",
            [
                ("household_set", "入住档案不齐：入住通知单、业主身份证复印件、住户登记表、协议"),
                ("household_set_agent", "由受托人办理的，要有受委托人身份证复印件"),
                ("household_set_company", "单位购房的，要有单位证明"),
            ],
        ),
        (
            ["kind=renovation", "by_agent=true", "structure=true", "room="],
            "[{title: 图纸}]",
            [
                ("renovation_set", "装修档案要有装修协议"),
                ("renovation_set_agent", "由受托人办理的，要有受托人身份证复印件"),
                ("renovation_set_power", "由受托人办理的，要有委托书"),
                ("renovation_set_structure", "改动结构的，要有房产主管部门批准书"),
                ("whose_home", "入住和装修档案应写房号"),
            ],
        ),
        (
            ["kind=renovation", "by_agent=true", "structure=true"],
            "[{title: 装修协议}, {title: 委托书}, {title: 受托人身份证复印件}, {title: 房产主管部门批准书}]",
            [],
        ),
        (["kind=customer", "room=8-1801"], "[{title: 租约}]", [("tenant_keeper", "写字楼客户档案由部门经理保管")]),
        (["kind=customer", "room=8-1801", "keeper=ma"], "[{title: 租约}]", []),
    ],
)
def test_what_belongs_in_a_file(desk: Desk, words: list[str], papers: str, warnings: list[tuple[str, str]]) -> None:
    desk.add("room", "id=8-1801", "kind=office", now=START)
    done = made(desk, "archive_file", HOME, *words)
    assert sorted(told(desk.step(done, "file", f"papers={papers}", now=AT))) == sorted(warnings)


def test_the_papers_of_a_month_name_it(desk: Desk) -> None:
    pack = {"id": "YD-2026-10", "title": "10 月资料", "kind": "monthly_pack", "place": "档案柜 1"}
    assert said(lambda: make(desk, "archive_file", pack)) == [("month_named", "月度资料要写明月份，例如 2026-11")]
    done = made(desk, "archive_file", pack, "month=2026-10", by="zhao")
    desk.step(done, "insert", "papers+={title: 报修单}", now=AT, by="zhao")
    desk.step(done, "file", now=AT, by="zhao")
    assert desk.load(done, AT).state.fields["papers"] == [{"title": "报修单", "copies": "1", "original": "false"}]
    assert status(desk, done) == "filed"


# -- documents and data -----------------------------------------------------------------------


def test_an_incoming_document(desk: Desk) -> None:
    done = made(desk, "incoming_document", {"sender": "街道办", "title": "关于做好冬季消防的通知"}, "kind=order")
    assert said(lambda: desk.step(done, "instruct", "instruction=请落实", now=LATER, by="wang")) == [
        ("owner_set", "批示时要写明承办人")
    ]
    passed = desk.step(done, "instruct", "owner=chen", "due_on=2026-11-20", now=LATER, by="wang")
    assert told(passed) == [("due_ahead", "办结期限早于批示")]
    assert desk.overdue(now="2026-11-22 12:00")[0][:2] == (done, "act")
    desk.step(done, "finish", "result=已检查灭火器", now=NEXT, by="chen")
    desk.step(done, "file", now=NEXT)
    assert (status(desk, done), desk.overdue(now="2026-12-01 00:00")) == ("filed", [])


def test_an_outgoing_document(desk: Desk) -> None:
    letter = {"title": "关于停水的函", "recipient": "自来水公司"}
    done = made(desk, "outgoing_document", letter)
    desk.step(done, "proofread", "body=贵公司：……", now=AT)
    desk.step(done, "reject", now=AT, by="wang", reason="称呼不对")
    desk.step(done, "proofread", now=LATER)
    assert told(desk.step(done, "sign", now=LATER, by="wang")) == [
        ("external_by_gm", "发往公司外的信函和证明由总经理签发")
    ]
    desk.step(done, "send", "method=express", now=NEXT)
    desk.step(done, "file", now=NEXT)
    fields = desk.load(done, "2026-12-01 00:00").state.fields
    assert (fields["proofreader"], fields["signer"], fields["sent_at"][:16]) == ("lina", "wang", "2026-11-23T10:00")
    inside = made(desk, "outgoing_document", letter, "external=false")
    desk.step(inside, "proofread", "body=各部门：……", now=AT)
    assert not told(desk.step(inside, "sign", now=LATER, by="wang"))


ASKED = {
    "customer": "wangfang", "asker": "市场调查公司", "asker_kind": "outsider", "reason": "问卷回访", "items": "name,phone",
}


def test_customer_data_leaves_only_when_allowed(desk: Desk) -> None:
    done = made(desk, "disclosure", ASKED)
    assert said(lambda: desk.step(done, "allow", now=LATER, by="ma")) == [
        ("outsider_refused", "外部单位或个人没有证明文件，不能批准")
    ]
    desk.step(done, "allow", f"proof={PAPER}", now=LATER, by="ma")
    desk.step(done, "give", now=LATER)
    fields = desk.load(done, LATER).state.fields
    assert (fields["allowed_by"], fields["given_at"][:16]) == ("ma", "2026-11-22T11:00")
    assert said(lambda: desk.step(done, "leak", "breach=true", now=NEXT, by="zhao")) == [
        ("breach_incident", "泄密要先登记突发事件")
    ]
    incident = made(
        desk, "incident", {"kind": "other", "area": "hall", "course": "电话号码外泄", "first_action": "已收回",
                           "within_power": "false"}, now=NEXT,
    )
    desk.step(done, "leak", "breach=true", f"incident={incident}", now=NEXT, by="zhao")
    assert status(desk, done) == "given"


def test_who_asks_for_data_does_not_allow_it(desk: Desk) -> None:
    done = made(desk, "disclosure", ASKED, "asker_kind=authority", by="ma")
    assert told(desk.step(done, "allow", now=LATER, by="ma")) == [("other_allows", "申请和批准应是两个人")]
    other = made(desk, "disclosure", ASKED)
    desk.step(other, "refuse", now=LATER, by="ma", reason="没有授权")
    assert status(desk, other) == "refused"


# -- money ------------------------------------------------------------------------------------


def test_a_budget_and_what_was_spent(desk: Desk) -> None:
    done = made(desk, "budget", {"period_of": "2026-Q4", "dept": "客服部"}, "lines=[{item: 办公用品}]", by="qian")
    assert said(lambda: desk.step(done, "approve", now=AT, by="wang")) == [
        ("planned", "每一项都要写项目和计划金额")
    ]
    lines = "[{item: 办公用品, planned: 800}, {item: 绿植, planned: 1200}]"
    desk.step(done, "refuse", f"lines={lines}", now=AT, by="wang", reason="补金额")
    desk.step(done, "approve", now=AT, by="wang")
    assert said(lambda: desk.step(done, "settle", now=NEXT, by="qian")) == [
        ("spent", "决算前每一项都要填实际金额")
    ]
    over = desk.step(done, "spend", "lines.1.actual=900", "lines.2.actual=1300", now=NEXT, by="qian")
    assert told(over) == [("over", "实际支出超出预算")]
    desk.step(done, "spend", "lines.2.actual=1000", now=NEXT, by="qian")
    assert not told(desk.step(done, "settle", now=NEXT, by="qian"))
    totals = derived(desk, done)
    assert [totals[name] for name in ("planned_total", "actual_total", "control_rate")] == [
        "2000.00", "1900.00", "95.0"
    ]


CLAIM = {"items": "[{what: 打印纸, amount: 125.50, voucher_no: '8801'}]", "reason": "办公用品"}


def test_a_claim_is_checked_approved_and_paid(desk: Desk) -> None:
    done = made(desk, "expense_claim", CLAIM)
    assert not told(desk.step(done, "check", now=AT, by="qian"))
    desk.step(done, "approve", now=LATER, by="wang")
    desk.step(done, "pay", now=NEXT, by="qian")
    fields = desk.load(done, "2026-12-01 00:00").state.fields
    assert (fields["kind"], fields["claimant"], fields["paid_on"]) == ("claim", "lina", "2026-11-23")


@pytest.mark.parametrize(
    ("items", "errors"),
    [
        ("[{what: 打印纸, amount: 0}]", [("sum", "合计要大于零")]),
        ("[{what: 打印纸, amount: 5}, {what: 笔}]", [("sum_each", "每一项都要有金额")]),
    ],
)
def test_a_claim_that_does_not_add_up(desk: Desk, items: str, errors: list[tuple[str, str]]) -> None:
    assert said(lambda: make(desk, "expense_claim", CLAIM, f"items={items}")) == errors


def test_what_stops_a_claim(desk: Desk) -> None:
    done = made(desk, "expense_claim", CLAIM, "items=[{what: 装修押金, amount: 2000}]", "kind=refund", by="wang")
    check = lambda *words: desk.step(done, "check", *words, now=AT, by="qian")  # noqa: E731
    assert said(check) == [("payee_named", "退款和付款要写收款人")]
    assert told(check("payee=王芳")) == [("voucher", "有明细没有凭证号")]
    assert said(lambda: desk.step(done, "approve", now=LATER, by="wang")) == [("own", "不能审批自己的报销")]
    desk.step(done, "approve", now=LATER, by="feng")
    other = made(desk, "expense_claim", CLAIM)
    desk.step(other, "refuse", now=LATER, by="qian", reason="发票抬头不对")
    assert (status(desk, done), status(desk, other)) == ("approved", "refused")


# -- people -----------------------------------------------------------------------------------


def test_somebody_is_hired_trained_confirmed(desk: Desk) -> None:
    vacancy = made(desk, "recruitment", {"post": "客服管理员", "establishment": "5"}, by="zhao")
    met = ("candidate=林晓", "education=大专", "interview=谈吐清楚，愿意轮班")
    desk.step(vacancy, "interview", *met, now=AT, by="hu")
    desk.step(vacancy, "decide", "decision=hire", now=LATER, by="boss")
    desk.add("staff", "id=lin", "name=林晓", "roles=cs_officer", "employed_on=2026-11-23", now=NEXT, by="hu")
    start = made(desk, "onboarding", {"staff": "lin", "recruitment": vacancy}, now=NEXT, by="hu")
    fields = desk.load(start, NEXT).state.fields
    assert (fields["start_on"], fields["badge_no"]) == ("2026-11-23", "lin")
    missing = ("trained", "上岗前要有本人的岗前培训记录")
    assert said(lambda: desk.step(start, "finish", now=NEXT, by="zhao")) == [missing]
    of_others = made(desk, "training", {"kind": "pre_post", "subject": "岗前", "people": "[{who: liu}]"}, now=NEXT, by="zhao")
    assert said(lambda: desk.step(start, "finish", f"training={of_others}", now=NEXT, by="zhao")) == [missing]
    lesson = made(desk, "training", {"kind": "pre_post", "subject": "岗前", "people": "[{who: lin}]"}, now=NEXT, by="zhao")
    desk.step(start, "note", "steps_done=pass", "steps_done.05=fail", f"training={lesson}", now=NEXT, by="hu")
    assert told(desk.step(start, "finish", now=NEXT, by="zhao")) == [("all_done", "入职事项还没有全部完成")]
    trial = made(desk, "probation", PROBATION, now="2027-02-01 10:00", by="zhao")
    assert desk.load(trial, "2027-02-01 10:00").state.fields["start_on"] == "2026-11-23"
    assert desk.overdue(now="2027-02-23 01:00") == [(trial, "before_end", 3600)]
    desk.step(trial, "approve", now="2027-02-10 10:00", by="wang")
    ends = [status(desk, one, "2027-03-01 00:00") for one in (vacancy, start, trial)]
    assert ends == ["decided", "on_post", "decided"]


PROBATION = {"staff": "lin", "end_on": "2027-02-22", "items": "pass", "facts": "独立接待，无投诉", "result": "confirm"}


def test_what_a_probation_may_not_be(desk: Desk) -> None:
    usual = PROBATION | {"staff": "liu", "start_on": "2026-09-01", "end_on": "2026-11-30"}
    refuse = lambda *words, **more: said(lambda: make(desk, "probation", usual, *words, **({"by": "zhao"} | more)))  # noqa: E731
    assert refuse("end_on=2026-08-30") == [("dates", "试用止要晚于试用起")]
    unextended = [("extend_date", "延长的要写延长至哪天，且晚于试用止")]
    assert refuse("result=extend") == unextended
    assert refuse("result=extend", "new_end=2026-11-30") == unextended
    assert refuse("staff=zhao") == [("not_self", "不能考核自己")]
    done = made(desk, "probation", usual, by="zhao")
    desk.step(done, "refuse", now=LATER, by="wang", reason="事实不够")
    desk.step(done, "reassess", "items.03=fail", "facts=迟到两次", now=LATER, by="zhao")
    partly = made(desk, "probation", usual, "items.01=pass", "items=", by="zhao")
    assert told(desk.step(partly, "approve", now=LATER, by="wang")) == [("complete", "考核项目没有全部填写")]
    assert told(desk.step(done, "approve", now=LATER, by="wang")) == [("fair", "有不合格项，结论却是转正")]


def test_who_may_be_hired(desk: Desk) -> None:
    desk.step("lina", "update", "post=前台", by="hu", now=START)
    full = make(desk, "recruitment", {"post": "前台", "establishment": "1"}, by="zhao")
    assert told(full) == [("within", "在岗人数加需求人数超出编制")]
    desk.step(full.record.id, "cancel", now=LATER, by="zhao", reason="不再需要")
    head = made(desk, "recruitment", {"post": "工程部经理", "level": "manager"}, by="zhao")
    desk.step(head, "interview", "candidate=周工", "interview=经验丰富", now=AT, by="hu")
    assert said(lambda: desk.step(head, "decide", "decision=hire", now=LATER, by="boss")) == [
        ("chairman", "部门经理及以上的聘任要附董事长同意书")
    ]
    assert not told(desk.step(head, "decide", "decision=hire", f"consent={PAPER}", now=LATER, by="boss"))
    guide = made(desk, "recruitment", {"post": "见习导购员"}, by="zhao")
    desk.step(guide, "interview", "candidate=小吴", "age=21", "interview=可以", now=AT, by="hu")
    assert told(desk.step(guide, "decide", "decision=hire", now=LATER, by="boss")) == [
        ("trainee_age", "见习岗位录用要够年龄"),
        ("trainee_schooling", "见习岗位录用要写学历（高中以上）"),
    ]


def test_only_the_general_manager_appoints_and_signs(desk: Desk) -> None:
    desk.step("boss", "update", "roles=cs_supervisor", by="hu", now=START)     # still the administrator
    signed = made(desk, "contract", CONTRACT, by="ma")
    desk.step(signed, "review", now=AT, by="feng")
    assert said(lambda: desk.step(signed, "sign", now=LATER, by="boss")) == [("contract_scope", "合同由总经理签署")]
    head = made(desk, "recruitment", {"post": "客服主管", "level": "supervisor"}, by="zhao")
    desk.step(head, "interview", "candidate=周工", "interview=经验丰富", now=AT, by="hu")
    assert told(desk.step(head, "decide", "decision=hire", now=LATER, by="boss")) == [
        ("hire_grade", "主管以上由总经理聘任")
    ]


def test_the_trial_ends_after_the_first_day_and_somebody_may_not_come(desk: Desk) -> None:
    early = said(lambda: make(desk, "onboarding", {"staff": "liu", "trial_end": "2026-11-22"}, by="hu"))
    assert early == [("trial_order", "试用期止要晚于入职日期")]
    done = made(desk, "onboarding", {"staff": "liu"}, by="hu")
    desk.step(done, "quit", now=NEXT, by="hu", reason="另有去处")
    assert status(desk, done) == "left"


PLAN = {"period_of": "2026-12", "dept": "客服部", "items": "[{subject: 接待礼仪, planned_on: 2026-12-02}]"}


def test_a_training_plan_and_a_training_of_it(desk: Desk) -> None:
    plan = made(desk, "training_plan", PLAN, by="zhao")
    lesson = {"subject": "接待礼仪", "plan": plan, "people": "[{who: lina}, {who: liu, signed: false}]"}
    hold = lambda: make(desk, "training", lesson, now="2026-12-02 15:00", by="zhao")  # noqa: E731
    assert said(hold) == [("training_approved", "培训计划经主任批准后才能实施")]
    assert not told(desk.step(plan, "approve", now=AT, by="wang"))
    done = hold().record.id
    fields = desk.load(done, "2026-12-03 00:00").state.fields
    assert (fields["trainer"], fields["people"][0]["signed"]) == ("zhao", "true")
    tested = desk.step(done, "test", "people.1.score=92", now="2026-12-03 10:00", by="zhao")
    assert told(tested) == [("tested", "有参加人没有考核结果")]
    filed = desk.step(done, "file", now="2026-12-04 10:00", by="hu")
    assert told(filed) == [("signed", "有参加人没有签到")]
    desk.step(plan, "close", now="2026-12-31 10:00", by="zhao")
    assert [status(desk, one, "2027-01-01 00:00") for one in (plan, done)] == ["closed", "filed"]


def test_a_training_plan_comes_before_the_training(desk: Desk) -> None:
    done = made(desk, "training_plan", PLAN, "items=[{subject: 接待礼仪, planned_on: 2026-11-10}, {subject: 消防}]", by="zhao")
    assert said(lambda: desk.step(done, "approve", now=AT, by="wang")) == [("dated", "每次培训都要有主题和日期")]
    desk.step(done, "refuse", "items.2.planned_on=2026-12-09", now=AT, by="wang", reason="补日期")
    assert told(desk.step(done, "approve", now=LATER, by="wang")) == [("before_start", "批准晚于第一次培训")]


SCORES = {
    "staff": "lina", "period": "2026-11",
    "items": "[{item: 服务态度, weight: 60, score: 55}, {item: 记录, weight: 40, score: 38}]",
}


def test_an_appraisal_is_reported_and_filed(desk: Desk) -> None:
    done = made(desk, "appraisal", SCORES, "bonus=600", by="zhao")
    desk.step(done, "report", now=LATER, by="zhao")
    with pytest.raises(Refused) as caught:
        desk.step(done, "file", now=NEXT, by="he")
    assert [(issue.rule, issue.field) for issue in caught.value.issues] == [("step.requires", "archive")]
    archive = made(desk, "archive_file", {"id": "DA-KH", "title": "考核结果", "kind": "appraisal", "place": "人事柜"}, now=AT)
    unskilled = ("devices=pass", "devices.office_devices_02=fail")
    with pytest.raises(Refused) as caught:
        desk.step(done, "file", f"archive={archive}", *unskilled, now=NEXT, by="he")
    assert [ZH.issue(issue)[0] for issue in caught.value.issues] == ["办公设备不会用的项目，要写明培训安排"]
    desk.step(done, "file", f"archive={archive}", "devices=pass", now=NEXT, by="he")
    kind = desk.load(done, NEXT).state.fields["kind"]
    assert (status(desk, done), kind, derived(desk, done)["total"]) == ("filed", "staff", "93")


def test_what_an_appraisal_may_not_be(desk: Desk) -> None:
    refuse = lambda *words: said(lambda: make(desk, "appraisal", SCORES, *words, by="zhao"))  # noqa: E731
    assert refuse("items=[{item: 记录, weight: 40, score: 38}]") == [("weights", "权重合计要等于 100")]
    assert refuse("items=[{item: 记录, weight: 100, score: 101}]") == [("cap", "每项得分在 0 到权重之间")]
    assert refuse("staff=zhao") == [("not_self", "不能考核自己")]
    make(desk, "appraisal", SCORES, "bonus=600", by="zhao")
    over = make(desk, "appraisal", SCORES, "staff=liu", "bonus=500", "items=[{item: 巡逻, weight: 100}]", by="zhao")
    assert told(over) == [("bonus_pool", "本期奖金合计超出奖金总额")]
    assert said(lambda: desk.step(over.record.id, "report", now=LATER, by="zhao")) == [
        ("scored", "每一项都要有项目和得分")
    ]


PRAISED = {"staff": "lina", "kind": "reward", "cause": "good_work", "facts": "夜里帮住户关阀", "action": "cash_reward"}


def test_a_reward_is_approved_and_told(desk: Desk) -> None:
    done = made(desk, "reward_penalty", PRAISED, by="zhao")
    assert said(lambda: desk.step(done, "approve", now=LATER, by="wang")) == [
        ("amount_set", "奖金、扣罚、赔偿要写金额")
    ]
    desk.step(done, "approve", "amount=200", now=LATER, by="wang")
    desk.step(done, "carry_out", now=NEXT, by="he")
    assert status(desk, done) == "done"


@pytest.mark.parametrize(
    ("words", "warning"),
    [
        (["cause=agency", "action=warning"], ("dismiss_causes", "参与中介、在样板房坐靠卧睡的，按规定辞退")),
        (["cause=breakage", "action=compensate", "amount=80"], ("breakage_both", "打碎物品不详的，照价赔偿并另行扣罚")),
        (["cause=own_discs", "kind=reward", "action=warning"], ("flat_discs", "私带唱片的，按规定处罚")),
        (["cause=breakage", "action=compensate", "amount=80", "extra_fine=20"], None),
        (["cause=sit_show_flat", "action=dismissal"], None),
    ],
)
def test_what_a_cause_leads_to(desk: Desk, words: list[str], warning: tuple[str, str] | None) -> None:
    done = make(desk, "reward_penalty", PRAISED, "kind=penalty", *words, by="zhao")
    assert told(done) == ([warning] if warning else [])


def test_the_bonuses_of_a_month_are_within_the_pool(desk: Desk) -> None:
    share = PRAISED | {"kind": "bonus", "cause": "month_bonus", "amount": "700"}
    first, second = (made(desk, "reward_penalty", share, f"staff={one}", by="ma") for one in ("lina", "wang"))
    over = ("bonus_sum", "本月奖金合计超出奖金总额")
    own = ("own", "不能批准自己的奖惩")
    assert said(lambda: desk.step(second, "approve", now=LATER, by="wang")) == [over, own]
    desk.step(second, "reject", now=LATER, by="boss", reason="超额")
    desk.void(second, by="ma", now=NEXT)
    desk.step(first, "approve", now=NEXT, by="wang")
    assert status(desk, first) == "approved"


def test_praise_is_confirmed_and_has_its_points(desk: Desk) -> None:
    praise = {"staff": "lina", "kind": "praise_media", "facts": "晚报报道拾金不昧", "from_whom": "晚报"}
    done = made(desk, "commendation", praise, by="fang")
    assert said(lambda: desk.step(done, "confirm", now=LATER, by="tang")) == [
        ("media_material", "媒体表扬要附文字材料")
    ]
    desk.step(done, "confirm", f"material={PAPER}", now=LATER, by="tang")
    other = made(desk, "commendation", praise, "kind=criticism_company", by="fang")
    desk.step(other, "reject", now=LATER, by="tang", reason="查无此事")
    assert [derived(desk, one)["points"] for one in (done, other)] == ["5", "-3"]
    assert (status(desk, done), status(desk, other)) == ("confirmed", "rejected")


def test_a_mortgage_to_the_banks_paying_out(desk: Desk) -> None:
    case = {"customer": "wangfang", "room": "3-502", "group": "a", "loan": "800000"}
    opened = make(desk, "mortgage_case", case, "promise=代办契税", by="yuan")
    assert told(opened) == [("private_promise", "私下承诺要写明置业顾问，由本人处理")]
    done = opened.record.id
    early = desk.step(done, "to_bank", "consultant=yuan", "papers.01=pass", now=AT, by="yuan")
    assert told(early) == [("sets", "资料还没有齐，就送银行了")]
    desk.step(done, "supplement", "papers=pass", "problems+={what: 缺收入证明}", now=LATER, by="yuan", reason="银行要收入证明")
    assert not told(desk.step(done, "to_bank", now=NEXT, by="yuan"))
    desk.step(done, "collect", "paid_out=800000", now="2026-12-20 10:00", by="yuan")
    fields = desk.load(done, "2026-12-31 00:00").state.fields
    assert (fields["paid_out_on"], fields["problems"][0]["by"]) == ("2026-12-20", "yuan")
    assert status(desk, done) == "collected"
