"""The forms of a mall: one good record of each through all its steps, and for each check an attempt that breaks it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from logbook.locale.catalogue import Catalogue
from logbook.operations import overdue as lateness
from logbook.operations.deriving import derived_values
from logbook.store.library import check_folder
from tests.operations.desk import START
from tests.operations.desk import TEMPLATES
from tests.operations.desk import Desk
from tests.templates.findings import said
from tests.templates.findings import told

ZH = Catalogue("zh")
AT = "2026-11-22 10:00"
LATER = "2026-11-22 11:00"
STAFF = (
    ("mei", "梅小雨", "mall_clerk"),
    ("tan", "谭勇", "mall_guard,gate_guard"),
    ("luo", "罗刚", "mall_guard,parking_guard"),
    ("qin", "秦队", "guard_supervisor"),
    ("jia", "贾检", "mall_checker"),
    ("fan", "范楼面", "floor_supervisor"),
    ("cai", "蔡收费", "fee_collector"),
    ("yan", "严会计", "finance,finance_clerk"),
    ("gao", "郜经理", "department_manager"),
)


def switch_on(desk: Desk, pack: str) -> None:
    settings = desk.root / "logbook.yaml"
    settings.write_text(settings.read_text("utf-8").replace("- core\n", f"- core\n- {pack}\n"), "utf-8")
    commit(desk)


def commit(desk: Desk) -> None:
    who = ("-c", "user.name=高总", "-c", "user.email=boss@staff.logbook")
    desk.git("add", "-A")
    desk.git(*who, "commit", "-qm", "book: settings", "--date=2026-11-20T08:00:00+08:00")


@pytest.fixture(scope="module")
def mall_book(furnished_book: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The practice book with the pack of a mall and its people; nobody writes into this one."""
    desk = furnished_book.copy(tmp_path_factory.mktemp("mall") / "book")
    shutil.copytree(TEMPLATES / "mall", desk.root / "templates" / "mall")
    switch_on(desk, "mall")
    for staff, name, roles in STAFF:
        desk.add("staff", f"id={staff}", f"name={name}", f"roles={roles}", by="boss", now=START)
    desk.add("area", "id=zone-1", "name=一层东区", "kind=mall_zone", by="zhao", now=START)
    return desk


@pytest.fixture
def desk(mall_book: Desk, tmp_path: Path) -> Desk:
    return mall_book.copy(tmp_path / "book")


def test_the_pack_has_no_fault(tmp_path: Path) -> None:
    for pack in ("core", "mall"):
        shutil.copytree(TEMPLATES / pack, tmp_path / "templates" / pack)
    found = [issue for issue in check_folder(tmp_path) if str(issue.path).startswith("templates/mall/")]
    assert [str(issue) for issue in found] == []


# What is typed for a good record, and the steps it goes through: words, and who takes them.
GOOD: dict[str, tuple[str, tuple[str, ...]]] = {
    "guard_patrol": ("tan", ("area=zone-1",)),
    "night_patrol": ("tan", ()),
    "parking_check": ("luo", ("plate=川A12345", "space=B2-017")),
    "public_area_check": ("mei", ("area=zone-1",)),
    "bag_deposit": ("mei", ("tag=18",)),
    "gift_issue": ("mei", ("gift=雨伞", "campaign=店庆", "kind=receive", "qty=20", "list_no=ZP-07")),
    "return_exchange": (
        "mei",
        ("goods+={name: 电饭煲, price: 299}", "receipt_no=0081", "bought_on=昨天", "reason=按键失灵"),
    ),
    "invoice": ("mei", ("receipt_no=0093", "title=翠湖商贸公司", "amount=1280")),
    "vip": ("mei", ("id=V-001", "name=孙丽", "phone=13800001111")),
    "promo_material": ("mei", ("id=HB-01", "title=店庆海报", "area=zone-1", "to_on=2026-11-30", "qty=50")),
    "broadcast": ("mei", ("text=今晚店庆，全场八折",)),
    "goods_exit_check": (
        "tan",
        ("exit=东门", "carrier=马师傅", "goods+={name: 货架}", "paper=receipt", "decision=out"),
    ),
    "suspicious_person": ("tan", ("place=二层中庭", "kind=tout", "person=男，三十岁左右，灰夹克")),
    "cash_handover": (
        "cai",
        (
            "kind=handin",
            "lines+={kind: property, taken_in: 3200, receipts: 001-012}",
            "counted=3200",
            "handed=3200",
        ),
    ),
    "customer_order": (
        "mei",
        (
            "buyer=第三小学",
            "phone=13800002222",
            "items+={name: 书包, qty: 40, price: 59.9}",
            "wanted_on=2026-11-25",
        ),
    ),
    "appliance_test": ("mei", ("receipt_no=0102", "goods=冰箱 BCD-215")),
}

STEPS: dict[str, tuple[tuple[str, str, tuple[str, ...]], ...]] = {
    "guard_patrol": (("finish", "tan", ("fire_display=on",)), ("handover", "tan", ("next_guard=luo",))),
    "night_patrol": (("round", "tan", ("rounds.area=一层",)), ("close", "tan", ())),
    "parking_check": (
        ("report", "luo", ("finding=左前门没锁", "reported_to=qin")),
        ("close", "qin", ("owner_told_at=10:20",)),
    ),
    "public_area_check": (
        ("fix", "mei", ("findings+={what: 垃圾桶满, point: public_area_check_03, owner: mei, fixed_at: now}",)),
        ("close", "zhao", ()),
    ),
    "bag_deposit": (("out", "mei", ()),),
    "gift_issue": (("verify", "zhao", ()),),
    "return_exchange": (("accept", "zhao", ("conditions=true",)), ("collect", "fan", ())),
    "invoice": (("issue", "mei", ("invoice_no=51002371",)),),
    "vip": (
        ("issue", "zhao", ("qualifies=true", "card_no=8001")),
        ("visit", "mei", ("visits+={satisfied: fair, words: 希望多办活动}",)),
        ("end", "mei", ()),
    ),
    "promo_material": (("give", "mei", ("given_out=30",)), ("repair", "mei", ()), ("remove", "mei", ("intact=false",))),
    "broadcast": (("approve", "zhao", ()), ("air", "mei", ("rehearsed=true", "aired.at=now"))),
    "goods_exit_check": (("close", "tan", ()),),
    "suspicious_person": (("handle", "tan", ("action=left", "asked=自称发传单")), ("close", "qin", ())),
    "cash_handover": (("receive", "yan", ()), ("close", "yan", ())),
    "customer_order": (
        ("follow", "mei", ("replies.words=明天到货",)), ("confirm", "mei", ()), ("deliver", "mei", ()),
    ),
    "appliance_test": (("sign", "mei", ("customer_signed=true",)),),
}  # fmt: skip

END = {
    "guard_patrol": "handed_over", "bag_deposit": "returned", "gift_issue": "verified", "invoice": "issued",
    "return_exchange": "collected", "vip": "ended", "promo_material": "removed", "broadcast": "aired",
    "customer_order": "delivered",
}  # fmt: skip


def add(desk: Desk, form: str, *words: str, now: str = AT) -> Any:
    """The good record of a form, some of it replaced; `name=` leaves a value out."""
    by, usual = GOOD[form]
    own = {word.split("=")[0].rstrip("+") for word in words}
    kept = [word for word in usual if word.split("=")[0].rstrip("+") not in own]
    return desk.add(form, *kept, *(word for word in words if not word.endswith("=")), now=now, by=by)


def go(desk: Desk, form: str, record: str, until: str, *words: str, now: str = LATER) -> Any:
    """The steps of a form up to ``until``, which gets ``words`` besides."""
    for step, by, usual in STEPS[form]:
        if step == until:
            own = {word.split("=")[0].split(".")[0].rstrip("+") for word in words}
            usual = tuple(word for word in usual if word.split("=")[0].split(".")[0].rstrip("+") not in own)
            return desk.step(
                record, step, *usual, *(word for word in words if not word.endswith("=")), now=now, by=by
            )
        desk.step(record, step, *usual, now=now, by=by)
    raise LookupError(until)


@pytest.mark.parametrize("form", GOOD)
def test_a_good_record_from_the_first_word_to_the_end(desk: Desk, form: str) -> None:
    written = add(desk, form)
    assert told(written) == []
    made = written.record.id
    last = STEPS[form][-1][0]
    assert told(go(desk, form, made, last)) == []
    assert desk.load(made, "2026-11-23 00:00").state.status == END.get(form, "closed")


@pytest.mark.parametrize(
    ("form", "words", "check", "sentence"),
    [
        (
            "night_patrol",
            ["rounds+={area: 二层, ok: false}"],
            "bad_has_finding",
            "不合格的巡场要写明发现了什么",
        ),
        ("parking_check", ["points.01=fail"], "fail_has_finding", "有不合格项的要写明问题"),
        ("parking_check", ["owner_told_at=09:00"], "told_order", "告知车主不能早于检查"),
        ("public_area_check", ["by_kind=random", "clerk=mei"], "checker_other", "抽查的不能是管区客服自己"),
        (
            "public_area_check",
            ["findings+={what: 积水, fixed_at: '09:00'}"],
            "fixed_order",
            "整改不能早于检查",
        ),
        ("bag_deposit", ["pieces=0"], "some_piece", "至少存一件"),
        ("gift_issue", ["list_no="], "list_set", "领入赠品要写赠品明细表号"),
        ("gift_issue", ["qty=0"], "some", "数量至少是一"),
        ("return_exchange", ["bought_on=2026-11-23"], "bought_order", "购买日期还没到"),
        ("invoice", ["amount=0"], "amount", "金额要大于零"),
        ("promo_material", ["from_on=2026-12-01"], "dates", "止的日期不能早于起"),
        ("promo_material", ["given_out=51"], "gave", "发放的比数量还多"),
        (
            "promo_material",
            ["from_on=2026-11-01", "to_on=2026-11-21"],
            "promo_expired",
            "过期的不能摆放，请撤除",
        ),
        ("promo_material", ["intact=false"], "promo_damaged", "破损的要更换或撤除"),
        ("goods_exit_check", ["paper=none"], "no_paper", "没有证明的大件物品不能放行"),
        ("cash_handover", ["handed=3300"], "left_nonneg", "上缴的比实点的还多"),
        ("customer_order", ["wanted_on=2026-11-21"], "wanted_ahead", "需要日期已经过了"),
        ("appliance_test", ["points.02=fail"], "fail_not_ok", "有不合格的检测项，结果不能是合格"),
    ],
)
def test_what_cannot_be_entered(desk: Desk, form: str, words: list[str], check: str, sentence: str) -> None:
    assert said(lambda: add(desk, form, *words)) == [(f"{form}.{check}", sentence)]


@pytest.mark.parametrize(
    ("form", "first", "step", "words", "check", "sentence"),
    [
        ("guard_patrol", ["points.07=fail"], "finish", [], "finding_per_bad", "每个不合格的要点都要写明发现的问题"),
        ("guard_patrol", [], "finish", ["fire_display=fault"], "display_off", "消防显示屏没开或有故障，要写明发现的问题"),
        ("guard_patrol", [], "handover", ["next_guard=tan"], "relieved_other", "接班人不能是巡视人自己"),
        ("public_area_check", ["points.01=fail"], "fix", [], "fail_listed", "每个不合格的检查项都要写入问题"),
        ("return_exchange", [], "accept", ["conditions=false"], "rule_met", "不符合退换条件的不能同意"),
        (
            "return_exchange", ["goods+={name: 电饭煲}"], "collect", [], "return_signed",
            "清单要写全名称、数量和单价，楼面主管才能核对领回",
        ),
        ("vip", [], "issue", ["qualifies=false"], "rule", "不符合会员资格的不能发卡"),
        ("suspicious_person", ["kind=theft"], "handle", [], "report_serious", "偷盗、诈骗、打架、损坏电梯的要写明报告给谁"),
        ("suspicious_person", [], "handle", ["action=reported"], "report_action", "移交公安或上报的要写明报告给谁"),
        ("cash_handover", ["counted=3210"], "close", [], "no_diff", "有差额的不能关闭，请办差额查明"),
        ("customer_order", ["items+={name: 书包}"], "confirm", [], "total", "每样商品要写名称、数量和单价，金额才对"),
        ("appliance_test", [], "sign", ["customer_signed=false"], "signed", "试机结果要请顾客签名"),
    ],
)  # fmt: skip
def test_a_step_that_is_refused(
    desk: Desk, form: str, first: list[str], step: str, words: list[str], check: str, sentence: str
) -> None:
    made = add(desk, form, *first).record.id
    assert said(lambda: go(desk, form, made, step, *words)) == [(f"{form}.{check}", sentence)]


@pytest.mark.parametrize(
    ("form", "words", "check", "sentence"),
    [
        ("public_area_check", ["points.09=fail"], "damage_reported", "设施有问题的要报修，并写明报修单"),
        ("gift_issue", ["kind=issue"], "receipt_set", "发给顾客的请写小票号"),
        ("vip", ["visits+={day: today}"], "visit_said", "回访请写满意度或内容"),
        ("broadcast", ["music_gap=true"], "music", "背景音乐不能中断"),
    ],
)
def test_what_is_entered_with_a_warning(
    desk: Desk, form: str, words: list[str], check: str, sentence: str
) -> None:
    if form == "gift_issue":
        add(desk, form)
    changed = ["id=second"] if form == "vip" else ["qty=1"] if form == "gift_issue" else []
    assert told(add(desk, form, *words, *changed, now=LATER)) == [(f"{form}.{check}", sentence)]


# -- what needs more than one record, or a step of its own ---------------------------------------


def test_a_round_takes_its_time(desk: Desk) -> None:
    made = add(desk, "guard_patrol").record.id
    refusal = said(lambda: desk.step(made, "finish", now=LATER, at=AT, by="tan"))
    assert refusal == [("guard_patrol.order", "结束要晚于开始")]


def test_rounds_come_once_an_hour(desk: Desk) -> None:
    made = add(desk, "night_patrol", now="2026-11-21 22:00").record.id
    for at in ("22:55", "23:50"):
        go(desk, "night_patrol", made, "round", "rounds.area=一层", now=f"2026-11-21 {at}")
    close = lambda at: desk.step(made, "close", now=f"2026-11-22 {at}", by="tan")  # noqa: E731
    assert told(close("02:00")) == [
        ("night_patrol.gap", "两次巡场之间超过了规定的间隔"),
        ("night_patrol.count", "巡场次数少于值守的小时数"),
    ]


def test_a_site_sets_its_own_interval_of_rounds(desk: Desk) -> None:
    settings = desk.root / "logbook.yaml"
    settings.write_text(settings.read_text("utf-8") + "settings:\n  mall:\n    round_minutes: 120\n", "utf-8")
    commit(desk)
    made = add(
        desk, "night_patrol", "rounds+={area: 一层, at: '11-21 23:30'}", now="2026-11-21 22:00"
    ).record.id
    assert told(desk.step(made, "close", now="2026-11-22 00:10", by="tan")) == []


def test_what_is_wrong_with_a_car_is_reported_before_it_is_settled(desk: Desk) -> None:
    made = add(desk, "parking_check", "points.01=fail", "finding=右后视镜破损").record.id
    assert desk.overdue(now="2026-11-23 00:01") == [(made, "report", 60)]
    close = said(lambda: desk.step(made, "close", now=LATER, by="qin"))
    assert close == [("parking_check.finding_told", "有问题的要写明上报给谁")]


def test_a_daily_sheet_is_closed_when_all_is_put_right(desk: Desk) -> None:
    made = add(
        desk, "public_area_check", "points.03=fail", "findings+={point: public_area_check_03, what: 垃圾桶满}"
    )
    close = lambda: desk.step(made.record.id, "close", now=LATER, by="zhao")  # noqa: E731
    assert said(close) == [("public_area_check.all_fixed", "每个问题都要写明整改时间")]
    desk.step(made.record.id, "fix", "findings.1.fixed_at=now", now=LATER, by="mei")
    close()


def test_a_random_check_asks_for_the_post_too(desk: Desk) -> None:
    made = desk.add(
        "public_area_check",
        "area=zone-1",
        "by_kind=random",
        "clerk=mei",
        "points.on_post=fail",
        now=AT,
        by="jia",
    )
    assert told(made) == []
    close = said(lambda: desk.step(made.record.id, "close", now=LATER, by="jia"))
    assert close == [("public_area_check.fail_listed", "每个不合格的检查项都要写入问题")]


def missed(desk: Desk, duty: str, now: str) -> list[tuple[str, int]]:
    """Subject and number of the missed times of a duty."""
    rows = lateness.overdue(desk.session(now), ())
    return [(str(row.subject), row.missed) for row in rows if row.kind == "duty" and row.clock == duty]


def test_a_random_check_is_no_daily_sheet(desk: Desk) -> None:
    desk.add("public_area_check", "area=zone-1", "by_kind=random", "clerk=mei", now=AT, by="jia")
    assert missed(desk, "mall_daily_sheet", "2026-11-23 00:01") == [("zone-1", 3)]
    add(desk, "public_area_check")
    assert missed(desk, "mall_daily_sheet", "2026-11-23 00:01") == []


def test_the_cash_is_handed_in_and_the_safe_checked_every_working_day(desk: Desk) -> None:
    assert missed(desk, "cash_daily", "2026-11-24 00:01") and missed(desk, "safe_daily", "2026-11-24 00:01")
    add(desk, "cash_handover", now="2026-11-23 17:00")
    safe = ("kind=safe", "safe_ok=true", "scrambled=true")
    desk.add("cash_handover", *safe, now="2026-11-23 17:30", by="yan")
    assert (
        missed(desk, "cash_daily", "2026-11-24 00:01") == missed(desk, "safe_daily", "2026-11-24 00:01") == []
    )


def test_a_tag_holds_one_bag(desk: Desk) -> None:
    made = add(desk, "bag_deposit").record.id
    assert said(lambda: add(desk, "bag_deposit")) == [("bag_deposit.tag_free", "这个牌号还有包没取")]
    assert desk.overdue(now="2026-11-23 00:01") == [(made, "same_day", 60)]
    out = go(desk, "bag_deposit", made, "out", "tag_lost=true")
    assert told(out) == [("bag_deposit.without_tag", "无牌取包要写明取包人和电话")]
    desk.step(add(desk, "bag_deposit", now=LATER).record.id, "overdue", now="2026-11-22 22:00", by="mei")


def test_gifts_are_counted_down(desk: Desk) -> None:
    add(desk, "gift_issue", "qty=2")
    give = lambda *words, now=LATER: desk.add("gift_issue", "kind=issue", *words, now=now, by="mei")  # noqa: E731
    first = give("receipt_no=0070", now="2026-11-22 10:30")
    assert balance(desk, first.record.id) == "1"
    again = give("receipt_no=0070")
    assert told(again) == [("gift_issue.receipt_once", "这张小票已领过本次活动的赠品")]
    assert said(lambda: give("receipt_no=0071")) == [("gift_issue.non_negative", "赠品结存不够")]
    assert balance(desk, first.record.id) == "1"
    assert balance(desk, again.record.id) == "0"
    other = said(lambda: give("receipt_no=0072", "campaign=国庆"))
    assert other == [("gift_issue.non_negative", "赠品结存不够")]


def test_a_late_entry_does_not_take_what_was_given_since(desk: Desk) -> None:
    add(desk, "gift_issue", "qty=2")
    desk.add("gift_issue", "receipt_no=0070", "qty=2", now=LATER, by="mei")
    late = said(
        lambda: desk.add(
            "gift_issue", "receipt_no=0069", now="2026-11-22 11:30", at="2026-11-22 10:30", by="mei"
        )
    )
    assert late == [("gift_issue.non_negative_late", "补登后赠品结存不够")]


def balance(desk: Desk, record: str) -> str:
    session = desk.session(LATER)
    loaded = desk.load(record, LATER)
    return str(derived_values(session, loaded.form, loaded.state)["balance"])


def test_a_line_of_a_receipt_is_returned_once(desk: Desk) -> None:
    words = "goods+={name: 电饭煲, code: '6901', price: 299}"
    refused = add(desk, "return_exchange", words).record.id
    desk.step(refused, "refuse", "conditions=false", now=AT, by="zhao")
    assert told(add(desk, "return_exchange", words)) == []
    assert told(add(desk, "return_exchange", words)) == [
        ("return_exchange.once", "这张小票上的这件商品已退换过"),
        ("return_exchange.once_code", "这张小票上的这个编码已退换过"),
    ]
    assert told(add(desk, "return_exchange", words, "receipt_no=0099")) == []


def test_the_floor_supervisor_collects(desk: Desk) -> None:
    made = add(desk, "return_exchange").record.id
    desk.step(made, "accept", "conditions=true", now=LATER, by="zhao")
    refusal = ("return_exchange.return_signed_by", "由楼面主管核对清单并领回")
    assert refusal in said(lambda: desk.step(made, "collect", now=LATER, by="boss"))


def test_a_receipt_has_one_valid_invoice(desk: Desk) -> None:
    made = add(desk, "invoice").record.id
    assert said(lambda: add(desk, "invoice")) == [("invoice.once", "这张小票已开过发票")]
    go(desk, "invoice", made, "issue")
    desk.step(made, "void", now=LATER, by="yan", reason="抬头开错")
    again = add(desk, "invoice", now=LATER).record.id
    taken = said(lambda: go(desk, "invoice", again, "issue"))
    assert taken == [("invoice.number_once", "这个发票号已登记过")]
    go(desk, "invoice", again, "issue", "invoice_no=51002372")


def test_a_card_has_one_member(desk: Desk) -> None:
    go(desk, "vip", add(desk, "vip").record.id, "issue")
    second = add(desk, "vip", "id=V-002").record.id
    assert said(lambda: go(desk, "vip", second, "issue")) == [("vip.card_unique", "这个卡号已有人在用")]


def test_a_poster_comes_down_on_its_last_day(desk: Desk) -> None:
    made = add(desk, "promo_material").record.id
    assert desk.overdue(now="2026-12-01 00:01") == [(made, "expired", 60)]
    late = said(lambda: desk.step(made, "repair", now="2026-12-01 09:00", by="mei"))
    assert late == [("promo_material.promo_expired", "过期的不能摆放，请撤除")]
    desk.step(made, "remove", now="2026-12-01 09:00", by="mei")


def test_a_script_is_read_through_but_not_in_an_emergency(desk: Desk) -> None:
    made = add(desk, "broadcast").record.id
    warning = [("broadcast.rehearsed", "播出前要先备稿，标出断句和重点")]
    assert told(go(desk, "broadcast", made, "air", "rehearsed=")) == warning
    desk.step(made, "air", "rehearsed=true", "aired.at=now", now="2026-11-22 12:00", by="mei")
    assert len(desk.load(made, "2026-11-22 12:00").state.fields["aired"]) == 2
    urgent = add(desk, "broadcast", "kind=emergency").record.id
    assert told(go(desk, "broadcast", urgent, "air", "rehearsed=")) == []


def test_let_out_on_a_pass_names_the_pass_where_passes_are_kept(desk: Desk) -> None:
    """Without the pack of the estate nothing can be named, and nothing is asked."""
    assert told(add(desk, "goods_exit_check", "paper=pass")) == []


PASSES = """\
form: goods_release
version: 1
prefix: GR
title: {zh: 物品放行条, en: Goods release slip}
subject: []
fields:
  goods:
    zh: 物品清单
    en: Goods
    type: list
    of:
      item: {zh: 物品, en: Item, type: text}
      qty:  {zh: 数量, en: Quantity, type: int, default: 1}
states: {issued: 已签发 / Issued, out: 已放行 / Out}
final: [out]
steps:
  issue: {zh: 签发, en: Issue, to: issued, by: [staff]}
  gate:  {zh: 放行, en: Let out, from: issued, to: out, by: [staff]}
"""


def test_what_leaves_is_what_the_pass_names(desk: Desk) -> None:
    (desk.root / "templates" / "estate").mkdir()
    (desk.root / "templates" / "estate" / "goods_release.yaml").write_text(PASSES, "utf-8")
    switch_on(desk, "estate")
    named = desk.add("goods_release", "goods+={item: 货架, qty: 2}", now=AT).record.id
    unnamed = said(lambda: add(desk, "goods_exit_check", "paper=pass"))
    assert unnamed == [("goods_exit_check.pass_named", "凭放行条放行的要写放行条号")]
    leave = lambda goods: add(desk, "goods_exit_check", "paper=pass", f"pass={named}", f"goods+={goods}")  # noqa: E731
    assert told(leave("{name: 货架, qty: 2}")) == []
    differs = [("goods_exit_check.qty_match", "物品或数量和放行条不符")]
    assert told(leave("{name: 货架, qty: 3}")) == differs
    assert told(leave("{name: 冰柜}")) == differs


def test_the_safe_is_sound_and_scrambled(desk: Desk) -> None:
    safe = lambda *words: desk.add("cash_handover", "kind=safe", *words, now=AT, by="yan")  # noqa: E731
    missing = ("cash_handover.safe_both", "保险柜检查要写明是否完好、是否已乱码")
    assert said(lambda: safe("safe_ok=true")) == [missing]
    made = safe("safe_ok=true", "scrambled=false").record.id
    close = said(lambda: desk.step(made, "close", now=LATER, by="yan"))
    assert close == [("cash_handover.safe_checked", "保险柜有损坏或没有乱码，不能关闭")]
    desk.step(made, "dispute", now=LATER, by="yan")
    desk.step(made, "settle", now=LATER, by="gao", reason="已换锁并乱码")
    desk.step(safe("safe_ok=true", "scrambled=true").record.id, "close", now=LATER, by="yan")


def test_cash_goes_to_finance_the_same_day(desk: Desk) -> None:
    missing = ("cash_handover.cash_same_day", "现金上缴要写实点现金和上缴金额")
    assert said(lambda: add(desk, "cash_handover", "handed=")) == [missing]
    made = add(desk, "cash_handover", "handed=3000").record.id
    assert desk.overdue(now="2026-11-23 00:01") == [(made, "daily", 60)]
    early = said(lambda: desk.step(made, "close", now=LATER, by="yan"))
    assert early == [("cash_handover.received_first", "上缴的现金要先由财务签收")]
    next_day = add(desk, "cash_handover", now="2026-11-23 10:00")
    assert told(next_day) == [("cash_handover.opening_chain", "上日结存和上一次上缴后的留存不符")]
    carried = add(desk, "cash_handover", "opening=200", "counted=3400", now="2026-11-23 10:00")
    assert told(carried) == []


def test_nobody_receives_his_own_cash(desk: Desk) -> None:
    made = desk.add("cash_handover", *GOOD["cash_handover"][1], now=AT, by="yan").record.id
    own = said(lambda: desk.step(made, "receive", now=LATER, by="yan"))
    assert own == [("cash_handover.two_people", "上缴人和收款人不能是同一人")]


def test_the_cash_book_is_closed_by_the_end_of_the_month(desk: Desk) -> None:
    words = ("kind=month_close", "opening=200", "lines+={taken_in: 900, out: 100}", "counted=1000")
    made = desk.add("cash_handover", *words, now=AT, by="yan").record.id
    assert desk.overdue(now="2026-12-01 00:01") == [(made, "month", 60)]
    desk.step(made, "close", now=LATER, by="yan")


def test_an_order_is_delivered_on_the_day_agreed(desk: Desk) -> None:
    made = add(desk, "customer_order", "deposit=3000").record.id
    assert desk.overdue(now="2026-11-26 00:01") == [(made, "wanted", 60)]
    more = go(desk, "customer_order", made, "confirm")
    assert told(more) == [("customer_order.deposit_within", "订金比金额还多")]


def test_an_appliance_sent_back_becomes_a_return(desk: Desk) -> None:
    made = add(desk, "appliance_test", "points.02=fail", "result=refused").record.id
    warning = [("appliance_test.refused_returned", "不合格退回的请开退/换货单")]
    assert told(go(desk, "appliance_test", made, "sign")) == warning
    made = add(desk, "appliance_test", "points.02=fail", "result=refused", "receipt_no=0103").record.id
    add(desk, "return_exchange", "receipt_no=0103")
    assert told(go(desk, "appliance_test", made, "sign")) == []


def test_a_person_seen_is_dealt_with_the_same_day(desk: Desk) -> None:
    made = add(desk, "suspicious_person").record.id
    assert desk.overdue(now="2026-11-23 00:01") == [(made, "tell", 60)]
