"""Spot checks, deductions, targets, appraisals, rankings and plans: one good record and every faulty one."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from logbook.core.rules.world import rows_of
from logbook.core.view import View
from logbook.locale.catalogue import Catalogue
from logbook.operations.deriving import derived_values
from logbook.operations.deriving import with_derived
from logbook.operations.reading import World
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
IN = "2026-11-22 10:00"         # a day of the month that is appraised
END = "2026-11-28 10:00"
AFTER = "2026-12-02 10:00"      # inside its window
MONTH = "month=2026-11"

PEOPLE = (
    ("tang", "唐督导", "hq_cs", "总部"),
    ("fang", "方分部", "branch_cs_manager", "一分部"),
    ("he", "何人事", "hr", "总部"),
    ("ma", "马经理", "department_manager", "总部"),
    ("feng", "冯财务", "finance", "总部"),
    ("li", "李客服", "agent,cs_officer", "一分部"),
    ("wu", "吴客服", "agent,cs_officer", "二分部"),
    ("zu", "祖小组", "appraisal_group", "总部"),
    ("cai", "蔡经理", "call_centre_manager", "呼叫中心"),
    ("fu", "傅复核", "reviewer", "总部"),
)


@pytest.fixture(scope="module")
def kpi_book(furnished_book: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The practice book with this pack and its people; five visits a day are due here, not two hundred."""
    desk = furnished_book.copy(tmp_path_factory.mktemp("kpi") / "book")
    chosen = Settings(
        name="翠湖花园", administrator="boss", desks={"A": "前台 A"}, practice=True, packs=("core", "kpi", "office"),
        settings={"kpi": {"completion": {"quota": "1"}}},
    )
    files = [file for pack in ("kpi", "office") for file in sorted(TEMPLATES.glob(f"{pack}/*.yaml"))]
    forms = [Change(f"templates/{file.parent.name}/{file.name}", file.read_bytes()) for file in files]
    changes = [Change("logbook.yaml", settings_text(chosen)), *forms]
    made = Commit(changes, "book: kpi\n", ("高总", "boss@staff.logbook"), ("前台 A", "a@desk.logbook"), moment(START))
    publish(desk.session(START).repository, [made])
    for staff, name, roles, dept in PEOPLE:
        desk.add("staff", f"id={staff}", f"name={name}", f"roles={roles}", f"department={dept}", by="hu", now=START)
    for dept in ("一分部", "二分部"):
        desk.add("attendance", MONTH, f"department={dept}", "due_days=2", by="hu", now=IN)
    return desk


@pytest.fixture
def desk(kpi_book: Desk, tmp_path: Path) -> Desk:
    return kpi_book.copy(tmp_path / "book")


def made(desk: Desk, form: str, *words: str, **more: Any) -> str:
    return str(desk.add(form, *words, **({"now": IN, "by": "tang"} | more)).record.id)


def status(desk: Desk, record: str, now: str = "2026-12-31 00:00") -> str:
    return desk.load(record, now).state.status


def derived(desk: Desk, record: str, now: str = "2026-12-31 00:00") -> dict[str, Any]:
    loaded = desk.load(record, now)
    return dict(derived_values(desk.session(now), loaded.form, loaded.state))


def table(desk: Desk, record: str, *columns: str, now: str = "2026-12-31 00:00") -> list[tuple[Any, ...]]:
    """The columns of the list ``rows``, derived ones too."""
    loaded = desk.load(record, now)
    world = World(desk.session(now))
    return [tuple(row.get(column) for column in columns) for row in rows_of(View(loaded.state, world), "rows", world)]


def confirmed(desk: Desk, *words: str, agent: str = "li") -> str:
    check = made(desk, "spot_check", f"agent={agent}", *words)
    desk.step(check, "confirm", now=END, by="tang")
    return check


# -- spot checks ------------------------------------------------------------------------------


def test_a_spot_check_is_confirmed_appealed_and_upheld(desk: Desk) -> None:
    check = made(desk, "spot_check", "agent=li", "result=fail", "facts=未报工号", "points.spot_check_01=fail")
    fields = desk.load(check).state.fields
    assert (fields["kind"], fields["branch"], fields["source"], fields["checker"]) == ("call", "一分部", "hq", "tang")
    desk.step(check, "confirm", now=END, by="tang")
    desk.step(check, "appeal", now="2026-11-28 11:00", by="fang", reason="录音不清")
    assert status(desk, check) == "appealed"
    desk.step(check, "uphold", now="2026-11-28 12:00", by="tang")
    assert status(desk, check) == "confirmed"
    other = made(desk, "spot_check", "agent=li")
    desk.step(other, "cancel", now=END, by="tang", reason="记错人")
    assert status(desk, other) == "cancelled"


@pytest.mark.parametrize(
    ("words", "by", "rule", "sentence"),
    [
        (["agent=li", "result=fail"], "tang", "facts_on_fail", "不合格或不真实的，要写明情况"),
        (["agent=li", "result=false", "facts=未回访"], "tang", "false_only_visit", "“回访不真实”只用于回访抽查"),
        (["agent=tang"], "tang", "not_self", "不能抽查自己"),
    ],
)
def test_what_a_spot_check_may_not_be(kpi_book: Desk, words: list[str], by: str, rule: str, sentence: str) -> None:
    assert (rule, sentence) in said(lambda: made(kpi_book, "spot_check", *words, by=by))


# -- deductions -------------------------------------------------------------------------------

FOUND = ("agent=li", MONTH, "facts=台账与系统不符")


def deducted(desk: Desk, points: int) -> str:
    done = made(desk, "audit_deduction", *FOUND, f"points={points}", by="he")
    desk.step(done, "decide", now=END, by="he", approved_by="ma")
    return done


def test_a_deduction_is_decided_by_two_departments(desk: Desk) -> None:
    done = deducted(desk, 4)
    assert status(desk, done) == "decided"
    other = made(desk, "audit_deduction", *FOUND, "points=2", "source=circular", by="tang")
    assert said(lambda: desk.step(other, "decide", now=END, by="he", approved_by="boss")) == [
        ("both_sign", "由人力资源部和客户服务部经理共同决定")
    ]
    assert said(lambda: desk.step(other, "decide", now=END, by="he"))
    desk.step(other, "drop", now=END, by="ma", reason="情节轻微")
    assert status(desk, other) == "dropped"


@pytest.mark.parametrize("points", [1, 11])
def test_e42_points_lie_between_two_and_ten(kpi_book: Desk, points: int) -> None:
    assert said(lambda: made(kpi_book, "audit_deduction", *FOUND, f"points={points}", by="he")) == [
        ("range", "每次扣分在 2 至 10 分之间")
    ]


def test_the_month_of_a_deduction_is_written_like_one(kpi_book: Desk) -> None:
    words = ("agent=li", "month=11月", "facts=台账不符", "points=2")
    assert said(lambda: made(kpi_book, "audit_deduction", *words, by="he")) == [("month_real", "月份写成 2026-11 这样")]


# -- appraisal --------------------------------------------------------------------------------


def computed(desk: Desk, *words: str, agent: str = "li", now: str = AFTER) -> str:
    return made(desk, "agent_appraisal", f"agent={agent}", MONTH, "unrated_full=true", *words, now=now)


def closed(desk: Desk, *words: str, agent: str = "li", scores: tuple[str, str, str] = ("90", "", "90")) -> str:
    own, superior, group = scores
    sheet = computed(desk, *words, agent=agent)
    desk.step(sheet, "self_assess", f"self_score={own}", now=AFTER, by=agent)
    given = (f"superior_score={superior}", "superior_reason=协助兄弟分部") if superior else ()
    desk.step(sheet, "superior_assess", *given, now=AFTER, by="fang")
    members = ("group_members+={who: ma}", "group_members+={who: zhao, dept: 管理处}")
    desk.step(sheet, "group_assess", f"group_score={group}", *members, now=AFTER, by="zu")
    desk.step(sheet, "close", now=AFTER, by="tang")
    return sheet


def visited(desk: Desk, satisfied: str = "satisfied") -> None:
    repair = made(desk, "repair", "content=水龙头滴水", "room=3-502", by="lina")
    visit = made(desk, "return_visit", f"record={repair}", by="lina")
    desk.step(visit, "visit", "reached=true", f"satisfied={satisfied}", "problem=false", now=END, by="li")


def points(desk: Desk, sheet: str, *names: str) -> list[Decimal]:
    found = derived(desk, sheet)
    return [Decimal(found[name]) for name in names]


def test_e23_in_small_a_month_of_records_is_appraised(desk: Desk) -> None:
    for _ in range(3):
        confirmed(desk, "result=fail", "facts=未报工号")
    confirmed(desk, "kind=return_visit", "result=false", "facts=客户称没有接到电话")
    made(desk, "spot_check", "agent=li", "result=fail", "facts=尚未认定")
    confirmed(desk, "result=fail", "facts=别人的", agent="wu")
    complaint = made(desk, "complaint", "name=王先生", "summary=电梯噪音", by="li")
    visited(desk)
    visited(desk, "fair")
    report = made(desk, "work_report", "kind=branch_month", "branch=一分部", "period_from=2026-11-01", "period_to=2026-11-30", by="li", now=END)
    desk.step(report, "hand_in", "items+={what: 监测}", now=END, by="li")
    desk.step(report, "find_untrue", "untrue_facts=多报 12 条", now="2026-11-29 10:00", by="tang")
    for kind in ("praise_letter", "praise_department", "criticism_department"):
        praise = made(desk, "commendation", "staff=li", f"kind={kind}", "facts=拾金不昧", by="fang")
        desk.step(praise, "confirm", now=END, by="tang")
    deducted(desk, 2)
    sheet = computed(desk)
    counts = ("attend_days", "call_fails", "complaints_received", "complaints_unresolved", "visits_done", "visits_due",
              "visits_untrue", "visits_rated", "visits_satisfied", "untrue_reports")     # fmt: skip
    assert points(desk, sheet, *counts) == [2, 3, 1, 1, 2, 2, 1, 2, 1, 1]
    assert points(desk, sheet, *(f"a{place}" for place in range(1, 8))) == [24, 10, 10, 9, 5, 8, 10]
    totals = points(desk, sheet, "rows_total", "rewards", "penalties", "audit_points", "table_total")
    assert totals == [76, 3, -2, 2, 75]
    fields = desk.load(sheet, AFTER).state.fields
    assert (fields["branch"], fields["superior_score"], fields["counted_total"]) == ("一分部", "75", "75")
    # What happens to the complaint afterwards does not change the sheet; a deduction decided since is told.
    desk.step(complaint, "reply", "reply=已约电梯厂", now="2026-12-02 11:00", by="zhao")
    assert points(desk, sheet, "complaints_unresolved") == [1]
    desk.step(sheet, "self_assess", "self_score=88", now="2026-12-02 12:00", by="li")
    late = made(desk, "audit_deduction", *FOUND, "points=3", by="he", now="2026-12-02 12:00")
    desk.step(late, "decide", now="2026-12-02 13:00", by="ma", approved_by="he")
    found = said(lambda: desk.step(sheet, "superior_assess", now="2026-12-02 14:00", by="fang"))
    assert found == [("reason_if_changed", "上级评分与考核表得分不同，请写明理由")]
    amended = desk.step(sheet, "superior_assess", "superior_score=72", now="2026-12-02 14:00", by="fang")
    assert told(amended) == [("frozen", "汇总之后来源记录有变，得分已不同")]


def test_e02_e15_e20_e21_small_counts_in_a_book(desk: Desk) -> None:
    for _ in range(7):
        confirmed(desk, "result=fail", "facts=未报工号")
    for _ in range(2):
        confirmed(desk, "kind=return_visit", "result=false", "facts=未回访")
    for number in (10, 4):
        deducted(desk, number)
    for kind in ("praise_letter", "praise_letter", "praise_company", "criticism_department"):
        praise = made(desk, "commendation", "staff=wu", f"kind={kind}", "facts=救助老人", by="fang")
        desk.step(praise, "confirm", now=END, by="tang")
    for agent in ("li", "wu"):
        repair = made(desk, "repair", "content=灯不亮", "room=3-502", by="lina")
        for _ in range(2):
            visit = made(desk, "return_visit", f"record={repair}", by="lina")
            desk.step(visit, "visit", "reached=true", "satisfied=satisfied", "problem=false", now=END, by=agent)
    first, second = computed(desk), computed(desk, agent="wu")
    assert points(desk, first, "a1", "a4", "a7", "audit_points", "table_total") == [16, 8, 10, 14, 70]
    assert points(desk, second, "rewards", "penalties", "table_total") == [5, -2, 103]


def test_e28_media_praise_without_written_material_does_not_count(desk: Desk) -> None:
    praise = made(desk, "commendation", "staff=li", "kind=praise_media", "facts=晚报报道", by="fang")
    assert said(lambda: desk.step(praise, "confirm", now=END, by="tang")) == [("media_material", "媒体表扬要附文字材料")]
    for _ in range(2):
        visited(desk)
    assert points(desk, computed(desk), "rewards", "table_total") == [0, 100]


@pytest.mark.parametrize(
    ("scores", "composite"), [(("95", "86", "90"), "88.35"), (("90", "87.5", "83.7"), "86.93")], ids=["e24", "e25"]
)
def test_three_appraisers_are_joined(desk: Desk, scores: tuple[str, str, str], composite: str) -> None:
    sheet = closed(desk, scores=scores)
    assert (status(desk, sheet), derived(desk, sheet)["composite"]) == ("closed", composite)
    closed_ = "该月考核已经关闭，先更正考核表"
    late = (*FOUND, "points=2")
    raised = made(desk, "audit_deduction", *late, by="he")       # found before the sheet was closed, written down later
    assert said(lambda: desk.step(raised, "decide", now="2026-12-03 08:00", by="he", approved_by="ma")) == [
        ("month_open_decided", closed_)
    ]
    assert said(lambda: made(desk, "audit_deduction", *late, by="he", now="2026-12-03 08:00")) == [("month_open", closed_)]
    desk.step(sheet, "reopen", now="2026-12-03 09:00", by="tang", reason="漏计表扬信")
    assert status(desk, sheet) == "computed"


def test_e26_a_missing_score_refuses_to_close(desk: Desk) -> None:
    sheet = computed(desk)
    desk.step(sheet, "self_assess", "self_score=90", now=AFTER, by="li")
    desk.step(sheet, "superior_assess", now=AFTER, by="fang")
    alone = desk.step(sheet, "group_assess", "group_members+={who: ma}", now=AFTER, by="zu")
    assert told(alone) == [("group_cross", "小组成员应来自不同部门")]
    assert said(lambda: desk.step(sheet, "close", now=AFTER, by="tang")) == [("three", "自评、上级、小组三项评分缺一不可")]
    late = desk.step(sheet, "close", "group_score=80", now="2026-12-09 10:00", by="tang")
    assert told(late) == [("window", "考核应在次月 1 至 5 日进行（遇节假日顺延）")]


def test_what_an_appraisal_may_not_be(desk: Desk) -> None:
    desk.add("staff", "id=he2", "name=贺客服", "roles=agent", "department=三分部", by="hu", now=START)
    assert said(lambda: computed(desk, agent="he2")) == [
        ("attendance", "没有考勤表或排班表，回访完成率算不出，不能考核")
    ]
    wrong = ("agent=li", "month=11月")
    assert ("month_real", "月份写成 2026-11 这样") in said(lambda: made(desk, "agent_appraisal", *wrong, now=AFTER))
    sheet = made(desk, "agent_appraisal", "agent=li", MONTH, now=AFTER)
    assert said(lambda: computed(desk)) == [("one_per_month", "这个人这个月已有考核表")]
    assert said(lambda: desk.step(sheet, "self_assess", "self_score=101", now=AFTER, by="li")) == [
        ("scores_range", "自评分在 0 到 100 之间")
    ]
    desk.step(sheet, "self_assess", "self_score=90", now=AFTER, by="li")
    unrated = said(lambda: desk.step(sheet, "superior_assess", "superior_score=80", now=AFTER, by="fang"))
    assert ("rated", "没有满意度评价；要按满分，请确认“无评价，按满分”") in unrated
    own = computed(desk, agent="fang")
    desk.step(own, "self_assess", "self_score=95", now=AFTER, by="boss")
    assert said(lambda: desk.step(own, "superior_assess", now=AFTER, by="fang")) == [("not_self", "上级评分不能由本人填")]
    scored = ("superior_score=80", "unrated_full=true", "superior_reason=带教新人")
    desk.step(sheet, "superior_assess", *scored, now=AFTER, by="fang")
    assert said(lambda: desk.step(sheet, "group_assess", "group_score=-1", now=AFTER, by="zu")) == [
        ("scores_range_group", "小组评分在 0 到 100 之间")
    ]


def test_the_weights_of_a_site_add_up(desk: Desk) -> None:
    chosen = Settings(
        name="翠湖花园", administrator="boss", desks={"A": "前台 A"}, practice=True, packs=("core", "kpi", "office"),
        settings={"kpi": {"a1": {"weight": "40"}, "appraisers": {"self": "20"}}},
    )
    made_ = Commit(
        [Change("logbook.yaml", settings_text(chosen))], "book: weights\n", ("高总", "boss@staff.logbook"),
        ("前台 A", "a@desk.logbook"), moment(END),
    )
    publish(desk.session(END).repository, [made_])
    assert said(lambda: computed(desk)) == [
        ("weights", "七项权重合计要等于 100"), ("weights_three", "三方权重合计要等于 100")
    ]


# -- targets and the manager ------------------------------------------------------------------


def target(desk: Desk, indicator: str, *words: str, number: str = "100", now: str = IN, approved: str = IN) -> str:
    done = made(desk, "kpi_target", f"id={indicator}-26", f"indicator={indicator}", f"target={number}", "valid_from=2026-12", *words, now=now)
    desk.step(done, "approve", now=approved, by="boss")
    return done


def test_a_target_is_in_force_once(desk: Desk) -> None:
    first = target(desk, "m2", "op=le", number="95")
    twice = made(desk, "kpi_target", "id=m2-27", "indicator=m2", "op=le", "target=90", "valid_from=2027-01")
    assert said(lambda: desk.step(twice, "approve", now=END, by="boss")) == [
        ("one_value", "这项指标在这段时间已有有效的目标值")
    ]
    desk.step(first, "end", "valid_to=2026-12", now=END, by="boss")
    desk.step(twice, "approve", now=END, by="boss")
    assert (status(desk, first), status(desk, twice)) == ("ended", "in_force")
    refused = made(desk, "kpi_target", "id=m3-26", "indicator=m3", "target=90", "valid_from=2026-12")
    desk.step(refused, "refuse", now=END, by="boss")
    assert status(desk, refused) == "refused"
    late = made(desk, "kpi_target", "id=m4-26", "indicator=m4", "target=90", "valid_from=2026-11")
    assert told(desk.step(late, "approve", now=END, by="boss")) == [("before_period", "目标值应在起用月份开始之前批准")]
    low = desk.add("kpi_target", "id=m1-26", "indicator=m1", "target=90", "valid_from=2026-12", now=IN, by="tang")
    assert told(low) == [("m1_fixed", "业务计划完成率的目标值已印定：不低于 100%")]
    bad = ("id=m5-26", "indicator=m5", "target=90", "valid_from=2026-12", "valid_to=2026-11")
    assert said(lambda: made(desk, "kpi_target", *bad)) == [("months_order", "止用月份早于起用月份")]
    assert ("months_real", "月份写成 2026-11 这样") in said(
        lambda: made(desk, "kpi_target", "id=m6-26", "indicator=m6", "target=9", "valid_from=明年")
    )


SCORES = (18, 12, 15, 10, 9, 5, 4, 5, 3, 4)


def test_e38_e39_the_manager_is_scored_when_all_targets_are_set(desk: Desk) -> None:
    target(desk, "m1")
    early = made(desk, "manager_appraisal", "manager=cai", "period=2026-12", now=END, by="he")
    assert said(lambda: desk.step(early, "score", "rows.1.score=18", now=END, by="boss")) == [
        ("targets", "未设目标值，不能评分"), ("weights", "权重合计要等于 100（十项各一行）")
    ]
    desk.void(early, "目标值未设", now=END, by="boss")
    for place in range(2, 11):
        target(desk, f"m{place}", *(["op=le"] if place == 2 else []), number="95", approved=END)
    sheet = made(desk, "manager_appraisal", "manager=cai", "period=2026-12", now=AFTER, by="he")
    order = [indicator for indicator, in table(desk, sheet, "indicator")]
    assert sorted(order, key=lambda one: int(one[1:])) == [f"m{place}" for place in range(1, 11)]
    over = [f"rows.{place}.score={21 if one == 'm1' else 1}" for place, one in enumerate(order, 1)]
    assert said(lambda: desk.step(sheet, "score", *over, now=AFTER, by="boss")) == [("cap", "每项得分在 0 到权重之间")]
    assert ("all_scored", "每项指标都要评分") in said(lambda: desk.step(sheet, "score", now=AFTER, by="boss"))
    given = [f"rows.{place}.score={SCORES[int(one[1:]) - 1]}" for place, one in enumerate(order, 1)]
    desk.step(sheet, "score", *given, now=AFTER, by="boss")
    assert Decimal(derived(desk, sheet)["total"]) == 85
    desk.sign(sheet, "assessed", now=AFTER, by="boss")
    desk.step(sheet, "sign_off", now=AFTER, by="cai")
    unsigned = ("both_signed", "被考核人、考核人签字后才复核")
    assert unsigned in said(lambda: desk.step(sheet, "review", now=AFTER, by="boss"))
    desk.sign(sheet, "appraised", now=AFTER, by="cai")
    same = desk.step(sheet, "review", now=AFTER, by="boss")
    assert told(same) == [("three_people", "被考核人、考核人、复核人应是三个人")]
    assert status(desk, sheet) == "closed"


def test_e40_points_in_proportion_by_the_setting(desk: Desk) -> None:
    chosen = Settings(
        name="翠湖花园", administrator="boss", desks={"A": "前台 A"}, practice=True, packs=("core", "kpi", "office"),
        settings={"kpi": {"manager": {"scoring": "proportional"}}},
    )
    change = Commit(
        [Change("logbook.yaml", settings_text(chosen))], "book: scoring\n", ("高总", "boss@staff.logbook"),
        ("前台 A", "a@desk.logbook"), moment(END),
    )
    publish(desk.session(END).repository, [change])
    rows = ("rows+={indicator: m1, op: ge, target: 100, actual: 90}", "rows+={indicator: m2, op: le, target: 95, actual: 100}")
    sheet = made(desk, "manager_appraisal", "manager=cai", "period=2026-12", *rows, now=AFTER, by="he")
    assert table(desk, sheet, "indicator", "points") == [("m1", 18), ("m2", Decimal("14.25"))]
    twice = (*rows, "rows+={indicator: m1, target: 90}")
    assert ("indicator_once", "每项指标只写一行") in said(
        lambda: made(desk, "manager_appraisal", "manager=cai", "period=2026-12", *twice, now=AFTER, by="he")
    )
    assert ("month_real", "考核期写成 2026-11 这样") in said(
        lambda: made(desk, "manager_appraisal", "manager=cai", "period=四季度", *rows, now=AFTER, by="he")
    )
    blank = made(desk, "manager_appraisal", "manager=cai", "period=2026-11", "rows+={indicator: m3}", now=AFTER, by="he")
    assert ("targets_rows", "每项指标都要有目标值") in said(lambda: desk.step(blank, "score", now=AFTER, by="boss"))


# -- ranking ----------------------------------------------------------------------------------


def rows(*scores: int, name: str = "N") -> list[str]:
    return [f"rows+={{group: {name}{place}, entered: {score}}}" for place, score in enumerate(scores, 1)]


@pytest.mark.parametrize(
    ("scores", "ranks", "rewards", "total"),
    [
        ((98, 98, 95, 93), [1, 1, 3, 4], [500, 500, 200, 0], "1200.00"),
        ((97, 96, 94, 94, 90), [1, 2, 3, 3, 5], [500, 300, 200, 200, 0], "1200.00"),
    ],
    ids=["e29", "e31"],
)
def test_a_quarter_pays_its_first_three(desk: Desk, scores: tuple[int, ...], ranks: list[int], rewards: list[int], total: str) -> None:
    record = made(desk, "ranking", "period=quarter", "period_of=2026-07", *rows(*scores, name="A"), now=AFTER)
    assert table(desk, record, "rank", "reward") == list(zip(ranks, rewards, strict=True))
    found = derived(desk, record)
    assert (Decimal(found["reward_total"]), found["last_month"]) == (Decimal(total), "2026-09")
    desk.step(record, "approve", now=AFTER, by="boss")
    desk.step(record, "publish", now=AFTER, by="tang")
    desk.step(record, "pay", now="2026-12-03 09:00", by="feng")
    assert status(desk, record) == "paid"


def test_closed_sheets_become_the_rows_of_the_ranking(desk: Desk) -> None:
    closed(desk, scores=("90", "90", "90"))
    closed(desk, agent="wu", scores=("95", "95", "95"))
    agents = made(desk, "ranking", "period_of=2026-11", now=AFTER)
    assert table(desk, agents, "who", "score", "rank", "bottom") == [("李客服", 90, 2, False), ("吴客服", 95, 1, False)]
    shown = with_derived(desk.session(AFTER), desk.load(agents, AFTER).state).fields["rows"]
    assert isinstance(shown, list)
    assert shown[0] == {
        "appraisal": "AGA-20261202-A001", "who": "李客服", "score": "90.00", "rank": "2", "reward": "0.00", "bottom": "false",
        "last": "false", "was_last": "false",
    }
    branches = made(desk, "ranking", "period_of=2026-11", "subject=branch", now=AFTER)
    assert table(desk, branches, "who", "score", "rank", "bottom") == [("一分部", 90, 2, True), ("二分部", 95, 1, True)]
    quarter = made(desk, "ranking", "period=quarter", "period_of=2026-09", now=AFTER)
    assert said(lambda: desk.step(quarter, "approve", now=AFTER, by="boss")) == [
        ("three_months", "季度排名要有连续三个月的考核")
    ]
    assert said(lambda: made(desk, "ranking", "period_of=2026-11", now=AFTER)) == [("one_each", "这一期的排名已有一份")]
    bad = ("period_of=11月", *rows(90))
    assert ("month_real", "期间写首月，如 2026-10") in said(lambda: made(desk, "ranking", *bad, now=AFTER))
    blank = made(desk, "ranking", "period_of=2026-10", "rows+={group: 甲组}", "subject=mortgage_group", now=AFTER)
    assert said(lambda: desk.step(blank, "approve", now=AFTER, by="boss")) == [("scored", "每个对象都要有名称和得分")]


def test_a_ranking_waits_for_the_last_sheet(desk: Desk) -> None:
    closed(desk)
    computed(desk, agent="wu")
    ranking = made(desk, "ranking", "period_of=2026-11", now=AFTER)
    assert said(lambda: desk.step(ranking, "approve", now=AFTER, by="boss")) == [("all_closed", "本期还有没有关闭的考核表")]


# -- plans ------------------------------------------------------------------------------------


def test_e32_e34_the_last_three_file_a_plan_within_four_days(desk: Desk) -> None:
    ranking = made(desk, "ranking", "period_of=2026-10", "subject=branch", *rows(92, 90, 88, 85, 85, 80), now=AFTER)
    assert [who for who, last in table(desk, ranking, "who", "bottom") if last] == ["N4", "N5", "N6"]
    desk.step(ranking, "approve", now=AFTER, by="boss")
    desk.step(ranking, "publish", now="2026-12-08 09:00", by="tang")
    called = "2026-12-08 10:00"
    first, second = (
        made(desk, "rectification_plan", f"branch={branch}", f"ranking={ranking}", "manager=fang", now=called)
        for branch in ("N5", "N6")
    )
    other = desk.add("rectification_plan", "branch=N3", f"ranking={ranking}", "manager=fang", now=called, by="tang")
    assert told(other) == [("in_bottom", "这个分部不在该排名的后三名")]
    desk.void(str(other.record.id), "写错分部", now=called, by="tang")
    assert derived(desk, first)["circular_on"] == "2026-12-08"
    assert desk.overdue("rectification_plan", now="2026-12-12 23:59") == []
    plan = ("reasons=投诉未当日回复", "measures+={what: 每日下班前清零, owner: fang, due_on: 2026-12-20}")
    assert said(lambda: desk.step(first, "file", plan[0], "measures+={what: 培训}", now="2026-12-12 17:00", by="fang")) == [
        ("measure_owner", "每项措施都要有内容、责任人和期限")
    ]
    desk.step(first, "file", *plan, now="2026-12-12 17:00", by="fang")      # on time
    assert [(id, clock) for id, clock, _ in desk.overdue("rectification_plan", now="2026-12-13 00:01")] == [(second, "four_days")]
    assert desk.overdue("rectification_plan", now="2026-12-14 00:00") == [(second, "four_days", 86400)]      # a day late
    desk.step(first, "return", now="2026-12-13 09:00", by="tang", reason="措施太笼统")
    desk.step(first, "file", now="2026-12-13 11:00", by="fang")
    desk.step(first, "accept", now="2026-12-14 09:00", by="tang")
    done = desk.step(first, "verify", "outcome=本月排名第二", now="2026-12-25 09:00", by="tang")
    assert told(done) == [("measures_done", "还有措施没有写完成日期")]
    assert status(desk, first) == "closed"


# -- without the office pack ------------------------------------------------------------------


def test_records_of_a_pack_that_is_absent_count_as_none(furnished_book: Desk, tmp_path: Path) -> None:
    desk = furnished_book.copy(tmp_path / "book")
    chosen = Settings(name="翠湖花园", administrator="boss", desks={"A": "前台 A"}, practice=True, packs=("core", "kpi"))
    forms = [Change(f"templates/kpi/{file.name}", file.read_bytes()) for file in sorted(TEMPLATES.glob("kpi/*.yaml"))]
    made_ = Commit(
        [Change("logbook.yaml", settings_text(chosen)), *forms], "book: kpi\n", ("高总", "boss@staff.logbook"),
        ("前台 A", "a@desk.logbook"), moment(START),
    )
    publish(desk.session(START).repository, [made_])
    for staff, name, roles, dept in (PEOPLE[0], PEOPLE[5]):
        desk.add("staff", f"id={staff}", f"name={name}", f"roles={roles}", f"department={dept}", by="hu", now=START)
    desk.add("attendance", MONTH, "department=一分部", "due_days=1", by="hu", now=IN)
    sheet = computed(desk)
    assert points(desk, sheet, "untrue_reports", "rewards", "penalties", "a3", "rows_total", "table_total") == [0, 0, 0, 5, 95, 95]
